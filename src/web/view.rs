//! From the store and the settings to what the page shows.

use std::time::Duration;

use super::Site;
use super::page::{
    AlertView, ChannelView, DeliveryView, LatencyView, PageView, SourceCounts, SourceView, TopicView,
};
use super::sources::{SourceListing, listing};
use super::status::{QuantilesPart, Status};
use crate::config::Config;
use crate::model::{Delivery, SourceMode, Timestamp};
use crate::store::{AlertSheet, Overview, Page, StoreError};

/// Alerts on the page.
const ALERTS: u32 = 30;
/// Sources on the page: those that need a look first.
const SOURCES: usize = 12;
/// Topics on the page: those with most hits.
const TOPICS: usize = 12;

/// What of the store the page needs.
pub(super) struct Read {
    pub(super) overview: Overview,
    alerts: Vec<AlertSheet>,
    sources: Vec<SourceListing>,
}

impl Read {
    /// Reads it.
    pub(super) async fn from(site: &Site, now: Timestamp) -> Result<Read, StoreError> {
        let page = Page { limit: Some(ALERTS), ..Page::default() };
        Ok(Read {
            overview: site.store.overview(now).await?,
            alerts: site.store.alerts(&page).await?,
            sources: listing(&site.config, &site.store.source_rows(now).await?, now),
        })
    }
}

/// Returns what the page shows; without a store that answers, the settings and what is wrong.
pub(super) fn view(
    site: &Site,
    status: &Status,
    read: Option<Read>,
    refresh: Option<u32>,
    now: Timestamp,
) -> PageView {
    let read = read.unwrap_or_else(|| Read {
        overview: Overview::default(),
        alerts: Vec::new(),
        sources: Vec::new(),
    });
    PageView {
        version: status.version,
        now,
        zone: site.timezone.clone(),
        refresh,
        started: status.daemon.started,
        problems: status.problems.clone(),
        last_poll: read.overview.last_poll,
        counts: SourceCounts {
            total: status.sources.total,
            active: status.sources.active,
            backing_off: status.sources.backing_off,
            degraded: status.sources.degraded,
            disabled: status.sources.disabled,
        },
        pending: status.deliveries.pending,
        alerts: read.alerts.iter().map(|sheet| alert(&site.config, sheet)).collect(),
        topics: topics(&site.config, &read.overview),
        channels: channels(status),
        latency: latency(status),
        sources: sources(&site.config, read.sources),
    }
}

fn alert(config: &Config, AlertSheet { alert, item, deliveries }: &AlertSheet) -> AlertView {
    let source = item.source.as_ref();
    let known = source.and_then(|id| config.sources.iter().find(|source| source.id == *id));
    AlertView {
        item: item.id.clone(),
        title: item.title.clone(),
        url: item.url.clone(),
        lang: item.lang.clone(),
        source_name: known
            .map(|source| source.name.clone())
            .or_else(|| source.map(ToString::to_string))
            .unwrap_or_default(),
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

fn topics(config: &Config, overview: &Overview) -> Vec<TopicView> {
    let view = |topic: &crate::config::Topic| {
        let (hits, alerts) = overview.topics.get(&topic.id).copied().unwrap_or_default();
        TopicView { name: topic.name.clone(), hits, alerts }
    };
    let mut topics: Vec<TopicView> = config.topics.iter().map(view).collect();
    if topics.len() > TOPICS {
        topics.sort_by_key(|topic| std::cmp::Reverse(topic.hits));
        topics.truncate(TOPICS);
    }
    topics
}

fn channels(status: &Status) -> Vec<ChannelView> {
    let view = |channel: &super::status::ChannelPart| ChannelView {
        name: channel.name.to_string(),
        kind: channel.kind,
        pending: channel.pending,
        oldest_pending: channel.oldest_pending,
        delivered_last_day: channel.delivered_last_24h,
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

/// Those that need a look first, then by when they are polled next.
fn sources(config: &Config, mut listed: Vec<SourceListing>) -> Vec<SourceView> {
    listed.sort_by_key(|source| (source.state == SourceMode::Active, source.next_poll));
    listed.truncate(SOURCES);
    let lang = |listed: &SourceListing| {
        config.sources.iter().find(|source| source.id == listed.id).and_then(|source| source.lang.clone())
    };
    let view = |source: SourceListing| SourceView {
        lang: lang(&source),
        name: source.name,
        state: source.state,
        class: source.class,
        message: source.message,
        last_poll: source.last_poll,
        next_poll: source.next_poll,
        interval: Duration::try_from_secs_f64(source.interval).unwrap_or_default(),
        items_per_day: source.items_per_day,
    };
    listed.into_iter().map(view).collect()
}
