//! What must come of each kind of post.

use std::collections::BTreeSet;

use super::event::Kind;
use super::seen::Outcome;

/// Own words on known news may bring something that nobody else had, though seldom.
const MOST_FURTHER: usize = 2;

/// Fails unless the event was alerted once, each thing that was new was followed up, and nothing
/// else was told.
#[track_caller]
pub(super) fn check(outcomes: &[Outcome]) {
    let wrong: Vec<String> = outcomes.iter().filter(|outcome| !is_right(outcome)).map(told).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    check_stories(outcomes);
}

/// Fails unless there is one story an event, and few own words on known news were told.
#[track_caller]
fn check_stories(outcomes: &[Outcome]) {
    let stories = |kinds: &[Kind]| -> BTreeSet<&str> {
        let of_kinds = outcomes.iter().filter(|outcome| kinds.contains(&outcome.post.kind));
        of_kinds.filter_map(|outcome| outcome.story.as_deref()).collect()
    };
    let event = stories(&[Kind::First, Kind::News, Kind::Own, Kind::Copy]);
    let (ship, port) = (stories(&[Kind::Ship]), stories(&[Kind::Port]));
    assert_eq!((event.len(), ship.len(), port.len()), (1, 1, 1), "one story each");
    assert!(event.is_disjoint(&ship) && event.is_disjoint(&port) && ship.is_disjoint(&port));
    let further = outcomes.iter().filter(|outcome| outcome.post.kind == Kind::Own && outcome.is_told());
    assert!(further.count() <= MOST_FURTHER);
}

fn is_right(outcome: &Outcome) -> bool {
    let decision = outcome.decision.as_str();
    match outcome.post.kind {
        Kind::First => decision == "alert",
        Kind::News => decision == "follow_up",
        Kind::Own => matches!(decision, "same_story" | "follow_up"),
        Kind::Copy => matches!(decision, "duplicate" | "same_story"),
        Kind::Edit | Kind::Again => decision == "duplicate",
        Kind::Ship | Kind::Port => {
            decision == if outcome.is_first_of_its_kind { "alert" } else { "same_story" }
        }
    }
}

fn told(outcome: &Outcome) -> String {
    let Outcome { post, decision, why, .. } = outcome;
    format!("{} {} ({}): {decision}, {why}", post.outlet, post.slug, post.does)
}
