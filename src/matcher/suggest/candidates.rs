//! The changes that are worth a trial: those that the words of the noise speak for.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fold::starts_single;
use super::super::words::term_words;
use crate::config::edit::Edit;
use crate::config::{Term, Topic, WEIGHTS};
use crate::matcher::learn::Judged;
use crate::model::Verdict;
use crate::model::words::{Word, Words};

/// Factors for the weight of a term.
const FACTORS: [f64; 4] = [0.5, 0.7, 1.4, 2.0];
/// Thresholds that are tried, in hundredths.
const THRESHOLDS: std::ops::RangeInclusive<u32> = 30..=85;
const THRESHOLD_STEP: usize = 5;
/// Words and phrases that are tried at a time.
const MOST_WORDS: usize = 12;
/// Words of a phrase.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=3;
/// Letters of a word that may take points away.
const LEAST_LETTERS: usize = 4;
/// A word or phrase must stand in so many items of noise.
const LEAST_ITEMS: usize = 2;
/// What a term of `less` is tried with.
const LESS: [&str; 2] = ["", "^2"];

/// How many items of each kind something stands in.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    noise: usize,
    useful: usize,
}

/// Returns the changes, exclusions first; `hits` says which of the judged items the topic hits.
pub(super) fn all(topic: &Topic, judged: &[Judged], hits: &[bool]) -> Vec<Edit> {
    let read: Vec<(Words, bool)> = judged
        .iter()
        .zip(hits)
        .filter(|(_, hit)| **hit)
        .map(|(judged, _)| (crate::matcher::words(&judged.item), judged.verdict == Verdict::Useful))
        .collect();
    let own = own_forms(topic);
    let mut edits: Vec<Edit> = phrases(&read, &own).into_iter().map(Edit::Ignore).collect();
    let words = words(&read, &own);
    edits.extend(words.iter().flat_map(|word| LESS.map(|weight| Edit::Less(format!("{word}{weight}")))));
    edits.extend(weights(topic));
    let now = topic.threshold;
    let thresholds = THRESHOLDS.step_by(THRESHOLD_STEP).map(|hundredths| f64::from(hundredths) / 100.0);
    edits.extend(thresholds.filter(|to| (to - now).abs() > 0.01).map(Edit::Threshold));
    edits
}

/// The forms that the topic itself looks for.
fn own_forms(topic: &Topic) -> BTreeSet<String> {
    let near = topic.near.iter().flat_map(|near| near.a.iter().chain(&near.b));
    let terms = topic.any.iter().chain(topic.all.iter().flatten()).chain(near);
    let mut forms = BTreeSet::new();
    for term in terms.chain(&topic.less) {
        let words = term_words(term.text.rsplit_once('^').map_or(&term.text, |(text, _)| text));
        forms.extend(words.plain().map(|word| words.form(word).to_owned()));
    }
    if let Some(query) = &topic.query {
        let words = term_words(&query.text);
        forms.extend(words.plain().map(|word| words.form(word).to_owned()));
    }
    forms
}

/// Phrases of noise that hold a word the topic looks for, most noise first.
fn phrases(read: &[(Words, bool)], own: &BTreeSet<String>) -> Vec<String> {
    let mut spread: BTreeMap<String, Spread> = BTreeMap::new();
    for (words, useful) in read {
        let plain: Vec<&Word> = words.plain().collect();
        let mut found = BTreeSet::new();
        for length in LENGTHS {
            for run in plain.windows(length) {
                let whole = run.windows(2).all(|pair| pair[0].end == pair[1].place);
                if whole && run.iter().any(|word| own.contains(words.form(word))) {
                    found.insert(phrase(words, run));
                }
            }
        }
        count(&mut spread, found, *useful);
    }
    most(spread, |spread| spread.useful == 0)
}

/// Returns the text of a run of words.
fn phrase(words: &Words, run: &[&Word]) -> String {
    let mut text = String::new();
    for word in run {
        let form = words.form(word);
        if !text.is_empty() && !starts_single(form) {
            text.push(' ');
        }
        text.push_str(form);
    }
    text
}

/// Words that stand in much noise and little else, most noise first.
fn words(read: &[(Words, bool)], own: &BTreeSet<String>) -> Vec<String> {
    let mut spread: BTreeMap<String, Spread> = BTreeMap::new();
    for (words, useful) in read {
        let forms: BTreeSet<String> = words
            .plain()
            .map(|word| words.form(word))
            .filter(|form| form.chars().count() >= LEAST_LETTERS && form.chars().all(char::is_alphabetic))
            .filter(|form| !own.contains(*form))
            .map(str::to_owned)
            .collect();
        count(&mut spread, forms, *useful);
    }
    most(spread, |spread| spread.noise > 2 * spread.useful)
}

fn count(spread: &mut BTreeMap<String, Spread>, found: BTreeSet<String>, useful: bool) {
    for each in found {
        let spread = spread.entry(each).or_default();
        *(if useful { &mut spread.useful } else { &mut spread.noise }) += 1;
    }
}

/// Returns those that tell noise best; of equals the longest, which say most of what is meant.
fn most(spread: BTreeMap<String, Spread>, is_fit: impl Fn(Spread) -> bool) -> Vec<String> {
    let fit = spread.into_iter().filter(|(_, spread)| spread.noise >= LEAST_ITEMS && is_fit(*spread));
    let mut found: Vec<(String, Spread)> = fit.collect();
    found.sort_by_key(|(text, spread)| std::cmp::Reverse((spread.noise - spread.useful, text.len())));
    found.truncate(MOST_WORDS);
    found.into_iter().map(|(text, _)| text).collect()
}

fn weights(topic: &Topic) -> Vec<Edit> {
    let of_term = |(at, term): (usize, &Term)| {
        let now = weight(term);
        let tried = FACTORS.map(|factor| (now * factor * 20.0).round() / 20.0);
        let fit = move |to: &f64| WEIGHTS.contains(to) && (to - now).abs() > 0.01;
        tried.into_iter().filter(fit).map(move |to| Edit::Weight { at, to }).collect::<Vec<_>>()
    };
    topic.any.iter().enumerate().flat_map(of_term).collect()
}

fn weight(term: &Term) -> f64 {
    let written = term.text.rsplit_once('^').and_then(|(_, weight)| weight.trim().parse().ok());
    term.weight.or(written).unwrap_or(1.0)
}
