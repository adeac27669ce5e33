//! Verdicts: taken from whoever read an alert, and what they come to.

pub mod suggest;

use anyhow::Context as _;
use serde::Serialize;

use super::setup::Ready;
use super::unknown;
use crate::config::{Config, Learn};
use crate::model::{AlertId, ItemId, TakenVerdict, Timestamp, TopicId, Verdict};
use crate::store::{Judging, Store, Subject};
use crate::worker::learned;

/// A verdict as it was taken, for the reader.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Taken {
    /// The alert; null for an item that made none.
    pub alert: Option<AlertId>,
    /// The topic.
    pub topic: TopicId,
    /// The item.
    pub item: ItemId,
    /// The verdict.
    pub verdict: Verdict,
    /// The one it replaces.
    pub was: Option<Verdict>,
}

/// Takes a verdict on alerts; on items too, where a topic is given.
pub async fn judge(
    config: &Config,
    ids: &[String],
    topic: Option<&TopicId>,
    verdict: Verdict,
    now: Timestamp,
) -> anyhow::Result<Vec<Taken>> {
    let subjects = subjects(config, ids, topic)?;
    let store = Store::open_existing(&config.store.url).await.context("opening the store")?;
    let judging = store.judge(&subjects, verdict, now).await.context("keeping the verdict")?;
    store.close().await;
    match judging {
        Judging::Taken(taken) => Ok(taken.into_iter().map(Taken::from).collect()),
        Judging::Unknown(unknown) => anyhow::bail!(missing(&unknown, subjects.len())),
    }
}

impl From<TakenVerdict> for Taken {
    fn from(taken: TakenVerdict) -> Self {
        let TakenVerdict { alert, topic, item, verdict, was } = taken;
        Taken { alert, topic, item, verdict, was }
    }
}

fn subjects(config: &Config, ids: &[String], topic: Option<&TopicId>) -> anyhow::Result<Vec<Subject>> {
    if let Some(message) = topic.and_then(|topic| unknown::topic(config, topic)) {
        anyhow::bail!(message);
    }
    let subject = |id: &String| match topic {
        Some(topic) if id.starts_with("it_") => Ok(Subject::Item(ItemId::new(id), topic.clone())),
        None if id.starts_with("it_") => {
            anyhow::bail!("{id} is an item: say with --topic which topic it is judged for")
        }
        _ => Ok(Subject::Alert(AlertId::new(id))),
    };
    ids.iter().map(subject).collect()
}

fn missing(unknown: &[Subject], n_subjects: usize) -> String {
    let name = |subject: &Subject| match subject {
        Subject::Alert(id) => format!("alert {id}"),
        Subject::Item(id, _) => format!("item {id}"),
    };
    let names: Vec<String> = unknown.iter().map(name).collect();
    let rest = if n_subjects > unknown.len() { "; no verdict was taken" } else { "" };
    format!("no {} is stored: `newshound alerts list`{rest}", names.join(", no "))
}

/// Has a configuration's scores corrected by the verdicts in the store at this address. Before the
/// first run there is no store, and nothing to correct.
pub async fn consider(ready: &mut Ready, url: &str) -> anyhow::Result<()> {
    if !ready.config.topics.iter().any(|topic| topic.learn == Learn::Apply) {
        return Ok(());
    }
    let store = Store::open_if_there(url).await.context("opening the store for its verdicts")?;
    let Some(store) = store else { return Ok(()) };
    let Ready { config, matcher, .. } = &*ready;
    let corrections = learned::corrections(&store, config, (matcher, &config.topics)).await;
    store.close().await;
    ready.corrections = corrections.context("reading the verdicts")?;
    Ok(())
}
