//! A wait with its reason, and the waits that failures earn.

use std::time::Duration;

use super::reason::Reason;
use super::{jitter, wishes::RETRY_AFTER_CAP};
use crate::model::{PollClass, SourceState, Timestamp};

/// What failures may delay a poll by at most.
const BACK_OFF_CAP: Duration = Duration::from_hours(24);
/// The least pause after 429 without `Retry-After`.
const RATE_LIMITED_PAUSE: Duration = Duration::from_hours(1);
/// After so long of nothing but 4xx a source is asked once a week.
const REFUSED_FOR: Duration = Duration::from_hours(30 * 24);
const WEEK: Duration = Duration::from_hours(7 * 24);
/// Over so long at most the polls are spread that fail by our own fault.
const RETURN: Duration = Duration::from_mins(15);

/// How long to wait, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) time: Duration,
    pub(super) reason: Reason,
}

impl Wait {
    /// Returns the longer of both; of equal ones the first.
    pub(super) fn or_longer(self, other: Option<Wait>) -> Wait {
        other.filter(|other| other.time > self.time).unwrap_or(self)
    }
}

/// Returns how long a server asks us to stay away by the answer itself: by `Retry-After`, or by
/// 429 without, an hour that doubles.
pub(super) fn pause(class: PollClass, retry_after: Option<Duration>, failures: u32) -> Option<Wait> {
    match retry_after {
        Some(asked) => Some(Wait { time: asked.min(RETRY_AFTER_CAP), reason: Reason::RetryAfter(asked) })
            .filter(|wait| !wait.time.is_zero()),
        None if class == PollClass::RateLimited => {
            let doubled = RATE_LIMITED_PAUSE.saturating_mul(doublings(failures.saturating_sub(1), 7));
            Some(Wait { time: doubled.min(RETRY_AFTER_CAP), reason: Reason::RateLimited })
        }
        None => None,
    }
}

/// Says whether a class is a refusal: 4xx.
pub(super) fn is_refusal(class: PollClass) -> bool {
    matches!(class, PollClass::AuthRequired | PollClass::HttpClientError)
}

/// Returns the wait after so many failures in a row, `state` being that after the last of them:
/// up to double the normal pace for each. The chance is the same for a whole row of failures, so
/// that the waits grow, and another for every source.
pub(super) fn back_off(normal: Duration, state: &SourceState, now: Timestamp) -> Wait {
    let began = state.failing_since.map_or(0, Timestamp::as_secs).unsigned_abs();
    let chance = jitter(state.id.as_str(), began);
    let cap = BACK_OFF_CAP.max(normal);
    let [least, most] = [state.failures.saturating_sub(1), state.failures]
        .map(|doubled| normal.saturating_mul(doublings(doubled, 20)).min(cap));
    let time = least + most.saturating_sub(least).mul_f64(chance);
    let wait = Wait { time, reason: Reason::Failing(state.failures) };
    match state.refused_since {
        Some(since) if now.since(since) >= REFUSED_FOR => {
            Wait { time: time.max(WEEK), reason: Reason::Refused }
        }
        Some(_) | None => wait,
    }
}

/// Returns the wait after a failure that is our own fault: no penalty, and the polls of all
/// sources are spread, over no longer than one interval, in which they would all come anyway.
pub(super) fn return_spread(normal: Duration, state: &SourceState, now: Timestamp) -> Wait {
    let chance = jitter(state.id.as_str(), now.as_millis().unsigned_abs());
    let time = normal.min(RETURN).mul_f64(1.0 + chance);
    Wait { time, reason: Reason::Ours }
}

fn doublings(n: u32, most: u32) -> u32 {
    2_u32.saturating_pow(n.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn failing(id: &str, failures: u32, refused_days: Option<u64>) -> SourceState {
        SourceState {
            failures,
            failing_since: Some(NOW),
            refused_since: refused_days.map(|days| NOW - Duration::from_hours(24 * days)),
            ..SourceState::unseen(SourceId::new(id), NOW)
        }
    }

    #[test]
    fn waits_grow_with_each_failure_up_to_a_day() {
        let minutes = Duration::from_mins(10);
        for id in ["a", "b", "c", "d"] {
            let waits: Vec<_> = (1..12).map(|n| back_off(minutes, &failing(id, n, None), NOW).time).collect();
            assert!(waits.is_sorted(), "{waits:?}");
            for (n, wait) in (1_u32..).zip(&waits) {
                assert!(
                    *wait >= minutes && *wait <= (minutes * 2_u32.pow(n)).min(BACK_OFF_CAP),
                    "{n}: {wait:?}"
                );
            }
            assert!(*waits.last().unwrap() >= BACK_OFF_CAP / 2);
        }
    }

    #[test]
    fn sources_that_fail_together_do_not_come_back_together() {
        let wait = |id| back_off(Duration::from_hours(1), &failing(id, 3, None), NOW).time;
        assert_ne!(wait("a"), wait("b"));
        let ours = |id| return_spread(Duration::from_hours(1), &failing(id, 3, None), NOW).time;
        assert_ne!(ours("a"), ours("b"));
        assert!((RETURN..=RETURN * 2).contains(&ours("a")));
    }

    #[test]
    fn an_interval_longer_than_the_cap_is_kept() {
        let week = Duration::from_hours(7 * 24);
        assert_eq!(back_off(week, &failing("a", 9, None), NOW).time, week);
    }

    #[test]
    fn a_month_of_refusals_makes_it_a_week() {
        let wait = |days| back_off(Duration::from_hours(1), &failing("a", 9, Some(days)), NOW);
        assert_eq!(wait(29).reason, Reason::Failing(9));
        assert_eq!(wait(30), Wait { time: WEEK, reason: Reason::Refused });
    }

    #[test]
    fn a_server_with_too_many_requests_gets_an_hour_then_two_then_four() {
        let hours = |n| pause(PollClass::RateLimited, None, n).unwrap().time.as_secs() / 3600;
        assert_eq!([1, 2, 3, 99].map(hours), [1, 2, 4, 128]);
        let asked = pause(PollClass::RateLimited, Some(Duration::from_hours(9999)), 1).unwrap();
        assert_eq!(asked.time, RETRY_AFTER_CAP);
        assert_eq!(pause(PollClass::Ok, Some(Duration::ZERO), 0), None);
        assert_eq!(pause(PollClass::Timeout, None, 5), None);
    }
}
