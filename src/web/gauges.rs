//! Sets the gauges from the store's overview, just before they are read.

use std::collections::HashMap;

use super::Site;
use crate::metrics::{Level, Metrics};
use crate::model::{SourceId, Timestamp};
use crate::store::{Overview, SourceRow};

/// More sources than this are not told one by one.
const SOURCES: usize = 1_000;

/// Sets all gauges.
pub(super) fn set(site: &Site, overview: &Overview, rows: &HashMap<SourceId, SourceRow>, now: Timestamp) {
    let metrics = &*site.metrics;
    set_sources(metrics, overview, rows);
    set_outbox(metrics, overview, now);
    metrics.set(Level::StoreBytes, &[], number(overview.bytes));
    metrics.set(Level::ReloadSuccessful, &[], 1.0);
    metrics.set(Level::ReloadTime, &[], seconds(site.note.config_loaded));
    metrics.set(Level::Build, &[env!("CARGO_PKG_VERSION")], 1.0);
}

fn set_sources(metrics: &Metrics, overview: &Overview, rows: &HashMap<SourceId, SourceRow>) {
    let figures = overview.sources;
    for (state, n) in [
        ("active", figures.active),
        ("backing_off", figures.backing_off),
        ("degraded", figures.degraded),
        ("unstable_ids", 0),
        ("disabled", figures.marked_off),
    ] {
        metrics.set(Level::Sources, &[state], number(n));
    }
    metrics.clear(Level::SourceLastSuccess);
    let read = rows.iter().filter_map(|(id, row)| Some((id, row.state.last_success?)));
    if rows.len() <= SOURCES {
        for (id, time) in read {
            metrics.set(Level::SourceLastSuccess, &[id.as_str()], seconds(time));
        }
    } else if let Some(oldest) = read.map(|(_, time)| time).min() {
        metrics.set(Level::SourceLastSuccess, &["(oldest)"], seconds(oldest));
    }
}

fn set_outbox(metrics: &Metrics, overview: &Overview, now: Timestamp) {
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
    for (name, channel) in &overview.channels {
        let age = channel.oldest_pending.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
        metrics.set(Level::OutboxPending, &[name.as_str()], number(channel.pending));
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
