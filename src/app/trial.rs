//! One poll of a source as the daemon would make it now, with every decision told and nothing
//! stored.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use super::{reading, setup};
use crate::clock::Clock;
use crate::config::{Config, Source, shown_url};
use crate::fetch::{Fetched, Request};
use crate::model::{Found, Item, PollClass, SourceId, SourceState, Timestamp, Validators};
use crate::schedule::interval::{Learned, Outcome, Pace, after_poll, succeeded};
use crate::schedule::moves;
use crate::store::{Store, StoreError};

/// What a poll came to, and what would follow.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// The source.
    pub source: SourceId,
    /// The address it was asked at, without secrets.
    pub url: String,
    /// `If-None-Match` as it was sent.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since` as it was sent.
    pub if_modified_since: Option<String>,
    /// The class.
    pub class: PollClass,
    /// What there is to say about it.
    pub message: Option<String>,
    /// How long the exchange took, in seconds.
    pub took: f64,
    /// The items that were read.
    pub items: usize,
    /// Those of them that are not in store.
    pub new: u64,
    /// When the daemon would come again.
    pub next_poll: Timestamp,
    /// The interval until then, in seconds.
    pub interval: f64,
    /// Why it is not shorter.
    pub reason: Option<String>,
    /// What else the operator would be told.
    pub notes: Vec<String>,
}

impl Trial {
    /// Says whether the poll worked.
    pub fn is_ok(&self) -> bool {
        succeeded(self.class)
    }
}

/// Polls a source once, with what the store remembers of it where there is one.
pub async fn poll_source(config: &Config, source: &Source, clock: &Clock) -> anyhow::Result<Trial> {
    let store = match Store::open_existing(&config.store.url).await {
        Ok(store) => Some(store),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(anyhow::Error::new(error).context("opening the store")),
    };
    let mut before = SourceState::unseen(source.id.clone(), clock.now());
    if let Some(store) = &store {
        let rows = store.source_rows_of(&[&source.id], clock.now()).await;
        let rows = rows.context("reading the source's state")?;
        before = rows.into_iter().next().map_or(before, |row| row.state);
    }
    let trial = try_poll(config, (source, &before), store.as_ref(), clock).await;
    if let Some(store) = store {
        store.close().await;
    }
    trial
}

async fn try_poll(
    config: &Config,
    (source, before): (&Source, &SourceState),
    store: Option<&Store>,
    clock: &Clock,
) -> anyhow::Result<Trial> {
    let (polled_at, began) = (clock.now(), clock.elapsed());
    let validators = before.validators.as_ref();
    let request = Request { url: &source.url, validators, headers: &source.headers };
    let moved_to = moves::moved(before);
    let fetched = setup::fetcher(config)?.get_at(&request, moved_to.as_ref()).await;
    let took = clock.elapsed().saturating_sub(began);
    let (outcome, items) = match fetched {
        Ok(fetched) => read(config, (source, before), fetched, (clock, took)).await,
        Err(error) => {
            let retry_after = error.retry_after().map(|asked| asked.wait(clock.now()).saturating_add(took));
            let message = Some(error.message());
            let fresh = error.freshness().lifetime(clock.now());
            (Outcome { class: error.class(), message, retry_after, fresh, learned: None }, Vec::new())
        }
    };
    let new = match store {
        Some(store) => count_new(store, &items).await.context("looking for the items in the store")?,
        None => items.len() as u64,
    };
    let known = items.len() as u64 - new;
    let pace = Pace::of(source.interval, &config.fetch);
    let next = after_poll(pace, before, &outcome, Found { new, known, ..Found::default() }, polled_at);
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    Ok(Trial {
        source: source.id.clone(),
        url: moved_to.as_ref().map_or_else(|| source.shown_url(), shown_url),
        if_none_match: validators.and_then(|sent| sent.etag.as_ref()).map(text),
        if_modified_since: validators.and_then(|sent| sent.last_modified.as_ref()).map(text),
        class: outcome.class,
        message: outcome.message,
        took: took.as_secs_f64(),
        items: items.len(),
        new,
        next_poll: next.state.next_due,
        interval: next.state.interval.unwrap_or_default().as_secs_f64(),
        reason: next.state.reason,
        notes: next.notes.into_iter().map(|note| note.message).collect(),
    })
}

async fn read(
    config: &Config,
    (source, before): (&Source, &SourceState),
    fetched: Fetched,
    (clock, took): (&Clock, Duration),
) -> (Outcome, Vec<Item>) {
    let now = clock.now();
    let fresh = fetched.freshness.lifetime(now);
    let retry_after = fetched.retry_after.map(|asked| asked.wait(now).saturating_add(took));
    let learned = |validators: Option<Validators>| Learned { validators, ..Learned::default() };
    if fetched.status == 304 {
        let (class, learned) = (PollClass::NotModified, Some(learned(fetched.validators)));
        let fresh = fresh.of_unchanged();
        return (Outcome { class, message: None, retry_after, fresh, learned }, Vec::new());
    }
    let validators = fetched.validators.clone();
    let (polled, hints) = reading::read_answer(config, &source.id, fetched, clock).await;
    let learned = Learned { hints: Some(hints), body_hash: before.body_hash.clone(), ..learned(validators) };
    let message = polled.message.or_else(|| polled.warnings.first().map(|(_, warning)| warning.clone()));
    let learned = polled.class.is_feed().then_some(learned);
    (Outcome { class: polled.class, message, retry_after, fresh, learned }, polled.items)
}

async fn count_new(store: &Store, items: &[Item]) -> Result<u64, StoreError> {
    let mut new = 0;
    for item in items {
        new += u64::from(store.item(&item.id).await?.is_none());
    }
    Ok(new)
}
