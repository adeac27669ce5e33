//! One text to its words: where a word begins and ends, what it is joined with.
//!
//! Both an item's texts and the terms of a topic go through here, so that they meet.

mod ties;

use std::ops::Range;

use super::fold::{Class, class, push_folded};
use crate::model::Field;
use crate::model::words::{Case, Part, Word, Words};

/// A compound of more parts than this has no joined form.
const MAX_JOINED: usize = 8;
/// No word covers more places than this.
pub(super) const MOST_PLACES: u32 = 8;

/// A byte that is a letter or digit of ASCII.
const PART: u8 = 1;
/// A capital of ASCII.
const CAPITAL: u8 = 4;
/// A byte of a character beyond ASCII.
const FOREIGN: u8 = 8;
/// What the bytes are.
const ASCII: [u8; 256] = {
    let mut marks = [0; 256];
    let mut byte = 0_u8;
    loop {
        marks[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'z' => PART,
            b'A'..=b'Z' => PART | CAPITAL,
            0x80.. => FOREIGN,
            _ => 0,
        };
        if byte == u8::MAX {
            break marks;
        }
        byte += 1;
    }
};

/// Appends the words of a text, the first at `place`; hashes and fields are left to the caller.
pub(super) fn push(words: &mut Words, part: Part, text: &str, place: u32) {
    let mut reader = Reader { text, part, words, at: 0, place, pieces: Vec::new() };
    reader.run();
}

struct Reader<'a> {
    text: &'a str,
    part: Part,
    words: &'a mut Words,
    /// The byte to be read next.
    at: usize,
    /// The place of the next word.
    place: u32,
    /// The parts of the compound that is being read.
    pieces: Vec<Piece>,
}

/// A part of a compound; most words have just one.
#[derive(Clone, Debug)]
struct Piece {
    form: Range<u32>,
    span: Range<u32>,
    letters: u32,
    capitals: u32,
    capital: bool,
    /// The character that ties it to the next part.
    tie: Option<char>,
}

