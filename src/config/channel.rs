//! Channels and routes as configured.

use std::time::Duration;

use ipnet::IpNet;

use super::place::Place;
use super::secret::{Secret, SigningKey};
use crate::model::{ChannelName, TopicId};

/// `[[channel]]`
#[derive(Clone, Debug)]
pub struct ChannelConfig {
    /// Unique.
    pub name: ChannelName,
    /// What it is, with what that needs.
    pub kind: ChannelKind,
    /// Waits between attempts; `None` for the kind's own.
    pub retry: Option<Vec<Duration>>,
    /// Messages in a minute.
    pub rate_per_minute: u32,
    /// Deliveries in flight.
    pub in_flight: usize,
    /// Where it stands.
    pub place: Option<Place>,
}

/// What a channel is.
#[derive(Clone, Debug)]
pub enum ChannelKind {
    /// Mail over SMTP.
    Email(EmailConfig),
    /// HTTP POST by Standard Webhooks.
    Webhook(Box<WebhookConfig>),
    /// Standard output.
    Console,
}

impl ChannelKind {
    /// Returns the kind's name in the configuration.
    pub const fn as_str(&self) -> &'static str {
        match self {
            ChannelKind::Email(_) => "email",
            ChannelKind::Webhook(_) => "webhook",
            ChannelKind::Console => "console",
        }
    }
}

/// What an e-mail channel needs.
#[derive(Clone, Debug)]
pub struct EmailConfig {
    /// The recipients, each an address or `name <address>`.
    pub to: Vec<String>,
}

/// What a webhook channel needs.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// The endpoint, which may be a secret altogether; show its host only.
    pub url: Secret,
    /// The decoded keys that sign, all of them.
    pub secrets: Vec<SigningKey>,
    /// Headers sent besides ours.
    pub headers: Vec<(String, Secret)>,
    /// Special networks this channel may reach, besides `fetch.allow_networks`.
    pub allow_networks: Vec<IpNet>,
    /// Bytes of a body.
    pub max_body: usize,
}

/// `[[route]]`
#[derive(Clone, Debug)]
pub struct RouteConfig {
    /// Unique.
    pub name: String,
    /// Where its alerts go.
    pub channels: Vec<ChannelName>,
    /// Takes only scores at or over this.
    pub min_score: f64,
    /// Takes only these topics; empty for all.
    pub topics: Vec<TopicId>,
    /// Takes only items whose source has one of these tags; empty for all.
    pub tags: Vec<String>,
}
