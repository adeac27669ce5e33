//! What servers and feeds ask for: E-12 to E-18, E-20 and E-21.

use newshound::model::Fresh;
use proptest::prelude::*;

use super::*;

fn after(outcome: &Outcome) -> World {
    let mut world = World::adaptive();
    world.poll(outcome);
    world
}

fn fresh(fresh: Fresh) -> Outcome {
    Outcome { fresh, ..good() }
}

fn asking(hints: Hints) -> Outcome {
    answered(PollClass::Ok, Learned { hints: Some(hints), ..with_etag() })
}

fn max_age(whole: Duration) -> Fresh {
    Fresh::MaxAge { whole, passed: Duration::ZERO }
}

#[test]
fn an_unknown_source_is_polled_every_hour() {
    let mut world = after(&good());
    assert_about(world.wait(), HOUR);
    assert_eq!(world.state.reason.as_deref(), Some("not yet known how often it posts"));
    for _ in 0..2 {
        world.poll(&good());
        assert_about(world.wait(), HOUR);
    }
}

/// E-12
#[test]
fn a_fresh_answer_is_not_asked_for_again() {
    let world = after(&fresh(max_age(HOUR * 12)));
    assert_about(world.wait(), HOUR * 12);
    assert_eq!(world.state.reason.as_deref(), Some("the server asked for max-age=43200"));
    let aged = Fresh::MaxAge { whole: HOUR * 12, passed: HOUR * 9 };
    assert_about(after(&fresh(aged)).wait(), HOUR * 3);
}

/// E-13
#[test]
fn expires_counts_like_it() {
    assert_about(after(&fresh(Fresh::For(HOUR * 3))).wait(), HOUR * 3);
    assert_about(after(&fresh(Fresh::Stale)).wait(), HOUR);
}

/// E-14
#[test]
fn a_year_of_freshness_is_a_day_and_an_event() {
    let world = after(&fresh(max_age(DAY * 365)));
    assert_about(world.wait(), DAY);
    assert_eq!(world.notes.len(), 1);
    assert_eq!(world.notes[0].class, "long_freshness");
}

#[test]
fn freshness_holds_for_each_304_that_says_no_other() {
    let mut world = World::new(Pace::Every(MINUTE));
    world.poll(&fresh(max_age(HOUR * 5)));
    for (said, expect) in [
        (Fresh::AsBefore, HOUR * 5),
        (Fresh::AsBefore, HOUR * 5),
        (max_age(HOUR * 3), HOUR * 3),
        (Fresh::AsBefore, HOUR * 3),
    ] {
        let learned = Learned { hints: None, ..with_etag() };
        world.poll(&Outcome { fresh: said, ..answered(PollClass::NotModified, learned) });
        assert_about(world.wait(), expect);
    }
    world.poll(&fresh(Fresh::Silent));
    assert_about(world.wait(), MINUTE);
}

/// A refusal too says how long it is good; that does not hold for the feed.
#[test]
fn a_refusal_that_stays_fresh_is_not_asked_for_again() {
    let mut world = World::new(Pace::Every(MINUTE));
    world.poll(&fresh(max_age(HOUR * 2)));
    world.poll(&Outcome { fresh: max_age(HOUR * 5), ..failed(PollClass::HttpClientError) });
    assert_about(world.wait(), HOUR * 5);
    assert_eq!(world.state.reason.as_deref(), Some("the server asked for max-age=18000"));
    world.poll(&failed(PollClass::HttpClientError));
    assert!(world.wait() <= MINUTE * 4, "it asks for nothing any more");
    let unchanged = answered(PollClass::NotModified, Learned { hints: None, ..with_etag() });
    world.poll(&Outcome { fresh: Fresh::AsBefore, ..unchanged });
    assert_about(world.wait(), HOUR * 2);
}

/// E-15 and E-16: what the feed asks for holds across answers without a body.
#[test]
fn a_feed_may_ask_for_an_interval() {
    let mut world = after(&asking(Hints { least: Some(HOUR * 12), ..Hints::default() }));
    assert_about(world.wait(), HOUR * 12);
    assert_eq!(world.state.reason.as_deref(), Some("the feed asks for 12h between polls"));
    world.poll(&answered(PollClass::NotModified, Learned { hints: None, ..with_etag() }));
    assert_about(world.wait(), HOUR * 12);
    world.poll(&good());
    assert!(world.wait() < HOUR * 3, "asked for no more");
    let month = Hints { least: Some(DAY * 30), ..Hints::default() };
    assert_about(after(&asking(month)).wait(), DAY);
}

#[test]
fn updates_that_begin_at_a_time_are_waited_for_until_then() {
    let from = Some(START + HOUR * 7 - DAY * 1000);
    let mut world = after(&asking(Hints { least: Some(DAY), from, ..Hints::default() }));
    assert_about(world.wait(), HOUR * 7);
    world.poll(&asking(world.state.hints));
    assert!(world.wait() > HOUR * 23, "the next update is tomorrow's");
}

/// E-17
#[test]
fn nobody_comes_in_a_skipped_hour() {
    let mut world = World::adaptive();
    world.state.next_due = START + HOUR + MINUTE * 5;
    world.poll(&asking(Hints { skip_hours: 0b11_1111, ..Hints::default() }));
    assert!((START + HOUR * 6..START + HOUR * 7).contains(&world.state.next_due));
    assert_eq!(world.state.reason.as_deref(), Some("the feed wants no polls before (skipHours, skipDays)"));
}

/// E-18
#[test]
fn a_feed_that_excludes_everything_is_not_obeyed() {
    assert_about(after(&asking(Hints { skip_hours: 0xff_ffff, ..Hints::default() })).wait(), HOUR);
    assert_about(after(&asking(Hints { skip_days: 0x7f, ..Hints::default() })).wait(), HOUR);
}

