//! Times, spans and numbers as the page writes them.

use std::time::Duration;

use jiff::{ZonedDateTime, tz::TimeZone};

use crate::model::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// What times are written against.
pub(super) struct Words<'a> {
    /// The present.
    pub(super) now: Timestamp,
    /// The zone.
    pub(super) zone: &'a TimeZone,
}

impl Words<'_> {
    fn zoned(&self, time: Timestamp) -> ZonedDateTime {
        time.to_jiff().to_zoned_datetime(self.zone.clone())
    }

    /// Returns the present with its day and zone: `Tue 12 Sep 2023, 09:14 CEST`.
    pub(super) fn full(&self) -> String {
        self.zoned(self.now).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
    }

    /// Returns a time: `09:10` today, `Mon 10:12` within a week, `14 Aug` beyond it.
    pub(super) fn time(&self, time: Timestamp) -> String {
        let zoned = self.zoned(time);
        let format = if zoned.date() == self.zoned(self.now).date() {
            "%H:%M"
        } else if self.now.since(time).max(time.since(self.now)) < DAY * 6 {
            "%a %H:%M"
        } else {
            "%-d %b"
        };
        zoned.strftime(format).to_string()
    }

    /// Returns the hour and minute alone.
    pub(super) fn clock(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%H:%M").to_string()
    }

    /// Returns a day of the week: `Tue`.
    pub(super) fn weekday(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%a").to_string()
    }

    /// Returns a day: `Tuesday 12 September`.
    pub(super) fn day(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%A %-d %B").to_string()
    }

    /// Returns how long ago a time was, and the time itself beyond an hour.
    pub(super) fn ago(&self, time: Timestamp) -> String {
        let passed = self.now.since(time);
        if passed < Duration::from_secs(1) {
            "just now".to_owned()
        } else if passed < Duration::from_hours(1) {
            format!("{} ago", span(passed))
        } else {
            self.time(time)
        }
    }
}

/// Returns a span of time with its largest unit: `38 ms`, `20 s`, `6 min`, `5 h`, `12 days`.
pub(super) fn span(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", count(seconds / 86_400)),
    }
}

/// Returns a number with its thousands set apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number with its noun: `1 source`, `40 sources`.
pub(super) fn plural(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{} {noun}s", count(number)) }
}

/// Returns a number at the head of a sentence.
pub(super) fn number(number: usize) -> String {
    const WORDS: [&str; 9] = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
    number.checked_sub(1).and_then(|at| WORDS.get(at)).map_or_else(|| number.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now: &str, time: &str, expect: &str) {
        let parse = |text| Timestamp::parse_rfc3339(text).unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let words = Words { now: parse(now), zone: &zone };
        assert_eq!(words.time(parse(time)), expect);
    }

    #[test]
    fn a_time_says_as_much_of_its_day_as_is_needed() {
        let now = "2023-09-12T07:14:00Z";
        check(now, "2023-09-12T07:10:00Z", "09:10");
        check(now, "2023-09-11T22:10:00Z", "00:10");
        check(now, "2023-09-11T21:10:00Z", "Mon 23:10");
        check(now, "2023-09-13T07:00:00Z", "Wed 09:00");
        check(now, "2023-08-14T07:00:00Z", "14 Aug");
        check(now, "2023-09-05T07:00:00Z", "5 Sep");
    }

    #[test]
    fn the_past_hour_is_told_by_its_distance() {
        let zone = TimeZone::UTC;
        let words = Words { now: Timestamp::from_millis(10_000_000), zone: &zone };
        for (millis, expect) in [(10_000_000, "just now"), (9_980_000, "20 s ago"), (9_700_000, "5 min ago")]
        {
            assert_eq!(words.ago(Timestamp::from_millis(millis)), expect);
        }
        assert_eq!(words.ago(Timestamp::from_millis(0)), "00:00");
    }

    #[test]
    fn spans_and_numbers_read_as_people_write_them() {
        let spans = [
            (38, "38 ms"),
            (20_000, "20 s"),
            (360_000, "6 min"),
            (86_400_000, "24 h"),
            (1_036_800_000, "12 days"),
        ];
        for (millis, expect) in spans {
            assert_eq!(span(Duration::from_millis(millis)), expect);
        }
        for (n, expect) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (10_412, "10,412"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(n), expect);
        }
        assert_eq!((plural(1, "hit"), plural(2, "hit")), ("1 hit".to_owned(), "2 hits".to_owned()));
        assert_eq!((number(3), number(0), number(12)), ("Three".to_owned(), "0".to_owned(), "12".to_owned()));
    }
}
