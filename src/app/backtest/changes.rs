//! What one set of topics tells that the other does not: alerts added and lost, with examples.

use std::collections::BTreeMap;

use super::Judged;
use super::line::Change;
use crate::model::{Decision, Timestamp, TopicId};

/// Examples that are kept of each kind.
const EXAMPLES: usize = 3;
/// Characters of an example.
const SHOWN: usize = 200;

/// The alerts that came and went, by topic.
#[derive(Debug, Default)]
pub struct Changes {
    topics: BTreeMap<TopicId, TopicChanges>,
}

/// The changes of one topic.
#[derive(Clone, Debug, Default)]
pub struct TopicChanges {
    /// Alerts of the first side that the other does not make.
    pub added: u64,
    /// Alerts of the other side that the first does not make.
    pub removed: u64,
    /// Some of them, those added first.
    pub examples: Vec<Example>,
}

/// An item that is told now and was not, or the other way round.
#[derive(Clone, Debug)]
pub struct Example {
    /// The item's id.
    pub item: String,
    /// Its headline, or how its text begins.
    pub title: String,
    /// When it was seen.
    pub at: Option<Timestamp>,
    /// What the first side decides; `None` where it has no such topic.
    pub now: Option<Decision>,
    /// What the other decided.
    pub was: Option<Decision>,
}

impl Changes {
    /// Counts an item that was judged by two sides.
    pub fn count(&mut self, judged: &Judged) {
        for change in Change::all(judged) {
            let is_alert = |verdict: Option<&super::Verdict>| verdict.is_some_and(super::Verdict::is_alert);
            let (now, was) = (is_alert(change.now()), is_alert(change.was()));
            let Some(verdict) = change.now().or(change.was()).filter(|_| now != was) else { continue };
            let topic = self.topics.entry(verdict.score.topic.clone()).or_default();
            let before = if now { &mut topic.added } else { &mut topic.removed };
            *before += 1;
            if *before <= EXAMPLES as u64 {
                topic.examples.push(Example::of(judged, &change));
            }
        }
    }

    /// Returns the topics that changed, by id.
    pub fn topics(&self) -> impl Iterator<Item = (&TopicId, &TopicChanges)> {
        self.topics.iter()
    }

    /// Returns how many alerts were added and how many removed.
    pub fn sums(&self) -> (u64, u64) {
        let of = |count: fn(&TopicChanges) -> u64| self.topics.values().map(count).sum();
        (of(|topic| topic.added), of(|topic| topic.removed))
    }
}

impl Example {
    fn of(judged: &Judged, change: &Change<'_>) -> Self {
        let item = &judged.given.item;
        let words = [&item.title, &item.summary, &item.text].into_iter().find(|text| !text.is_empty());
        Example {
            item: judged.given.id.clone(),
            title: words.map(|text| text.chars().take(SHOWN).collect()).unwrap_or_default(),
            at: judged.at,
            now: change.now().map(|verdict| verdict.decision),
            was: change.was().map(|verdict| verdict.decision),
        }
    }
}
