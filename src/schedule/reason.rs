//! Why the next poll is not earlier: a closed set, told to people in one line.

use std::fmt;
use std::time::Duration;

/// Why the next poll is not earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The operator set the interval.
    Configured,
    /// Nothing is known of the source's posting yet.
    Unknown,
    /// Learned from when the source posts.
    Rhythm,
    /// The server gives no validators, so that every poll costs it a whole answer.
    NoValidators,
    /// The server's `Cache-Control: max-age`.
    MaxAge(Duration),
    /// The server's `Expires`.
    Expires(Duration),
    /// The feed's `ttl` or `sy:updatePeriod`.
    FeedAsks(Duration),
    /// The feed's `skipHours` or `skipDays`.
    Skipped,
    /// The server's `Retry-After`.
    RetryAfter(Duration),
    /// 429 without `Retry-After`.
    RateLimited,
    /// So many failed polls in a row.
    Failing(u32),
    /// 4xx and nothing else for a month.
    Refused,
    /// Most hosts fail, so that the fault is taken for ours.
    Ours,
}

impl Reason {
    /// Says whether it is that polls failed.
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Reason::Failing(_) | Reason::Refused | Reason::Ours)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Configured => f.write_str("the interval is configured"),
            Reason::Unknown => f.write_str("not yet known how often it posts"),
            Reason::Rhythm => f.write_str("learned from when it posts"),
            Reason::NoValidators => {
                f.write_str("half the pace, since its server gives no ETag and no Last-Modified")
            }
            Reason::MaxAge(whole) => write!(f, "the server asked for max-age={}", whole.as_secs()),
            Reason::Expires(left) => write!(f, "the server asked for {} (Expires)", Plain(*left)),
            Reason::FeedAsks(least) => write!(f, "the feed asks for {} between polls", Plain(*least)),
            Reason::Skipped => f.write_str("the feed wants no polls before (skipHours, skipDays)"),
            Reason::RetryAfter(wait) => {
                write!(f, "the server asked for a pause of {} (Retry-After)", Plain(*wait))
            }
            Reason::RateLimited => f.write_str("the server has too many requests (429)"),
            Reason::Failing(1) => f.write_str("the last poll failed"),
            Reason::Failing(n) => write!(f, "{n} polls in a row failed"),
            Reason::Refused => f.write_str("refused for a month, so asked once a week"),
            Reason::Ours => f.write_str("most hosts fail, which is taken for our own fault"),
        }
    }
}

/// A time in hours, minutes and seconds, as far as it has them.
pub(super) struct Plain(pub(super) Duration);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
        if seconds == 0 {
            return f.write_str("0s");
        }
        parts.iter().filter(|(n, _)| *n > 0).try_for_each(|(n, unit)| write!(f, "{n}{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_units_they_have() {
        for (seconds, expect) in
            [(0, "0s"), (59, "59s"), (10_800, "3h"), (5400, "1h30m"), (3661, "1h1m1s"), (31_536_000, "8760h")]
        {
            assert_eq!(Plain(Duration::from_secs(seconds)).to_string(), expect);
        }
    }

    #[test]
    fn a_reason_names_who_asked_for_it() {
        let hours = Duration::from_hours(3);
        for (reason, expect) in [
            (Reason::MaxAge(hours), "the server asked for max-age=10800"),
            (Reason::FeedAsks(hours), "the feed asks for 3h between polls"),
            (Reason::Failing(1), "the last poll failed"),
            (Reason::Failing(7), "7 polls in a row failed"),
        ] {
            assert_eq!(reason.to_string(), expect);
        }
    }
}
