//! Scores an item against the topics, with the reasons.
//!
//! A topic is compiled to a tree of rules over phrases. An item is split into normalised words
//! once; one pass over them finds all phrases of all topics, and only topics that were touched
//! are looked at. No I/O, no clock, no randomness: the same item and topic give the same score.

mod compile;
mod evidence;
#[cfg(test)]
mod fixture;
mod fold;
mod index;
mod language;
mod score;
mod term;
mod tokens;
mod tree;
mod words;

use crate::config::{Problem, Topic};
use crate::model::words::Words;
use crate::model::{Item, Score, ScoreOutcome};
use index::{Index, Phrases};
use score::Reading;
use tree::{PhraseId, Tree};

/// The compiled topics.
pub struct Matcher {
    trees: Vec<Tree>,
    index: Index,
    /// For each phrase the topics it can give points to, or veto for.
    topics_of: Vec<Vec<u32>>,
}

impl Matcher {
    /// Compiles the topics. One with an error is left out; what is wrong is returned with it.
    pub fn compile(topics: &[Topic]) -> (Self, Vec<Problem>) {
        let mut phrases = Phrases::default();
        let mut problems = Vec::new();
        let trees: Vec<Tree> =
            topics.iter().filter_map(|topic| compile::topic(topic, &mut phrases, &mut problems)).collect();
        let index = phrases.into_index();
        let mut topics_of = vec![Vec::new(); index.len()];
        for (number, tree) in trees.iter().enumerate() {
            let number = tokens::narrow(number);
            let mut touch = |PhraseId(id)| {
                let topics: &mut Vec<u32> = &mut topics_of[id as usize];
                if topics.last() != Some(&number) {
                    topics.push(number);
                }
            };
            let rules = tree.groups.iter().chain(&tree.evidence);
            rules.flat_map(tree::Rule::members).for_each(|member| member.node.for_phrases(&mut touch));
            tree.none.iter().for_each(|node| node.for_phrases(&mut touch));
        }
        (Matcher { trees, index, topics_of }, problems)
    }

    /// Scores an item against every topic, in the order of the topics.
    pub fn score_all(&self, item: &Item, source_tags: &[String]) -> Vec<Score> {
        self.score_where(item, source_tags, |_| (0..self.trees.len()).collect())
    }

    /// Scores an item against the topics it touches: returns those with points, and the vetoed.
    pub fn score(&self, item: &Item, source_tags: &[String]) -> Vec<Score> {
        let mut scores = self.score_where(item, source_tags, |reading| self.touched(reading));
        scores.retain(|score| score.points > 0.0 || score.outcome == ScoreOutcome::Vetoed);
        scores
    }

    fn score_where(
        &self,
        item: &Item,
        source_tags: &[String],
        pick: impl Fn(&Reading) -> Vec<usize>,
    ) -> Vec<Score> {
        let words = words(item);
        let occurrences = self.index.find(&words);
        let reading = Reading { item, words: &words, occurrences: &occurrences, source_tags };
        pick(&reading).into_iter().map(|number| score::score(&self.trees[number], &reading)).collect()
    }

    /// Returns the topics of which a phrase occurs.
    fn touched(&self, reading: &Reading) -> Vec<usize> {
        let mut touched = Vec::new();
        let mut before = None;
        for found in reading.occurrences {
            if before.replace(found.phrase) != Some(found.phrase) {
                touched.extend(self.topics_of[found.phrase.0 as usize].iter().map(|number| *number as usize));
            }
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }
}

/// Returns the words of an item, as the matcher reads them.
pub fn words(item: &Item) -> Words {
    words::words(item)
}
