//! The text part of a mail.

use std::fmt::Write as _;

use super::letter::{Letter, News, Reason};
use super::text::wrap;

const COLUMNS: usize = 72;

/// Where the snippet of a reason begins.
const SNIPPET_AT: usize = 16;

/// Writes the text part, lines ending in a line feed.
pub(super) fn written(letter: &Letter) -> String {
    let mut out = String::new();
    wrap(&mut out, "", &letter.headline, COLUMNS);
    if let Some(address) = letter.article.as_ref().map(url::Url::as_str).or(letter.dead_link.as_deref()) {
        out.push_str(address);
        out.push('\n');
    }
    news(&mut out, letter);
    out.push('\n');
    wrap(&mut out, "", &format!("{}, {}", letter.source, letter.times), COLUMNS);
    if let Some(lede) = &letter.lede {
        out.push('\n');
        wrap(&mut out, "", lede, COLUMNS);
    }
    out.push('\n');
    reasons(&mut out, letter);
    out.push('\n');
    outlets(&mut out, letter);
    links(&mut out, letter);
    out.push_str("\n-- \n");
    wrap(&mut out, "", &letter.footer, COLUMNS);
    out
}

fn news(out: &mut String, letter: &Letter) {
    let Some(News { lead, text, changes }) = &letter.news else { return };
    out.push('\n');
    wrap(out, "", &format!("{}. {lead} {text}", capital(&letter.kind)), COLUMNS);
    for (what, sentence) in changes {
        wrap(out, &format!("  {what:<9}"), sentence, COLUMNS);
    }
}

fn reasons(out: &mut String, letter: &Letter) {
    let Letter { topic, score, threshold, sum, .. } = letter;
    wrap(out, "", &format!("Why you get this: {topic} {score}, threshold {threshold}"), COLUMNS);
    for Reason { points, field, parts } in &letter.reasons {
        let text: String = parts
            .iter()
            .map(|(marked, part)| if *marked { format!("*{part}*") } else { part.clone() })
            .collect();
        let first = format!("{points:>7}  {field:<width$}", width = SNIPPET_AT - 9);
        wrap(out, &first, &text, COLUMNS);
    }
    let text = match &sum.counted {
        None => "points".to_owned(),
        Some(counted) => format!("points in all; the weakest group decides and gives {counted}"),
    };
    wrap(out, &format!("{:>7}  ", sum.points), &text, COLUMNS);
}

fn outlets(out: &mut String, letter: &Letter) {
    let split = letter.outlets.split.as_ref().map(|split| format!(" ({split})")).unwrap_or_default();
    wrap(out, "", &format!("Who has it: {}{split}", letter.outlets.total), COLUMNS);
    for (what, names) in [("independent", &letter.outlets.independent), ("copies", &letter.outlets.copies)] {
        if !names.is_empty() {
            wrap(out, &format!("  {what:<13}"), &names.join(", "), COLUMNS);
        }
    }
}

fn links(out: &mut String, letter: &Letter) {
    if !letter.links.is_empty() {
        out.push('\n');
    }
    for link in &letter.links {
        let _ = writeln!(out, "{:<9}{}{}", link.word, link.url, link.note);
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
