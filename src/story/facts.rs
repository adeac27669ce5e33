//! What an article has to tell that its story did not have: rare words, and numbers.

use super::Counts;
use super::vectors::{Weight, has};
use crate::model::{Sketch, Term};

/// A word is rare if it stands in at most this share of the items. At 1 %, every second rewrite of
/// the same event would have three new ones.
const RARE_SHARE: f64 = 0.002;

/// Returns the rare words and the numbers of an item that a story does not know.
pub(super) fn new(sketch: &Sketch, counts: &Counts, known: &[Weight]) -> Vec<u32> {
    let is_fact = |term: &&Term| term.is_number || counts.share(term.hash) <= RARE_SHARE;
    let facts = sketch.terms.iter().filter(is_fact).map(|term| term.hash);
    facts.filter(|hash| !has(known, *hash)).collect()
}
