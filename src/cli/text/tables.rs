//! Lists as tables: rules between rows only, numbers to the right, the widest text cut.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use newshound::model::{Delivery, Timestamp};
use newshound::store::AlertSheet;
use newshound::web::sources::SourceListing;

use super::words::{counted, cut, duration, number, plain, time, time_or_dash};

fn table(columns: usize, header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(columns).unwrap_or(u16::MAX))
        .set_header(header);
    table
}

fn right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// Returns the sources.
pub(in crate::cli) fn sources(listed: &[SourceListing], columns: usize, now: Timestamp) -> String {
    let mut rows = table(columns, &["source", "state", "last poll", "", "next", "every", "items", "a day"]);
    for source in listed {
        rows.add_row([
            cut(source.id.as_str(), columns / 3),
            source.state.as_str().replace('_', " "),
            source.class.map_or("–", newshound::model::PollClass::as_str).to_owned(),
            time_or_dash(source.last_poll, now),
            time_or_dash(source.next_poll, now),
            duration(source.interval),
            number(source.items),
            format!("{:.1}", source.items_per_day),
        ]);
    }
    [5, 6, 7].into_iter().for_each(|column| right(&mut rows, column));
    let mut text = format!("{rows}");
    for source in listed.iter().filter(|source| source.failures > 0) {
        let message = source.message.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "\n{}: {} in a row, {}",
            source.id,
            counted(source.failures.into(), "failure", "failures"),
            plain(message)
        ));
    }
    format!("{text}\n{}", counted(listed.len() as u64, "source", "sources"))
}

/// Returns the alerts.
pub(in crate::cli) fn alerts(sheets: &[AlertSheet], columns: usize, now: Timestamp) -> String {
    if sheets.is_empty() {
        return "no alerts yet".to_owned();
    }
    let mut rows = table(columns, &["time", "topic", "score", "headline", "alert", "deliveries"]);
    for AlertSheet { alert, item, deliveries } in sheets {
        let states: Vec<String> =
            deliveries.iter().map(|delivery| format!("{} {}", delivery.channel, delivery.state)).collect();
        rows.add_row([
            time(alert.created, now),
            plain(&alert.topic_name),
            format!("{:.2}", alert.score),
            plain(&item.title),
            alert.id.to_string(),
            states.join(", "),
        ]);
    }
    right(&mut rows, 2);
    format!("{rows}\n{}", counted(sheets.len() as u64, "alert", "alerts"))
}

/// Returns the deliveries.
pub(in crate::cli) fn deliveries(deliveries: &[Delivery], columns: usize, now: Timestamp) -> String {
    if deliveries.is_empty() {
        return "no deliveries".to_owned();
    }
    let mut rows = table(columns, &["made", "channel", "to", "state", "class", "tries", "due", "delivery"]);
    for delivery in deliveries {
        let held = delivery.held.map(|held| format!(" ({held})")).unwrap_or_default();
        rows.add_row([
            time(delivery.created, now),
            delivery.channel.to_string(),
            plain(&delivery.to),
            format!("{}{held}", delivery.state),
            delivery.class.map_or("–", newshound::model::DeliveryClass::as_str).to_owned(),
            delivery.attempts.to_string(),
            time(delivery.due, now),
            delivery.id.to_string(),
        ]);
    }
    right(&mut rows, 5);
    format!("{rows}\n{}", counted(deliveries.len() as u64, "delivery", "deliveries"))
}
