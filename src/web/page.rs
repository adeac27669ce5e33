//! Draws the status page from what it is told: the health in a sentence, the latest alerts with
//! their evidence marked, topics, deliveries, latency, sources. It reads nothing by itself, and
//! the page needs no script.

mod news;
mod tables;
mod words;

use std::time::Duration;

use maud::{DOCTYPE, Markup, html};

use crate::model::{DeliveryClass, DeliveryState, Evidence, ItemId, PollClass, SourceMode, Timestamp};
use words::Words;

/// The page's stylesheet, to be served at `/style.css`.
pub const STYLE: &str = include_str!("style.css");

/// The policy to send with the page.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                          frame-ancestors 'none'";

/// All that the page shows.
#[derive(Clone, Debug)]
pub struct PageView {
    /// The program's version.
    pub version: &'static str,
    /// The time it shows.
    pub now: Timestamp,
    /// The zone its times are in.
    pub zone: jiff::tz::TimeZone,
    /// Seconds after which the browser asks again, where the reader wanted that.
    pub refresh: Option<u32>,
    /// When the daemon started; `None` where none runs.
    pub started: Option<Timestamp>,
    /// What the operator should look at, gravest first, as sentences without a full stop.
    pub problems: Vec<String>,
    /// When a source was last polled; `None` before the first poll.
    pub last_poll: Option<Timestamp>,
    /// Sources by how they stand.
    pub counts: SourceCounts,
    /// Deliveries that wait.
    pub pending: u64,
    /// The latest alerts, newest first; those of one item that stand together become one piece.
    pub alerts: Vec<AlertView>,
    /// The topics, in the order of the configuration.
    pub topics: Vec<TopicView>,
    /// The channels, in the order of the configuration.
    pub channels: Vec<ChannelView>,
    /// How long alerts took: half of them and nearly all, by way.
    pub latency: Vec<LatencyView>,
    /// The sources.
    pub sources: Vec<SourceView>,
}

/// Sources by how they stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourceCounts {
    /// In the configuration.
    pub total: u64,
    /// Readable.
    pub active: u64,
    /// Failing.
    pub backing_off: u64,
    /// Partly readable.
    pub degraded: u64,
    /// Not polled.
    pub disabled: u64,
}

/// One alert with its item.
#[derive(Clone, Debug)]
pub struct AlertView {
    /// The item.
    pub item: ItemId,
    /// Its headline.
    pub title: String,
    /// Its address, as its source gave it.
    pub url: Option<String>,
    /// Its language.
    pub lang: Option<String>,
    /// The outlet.
    pub source_name: String,
    /// When the alert was made.
    pub created: Timestamp,
    /// The topic's name.
    pub topic: String,
    /// The score.
    pub score: f64,
    /// The topic's threshold at the time.
    pub threshold: f64,
    /// The reasons, those with most points first.
    pub evidence: Vec<Evidence>,
    /// Where it went.
    pub deliveries: Vec<DeliveryView>,
}

/// One delivery of an alert.
#[derive(Clone, Debug)]
pub struct DeliveryView {
    /// The channel.
    pub channel: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// The class of the last attempt.
    pub class: Option<DeliveryClass>,
    /// When the receiver took it.
    pub delivered_at: Option<Timestamp>,
}

/// One topic's last 48 hours.
#[derive(Clone, Debug)]
pub struct TopicView {
    /// Its name.
    pub name: String,
    /// Its hits.
    pub hits: u64,
    /// Its alerts.
    pub alerts: u64,
}

/// One channel.
#[derive(Clone, Debug)]
pub struct ChannelView {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// Deliveries that wait.
    pub pending: u64,
    /// When the oldest of them was made.
    pub oldest_pending: Option<Timestamp>,
    /// Deliveries in the last 24 hours.
    pub delivered_last_day: u64,
    /// When one was last delivered.
    pub last_success: Option<Timestamp>,
    /// The class of the latest attempt.
    pub class: Option<DeliveryClass>,
}

