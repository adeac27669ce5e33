//! What a replay came to, in words: for each topic its hits, alerts and copies, alerts by day, and
//! what another configuration would have told.

use std::path::Path;
use std::time::Duration;

use newshound::app::backtest::Judged;
use newshound::app::backtest::changes::{Changes, Example, TopicChanges};
use newshound::app::backtest::tally::{Tally, TopicTally, day_of};
use newshound::model::{Decision, Timestamp, TopicId};

use super::grid::{Column, Row, cell, grid};
use super::ink::{Style, Terminal};
use super::words::{counted, cut, number, plain};

/// Columns of the plot of days.
const DAYS: usize = 28;
/// Copies that are shown.
const COPIES: usize = 10;
/// Topics whose changes are shown.
const CHANGED: usize = 20;

/// A replay that has ended.
pub(in crate::cli) struct Replayed<'a> {
    pub(in crate::cli) tally: &'a Tally,
    /// The other configuration.
    pub(in crate::cli) other: Option<(&'a Path, &'a Tally)>,
    pub(in crate::cli) changes: &'a Changes,
    pub(in crate::cli) took: Duration,
    /// Whether topics without a hit are listed too.
    pub(in crate::cli) all: bool,
}

/// Returns what a replay came to.
pub(in crate::cli) fn replayed(replayed: &Replayed<'_>, terminal: Terminal) -> String {
    let mut lines = vec![head(replayed)];
    lines.extend(topics(replayed, terminal));
    if let Some((path, tally)) = replayed.other {
        lines.push(String::new());
        lines.extend(changes(replayed, (path, tally), terminal));
    }
    lines.join("\n")
}

fn head(replayed: &Replayed<'_>) -> String {
    let tally = replayed.tally;
    let mut parts = vec![counted(tally.items, "item", "items")];
    if let Some((from, to)) = tally.span() {
        parts.push(span(from, to));
    }
    parts.push(match tally.duplicates {
        1 => "1 is a copy".to_owned(),
        n => format!("{} are copies", number(n)),
    });
    format!("{}; {}", parts.join(", "), rate(tally.items, replayed.took))
}

fn rate(items: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a figure to look at"
    )]
    let rate = (items as f64 / seconds.max(0.001)) as u64;
    format!("{seconds:.1} s, {} items a second", number(rate))
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

fn topics(replayed: &Replayed<'_>, terminal: Terminal) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::text("topic", 12),
        Column::number("hits"),
        Column::number("alerts"),
        Column::number("copies"),
        Column::number("a day"),
        Column::whole("alerts by day"),
    ];
    let tally = replayed.tally;
    let shown = |topic: &&TopicTally| replayed.all || topic.counts.hits > 0;
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

fn changes(replayed: &Replayed<'_>, (path, other): (&Path, &Tally), terminal: Terminal) -> Vec<String> {
    let (added, removed) = replayed.changes.sums();
    let path = plain(&path.display().to_string());
    let mut lines = vec![match (added, removed) {
        (0, 0) => format!("no alert is another than with {path}"),
        _ => format!("against {path}: {} more, {} fewer", counted(added, "alert", "alerts"), number(removed)),
    }];
    let changed: Vec<(&TopicId, &TopicChanges)> = replayed.changes.topics().collect();
    for (topic, changes) in changed.iter().take(CHANGED) {
        lines.push(topic_change(topic, changes, (replayed.tally, other), terminal));
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
    let sign = if example.now.is_some_and(|now| now == Decision::Alert || now == Decision::FollowUp) {
        '+'
    } else {
        '-'
    };
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
    copies: u64,
    examples: Vec<(String, String)>,
}

impl Copies {
    /// Counts an item.
    pub(in crate::cli) fn count(&mut self, judged: &Judged) {
        self.items += 1;
        let Some(first) = &judged.duplicate_of else { return };
        self.copies += 1;
        if self.examples.len() < COPIES {
            self.examples.push((judged.given.id.clone(), first.clone()));
        }
    }
}

/// Returns how many items are copies, and of which.
pub(in crate::cli) fn copies(copies: &Copies, terminal: Terminal) -> String {
    let Copies { items, copies, examples } = copies;
    let are = if *copies == 1 { "is a copy" } else { "are copies" };
    let mut lines = vec![format!("{}, {} {are}", counted(*items, "item", "items"), number(*copies))];
    let show = |(item, first): &(String, String)| cut(&format!("  {item} of {first}"), terminal.columns);
    lines.extend(examples.iter().map(show));
    if *copies > examples.len() as u64 {
        lines.push(format!("  and {} more; `--json` tells all", number(copies - examples.len() as u64)));
    }
    lines.join("\n")
}