impl Reader<'_> {
    fn run(&mut self) {
        let mut hashtag = false;
        while let Some(c) = self.peek(self.at) {
            match class(c) {
                Class::Word | Class::Hangul => {
                    if hashtag || !self.plain_word() {
                        self.compound(hashtag);
                    }
                    hashtag = false;
                    continue;
                }
                Class::Single => self.single(c),
                Class::Ignorable | Class::Apostrophe | Class::Joiner | Class::Comma | Class::Break => {}
            }
            hashtag = matches!(c, '#' | '＃') || (hashtag && class(c) == Class::Ignorable);
            self.at += c.len_utf8();
        }
    }

    fn peek(&self, at: usize) -> Option<char> {
        match self.text.as_bytes().get(at) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            Some(_) => self.text[at..].chars().next(),
            None => None,
        }
    }

    /// Reads a word of ASCII with nothing around it that could belong to it: most are such.
    /// Returns whether it was one; the result is that of `compound`.
    fn plain_word(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let (mut length, mut seen) = (0, 0);
        for mark in rest.iter().map(|byte| ASCII[usize::from(*byte)]).take_while(|mark| mark & PART != 0) {
            length += 1;
            seen |= mark;
        }
        let next = rest.get(length + 1).map(|byte| ASCII[usize::from(*byte)]);
        let ends = match rest.get(length).copied() {
            None => true,
            Some(b',') => !rest.get(length + 1).is_some_and(u8::is_ascii_digit),
            Some(b'-' | b'.' | b'&') => next.is_none_or(|mark| mark & (PART | FOREIGN) == 0),
            Some(byte) => ASCII[usize::from(byte)] & FOREIGN == 0 && !matches!(byte, b'\'' | b'`'),
        };
        if length == 0 || !ends {
            return false;
        }
        let (at, form) = (self.at, self.words.forms.len());
        self.words.forms.push_str(&self.text[at..at + length]);
        let (mut letters, mut capitals) = (0, 0);
        if seen & CAPITAL != 0 {
            // Only where there are capitals it matters whether there is anything else.
            self.words.forms[form..].make_ascii_lowercase();
            for byte in &rest[..length] {
                letters += u32::from(byte.is_ascii_alphabetic());
                capitals += u32::from(byte.is_ascii_uppercase());
            }
        }
        let piece = Piece {
            form: narrow(form)..narrow(form + length),
            span: narrow(at)..narrow(at + length),
            letters,
            capitals,
            capital: rest[0].is_ascii_uppercase(),
            tie: None,
        };
        self.emit(&piece, 1, false);
        self.at += length;
        true
    }

    /// Reads parts for as long as something ties them together.
    fn compound(&mut self, hashtag: bool) {
        self.pieces.clear();
        loop {
            let mut piece = self.piece(hashtag);
            let glued = hashtag && self.peek(self.at).is_some_and(|c| class(c) == Class::Word);
            let tie = if glued { Some('#') } else { self.tie() };
            piece.tie = tie;
            if !piece.form.is_empty() {
                self.pieces.push(piece);
            }
            match tie {
                Some('#') => {}
                Some(c) => self.at = self.seen_from(self.at + c.len_utf8()),
                None => break,
            }
        }
        self.possessive_of_initials();
        self.flush();
    }

    /// Drops the `.'s` of `U.S.'s`.
    fn possessive_of_initials(&mut self) {
        if self.pieces.len() < 2 || !are_initials(&self.pieces) || self.peek(self.at) != Some('.') {
            return;
        }
        let Some(c) = self.peek(self.at + 1).filter(|c| class(*c) == Class::Apostrophe) else { return };
        self.at += 1;
        if self.possessive() {
            self.at += c.len_utf8() + 1;
        }
    }

    /// Reads one run of letters and digits.
    fn piece(&mut self, hashtag: bool) -> Piece {
        let mut piece = self.empty_piece();
        let script = self.peek(self.at).map(class);
        let mut before = None;
        while let Some(c) = self.peek(self.at) {
            let class = class(c);
            match class {
                Class::Word | Class::Hangul if Some(class) == script => {
                    if hashtag && self.turns(before, c) {
                        break;
                    }
                    self.letter(&mut piece, c);
                    before = Some(c);
                }
                Class::Ignorable => {}
                Class::Comma if self.groups_digits(before) => {}
                Class::Apostrophe if self.possessive() => {
                    self.at += c.len_utf8() + 1;
                    break;
                }
                Class::Apostrophe if self.joins(script) && self.elides(&piece) => self.elide(&mut piece, c),
                Class::Apostrophe if self.joins(script) && !self.contracts(c) => {}
                Class::Word
                | Class::Hangul
                | Class::Single
                | Class::Apostrophe
                | Class::Joiner
                | Class::Comma
                | Class::Break => break,
            }
            self.at += c.len_utf8();
        }
        piece
    }

    fn empty_piece(&self) -> Piece {
        let (form, span) = (narrow(self.words.forms.len()), narrow(self.at));
        Piece { form: form..form, span: span..span, letters: 0, capitals: 0, capital: false, tie: None }
    }

    fn letter(&mut self, piece: &mut Piece, c: char) {
        let upper = c.is_uppercase();
        if piece.form.is_empty() {
            piece.span.start = narrow(self.at);
            piece.capital = upper;
        }
        piece.letters += u32::from(c.is_alphabetic());
        piece.capitals += u32::from(upper);
        if c.is_ascii() {
            self.words.forms.push(c.to_ascii_lowercase());
        } else {
            push_folded(c, &mut self.words.forms);
        }
        piece.form.end = narrow(self.words.forms.len());
        piece.span.end = narrow(self.at + c.len_utf8());
    }

    /// Cuts an elision: the word begins behind the apostrophe.
    fn elide(&mut self, piece: &mut Piece, c: char) {
        self.words.forms.truncate(piece.form.start as usize);
        let at = self.at;
        self.at += c.len_utf8();
        *piece = self.empty_piece();
        self.at = at;
    }

    /// Makes words of the parts that were read.
    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        match pieces.as_slice() {
            [] => {}
            [piece] => self.emit(piece, 1, false),
            [first, .., last] => {
                let joined = Piece {
                    form: first.form.start..last.form.end,
                    span: first.span.start..last.span.end,
                    letters: pieces.iter().map(|piece| piece.letters).sum(),
                    capitals: pieces.iter().map(|piece| piece.capitals).sum(),
                    capital: first.capital,
                    tie: None,
                };
                if are_initials(&pieces) {
                    self.emit(&joined, 1, false);
                } else {
                    self.emit_compound(&pieces, &joined);
                }
            }
        }
        self.pieces = pieces;
    }

    fn emit_compound(&mut self, pieces: &[Piece], joined: &Piece) {
        for (n, piece) in pieces.iter().enumerate() {
            self.emit(piece, 1, false);
            if n == 0 && pieces.len() <= MAX_JOINED {
                self.place -= 1;
                self.emit(joined, narrow(pieces.len()), true);
                self.place -= narrow(pieces.len()) - 1;
            }
        }
    }

    fn emit(&mut self, piece: &Piece, places: u32, joined: bool) {
        let case = if piece.letters >= 2 && piece.capitals == piece.letters {
            Case::Capitals
        } else if piece.capital {
            Case::Capital
        } else {
            Case::Lower
        };
        self.words.list.push(Word {
            hash: 0,
            stem: 0,
            form: piece.form.clone(),
            place: self.place,
            end: self.place + places,
            field: Field::Title,
            part: self.part,
            span: piece.span.clone(),
            case,
            joined,
        });
        self.place += places;
    }

    /// A character that is a word by itself.
    fn single(&mut self, c: char) {
        if matches!(c, '\u{ff9e}' | '\u{ff9f}' | '\u{3099}' | '\u{309a}') && self.voices_last() {
            push_folded(c, &mut self.words.forms);
            let (form, at) = (narrow(self.words.forms.len()), narrow(self.at + c.len_utf8()));
            let last = self.words.list.last_mut().expect("a word was found to be voiced");
            (last.form.end, last.span.end) = (form, at);
            return;
        }
        let mut piece = self.empty_piece();
        self.letter(&mut piece, c);
        if !piece.form.is_empty() {
            self.emit(&piece, 1, false);
        }
    }

    /// Says whether the word before is a kana that ends here.
    fn voices_last(&self) -> bool {
        let last = self.words.list.last();
        last.is_some_and(|word| {
            word.part == self.part
                && word.span.end == narrow(self.at)
                && word.form.end == narrow(self.words.forms.len())
                && super::fold::starts_single(self.words.form(word))
        })
    }
}

