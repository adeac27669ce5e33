//! All phrases by what they are sought by, for one way of stemming.
//!
//! A word of an item is looked up by its stem, and with the word behind it by both: whatever a
//! term asks of a word, equal words have equal stems. A filter in front tells most words at
//! once that nothing is known of them; what is found there is compared word by word.

use super::occur::matches_whole;
use super::phrases::{Anchor, Shape, TermWord, Variants};
use super::stemming::{Stemming, hash_stem};
use crate::model::words::{Case, Word, Words};

/// Bits of the filter for each key, of which one is set.
const FILTER_BITS: usize = 16;
/// Bytes of the beginnings and ends of words that are looked up.
const MOST_BYTES: usize = 31;
/// Longer words, in bytes, have no wildcards: they are none of a language.
const MOST_PATTERNED: usize = 128;

/// What a word of an item must be to be a word of a phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Equal {
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
struct Own {
    /// The hash of its form.
    form: u64,
    /// That of its stem; of a `Name` that of the form as if it were one.
    stem: u64,
    /// How it is compared where the phrase is not exact.
    equal: Equal,
    /// Whether it counts in capitals only.
    capitals: bool,
}

/// All variants by their anchors.
pub(super) struct Table {
    /// For each word of the vocabulary.
    words: Vec<Own>,
    filter: Vec<u64>,
    /// Where the keys of each bucket begin: a bucket holds those that share their highest bits.
    buckets: Vec<u32>,
    bucket_shift: u32,
    /// The lower halves of the keys, in order.
    keys: Vec<u32>,
    variants: Vec<u32>,
    /// Lengths in bytes by which words are looked up, as bits.
    lengths: Lengths,
}

/// Lengths in bytes, as bits.
#[derive(Clone, Copy, Default)]
struct Lengths {
    /// Of beginnings of Korean words.
    hangul: u32,
    /// Of beginnings of words that match a pattern.
    prefixes: u32,
    /// Of their ends.
    suffixes: u32,
}

impl Table {
    pub(super) fn build(variants: &Variants, stemming: Stemming) -> Self {
        let vocabulary = &variants.vocabulary;
        let words = vocabulary.words().iter().map(|word| Own::of(word, vocabulary.form(word), stemming));
        let mut table = Table {
            words: words.collect(),
            filter: Vec::new(),
            buckets: Vec::new(),
            bucket_shift: 0,
            keys: Vec::new(),
            variants: Vec::new(),
            lengths: Lengths::default(),
        };
        let mut entries: Vec<(u64, u32)> = Vec::with_capacity(variants.numbers().len());
        for number in variants.numbers() {
            table.keys_of(number, variants, stemming, &mut |key| entries.push((key, number)));
        }
        entries.sort_unstable();
        entries.dedup();
        table.fill(&entries);
        table
    }

    /// Calls `each` with all keys by which a variant is sought.
    fn keys_of(&mut self, number: u32, variants: &Variants, stemming: Stemming, each: &mut impl FnMut(u64)) {
        let (words, vocabulary) = (variants.words(number), &variants.vocabulary);
        let anchor = variants.anchor(number);
        let Some(id) = words.get(anchor.at()) else { return };
        let form = |id: u32| vocabulary.form(vocabulary.word(id));
        let owns = &self.words;
        let stems = |id: u32| {
            let own = &owns[id as usize];
            let cut = (own.equal == Equal::Name).then(|| stemming.stem_hash(form(id)));
            std::iter::once(own.stem).chain(cut)
        };
        match anchor {
            Anchor::Word(_) => stems(*id).for_each(&mut *each),
            Anchor::Pair(at) => {
                let next = words[usize::from(at) + 1];
                stems(*id).for_each(|first| stems(next).for_each(|second| each(pair(first, second))));
            }
            Anchor::Start(_) => {
                let length = longest(form(*id));
                self.lengths.hangul |= 1 << length;
                each(beginning(form(*id).bytes().take(length)));
            }
            Anchor::Pattern(_) => {
                let pattern = form(*id);
                let sign = pattern.find(['*', '?']).unwrap_or(pattern.len());
                let (prefix, suffix) =
                    (&pattern[..sign], pattern.rsplit(['*', '?']).next().unwrap_or_default());
                if prefix.len() >= suffix.len() {
                    let length = longest(prefix);
                    self.lengths.prefixes |= 1 << length;
                    each(beginning(prefix.bytes().take(length)));
                } else {
                    let length = longest_end(suffix);
                    self.lengths.suffixes |= 1 << length;
                    each(end(suffix.bytes().rev().take(length)));
                }
            }
        }
    }

