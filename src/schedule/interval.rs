//! When a source is polled again.

use std::time::Duration;

use crate::config::FetchConfig;
use crate::model::{Found, Marker, Next, PollClass, SourceState, Timestamp, Validators};

use super::jitter;

/// What a server's own wish may delay a poll by at most.
const RETRY_AFTER_CAP: Duration = Duration::from_hours(7 * 24);
/// What failures may delay a poll by at most.
const BACK_OFF_CAP: Duration = Duration::from_hours(24);
/// The least pause after 429 without `Retry-After`.
const RATE_LIMITED_PAUSE: Duration = Duration::from_hours(1);

/// The pace a source is polled at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two polls when all is well.
    pub normal: Duration,
}

impl Pace {
    /// Returns the source's own pace, else the one for all, else the plain one.
    pub fn of(own: Option<Duration>, fetch: &FetchConfig) -> Self {
        let normal = own.or(fetch.interval).unwrap_or(FetchConfig::PLAIN_INTERVAL);
        Pace { normal: normal.max(Duration::from_secs(1)) }
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
    /// What the poll learned to ask with; `None` where it was no whole feed.
    pub learned: Option<Learned>,
}

/// What a whole feed, or the news that it did not change, leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// The validators to send next time; `None` forgets those before.
    pub validators: Option<Validators>,
    /// The body's hash; `None` keeps the one before.
    pub body_hash: Option<String>,
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
    let _ = found;
    let failures = if succeeded(outcome.class) { 0 } else { before.failures.saturating_add(1) };
    let mut next = SourceState {
        next_due: now + wait(pace, before, outcome, failures),
        failures,
        class: Some(outcome.class),
        message: outcome.message.clone(),
        last_poll: Some(now),
        interval: Some(pace.normal),
        ..before.clone()
    };
    let whole = outcome.learned.is_some();
    if let Some(learned) = &outcome.learned {
        next.validators.clone_from(&learned.validators);
        next.body_hash = learned.body_hash.clone().or(next.body_hash);
    }
    if succeeded(outcome.class) {
        next.last_success = Some(now);
        next.failing_since = None;
        // A body cut short is no baseline: the rest of it would be told as news. A feed whose
        // bodies always are gets one from the second of them, so as not to be mute for ever.
        next.baseline_done = before.baseline_done || whole || before.last_success.is_some();
    } else {
        next.failing_since = before.failing_since.or(Some(now));
    }
    if outcome.class == PollClass::Gone {
        next.marker = Marker::Gone;
    }
    Next { state: next, notes: Vec::new() }
}

/// Returns how long to wait: the normal pace and up to a tenth more, else full jitter between
/// the normal pace and its double for each failure in a row; never less than the server asked.
fn wait(pace: Pace, state: &SourceState, outcome: &Outcome, failures: u32) -> Duration {
    let salt = u64::try_from(state.last_poll.map_or(0, Timestamp::as_millis)).unwrap_or(0);
    let chance = jitter(state.id.as_str(), salt ^ u64::from(failures));
    let spread = match failures {
        0 => pace.normal.mul_f64(1.0 + 0.1 * chance),
        failed => {
            let most = pace.normal.saturating_mul(2_u32.saturating_pow(failed.min(20)));
            let most = most.min(BACK_OFF_CAP.max(pace.normal));
            pace.normal + most.saturating_sub(pace.normal).mul_f64(chance)
        }
    };
    spread.max(asked(outcome, failures))
}

/// Returns the pause the server asked for.
fn asked(outcome: &Outcome, failures: u32) -> Duration {
    match outcome.retry_after {
        Some(pause) => pause.min(RETRY_AFTER_CAP),
        None if outcome.class == PollClass::RateLimited => RATE_LIMITED_PAUSE
            .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(7)))
            .min(RETRY_AFTER_CAP),
        None => Duration::ZERO,
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
        Outcome { class, message: None, retry_after: None, learned: None }
    }

    fn after(failures: u32, outcome: &Outcome) -> SourceState {
        let state = SourceState { failures, ..SourceState::unseen(SourceId::new("a"), NOW) };
        next(&state, outcome)
    }

    fn next(state: &SourceState, outcome: &Outcome) -> SourceState {
        after_poll(Pace { normal: HOUR }, state, outcome, Found::default(), NOW).state
    }

    #[test]
    fn a_good_poll_is_followed_by_another_after_the_normal_pace() {
        let learned = Some(Learned { validators: None, body_hash: None });
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
        let learned = Some(Learned { validators: None, body_hash: Some("h".into()) });
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
