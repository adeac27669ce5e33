//! Cuts markup into tokens: XML as feeds write it, well-formed or not, and HTML as it stands in
//! their texts. It never fails and never goes back, so its time grows with the length only.

/// One piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name …>`, or `<name …/>` where `closed`.
    Start { name: &'a str, attributes: &'a str, closed: bool },
    /// `</name>`.
    End { name: &'a str },
    /// Text between the markup, entities as they came.
    Text(&'a str),
    /// The inside of a CDATA section.
    CData(&'a str),
}

/// What begins with a `<`.
enum Found<'a> {
    Token(Token<'a>),
    /// Markup without content: a comment, a declaration.
    Nothing,
    /// The sign itself, which is text.
    Text,
}

/// Reads a document from its start to its end.
#[expect(clippy::struct_excessive_bools, reason = "each says that one search need not be made again")]
pub(super) struct Lexer<'a> {
    doc: &'a str,
    at: usize,
    token_start: usize,
    cut: bool,
    // Each is set when a search ran to the end in vain, so that it is not made again.
    no_close: bool,
    no_comment_end: bool,
    no_cdata_end: bool,
    quotes_broken: bool,
    doctype_seen: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(doc: &'a str) -> Self {
        Lexer {
            doc,
            at: 0,
            token_start: 0,
            cut: false,
            no_close: false,
            no_comment_end: false,
            no_cdata_end: false,
            quotes_broken: false,
            doctype_seen: false,
        }
    }

    /// Says whether the document ended inside a tag, a comment or a CDATA section.
    pub(super) fn cut(&self) -> bool {
        self.cut
    }

    /// Returns the last token as it stands in the document.
    pub(super) fn raw(&self) -> &'a str {
        &self.doc[self.token_start..self.at]
    }

    /// Returns what is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.doc[self.at..]
    }

    /// Reads what begins with `<` here.
    fn markup(&mut self) -> Found<'a> {
        let rest = &self.doc[self.at..];
        match rest.as_bytes().get(1) {
            Some(b'!') => self.declaration(rest),
            Some(b'?') => {
                let end = self.close(rest);
                self.skip(end)
            }
            Some(b'/') => self.tag(rest, 2),
            Some(_) => self.tag(rest, 1),
            None => Found::Text,
        }
    }

    fn tag(&mut self, rest: &'a str, name_from: usize) -> Found<'a> {
        let Some(name) = name_at(rest, name_from) else { return Found::Text };
        let inside_from = name_from + name.len();
        let Some(end) = self.tag_end(rest, inside_from) else { return Found::Text };
        self.at += end + 1;
        if name_from == 2 {
            return Found::Token(Token::End { name });
        }
        let inside = &rest[inside_from..end];
        let attributes = inside.strip_suffix('/').unwrap_or(inside);
        Found::Token(Token::Start { name, attributes, closed: attributes.len() < inside.len() })
    }

    fn declaration(&mut self, rest: &'a str) -> Found<'a> {
        if let Some(inside) = rest.strip_prefix("<![CDATA[") {
            let end = if self.no_cdata_end { None } else { inside.find("]]>") };
            self.no_cdata_end |= end.is_none();
            self.cut |= end.is_none();
            self.at += end.map_or(rest.len(), |end| 9 + end + 3);
            return Found::Token(Token::CData(&inside[..end.unwrap_or(inside.len())]));
        }
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = if self.no_comment_end { None } else { comment.find("-->") };
            if let Some(end) = end {
                return self.skip(Some(4 + end + 3));
            }
            self.no_comment_end = true;
            self.cut = true;
        } else if !rest[2..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '[') {
            return Found::Text;
        }
        if rest.starts_with("<!DOCTYPE") && !self.doctype_seen {
            self.doctype_seen = true;
            let has_subset = rest.find(['[', '>']).is_some_and(|at| rest.as_bytes()[at] == b'[');
            if let Some(end) = rest.find("]>").filter(|_| has_subset) {
                return self.skip(Some(end + 2));
            }
        }
        let end = self.close(rest);
        self.skip(end)
    }

    fn skip(&mut self, length: Option<usize>) -> Found<'a> {
        self.at += length.unwrap_or(0);
        if length.is_some() { Found::Nothing } else { Found::Text }
    }

    /// Returns the length up to the next `>`.
    fn close(&mut self, rest: &str) -> Option<usize> {
        let end = if self.no_close { None } else { rest.find('>') };
        self.no_close |= end.is_none();
        end.map(|end| end + 1)
    }

    /// Finds the `>` that ends a tag: not the one inside a quoted value, unless that value never ends.
    fn tag_end(&mut self, rest: &str, from: usize) -> Option<usize> {
        if self.no_close {
            return None;
        }
        if !self.quotes_broken {
            if let Some(end) = quoted_tag_end(rest.as_bytes(), from) {
                return Some(end);
            }
            self.quotes_broken = true;
        }
        let end = self.close(&rest[from..]).map(|length| from + length - 1);
        self.cut |= end.is_none();
        end
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let start = self.at;
            self.token_start = start;
            if start >= self.doc.len() {
                return None;
            }
            let mut text_from = start;
            if self.doc.as_bytes()[start] == b'<' {
                match self.markup() {
                    Found::Token(token) => return Some(token),
                    Found::Nothing => continue,
                    Found::Text => text_from = start + 1,
                }
            }
            let end = self.doc[text_from..].find('<').map_or(self.doc.len(), |end| text_from + end);
            self.at = end;
            return Some(Token::Text(&self.doc[start..end]));
        }
    }
}

