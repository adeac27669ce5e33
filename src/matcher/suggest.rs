//! Which small changes of a topic would have told less noise, by the items that were judged, and
//! lost nothing that was useful.
//!
//! One change after the other is taken, each time the one that helps most, for as long as one helps
//! with more than a single item: a change for one item is chance.

mod candidates;

use super::Matcher;
use super::learn::{Judged, LEAST_VERDICTS, Unlearned};
use crate::config::Topic;
use crate::config::edit::Edit;
use crate::model::{ScoreOutcome, Verdict};

/// Changes of one topic at a time: what is more nobody reads.
const MOST_EDITS: usize = 4;
/// A change must help with so many items.
const LEAST_HELP: i64 = 2;

/// What a topic makes of its judged items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Useful items that it hits.
    pub useful: usize,
    /// Noise that it hits.
    pub noise: usize,
}

/// A change, and what it does after those before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The change.
    pub edit: Edit,
    /// Noise that is told no more.
    pub dropped: usize,
    /// Useful items that are told now and were not.
    pub gained: usize,
}

/// Changes that help.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The changes, in the order in which they were found.
    pub steps: Vec<Step>,
    /// The topic with all of them.
    pub topic: Topic,
    /// What the topic as it is makes of the judged items.
    pub before: Told,
    /// What it makes of them with the changes.
    pub after: Told,
}

/// Why nothing is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsuggested {
    /// There are too few verdicts, or all are the same.
    Unlearned(Unlearned),
    /// As the topic is, it tells no noise that was judged.
    NoNoise,
    /// No change helps with several items without losing a useful one.
    NoHelp,
}

impl std::fmt::Display for Unsuggested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unsuggested::Unlearned(why) => why.fmt(f),
            Unsuggested::NoNoise => f.write_str("of the judged items it hits no noise any more, and misses nothing useful"),
            Unsuggested::NoHelp => {
                f.write_str("no change of a weight, an exclusion or the threshold helps with several items and loses no useful one")
            }
        }
    }
}

/// Looks for changes of a topic by its judged items. `kept` are its examples, as verdicts: no change
/// may break one.
pub fn suggest(topic: &Topic, judged: &[Judged], kept: &[Judged]) -> Result<Suggestion, Unsuggested> {
    let n_useful = judged.iter().filter(|judged| judged.verdict == Verdict::Useful).count();
    let unlearned = match (judged.len(), n_useful) {
        (n, _) if n < LEAST_VERDICTS => Some(Unlearned::TooFew(n)),
        (_, 0) => Some(Unlearned::OneKind(Verdict::Noise)),
        (n, n_useful) if n == n_useful => Some(Unlearned::OneKind(Verdict::Useful)),
        _ => None,
    };
    if let Some(why) = unlearned {
        return Err(Unsuggested::Unlearned(why));
    }
    let (mut topic, mut now) = (topic.clone(), Trial::of(topic, judged));
    let before = now.told(judged);
    if before.noise == 0 && before.useful == n_useful {
        return Err(Unsuggested::NoNoise);
    }
    let examples = Trial::of(&topic, kept);
    let mut steps = Vec::new();
    while steps.len() < MOST_EDITS {
        let found = candidates::all(&topic, judged, &now.hits).into_iter().filter_map(|edit| {
            let changed = edit.applied(&topic);
            let trial = Trial::of(&changed, judged);
            let help = trial.help(&now, judged).filter(|help| *help >= LEAST_HELP)?;
            let is_safe = Trial::of(&changed, kept).help(&examples, kept).is_some_and(|help| help >= 0);
            is_safe.then_some((help, trial, changed, edit))
        });
        // Of equals that which leaves the useful items most; of these the first.
        let best = found.reduce(|best, other| {
            let (best_rank, rank) = ((best.0, best.1.room), (other.0, other.1.room));
            if rank.0 > best_rank.0 || (rank.0 == best_rank.0 && rank.1 > best_rank.1 + 1e-9) {
                other
            } else {
                best
            }
        });
        let Some((_, trial, changed, edit)) = best else { break };
        let (was, is) = (now.told(judged), trial.told(judged));
        let gained = is.useful.saturating_sub(was.useful);
        steps.push(Step { edit, dropped: was.noise.saturating_sub(is.noise), gained });
        (topic, now) = (changed, trial);
    }
    if steps.is_empty() {
        return Err(Unsuggested::NoHelp);
    }
    Ok(Suggestion { steps, topic, before, after: now.told(judged) })
}

/// Returns what a topic makes of judged items.
pub fn told(topic: &Topic, judged: &[Judged]) -> Told {
    Trial::of(topic, judged).told(judged)
}

/// What a topic makes of items.
struct Trial {
    hits: Vec<bool>,
    /// The scores of the useful items above the threshold, together.
    room: f64,
}

impl Trial {
    fn of(topic: &Topic, judged: &[Judged]) -> Self {
        let (matcher, _) = Matcher::compile(std::slice::from_ref(topic));
        let mut trial = Trial { hits: Vec::with_capacity(judged.len()), room: 0.0 };
        for judged in judged {
            let score = matcher.score(&judged.item, &judged.tags).into_iter().next();
            let score = score.filter(|score| score.outcome == ScoreOutcome::Hit);
            trial.hits.push(score.is_some());
            if judged.verdict == Verdict::Useful {
                trial.room += score.map_or(0.0, |score| score.score - score.threshold);
            }
        }
        trial
    }

    fn told(&self, judged: &[Judged]) -> Told {
        let of = |verdict| {
            let hits = self.hits.iter().zip(judged);
            hits.filter(|(hit, judged)| **hit && judged.verdict == verdict).count()
        };
        Told { useful: of(Verdict::Useful), noise: of(Verdict::Noise) }
    }

