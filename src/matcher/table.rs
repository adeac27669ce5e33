//! All phrases by what they are sought by, for one way of stemming.
//!
//! A word of an item is looked up by its stem, and with the word behind it by both: whatever a
//! term asks of a word, equal words have equal stems. A filter in front tells most words at
//! once that nothing is known of them; what is found there is compared word by word.

use super::matching::{Equal, MOST_PATTERNED, Matching, Own, following};
use super::phrases::{Anchor, Variants};
use super::stemming::Stemming;
use super::tree::PhraseId;
use crate::model::words::Words;

/// Bits of the filter for each key, of which one is set.
const FILTER_BITS: usize = 16;
/// Bytes of the beginnings and ends of words that are looked up.
const MOST_BYTES: usize = 31;

/// What is sought by a key. Most variants are single words, and all of these that is needed
/// stands here: to look elsewhere in memory takes longer than all else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    /// A phrase, or of several words a variant.
    number: u32,
    /// The word, or one of these signs.
    word: u32,
}

/// There are several words.
const SEVERAL: u32 = u32::MAX;
/// The word is the key, and nothing else is asked of it.
const SURE: u32 = u32::MAX - 1;
/// Set where only the very form of the word counts.
const EXACT: u32 = 1 << 30;

/// All variants by their anchors.
pub(super) struct Table {
    /// What each word of the vocabulary is compared with.
    owns: Vec<Own>,
    filter: Vec<u64>,
    /// Where the keys of each bucket begin: a bucket holds those that share their highest bits.
    buckets: Vec<u32>,
    bucket_shift: u32,
    /// In the order of their keys.
    entries: Vec<Entry>,
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
        let owns = vocabulary.words().iter().map(|word| Own::of(word, vocabulary.form(word), stemming));
        let mut table = Table {
            owns: owns.collect(),
            filter: Vec::new(),
            buckets: Vec::new(),
            bucket_shift: 0,
            entries: Vec::new(),
            lengths: Lengths::default(),
        };
        let mut entries = Vec::with_capacity(variants.numbers().len());
        for variant in variants.numbers() {
            let (number, word) = match variants.words(variant) {
                [id] => (variants.phrase(variant).0, table.single(*id, variants.is_exact(variant))),
                _ => (variant, SEVERAL),
            };
            table.keys_of(variant, variants, stemming, &mut |key| entries.push(Entry { key, number, word }));
        }
        entries.sort_unstable();
        entries.dedup();
        table.fill(entries);
        table
    }

    /// Returns how an entry of a single word names it.
    fn single(&self, id: u32, exact: bool) -> u32 {
        let own = &self.owns[id as usize];
        match own.equal {
            Equal::Stem if !exact && !own.capitals => SURE,
            Equal::Form | Equal::Stem | Equal::Name | Equal::Start | Equal::Pattern if exact => id | EXACT,
            Equal::Form | Equal::Stem | Equal::Name | Equal::Start | Equal::Pattern => id,
        }
    }

    /// Calls `each` with all keys by which a variant is sought.
    fn keys_of(&mut self, number: u32, variants: &Variants, stemming: Stemming, each: &mut impl FnMut(u64)) {
        let (words, vocabulary) = (variants.words(number), &variants.vocabulary);
        let anchor = variants.anchor(number);
        let Some(id) = words.get(anchor.at()) else { return };
        let form = |id: u32| vocabulary.form(vocabulary.word(id));
        let owns = &self.owns;
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

    /// Takes the entries, which are in the order of their keys.
    fn fill(&mut self, entries: Vec<Entry>) {
        let bits = entries.len().next_power_of_two().trailing_zeros();
        self.bucket_shift = 64 - bits.max(1);
        self.filter = vec![0; (entries.len() * FILTER_BITS / 64).next_power_of_two()];
        self.buckets = vec![0; (1 << bits.max(1)) + 1];
        for entry in &entries {
            self.buckets[narrow_key(entry.key >> self.bucket_shift) + 1] += 1;
            let (at, bit) = self.filter_place(entry.key);
            self.filter[at] |= bit;
        }
        let mut sum = 0;
        for bucket in &mut self.buckets {
            sum += *bucket;
            *bucket = sum;
        }
        self.entries = entries;
        self.entries.shrink_to_fit();
    }

    fn filter_place(&self, key: u64) -> (usize, u64) {
        (narrow_key(key >> 6) & (self.filter.len() - 1), 1 << (key & 63))
    }

    /// Returns the entries of a key.
    fn look_up(&self, key: u64) -> impl Iterator<Item = &Entry> {
        let (at, bit) = self.filter_place(key);
        let bucket = if self.filter[at] & bit == 0 {
            0..0
        } else {
            let bucket = narrow_key(key >> self.bucket_shift);
            self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize
        };
        self.entries[bucket].iter().filter(move |entry| entry.key == key)
    }

    /// Calls `each` with the phrases whose anchors are at this word, and the first and the last
    /// word of each.
    pub(super) fn find_at(
        &self,
        variants: &Variants,
        words: &Words,
        at: usize,
        each: &mut impl FnMut(PhraseId, usize, usize),
    ) {
        let matching = Matching { owns: &self.owns, variants, words };
        let mut check = |entry: &Entry| match entry.word {
            SURE => each(PhraseId(entry.number), at, at),
            SEVERAL => {
                let phrase = variants.phrase(entry.number);
                matching.stretches(entry.number, at, &mut |first, last| each(phrase, first, last));
            }
            id if matching.fits(id & !EXACT, id & EXACT != 0, at) => each(PhraseId(entry.number), at, at),
            _ => {}
        };
        let word = &words.list[at];
        self.look_up(word.stem).for_each(&mut check);
        for next in following(words, at) {
            self.look_up(pair(word.stem, words.list[next].stem)).for_each(&mut check);
        }
        if self.lengths.hangul | self.lengths.prefixes | self.lengths.suffixes != 0 {
            self.find_parts(words.form(word), &mut check);
        }
    }

    /// The same for beginnings and ends.
    fn find_parts<'t>(&'t self, form: &str, each: &mut impl FnMut(&'t Entry)) {
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
