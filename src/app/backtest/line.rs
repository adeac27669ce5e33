//! The lines of JSON that a replay is told in.

use std::collections::HashMap;

use serde::Serialize;

use super::{Decided, Replayed};
use crate::app::explain::reason;
use crate::model::{Decision, Evidence, TopicId};

/// A decision.
#[derive(Clone, Debug, Serialize)]
pub struct Line<'a> {
    item: &'a str,
    topic: &'a TopicId,
    score: f64,
    threshold: f64,
    decision: Option<Decision>,
    story: Option<&'a str>,
    reason: String,
    evidence: Vec<Evidence>,
}

/// A decision that two sides made otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedLine<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    /// What the other side decided; null where it has no such topic.
    was: Option<Decision>,
}

/// An item's identity.
#[derive(Clone, Debug, Serialize)]
pub struct Identity<'a> {
    item: &'a str,
    duplicate_of: Option<&'a str>,
    story: &'a str,
}

impl<'a> Identity<'a> {
    /// Returns the line of an item.
    pub fn of(replayed: &'a Replayed) -> Self {
        Identity {
            item: &replayed.given.id,
            duplicate_of: replayed.duplicate_of.as_deref(),
            story: replayed.story.as_str(),
        }
    }
}

impl<'a> Line<'a> {
    /// Returns the line of a decision.
    pub fn of(replayed: &'a Replayed, decided: &'a Decided) -> Self {
        let Decided { score, decision, .. } = decided;
        let reason = decided.reason.clone().unwrap_or_else(|| reason(*decision, score));
        Line {
            item: &replayed.given.id,
            topic: &score.topic,
            score: score.score,
            threshold: score.threshold,
            decision: Some(*decision),
            story: decided.is_hit().then(|| replayed.story.as_str()),
            reason,
            evidence: score.evidence.iter().cloned().map(Evidence::rounded).collect(),
        }
    }
}

impl<'a> ChangedLine<'a> {
    /// Returns the line of a decision that the two sides of an item made otherwise.
    pub fn of(replayed: &'a Replayed, change: &Change<'a>) -> Self {
        let line = match *change {
            Change::Both { now, .. } | Change::New(now) => Line::of(replayed, now),
            Change::Gone(was) => Line {
                decision: None,
                story: None,
                reason: "there is no such topic in this configuration".to_owned(),
                score: 0.0,
                evidence: Vec::new(),
                ..Line::of(replayed, was)
            },
        };
        ChangedLine { line, was: change.was().map(|decided| decided.decision) }
    }
}

/// A topic that two sides decided on otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// Both have it.
    Both {
        /// The decision of the first side.
        now: &'a Decided,
        /// The decision of the other.
        was: &'a Decided,
    },
    /// Only the first side has it.
    New(&'a Decided),
    /// Only the other has it.
    Gone(&'a Decided),
}

impl<'a> Change<'a> {
    /// Returns the topics that two sides of an item differ on: those of the first side in their
    /// order, then those that only the other has.
    pub fn between(now: &'a [Decided], was: &'a [Decided]) -> Vec<Change<'a>> {
        let mut left: HashMap<&TopicId, &Decided> = was.iter().map(|one| (&one.score.topic, one)).collect();
        let mut changes = Vec::new();
        for now in now {
            match left.remove(&now.score.topic) {
                Some(was) if was.decision == now.decision => {}
                Some(was) => changes.push(Change::Both { now, was }),
                None => changes.push(Change::New(now)),
            }
        }
        let gone = was.iter().filter(|one| left.contains_key(&one.score.topic));
        changes.extend(gone.map(Change::Gone));
        changes
    }

    /// Returns the decision of the first side.
    pub fn now(&self) -> Option<&'a Decided> {
        match self {
            Change::Both { now, .. } | Change::New(now) => Some(now),
            Change::Gone(_) => None,
        }
    }

    /// Returns the decision of the other side.
    pub fn was(&self) -> Option<&'a Decided> {
        match self {
            Change::Both { was, .. } | Change::Gone(was) => Some(was),
            Change::New(_) => None,
        }
    }

    /// Says whether the item scored above 0 on either side.
    pub fn has_points(&self) -> bool {
        self.now().into_iter().chain(self.was()).any(has_points)
    }
}

/// Says whether the item scored above 0.
pub fn has_points(decided: &Decided) -> bool {
    decided.score.score > 0.0
}
