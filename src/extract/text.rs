//! Turns markup into plain text, and makes text from outside safe to keep: no controls, nothing
//! invisible, bounded length. Linear in the input whatever its nesting, since no tree is built.

use std::borrow::Cow;

use super::entities;
use super::lexer::{Lexer, Token};
use crate::model::text::{is_hidden, is_joiner};

/// Elements whose content is not text.
const HIDDEN: [&str; 5] = ["script", "style", "template", "svg", "select"];

/// Elements within a line; every other one breaks the words around it.
const INLINE: [&str; 33] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "tt", "u", "var", "wbr",
];

/// Elements that a headline or a doubly escaped text may be marked up with, besides [`INLINE`].
const COMMON_BLOCKS: [&str; 24] = [
    "p",
    "br",
    "div",
    "img",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "blockquote",
    "pre",
    "table",
    "tr",
    "td",
    "th",
    "center",
];

/// Returns the plain text of HTML or of text: tags dropped, block tags as line breaks, scripts
/// and styles left out, entities decoded (twice at most), and no more than `max_chars` characters.
pub fn plain(html_or_text: &str, max_chars: usize) -> String {
    // Markup is longer than the text in it, but not without end: what is cut here was beyond use.
    let input = whole_tags(html_or_text, max_chars.saturating_mul(16).max(4096));
    if !input.contains(['<', '&']) {
        return tidy(input, max_chars);
    }
    let once = strip(input);
    let twice = if looks_like_html(&once) {
        strip(&once)
    } else if entities::has_reference(&once) {
        entities::decode(&once).into_owned()
    } else {
        once
    };
    tidy(&twice, max_chars)
}

/// Returns text that is known to hold no markup as plain text: only entities are decoded.
pub fn literal(text: &str, max_chars: usize) -> String {
    tidy(&decode_twice(cut(text, max_chars.saturating_mul(16).max(4096))), max_chars)
}

/// Returns a headline on one line. Markup is dropped only where it is evidently meant as such;
/// a headline about `<script>` keeps its words.
pub fn headline(html_or_text: &str, max_chars: usize) -> String {
    let input = whole_tags(html_or_text, max_chars.saturating_mul(16).max(4096));
    let once = stripped_if_html(input);
    one_line(&stripped_if_html(&once), max_chars)
}

fn stripped_if_html(text: &str) -> Cow<'_, str> {
    if looks_like_html(text) { Cow::Owned(strip(text)) } else { entities::decode(text) }
}

/// Returns a short text without markup, like a name, on one line.
pub fn one_line(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    let text = without_sequences(cut(text, max_chars.saturating_mul(16).max(4096)));
    for word in text.split_whitespace() {
        let before = line.len();
        if before > 0 {
            line.push(' ');
        }
        let word_from = line.len();
        line.extend(word.chars().filter(|&c| !is_unwanted(c)));
        if line.len() == word_from {
            line.truncate(before);
        }
    }
    let end = cut(&line, max_chars).trim_end().len();
    line.truncate(end);
    line
}

