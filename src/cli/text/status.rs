//! The status in words: the answer first, what to do about it, then the figures.

use newshound::model::{DeliveryClass, SourceMode, Timestamp};
use newshound::store::EventRow;
use newshound::web::sources::SourceListing;
use newshound::web::status::{ChannelPart, Health, QuantilesPart, Status};

use super::grid::{Column, Row, cell, grid};
use super::ink::{Style, Terminal};
use super::tables::source_state;
use super::words::{bytes, counted, cut, duration, number, pad, plain, time, wrap};

/// A source that ails: state, name, class, next poll.
const AILING: &[Column] =
    &[Column::whole(""), Column::whole(""), Column::headline(""), Column::text("", 12), Column::whole("")];
/// Columns of a label with the number behind it.
const LABEL: usize = 18;
/// Sources and events that are shown.
pub(in crate::cli) const MOST_ROWS: usize = 5;

/// Returns the status for people.
pub(in crate::cli) fn status(
    status: &Status,
    sources: &[SourceListing],
    terminal: Terminal,
    now: Timestamp,
) -> String {
    let page = Page { terminal, now };
    let mut lines = wrap(&headline(status), terminal.columns, "");
    for line in &mut lines {
        *line = terminal.style(Style::Bold, line);
    }
    lines.push(String::new());
    for problem in &status.problems {
        lines.extend(page.label("to do", "", &plain(&problem.to_string())));
    }
    if !status.problems.is_empty() {
        lines.push(String::new());
    }
    lines.extend(page.sources(status, sources));
    lines.extend(page.news(status));
    lines.extend(page.deliveries(status));
    let sent = quantiles(status.latency_seconds.fetched_to_sent);
    lines.extend(page.label("latency", "", &format!("fetched to sent: {sent}")));
    let store = format!("{}, {}", plain(&status.store.url), bytes(status.store.bytes));
    lines.extend(page.label("store", "", &store));
    lines.extend(page.label("config", "", &config(status, now)));
    lines.extend(reloaded(status).iter().flat_map(|text| page.label("", "", text)));
    lines.extend(page.label("daemon", "", &daemon(status, now)));
    lines.extend(page.events(&status.events));
    lines.join("\n")
}

