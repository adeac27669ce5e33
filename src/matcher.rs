//! Scores an item against the topics, with the reasons.
//!
//! A topic is compiled to a tree of rules over phrases. An item is split into normalised words
//! once; one pass over them finds all phrases of all topics, and only topics that were touched
//! are looked at. No I/O, no clock, no randomness: the same item and topic give the same score.

mod anchors;
mod compile;
pub mod doctor;
mod evidence;
#[cfg(test)]
mod fixture;
mod fold;
mod frequencies;
mod index;
pub mod keys;
mod language;
pub mod learn;
mod matching;
mod occur;
#[cfg(test)]
mod oracle;
mod outline;
mod phrases;
mod postings;
mod query;
mod score;
mod spoken;
mod stemming;
mod stems;
pub mod suggest;
mod table;
mod term;
mod tokens;
mod tree;
mod words;

pub use frequencies::Frequencies;
pub use outline::{Compared, Outline};

use serde::Serialize;

use crate::config::{Problem, Topic};
use crate::model::words::Words;
use crate::model::{Item, Score, ScoreOutcome, TopicId};
use index::Index;
use keys::Sieve;
use occur::Reading;
use phrases::Phrases;
use postings::Postings;
use score::{assess, graded};
use stems::Stems;
use tree::Tree;

/// An anchor that is expected in more than this share of the items makes its topic costly.
const COSTLY_SHARE: f64 = 0.1;

/// The compiled topics.
pub struct Matcher {
    trees: Vec<Tree>,
    index: Index,
    postings: Postings,
    stems: Stems,
}

/// How an item stands to one topic, without the reasons.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grade<'m> {
    /// The topic.
    pub topic: &'m TopicId,
    /// From 0 to 1.
    pub score: f64,
    /// The points behind the score.
    pub points: f64,
    /// What it means.
    pub outcome: ScoreOutcome,
}

/// Where a topic is looked at: in items that hold one of its anchors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Anchors {
    /// The phrases of which one must occur, in normalised words.
    pub phrases: Vec<String>,
    /// The share of items that are expected to hold one of them, at most 1.
    pub share: f64,
    /// Those that are so frequent that the topic is looked at far too often.
    pub costly: Vec<String>,
}

impl Matcher {
    /// Compiles the topics. One with an error is left out; what is wrong is returned with it.
    pub fn compile(topics: &[Topic]) -> (Self, Vec<Problem>) {
        Matcher::compile_with(topics, &Frequencies::default())
    }

    /// The same where it is known how often words occur, which makes matching faster. What
    /// matches is the same with any frequencies.
    pub fn compile_with(topics: &[Topic], frequencies: &Frequencies) -> (Self, Vec<Problem>) {
        let mut phrases = Phrases::default();
        let mut problems = Vec::new();
        let trees: Vec<Tree> =
            topics.iter().filter_map(|topic| compile::topic(topic, &mut phrases, &mut problems)).collect();
        let index = phrases.into_variants(frequencies).into_index();
        let postings = Postings::new(&trees, index.variants());
        (Matcher { trees, index, postings, stems: Stems::default() }, problems)
    }

    /// Scores an item against every topic, in the order of the topics.
    pub fn score_all(&self, item: &Item, source_tags: &[String]) -> Vec<Score> {
        self.read(item, source_tags, |reading| {
            self.trees.iter().map(|tree| assess(tree, reading).told(reading)).collect()
        })
    }

    /// Scores an item against the topics it touches: returns those for which it has points, or
    /// would have but for a veto.
    pub fn score(&self, item: &Item, source_tags: &[String]) -> Vec<Score> {
        self.read(item, source_tags, |reading| {
            let mut numbers = self.postings.anchored(reading.occurrences);
            let sums = self.postings.sums(reading.occurrences, reading.words);
            numbers.extend(sums.into_iter().map(|(number, _)| number));
            numbers.sort_unstable();
            let assessed = numbers.into_iter().map(|number| assess(&self.trees[number as usize], reading));
            assessed.filter(score::Assessed::concerns).map(|assessed| assessed.told(reading)).collect()
        })
    }

    /// Returns what an item must have to get points for any of the topics.
    pub fn sieve(&self) -> Sieve {
        Sieve::one(self.trees.iter().map(Sieve::of_tree)).shallow(keys::MOST_LEVELS)
    }

