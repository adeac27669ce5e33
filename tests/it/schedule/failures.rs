//! What failures do to the schedule: E-22, E-23, and errors that are our own.

use newshound::schedule::interval::after_own_fault;
use proptest::prelude::*;

use super::*;

/// E-22
#[test]
fn failures_make_polls_rarer_and_a_success_makes_them_as_they_were() {
    for id in ["a", "b", "c", "d", "e"] {
        let mut world = World::called(id, Pace::of(None, &FetchConfig::default()));
        world.poll(&good());
        let gaps: Vec<_> = (0..10)
            .map(|_| {
                world.poll(&failed(PollClass::HttpServerError));
                world.wait()
            })
            .collect();
        assert!(gaps.is_sorted() && gaps[0] >= HOUR && *gaps.last().unwrap() <= DAY, "{gaps:?}");
        assert!(*gaps.last().unwrap() >= HOUR * 12, "{gaps:?}");
        assert_eq!(world.state.reason.as_deref(), Some("10 polls in a row failed"));
        world.poll(&good());
        assert_about(world.wait(), HOUR);
        assert_eq!((world.state.failures, world.state.failing_since), (0, None));
    }
}

/// E-23
#[test]
fn what_is_gone_is_never_asked_for_again() {
    let mut world = World::adaptive();
    world.poll(&good());
    world.live(DAY * 60, &failed(PollClass::Gone));
    assert_eq!((world.polls.len(), world.state.marker), (2, Marker::Gone));
}

#[test]
fn a_month_of_refusals_leaves_one_poll_a_week() {
    let mut world = World::adaptive();
    world.poll(&good());
    world.live(DAY * 100, &failed(PollClass::HttpClientError));
    let since = |days| START + DAY * days;
    let before = world.polls_between(since(20), since(30)).count();
    let after = world.polls_between(since(40), since(96)).count();
    assert!((9..=21).contains(&before), "{before} in ten days");
    assert_eq!(after, 8, "in eight weeks");
    // Anything else begins the month anew.
    world.poll(&failed(PollClass::Timeout));
    assert!(world.wait() <= DAY);
    world.poll(&failed(PollClass::HttpClientError));
    assert!(world.wait() <= DAY);
}

#[test]
fn a_month_of_other_failures_does_not() {
    let mut world = World::adaptive();
    world.live(DAY * 60, &failed(PollClass::Dns));
    assert!(world.wait() <= DAY);
}

#[test]
fn what_is_our_own_fault_counts_for_nothing() {
    let mut world = World::adaptive();
    world.poll(&good());
    world.poll(&failed(PollClass::Dns));
    let before = world.state.clone();
    let after = |id: &str| {
        let state = SourceState { id: SourceId::new(id), ..before.clone() };
        let now = state.next_due;
        let next = after_own_fault(world.pace, &state, &failed(PollClass::Dns), now).state;
        assert_eq!((next.failures, next.failing_since), (before.failures, before.failing_since));
        assert_eq!(next.rhythm, before.rhythm);
        next.next_due.since(now)
    };
    let waits: Vec<_> = (0..200).map(|n| after(&format!("s{n}"))).collect();
    assert!(waits.iter().all(|wait| (MINUTE * 15..=MINUTE * 30).contains(wait)));
    for quarter in 0..3 {
        let part = MINUTE * 15 + MINUTE * 5 * quarter..MINUTE * 15 + MINUTE * 5 * (quarter + 1);
        let n = waits.iter().filter(|wait| part.contains(*wait)).count();
        assert!((40..=95).contains(&n), "{n} of 200 in {part:?}");
    }
}

#[test]
fn a_source_of_a_short_interval_waits_for_two_of_them_at_most() {
    let mut world = World::new(Pace::Every(MINUTE));
    world.poll(&good());
    for n in 0..50 {
        let state = SourceState { id: SourceId::new(format!("s{n}")), ..world.state.clone() };
        let now = state.next_due;
        let next = after_own_fault(world.pace, &state, &failed(PollClass::Connect), now).state;
        assert!(
            (MINUTE..=MINUTE * 2).contains(&next.next_due.since(now)),
            "{}",
            next.next_due.since(now).as_secs()
        );
    }
}

proptest! {
    #[test]
    fn a_failure_never_makes_a_poll_come_sooner(
        id in "[a-z]{1,9}", minutes in 1_u32..3000, classes in proptest::collection::vec(0..PollClass::ALL.len(), 1..30),
    ) {
        let interval = MINUTE * minutes;
        let mut world = World::called(&id, Pace::Every(interval));
        world.poll(&good());
        for class in classes {
            world.poll(&failed(PollClass::ALL[class]));
            prop_assert!(world.wait() >= interval);
            prop_assert!(world.wait() <= (DAY * 7).max(interval.mul_f64(1.1)));
        }
    }
}
