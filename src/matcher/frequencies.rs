//! How often words occur, so that a phrase is looked for where it is rarest.

use std::collections::{HashMap, HashSet};

use super::stemming::hash_form;
use super::words::item_forms;
use crate::model::Item;

/// Words that are counted at most; what comes later counts as rare.
const MOST_WORDS: usize = 1 << 18;

/// Words in which half of any text consists, in some languages: a guess where nothing was counted.
const FREQUENT: [&str; 96] = [
    "a", "after", "al", "all", "an", "and", "are", "as", "at", "au", "auf", "be", "but", "by", "con", "da",
    "das", "de", "del", "dem", "den", "der", "des", "die", "do", "du", "e", "ein", "eine", "el", "en", "et",
    "for", "from", "had", "has", "have", "he", "her", "his", "i", "il", "im", "in", "is", "ist", "it", "its",
    "la", "las", "le", "les", "los", "mit", "new", "nicht", "not", "of", "on", "one", "or", "par", "para",
    "per", "por", "pour", "que", "qui", "s", "said", "sich", "sur", "that", "the", "their", "they", "this",
    "to", "two", "u", "un", "una", "und", "une", "van", "von", "was", "were", "which", "who", "will", "with",
    "would", "year", "zu", "в",
];
/// The share of items that hold such a word.
const FREQUENT_SHARE: f64 = 0.5;

/// In how many of some items each word occurs.
#[derive(Clone, Debug, Default)]
pub struct Frequencies {
    counts: HashMap<u64, u32>,
    n_items: u32,
}

impl Frequencies {
    /// Counts the words of some items; a few thousand of those that are usually met are enough.
    pub fn of<'i>(items: impl IntoIterator<Item = &'i Item>) -> Self {
        let mut frequencies = Frequencies::default();
        for item in items {
            frequencies.n_items = frequencies.n_items.saturating_add(1);
            let words: HashSet<u64> = item_forms(item).into_iter().collect();
            for word in words {
                let full = frequencies.counts.len() >= MOST_WORDS;
                match frequencies.counts.get_mut(&word) {
                    Some(count) => *count = count.saturating_add(1),
                    None if full => {}
                    None => drop(frequencies.counts.insert(word, 1)),
                }
            }
        }
        frequencies
    }

    /// Returns the share of items that are expected to hold a word, above 0.
    pub(super) fn share(&self, form: &str) -> f64 {
        if self.n_items > 0 {
            let count = self.counts.get(&hash_form(form)).copied().unwrap_or(0);
            // What was not met may still come.
            return (f64::from(count) + 0.5) / (f64::from(self.n_items) + 1.0);
        }
        if FREQUENT.binary_search(&form).is_ok() {
            return FREQUENT_SHARE;
        }
        // Long words are rare. One character of Chinese says as much as three letters.
        let n_letters = form.chars().map(|c| if c.is_ascii() { 1.0 } else { 1.5 }).sum::<f64>();
        (0.2 / n_letters).min(0.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fixture::item;

    #[test]
    fn what_was_counted_says_what_is_rare() {
        let items = [item("the cat", "the"), item("the dog", ""), item("the", "cat")];
        let frequencies = Frequencies::of(&items);
        let share = |form| frequencies.share(form);
        assert!(share("the") > share("cat") && share("cat") > share("dog") && share("dog") > share("cow"));
        assert!(share("the") <= 1.0 && share("cow") > 0.0);
    }

    #[test]
    fn without_counts_the_frequent_words_are_known() {
        assert!(FREQUENT.is_sorted());
        let frequencies = Frequencies::default();
        let share = |form| frequencies.share(form);
        assert!(share("the") > share("cat") && share("cat") > share("vladivostok"));
    }
}
