//! Whom to tell of a hit: topic by topic, what its story has been told for before decides.

use crate::model::{AlertId, Decision, FollowUps};

/// What a topic was told about a story so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// The latest alert.
    pub latest: AlertId,
    /// Its revision.
    pub revision: u32,
    /// The most points that an alert had.
    pub points: f64,
}

/// How an item stands to its story.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telling {
    /// Whether it is a copy of an article of the story.
    pub is_copy: bool,
    /// Rare words and numbers that no earlier article of the story had.
    pub new_facts: usize,
    /// What its topic wants to be told of.
    pub follow_ups: FollowUps,
}

/// So many points more than any alert before are news …
const MORE_POINTS: f64 = 1.0;
/// … and so are so many new facts.
const NEW_FACTS: usize = 3;

/// Decides about a hit of a topic that was told of the story as `past` says.
pub fn told(past: Option<&Past>, telling: Telling, points: f64) -> Decision {
    match (past, telling.follow_ups) {
        (None, _) => Decision::Alert,
        (Some(_), _) if telling.is_copy => Decision::Duplicate,
        (Some(_), FollowUps::All) => Decision::FollowUp,
        (Some(past), FollowUps::NewFacts)
            if points >= past.points + MORE_POINTS || telling.new_facts >= NEW_FACTS =>
        {
            Decision::FollowUp
        }
        (Some(_), FollowUps::None | FollowUps::NewFacts) => Decision::SameStory,
    }
}
