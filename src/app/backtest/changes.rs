//! What one set of topics tells that another does not: the alerts of both, those that come and
//! those that go, with examples.

use std::collections::BTreeMap;

use super::line::Change;
use super::{Decided, Replayed};
use crate::config::Topic;
use crate::model::{Decision, Timestamp, TopicId};

/// Examples that are kept of each kind.
const EXAMPLES: usize = 3;
/// Characters of an example.
const SHOWN: usize = 200;

/// The alerts that come and go, by topic.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Items that were looked at.
    pub items: u64,
    topics: BTreeMap<TopicId, TopicChanges>,
}

/// The alerts of one topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicChanges {
    /// Alerts of the other side.
    pub before: u64,
    /// Alerts of the first side.
    pub after: u64,
    /// Of these, those that the other does not make.
    pub added: u64,
    /// Alerts of the other side that the first does not make.
    pub removed: u64,
    /// Some of those that come and go.
    pub examples: Vec<Example>,
}

impl TopicChanges {
    /// Returns how many alerts come or go.
    pub fn sum(&self) -> u64 {
        self.added + self.removed
    }
}

/// An item that one side tells and the other does not.
#[derive(Clone, Debug, PartialEq)]
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
    /// Begins with topics that are listed even where they tell nothing.
    pub fn of<'t>(topics: impl Iterator<Item = &'t Topic>) -> Self {
        let topics = topics.map(|topic| (topic.id.clone(), TopicChanges::default())).collect();
        Changes { items: 0, topics }
    }

    /// Counts an item with what the first side and the other decided on it.
    pub fn count(&mut self, replayed: &Replayed, now: &[Decided], was: &[Decided]) {
        self.items += 1;
        for alert in now.iter().filter(|decided| decided.is_alert()) {
            self.topic(alert).after += 1;
        }
        for alert in was.iter().filter(|decided| decided.is_alert()) {
            self.topic(alert).before += 1;
        }
        for change in Change::between(now, was) {
            let is_alert = |decided: Option<&Decided>| decided.is_some_and(Decided::is_alert);
            let (now, was) = (is_alert(change.now()), is_alert(change.was()));
            let Some(decided) = change.now().or(change.was()).filter(|_| now != was) else { continue };
            let topic = self.topic(decided);
            let so_far = if now { &mut topic.added } else { &mut topic.removed };
            *so_far += 1;
            if *so_far <= EXAMPLES as u64 {
                topic.examples.push(Example::of(replayed, &change));
            }
        }
    }

    fn topic(&mut self, decided: &Decided) -> &mut TopicChanges {
        self.topics.entry(decided.score.topic.clone()).or_default()
    }

    /// Returns what is known of a topic.
    pub fn get(&self, topic: &TopicId) -> Option<&TopicChanges> {
        self.topics.get(topic)
    }

    /// Returns the topics by id, those without a change too.
    pub fn topics(&self) -> impl ExactSizeIterator<Item = (&TopicId, &TopicChanges)> {
        self.topics.iter()
    }

    /// Returns the topics that changed, by id.
    pub fn changed(&self) -> impl Iterator<Item = (&TopicId, &TopicChanges)> {
        self.topics().filter(|(_, topic)| topic.sum() > 0)
    }

    /// Returns how many alerts come, and how many go.
    pub fn sums(&self) -> (u64, u64) {
        let of = |count: fn(&TopicChanges) -> u64| self.topics.values().map(count).sum();
        (of(|topic| topic.added), of(|topic| topic.removed))
    }
}

impl Example {
    fn of(replayed: &Replayed, change: &Change<'_>) -> Self {
        let item = &replayed.given.item;
        let words = [&item.title, &item.summary, &item.text].into_iter().find(|text| !text.is_empty());
        Example {
            item: replayed.given.id.clone(),
            title: words.map(|text| text.chars().take(SHOWN).collect()).unwrap_or_default(),
            at: replayed.at,
            now: change.now().map(|decided| decided.decision),
            was: change.was().map(|decided| decided.decision),
        }
    }

    /// Says whether the first side is the one that tells it.
    pub fn is_added(&self) -> bool {
        self.now.is_some_and(Decision::is_alert)
    }
}
