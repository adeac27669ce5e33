//! What a replay came to, in words: for each topic its hits, alerts and copies, alerts by day, and
//! what another configuration would have told.

use std::path::Path;
use std::time::Duration;

use newshound::app::backtest::Replayed;
use newshound::app::backtest::changes::{Changes, Example, TopicChanges};
use newshound::app::backtest::tally::{Tally, TopicTally, day_of};
use newshound::matcher::doctor::Finding;
use newshound::model::{Decision, Timestamp, TopicId};

use super::grid::{Column, Row, cell, grid};
use super::ink::{Style, Terminal};
use super::words::{counted, cut, number, plain, rate};

/// Columns of the plot of days.
const DAYS: usize = 28;
/// Copies that are shown.
const COPIES: usize = 10;
/// Topics whose changes are shown.
const CHANGED: usize = 20;

/// A replay that has ended.
pub(in crate::cli) struct Report<'a> {
    pub(in crate::cli) tally: &'a Tally,
    /// The other configuration.
    pub(in crate::cli) other: Option<(&'a Path, &'a Tally)>,
    pub(in crate::cli) changes: &'a Changes,
    pub(in crate::cli) took: Duration,
    /// Whether topics without a hit are listed too.
    pub(in crate::cli) all: bool,
    /// What the topic doctor found.
    pub(in crate::cli) findings: &'a [Finding],
}

/// Returns what a replay came to.
pub(in crate::cli) fn report(report: &Report<'_>, terminal: Terminal) -> String {
    let mut lines = vec![head(report)];
    lines.extend(topics(report, terminal));
    if let Some((path, tally)) = report.other {
        lines.push(String::new());
        lines.extend(changes(report, (path, tally), terminal));
    }
    let findings = super::doctor::findings(report.findings, terminal);
    if !findings.is_empty() {
        lines.extend([String::new(), findings]);
    }
    lines.join("\n")
}

fn head(report: &Report<'_>) -> String {
    let tally = report.tally;
    let mut parts = vec![counted(tally.items, "item", "items")];
    if let Some((from, to)) = tally.span() {
        parts.push(span(from, to));
    }
    parts.push(match tally.duplicates {
        1 => "1 is a copy".to_owned(),
        n => format!("{} are copies", number(n)),
    });
    let (took, rate) = (report.took.as_secs_f64(), rate(tally.items, report.took));
    format!("{}; {took:.1} s, {} items a second", parts.join(", "), number(rate))
}

fn span(from: Timestamp, to: Timestamp) -> String {
    let (first, last) = (date(from), date(to));
    if first == last {
        return format!("of {first}");
    }
    let days = u64::try_from(day_of(to) - day_of(from) + 1).unwrap_or(1);
    format!("of {first} to {last} ({})", counted(days, "day", "days"))
}

fn date(at: Timestamp) -> String {
    at.to_string().chars().take_while(|c| *c != 'T').collect()
}

fn topics(report: &Report<'_>, terminal: Terminal) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::text("topic", 12),
        Column::number("hits"),
        Column::number("alerts"),
        Column::number("copies"),
        Column::number("a day"),
        Column::whole("alerts by day"),
    ];
    let tally = report.tally;
    let shown = |topic: &&TopicTally| report.all || topic.counts.hits > 0;
    let row = |topic: &TopicTally| {
        let counts = topic.counts;
        #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
        let daily = counts.alerts as f64 / tally.days();
        Row {
            cells: vec![
                (Style::Bold, plain(topic.id.as_str())),
                cell(number(counts.hits)),
                cell(number(counts.alerts)),
                cell(number(counts.duplicates)),
                cell(format!("{daily:.1}")),
                cell(plot(topic, tally.span(), terminal.utf8)),
            ],
            below: Vec::new(),
        }
    };
    let rows: Vec<Row> = tally.topics().iter().filter(shown).map(row).collect();
    let n_silent = (tally.topics().len() - rows.len()) as u64;
    let mut lines = Vec::new();
    if !rows.is_empty() {
        lines.push(String::new());
        lines.extend(grid(COLUMNS, &rows, terminal));
    }
    if n_silent > 0 {
        let names: Vec<&str> =
            tally.topics().iter().filter(|topic| !shown(topic)).map(|topic| topic.id.as_str()).collect();
        let text = format!("{} without a hit: {}", counted(n_silent, "topic", "topics"), names.join(", "));
        lines.extend([String::new(), cut(&text, terminal.columns)]);
    }
    lines
}

/// Returns the alerts of each day as a bar; of several days where there are too many.
fn plot(topic: &TopicTally, span: Option<(Timestamp, Timestamp)>, utf8: bool) -> String {
    const BARS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const ASCII: [char; 9] = ['.', '_', '_', '-', '-', '=', '=', '#', '#'];
    let Some((from, to)) = span else { return String::new() };
    let (first, last) = (day_of(from), day_of(to));
    let n_days = usize::try_from(last - first + 1).unwrap_or(1);
    let per_bar = n_days.div_ceil(DAYS);
    let mut bars = vec![0_u64; n_days.div_ceil(per_bar)];
    for (day, alerts) in &topic.alerts_by_day {
        let bar = usize::try_from(day - first).unwrap_or(0) / per_bar;
        bars[bar.min(n_days.div_ceil(per_bar) - 1)] += alerts;
    }
    let most = bars.iter().copied().max().unwrap_or(0).max(1);
    let signs = if utf8 { BARS } else { ASCII };
    let sign = |alerts: &u64| signs[usize::try_from((alerts * 8).div_ceil(most)).unwrap_or(8).min(8)];
    bars.iter().map(sign).collect()
}

