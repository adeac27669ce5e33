//! What can go wrong with a fetch: its class, a sentence for people, and how long the server
//! asked us to stay away. Nothing here shows a path, a query or user info.

use std::io;

use url::Url;

use super::answer::Freshness;
use crate::config::network::{Refused, Unresolved};
use crate::model::cause::{causes, io_kinds};
use crate::model::{PollClass, RetryAfter};

/// Why nothing was fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown_host}: {text}")]
pub struct FetchError {
    class: PollClass,
    host: String,
    shown_host: String,
    text: String,
    retry_after: Option<RetryAfter>,
    freshness: Freshness,
}

impl FetchError {
    pub(super) fn new(failure: Failure, url: &Url, wishes: Wishes) -> Self {
        let name = url.host_str().unwrap_or(url.scheme());
        let with_port = |port: Option<u16>| port.map_or(name.to_owned(), |port| format!("{name}:{port}"));
        FetchError {
            class: failure.class,
            host: with_port(url.port_or_known_default()),
            shown_host: with_port(url.port()),
            text: failure.text,
            retry_after: wishes.retry_after,
            freshness: wishes.freshness,
        }
    }

    /// Returns the name of what went wrong.
    pub fn class(&self) -> PollClass {
        self.class
    }

    /// Returns a sentence for people, which names the host.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// Returns the host that failed, with its port: the last one of the redirects.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns how long the server asked us to stay away.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        self.retry_after
    }

    /// Returns how long the refusal itself stays fresh; nothing is said where none came.
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }
}

/// What an answer without news asks for.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub(super) retry_after: Option<RetryAfter>,
    pub(super) freshness: Freshness,
}

/// What went wrong, before it is known where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(super) struct Failure {
    pub(super) class: PollClass,
    pub(super) text: String,
}

impl Failure {
    pub(super) fn new(class: PollClass, text: impl Into<String>) -> Self {
        Failure { class, text: text.into() }
    }

    /// Says why no answer came.
    pub(super) fn without_answer(error: &reqwest::Error) -> Self {
        Failure::of_connection(error).unwrap_or_else(|| {
            if error.is_timeout() {
                return Failure::new(PollClass::Timeout, "the connection stalled");
            }
            if !error.is_connect() {
                return Failure::new(PollClass::Protocol, format!("no valid answer: {}", root(error)));
            }
            if io_kinds(error).any(|kind| kind == io::ErrorKind::UnexpectedEof) {
                return Failure::new(PollClass::Tls, format!("the TLS handshake failed: {}", root(error)));
            }
            Failure::new(PollClass::Connect, format!("no connection: {}", root(error)))
        })
    }

    /// Says why a body did not come whole.
    pub(super) fn within_body(error: &reqwest::Error) -> Self {
        Failure::of_connection(error).unwrap_or_else(|| {
            let garbled = io_kinds(error)
                .any(|kind| matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
            if garbled {
                return Failure::new(PollClass::Protocol, format!("the body is garbled: {}", root(error)));
            }
            Failure::new(PollClass::Truncated, format!("the body ended before its end: {}", root(error)))
        })
    }

    /// Finds the causes that say themselves what they are.
    fn of_connection(error: &reqwest::Error) -> Option<Self> {
        causes(error).find_map(|cause| {
            if let Some(failure) = cause.downcast_ref::<Failure>() {
                return Some(failure.clone());
            }
            if let Some(refused) = cause.downcast_ref::<Refused>() {
                return Some(Failure::new(PollClass::AddressRefused, refused.to_string()));
            }
            if let Some(unresolved) = cause.downcast_ref::<Unresolved>() {
                return Some(Failure::new(PollClass::Dns, unresolved.to_string()));
            }
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return Some(Failure::new(PollClass::Tls, format!("the TLS handshake failed: {tls}")));
            }
            let http = cause.downcast_ref::<hyper::Error>()?;
            http.is_parse_too_large().then(|| {
                Failure::new(PollClass::HeaderLimit, "the answer's headers are too many or too large")
            })
        })
    }
}

/// Returns the words of the first cause; those in between repeat each other, or name the URL.
fn root(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .filter(|cause| !cause.is::<reqwest::Error>())
        .map(ToString::to_string)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, message: &str, host: &str) {
        let url = Url::parse(url).unwrap();
        let error = FetchError::new(
            Failure::new(PollClass::Timeout, "no answer within 15s"),
            &url,
            Wishes::default(),
        );
        assert_eq!((error.message().as_str(), error.host()), (message, host));
    }

    #[test]
    fn a_message_names_the_host_and_no_more() {
        check(
            "https://me:secret@feeds.example/token?key=1",
            "feeds.example: no answer within 15s",
            "feeds.example:443",
        );
        check("http://127.0.0.1:81/", "127.0.0.1:81: no answer within 15s", "127.0.0.1:81");
        check("file:///etc/passwd", "file: no answer within 15s", "file");
    }
}
