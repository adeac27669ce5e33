//! What becomes of each item, in order: its identity among the items before it, its story, and for
//! each topic the decision.

use std::collections::HashMap;
use std::time::Duration;

use super::pipeline::Scored;
use super::{Decided, Given, Replayed, Side};
use crate::config::Topic;
use crate::dedupe::{self, Recognised, Sight};
use crate::model::{
    AlertId, Decision, FollowUps, ItemId, Score, ScoreOutcome, SourceId, StoryId, Timestamp, TopicId,
};
use crate::story::{Arrival, Carrier, Counts, Past, Settings, Shelf, Telling, told};

/// What is over is forgotten after so many new items.
const FORGET_EVERY: usize = 4096;

/// The past of a replay.
pub(super) struct History<'a> {
    past: dedupe::Past,
    firsts: Vec<First>,
    shelf: Shelf,
    counts: Counts,
    sides: Vec<Told<'a>>,
    /// The time of the item before.
    at: Option<Timestamp>,
}

/// How an item that was new is called, and where it stands. Its number is that of its article.
struct First {
    id: ItemId,
    /// The id it was given with, where that is another.
    given: Option<Box<str>>,
}

/// Whom one side has told of what.
struct Told<'a> {
    topics: &'a HashMap<&'a TopicId, u32>,
    list: &'a [Topic],
    /// For each item, by its number, the topics it hit.
    hits: Vec<Vec<u32>>,
    /// What topics were told about stories.
    past: HashMap<(i64, u32), Past>,
}

/// How an item stands.
struct Standing {
    number: u32,
    sight: Sight,
    story: i64,
    copy_of: Option<u32>,
    new_facts: usize,
}

impl<'a> History<'a> {
    /// Begins with an empty past.
    pub(super) fn new(window: Duration, sides: &'a [Side<'a>]) -> Self {
        let side = |side: &'a Side<'a>| Told {
            topics: &side.topics,
            list: side.list,
            hits: Vec::new(),
            past: HashMap::new(),
        };
        History {
            past: dedupe::Past::default(),
            firsts: Vec::new(),
            shelf: Shelf::new(Settings { window }, 0, 0),
            counts: Counts::default(),
            sides: sides.iter().map(side).collect(),
            at: None,
        }
    }

    /// Decides on the next item.
    pub(super) fn take(&mut self, scored: Scored, read_bytes: u64) -> Replayed {
        self.at = scored.given.at.or(self.at);
        let at = self.at.unwrap_or_default();
        let recognised = self.past.take(&scored.given.item, at);
        let standing = self.place(&scored, recognised, at);
        let Scored { given, sides, .. } = scored;
        let n_firsts = self.firsts.len();
        let decide = |(told, scores): (&mut Told, Vec<Score>)| {
            told.hits.resize_with(n_firsts, Vec::new);
            scores.into_iter().map(|score| told.decided(score, &standing)).collect()
        };
        let sides = self.sides.iter_mut().zip(sides).map(decide).collect();
        let original = standing.copy_of.map(|number| self.firsts[number as usize].name().to_owned());
        let story = self.shelf.story(standing.story).map(|story| story.id.clone());
        Replayed {
            sides,
            duplicate_of: original,
            story: story.expect("what was placed has a story"),
            at: self.at,
            given,
            read_bytes,
        }
    }

    fn place(&mut self, scored: &Scored, recognised: Recognised, at: Timestamp) -> Standing {
        let Recognised { number, sight, .. } = recognised;
        let item = &scored.given.item;
        let nowhere = SourceId::new("");
        let source = item.source.as_ref().unwrap_or(&nowhere);
        if sight != Sight::New {
            self.shelf.echo(i64::from(number), Carrier { source, published: item.published, seen: at });
            let story = self.shelf.article(i64::from(number)).map_or(0, |article| article.story);
            return Standing { number, sight, story, copy_of: Some(number), new_facts: 0 };
        }
        self.firsts.push(First::of(&scored.given));
        if self.firsts.len().is_multiple_of(FORGET_EVERY) {
            self.shelf.forget(at);
        }
        let placed = self.shelf.take(
            &mut self.counts,
            Arrival {
                item: &item.id,
                source,
                title: &item.title,
                published: item.published,
                sketch: &scored.sketch,
                at,
            },
        );
        let copy_of = placed.copy_of.and_then(|number| u32::try_from(number).ok());
        Standing { number, sight, story: placed.story, copy_of, new_facts: placed.new_facts.len() }
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
    fn decided(&mut self, score: Score, standing: &Standing) -> Decided {
        let decision = match score.outcome {
            ScoreOutcome::Hit => self.told(&score, standing),
            other @ (ScoreOutcome::Excluded | ScoreOutcome::Vetoed | ScoreOutcome::Below) => {
                Decision::of_new(other)
            }
        };
        Decided { score, decision }
    }

    /// Decides about a hit. What comes again alerts only where it did not hit before, be it for an
    /// edit or because a topic takes only the other source.
    fn told(&mut self, score: &Score, standing: &Standing) -> Decision {
        let topic = self.topics.get(&score.topic).copied().unwrap_or(u32::MAX);
        let hits = &mut self.hits[standing.number as usize];
        if standing.sight == Sight::Again || hits.contains(&topic) {
            return Decision::Duplicate;
        }
        hits.push(topic);
        let past = self.past.get(&(standing.story, topic));
        let telling = Telling {
            is_copy: standing.copy_of.is_some() && standing.sight != Sight::Edited,
            new_facts: standing.new_facts,
            follow_ups: self.list.get(topic as usize).map_or(FollowUps::NewFacts, |topic| topic.follow_ups),
        };
        let decision = told(past, telling, score.points);
        if decision.is_alert() {
            let (revision, points) = past.map_or((1, 0.0), |past| (past.revision + 1, past.points));
            let latest = AlertId::of(&score.topic, &StoryId::new(standing.story.to_string()), revision);
            let past = Past { latest, revision, points: points.max(score.points) };
            self.past.insert((standing.story, topic), past);
        }
        decision
    }
}