    /// Returns with how many more items this one is right; `None` where it loses a useful one.
    fn help(&self, before: &Trial, judged: &[Judged]) -> Option<i64> {
        let mut help = 0;
        for ((is, was), judged) in self.hits.iter().zip(&before.hits).zip(judged) {
            match (was, is, judged.verdict) {
                (true, false, Verdict::Useful) => return None,
                (true, false, Verdict::Noise) | (false, true, Verdict::Useful) => help += 1,
                (false, true, Verdict::Noise) => help -= 1,
                (true, true, _) | (false, false, _) => {}
            }
        }
        Some(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fixture::{item, topic};

    fn judged(useful: &[&str], noise: &[&str]) -> Vec<Judged> {
        let all = |verdict, titles: &[&str]| -> Vec<Judged> {
            titles.iter().map(|title| Judged { item: item(title, ""), tags: Vec::new(), verdict }).collect()
        };
        [all(Verdict::Useful, useful), all(Verdict::Noise, noise)].concat()
    }

    const SHIPS: [&str; 6] = [
        "Ships leave port",
        "A port for ferries",
        "Port reopens after storm",
        "Cargo waits in port",
        "Navy visits port",
        "Vladivostok port grows",
    ];

    /// The edits, in words.
    fn edits(topic: &Topic, judged: &[Judged]) -> Result<Vec<String>, Unsuggested> {
        let suggestion = suggest(topic, judged, &[])?;
        assert!(suggestion.after.useful >= suggestion.before.useful, "{suggestion:?}");
        assert!(suggestion.after.noise < suggestion.before.noise, "{suggestion:?}");
        Ok(suggestion.steps.iter().map(|step| format!("{:?} -{}", step.edit, step.dropped)).collect())
    }

    #[test]
    fn phrases_of_noise_are_ignored() {
        let wine =
            ["Port wine of age", "Best port wine", "Glass of port wine", "Port wine fair", "Old port wine"];
        let found = edits(&topic(&["port"]), &judged(&SHIPS, &wine)).unwrap();
        assert_eq!(found, ["Ignore(\"port wine\") -5"]);
    }

    #[test]
    fn words_of_noise_take_points_away() {
        let hockey = [
            "Hockey: port city wins",
            "Port city loses at hockey",
            "Port side signs hockey star",
            "A hockey night by the port",
        ];
        let found = edits(&topic(&["port"]), &judged(&SHIPS, &hockey)).unwrap();
        assert_eq!(found, ["Less(\"hockey\") -4"]);
    }

    #[test]
    fn a_term_of_noise_weighs_less() {
        let noise = ["Harbour lights", "Harbour tunes", "Harbour walks", "The harbour novel"];
        let found = edits(&topic(&["port", "harbour"]), &judged(&SHIPS, &noise)).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("Weight { at: 1, to: 0.5 }"), "{found:?}");
    }

    #[test]
    fn near_misses_that_were_useful_are_gained() {
        let deep = |n: usize| {
            let text = format!("{}harbour, number {n}", "word ".repeat(60));
            Judged { item: item("News", &text), tags: Vec::new(), verdict: Verdict::Useful }
        };
        let mut all = judged(&SHIPS, &["Sport report port", "Port report sport"]);
        all.extend((0..4).map(deep));
        let suggestion = suggest(&topic(&["port", "harbour"]), &all, &[]).unwrap();
        assert_eq!((suggestion.before.useful, suggestion.after.useful), (6, 10), "{suggestion:#?}");
        assert!(suggestion.steps.iter().any(|step| step.gained == 4));
    }

    #[test]
    fn nothing_is_better_than_a_loss() {
        let same =
            ["Ships leave port", "A port for ferries", "Port reopens after storm", "Cargo waits in port"];
        assert_eq!(edits(&topic(&["port"]), &judged(&SHIPS, &same)), Err(Unsuggested::NoHelp));
        let one = ["Port wine of age"];
        let more = ["More ships leave port", "Port of call", "Port authority"];
        let useful: Vec<&str> = SHIPS.into_iter().chain(more).collect();
        assert_eq!(edits(&topic(&["port"]), &judged(&useful, &one)), Err(Unsuggested::NoHelp));
    }

    #[test]
    fn why_nothing_is_suggested_is_told() {
        let unlearned = |why| Err(Unsuggested::Unlearned(why));
        assert_eq!(edits(&topic(&["port"]), &judged(&SHIPS, &[])), unlearned(Unlearned::TooFew(6)));
        let twice: Vec<&str> = SHIPS.into_iter().chain(SHIPS).collect();
        let useful = unlearned(Unlearned::OneKind(Verdict::Useful));
        assert_eq!(edits(&topic(&["port"]), &judged(&twice, &[])), useful);
        let noise = unlearned(Unlearned::OneKind(Verdict::Noise));
        assert_eq!(edits(&topic(&["port"]), &judged(&[], &twice)), noise);
        let none = edits(&topic(&["port"]), &judged(&SHIPS, &["Tea", "Wine", "Oil", "Coal"]));
        assert_eq!(none, Err(Unsuggested::NoNoise));
    }

    #[test]
    fn no_example_is_broken() {
        let wine = ["Port wine of age", "Best port wine", "Glass of port wine", "Port wine fair"];
        let example = judged(&["Port wine tariff"], &[]);
        let suggestion = suggest(&topic(&["port"]), &judged(&SHIPS, &wine), &example);
        if let Ok(suggestion) = suggestion {
            assert_eq!(Trial::of(&suggestion.topic, &example).hits, [true], "{suggestion:?}");
        }
    }
}
