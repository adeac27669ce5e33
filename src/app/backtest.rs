//! Replays topics over items of the past: what each set of topics would have made of them, one
//! after the other, with the same identity and the same decisions as the daemon. Nothing is sent
//! and nothing is stored.
//!
//! Reading and scoring is done on all cores; identity, decisions and whatever the caller does with
//! them happen strictly in the order of the items, so that the outcome is the same however many
//! threads there are. Between the two are bounded queues.

pub mod changes;
pub mod expectation;
pub mod feed;
mod judge;
pub mod line;
mod pipeline;
pub mod tally;

use std::collections::HashMap;
use std::num::NonZero;

pub use self::feed::{BadLine, Feed, Given};
use self::judge::Judge;
pub use self::pipeline::Extent;
use crate::config::{Config, Topic};
use crate::matcher::Matcher;
use crate::model::{Decision, Item, Score, SourceId, StoryId, Timestamp, TopicId};

/// One set of topics, with what its configuration says about the sources.
pub struct Side<'a> {
    matcher: &'a Matcher,
    topics: HashMap<&'a TopicId, u32>,
    sources: HashMap<&'a SourceId, Outlet<'a>>,
}

/// What counts of a source.
#[derive(Clone, Copy)]
struct Outlet<'a> {
    tags: &'a [String],
    lang: Option<&'a String>,
}

impl<'a> Side<'a> {
    /// Takes the topics that a matcher was compiled from, in the same order.
    pub fn new(matcher: &'a Matcher, topics: &'a [Topic], config: &'a Config) -> Self {
        let sources = config.sources.iter();
        Side {
            matcher,
            topics: (0..).zip(topics).map(|(number, topic)| (&topic.id, number)).collect(),
            sources: sources
                .map(|source| (&source.id, Outlet { tags: &source.tags, lang: source.lang.as_ref() }))
                .collect(),
        }
    }

    fn outlet(&self, item: &Item) -> Outlet<'a> {
        let known = item.source.as_ref().and_then(|id| self.sources.get(id));
        known.copied().unwrap_or(Outlet { tags: &[], lang: None })
    }

    /// Says whether the topic is one of this side.
    pub fn knows(&self, topic: &TopicId) -> bool {
        self.topics.contains_key(topic)
    }
}

/// A replay to run.
pub struct Replay<'a> {
    /// The sets of topics. Each item is decided on for each of them apart.
    pub sides: Vec<Side<'a>>,
    /// How much is scored.
    pub extent: Extent,
    /// Threads that read and score.
    pub threads: NonZero<usize>,
    /// Characters of one text that are kept.
    pub max_text: usize,
}

/// What came of the next item, or of a line that is none.
pub enum Step<'s> {
    /// An item, judged.
    Item(&'s Judged),
    /// A line that could not be read.
    Bad(&'s BadLine),
}

/// An item with what was decided about it.
pub struct Judged {
    /// The item as it was given.
    pub given: Given,
    /// When it counts as seen; `None` where neither it nor any item before has a time.
    pub at: Option<Timestamp>,
    /// The id of the earlier item that it repeats.
    pub duplicate_of: Option<String>,
    /// Its story.
    pub story: StoryId,
    /// For each side the decisions, in the order of its topics. Topics without points may be
    /// missing, unless the extent says otherwise.
    pub sides: Vec<Vec<Verdict>>,
    /// How much of the input was read when this one came, in bytes.
    pub read_bytes: u64,
}

/// What was decided about an item for one topic.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The score with its reasons.
    pub score: Score,
    /// The decision.
    pub decision: Decision,
}

impl Verdict {
    /// Says whether the item reached the threshold.
    pub fn is_hit(&self) -> bool {
        !matches!(self.decision, Decision::Excluded | Decision::Vetoed | Decision::Below)
    }

    /// Says whether somebody would have been told.
    pub fn is_alert(&self) -> bool {
        matches!(self.decision, Decision::Alert | Decision::FollowUp)
    }
}

impl Replay<'_> {
    /// Replays a feed to its end. Each step is handed out in the order of the feed; an error of
    /// the caller's ends the replay.
    pub fn run(
        &self,
        feed: &mut Feed,
        mut each: impl FnMut(Step<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut judge = Judge::new(self.sides.iter().map(|side| &side.topics));
        pipeline::run(self, feed, |scored, read_bytes| match scored {
            Ok(scored) => each(Step::Item(&judge.take(scored, read_bytes))),
            Err(bad) => each(Step::Bad(&bad)),
        })
    }
}

/// Returns as many threads as there are cores.
pub fn all_cores() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}
