//! A topic as written, its terms not yet compiled.

use std::ops::RangeInclusive;

use super::place::Place;
use crate::model::{FollowUps, TopicId};

/// What a weight may be.
pub const WEIGHTS: RangeInclusive<f64> = 0.05..=10.0;
/// How many words apart terms near each other may be; neighbours are 1 apart.
pub const WITHIN: RangeInclusive<u32> = 1..=100;

/// `[[topic]]`
#[derive(Clone, Debug)]
pub struct Topic {
    /// Unique, `[a-z0-9-]`.
    pub id: TopicId,
    /// For people.
    pub name: String,
    /// A score at or over it is a hit; above 0, under 1.
    pub threshold: f64,
    /// A score at or over it is a near miss.
    pub near_miss: f64,
    /// Evidence: each term adds points.
    pub any: Vec<Term>,
    /// Groups of alternatives that all must have points.
    pub all: Vec<Vec<Term>>,
    /// One occurrence vetoes the item.
    pub none: Vec<Term>,
    /// Words inside these phrases do not count.
    pub ignore: Vec<Term>,
    /// Takes points away.
    pub less: Vec<Term>,
    /// Two sets of terms near each other.
    pub near: Vec<Near>,
    /// The professional form; counts as one group of `all`.
    pub query: Option<Query>,
    /// So many different members of `any` must occur.
    pub min_terms: u32,
    /// Whether any mention counts: body and tail weigh 1.0.
    pub mention: bool,
    /// Source ids, and tags of sources as `tag:…`; empty for all.
    pub sources: Vec<String>,
    /// Languages; empty for all.
    pub languages: Vec<String>,
    /// Names of routes; empty for the default one.
    pub routes: Vec<String>,
    /// When a story that was alerted is told again.
    pub follow_ups: FollowUps,
    /// Whether an article that was alerted is told again when it has changed.
    pub corrections: bool,
    /// What verdicts on its alerts do.
    pub learn: Learn,
    /// What the topic's author expects of it.
    pub examples: Vec<Example>,
    /// Where it stands.
    pub place: Place,
}

impl Topic {
    /// Returns a topic that says nothing: neither what to find nor anything other than usual.
    pub fn blank(id: TopicId, place: Place) -> Self {
        Topic {
            id,
            name: String::new(),
            threshold: 0.5,
            near_miss: 0.25,
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            ignore: Vec::new(),
            less: Vec::new(),
            near: Vec::new(),
            query: None,
            min_terms: 1,
            mention: false,
            sources: Vec::new(),
            languages: Vec::new(),
            routes: Vec::new(),
            follow_ups: FollowUps::NewFacts,
            corrections: false,
            learn: Learn::Suggest,
            examples: Vec::new(),
            place,
        }
    }
}

/// A word or phrase as written: `=arms deal^1.4`, `title:Kim`, or the table form.
#[derive(Clone, Debug)]
pub struct Term {
    /// The text, marks (`=`, `title:`, `^1.4`) and all.
    pub text: String,
    /// The table's `weight`.
    pub weight: Option<f64>,
    /// The table's `field`.
    pub field: Option<String>,
    /// Counts only in items that hold one of these too.
    pub with: Vec<Term>,
    /// Where the text stands.
    pub place: Place,
}

/// `query` as written.
#[derive(Clone, Debug)]
pub struct Query {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// `[[topic.near]]`: `a` and `b` within so many words.
#[derive(Clone, Debug)]
pub struct Near {
    /// The one set.
    pub a: Vec<Term>,
    /// The other set.
    pub b: Vec<Term>,
    /// From 1 to 100; neighbours are 1 apart.
    pub within: u32,
    /// Whether `a` must come first.
    pub ordered: bool,
    /// Like the weight of a term of `any`.
    pub weight: f64,
    /// Where it stands.
    pub place: Place,
}

/// What verdicts on a topic's alerts do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learn {
    /// They become suggestions, and change nothing by themselves.
    Suggest,
    /// They also correct scores.
    Apply,
    /// They are kept and that is all.
    Off,
}

/// `[[topic.example]]`: what the topic must make of a text.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text; where it has several lines, the first is the title.
    pub text: String,
    /// What is expected.
    pub expect: Expect,
    /// Where it stands.
    pub place: Place,
}

/// What is expected of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A score at or over the threshold.
    Hit,
    /// A score under it.
    Miss,
}
