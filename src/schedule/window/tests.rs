use super::*;
use crate::model::{Landing, SourceId, Timestamp};

fn holding(held: u64, baseline_done: bool) -> SourceState {
    SourceState {
        landing: Landing { held, ..Landing::default() },
        baseline_done,
        ..SourceState::unseen(SourceId::new("a"), Timestamp::from_millis(0))
    }
}

const fn found(new: u64, known: u64) -> Found {
    Found { new, updated: 0, known }
}

#[track_caller]
fn check(before: &SourceState, (status, found): (Option<u16>, Found), is_missed: bool, held: u64) {
    let mut state = before.clone();
    let note = keep(&mut state, before, (status, found), Older::default());
    assert_eq!(note.map(|note| note.class), is_missed.then_some("missed_window"), "{status:?} {found:?}");
    assert_eq!(state.landing.held, held);
}

#[test]
fn a_feed_without_anything_of_what_it_held_is_told() {
    let before = holding(20, true);
    check(&before, (Some(200), found(20, 0)), true, 20);
    check(&before, (Some(200), found(1, 0)), true, 1);
    check(&before, (Some(200), found(19, 1)), false, 20);
    check(&before, (Some(200), found(0, 0)), false, 0);
}

#[test]
fn neither_a_partial_list_nor_the_first_sight_nor_an_empty_feed_misses_anything() {
    check(&holding(20, true), (Some(226), found(3, 0)), false, 20);
    check(&holding(20, true), (Some(304), found(0, 0)), false, 20);
    check(&holding(20, true), (None, found(0, 0)), false, 20);
    check(&holding(20, false), (Some(200), found(20, 0)), false, 20);
    check(&holding(0, true), (Some(200), found(20, 0)), false, 20);
}

#[test]
fn what_was_read_of_older_pages_is_told_and_is_none_of_the_feed_itself() {
    let before = holding(20, true);
    let message = |older| {
        let mut state = before.clone();
        let note = keep(&mut state, &before, (Some(200), found(35, 5)), older).unwrap();
        assert_eq!(state.landing.held, 20);
        note.message
    };
    let older = Older { pages: 1, items: 20, met: true };
    assert!(message(older).ends_with("nothing is missed"), "{}", message(older));
    assert!(message(Older { met: false, ..older }).ends_with("more may be missed"));
}
