//! What the configuration knows already and this version does not do yet. Such a key is a
//! warning: never an error, and never passed over in silence.

use super::place::{Place, Problem};

/// Keys that only a later version acts on: section, key, and the values that change nothing
/// because this version behaves so already.
pub(crate) const LATER: &[(&str, &str, &[&str])] = &[
    ("store", "retention", &[]),
    ("store", "identities", &[]),
    ("fetch", "full_text", &["false"]),
    ("source", "full_text", &["false"]),
    ("source", "select", &[]),
    ("source", "watch", &[]),
    ("channel", "probe", &[]),
    ("channel", "template", &[]),
    ("channel", "fallback", &[]),
    ("route", "mode", &["now"]),
    ("route", "digest", &[]),
    ("route", "quiet", &[]),
    ("route", "limit", &[]),
];

/// Says that something is understood and does nothing yet.
pub(crate) fn no_effect(place: &Place, what: &str) -> Problem {
    Problem::warning(place, format!("{what} has no effect in this version yet"))
}
