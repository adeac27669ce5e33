//! How long an answer stays fresh, from its headers (RFC 9111, 4.2). Pure.

use std::time::Duration;

use super::answer::Freshness;
use crate::model::{Fresh, RetryAfter, Timestamp};

impl Freshness {
    /// Returns how long the answer that came at this time stays fresh. What cannot be read says
    /// nothing; `Expires` counts by the server's own clock, where it tells the time.
    pub fn lifetime(&self, answered: Timestamp) -> Fresh {
        let mut max_age = None;
        for (name, value) in self.cache_control.as_deref().map(directives).into_iter().flatten() {
            match name.to_ascii_lowercase().as_str() {
                "no-cache" | "no-store" => return Fresh::Stale,
                // Of two the first counts.
                "max-age" => max_age = max_age.or(Some(value)),
                _ => (),
            }
        }
        if let Some(value) = max_age {
            let Some(whole) = seconds(value) else { return Fresh::Stale };
            let passed = self.age.as_deref().and_then(|age| seconds(first(age))).unwrap_or_default();
            return if whole > passed { Fresh::MaxAge { whole, passed } } else { Fresh::Stale };
        }
        let Some(expires) = self.expires.as_deref() else { return Fresh::Silent };
        // "0" and the like mean that it has expired.
        let until = expires.bytes().any(|byte| byte.is_ascii_alphabetic());
        let until = until.then(|| RetryAfter::of(expires, self.date.as_deref())).flatten();
        match until.map(|until| until.wait(answered)) {
            Some(left) if left > Duration::ZERO => Fresh::For(left),
            Some(_) | None => Fresh::Stale,
        }
    }
}

/// Cuts a list of directives at the commas outside of quotes.
fn directives(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut quoted = false;
    let parts = text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (name.trim(), value.trim().trim_matches('"').trim())
    })
}

/// Of an age that was given twice the first counts.
fn first(list: &str) -> &str {
    list.split(',').next().unwrap_or(list).trim()
}

/// Reads a number of seconds; one that is too large is a very long time.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn answer(fields: [&str; 4]) -> Freshness {
        let [cache_control, expires, date, age] =
            fields.map(|field| (!field.is_empty()).then(|| field.to_owned()));
        Freshness { cache_control, expires, date, age }
    }

    #[track_caller]
    fn check(fields: [&str; 4], expect: Fresh) {
        assert_eq!(answer(fields).lifetime(NOW), expect, "of {fields:?}");
    }

    fn max_age(whole: u64, passed: u64) -> Fresh {
        Fresh::MaxAge { whole: Duration::from_secs(whole), passed: Duration::from_secs(passed) }
    }

    #[test]
    fn max_age_counts_before_expires_and_less_its_age() {
        let (date, later) = ("Tue, 03 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 13:00:00 GMT");
        check(["max-age=43200", "", "", ""], max_age(43_200, 0));
        check(["public, MAX-AGE = \"60\" , must-revalidate", later, date, ""], max_age(60, 0));
        check(["max-age=100", "", "", "40"], max_age(100, 40));
        check(["max-age=100", "", "", "40, 7"], max_age(100, 40));
        check(["max-age=100", "", "", "-7"], max_age(100, 0));
        check(["max-age=100", "", "", "100"], Fresh::Stale);
        check(["max-age=60, max-age=3600", "", "", ""], max_age(60, 0));
        check(["ext=\"a, max-age=7\", max-age=60", "", "", ""], max_age(60, 0));
        check(["max-age=99999999999999999999999", "", "", ""], max_age(u64::from(u32::MAX), 0));
        check(["s-maxage=60", "", "", ""], Fresh::Silent);
    }

    #[test]
    fn what_need_not_be_kept_asks_for_nothing() {
        for text in ["no-cache", "no-store, max-age=60", "max-age=0", "max-age=-1", "max-age", "max-age=1h"] {
            check([text, "Tue, 03 Mar 2026 13:00:00 GMT", "Tue, 03 Mar 2026 10:00:00 GMT", ""], Fresh::Stale);
        }
        check(["", "", "", ""], Fresh::Silent);
        check(["public", "", "", "7"], Fresh::Silent);
    }

    #[test]
    fn expires_counts_by_the_servers_clock() {
        let (date, later) = ("Tue, 03 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 13:00:00 GMT");
        let hours = |hours| Fresh::For(Duration::from_hours(hours));
        check(["", later, date, ""], hours(3));
        check(["private", later, date, ""], hours(3));
        check(["", date, later, ""], Fresh::Stale);
        check(["", "0", date, ""], Fresh::Stale);
        check(["", "7200", date, ""], Fresh::Stale);
        check(["", "-1", date, ""], Fresh::Stale);
        check(["", "tomorrow", date, ""], Fresh::Stale);
        // Without its clock, ours has to do: 15 January 2027, 8 o'clock.
        check(["", "Fri, 15 Jan 2027 10:00:00 GMT", "", ""], hours(2));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(
            cache_control in "[ -~]{0,40}|(max-age=[0-9]{0,30},?){1,3}", expires in "[ -~]{0,40}",
            date in "[ -~]{0,40}", age in "[ -~]{0,40}|[0-9]{1,30}",
        ) {
            match answer([&cache_control, &expires, &date, &age]).lifetime(NOW) {
                Fresh::Silent | Fresh::AsBefore | Fresh::Stale => (),
                Fresh::MaxAge { whole, passed } => prop_assert!(whole > passed),
                Fresh::For(left) => prop_assert!(left > Duration::ZERO),
            }
        }

        #[test]
        fn seconds_are_taken_as_they_are(seconds in 1_u32.., age: u32) {
            let fresh = answer([&format!("max-age={seconds}"), "", "", &age.to_string()]).lifetime(NOW);
            let left = seconds.saturating_sub(age);
            prop_assert_eq!(fresh == Fresh::Stale, left == 0);
            if let Fresh::MaxAge { whole, passed } = fresh {
                prop_assert_eq!(whole.saturating_sub(passed).as_secs(), u64::from(left));
            }
        }
    }
}
