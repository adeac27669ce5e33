//! `--fail-on`: what must not come out of a replay, like `alerts>20/d`.

use std::fmt;
use std::str::FromStr;

use super::tally::{Counts, Tally};
use crate::model::TopicId;

/// What makes a replay fail: any one topic for which this holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FailOn {
    what: What,
    more: bool,
    limit: f64,
    daily: bool,
    written: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Hits,
    Alerts,
}

/// A topic for which it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Met<'a> {
    fail_on: &'a FailOn,
    topic: &'a TopicId,
    counted: f64,
}

/// What is expected of the expression.
const FORM: &str =
    "write `hits` or `alerts`, then `>` or `<`, a number, and `/d` for a day: 'alerts>20/d', 'hits<1'";

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, sign, rest) = text
            .find(['<', '>'])
            .map(|at| (text[..at].trim(), &text[at..=at], text[at + 1..].trim()))
            .ok_or_else(|| format!("neither `>` nor `<` in it; {FORM}"))?;
        let what = match word {
            "hits" => What::Hits,
            "alerts" => What::Alerts,
            other => return Err(format!("`{other}` is neither `hits` nor `alerts`; {FORM}")),
        };
        let (number, unit) = rest.split_once('/').map_or((rest, None), |(number, unit)| (number, Some(unit)));
        let daily = match unit.map(str::trim) {
            None => false,
            Some("d" | "day") => true,
            Some(other) => return Err(format!("`/{other}` is not `/d`; {FORM}")),
        };
        let number = number.trim();
        let is_plain = number.starts_with(|c: char| c.is_ascii_digit());
        let limit = number.parse::<f64>().ok().filter(|limit| is_plain && limit.is_finite());
        let limit = limit.ok_or_else(|| format!("`{number}` is no number; {FORM}"))?;
        Ok(FailOn { what, more: sign == ">", limit, daily, written: text.trim().to_owned() })
    }
}

impl FailOn {
    /// Returns the topics for which it holds.
    pub fn met<'a>(&'a self, tally: &'a Tally) -> Vec<Met<'a>> {
        let per = if self.daily { tally.days() } else { 1.0 };
        let all = tally.topics().iter().map(|topic| Met {
            fail_on: self,
            topic: &topic.id,
            counted: self.count(&topic.counts) / per,
        });
        all.filter(|met| if self.more { met.counted > self.limit } else { met.counted < self.limit })
            .collect()
    }

    fn count(&self, counts: &Counts) -> f64 {
        let counted = match self.what {
            What::Hits => counts.hits,
            What::Alerts => counts.alerts,
        };
        #[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
        let counted = counted as f64;
        counted
    }
}

impl fmt::Display for Met<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_one = !self.fail_on.daily && (self.counted - 1.0).abs() < 1e-9;
        let noun = match (self.fail_on.what, is_one) {
            (What::Hits, false) => "hits",
            (What::Hits, true) => "hit",
            (What::Alerts, false) => "alerts",
            (What::Alerts, true) => "alert",
        };
        let (topic, written) = (self.topic, &self.fail_on.written);
        if self.fail_on.daily {
            return write!(f, "topic {topic}: {:.1} {noun} a day, and `{written}` fails", self.counted);
        }
        write!(f, "topic {topic}: {:.0} {noun}, and `{written}` fails", self.counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_read_in_any_spacing() {
        let read = |text: &str| text.parse::<FailOn>().unwrap();
        let daily = read("alerts>20/d");
        assert_eq!((daily.what, daily.more, daily.limit, daily.daily), (What::Alerts, true, 20.0, true));
        let spaced = read(" hits < 0.5 / day ");
        assert_eq!((spaced.what, spaced.more, spaced.limit, spaced.daily), (What::Hits, false, 0.5, true));
        assert!(!read("hits<1").daily);
    }

    #[test]
    fn what_was_met_is_told_with_its_count() {
        let said = |written: &str, counted| {
            let fail_on = written.parse::<FailOn>().unwrap();
            Met { fail_on: &fail_on, topic: &TopicId::new("oil"), counted }.to_string()
        };
        assert_eq!(said("alerts>0", 1.0), "topic oil: 1 alert, and `alerts>0` fails");
        assert_eq!(said("hits>1", 2.0), "topic oil: 2 hits, and `hits>1` fails");
        assert_eq!(said("hits<2/d", 1.0), "topic oil: 1.0 hits a day, and `hits<2/d` fails");
    }

    #[test]
    fn what_is_none_says_what_was_expected() {
        for (text, said) in [
            ("alerts", "neither `>` nor `<`"),
            ("news>1", "`news` is neither `hits` nor `alerts`"),
            ("alerts>", "`` is no number"),
            ("alerts>=1", "`=1` is no number"),
            ("alerts>inf", "`inf` is no number"),
            ("alerts>1/h", "`/h` is not `/d`"),
        ] {
            let error = text.parse::<FailOn>().unwrap_err();
            assert!(error.contains(said) && error.contains("alerts>20/d"), "{text}: {error}");
        }
    }
}
