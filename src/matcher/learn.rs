//! What verdicts teach about a topic: a correction of its points, by the words of the items that
//! somebody called useful or noise.
//!
//! The correction is bounded, it grows with the number of verdicts, and it is tried on the judged
//! items themselves first, each by what the others teach: where it does not help there, it is not
//! used. Equal verdicts give equal corrections.

mod fit;
mod trial;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use self::fit::{Example, Weights};
use super::Matcher;
use super::score::{graded, points_of};
use crate::config::{Learn, Topic};
use crate::model::words::Words;
use crate::model::{Evidence, Field, Item, Score, ScoreOutcome, TopicId, Verdict};

/// Fewer verdicts teach nothing.
pub const LEAST_VERDICTS: usize = 10;
/// So many verdicts teach all they can; fewer count in proportion.
const ENOUGH_VERDICTS: f64 = 40.0;
/// The most points that are added or taken away.
const MOST_POINTS: f64 = 1.5;
/// An item with a lower score of its own is not corrected.
const LEAST_SCORE: f64 = 0.2;
/// A word counts if it stands in so many judged items.
const LEAST_ITEMS: u32 = 2;
/// A word of the title counts so often.
const TITLE: f64 = 2.0;
/// Words that the evidence names.
const TOLD: usize = 5;
/// A word that speaks for fewer points is not worth naming.
const LEAST_TOLD: f64 = 0.005;
/// The term of the line of evidence.
const TERM: &str = "learned";

/// An item, its source's tags, and what somebody thought of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The item.
    pub item: Item,
    /// The tags of its source.
    pub tags: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
}

/// A judged item, as a topic reads it now.
#[derive(Clone, Debug)]
pub struct Lesson {
    words: Bag,
    excess: f64,
    useful: bool,
}

/// The different words of an item in the order of their stems: stem, and how often.
type Bag = Vec<(u64, Counted)>;

#[derive(Clone, Debug)]
struct Counted {
    form: String,
    times: f64,
    field: Field,
}

/// Why nothing was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlearned {
    /// There are too few verdicts.
    TooFew(usize),
    /// All verdicts are the same.
    OneKind(Verdict),
    /// On the judged items themselves a correction would not help.
    NoHelp,
}

impl std::fmt::Display for Unlearned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unlearned::TooFew(n) => write!(f, "{n} of the {LEAST_VERDICTS} verdicts it takes at least"),
            Unlearned::OneKind(verdict) => write!(f, "every verdict is `{verdict}`: it takes both kinds"),
            Unlearned::NoHelp => f.write_str("tried on the judged items, a correction does not help"),
        }
    }
}

/// What was learned for one topic.
#[derive(Clone, Debug)]
pub struct Learned {
    vocabulary: Vocabulary,
    weights: Weights,
    /// From 0 to 1: by the number of verdicts, and by how far it helps.
    strength: f64,
}

/// The words that count, with their number and how rare they are.
#[derive(Clone, Debug, Default)]
struct Vocabulary(HashMap<u64, (usize, f64)>);

/// What was learned, by topic.
#[derive(Clone, Debug, Default)]
pub struct Corrections(HashMap<TopicId, Arc<Learned>>);

impl Corrections {
    /// Learns for each topic that applies its verdicts, from its judged items.
    pub fn learn<'a>(
        matcher: &Matcher,
        topics: impl Iterator<Item = &'a Topic>,
        judged: &HashMap<TopicId, Vec<Judged>>,
    ) -> Self {
        let applied = topics.filter(|topic| topic.learn == Learn::Apply);
        let learned = applied.filter_map(|topic| {
            let learned = Learned::of(&lessons(matcher, &topic.id, judged.get(&topic.id)?)).ok()?;
            Some((topic.id.clone(), Arc::new(learned)))
        });
        Corrections(learned.collect())
    }

    /// Returns these with what was learned since; of the others those that still hold.
    #[must_use]
    pub fn renewed(&self, learned: Corrections, holds: impl Fn(&TopicId) -> bool) -> Self {
        let mut renewed = self.0.clone();
        renewed.retain(|topic, _| holds(topic));
        renewed.extend(learned.0);
        Corrections(renewed)
    }

    /// Returns the topics that are corrected, with how much of a correction is made, from 0 to 1.
    pub fn strengths(&self) -> impl Iterator<Item = (&TopicId, f64)> {
        self.0.iter().map(|(topic, learned)| (topic, learned.strength))
    }

    /// Says whether there is nothing to correct.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Corrects the scores of an item, and tells why in their evidence.
    pub fn apply(&self, item: &Item, scores: &mut [Score]) {
        let mut bag = None;
        for score in scores {
            let Some(learned) = self.0.get(&score.topic).filter(|_| is_open(score)) else { continue };
            learned.correct(bag.get_or_insert_with(|| bag_of(&super::words(item))), score);
        }
    }
}

