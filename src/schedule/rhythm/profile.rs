//! How often a source posts at which hour of the day (UTC) and on which day of the week: posts
//! and the time they were counted in, older ones counting less.
//!
//! An hour is taken to be like the others until its own counts say otherwise: the longer, the fewer
//! posts there are in all and the more alike the hours have been so far.

use std::time::Duration;

use crate::model::Timestamp;

const HOUR_MS: i64 = 3_600_000;
/// Time is counted in steps of three minutes, so that an hour's fits into a byte.
const STEP_MS: i64 = 180_000;
const STEPS_PER_HOUR: f64 = 20.0;
/// What a day leaves of the counts of the day before: they stand for ten days.
const DAY_LEAVES: f64 = 0.9;
/// What a week leaves of the counts of the weekdays: they stand for four weeks.
const WEEK_LEAVES: f64 = 0.75;
/// So many posts at the usual rate are added to each hour, where the hours differ …
const HOUR_PRIOR: f64 = 0.3;
/// … and so many times that, where they do not differ more than by chance.
const MOST_ALIKE: f64 = 30.0;
/// So many posts at the usual rate are added to each day of the week.
const DAY_PRIOR: f64 = 4.0;
/// What is taken for known before anything is: posts in hours.
const FIRST_POSTS: f64 = 0.05;
const FIRST_HOURS: f64 = 0.25;

/// What was counted in an hour of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Hour {
    /// Posts.
    pub(super) posts: f64,
    /// Steps of three minutes it was watched.
    pub(super) watched: u8,
}

impl Hour {
    fn watched_hours(&self) -> f64 {
        f64::from(self.watched) / STEPS_PER_HOUR
    }
}

/// What was counted on a day of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Day {
    /// Posts.
    pub(super) posts: f64,
    /// Posts that the hours alone made expect.
    pub(super) expected: f64,
}

/// The counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Profile {
    pub(super) hours: [Hour; 24],
    pub(super) days: [Day; 7],
}

/// An hour of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    hour: usize,
    day: usize,
}

/// A piece of time within one hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) slot: Slot,
    pub(super) start: Timestamp,
    pub(super) hours: f64,
    steps: u8,
    begins_hour: bool,
}

/// Cuts a time at the full hours.
pub(super) fn spans(from: Timestamp, to: Timestamp) -> impl Iterator<Item = Span> {
    let mut at = from.as_millis();
    let to = to.as_millis();
    std::iter::from_fn(move || {
        (at < to).then(|| {
            let hour = at.div_euclid(HOUR_MS);
            let end = ((hour + 1) * HOUR_MS).min(to);
            let span = Span {
                slot: Slot { hour: index(hour, 24), day: index(hour.div_euclid(24), 7) },
                start: Timestamp::from_millis(at),
                hours: Timestamp::from_millis(end).since(Timestamp::from_millis(at)).as_secs_f64()
                    / Duration::from_hours(1).as_secs_f64(),
                steps: u8::try_from(end.div_euclid(STEP_MS) - at.div_euclid(STEP_MS)).unwrap_or(u8::MAX),
                begins_hour: at == hour * HOUR_MS,
            };
            at = end;
            span
        })
    })
}

fn index(count: i64, of: i64) -> usize {
    usize::try_from(count.rem_euclid(of)).unwrap_or(0)
}

impl Profile {
    /// Returns how many posts were to be expected in this time.
    pub(super) fn expected(&self, from: Timestamp, to: Timestamp) -> f64 {
        let rates = self.rates();
        spans(from, to).map(|span| rates.at(span.slot) * span.hours).sum()
    }

    /// Counts a time that was watched, and the posts in it: they fall where most were expected.
    pub(super) fn pass(&mut self, from: Timestamp, to: Timestamp, posts: f64) {
        let rates = self.rates();
        let expected: f64 = spans(from, to).map(|span| rates.at(span.slot) * span.hours).sum();
        for span in spans(from, to) {
            let usual = rates.hours[span.slot.hour] * span.hours;
            let share = posts * rates.at(span.slot) * span.hours / expected;
            let hour = &mut self.hours[span.slot.hour];
            if span.begins_hour {
                hour.posts *= DAY_LEAVES;
                hour.watched = left(hour.watched);
            }
            hour.posts += share;
            hour.watched = hour.watched.saturating_add(span.steps);
            let day = &mut self.days[span.slot.day];
            if span.begins_hour && span.slot.hour == 0 {
                day.posts *= WEEK_LEAVES;
                day.expected *= WEEK_LEAVES;
            }
            day.posts += share;
            day.expected += usual;
        }
    }

    /// Says how alike the hours are: from 1, where they differ by as much as their mean, to
    /// `MOST_ALIKE`, where they differ by no more than chance makes of one rate (the moment
    /// estimator of a negative binomial distribution's shape).
    fn alike(&self, mean: f64) -> f64 {
        let (mut squares, mut excess) = (0.0, 0.0);
        for hour in &self.hours {
            let usual = mean * hour.watched_hours();
            squares += usual * usual;
            excess += (hour.posts - usual).powi(2) - usual;
        }
        if excess > 0.0 { (squares / excess).clamp(1.0, MOST_ALIKE) } else { MOST_ALIKE }
    }

    /// Returns the rates that these counts make likely.
    pub(super) fn rates(&self) -> Rates {
        let posts: f64 = self.hours.iter().map(|hour| hour.posts).sum();
        let watched: f64 = self.hours.iter().map(Hour::watched_hours).sum();
        let mean = (posts + FIRST_POSTS) / (watched + FIRST_HOURS);
        let prior = HOUR_PRIOR * self.alike(mean);
        Rates {
            mean,
            hours: self.hours.map(|hour| (hour.posts + prior) / (hour.watched_hours() + prior / mean)),
            days: self.days.map(|day| (day.posts + DAY_PRIOR) / (day.expected + DAY_PRIOR)),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "less than the byte it came from"
)]
fn left(watched: u8) -> u8 {
    (f64::from(watched) * DAY_LEAVES).round() as u8
}

/// Posts per hour.
pub(super) struct Rates {
    /// Over all hours.
    pub(super) mean: f64,
    hours: [f64; 24],
    days: [f64; 7],
}

impl Rates {
    /// Returns the rate in an hour of the week.
    pub(super) fn at(&self, slot: Slot) -> f64 {
        self.hours[slot.hour] * self.days[slot.day]
    }
}
