//! How the loops get on: for the watchdog, for the health checks, and to wake each other.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use crate::model::{StoreClass, Timestamp};

/// How long without a turn of its loop the daemon counts as stuck.
const STUCK_AFTER: Duration = Duration::from_mins(1);

/// How long without a sign of life in the store it does: the sign comes seldomer than the turns.
pub const SILENT_AFTER: Duration = Duration::from_secs(90);

/// The last turn of each loop, by the monotonic clock, and what keeps them from working.
#[derive(Debug, Default)]
pub struct Pulse {
    poll_ms: AtomicU64,
    dispatch_ms: AtomicU64,
    fault: Mutex<Option<Fault>>,
    deliveries_made: Notify,
}

/// A store that fails, since when and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its class.
    pub class: StoreClass,
    /// In words.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
}

/// One of the two loops.
#[derive(Clone, Copy, Debug)]
pub enum Loop {
    /// From due to recorded.
    Poll,
    /// From claimed to settled.
    Dispatch,
}

impl Pulse {
    /// Notes that a loop turned, so long after the process began.
    pub fn beat(&self, which: Loop, elapsed: Duration) {
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        match which {
            Loop::Poll => self.poll_ms.store(millis, Ordering::Relaxed),
            Loop::Dispatch => self.dispatch_ms.store(millis, Ordering::Relaxed),
        }
    }

    /// Says whether both loops turned lately.
    pub fn is_alive(&self, elapsed: Duration) -> bool {
        self.quiet(elapsed) < STUCK_AFTER
    }

    /// Returns how long ago the loop turned that did so least lately.
    pub fn quiet(&self, elapsed: Duration) -> Duration {
        let oldest = self.poll_ms.load(Ordering::Relaxed).min(self.dispatch_ms.load(Ordering::Relaxed));
        elapsed.saturating_sub(Duration::from_millis(oldest))
    }

    /// Returns how long ago any of the loops turned.
    pub fn quiet_altogether(&self, elapsed: Duration) -> Duration {
        let latest = self.poll_ms.load(Ordering::Relaxed).max(self.dispatch_ms.load(Ordering::Relaxed));
        elapsed.saturating_sub(Duration::from_millis(latest))
    }

    /// Tells the dispatch loop that there is something to send.
    pub fn deliveries_made(&self) {
        self.deliveries_made.notify_one();
    }

    /// Waits until there is something to send.
    pub async fn wait_for_deliveries(&self) {
        self.deliveries_made.notified().await;
    }

    /// Returns what is wrong with the store.
    pub fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the store works.
    pub fn recovered(&self) {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(fault) = fault {
            tracing::info!(class = %fault.class, "the store works again after {}", fault.class);
        }
    }

    /// Notes that the store fails; one line of log for each class, not for each try.
    pub fn failed(&self, class: StoreClass, message: String, now: Timestamp) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if fault.as_ref().is_none_or(|fault| fault.class != class) {
            tracing::error!(%class, "the store fails, polling and sending wait: {message}");
            *fault = Some(Fault { class, message, since: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loop_that_stands_still_is_enough_to_be_stuck() {
        let pulse = Pulse::default();
        pulse.beat(Loop::Poll, Duration::from_secs(500));
        assert!(!pulse.is_alive(Duration::from_secs(501)));
        pulse.beat(Loop::Dispatch, Duration::from_secs(500));
        assert!(pulse.is_alive(Duration::from_secs(501)));
        pulse.beat(Loop::Poll, Duration::from_secs(520));
        let now = Duration::from_secs(530);
        assert_eq!((pulse.quiet(now).as_secs(), pulse.quiet_altogether(now).as_secs()), (30, 10));
    }

    #[test]
    fn a_fault_keeps_the_time_it_began() {
        let pulse = Pulse::default();
        let at = Timestamp::from_millis;
        pulse.failed(StoreClass::DiskFull, "full".into(), at(1));
        pulse.failed(StoreClass::DiskFull, "full".into(), at(2));
        assert_eq!(pulse.fault().map(|fault| fault.since), Some(at(1)));
        pulse.recovered();
        assert_eq!(pulse.fault(), None);
    }
}
