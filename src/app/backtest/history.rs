//! What becomes of each item, in order: its identity among the items before it, and for each topic
//! the decision. Near-copies and stories belong here too, once there are any.

use std::collections::HashMap;

use super::pipeline::Scored;
use super::{Decided, Given, Replayed};
use crate::dedupe::{Past, Sight};
use crate::model::{Decision, ItemId, Score, ScoreOutcome, StoryId, Timestamp, TopicId};

/// The past of a replay.
pub(super) struct History<'a> {
    past: Past,
    firsts: Vec<First>,
    sides: Vec<Told<'a>>,
    /// The time of the item before.
    at: Option<Timestamp>,
}

/// How an item that was new is called.
struct First {
    id: ItemId,
    /// The id it was given with, where that is another.
    given: Option<Box<str>>,
}

/// Whom one side has told of what.
struct Told<'a> {
    topics: &'a HashMap<&'a TopicId, u32>,
    /// For each item, by its number, the topics with an alert.
    alerts: Vec<Vec<u32>>,
}

impl<'a> History<'a> {
    /// Begins with an empty past; for each side its topics with their numbers.
    pub(super) fn new(sides: impl Iterator<Item = &'a HashMap<&'a TopicId, u32>>) -> Self {
        let sides = sides.map(|topics| Told { topics, alerts: Vec::new() }).collect();
        History { past: Past::default(), firsts: Vec::new(), sides, at: None }
    }

    /// Decides on the next item.
    pub(super) fn take(&mut self, scored: Scored, read_bytes: u64) -> Replayed {
        let Scored { given, sides } = scored;
        self.at = given.at.or(self.at);
        let recognised = self.past.take(&given.item, self.at.unwrap_or_default());
        if recognised.sight == Sight::New {
            self.firsts.push(First::of(&given));
        }
        let first = &self.firsts[recognised.number as usize];
        let decide = |(told, scores): (&mut Told, Vec<Score>)| {
            told.alerts.resize_with(self.firsts.len(), Vec::new);
            scores.into_iter().map(|score| told.decided(score, recognised.number, recognised.sight)).collect()
        };
        Replayed {
            sides: self.sides.iter_mut().zip(sides).map(decide).collect(),
            duplicate_of: (recognised.sight != Sight::New).then(|| first.name().to_owned()),
            story: StoryId::of(&first.id),
            at: self.at,
            given,
            read_bytes,
        }
    }
}

impl First {
    fn of(given: &Given) -> Self {
        let id = given.item.id.clone();
        let other = (given.id != id.as_str()).then(|| given.id.as_str().into());
        First { id, given: other }
    }

    fn name(&self) -> &str {
        self.given.as_deref().unwrap_or(self.id.as_str())
    }
}

impl Told<'_> {
    fn decided(&mut self, score: Score, item: u32, sight: Sight) -> Decided {
        let is_told = score.outcome == ScoreOutcome::Hit && self.is_told(&score.topic, item, sight);
        let decision = if is_told { Decision::Duplicate } else { Decision::of_new(score.outcome) };
        Decided { score, decision }
    }

    /// Says whether a hit was told before; else it is from now on. What comes again alerts only
    /// where a topic was not told and hits now, be it for an edit or because it takes only the
    /// other source.
    fn is_told(&mut self, topic: &TopicId, item: u32, sight: Sight) -> bool {
        let topic = self.topics.get(topic).copied().unwrap_or(u32::MAX);
        let alerts = &mut self.alerts[item as usize];
        let is_told = match sight {
            // A topic is asked about an item once.
            Sight::New => false,
            Sight::Edited | Sight::Copied => alerts.contains(&topic),
            Sight::Again => true,
        };
        if !is_told {
            alerts.push(topic);
        }
        is_told
    }
}
