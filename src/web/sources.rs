//! Sources as other programs and the page see them.

use std::{collections::HashMap, hash::BuildHasher, sync::Arc};

use serde::Serialize;

use crate::config::{Config, FetchConfig, Source, SourceKind, shown_url};
use crate::model::{Marker, PollClass, SourceId, SourceMode, SourceState, Timestamp};
use crate::schedule::interval::Pace;
use crate::store::SourceRow;

/// One source: its settings and how it stands.
#[derive(Clone, Debug, Serialize)]
pub struct SourceListing {
    /// The id.
    pub id: SourceId,
    /// The name.
    pub name: String,
    /// The address without secrets.
    pub url: String,
    /// The kind, as configured.
    pub kind: &'static str,
    /// The tags.
    pub tags: Vec<String>,
    /// How it stands.
    pub state: SourceMode,
    /// The class of the last poll.
    pub class: Option<PollClass>,
    /// What the last poll said.
    pub message: Option<String>,
    /// Failed polls in a row.
    pub failures: u32,
    /// When it was last polled.
    pub last_poll: Option<Timestamp>,
    /// When it was last read.
    pub last_success: Option<Timestamp>,
    /// When it is polled next.
    pub next_poll: Option<Timestamp>,
    /// The interval in force, in seconds.
    pub interval: f64,
    /// Why the next poll is not earlier.
    pub reason: Option<String>,
    /// Items seen.
    pub items: u64,
    /// New items a day.
    pub items_per_day: f64,
    /// Where it moved for good.
    pub moved_to: Option<String>,
}

/// Returns every configured source, by id.
pub fn listing<S: BuildHasher>(
    config: &Config,
    rows: &HashMap<SourceId, SourceRow, S>,
    now: Timestamp,
) -> Vec<SourceListing> {
    let mut listed: Vec<SourceListing> =
        config.sources.iter().map(|source| one(&source, &config.fetch, rows.get(&source.id), now)).collect();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    listed
}

/// Returns the sources that need a look first: those of the store in its order, then those that the
/// configuration switches off.
pub fn to_look_at(
    config: &Config,
    rows: &[SourceRow],
    limit: usize,
    now: Timestamp,
) -> Vec<(Arc<Source>, SourceListing)> {
    let known = rows.iter().filter_map(|row| Some((config.source(&row.state.id)?, Some(row))));
    let tables = config.sources.tables().iter();
    let off = tables.filter(|source| !source.enabled).map(|source| (Arc::clone(source), None));
    let listed = |(source, row): (Arc<Source>, Option<&SourceRow>)| {
        let listing = one(&source, &config.fetch, row, now);
        (source, listing)
    };
    known.chain(off).take(limit).map(listed).collect()
}

/// Returns one source; without a row it was never polled.
pub fn one(source: &Source, fetch: &FetchConfig, row: Option<&SourceRow>, now: Timestamp) -> SourceListing {
    let unseen = SourceState::unseen(source.id.clone(), now);
    let state = row.map_or(&unseen, |row| &row.state);
    let interval = state.interval.unwrap_or_else(|| Pace::of(source.interval, fetch).first());
    let off = !source.enabled || state.marker != Marker::None;
    SourceListing {
        id: source.id.clone(),
        name: source.name.clone(),
        url: source.shown_url(),
        kind: match source.kind {
            SourceKind::Auto => "auto",
            SourceKind::Feed => "feed",
        },
        tags: source.tags.clone(),
        state: if off { SourceMode::Disabled } else { state.mode() },
        class: state.class,
        message: state.message.clone(),
        failures: state.failures,
        last_poll: state.last_poll,
        last_success: state.last_success,
        next_poll: (!off).then_some(state.next_due),
        interval: interval.as_secs_f64(),
        reason: state.reason.clone().filter(|_| !off),
        items: row.map_or(0, |row| row.items),
        items_per_day: row.map_or(0.0, |row| (row.items_per_day * 10.0).round() / 10.0),
        moved_to: state.moved.as_ref().and_then(|moved| Some(shown_url(&moved.url.parse().ok()?))),
    }
}
