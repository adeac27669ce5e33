//! The explanation of an item: for each topic the score on its scale, the points that make it,
//! and what is missing.

use newshound::app::explain::{DeliveryLine, Explained, Line, Present};
use newshound::model::{Decision, DeliveryState, Evidence, Timestamp};

use super::ink::{Style, Terminal};
use super::words::{counted, cut, hour, language, pad, plain, time, width, wrap};

/// Cells of the score's scale.
const SCALE: usize = 20;
/// Columns before the term of a line of evidence.
const BEFORE_TERM: usize = 16;

/// Returns an explanation for people.
pub(in crate::cli) fn explained(explained: &Explained, terminal: Terminal, now: Timestamp) -> String {
    let mut lines = head(explained, terminal, now);
    let name = |line: &Line| cut(&line.topic_name, terminal.columns * 3 / 10);
    let names = explained.lines.iter().map(|line| width(&name(line))).max().unwrap_or(0);
    let mut spaced = true;
    for line in &explained.lines {
        let body = body(line, terminal);
        // Topics that say nothing stand together, the others apart.
        if spaced || !body.is_empty() {
            lines.push(String::new());
        }
        spaced = !body.is_empty();
        lines.extend(headline(line, (&name(line), names), terminal));
        lines.extend(body);
    }
    if explained.lines.is_empty() {
        lines.push("\nno topic is configured: `newshound init` writes three to begin with".to_owned());
    }
    lines.join("\n")
}

fn head(explained: &Explained, terminal: Terminal, now: Timestamp) -> Vec<String> {
    let item = &explained.item;
    let title = match plain(&item.title) {
        title if title.trim().is_empty() => "(no title)".to_owned(),
        title => terminal.style(Style::Bold, &cut(&title, terminal.columns)),
    };
    let mut about = vec![explained.source_name.as_deref().map_or("(no source)".to_owned(), plain)];
    about.extend(item.published.map(|published| time(published, now)));
    about.push(language(&explained.lang));
    about.push(match (item.summary.is_empty() && item.text.is_empty(), explained.n_words) {
        (true, 1..) => "title only".to_owned(),
        (_, n) => counted(n as u64, "word", "words"),
    });
    let about = cut(&about.join(", "), terminal.columns);
    vec![title, about]
}

/// Returns the line of a topic: its score and how far that is from the threshold.
fn headline(line: &Line, (name, names): (&str, usize), terminal: Terminal) -> Vec<String> {
    let fill = " ".repeat(names.saturating_sub(width(name)));
    let name = format!("{}{fill}", terminal.style(Style::Bold, name));
    if line.evidence.is_empty() {
        let score = format!("{:.2}", line.score);
        let score = if line.score > 0.0 { score.as_str() } else { "0   " };
        let reasons = wrap(&standing(line), terminal.columns, &" ".repeat(names + 8));
        let reason = reasons.join("\n");
        return vec![format!("{name}  {score}  {}", reason.trim_start())];
    }
    let standing = standing(line);
    let style = if is_near_miss(line) { Style::Yellow } else { Style::Plain };
    let fill = " ".repeat(24_usize.saturating_sub(width(&standing)));
    let scale = scale(line.score, line.threshold, terminal.utf8);
    let standing = terminal.style(style, &standing);
    vec![format!("{name}  {:.2}  {standing}{fill}{scale}", line.score)]
}

fn body(line: &Line, terminal: Terminal) -> Vec<String> {
    if line.evidence.is_empty() {
        return fate(line, terminal);
    }
    let mut lines = evidence(&line.evidence, terminal);
    lines.push(if line.decision == Decision::Vetoed {
        "         a veto: no score counts".to_owned()
    } else if line.score >= line.threshold {
        format!("  {:5.2}  points", line.points)
    } else {
        format!("  {:5.2}  points; a hit needs {:.2}", line.points, points_for(line.threshold))
    });
    if !line.failed.is_empty() {
        let failed = format!("without points: {}", plain(&line.failed.join("; ")));
        lines.extend(wrap(&failed, terminal.columns, "  "));
    }
    lines.extend(fate(line, terminal));
    lines
}

/// Returns the lines of evidence: points, field, term, and the words in their place.
pub(super) fn evidence(evidence: &[Evidence], terminal: Terminal) -> Vec<String> {
    let times = |count: u32| if count > 1 { format!("  ×{count}") } else { String::new() };
    let most = terminal.columns * 3 / 8 - 4;
    let term = |line: &Evidence| {
        let times = times(line.count);
        cut(&line.term, most - width(&times)) + &times
    };
    let terms = evidence.iter().map(|line| width(&term(line))).max().unwrap_or(0);
    let room = terminal.columns.saturating_sub(BEFORE_TERM + terms + 2);
    let one = |line: &Evidence| {
        let Evidence { field, points, snippet, .. } = line;
        let snippet = terminal.snippet(snippet, room);
        format!("  {points:+.2}  {field:<5}  {}  {snippet}", pad(&term(line), terms))
    };
    evidence.iter().map(one).collect()
}

fn is_near_miss(line: &Line) -> bool {
    line.decision == Decision::Below && line.score >= line.near_miss
}

