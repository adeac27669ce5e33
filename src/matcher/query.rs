//! The professional form of a topic.

/// Says whether a word is an operator, or looks like one in lower case.
pub(super) fn is_operator(word: &str) -> bool {
    let name = word.split('/').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
    ["OR", "AND", "NOT", "NEAR", "W", "ADJ", "ONEAR", "BUTNOT", "WITH", "ATLEAST"]
        .iter()
        .any(|operator| operator.eq_ignore_ascii_case(name))
}