/// Returns the lessons of judged items; what the topic would not have corrected is none.
pub fn lessons(matcher: &Matcher, topic: &TopicId, judged: &[Judged]) -> Vec<Lesson> {
    let lesson = |judged: &Judged| {
        let scores = matcher.score(&judged.item, &judged.tags);
        let score = scores.iter().find(|score| score.topic == *topic)?;
        Lesson::of(&judged.item, score, judged.verdict)
    };
    judged.iter().filter_map(lesson).collect()
}

/// Says whether the score is one that may be corrected.
fn is_open(score: &Score) -> bool {
    matches!(score.outcome, ScoreOutcome::Hit | ScoreOutcome::Below) && score.score >= LEAST_SCORE
}

impl Lesson {
    /// Returns the points of the item above those that the threshold asks for.
    pub fn excess(&self) -> f64 {
        self.excess
    }

    /// Says whether somebody called it useful.
    pub fn is_useful(&self) -> bool {
        self.useful
    }

    /// Returns the lesson of an item and its score; `None` where that would not be corrected.
    pub fn of(item: &Item, score: &Score, verdict: Verdict) -> Option<Self> {
        is_open(score).then(|| Lesson {
            words: bag_of(&super::words(item)),
            excess: score.points - points_of(score.threshold),
            useful: verdict == Verdict::Useful,
        })
    }
}

impl Learned {
    /// Learns from judged items, or says why there is nothing to learn.
    pub fn of(lessons: &[Lesson]) -> Result<Self, Unlearned> {
        if lessons.len() < LEAST_VERDICTS {
            return Err(Unlearned::TooFew(lessons.len()));
        }
        let n_useful = lessons.iter().filter(|lesson| lesson.useful).count();
        match n_useful {
            0 => return Err(Unlearned::OneKind(Verdict::Noise)),
            n if n == lessons.len() => return Err(Unlearned::OneKind(Verdict::Useful)),
            _ => {}
        }
        let vocabulary = Vocabulary::of(lessons);
        let examples: Vec<Example> = lessons
            .iter()
            .map(|lesson| Example {
                words: vocabulary.shares(&lesson.words).into_iter().map(|(_, word)| word).collect(),
                excess: lesson.excess,
                useful: lesson.useful,
            })
            .collect();
        let by_number = (as_f64(lessons.len()) / ENOUGH_VERDICTS).min(1.0);
        let helpful = trial::strength(&examples, vocabulary.0.len(), by_number).ok_or(Unlearned::NoHelp)?;
        let weights = fit::fit(&examples.iter().collect::<Vec<_>>(), vocabulary.0.len());
        Ok(Learned { vocabulary, weights, strength: by_number * helpful })
    }

    /// Returns how much of a correction is made, from 0 to 1.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// Returns the points that are added to those of an item, or taken away.
    pub fn correction(&self, lesson: &Lesson) -> f64 {
        self.added(&self.vocabulary.shares(&lesson.words))
    }

    fn added(&self, shares: &[(&Counted, (usize, f64))]) -> f64 {
        let of_words = shares.iter().map(|(_, (word, share))| self.weights.words[*word] * share).sum();
        bounded(self.weights.correction(of_words), self.strength)
    }

    fn correct(&self, bag: &Bag, score: &mut Score) {
        let shares = self.vocabulary.shares(bag);
        let points = (score.points + self.added(&shares)).max(0.0);
        let mut told: Vec<(f64, &Counted)> = shares
            .iter()
            .map(|(counted, (word, share))| (self.weights.words[*word] * share, *counted))
            .collect();
        told.sort_by(|(a, one), (b, other)| {
            b.abs().total_cmp(&a.abs()).then_with(|| one.form.cmp(&other.form))
        });
        let point = self.strength / self.weights.per_point();
        told.retain(|(said, _)| (said * point).abs() >= LEAST_TOLD);
        told.truncate(TOLD);
        score.evidence.push(Evidence {
            term: TERM.to_owned(),
            field: told.first().map_or(Field::Title, |(_, counted)| counted.field),
            count: 1,
            weight: self.strength,
            points: points - score.points,
            snippet: snippet(&told, point),
        });
        score.evidence.sort_by(|a, b| b.points.total_cmp(&a.points));
        score.points = points;
        score.score = graded(points);
        score.outcome = if score.score >= score.threshold { ScoreOutcome::Hit } else { ScoreOutcome::Below };
    }
}