fn name_at(rest: &str, from: usize) -> Option<&str> {
    let rest = &rest[from..];
    if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.')))
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

/// A quote opens a value only after `=`, so that a stray one does not swallow the text.
fn quoted_tag_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut after_equals = false;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => return Some(at),
            b'"' | b'\'' if after_equals => at += 1 + bytes[at + 1..].iter().position(|&b| b == byte)?,
            _ => (),
        }
        after_equals = byte == b'=' || after_equals && byte.is_ascii_whitespace();
        at += 1;
    }
    None
}

/// Returns the value of an attribute as it came, entities and all.
pub(super) fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    each_attribute(attributes).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Walks over the attributes of a tag as pairs of name and value.
pub(super) fn each_attribute(attributes: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = attributes;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'' | '/'));
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let name = &rest[..end];
        let Some(value) = rest[end..].trim_start().strip_prefix('=') else {
            rest = &rest[end..];
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        rest = after;
        Some((name, value))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(doc: &str, expect: &str) {
        let tokens: Vec<String> = Lexer::new(doc)
            .map(|token| match token {
                Token::Start { name, attributes, closed } => {
                    format!("+{name}{}{}", attributes.trim_end(), if closed { "/" } else { "" })
                }
                Token::End { name } => format!("-{name}"),
                Token::Text(text) => format!("'{text}'"),
                Token::CData(text) => format!("[{text}]"),
            })
            .collect();
        assert_eq!(tokens.join(" "), expect, "in {doc:?}");
    }

    #[test]
    fn well_formed_markup_is_cut_at_its_tags() {
        check("<a x=\"1>2\">b<c/></a >", "+a x=\"1>2\" 'b' +c/ -a");
        check("<?xml version=\"1.0\"?><!-- < --><r><![CDATA[<i>]]></r>", "+r [<i>] -r");
        check("<!DOCTYPE r [<!ENTITY a \"b>\">]><dc:r/>", "+dc:r/");
    }

    #[test]
    fn what_is_no_markup_is_text() {
        check("1 < 2 <3 a<", "'1 ' '< 2 ' '<3 a' '<'");
        check("<b x=y\">z", "+b x=y\" 'z'");
        check("<b x=\"y>z", "+b x=\"y 'z'");
        check("a <b c", "'a ' '<b c'");
    }

    #[test]
    fn a_document_that_ends_inside_markup_is_cut() {
        for (doc, cut) in
            [("<a>", false), ("<a", true), ("<![CDATA[x", true), ("<!-- x", true), ("a < b", false)]
        {
            let mut lexer = Lexer::new(doc);
            while lexer.next().is_some() {}
            assert_eq!(lexer.cut(), cut, "in {doc:?}");
        }
    }

    #[test]
    fn attributes_come_with_and_without_quotes() {
        let found: Vec<_> = each_attribute(" href='a b' rel=self x disabled = \"1\"").collect();
        assert_eq!(found, [("href", "a b"), ("rel", "self"), ("x", ""), ("disabled", "1")]);
        assert_eq!(attribute(" HREF=x", "href"), Some("x"));
    }

    #[test]
    fn endless_searches_are_made_once() {
        for piece in ["<a \"", "<a x=\"", "<!--", "<![CDATA[", "<!DOCTYPE [", "<?", "</a ", "<!a>", "<![x"] {
            let n_tokens = Lexer::new(&piece.repeat(200_000)).count();
            assert!(n_tokens <= 400_000);
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_to_its_end(doc in "[<>/!?a='\"\\[\\]C-E é-]{0,200}") {
            let mut lexer = Lexer::new(&doc);
            let mut seen = 0;
            while lexer.next().is_some() { seen += lexer.raw().len(); }
            prop_assert!(seen <= doc.len());
        }
    }
}
