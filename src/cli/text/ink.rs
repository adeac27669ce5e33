//! What the terminal can show: its width, its colours, its signs. Colour never says anything
//! that the words do not say too.

use newshound::notify::{console, text::marked};

use super::words::{cut, plain, width};

/// A terminal, or a pipe that is written to as if it were one of 80 columns.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Terminal {
    pub(in crate::cli) columns: usize,
    pub(in crate::cli) colour: bool,
    pub(in crate::cli) utf8: bool,
}

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum Style {
    #[default]
    Plain,
    /// Headlines and the names of topics.
    Bold,
    /// Labels and ids.
    Dim,
    /// Classes of failure.
    Red,
    /// What works only in part, or waits.
    Yellow,
    /// The matched words, and nothing else.
    Evidence,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Bold => console::BOLD,
            Style::Dim => console::DIM,
            Style::Red => "\x1b[31m",
            Style::Yellow => "\x1b[33m",
            Style::Evidence => console::EVIDENCE,
        }
    }
}

impl Terminal {
    /// Returns the text in a style, where there is colour.
    pub(in crate::cli) fn style(self, style: Style, text: &str) -> String {
        if self.colour && style != Style::Plain && !text.is_empty() {
            format!("{}{text}{}", style.code(), console::PLAIN)
        } else {
            text.to_owned()
        }
    }

    /// Returns a snippet cut to so many columns around its matched words, which colour marks, or
    /// else « and ».
    pub(in crate::cli) fn snippet(self, snippet: &str, columns: usize) -> String {
        let mut shown = String::new();
        for (is_marked, part) in window(&plain(snippet), columns) {
            match (is_marked, self.colour) {
                (false, _) => shown.push_str(&part),
                (true, true) => shown.push_str(&self.style(Style::Evidence, &part)),
                (true, false) => shown.extend(["«", part.as_str(), "»"]),
            }
        }
        shown
    }
}

/// Columns that the signs of one mark take.
const SIGNS: usize = 2;

/// Returns the parts of a snippet that fit, the marked words in their middle.
fn window(snippet: &str, columns: usize) -> Vec<(bool, String)> {
    let mut parts: Vec<(bool, String)> =
        marked(snippet).into_iter().map(|(is_marked, part)| (is_marked, part.to_owned())).collect();
    if taken(&parts) <= columns {
        return parts;
    }
    let Some(first) = parts.iter().position(|(is_marked, _)| *is_marked) else {
        return vec![(false, cut(snippet, columns))];
    };
    // As many of the marked words as fit with what is between them, the first in any case.
    let mut last = first;
    for at in (first..parts.len()).filter(|at| parts[*at].0) {
        if taken(&parts[first..=at]) + 2 <= columns {
            last = at;
        }
    }
    let after = parts.split_off(last + 1);
    let middle = parts.split_off(first);
    if taken(&middle) + 2 > columns {
        return vec![(true, cut(&middle[0].1, columns.saturating_sub(SIGNS)))];
    }
    let room = columns - taken(&middle);
    let (before, after) = (joined(&parts), joined(&after));
    let of_before = if width(&after) < room / 2 { room - width(&after) } else { room / 2 };
    let before = tail(&before, of_before.min(room));
    let after = cut(&after, room - width(&before));
    let mut shown = vec![(false, before)];
    shown.extend(middle);
    shown.push((false, after));
    shown.retain(|(_, part)| !part.is_empty());
    shown
}

fn joined(parts: &[(bool, String)]) -> String {
    parts.iter().map(|(_, part)| part.as_str()).collect()
}

fn taken(parts: &[(bool, String)]) -> usize {
    parts.iter().map(|(is_marked, part)| width(part) + if *is_marked { SIGNS } else { 0 }).sum()
}

/// Returns the end of a text that takes at most so many columns, from the start of a word on
/// where that loses little.
fn tail(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let mut start = text.len();
    for (at, _) in text.char_indices().rev() {
        if width(&text[at..]) > room {
            break;
        }
        start = at;
    }
    let kept = &text[start..];
    let kept = match kept.trim_end().find(' ') {
        Some(space) if space * 2 < kept.len() => &kept[space + 1..],
        _ => kept,
    };
    format!("…{}", kept.trim_start_matches('…'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PIPE: Terminal = Terminal { columns: 80, colour: false, utf8: true };

    #[track_caller]
    fn check(snippet: &str, columns: usize, expect: &str) {
        assert_eq!(PIPE.snippet(snippet, columns), expect);
    }

    #[test]
    fn a_snippet_is_cut_around_its_matched_words() {
        check("Ships left «Vladivostok» late.", 40, "Ships left «Vladivostok» late.");
        check(
            "crosses into Russia for Putin talks in «Vladivostok»",
            36,
            "…for Putin talks in «Vladivostok»",
        );
        check(
            "a meeting in the port city of «Vladivostok» as early as Tuesday",
            30,
            "…of «Vladivostok» as early as…",
        );
        check("«Kim Jong-un» «arrives» in Vladivostok today", 30, "«Kim Jong-un» «arrives» in Vl…");
        check("«Kim» said much of … nothing and left by «train»", 20, "«Kim» said much of…");
        check("«金正恩乘专列访问俄罗斯»", 12, "«金正恩乘…»");
        check("nothing is marked here", 10, "nothing i…");
    }

    #[test]
    fn colour_stands_for_the_signs() {
        let shown = Terminal { colour: true, ..PIPE }.snippet("left «Vladivostok»", 40);
        assert_eq!(shown, "left \x1b[7;33mVladivostok\x1b[0m");
        assert_eq!(PIPE.style(Style::Red, "timeout"), "timeout");
    }

    proptest! {
        #[test]
        fn no_snippet_is_wider_than_its_room(text in "[a-z «»金방 …]{0,120}", columns in 8usize..60) {
            prop_assert!(width(&PIPE.snippet(&text, columns)) <= columns);
        }
    }
}
