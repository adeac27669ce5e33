//! Tests of when the ids and addresses of a source are relied on.

use proptest::prelude::*;

use super::*;
use crate::model::{SourceId, Use};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn named(kept: u64, changed: u64) -> Found {
    Found { named: Named { guid: Calls { kept, changed }, ..Named::default() }, ..Found::default() }
}

fn source(naming: Naming) -> SourceState {
    SourceState { naming, ..SourceState::unseen(SourceId::new("a"), NOW) }
}

/// Returns what is thought of a source after a poll, and whether that is told.
fn after(naming: Naming, found: Found, now: Timestamp) -> (Naming, bool) {
    let before = source(naming);
    let mut state = before.clone();
    let note = learn(&mut state, &before, found, now);
    (state.naming, note.is_some())
}

/// Whether one poll with so many known items, and so many unread ones, finds a source out.
#[track_caller]
fn check(kept: u64, changed: u64, unread: u64, expect: bool) {
    let found = Found { unread, ..named(kept, changed) };
    let (naming, is_told) = after(Naming::default(), found, NOW);
    assert_eq!((naming.guids != Trust::Relied, is_told), (expect, expect), "{kept} {changed} {unread}");
    assert_eq!(naming.addresses, Trust::Relied);
}

#[test]
fn three_items_and_half_of_all_have_to_change_their_ids() {
    check(0, 2, 0, false);
    check(0, 3, 0, true);
    check(3, 3, 0, true);
    check(4, 3, 0, false);
    check(0, 3, 4, false);
    check(20, 0, 0, false);
    check(0, 0, 20, false);
}

#[test]
fn addresses_are_judged_by_themselves() {
    let url = Calls { kept: 1, changed: 19 };
    let found = Found { named: Named { url, ..Named::default() }, ..Found::default() };
    let (naming, is_told) = after(Naming::default(), found, NOW);
    assert_eq!(naming.uses(NOW).url, Use::Ignored);
    assert_eq!((naming.guids, is_told), (Trust::Relied, true));
}

#[test]
fn an_id_that_comes_back_with_another_article_is_forgiven_twice_a_week() {
    let reused = |n| Found { named: Named { reused: n, ..Named::default() }, ..Found::default() };
    let weeks = |gaps: &[u32]| {
        let (mut naming, mut now) = (Naming::default(), NOW);
        for days in gaps {
            now = now + DAY * *days;
            (naming, _) = after(naming, reused(1), now);
        }
        naming.guids != Trust::Relied
    };
    assert!(!weeks(&[0, 1]));
    assert!(weeks(&[0, 1, 1]));
    assert!(weeks(&[0, 7, 7]));
    assert!(!weeks(&[0, 8, 8, 8, 8]));
    assert!(after(Naming::default(), reused(3), NOW).1);
}

/// Polls each hour for so many days a source whose ids change, or not; returns what is thought of it
/// and on how many days its ids were looked at.
fn polled(mut naming: Naming, from: Timestamp, days: u32, changes: impl Fn(u32) -> bool) -> (Naming, u32) {
    let mut n_watched = 0;
    for hour in 1..=days * 24 {
        let now = from + HOUR * hour;
        let is_watched = naming.uses(now).guid != Use::Ignored;
        n_watched += u32::from(is_watched);
        let found = match (is_watched, changes(hour)) {
            (false, _) => named(0, 0),
            (true, true) => named(0, 20),
            (true, false) => named(20, 0),
        };
        (naming, _) = after(naming, found, now);
    }
    (naming, n_watched)
}

#[test]
fn ids_that_are_mended_are_relied_on_again_after_a_rest_and_a_week() {
    let (found_out, _) = after(Naming::default(), named(0, 20), NOW);
    assert_eq!(polled(found_out, NOW, 7, |_| false).0.uses(NOW + DAY * 7).guid, Use::Watched);
    assert_eq!(polled(found_out, NOW, 8, |_| false).0, Naming::default());
}

#[test]
fn ids_that_change_for_ever_are_looked_at_less_and_less() {
    let (found_out, _) = after(Naming::default(), named(0, 20), NOW);
    let (naming, n_watched) = polled(found_out, NOW, 365, |_| true);
    assert!(naming.is_unstable());
    assert!((20..=40).contains(&n_watched), "{n_watched}");
}

#[test]
fn nothing_is_proved_by_a_body_that_was_not_read() {
    let (found_out, _) = after(Naming::default(), named(0, 20), NOW);
    let later = NOW + DAY * 100;
    let (naming, _) = after(found_out, named(0, 0), later);
    assert_eq!(naming.uses(later).guid, Use::Watched);
    // Items that came byte for byte as before brought their ids along.
    assert_eq!(after(found_out, Found { unread: 1, ..named(0, 0) }, later).0, Naming::default());
}

#[test]
fn it_is_told_once_and_shown_as_long_as_it_lasts() {
    let before = source(after(Naming::default(), named(0, 20), NOW).0);
    let mut state = before.clone();
    assert_eq!(learn(&mut state, &before, named(0, 20), NOW + DAY * 3), None);
    assert!(state.message.is_some_and(|message| message.starts_with("ids change")));
    // What else there is to say comes first.
    let mut state = SourceState { message: Some("2 items unreadable".into()), ..before.clone() };
    learn(&mut state, &before, named(0, 0), NOW + DAY);
    assert_eq!(state.message.as_deref(), Some("2 items unreadable"));
}

#[test]
fn a_clock_that_was_ahead_puts_off_no_look_for_longer_than_a_day() {
    let ahead = NOW + DAY * 4000;
    let (found_out, _) = after(Naming::default(), named(0, 20), ahead);
    let (naming, _) = after(found_out, named(0, 0), NOW);
    assert_eq!(naming.uses(NOW + DAY).guid, Use::Watched);
}

proptest! {
    #[test]
    fn whatever_comes_the_next_look_is_within_a_month(
        polls in proptest::collection::vec((0_u64..5, 0_u64..5, 0_u64..3, 0_u64..2, 1_u32..2000), 1..40),
    ) {
        let (mut naming, mut now) = (Naming::default(), NOW);
        for (kept, changed, unread, reused, hours) in polls {
            now = now + HOUR * hours;
            let calls = Calls { kept, changed };
            let named = Named { guid: calls, url: calls, reused };
            (naming, _) = after(naming, Found { unread, named, ..Found::default() }, now);
            for trust in [naming.guids, naming.addresses] {
                if let Trust::Unstable { watched_from, .. } = trust {
                    prop_assert!(watched_from.since(now) <= LONGEST_REST);
                }
            }
        }
    }
}
