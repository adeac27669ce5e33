//! The numbers in a text, as far as they tell two reports of the same words apart: quarters, scores,
//! magnitudes, sums.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::model::words::{Word, Words};

/// What ties digits together to one number: a fraction, a score, a time of day.
const TIES: [&str; 7] = [".", ",", "-", "–", ":", "/", "⁄"];

/// Returns the numbers among some words of a text, each as a bit at the place that its hash says.
///
/// `5.6` and `5,6` are the same, and so are `4` and `4th`, `5%` and `5 percent`.
pub(super) fn numbers(words: &Words, part: &[&Word], text: &str) -> u64 {
    let mut bits = 0;
    let mut at = 0;
    while let Some(&word) = part.get(at) {
        at += 1;
        if !words.form(word).contains(char::is_numeric) {
            continue;
        }
        let mut hasher = SipHasher13::new();
        write_digits(&mut hasher, words.form(word));
        let mut last = word;
        while let Some((next, tie)) = part.get(at).and_then(|next| tied(words, [last, next], text)) {
            // A fraction is one with a point or a comma.
            hasher.write(if tie == "," { "." } else { tie }.as_bytes());
            write_digits(&mut hasher, words.form(next));
            last = next;
            at += 1;
        }
        bits |= 1 << (hasher.finish() % u64::from(u64::BITS));
    }
    bits
}

/// Returns a number that is tied to the last one, and by what.
fn tied<'a>(words: &Words, [last, next]: [&'a Word; 2], text: &'a str) -> Option<(&'a Word, &'a str)> {
    let all_digits = |word: &Word| words.form(word).chars().all(char::is_numeric);
    let between = text.get(last.span.end as usize..next.span.start as usize)?;
    (TIES.contains(&between) && all_digits(last) && all_digits(next)).then_some((next, between))
}

fn write_digits(hasher: &mut SipHasher13, form: &str) {
    let mut bytes = [0; 4];
    for digit in form.chars().filter(|c| c.is_numeric()) {
        hasher.write(digit.encode_utf8(&mut bytes).as_bytes());
    }
}
