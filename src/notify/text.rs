//! Text from outside made fit to be shown: without anything invisible that could act, shortened,
//! wrapped by what it takes on a screen. Escaping is left to each output.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub use crate::model::text::line;

/// Returns the lines of the text, each fit to be shown, without the empty ones.
pub fn lines(text: &str) -> String {
    let lines: Vec<String> =
        text.split(['\n', '\r', '\u{2028}', '\u{2029}']).map(line).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Returns at most so many characters of the text, cut between words where that loses little, with
/// `…` where something was cut.
pub fn shorten(text: &str, max_chars: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(max_chars) else {
        return text.to_owned();
    };
    let room = text.char_indices().nth(max_chars.saturating_sub(1)).map_or(0, |(at, _)| at);
    let kept = match text[..cut].rfind(char::is_whitespace) {
        Some(space) if space * 4 >= room * 3 => &text[..space],
        _ => &text[..room],
    };
    format!("{}…", kept.trim_end())
}

/// Returns the text cut to so many columns, with `…` where something was cut.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        fitted.push(c);
    }
    format!("{}…", fitted.trim_end())
}

/// Appends the text to `out`, wrapped at so many columns; `first` begins its first line, spaces of
/// the same width all others.
pub(super) fn wrap(out: &mut String, first: &str, text: &str, columns: usize) {
    let indent = first.width();
    let room = columns.saturating_sub(indent).max(1);
    let mut taken = 0;
    out.push_str(first);
    for piece in pieces(text, room) {
        let wanted = piece.text.width() + usize::from(piece.spaced && taken > 0);
        if taken > 0 && taken + wanted > room {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            taken = 0;
        }
        if piece.spaced && taken > 0 {
            out.push(' ');
            taken += 1;
        }
        out.push_str(piece.text);
        taken += piece.text.width();
    }
    out.push('\n');
}

/// What stands together on one line.
struct Piece<'a> {
    text: &'a str,
    /// Whether a space stands before it.
    spaced: bool,
}

/// Cuts a text where a line may break: at spaces, and between characters of scripts that are
/// written without them. An over-long word of narrow characters, like an address, stays whole.
fn pieces(text: &str, room: usize) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for word in text.split_whitespace() {
        let anywhere = word.width() > room;
        let mut start = 0;
        for (at, c) in word.char_indices() {
            let before = word[..at].chars().next_back();
            if before.is_some_and(|before| may_break(before, c, anywhere)) {
                pieces.push(Piece { text: &word[start..at], spaced: start == 0 });
                start = at;
            }
        }
        pieces.push(Piece { text: &word[start..], spaced: start == 0 });
    }
    pieces
}

/// Korean is wide too, but its words are spaced and stay whole.
fn may_break(before: char, after: char, anywhere: bool) -> bool {
    let wide = |c: char| c.width() == Some(2);
    let hangul =
        |c: char| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}');
    let closes = "、。，．！？：；）」』】》〉〕”’…".contains(after);
    let opens = "（「『【《〈〔“‘".contains(before);
    (wide(before) || wide(after)) && !closes && !opens && (anywhere || !(hangul(before) || hangul(after)))
}

/// Returns the parts of a snippet, with whether each stood between « and ».
///
/// The text may hold such signs of its own: a sign without its partner is text, and signs within a
/// marked part stay.
pub fn marked(snippet: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut rest = snippet;
    while let Some(open) = rest.find('«') {
        let inside = &rest[open + '«'.len_utf8()..];
        let Some(close) = closing(inside) else { break };
        parts.push((false, &rest[..open]));
        parts.push((true, &inside[..close]));
        rest = &inside[close + '»'.len_utf8()..];
    }
    parts.push((false, rest));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

fn closing(inside: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in inside.char_indices() {
        match c {
            '«' => depth += 1,
            '»' if depth == 0 => return Some(at),
            '»' => depth -= 1,
            _ => (),
        }
    }
    inside.find('»')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_kept_and_empty_ones_dropped() {
        assert_eq!(lines("one\r\n\r\n two \u{7}\n.\n"), "one\ntwo\n.");
    }

    #[test]
    fn a_short_text_is_kept_and_a_long_one_ends_in_an_ellipsis() {
        assert_eq!(shorten("as long as this", 15), "as long as this");
        assert_eq!(shorten("one two three four", 15), "one two three…");
        assert_eq!(shorten("onlyonewordinall", 9), "onlyonew…");
        assert_eq!(shorten("金正恩抵达俄罗斯", 5), "金正恩抵…");
        assert_eq!(shorten("ab", 0), "…");
    }

    #[track_caller]
    fn check_wrap(first: &str, text: &str, expect: &str) {
        let mut out = String::new();
        wrap(&mut out, first, text, 20);
        assert_eq!(out, expect);
    }

    #[test]
    fn lines_break_between_words_by_what_they_take_on_a_screen() {
        check_wrap("", "Kim’s train arrives at Khasan", "Kim’s train arrives\nat Khasan\n");
        check_wrap("  +1.50  ", "Kim’s train arrives", "  +1.50  Kim’s train\n         arrives\n");
        check_wrap("", "김정은 국무위원장이 러시아를", "김정은 국무위원장이\n러시아를\n");
        check_wrap(
            "",
            "金正恩乘专列抵达俄罗斯远东，访问开始。",
            "金正恩乘专列抵达俄罗\n斯远东，访问开始。\n",
        );
        check_wrap(
            "",
            "see https://news.example/very/long/path",
            "see\nhttps://news.example/very/long/path\n",
        );
        check_wrap("> ", "", "> \n");
    }

    #[test]
    fn marks_are_found_and_unpaired_ones_are_text() {
        assert_eq!(marked("the «arms deal» now"), [(false, "the "), (true, "arms deal"), (false, " now")]);
        assert_eq!(marked("«one» «two»"), [(true, "one"), (false, " "), (true, "two")]);
        assert_eq!(marked("««Владивосток»»"), [(true, "«Владивосток»")]);
        assert_eq!(marked("a « b"), [(false, "a « b")]);
        assert_eq!(marked("a » b « c « d» e"), [(false, "a » b "), (true, " c « d"), (false, " e")]);
        assert_eq!(marked(""), []);
    }

    proptest! {
        #[test]
        fn lines_are_as_short_as_their_words_allow(text in "[a-z ,金正恩抵达。방문]{0,200}", columns in 4usize..40) {
            let mut out = String::new();
            wrap(&mut out, "", &text, columns);
            let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(squeezed(&out), squeezed(&text));
            for line in out.lines() {
                prop_assert!(line.width() <= columns || !line.contains(' '), "{line:?}");
            }
        }

        #[test]
        fn what_is_cut_is_no_longer_than_its_room(text in any::<String>()) {
            prop_assert!(shorten(&text, 30).chars().count() <= 30);
            prop_assert!(fit(&line(&text), 30).width() <= 30);
        }
    }
}
