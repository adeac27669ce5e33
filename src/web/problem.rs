//! What the operator should look at: one enum, told in a line for commands and other programs,
//! and drawn with its remedy on the page.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::model::{ChannelName, DeliveryClass, StoreClass, Timestamp};

/// Something that does not mend without somebody's help, or that holds alerts back meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The store fails.
    Store {
        /// How.
        class: StoreClass,
        /// In its own words.
        message: String,
        /// Whether a daemon waits for it.
        waiting: bool,
    },
    /// A loop stands still.
    Standstill,
    /// The files have an error, and what was in force before still is.
    ConfigRejected {
        /// The first error.
        error: String,
        /// Since when.
        since: Timestamp,
    },
    /// Some topics in the files have an error and are as they were before; the rest was taken.
    ConfigPartial {
        /// The first error.
        error: String,
        /// Since when.
        since: Timestamp,
    },
    /// A channel left the configuration with deliveries waiting.
    ChannelGone {
        /// Its name.
        name: ChannelName,
        /// How many wait.
        waiting: u64,
    },
    /// A channel gave deliveries up within the last 24 hours.
    GivenUp {
        /// Its name.
        name: ChannelName,
        /// How many.
        n: u64,
    },
    /// A channel does not take what it is sent.
    ChannelFails {
        /// Its name.
        name: ChannelName,
        /// What came of the latest attempt.
        class: DeliveryClass,
        /// How many deliveries wait.
        waiting: u64,
        /// When the oldest of them was made.
        since: Timestamp,
    },
    /// Most hosts cannot be reached at once.
    Unreachable {
        /// Since when.
        since: Timestamp,
    },
    /// Most sources fail.
    SourcesFail {
        /// How many.
        failing: u64,
        /// Of how many.
        polled: u64,
    },
}

/// What a daemon does about a fault of its store.
const WAITING: &str = "; polling and sending wait and go on by themselves";

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Store { class, message, waiting } => {
                let waiting = if *waiting { WAITING } else { "" };
                write!(f, "the store: {class}, {message}{waiting}")
            }
            Problem::Standstill => {
                f.write_str("a loop of the daemon stands still: restart it and report its log")
            }
            Problem::ConfigRejected { error, .. } => {
                write!(f, "the changed configuration was rejected, the one before is in force: {error}")
            }
            Problem::ConfigPartial { error, .. } => {
                write!(f, "part of the changed configuration was not taken: {error}")
            }
            Problem::ChannelGone { name, waiting } => write!(
                f,
                "channel {name}: not in the configuration any more, and {waiting} of its deliveries wait"
            ),
            Problem::GivenUp { name, n } => {
                write!(f, "channel {name}: {n} deliveries given up in 24 hours, `newshound deliveries retry`")
            }
            Problem::ChannelFails { name, class, waiting, since } => {
                write!(f, "channel {name}: {class}, {waiting} deliveries wait since {since}")
            }
            Problem::Unreachable { since } => write!(
                f,
                "most hosts cannot be reached since {since}: look at this machine's network, name servers and proxy"
            ),
            Problem::SourcesFail { failing, polled } => {
                write!(f, "{failing} of {polled} sources fail: `newshound sources list --state backing_off`")
            }
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
