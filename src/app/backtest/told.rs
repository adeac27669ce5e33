//! Whom one side of a replay has told of what, and what it decides about the next hit.

use std::collections::{HashMap, HashSet};

use super::history::Standing;
use super::{Decided, Side};
use crate::config::Topic;
use crate::dedupe::Sight;
use crate::matcher;
use crate::model::{AlertId, Decision, FollowUps, Item, Score, ScoreOutcome, Timestamp, TopicId};
use crate::story::{self, CORRECTIONS_WINDOW, Past, Telling, Verdict, Version, corrected, fact_words, told};

/// Whom one side has told of what.
pub(super) struct Told<'a> {
    topics: &'a HashMap<&'a TopicId, u32>,
    list: &'a [Topic],
    /// Whether decisions come with their reasons.
    reasons: bool,
    /// For each item, by its number, the topics it hit.
    hits: Vec<Vec<u32>>,
    /// What topics were told about stories.
    past: HashMap<i64, HashMap<u32, Past>>,
    /// Of items that topics were told of which want to hear of changes: what they know.
    corrections: HashMap<(u32, u32), Known>,
}

/// The versions of an item that a topic knows.
#[derive(Default)]
struct Known {
    keys: HashSet<String>,
    told_at: Vec<Timestamp>,
}

/// A version of an item.
pub(super) struct Kept {
    title: String,
    summary: String,
    text: String,
    key: Option<String>,
}

impl Kept {
    /// Keeps an item as it is.
    pub(super) fn of(item: &Item) -> Self {
        let Item { title, summary, text, keys, .. } = item;
        Kept { title: title.clone(), summary: summary.clone(), text: text.clone(), key: keys.text.clone() }
    }

    fn version(&self) -> Version<'_> {
        Version { title: &self.title, summary: &self.summary, text: &self.text }
    }
}

/// An item, how it stands, and the version of it that came before.
type Coming<'a> = (&'a Item, &'a Standing, Option<&'a Kept>);

impl<'a> Told<'a> {
    /// Nobody has been told of anything.
    pub(super) fn new(side: &'a Side<'a>) -> Self {
        Told {
            topics: &side.topics,
            list: side.list,
            reasons: side.reasons,
            hits: Vec::new(),
            past: HashMap::new(),
            corrections: HashMap::new(),
        }
    }

    /// Makes room for so many items.
    pub(super) fn make_room(&mut self, n_items: usize) {
        self.hits.resize_with(n_items, Vec::new);
    }

    /// Says whether the topic of a score wants to hear of changes in what it was told of.
    pub(super) fn wants_changes(&self, score: &Score) -> bool {
        self.topic(self.number(score)).is_some_and(|topic| topic.corrections)
    }

    /// Has what was told of one story count for another.
    pub(super) fn merge(&mut self, story: i64, into: i64) {
        let Some(told) = self.past.remove(&story) else { return };
        let both = self.past.entry(into).or_default();
        for (topic, past) in told {
            let past = match both.remove(&topic) {
                Some(other) => other.joined(past),
                None => past,
            };
            both.insert(topic, past);
        }
    }

    /// Decides about an item for a topic.
    pub(super) fn decided(&mut self, score: Score, coming: Coming<'_>) -> Decided {
        let verdict = match score.outcome {
            ScoreOutcome::Hit => self.verdict(&score, coming),
            other @ (ScoreOutcome::Excluded | ScoreOutcome::Vetoed | ScoreOutcome::Below) => {
                return Decided { score, decision: Decision::of_new(other), reason: None };
            }
        };
        let decision = verdict.decision();
        if decision.is_alert() {
            self.note(&score, coming.1);
        }
        Decided { decision, reason: self.reasons.then(|| verdict.reason()), score }
    }

    /// Decides about a hit. What comes again alerts only where it did not hit before, be it for an
    /// edit or because a topic takes only the other source.
    fn verdict(&mut self, score: &Score, coming: Coming<'_>) -> Verdict {
        let (item, standing, _) = coming;
        let topic = self.number(score);
        let hits = &mut self.hits[standing.number as usize];
        let copy = || match &standing.copy_of {
            Some(original) => Verdict::Copy(original.name.clone(), original.source.clone()),
            None => Verdict::Copy(item.id.clone(), crate::model::SourceId::new("")),
        };
        if standing.sight == Sight::Again {
            return copy();
        }
        if hits.contains(&topic) {
            return self.change(topic, coming).unwrap_or_else(copy);
        }
        hits.push(topic);
        let before = |number: u32| number != standing.number && self.hits[number as usize].contains(&topic);
        let original = standing.copy_of.as_ref().filter(|_| standing.sight != Sight::Edited);
        let past = self.past.get(&standing.story).and_then(|told| told.get(&topic));
        let names = self.reasons && past.is_some() && !standing.new_facts.is_empty();
        let new_facts =
            if names { fact_words(item, &matcher::words(item), &standing.new_facts) } else { Vec::new() };
        let telling = Telling {
            copy_of: original.map(|original| (&original.name, &original.source)),
            original_hit: original.is_some_and(|original| before(original.number)),
            is_first: standing.is_first,
            new_facts: &new_facts,
            n_new_facts: standing.new_facts.len(),
            follow_ups: self.topic(topic).map_or(FollowUps::NewFacts, |topic| topic.follow_ups),
            at: standing.at,
        };
        told(past, &telling, score.score)
    }

    /// Decides about an item that hit before and may have changed.
    fn change(&mut self, topic: u32, (item, standing, before): Coming<'_>) -> Option<Verdict> {
        let known = self.corrections.get_mut(&(standing.number, topic))?;
        let (before, key) = (before?, item.keys.text.as_ref()?);
        if standing.sight != Sight::Edited {
            return None;
        }
        let lately = known.told_at.iter().filter(|told_at| **told_at > standing.at - CORRECTIONS_WINDOW);
        let verdict = corrected(&story::Told {
            before: before.version(),
            now: Version { title: &item.title, summary: &item.summary, text: &item.text },
            is_known: known.keys.contains(key),
            n_lately: lately.count(),
        })?;
        known.keys.extend(before.key.clone());
        known.keys.insert(key.clone());
        known.told_at.push(standing.at);
        Some(verdict)
    }

    fn note(&mut self, score: &Score, standing: &Standing) {
        let topic = self.number(score);
        if self.wants_changes(score) {
            self.corrections.entry((standing.number, topic)).or_default();
        }
        let told = self.past.entry(standing.story).or_default();
        let past = told.remove(&topic);
        let revision = past.as_ref().map_or(1, Past::next_revision);
        let latest = AlertId::of(&score.topic, &standing.story_id, revision);
        told.insert(topic, Past::with(past, latest, revision, score.score, standing.at));
    }

    fn number(&self, score: &Score) -> u32 {
        self.topics.get(&score.topic).copied().unwrap_or(u32::MAX)
    }

    fn topic(&self, number: u32) -> Option<&'a Topic> {
        self.list.get(number as usize)
    }
}
