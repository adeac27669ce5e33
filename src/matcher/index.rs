//! All phrases of all topics, and the one pass that finds them among an item's words.
//!
//! A phrase is kept once, whichever topics use it. It has a variant for each way it may be
//! written; a variant is looked up by its first word. What words are equal depends on the
//! item's language, so there is a table for each way of stemming, made when it is first needed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, OnceLock};

use super::fold::{starts_hangul, starts_single};
use super::language::{Stemming, hash_form, hash_start, hash_stem};
use super::occur::matches_whole;
use super::tree::PhraseId;
use super::words::term_words;
use crate::model::words::{Case, Words};

/// A phrase of more words has no joined variants.
const MAX_JOINED: usize = 5;
/// The longest word that counts as an abbreviation when written in capitals.
const MAX_CAPITALS: usize = 5;
/// No Korean word of a topic is longer, in characters.
const MAX_START: usize = 24;

/// Collects phrases.
#[derive(Default)]
pub(super) struct Phrases {
    ids: HashMap<(String, Form), PhraseId>,
    list: Vec<Phrase>,
}

/// How the words of a phrase are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Inflected,
    Exact,
    Pattern,
    ExactPattern,
}

/// A phrase in all its variants.
struct Phrase {
    exact: bool,
    variants: Vec<Vec<TermWord>>,
}

/// A word of a phrase.
#[derive(Clone, Debug, PartialEq)]
struct TermWord {
    form: String,
    case: Case,
    /// Whether it is an abbreviation, which counts in capitals only.
    capitals: bool,
}

impl Phrases {
    /// Returns the id of a phrase; equal ones have the same.
    pub(super) fn intern(&mut self, text: &str, exact: bool) -> PhraseId {
        let form = if exact { Form::Exact } else { Form::Inflected };
        self.keep(text, form, || Phrase { exact, variants: variants(plain_words(text)) })
    }

    /// The same for a phrase in which `*` stands for any letters and `?` for one; the words
    /// without such a sign are compared as in any phrase.
    pub(super) fn intern_pattern(&mut self, text: &str, exact: bool) -> PhraseId {
        let form = if exact { Form::ExactPattern } else { Form::Pattern };
        self.keep(text, form, || Phrase { exact, variants: variants(pattern_words(text)) })
    }

    fn keep(&mut self, text: &str, form: Form, make: impl FnOnce() -> Phrase) -> PhraseId {
        let next = PhraseId(super::tokens::narrow(self.list.len()));
        *self.ids.entry((text.to_owned(), form)).or_insert_with(|| {
            self.list.push(make());
            next
        })
    }

    /// Returns the index of all that was collected.
    pub(super) fn into_index(self) -> Index {
        let tables = Stemming::all().into_iter().map(|stemming| (stemming, OnceLock::new())).collect();
        Index { phrases: self.list, tables }
    }
}

/// Returns the ways a phrase may be written: as it is, and with two neighbours joined.
fn variants(plain: Vec<TermWord>) -> Vec<Vec<TermWord>> {
    let mut variants = Vec::new();
    if (2..=MAX_JOINED).contains(&plain.len()) {
        for at in 0..plain.len() - 1 {
            if let Some(joined) = plain[at].joined(&plain[at + 1]) {
                let mut variant = plain.clone();
                variant.splice(at..at + 2, [joined]);
                variants.push(variant);
            }
        }
    }
    variants.push(plain);
    variants
}

/// Returns the words of a phrase.
fn plain_words(text: &str) -> Vec<TermWord> {
    let words = term_words(text);
    words.plain().map(|word| TermWord::new(words.form(word), word.case)).collect()
}

