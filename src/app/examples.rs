//! The topics' own examples, tried.

use super::explain;
use crate::config::{Config, Expect, Place, Problem, Topic};
use crate::matcher::Matcher;
use crate::model::{Evidence, Item, Score, ScoreOutcome, SourceId, TopicId};

/// What came of one example.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The topic.
    pub topic: TopicId,
    /// The example's text.
    pub text: String,
    /// What is expected.
    pub expect: Expect,
    /// What the topic made of it.
    pub score: Score,
    /// Where the example stands.
    pub place: Place,
}

impl Tried {
    /// Returns what the topic made of it, in a word.
    pub fn got(&self) -> &'static str {
        if self.is_hit() { "hit" } else { "miss" }
    }

    /// Returns the problem of an example that failed.
    pub fn problem(&self) -> Problem {
        let Score { score, threshold, .. } = self.score;
        let (expect, by) = match self.expect {
            Expect::Hit => ("hit", format!("{:.2} short", threshold - score)),
            Expect::Miss => ("miss", format!("{:.2} over the threshold", score - threshold)),
        };
        let (topic, got) = (&self.topic, self.got());
        let message = format!("example of topic {topic}: expected {expect}, got {got} {score:.2}");
        let why = self.why().map(|why| format!("; {why}")).unwrap_or_default();
        let more = format!("{by}{why}; `newshound explain --topic {topic} -` shows all of it");
        Problem::error(&self.place, message).suggest(more)
    }

    /// Returns what counted, and what is missing.
    pub fn why(&self) -> Option<String> {
        let Score { outcome, evidence, failed, .. } = &self.score;
        let line = |line: &Evidence| format!("{:+.2} {} {}", line.points, line.field, line.term);
        let counted: Vec<String> = evidence.iter().take(MOST_REASONS).map(line).collect();
        let more = evidence.len().saturating_sub(MOST_REASONS);
        let mut why = Vec::new();
        if *outcome == ScoreOutcome::Vetoed {
            why.push("vetoed".to_owned());
        }
        why.extend(failed.iter().cloned());
        if !counted.is_empty() {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            why.push(format!("counted: {}{more}", counted.join(", ")));
        }
        (!why.is_empty()).then(|| why.join("; "))
    }

    fn is_hit(&self) -> bool {
        self.score.score >= self.score.threshold
    }

    /// Says whether that was expected.
    pub fn is_ok(&self) -> bool {
        self.is_hit() == (self.expect == Expect::Hit)
    }
}

/// An example without a source stands for an item of one that the topic takes.
fn of_its_source(topic: &Topic, item: Item) -> (Item, Vec<String>) {
    let Some(first) = topic.sources.first().filter(|_| item.source.is_none()) else {
        return (item, Vec::new());
    };
    match first.strip_prefix("tag:") {
        Some(tag) => (item, vec![tag.to_owned()]),
        None => (Item { source: Some(SourceId::new(first)), ..item }, Vec::new()),
    }
}

/// Lines of evidence that are told of a failed example.
const MOST_REASONS: usize = 5;

/// Tries every example of every topic that the matcher has: where some topics are wrong, the
/// others'.
pub fn try_all(config: &Config, matcher: &Matcher) -> Vec<Tried> {
    let mut tried = Vec::new();
    for topic in &config.topics {
        for example in &topic.examples {
            let item = explain::item_of_text(&example.text, config.fetch.max_text);
            let (item, tags) = of_its_source(topic, item);
            let scores = matcher.score_all(&item, &tags);
            let Some(score) = scores.into_iter().find(|score| score.topic == topic.id) else { continue };
            tried.push(Tried {
                topic: topic.id.clone(),
                text: example.text.clone(),
                expect: example.expect,
                score,
                place: example.place.clone(),
            });
        }
    }
    tried
}