/// How long one part of an alert's way took.
#[derive(Clone, Debug)]
pub struct LatencyView {
    /// From where to where.
    pub name: &'static str,
    /// The median.
    pub p50: Duration,
    /// 99 of 100.
    pub p99: Duration,
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourceView {
    /// Its name.
    pub name: String,
    /// Its language.
    pub lang: Option<String>,
    /// How it stands.
    pub state: SourceMode,
    /// The class of the last poll.
    pub class: Option<PollClass>,
    /// What the last poll had to say.
    pub message: Option<String>,
    /// When it was last polled.
    pub last_poll: Option<Timestamp>,
    /// When it is polled next.
    pub next_poll: Option<Timestamp>,
    /// Its pace.
    pub interval: Duration,
    /// New items a day.
    pub items_per_day: f64,
}

/// Returns the overview page.
pub fn overview(view: &PageView) -> Markup {
    let words = Words { now: view.now, zone: &view.zone };
    let health = Health::of(view);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(seconds) = view.refresh { meta http-equiv="refresh" content=(seconds); }
                title { "newshound: " (health.title(view)) }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#main" { "Skip to content" }
                div.page {
                    (masthead(&words))
                    main #main {
                        (health_part(view, health, &words))
                        div.columns {
                            (news::section(&view.alerts, &words))
                            div {
                                (tables::topics(&view.topics))
                                (tables::deliveries(&view.channels, &words))
                                (tables::latency(&view.latency))
                            }
                        }
                        (tables::sources(&view.sources, view.counts, &words))
                    }
                    (footer(view))
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Listening,
    Well,
    Wrong,
}

impl Health {
    fn of(view: &PageView) -> Self {
        if !view.problems.is_empty() {
            Health::Wrong
        } else if view.last_poll.is_none() && view.counts.total > 0 {
            Health::Listening
        } else {
            Health::Well
        }
    }

    fn title(self, view: &PageView) -> String {
        match self {
            Health::Listening => "listening".to_owned(),
            Health::Well => "all well".to_owned(),
            Health::Wrong => words::plural(view.problems.len() as u64, "problem"),
        }
    }

    fn verdict(self, view: &PageView) -> String {
        match (self, view.problems.len()) {
            (Health::Listening, _) => "Listening.".to_owned(),
            (Health::Well, _) => "All well.".to_owned(),
            (Health::Wrong, 1) => "One thing is wrong.".to_owned(),
            (Health::Wrong, n) => format!("{} things are wrong.", words::number(n)),
        }
    }

    fn effect(self, view: &PageView) -> String {
        let counts = view.counts;
        let answering = counts.active + counts.degraded;
        let polled = counts.total.saturating_sub(counts.disabled);
        let answer = format!("{answering} of {} answer", words::plural(polled, "source"));
        match self {
            Health::Listening => format!(
                "The first round over {} has begun. What they hold already is read, not alerted.",
                words::plural(polled, "source")
            ),
            Health::Well if polled == 0 => "No source is configured, so nothing is polled.".to_owned(),
            Health::Well => format!("{answer}, and every alert is delivered or on its way."),
            Health::Wrong if view.pending == 0 => format!("{answer}, and no delivery waits."),
            Health::Wrong if view.pending == 1 => format!("{answer}, and one delivery waits."),
            Health::Wrong => format!("{answer}, and {} deliveries wait.", words::count(view.pending)),
        }
    }
}

fn masthead(words: &Words<'_>) -> Markup {
    html! {
        header.mast {
            a.name href="/" { "newshound" }
            nav aria-label="Parts of the page" {
                a href="#news" { "Alerts" }
                a href="#topics" { "Topics" }
                a href="#deliveries" { "Deliveries" }
                a href="#sources" { "Sources" }
            }
            span.clock { time datetime=(words.now) { (words.full()) } }
        }
    }
}

fn health_part(view: &PageView, health: Health, words: &Words<'_>) -> Markup {
    let last_alert = view.alerts.first().map(|alert| alert.created);
    html! {
        div.health.wrong[health == Health::Wrong] {
            h1 { b { (health.verdict(view)) } " " (health.effect(view)) }
            p.more {
                @if let Some(time) = view.last_poll { "Last poll " (words.ago(time)) ". " }
                @if let Some(time) = last_alert { "Last alert " (words.ago(time)) ". " }
                @if view.started.is_none() { "No daemon runs on this store. " }
                @if view.refresh.is_none() { a href="/?refresh=60" { "Refresh every minute" } }
                @else { a href="/" { "Stop refreshing" } }
            }
        }
        @if health == Health::Wrong {
            ul.causes { @for problem in &view.problems { li { (words::sentence(problem)) } } }
        }
    }
}

fn footer(view: &PageView) -> Markup {
    html! {
        footer {
            span { "newshound " (view.version) }
            @if let Some(started) = view.started { span { "up " (words::span(view.now.since(started))) } }
            @if let Some(zone) = view.zone.iana_name() { span { "times in " (zone) } }
            a href="/metrics" { "metrics" }
        }
    }
}

#[cfg(test)]
mod tests;
