//! How far long work is, on a terminal that somebody watches: one line on standard error that is
//! written over and in the end taken away.

use std::io::{self, Write as _};
use std::time::Duration;

use newshound::clock::Clock;

use super::text::words::{number, rate};

/// How often the line is written.
const EVERY: Duration = Duration::from_millis(100);
/// Items between two looks at the clock.
const STEP: u64 = 64;

/// A line that tells how far it is.
pub(super) struct Progress {
    /// `None` where nobody watches.
    clock: Option<Clock>,
    /// All there is to do, in whatever unit it is told in; 0 where nobody knows.
    whole: u64,
    items: u64,
    shown: Option<Duration>,
}

impl Progress {
    pub(super) fn new(watched: bool, whole: u64) -> Self {
        Progress { clock: watched.then(Clock::system), whole, items: 0, shown: None }
    }

    /// Counts one item, with which so much of the whole is done.
    pub(super) fn step(&mut self, done: u64) {
        self.items += 1;
        let Some(clock) = self.clock.as_ref().filter(|_| self.items.is_multiple_of(STEP)) else { return };
        let now = clock.elapsed();
        if self.shown.is_none_or(|shown| now.saturating_sub(shown) >= EVERY) && now >= EVERY {
            self.shown = Some(now);
            let _ = write!(io::stderr(), "\r\x1b[K{}", line(self.items, (done, self.whole), now));
        }
    }

    /// Takes the line away, for what is to be read in its place.
    pub(super) fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(items: u64, (done, whole): (u64, u64), took: Duration) -> String {
    let share = match done.saturating_mul(100).checked_div(whole) {
        Some(percent) => format!("  {:3} %", percent.min(100)),
        None => String::new(),
    };
    format!("{} items{share}  {} a second", number(items), number(rate(items, took)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_items_share_and_rate() {
        let took = Duration::from_secs(2);
        assert_eq!(line(12_000, (30, 90), took), "12,000 items   33 %  6,000 a second");
        assert_eq!(line(12_000, (0, 0), took), "12,000 items  6,000 a second");
    }
}
