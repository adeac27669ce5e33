//! The commands that look at the store: `status`, `alerts`, `deliveries`.

use anyhow::Context as _;
use newshound::app::setup;
use newshound::clock::Clock;
use newshound::config::Config;
use newshound::metrics::SILENT_AFTER;
use newshound::model::{AlertId, ChannelName, DeliveryId, SourceId, StoreClass, Timestamp, TopicId};
use newshound::notify::message::Message;
use newshound::store::{Page, SourceRow, Store, StoreError};
use newshound::web::sources::{SourceListing, to_look_at};
use newshound::web::status::{Health, Seen, Status};

use super::looking;
use crate::cli::args::lists::Filter;
use crate::cli::{Exit, Session, complain, say, say_json, text};

pub(super) async fn status(session: &Session) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let now = Clock::system().now();
    let (mut status, rows) = match look(&ready.config, now).await {
        Ok(seen) => seen,
        Err(StoreError::Missing { .. }) => (without_store(&ready.config, None, now), Vec::new()),
        Err(error) => match error.class() {
            Some(class) => {
                let fault = (class, text::failure::of_store(&error));
                (without_store(&ready.config, Some(fault), now), Vec::new())
            }
            None => return Err(error.into()),
        },
    };
    status.config.file = status.config.file.filter(|_| status.config.loaded.is_some()).or(ready.file);
    if session.json {
        say_json(&status);
    } else {
        let listed = to_look_at(&ready.config, &rows, text::status::MOST_ROWS, now);
        let listed: Vec<SourceListing> = listed.into_iter().map(|(_, listing)| listing).collect();
        say(&text::status::status(&status, &listed, session.terminal, now));
    }
    Ok(if status.health == Health::Failing { Exit::Failed } else { Exit::Done })
}

async fn look(config: &Config, now: Timestamp) -> Result<(Status, Vec<SourceRow>), StoreError> {
    let store = Store::open_existing(&config.store.url).await?;
    let overview = store.overview(now).await?;
    let most = u32::try_from(text::status::MOST_ROWS).unwrap_or(u32::MAX);
    let rows = store.sources_that_ail(most, now).await?;
    let (running, note) = (store.is_locked()?, store.read_note().await?);
    let alive = store.last_sign().await?.is_none_or(|sign| now.since(sign) < SILENT_AFTER);
    store.close().await;
    let seen = Seen { config, overview: Some(&overview), fault: None, running, alive, note, now };
    Ok((Status::of(&seen), rows))
}

fn without_store(config: &Config, fault: Option<(StoreClass, String)>, now: Timestamp) -> Status {
    Status::of(&Seen { config, overview: None, fault, running: false, alive: true, note: None, now })
}

/// Opens the store for a list. Before the first run there is none, and nothing to list.
pub(super) async fn open_if_any(config: &Config) -> anyhow::Result<Option<Store>> {
    match Store::open_existing(&config.store.url).await {
        Ok(store) => Ok(Some(store)),
        Err(error @ StoreError::Missing { .. }) => {
            complain(&format!("note: {error}"));
            Ok(None)
        }
        Err(error) => Err(anyhow::Error::new(error).context("opening the store")),
    }
}

pub(super) async fn open(config: &Config) -> anyhow::Result<Store> {
    Store::open_existing(&config.store.url).await.context("opening the store")
}

fn page(filter: &Filter) -> Page {
    Page {
        limit: filter.limit,
        topic: filter.topic.as_ref().map(TopicId::new),
        source: filter.source.as_ref().map(SourceId::new),
        channel: filter.channel.as_ref().map(ChannelName::new),
        state: filter.state,
        ..Page::default()
    }
}

/// Says that a list is empty, and whether that is for what it was narrowed to; nothing where
/// nothing was asked for.
fn none(filter: &Filter, noun: &str) {
    if filter.limit == Some(0) {
        return;
    }
    say(&if filter.is_set() { format!("no {noun} is like that") } else { format!("no {noun} yet") });
}

pub(super) async fn alerts(session: &Session, filter: &Filter) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let mut found = Vec::new();
    if let Some(store) = open_if_any(&ready.config).await? {
        found = store.alerts(&page(filter)).await?;
        store.close().await;
    }
    if session.json {
        found.iter().map(text::rows::AlertLine::of).for_each(|line| say_json(&line));
    } else if found.is_empty() {
        none(filter, "alert");
    } else {
        say(&text::tables::alerts(&found, session.terminal, Clock::system().now()));
    }
    Ok(Exit::Done)
}

pub(super) async fn alert(session: &Session, id: &str) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let store = open(&ready.config).await?;
    let found = store.alert(&AlertId::new(id)).await?;
    let carriers = match &found {
        Some(sheet) => store.outlets_of(&sheet.alert.story.id).await?,
        None => Vec::new(),
    };
    store.close().await;
    let Some(sheet) = found else { anyhow::bail!("no alert {id} is stored: `newshound alerts list`") };
    let told = (&sheet.alert, &sheet.item);
    let zone = setup::timezone(&ready.config);
    let message = Message::of(&ready.config, zone, told, sheet.deliveries.first());
    let carriers: Vec<_> = carriers.into_iter().map(|outlet| (outlet.source, outlet.copies_only)).collect();
    let message = message.carried_by(&ready.config, &carriers);
    if session.json {
        say_json(&text::rows::AlertInFull::of(&sheet, &message)?);
    } else {
        say(&text::alert::sheet(&sheet, &message, session.terminal, Clock::system().now()));
    }
    Ok(Exit::Done)
}

pub(super) async fn deliveries(session: &Session, filter: &Filter) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let mut found = Vec::new();
    if let Some(store) = open_if_any(&ready.config).await? {
        found = store.deliveries(&page(filter)).await?;
        store.close().await;
    }
    if session.json {
        found.iter().map(text::rows::DeliveryLine::of).for_each(|line| say_json(&line));
    } else if found.is_empty() {
        none(filter, "delivery");
    } else {
        say(&text::tables::deliveries(&found, session.terminal, Clock::system().now()));
    }
    Ok(Exit::Done)
}

pub(super) async fn retry(
    session: &Session,
    channel: Option<String>,
    ids: &[String],
) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let store = open(&ready.config).await?;
    let wanted: Vec<DeliveryId> = ids.iter().map(DeliveryId::new).collect();
    let channel = channel.map(ChannelName::new);
    let due = store.retry_deliveries(&wanted, channel.as_ref(), Clock::system().now()).await?;
    store.close().await;
    for id in &due {
        if session.json {
            say_json(&serde_json::json!({"delivery": id}));
        } else {
            say(&format!("{id} is due now"));
        }
    }
    if due.len() < wanted.len() {
        let missing: Vec<&str> =
            wanted.iter().filter(|id| !due.contains(id)).map(DeliveryId::as_str).collect();
        anyhow::bail!("neither failed nor waiting for another attempt: {}", missing.join(", "));
    }
    if due.is_empty() && !session.json {
        say("no delivery failed or waits for another attempt");
    }
    Ok(Exit::Done)
}
