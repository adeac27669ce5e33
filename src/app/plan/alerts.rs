//! The alerts that two sets of topics would make of the same items: what comes and what goes.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::num::NonZero;

use crate::app::backtest::{Extent, Feed, Judged, Replay, Side, Step, Verdict};
use crate::config::{Config, Topic};
use crate::matcher::Matcher;
use crate::matcher::learn::Corrections;
use crate::model::{SourceId, Timestamp, TopicId};
use crate::store::{Store, StoreError};
use crate::worker::learned::corrections;

/// How far back what changed is replayed, in days.
pub const DAYS: u64 = 7;
/// Examples that are kept of each kind.
const EXAMPLES: usize = 3;
/// Characters of an example.
const SHOWN: usize = 200;

/// The alerts that come and go.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    /// Items that were looked at.
    pub items: u64,
    /// The sums of each topic that was replayed.
    pub topics: BTreeMap<TopicId, TopicAlerts>,
}

/// The alerts of one topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicAlerts {
    /// As the topic was.
    pub before: u64,
    /// As it would be.
    pub after: u64,
    /// Of these, those that there were not before.
    pub added: u64,
    /// Of those before, those that there would not be any more.
    pub removed: u64,
    /// Some of those that come and go.
    pub examples: Vec<Example>,
}

/// An item that would be told, or would not be any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The item's id.
    pub item: String,
    /// Its headline, or how its text begins.
    pub title: String,
    /// When it was seen.
    pub at: Option<Timestamp>,
    /// Whether it comes or goes.
    pub is_added: bool,
}

/// One of the two sets of topics.
pub struct Half<'a> {
    topics: Vec<Topic>,
    matcher: Matcher,
    config: &'a Config,
    corrections: Corrections,
    /// The sources it is told by.
    sources: HashSet<&'a SourceId>,
}

impl<'a> Half<'a> {
    /// Compiles some topics of a configuration.
    pub fn of(topics: Vec<Topic>, config: &'a Config) -> Self {
        let (matcher, _) = Matcher::compile(&topics);
        let sources = config.sources.iter().filter(|source| source.enabled);
        Half {
            topics,
            matcher,
            corrections: Corrections::default(),
            config,
            sources: sources.map(|source| &source.id).collect(),
        }
    }

    /// Has scores corrected by the verdicts that a store holds.
    pub async fn corrected(mut self, store: &Store) -> Result<Self, StoreError> {
        self.corrections = corrections(store, self.config, (&self.matcher, &self.topics)).await?;
        Ok(self)
    }

    fn side(&self) -> Side<'_> {
        Side::new(&self.matcher, &self.topics, self.config).corrected(&self.corrections)
    }

    /// Returns the topics that are alerted on an item, of which it would not hear without its source.
    fn alerts<'j>(&self, judged: &'j Judged, verdicts: &'j [Verdict]) -> BTreeSet<&'j TopicId> {
        let source = judged.given.item.source.as_ref();
        if !source.is_some_and(|source| self.sources.contains(source)) {
            return BTreeSet::new();
        }
        verdicts.iter().filter(|verdict| verdict.is_alert()).map(|it| &it.score.topic).collect()
    }
}

/// Replays a feed for both sets, the one to come first, for as long as that is wanted.
pub fn compare(
    mut feed: Feed,
    (now, was): (&Half<'_>, Option<&Half<'_>>),
    threads: NonZero<usize>,
    is_wanted: impl Fn() -> bool,
) -> anyhow::Result<Alerts> {
    let mut alerts = Alerts::default();
    let halves: Vec<&Half<'_>> = std::iter::once(now).chain(was).collect();
    for topic in halves.iter().flat_map(|half| &half.topics) {
        alerts.topics.entry(topic.id.clone()).or_default();
    }
    if alerts.topics.is_empty() {
        return Ok(alerts);
    }
    let sides = halves.iter().map(|half| half.side()).collect();
    let max_text = now.config.fetch.max_text;
    let replay = Replay { sides, extent: Extent::Touched, threads, max_text };
    replay.run(&mut feed, |step| {
        anyhow::ensure!(is_wanted(), "not wanted any more");
        if let Step::Item(judged) = step {
            alerts.count(judged, &halves);
        }
        Ok(())
    })?;
    Ok(alerts)
}

impl Alerts {
    fn count(&mut self, judged: &Judged, halves: &[&Half<'_>]) {
        self.items += 1;
        let mut told = halves.iter().zip(&judged.sides).map(|(half, side)| half.alerts(judged, side));
        let now = told.next().unwrap_or_default();
        let was = told.next().unwrap_or_default();
        for id in now.union(&was) {
            let Some(topic) = self.topics.get_mut(*id) else { continue };
            let (is, did) = (now.contains(id), was.contains(id));
            topic.after += u64::from(is);
            topic.before += u64::from(did);
            topic.added += u64::from(is && !did);
            topic.removed += u64::from(did && !is);
            let so_far = if is { topic.added } else { topic.removed };
            if is != did && so_far <= EXAMPLES as u64 {
                topic.examples.push(Example::of(judged, is));
            }
        }
    }

    /// Returns how many alerts come, and how many go.
    pub fn sums(&self) -> (u64, u64) {
        let of = |count: fn(&TopicAlerts) -> u64| self.topics.values().map(count).sum();
        (of(|topic| topic.added), of(|topic| topic.removed))
    }
}

impl Example {
    fn of(judged: &Judged, is_added: bool) -> Self {
        let item = &judged.given.item;
        let words = [&item.title, &item.summary, &item.text].into_iter().find(|text| !text.is_empty());
        Example {
            item: judged.given.id.clone(),
            title: words.map(|text| text.chars().take(SHOWN).collect()).unwrap_or_default(),
            at: judged.at,
            is_added,
        }
    }
}
