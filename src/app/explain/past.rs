//! What was decided about a stored item when it came, and with which version of each topic.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::{Line, delivery, why};
use crate::app::setup::Ready;
use crate::config::{Definition, changed_topic_keys};
use crate::model::item::rounded;
use crate::model::{Decision, DefinitionKind, Evidence, ItemId, StoryId, Timestamp, TopicId, TopicVersion};
use crate::store::{StoredDecision, TopicPast};

/// What the store knows of an item's past.
pub(super) struct Past {
    /// When the item came.
    pub(super) came: Option<Timestamp>,
    /// What was decided then, and kept.
    pub(super) decisions: Vec<StoredDecision>,
    /// Since when the topics have been as they run.
    pub(super) topics: HashMap<TopicId, TopicPast>,
    /// The topics that the item is explained with.
    pub(super) now: HashMap<TopicId, Definition>,
}

/// What was decided when the item came. Where nothing was kept, all but the reason is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Then {
    /// When.
    pub decided: Option<Timestamp>,
    /// What.
    pub decision: Option<Decision>,
    /// The score of that time.
    pub score: Option<f64>,
    /// The threshold of that time.
    pub threshold: Option<f64>,
    /// The reasons of that time.
    pub evidence: Vec<Evidence>,
    /// The topic's version of that time.
    pub version: Option<TopicVersion>,
    /// The topic as it was written then; null where that is not known.
    pub definition: Option<Value>,
    /// Whether the topic has changed since; null where that is not known.
    pub changed: Option<bool>,
    /// The keys that have another value now.
    pub changed_keys: Vec<String>,
    /// Why.
    pub reason: String,
}

/// What a topic makes of an item now.
#[derive(Clone, Debug, Serialize)]
pub struct Present {
    /// From 0 to 1.
    pub score: f64,
    /// The points behind it.
    pub points: f64,
    /// The topic's threshold.
    pub threshold: f64,
    /// Threshold less score.
    pub distance: f64,
    /// What would be decided of an item that nobody has seen.
    pub decision: Decision,
    /// The reasons for the score.
    pub evidence: Vec<Evidence>,
    /// The groups without points.
    pub failed: Vec<String>,
    /// The topic's version.
    pub version: Option<TopicVersion>,
}

impl Past {
    /// Turns a line about now into one about the time when the item came.
    pub(super) fn told(&self, line: Line) -> Line {
        let now = self.now.get(&line.topic);
        match self.decisions.iter().find(|decision| decision.topic == line.topic) {
            Some(decision) => decided(line, decision, now),
            None => self.undecided(line, now.map(Definition::topic_version).as_ref()),
        }
    }

    /// Returns what was decided for topics that the configuration does not have any more.
    pub(super) fn gone(&self, item: &ItemId, wanted: impl Fn(&TopicId) -> bool) -> Vec<Line> {
        let is_gone = |past: &&StoredDecision| !self.now.contains_key(&past.topic) && wanted(&past.topic);
        self.decisions.iter().filter(is_gone).map(|past| of_gone(item, past)).collect()
    }

    /// Nothing was kept: it scored too little, or the topic was not there yet.
    fn undecided(&self, line: Line, version: Option<&TopicVersion>) -> Line {
        let topic = self.topics.get(&line.topic);
        let later = |time: Option<Timestamp>| time.zip(self.came).is_some_and(|(time, came)| time > came);
        let (changed, reason) = match topic {
            None => (None, "no daemon has run this topic yet"),
            Some(topic) if later(topic.since) => (None, "this topic did not exist when the item came"),
            Some(topic) if later(topic.version_since) => (Some(true), UNDER_EARLIER),
            Some(topic) => (version.map(|version| *version != topic.version), UNDER),
        };
        let then = Then {
            decided: None,
            decision: None,
            score: None,
            threshold: None,
            evidence: Vec::new(),
            version: None,
            definition: None,
            changed,
            changed_keys: Vec::new(),
            reason: reason.to_owned(),
        };
        let reason = if line.is_hit_now() { format!("{reason}; now it would be a hit") } else { line.reason };
        Line { then: Some(then), reason, ..line }
    }
}

/// What is known where no score was kept.
const UNDER: &str = "scored under the near miss limit when it came, or was excluded";
const UNDER_EARLIER: &str =
    "an earlier version of this topic scored it under its near miss limit, or excluded it";

/// Returns the topics of a configuration as they are written.
pub(super) fn definitions(ready: &Ready) -> HashMap<TopicId, Definition> {
    let topics = ready.config.definitions.iter().filter(|each| each.kind == DefinitionKind::Topic);
    topics.map(|topic| (TopicId::new(&topic.id), topic.clone())).collect()
}

