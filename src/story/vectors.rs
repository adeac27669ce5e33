//! What items and stories say, as vectors of words, and how alike two of them are.
//!
//! A vector has its words in ascending order of their hashes, and sums run in that order: so the
//! store, which reads vectors back, comes to the same last digit as a replay.

use super::Counts;
use crate::model::Term;

/// A word and how much it weighs.
pub(super) type Weight = (u32, f32);

/// From so many times as many words on, the longer vector is searched rather than read.
const FAR_LONGER: usize = 8;

/// Rare words weigh more than TF-IDF has it, by this power of their rarity. At 1 reports of a kind
/// are one story by the words that all of that kind use; at 2 too few headlines are linked.
const RARITY: f32 = 1.6;

/// Returns what an item says, as a vector of length 1 (of length 0, if all items have its words).
pub(super) fn vector(terms: &[Term], counts: &Counts) -> Vec<Weight> {
    let weight = |term: &Term| {
        let rarity = counts.weight(term.hash);
        (1.0 + term.count.max(1.0).ln()) * rarity.powf(RARITY)
    };
    let weighted = terms.iter().map(|term| (term.hash, weight(term)));
    let vector: Vec<Weight> = weighted.filter(|(_, weight)| *weight > 0.0).collect();
    scaled(&vector, 1.0)
}

/// Returns a vector in the same direction, of this length.
pub(super) fn scaled(vector: &[Weight], to: f32) -> Vec<Weight> {
    let factor = to / length(vector).max(f32::MIN_POSITIVE);
    vector.iter().map(|(word, weight)| (*word, weight * factor)).collect()
}

/// Returns the words that weigh most, the heaviest first.
pub(super) fn heaviest(vector: &[Weight], n: usize) -> Vec<Weight> {
    let heavier = |a: &Weight, b: &Weight| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let mut heaviest = vector.to_vec();
    if heaviest.len() > n {
        heaviest.select_nth_unstable_by(n, heavier);
        heaviest.truncate(n);
    }
    heaviest.sort_unstable_by(heavier);
    heaviest
}

/// Returns the length of a vector.
pub(super) fn length(vector: &[Weight]) -> f32 {
    vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt()
}

/// How much two vectors have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shared {
    /// Their product.
    pub(super) product: f32,
    /// What the one word adds to it that adds most.
    pub(super) most: f32,
}

/// Returns what two vectors have in common.
pub(super) fn shared(a: &[Weight], b: &[Weight]) -> Shared {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let far = long.len() > short.len() * FAR_LONGER;
    let (mut rest, mut shared) = (long, Shared::default());
    for (word, weight) in short {
        let at = if far {
            rest.partition_point(|(other, _)| other < word)
        } else {
            rest.iter().position(|(other, _)| other >= word).unwrap_or(rest.len())
        };
        rest = &rest[at..];
        if let Some((other, other_weight)) = rest.first()
            && other == word
        {
            shared.add(weight * other_weight);
        }
    }
    shared
}

impl Shared {
    fn add(&mut self, part: f32) {
        self.product += part;
        self.most = self.most.max(part);
    }
}

/// Returns the sum of two vectors.
pub(super) fn sum(a: &[Weight], b: &[Weight]) -> Vec<Weight> {
    let mut sum = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a, b);
    while let (Some((&first, after_a)), Some((&second, after_b))) = (a.split_first(), b.split_first()) {
        let next = first.0.min(second.0);
        let of_a = if first.0 == next { first.1 } else { 0.0 };
        let of_b = if second.0 == next { second.1 } else { 0.0 };
        sum.push((next, of_a + of_b));
        (a, b) = (if first.0 == next { after_a } else { a }, if second.0 == next { after_b } else { b });
    }
    sum.extend_from_slice(a);
    sum.extend_from_slice(b);
    sum
}

/// Tells whether a vector has a word.
pub(super) fn has(vector: &[Weight], word: u32) -> bool {
    vector.binary_search_by_key(&word, |(known, _)| *known).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vectors() -> impl Strategy<Value = Vec<Weight>> {
        prop::collection::btree_map(0_u32..60, 0.1_f32..4.0, 0..60).prop_map(|map| map.into_iter().collect())
    }

    #[test]
    fn words_that_all_items_have_weigh_nothing() {
        let mut counts = Counts::empty();
        (0..100).for_each(|_| counts.note([1]));
        counts.note([1, 2]);
        let terms = [1, 2].map(|hash| Term { hash, count: 1.0, is_number: false });
        let weights = vector(&terms, &counts);
        assert!(weights[0].1 < 0.001 && weights[1].1 > 0.999, "{weights:?}");
    }

    #[test]
    fn the_heaviest_words_come_first_and_the_lower_hash_among_equals() {
        let all = [(1, 0.5), (2, 2.0), (3, 0.5), (4, 0.1)];
        assert_eq!(heaviest(&all, 3), [(2, 2.0), (1, 0.5), (3, 0.5)]);
        assert_eq!(heaviest(&all, 9).len(), 4);
    }

    proptest! {
        #[test]
        fn a_product_is_that_of_every_pair(a in vectors(), b in vectors()) {
            let pairs = a.iter().filter_map(|(word, weight)| {
                b.iter().find(|(other, _)| other == word).map(|(_, other)| weight * other)
            });
            let expect: f32 = pairs.clone().sum();
            prop_assert_eq!(shared(&a, &b), Shared { product: expect, most: pairs.fold(0.0, f32::max) });
            prop_assert_eq!(shared(&a, &b), shared(&b, &a));
        }

        #[test]
        fn a_sum_has_all_words_of_both_in_order(a in vectors(), b in vectors()) {
            let both = sum(&a, &b);
            prop_assert!(both.is_sorted_by(|a, b| a.0 < b.0));
            let weight_in = |vector: &[Weight], word| {
                vector.iter().find(|(known, _)| *known == word).map_or(0.0, |(_, weight)| *weight)
            };
            for word in 0..60 {
                let sum = weight_in(&a, word) + weight_in(&b, word);
                prop_assert!((weight_in(&both, word) - sum).abs() < f32::EPSILON);
            }
        }
    }
}
