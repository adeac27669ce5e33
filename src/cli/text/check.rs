//! What `check` found, in words.

use newshound::app::examples::Tried;
use newshound::app::network::Reached;
use newshound::config::Expect;

use super::words::{counted, cut};

/// Returns the line of an example that failed.
pub(in crate::cli) fn example(tried: &Tried, columns: usize) -> String {
    let expected = match tried.expect {
        Expect::Hit => "hit",
        Expect::Miss => "miss",
    };
    format!(
        "{}: example of topic {}: expected {expected}, got {} {:.2}\n       {}\n       newshound explain --topic {} -  shows all of it",
        tried.place,
        tried.topic,
        tried.got(),
        tried.score,
        cut(&tried.text, columns.saturating_sub(8)),
        tried.topic
    )
}

/// Returns the line of something that was tried over the network.
pub(in crate::cli) fn reached(reached: &Reached) -> String {
    format!("{} {}: {}, {}", reached.kind, reached.id, reached.class, cut(&reached.message, 200))
}

/// What was checked.
pub(in crate::cli) struct Sums {
    pub(in crate::cli) files: usize,
    pub(in crate::cli) sources: usize,
    pub(in crate::cli) topics: usize,
    pub(in crate::cli) channels: usize,
    pub(in crate::cli) errors: usize,
    pub(in crate::cli) warnings: usize,
    pub(in crate::cli) examples: (usize, usize),
}

/// Returns the closing line.
pub(in crate::cli) fn closing(sums: &Sums) -> String {
    let n = |n: usize| n as u64;
    let warnings = match sums.warnings {
        0 => String::new(),
        warnings => format!(", {}", counted(n(warnings), "warning", "warnings")),
    };
    if sums.errors > 0 {
        let errors = counted(n(sums.errors), "error", "errors");
        return format!("{errors}{warnings} in {}.", counted(n(sums.files), "file", "files"));
    }
    let (passed, all) = sums.examples;
    let examples = if all == 0 { String::new() } else { format!(", {passed} of {all} examples pass") };
    format!(
        "{}, {}, {}, {}: no error{warnings}{examples}.",
        counted(n(sums.files), "file", "files"),
        counted(n(sums.sources), "source", "sources"),
        counted(n(sums.topics), "topic", "topics"),
        counted(n(sums.channels), "channel", "channels"),
    )
}
