//! Takes a delivery to its receiver: writes the message in the channel's own form and makes one
//! attempt to send it. When to try, and what to do after a failure, is decided elsewhere.

pub mod console;
pub mod error;
pub mod links;
pub mod message;
pub mod payload;
pub mod relay;
pub mod text;
pub mod webhook;

mod email;
mod html;
mod letter;
mod plain;

use std::{sync::Arc, time::Duration};

use self::console::Console;
use self::email::Email;
use self::error::SendError;
use self::message::Message;
use self::relay::Relay;
use self::webhook::Webhook;
use crate::config::network::Networks;
use crate::config::{ChannelConfig, ChannelKind};
use crate::model::Timestamp;

/// Somewhere alerts go.
pub enum Channel {
    /// Mail.
    Email(Email),
    /// HTTP POST.
    Webhook(Box<Webhook>),
    /// The output.
    Console(Console),
}

/// What channels need of the outside world.
#[derive(Clone)]
pub struct Parts {
    /// Connects only where `networks` allow it, and follows no redirect.
    pub client: reqwest::Client,
    /// The special networks this channel may reach.
    pub networks: Networks,
    /// How long a webhook's receiver may take to answer.
    pub webhook_timeout: Duration,
    /// The mail relay that all e-mail channels share.
    pub relay: Option<Arc<Relay>>,
    /// The output.
    pub console: Console,
}

/// Why a channel cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No relay is configured.
    #[error("an e-mail channel needs `[smtp]`")]
    NoRelay,
    /// The address is none of a webhook; it may be a secret and is not shown.
    #[error("the webhook's `url` is no http or https address")]
    Url,
    /// A header cannot be sent.
    #[error("the header `{0}` cannot be sent")]
    Header(String),
    /// The sender is no mail address.
    #[error("`smtp.from` is no mail address")]
    From(#[source] lettre::address::AddressError),
    /// Credentials would go out in the clear.
    #[error("`smtp.password` is not sent without TLS")]
    CredentialsInTheClear,
    /// TLS cannot be set up.
    #[error("cannot set up TLS for the mail relay")]
    Tls(#[source] lettre::transport::smtp::Error),
}

impl Channel {
    /// Builds a channel of its configuration.
    pub fn build(config: &ChannelConfig, parts: Parts) -> Result<Channel, BuildError> {
        match &config.kind {
            ChannelKind::Email(_) => Ok(Channel::Email(Email::new(parts.relay.ok_or(BuildError::NoRelay)?))),
            ChannelKind::Webhook(webhook) => {
                let Parts { client, networks, webhook_timeout, .. } = parts;
                Ok(Channel::Webhook(Box::new(Webhook::new(webhook, client, networks, webhook_timeout)?)))
            }
            ChannelKind::Console => Ok(Channel::Console(parts.console)),
        }
    }

    /// Says whether the receiver can be reached; nothing is sent.
    pub async fn reach(&self) -> Result<(), SendError> {
        match self {
            Channel::Email(email) => email.reach().await,
            Channel::Webhook(webhook) => webhook.reach().await,
            Channel::Console(_) => Ok(()),
        }
    }

    /// Makes one attempt to send a message.
    pub async fn send(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        match self {
            Channel::Email(email) => email.send(message, now).await,
            Channel::Webhook(webhook) => webhook.send(message, now).await,
            Channel::Console(console) => console.send(message, now).await,
        }
    }
}

/// Returns who gets a delivery each for an alert on this channel: every recipient of a mail, else
/// the receiver's host.
pub fn receivers(kind: &ChannelKind) -> Vec<String> {
    match kind {
        ChannelKind::Email(email) => email.to.clone(),
        ChannelKind::Webhook(webhook) => {
            let url = webhook.url.expose().parse::<url::Url>().ok();
            vec![url.as_ref().and_then(url::Url::host_str).unwrap_or("-").to_owned()]
        }
        ChannelKind::Console => vec!["console".to_owned()],
    }
}

/// Returns the waits between attempts where the channel gives none of its own; each is spread by a
/// fifth. After the last one the delivery failed.
pub fn default_retry(kind: &ChannelKind) -> Vec<Duration> {
    match kind {
        ChannelKind::Email(_) => {
            let first = [5, 15, 30, 60, 120].map(Duration::from_mins);
            first.into_iter().chain(std::iter::repeat_n(Duration::from_hours(4), 30)).collect()
        }
        ChannelKind::Webhook(_) | ChannelKind::Console => {
            let seconds = [5, 5 * 60, 30 * 60].map(Duration::from_secs);
            seconds.into_iter().chain([2, 5, 10, 14, 20, 24].map(Duration::from_hours)).collect()
        }
    }
}

/// Returns how long after it became due a delivery is given up.
pub fn expiry(kind: &ChannelKind) -> Duration {
    match kind {
        ChannelKind::Email(_) => Duration::from_hours(5 * 24),
        ChannelKind::Webhook(_) | ChannelKind::Console => Duration::from_hours(4 * 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EmailConfig, Secret, WebhookConfig};

    #[test]
    fn the_waits_cover_the_time_until_a_delivery_expires() {
        let mail = ChannelKind::Email(EmailConfig { to: vec!["a@example.org".to_owned()] });
        assert!(default_retry(&mail).iter().sum::<Duration>() >= expiry(&mail));
        assert_eq!(default_retry(&mail)[..6], [5, 15, 30, 60, 120, 240].map(Duration::from_mins));
        let retry = default_retry(&ChannelKind::Console);
        assert_eq!((retry.len(), retry[0], retry[8]), (9, Duration::from_secs(5), Duration::from_hours(24)));
    }

    #[test]
    fn a_webhook_is_named_by_its_host_alone() {
        let webhook = |url: &str| {
            ChannelKind::Webhook(Box::new(WebhookConfig {
                url: Secret::new(url),
                secrets: Vec::new(),
                headers: Vec::new(),
                allow_networks: Vec::new(),
                max_body: 1,
            }))
        };
        assert_eq!(receivers(&webhook("https://user:pass@hooks.example/T0/SECRET?k=v")), ["hooks.example"]);
        assert_eq!(receivers(&webhook("broken SECRET")), ["-"]);
    }
}
