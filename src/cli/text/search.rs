//! What a search found: each item with its score, where it is from, and where it matched.

use newshound::app::search::Found;
use newshound::model::{Field, SourceId, Timestamp};

use super::ink::{Style, Terminal};
use super::words::{counted, cut, plain, time, width};

/// Before what stands under the title.
const INDENT: &str = "      ";

/// Returns an item for people.
pub(in crate::cli) fn found(
    found: &Found,
    source: Option<&str>,
    terminal: Terminal,
    now: Timestamp,
) -> String {
    let Found { item, score } = found;
    let room = terminal.columns.saturating_sub(width(INDENT));
    let mentions = score.evidence.iter().filter(|line| line.points > 0.0);
    let in_title = mentions.clone().find(|line| line.field == Field::Title);
    let title = match (in_title, plain(&item.title)) {
        (None, title) if title.trim().is_empty() => "(no title)".to_owned(),
        (None, title) => terminal.style(Style::Bold, &cut(&title, room)),
        (Some(line), _) => terminal.snippet(&line.snippet, room),
    };
    let mut about =
        vec![source.or(item.source.as_ref().map(SourceId::as_str)).map_or_else(String::new, plain)];
    about.extend(item.published.or(item.first_seen).map(|date| time(date, now)));
    about.push(item.id.to_string());
    about.retain(|part| !part.is_empty());
    let about = terminal.style(Style::Dim, &cut(&about.join(", "), room));
    let mut lines = vec![format!("{:.2}  {title}", score.score), format!("{INDENT}{about}")];
    let in_text = mentions.clone().find(|line| line.field != Field::Title);
    lines.extend(in_text.map(|line| format!("{INDENT}{}", terminal.snippet(&line.snippet, room))));
    lines.join("\n")
}

/// Says how many there are, or that there are more.
pub(in crate::cli) fn closing(n_told: u32, more: bool) -> String {
    match n_told {
        0 => "nothing stored is like that".to_owned(),
        n if more => format!("the newest {n}; `--limit` shows more"),
        n => counted(u64::from(n), "item", "items"),
    }
}
