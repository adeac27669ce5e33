//! Guesses what somebody meant to write.

/// Returns the nearest known name, when one is near enough to be meant.
pub(crate) fn did_you_mean<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let lower = written.to_lowercase();
    let edits = |name: &str| strsim::osa_distance(&lower, &name.to_lowercase());
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    known.map(|name| (edits(name), name)).filter(|(edits, _)| *edits <= allowed).min().map(|(_, name)| name)
}

/// Returns a suggestion for a name that is not among the known ones.
pub(crate) fn suggest<'n>(written: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    if let Some(near) = did_you_mean(written, known.clone()) {
        return Some(format!("did you mean \"{near}\"?"));
    }
    let some: Vec<&str> = known.take(MOST_LISTED + 1).collect();
    match some.len() {
        0 => None,
        n if n > MOST_LISTED => None,
        _ => Some(format!("there is \"{}\"", some.join("\", \""))),
    }
}

/// More names than these are no help.
const MOST_LISTED: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested() {
        let known = ["threshold", "interval", "any", "near", "desk-mail"];
        for (written, near) in [
            ("treshold", Some("threshold")),
            ("Interval", Some("interval")),
            ("desk-mial", Some("desk-mail")),
            ("colour", None),
            ("an", Some("any")),
            ("", None),
        ] {
            assert_eq!(did_you_mean(written, known.into_iter()), near, "{written}");
        }
    }

    #[test]
    fn a_few_names_are_listed_when_none_is_near() {
        assert_eq!(suggest("x", ["desk"].into_iter()).unwrap(), "there is \"desk\"");
        assert_eq!(suggest("x", std::iter::repeat_n("desk", 13)), None);
        assert_eq!(suggest("x", std::iter::empty()), None);
    }
}
