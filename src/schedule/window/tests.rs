//! Tests of windows that passed by.

use super::*;
use crate::model::{Landing, SourceId, Timestamp};

fn holding(held: u64, baseline_done: bool) -> SourceState {
    SourceState {
        landing: Landing { held, ..Landing::default() },
        baseline_done,
        ..SourceState::unseen(SourceId::new("a"), Timestamp::from_millis(0))
    }
}

fn found(new: u64, known: u64) -> Found {
    Found { new, known, ..Found::default() }
}

#[track_caller]
fn check(before: &SourceState, (showing, found): (Showing, Found), is_missed: bool, held: u64) {
    let mut state = before.clone();
    let note = keep(&mut state, before, showing, found);
    assert_eq!(note.map(|note| note.class), is_missed.then_some("missed_window"), "{showing:?} {found:?}");
    assert_eq!(has_passed(before, showing, found), is_missed);
    assert_eq!(state.landing.held, held);
}

#[test]
fn a_feed_without_anything_of_what_it_held_is_told() {
    let before = holding(20, true);
    check(&before, (Showing::Whole(20), found(20, 0)), true, 20);
    check(&before, (Showing::Whole(1), found(1, 0)), true, 1);
    check(&before, (Showing::Whole(20), found(19, 1)), false, 20);
    check(&before, (Showing::Whole(0), found(0, 0)), false, 0);
}

#[test]
fn neither_a_partial_list_nor_the_first_sight_nor_an_empty_feed_misses_anything() {
    check(&holding(20, true), (Showing::Part, found(3, 0)), false, 20);
    check(&holding(20, true), (Showing::Nothing, found(0, 0)), false, 20);
    check(&holding(20, false), (Showing::Whole(20), found(20, 0)), false, 20);
    check(&holding(0, true), (Showing::Whole(20), found(20, 0)), false, 20);
}

#[test]
fn what_was_read_of_older_pages_is_told_and_is_none_of_the_feed_itself() {
    let before = holding(20, true);
    let message = |older| {
        let mut state = before.clone();
        let note = keep(&mut state, &before, Showing::Passed { held: 19, older }, found(35, 5)).unwrap();
        assert_eq!(state.landing.held, 19);
        note.message
    };
    let older = Older { pages: 1, items: 20, met: true };
    assert!(message(older).ends_with("nothing is missed"), "{}", message(older));
    assert!(message(Older { met: false, ..older }).ends_with("more may be missed"));
}