/// Drops the sequences by which a terminal is told to change colours and the like (ECMA-48): without
/// their first character the rest would stand in the middle of a word.
fn without_sequences(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
            let _ = chars.next_if(|c| matches!(c, '@'..='~'));
        } else if c != '\u{1b}' {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

/// Returns the first `max_chars` characters.
pub(super) fn cut(text: &str, max_chars: usize) -> &str {
    if text.len() <= max_chars {
        return text;
    }
    text.char_indices().nth(max_chars).map_or(text, |(end, _)| &text[..end])
}

/// Returns the beginning of a text, without the tag that the cut went through.
fn whole_tags(html: &str, max_chars: usize) -> &str {
    let begun = cut(html, max_chars);
    match begun.rfind('<') {
        Some(at) if begun.len() < html.len() && !begun[at..].contains('>') => &begun[..at],
        Some(_) | None => begun,
    }
}

/// Decodes entities, and once more what was escaped twice.
fn decode_twice(text: &str) -> String {
    let once = entities::decode(text);
    entities::decode(&once).into_owned()
}

/// Says whether a text is evidently HTML: it closes a tag or holds an entity, and all its tags are
/// ones that authors mark text up with.
fn looks_like_html(text: &str) -> bool {
    if !text.contains("</") && !text.contains('&') && !text.contains("/>") && !text.contains("<br") {
        return false;
    }
    let mut n_tags = 0;
    for token in Lexer::new(text) {
        if let Token::Start { name, .. } | Token::End { name } = token {
            let name = name.to_ascii_lowercase();
            if !INLINE.contains(&name.as_str()) && !COMMON_BLOCKS.contains(&name.as_str()) {
                return false;
            }
            n_tags += 1;
        }
    }
    n_tags > 0
}

/// Drops the tags and decodes the entities once.
fn strip(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut hidden: Option<(String, u32)> = None;
    let mut is_html = false;
    for token in Lexer::new(html) {
        match (token, &mut hidden) {
            (Token::Start { name, closed, .. }, Some((outer, depth))) => {
                *depth += u32::from(!closed && name.eq_ignore_ascii_case(outer));
            }
            (Token::End { name }, Some((outer, depth))) if name.eq_ignore_ascii_case(outer) => {
                *depth -= 1;
                if *depth == 0 {
                    hidden = None;
                }
            }
            (_, Some(_)) => (),
            (Token::Start { name, closed, .. }, None) => {
                is_html = true;
                let name = local_name(name).to_ascii_lowercase();
                push_break(&name, &mut text);
                if !closed && HIDDEN.contains(&name.as_str()) {
                    hidden = Some((name, 1));
                }
            }
            (Token::End { name }, None) => {
                is_html = true;
                push_break(&local_name(name).to_ascii_lowercase(), &mut text);
            }
            (Token::Text(piece), None) => push_text(&entities::decode(piece), is_html, &mut text),
            (Token::CData(piece), None) => push_text(piece, is_html, &mut text),
        }
    }
    text
}

/// In HTML a line break of the source is a space like any other.
fn push_text(piece: &str, is_html: bool, text: &mut String) {
    if !is_html {
        text.push_str(piece);
        return;
    }
    for (n, part) in piece.split(['\n', '\r']).enumerate() {
        if n > 0 {
            text.push(' ');
        }
        text.push_str(part);
    }
}

fn push_break(name: &str, text: &mut String) {
    if !INLINE.contains(&name) {
        text.push('\n');
    }
}

fn local_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Drops what cannot be seen, joins runs of white space to a space, or to a line break where
/// there is one among them, and cuts the text to its length.
fn tidy(text: &str, max_chars: usize) -> String {
    let mut tidied = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut gap = None;
    let mut n_chars = 0;
    let text = without_sequences(text);
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        // Nearly all texts are words of ASCII with one space between, which are taken whole.
        let n_plain = plain_words(rest.as_bytes());
        let (piece, after) = rest.split_at(n_plain.max(c.len_utf8()));
        rest = after;
        if c.is_whitespace() {
            gap = if gap == Some('\n') || matches!(c, '\n' | '\r') { Some('\n') } else { Some(' ') };
            continue;
        }
        if is_unwanted(c) {
            continue;
        }
        let space = gap.take().filter(|_| n_chars > 0);
        let room = max_chars.saturating_sub(n_chars + usize::from(space.is_some()));
        if room == 0 {
            break;
        }
        tidied.extend(space);
        let taken = cut(piece, room).trim_end_matches(' ');
        tidied.push_str(taken);
        n_chars += n_plain.min(room).max(1) + usize::from(space.is_some());
        if taken.len() < piece.len() {
            break;
        }
    }
    tidied
}

/// Returns how many bytes are words of ASCII with one space between them.
fn plain_words(text: &[u8]) -> usize {
    let mut n = 0;
    while let Some(byte) = text.get(n) {
        let is_space_between = *byte == b' ' && n > 0 && text.get(n + 1).is_some_and(u8::is_ascii_graphic);
        if !byte.is_ascii_graphic() && !is_space_between {
            break;
        }
        n += 1;
    }
    n
}

