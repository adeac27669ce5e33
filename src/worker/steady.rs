//! Notices when the time of day does not go on as it did.

use std::time::Duration;

use crate::model::Timestamp;

/// A loop turns every few seconds: a step so long was none of time alone.
const LEAP: Duration = Duration::from_secs(30);

/// Watches the time of day from one turn of a loop to the next.
#[derive(Debug, Default)]
pub(super) struct Steady {
    last: Option<Timestamp>,
}

impl Steady {
    /// Says whether the clock was set back, or ahead by more than loops sleep, since it was last
    /// right.
    pub(super) fn jumped(&self, now: Timestamp) -> bool {
        self.last.is_some_and(|last| now < last || now > last + LEAP)
    }

    /// Says whether polls may have been missed: at the start, and after a leap ahead.
    pub(super) fn rested(&self, now: Timestamp) -> bool {
        self.last.is_none_or(|last| now > last + LEAP)
    }

    /// Takes this time as right.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_back_and_a_leap_ahead_are_jumps() {
        let at = Timestamp::from_millis;
        let mut steady = Steady::default();
        assert!(!steady.jumped(at(100_000)) && steady.rested(at(100_000)));
        steady.settle(at(100_000));
        assert!(!steady.jumped(at(100_000)) && !steady.jumped(at(102_000)));
        assert!(steady.jumped(at(99_999)) && steady.jumped(at(200_000)));
        assert!(!steady.rested(at(99_999)) && steady.rested(at(200_000)));
        steady.settle(at(99_999));
        assert!(!steady.jumped(at(100_500)));
    }
}
