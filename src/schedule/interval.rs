//! When a source is polled again: after its pace, or after whatever its server asked for, if
//! that is longer; later after failures.

use std::time::Duration;

use super::reason::Reason;
use super::rhythm::{Bounds, Rhythm};
use super::wait::{self, Wait};
use super::window::{self, Showing};
use super::wishes::RETRY_AFTER_CAP;
use super::{jitter, wishes};
use crate::config::{FetchConfig, Interval};
use crate::model::{Found, Fresh, Hints, Marker, Next, Note, PollClass, SourceState, Timestamp, Validators};

/// How much later than it has to be a poll may be, so that sources of one interval do not stay in
/// step.
const JITTER: f64 = 0.1;
/// No server without validators is polled more often by itself.
const WITHOUT_VALIDATORS: Duration = Duration::from_hours(1);

/// The pace a source is polled at when all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// So often.
    Every(Duration),
    /// As often as it posts, within these bounds.
    Adaptive(Bounds),
}

impl Pace {
    /// Returns the source's own pace, else the one for all.
    pub fn of(own: Option<Interval>, fetch: &FetchConfig) -> Self {
        let for_all = fetch.interval.map_or(Interval::Adaptive, Interval::Every);
        match own.unwrap_or(for_all) {
            Interval::Every(interval) => Pace::Every(interval.max(Duration::from_secs(1))),
            Interval::Adaptive => {
                Pace::Adaptive(Bounds { least: fetch.min_interval, most: fetch.max_interval })
            }
        }
    }

    /// Returns the interval of a source that was never polled.
    pub fn first(self) -> Duration {
        match self {
            Pace::Every(interval) => interval,
            Pace::Adaptive(bounds) => Rhythm::default().next(bounds, Timestamp::default()),
        }
    }
}

/// What a poll came to, as far as the schedule needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The class.
    pub class: PollClass,
    /// What to tell people about it.
    pub message: Option<String>,
    /// `Retry-After` of the answer.
    pub retry_after: Option<Duration>,
    /// How long the server takes its answer for good, a refusal too.
    pub fresh: Fresh,
    /// What the poll learned to ask with; `None` where it was no whole feed.
    pub learned: Option<Learned>,
}

impl Outcome {
    fn showing(&self) -> Showing {
        self.learned.as_ref().map(|learned| learned.showing).unwrap_or_default()
    }
}

/// What a whole feed, or the news that it did not change, leaves behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    /// The validators to send next time; `None` forgets those before.
    pub validators: Option<Validators>,
    /// The body's hash; `None` keeps the one before.
    pub body_hash: Option<String>,
    /// What the feed's head asks for; `None` keeps what it asked before.
    pub hints: Option<Hints>,
    /// How much of the feed came.
    pub showing: Showing,
}

/// Returns how long a whole host wants to be left alone after this answer.
pub fn host_pause(outcome: &Outcome) -> Option<Duration> {
    let speaks_for_its_host = matches!(outcome.class, PollClass::RateLimited | PollClass::Unavailable);
    outcome.retry_after.filter(|_| speaks_for_its_host).map(|pause| pause.min(RETRY_AFTER_CAP))
}

/// Says whether a class stands for a poll that worked.
pub fn succeeded(class: PollClass) -> bool {
    matches!(class, PollClass::Ok | PollClass::NotModified | PollClass::Degraded)
}

/// Decides what becomes of a source after a poll that found this.
pub fn after_poll(pace: Pace, before: &SourceState, outcome: &Outcome, found: Found, now: Timestamp) -> Next {
    let mut state = settled(before, outcome, now);
    let mut notes = Vec::new();
    let has_worked = succeeded(outcome.class);
    let mut rhythm = Rhythm::decode(&before.rhythm);
    if has_worked {
        if window::has_passed(before, outcome.showing(), found) {
            rhythm.overrun(found.new, now);
        } else if before.baseline_done {
            rhythm.learn(found.new, now);
        } else {
            rhythm = Rhythm::first_seen(now);
        }
        state.rhythm = rhythm.encode();
    }
    let normal = normal(pace, &rhythm, &state, now);
    let own = if has_worked { normal } else { wait::back_off(normal.time, &state, now) };
    let wait = own.or_longer(asked_by(outcome, before, &mut state, &mut notes));
    let pause = wait::pause(outcome.class, outcome.retry_after, state.failures);
    plan(&mut state, wait, pause, now);
    Next { state, notes, host: None }
}

