//! Tries a correction on the judged items, each by what the others teach, before it is used on
//! any other.

use super::bounded;
use super::fit::{Example, fit};

/// Parts the judged items are dealt to; each is judged by what the others teach.
const PARTS: usize = 5;
/// How much of a correction may be made.
const STRENGTHS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// A correction must save so many mistakes: one may be chance.
const LEAST_SAVED: u32 = 2;

/// What came of deciding on the judged items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Outcome {
    right: u32,
    noise: u32,
    missed: u32,
}

impl Outcome {
    fn count(&mut self, hit: bool, useful: bool) {
        match (hit, useful) {
            (true, true) => self.right += 1,
            (true, false) => self.noise += 1,
            (false, true) => self.missed += 1,
            (false, false) => {}
        }
    }

    fn mistakes(self) -> u32 {
        self.noise + self.missed
    }

    fn f1(self) -> f64 {
        let whole = 2 * self.right + self.mistakes();
        if whole == 0 { 0.0 } else { f64::from(2 * self.right) / f64::from(whole) }
    }
}

/// Returns how much of the correction helps most; `None` where none helps.
pub(super) fn strength(examples: &[Example], n_words: usize, by_number: f64) -> Option<f64> {
    let outcomes = tried(examples, n_words, by_number);
    let plain = outcomes[0];
    let mut best = (0.0, plain);
    for (strength, outcome) in STRENGTHS.into_iter().zip(outcomes) {
        if outcome.f1() > best.1.f1() + 1e-9 {
            best = (strength, outcome);
        }
    }
    let saved = plain.mistakes().saturating_sub(best.1.mistakes());
    (saved >= LEAST_SAVED).then_some(best.0)
}

/// Decides on every example by what the other parts teach, once for each strength.
fn tried(examples: &[Example], n_words: usize, by_number: f64) -> [Outcome; STRENGTHS.len()] {
    // Both kinds are dealt evenly.
    let mut dealt: Vec<&Example> = examples.iter().filter(|example| !example.useful).collect();
    dealt.extend(examples.iter().filter(|example| example.useful));
    let mut outcomes = [Outcome::default(); STRENGTHS.len()];
    for part in 0..PARTS {
        let teaching: Vec<&Example> =
            dealt.iter().enumerate().filter(|(at, _)| at % PARTS != part).map(|(_, each)| *each).collect();
        let weights = fit(&teaching, n_words);
        for example in dealt.iter().skip(part).step_by(PARTS) {
            let correction = weights.correction(weights.of_words(&example.words));
            for (strength, outcome) in STRENGTHS.into_iter().zip(&mut outcomes) {
                let points = example.excess + bounded(correction, by_number * strength);
                outcome.count(points >= -1e-9, example.useful);
            }
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(word: usize, useful: bool) -> Example {
        Example { words: vec![(word, 1.0)], excess: 0.3, useful }
    }

    #[test]
    fn what_helps_is_taken_in_full_and_what_does_not_is_left() {
        let told_apart: Vec<Example> = (0..40).map(|n| example(n % 2, n % 2 == 0)).collect();
        assert!(strength(&told_apart, 2, 1.0).unwrap() > 0.0);
        let alike: Vec<Example> = (0..40).map(|n| example(0, n % 2 == 0)).collect();
        assert_eq!(strength(&alike, 1, 1.0), None);
    }

    #[test]
    fn one_mistake_saved_may_be_chance() {
        let mut one: Vec<Example> = (0..20).map(|_| example(0, true)).collect();
        one.push(example(1, false));
        assert_eq!(strength(&one, 2, 1.0), None);
    }

    #[test]
    fn f1_counts_noise_and_misses() {
        let outcome = Outcome { right: 6, noise: 2, missed: 1 };
        assert!((outcome.f1() - 0.8).abs() < 1e-9);
        assert!(Outcome::default().f1().abs() < 1e-9);
    }
}
