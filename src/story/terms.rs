//! The words by which an article is told to belong to a story.

use std::collections::BTreeMap;

use crate::model::Term;
use crate::model::text::is_unspaced;
use crate::model::words::{Part, Word, Words};

/// So many words of an item tell what story it belongs to: what is told further down is often
/// background, and links stories that have only that in common.
pub(super) const MOST: usize = 100;
/// What a word of the title counts for.
const OF_TITLE: f32 = 2.0;
/// Numbers of fewer digits are as often days and hours, unless they stand in the title.
const LEAST_DIGITS: usize = 3;

/// Returns the stems of some words, in ascending order of their hashes. Of a script without spaces
/// each two signs that stand together are one: a single one says too little.
pub(super) fn terms(words: &Words, plain: &[&Word]) -> Vec<Term> {
    let mut terms: BTreeMap<u32, Term> = BTreeMap::new();
    for (at, word) in plain.iter().enumerate().take(MOST) {
        let hash = hash(words, word, plain.get(at + 1).copied());
        let fresh = Term { hash, count: 0.0, is_number: false };
        let term = terms.entry(hash).or_insert(fresh);
        term.count += if word.part == Part::Title { OF_TITLE } else { 1.0 };
        term.is_number |= is_figure(words.form(word), word.part);
    }
    terms.into_values().collect()
}

#[expect(clippy::cast_possible_truncation, reason = "half of a hash is one")]
fn hash(words: &Words, word: &Word, next: Option<&Word>) -> u32 {
    let is_sign = |word: &Word| words.form(word).chars().next().is_some_and(is_unspaced);
    let pair = next.filter(|next| next.place == word.end && is_sign(word) && is_sign(next));
    pair.map_or(word.stem, |next| word.stem.rotate_left(1) ^ next.stem) as u32
}

/// Tells whether a word is a number that may be news: no year, and no day or hour.
fn is_figure(form: &str, part: Part) -> bool {
    let is_year = form.len() == 4 && (form.starts_with("19") || form.starts_with("20"));
    let is_number = form.chars().all(char::is_numeric);
    is_number && !is_year && (part == Part::Title || form.len() >= LEAST_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher;
    use crate::model::{Item, RawItem, SourceId, Timestamp};

    fn item(title: &str, text: &str) -> Item {
        let raw = RawItem { title: title.into(), text: text.into(), ..RawItem::default() };
        let items = crate::dedupe::identify(&SourceId::new("a"), vec![raw], Timestamp::from_millis(0));
        items.into_iter().next().unwrap()
    }

    fn of(title: &str, text: &str) -> Vec<Term> {
        let words = matcher::words(&item(title, text));
        terms(&words, &words.plain().collect::<Vec<_>>())
    }

    #[track_caller]
    fn check_figures(title: &str, text: &str, expect: usize) {
        let n_figures = of(title, text).iter().filter(|term| term.is_number).count();
        assert_eq!(n_figures, expect, "{title} / {text}");
    }

    #[test]
    fn years_days_and_hours_are_no_news() {
        check_figures("Quake kills 48 in 2010", "", 1);
        check_figures("Quake", "At 10 on May 14 the ground shook, in 1999 as in 2010.", 0);
        check_figures("Quake", "It left 1200 homeless and 48 dead.", 1);
        check_figures("Quake", "No number at all, 4x4.", 0);
    }

    #[test]
    fn forms_of_a_word_are_one_and_the_title_counts_twice() {
        let terms = of("Talks failed", "The talk is failing.");
        let most = terms.iter().map(|term| term.count).fold(0.0, f32::max);
        assert!((most - 3.0).abs() < f32::EPSILON, "{most}");
        assert!(terms.is_sorted_by(|a, b| a.hash < b.hash));
    }

    #[test]
    fn two_signs_together_are_a_word_where_there_are_no_spaces() {
        let shared = |a: &str, b: &str| {
            let (a, b) = (of(a, ""), of(b, ""));
            a.iter().filter(|term| b.iter().any(|other| other.hash == term.hash)).count()
        };
        assert_eq!(shared("金正恩访问俄罗斯", "金正恩抵达海参崴"), 2);
        assert_eq!(shared("金正恩", "恩正金"), 0);
    }
}