    /// Lays the entries out, which are in the order of their keys.
    fn fill(&mut self, entries: &[(u64, u32)]) {
        let bits = entries.len().next_power_of_two().trailing_zeros();
        self.bucket_shift = 64 - bits.max(1);
        self.filter = vec![0; (entries.len() * FILTER_BITS / 64).next_power_of_two()];
        self.buckets = vec![0; (1 << bits.max(1)) + 1];
        for (key, variant) in entries {
            self.buckets[narrow_key(key >> self.bucket_shift) + 1] += 1;
            self.keys.push(low(*key));
            self.variants.push(*variant);
            let (at, bit) = self.filter_place(*key);
            self.filter[at] |= bit;
        }
        let mut sum = 0;
        for bucket in &mut self.buckets {
            sum += *bucket;
            *bucket = sum;
        }
        self.keys.shrink_to_fit();
        self.variants.shrink_to_fit();
    }

    fn filter_place(&self, key: u64) -> (usize, u64) {
        (narrow_key(key >> 6) & (self.filter.len() - 1), 1 << (key & 63))
    }

    /// Returns the variants of a key, and hardly any others.
    fn look_up(&self, key: u64) -> impl Iterator<Item = u32> {
        let (at, bit) = self.filter_place(key);
        let bucket = if self.filter[at] & bit == 0 {
            0..0
        } else {
            let bucket = narrow_key(key >> self.bucket_shift);
            self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize
        };
        let found = self.keys[bucket.clone()].iter().zip(&self.variants[bucket]);
        found.filter(move |(own, _)| **own == low(key)).map(|(_, variant)| *variant)
    }

    /// Calls `each` for the variants whose anchor may be at this word.
    pub(super) fn anchored(&self, words: &Words, at: usize, each: &mut impl FnMut(u32)) {
        let word = &words.list[at];
        self.look_up(word.stem).for_each(&mut *each);
        for next in following(words, at) {
            self.look_up(pair(word.stem, words.list[next].stem)).for_each(&mut *each);
        }
        if self.lengths.hangul | self.lengths.prefixes | self.lengths.suffixes != 0 {
            self.anchored_at_parts(words.form(word), each);
        }
    }

    /// The same for beginnings and ends.
    fn anchored_at_parts(&self, form: &str, each: &mut impl FnMut(u32)) {
        let prefixes = if form.len() > MOST_PATTERNED { 0 } else { self.lengths.prefixes };
        let suffixes = if form.len() > MOST_PATTERNED { 0 } else { self.lengths.suffixes };
        let hangul = if super::fold::starts_hangul(form) { self.lengths.hangul } else { 0 };
        let mut look_up = |lengths: u32, bytes: &mut dyn Iterator<Item = u8>, seed: u64| {
            let mut hash = seed;
            // The lengths still to come, the next as the lowest bit.
            let mut left = lengths;
            while left != 0 {
                if left & 1 != 0 {
                    self.look_up(finish(hash)).for_each(&mut *each);
                }
                let Some(byte) = bytes.next() else { break };
                (hash, left) = (step(hash, byte), left >> 1);
            }
        };
        if prefixes | hangul != 0 {
            look_up(prefixes | hangul, &mut form.bytes(), BEGINNING);
        }
        if suffixes != 0 {
            look_up(suffixes, &mut form.bytes().rev(), END);
        }
    }
}

