//! What `check` found, in words.

use newshound::app::network::Reached;
use newshound::config::Problem;

use super::grid::{Column, Row, cell, grid};
use super::ink::{Style, Terminal};
use super::words::{counted, plain, wrap};

/// Returns a problem with its line quoted; what is wrong is red, a warning says so in yellow.
pub(in crate::cli) fn problem(problem: &Problem, terminal: Terminal) -> String {
    let text = problem.render();
    let lines: Vec<String> = text.trim_end().lines().map(|line| coloured(line, terminal)).collect();
    lines.join("\n")
}

fn coloured(line: &str, terminal: Terminal) -> String {
    if let Some((bar, caret)) = line.split_once("| ").filter(|(bar, _)| bar.trim().is_empty()) {
        return format!("{bar}| {}", terminal.style(Style::Red, caret));
    }
    for (word, style) in [("error: ", Style::Red), ("warning: ", Style::Yellow)] {
        if let Some((before, after)) = line.split_once(word)
            && (before.is_empty() || before.ends_with(": "))
        {
            return format!("{before}{}{after}", terminal.style(style, word));
        }
    }
    line.to_owned()
}

/// Returns what came of trying the network: the counts, then what did not answer.
pub(in crate::cli) fn network(reached: &[Reached], terminal: Terminal) -> String {
    const COLUMNS: &[Column] = &[Column::whole(""), Column::text("", 12), Column::whole("")];
    let of = |kind: &str| {
        let all = reached.iter().filter(|each| each.kind == kind);
        (all.clone().filter(|each| each.is_ok()).count(), all.count())
    };
    let ((sources, all_sources), (channels, all_channels)) = (of("source"), of("channel"));
    let head = format!(
        "network: {sources} of {} answer, {channels} of {} accept",
        counted(all_sources as u64, "source", "sources"),
        counted(all_channels as u64, "channel", "channels"),
    );
    let row = |each: &Reached| Row {
        cells: vec![
            cell(format!("  {}", each.kind)),
            cell(plain(&each.id)),
            (Style::Red, each.class.to_owned()),
        ],
        below: wrap(&plain(&each.message), terminal.columns, "    "),
    };
    let rows: Vec<Row> = reached.iter().filter(|each| !each.is_ok()).map(row).collect();
    let mut lines = vec![head];
    lines.extend(grid(COLUMNS, &rows, terminal));
    lines.join("\n")
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
    let (passed, all) = sums.examples;
    let examples = if all == 0 { String::new() } else { format!(", {passed} of {all} examples pass") };
    if sums.errors > 0 {
        let errors = counted(n(sums.errors), "error", "errors");
        return format!("{errors}{warnings} in {}{examples}.", counted(n(sums.files), "file", "files"));
    }
    format!(
        "{}, {}, {}, {}: no error{warnings}{examples}.",
        counted(n(sums.files), "file", "files"),
        counted(n(sums.sources), "source", "sources"),
        counted(n(sums.topics), "topic", "topics"),
        counted(n(sums.channels), "channel", "channels"),
    )
}