/// Returns the words of a phrase with wildcards, which stay in the forms.
fn pattern_words(text: &str) -> Vec<TermWord> {
    let mut list: Vec<TermWord> = Vec::new();
    // Whether the last word ends where the reading has come to.
    let mut open = false;
    for piece in text.split_inclusive(['*', '?']) {
        let (piece, sign) = match piece.strip_suffix(['*', '?']) {
            Some(rest) => (rest, &piece[rest.len()..]),
            None => (piece, ""),
        };
        let words = term_words(piece);
        for word in words.plain() {
            match list.last_mut().filter(|_| open && word.span.start == 0) {
                Some(last) => last.form.push_str(words.form(word)),
                None => list.push(TermWord::new(words.form(word), word.case)),
            }
        }
        let end = words.plain().last().map_or(0, |word| word.span.end as usize);
        open = end == piece.len() && (open || end > 0);
        match list.last_mut().filter(|_| open) {
            Some(last) => last.form.push_str(sign),
            None if sign.is_empty() => {}
            None => list.push(TermWord::new(sign, Case::Lower)),
        }
        open |= !sign.is_empty();
    }
    list.iter_mut().filter(|word| word.is_pattern()).for_each(|word| word.capitals = false);
    list
}

impl TermWord {
    fn new(form: &str, case: Case) -> Self {
        let n_letters = form.chars().count();
        let capitals =
            case == Case::Capitals && n_letters <= MAX_CAPITALS && form.chars().all(char::is_alphabetic);
        TermWord { form: form.to_owned(), case, capitals }
    }

    fn is_pattern(&self) -> bool {
        self.form.contains(['*', '?'])
    }

    fn joined(&self, next: &TermWord) -> Option<TermWord> {
        let apart = starts_single(&self.form) || starts_single(&next.form);
        let mixed = starts_hangul(&self.form) != starts_hangul(&next.form);
        let case = match self.case {
            _ if self.is_all_capitals() && next.is_all_capitals() => Case::Capitals,
            Case::Lower => Case::Lower,
            Case::Capital | Case::Capitals => Case::Capital,
        };
        (!apart && !mixed).then(|| TermWord::new(&format!("{}{}", self.form, next.form), case))
    }

    /// Says whether no letter is small; a single letter is no word in capitals by itself.
    fn is_all_capitals(&self) -> bool {
        self.case == Case::Capitals || (self.case == Case::Capital && self.form.chars().count() == 1)
    }

    fn key(&self, exact: bool, stemming: Stemming) -> Key {
        let name = self.case != Case::Lower && stemming.is_english(&self.form);
        let equal = if self.is_pattern() {
            Equal::Pattern(self.form.as_str().into())
        } else if starts_hangul(&self.form) && !exact {
            Equal::Start(hash_start(&self.form))
        } else if exact || name {
            Equal::Form(hash_form(&self.form))
        } else if self.case != Case::Lower && stemming.mistakes_ending(&self.form) {
            Equal::Name { form: hash_form(&self.form), stem: hash_stem(&self.form) }
        } else {
            Equal::Stem(hash_stem(&stemming.stem(&self.form)))
        };
        Key { equal, n_chars: self.form.chars().count(), capitals: self.capitals }
    }
}

/// What a word of an item must be to be a word of a phrase.
#[derive(Clone)]
struct Key {
    equal: Equal,
    n_chars: usize,
    capitals: bool,
}

#[derive(Clone)]
enum Equal {
    Form(u64),
    Stem(u64),
    Start(u64),
    /// A form with wildcards.
    Pattern(Arc<str>),
    /// A name that its stemmer cuts, but not where it is inflected.
    Name {
        form: u64,
        stem: u64,
    },
}

