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
