//! The topics' own examples, tried.

use super::explain::{self, Question};
use super::setup::Ready;
use crate::config::{Expect, Place, Problem};
use crate::model::TopicId;

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
    pub score: f64,
    /// The topic's threshold.
    pub threshold: f64,
    /// Where the example stands.
    pub place: Place,
}

impl Tried {
    /// Returns what the topic made of it, in a word.
    pub fn got(&self) -> &'static str {
        if self.score >= self.threshold { "hit" } else { "miss" }
    }

    /// Returns the problem of an example that failed.
    pub fn problem(&self) -> Problem {
        let (expect, by) = match self.expect {
            Expect::Hit => ("hit", format!("{:.2} short", self.threshold - self.score)),
            Expect::Miss => ("miss", format!("{:.2} over the threshold", self.score - self.threshold)),
        };
        let (topic, got, score) = (&self.topic, self.got(), self.score);
        let message = format!("example of topic {topic}: expected {expect}, got {got} {score:.2}");
        let more = format!("{by}; `newshound explain --topic {topic} -` shows all of it");
        Problem::error(&self.place, message).suggest(more)
    }

    /// Says whether that was expected.
    pub fn is_ok(&self) -> bool {
        (self.score >= self.threshold) == (self.expect == Expect::Hit)
    }
}

/// Tries every example of every topic.
pub fn try_all(ready: &Ready) -> anyhow::Result<Vec<Tried>> {
    let mut tried = Vec::new();
    for topic in &ready.config.topics {
        let question = Question { topic: Some(topic.id.clone()), ..Question::default() };
        for example in &topic.examples {
            let explained = explain::text(ready, &question, &example.text)?;
            let line = explained.lines.first();
            tried.push(Tried {
                topic: topic.id.clone(),
                text: example.text.clone(),
                expect: example.expect,
                score: line.map_or(0.0, |line| line.score),
                threshold: topic.threshold,
                place: example.place.clone(),
            });
        }
    }
    Ok(tried)
}
