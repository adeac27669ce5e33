//! One alert on one channel, and what becomes of it.

use std::time::Duration;

use super::alert::AlertKind;
use super::class::{DeliveryClass, names};
use super::id::{AlertId, ChannelName, DeliveryId, Timestamp, TopicId};

names! {
    /// Where a delivery stands.
    DeliveryState {
        /// Waiting, whatever for.
        Pending = "pending",
        /// Claimed by a worker that is sending it.
        Sending = "sending",
        /// The receiver took it.
        Delivered = "delivered",
        /// Given up; can be replayed.
        Failed = "failed",
        /// Called off by the operator.
        Cancelled = "cancelled",
    }
}

names! {
    /// Why a pending delivery waits.
    Held {
        /// For the next attempt after a failure.
        Retry = "retry",
        /// For the end of the quiet hours.
        Quiet = "quiet",
        /// For its digest.
        Digest = "digest",
        /// For the channel's rate.
        Rate = "rate",
        /// For the end of a silence.
        Silence = "silence",
        /// For the endpoint's recovery.
        Circuit = "circuit",
        /// For the operator.
        Paused = "paused",
    }
}

/// One alert on one channel, for mail to one recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Computed from alert, channel and recipient; the same at every attempt.
    pub id: DeliveryId,
    /// The alert.
    pub alert: AlertId,
    /// The alert's topic.
    pub topic: TopicId,
    /// The channel.
    pub channel: ChannelName,
    /// The recipient of a mail, else the receiver's host.
    pub to: String,
    /// What the message is about.
    pub kind: AlertKind,
    /// Where it stands.
    pub state: DeliveryState,
    /// The class of the last attempt.
    pub class: Option<DeliveryClass>,
    /// Why it waits.
    pub held: Option<Held>,
    /// How many attempts were made.
    pub attempts: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When its schedule began: as it was made, or as the operator wanted it tried anew.
    pub begun: Timestamp,
    /// Not attempted before.
    pub due: Timestamp,
    /// When it was last attempted.
    pub last_attempt: Option<Timestamp>,
    /// When the receiver took it.
    pub delivered_at: Option<Timestamp>,
    /// What the last attempt said.
    pub error: Option<String>,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Try again by the channel's schedule.
    Later,
    /// Try again, but not before this long from now.
    After(Duration),
    /// Give up.
    Never,
}