    /// Returns what `score` would, without the reasons: much faster where many topics are met.
    pub fn grade(&self, item: &Item, source_tags: &[String]) -> Vec<Grade<'_>> {
        self.read(item, source_tags, |reading| {
            let sums = self.postings.sums(reading.occurrences, reading.words);
            let mut grades: Vec<(u32, Grade)> =
                sums.into_iter().map(|(number, points)| (number, self.sum_grade(number, points))).collect();
            let n_sums = grades.len();
            for number in self.postings.anchored(reading.occurrences) {
                let assessed = assess(&self.trees[number as usize], reading);
                if assessed.concerns() {
                    grades.push((number, assessed.grade()));
                }
            }
            if grades.len() > n_sums {
                grades.sort_unstable_by_key(|(number, _)| *number);
            }
            grades.into_iter().map(|(_, grade)| grade).collect()
        })
    }

    fn sum_grade(&self, number: u32, points: f64) -> Grade<'_> {
        let (score, threshold) = (graded(points), self.postings.threshold(number));
        let outcome = if score >= threshold { ScoreOutcome::Hit } else { ScoreOutcome::Below };
        Grade { topic: &self.trees[number as usize].id, score, points, outcome }
    }

    fn read<T>(&self, item: &Item, source_tags: &[String], score: impl FnOnce(&Reading) -> T) -> T {
        let words = self.words(item);
        let occurrences = self.index.find(&words);
        score(&Reading { item, words: &words, occurrences: &occurrences, source_tags })
    }

    /// Returns the words of an item, as `matcher::words` does, but faster: most stems are known.
    pub fn words(&self, item: &Item) -> Words {
        words::words(item, Some(&self.stems))
    }

    /// Returns where a topic is looked at; `None` for a topic that is not known.
    pub fn anchors(&self, topic: &TopicId) -> Option<Anchors> {
        let tree = self.trees.iter().find(|tree| tree.id == *topic)?;
        let variants = self.index.variants();
        let anchor = anchors::groups(tree, variants).into_iter().next().unwrap_or_default();
        let share: f64 = anchor.iter().map(|phrase| variants.share(*phrase)).sum();
        let costly = anchor.iter().filter(|phrase| variants.share(**phrase) > COSTLY_SHARE);
        Some(Anchors {
            phrases: anchor.iter().map(|phrase| variants.text(*phrase)).collect(),
            share: share.min(1.0),
            costly: costly.map(|phrase| variants.text(*phrase)).collect(),
        })
    }
}

/// Returns the keys an item is kept under in an archive, with spaces between them.
pub fn search_keys(item: &Item) -> String {
    keys::keys(&words(item))
}