/// Returns a correction within its bounds.
fn bounded(correction: f64, strength: f64) -> f64 {
    strength * correction.clamp(-MOST_POINTS, MOST_POINTS)
}

/// Returns the words that decided, each with the points it speaks for.
fn snippet(told: &[(f64, &Counted)], points: f64) -> String {
    if told.is_empty() {
        return "«no word that the verdicts know»".to_owned();
    }
    let word = |(said, counted): &(f64, &Counted)| format!("«{}» {:+.2}", counted.form, said * points);
    told.iter().map(word).collect::<Vec<_>>().join(", ")
}

impl Vocabulary {
    /// Returns the words that stand in several of the items.
    fn of(lessons: &[Lesson]) -> Self {
        let mut n_items: BTreeMap<u64, u32> = BTreeMap::new();
        for (stem, _) in lessons.iter().flat_map(|lesson| &lesson.words) {
            *n_items.entry(*stem).or_default() += 1;
        }
        let kept = n_items.into_iter().filter(|(_, n)| *n >= LEAST_ITEMS);
        let rarity = |n: u32| ((as_f64(lessons.len()) + 1.0) / (f64::from(n) + 0.5)).ln().max(0.05);
        Vocabulary(kept.enumerate().map(|(number, (stem, n))| (stem, (number, rarity(n)))).collect())
    }

    /// Returns the known words of an item with their share of it: frequency by rarity, the whole
    /// of length 1.
    fn shares<'b>(&self, bag: &'b Bag) -> Vec<(&'b Counted, (usize, f64))> {
        let known = bag.iter().filter_map(|(stem, counted)| {
            let (number, rarity) = self.0.get(stem)?;
            Some((counted, (*number, (1.0 + counted.times.ln()) * rarity)))
        });
        let mut shares: Vec<(&Counted, (usize, f64))> = known.collect();
        let length = shares.iter().map(|(_, (_, share))| share * share).sum::<f64>().sqrt();
        for (_, (_, share)) in &mut shares {
            *share /= length;
        }
        shares
    }
}

