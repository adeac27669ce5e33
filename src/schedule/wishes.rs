//! What servers and feeds ask for: how long an answer is good, how often the feed changes, in
//! which hours nobody needs to come.

use std::time::Duration;

use super::reason::{Plain, Reason};
use super::wait::Wait;
use crate::model::{Fresh, Hints, Note, Timestamp};

/// What freshness and the feed's head may delay a poll by at most.
const CAP: Duration = Duration::from_hours(24);
/// What `Retry-After` may delay a poll by at most.
pub(super) const RETRY_AFTER_CAP: Duration = Duration::from_hours(7 * 24);

const HOUR_MS: i64 = 3_600_000;
const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_DAYS: u8 = (1 << 7) - 1;
/// The epoch was a Thursday; days are counted from Monday.
const EPOCH_DAY: i64 = 3;

/// Returns how long the server takes its answer for good, and how long later ones are that do not
/// say it again; `kept` is what was so kept before.
pub(super) fn freshness(fresh: Fresh, kept: Option<Duration>) -> Freshness {
    let (asked, max_age) = match (fresh, kept) {
        (Fresh::MaxAge { whole, passed }, _) => {
            (Some((whole.saturating_sub(passed), Reason::MaxAge(whole))), Some(whole))
        }
        (Fresh::For(left), _) => (Some((left, Reason::Expires(left))), None),
        (Fresh::AsBefore, Some(kept)) => (Some((kept, Reason::MaxAge(kept))), Some(kept)),
        (Fresh::AsBefore | Fresh::Silent | Fresh::Stale, _) => (None, None),
    };
    let note = asked.filter(|(time, _)| *time > CAP).map(|(time, _)| Note {
        class: "long_freshness",
        message: format!(
            "the server asks for {} between polls, {} at most are kept",
            Plain(time),
            Plain(CAP)
        ),
    });
    let wait = asked.map(|(time, reason)| Wait { time: time.min(CAP), reason });
    Freshness { wait, max_age, note }
}

/// What came of the headers about freshness.
pub(super) struct Freshness {
    pub(super) wait: Option<Wait>,
    pub(super) max_age: Option<Duration>,
    pub(super) note: Option<Note>,
}

/// Returns how long the feed itself asks to wait: its interval, or the time to the next of those
/// that began when it says.
pub(super) fn feed_asks(hints: &Hints, now: Timestamp) -> Option<Wait> {
    let least = hints.least.filter(|least| !least.is_zero())?;
    let time = match hints.from {
        Some(from) => {
            let every = i64::try_from(least.as_millis()).unwrap_or(i64::MAX);
            let since = now.as_millis().saturating_sub(from.as_millis()).rem_euclid(every);
            Duration::from_millis(u64::try_from(every - since).unwrap_or(0))
        }
        None => least,
    };
    Some(Wait { time: time.min(CAP), reason: Reason::FeedAsks(least) })
}

/// Returns the first time from `due` on that lies in no hour the feed wants no polls in; what
/// would exclude all hours or all days is ignored.
pub(super) fn beyond_skipped(hints: &Hints, due: Timestamp) -> Timestamp {
    let hours = if hints.skip_hours & ALL_HOURS == ALL_HOURS { 0 } else { hints.skip_hours };
    let days = if hints.skip_days & ALL_DAYS == ALL_DAYS { 0 } else { hints.skip_days };
    if hours == 0 && days == 0 {
        return due;
    }
    let first = due.as_millis().div_euclid(HOUR_MS);
    let is_open = |hour: i64| {
        let day = (hour.div_euclid(24) + EPOCH_DAY).rem_euclid(7);
        hours >> hour.rem_euclid(24) & 1 == 0 && days >> day & 1 == 0
    };
    if is_open(first) {
        return due;
    }
    let open = (first..=first.saturating_add(8 * 24)).find(|&hour| is_open(hour)).unwrap_or(first);
    Timestamp::from_millis(open.saturating_mul(HOUR_MS)).max(due)
}

