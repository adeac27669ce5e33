//! Whether sources and channels can be reached, for `check --network` and `test channel`.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::{reading, setup};
use crate::clock::Clock;
use crate::config::{Config, Source};
use crate::model::{ChannelName, DeliveryClass, PollClass, TopicId};
use crate::notify::message::Message;
use crate::schedule::route::of_channel;
use crate::worker::Outlet;

/// Requests at one time.
const AT_ONCE: usize = 16;

/// What came of trying one source or channel.
#[derive(Clone, Debug, Serialize)]
pub struct Reached {
    /// `source` or `channel`.
    pub kind: &'static str,
    /// Its id or name.
    pub id: String,
    /// The class.
    pub class: &'static str,
    /// In words.
    pub message: String,
}

impl Reached {
    /// Says whether it answered.
    pub fn is_ok(&self) -> bool {
        matches!(self.class, "ok" | "degraded")
    }
}

/// Polls every source once and asks every channel's receiver for a connection; sends nothing.
pub async fn try_all(config: &Config, outlets: &[Arc<Outlet>], clock: &Clock) -> Vec<Reached> {
    let sources = stream::iter(config.sources.iter().filter(|source| source.enabled))
        .map(|source| async move { try_source(config, &source, clock).await })
        .buffered(AT_ONCE);
    let mut reached: Vec<Reached> = sources.collect().await;
    for outlet in outlets {
        let (class, message) = match outlet.channel.reach().await {
            Ok(()) => ("ok", "answers".to_owned()),
            Err(error) => (error.class().as_str(), error.told()),
        };
        reached.push(Reached { kind: "channel", id: outlet.config.name.to_string(), class, message });
    }
    reached
}

async fn try_source(config: &Config, source: &Source, clock: &Clock) -> Reached {
    let given = reading::Given::Source(source.id.clone());
    let (class, message) = match reading::poll_once(&given, &reading::Hints::default(), config, clock).await {
        Ok(polled) if polled.message.is_none() => (polled.class, format!("{} items", polled.items.len())),
        Ok(polled) => (polled.class, polled.message.unwrap_or_default()),
        Err(error) => (PollClass::Internal, format!("{error:#}")),
    };
    Reached { kind: "source", id: source.id.to_string(), class: class.as_str(), message }
}

/// What came of a test alert.
#[derive(Clone, Debug, Serialize)]
pub struct Tested {
    /// The channel.
    pub channel: ChannelName,
    /// The class.
    pub class: DeliveryClass,
    /// In words.
    pub message: String,
}

impl Tested {
    /// Says whether every recipient was served.
    pub fn is_ok(&self) -> bool {
        self.class == DeliveryClass::Ok
    }
}

/// Sends a marked test alert to every recipient of a channel, the real way; stops at the first
/// who is not served.
pub async fn test_channel(config: &Config, outlet: &Outlet, clock: &Clock) -> Tested {
    let channel = outlet.config.name.clone();
    let (topic, name) = (TopicId::new("test"), "Test");
    let destinations = of_channel(&outlet.config);
    for destination in &destinations {
        let now = clock.now();
        let sample = Message::sample(topic.clone(), name, &channel, &destination.to, now);
        let message = Message { timezone: setup::timezone(config), ..sample };
        if let Err(error) = outlet.channel.send(&message, now).await {
            let message = format!("{}: {}", destination.to, error.told());
            return Tested { channel, class: error.class(), message };
        }
    }
    let served: Vec<&str> = destinations.iter().map(|destination| destination.to.as_str()).collect();
    Tested {
        channel,
        class: DeliveryClass::Ok,
        message: format!("a test alert went to {}", served.join(", ")),
    }
}
