//! The store's contract: every unit of work, on a real database in a folder of its own.

mod claim_model;
mod claims;
mod decisions;
mod lists;
mod mend;
mod model;
pub(crate) mod opening;
mod outbox;
mod polls;
mod replay;
mod search;
mod seen;
mod spread;
mod stories;
mod story_model;
mod sync;
mod turns;
mod verdicts;
mod versions;

use std::time::Duration;

use newshound::config::PerHost;
use newshound::model::{
    ChannelName, Destination, Evidence, Field, FollowUps, Hints, Item, ItemId, ItemKeys, Memory, Moved, Next,
    PollClass, PollRecord, Routed, Score, ScoreOutcome, SeenItem, Sketch, SourceId, SourceState, Timestamp,
    TopicId,
};
use newshound::store::{Lease, Outgoing, Recorded, Room, Settled, Store, StoreError, Watched};
use tempfile::TempDir;

/// When these tests begin.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const PACE: PerHost = PerHost { concurrency: 1, gap: Duration::from_secs(2) };

/// A store in a folder that goes with it.
struct Shelf {
    store: Store,
    folder: TempDir,
}

impl Shelf {
    async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&url(&folder)).await.unwrap();
        Shelf { store, folder }
    }

    /// Opens a store that knows these sources, each `id@host`.
    async fn with(sources: &[&str]) -> Self {
        let shelf = Shelf::empty().await;
        shelf.sync(sources, NOW).await;
        shelf
    }

    async fn sync(&self, sources: &[&str], now: Timestamp) {
        let watched: Vec<Watched> = sources.iter().map(|source| watched(source)).collect();
        self.store.sync_sources(&watched, now).await.unwrap();
    }

    /// Closes the store and opens it again.
    async fn reopened(self) -> Self {
        self.store.close().await;
        Shelf { store: Store::open(&url(&self.folder)).await.unwrap(), folder: self.folder }
    }

    async fn claim(&self, lease: &Lease, now: Timestamp) -> Vec<SourceState> {
        let claimed = self.store.claim_sources(lease, PACE, 100, now).await.unwrap();
        claimed.into_iter().map(|claimed| claimed.state).collect()
    }

    async fn claimed_ids(&self, lease: &Lease, now: Timestamp) -> Vec<String> {
        self.claim(lease, now).await.into_iter().map(|state| state.id.to_string()).collect()
    }

    /// Claims all that is due and records these items as what `source` brought.
    async fn poll(&self, source: &str, items: Vec<SeenItem>, now: Timestamp) -> Recorded {
        let state =
            self.claim(&us(), now).await.into_iter().find(|state| state.id.as_str() == source).unwrap();
        self.store.record_poll(&us(), &record(&state, items, now)).await.unwrap()
    }

    async fn deliveries(&self, limit: usize, now: Timestamp) -> Vec<Outgoing> {
        self.store.claim_deliveries(&us(), &desk(), room(limit, 1000), now).await.unwrap().outgoing
    }

    async fn settle(&self, outgoing: &Outgoing, settled: &Settled, now: Timestamp) -> Result<(), StoreError> {
        self.store.settle_delivery(&us(), outgoing, settled, now).await
    }

    /// Runs a statement past the store, as a fault would.
    async fn damage(&self, statement: &'static str) {
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(self.folder.path().join("newshound.db"));
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("newshound.db").display())
}

fn watched(source: &str) -> Watched {
    let (id, host) = source.split_once('@').unwrap();
    Watched { id: SourceId::new(id), host: host.into(), address: format!("{host}/{id}"), enabled: true }
}

fn lease(holder: &str) -> Lease {
    Lease { holder: holder.into(), length: MINUTE }
}

fn us() -> Lease {
    lease("us")
}

fn room(free: usize, per_minute: u32) -> Room<'static> {
    Room { free, per_minute, in_hand: &[] }
}

fn desk() -> ChannelName {
    ChannelName::new("desk")
}

/// Returns the record of a poll that worked and is due again in an hour.
fn record(before: &SourceState, items: Vec<SeenItem>, now: Timestamp) -> PollRecord {
    PollRecord { items, ..changed(before, now, |_| ()) }
}

/// Returns the record of a poll that worked, is due again in an hour, and changed its source besides.
fn changed(before: &SourceState, now: Timestamp, change: impl FnOnce(&mut SourceState)) -> PollRecord {
    let mut state = SourceState {
        next_due: now + HOUR,
        class: Some(PollClass::Ok),
        last_poll: Some(now),
        last_success: Some(now),
        baseline_done: true,
        ..before.clone()
    };
    change(&mut state);
    PollRecord {
        source: before.id.clone(),
        decide: Box::new(move |_| Next { state: state.clone(), notes: vec![], host: None }),
        polled_at: now,
        took: Duration::ZERO,
        body_bytes: 0,
        host_pause: None,
        items: vec![],
        n_skipped: 0,
        memory: Memory::Kept,
        story_window: std::time::Duration::from_hours(72),
        versions: std::sync::Arc::default(),
    }
}

/// Returns an item known by `guid`, and by `url` and `text` where they are not empty. What says
/// "war" hits the topic `war`, and goes to the channel `desk`.
fn seen(source: &str, [guid, url, text]: [&str; 3]) -> SeenItem {
    let source = SourceId::new(source);
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let hit = text.contains("war");
    SeenItem {
        item: Item {
            source: Some(source.clone()),
            url: given(url),
            title: text.to_owned(),
            keys: ItemKeys { guid: given(guid), url: given(url), text: given(text), ..ItemKeys::default() },
            ..Item::bare(ItemId::of(&source, guid))
        },
        baseline: false,
        scores: vec![score("war", if hit { ScoreOutcome::Hit } else { ScoreOutcome::Below })],
        routed: vec![routed("war")],
        sketch: Sketch::default(),
    }
}

fn score(topic: &str, outcome: ScoreOutcome) -> Score {
    Score {
        topic: TopicId::new(topic),
        score: if outcome == ScoreOutcome::Hit { 0.75 } else { 0.25 },
        points: 2.0,
        threshold: 0.5,
        outcome,
        evidence: vec![Evidence {
            term: "war".into(),
            field: Field::Title,
            count: 1,
            weight: 1.0,
            points: 2.0,
            snippet: "«war»".into(),
        }],
        failed: Vec::new(),
    }
}

fn routed(topic: &str) -> Routed {
    let destinations = vec![Destination { channel: desk(), to: "desk@example.org".into() }];
    Routed {
        topic: TopicId::new(topic),
        topic_name: topic.into(),
        destinations,
        follow_ups: FollowUps::NewFacts,
        corrections: false,
    }
}

fn baseline(seen: SeenItem) -> SeenItem {
    SeenItem { baseline: true, ..seen }
}
