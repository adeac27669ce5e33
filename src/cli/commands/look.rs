//! The commands that look at the store: `status`, `sources`, `alerts`, `deliveries`.

use anyhow::Context as _;
use newshound::clock::Clock;
use newshound::config::Config;
use newshound::model::{AlertId, ChannelName, DeliveryId, SourceId, StoreClass, Timestamp, TopicId};
use newshound::store::{Page, Store, StoreError};
use newshound::web::sources::listing;
use newshound::web::status::{Health, Seen, Status};

use super::{Wanted, load};
use crate::cli::args::Filter;
use crate::cli::{Exit, Session, complain, say, say_json, text};

pub(super) async fn status(session: &Session) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let now = Clock::system().now();
    let status = match look(&ready.config, now).await {
        Ok(status) => status,
        Err(error) => match error.class() {
            Some(class) => without_store(&ready.config, (class, said(&error)), now),
            None => return Err(error.into()),
        },
    };
    if session.json {
        say_json(&status)
    } else {
        say(&text::status::status(&status, now))
    }
    Ok(if status.health == Health::Failing { Exit::Failed } else { Exit::Done })
}

async fn look(config: &Config, now: Timestamp) -> Result<Status, StoreError> {
    let store = Store::open_existing(&config.store.url).await?;
    let overview = store.overview(now).await?;
    let (running, note) = (store.is_locked()?, store.read_note().await?);
    store.close().await;
    let seen = Seen { config, overview: Some(&overview), fault: None, running, alive: true, note, now };
    Ok(Status::of(&seen))
}

fn without_store(config: &Config, fault: (StoreClass, String), now: Timestamp) -> Status {
    let fault = Some(fault);
    Status::of(&Seen { config, overview: None, fault, running: false, alive: true, note: None, now })
}

/// Returns an error with its causes.
fn said(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

async fn open(config: &Config) -> anyhow::Result<Store> {
    Store::open_existing(&config.store.url).await.context("opening the store")
}

pub(super) async fn sources(session: &Session, filter: &Filter) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let now = Clock::system().now();
    let store = open(&ready.config).await?;
    let rows = store.source_rows(now).await?;
    store.close().await;
    let mut listed = listing(&ready.config, &rows, now);
    listed.retain(|source| filter.state.as_ref().is_none_or(|state| source.state.as_str() == state));
    listed.retain(|source| filter.source.as_ref().is_none_or(|id| source.id.as_str() == id));
    listed.truncate(filter.limit.map_or(usize::MAX, |limit| limit as usize));
    if session.json {
        listed.iter().for_each(say_json);
    } else {
        say(&text::tables::sources(&listed, session.columns, now));
    }
    Ok(Exit::Done)
}

fn page(filter: &Filter) -> anyhow::Result<Page> {
    Ok(Page {
        limit: filter.limit,
        topic: filter.topic.as_ref().map(TopicId::new),
        source: filter.source.as_ref().map(SourceId::new),
        channel: filter.channel.as_ref().map(ChannelName::new),
        state: filter.delivery_state()?,
    })
}

pub(super) async fn alerts(session: &Session, filter: &Filter) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let page = match page(filter) {
        Ok(page) => page,
        Err(error) => return Ok(usage(&error)),
    };
    let store = open(&ready.config).await?;
    let found = store.alerts(&page).await?;
    store.close().await;
    if session.json {
        found.iter().map(text::rows::AlertLine::of).for_each(|line| say_json(&line));
    } else {
        say(&text::tables::alerts(&found, session.columns, Clock::system().now()));
    }
    Ok(Exit::Done)
}

pub(super) async fn alert(session: &Session, id: &str) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let store = open(&ready.config).await?;
    let found = store.alert(&AlertId::new(id)).await?;
    store.close().await;
    let Some(sheet) = found else { anyhow::bail!("no alert {id} is stored: `newshound alerts list`") };
    let message = newshound::app::reading::message_of(&ready.config, &sheet);
    if session.json {
        say_json(&text::rows::AlertInFull::of(&sheet, &message)?);
    } else {
        say(&text::alert::sheet(&sheet, &message, session.columns));
    }
    Ok(Exit::Done)
}

pub(super) async fn deliveries(session: &Session, filter: &Filter) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let page = match page(filter) {
        Ok(page) => page,
        Err(error) => return Ok(usage(&error)),
    };
    let store = open(&ready.config).await?;
    let found = store.deliveries(&page).await?;
    store.close().await;
    if session.json {
        found.iter().map(text::rows::DeliveryLine::of).for_each(|line| say_json(&line));
    } else {
        say(&text::tables::deliveries(&found, session.columns, Clock::system().now()));
    }
    Ok(Exit::Done)
}

pub(super) async fn retry(
    session: &Session,
    channel: Option<String>,
    ids: &[String],
) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let store = open(&ready.config).await?;
    let wanted: Vec<DeliveryId> = ids.iter().map(DeliveryId::new).collect();
    let channel = channel.map(ChannelName::new);
    let due = store.retry_deliveries(&wanted, channel.as_ref(), Clock::system().now()).await?;
    store.close().await;
    for id in &due {
        if session.json {
            say_json(&serde_json::json!({"delivery": id}))
        } else {
            say(&format!("{id} is due now"))
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

fn usage(error: &anyhow::Error) -> Exit {
    complain(&format!("error: {error}"));
    Exit::Usage
}