fn decided(line: Line, past: &StoredDecision, now: Option<&Definition>) -> Line {
    let alert = past.alert.as_ref();
    let version = now.map(Definition::topic_version);
    let changed = past.version.as_ref().zip(version.as_ref()).map(|(then, now)| then != now);
    let is_same = changed != Some(true) && alike(&line, past);
    let reason = match alert {
        Some((alert, _)) => alert.reason.clone(),
        None if past.reason.is_some() => past.reason.clone().unwrap_or_default(),
        // What is known of now says more, where nothing has changed.
        None if is_same && past.decision == line.decision => line.reason.clone(),
        None => why(past.decision, &past.evidence, past.threshold - past.score),
    };
    let then = Then {
        decided: Some(past.created),
        decision: Some(past.decision),
        score: Some(past.score),
        threshold: Some(past.threshold),
        evidence: past.evidence.clone(),
        version: past.version.clone(),
        definition: definition(past),
        changed,
        changed_keys: match (changed, &past.definition, now) {
            (Some(true), Some(then), Some(now)) => changed_topic_keys(then, &now.text),
            _ => Vec::new(),
        },
        reason: reason.clone(),
    };
    Line {
        decision: past.decision,
        story: alert
            .map(|(alert, _)| &alert.story.id)
            .or(past.story.as_ref())
            .map(StoryId::to_string)
            .or_else(|| own_story(&line, past.decision)),
        reason,
        alert: alert.map(|(alert, _)| alert.id.to_string()),
        deliveries: alert.map_or_else(Vec::new, |(_, deliveries)| deliveries.iter().map(delivery).collect()),
        decided: Some(past.created),
        then: Some(then),
        ..if is_same { line } else { of_then(line, past, version) }
    }
}

/// Returns the story of an item that reached the threshold before stories were kept: it began its own.
fn own_story(line: &Line, decision: Decision) -> Option<String> {
    let is_hit = !matches!(decision, Decision::Excluded | Decision::Vetoed | Decision::Below);
    line.item.as_ref().filter(|_| is_hit).map(|item| StoryId::of(&ItemId::new(item)).to_string())
}

/// Returns the topic of a decision as it was written then.
fn definition(past: &StoredDecision) -> Option<Value> {
    past.definition.as_ref().and_then(|text| serde_json::from_str(text).ok())
}

/// Tells what was decided for a topic that is not configured any more.
fn of_gone(item: &ItemId, past: &StoredDecision) -> Line {
    let written = definition(past);
    let name = written.as_ref().and_then(|written| written["name"].as_str());
    let line = Line {
        item: Some(item.to_string()),
        configured: false,
        topic_name: name.unwrap_or(past.topic.as_str()).to_owned(),
        near_miss: 0.0,
        distance: rounded(past.threshold - past.score),
        decision: past.decision,
        story: None,
        reason: String::new(),
        alert: None,
        deliveries: Vec::new(),
        decided: None,
        then: None,
        now: None,
        topic: past.topic.clone(),
        score: past.score,
        points: points(past),
        threshold: past.threshold,
        evidence: past.evidence.clone(),
        failed: Vec::new(),
    };
    decided(line, past, None)
}

/// Returns the points behind a score of then.
fn points(past: &StoredDecision) -> f64 {
    past.evidence.iter().map(|line| line.points).sum::<f64>().max(0.0)
}

/// Says whether a topic makes of the item now what it made of it then.
fn alike(line: &Line, past: &StoredDecision) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    near(line.score, past.score) && near(line.threshold, past.threshold)
}

