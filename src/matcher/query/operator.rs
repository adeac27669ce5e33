//! The names of operators.

/// How near `NEAR` is without a number.
pub(super) const NEAR_DEFAULT: u32 = 5;
/// What `ATLEAST` may be.
pub(super) const AT_LEAST: std::ops::RangeInclusive<u32> = 1..=1000;

/// What a word in capitals does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Not,
    Prox(Prox),
    AtLeast(Number),
}

/// What binds two operands closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prox {
    Near { ordered: bool, within: Number },
    ButNot,
    With,
}

/// The number of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// None is written within the word.
    None,
    Is(u32),
    /// There is a `/`, and no number behind it.
    Bad,
}

impl Operator {
    /// Returns what a word does, if it is an operator.
    pub(super) fn of(word: &str) -> Option<Self> {
        let name_end = word.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(word.len());
        let (name, rest) = word.split_at(name_end);
        let plain = match name {
            "OR" => Some(Operator::Or),
            "AND" => Some(Operator::And),
            "NOT" => Some(Operator::Not),
            "BUTNOT" => Some(Operator::Prox(Prox::ButNot)),
            "WITH" => Some(Operator::Prox(Prox::With)),
            _ => None,
        };
        if plain.is_some() {
            return plain.filter(|_| rest.is_empty());
        }
        let within = match rest.strip_prefix('/') {
            None if rest.is_empty() => Number::None,
            // `W3C` is a word, and so is `NEAR1x`.
            None => Number::Is(number(rest)?),
            Some(digits) => number(digits).map_or(Number::Bad, Number::Is),
        };
        let near = |ordered| Some(Operator::Prox(Prox::Near { ordered, within }));
        match name {
            "NEAR" => near(false),
            "ADJ" | "ONEAR" => near(true),
            // Nobody means an operator by `W/O`.
            "W" if within != Number::Bad => near(true),
            "ATLEAST" => Some(Operator::AtLeast(within)),
            _ => None,
        }
    }
}

/// Says whether an operator is a word as well where none can stand: `W`, `W3`.
pub(super) fn may_be_word(operator: &str) -> bool {
    operator.starts_with('W') && !operator.contains('/') && operator != "WITH"
}

/// Returns the number that some digits are; one too great for any operator is the greatest.
pub(super) fn number(digits: &str) -> Option<u32> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u32::MAX))
}

/// Tells a number as it was written, but for one that was too great to be read.
pub(super) fn told(number: u32) -> String {
    if number == u32::MAX { "so many".to_owned() } else { number.to_string() }
}

/// Returns the operator that a word in other letters looks like.
pub(super) fn meant(word: &str) -> Option<String> {
    let upper = word.to_ascii_uppercase();
    (upper != word && !may_be_word(&upper) && Operator::of(&upper).is_some()).then_some(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_capitals_are_operators() {
        let near = |ordered, within| Some(Operator::Prox(Prox::Near { ordered, within }));
        for (word, expect) in [
            ("OR", Some(Operator::Or)),
            ("NEAR", near(false, Number::None)),
            ("NEAR/12", near(false, Number::Is(12))),
            ("NEAR12", near(false, Number::Is(12))),
            ("W/3", near(true, Number::Is(3))),
            ("ADJ/3", near(true, Number::Is(3))),
            ("ONEAR/99999999999", near(true, Number::Is(u32::MAX))),
            ("NEAR/x", near(false, Number::Bad)),
            ("ATLEAST/3", Some(Operator::AtLeast(Number::Is(3)))),
            ("W/O", None),
            ("W3C", None),
            ("ORE", None),
            ("OR/2", None),
            ("or", None),
            ("Near/5", None),
        ] {
            assert_eq!(Operator::of(word), expect, "{word}");
        }
    }

    #[test]
    fn small_letters_are_seen_to_mean_an_operator() {
        for (word, expect) in [
            ("near/5", Some("NEAR/5")),
            ("And", Some("AND")),
            ("w/3", Some("W/3")),
            ("w", None),
            ("OR", None),
        ] {
            assert_eq!(meant(word).as_deref(), expect, "{word}");
        }
    }
}