impl Own {
    fn of(word: &TermWord, form: &str, stemming: Stemming) -> Self {
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
fn following(words: &Words, at: usize) -> impl Iterator<Item = usize> {
    let end = words.list[at].end;
    let behind = words.list[at + 1..].iter().enumerate().take_while(move |(_, next)| next.place <= end);
    behind.filter(move |(_, next)| next.place == end).map(move |(n, _)| at + 1 + n)
}

/// One variant on the words of an item.
pub(super) struct Matching<'a> {
    pub(super) table: &'a Table,
    pub(super) variants: &'a Variants,
    pub(super) number: u32,
    pub(super) words: &'a Words,
}

impl Matching<'_> {
    /// Calls `each` with the first and the last word of each stretch of words that is the variant
    /// and has its anchor at this word.
    pub(super) fn stretches(&self, at: usize, each: &mut impl FnMut(usize, usize)) {
        let list = self.variants.words(self.number);
        if let [id] = list {
            if self.fits(*id, at) {
                each(at, at);
            }
            return;
        }
        self.back(list, self.variants.anchor(self.number).at(), at, &mut |first| {
            if let Some(last) = self.follow(list, first) {
                each(first, last);
            }
        });
    }

    /// Calls `each` for the words with which the variant may begin, if this is its word `n`.
    fn back(&self, list: &[u32], n: usize, at: usize, each: &mut dyn FnMut(usize)) {
        if n == 0 {
            return each(at);
        }
        if !self.fits(list[n], at) {
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
    fn follow(&self, list: &[u32], first: usize) -> Option<usize> {
        let (id, rest) = list.split_first()?;
        if !self.fits(*id, first) {
            return None;
        }
        if rest.is_empty() {
            return Some(first);
        }
        following(self.words, first).find_map(|next| self.follow(rest, next))
    }

    fn fits(&self, id: u32, at: usize) -> bool {
        let (own, word) = (&self.table.words[id as usize], &self.words.list[at]);
        if own.capitals && word.case != Case::Capitals {
            return false;
        }
        let vocabulary = &self.variants.vocabulary;
        match own.equal {
            Equal::Pattern => self.matches(vocabulary.form(vocabulary.word(id)), at),
            Equal::Form => word.hash == own.form,
            _ if self.variants.is_exact(self.number) => word.hash == own.form,
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

/// Returns the key of two neighbours.
fn pair(first: u64, second: u64) -> u64 {
    finish(first.rotate_left(23) ^ second)
}

const BEGINNING: u64 = 0x6265_6769_6e6e_696e;
const END: u64 = 0x656e_6469_6e67_7321;

/// Returns the key of the beginning of a word.
fn beginning(bytes: impl Iterator<Item = u8>) -> u64 {
    finish(bytes.fold(BEGINNING, step))
}

/// Returns the key of the end of a word, its last byte first.
fn end(bytes: impl Iterator<Item = u8>) -> u64 {
    finish(bytes.fold(END, step))
}

/// Adds a byte to a hash. Anybody can find words with equal keys: they are compared in full.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Spreads a hash over all bits.
fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// Returns how many bytes of a beginning are looked up.
fn longest(text: &str) -> usize {
    let most = text.len().min(MOST_BYTES);
    (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The same of an end.
fn longest_end(text: &str) -> usize {
    let most = text.len().min(MOST_BYTES);
    (0..=most).rev().find(|length| text.is_char_boundary(text.len() - length)).unwrap_or(0)
}

/// Returns as much of a key as an index can hold.
fn narrow_key(key: u64) -> usize {
    usize::try_from(key & usize::MAX as u64).expect("what is beyond is cut off")
}

/// Returns the lower half of a key.
fn low(key: u64) -> u32 {
    u32::try_from(key & u64::from(u32::MAX)).expect("the lower half of 64 bits")
}