/// Single letters with dots between them.
fn are_initials(pieces: &[Piece]) -> bool {
    let single = |piece: &Piece| piece.letters == 1 && piece.span.len() <= 4 && piece.form.len() <= 4;
    let (last, rest) = pieces.split_last().expect("a compound has parts");
    single(last) && rest.iter().all(|piece| single(piece) && piece.tie == Some('.'))
}

/// Texts are bounded far below 4 GiB; what is beyond could not be shown anyway.
pub(super) fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words as `form@place`, joined forms as `form@place-end`.
    #[track_caller]
    fn check(text: &str, expect: &str) {
        let mut words = Words::default();
        push(&mut words, Part::Text, text, 0);
        let shown: Vec<String> = words
            .list
            .iter()
            .map(|word| {
                let end = if word.joined { format!("-{}", word.end) } else { String::new() };
                format!("{}@{}{end}", words.form(word), word.place)
            })
            .collect();
        assert_eq!(shown.join(" "), expect, "{text}");
    }

    #[test]
    fn a_hyphen_gives_the_parts_and_the_joined_form() {
        check("Kim Jong-un", "kim@0 jong@1 jongun@1-3 un@2");
        check("AT&T F–16 3.5", "at@0 att@0-2 t@1 f@2 f16@2-4 16@3 3@4 35@4-6 5@5");
        check("1,000 men, women", "1000@0 men@1 women@2");
        check("end. Next - or -", "end@0 next@1 or@2");
    }

    #[test]
    fn every_dash_and_middle_dot_joins() {
        let dashes = "-‐‑‒–—―−﹘﹣－⁃֊⸺᠆·‧ㆍ・⋅.&＆．";
        for dash in dashes.chars() {
            check(&format!("co{dash}op"), "co@0 coop@0-2 op@1");
        }
        for none in
            ["/", "_", "~", "|", ":", "--", " - ", " – ", "\u{a0}", "\u{202f}", "\u{3000}", "\n", ", "]
        {
            check(&format!("co{none}op"), "co@0 op@1");
        }
    }

    #[test]
    fn initials_are_one_word() {
        check("the U.S. and D.P.R.K.", "the@0 us@1 and@2 dprk@3");
        check("U.S.'s U.S’s U.K.’s plan", "us@0 us@1 uk@2 plan@3");
        check("U.S.-led, in the U.S.", "us@0 led@1 in@2 the@3 us@4");
        check("J. K. Rowling, J.K. Rowling", "j@0 k@1 rowling@2 jk@3 rowling@4");
        check("С.В. Лавров, Ph.D.", "св@0 лавров@1 ph@2 phd@2-4 d@3");
    }

    #[test]
    fn apostrophes_drop_cut_or_join() {
        check("Kim's KIM’S Kimʼs Kim‘s Kim＇s Kim′s", "kim@0 kim@1 kim@2 kim@3 kim@4 kim@5");
        check("l'Ukraine d’État qu’il dell’Ucraina", "ukraine@0 etat@1 il@2 ucraina@3");
        check("jusqu'à L’ONU d'l'Est", "a@0 onu@1 est@2");
        check("O'Neill don't workers' pay", "oneill@0 dont@1 workers@2 pay@3");
        check("O’Neill Don’t п’ять Hawaiʻi", "oneill@0 dont@1 пять@2 hawaii@3");
        check("they’re THEY’LL they're", "they@0 theyre@0-2 re@1 they@2 theyll@2-4 ll@3 theyre@4");
        check("'Kim' ‘arms’ “deal”", "kim@0 arms@1 deal@2");
        check("Kim’s-era", "kim@0 kimera@0-2 era@1");
    }

    #[test]
    fn hashtags_split_at_capitals() {
        check("#KimJongUn #USElection", "kim@0 kimjongun@0-3 jong@1 un@2 us@3 uselection@3-5 election@4");
        check(
            "＃КимЧен #Kim_Jong #G20Summit",
            "ким@0 кимчен@0-2 чен@1 kim@2 jong@3 g20@4 g20summit@4-6 summit@5",
        );
        check("KimJong #KIMJONG #\u{2060}KimUn", "kimjong@0 kimjong@1 kim@2 kimun@2-4 un@3");
    }

    #[test]
    fn unspaced_scripts_take_a_place_a_character() {
        check("金正恩氏が", "金@0 正@1 恩@2 氏@3 が@4");
        check("ｶﾞｰ", "ガ@0 ー@1");
        check("か\u{3099}佐々葛\u{e0100}城", "が@0 佐@1 々@2 葛@3 城@4");
        check("キム・ジョン、AI技術", "キ@0 ム@1 ジ@2 ョ@3 ン@4 ai@5 技@6 術@7");
        check("ไทย", "ไ@0 ท@1 ย@2");
    }

    #[test]
    fn korean_stands_apart_from_other_scripts() {
        check("김정은이 KCNA는", "김정은이@0 kcna@1 는@2");
        check("북ㆍ러 \u{1100}\u{1175}\u{11b7}정은", "북@0 북러@0-2 러@1 김정은@2");
    }

    #[test]
    fn what_is_not_seen_is_not_there() {
        check("Vladi\u{ad}vos\u{200b}tok", "vladivostok@0");
        check("co-\u{200b}op co\u{ad}-op", "co@0 coop@0-2 op@1 co@2 coop@2-4 op@3");
        check("O'\u{200b}Neill \u{feff}Kim\u{2060}'s", "oneill@0 kim@1");
    }
}
