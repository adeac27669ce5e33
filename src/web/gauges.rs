//! Sets the gauges from the store's overview, just before they are read.

use super::Site;
use super::status::{self, SourcesPart};
use crate::config::Config;
use crate::metrics::{Count, Level, Metrics};
use crate::model::{SourceId, Timestamp};
use crate::store::{LastReload, Overview, StoreError};

/// More sources than this are not told one by one.
const SOURCES: u32 = 1_000;

/// Gauges that tell of the store.
const OF_THE_STORE: [Level; 6] = [
    Level::Sources,
    Level::SourceLastSuccess,
    Level::DeliveriesIn,
    Level::OutboxPending,
    Level::OutboxOldest,
    Level::StoreBytes,
];

/// What of the store the gauges need.
pub(super) struct Read {
    overview: Overview,
    successes: Successes,
}

/// When sources were last read.
enum Successes {
    /// Each of them.
    Each(Vec<(SourceId, Timestamp)>),
    /// The one of very many that has not been read for longest.
    Oldest(Option<Timestamp>),
}

impl Read {
    /// Reads it.
    pub(super) async fn from(site: &Site, now: Timestamp) -> Result<Read, StoreError> {
        let store = &site.store;
        let overview = store.overview(now).await?;
        let successes = if overview.sources.known > u64::from(SOURCES) {
            Successes::Oldest(site.oldest_success.read(store, now).await?)
        } else {
            Successes::Each(store.last_successes(SOURCES).await?)
        };
        Ok(Read { overview, successes })
    }
}

/// Begins at zero what will be counted, so that the first event of a topic is seen as a growth.
pub(super) fn begin(metrics: &Metrics, config: &Config) {
    for topic in &config.topics {
        metrics.add(Count::Hits, &[topic.id.as_str()], 0);
        metrics.add(Count::Alerts, &[topic.id.as_str(), "alert"], 0);
    }
    for channel in &config.channels {
        metrics.add(Count::Deliveries, &[channel.name.as_str(), "ok"], 0);
    }
}

/// Sets all gauges. Those of a store that does not answer are left out: an old figure would
/// pass for a new one.
pub(super) fn set(site: &Site, read: Option<&Read>, now: Timestamp) {
    let metrics = &*site.metrics;
    let shown = site.shown();
    let reload = shown.note.reload.as_ref();
    let whole = reload.is_none_or(|reload| reload.result == LastReload::Ok);
    let last = reload.map_or(shown.note.config_loaded, |reload| reload.time);
    metrics.set(Level::ReloadSuccessful, &[], if whole { 1.0 } else { 0.0 });
    metrics.set(Level::ReloadTime, &[], seconds(last));
    metrics.set(Level::Build, &[env!("CARGO_PKG_VERSION")], 1.0);
    for level in OF_THE_STORE {
        metrics.clear(level);
    }
    let Some(read) = read else { return };
    set_sources(metrics, status::sources(&shown.config, Some(&read.overview)), &read.successes);
    set_deliveries(metrics, &read.overview);
    set_outbox((metrics, &shown.config), &read.overview, now);
    metrics.set(Level::StoreBytes, &[], number(read.overview.bytes));
}

fn set_sources(metrics: &Metrics, figures: SourcesPart, successes: &Successes) {
    for (state, n) in [
        ("active", figures.active),
        ("backing_off", figures.backing_off),
        ("degraded", figures.degraded),
        ("unstable_ids", figures.unstable_ids),
        ("disabled", figures.disabled),
    ] {
        metrics.set(Level::Sources, &[state], number(n));
    }
    match successes {
        Successes::Each(each) => {
            for (id, time) in each {
                metrics.set(Level::SourceLastSuccess, &[id.as_str()], seconds(*time));
            }
        }
        Successes::Oldest(oldest) => {
            if let Some(time) = oldest {
                metrics.set(Level::SourceLastSuccess, &["(oldest)"], seconds(*time));
            }
        }
    }
}

fn set_deliveries(metrics: &Metrics, overview: &Overview) {
    let figures = overview.deliveries;
    for (state, n) in [
        ("pending", figures.pending),
        ("sending", figures.sending),
        ("delivered", figures.delivered),
        ("failed", figures.failed),
        ("cancelled", figures.cancelled),
    ] {
        metrics.set(Level::DeliveriesIn, &[state], number(n));
    }
}

/// Every configured channel has figures, and so has one that left while something waits for it.
fn set_outbox((metrics, config): (&Metrics, &Config), overview: &Overview, now: Timestamp) {
    let configured = config.channels.iter().map(|channel| &channel.name);
    let left = overview.channels.iter().filter(|(_, figures)| figures.pending > 0).map(|(name, _)| name);
    for name in configured.chain(left) {
        let figures = overview.channels.get(name).copied().unwrap_or_default();
        let age = figures.oldest_pending.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
        metrics.set(Level::OutboxPending, &[name.as_str()], number(figures.pending));
        metrics.set(Level::OutboxOldest, &[name.as_str()], age);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a double")]
fn number(n: u64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit a double")]
fn seconds(time: Timestamp) -> f64 {
    time.as_millis() as f64 / 1000.0
}
