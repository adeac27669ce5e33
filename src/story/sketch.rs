//! From an item's words to what is compared with others.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::model::words::{Part, Word, Words};
use crate::model::{Item, Shingle, Sketch, Term};

/// Words in a shingle.
const RUN: usize = 4;
/// Shingles kept at most.
const MOST_SHINGLES: usize = 64;
/// Under so many words every second shingle is kept instead of every fourth.
const FEW_WORDS: usize = 60;
/// Words of an item that tell what story it belongs to.
const MOST_TERMS: usize = 200;

/// Returns what of an item is compared with others.
pub fn sketch(item: &Item, words: &Words) -> Sketch {
    let plain: Vec<&Word> = words.plain().collect();
    let (title, text): (Vec<&Word>, Vec<&Word>) = plain.iter().partition(|word| word.part == Part::Title);
    let numbers: BTreeSet<&str> =
        title.iter().map(|word| words.form(word)).filter(|form| is_number(form)).collect();
    let _ = item;
    Sketch {
        shingles: shingles(&plain),
        n_words: u32::try_from(text.len()).unwrap_or(u32::MAX),
        // The leading 0 tells it from a run of words.
        title: (title.len() > 2)
            .then(|| Shingle(hash_of(std::iter::once(0).chain(title.iter().map(|word| word.hash))) >> 16)),
        numbers: if numbers.is_empty() { 0 } else { hash_of(numbers.iter().map(|form| hash_text(form))) },
        terms: terms(words, &plain),
        n_terms: u32::try_from(plain.len().min(MOST_TERMS)).unwrap_or(u32::MAX),
        agency: None,
    }
}

fn shingles(plain: &[&Word]) -> Vec<Shingle> {
    let keep = if plain.len() < FEW_WORDS { 2 } else { 4 };
    let runs = plain.windows(RUN).map(|run| hash_of(run.iter().map(|word| word.hash)) >> 16);
    let kept: BTreeSet<Shingle> =
        runs.filter(|hash| hash % keep == 0).take(MOST_SHINGLES).map(Shingle).collect();
    kept.into_iter().collect()
}

fn terms(words: &Words, plain: &[&Word]) -> Vec<Term> {
    let mut counts: BTreeMap<u32, (f32, bool)> = BTreeMap::new();
    for word in plain.iter().take(MOST_TERMS) {
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is one")]
        let count = counts.entry(word.stem as u32).or_insert((0.0, is_number(words.form(word))));
        count.0 += if word.part == Part::Title { 2.0 } else { 1.0 };
    }
    counts.into_iter().map(|(hash, (count, is_number))| Term { hash, count, is_number }).collect()
}

fn is_number(form: &str) -> bool {
    form.chars().all(char::is_numeric)
}

fn hash_text(text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn hash_of(all: impl Iterator<Item = u64>) -> u64 {
    let mut hasher = SipHasher13::new();
    all.for_each(|one| hasher.write_u64(one));
    hasher.finish()
}
