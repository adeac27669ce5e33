//! Reads dates as publishers write them: RFC 822 with its many mistakes, ISO 8601 in parts,
//! seconds since the epoch, and local habits. A date is a claim: it is read, not believed.

mod names;

use jiff::civil::DateTime;
use jiff::tz::Offset;

use self::names::{ZONES, month};
use crate::model::Timestamp;

/// Longer texts hold no date.
const MAX_LENGTH: usize = 100;

/// Reads a date in any of the known forms; without a zone it is taken as UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_LENGTH {
        return None;
    }
    if let Some(time) = Timestamp::parse_rfc3339(text) {
        return Some(time);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) && matches!(text.len(), 9..=13) {
        let number: i64 = text.parse().ok()?;
        return Some(Timestamp::from_millis(if text.len() > 10 { number } else { number * 1000 }));
    }
    Parts::read(&text.to_lowercase()).resolve()
}

/// What was found in a date's text.
#[derive(Default)]
struct Parts {
    numbers: Vec<Number>,
    month: Option<i8>,
    time: Option<(i8, i8, i8, i32)>,
    afternoon: Option<bool>,
    zone_minutes: Option<i32>,
    separator: char,
}

#[derive(Clone, Copy)]
struct Number {
    value: i32,
    digits: usize,
}

impl Parts {
    fn read(text: &str) -> Self {
        let mut parts = Parts { separator: ' ', ..Parts::default() };
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            rest = if first.is_ascii_digit() {
                parts.digits(rest)
            } else if first.is_alphabetic() {
                parts.word(rest)
            } else if matches!(first, '+' | '-') && parts.time.is_some() {
                parts.offset(rest)
            } else {
                if matches!(first, '/' | '.' | '-') && parts.time.is_none() && parts.numbers.len() == 1 {
                    parts.separator = first;
                }
                &rest[first.len_utf8()..]
            };
        }
        parts
    }

    fn digits<'a>(&mut self, rest: &'a str) -> &'a str {
        let end = digits_end(rest);
        let after = &rest[end..];
        if self.time.is_none()
            && end <= 2
            && after.starts_with(':')
            && after[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            return self.clock(rest);
        }
        if self.time.is_none() && end == 6 && self.numbers.iter().any(|n| n.digits == 8) {
            self.time = compact_time(&rest[..end]);
            return after;
        }
        if let Ok(value) = rest[..end].parse() {
            self.numbers.push(Number { value, digits: end });
        }
        after
    }

    /// Reads `h:mm`, with seconds and their fraction where they are there.
    fn clock<'a>(&mut self, rest: &'a str) -> &'a str {
        let mut fields = [0_i8; 3];
        let mut rest = rest;
        for (at, field) in fields.iter_mut().enumerate() {
            if at > 0 {
                match rest.strip_prefix(':').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
                    Some(after) => rest = after,
                    None => break,
                }
            }
            let end = digits_end(rest);
            *field = rest[..end].parse().unwrap_or(i8::MAX);
            rest = &rest[end..];
        }
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let end = digits_end(fraction);
            let digits: String = fraction[..end].chars().chain("000000000".chars()).take(9).collect();
            nanos = if end > 0 { digits.parse().unwrap_or(0) } else { 0 };
            rest = &fraction[end..];
        }
        self.time = Some((fields[0], fields[1], fields[2], nanos));
        rest
    }

    fn word<'a>(&mut self, rest: &'a str) -> &'a str {
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let dotted = word.len() == 1 && after.starts_with(".m");
        match word {
            "am" | "上午" | "午前" | "오전" => self.afternoon = Some(false),
            "pm" | "下午" | "午後" | "오후" => self.afternoon = Some(true),
            "a" | "p" if dotted => self.afternoon = Some(word == "p"),
            _ => match ZONES.iter().find(|(name, _)| *name == word) {
                Some((_, minutes)) if self.time.is_some() || self.numbers.len() >= 3 => {
                    self.zone_minutes.get_or_insert(*minutes);
                }
                _ if self.month.is_none() => self.month = month(word),
                _ => (),
            },
        }
        if dotted { &after[2..] } else { after }
    }

    fn offset<'a>(&mut self, rest: &'a str) -> &'a str {
        let sign = if rest.starts_with('-') { -1 } else { 1 };
        let rest = &rest[1..];
        let end = digits_end(rest);
        let (hours, minutes, after) = match (end, rest[end..].strip_prefix(':')) {
            (1 | 2, Some(minutes)) => {
                let minutes_end = digits_end(minutes);
                (rest[..end].parse(), minutes[..minutes_end].parse().unwrap_or(0), &minutes[minutes_end..])
            }
            (1 | 2, None) => (rest[..end].parse(), 0, &rest[end..]),
            (3 | 4, _) => (rest[..end - 2].parse(), rest[end - 2..end].parse().unwrap_or(0), &rest[end..]),
            _ => return &rest[end..],
        };
        let hours: i32 = hours.unwrap_or(0);
        if hours <= 14 && minutes < 60 {
            // `GMT+2` and `+0200 (CEST)` both mean the number.
            self.zone_minutes = Some(sign * (hours * 60 + minutes));
        }
        after
    }

    fn resolve(&self) -> Option<Timestamp> {
        let (year, month, day) = self.day()?;
        let (mut hour, minute, second, nanos) = self.time.unwrap_or_default();
        match self.afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => (),
        }
        let next_day = hour == 24 && minute == 0;
        let hour = if next_day { 0 } else { hour };
        let time = DateTime::new(year, month, day, hour, minute, second.min(59), nanos).ok()?;
        let offset = Offset::from_seconds(self.zone_minutes.unwrap_or(0) * 60).ok()?;
        let millis = offset.to_timestamp(time).ok()?.as_millisecond();
        Some(Timestamp::from_millis(millis + if next_day { 86_400_000 } else { 0 }))
    }

    /// Tells day, month and year apart by the month's name, the length of the numbers, and habit.
    fn day(&self) -> Option<(i16, i8, i8)> {
        let n = |at: usize| self.numbers.get(at).copied();
        let first = n(0)?;
        if let Some(month) = self.month {
            if first.digits == 4 {
                return Some((year(first)?, month, small(n(1)?)?));
            }
            return Some((year(n(1)?)?, month, small(first)?));
        }
        match (first.digits, n(1), n(2)) {
            (8, _, _) => {
                let value = first.value;
                Some((
                    i16::try_from(value / 10_000).ok()?,
                    i8::try_from(value / 100 % 100).ok()?,
                    i8::try_from(value % 100).ok()?,
                ))
            }
            (4, Some(month), Some(day)) => Some((year(first)?, small(month)?, small(day)?)),
            (4, Some(month), None) => Some((year(first)?, small(month)?, 1)),
            (4, None, _) => Some((year(first)?, 1, 1)),
            (1 | 2, Some(second), Some(third)) if third.digits == 4 || third.digits == 2 => {
                let month_first = second.value > 12
                    || self.separator == '/' && first.value <= 12 && self.afternoon.is_some();
                let (day, month) = if month_first { (second, first) } else { (first, second) };
                Some((year(third)?, small(month)?, small(day)?))
            }
            _ => None,
        }
    }
}

