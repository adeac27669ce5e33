//! The explanation of an item: for each topic the score on its scale, the points that make it,
//! and what is missing.

use newshound::app::explain::{Explained, Line};
use newshound::model::Decision;

use super::alert::evidence_line;
use super::words::{cut, hour, pad, plain, width};

/// Cells of the score's scale.
const SCALE: usize = 24;
/// Bold, and back.
const BOLD: (&str, &str) = ("\u{1b}[1m", "\u{1b}[0m");

/// Returns an explanation for people.
pub(in crate::cli) fn explained(explained: &Explained, columns: usize, colour: bool) -> String {
    let mut lines = vec![head(explained, columns)];
    let names = explained.lines.iter().map(|line| width(&line.topic_name)).max().unwrap_or(0);
    for line in &explained.lines {
        lines.push(String::new());
        lines.extend(one(line, (columns, names, colour)));
    }
    if explained.lines.is_empty() {
        lines.push("\nno topic is configured".to_owned());
    }
    lines.join("\n")
}

fn head(explained: &Explained, columns: usize) -> String {
    let item = &explained.item;
    let title = if item.title.is_empty() { "(no title)".to_owned() } else { cut(&item.title, columns) };
    let source = item.source.as_ref().map(|source| format!("{source}, ")).unwrap_or_default();
    let id = explained.id.as_ref().map(|id| format!("{}, ", plain(id))).unwrap_or_default();
    format!("{title}\n{source}{id}{} words, language {}", explained.n_words, explained.lang)
}

fn one(line: &Line, (columns, names, colour): (usize, usize, bool)) -> Vec<String> {
    let name = pad(&plain(&line.topic_name), names);
    let (bold, back) = if colour { BOLD } else { ("", "") };
    let standing = standing(line);
    if line.evidence.is_empty() {
        return vec![format!("{bold}{name}{back}  {:.2}  {standing}", line.score)];
    }
    let mut lines = vec![format!(
        "{bold}{name}{back}  {:.2}  {}  {}",
        line.score,
        pad(&standing, 24),
        scale(line.score, line.threshold)
    )];
    lines.extend(line.evidence.iter().map(|evidence| evidence_line(evidence, columns)));
    let needed = points_for(line.threshold);
    lines.push(match line.decision {
        Decision::Vetoed => "         vetoed: no score counts".to_owned(),
        _ if line.score >= line.threshold => format!("  {:5.2}  points", line.points),
        _ => format!("  {:5.2}  points; a hit needs {needed:.2}", line.points),
    });
    lines.extend((!line.failed.is_empty()).then(|| format!("  without points: {}", line.failed.join("; "))));
    lines.extend(fate(line));
    lines
}

fn standing(line: &Line) -> String {
    match line.decision {
        Decision::Excluded => format!("excluded: {}", line.failed.join("; ")),
        Decision::Vetoed => "vetoed".to_owned(),
        _ if line.evidence.is_empty() && line.failed.is_empty() => "no term of the topic occurs".to_owned(),
        _ if line.evidence.is_empty() => format!("miss, without points: {}", line.failed.join("; ")),
        _ if line.score >= line.threshold => {
            format!("hit, {:.2} above {:.2}", line.score - line.threshold, line.threshold)
        }
        _ if line.score >= line.near_miss => format!("near miss, {:.2} short", line.distance),
        _ => format!("miss, {:.2} short", line.distance),
    }
}

/// Returns what became of a stored item.
fn fate(line: &Line) -> Vec<String> {
    let Some(decided) = line.decided else { return Vec::new() };
    if line.alert.is_none() {
        return vec![format!("  not alerted: {}", line.reason)];
    }
    let mut lines = vec![format!("  alerted {}: {}", hour(decided), line.reason)];
    for delivery in &line.deliveries {
        let when = delivery.delivered_at.map(|time| format!(" {}", hour(time))).unwrap_or_default();
        lines.push(format!("  {} {}{when}", delivery.channel, delivery.state));
    }
    lines
}

/// Returns the points behind a score.
fn points_for(score: f64) -> f64 {
    -(1.0 - score).log2()
}

/// Returns the scale from 0 to 1 with the threshold and the score on it.
fn scale(score: f64, threshold: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place on a scale of 24 cells"
    )]
    let place = |value: f64| ((value.clamp(0.0, 1.0) * (SCALE - 1) as f64).round()) as usize;
    let mut cells = vec!['─'; SCALE];
    cells[place(threshold)] = '┼';
    cells[place(score)] = if score >= threshold { '●' } else { '○' };
    format!("0 {} 1", cells.into_iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_shows_on_which_side_of_the_threshold_a_score_lies() {
        let hit = scale(0.77, 0.5);
        assert!(hit.find('┼').unwrap() < hit.find('●').unwrap(), "{hit}");
        let miss = scale(0.37, 0.5);
        assert!(miss.find('○').unwrap() < miss.find('┼').unwrap(), "{miss}");
    }

    #[test]
    fn a_score_of_one_half_is_one_point() {
        assert!((points_for(0.5) - 1.0).abs() < 1e-9);
    }
}
