//! Whether sources and channels can be reached, for `check --network`.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::reading;
use crate::clock::Clock;
use crate::config::{Config, Source};
use crate::model::PollClass;
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
        .map(|source| try_source(config, source, clock))
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