/// Decides what becomes of a source after a poll that failed by our own fault: it counts for
/// nothing, and the next try is soon, but not at once and not together with all others.
pub fn after_own_fault(pace: Pace, before: &SourceState, outcome: &Outcome, now: Timestamp) -> Next {
    let mut state = SourceState {
        class: Some(outcome.class),
        message: outcome.message.clone(),
        last_poll: Some(now),
        ..before.clone()
    };
    let normal = normal(pace, &Rhythm::decode(&before.rhythm), &state, now);
    plan(&mut state, wait::return_spread(normal.time, before, now), None, now);
    Next { state, notes: Vec::new(), host: None }
}

/// Returns the state after a poll, but for when the next one is due.
fn settled(before: &SourceState, outcome: &Outcome, now: Timestamp) -> SourceState {
    let has_worked = succeeded(outcome.class);
    let mut next = SourceState {
        class: Some(outcome.class),
        message: outcome.message.clone(),
        last_poll: Some(now),
        ..before.clone()
    };
    let whole = outcome.learned.is_some();
    if let Some(learned) = &outcome.learned {
        next.validators.clone_from(&learned.validators);
        next.body_hash = learned.body_hash.clone().or(next.body_hash);
        next.hints = learned.hints.unwrap_or(next.hints);
    }
    if has_worked {
        next.failures = 0;
        next.failing_since = None;
        next.refused_since = None;
        next.last_success = Some(now);
        // A body cut short is no baseline: the rest of it would be told as news. A feed whose
        // bodies always are gets one from the second of them, so as not to be mute for ever.
        next.baseline_done = before.baseline_done || whole || before.last_success.is_some();
    } else {
        next.failures = before.failures.saturating_add(1);
        next.failing_since = before.failing_since.or(Some(now));
        next.refused_since = before.refused_since.or(Some(now)).filter(|_| wait::is_refusal(outcome.class));
    }
    if outcome.class == PollClass::Gone {
        next.marker = Marker::Gone;
    }
    next
}

/// Returns the wait when nobody asks for more: the operator's, or the learned one, but not below
/// what the feed itself asks for.
fn normal(pace: Pace, rhythm: &Rhythm, state: &SourceState, now: Timestamp) -> Wait {
    let wait = match pace {
        Pace::Every(time) => Wait { time, reason: Reason::Configured },
        Pace::Adaptive(bounds) => {
            let reason = if rhythm.is_unknown() { Reason::Unknown } else { Reason::Rhythm };
            let wait = Wait { time: rhythm.next(bounds, now), reason };
            if state.validators.is_none() && state.last_success.is_some() {
                let time = (wait.time * 2).min(bounds.most.max(bounds.least)).max(WITHOUT_VALIDATORS);
                Wait { time, reason: Reason::NoValidators }
            } else {
                wait
            }
        }
    };
    wait.or_longer(wishes::feed_asks(&state.hints, now))
}

/// Returns how long the answer stays good, and keeps of it what holds for later answers too.
fn asked_by(
    outcome: &Outcome,
    before: &SourceState,
    state: &mut SourceState,
    notes: &mut Vec<Note>,
) -> Option<Wait> {
    let freshness = wishes::freshness(outcome.fresh, before.max_age);
    // What is said of a refusal does not hold for the feed.
    if outcome.learned.is_some() {
        state.max_age = freshness.max_age;
    }
    notes.extend(freshness.note);
    freshness.wait
}

