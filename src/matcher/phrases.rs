//! All phrases of all topics, each kept once whichever topics use it.
//!
//! A phrase has a variant for each way it may be written: as it is, and with two neighbours
//! joined. Each is sought where it is rarest, mostly at a pair of neighbours: its anchor.

use super::fold::{starts_hangul, starts_single};
use super::frequencies::Frequencies;
use super::stemming::{hash_form, hash_ids};
use super::tokens::narrow;
use super::tree::PhraseId;
use super::words::term_words;
use crate::model::hashed::ByHash;
use crate::model::words::Case;

/// A phrase of more words has no joined variants.
const MAX_JOINED: usize = 5;
/// The longest word that counts as an abbreviation when written in capitals.
const MAX_CAPITALS: usize = 5;

/// Collects phrases.
#[derive(Default)]
pub(super) struct Phrases {
    vocabulary: Vocabulary,
    /// By the hash of its form and of how it is written.
    word_ids: ByHash<u64, u32>,
    /// By the hash of its words and of whether it is exact.
    ids: ByHash<u64, PhraseId>,
    exact: Vec<bool>,
    /// The variants: of which phrase, and where its words end.
    variants: Vec<(PhraseId, u32)>,
    words: Vec<u32>,
}

/// The distinct words of all phrases.
#[derive(Default)]
pub(super) struct Vocabulary {
    forms: String,
    words: Vec<TermWord>,
}

/// A word of a phrase.
#[derive(Clone, Copy)]
pub(super) struct TermWord {
    start: u32,
    end: u32,
    /// The hash of its form.
    pub(super) hash: u64,
    /// Whether it was written with a capital.
    pub(super) name: bool,
    /// Whether it is an abbreviation, which counts in capitals only.
    pub(super) capitals: bool,
    pub(super) shape: Shape,
}

/// How much of a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// All of it.
    Whole,
    /// Its beginning: Korean takes its endings without a space.
    Hangul,
    /// It has wildcards.
    Pattern,
}

impl Vocabulary {
    pub(super) fn words(&self) -> &[TermWord] {
        &self.words
    }

    pub(super) fn word(&self, id: u32) -> &TermWord {
        &self.words[id as usize]
    }

    pub(super) fn form(&self, word: &TermWord) -> &str {
        &self.forms[word.start as usize..word.end as usize]
    }
}

/// What a variant is sought by: this of its words, and maybe the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// A word.
    Word(u8),
    /// A word and the one behind it.
    Pair(u8),
    /// The beginning of a word that may go on.
    Start(u8),
    /// A word with wildcards.
    Pattern(u8),
}

impl Anchor {
    /// Returns which word it is.
    pub(super) fn at(self) -> usize {
        match self {
            Anchor::Word(at) | Anchor::Pair(at) | Anchor::Start(at) | Anchor::Pattern(at) => usize::from(at),
        }
    }
}

/// All phrases in all their variants, laid out flat: there may be a million.
pub(super) struct Variants {
    pub(super) vocabulary: Vocabulary,
    phrases: Vec<PhraseFacts>,
    list: Vec<Variant>,
    words: Vec<u32>,
}

struct PhraseFacts {
    /// The share of items that are expected to hold it.
    share: f64,
    /// Its last variant, which is the phrase as it was written.
    variant: u32,
}

struct Variant {
    phrase: PhraseId,
    end: u32,
    anchor: Anchor,
    exact: bool,
}

/// A word of a phrase while it is collected.
struct Written {
    form: String,
    case: Case,
}

impl Written {
    fn new(form: &str, case: Case) -> Self {
        Written { form: form.to_owned(), case }
    }

    fn joined(&self, next: &Written) -> Option<Written> {
        let apart = starts_single(&self.form) || starts_single(&next.form);
        let mixed = starts_hangul(&self.form) != starts_hangul(&next.form);
        let case = match self.case {
            _ if self.is_all_capitals() && next.is_all_capitals() => Case::Capitals,
            Case::Lower => Case::Lower,
            Case::Capital | Case::Capitals => Case::Capital,
        };
        (!apart && !mixed).then(|| Written { form: format!("{}{}", self.form, next.form), case })
    }

