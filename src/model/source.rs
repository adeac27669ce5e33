//! A source's memory between two polls, and the record of one poll.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::alert::FollowUps;
use super::class::{PollClass, names};
use super::definition::TopicVersion;
use super::id::{ChannelName, SourceId, Timestamp, TopicId};
use super::imprint::Imprints;
use super::item::{Item, Score};
use super::naming::{Named, Naming};
use super::sketch::Sketch;

names! {
    /// How a source stands.
    SourceMode {
        /// Polled and readable.
        Active = "active",
        /// Polled; its ids or addresses change from poll to poll.
        UnstableIds = "unstable_ids",
        /// Polled; some of its items cannot be read.
        Degraded = "degraded",
        /// Failing, and asked less often.
        BackingOff = "backing_off",
        /// Not polled: 410, or by the operator.
        Disabled = "disabled",
    }
}

names! {
    /// The mark an operator or an answer set on a source.
    Marker {
        /// No mark.
        None = "none",
        /// Switched off by the operator.
        Operator = "operator",
        /// The server said 410.
        Gone = "gone",
    }
}

/// What the server gave to ask with the next time; bytes as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The address that answered with them.
    pub url: String,
    /// `ETag`, verbatim.
    pub etag: Option<Vec<u8>>,
    /// `Last-Modified`, verbatim.
    pub last_modified: Option<Vec<u8>>,
}

/// What the store remembers of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceState {
    /// The source.
    pub id: SourceId,
    /// Not polled before.
    pub next_due: Timestamp,
    /// Failed polls in a row.
    pub failures: u32,
    /// The validators of the last whole feed.
    pub validators: Option<Validators>,
    /// The hash of the last whole body.
    pub body_hash: Option<String>,
    /// Whether a first successful fetch has laid the baseline.
    pub baseline_done: bool,
    /// The class of the last poll; `None` before the first.
    pub class: Option<PollClass>,
    /// What the last poll had to say, for people.
    pub message: Option<String>,
    /// When it was last polled.
    pub last_poll: Option<Timestamp>,
    /// When a poll last succeeded.
    pub last_success: Option<Timestamp>,
    /// The mark of the operator or the server.
    pub marker: Marker,
    /// The interval in force; `None` before the first poll.
    pub interval: Option<Duration>,
    /// Why the next poll is not earlier, for people.
    pub reason: Option<String>,
    /// Since when every poll has failed.
    pub failing_since: Option<Timestamp>,
    /// Since when it has been refused every time: 4xx and nothing else.
    pub refused_since: Option<Timestamp>,
    /// What the feed itself asks for.
    pub hints: Hints,
    /// How long each answer is good, as its server said last.
    pub max_age: Option<Duration>,
    /// When it posts, as the schedule writes it down; empty where nothing is known.
    pub rhythm: Vec<u8>,
    /// Where it has moved for good.
    pub moved: Option<Moved>,
    /// When a body was last read whole, known items included.
    pub read_whole: Option<Timestamp>,
    /// How long its server has said only that nothing changed.
    pub unchanged: Unchanged,
    /// Where its polls end, and what they find there.
    pub landing: Landing,
    /// Whether its ids and addresses can be relied on.
    pub naming: Naming,
}

/// Where the polls of a source end, and what they find there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Landing {
    /// The items of the last whole body.
    pub held: u64,
    /// The address that answers in the end, where that is not the configured one.
    pub ends_at: Option<String>,
    /// The source that ends at the same address and is polled in its stead.
    pub same_as: Option<SourceId>,
}

/// What a feed says in its head of when it wants to be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// The least interval it asks for.
    pub least: Option<Duration>,
    /// A time at which one of these intervals begins.
    pub from: Option<Timestamp>,
    /// The hours of the day, by GMT, in which it wants no polls: one bit each, the lowest for 0.
    pub skip_hours: u32,
    /// The days of the week in which it wants no polls: one bit each, the lowest for Monday.
    pub skip_days: u8,
}

/// Where a source has moved for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The address.
    pub url: String,
    /// When it was first found there.
    pub since: Timestamp,
    /// Since when it has not answered there.
    pub failing_since: Option<Timestamp>,
}

/// How long a server has said only that nothing changed, and whether it can be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unchanged {
    /// Such answers in a row.
    pub answers: u32,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When it was last asked without validators, to see whether that is true.
    pub asked_plainly: Option<Timestamp>,
    /// Whether it was found not to be.
    pub lies: bool,
}

