//! How words are stemmed in each language, and the hashes that forms and stems are compared by.

use std::borrow::Cow;
use std::hash::Hasher;

use rust_stemmers::{Algorithm, Stemmer};
use siphasher::sip::SipHasher13;

/// Longer words are no words of a language.
const MAX_STEMMED: usize = 48;

/// Languages of Latin script that have a stemmer.
const LATIN: [(&str, Algorithm); 17] = [
    ("en", Algorithm::English),
    ("de", Algorithm::German),
    ("fr", Algorithm::French),
    ("es", Algorithm::Spanish),
    ("it", Algorithm::Italian),
    ("pt", Algorithm::Portuguese),
    ("nl", Algorithm::Dutch),
    ("sv", Algorithm::Swedish),
    ("no", Algorithm::Norwegian),
    ("nb", Algorithm::Norwegian),
    ("nn", Algorithm::Norwegian),
    ("da", Algorithm::Danish),
    ("fi", Algorithm::Finnish),
    ("hu", Algorithm::Hungarian),
    ("ro", Algorithm::Romanian),
    ("tr", Algorithm::Turkish),
    ("ca", Algorithm::Spanish),
];

/// Languages of another script than Latin, in which Latin words are mostly English names.
const NOT_LATIN: [&str; 30] = [
    "ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "ko", "zh", "ja", "th", "lo", "km", "my",
    "ar", "fa", "ur", "he", "el", "hy", "ka", "hi", "bn", "ta", "te", "am", "und",
];

/// Languages of Cyrillic script that the Russian stemmer does not know.
const NOT_RUSSIAN: [&str; 9] = ["uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg"];
/// Languages of Arabic script that the Arabic stemmer does not know.
const NOT_ARABIC: [&str; 2] = ["fa", "ur"];

/// English plurals with a meaning of their own.
const OWN_PLURALS: [&str; 24] = [
    "arms",
    "customs",
    "damages",
    "earnings",
    "economics",
    "forces",
    "futures",
    "glasses",
    "goods",
    "holdings",
    "means",
    "news",
    "politics",
    "premises",
    "proceeds",
    "savings",
    "securities",
    "series",
    "species",
    "spirits",
    "talks",
    "thanks",
    "troops",
    "works",
];

/// The commonest English words: almost half of any text, and each its own stem.
const COMMON: [&str; 60] = [
    "about", "after", "all", "also", "and", "are", "been", "but", "can", "first", "for", "from", "had",
    "has", "have", "her", "him", "his", "how", "into", "last", "may", "more", "most", "new", "not", "now",
    "one", "other", "our", "out", "over", "said", "say", "she", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "two", "was", "were", "what", "when", "which",
    "who", "will", "with", "would", "year", "you", "your",
];

/// How the words of an item are stemmed: one algorithm a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stemming {
    latin: Option<Algorithm>,
    cyrillic: Option<Algorithm>,
    arabic: Option<Algorithm>,
}

impl Stemming {
    /// Returns the way the words of an item in this language are stemmed.
    pub(super) fn of(lang: &str) -> Self {
        let latin = LATIN.iter().find(|(code, _)| *code == lang).map(|(_, algorithm)| *algorithm);
        let english = NOT_LATIN.contains(&lang).then_some(Algorithm::English);
        Stemming {
            latin: latin.or(english),
            cyrillic: (!NOT_RUSSIAN.contains(&lang)).then_some(Algorithm::Russian),
            arabic: (!NOT_ARABIC.contains(&lang)).then_some(Algorithm::Arabic),
        }
    }

    /// Returns all the ways there are.
    pub(super) fn all() -> Vec<Self> {
        let codes = LATIN.iter().map(|(code, _)| *code).chain(NOT_LATIN).chain(["pl"]);
        let mut all: Vec<Stemming> = Vec::new();
        for stemming in codes.map(Stemming::of) {
            if !all.contains(&stemming) {
                all.push(stemming);
            }
        }
        all
    }

    /// Returns a number that no other way of stemming has.
    pub(super) fn number(self) -> u64 {
        let of = |algorithm: Option<Algorithm>| algorithm.map_or(0, |algorithm| algorithm as u64 + 1);
        of(self.latin) | of(self.cyrillic) << 8 | of(self.arabic) << 16
    }