fn standing(line: &Line) -> String {
    match () {
        () if line.decision == Decision::Excluded => format!("excluded: {}", plain(&line.failed.join("; "))),
        () if line.decision == Decision::Vetoed => "vetoed".to_owned(),
        () if line.evidence.is_empty() && line.failed.is_empty() => "no term of the topic occurs".to_owned(),
        () if line.evidence.is_empty() => plain(&line.failed.join("; ")),
        () if line.score >= line.threshold => {
            format!("hit, {:.2} above {:.2}", line.score - line.threshold, line.threshold)
        }
        () if is_near_miss(line) => format!("near miss, {:.2} short", line.distance),
        () => format!("miss, {:.2} short", line.distance),
    }
}

/// Returns what became of a stored item.
fn fate(line: &Line, terminal: Terminal) -> Vec<String> {
    let Some(then) = &line.then else { return Vec::new() };
    let Some(decided) = line.decided else {
        if !line.is_hit_now() {
            return Vec::new();
        }
        return wrap(&format!("not alerted: {}", plain(&line.reason)), terminal.columns, "  ");
    };
    let mut lines = outcome(line, decided, terminal);
    let since = match &then.changed_keys[..] {
        [] => String::new(),
        keys => format!("; changed since: {}", plain(&keys.join(", "))),
    };
    let version = match (line.configured, then.changed) {
        (false, _) => "with a topic that is not configured any more",
        (true, Some(true)) => "with an earlier version of this topic",
        (true, Some(false) | None) => "",
    };
    if !version.is_empty() {
        let text = format!("decided {} {version}{since}", hour(decided));
        lines.extend(wrap(&text, terminal.columns, "  "));
    }
    lines.extend(line.now.as_ref().map(|now| present(now, terminal)).unwrap_or_default());
    lines
}

/// Returns what the topic, as it is now, makes of the item.
fn present(now: &Present, terminal: Terminal) -> Vec<String> {
    let standing = match (now.decision, now.score >= now.threshold) {
        (Decision::Vetoed, _) => "vetoed".to_owned(),
        (Decision::Excluded, _) => format!("excluded: {}", plain(&now.failed.join("; "))),
        (_, true) => format!("a hit, {:.2} above {:.2}", now.score - now.threshold, now.threshold),
        (_, false) => format!("{:.2} short of {:.2}", now.distance, now.threshold),
    };
    let mut lines = wrap(&format!("now: {:.2}, {standing}", now.score), terminal.columns, "  ");
    lines.extend(evidence(&now.evidence, terminal));
    lines
}

fn outcome(line: &Line, decided: Timestamp, terminal: Terminal) -> Vec<String> {
    if line.alert.is_none() {
        return wrap(&format!("not alerted: {}", plain(&line.reason)), terminal.columns, "  ");
    }
    let mut parts = vec![format!("alert of {}: {}", hour(decided), plain(&line.reason))];
    parts.extend(line.deliveries.iter().map(delivery));
    if line.deliveries.is_empty() {
        parts.push("no route took it".to_owned());
    }
    wrap(&parts.join("; "), terminal.columns, "  ")
}

fn delivery(delivery: &DeliveryLine) -> String {
    let DeliveryLine { channel, state, class, due, delivered_at, .. } = delivery;
    let class = class.map(|class| format!(" ({class})")).unwrap_or_default();
    match (state, delivered_at) {
        (DeliveryState::Delivered, Some(at)) => format!("sent {} to {channel}", hour(*at)),
        (DeliveryState::Pending, _) => format!("pending on {channel}{class}, next {}", hour(*due)),
        (state, _) => format!("{state} on {channel}{class}"),
    }
}

/// Returns the points behind a score.
fn points_for(score: f64) -> f64 {
    -(1.0 - score).log2()
}

/// Returns the scale from 0 to 1 with the threshold and the score on it.
fn scale(score: f64, threshold: f64, utf8: bool) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place on a scale of 20 cells"
    )]
    let place = |value: f64| ((value.clamp(0.0, 1.0) * (SCALE - 1) as f64).round()) as usize;
    let [bar, mark, hit, miss] = if utf8 { ['─', '┼', '●', '○'] } else { ['-', '|', '*', 'o'] };
    let mut cells = vec![bar; SCALE];
    let (at, is_hit) = (place(threshold), score >= threshold);
    cells[at] = mark;
    // On the side where it lies, however near that is.
    let beside =
        if is_hit { place(score).max(at + 1).min(SCALE - 1) } else { place(score).min(at.saturating_sub(1)) };
    cells[beside] = if is_hit { hit } else { miss };
    format!("0 {} 1", cells.into_iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_shows_on_which_side_of_the_threshold_a_score_lies() {
        assert_eq!(scale(0.77, 0.5, true), "0 ──────────┼────●──── 1");
        assert_eq!(scale(0.37, 0.5, true), "0 ───────○──┼───────── 1");
        assert_eq!(scale(0.501, 0.5, true), "0 ──────────┼●──────── 1");
        assert_eq!(scale(0.499, 0.5, true), "0 ─────────○┼───────── 1");
        assert_eq!(scale(1.0, 0.5, false), "0 ----------|--------* 1");
        assert_eq!(scale(0.0, 0.5, false), "0 o---------|--------- 1");
    }

    #[test]
    fn a_score_of_one_half_is_one_point() {
        assert!((points_for(0.5) - 1.0).abs() < 1e-9);
    }
}