impl SourceState {
    /// Returns the state of a source that was never polled.
    pub fn unseen(id: SourceId, next_due: Timestamp) -> Self {
        SourceState {
            id,
            next_due,
            failures: 0,
            validators: None,
            body_hash: None,
            baseline_done: false,
            class: None,
            message: None,
            last_poll: None,
            last_success: None,
            marker: Marker::None,
            interval: None,
            reason: None,
            failing_since: None,
            refused_since: None,
            hints: Hints::default(),
            max_age: None,
            rhythm: Vec::new(),
            moved: None,
            read_whole: None,
            unchanged: Unchanged::default(),
            landing: Landing::default(),
            naming: Naming::default(),
        }
    }

    /// Returns how the source stands.
    pub fn mode(&self) -> SourceMode {
        match self.class {
            _ if self.marker != Marker::None => SourceMode::Disabled,
            _ if self.failures > 0 => SourceMode::BackingOff,
            Some(PollClass::Degraded) => SourceMode::Degraded,
            _ if self.naming.is_unstable() => SourceMode::UnstableIds,
            Some(_) | None => SourceMode::Active,
        }
    }
}

/// All that one poll changes; the store writes it in one transaction.
pub struct PollRecord {
    /// The source.
    pub source: SourceId,
    /// Decides what becomes of the source, which only those can ask who know what was new.
    pub decide: Decide,
    /// When the poll began.
    pub polled_at: Timestamp,
    /// How long the exchange took.
    pub took: Duration,
    /// The decoded bytes that came.
    pub body_bytes: u64,
    /// The host that wants to be left alone, and until when; after redirects, the last of them.
    pub host_pause: Option<(String, Timestamp)>,
    /// The items in document order, with what they would cause if they are new.
    pub items: Vec<SeenItem>,
    /// How many items of the body were left out because the poll before had them, byte for byte.
    pub n_skipped: usize,
    /// What becomes of what is remembered of the source's last body.
    pub memory: Memory,
    /// A story takes articles up to so long after its latest one.
    pub story_window: Duration,
    /// The versions of the topics that scored the items.
    pub versions: Arc<HashMap<TopicId, TopicVersion>>,
}

/// What becomes of what is remembered of a source's last body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memory {
    /// It stays as it is.
    Kept,
    /// It goes: the next body has to be read whole.
    Forgotten,
    /// This takes its place.
    Replaced(Imprints),
}

/// Says what becomes of a source, told what a poll of it found.
pub type Decide = Box<dyn Fn(Found) -> Next + Send + Sync>;

/// What a poll found, told by the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Items never seen before.
    pub new: u64,
    /// Known items whose words have changed.
    pub updated: u64,
    /// Items that were known, with those left out unread.
    pub known: u64,
    /// Items left out unread, since they came byte for byte as before.
    pub unread: u64,
    /// What the known ones were called.
    pub named: Named,
}

/// What becomes of a source after a poll.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// Its state from now on.
    pub state: SourceState,
    /// What the operator is told besides its class.
    pub notes: Vec<Note>,
    /// The host it is paced by from now on, where that or its landing is another; `None` leaves
    /// both as they are.
    pub host: Option<String>,
}

/// Something an operator is told of a source: an event that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its class.
    pub class: &'static str,
    /// The same in words.
    pub message: String,
}

/// An item of a poll, scored, with where its hits would go if it is news.
#[derive(Clone, Debug)]
pub struct SeenItem {
    /// The item.
    pub item: Item,
    /// Whether it belongs to the first sight of its source, which alerts nobody.
    pub baseline: bool,
    /// Its scores: what it hits, what it nearly hits, what it is vetoed for.
    pub scores: Vec<Score>,
    /// The destinations of each topic it hits.
    pub routed: Vec<Routed>,
    /// What of it is compared with other items.
    pub sketch: Sketch,
}

/// Where the hits of one topic go.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    /// The topic.
    pub topic: TopicId,
    /// Its name, kept with the alert.
    pub topic_name: String,
    /// The channels and recipients.
    pub destinations: Vec<Destination>,
    /// When it wants to hear of a story again.
    pub follow_ups: FollowUps,
    /// Whether it wants to hear that an article it was told of has changed.
    pub corrections: bool,
}

/// A channel, and for mail one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The channel.
    pub channel: ChannelName,
    /// The recipient of a mail, else the receiver's host.
    pub to: String,
}
