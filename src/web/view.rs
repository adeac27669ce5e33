//! From the store and the settings to what the page shows.

use std::{cmp::Reverse, time::Duration};

use jiff::tz::TimeZone;

use super::page::{
    AlertView, ArticleView, ChannelView, DeliveryView, HourView, LatencyView, PageView, SourceCounts,
    SourceView, StoryView, ToldView, TopicView,
};
use super::sources::{self, SourceListing};
use super::status::{QuantilesPart, Status};
use super::{Shown, Site};
use crate::config::{Config, Source};
use crate::model::{Delivery, StoryId, Timestamp};
use crate::store::{AlertSheet, HOURS, HourFigures, Overview, Page, SourceRow, StoreError, StoryArticle};

/// Alerts on the page.
const ALERTS: u32 = 30;
/// Articles on the page of a story.
const ARTICLES: usize = 500;
/// Sources on the page: those that need a look first.
const SOURCES: u32 = 12;
/// Topics on the page: those with most hits.
const TOPICS: usize = 12;

const HOUR_MS: i64 = 3_600_000;

/// What of the store the page needs.
pub(super) struct Read {
    pub(super) overview: Overview,
    alerts: Vec<AlertSheet>,
    sources: Vec<SourceRow>,
}

impl Read {
    /// Reads it.
    pub(super) async fn from(site: &Site, now: Timestamp) -> Result<Read, StoreError> {
        let page = Page { limit: Some(ALERTS), ..Page::default() };
        Ok(Read {
            overview: site.store.overview(now).await?,
            alerts: site.store.alerts(&page).await?,
            sources: site.store.sources_to_look_at(SOURCES, now).await?,
        })
    }
}

/// Returns what the page of a story shows; `None` where there is no such story.
pub(super) async fn story(
    site: &Site,
    story: StoryId,
    now: Timestamp,
) -> Result<Option<StoryView>, StoreError> {
    let Some(sheet) = site.store.story(&story).await? else { return Ok(None) };
    let shown = site.shown();
    let config = &shown.config;
    let lines = sheet.articles.iter().take(ARTICLES).map(|line| article(config, line)).collect();
    let first_told = sheet.alerts.len().saturating_sub(ALERTS as usize);
    Ok(Some(StoryView {
        now,
        zone: shown.timezone.clone(),
        more_articles: sheet.articles.len().saturating_sub(ARTICLES),
        story: sheet.row.story,
        last_seen: sheet.row.last_seen,
        goes_on_as: sheet.goes_on_as,
        articles: lines,
        events: sheet.events,
        told: sheet.alerts[first_told..].iter().map(|sheet| told(config, sheet)).collect(),
    }))
}

fn article(config: &Config, line: &StoryArticle) -> ArticleView {
    let name = |source| config.source_name(Some(source)).unwrap_or_default();
    ArticleView {
        item: line.item.clone(),
        title: line.title.clone(),
        url: line.url.clone(),
        lang: line.lang.clone(),
        source_name: name(&line.source),
        seen: line.seen,
        copy_of: line.copy_of.as_ref().map(|(item, source)| (item.clone(), name(source))),
        agency: line.agency.clone(),
    }
}

fn told(config: &Config, sheet: &AlertSheet) -> ToldView {
    let follow_up = sheet.alert.follow_up.as_ref();
    ToldView {
        alert: alert(config, sheet),
        revision: sheet.alert.revision,
        reason: sheet.alert.reason.clone(),
        new_facts: follow_up.map(|follow_up| follow_up.new_facts.clone()).unwrap_or_default(),
    }
}

/// How and when the page is asked for.
pub(super) struct Asked {
    /// Seconds after which the browser asks again.
    pub(super) refresh: Option<u32>,
    /// Since when the daemon knows that the store fails.
    pub(super) store_fails_since: Option<Timestamp>,
    /// The time.
    pub(super) now: Timestamp,
}

/// Returns what the page shows; without a store that answers, the settings and what is wrong.
pub(super) fn view(shown: &Shown, status: Status, read: Option<Read>, asked: &Asked) -> PageView {
    let store_answers = read.is_some();
    let read = read.unwrap_or_else(|| Read {
        overview: Overview::default(),
        alerts: Vec::new(),
        sources: Vec::new(),
    });
    let (topics, more_topics) = topics(&shown.config, &read.overview, asked.now);
    PageView {
        version: status.version,
        now: asked.now,
        zone: shown.timezone.clone(),
        refresh: asked.refresh,
        started: status.daemon.started,
        store_answers,
        store_fails_since: asked.store_fails_since,
        last_poll: read.overview.last_poll,
        counts: SourceCounts {
            total: status.sources.total,
            active: status.sources.active,
            backing_off: status.sources.backing_off,
            degraded: status.sources.degraded,
            disabled: status.sources.disabled,
        },
        pending: status.deliveries.pending,
        alerts: read.alerts.iter().map(|sheet| alert(&shown.config, sheet)).collect(),
        topics,
        more_topics,
        midnights: midnights(&shown.timezone, asked.now),
        channels: channels(&status),
        latency: latency(&status),
        sources: sources(&shown.config, &read.sources, asked.now),
        problems: status.problems,
    }
}

