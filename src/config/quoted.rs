//! From a part of a text to where that part stands in the file that quotes the text.

use std::ops::Range;

use super::place::Place;

impl Place {
    /// Returns the place of some bytes of the text that the TOML string here holds, whichever
    /// quotes and escapes it is written with; the whole place where that cannot be told.
    #[must_use]
    pub fn within(&self, text: &str, bytes: Range<usize>) -> Place {
        let found = self.file.text.get(self.span.clone()).and_then(|written| {
            let start = offset(written, text, bytes.start)?;
            Some(start..offset(written, text, bytes.end)?)
        });
        let Some(found) = found else { return self.clone() };
        let span = self.span.start + found.start..self.span.start + found.end;
        Place { file: self.file.clone(), span }
    }
}

/// Returns where a byte of the text stands in what was written.
fn offset(written: &str, text: &str, byte: usize) -> Option<usize> {
    let as_it_is = |n_quotes: usize| {
        let end = written.len().checked_sub(n_quotes)?;
        (written.get(n_quotes..end) == Some(text)).then_some(n_quotes + byte)
    };
    as_it_is(1).or_else(|| as_it_is(3)).or_else(|| unquoted(written, text, byte)).or_else(|| as_it_is(0))
}

/// Reads the string up to a byte of its text.
fn unquoted(written: &str, text: &str, byte: usize) -> Option<usize> {
    let (quotes, escapes) = match written {
        _ if written.starts_with("\"\"\"") => (3, true),
        _ if written.starts_with('"') => (1, true),
        _ if written.starts_with("'''") => (3, false),
        _ if written.starts_with('\'') => (1, false),
        _ => return None,
    };
    let mut rest = &written[quotes..];
    if quotes == 3 {
        rest = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n")).unwrap_or(rest);
    }
    for c in text[..byte].chars() {
        rest = if escapes { without_break(rest) } else { rest };
        rest = match rest.strip_prefix('\\').filter(|_| escapes) {
            Some(escape) => escape.get(escape_length(escape)?..)?,
            None if c == '\n' && rest.starts_with("\r\n") => &rest[2..],
            None => rest.strip_prefix(c)?,
        };
    }
    rest = if escapes && byte < text.len() { without_break(rest) } else { rest };
    Some(written.len() - rest.len())
}

/// Drops a backslash at the end of a line, with all the space up to what follows.
fn without_break(mut text: &str) -> &str {
    while let Some(rest) = text.strip_prefix('\\').filter(|rest| rest.starts_with(char::is_whitespace)) {
        text = rest.trim_start();
    }
    text
}

/// Returns how many bytes an escape has behind its backslash.
fn escape_length(escape: &str) -> Option<usize> {
    match escape.chars().next()? {
        'u' => Some(5),
        'U' => Some(9),
        'x' => Some(3),
        c => Some(c.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::place::SourceFile;

    /// Marks a part of a text in a file, and says what is marked there.
    #[track_caller]
    fn check(file: &str, text: &str, part: &str, marked: &str) {
        let at = file.find('=').unwrap() + 2;
        let file = SourceFile { path: "a.toml".into(), text: file.into() };
        let place = Place { span: at..file.text.len(), file: file.into() };
        let start = text.find(part).unwrap();
        let place = place.within(text, start..start + part.len());
        assert_eq!(&place.file.text[place.span], marked);
    }

    #[test]
    fn a_part_is_found_whatever_the_quotes() {
        check("q = 'Kim NEAR/0 x'", "Kim NEAR/0 x", "NEAR/0", "NEAR/0");
        check("q = '''\nKim\nNEAR/0'''", "Kim\nNEAR/0", "NEAR/0", "NEAR/0");
        check("q = '''\r\nKim\r\nNEAR/0'''", "Kim\nNEAR/0", "NEAR/0", "NEAR/0");
        check("q = \"\\\"Kim\\\" \\u041a NEAR/0\"", "\"Kim\" К NEAR/0", "NEAR/0", "NEAR/0");
        check("q = \"\"\"\\\n  a \\\n  NEAR/0\"\"\"", "a NEAR/0", "NEAR/0", "NEAR/0");
        check("q = \"\\\"Kim\"", "\"Kim", "\"", "\\\"");
    }

    #[test]
    fn what_cannot_be_told_is_the_whole() {
        check("q = 5", "Kim", "Kim", "5");
        check("q = \"abc\"", "abd", "d", "\"abc\"");
    }
}