impl Equal {
    /// The hashes of a word that may be equal.
    fn hashes(&self) -> impl Iterator<Item = u64> {
        let (one, other) = match self {
            Equal::Form(hash) | Equal::Stem(hash) | Equal::Start(hash) => (Some(*hash), None),
            Equal::Name { form, stem } => (Some(*form), Some(*stem)),
            Equal::Pattern(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

impl Key {
    fn fits(&self, at: usize, words: &Words) -> bool {
        let word = &words.list[at];
        if self.capitals && word.case != Case::Capitals {
            return false;
        }
        match &self.equal {
            Equal::Form(hash) => word.hash == *hash,
            Equal::Stem(hash) => word.stem == *hash,
            Equal::Name { form, stem } => word.hash == *form || word.stem == *stem,
            Equal::Pattern(pattern) => {
                // Of a compound, the joined form counts where none of its parts does.
                let parts = words.list[at.saturating_sub(1)..].iter().filter(|part| !part.joined);
                let mut parts = parts.take_while(|part| part.place < word.end);
                matches_whole(pattern, words.form(word))
                    && !(word.joined && parts.any(|part| matches_whole(pattern, words.form(part))))
            }
            Equal::Start(hash) => {
                // A joined form stands behind its first part, which begins in the same way.
                let told = word.joined && start(words.form(&words.list[at - 1]), self.n_chars).is_some();
                !told && start(words.form(word), self.n_chars).is_some_and(|start| hash_start(start) == *hash)
            }
        }
    }
}

/// Returns the first characters of a word that has so many.
fn start(form: &str, n_chars: usize) -> Option<&str> {
    match form.char_indices().nth(n_chars) {
        Some((at, _)) => Some(&form[..at]),
        None => (form.chars().count() == n_chars).then_some(form),
    }
}

/// Where a phrase occurs: the first and the last of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Occurrence {
    pub(super) phrase: PhraseId,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// All phrases, ready to be found.
pub(super) struct Index {
    phrases: Vec<Phrase>,
    tables: Vec<(Stemming, OnceLock<Table>)>,
}

/// The variants of all phrases by the hash of their first word.
struct Table {
    heads: HashMap<u64, Vec<u32>, BuildHasherDefault<Hashed>>,
    variants: Vec<(PhraseId, Vec<Key>)>,
    /// Whether Korean words are to be looked up by their beginnings.
    starts: bool,
    /// The variants that begin with a pattern.
    patterns: Vec<u32>,
}

/// The table's keys are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Index {
    /// Returns how many phrases there are.
    pub(super) fn len(&self) -> usize {
        self.phrases.len()
    }

    /// Returns all occurrences of all phrases, in the order of the phrases and then of the places.
    pub(super) fn find(&self, words: &Words) -> Vec<Occurrence> {
        let stemming = Stemming::of(&words.lang);
        let (_, table) =
            self.tables.iter().find(|(known, _)| *known == stemming).expect("all ways are listed");
        let table = table.get_or_init(|| Table::build(&self.phrases, stemming));
        let mut found = Vec::new();
        for (first, word) in words.list.iter().enumerate() {
            table.look_up(word.hash, words, first, &mut found);
            table.look_up(word.stem, words, first, &mut found);
            table.look_among(&table.patterns, words, first, &mut found);
            if table.starts && starts_hangul(words.form(word)) {
                let form = words.form(word);
                for n_chars in 1..=MAX_START {
                    let Some(start) = start(form, n_chars) else { break };
                    table.look_up(hash_start(start), words, first, &mut found);
                }
            }
        }
        found.sort_unstable();
        found.dedup_by_key(|found| {
            (found.phrase, words.list[found.first as usize].place, words.list[found.last as usize].end)
        });
        found
    }
}

impl Table {
    fn build(phrases: &[Phrase], stemming: Stemming) -> Self {
        let mut table =
            Table { heads: HashMap::default(), variants: Vec::new(), starts: false, patterns: Vec::new() };
        for (id, phrase) in phrases.iter().enumerate() {
            for variant in &phrase.variants {
                let keys: Vec<Key> = variant.iter().map(|word| word.key(phrase.exact, stemming)).collect();
                let number = super::tokens::narrow(table.variants.len());
                for hash in keys[0].equal.hashes() {
                    table.heads.entry(hash).or_default().push(number);
                }
                if matches!(keys[0].equal, Equal::Pattern(_)) {
                    table.patterns.push(number);
                }
                table.starts |= matches!(keys[0].equal, Equal::Start(_));
                table.variants.push((PhraseId(super::tokens::narrow(id)), keys));
            }
        }
        table
    }

    /// Adds what begins with this word.
    fn look_up(&self, hash: u64, words: &Words, first: usize, found: &mut Vec<Occurrence>) {
        let numbers = self.heads.get(&hash).map_or(&[][..], Vec::as_slice);
        self.look_among(numbers, words, first, found);
    }

    /// Adds those of the variants that stand here.
    fn look_among(&self, numbers: &[u32], words: &Words, first: usize, found: &mut Vec<Occurrence>) {
        for number in numbers {
            let (phrase, keys) = &self.variants[*number as usize];
            if let Some(last) = follow(keys, words, first) {
                let narrow = super::tokens::narrow;
                found.push(Occurrence { phrase: *phrase, first: narrow(first), last: narrow(last) });
            }
        }
    }
}

/// Returns the last word of the phrase, if it stands here whole.
fn follow(keys: &[Key], words: &Words, first: usize) -> Option<usize> {
    let word = &words.list[first];
    let (key, rest) = keys.split_first()?;
    if !key.fits(first, words) {
        return None;
    }
    if rest.is_empty() {
        return Some(first);
    }
    let behind = words.list[first + 1..].iter().enumerate().take_while(|(_, next)| next.place <= word.end);
    let mut next = behind.filter(|(_, next)| next.place == word.end);
    next.find_map(|(at, _)| follow(rest, words, first + 1 + at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fixture::item;
    use crate::matcher::words::words;

    /// The stretches of the title that a phrase matches.
    #[track_caller]
    fn check(phrase: &str, title: &str, expect: &[&str]) {
        let (text, exact) = phrase.strip_prefix('=').map_or((phrase, false), |text| (text, true));
        let mut phrases = Phrases::default();
        if text.contains(['*', '?']) {
            phrases.intern_pattern(text, exact)
        } else {
            phrases.intern(text, exact)
        };
        let words = words(&item(title, ""));
        let found: Vec<&str> = phrases
            .into_index()
            .find(&words)
            .iter()
            .map(|found| {
                let (first, last) = (&words.list[found.first as usize], &words.list[found.last as usize]);
                &title[first.span.start as usize..last.span.end as usize]
            })
            .collect();
        assert_eq!(found, expect, "{phrase} in {title}");
    }

    #[test]
    fn a_name_is_found_in_all_its_spellings() {
        for title in ["Kim Jong-un", "Kim Jong Un", "Kim Jongun", "KIM JONG-UN", "#KimJongUn", "Kim Jong‑un"]
        {
            check("Kim Jong-un", title, &[title.trim_start_matches('#')]);
        }
        check("Kim Jong-un", "Kim, Jong-il", &[]);
        check("cooperation", "Co-operation", &["Co-operation"]);
        check("AT&T", "at AT&T now", &["AT&T"]);
        check("F-16", "F16 and F 16", &["F16", "F 16"]);
    }

    #[test]
    fn inflections_count_unless_the_term_is_exact() {
        check("arrive", "He arrives, arrived, is arriving", &["arrives", "arrived", "arriving"]);
        check("=arrive", "He arrives to arrive", &["arrive"]);
        check("arms deal", "Nvidia's Arm deal and arms deals", &["arms deals"]);
        check("Владивосток", "Во Владивостоке", &["Владивостоке"]);
        check("Киев", "Киев, в Киеве, КИЕВА, кий", &["Киев", "Киеве", "КИЕВА"]);
    }

    #[test]
    fn abbreviations_count_in_capitals_only() {
        check("US", "US told us of the U.S. plan", &["US", "U.S"]);
        check("who", "WHO is who", &["WHO", "who"]);
        check("AT&T", "ATT, att", &["ATT"]);
        check("R&D", "RD, rd", &["RD"]);
    }

    #[test]
    fn korean_takes_any_ending_and_chinese_none() {
        check("김정은", "김정은이 김정", &["김정은이"]);
        check("무기 거래", "무기를 거래했다, 무기거래", &["무기를 거래했다", "무기거래"]);
        check("金正恩", "金正恩氏が", &["金正恩"]);
        check("북", "북·러", &["북"]);
        check("북러", "북·러", &["북·러"]);
        check("무기 거래", "무기 거래·공급", &["무기 거래"]);
        check("푸틴", "김정은ㆍ푸틴", &["푸틴"]);
    }
}
