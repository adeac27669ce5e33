//! What verdicts teach, kept up to date while the daemon runs: verdicts that other processes took
//! are noticed at the loop's next turn, and topics that changed are learned anew.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use super::{Ctx, Live};
use crate::config::{Config, Learn, Topic};
use crate::matcher::Matcher;
use crate::matcher::learn::{Corrections, Judged};
use crate::model::{JudgedItem, TopicId};
use crate::store::{Store, StoreError};

/// What was learned, and from what.
#[derive(Debug, Default)]
pub struct Lessons(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The configuration that it was learned for.
    live: Weak<Live>,
    /// The latest verdict, of all topics and of each.
    mark: i64,
    marks: HashMap<TopicId, i64>,
    corrections: Arc<Corrections>,
}

impl Lessons {
    /// Returns the corrections that the verdicts so far come to, for the configuration in force.
    pub async fn corrections(&self, ctx: &Ctx, live: &Arc<Live>) -> Result<Arc<Corrections>, StoreError> {
        let mut known = self.0.lock().await;
        let is_same = Weak::ptr_eq(&known.live, &Arc::downgrade(live));
        if applying(&live.config).next().is_none() {
            *known = Known { live: Arc::downgrade(live), ..Known::default() };
            return Ok(Arc::clone(&known.corrections));
        }
        let mark = ctx.store.verdicts_mark().await?;
        if is_same && mark == known.mark {
            return Ok(Arc::clone(&known.corrections));
        }
        let marks = ctx.store.verdict_marks().await?;
        let changed = |topic: &&Topic| !is_same || marks.get(&topic.id) != known.marks.get(&topic.id);
        let topics: Vec<Topic> = applying(&live.config).filter(changed).cloned().collect();
        let judged = judged(&ctx.store, &live.config, &topics).await?;
        let before = if is_same { Arc::clone(&known.corrections) } else { Arc::default() };
        let learning = Arc::clone(live);
        let learned = tokio::task::spawn_blocking(move || {
            Corrections::learn(&learning.matcher, topics.iter(), &judged)
        });
        // Where learning itself failed, scores stay as the topics say.
        let learned = learned.await.unwrap_or_default();
        learned.strengths().for_each(|(topic, strength)| {
            tracing::info!(%topic, strength, "verdicts correct the scores of topic `{topic}`");
        });
        let corrections =
            Arc::new(before.renewed(learned, |topic| marks.get(topic) == known.marks.get(topic)));
        *known = Known { live: Arc::downgrade(live), mark, marks, corrections: Arc::clone(&corrections) };
        Ok(corrections)
    }
}

/// Returns what the verdicts in a store come to for a configuration.
pub async fn corrections(
    store: &Store,
    config: &Config,
    (matcher, topics): (&Matcher, &[Topic]),
) -> Result<Corrections, StoreError> {
    let applying: Vec<Topic> = topics.iter().filter(|topic| topic.learn == Learn::Apply).cloned().collect();
    let judged = judged(store, config, &applying).await?;
    Ok(Corrections::learn(matcher, applying.iter(), &judged))
}

fn applying(config: &Config) -> impl Iterator<Item = &Topic> {
    config.topics.iter().filter(|topic| topic.learn == Learn::Apply)
}

async fn judged(
    store: &Store,
    config: &Config,
    topics: &[Topic],
) -> Result<HashMap<TopicId, Vec<Judged>>, StoreError> {
    let mut judged = HashMap::new();
    for topic in topics {
        let items = store.judged_items(&topic.id).await?;
        judged.insert(topic.id.clone(), items.into_iter().map(|item| as_read(config, item)).collect());
    }
    Ok(judged)
}

/// Returns a judged item as the daemon reads it: the operator is believed before the feed.
pub fn as_read(config: &Config, judged: JudgedItem) -> Judged {
    let JudgedItem { mut item, verdict, .. } = judged;
    let source = item.source.as_ref().and_then(|id| config.source(id));
    if let Some(lang) = source.as_ref().and_then(|source| source.lang.clone()) {
        item.lang = Some(lang);
    }
    let tags = source.map(|source| source.tags.clone()).unwrap_or_default();
    Judged { item, tags, verdict }
}
