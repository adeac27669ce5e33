//! Lists: one row a thing, and under it what is too long for a row.

use newshound::model::{Delivery, PollClass};
use newshound::model::{DeliveryClass, DeliveryState, SourceMode, Timestamp};
use newshound::store::AlertSheet;
use newshound::web::sources::SourceListing;

use super::grid::{Cell, Column, Row, cell, grid};
use super::ink::{Style, Terminal};
use super::words::{counted, cut, duration, number, plain, time, time_or_dash, wrap};

/// Columns from which on a table shows what is good to know as well.
const ROOMY: usize = 100;
/// Under a row.
const INDENT: &str = "  ";

/// Whether the columns of a table are named above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Heads {
    Named,
    /// They stand above an earlier part.
    Above,
}

/// Returns some of the sources.
pub(in crate::cli) fn sources(
    listed: &[SourceListing],
    heads: Heads,
    (terminal, now): (Terminal, Timestamp),
) -> String {
    let mut columns = vec![
        Column::headline("source"),
        Column::whole("state"),
        Column::text("last poll", 9),
        Column::whole("next"),
        Column::number("items"),
        Column::number("a day"),
    ];
    if terminal.columns >= ROOMY {
        columns.extend([Column::number("every"), Column::whole("polled")]);
    }
    let rows: Vec<Row> = listed.iter().map(|source| source_row(source, terminal, now)).collect();
    let lines = grid(&columns, &rows, terminal);
    let above = usize::from(heads == Heads::Above);
    lines[above..].join("\n")
}

fn source_row(source: &SourceListing, terminal: Terminal, now: Timestamp) -> Row {
    let mut below = Vec::new();
    if source.failures > 0 || matches!(source.state, SourceMode::Degraded | SourceMode::UnstableIds) {
        let failures = match source.failures {
            0 => String::new(),
            n => format!("{} in a row; ", counted(n.into(), "failure", "failures")),
        };
        let message = plain(source.message.as_deref().unwrap_or_default());
        below = wrap(&format!("{failures}{message}"), terminal.columns, INDENT);
    }
    let moved = source.moved_to.as_ref().map(|there| format!("moved for good to {there}"));
    let same =
        source.same_as.as_ref().map(|other| format!("ends where `{other}` does, which is polled instead"));
    for told in moved.into_iter().chain(same) {
        below.extend(wrap(&plain(&told), terminal.columns, INDENT));
    }
    let class = source.class.map_or("–", PollClass::as_str);
    let class_style = match source.state {
        SourceMode::BackingOff | SourceMode::Disabled => Style::Red,
        SourceMode::Degraded => Style::Yellow,
        SourceMode::Active | SourceMode::UnstableIds => Style::Plain,
    };
    let cells = vec![
        cell(plain(source.id.as_str())),
        source_state(source.state),
        (class_style, class.to_owned()),
        cell(time_or_dash(source.next_poll, now)),
        cell(number(source.items)),
        cell(format!("{:.1}", source.items_per_day)),
        cell(duration(source.interval)),
        cell(time_or_dash(source.last_poll, now)),
    ];
    Row { cells, below }
}

/// Returns how a source stands, in words.
pub(super) fn source_state(state: SourceMode) -> Cell {
    let style = match state {
        SourceMode::Degraded | SourceMode::UnstableIds => Style::Yellow,
        SourceMode::Active | SourceMode::BackingOff | SourceMode::Disabled => Style::Plain,
    };
    (style, state.as_str().replace('_', " "))
}

/// Returns the alerts.
pub(in crate::cli) fn alerts(sheets: &[AlertSheet], terminal: Terminal, now: Timestamp) -> String {
    const COLUMNS: &[Column] =
        &[Column::whole(""), Column::number(""), Column::text("", 12), Column::headline("")];
    let row = |sheet: &AlertSheet| {
        let AlertSheet { alert, item, deliveries } = sheet;
        let states: Vec<String> =
            deliveries.iter().map(|delivery| format!("{} {}", delivery.channel, delivery.state)).collect();
        let states = if states.is_empty() { "no route took it".to_owned() } else { states.join(", ") };
        let below = cut(&format!("{INDENT}{}  {states}", alert.id), terminal.columns);
        Row {
            cells: vec![
                cell(time(alert.created, now)),
                cell(format!("{:.2}", alert.score)),
                (Style::Bold, cut(&alert.topic_name, terminal.columns / 4)),
                (Style::Bold, plain(&item.title)),
            ],
            below: vec![terminal.style(Style::Dim, &below)],
        }
    };
    let rows: Vec<Row> = sheets.iter().map(row).collect();
    let mut lines = grid(COLUMNS, &rows, terminal);
    lines.push(counted(sheets.len() as u64, "alert", "alerts"));
    lines.join("\n")
}

/// Returns the deliveries.
pub(in crate::cli) fn deliveries(deliveries: &[Delivery], terminal: Terminal, now: Timestamp) -> String {
    const COLUMNS: &[Column] = &[
        Column::whole("made"),
        Column::text("channel", 8),
        Column::headline("to"),
        Column::text("state", 9),
        Column::text("class", 8),
        Column::number("tries"),
        Column::whole("due"),
    ];
    let rows: Vec<Row> = deliveries.iter().map(|delivery| delivery_row(delivery, terminal, now)).collect();
    let mut lines = if rows.is_empty() { Vec::new() } else { grid(COLUMNS, &rows, terminal) };
    lines.push(counted(deliveries.len() as u64, "delivery", "deliveries"));
    lines.join("\n")
}

fn delivery_row(delivery: &Delivery, terminal: Terminal, now: Timestamp) -> Row {
    let held = delivery.held.map(|held| format!(" ({held})")).unwrap_or_default();
    let waits = matches!(delivery.state, DeliveryState::Pending | DeliveryState::Sending);
    let class = delivery.class.map_or("–", DeliveryClass::as_str);
    let failed = delivery.class.is_some_and(|class| class != DeliveryClass::Ok);
    let ids = cut(&format!("{INDENT}{}  of {}", delivery.id, delivery.alert), terminal.columns);
    let mut below = vec![terminal.style(Style::Dim, &ids)];
    if let Some(error) = delivery.error.as_deref().filter(|_| failed) {
        below.extend(wrap(&plain(error), terminal.columns, INDENT));
    }
    let due = if waits { time(delivery.due, now) } else { "–".to_owned() };
    Row {
        cells: vec![
            cell(time(delivery.created, now)),
            cell(delivery.channel.to_string()),
            cell(plain(&delivery.to)),
            cell(format!("{}{held}", delivery.state)),
            (if failed { Style::Red } else { Style::Plain }, class.to_owned()),
            cell(delivery.attempts.to_string()),
            cell(due),
        ],
        below,
    }
}