fn alert(config: &Config, AlertSheet { alert, item, deliveries }: &AlertSheet) -> AlertView {
    AlertView {
        story: alert.story.id.clone(),
        item: item.id.clone(),
        title: item.title.clone(),
        url: item.url.clone(),
        lang: item.lang.clone(),
        source_name: config.source_name(item.source.as_ref()).unwrap_or_default(),
        created: alert.created,
        topic: alert.topic_name.clone(),
        score: alert.score,
        threshold: alert.threshold,
        evidence: alert.evidence.clone(),
        deliveries: deliveries.iter().map(delivery).collect(),
    }
}

fn delivery(delivery: &Delivery) -> DeliveryView {
    DeliveryView {
        channel: delivery.channel.to_string(),
        state: delivery.state,
        class: delivery.class,
        delivered_at: delivery.delivered_at,
    }
}

/// Returns the topics to show, and how many more there are.
fn topics(config: &Config, overview: &Overview, now: Timestamp) -> (Vec<TopicView>, usize) {
    let view = |topic: &crate::config::Topic| {
        let figures = overview.topics.get(&topic.id).map(Vec::as_slice).unwrap_or_default();
        TopicView { name: topic.name.clone(), hours: hours(figures, now) }
    };
    let mut topics: Vec<TopicView> = config.topics.iter().map(view).collect();
    let more = topics.len().saturating_sub(TOPICS);
    if more > 0 {
        topics.sort_by_key(|topic| Reverse(topic.hits()));
        topics.truncate(TOPICS);
    }
    (topics, more)
}

/// Returns all hours up to the present one, those without a hit too.
fn hours(figures: &[HourFigures], now: Timestamp) -> Vec<HourView> {
    let mut hours = vec![HourView::default(); usize::try_from(HOURS).unwrap_or_default()];
    for hour in figures {
        let at = hour.start.as_millis() / HOUR_MS - first_hour(now);
        if let Some(view) = usize::try_from(at).ok().and_then(|at| hours.get_mut(at)) {
            *view = HourView { hits: hour.hits, alerts: hour.alerts };
        }
    }
    hours
}

fn first_hour(now: Timestamp) -> i64 {
    now.as_millis() / HOUR_MS - (HOURS - 1)
}

/// Returns the midnights of the zone within the hours shown.
fn midnights(zone: &TimeZone, now: Timestamp) -> Vec<Timestamp> {
    let mut day = Timestamp::from_millis(first_hour(now) * HOUR_MS).to_jiff().to_zoned_datetime(zone.clone());
    let mut found = Vec::new();
    while let Ok(next) = day.tomorrow().and_then(|tomorrow| tomorrow.start_of_day()) {
        let time = Timestamp::from_millis(next.timestamp().as_millisecond());
        if time > now {
            break;
        }
        found.push(time);
        day = next;
    }
    found
}

fn channels(status: &Status) -> Vec<ChannelView> {
    let view = |channel: &super::status::ChannelPart| ChannelView {
        name: channel.name.to_string(),
        kind: channel.kind,
        pending: channel.pending,
        oldest_pending: channel.oldest_pending,
        delivered_last_day: channel.delivered_last_24h,
        failed_last_day: channel.failed_last_24h,
        last_success: channel.last_success,
        class: channel.class,
    };
    status.channels.iter().map(view).collect()
}

fn latency(status: &Status) -> Vec<LatencyView> {
    let view = |name, part: QuantilesPart| {
        Some(LatencyView {
            name,
            p50: Duration::try_from_secs_f64(part.p50?).ok()?,
            p99: Duration::try_from_secs_f64(part.p99?).ok()?,
        })
    };
    let parts = status.latency_seconds;
    let ways = [("fetched → sent", parts.fetched_to_sent), ("published → sent", parts.published_to_sent)];
    ways.into_iter().filter_map(|(name, part)| view(name, part)).collect()
}

fn sources(config: &Config, rows: &[SourceRow], now: Timestamp) -> Vec<SourceView> {
    let shown = sources::to_look_at(config, rows, SOURCES as usize, now);
    shown.into_iter().map(|(source, listed)| source_view(&source, listed)).collect()
}

fn source_view(source: &Source, listed: SourceListing) -> SourceView {
    let moved = listed.moved_to.map(|there| format!("moved for good to {there}"));
    SourceView {
        lang: source.lang.clone(),
        name: listed.name,
        state: listed.state,
        class: listed.class,
        message: listed.message.or(moved),
        last_poll: listed.last_poll,
        next_poll: listed.next_poll,
        interval: Duration::try_from_secs_f64(listed.interval).unwrap_or_default(),
        items_per_day: listed.items_per_day,
    }
}
