//! The regression itself: which weights of words, and of the points, tell useful items from noise.
//!
//! A logistic regression with a strong prior: the topic as its author wrote it is right, the
//! words say nothing. What little evidence there is moves it little. Solved by Nesterov's
//! gradient descent in a fixed number of steps and a fixed order, so that equal verdicts give equal
//! weights.

/// How strongly a word's weight is held at nothing.
const HOLD_WORDS: f64 = 0.05;
/// How strongly the weight of the points, and the constant, are held where they begin.
const HOLD_REST: f64 = 1.0;
/// What a point over the threshold says in favour of an item before there is any verdict.
const SLOPE: f64 = 2.0;
/// The weight of the points is not taken for less when a correction is made of it.
const LEAST_SLOPE: f64 = 0.3;
/// Added in favour of every item: to lose a useful one is worse than to keep a noisy one.
const FAVOUR: f64 = 0.3;
/// Steps of the descent.
const STEPS: usize = 400;

/// An item as numbers: its words by their number, with their share of the item.
#[derive(Clone, Debug)]
pub(super) struct Example {
    pub(super) words: Vec<(usize, f64)>,
    /// Points above those that the threshold asks for.
    pub(super) excess: f64,
    pub(super) useful: bool,
}

/// The weights.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub(super) words: Vec<f64>,
    slope: f64,
    constant: f64,
}

impl Weights {
    /// Returns what is to be added to the points of an item, of which the words say so much.
    pub(super) fn correction(&self, of_words: f64) -> f64 {
        (of_words + self.constant + FAVOUR) / self.per_point()
    }

    /// Returns how much of what words say makes a point.
    pub(super) fn per_point(&self) -> f64 {
        self.slope.max(LEAST_SLOPE)
    }

    /// Returns what the words of an item say in its favour.
    pub(super) fn of_words(&self, words: &[(usize, f64)]) -> f64 {
        words.iter().map(|(word, share)| self.words[*word] * share).sum()
    }
}

/// Finds the weights that these examples speak for.
pub(super) fn fit(examples: &[&Example], n_words: usize) -> Weights {
    let step = 1.0 / steepness(examples);
    let start = Weights { words: vec![0.0; n_words], slope: SLOPE, constant: 0.0 };
    let (mut here, mut ahead) = (start.clone(), start);
    let mut momentum = 1.0_f64;
    for _ in 0..STEPS {
        let slopes = gradient(examples, &ahead);
        let next_momentum = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
        let carry = (momentum - 1.0) / next_momentum;
        let moved = |here: &mut f64, ahead: &mut f64, slope: f64| {
            let next = *ahead - step * slope;
            *ahead = next + carry * (next - *here);
            *here = next;
        };
        let words = here.words.iter_mut().zip(&mut ahead.words).zip(&slopes.words);
        words.for_each(|((here, ahead), slope)| moved(here, ahead, *slope));
        moved(&mut here.slope, &mut ahead.slope, slopes.slope);
        moved(&mut here.constant, &mut ahead.constant, slopes.constant);
        momentum = next_momentum;
    }
    here
}

/// Returns a bound of how fast the gradient can change. The words of an item have length 1.
fn steepness(examples: &[&Example]) -> f64 {
    let of_examples: f64 = examples.iter().map(|example| 0.25 * (2.0 + example.excess.powi(2))).sum();
    of_examples + HOLD_REST.max(HOLD_WORDS)
}

fn gradient(examples: &[&Example], at: &Weights) -> Weights {
    let mut slopes = Weights {
        words: at.words.iter().map(|weight| HOLD_WORDS * weight).collect(),
        slope: HOLD_REST * (at.slope - SLOPE),
        constant: HOLD_REST * at.constant,
    };
    for example in examples {
        let said = at.of_words(&example.words) + at.slope * example.excess + at.constant;
        let error = 1.0 / (1.0 + (-said).exp()) - f64::from(u8::from(example.useful));
        for (word, share) in &example.words {
            slopes.words[*word] += error * share;
        }
        slopes.slope += error * example.excess;
        slopes.constant += error;
    }
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(words: &[usize], excess: f64, useful: bool) -> Example {
        let share = 1.0 / f64::from(u32::try_from(words.len()).unwrap()).sqrt();
        Example { words: words.iter().map(|word| (*word, share)).collect(), excess, useful }
    }

    #[test]
    fn without_examples_nothing_is_corrected_but_the_favour() {
        let weights = fit(&[], 2);
        assert_eq!(weights.words, [0.0, 0.0]);
        assert!((weights.correction(0.0) - FAVOUR / SLOPE).abs() < 1e-9);
    }

    #[test]
    fn words_of_noise_speak_against_an_item() {
        let pair = |_| [example(&[0, 2], 0.5, true), example(&[1, 2], 0.5, false)];
        let examples: Vec<Example> = (0..20).flat_map(pair).collect();
        let weights = fit(&examples.iter().collect::<Vec<_>>(), 3);
        let [useful, noise, both] = weights.words[..] else { panic!("{weights:?}") };
        assert!(useful > both && both > noise && useful - noise > 2.0, "{weights:?}");
        let of = |example: &Example| weights.correction(weights.of_words(&example.words));
        assert!(of(&examples[0]) > 0.3 && of(&examples[1]) < -0.5 - 0.3);
    }

    #[test]
    fn the_descent_arrives() {
        let examples: Vec<Example> = (0..30)
            .map(|n| example(&[n % 4, 4 + n % 3], 3.0 - f64::from(u8::try_from(n).unwrap()) / 8.0, n % 4 < 2))
            .collect();
        let examples: Vec<&Example> = examples.iter().collect();
        let weights = fit(&examples, 7);
        let slopes = gradient(&examples, &weights);
        let rest = slopes.words.iter().chain([&slopes.slope, &slopes.constant]);
        assert!(rest.clone().all(|slope| slope.abs() < 0.02), "{slopes:?}");
    }
}