/// Returns how much of `room` lies behind this time without a skipped hour.
pub(super) fn open_room(hints: &Hints, open: Timestamp, room: Duration) -> Duration {
    let mut at = open;
    while at < open + room {
        let next = Timestamp::from_millis((at.as_millis().div_euclid(HOUR_MS) + 1).saturating_mul(HOUR_MS));
        if next <= at || beyond_skipped(hints, next) > next {
            return next.since(open).min(room).saturating_sub(Duration::from_millis(1));
        }
        at = next;
    }
    room
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn skipping(skip_hours: u32, skip_days: u8) -> Hints {
        Hints { skip_hours, skip_days, ..Hints::default() }
    }

    #[track_caller]
    fn check_fresh(fresh: Fresh, kept: Option<u64>, expect: (Option<u64>, Option<u64>)) {
        let got = freshness(fresh, kept.map(Duration::from_secs));
        let wait = got.wait.map(|wait| wait.time.as_secs());
        assert_eq!((wait, got.max_age.map(|age| age.as_secs())), expect);
    }

    #[test]
    fn a_304_without_a_word_keeps_what_was_said() {
        let max_age = |whole, passed| Fresh::MaxAge {
            whole: Duration::from_secs(whole),
            passed: Duration::from_secs(passed),
        };
        check_fresh(max_age(100, 40), None, (Some(60), Some(100)));
        check_fresh(Fresh::AsBefore, Some(100), (Some(100), Some(100)));
        check_fresh(Fresh::Silent, Some(100), (None, None));
        check_fresh(Fresh::Stale, Some(100), (None, None));
        check_fresh(Fresh::For(Duration::from_secs(9)), Some(100), (Some(9), None));
    }

    #[test]
    fn a_year_is_cut_to_a_day_and_told() {
        let year = Duration::from_hours(8760);
        let got = freshness(Fresh::MaxAge { whole: year, passed: Duration::ZERO }, None);
        assert_eq!(got.wait.unwrap().time, CAP);
        let message = got.note.unwrap().message;
        assert_eq!(message, "the server asks for 8760h between polls, 24h at most are kept");
        let day = freshness(Fresh::For(CAP), None);
        assert_eq!((day.wait.unwrap().time, day.note), (CAP, None));
    }

    #[test]
    fn an_interval_with_a_beginning_ends_at_the_next() {
        let now = at("2026-03-03T09:45:00Z");
        let asks = |hours, from: Option<&str>| {
            let least = Some(Duration::from_hours(hours));
            let hints = Hints { least, from: from.map(at), ..Hints::default() };
            feed_asks(&hints, now).map(|wait| wait.time.as_secs() / 60)
        };
        assert_eq!(asks(12, None), Some(720));
        assert_eq!(asks(12, Some("2000-01-01T12:00:00Z")), Some(135));
        assert_eq!(asks(12, Some("2030-01-01T12:00:00Z")), Some(135));
        assert_eq!(asks(24 * 30, Some("2026-03-03T09:45:00Z")), Some(1440));
        assert_eq!(asks(0, None), None);
    }

    #[test]
    fn skipped_hours_and_days_end_where_the_next_open_hour_begins() {
        // A Tuesday.
        let due = at("2026-03-03T02:10:00Z");
        let check = |hours, days, expect| assert_eq!(beyond_skipped(&skipping(hours, days), due), at(expect));
        check(0b11_1111, 0, "2026-03-03T06:00:00Z");
        check(0, 0b10, "2026-03-04T00:00:00Z");
        check(0b1, 0b1_1110, "2026-03-07T01:00:00Z");
        check(ALL_HOURS, 0, "2026-03-03T02:10:00Z");
        check(0, ALL_DAYS, "2026-03-03T02:10:00Z");
        check(ALL_HOURS, 0b10, "2026-03-04T00:00:00Z");
        check(!(1 << 2), 0, "2026-03-03T02:10:00Z");
    }

    #[test]
    fn room_ends_before_the_next_skipped_hour() {
        let open = at("2026-03-03T06:00:00Z");
        let hour = Duration::from_hours(1);
        assert_eq!(open_room(&skipping(1 << 3, 0), open, hour), hour);
        assert_eq!(open_room(&skipping(1 << 7, 0), open, hour * 3), Duration::from_millis(3_599_999));
    }

    proptest! {
        #[test]
        fn nobody_comes_in_a_skipped_hour(hours: u32, days: u8, due in 0_i64..4_000_000_000_000) {
            let hints = skipping(hours, days);
            let open = beyond_skipped(&hints, Timestamp::from_millis(due));
            prop_assert!(open.as_millis() >= due && open.as_millis() <= due + 7 * 24 * HOUR_MS);
            prop_assert_eq!(beyond_skipped(&hints, open), open);
            let room = open_room(&hints, open, Duration::from_hours(30));
            prop_assert_eq!(beyond_skipped(&hints, open + room), open + room);
        }

        #[test]
        fn a_feed_never_asks_for_more_than_a_day_or_its_interval(
            least in 1_u64..10_000_000, from in proptest::option::of(any::<i64>()), now in 0_i64..4_000_000_000_000,
        ) {
            let hints = Hints { least: Some(Duration::from_secs(least)), from: from.map(Timestamp::from_millis), ..Hints::default() };
            let time = feed_asks(&hints, Timestamp::from_millis(now)).unwrap().time;
            prop_assert!(time <= CAP.min(Duration::from_secs(least)));
        }
    }
}
