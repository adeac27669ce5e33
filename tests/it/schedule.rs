//! The schedule over weeks of virtual time: made-up sources, and the decision after each poll.

mod asked;
mod failures;
mod figures;
mod rhythm;

use std::time::Duration;

use newshound::config::FetchConfig;
use newshound::model::{
    Found, Fresh, Hints, Marker, Note, PollClass, SourceId, SourceState, Timestamp, Validators,
};
use newshound::schedule::interval::{Learned, Outcome, Pace, after_poll};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Midnight of a Friday, by GMT.
const START: Timestamp = Timestamp::from_millis(1_799_971_200_000);

/// A source whose polls are answered by a rule.
struct World {
    pace: Pace,
    state: SourceState,
    /// Times it posts, in order.
    posts: Vec<Timestamp>,
    n_seen: usize,
    polls: Vec<Poll>,
    notes: Vec<Note>,
}

/// A poll that took place.
#[derive(Clone, Debug)]
struct Poll {
    at: Timestamp,
    /// How long each of the posts that it found had waited.
    delays: Vec<(Timestamp, Duration)>,
}

impl World {
    fn new(pace: Pace) -> Self {
        World::called("a source", pace)
    }

    fn called(id: &str, pace: Pace) -> Self {
        let state = SourceState::unseen(SourceId::new(id), START);
        World { pace, state, posts: Vec::new(), n_seen: 0, polls: Vec::new(), notes: Vec::new() }
    }

    fn adaptive() -> Self {
        World::new(Pace::of(None, &FetchConfig::default()))
    }

    fn posting(posts: Vec<Timestamp>) -> Self {
        assert!(posts.is_sorted());
        World { posts, ..World::adaptive() }
    }

    /// Polls once, when it is due, and returns how long it was since the poll before.
    fn poll(&mut self, outcome: &Outcome) -> Duration {
        let now = self.state.next_due;
        let before = self.state.last_poll.unwrap_or(now);
        let n_posted = self.posts.partition_point(|at| *at <= now);
        let has_worked = outcome.learned.is_some();
        let fresh = if has_worked { self.n_seen..n_posted } else { 0..0 };
        let found = Found { new: fresh.len() as u64, ..Found::default() };
        let is_news = self.state.baseline_done;
        let delays = self.posts[fresh].iter().filter(|_| is_news).map(|at| (*at, now.since(*at))).collect();
        if has_worked {
            self.n_seen = n_posted;
        }
        let next = after_poll(self.pace, &self.state, outcome, found, now);
        assert!(next.state.next_due > now && next.state.interval.is_some() && next.state.reason.is_some());
        self.state = next.state;
        self.notes.extend(next.notes);
        self.polls.push(Poll { at: now, delays });
        now.since(before)
    }

    /// Polls for as long, as long as it is not disabled.
    fn live(&mut self, time: Duration, outcome: &Outcome) {
        let end = self.state.next_due + time;
        while self.state.next_due < end && self.state.marker == Marker::None {
            self.poll(outcome);
        }
    }

    /// Returns how long after the last poll the next is due.
    fn wait(&self) -> Duration {
        self.state.next_due.since(self.state.last_poll.unwrap())
    }

    fn polls_between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = &Poll> {
        self.polls.iter().filter(move |poll| from <= poll.at && poll.at < to)
    }
}

fn failed(class: PollClass) -> Outcome {
    Outcome { class, message: None, retry_after: None, fresh: Fresh::Silent, learned: None }
}

fn answered(class: PollClass, learned: Learned) -> Outcome {
    Outcome { learned: Some(learned), ..failed(class) }
}

/// A 200 with validators and nothing to ask for.
fn good() -> Outcome {
    answered(PollClass::Ok, with_etag())
}

fn with_etag() -> Learned {
    let validators = Validators { url: "http://a/".into(), etag: Some(b"\"a\"".into()), last_modified: None };
    Learned { validators: Some(validators), hints: Some(Hints::default()), ..Learned::default() }
}

fn is_about(wait: Duration, expect: Duration) -> bool {
    (expect..=expect.mul_f64(1.1)).contains(&wait)
}

#[track_caller]
fn assert_about(wait: Duration, expect: Duration) {
    assert!(is_about(wait, expect), "{wait:?} is not {expect:?} and up to a tenth more");
}

/// Returns the times of posts so far apart between two hours of each day.
fn daily(from: f64, to: f64, apart: Duration, days: u32) -> Vec<Timestamp> {
    let mut posts = Vec::new();
    for day in 0..days {
        let begin = START + DAY * day;
        let mut at = begin + HOUR.mul_f64(from);
        while at < begin + HOUR.mul_f64(to) {
            posts.push(at);
            at = at + apart;
        }
    }
    posts
}

/// Returns the mean of times, in minutes.
#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn mean_minutes(times: impl Iterator<Item = Duration>) -> f64 {
    let times: Vec<f64> = times.map(|time| time.as_secs_f64() / 60.0).collect();
    times.iter().sum::<f64>() / times.len().max(1) as f64
}
