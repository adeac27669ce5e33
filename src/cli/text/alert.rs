//! One alert with its reasons and what became of it.

use newshound::model::{Alert, Evidence};
use newshound::notify::message::Message;
use newshound::store::AlertSheet;

use super::words::{cut, plain};

/// Returns an alert for people.
pub(in crate::cli) fn sheet(sheet: &AlertSheet, message: &Message, columns: usize) -> String {
    let AlertSheet { alert, item, deliveries } = sheet;
    let Alert { topic_name, score, threshold, evidence, reason, created, .. } = alert;
    let mut lines = vec![plain(&item.title)];
    lines.extend(item.url.as_deref().map(plain));
    let published = item.published.map(|time| format!(", published {time}")).unwrap_or_default();
    lines.push(format!("{}{published}, alerted {created}", plain(&message.source_name)));
    lines.push(String::new());
    lines.push(format!("{topic_name} {score:.2}, threshold {threshold:.2}: {reason}"));
    lines.extend(evidence.iter().map(|line| evidence_line(line, columns)));
    lines.push(String::new());
    for delivery in deliveries {
        let error = delivery.error.as_deref().map(|error| format!(", {}", plain(error))).unwrap_or_default();
        let when = delivery.delivered_at.map(|time| format!(" {time}")).unwrap_or_default();
        lines.push(format!(
            "{} to {} ({}): {}{when}{error}",
            delivery.id,
            delivery.channel,
            plain(&delivery.to),
            delivery.state
        ));
    }
    if deliveries.is_empty() {
        lines.push("no route took it".to_owned());
    }
    lines.join("\n")
}

/// Returns a line of evidence: points, field, term, snippet.
pub(super) fn evidence_line(evidence: &Evidence, columns: usize) -> String {
    let Evidence { term, field, count, points, snippet, .. } = evidence;
    let times = if *count > 1 { format!(" ×{count}") } else { String::new() };
    let head = format!("  {points:+.2}  {field:<5}  {}{times}", plain(term));
    let snippet = cut(snippet, columns.saturating_sub(super::words::width(&head) + 2).max(20));
    format!("{head}  {snippet}")
}
