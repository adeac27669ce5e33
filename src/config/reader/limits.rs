//! Reads limits: `0` is the default, everything else lies within bounds.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::place::Problem;
use super::super::raw::{Entry, Value, What};
use super::super::value;
use super::{Reader, Scope, Written, wrong_type};

impl Reader<'_> {
    /// Reads the length of a time; without one, or with `0`, it is the default.
    pub(crate) fn limit_time(
        &mut self,
        key: &'static str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        let Some(Written { value, place }) = self.duration(key) else { return default };
        if value.is_zero() {
            return default;
        }
        if !bounds.contains(&value) {
            let (least, most) = (value::show_duration(*bounds.start()), value::show_duration(*bounds.end()));
            self.scope.report(Problem::error(&place, format!("`{key}` is from {least} to {most}")));
        }
        value
    }

    /// Reads the length of a time.
    pub(crate) fn duration(&mut self, key: &'static str) -> Option<Written<Duration>> {
        let Entry { value, .. } = self.entry(key)?;
        duration_of(self.scope, key, value)
    }

    /// Reads a count; without one, or with `0`, it is the default.
    pub(crate) fn limit_count(&mut self, key: &'static str, default: usize, most: u32) -> usize {
        match self.integer(key, 0..=most) {
            None | Some(Written { value: 0, .. }) => default,
            Some(Written { value, .. }) => value as usize,
        }
    }

    /// Reads a size in bytes; without one, or with `0`, it is the default.
    pub(crate) fn limit_size(&mut self, key: &'static str, default: u64, most: u64) -> u64 {
        let Some(Entry { value: Value { place, what }, .. }) = self.entry(key) else { return default };
        let bytes = if let What::Integer(bytes) = what {
            u64::try_from(bytes).map_err(|_| "a size is never negative".to_owned())
        } else if let What::Text(text) = &what {
            value::size(text)
        } else {
            wrong_type(self.scope, key, &place, ("a size such as \"10MiB\"", &what));
            return default;
        };
        let message = match bytes {
            Ok(0) => return default,
            Ok(bytes) if bytes <= most => return bytes,
            Ok(_) => format!("`{key}` is at most {}", value::show_size(most)),
            Err(message) => format!("`{key}`: {message}"),
        };
        self.scope.report(Problem::error(&place, message));
        default
    }
}

/// Reads the length of a time from one value.
pub(crate) fn duration_of(scope: &Scope<'_>, key: &str, value: Value) -> Option<Written<Duration>> {
    let Value { place, what } = value;
    let read = if let What::Text(text) = &what {
        value::duration(text)
    } else if let What::Integer(integer) = what {
        let unit = || format!("a time has a unit, such as \"{integer}s\" or \"{integer}m\"");
        if integer == 0 { Ok(Duration::ZERO) } else { Err(unit()) }
    } else {
        wrong_type(scope, key, &place, ("a time such as \"15m\"", &what));
        return None;
    };
    match read {
        Ok(value) => Some(Written { value, place }),
        Err(message) => {
            scope.report(Problem::error(&place, format!("`{key}`: {message}")));
            None
        }
    }
}
