//! The rhythm of a source: learned from when it was looked at and whether anything was new, and
//! turned into the time of the next look. The store keeps it as a few bytes (`coding`).
//!
//! Posts are taken for irregular, at a rate that depends on the hour of the day and the day of
//! the week (`profile`). A look every `τ` costs `1/τ` requests and, at the rate `λ`, `λτ/2` of
//! delay; so the cheapest pace is `τ = √(2c/λ)`, where `c` is what a request is worth in delay.
//! The rate changes on the way to the next look: it is due when the paces passed add up to one.

mod coding;
mod profile;

use std::time::Duration;

use self::profile::Profile;
use crate::model::Timestamp;

/// What a request is worth: so many hours of delay of one post. A source that posts every
/// 12 minutes is then looked at every 11 to 12, one that posts once a day every 131 minutes.
const WORTH_HOURS: f64 = 0.1;
/// The pace of a source about which nothing is known.
const UNKNOWN: Duration = Duration::from_hours(1);
/// Looks without a post that say nothing yet: as long the source is unknown.
const FEW_LOOKS: u8 = 3;
/// The rate, per hour, at which more is expected right behind a post, since posts come in
/// bursts: a look within 49 minutes. It falls with the time since.
const BURST_RATE: f64 = 0.3;
/// The same right behind the first sight of a source: a look within an hour.
const FIRST_RATE: f64 = 0.2;
/// After so many hours the burst is half of what it was.
const BURST_HOURS: f64 = 1.0;
/// Posts that may be missing before the source is taken to post less than it did.
const MISSED_BY_CHANCE: f64 = 2.0;
/// So many posts are believed to have come between two looks: a publisher that gives all its items
/// new ids does not post for weeks.
const MOST_AT_ONCE: u64 = 20;
/// So many missing posts are a silence, after which a source may have other hours …
const LONG_MISSED: f64 = 10.0;
/// … until it has posted so often.
const WAKING: u8 = 3;
/// A pause between two looks that teaches nothing: the source may have been switched off.
const TOO_LONG: Duration = Duration::from_hours(14 * 24);

/// The bounds of the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least interval.
    pub least: Duration,
    /// The greatest interval.
    pub most: Duration,
}

/// What is known of a source's posting.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rhythm {
    profile: Profile,
    /// When it was last looked at; `None` before the first sight.
    looked: Option<Timestamp>,
    /// When it last had something new; before that, when it was first seen.
    woke: Timestamp,
    /// The posts that were to be expected since then.
    missed: f64,
    /// Looks since the first sight, as far as they are counted.
    n_looks: u8,
    /// Whether it ever had something new.
    has_posted: bool,
    /// After a long silence, for so many finds its old hours say nothing.
    waking: u8,
}

impl Rhythm {
    /// Returns the rhythm of a source at its first sight. What that brings is its past, and tells
    /// nothing of its pace.
    pub fn first_seen(now: Timestamp) -> Self {
        let now = whole_seconds(now);
        Rhythm { looked: Some(now), woke: now, ..Rhythm::default() }
    }

    /// Learns from a look that found so many new items.
    pub fn learn(&mut self, n_new: u64, now: Timestamp) {
        self.look(n_new, posts, now);
    }

    /// Learns from a look that found nothing of what the one before had seen: so many posts came in
    /// between, at the least, and were no heap.
    pub fn overrun(&mut self, n_new: u64, now: Timestamp) {
        #[expect(clippy::cast_precision_loss, reason = "the lesser of both is small")]
        self.look(n_new, |n_new, _| n_new.min(MOST_AT_ONCE) as f64, now);
    }

    fn look(&mut self, n_new: u64, posts: impl Fn(u64, f64) -> f64, now: Timestamp) {
        let now = whole_seconds(now);
        let Some(looked) = self.looked.replace(now) else {
            *self = Rhythm::first_seen(now);
            return;
        };
        self.n_looks = self.n_looks.saturating_add(1);
        // A clock that was set tells nothing of what lies between.
        let is_sound = now > looked && now.since(looked) <= TOO_LONG;
        let expected = if is_sound { self.profile.expected(looked, now) } else { 0.0 };
        if n_new > 0 {
            self.waking = if self.missed > LONG_MISSED { WAKING } else { self.waking.saturating_sub(1) };
            (self.has_posted, self.woke, self.missed) = (true, now, 0.0);
        } else {
            self.missed += expected;
        }
        if is_sound {
            self.profile.pass(looked, now, posts(n_new, expected));
        }
    }

    /// Returns how many posts were to be expected since the last one.
    pub fn missing(&self) -> f64 {
        self.missed
    }

    /// Returns how long to wait for the next look.
    pub fn next(&self, bounds: Bounds, now: Timestamp) -> Duration {
        let most = bounds.most.max(bounds.least);
        if self.is_unknown() {
            return UNKNOWN.clamp(bounds.least, most);
        }
        let (least_hours, most_hours) = (hours(bounds.least), hours(most));
        let faith = 1.0 / (1.0 + (self.missed - MISSED_BY_CHANCE).max(0.0));
        let burst = self.burst(now);
        let rates = self.profile.rates();
        let mut share = 0.0;
        for span in profile::spans(now, now + most) {
            let usual = rates.at(span.slot);
            let likeness = if self.waking > 0 { 1.0 } else { (usual / rates.mean).min(1.0) };
            let rate = (usual * faith).max(burst * likeness);
            let pace = (2.0 * WORTH_HOURS / rate).sqrt().clamp(least_hours, most_hours);
            let step = span.hours / pace;
            if share + step >= 1.0 {
                let wait = hours(span.start.since(now)) + (1.0 - share) * pace;
                return Duration::from_secs_f64(wait * 3600.0).clamp(bounds.least, most);
            }
            share += step;
        }
        most
    }

    /// Says whether too little is known for a pace of its own.
    pub fn is_unknown(&self) -> bool {
        !self.has_posted && self.n_looks < FEW_LOOKS
    }

    fn burst(&self, now: Timestamp) -> f64 {
        let first = if self.has_posted { BURST_RATE } else { FIRST_RATE };
        first / (1.0 + hours(now.since(self.woke)) / BURST_HOURS)
    }
}

/// Returns how many posts a look that found something stands for: as many as it found, but a heap
/// that came at once is one post, as far as the pace goes. Where `expected` were to come and at
/// least one did, `expected / (1 - e^-expected)` came; repeated over many looks, this ends at the
/// rate that makes the looks most likely (for equal intervals, `-ln(1 - found/looks)` in each).
fn posts(n_new: u64, expected: f64) -> f64 {
    let likely = if expected > 1e-6 { expected / -(-expected).exp_m1() } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "the lesser of both is small")]
    let found = n_new as f64;
    found.min(likely)
}

/// It is written down in seconds.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millis(time.as_secs() * 1000)
}

fn hours(duration: Duration) -> f64 {
    duration.as_secs_f64() / 3600.0
}
