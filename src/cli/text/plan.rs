//! What a reload would change, in words: parts that come (+), go (-) and change (~), then the
//! alerts.

use newshound::app::backtest::changes::TopicChanges;
use newshound::app::backtest::compare::DAYS;
use newshound::app::plan::{Change, PartChange, Plan};
use newshound::model::{DefinitionKind, Timestamp, TopicId};
use newshound::store::LastReload;

use super::ink::{Style, Terminal};
use super::words::{counted, cut, number, plain, time, wrap};

/// What all parts of a kind are called together, in the order in which they are told.
pub(in crate::cli) const KINDS: [(DefinitionKind, &str); 5] = [
    (DefinitionKind::Source, "sources"),
    (DefinitionKind::Topic, "topics"),
    (DefinitionKind::Route, "routes"),
    (DefinitionKind::Channel, "channels"),
    (DefinitionKind::Setting, "settings"),
];
/// Parts of one kind that are named.
const PARTS: usize = 50;
/// Topics whose alerts are told.
const TOPICS: usize = 20;

/// Returns the plan for people.
pub(in crate::cli) fn plan(plan: &Plan, terminal: Terminal, now: Timestamp) -> String {
    let mut lines = wrap(&head(plan, now), terminal.columns, "");
    if plan.result == LastReload::Rejected {
        return lines.join("\n");
    }
    for topic in &plan.kept {
        let text = format!("topic {topic} has an error and would stay as it is");
        lines.push(terminal.style(Style::Yellow, &plain(&text)));
    }
    for (kind, name) in KINDS {
        lines.extend(parts(plan, (kind, name), terminal));
    }
    lines.extend(plan.waits.iter().map(|waits| format!("{waits} would take effect at the next start")));
    lines.extend(alerts(plan, terminal));
    lines.join("\n")
}

fn head(plan: &Plan, now: Timestamp) -> String {
    let since = plan.ran.loaded.map(|loaded| format!(", read {}", time(loaded, now))).unwrap_or_default();
    let beside = match (plan.ran.daemon, plan.ran.loaded) {
        (true, _) => format!("the configuration that runs{since}"),
        (false, Some(_)) => format!("the configuration that last ran{since}; no daemon runs now"),
        (false, None) => "nothing, since none ran on this store yet".to_owned(),
    };
    let outcome = match plan.result {
        LastReload::Rejected => "The files have an error: a reload would leave everything as it is.",
        LastReload::Partial => "The files have an error in a topic: a reload would take the rest.",
        LastReload::Ok if plan.parts.is_empty() => "A reload would change nothing.",
        LastReload::Ok => "A reload would change what follows.",
    };
    format!("{outcome} Compared with {beside}.")
}

fn parts(plan: &Plan, (kind, name): (DefinitionKind, &str), terminal: Terminal) -> Vec<String> {
    let parts: Vec<&PartChange> = plan.parts.iter().filter(|part| part.kind == kind).collect();
    let mut lines: Vec<String> = parts.iter().take(PARTS).map(|part| one_part(part, terminal)).collect();
    if parts.len() > PARTS {
        lines.push(format!("  and {} more", number((parts.len() - PARTS) as u64)));
    }
    if !lines.is_empty() {
        lines.insert(0, format!("\n{name}"));
    }
    lines
}

fn one_part(part: &PartChange, terminal: Terminal) -> String {
    let (mark, style, keys) = match &part.change {
        Change::Added => ('+', Style::Plain, String::new()),
        Change::Removed => ('-', Style::Yellow, String::new()),
        Change::Changed(keys) if keys.is_empty() => ('~', Style::Plain, String::new()),
        Change::Changed(keys) => ('~', Style::Plain, format!(": {}", keys.join(", "))),
    };
    terminal.style(style, &cut(&format!("  {mark} {}{}", plain(&part.id), plain(&keys)), terminal.columns))
}

fn alerts(plan: &Plan, terminal: Terminal) -> Vec<String> {
    if plan.alerts.topics().len() == 0 {
        return Vec::new();
    }
    let (added, removed) = plan.alerts.sums();
    let items = counted(plan.alerts.items, "item", "items");
    let head = format!(
        "\nalerts of the last {DAYS} days, {items}: {} added, {} removed",
        number(added),
        number(removed)
    );
    let mut topics: Vec<(&TopicId, &TopicChanges)> = plan.alerts.changed().collect();
    topics.sort_by_key(|(_, topic)| std::cmp::Reverse(topic.sum()));
    let mut lines = vec![head];
    for (id, topic) in topics.iter().take(TOPICS) {
        let name = terminal.style(Style::Bold, &plain(id.as_str()));
        let (before, after) = (number(topic.before), number(topic.after));
        lines.push(format!("  {name}  {before} before, {after} after"));
        for example in &topic.examples {
            let mark = if example.is_added() { '+' } else { '-' };
            let room = terminal.columns.saturating_sub(6);
            lines.push(format!("    {mark} {}", cut(&plain(&example.title), room)));
        }
    }
    if topics.len() > TOPICS {
        lines.push(format!("  and {} more topics", number((topics.len() - TOPICS) as u64)));
    }
    lines
}
