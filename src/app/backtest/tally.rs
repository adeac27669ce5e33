//! The sums of a replay: for each topic of one side its hits, alerts and copies, by day.

use std::collections::{BTreeMap, HashMap};

use super::{Decided, Replayed};
use crate::config::Topic;
use crate::model::{Decision, Timestamp, TopicId};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What was counted for one side.
#[derive(Debug, Default)]
pub struct Tally {
    /// Items in all.
    pub items: u64,
    /// Items that repeat an earlier one.
    pub duplicates: u64,
    topics: Vec<TopicTally>,
    numbers: HashMap<TopicId, usize>,
    span: Option<(Timestamp, Timestamp)>,
    /// The days that were asked about, where that is known beforehand.
    asked_days: Option<f64>,
}

/// What was counted for one topic.
#[derive(Clone, Debug)]
pub struct TopicTally {
    /// The topic.
    pub id: TopicId,
    /// Its name.
    pub name: String,
    /// The sums.
    pub counts: Counts,
    /// Alerts by day, counted from 1970 in UTC; those without any time are left out.
    pub alerts_by_day: BTreeMap<i64, u64>,
}

/// Sums of one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items at or over the threshold, copies too.
    pub hits: u64,
    /// Alerts, follow-ups too.
    pub alerts: u64,
    /// Hits that are copies.
    pub duplicates: u64,
}

impl Tally {
    /// Begins for these topics.
    pub fn of(topics: &[Topic]) -> Self {
        let tally = |topic: &Topic| TopicTally {
            id: topic.id.clone(),
            name: topic.name.clone(),
            counts: Counts::default(),
            alerts_by_day: BTreeMap::new(),
        };
        Tally {
            numbers: topics.iter().enumerate().map(|(number, topic)| (topic.id.clone(), number)).collect(),
            topics: topics.iter().map(tally).collect(),
            ..Tally::default()
        }
    }

    /// Says which stretch of time was asked about, of which there may be no items.
    pub fn asked(&mut self, from: Timestamp, to: Timestamp) {
        #[expect(clippy::cast_precision_loss, reason = "a span of time")]
        let days = to.since(from).as_millis() as f64 / DAY_MS as f64;
        self.asked_days = Some(days);
    }

    /// Counts an item with the decisions of this side.
    pub fn count(&mut self, replayed: &Replayed, decisions: &[Decided]) {
        self.items += 1;
        self.duplicates += u64::from(replayed.duplicate_of.is_some());
        if let Some(at) = replayed.at {
            let (from, to) = self.span.unwrap_or((at, at));
            self.span = Some((from.min(at), to.max(at)));
        }
        for decided in decisions.iter().filter(|decided| decided.is_hit()) {
            let Some(number) = self.numbers.get(&decided.score.topic) else { continue };
            let topic = &mut self.topics[*number];
            topic.counts.hits += 1;
            topic.counts.duplicates += u64::from(decided.decision == Decision::Duplicate);
            if decided.is_alert() {
                topic.counts.alerts += 1;
                if let Some(at) = replayed.at {
                    *topic.alerts_by_day.entry(day_of(at)).or_default() += 1;
                }
            }
        }
    }

    /// Returns the topics, in the order of the configuration.
    pub fn topics(&self) -> &[TopicTally] {
        &self.topics
    }

    /// Returns when the earliest and the latest item was seen.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// Returns how many days there were: the time asked about, else every day from the earliest
    /// item to the latest; at least one.
    pub fn days(&self) -> f64 {
        let days = self.span.map_or(1, |(from, to)| day_of(to) - day_of(from) + 1);
        #[expect(clippy::cast_precision_loss, reason = "a count of days")]
        let days = days as f64;
        self.asked_days.unwrap_or(days).max(1.0)
    }
}

/// Returns the day of a time, counted from 1970 in UTC.
pub fn day_of(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DAY_MS;

    #[track_caller]
    fn check(times: &[i64], asked: Option<(i64, i64)>, days: f64) {
        let at = Timestamp::from_millis;
        let mut tally = Tally::of(&[]);
        for time in times {
            let (from, to) = tally.span.unwrap_or((at(*time), at(*time)));
            tally.span = Some((from.min(at(*time)), to.max(at(*time))));
        }
        if let Some((from, to)) = asked {
            tally.asked(at(from), at(to));
        }
        assert!((tally.days() - days).abs() < 1e-9, "{}", tally.days());
    }

    #[test]
    fn days_are_those_from_the_first_item_to_the_last() {
        check(&[], None, 1.0);
        check(&[5], None, 1.0);
        check(&[DAY - 1, DAY], None, 2.0);
        check(&[3 * DAY, 0, DAY], None, 4.0);
        check(&[-1, 0], None, 2.0);
    }

    #[test]
    fn where_a_time_was_asked_about_that_counts() {
        check(&[0], Some((0, 7 * DAY)), 7.0);
        check(&[0], Some((0, DAY + DAY / 2)), 1.5);
        check(&[0], Some((0, 1000)), 1.0);
    }
}