fn headline(status: &Status) -> String {
    const NUMBERS: &[&str] = &["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
    let sources = &status.sources;
    let answering = sources.active + sources.degraded + sources.unstable_ids;
    match (status.health, status.problems.len()) {
        (Health::Failing, _) => match status.store.class {
            Some(class) => format!("The store cannot be used: {class}."),
            None => "A loop of the daemon stands still. Nothing that was recorded is lost.".to_owned(),
        },
        (Health::Ok, _) if status.items.total == 0 && status.deliveries.created == 0 => {
            format!("Nothing read yet. {} to watch.", counted(sources.total, "source", "sources"))
        }
        (Health::Ok, _) => format!(
            "All well. {answering} of {} answer; {}.",
            counted(sources.total, "source", "sources"),
            match status.deliveries.pending {
                0 => "no alert waits".to_owned(),
                1 => "one alert waits".to_owned(),
                n => format!("{} alerts wait", number(n)),
            }
        ),
        (Health::Degraded, 1) => "One thing is wrong.".to_owned(),
        (Health::Degraded, n) => match NUMBERS.get(n.saturating_sub(2)) {
            Some(word) => format!("{word} things are wrong."),
            None => format!("{n} things are wrong."),
        },
    }
}

/// What the lines are written on.
#[derive(Clone, Copy)]
struct Page {
    terminal: Terminal,
    now: Timestamp,
}

impl Page {
    /// Returns a label, a number to the right, and a text that wraps beside them.
    fn label(self, label: &str, number: &str, text: &str) -> Vec<String> {
        let indent = " ".repeat(LABEL);
        let mut lines = wrap(text, self.terminal.columns, &indent);
        if lines.is_empty() {
            lines.push(String::new());
        }
        let dim = self.terminal.style(Style::Dim, label);
        let room = LABEL - 2 - label.chars().count();
        let first = format!("{dim}{number:>room$}  {}", lines[0].trim_start());
        first.trim_end().clone_into(&mut lines[0]);
        lines
    }

    fn sources(self, status: &Status, listed: &[SourceListing]) -> Vec<String> {
        let part = &status.sources;
        let counts = [
            (part.active, "active"),
            (part.backing_off, "backing off"),
            (part.degraded, "degraded"),
            (part.unstable_ids, "with unstable ids"),
            (part.disabled, "disabled"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .enumerate()
            .filter(|(at, (n, _))| *at == 0 || *n > 0)
            .map(|(_, (n, word))| format!("{} {word}", number(*n)))
            .collect();
        let mut lines = self.label("sources", &number(part.total), &counts.join(", "));
        let ailing: Vec<&SourceListing> =
            listed.iter().filter(|source| source.state != SourceMode::Active).collect();
        let row = |source: &&SourceListing| {
            let class = source.class.map_or("", newshound::model::PollClass::as_str);
            let times = if source.failures > 1 { format!(" ×{}", source.failures) } else { String::new() };
            let next = source.next_poll.map(|next| format!("next {}", time(next, self.now)));
            let (style, state) = source_state(source.state);
            let class_style = if source.failures > 0 { Style::Red } else { style };
            Row {
                cells: vec![
                    cell(" ".repeat(LABEL - 2)),
                    (style, state),
                    cell(plain(&source.name)),
                    (class_style, format!("{class}{times}")),
                    cell(next.unwrap_or_default()),
                ],
                below: Vec::new(),
            }
        };
        let rows: Vec<Row> = ailing.iter().take(MOST_ROWS).map(row).collect();
        lines.extend(grid(AILING, &rows, self.terminal));
        let n_ailing = part.backing_off + part.degraded + part.unstable_ids + part.disabled;
        let more = n_ailing.saturating_sub(rows.len() as u64);
        if more > 0 {
            let more = format!("and {} more: newshound sources list", number(more));
            lines.extend(wrap(&more, self.terminal.columns, &" ".repeat(LABEL)));
        }
        lines
    }

    fn news(self, status: &Status) -> Vec<String> {
        let (items, alerts) = (&status.items, &status.alerts);
        let of = |n: u64| format!("in store, {} in 24 h", number(n));
        let mut lines = self.label("items", &number(items.total), &of(items.last_24h));
        lines.extend(self.label("alerts", &number(alerts.total), &of(alerts.last_24h)));
        lines
    }

    fn deliveries(self, status: &Status) -> Vec<String> {
        let part = &status.deliveries;
        let oldest = part.oldest_pending.map(|oldest| format!(" since {}", time(oldest, self.now)));
        let waiting = number(part.pending + part.sending);
        let text = format!(
            "{} delivered, {waiting} waiting{}, {} failed",
            number(part.delivered),
            oldest.unwrap_or_default(),
            number(part.failed)
        );
        let mut lines = self.label("deliveries", &number(part.created), &text);
        lines.extend(status.channels.iter().flat_map(|channel| self.channel(channel)));
        lines
    }

    fn channel(self, channel: &ChannelPart) -> Vec<String> {
        let class = channel.class.map_or("not used yet", DeliveryClass::as_str);
        let waiting = match channel.pending {
            0 => String::new(),
            n => format!(", {} waiting", number(n)),
        };
        let last = channel.last_success.map(|last| format!(", last delivered {}", time(last, self.now)));
        let text =
            format!("{} ({}): {class}{waiting}{}", channel.name, channel.kind, last.unwrap_or_default());
        wrap(&text, self.terminal.columns, &" ".repeat(LABEL))
    }

    fn events(self, events: &[EventRow]) -> Vec<String> {
        let mut lines = Vec::new();
        for event in events.iter().take(MOST_ROWS) {
            let source = event.source.as_ref().map(ToString::to_string);
            let of = source.or(event.channel.as_ref().map(ToString::to_string)).unwrap_or_default();
            let times = if event.count > 1 { format!(" ×{}", number(event.count)) } else { String::new() };
            let text = format!("{}: {}{times}, {}", plain(&of), event.class, plain(&event.message));
            let when = pad(&time(event.time, self.now), 8);
            lines.extend(self.label("event", &when, &cut(&text, self.terminal.columns * 3)));
        }
        lines
    }
}

fn quantiles(part: QuantilesPart) -> String {
    match (part.p50, part.p99) {
        (Some(p50), Some(p99)) => format!("half in {}, 99 % in {}", duration(p50), duration(p99)),
        _ => "nothing sent yet".to_owned(),
    }
}

fn config(status: &Status, now: Timestamp) -> String {
    let file =
        status.config.file.as_ref().map_or_else(|| "defaults".to_owned(), |file| file.display().to_string());
    let loaded =
        status.config.loaded.map(|loaded| format!(", read {}", time(loaded, now))).unwrap_or_default();
    plain(&format!("{file}{loaded}"))
}

/// Returns what the last reload leaves to say: what waits, and what the changed topics would have
/// told.
fn reloaded(status: &Status) -> Vec<String> {
    let waits =
        status.config.waits.iter().map(|key| format!("{} takes effect at the next start", plain(key)));
    let replayed = &status.config.replayed;
    let told = replayed.iter().take(MOST_ROWS).map(|topic| {
        let alerts = counted(topic.after, "alert", "alerts");
        format!(
            "{}: {alerts} in the last 7 days as it is now, {} as it was",
            topic.topic,
            number(topic.before)
        )
    });
    let more = replayed.len().saturating_sub(MOST_ROWS);
    let more =
        (more > 0).then(|| format!("and {} changed", counted(more as u64, "more topic", "more topics")));
    waits.chain(told).chain(more).collect()
}

fn daemon(status: &Status, now: Timestamp) -> String {
    match (status.daemon.running, status.daemon.pid, status.daemon.started) {
        (true, Some(pid), Some(started)) => {
            format!("running, process {pid}, since {}", time(started, now))
        }
        (true, _, _) => "running".to_owned(),
        (false, _, _) => "not running: `newshound run` starts it".to_owned(),
    }
}
