//! Why a message did not arrive, the class that is counted for it, and whether another attempt
//! may help.

use std::{error::Error, io, time::Duration};

use super::text;
use crate::config::network::Refused;
use crate::model::cause::causes;
use crate::model::{DeliveryClass, Retry};

/// The cause of an error, as the libraries hand it out.
pub(super) type Cause = Box<dyn Error + Send + Sync>;

/// Why a message did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The receiver answered by another status than success.
    #[error("the receiver answered {status}")]
    Status {
        /// Its status.
        status: u16,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The relay answered by a refusal.
    #[error("the mail relay answered {code}: {text}")]
    Relay {
        /// Its code.
        code: u16,
        /// Its words.
        text: String,
    },
    /// The relay does not take our credentials, or offers no way to show them.
    #[error("the mail relay does not accept our credentials: {0}")]
    RelayAuth(String),
    /// The name does not resolve.
    #[error("the receiver's name does not resolve")]
    Dns(#[source] Cause),
    /// No connection, or it was lost before the answer.
    #[error("no connection to the receiver, or it was lost")]
    Connect(#[source] Cause),
    /// The handshake or the certificate failed.
    #[error("no trusted connection to the receiver")]
    Tls(#[source] Cause),
    /// No answer in time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The answer was none that the protocol knows.
    #[error("the receiver's answer could not be read")]
    Protocol(#[source] Cause),
    /// The receiver is on a network that may not be reached.
    #[error("the receiver's address is refused")]
    Address(#[source] Refused),
    /// The receiver is on a port that browsers refuse too.
    #[error("port {0} is refused")]
    Port(u16),
    /// The recipient is no mail address.
    #[error("the recipient is no mail address")]
    Recipient(#[source] Cause),
    /// The message could not be written.
    #[error("the message could not be written: {0}")]
    Render(String),
    /// The output does not take it.
    #[error("the output takes nothing")]
    Output(#[source] io::Error),
}

impl SendError {
    /// Returns the class it is counted under.
    pub fn class(&self) -> DeliveryClass {
        match self {
            SendError::Status { status, .. } => class_of_status(*status),
            SendError::Relay { code, .. } => match code {
                500..=599 => DeliveryClass::Refused,
                _ => DeliveryClass::Transient,
            },
            SendError::RelayAuth(_) => DeliveryClass::Auth,
            SendError::Dns(_) => DeliveryClass::Dns,
            SendError::Connect(_) => DeliveryClass::Connect,
            SendError::Tls(_) => DeliveryClass::Tls,
            SendError::Timeout(_) => DeliveryClass::Timeout,
            SendError::Protocol(_) | SendError::Output(_) => DeliveryClass::Transient,
            SendError::Address(_) | SendError::Port(_) => DeliveryClass::AddressRefused,
            SendError::Recipient(_) => DeliveryClass::Refused,
            SendError::Render(_) => DeliveryClass::RenderError,
        }
    }

    /// Says whether the delivery is worth another attempt. What an operator can mend at the
    /// receiver or here (credentials, certificates, networks) is; a verdict on this message is not.
    pub fn retry(&self) -> Retry {
        if let SendError::Status { retry_after: Some(wait), .. } = self {
            return Retry::After(*wait);
        }
        match self.class() {
            DeliveryClass::Refused
            | DeliveryClass::EndpointGone
            | DeliveryClass::RenderError
            | DeliveryClass::Expired
            | DeliveryClass::Ok => Retry::Never,
            DeliveryClass::Transient
            | DeliveryClass::RateLimited
            | DeliveryClass::Timeout
            | DeliveryClass::Connect
            | DeliveryClass::Dns
            | DeliveryClass::Tls
            | DeliveryClass::Auth
            | DeliveryClass::RedirectRefused
            | DeliveryClass::AddressRefused => Retry::Later,
        }
    }

    /// Returns the error with its causes as one line for the log, the store and people.
    pub fn told(&self) -> String {
        let mut told = self.to_string();
        for text in causes(self).map(ToString::to_string) {
            if !told.contains(&text) {
                told.push_str(": ");
                told.push_str(&text);
            }
        }
        text::shorten(&text::line(&told), 300)
    }
}

fn class_of_status(status: u16) -> DeliveryClass {
    match status {
        300..=399 => DeliveryClass::RedirectRefused,
        401 | 403 | 407 => DeliveryClass::Auth,
        408 => DeliveryClass::Timeout,
        410 => DeliveryClass::EndpointGone,
        429 => DeliveryClass::RateLimited,
        // Too early, and locked: both say "later".
        423 | 425 => DeliveryClass::Transient,
        400..=499 => DeliveryClass::Refused,
        _ => DeliveryClass::Transient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, retry_after: Option<u64>, class: &str, retry: Retry) {
        let error = SendError::Status { status, retry_after: retry_after.map(Duration::from_secs) };
        assert_eq!((error.class().as_str(), error.retry()), (class, retry), "{status}");
    }

    #[test]
    fn every_status_has_its_class_and_its_consequence() {
        check(302, None, "redirect_refused", Retry::Later);
        check(400, None, "refused", Retry::Never);
        check(401, None, "auth", Retry::Later);
        check(403, None, "auth", Retry::Later);
        check(404, None, "refused", Retry::Never);
        check(408, None, "timeout", Retry::Later);
        check(410, None, "endpoint_gone", Retry::Never);
        check(425, None, "transient", Retry::Later);
        check(429, None, "rate_limited", Retry::Later);
        check(429, Some(120), "rate_limited", Retry::After(Duration::from_mins(2)));
        check(500, None, "transient", Retry::Later);
        check(503, Some(60), "transient", Retry::After(Duration::from_mins(1)));
        check(199, None, "transient", Retry::Later);
    }

    #[test]
    fn a_permanent_answer_of_a_relay_is_final_and_a_bad_password_is_not() {
        let relay = |code| SendError::Relay { code, text: String::new() };
        assert_eq!((relay(451).class(), relay(451).retry()), (DeliveryClass::Transient, Retry::Later));
        assert_eq!((relay(550).class(), relay(550).retry()), (DeliveryClass::Refused, Retry::Never));
        assert_eq!(SendError::RelayAuth("535".to_owned()).retry(), Retry::Later);
    }

    #[test]
    fn an_error_is_told_with_its_causes_on_one_line() {
        let cause = io::Error::other("connection\r\nreset");
        let error = SendError::Connect(cause.into());
        assert_eq!(error.told(), "no connection to the receiver, or it was lost: connection reset");
    }
}
