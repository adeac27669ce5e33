//! How long a server asks us to stay away.

use std::time::{Duration, UNIX_EPOCH};

use super::id::Timestamp;

/// How long a server asks us to stay away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long from the answer on.
    Wait(Duration),
    /// Until a time by the server's clock, which it did not tell.
    Until(Timestamp),
}

impl RetryAfter {
    /// Reads the value of `Retry-After`; a date is taken relative to the answer's own `Date`, where
    /// that is given.
    pub fn of(asked: &str, date: Option<&str>) -> Option<Self> {
        let asked = asked.trim();
        if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit ask for longer than anybody waits.
            return Some(RetryAfter::Wait(Duration::from_secs(asked.parse().unwrap_or(u64::MAX))));
        }
        let until = http_date(asked)?;
        let date = date.and_then(http_date);
        Some(date.map_or(RetryAfter::Until(until), |date| RetryAfter::Wait(until.since(date))))
    }

    /// Returns how long to stay away.
    pub fn wait(self, now: Timestamp) -> Duration {
        match self {
            RetryAfter::Wait(wait) => wait,
            RetryAfter::Until(time) => time.since(now),
        }
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    let since_epoch = httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_millis()).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nothing_else() {
        let (date, later) = ("Tue, 03 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 13:00:00 GMT");
        let wait = |seconds| Some(RetryAfter::Wait(Duration::from_secs(seconds)));
        assert_eq!(RetryAfter::of(" 120 ", Some(date)), wait(120));
        assert_eq!(RetryAfter::of(later, Some(date)), wait(10_800));
        assert_eq!(RetryAfter::of(date, Some(later)), wait(0));
        let until = Timestamp::parse_rfc3339("2026-03-03T13:00:00Z").unwrap();
        assert_eq!(RetryAfter::of(later, None), Some(RetryAfter::Until(until)));
        assert_eq!(RetryAfter::of("soon", None), None);
        assert_eq!(RetryAfter::Until(until).wait(until - Duration::from_secs(5)), Duration::from_secs(5));
        assert_eq!(RetryAfter::Until(until).wait(until + Duration::from_secs(5)), Duration::ZERO);
    }
}