/// E-20 and E-21
#[test]
fn a_server_that_is_busy_is_left_alone() {
    let pause = Outcome { retry_after: Some(HOUR * 30), ..failed(PollClass::Unavailable) };
    let world = after(&pause);
    assert_about(world.wait(), HOUR * 30);
    assert_eq!(world.state.reason.as_deref(), Some("the server asked for a pause of 30h (Retry-After)"));
    let mut world = World::adaptive();
    for hours in [1, 2, 4, 8] {
        world.poll(&failed(PollClass::RateLimited));
        assert!(world.wait() >= HOUR * hours, "{:?} of {hours} h", world.wait());
    }
    assert!(after(&Outcome { retry_after: Some(DAY * 999), ..good() }).wait() >= DAY * 7);
}

#[test]
fn a_server_without_validators_is_polled_half_as_often_unless_the_operator_says_so() {
    let bare = answered(PollClass::Ok, Learned { validators: None, ..with_etag() });
    assert_about(after(&bare).wait(), HOUR * 2);
    let busy = daily(0.0, 24.0, MINUTE, 3);
    let mut world = World::posting(busy);
    world.live(DAY * 2, &bare);
    assert_about(world.wait(), HOUR);
    let mut own = World::new(Pace::Every(MINUTE));
    own.poll(&bare);
    assert_about(own.wait(), MINUTE);
}

#[test]
fn the_operators_interval_is_taken_as_it_is_and_only_the_server_may_ask_for_more() {
    let mut world = World::new(Pace::Every(SECOND * 5));
    world.poll(&good());
    assert_about(world.wait(), SECOND * 5);
    world.poll(&fresh(max_age(HOUR)));
    assert_about(world.wait(), HOUR);
    let mut rare = World::new(Pace::Every(DAY * 30));
    rare.poll(&fresh(max_age(HOUR)));
    assert_about(rare.wait(), DAY * 30);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let fresh = prop_oneof![
        Just(Fresh::Silent),
        Just(Fresh::AsBefore),
        Just(Fresh::Stale),
        (1_u64..200_000)
            .prop_map(|s| Fresh::MaxAge { whole: Duration::from_secs(s), passed: Duration::ZERO }),
        (1_u64..200_000).prop_map(|s| Fresh::For(Duration::from_secs(s))),
    ];
    let hints =
        (proptest::option::of(1_u64..200_000), any::<u32>(), any::<u8>()).prop_map(|(least, hours, days)| {
            Hints {
                least: least.map(Duration::from_secs),
                from: None,
                skip_hours: hours & hours >> 9,
                skip_days: days & days >> 3,
            }
        });
    let learned = (proptest::option::of(hints), any::<bool>()).prop_map(|(hints, bare)| {
        let validators = with_etag().validators.filter(|_| !bare);
        Learned { hints, validators, ..Learned::default() }
    });
    let good = prop_oneof![Just(PollClass::Ok), Just(PollClass::NotModified)];
    let pause = proptest::option::weighted(0.2, 0_u64..1_000_000);
    prop_oneof![
        3 => (good, learned, pause.clone(), fresh.clone()).prop_map(|(class, learned, pause, fresh)| Outcome {
            retry_after: pause.map(Duration::from_secs), fresh, ..answered(class, learned)
        }),
        1 => (0..PollClass::ALL.len(), pause, fresh).prop_map(|(class, pause, fresh)| Outcome {
            retry_after: pause.map(Duration::from_secs), fresh, ..failed(PollClass::ALL[class])
        }),
    ]
}

proptest! {
    /// Whatever happens over a month: never sooner than asked, never sooner than the bounds.
    #[test]
    fn no_poll_is_sooner_than_anybody_asked_for(
        outcomes in proptest::collection::vec(any_outcome(), 1..60), gaps in proptest::collection::vec(1_u64..400, 0..200),
        least in 60_u64..4000, adaptive: bool,
    ) {
        let least = Duration::from_secs(least);
        let fetch = FetchConfig { min_interval: least, interval: (!adaptive).then_some(least), ..FetchConfig::default() };
        let mut world = World::new(Pace::of(None, &fetch));
        let mut at = START;
        world.posts = gaps.iter().map(|minutes| { at = at + MINUTE * u32::try_from(*minutes).unwrap(); at }).collect();
        let end = START + DAY * 30;
        for outcome in outcomes.iter().cycle().take(500) {
            world.poll(outcome);
            let wait = world.wait();
            prop_assert!(wait >= least, "{wait:?} after {outcome:?}");
            prop_assert!(wait >= outcome.retry_after.unwrap_or_default().min(DAY * 7));
            let asked = match outcome.fresh {
                Fresh::MaxAge { whole, .. } => whole,
                Fresh::For(left) => left,
                Fresh::AsBefore | Fresh::Silent | Fresh::Stale => Duration::ZERO,
            };
            prop_assert!(wait >= asked.min(DAY), "{wait:?} of {asked:?}");
            let hints = world.state.hints;
            prop_assert!(wait >= hints.least.unwrap_or_default().min(DAY));
            let hour = world.state.next_due.as_millis() / 3_600_000;
            let skipped = |bits: u32, all: u32, at: i64| bits & all != all && bits >> at & 1 == 1;
            prop_assert!(!skipped(hints.skip_hours, 0xff_ffff, hour % 24));
            prop_assert!(!skipped(hints.skip_days.into(), 0x7f, (hour / 24 + 3) % 7));
            prop_assert!(wait <= DAY * 8 + DAY * 7, "{wait:?} is for ever");
            if world.state.next_due > end { break }
        }
    }
}
