//! Reads in the head of a feed when its publisher wants to be asked again: `ttl`, `skipHours` and
//! `skipDays` of RSS, and the syndication module (`sy:`) in any format.
//!
//! Only what stands before the first item and behind the last is looked at, and of that no more
//! than a head ever holds.

use std::time::Duration;

use super::lexer::{Lexer, Token};
use crate::model::{Hints, Timestamp};

/// The head of a real feed has a hundred tokens.
const MAX_TOKENS: usize = 2000;
const MAX_TAIL: usize = 16 << 10;

/// Reads what a document asks for.
pub(super) fn of(doc: &str) -> Hints {
    let mut head = Head::default();
    head.scan(doc);
    let tail = ["</item>", "</entry>"].iter().filter_map(|end| Some(doc.rfind(end)? + end.len())).max();
    if let Some(tail) = tail.map(|at| &doc[at..]).filter(|tail| tail.len() <= MAX_TAIL) {
        head.scan(tail);
    }
    head.hints()
}

/// An element that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Ttl,
    Hour,
    Day,
    Period,
    Frequency,
    Base,
}

#[derive(Default)]
struct Head {
    hours: u32,
    days: u8,
    ttl: Option<Duration>,
    period: Option<Duration>,
    frequency: Option<u32>,
    base: Option<Timestamp>,
}

impl Head {
    fn scan(&mut self, part: &str) {
        let mut open: Option<(Wish, String)> = None;
        let mut skips = "";
        for token in Lexer::new(part).take(MAX_TOKENS) {
            match token {
                Token::Start { name, closed, .. } => {
                    let local = local(name);
                    if ["item", "entry"].iter().any(|item| local.eq_ignore_ascii_case(item)) {
                        return;
                    }
                    if ["skiphours", "skipdays"].iter().any(|skip| local.eq_ignore_ascii_case(skip)) {
                        skips = local;
                    }
                    open = wish(name, skips).filter(|_| !closed).map(|wish| (wish, String::new()));
                }
                Token::Text(text) | Token::CData(text) => {
                    if let Some((_, value)) = &mut open {
                        // No value is so long.
                        value.extend(text.chars().take(64));
                    }
                }
                Token::End { name } => {
                    if local(name) == skips {
                        skips = "";
                    }
                    if let Some((wish, value)) = open.take() {
                        self.take(wish, value.trim());
                    }
                }
            }
        }
    }

    fn take(&mut self, wish: Wish, value: &str) {
        match wish {
            Wish::Ttl => self.ttl = self.ttl.or_else(|| Some(Duration::from_mins(number(value)?.into()))),
            Wish::Hour => match number(value) {
                Some(hour @ 0..24) => self.hours |= 1 << hour,
                // Some count from 1.
                Some(24) => self.hours |= 1,
                Some(_) | None => (),
            },
            Wish::Day => {
                if let Some(day) = DAYS.iter().position(|day| is_day(value, day)) {
                    self.days |= 1 << day;
                }
            }
            Wish::Period => self.period = self.period.or_else(|| period(value)),
            Wish::Frequency => self.frequency = self.frequency.or_else(|| number(value)),
            Wish::Base => self.base = self.base.or_else(|| super::date::parse(value)),
        }
    }

