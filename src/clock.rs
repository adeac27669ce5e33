//! The only reader of the system clock: the real one, or one that tests set by hand.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::Notify;

use crate::model::Timestamp;

/// Tells the time and waits for it.
#[derive(Clone, Debug)]
pub struct Clock(Face);

#[derive(Clone, Debug)]
enum Face {
    System { started: Instant },
    ByHand(Arc<Hands>),
}

#[derive(Debug)]
struct Hands {
    millis: AtomicI64,
    moved: Notify,
    /// Until when each waits who waits.
    waiting: Mutex<Vec<i64>>,
}

/// Somebody who waits on a clock set by hand, until this is dropped.
struct Sleeper<'a>(&'a Hands, i64);

impl Hands {
    fn waiting(&self) -> MutexGuard<'_, Vec<i64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits_until(&self, time: Timestamp) -> Sleeper<'_> {
        self.waiting().push(time.as_millis());
        Sleeper(self, time.as_millis())
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        if let Some(at) = waiting.iter().position(|until| *until == self.1) {
            waiting.swap_remove(at);
        }
    }
}

impl Clock {
    /// Returns the machine's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn system() -> Self {
        Clock(Face::System { started: Instant::now() })
    }

    /// Returns a clock that stands still until it is set.
    pub fn by_hand(now: Timestamp) -> Self {
        let millis = AtomicI64::new(now.as_millis());
        Clock(Face::ByHand(Arc::new(Hands { millis, moved: Notify::new(), waiting: Mutex::default() })))
    }

    /// Returns the time of day.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Face::System { .. } => {
                let since_epoch =
                    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
            }
            Face::ByHand(hands) => Timestamp::from_millis(hands.millis.load(Ordering::SeqCst)),
        }
    }

    /// Returns the time since the clock was made, which never runs backwards.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Face::System { started } => started.elapsed(),
            Face::ByHand(hands) => {
                Duration::from_millis(u64::try_from(hands.millis.load(Ordering::SeqCst)).unwrap_or(0))
            }
        }
    }

    /// Sets a clock made by hand; the machine's clock takes no orders.
    pub fn set(&self, now: Timestamp) {
        if let Face::ByHand(hands) = &self.0 {
            hands.millis.store(now.as_millis(), Ordering::SeqCst);
            hands.moved.notify_waiters();
        }
    }

    /// Waits so long from `now` on, which was just read, however the time of day is set meanwhile.
    pub async fn sleep(&self, now: Timestamp, wait: Duration) {
        match &self.0 {
            Face::System { .. } => tokio::time::sleep(wait).await,
            // Set back, it wakes who waits: the machine's clock would not make them wait longer.
            Face::ByHand(hands) => {
                let _waits = hands.waits_until(now + wait);
                loop {
                    let moved = hands.moved.notified();
                    if !(now..now + wait).contains(&self.now()) {
                        return;
                    }
                    moved.await;
                }
            }
        }
    }

    /// Returns until when the first of those waits who wait on a clock set by hand.
    pub fn first_wake(&self) -> Option<Timestamp> {
        match &self.0 {
            Face::System { .. } => None,
            Face::ByHand(hands) => hands.waiting().iter().min().map(|until| Timestamp::from_millis(*until)),
        }
    }

    /// Waits until the time has come.
    ///
    /// The wait is measured once: callers that sleep for long must look again from time to
    /// time, since the time of day may jump.
    pub async fn wait_until(&self, time: Timestamp) {
        let now = self.now();
        self.sleep(now, time.since(now)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clock_set_by_hand_wakes_who_waits() {
        let clock = Clock::by_hand(Timestamp::from_millis(1_000));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.wait_until(Timestamp::from_millis(2_000)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        assert_eq!(clock.first_wake(), Some(Timestamp::from_millis(2_000)));
        clock.set(Timestamp::from_millis(1_500));
        tokio::task::yield_now().await;
        clock.set(Timestamp::from_millis(2_500));
        assert_eq!(sleeper.await.unwrap(), Timestamp::from_millis(2_500));
        assert_eq!(clock.first_wake(), None);
    }

    #[tokio::test]
    async fn a_clock_set_back_makes_nobody_wait_longer() {
        let clock = Clock::by_hand(Timestamp::from_millis(1_000));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.wait_until(Timestamp::from_millis(2_000)).await }
        });
        tokio::task::yield_now().await;
        clock.set(Timestamp::from_millis(10));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn the_machines_clock_does_not_wait_for_the_past() {
        let clock = Clock::system();
        clock.wait_until(clock.now() - Duration::from_secs(5)).await;
        assert!(clock.elapsed() < Duration::from_secs(5));
    }
}