    /// Says whether no letter is small; a single letter is no word in capitals by itself.
    fn is_all_capitals(&self) -> bool {
        self.case == Case::Capitals || (self.case == Case::Capital && self.form.chars().count() == 1)
    }
}

impl Phrases {
    /// Returns the id of a phrase; equal ones have the same.
    pub(super) fn intern(&mut self, text: &str, exact: bool) -> PhraseId {
        let words = term_words(text);
        let ids: Vec<u32> = words.plain().map(|word| self.word(words.form(word), word.case)).collect();
        self.keep(&ids, exact, || {
            words.plain().map(|word| Written::new(words.form(word), word.case)).collect()
        })
    }

    /// The same for a phrase in which `*` stands for any letters and `?` for one; the words
    /// without such a sign are compared as in any phrase.
    pub(super) fn intern_pattern(&mut self, text: &str, exact: bool) -> PhraseId {
        let words = pattern_words(text);
        let ids: Vec<u32> = words.iter().map(|word| self.word(&word.form, word.case)).collect();
        self.keep(&ids, exact, || words)
    }

    fn keep(&mut self, plain: &[u32], exact: bool, written: impl FnOnce() -> Vec<Written>) -> PhraseId {
        let next = PhraseId(narrow(self.exact.len()));
        let id = *self.ids.entry(hash_ids(plain, exact)).or_insert(next);
        if id != next {
            return id;
        }
        self.exact.push(exact);
        if (2..=MAX_JOINED).contains(&plain.len()) {
            let written = written();
            for at in 0..plain.len() - 1 {
                if let Some(joined) = written[at].joined(&written[at + 1]) {
                    let joined = self.word(&joined.form, joined.case);
                    self.words.extend(plain[..at].iter().chain([&joined]).chain(&plain[at + 2..]));
                    self.variants.push((id, narrow(self.words.len())));
                }
            }
        }
        self.words.extend(plain);
        self.variants.push((id, narrow(self.words.len())));
        id
    }

    fn word(&mut self, form: &str, case: Case) -> u32 {
        let hash = hash_form(form);
        let key = match case {
            Case::Lower => hash,
            Case::Capital => !hash,
            Case::Capitals => hash.rotate_left(32),
        };
        if let Some(id) = self.word_ids.get(&key) {
            return *id;
        }
        let Vocabulary { forms, words } = &mut self.vocabulary;
        let (start, id) = (narrow(forms.len()), narrow(words.len()));
        forms.push_str(form);
        let short = form.chars().nth(MAX_CAPITALS).is_none();
        words.push(TermWord {
            start,
            end: narrow(forms.len()),
            hash,
            name: case != Case::Lower,
            capitals: case == Case::Capitals && short && form.chars().all(char::is_alphabetic),
            shape: match form {
                _ if form.contains(['*', '?']) => Shape::Pattern,
                _ if starts_hangul(form) => Shape::Hangul,
                _ => Shape::Whole,
            },
        });
        self.word_ids.insert(key, id);
        id
    }

    /// Returns all that was collected, each variant anchored where it is rarest.
    pub(super) fn into_variants(self, frequencies: &Frequencies) -> Variants {
        let Phrases { mut vocabulary, word_ids, ids, exact, variants, mut words } = self;
        drop((word_ids, ids));
        vocabulary.words.shrink_to_fit();
        words.shrink_to_fit();
        let shares: Vec<f64> =
            vocabulary.words.iter().map(|word| frequencies.share(vocabulary.form(word))).collect();
        let mut phrases: Vec<PhraseFacts> =
            exact.iter().map(|_| PhraseFacts { share: 0.0, variant: 0 }).collect();
        let mut list = Vec::with_capacity(variants.len());
        let mut start = 0;
        for (phrase, end) in variants {
            let facts = &mut phrases[phrase.0 as usize];
            let variant = &words[start..end as usize];
            let exact = exact[phrase.0 as usize];
            let (anchor, share) = anchor(variant, exact, &vocabulary, &shares);
            facts.share = (facts.share + share).min(1.0);
            facts.variant = narrow(list.len());
            list.push(Variant { phrase, end, anchor, exact });
            start = end as usize;
        }
        Variants { vocabulary, phrases, list, words }
    }
}