fn changes(report: &Report<'_>, (path, other): (&Path, &Tally), terminal: Terminal) -> Vec<String> {
    let (added, removed) = report.changes.sums();
    let path = plain(&path.display().to_string());
    let mut lines = vec![match (added, removed) {
        (0, 0) => format!("no alert is another than with {path}"),
        _ => format!("against {path}: {} more, {} fewer", counted(added, "alert", "alerts"), number(removed)),
    }];
    let changed: Vec<(&TopicId, &TopicChanges)> = report.changes.changed().collect();
    for (topic, changes) in changed.iter().take(CHANGED) {
        lines.push(topic_change(topic, changes, (report.tally, other), terminal));
        lines.extend(changes.examples.iter().map(|example| example_line(example, terminal)));
    }
    let more = changed.len().saturating_sub(CHANGED) as u64;
    if more > 0 {
        lines.push(format!("and {}; `--topic` shows one, `--json` all", counted(more, "topic", "topics")));
    }
    lines
}

fn topic_change(
    id: &TopicId,
    changes: &TopicChanges,
    (now, was): (&Tally, &Tally),
    terminal: Terminal,
) -> String {
    let alerts = |tally: &Tally| {
        let topic = tally.topics().iter().find(|topic| topic.id == *id);
        topic.map_or_else(|| "no such topic".to_owned(), |topic| number(topic.counts.alerts))
    };
    let name = terminal.style(Style::Bold, &plain(id.as_str()));
    let (was, now) = (alerts(was), alerts(now));
    format!("{name}  {was} → {now}, {} more, {} fewer", number(changes.added), number(changes.removed))
}

fn example_line(example: &Example, terminal: Terminal) -> String {
    let decision =
        |decision: Option<Decision>| decision.map_or("no such topic", Decision::as_str).replace('_', " ");
    let sign = if example.is_added() { '+' } else { '-' };
    let day = example.at.map(|at| format!("{}  ", date(at))).unwrap_or_default();
    let text = format!(
        "  {sign} {day}{} (was {}, now {})",
        plain(&example.title),
        decision(example.was),
        decision(example.now)
    );
    let tail = text.rfind(" (was ").map_or("", |at| &text[at..]);
    let room = terminal.columns.saturating_sub(tail.chars().count());
    format!("{}{tail}", cut(&text[..text.len() - tail.len()], room))
}

/// The copies of a replay.
#[derive(Debug, Default)]
pub(in crate::cli) struct Copies {
    items: u64,
    found: u64,
    examples: Vec<(String, String)>,
}

impl Copies {
    /// Counts an item.
    pub(in crate::cli) fn count(&mut self, replayed: &Replayed) {
        self.items += 1;
        let Some(first) = &replayed.duplicate_of else { return };
        self.found += 1;
        if self.examples.len() < COPIES {
            self.examples.push((replayed.given.id.clone(), first.clone()));
        }
    }
}

/// Returns how many items are copies, and of which.
pub(in crate::cli) fn copies(copies: &Copies, terminal: Terminal) -> String {
    let Copies { items, found, examples } = copies;
    let are = if *found == 1 { "is a copy" } else { "are copies" };
    let mut lines = vec![format!("{}, {} {are}", counted(*items, "item", "items"), number(*found))];
    let show = |(item, first): &(String, String)| cut(&format!("  {item} of {first}"), terminal.columns);
    lines.extend(examples.iter().map(show));
    if *found > examples.len() as u64 {
        lines.push(format!("  and {} more; `--json` tells all", number(found - examples.len() as u64)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use newshound::app::backtest::tally::Counts;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn plotted(days: i64, alerts: &[(i64, u64)], utf8: bool) -> String {
        let topic = TopicTally {
            id: TopicId::new("t"),
            name: "T".into(),
            counts: Counts::default(),
            alerts_by_day: alerts.iter().copied().collect::<BTreeMap<_, _>>(),
        };
        let span = (Timestamp::from_millis(0), Timestamp::from_millis((days - 1) * DAY));
        plot(&topic, Some(span), utf8)
    }

    #[test]
    fn each_day_has_a_bar_and_many_days_share_one() {
        assert_eq!(plotted(5, &[(0, 8), (2, 1), (4, 4)], true), "█·▁·▄");
        assert_eq!(plotted(5, &[(0, 8), (2, 1), (4, 4)], false), "#._.-");
        let long = plotted(57, &[(0, 1), (1, 1), (56, 3)], true);
        assert_eq!(
            (long.chars().count(), long.chars().next(), long.chars().last()),
            (19, Some('▆'), Some('█'))
        );
    }

    #[test]
    fn an_example_fits_the_line_with_its_decisions() {
        let example = Example {
            item: "a".into(),
            title: "A headline that is far too long for a terminal of so few columns as this one".into(),
            at: Some(Timestamp::from_millis(0)),
            now: None,
            was: Some(Decision::SameStory),
        };
        let line = example_line(&example, Terminal { columns: 80, colour: false, utf8: true });
        assert_eq!(line, "  - 1970-01-01  A headline that is far too… (was same story, now no such topic)");
    }

    #[test]
    fn a_span_is_told_in_days() {
        let at = Timestamp::from_millis;
        assert_eq!(span(at(0), at(5)), "of 1970-01-01");
        assert_eq!(span(at(DAY - 1), at(DAY)), "of 1970-01-01 to 1970-01-02 (2 days)");
    }
}