/// Returns the words of an item, as the matcher reads them.
pub fn words(item: &Item) -> Words {
    words::words(item, None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fixture::{item, place, term, terms, topic};
    use super::*;
    use crate::config::{Near, Term};
    use crate::model::{Field, SourceId};

    fn near(a: &[&str], b: &[&str], within: u32) -> Near {
        Near { a: terms(a), b: terms(b), within, ordered: false, weight: 1.0, place: place("near") }
    }

    #[track_caller]
    fn score_of(topic: &Topic, item: &Item) -> Score {
        let (matcher, problems) = Matcher::compile(std::slice::from_ref(topic));
        assert!(problems.is_empty(), "{problems:?}");
        let scores = matcher.score_all(item, &["world".into()]);
        let touched = matcher.score(item, &["world".into()]);
        assert!(
            touched.iter().all(|score| score.points > 0.0 || score.outcome == ScoreOutcome::Vetoed)
                && scores.iter().all(|score| score.points <= 0.0 || touched.contains(score)),
            "both ways to score agree"
        );
        scores[0].clone()
    }

    /// The score of a title.
    #[track_caller]
    fn check(topic: &Topic, title: &str, expect: f64) {
        let score = score_of(topic, &item(title, ""));
        assert!((score.score - expect).abs() < 0.001, "{title}: {expect} expected, {score:#?}");
    }

    const ONE_TITLE: f64 = 0.646;

    #[test]
    fn masked_words_count_for_nothing() {
        let topic = Topic { ignore: terms(&["coat of arms"]), ..topic(&["arms deal", "arms"]) };
        check(&topic, "Coat of arms deal", 0.0);
        check(&topic, "Coat of arms: arms", ONE_TITLE);
    }

    #[test]
    fn a_veto_ends_it_and_is_told() {
        let topic = Topic { none: terms(&["sponsored post"]), ..topic(&["Kim"]) };
        let score = score_of(&topic, &item("Kim", "A sponsored post."));
        assert_eq!((score.score, score.outcome), (0.0, ScoreOutcome::Vetoed));
        let line = score.evidence.last().unwrap();
        assert_eq!((line.term.as_str(), line.snippet.as_str()), ("sponsored post", "A «sponsored post»."));
    }

    #[test]
    fn negative_evidence_takes_points_but_never_more_than_there_are() {
        let topic = Topic { less: terms(&["hockey^0.5"]), ..topic(&["Vladivostok"]) };
        check(&topic, "Vladivostok hockey", 0.405);
        check(&topic, "hockey", 0.0);
        let score = score_of(&topic, &item("Vladivostok hockey", ""));
        assert!((score.evidence[1].points + 0.75).abs() < 1e-9, "{score:#?}");
    }

    #[test]
    fn every_group_must_have_points() {
        let topic =
            Topic { all: vec![terms(&["Korea", "DPRK"]), terms(&["Russia"])], ..topic(&["visit^0.5"]) };
        check(&topic, "DPRK and Russia", ONE_TITLE);
        check(&topic, "DPRK and Russia: a visit", 0.790);
        let missed = score_of(&topic, &item("Russia visit", ""));
        assert!(missed.score < 1e-9);
        assert_eq!(missed.failed, ["none of `Korea`, `DPRK` occurs"]);
    }

    #[test]
    fn different_terms_are_counted_where_asked() {
        let topic = Topic { min_terms: 2, ..topic(&["oil", "price"]) };
        check(&topic, "Oil, oil and oil", 0.0);
        check(&topic, "Oil price", 0.875);
        let failed = score_of(&topic, &item("Oil", "")).failed;
        assert_eq!(failed, ["fewer than 2 different terms of `any` occur"]);
    }

    #[test]
    fn near_needs_both_within_reach() {
        let only = Topic { near: vec![near(&["Kim"], &["train"], 3)], ..topic(&[]) };
        check(&only, "Kim took the train", ONE_TITLE);
        check(&only, "Train of Kim", ONE_TITLE);
        check(&only, "Kim took the slow train", 0.0);
        let ordered = Near { ordered: true, ..near(&["Kim"], &["train"], 3) };
        check(&Topic { near: vec![ordered], ..topic(&[]) }, "Train of Kim", 0.0);
        assert!(score_of(&only, &item("Kim", "A train")).evidence.is_empty(), "not across texts");
    }

    #[test]
    fn near_tells_what_met() {
        let topic = Topic { near: vec![near(&["Kim"], &["train", "visit"], 6)], ..topic(&[]) };
        let line = &score_of(&topic, &item("A visit by Kim’s aide", "")).evidence[0];
        assert_eq!(
            (line.term.as_str(), line.snippet.as_str()),
            ("near 6: Kim … visit", "A «visit» by «Kim»’s aide")
        );
    }

    #[test]
    fn with_asks_for_company_anywhere() {
        let kim = Term { with: terms(&["Pyongyang"]), ..term("Kim") };
        let topic = Topic { any: vec![kim], ..topic(&[]) };
        check(&topic, "Kim travels", 0.0);
        assert!(score_of(&topic, &item("Kim travels", "It was said in Pyongyang.")).score > 0.6);
    }

    #[test]
    fn fields_and_mentions_weigh() {
        check(&topic(&["title:oil"]), "Oil", ONE_TITLE);
        assert!(score_of(&topic(&["title:oil"]), &item("", "oil")).evidence.is_empty());
        let deep = item("", &format!("{}oil", "word ".repeat(300)));
        assert!((score_of(&topic(&["oil"]), &deep).points - 0.4).abs() < 1e-9);
        let mention = Topic { mention: true, ..topic(&["oil"]) };
        assert!((score_of(&mention, &deep).points - 1.0).abs() < 1e-9);
        assert_eq!(score_of(&mention, &deep).outcome, ScoreOutcome::Hit);
    }

    #[test]
    fn sources_and_languages_exclude() {
        let from = |source: &str| Item { source: Some(SourceId::new(source)), ..item("Oil", "") };
        let topic_of = |sources: &[&str]| Topic {
            sources: sources.iter().map(ToString::to_string).collect(),
            ..topic(&["oil"])
        };
        let excluded = score_of(&topic_of(&["bbc", "tag:asia"]), &from("cnn"));
        assert_eq!((excluded.outcome, excluded.score), (ScoreOutcome::Excluded, 0.0));
        assert_eq!(excluded.failed, ["the source `cnn` is not among `bbc`, `tag:asia`"]);
        assert_eq!(score_of(&topic_of(&["bbc"]), &item("Oil", "")).outcome, ScoreOutcome::Excluded);
        assert_eq!(score_of(&topic_of(&["bbc"]), &from("bbc")).outcome, ScoreOutcome::Hit);
        assert_eq!(score_of(&topic_of(&["tag:world"]), &from("cnn")).outcome, ScoreOutcome::Hit);
        let german = Topic { languages: vec!["de".into()], ..topic(&["oil"]) };
        assert_eq!(score_of(&german, &from("bbc")).failed, ["the language `en` is not among `de`"]);
        let declared = Item { lang: Some("de-AT".into()), ..from("bbc") };
        assert_eq!(score_of(&german, &declared).outcome, ScoreOutcome::Hit);
    }

    #[test]
    fn the_lines_of_a_term_add_up_to_its_points() {
        let text = format!("Oil {} oil {} oil oil", "word ".repeat(60), "word ".repeat(200));
        let score = score_of(&topic(&["oil^0.8"]), &item("Oil", &text));
        let fields: Vec<Field> = score.evidence.iter().map(|line| line.field).collect();
        assert_eq!(fields[..2], [Field::Title, Field::Lead]);
        assert_eq!(score.evidence.iter().map(|line| line.count).sum::<u32>(), 5);
        let sum: f64 = score.evidence.iter().map(|line| line.points).sum();
        assert!((sum - score.points).abs() < 1e-9 && sum > 0.0);
    }

    #[test]
    fn a_faulty_topic_does_not_stop_the_others() {
        let (matcher, problems) = Matcher::compile(&[topic(&["Kim^99"]), topic(&["Kim"])]);
        assert_eq!(problems.len(), 1);
        assert_eq!(matcher.score_all(&item("Kim", ""), &[]).len(), 1);
    }

    #[test]
    fn hostile_repetition_takes_no_more_than_its_length() {
        let text = "arms deal coat of arms ".repeat(8000);
        let topic = Topic {
            ignore: terms(&["coat of arms"]),
            near: vec![near(&["arms"], &["deal"], 100)],
            ..topic(&["arms deal"])
        };
        assert_eq!(score_of(&topic, &item("", &text)).outcome, ScoreOutcome::Hit);
    }

    /// Words that meet the topics below, and some that do not.
    fn wordy() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("Kim"),
            Just("Kim Jong-un"),
            Just("train"),
            Just("visits"),
            Just("oil"),
            Just("Pyongyang"),
            Just("coat of arms"),
            Just("U.S."),
            Just("김정은이"),
            Just("訪露"),
            Just("the"),
            Just("."),
            Just("’s"),
        ];
        proptest::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
    }

    fn positive() -> Topic {
        let kim = Term { with: terms(&["Pyongyang"]), ..term("Kim") };
        let by = Near { a: vec![kim, term("Kim Jong-un")], ..near(&[], &["train", "visit"], 5) };
        Topic { near: vec![by], ..topic(&["oil^0.5", "arms", "訪露", "US"]) }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_scored(title in "\\PC*", text in any::<String>(), written in any::<String>()) {
            let read = item(&title, &text);
            let words = words(&read);
            prop_assert_eq!(&words, &super::words(&read));
            for word in &words.list {
                let whole = match word.part {
                    crate::model::words::Part::Title => &read.title,
                    crate::model::words::Part::Summary | crate::model::words::Part::Text => &read.text,
                };
                prop_assert!(whole.get(word.span.start as usize..word.span.end as usize).is_some());
                prop_assert!(!words.form(word).is_empty());
            }
            let (matcher, _) = Matcher::compile(&[topic(&[&written, &title]), positive()]);
            for score in matcher.score_all(&read, &[]) {
                prop_assert!((0.0..=1.0).contains(&score.score));
            }
        }

        #[test]
        fn a_text_matches_itself(title in "[a-zA-Zéñøßа-яА-Я가-힣金正恩]{1,8}( [a-zA-Z가-힣]{1,8}){0,4}") {
            let exact = format!("={title}");
            let (matcher, problems) = Matcher::compile(&[topic(&[&title]), topic(&[&exact])]);
            prop_assert!(problems.is_empty());
            for score in matcher.score_all(&item(&title, ""), &[]) {
                prop_assert_eq!(score.outcome, ScoreOutcome::Hit, "{:?}", score);
            }
        }

        #[test]
        fn a_mention_more_never_lowers_a_score(title in wordy(), text in wordy(), more in wordy()) {
            let (matcher, _) = Matcher::compile(&[positive()]);
            let read = |text: String| Item { lang: Some("en".into()), ..item(&title, &text) };
            let before = matcher.score_all(&read(text.clone()), &[]);
            let after = matcher.score_all(&read(format!("{text} {more}")), &[]);
            prop_assert!(after[0].score >= before[0].score, "{:#?} {:#?}", before, after);
        }

        #[test]
        fn lines_add_up_to_the_points(title in wordy(), text in wordy()) {
            let (matcher, _) = Matcher::compile(&[positive()]);
            let score = matcher.score_all(&item(&title, &text), &[]).remove(0);
            let sum: f64 = score.evidence.iter().map(|line| line.points).sum();
            prop_assert!((sum - score.points).abs() < 0.005);
            prop_assert!(score.evidence.windows(2).all(|lines| lines[0].points >= lines[1].points));
            prop_assert!(score.evidence.iter().all(|line| line.snippet.contains('«')));
        }
    }
}
