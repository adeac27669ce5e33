//! How long a server says that its answer stays good.

use std::time::Duration;

/// How long a server says that its answer stays good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fresh {
    /// It does not say.
    #[default]
    Silent,
    /// It does not say, and what it said before still holds.
    AsBefore,
    /// No time at all.
    Stale,
    /// So long since it was made (`max-age`).
    MaxAge {
        /// How long it is good.
        whole: Duration,
        /// How much of that has passed.
        passed: Duration,
    },
    /// So long from now on (`Expires`).
    For(Duration),
}

impl Fresh {
    /// Returns what a 304 says: what it does not say anew stands as it was.
    #[must_use]
    pub fn of_unchanged(self) -> Self {
        if self == Fresh::Silent { Fresh::AsBefore } else { self }
    }
}
