//! What `check` found, in words.

use newshound::app::network::Reached;
use newshound::config::{Config, Problem, Term, Topic};

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

/// Returns the topics as they are understood.
pub(in crate::cli) fn topics(config: &Config, terminal: Terminal) -> String {
    let all: Vec<String> = config.topics.iter().map(|topic| one_topic(topic, terminal)).collect();
    all.join("\n\n")
}

fn one_topic(topic: &Topic, terminal: Terminal) -> String {
    let name = terminal.style(Style::Bold, &plain(&topic.name));
    let mut lines = vec![format!("{name}  {}, threshold {:.2}", topic.id, topic.threshold)];
    let mut list = |label: &str, terms: &[Term]| {
        if !terms.is_empty() {
            let terms: Vec<String> = terms.iter().map(term).collect();
            lines.extend(hanging(&format!("{label:<8}"), &terms.join(" · "), terminal));
        }
    };
    list("any", &topic.any);
    topic.all.iter().for_each(|group| list("all", group));
    for near in &topic.near {
        list(&format!("near {}", near.within), &near.a);
        list("   and", &near.b);
    }
    list("none", &topic.none);
    list("ignore", &topic.ignore);
    list("less", &topic.less);
    lines.join("\n")
}

fn term(term: &Term) -> String {
    let weight = term.weight.map(|weight| format!("^{weight}")).unwrap_or_default();
    let field = term.field.as_ref().map(|field| format!("{field}:")).unwrap_or_default();
    let with: Vec<&str> = term.with.iter().map(|term| term.text.as_str()).collect();
    let with = if with.is_empty() { String::new() } else { format!(" (with {})", with.join(", ")) };
    plain(&format!("{field}{}{weight}{with}", term.text))
}

fn hanging(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let mut lines = wrap(text, terminal.columns, "          ");
    if let Some(first) = lines.first_mut() {
        *first = format!("  {label}{}", first.trim_start());
    }
    lines
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
