//! The reasons for a score: one line a term and field, with the original text.

use super::occur::{Mark, Mention};
use super::score::Counted;
use super::tree::{Node, Tree};
use crate::model::words::{Part, Words};
use crate::model::{Evidence, Item};

/// Characters of a snippet, the marks and cuts aside.
const SNIPPET: usize = 96;

/// What lines are made from.
pub(super) struct Shown<'a> {
    pub(super) tree: &'a Tree,
    pub(super) item: &'a Item,
    pub(super) words: &'a Words,
}

/// Adds the lines of a member: one a field, and one a term where any of several counts. Together
/// they have its points.
pub(super) fn lines(counted: &Counted, shown: &Shown, evidence: &mut Vec<Evidence>) {
    let weights = &shown.tree.weights;
    let whole: f64 = counted.mentions.iter().map(|mention| weights.of(mention.field)).sum();
    let mut told: Vec<(&Mention, u32)> = Vec::new();
    for mention in &counted.mentions {
        // Which of their words met is much the same for all occurrences of a NEAR.
        let alike = |other: &Mention| match (mention.near.is_empty(), other.near.is_empty()) {
            (true, true) => mention.mark.label == other.mark.label,
            (near, other) => near == other,
        };
        match told.iter_mut().find(|(other, _)| other.field == mention.field && alike(other)) {
            Some((_, count)) => *count += 1,
            None => told.push((mention, 1)),
        }
    }
    evidence.extend(told.into_iter().map(|(first, count)| Evidence {
        term: shown.label(&counted.member.node, first),
        field: first.field,
        count,
        weight: counted.member.weight,
        points: counted.points * f64::from(count) * weights.of(first.field) / whole,
        snippet: shown.snippet(first),
    }));
}

/// Returns the line of a veto, if it occurs.
pub(super) fn veto_line(veto: &Counted, shown: &Shown) -> Option<Evidence> {
    let first = veto.mentions.first()?;
    let count = veto.mentions.iter().filter(|mention| mention.field == first.field).count();
    Some(Evidence {
        term: shown.label(&veto.member.node, first),
        field: first.field,
        count: super::tokens::narrow(count),
        weight: 1.0,
        points: 0.0,
        snippet: shown.snippet(first),
    })
}

impl Shown<'_> {
    fn label(&self, node: &Node, mention: &Mention) -> String {
        let term = |mark: Mark| self.tree.labels[mark.label as usize].as_str();
        let Some(within) = within(node).filter(|_| !mention.near.is_empty()) else {
            return term(mention.mark).to_owned();
        };
        let terms: Vec<&str> = mention.marks().map(term).collect();
        format!("near {within}: {}", terms.join(" … "))
    }

    /// Returns the original text around a mention, its words between « and ».
    fn snippet(&self, mention: &Mention) -> String {
        let list = &self.words.list;
        let mut marks: Vec<(usize, usize)> = mention
            .marks()
            .map(|mark| (list[mark.first as usize].span.start, list[mark.last as usize].span.end))
            .map(|(start, end)| (start as usize, end as usize))
            .collect();
        marks.sort_unstable();
        let text = match list[mention.mark.first as usize].part {
            Part::Title => &self.item.title,
            Part::Summary => &self.item.summary,
            Part::Text => &self.item.text,
        };
        cut(text, &marks)
    }
}

/// Returns how near the terms of a node must be, where that is asked of them.
fn within(node: &Node) -> Option<u32> {
    match node {
        Node::Near(near) => Some(near.within),
        Node::Or(nodes) | Node::And(nodes) => nodes.iter().find_map(within),
        Node::With { node, .. } | Node::ButNot { node, .. } | Node::AtLeast { node, .. } => within(node),
        Node::Phrase { .. } => None,
    }
}

/// Returns about `SNIPPET` characters of a text with some bytes of it marked.
fn cut(text: &str, marks: &[(usize, usize)]) -> String {
    let (from, to) = (marks[0].0, marks[marks.len() - 1].1);
    let n_marked = text[from..to].chars().count();
    let around = SNIPPET.saturating_sub(n_marked) / 2;
    let (start, end) = (back(text, from, around), forth(text, to, around));
    let mut out = String::new();
    if start > 0 {
        out.push('…');
    }
    let mut at = start;
    for (open, close) in marks {
        let between = &text[at..*open];
        // Two terms of a NEAR may be far apart: what is between them is cut in its middle.
        if at > start && between.chars().count() > SNIPPET {
            push_line(&text[at..forth(text, at, SNIPPET / 4)], &mut out);
            out.push_str(" … ");
            push_line(&text[back(text, *open, SNIPPET / 4)..*open], &mut out);
        } else {
            push_line(between, &mut out);
        }
        out.push('«');
        push_line(&text[*open..*close], &mut out);
        out.push('»');
        at = *close;
    }
    push_line(&text[at..end], &mut out);
    if end < text.len() {
        out.push('…');
    }
    out
}

/// Appends text with its line breaks and other white space as single spaces.
fn push_line(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            _ if c.is_whitespace() || c.is_control() => {
                if !out.ends_with([' ', '…']) && !out.is_empty() {
                    out.push(' ');
                }
            }
            _ => out.push(c),
        }
    }
}

/// Returns the start of a word at most so many characters before.
fn back(text: &str, from: usize, n_chars: usize) -> usize {
    let Some((at, _)) = text[..from].char_indices().rev().nth(n_chars) else { return 0 };
    let start = text[at..from].char_indices().find(|(_, c)| c.is_whitespace());
    match start {
        Some((space, c)) => at + space + c.len_utf8(),
        None => text[at..].chars().next().map_or(at, |c| at + c.len_utf8()).min(from),
    }
}

/// Returns the end of a word at most so many characters behind.
fn forth(text: &str, to: usize, n_chars: usize) -> usize {
    let Some((at, c)) = text[to..].char_indices().nth(n_chars) else { return text.len() };
    let end = to + at + c.len_utf8();
    text[to..end].rfind(char::is_whitespace).map_or(to + at, |space| to + space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, words: &[&str], expect: &str) {
        let marks: Vec<(usize, usize)> = words
            .iter()
            .map(|word| {
                let at = text.find(word).unwrap();
                (at, at + word.len())
            })
            .collect();
        assert_eq!(cut(text, &marks), expect);
    }

    #[test]
    fn short_texts_are_shown_whole() {
        check("Ships left Vladivostok\n late.", &["Vladivostok"], "Ships left «Vladivostok» late.");
        check("Kim’s train", &["Kim", "train"], "«Kim»’s «train»");
    }

    #[test]
    fn long_texts_are_cut_at_words() {
        let text = format!(
            "{} Vladivostok {}",
            "some words".to_owned() + &" before it".repeat(12),
            "and after ".repeat(12)
        );
        check(
            &text,
            &["Vladivostok"],
            "…before it before it before it before it «Vladivostok» and after and after and after and after…",
        );
    }

    #[test]
    fn unspaced_texts_are_cut_at_characters() {
        let text = format!("{}金正恩{}", "あ".repeat(90), "い".repeat(90));
        let shown = format!("…{}«金正恩»{}…", "あ".repeat(46), "い".repeat(46));
        check(&text, &["金正恩"], &shown);
    }

    #[test]
    fn terms_far_apart_have_a_cut_between_them() {
        let text = format!("Kim {}train", "said nothing of this ".repeat(8));
        check(&text, &["Kim", "train"], "«Kim» said nothing of this … said nothing of this «train»");
    }
}