    fn hints(&self) -> Hints {
        // What is not said is a day, and once.
        let period = self.period.or(self.frequency.map(|_| Duration::from_hours(24)));
        let updates = period.map(|period| period / self.frequency.unwrap_or(1).max(1));
        let least = self.ttl.max(updates).filter(|least| !least.is_zero());
        Hints {
            least,
            from: self.base.filter(|_| least.is_some() && least == updates),
            skip_hours: self.hours,
            skip_days: self.days,
        }
    }
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A day is written out, or cut to three letters.
fn is_day(value: &str, day: &str) -> bool {
    value.eq_ignore_ascii_case(day) || value.eq_ignore_ascii_case(&day[..3])
}

fn wish(name: &str, skips: &str) -> Option<Wish> {
    let has_no_prefix = !name.contains(':') || name.starts_with("rss:");
    let found = match local(name).to_ascii_lowercase().as_str() {
        "ttl" if has_no_prefix => Wish::Ttl,
        "hour" if skips.eq_ignore_ascii_case("skiphours") => Wish::Hour,
        "day" if skips.eq_ignore_ascii_case("skipdays") => Wish::Day,
        "updateperiod" => Wish::Period,
        "updatefrequency" => Wish::Frequency,
        "updatebase" => Wish::Base,
        _ => return None,
    };
    Some(found)
}

fn period(value: &str) -> Option<Duration> {
    let days = match value.to_ascii_lowercase().as_str() {
        "hourly" => return Some(Duration::from_hours(1)),
        "daily" => 1,
        "weekly" => 7,
        "monthly" => 30,
        "yearly" => 365,
        _ => return None,
    };
    Some(Duration::from_hours(24 * days))
}

fn number(value: &str) -> Option<u32> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than fit ask for longer than anybody waits.
    is_number.then(|| value.parse().unwrap_or(u32::MAX))
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(head: &str, expect: Hints) {
        let rss = format!(
            "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>{head}<item><ttl>9</ttl></item></channel></rss>"
        );
        assert_eq!(of(&rss), expect, "{head}");
        let behind = format!("<rss><channel><item><title>t</title></item>{head}</channel></rss>");
        assert_eq!(of(&behind), expect, "behind the items: {head}");
        let atom =
            format!("<feed xmlns='http://www.w3.org/2005/Atom'>{head}<entry><ttl>9</ttl></entry></feed>");
        assert_eq!(of(&atom), expect, "in Atom: {head}");
        let rdf =
            format!("<rdf:RDF><channel>{head}</channel><item rdf:about='x'><ttl>9</ttl></item></rdf:RDF>");
        assert_eq!(of(&rdf), expect, "in RDF: {head}");
    }

    fn least(minutes: u64) -> Hints {
        Hints { least: Some(Duration::from_mins(minutes)), ..Hints::default() }
    }

    #[test]
    fn a_time_to_live_is_in_minutes() {
        check("<ttl>180</ttl>", least(180));
        check("<TTL> <![CDATA[180]]> </TTL>", least(180));
        check("<ttl>180</ttl><ttl>7</ttl>", least(180));
        check("<ttl>99999999999</ttl>", least(u64::from(u32::MAX)));
        for nothing in [
            "<ttl>0</ttl>",
            "<ttl>-5</ttl>",
            "<ttl>1.5</ttl>",
            "<ttl>soon</ttl>",
            "<ttl/>",
            "<ttl></ttl>",
            "<x:ttl>5</x:ttl>",
        ] {
            check(nothing, Hints::default());
        }
    }

    #[test]
    fn updates_are_a_period_and_how_often_in_it() {
        check(
            "<sy:updatePeriod> Daily </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
            least(720),
        );
        check("<syn:updatePeriod>hourly</syn:updatePeriod>", least(60));
        check("<sy:updateFrequency>24</sy:updateFrequency>", least(60));
        check(
            "<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            least(10_080),
        );
        check("<sy:updatePeriod>sometimes</sy:updatePeriod>", Hints::default());
        check("<sy:updatePeriod>hourly</sy:updatePeriod><ttl>90</ttl>", least(90));
    }

    #[test]
    fn updates_may_have_a_beginning() {
        let from = Timestamp::parse_rfc3339("2000-01-01T12:00:00Z");
        let base = "<sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>";
        check(&format!("{base}<sy:updatePeriod>hourly</sy:updatePeriod>"), Hints { from, ..least(60) });
        check(&format!("{base}<sy:updatePeriod>hourly</sy:updatePeriod><ttl>90</ttl>"), least(90));
        check(base, Hints::default());
    }

    #[test]
    fn hours_and_days_are_skipped_only_where_they_stand_together() {
        check(
            "<skipHours><hour>0</hour><hour>05</hour><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>\
             <skipDays><day>Monday</day><day>SUNDAY</day><day>sat</day><day>Payday</day></skipDays><hour>7</hour>",
            Hints { skip_hours: 0b10_0001, skip_days: 0b110_0001, ..Hints::default() },
        );
    }

    proptest! {
        #[test]
        fn any_document_is_read_without_a_fault(
            doc in "(<(/?(item|channel|ttl|skipHours|hour|skipDays|day|sy:updatePeriod|sy:updateBase))>|[0-9a-zé<>&]{0,9}){0,30}",
        ) {
            let hints = of(&doc);
            prop_assert_eq!(hints.skip_hours >> 24, 0);
            prop_assert!(hints.least.is_none_or(|least| !least.is_zero()));
        }
    }
}
