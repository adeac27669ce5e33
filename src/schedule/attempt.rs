//! When a delivery is tried again, and when it is given up.

use std::time::Duration;

use crate::config::{ChannelConfig, ChannelKind};
use crate::model::{Delivery, DeliveryClass, Retry, Timestamp};

use super::jitter;

const fn seconds(list: [u64; 9]) -> [Duration; 9] {
    let mut waits = [Duration::ZERO; 9];
    let mut at = 0;
    while at < list.len() {
        waits[at] = Duration::from_secs(list[at]);
        at += 1;
    }
    waits
}

/// Waits of a webhook: Standard Webhooks' schedule, ten attempts in all.
const WEBHOOK_WAITS: [Duration; 9] = seconds([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
/// Waits of a mail before it settles on every four hours (RFC 5321, 4.5.4.1).
const MAIL_WAITS: [Duration; 6] = [
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(4),
];
/// How long after its schedule began a delivery is tried.
const WEBHOOK_LIFE: Duration = Duration::from_hours(4 * 24);
const MAIL_LIFE: Duration = Duration::from_hours(5 * 24);

/// What becomes of a delivery after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// Another attempt.
    Again {
        /// Not before this.
        due: Timestamp,
        /// Until when the receiver wants no message at all.
        pause_until: Option<Timestamp>,
    },
    /// No further attempt; `class` says why.
    GiveUp {
        /// The class of the failure, or `expired`.
        class: DeliveryClass,
        /// Until when the receiver wants no message at all.
        pause_until: Option<Timestamp>,
    },
}

/// Decides after an attempt that failed. `delivery.attempts` counts the one that just ended.
pub fn after_failure(
    channel: &ChannelConfig,
    delivery: &Delivery,
    (class, retry): (DeliveryClass, Retry),
    now: Timestamp,
) -> AfterFailure {
    let asked = match retry {
        Retry::Never | Retry::Later => None,
        Retry::After(pause) => Some(pause),
    };
    let pause_until = asked.map(|pause| now + pause);
    if retry == Retry::Never {
        return AfterFailure::GiveUp { class, pause_until };
    }
    let Some(wait) = nth_wait(channel, delivery.attempts) else {
        return AfterFailure::GiveUp { class, pause_until };
    };
    let chance = jitter(delivery.id.as_str(), u64::from(delivery.attempts));
    let due = now + wait.mul_f64(0.8 + 0.4 * chance).max(asked.unwrap_or_default());
    let life = if matches!(channel.kind, ChannelKind::Email(_)) { MAIL_LIFE } else { WEBHOOK_LIFE };
    if due > delivery.begun + life {
        return AfterFailure::GiveUp { class: DeliveryClass::Expired, pause_until };
    }
    AfterFailure::Again { due, pause_until }
}

/// Returns the wait after so many attempts; `None` where that was the last.
fn nth_wait(channel: &ChannelConfig, attempts: u32) -> Option<Duration> {
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    if let Some(own) = &channel.retry {
        return own.get(at).copied();
    }
    match channel.kind {
        ChannelKind::Email(_) => Some(MAIL_WAITS[at.min(MAIL_WAITS.len() - 1)]),
        ChannelKind::Webhook(_) | ChannelKind::Console => WEBHOOK_WAITS.get(at).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EmailConfig;
    use crate::model::{AlertId, AlertKind, ChannelName, DeliveryId, DeliveryState, StoryId, TopicId};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn mail(retry: Option<Vec<Duration>>) -> ChannelConfig {
        ChannelConfig { kind: ChannelKind::Email(EmailConfig { to: vec![] }), ..console(retry) }
    }

    fn console(retry: Option<Vec<Duration>>) -> ChannelConfig {
        ChannelConfig {
            name: ChannelName::new("c"),
            kind: ChannelKind::Console,
            retry,
            rate_per_minute: 30,
            in_flight: 4,
            place: None,
        }
    }

    fn attempted(attempts: u32) -> Delivery {
        let alert = AlertId::of(&TopicId::new("t"), &StoryId::new("s"), 1);
        Delivery {
            id: DeliveryId::of(&alert, &ChannelName::new("c"), "x"),
            alert,
            topic: TopicId::new("t"),
            channel: ChannelName::new("c"),
            to: "x".into(),
            kind: AlertKind::Created,
            state: DeliveryState::Sending,
            class: None,
            held: None,
            attempts,
            created: NOW,
            begun: NOW,
            due: NOW,
            last_attempt: Some(NOW),
            delivered_at: None,
            error: None,
        }
    }

    fn check(channel: &ChannelConfig, attempts: u32, retry: Retry, expect: Option<(u64, u64)>) {
        let after = after_failure(channel, &attempted(attempts), (DeliveryClass::Transient, retry), NOW);
        match (after, expect) {
            (AfterFailure::Again { due, .. }, Some((least, most))) => {
                let wait = due.since(NOW).as_secs();
                assert!((least..=most).contains(&wait), "{wait} after {attempts}");
            }
            (AfterFailure::GiveUp { class, .. }, None) => assert_eq!(class, DeliveryClass::Transient),
            (after, expect) => panic!("{after:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn webhooks_follow_the_published_schedule_for_ten_attempts() {
        check(&console(None), 1, Retry::Later, Some((4, 6)));
        check(&console(None), 2, Retry::Later, Some((240, 360)));
        check(&console(None), 9, Retry::Later, Some((69_120, 103_680)));
        check(&console(None), 10, Retry::Later, None);
    }

    #[test]
    fn mail_goes_on_every_four_hours() {
        check(&mail(None), 1, Retry::Later, Some((240, 360)));
        check(&mail(None), 20, Retry::Later, Some((11_520, 17_280)));
    }

    #[test]
    fn a_channels_own_list_replaces_the_waits_and_ends_them() {
        let own = mail(Some(vec![Duration::from_secs(10)]));
        check(&own, 1, Retry::Later, Some((8, 12)));
        check(&own, 2, Retry::Later, None);
    }

    #[test]
    fn the_receivers_wish_is_a_least_and_a_permanent_no_is_final() {
        check(&console(None), 1, Retry::After(Duration::from_mins(2)), Some((120, 120)));
        check(&console(None), 1, Retry::Never, None);
    }

    #[test]
    fn only_a_receiver_that_asks_gets_a_pause_of_all_messages() {
        let pause = Duration::from_mins(2);
        for (retry, expect) in [(Retry::After(pause), Some(NOW + pause)), (Retry::Later, None)] {
            // The last attempt tells of it like any other.
            for attempts in [1, 10] {
                let delivery = attempted(attempts);
                let after =
                    after_failure(&console(None), &delivery, (DeliveryClass::RateLimited, retry), NOW);
                let (AfterFailure::Again { pause_until, .. } | AfterFailure::GiveUp { pause_until, .. }) =
                    after;
                assert_eq!(pause_until, expect, "{after:?}");
            }
        }
    }

    #[test]
    fn a_delivery_that_grew_too_old_expires() {
        let old = Delivery { begun: NOW - Duration::from_hours(5 * 24), ..attempted(3) };
        let after = after_failure(&mail(None), &old, (DeliveryClass::Transient, Retry::Later), NOW);
        assert_eq!(after, AfterFailure::GiveUp { class: DeliveryClass::Expired, pause_until: None });
    }
}