fn bag_of(words: &Words) -> Bag {
    let mut bag: BTreeMap<u64, Counted> = BTreeMap::new();
    for word in words.plain() {
        let times = if word.field == Field::Title { TITLE } else { 1.0 };
        let form = words.form(word);
        let told = Counted { form: form.to_owned(), times: 0.0, field: word.field };
        bag.entry(word.stem).or_insert(told).times += times;
    }
    bag.into_iter().collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of verdicts are small")]
fn as_f64(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matcher::fixture::{item, topic};

    fn matcher() -> (Matcher, Topic) {
        let topic = Topic { learn: Learn::Apply, ..topic(&["port^1.2", "harbour^0.5"]) };
        (Matcher::compile(std::slice::from_ref(&topic)).0, topic)
    }

    /// Judged items: ships in port are useful, port wine is noise.
    fn judged(n: usize) -> Vec<Judged> {
        let one = |n: usize| {
            if n.is_multiple_of(2) {
                (item("Ships leave port", &format!("Cargo vessels sailed, number {n}")), Verdict::Useful)
            } else {
                (item("A glass of port", &format!("Wine from the vineyard, number {n}")), Verdict::Noise)
            }
        };
        (0..n).map(one).map(|(item, verdict)| Judged { item, tags: Vec::new(), verdict }).collect()
    }

    fn corrections(judged: Vec<Judged>) -> Corrections {
        let (matcher, topic) = matcher();
        Corrections::learn(&matcher, [&topic].into_iter(), &HashMap::from([(topic.id.clone(), judged)]))
    }

    fn corrected(corrections: &Corrections, item: &Item) -> Score {
        let mut scores = matcher().0.score_all(item, &[]);
        corrections.apply(item, &mut scores);
        scores.remove(0)
    }

    #[test]
    fn noise_is_dropped_and_the_reason_told() {
        let corrections = corrections(judged(40));
        let wine = corrected(&corrections, &item("Port from a vineyard", "A wine for winter."));
        assert_eq!(wine.outcome, ScoreOutcome::Below, "{wine:#?}");
        let line = wine.evidence.last().unwrap();
        assert_eq!(line.term, "learned");
        assert!(line.points < -0.8 && line.points >= -MOST_POINTS, "{line:?}");
        assert!(line.snippet.contains("«wine» -") && line.snippet.matches('«').count() <= TOLD, "{line:?}");
        let sum: f64 = wine.evidence.iter().map(|line| line.points).sum();
        assert!((sum - wine.points).abs() < 1e-9);
        let ship = corrected(&corrections, &item("Vessels reach port", "Cargo was unloaded."));
        assert_eq!(ship.outcome, ScoreOutcome::Hit);
        assert!(ship.evidence[0].term == "learned" || ship.evidence[1].points > 0.0, "{ship:#?}");
    }

    #[test]
    fn a_near_miss_can_become_a_hit_and_a_far_one_cannot() {
        let corrections = corrections(judged(60));
        let deep = |n: usize| format!("Cargo vessels sailed; ships leave. {}port", "word ".repeat(n));
        let near = item("Vessels", &deep(60));
        assert_eq!(matcher().0.score_all(&near, &[])[0].outcome, ScoreOutcome::Below);
        assert_eq!(corrected(&corrections, &near).outcome, ScoreOutcome::Hit);
        let far = item("Vessels", &deep(300).replace("port", "harbour"));
        let score = corrected(&corrections, &far);
        assert!(score.score < LEAST_SCORE && score.evidence.len() == 1, "{score:#?}");
        let none = corrected(&corrections, &item("Vessels and cargo", ""));
        assert!(none.points.abs() < 1e-9 && none.evidence.is_empty());
    }

    #[test]
    fn it_takes_ten_verdicts_of_both_kinds_that_help() {
        let (matcher, topic) = matcher();
        let learn = |judged: Vec<Judged>| {
            Learned::of(&lessons(&matcher, &topic.id, &judged)).map(|learned| learned.strength())
        };
        assert_eq!(learn(judged(9)), Err(Unlearned::TooFew(9)));
        assert!(learn(judged(30)).unwrap() <= 0.75);
        let useful = judged(40).into_iter().filter(|judged| judged.verdict == Verdict::Useful);
        assert_eq!(learn(useful.collect()), Err(Unlearned::OneKind(Verdict::Useful)));
        let coin = [Verdict::Useful, Verdict::Noise, Verdict::Noise, Verdict::Useful];
        let toss = |(n, judged): (usize, Judged)| Judged { verdict: coin[n % 4], ..judged };
        assert_eq!(learn(judged(40).into_iter().enumerate().map(toss).collect()), Err(Unlearned::NoHelp));
    }

    #[test]
    fn only_topics_that_apply_their_verdicts_are_corrected() {
        let (matcher, topic) = matcher();
        for learn in [Learn::Suggest, Learn::Off] {
            let topic = Topic { learn, ..topic.clone() };
            let judged = HashMap::from([(topic.id.clone(), judged(40))]);
            assert!(Corrections::learn(&matcher, [&topic].into_iter(), &judged).is_empty());
        }
    }

    #[test]
    fn the_order_of_the_verdicts_hardly_matters() {
        let mut other = judged(40);
        other.reverse();
        let (one, other) = (corrections(judged(40)), corrections(other));
        let wine = item("Port from a vineyard", "A wine for winter.");
        assert!((corrected(&one, &wine).points - corrected(&other, &wine).points).abs() < 1e-6);
        assert_eq!(corrected(&one, &wine), corrected(&one, &wine));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_correction_keeps_to_its_bounds(
            n in 10_usize..60,
            title in "(Ships|A glass of|Wine and|The) port( wine| cargo| vineyard| vessels){0,3}",
        ) {
            let corrections = corrections(judged(n));
            let item = item(&title, "");
            let before = matcher().0.score_all(&item, &[]).remove(0);
            let after = corrected(&corrections, &item);
            let most = MOST_POINTS * (as_f64(n) / ENOUGH_VERDICTS).min(1.0);
            prop_assert!((after.points - before.points).abs() <= most + 1e-9);
            prop_assert!((0.0..=1.0).contains(&after.score));
            prop_assert_eq!(after.outcome == ScoreOutcome::Hit, after.score >= after.threshold);
        }
    }
}
