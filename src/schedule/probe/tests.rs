//! Tests of when a server's word is doubted.

use super::*;
use crate::model::{Calls, Landing, Named, SourceId, Validators};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const NOTHING: Found = Found { new: 0, updated: 0, known: 0, unread: 0, named: NAMED };
const NAMED: Named =
    Named { guid: Calls { kept: 0, changed: 0 }, url: Calls { kept: 0, changed: 0 }, reused: 0 };

fn silent(answers: u32, since: Duration) -> SourceState {
    SourceState {
        validators: Some(Validators {
            url: "http://a/".into(),
            etag: Some(b"x".to_vec()),
            last_modified: None,
        }),
        unchanged: Unchanged { answers, since: Some(NOW - since), ..Unchanged::default() },
        last_poll: Some(NOW - HOUR),
        landing: Landing { held: 20, ..Landing::default() },
        ..SourceState::unseen(SourceId::new("a"), NOW)
    }
}

const UNCHANGED: Answer = Answer { plainly: false, unchanged: true, same_validators: true, modified: None };
const WHOLE: Answer = Answer { plainly: true, unchanged: false, same_validators: true, modified: None };

#[test]
fn only_a_long_silence_is_doubted() {
    let asks = |answers, days, expected: f64| is_due(&silent(answers, DAY * days), || expected, NOW);
    assert!(!asks(0, 0, 0.0));
    assert!(!asks(500, 6, 0.0));
    assert!(!asks(9, 30, 0.0), "too few answers");
    assert!(asks(10, 9, 0.0));
    assert!(!asks(48, 2, 7.0));
    assert!(asks(48, 2, 8.0), "it used to post");
    assert!(!asks(48, 0, 100.0));
    let plain = SourceState { validators: None, ..silent(100, DAY * 30) };
    assert!(!asks_plainly(&plain, NOW), "it is asked so anyhow");
}

#[test]
fn a_silent_source_is_asked_plainly_once_in_a_week_or_more() {
    let mut state = silent(0, Duration::ZERO);
    state.unchanged = Unchanged::default();
    let mut asked = Vec::new();
    for n in 0..24 * 60 {
        let now = NOW + HOUR * n;
        let before = state.clone();
        let plainly = asks_plainly(&state, now);
        let answer = if plainly { WHOLE } else { UNCHANGED };
        asked.extend(plainly.then_some(n));
        assert_eq!(learn(&mut state, &before, (Some(answer), NOTHING), now), None);
    }
    assert!((5..=8).contains(&asked.len()), "{asked:?}");
    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= 24 * 7), "{asked:?}");
}

/// Says whether what came when a source was asked plainly gives the lie to its server.
#[track_caller]
fn check(answer: Answer, found: Found, expect: bool) {
    let before = silent(200, DAY * 8);
    let mut state = before.clone();
    let note = learn(&mut state, &before, (Some(answer), found), NOW);
    assert_eq!(note.as_ref().map(|note| note.class), expect.then_some("lying_304"), "{answer:?}, {found:?}");
    assert_eq!((state.unchanged.lies, state.validators.is_none()), (expect, expect));
    assert_eq!(state.unchanged.asked_plainly.is_some(), answer.plainly && !answer.unchanged);
}

#[test]
fn a_server_is_found_out_by_what_it_cannot_explain() {
    let news = Found { new: 2, known: 18, ..NOTHING };
    check(WHOLE, NOTHING, false);
    check(WHOLE, Found { known: 20, ..NOTHING }, false);
    check(WHOLE, news, true);
    check(WHOLE, Found { updated: 1, known: 20, ..NOTHING }, true);
    check(Answer { plainly: false, ..WHOLE }, news, false);
    let other = Answer { same_validators: false, ..WHOLE };
    check(other, news, false);
    check(Answer { modified: Some(NOW - HOUR * 2), ..other }, news, true);
    check(Answer { modified: Some(NOW - HOUR / 2), ..other }, news, false);
    check(other, Found { new: 20, ..NOTHING }, true);
}

#[test]
fn who_was_found_out_is_believed_again_after_three_months() {
    let mut state = silent(200, DAY * 8);
    let found = Found { new: 1, known: 19, ..NOTHING };
    let before = state.clone();
    assert!(learn(&mut state, &before, (Some(WHOLE), found), NOW).is_some());
    let validators = silent(0, DAY).validators;
    for day in 1..=91 {
        state.validators.clone_from(&validators);
        let before = state.clone();
        let note =
            learn(&mut state, &before, (Some(Answer { plainly: false, ..WHOLE }), found), NOW + DAY * day);
        assert_eq!(note, None, "told once");
        assert_eq!(state.unchanged.lies, day < 90, "on day {day}");
        assert_eq!(state.validators.is_none(), day < 90, "on day {day}");
    }
}

#[test]
fn a_failure_is_no_answer() {
    let before = silent(12, DAY * 3);
    let mut state = before.clone();
    assert_eq!(learn(&mut state, &before, (None, NOTHING), NOW), None);
    assert_eq!(state, before);
}

proptest! {
    #[test]
    fn an_honest_server_is_never_accused(
        steps in proptest::collection::vec((any::<bool>(), 1_u64..5), 1..200), hours in 1_u32..48,
    ) {
        let mut state = silent(0, Duration::ZERO);
        state.unchanged = Unchanged::default();
        for (n, (changed, new)) in steps.into_iter().enumerate() {
            let now = NOW + HOUR * hours * u32::try_from(n).unwrap();
            let before = state.clone();
            let plainly = asks_plainly(&state, now);
            // Something new means other validators, and a time since the last answer.
            let answer = match (changed, plainly) {
                (true, plainly) => Answer { plainly, unchanged: false, same_validators: false, modified: Some(now) },
                (false, true) => WHOLE,
                (false, false) => UNCHANGED,
            };
            let found = if changed { Found { new, known: 15, ..NOTHING } } else { NOTHING };
            prop_assert_eq!(learn(&mut state, &before, (Some(answer), found), now), None);
            state.last_poll = Some(now);
        }
    }
}
