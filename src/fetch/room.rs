//! Bounds the memory of all bodies in flight together: small ones come as they like, of larger ones
//! a few at a time. Who grows takes a turn before it grows, and keeps it for as long as the body is
//! held.
//!
//! Nothing can lock up: who has a turn among the large waits for no other, and who waits for one
//! keeps at most a turn among the middling. Each turn ends with the time of its exchange. The time
//! that a body waits for its turn does not count as its server's, up to a bound.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::Failure;
use crate::model::PollClass;

/// Up to so many bytes a body needs no turn.
pub(super) const SMALL: usize = 128 << 10;
/// Beyond so many bytes it needs one of the few.
pub(super) const LARGE: usize = 1 << 20;
/// Middling bodies at one time.
const MIDDLING_TURNS: usize = 16;
/// Large bodies at one time.
const LARGE_TURNS: usize = 2;
/// How long a body waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Waiting is counted in pieces of this.
const SLICE: Duration = Duration::from_millis(50);

/// The turns of all bodies in flight.
#[derive(Clone, Debug)]
pub(super) struct Room {
    middling: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// Keeps a body's room for as long as it lives.
#[derive(Clone, Debug, Default)]
pub struct Place {
    _turn: Option<Arc<OwnedSemaphorePermit>>,
}

/// Two places are as good as each other.
impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

/// How long an exchange waited for us and not for its server.
#[derive(Clone, Debug, Default)]
pub(super) struct Waited(Arc<AtomicU64>);

impl Room {
    pub(super) fn new() -> Self {
        Room {
            middling: Arc::new(Semaphore::new(MIDDLING_TURNS)),
            large: Arc::new(Semaphore::new(LARGE_TURNS)),
        }
    }

    /// Waits for the place of a body of so many bytes; it has this one so far.
    pub(super) async fn place(&self, has: Place, bytes: usize, waited: &Waited) -> Result<Place, Failure> {
        if bytes <= SMALL {
            return Ok(has);
        }
        let (turns, all) =
            if bytes <= LARGE { (&self.middling, MIDDLING_TURNS) } else { (&self.large, LARGE_TURNS) };
        if let Some(Ok(turn)) = waited.wait(Arc::clone(turns).acquire_owned()).await {
            return Ok(Place { _turn: Some(Arc::new(turn)) });
        }
        let text = format!("{all} other bodies as large were being read for {LONGEST_WAIT:?}");
        Err(Failure::new(PollClass::Timeout, text))
    }
}

/// Says whether a body needs another place when it grows to so many bytes.
pub(super) fn outgrows(from: usize, to: usize) -> bool {
    [SMALL, LARGE].into_iter().any(|bound| from <= bound && bound < to)
}

impl Waited {
    /// Waits and counts; `None` where it takes too long.
    async fn wait<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(what);
        let mut waited = Duration::ZERO;
        while waited < LONGEST_WAIT {
            if let Ok(done) = tokio::time::timeout(SLICE, &mut what).await {
                return Some(done);
            }
            waited += SLICE;
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        None
    }

    /// Does something within a time that does not run while it waits for us; `None` where it is not
    /// done by then.
    pub(super) async fn within<T>(&self, time: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        let mut left = time;
        while !left.is_zero() {
            if let Ok(done) = tokio::time::timeout(left, &mut work).await {
                return Some(done);
            }
            let slices = self.0.swap(0, Ordering::Relaxed);
            left = SLICE * u32::try_from(slices).unwrap_or(u32::MAX);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn large_bodies_take_turns_and_small_ones_never_wait() {
        let (room, waited) = (Room::new(), Waited::default());
        let place = |has: Place, bytes| room.place(has, bytes, &waited);
        let mut held = Vec::new();
        for _ in 0..LARGE_TURNS {
            held.push(place(Place::default(), LARGE + 1).await.unwrap());
        }
        assert!(place(Place::default(), LARGE + 1).now_or_never().is_none());
        assert!(place(Place::default(), SMALL).now_or_never().is_some());
        let middling = place(Place::default(), LARGE).now_or_never().unwrap().unwrap();
        held.pop();
        let grown = place(middling, LARGE + 1).now_or_never().unwrap().unwrap();
        // The turn among the middling is free again.
        assert_eq!(room.middling.available_permits(), MIDDLING_TURNS);
        drop((held, grown));
        assert_eq!(room.large.available_permits(), LARGE_TURNS);
    }

    #[test]
    fn a_place_is_taken_when_a_bound_is_crossed() {
        assert!(!outgrows(0, SMALL) && outgrows(SMALL, SMALL + 1) && !outgrows(SMALL + 1, LARGE));
        assert!(outgrows(LARGE, LARGE + 1) && outgrows(0, 1 << 30) && !outgrows(LARGE + 1, 1 << 30));
    }

    /// Waits on the paused clock of a test, which goes on by itself.
    async fn pass(time: Duration) {
        let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_turn_is_not_the_servers_time() {
        let (room, waited) = (Room::new(), Waited::default());
        let held = Arc::clone(&room.large).acquire_many_owned(2).await.unwrap();
        let second = Duration::from_secs(1);
        let work = async {
            pass(second / 2).await;
            room.place(Place::default(), LARGE + 1, &waited).await.map(drop).map_err(|failure| failure.class)
        };
        let freed = async {
            pass(second * 20).await;
            drop(held);
        };
        let (done, ()) = tokio::join!(waited.within(second, work), freed);
        assert_eq!(done, Some(Ok(())));
        let slow = waited.within(second, pass(second * 2)).await;
        assert_eq!(slow, None);
        let held = Arc::clone(&room.large).acquire_many_owned(2).await.unwrap();
        let work =
            async { room.place(Place::default(), LARGE + 1, &waited).await.map_err(|failure| failure.class) };
        assert_eq!(waited.within(second, work).await, Some(Err(PollClass::Timeout)));
        drop(held);
    }
}