/// Lets a line that tells of now tell of then, and of now beside it.
fn of_then(line: Line, past: &StoredDecision, version: Option<TopicVersion>) -> Line {
    let now = Present {
        score: line.score,
        points: line.points,
        threshold: line.threshold,
        distance: line.distance,
        decision: line.decision,
        evidence: line.evidence,
        failed: line.failed,
        version,
    };
    Line {
        score: past.score,
        points: points(past),
        threshold: past.threshold,
        distance: rounded(past.threshold - past.score),
        evidence: past.evidence.clone(),
        failed: Vec::new(),
        now: Some(now),
        ..line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::explain::{Question, explain};
    use crate::app::setup::{self, Ready};
    use crate::config::Environment;
    use crate::model::{Item, ItemId, SourceId};

    const CAME: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn ready(topic: &str) -> Ready {
        let text = format!("[fetch]\ncontact = 'a@example.org'\n[[topic]]\nid = 't'\n{topic}\n");
        setup::load_text("n.toml", &text, &Environment::of("/", &[])).ready.unwrap()
    }

    fn version(ready: &Ready) -> TopicVersion {
        definitions(ready)[&TopicId::new("t")].topic_version()
    }

    /// Explains an item titled "war" that was decided on with one topic, with another.
    fn explained(past: Past, now: &Ready) -> Line {
        let item = Item {
            source: Some(SourceId::new("s")),
            title: "war".to_owned(),
            lang: Some("en".to_owned()),
            first_seen: Some(CAME),
            ..Item::bare(ItemId::new("it_1"))
        };
        let id = Some(item.id.to_string());
        let past = Past { now: definitions(now), ..past };
        explain(now, &Question::default(), item, id, Some(&past)).unwrap().lines.remove(0)
    }

    fn decision(decision: Decision, score: f64, version: Option<TopicVersion>) -> StoredDecision {
        StoredDecision {
            topic: TopicId::new("t"),
            decision,
            score,
            threshold: 0.5,
            evidence: Vec::new(),
            version,
            definition: None,
            created: CAME,
            reason: None,
            story: None,
            alert: None,
        }
    }

    fn past(decisions: Vec<StoredDecision>, topic: Option<TopicPast>) -> Past {
        let topics = topic.map(|topic| (TopicId::new("t"), topic)).into_iter().collect();
        Past { came: Some(CAME), decisions, topics, now: HashMap::new() }
    }

    #[test]
    fn an_unchanged_topic_tells_of_then_alone() {
        let ready = ready("any = ['war']");
        let stored = decision(Decision::Baseline, 1.0 - (-1.5_f64).exp2(), Some(version(&ready)));
        let line = explained(past(vec![stored], None), &ready);
        assert_eq!((line.decision, line.now.is_none()), (Decision::Baseline, true));
        assert_eq!(line.then.unwrap().changed, Some(false));
        assert!(!line.evidence.is_empty(), "what is known of now is as good");
        assert_eq!(line.story, Some(StoryId::of(&ItemId::new("it_1")).to_string()));
        let stored = decision(Decision::Below, 0.3, None);
        assert_eq!(explained(past(vec![stored], None), &ready).story, None);
    }

    #[test]
    fn a_changed_topic_tells_of_both() {
        let (before, now) = (ready("any = ['war']"), ready("any = ['peace']"));
        let stored = decision(Decision::Alert, 0.646, Some(version(&before)));
        let line = explained(past(vec![stored], None), &now);
        assert_eq!((line.decision, line.is_hit_now()), (Decision::Alert, false));
        assert!((line.score - 0.646).abs() < 1e-9 && (line.distance + 0.146).abs() < 1e-9);
        let (then, now) = (line.then.unwrap(), line.now.unwrap());
        assert_eq!((then.changed, then.version.is_some()), (Some(true), true));
        assert_eq!(now.decision, Decision::Below);
        assert!(now.score.abs() < 1e-9 && now.version.is_some());
    }

    #[test]
    fn what_was_decided_before_there_were_versions_is_told_without() {
        let ready = ready("any = ['war']");
        let line = explained(past(vec![decision(Decision::Below, 0.3, None)], None), &ready);
        let then = line.then.unwrap();
        assert_eq!((then.changed, then.version, then.score), (None, None, Some(0.3)));
        assert_eq!(line.reason, "no term of the topic occurs");
        assert!(line.now.is_some());
    }

    #[test]
    fn where_nothing_was_kept_only_what_is_known_is_said() {
        let ready = ready("any = ['war']");
        let (early, late) =
            (CAME - std::time::Duration::from_secs(1), CAME + std::time::Duration::from_secs(1));
        let topic = |since, version_since| {
            Some(TopicPast {
                since: Some(since),
                version: version(&ready),
                version_since: Some(version_since),
            })
        };
        for (topic, changed, said) in [
            (None, None, "no daemon has run this topic yet"),
            (topic(late, late), None, "this topic did not exist when the item came"),
            (topic(early, late), Some(true), UNDER_EARLIER),
            (topic(early, early), Some(false), UNDER),
        ] {
            let line = explained(past(Vec::new(), topic), &ready);
            let then = line.then.unwrap();
            assert_eq!((then.changed, then.reason.as_str(), then.decision), (changed, said, None));
            assert_eq!(line.reason, format!("{said}; now it would be a hit"));
            assert_eq!((line.alert, line.decided), (None, None));
        }
    }
}