fn digits_end(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

fn compact_time(digits: &str) -> Option<(i8, i8, i8, i32)> {
    Some((digits[..2].parse().ok()?, digits[2..4].parse().ok()?, digits[4..].parse().ok()?, 0))
}

fn small(number: Number) -> Option<i8> {
    i8::try_from(number.value).ok()
}

fn year(number: Number) -> Option<i16> {
    match number.digits {
        4 => i16::try_from(number.value).ok(),
        1 | 2 if number.value < 69 => i16::try_from(2000 + number.value).ok(),
        1 | 2 => i16::try_from(1900 + number.value).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(
            parse(text).map(|time| time.to_string()).as_deref().unwrap_or("none"),
            expect,
            "of {text:?}"
        );
    }

    #[test]
    fn rfc_822_in_its_many_spellings() {
        check("Mon, 23 Nov 2026 10:00:00 GMT", "2026-11-23T10:00:00Z");
        check("Mon, 23 Nov 2026 10:00:00 +0100", "2026-11-23T09:00:00Z");
        check("23 Nov 26 10:00 EST", "2026-11-23T15:00:00Z");
        check("Mon, 23 Nov 2026 10:00:00 CEST", "2026-11-23T08:00:00Z");
        check("Mon 23 November, 2026 10:00:00.250 +01:00 (CET)", "2026-11-23T09:00:00.25Z");
        check("Nov 23, 2026 5:07 PM", "2026-11-23T17:07:00Z");
        check("Thu, 01 Jan 2004 19:48:21 GMT+2", "2004-01-01T17:48:21Z");
        check("Mon, 23 Nov 2026 24:00:00 GMT", "2026-11-24T00:00:00Z");
        check("Sun Jan  4 16:29:06 PST 2004", "2004-01-05T00:29:06Z");
    }

    #[test]
    fn iso_8601_whole_and_in_parts() {
        check("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z");
        check("2026-11-23T10:00:00", "2026-11-23T10:00:00Z");
        check("2026-11-23 10:00:00 +0100", "2026-11-23T09:00:00Z");
        check("2026-11-23T10:00+01", "2026-11-23T09:00:00Z");
        check("2026-11-23", "2026-11-23T00:00:00Z");
        check("2026-11", "2026-11-01T00:00:00Z");
        check("20261123T101112Z", "2026-11-23T10:11:12Z");
        check("2026/11/23 10:00:00 EST", "2026-11-23T15:00:00Z");
    }

    #[test]
    fn other_habits() {
        check("1795428000", "2026-11-23T10:00:00Z");
        check("1795428000123", "2026-11-23T10:00:00.123Z");
        check("23/11/2026", "2026-11-23T00:00:00Z");
        check("23.11.2026 10:00", "2026-11-23T10:00:00Z");
        check("11/23/2026", "2026-11-23T00:00:00Z");
        check("9/2/2005 10:15:00 AM", "2005-09-02T10:15:00Z");
        check("2026年11月23日 10:00", "2026-11-23T10:00:00Z");
    }

    #[test]
    fn months_in_other_languages() {
        check("23. November 2026", "2026-11-23T00:00:00Z");
        check("lun., 23 août 2026 10:00:00 +0200", "2026-08-23T08:00:00Z");
        check("Mo, 23 Mär 2026 10:00:00 +0100", "2026-03-23T09:00:00Z");
        check("martes, 3 de marzo de 2026", "2026-03-03T00:00:00Z");
        check("Вт, 3 марта 2026 10:00:00 MSK", "2026-03-03T07:00:00Z");
        check("Σαβ, 03 Ιούλ 2004 17:01:23 EEST", "2004-07-03T14:01:23Z");
        check("dinsdag 3 mei 2026", "2026-05-03T00:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "yesterday", "30 February 2026", "2026-13-01", "99999-01-01", "Mon, 32 Nov 2026", "1", "::"]
        {
            check(text, "none");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9:/.+\\-TZ ,a-zé年]{0,40}") {
            let _ = parse(&text);
        }
    }
}
