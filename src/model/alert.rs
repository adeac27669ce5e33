//! What somebody must be told once.

use serde::{Deserialize, Serialize};

use super::class::names;
use super::id::{AlertId, ItemId, StoryId, Timestamp, TopicId};
use super::item::{Decision, Evidence};

names! {
    /// What a message to a channel is about.
    AlertKind {
        /// The first alert of a topic on a story.
        Created = "alert.created",
        /// A later one on the same story.
        FollowUp = "alert.follow_up",
        /// Several alerts in one message.
        Digest = "digest",
        /// A source fails.
        SourceFailing = "source.failing",
        /// A source is back.
        SourceRecovered = "source.recovered",
        /// A test by the operator.
        Test = "test",
    }
}

/// The articles about one event, as an alert names them.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryRef {
    /// The story.
    pub id: StoryId,
    /// Its headline.
    pub title: String,
    /// How many articles it has.
    pub articles: u32,
    /// How many sources carry it.
    pub outlets: u32,
    /// How many of them have an article of their own, rather than a copy.
    pub independent: u32,
    /// When its first article was seen.
    pub first_seen: Timestamp,
}

/// Topic × story × revision: what somebody must be told once.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Computed from topic, story and revision.
    pub id: AlertId,
    /// What it is.
    pub kind: AlertKind,
    /// The topic.
    pub topic: TopicId,
    /// The topic's name at the time.
    pub topic_name: String,
    /// The story.
    pub story: StoryRef,
    /// 1 for the first alert on a story.
    pub revision: u32,
    /// `alert`, `follow_up` or `silenced`.
    pub decision: Decision,
    /// The item that caused it.
    pub item: ItemId,
    /// The item's score.
    pub score: f64,
    /// The topic's threshold at the time.
    pub threshold: f64,
    /// Why it went out, in words.
    pub reason: String,
    /// The reasons for the score.
    pub evidence: Vec<Evidence>,
    /// What is new since the alert before; `None` for the first.
    pub follow_up: Option<FollowUp>,
    /// When it was made.
    pub created: Timestamp,
}

/// What a later alert on a story adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// The alert before.
    pub previous: AlertId,
    /// Words and numbers that no earlier article had.
    pub new_facts: Vec<String>,
    /// What has changed in an article that was told before.
    pub change: Option<Change>,
}

/// What has changed in an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The headline before and now, where it is another one.
    pub title: Option<(String, String)>,
    /// What the text says now and did not.
    pub added: Vec<String>,
    /// What the text said and does not now.
    pub removed: Vec<String>,
}

/// When a story that was alerted is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUps {
    /// Never.
    None,
    /// When an article brings something new.
    NewFacts,
    /// With every article.
    All,
}