/// Returns the words of a phrase with wildcards, which stay in the forms.
fn pattern_words(text: &str) -> Vec<Written> {
    let mut written: Vec<Written> = Vec::new();
    // Whether the last word ends where the reading has come to.
    let mut open = false;
    for piece in text.split_inclusive(['*', '?']) {
        let (piece, sign) = match piece.strip_suffix(['*', '?']) {
            Some(rest) => (rest, &piece[rest.len()..]),
            None => (piece, ""),
        };
        let words = term_words(piece);
        for word in words.plain() {
            match written.last_mut().filter(|_| open && word.span.start == 0) {
                Some(last) => last.form.push_str(words.form(word)),
                None => written.push(Written::new(words.form(word), word.case)),
            }
        }
        let end = words.plain().last().map_or(0, |word| word.span.end as usize);
        open = end == piece.len() && (open || end > 0);
        match written.last_mut().filter(|_| open) {
            Some(last) => last.form.push_str(sign),
            None if sign.is_empty() => {}
            None => written.push(Written::new(sign, Case::Lower)),
        }
        open |= !sign.is_empty();
    }
    written
}

/// Returns where a variant is sought, and the share of items in which it is met there.
fn anchor(variant: &[u32], exact: bool, vocabulary: &Vocabulary, shares: &[f64]) -> (Anchor, f64) {
    let word = |at: usize| vocabulary.word(variant[at]);
    let share = |at: usize| shares[variant[at] as usize];
    let whole = |at: &usize| match word(*at).shape {
        Shape::Whole => true,
        Shape::Hangul => exact,
        Shape::Pattern => false,
    };
    let narrow = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
    let rarest = |list: &mut dyn Iterator<Item = (Anchor, f64)>| list.min_by(|a, b| a.1.total_cmp(&b.1));
    // An anchor beyond what a byte can say is none; there is always one before it.
    let all = 0..variant.len().min(usize::from(u8::MAX));
    let pairs = all.clone().skip(1).filter(|at| whole(at) && whole(&(at - 1)));
    let words = all.clone().filter(whole);
    let starts = all.clone().filter(|at| word(*at).shape != Shape::Pattern);
    rarest(&mut pairs.map(|at| (Anchor::Pair(narrow(at - 1)), share(at) * share(at - 1))))
        .or_else(|| rarest(&mut words.map(|at| (Anchor::Word(narrow(at)), share(at)))))
        .or_else(|| rarest(&mut starts.map(|at| (Anchor::Start(narrow(at)), share(at)))))
        .or_else(|| {
            rarest(&mut all.map(|at| (Anchor::Pattern(narrow(at)), pattern_share(vocabulary.form(word(at))))))
        })
        .unwrap_or((Anchor::Word(0), 0.0))
}

/// Returns the share of items that are expected to hold a word of this pattern: each plain letter
/// makes it rarer.
fn pattern_share(pattern: &str) -> f64 {
    let n_plain = pattern.chars().filter(|c| !matches!(c, '*' | '?')).count();
    1.0 / f64::from(narrow(n_plain)).powi(2).max(1.0)
}

impl Variants {
    /// Returns how many phrases there are.
    pub(super) fn n_phrases(&self) -> usize {
        self.phrases.len()
    }

    /// Returns the numbers of all variants.
    pub(super) fn numbers(&self) -> std::ops::Range<u32> {
        0..narrow(self.list.len())
    }

