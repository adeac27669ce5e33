//! One alert with its reasons and what became of it.

use newshound::model::{Alert, Change, Delivery, DeliveryClass, Timestamp};
use newshound::notify::message::Message;
use newshound::store::AlertSheet;

use super::explain::evidence;
use super::ink::{Style, Terminal};
use super::words::{counted, cut, plain, time, wrap};

/// Returns an alert for people.
pub(in crate::cli) fn sheet(
    sheet: &AlertSheet,
    message: &Message,
    terminal: Terminal,
    now: Timestamp,
) -> String {
    let AlertSheet { alert, item, deliveries } = sheet;
    let Alert { topic_name, score, threshold, reason, created, .. } = alert;
    let title = cut(&item.title, terminal.columns);
    let mut lines = vec![terminal.style(Style::Bold, &title)];
    lines.extend(item.url.as_deref().map(plain));
    let published =
        item.published.map(|published| format!(", published {}", time(published, now))).unwrap_or_default();
    let what = if alert.follow_up.is_some() {
        format!("follow-up {}", alert.revision.saturating_sub(1))
    } else {
        "alert".to_owned()
    };
    lines.push(format!("{}{published}, {what} of {}", plain(&message.source_name), time(*created, now)));
    lines.extend(wrap(&plain(&story(message)), terminal.columns, ""));
    lines.push(String::new());
    let name = terminal.style(Style::Bold, &cut(topic_name, terminal.columns / 2));
    lines.push(format!("{name}  {score:.2}, threshold {threshold:.2}"));
    lines.extend(evidence(&alert.evidence, terminal));
    lines.extend(wrap(&plain(reason), terminal.columns, "  "));
    let change = alert.follow_up.as_ref().and_then(|follow_up| follow_up.change.as_ref());
    lines.extend(change.iter().flat_map(|change| changed(change, terminal)));
    lines.push(String::new());
    lines.extend(deliveries.iter().flat_map(|each| delivery(each, terminal, now)));
    if deliveries.is_empty() {
        lines.push("no route took it".to_owned());
    }
    lines.join("\n")
}

/// Returns the story and who has it.
fn story(message: &Message) -> String {
    let story = &message.alert.story;
    let copies = story.outlets.saturating_sub(story.independent);
    let carried = counted(u64::from(story.outlets), "outlet", "outlets");
    let split = if copies > 0 {
        format!(" ({} independent, {copies} only copies)", story.independent)
    } else {
        String::new()
    };
    format!("story {}: {carried}{split}", story.id)
}

fn changed(change: &Change, terminal: Terminal) -> Vec<String> {
    let title = change.title.iter().flat_map(|(before, now)| [("before", before), ("now", now)]);
    let removed = change.removed.iter().map(|sentence| ("removed", sentence));
    let added = change.added.iter().map(|sentence| ("added", sentence));
    let all = title.chain(removed).chain(added);
    all.flat_map(|(what, text)| wrap(&format!("{what}: {}", plain(text)), terminal.columns, "    ")).collect()
}

fn delivery(delivery: &Delivery, terminal: Terminal, now: Timestamp) -> Vec<String> {
    let Delivery { channel, to, state, class, error, delivered_at, .. } = delivery;
    let failed = class.filter(|class| *class != DeliveryClass::Ok);
    let class = failed.map(|class| format!(" ({class})")).unwrap_or_default();
    let when = delivered_at.map(|at| format!(" {}", time(at, now))).unwrap_or_default();
    let what = cut(&format!("{channel} to {to}: {state}{class}{when}"), terminal.columns);
    let mut lines = vec![what, terminal.style(Style::Dim, &format!("  {}", delivery.id))];
    if let Some(error) = error.as_deref().filter(|_| failed.is_some()) {
        lines.extend(wrap(&plain(error), terminal.columns, "  "));
    }
    lines
}
