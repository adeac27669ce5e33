//! The stems of the words that were met lately, so that most words need not be stemmed again.
//!
//! A table of fixed size, in which a word has two slots to choose from and takes them from others.
//! It only remembers what a pure function returned, so it changes no result; all threads share it
//! without waiting.

use std::sync::atomic::{AtomicU64, Ordering};

use super::stemming::Stemming;

/// Words that are remembered at most, a power of two: 1 MiB.
const SLOTS: usize = 1 << 16;

/// The hashes of stems by the hashes of forms.
pub(super) struct Stems {
    slots: Box<[Slot]>,
}

/// A word and its stem. What two threads write at once fits neither word: `check` is the word's
/// key and the stem, one over the other.
#[derive(Default)]
struct Slot {
    check: AtomicU64,
    stem: AtomicU64,
}

impl Slot {
    fn stem_of(&self, key: u64) -> Option<u64> {
        let stem = self.stem.load(Ordering::Relaxed);
        (self.check.load(Ordering::Relaxed) ^ stem == key).then_some(stem)
    }

    fn set(&self, check: u64, stem: u64) {
        self.stem.store(stem, Ordering::Relaxed);
        self.check.store(check, Ordering::Relaxed);
    }
}

impl Default for Stems {
    fn default() -> Self {
        Stems::with_slots(SLOTS)
    }
}

impl Stems {
    fn with_slots(n_slots: usize) -> Self {
        Stems { slots: (0..n_slots).map(|_| Slot::default()).collect() }
    }

    /// Returns the hash of the stem of a form, whose own hash is given.
    pub(super) fn of(&self, stemming: Stemming, form: &str, hash: u64) -> u64 {
        // An odd number times the way of stemming: another language has other keys.
        let key = hash ^ (stemming.number() + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let at = usize::try_from(key >> 40).expect("24 bits are left") & (self.slots.len() - 2);
        let (lately, before) = (&self.slots[at], &self.slots[at + 1]);
        if let Some(stem) = lately.stem_of(key).or_else(|| before.stem_of(key)) {
            return stem;
        }
        let stem = stemming.stem_hash(form);
        before.set(lately.check.load(Ordering::Relaxed), lately.stem.load(Ordering::Relaxed));
        lately.set(key ^ stem, stem);
        stem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::stemming::hash_form;

    #[test]
    fn what_is_remembered_is_what_is_computed() {
        let stems = Stems::default();
        for _ in 0..2 {
            for lang in ["en", "de", "ru", "pl"] {
                let stemming = Stemming::of(lang);
                for form in ["arrives", "arms", "kim", "владивостоке", "f16s", "häuser", "a"] {
                    assert_eq!(stems.of(stemming, form, hash_form(form)), stemming.stem_hash(form), "{form}");
                }
            }
        }
    }

    #[test]
    fn more_words_than_there_is_room_for_are_stemmed_as_well() {
        let (stems, stemming) = (Stems::with_slots(8), Stemming::of("en"));
        for n in (0..30).chain(0..30) {
            let form = format!("word{n}s");
            assert_eq!(stems.of(stemming, &form, hash_form(&form)), stemming.stem_hash(&form));
        }
    }
}