    /// Returns the phrase of a variant.
    pub(super) fn phrase(&self, variant: u32) -> PhraseId {
        self.list[variant as usize].phrase
    }

    /// Says whether only the very forms of a variant count.
    pub(super) fn is_exact(&self, variant: u32) -> bool {
        self.list[variant as usize].exact
    }

    /// Returns where a variant is sought.
    pub(super) fn anchor(&self, variant: u32) -> Anchor {
        self.list[variant as usize].anchor
    }

    /// Returns the words of a variant.
    pub(super) fn words(&self, variant: u32) -> &[u32] {
        let variant = variant as usize;
        let start = variant.checked_sub(1).map_or(0, |before| self.list[before].end);
        &self.words[start as usize..self.list[variant].end as usize]
    }

    /// Returns the share of items that are expected to hold a phrase.
    pub(super) fn share(&self, phrase: PhraseId) -> f64 {
        self.phrases[phrase.0 as usize].share
    }

    /// Returns a phrase in its normalised words.
    pub(super) fn text(&self, phrase: PhraseId) -> String {
        let words = self.words(self.phrases[phrase.0 as usize].variant).iter();
        let forms: Vec<&str> = words.map(|word| self.vocabulary.form(self.vocabulary.word(*word))).collect();
        forms.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variants of a phrase with their anchors.
    #[track_caller]
    fn check(text: &str, exact: bool, expect: &[(&str, Anchor)]) {
        let mut phrases = Phrases::default();
        let id = if text.contains('*') {
            phrases.intern_pattern(text, exact)
        } else {
            phrases.intern(text, exact)
        };
        let variants = phrases.into_variants(&Frequencies::default());
        let shown = |number: u32| {
            let words = variants.words(number).iter().map(|id| variants.vocabulary.word(*id));
            let forms: Vec<&str> = words.map(|word| variants.vocabulary.form(word)).collect();
            (forms.join(" "), variants.anchor(number))
        };
        let found: Vec<(String, Anchor)> = variants.numbers().map(shown).collect();
        let expect: Vec<(String, Anchor)> =
            expect.iter().map(|(text, anchor)| ((*text).into(), *anchor)).collect();
        assert_eq!(found, expect, "{text}");
        assert!(variants.share(id) > 0.0 && variants.share(id) <= 1.0);
    }

    #[test]
    fn neighbours_may_be_joined() {
        check("Kim", false, &[("kim", Anchor::Word(0))]);
        let all = [("jongun", Anchor::Word(0)), ("jong un", Anchor::Pair(0))];
        check("Jong-un", false, &all);
        check("金正恩", false, &[("金 正 恩", Anchor::Pair(0))]);
    }

    #[test]
    fn the_rarest_pair_is_the_anchor() {
        check("a b c d e Vladivostok harbour", true, &[("a b c d e vladivostok harbour", Anchor::Pair(5))]);
    }

    #[test]
    fn words_that_may_go_on_are_sought_by_what_is_whole() {
        check("무기 거래", true, &[("무기거래", Anchor::Word(0)), ("무기 거래", Anchor::Pair(0))]);
        check("김정은", false, &[("김정은", Anchor::Start(0))]);
        check("arm* deal", false, &[("arm*deal", Anchor::Pattern(0)), ("arm* deal", Anchor::Word(1))]);
    }

    #[test]
    fn equal_phrases_are_one() {
        let mut phrases = Phrases::default();
        let id = phrases.intern("Kim Jong-un", false);
        assert_eq!(phrases.intern("Kim Jong-un", false), id);
        assert_ne!(phrases.intern("Kim Jong-un", true), id);
        assert_ne!(phrases.intern("kim jong-un", false), id);
        let variants = phrases.into_variants(&Frequencies::default());
        assert_eq!((variants.n_phrases(), variants.text(id)), (3, "kim jong un".into()));
    }
}
