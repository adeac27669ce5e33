//! A query to its words, quotes and signs. What a word means as an operator is the parser's.

use std::ops::Range;

use super::fault::Fault;

/// A word, phrase or sign, and its bytes within the query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Bar,
    Caret,
    /// `-` before what is not wanted.
    Dash,
    /// `&` by itself.
    Ampersand,
    /// `title:`
    Field,
    Word {
        exact: bool,
    },
    /// A phrase in quotes.
    Phrase {
        exact: bool,
    },
}

impl Token {
    /// Returns the text: of a phrase what is within the quotes, of a field its name.
    pub(super) fn text<'q>(&self, query: &'q str) -> &'q str {
        let written = &query[self.span.clone()];
        match self.kind {
            Kind::Word { exact: true } => &written[1..],
            Kind::Phrase { .. } => {
                let inner = written.trim_start_matches('=');
                let mut chars = inner.chars();
                chars.next();
                chars.next_back();
                chars.as_str()
            }
            Kind::Field => &written[..written.len() - 1],
            Kind::Word { exact: false }
            | Kind::Open
            | Kind::Close
            | Kind::Bar
            | Kind::Caret
            | Kind::Dash
            | Kind::Ampersand => written,
        }
    }
}

/// Splits a query.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = query[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let token = token(query, at, c)?;
        at = token.span.end;
        tokens.push(token);
    }
    Ok(tokens)
}

fn token(query: &str, at: usize, c: char) -> Result<Token, Fault> {
    let sign = |kind| Ok(Token { span: at..at + c.len_utf8(), kind });
    match c {
        '(' => sign(Kind::Open),
        ')' => sign(Kind::Close),
        '|' => sign(Kind::Bar),
        '^' => sign(Kind::Caret),
        '-' => sign(Kind::Dash),
        '&' => sign(Kind::Ampersand),
        '=' => exact(query, at),
        _ if is_quote(c) => phrase(query, at, at, false),
        _ => Ok(word(query, at)),
    }
}

/// Reads what `=` binds to.
fn exact(query: &str, at: usize) -> Result<Token, Fault> {
    match query[at + 1..].chars().next() {
        Some(c) if is_quote(c) => phrase(query, at, at + 1, true),
        Some(c) if is_word(c) && c != '=' => {
            Ok(Token { span: at..word_end(query, at + 1), kind: Kind::Word { exact: true } })
        }
        _ => Err(Fault::error(at..at + 1, "found `=`, expected a word or phrase right behind it")
            .suggest("write it like `=\"arms deal\"`")),
    }
}

fn phrase(query: &str, at: usize, quote: usize, exact: bool) -> Result<Token, Fault> {
    let open = query[quote..].chars().next().expect("a quote was seen here");
    let inner = quote + open.len_utf8();
    // A straight quote is closed by its like only; printers' quotes by any.
    let closes = |c: char| if open == '"' { c == '"' } else { is_quote(c) };
    let Some(end) = query[inner..].find(closes) else {
        return Err(Fault::error(quote..inner, "this quote is never closed").suggest("add the other `\"`"));
    };
    let close = query[inner + end..].chars().next().map_or(0, char::len_utf8);
    Ok(Token { span: at..inner + end + close, kind: Kind::Phrase { exact } })
}

/// Reads a word, or the name of a field up to its colon.
fn word(query: &str, at: usize) -> Token {
    let end = word_end(query, at);
    let text = &query[at..end];
    let name = text.split(':').next().unwrap_or_default();
    let behind = &text[name.len()..];
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_name && behind.starts_with(':') && !behind[1..].starts_with("//") {
        return Token { span: at..at + name.len() + 1, kind: Kind::Field };
    }
    Token { span: at..end, kind: Kind::Word { exact: false } }
}

fn word_end(query: &str, at: usize) -> usize {
    query[at..].find(|c| !is_word(c)).map_or(query.len(), |end| at + end)
}

/// Says whether a character is one of those that quotes are written with.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '＂')
}

fn is_word(c: char) -> bool {
    !c.is_whitespace() && !is_quote(c) && !matches!(c, '(' | ')' | '^' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens, each as its kind's first letters and its text.
    #[track_caller]
    fn check(query: &str, expect: &[&str]) {
        let tokens = tokens(query).unwrap();
        let shown: Vec<String> = tokens
            .iter()
            .map(|token| match token.kind {
                Kind::Word { exact } => format!("{}{}", if exact { "=" } else { "" }, token.text(query)),
                Kind::Phrase { exact } => {
                    format!("{}\"{}\"", if exact { "=" } else { "" }, token.text(query))
                }
                Kind::Field => format!("field {}", token.text(query)),
                sign
                @ (Kind::Open | Kind::Close | Kind::Bar | Kind::Caret | Kind::Dash | Kind::Ampersand) => {
                    format!("{sign:?}")
                }
            })
            .collect();
        assert_eq!(shown, expect, "{query}");
    }

    #[test]
    fn words_end_at_spaces_quotes_and_signs() {
        check("a|b (c)^2", &["a", "Bar", "b", "Open", "c", "Close", "Caret", "2"]);
        check("AT&T & co-op -x", &["AT&T", "Ampersand", "co-op", "Dash", "x"]);
        check("=arms=\"arms deal\"x", &["=arms=", "\"arms deal\"", "x"]);
        check("=\"arms deal\" “Kim ”„x“", &["=\"arms deal\"", "\"Kim \"", "\"x\""]);
        check("金正恩\u{3000}방문*", &["金正恩", "방문*"]);
    }

    #[test]
    fn a_field_is_a_name_and_a_colon() {
        check("title:oil title:(a)", &["field title", "oil", "field title", "Open", "a", "Close"]);
        check("url:/x/ lang: =ru", &["field url", "/x/", "field lang", "=ru"]);
        check(
            "https://a.example 10:30 url:https://a",
            &["https://a.example", "10:30", "field url", "https://a"],
        );
    }
}
