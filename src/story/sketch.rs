//! From an item's words to what is compared with others.

use std::collections::BTreeMap;
use std::hash::Hasher as _;
use std::ops::Range;

use siphasher::sip::SipHasher13;

use super::agency::agency;
use super::numbers::numbers;
use super::title::headline;
use crate::model::text::is_unspaced;
use crate::model::words::{Part, Word, Words};
use crate::model::{Item, Shingle, Sketch, Term};

/// Words in a shingle.
const RUN: u32 = 4;
/// Shingles kept at most: those that come first, since what is cut is cut behind.
const MOST_SHINGLES: usize = 64;
/// Every fourth shingle is kept, by its hash; …
const KEEP: u64 = 4;
/// … of a text with fewer than so many words …
const FEW_WORDS: u32 = 60;
/// … every second.
const KEEP_OF_FEW: u64 = 2;
/// A title of fewer words says nothing by itself.
const LEAST_TITLE: u32 = 4;
/// So many words of the text, and those of the title, hold the figures that are compared.
const FIGURE_WORDS: usize = 60;
/// Words of an item that tell what story it belongs to.
const MOST_TERMS: usize = 200;

/// What a word counts for, in halves: a sign of a script without spaces is about half a word.
const WORD: u32 = 2;
const SIGN: u32 = 1;

/// Returns what of an item is compared with others.
pub fn sketch(item: &Item, words: &Words) -> Sketch {
    let plain: Vec<&Word> = words.plain().collect();
    let parts = Parts::of(&plain, headline(item));
    let n_words = (size(words, parts.summary) + size(words, parts.text)) / WORD;
    let title_numbers = numbers(words, parts.title, &item.title);
    Sketch {
        shingles: shingles(words, &parts, n_words),
        n_words,
        title: title(words, parts.title),
        numbers: title_numbers,
        figures: title_numbers | opening_numbers(item, words, &parts),
        terms: terms(words, &plain),
        n_terms: u32::try_from(plain.len().min(MOST_TERMS)).unwrap_or(u32::MAX),
        agency: agency(item).map(str::to_owned),
    }
}

/// The words of each part of an item; of the title only the headline.
struct Parts<'a> {
    title: &'a [&'a Word],
    summary: &'a [&'a Word],
    text: &'a [&'a Word],
}

impl<'a> Parts<'a> {
    fn of(plain: &'a [&'a Word], headline: Range<usize>) -> Self {
        let (title, rest) = plain.split_at(plain.partition_point(|word| word.part == Part::Title));
        let (summary, text) = rest.split_at(rest.partition_point(|word| word.part == Part::Summary));
        let start = title.partition_point(|word| (word.span.start as usize) < headline.start);
        let end = title.partition_point(|word| (word.span.start as usize) < headline.end);
        Parts { title: &title[start..end], summary, text }
    }
}

/// Returns how much some words are, in halves.
fn size(words: &Words, part: &[&Word]) -> u32 {
    part.iter().map(|word| weight(words, word)).sum()
}

fn weight(words: &Words, word: &Word) -> u32 {
    let first = words.form(word).chars().next();
    if first.is_some_and(is_unspaced) { SIGN } else { WORD }
}

/// Returns the numbers in the opening words of what there is of a text.
fn opening_numbers(item: &Item, words: &Words, parts: &Parts<'_>) -> u64 {
    let (opening, text) = match parts.summary {
        [] => (parts.text, &item.text),
        summary => (summary, &item.summary),
    };
    numbers(words, &opening[..opening.len().min(FIGURE_WORDS)], text)
}

/// Returns the hash of a headline. It is none of a shingle's, though the words may be the same.
fn title(words: &Words, part: &[&Word]) -> Option<Shingle> {
    const TITLE: u64 = 1;
    let hashes = std::iter::once(TITLE).chain(part.iter().map(|word| word.hash));
    (size(words, part) >= LEAST_TITLE * WORD).then(|| shingle(hashes))
}

/// Returns every how manieth shingle of an item is kept whose text has so many words.
pub(super) fn kept_of(n_words: u32) -> u64 {
    if n_words < FEW_WORDS { KEEP_OF_FEW } else { KEEP }
}

fn shingles(words: &Words, parts: &Parts<'_>, n_words: u32) -> Vec<Shingle> {
    let keep = kept_of(n_words);
    let mut kept: Vec<Shingle> = Vec::with_capacity(MOST_SHINGLES);
    for part in [parts.title, parts.summary, parts.text] {
        for run in runs(words, part) {
            if kept.len() == MOST_SHINGLES {
                break;
            }
            let shingle = shingle(run.iter().map(|word| word.hash));
            if shingle.0.is_multiple_of(keep) && !kept.contains(&shingle) {
                kept.push(shingle);
            }
        }
    }
    kept.sort_unstable();
    kept
}

/// Returns the runs of four words, or of eight signs of a script without spaces.
fn runs<'a>(words: &'a Words, part: &'a [&'a Word]) -> impl Iterator<Item = &'a [&'a Word]> {
    let (mut end, mut size) = (0, 0);
    (0..part.len()).map_while(move |start| {
        while size < RUN * WORD {
            size += weight(words, part.get(end)?);
            end += 1;
        }
        size -= weight(words, part[start]);
        Some(&part[start..end])
    })
}

fn shingle(words: impl Iterator<Item = u64>) -> Shingle {
    let mut hasher = SipHasher13::new();
    words.for_each(|word| hasher.write_u64(word));
    Shingle(hasher.finish() >> 16)
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