/// Says whether a character has no place in stored text. Soft hyphens and the tags of flags stay:
/// they are the publisher's, and only what is shown goes without them.
fn is_unwanted(c: char) -> bool {
    let kept = matches!(c, '\u{ad}' | '\u{e0000}'..='\u{e007f}');
    is_hidden(c) && !kept || is_joiner(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_terminals_sequences_leave_whole() {
        assert_eq!(headline("Vladi\u{1b}[31mvostok\u{1b}[0m calls", 99), "Vladivostok calls");
        assert_eq!(plain("Vladi\u{1b}[1;31mvostok \u{1b}calls \u{1b}[", 99), "Vladivostok calls");
    }

    #[track_caller]
    fn check(html: &str, expect: &str) {
        assert_eq!(plain(html, 1000), expect, "of {html:?}");
    }

    #[track_caller]
    fn check_headline(html: &str, expect: &str) {
        assert_eq!(headline(html, 1000), expect, "of {html:?}");
    }

    #[test]
    fn block_tags_break_words_and_inline_tags_do_not() {
        check("<p>One</p><p>T<b>w</b>o<br>three</p>", "One\nTwo\nthree");
        check("<div>a\n b</div>", "a b");
        check("a\nb", "a\nb");
    }

    #[test]
    fn scripts_and_styles_are_no_text() {
        check("a<script>if (x < 1) { y() }</script>b<style>p{}</style>c", "a\nb\nc");
        check("a<script>never closed", "a");
    }

    #[test]
    fn entities_are_decoded_twice_at_most() {
        check("North Korea&#8217;s", "North Korea’s");
        check("&amp;#8217;", "’");
        check("&amp;amp;#8217;", "&#8217;");
        check("&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;", "One\nTwo");
    }

    #[test]
    fn what_cannot_be_seen_is_dropped() {
        check("a\u{0}b\u{1b}[31mc\u{202e}d\u{200b}e\u{9b}f", "abcdef");
        check_headline("Vladi\u{200b}vostok\u{7} \u{202e} x", "Vladivostok x");
        assert_eq!(one_line(" \u{202e} ", 10), "");
    }

    #[test]
    fn a_headline_loses_its_markup_but_not_its_subject() {
        check_headline("<b>Kim</b> arrives", "Kim arrives");
        check_headline("&lt;b&gt;Kim&lt;/b&gt; arrives", "Kim arrives");
        check_headline("Use <script> & <img src=x onerror=y>", "Use <script> & <img src=x onerror=y>");
        check_headline("x < y > z &amp; AT&T", "x < y > z & AT&T");
        check_headline("two\n lines<br/>here", "two lines here");
    }

    #[test]
    fn deep_nesting_is_no_deeper_than_any_text() {
        let html = format!("{}text{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let text = plain(&html, 1000);
        assert!(text.len() <= 4 && !text.contains('<'));
    }

    #[test]
    fn a_tag_that_is_cut_off_is_no_text() {
        let html = format!("word{}", "<divider>".repeat(1000));
        assert_eq!(plain(&html, 100), "word");
        assert_eq!(headline(&format!("<b>word</b>{}", "<br/>".repeat(1000)), 100), "word");
        assert_eq!(plain("1 < 2", 100), "1 < 2");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(plain("ééé é", 3), "ééé");
        assert_eq!(plain("ab cd", 3), "ab");
        assert_eq!(headline(&"é".repeat(1_000_000), 1024).chars().count(), 1024);
    }

    /// The same as `tidy`, character by character.
    fn tidied_by_characters(text: &str, max_chars: usize) -> String {
        let (mut tidied, mut gap, mut n_chars) = (String::new(), None, 0);
        for c in without_sequences(text).chars() {
            if c.is_whitespace() {
                gap = if gap == Some('\n') || matches!(c, '\n' | '\r') { Some('\n') } else { Some(' ') };
            } else if !is_unwanted(c) {
                let space = gap.take().filter(|_| n_chars > 0);
                n_chars += 1 + usize::from(space.is_some());
                if n_chars > max_chars {
                    break;
                }
                tidied.extend(space);
                tidied.push(c);
            }
        }
        tidied
    }

    proptest! {
        #[test]
        fn words_taken_whole_are_the_same_text(text in "[a-c.é\u{200b}\\x00\u{1b}\\[m \n\t]{0,40}", max in 0usize..30) {
            prop_assert_eq!(tidy(&text, max), tidied_by_characters(&text, max));
        }

        #[test]
        fn plain_text_is_bounded_and_visible(html in "[<>/&;#a-e0-9 \\n\"=\\x00-\\x1fé\\u{200b}\\u{202e}]{0,300}", max in 0usize..50) {
            let text = plain(&html, max);
            prop_assert!(text.chars().count() <= max);
            prop_assert!(!text.chars().any(is_unwanted_or_tab));
            prop_assert!(headline(&html, max).chars().count() <= max);
        }
    }

    fn is_unwanted_or_tab(c: char) -> bool {
        c != '\n' && is_unwanted(c)
    }
}
