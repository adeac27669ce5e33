//! The adaptive interval: E-26, E-27 and other ways of posting.

use newshound::schedule::rhythm::{Bounds, Rhythm};
use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds { least: Duration::from_mins(10), most: DAY };

fn lived(posts: Vec<Timestamp>, days: u32) -> World {
    let mut world = World::posting(posts);
    world.live(DAY * days, &good());
    world
}

fn per_day(world: &World, day: u32) -> usize {
    world.polls_between(START + DAY * day, START + DAY * (day + 1)).count()
}

/// Returns the mean delay, in minutes, of what was posted from this day on.
fn delay_from(world: &World, day: u32) -> f64 {
    let late = world.polls.iter().flat_map(|poll| &poll.delays).filter(|(at, _)| *at >= START + DAY * day);
    mean_minutes(late.map(|(_, delay)| *delay))
}

/// E-26, with days of several lengths and times.
#[test]
fn a_source_that_posts_by_day_is_asked_by_day() {
    for (from, to) in [(6.0, 22.0), (8.0, 20.0), (7.5, 23.5), (0.0, 12.0), (12.0, 24.0)] {
        let world = lived(daily(from, to, MINUTE * 12, 14), 14);
        for day in 2..14 {
            let begin = START + DAY * day;
            let (dawn, dusk) = (begin + HOUR.mul_f64(from), begin + HOUR.mul_f64(to));
            let by_day = world.polls_between(dawn, dusk).count();
            let by_night = per_day(&world, day) - by_day;
            assert!(by_night * 4 <= by_day, "{by_night} by night, {by_day} by day, on day {day} of {from}");
            let delays = world.polls_between(dawn, dusk + HOUR).flat_map(|poll| &poll.delays);
            let delay = mean_minutes(delays.map(|(_, delay)| *delay));
            assert!(delay < 10.0, "{delay} min on day {day} of {from}");
        }
    }
}

/// E-27
#[test]
fn a_silent_source_is_asked_once_or_twice_a_day() {
    let world = lived(Vec::new(), 30);
    assert!(world.polls.len() <= 60, "{} in 30 days", world.polls.len());
    assert!((7..30).all(|day| per_day(&world, day) <= 2));
    assert!((20..30).all(|day| per_day(&world, day) >= 1), "and no more than a day lies between two");
}

/// E-27, after a source has posted for weeks.
#[test]
fn a_source_that_falls_silent_is_forgotten() {
    let world = lived(daily(6.0, 22.0, MINUTE * 12, 21), 51);
    for day in 31..51 {
        assert!(per_day(&world, day) <= 3, "{} on day {day}", per_day(&world, day));
    }
    assert!((41..51).all(|day| per_day(&world, day) <= 2));
}

/// E-27: it posts again, slowly or all at once.
#[test]
fn a_source_that_wakes_is_looked_at_within_the_hour() {
    for earlier in [Vec::new(), daily(6.0, 22.0, MINUTE * 12, 21)] {
        for apart in [MINUTE, MINUTE * 10, HOUR, HOUR * 5, DAY] {
            let begin = START + DAY * 60 + HOUR * 9;
            let mut posts = earlier.clone();
            posts.extend((0..3).map(|n| begin + apart * n));
            let mut world = lived(posts, 60);
            while world.n_seen < world.posts.len() {
                world.poll(&good());
            }
            assert!(world.wait() < HOUR, "{:?} after posts {apart:?} apart", world.wait());
        }
    }
}

#[test]
fn a_source_with_a_weekend_is_asked_little_on_it_and_at_once_after() {
    // The start is a Friday.
    let is_weekday = |at: &Timestamp| ![1, 2].contains(&(at.since(START).as_secs() / 86_400 % 7));
    let posts = daily(8.0, 18.0, MINUTE * 30, 56).into_iter().filter(is_weekday).collect();
    let world = lived(posts, 56);
    let weeks = || (4..8).map(|week| week * 7);
    let weekend: usize = weeks().map(|day| per_day(&world, day + 1) + per_day(&world, day + 2)).sum();
    let mondays: usize = weeks().map(|day| per_day(&world, day + 3)).sum();
    assert!(weekend < mondays, "{weekend} on weekends, {mondays} on Mondays");
    assert!(delay_from(&world, 28) < 15.0, "{}", delay_from(&world, 28));
}

#[test]
fn a_source_with_something_new_at_every_poll_is_asked_at_the_least_interval() {
    let world = lived(daily(0.0, 24.0, MINUTE, 4), 4);
    assert!((120..=144).contains(&per_day(&world, 2)), "{}", per_day(&world, 2));
    assert!(delay_from(&world, 1) < 6.0);
}