/// Sets when the next poll is due: after the wait and what the server asked for in this answer,
/// up to a tenth later, and in no hour that the feed wants to be left alone in.
fn plan(state: &mut SourceState, wait: Wait, pause: Option<Wait>, now: Timestamp) {
    let salt = now.as_millis().unsigned_abs();
    let chance = jitter(state.id.as_str(), salt ^ u64::from(state.failures));
    // The waits after failures have their chance in them.
    let spread = if wait.reason.is_failure() { 1.0 } else { 1.0 + JITTER * chance };
    let longest = wait.or_longer(pause);
    // A pause is taken to the second: the host's own pace spreads what waits for its end.
    let due = now + wait.time.mul_f64(spread).max(pause.map_or(Duration::ZERO, |pause| pause.time));
    let open = wishes::beyond_skipped(&state.hints, due);
    state.interval = Some(longest.time);
    state.reason = Some(longest.reason.to_string());
    state.next_due = due;
    if open > due {
        let room = wishes::open_room(&state.hints, open, longest.time.mul_f64(JITTER));
        state.next_due = open + room.mul_f64(chance);
        state.interval = Some(open.since(now));
        state.reason = Some(Reason::Skipped.to_string());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::SourceId;

    const HOUR: Duration = Duration::from_hours(1);
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn outcome(class: PollClass) -> Outcome {
        Outcome { class, message: None, retry_after: None, fresh: Fresh::Silent, learned: None }
    }

    fn after(failures: u32, outcome: &Outcome) -> SourceState {
        let state = SourceState { failures, ..SourceState::unseen(SourceId::new("a"), NOW) };
        next(&state, outcome)
    }

    fn next(state: &SourceState, outcome: &Outcome) -> SourceState {
        after_poll(Pace::Every(HOUR), state, outcome, Found::default(), NOW).state
    }

    #[test]
    fn a_good_poll_is_followed_by_another_after_the_normal_pace() {
        let learned = Some(Learned::default());
        let state = after(3, &Outcome { learned, ..outcome(PollClass::NotModified) });
        assert_eq!(state.failures, 0);
        assert!(state.baseline_done);
        assert!((HOUR..=HOUR.mul_f64(1.1)).contains(&state.next_due.since(NOW)));
    }

    #[test]
    fn a_failed_poll_keeps_validators_and_baseline() {
        let validators =
            Some(Validators { url: "http://a/".into(), etag: Some(b"x".to_vec()), last_modified: None });
        let state =
            SourceState { validators: validators.clone(), ..SourceState::unseen(SourceId::new("a"), NOW) };
        let next = next(&state, &outcome(PollClass::Truncated));
        assert_eq!(next.validators, validators);
        assert!(!next.baseline_done);
        assert_eq!(next.failures, 1);
    }

    #[test]
    fn a_validator_that_is_absent_is_forgotten() {
        let validators =
            Some(Validators { url: "http://a/".into(), etag: Some(b"x".to_vec()), last_modified: None });
        let state = SourceState { validators, ..SourceState::unseen(SourceId::new("a"), NOW) };
        let learned = Some(Learned { body_hash: Some("h".into()), ..Learned::default() });
        let next = next(&state, &Outcome { learned, ..outcome(PollClass::Ok) });
        assert_eq!(next.validators, None);
        assert_eq!(next.body_hash.as_deref(), Some("h"));
    }

    #[test]
    fn a_body_cut_short_is_no_baseline_but_the_second_is() {
        let first = after(0, &outcome(PollClass::Degraded));
        assert!(!first.baseline_done);
        let failed = next(&first, &outcome(PollClass::Timeout));
        assert!(!failed.baseline_done);
        assert!(next(&failed, &outcome(PollClass::Degraded)).baseline_done);
    }

    #[test]
    fn only_a_server_under_load_speaks_for_its_host_and_not_for_ever() {
        let pause = |class, secs| {
            host_pause(&Outcome { retry_after: Some(Duration::from_secs(secs)), ..outcome(class) })
        };
        assert_eq!(pause(PollClass::RateLimited, 60), Some(Duration::from_mins(1)));
        assert_eq!(pause(PollClass::Unavailable, u64::MAX), Some(RETRY_AFTER_CAP));
        assert_eq!(pause(PollClass::HttpServerError, 60), None);
        assert_eq!(host_pause(&outcome(PollClass::RateLimited)), None);
    }

    #[test]
    fn gone_switches_the_source_off() {
        assert_eq!(after(0, &outcome(PollClass::Gone)).marker, Marker::Gone);
    }

    #[test]
    fn a_server_that_is_too_busy_gets_an_hour_then_two_then_four() {
        for (failures, hours) in [(0, 1), (1, 2), (2, 4)] {
            let wait = after(failures, &outcome(PollClass::RateLimited)).next_due.since(NOW);
            assert!(wait >= HOUR * hours, "{wait:?} after {failures}");
        }
    }

    proptest! {
        #[test]
        fn the_next_poll_is_never_early_and_never_beyond_the_caps(
            failures in 0_u32..40, class in 0..PollClass::ALL.len(), asked in proptest::option::of(0_u64..2_000_000),
        ) {
            let retry_after = asked.map(Duration::from_secs);
            let wait = after(failures, &Outcome { retry_after, ..outcome(PollClass::ALL[class]) }).next_due.since(NOW);
            prop_assert!(wait >= HOUR);
            prop_assert!(wait >= retry_after.unwrap_or_default().min(RETRY_AFTER_CAP));
            prop_assert!(wait <= RETRY_AFTER_CAP);
        }
    }
}
