//! What ties letters to words: where a word ends, where it goes on behind a hyphen, an apostrophe or
//! a comma, and where a hashtag turns to its next word.

use super::super::fold::{Class, class};
use super::{Piece, Reader};

/// French and Italian words that lose their vowel before an apostrophe.
const ELISIONS: [&str; 24] = [
    "l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "dell", "all",
    "nell", "dall", "sull", "un", "quell", "coll", "quest", "presqu", "degl",
];

/// English verbs that an apostrophe cut short.
const CONTRACTED: [&str; 5] = ["re", "ll", "ve", "d", "m"];

impl Reader<'_> {
    /// Returns where the next character stands that is not dropped.
    pub(super) fn seen_from(&self, at: usize) -> usize {
        let rest = self.text[at..].char_indices();
        rest.map(|(n, c)| (at + n, c))
            .find(|(_, c)| class(*c) != Class::Ignorable)
            .map_or(self.text.len(), |(at, _)| at)
    }

    /// Returns the character here, if it ties the words around it.
    pub(super) fn tie(&self) -> Option<char> {
        let c = self.peek(self.at)?;
        let next = self.peek(self.seen_from(self.at + c.len_utf8()))?;
        let tied = match class(c) {
            Class::Joiner => matches!(class(next), Class::Word | Class::Hangul),
            Class::Apostrophe => self.contracts(c),
            Class::Word | Class::Hangul | Class::Single | Class::Ignorable | Class::Comma | Class::Break => {
                false
            }
        };
        tied.then_some(c)
    }

    /// Says whether the comma here stands between digits, which are one number then.
    pub(super) fn groups_digits(&self, before: Option<char>) -> bool {
        let next = self.peek(self.at + 1);
        [before, next].iter().all(|c| c.is_some_and(|c| c.is_ascii_digit()))
    }

    /// Says whether a new word begins here within a hashtag.
    pub(super) fn turns(&self, before: Option<char>, c: char) -> bool {
        let Some(before) = before else { return false };
        let next_lower = self.peek(self.at + c.len_utf8()).is_some_and(char::is_lowercase);
        c.is_uppercase() && (!before.is_uppercase() || next_lower)
    }

    /// Says whether `'s` ends a word here.
    pub(super) fn possessive(&self) -> bool {
        let mut rest = self.text[self.at..].chars().skip(1);
        matches!(rest.next(), Some('s' | 'S'))
            && !rest.next().is_some_and(|c| matches!(class(c), Class::Word | Class::Hangul))
    }

    /// Says whether the word goes on after the apostrophe here.
    pub(super) fn joins(&self, script: Option<Class>) -> bool {
        let mut seen = self.text[self.at..].chars().skip(1).filter(|c| class(*c) != Class::Ignorable);
        seen.next().is_some_and(|c| Some(class(c)) == script)
    }

    /// Says whether a verb is drawn to its subject here, with an apostrophe as printers set it.
    /// Such a one gives the parts and the joined form, like a hyphen: `they’re` holds "they".
    pub(super) fn contracts(&self, c: char) -> bool {
        let rest = &self.text[self.at + c.len_utf8()..];
        let tail = rest.find(|c: char| !matches!(class(c), Class::Word)).map_or(rest, |end| &rest[..end]);
        c == '\u{2019}' && CONTRACTED.iter().any(|verb| verb.eq_ignore_ascii_case(tail))
    }

    /// Says whether what was read so far is a word that lost its vowel to the next.
    pub(super) fn elides(&self, piece: &Piece) -> bool {
        ELISIONS.contains(&&self.words.forms[piece.form.start as usize..])
    }
}
