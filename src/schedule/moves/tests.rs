//! Tests of moves and the way back.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DAY: Duration = Duration::from_hours(24);
const A: &str = "https://a.example/feed";
const B: &str = "https://b.example/feed?key=1";
const C: &str = "https://c.example/feed";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn at(moved: Option<&str>) -> SourceState {
    let moved = moved.map(|url| Moved { url: url.to_owned(), since: NOW - DAY, failing_since: None });
    SourceState { moved, ..SourceState::unseen(SourceId::new("a"), NOW) }
}

/// Has a source, moved or not, polled: what it was asked at, the permanent redirects, the end.
#[track_caller]
fn check(
    moved: Option<&str>,
    (asked, led, ended): (Asked, Option<&str>, Option<&str>),
    expect: (Option<&str>, Option<&str>),
) {
    let before = at(moved);
    let mut state = before.clone();
    let (led, ended) = (led.map(url), ended.map(url));
    let arrival = Arrival {
        asked,
        configured: &url(A),
        ended: ended.as_ref(),
        moved_to: led.as_ref(),
        has_secrets: false,
    };
    let note = follow(&mut state, &before, &arrival, NOW);
    let is_at = state.moved.as_ref().map(|moved| moved.url.as_str());
    assert_eq!((is_at, note.as_ref().map(|note| note.class)), expect);
}

#[test]
fn a_source_moves_where_its_permanent_redirects_lead_to_a_feed() {
    let (old, new) = (Asked::Configured, Asked::Moved);
    check(None, (old, None, Some(A)), (None, None));
    check(None, (old, Some(B), Some(B)), (Some(B), Some("moved")));
    check(None, (old, Some(B), Some(C)), (Some(B), Some("moved")));
    check(None, (old, None, Some(C)), (None, None));
    check(None, (old, Some(B), None), (None, None));
    check(Some(B), (new, None, Some(B)), (Some(B), None));
    check(Some(B), (new, Some(C), Some(C)), (Some(C), Some("moved")));
    check(Some(B), (new, None, Some(C)), (Some(B), None));
    check(Some(B), (new, Some(C), None), (Some(B), None));
}

#[test]
fn there_is_a_way_back() {
    check(Some(B), (Asked::Moved, Some(A), Some(A)), (None, Some("moved_back")));
    check(Some(B), (Asked::Configured, None, Some(A)), (None, Some("moved_back")));
    check(Some(B), (Asked::Configured, Some(B), Some(B)), (Some(B), None));
    check(Some(B), (Asked::Configured, Some(C), Some(C)), (Some(C), Some("moved")));
    check(Some(B), (Asked::Configured, None, None), (Some(B), None));
}

/// Fails a source that has moved for so long, poll by poll, and says where it was asked.
fn asked_while_failing(polls: u64) -> Vec<Asked> {
    let mut state = at(Some(B));
    (0..polls)
        .map(|n| {
            let now = NOW + DAY * u32::try_from(n).unwrap();
            state.next_due = now;
            let (before, asked) = (state.clone(), ask(&state));
            state.failures += 1;
            let arrival =
                Arrival { asked, configured: &url(A), ended: None, moved_to: None, has_secrets: false };
            assert_eq!(follow(&mut state, &before, &arrival, now), None);
            asked
        })
        .collect()
}

#[test]
fn after_a_week_of_failures_both_addresses_take_turns() {
    let asked = asked_while_failing(12);
    assert_eq!(asked[..7], [Asked::Moved; 7]);
    let of = |which| asked[7..].iter().filter(|asked| **asked == which).count();
    assert_eq!((of(Asked::Configured), of(Asked::Moved)), (2, 3));
}

#[test]
fn an_old_address_that_is_gone_does_not_end_a_source_that_has_moved() {
    let before = at(Some(B));
    let gone = |asked| {
        let mut state = SourceState { class: Some(PollClass::Gone), marker: Marker::Gone, ..before.clone() };
        let arrival = Arrival { asked, configured: &url(A), ended: None, moved_to: None, has_secrets: false };
        follow(&mut state, &before, &arrival, NOW);
        state.marker
    };
    assert_eq!(gone(Asked::Configured), Marker::None);
    assert_eq!(gone(Asked::Moved), Marker::Gone);
}

#[test]
fn a_note_shows_no_query_and_says_what_is_not_sent_on() {
    let note = |there: &str, has_secrets| {
        let there = url(there);
        let arrival = Arrival {
            asked: Asked::Configured,
            configured: &url(A),
            ended: Some(&there),
            moved_to: Some(&there),
            has_secrets,
        };
        let before = at(None);
        follow(&mut before.clone(), &before, &arrival, NOW).unwrap().message
    };
    assert_eq!(note(B, false), "moved for good to https://b.example/feed");
    assert!(note(B, true).contains("are not sent"));
    assert!(!note("https://a.example/other", true).contains("are not sent"));
}

#[test]
fn a_source_whose_address_another_has_is_looked_at_once_a_day_and_told_once() {
    let other = SourceId::new("b");
    let before = at(None);
    let mut state = before.clone();
    let note = shadow(&mut state, &before, Some(&other), NOW).unwrap();
    assert_eq!(note.class, "same_address");
    assert!(note.message.contains("`b`"), "{}", note.message);
    assert!((DAY..DAY.mul_f64(1.11)).contains(&state.next_due.since(NOW)));
    let before = state.clone();
    assert_eq!(shadow(&mut state, &before, Some(&other), NOW + DAY), None);
    assert_eq!(state.landing.same_as.as_ref(), Some(&other));
    shadow(&mut state, &before, None, NOW + DAY);
    assert_eq!(state.landing.same_as, None);
}

#[test]
fn hosts_have_their_port() {
    assert_eq!(host(&url("https://a.example/x")), "a.example:443");
    assert_eq!(host(&url("http://a.example:8080/x")), "a.example:8080");
}

proptest! {
    /// Whatever servers do, a source that moved knows both addresses, and never moves to its own.
    #[test]
    fn no_answers_lead_astray(steps in proptest::collection::vec((0..4_usize, 0..4_usize, any::<bool>()), 1..60)) {
        let places = [A, B, C, "https://d.example/"].map(url);
        let mut state = at(None);
        for (n, (led, ended, works)) in steps.into_iter().enumerate() {
            let now = NOW + DAY * u32::try_from(n).unwrap();
            state.next_due = now;
            let (before, asked) = (state.clone(), ask(&state));
            state.failures = if works { 0 } else { state.failures + 1 };
            let led = Some(&places[led]).filter(|_| led != 3);
            let ended = Some(&places[ended]).filter(|_| works);
            let arrival = Arrival { asked, configured: &places[0], ended, moved_to: led, has_secrets: false };
            let note = follow(&mut state, &before, &arrival, now);
            prop_assert!(state.moved.as_ref().is_none_or(|moved| moved.url != A));
            prop_assert_eq!(note.is_some(), state.moved.as_ref().map(|m| &m.url) != before.moved.as_ref().map(|m| &m.url));
            prop_assert!(works || note.is_none());
        }
    }
}