    /// Returns the hash of the stem of a normalised word.
    pub(super) fn stem_hash(self, form: &str) -> u64 {
        hash_stem(&self.stem(form))
    }

    /// Returns the algorithm for a normalised word.
    fn algorithm(self, form: &str) -> Option<Algorithm> {
        match form.chars().next()? {
            'a'..='z' => self.latin,
            '\u{370}'..='\u{3ff}' => Some(Algorithm::Greek),
            '\u{400}'..='\u{52f}' => self.cyrillic,
            '\u{600}'..='\u{6ff}' => self.arabic,
            '\u{b80}'..='\u{bff}' => Some(Algorithm::Tamil),
            _ => None,
        }
    }

    /// Says whether a word is stemmed as English, where names keep their form.
    pub(super) fn is_english(self, form: &str) -> bool {
        self.algorithm(form) == Some(Algorithm::English)
    }

    /// Says whether the stemmer takes the end of a Russian name for that of a plural, so that it
    /// gives Киев another stem than Киева.
    pub(super) fn mistakes_ending(self, form: &str) -> bool {
        self.algorithm(form) == Some(Algorithm::Russian)
            && ["ов", "ев"].iter().any(|end| form.strip_suffix(end) == Some(&*self.stem(form)))
    }

    /// Returns the stem of a normalised word, which is the word itself where it has no other.
    pub(super) fn stem(self, form: &str) -> Cow<'_, str> {
        let Some(algorithm) = self.algorithm(form) else { return Cow::Borrowed(form) };
        let kept = form.len() > MAX_STEMMED
            || form.len() < 3
            || form.bytes().any(|byte| byte.is_ascii_digit())
            || (algorithm == Algorithm::English && keeps_form(form));
        if kept {
            return Cow::Borrowed(form);
        }
        let mut stem = Stemmer::create(algorithm).stem(form);
        if algorithm == Algorithm::English && stem.ends_with("ologist") {
            // As Snowball has had it since version 3: who works in a field belongs to it.
            let kept = stem.len() - "ist".len();
            stem.to_mut().truncate(kept);
        }
        stem
    }
}

/// Says whether an English word is its own stem, by rule or to spare the work.
fn keeps_form(form: &str) -> bool {
    COMMON.binary_search(&form).is_ok() || OWN_PLURALS.binary_search(&form).is_ok()
}

/// Returns the hash of a normalised form.
pub(super) fn hash_form(form: &str) -> u64 {
    hash(form, 0x6e65_7773)
}

/// Returns the hash of a stem, which is never that of a form.
pub(super) fn hash_stem(stem: &str) -> u64 {
    hash(stem, 0x7374_656d)
}

/// Returns the hash of the numbers of words.
pub(super) fn hash_ids(ids: &[u32], exact: bool) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(u64::from(exact), 0x686f_756e_6400);
    for id in ids {
        hasher.write_u32(*id);
    }
    hasher.finish()
}

/// The keys are fixed: equal words have equal hashes in every run.
fn hash(text: &str, key: u64) -> u64 {
    SipHasher13::new_with_keys(key, 0x686f_756e_6400).hash(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_with_their_own_meaning_keep_it() {
        let english = Stemming::of("en");
        assert_eq!(english.stem("arms"), "arms");
        assert_eq!(english.stem("deals"), "deal");
        assert_eq!(english.stem("technologists"), english.stem("technologies"));
        assert_eq!(english.stem("f16s"), "f16s");
        assert_eq!(english.stem("владивостоке"), "владивосток");
        assert_eq!(Stemming::of("pl").stem("deals"), "deals");
    }

    #[test]
    fn common_words_are_their_own_stems() {
        assert!(COMMON.is_sorted() && OWN_PLURALS.is_sorted());
        let stemmer = Stemmer::create(Algorithm::English);
        for word in COMMON {
            assert_eq!(stemmer.stem(word), word);
        }
    }

    #[test]
    fn hashes_are_the_same_in_every_run() {
        assert_eq!(hash_form("kim"), hash_form("kim"));
        assert_ne!(hash_form("kim"), hash_stem("kim"));
    }
}
