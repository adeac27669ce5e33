//! Compares the words of a phrase with those of an item.

use super::occur::matches_whole;
use super::phrases::{Shape, TermWord, Variants};
use super::stemming::{Stemming, hash_stem};
use crate::model::words::{Case, Word, Words};

/// Longer words, in bytes, have no wildcards: they are none of a language.
pub(super) const MOST_PATTERNED: usize = 128;

/// What a word of an item must be to be a word of a phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Equal {
    Form,
    Stem,
    /// A name that its stemmer cuts, but not where it is inflected.
    Name,
    /// It begins with the form.
    Start,
    /// A form with wildcards.
    Pattern,
}

/// What a word of a phrase is compared with.
pub(super) struct Own {
    /// The hash of its form.
    pub(super) form: u64,
    /// That of its stem; of a `Name` that of the form as if it were one.
    pub(super) stem: u64,
    /// How it is compared where the phrase is not exact.
    pub(super) equal: Equal,
    /// Whether it counts in capitals only.
    pub(super) capitals: bool,
}

impl Own {
    pub(super) fn of(word: &TermWord, form: &str, stemming: Stemming) -> Self {
        let equal = match word.shape {
            Shape::Pattern => Equal::Pattern,
            Shape::Hangul => Equal::Start,
            Shape::Whole if word.name && stemming.is_english(form) => Equal::Form,
            Shape::Whole if word.name && stemming.mistakes_ending(form) => Equal::Name,
            Shape::Whole => Equal::Stem,
        };
        let stem = if equal == Equal::Name { hash_stem(form) } else { stemming.stem_hash(form) };
        Own { form: word.hash, stem, equal, capitals: word.capitals }
    }
}

/// Returns the indices of the words that stand right behind one.
pub(super) fn following(words: &Words, at: usize) -> impl Iterator<Item = usize> {
    let end = words.list[at].end;
    let behind = words.list[at + 1..].iter().enumerate().take_while(move |(_, next)| next.place <= end);
    behind.filter(move |(_, next)| next.place == end).map(move |(n, _)| at + 1 + n)
}

/// The words of a variant, or its last ones.
#[derive(Clone, Copy)]
struct Sought<'a> {
    words: &'a [u32],
    exact: bool,
}

/// The phrases on the words of an item.
pub(super) struct Matching<'a> {
    /// What each word of the vocabulary is compared with.
    pub(super) owns: &'a [Own],
    pub(super) variants: &'a Variants,
    pub(super) words: &'a Words,
}

impl Matching<'_> {
    /// Calls `each` with the first and the last word of each stretch of words that is the variant
    /// and has its anchor at this word.
    pub(super) fn stretches(&self, number: u32, at: usize, each: &mut impl FnMut(usize, usize)) {
        let list = Sought { words: self.variants.words(number), exact: self.variants.is_exact(number) };
        self.back(list, self.variants.anchor(number).at(), at, &mut |first| {
            if let Some(last) = self.follow(list, first) {
                each(first, last);
            }
        });
    }

    /// Calls `each` for the words with which the variant may begin, if this is its word `n`.
    fn back(&self, list: Sought, n: usize, at: usize, each: &mut dyn FnMut(usize)) {
        if n == 0 {
            return each(at);
        }
        if !self.fits(list.words[n], list.exact, at) {
            return;
        }
        let place = self.words.list[at].place;
        // A joined form begins at most so many places before it ends.
        let reach = place.saturating_sub(super::tokens::MOST_PLACES);
        let before = (0..at).rev().take_while(|before| self.words.list[*before].place >= reach);
        for before in before.filter(|before| self.words.list[*before].end == place) {
            self.back(list, n - 1, before, each);
        }
    }

    /// Returns the last word of the variant, if it stands here whole.
    fn follow(&self, list: Sought, first: usize) -> Option<usize> {
        let (id, rest) = list.words.split_first()?;
        if !self.fits(*id, list.exact, first) {
            return None;
        }
        if rest.is_empty() {
            return Some(first);
        }
        following(self.words, first).find_map(|next| self.follow(Sought { words: rest, ..list }, next))
    }

    /// Says whether this word of the item is that word of the vocabulary.
    pub(super) fn fits(&self, id: u32, exact: bool, at: usize) -> bool {
        let (own, word) = (&self.owns[id as usize], &self.words.list[at]);
        if own.capitals && word.case != Case::Capitals {
            return false;
        }
        let vocabulary = &self.variants.vocabulary;
        match own.equal {
            Equal::Pattern => self.matches(vocabulary.form(vocabulary.word(id)), at),
            Equal::Form => word.hash == own.form,
            _ if exact => word.hash == own.form,
            Equal::Stem => word.stem == own.stem,
            Equal::Name => word.hash == own.form || word.stem == own.stem,
            Equal::Start => {
                let start = vocabulary.form(vocabulary.word(id));
                // A joined form stands behind its first part, which may begin in the same way.
                let told = word.joined && self.words.form(&self.words.list[at - 1]).starts_with(start);
                !told && self.words.form(word).starts_with(start)
            }
        }
    }

    fn matches(&self, pattern: &str, at: usize) -> bool {
        let word = &self.words.list[at];
        let matches = |word: &Word| {
            let form = self.words.form(word);
            form.len() <= MOST_PATTERNED && matches_whole(pattern, form)
        };
        // Of a compound, the joined form counts where none of its parts does.
        let parts = self.words.list[at.saturating_sub(1)..].iter().filter(|part| !part.joined);
        let mut parts = parts.take_while(|part| part.place < word.end);
        matches(word) && !(word.joined && parts.any(matches))
    }
}