#[test]
fn a_heap_of_items_once_a_day_is_one_post() {
    let mut posts = Vec::new();
    for day in 0..30 {
        posts.extend([START + DAY * day + HOUR * 9; 50]);
    }
    let heaps = lived(posts, 30);
    let single = lived(daily(9.0, 10.0, HOUR, 30), 30);
    let difference = heaps.polls.len().abs_diff(single.polls.len());
    assert!(difference < single.polls.len() / 3, "{} and {}", heaps.polls.len(), single.polls.len());
}

#[test]
fn the_first_sight_of_a_source_says_nothing_of_its_pace() {
    let backlog = lived(vec![START; 500], 3);
    let empty = lived(Vec::new(), 3);
    let times = |world: &World| world.polls.iter().map(|poll| poll.at).collect::<Vec<_>>();
    assert_eq!(times(&backlog), times(&empty));
}

#[test]
fn sources_that_began_together_do_not_stay_in_step() {
    let ends: Vec<Timestamp> = (0..100)
        .map(|n| {
            let mut world = World::called(&format!("s{n}"), Pace::Every(HOUR));
            world.live(DAY * 14, &good());
            world.state.next_due
        })
        .collect();
    let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
    assert!(last.since(*first) > MINUTE * 50, "{:?}", last.since(*first));
    let in_a_minute = |at: &&Timestamp| at.since(*first) < MINUTE * 10;
    assert!(ends.iter().filter(in_a_minute).count() < 40);
}

/// The estimator of Cho and Garcia-Molina for looks at equal distances, with the pace that its rate
/// is worth.
fn pace_of_equal_looks(n: u32, found: u32, apart: Duration) -> f64 {
    let (n, found) = (f64::from(n), f64::from(found));
    let rate = -((n - found + 0.5) / (n + 0.5)).ln() / (apart.as_secs_f64() / 3600.0);
    (0.2 / rate).sqrt() * 60.0
}

#[test]
fn at_equal_distances_it_is_the_estimator_that_is_known() {
    // Two days, so that hours and forgetting matter little; what was found is spread evenly.
    let apart = MINUTE * 40;
    for found_of_ten in 1..=9 {
        let mut rhythm = Rhythm::first_seen(START);
        let (mut now, n) = (START, 72);
        let mut found = 0;
        for look in 1..=n {
            now = now + apart;
            let is_new = look * found_of_ten / 10 > found;
            found += u32::from(is_new);
            // More than one at once, as far as is known.
            rhythm.learn(if is_new { 99 } else { 0 }, now);
        }
        let bounds = Bounds { least: MINUTE, most: DAY };
        let pace = rhythm.next(bounds, now).as_secs_f64() / 60.0;
        let expect = pace_of_equal_looks(n, found, apart);
        assert!(
            (0.75..=1.25).contains(&(pace / expect)),
            "{found_of_ten} of ten: {pace} instead of {expect}"
        );
    }
}

proptest! {
    /// Any looks at any times, clocks set forth and back included.
    #[test]
    fn a_rhythm_is_the_same_from_its_bytes_and_keeps_its_bounds(
        looks in proptest::collection::vec((-100_000_i64..2_000_000, 0_u64..50), 0..200), least in 1_u64..200_000, most in 1_u64..200_000,
    ) {
        let bounds = Bounds { least: Duration::from_secs(least), most: Duration::from_secs(most) };
        let mut rhythm = Rhythm::default();
        let mut now = START;
        for (seconds, n_new) in looks {
            now = Timestamp::from_millis(now.as_millis() + seconds * 1000);
            rhythm.learn(n_new, now);
            let bytes = rhythm.encode();
            prop_assert!(bytes.len() < 120);
            let again = Rhythm::decode(&bytes);
            prop_assert_eq!(&again.encode(), &bytes);
            for known in [&rhythm, &again] {
                let wait = known.next(bounds, now);
                prop_assert!(wait >= bounds.least && wait <= bounds.most.max(bounds.least), "{wait:?}");
            }
            rhythm = again;
        }
    }

    #[test]
    fn any_bytes_are_a_rhythm(bytes in proptest::collection::vec(any::<u8>(), 0..130), version in 0_u8..3) {
        let bytes = [&[version], &bytes[..]].concat();
        let mut rhythm = Rhythm::decode(&bytes);
        let wait = rhythm.next(BOUNDS, START);
        prop_assert!(wait >= BOUNDS.least && wait <= BOUNDS.most);
        rhythm.learn(1, START);
        let wait = rhythm.next(BOUNDS, START);
        prop_assert!(wait >= BOUNDS.least && wait <= BOUNDS.most);
    }

    #[test]
    fn more_posts_never_make_a_source_much_rarer(apart in 20_u64..600) {
        let apart = MINUTE * u32::try_from(apart).unwrap();
        let some = lived(daily(0.0, 24.0, apart * 2, 10), 10);
        let more = lived(daily(0.0, 24.0, apart, 10), 10);
        prop_assert!(more.polls.len() * 10 >= some.polls.len() * 9, "{} and {}", more.polls.len(), some.polls.len());
    }
}
