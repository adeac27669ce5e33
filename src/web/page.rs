//! Draws the status page from what it is told: the health in a sentence, the latest alerts with
//! their evidence marked, topics, deliveries, latency, sources. It reads nothing by itself, and
//! the page needs no script.

mod health;
mod hours;
mod news;
mod story;
mod tables;
mod words;

use std::time::Duration;

use maud::{DOCTYPE, Markup, html};

use super::problem::Problem;
use crate::model::{
    DeliveryClass, DeliveryState, Evidence, ItemId, PollClass, SourceMode, StoryId, StoryRef, Timestamp,
};
use crate::store::StoryEvent;
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
    /// What the operator should look at, gravest first.
    pub problems: Vec<Problem>,
    /// Whether the store answers; without it there is nothing to show but what is wrong.
    pub store_answers: bool,
    /// Since when the store fails, where the daemon knows.
    pub store_fails_since: Option<Timestamp>,
    /// When a source was last polled; `None` before the first poll.
    pub last_poll: Option<Timestamp>,
    /// Sources by how they stand.
    pub counts: SourceCounts,
    /// Deliveries that wait.
    pub pending: u64,
    /// The latest alerts, newest first; those of one item become one piece.
    pub alerts: Vec<AlertView>,
    /// The topics, in the order of the configuration, or those with most hits.
    pub topics: Vec<TopicView>,
    /// How many topics are not among them.
    pub more_topics: usize,
    /// The midnights within the hours shown.
    pub midnights: Vec<Timestamp>,
    /// The channels, in the order of the configuration.
    pub channels: Vec<ChannelView>,
    /// How long alerts took: half of them and nearly all, by way.
    pub latency: Vec<LatencyView>,
    /// The sources, or those of them that need a look first.
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

/// All that a story's page shows.
#[derive(Clone, Debug)]
pub struct StoryView {
    /// The time it shows.
    pub now: Timestamp,
    /// The zone its times are in.
    pub zone: jiff::tz::TimeZone,
    /// The story.
    pub story: StoryRef,
    /// When its latest article was seen.
    pub last_seen: Timestamp,
    /// The story it goes on as, where it was merged into another.
    pub goes_on_as: Option<StoryId>,
    /// Its articles as they were seen, or the first of them.
    pub articles: Vec<ArticleView>,
    /// How many articles are not among them.
    pub more_articles: usize,
    /// What happened to the story as such.
    pub events: Vec<StoryEvent>,
    /// What was told of it, in order.
    pub told: Vec<ToldView>,
}

/// One article of a story.
#[derive(Clone, Debug)]
pub struct ArticleView {
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
    /// When it was seen.
    pub seen: Timestamp,
    /// The item it is a copy of, and whose that is; the same item where it is carried as it is.
    pub copy_of: Option<(ItemId, String)>,
    /// The agency it credits.
    pub agency: Option<String>,
}

/// One alert on a story.
#[derive(Clone, Debug)]
pub struct ToldView {
    /// The alert.
    pub alert: AlertView,
    /// 1 for the first on the story.
    pub revision: u32,
    /// Why it went out, in words.
    pub reason: String,
    /// Words and numbers that no earlier article had.
    pub new_facts: Vec<String>,
}

/// One alert with its item.
#[derive(Clone, Debug)]
pub struct AlertView {
    /// The story, which has a page of its own.
    pub story: StoryId,
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
    /// Each hour, the present one last.
    pub hours: Vec<HourView>,
}

impl TopicView {
    /// Returns its hits.
    pub fn hits(&self) -> u64 {
        self.hours.iter().map(|hour| hour.hits).sum()
    }

    /// Returns its alerts.
    pub fn alerts(&self) -> u64 {
        self.hours.iter().map(|hour| hour.alerts).sum()
    }
}

/// One topic in one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourView {
    /// Its hits.
    pub hits: u64,
    /// Those of them that made an alert.
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
    /// Deliveries given up in the last 24 hours.
    pub failed_last_day: u64,
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
    let content = html! {
        (masthead(view, &words))
        main #main {
            (health::section(view, &words))
            @if view.store_answers { (body(view, &words)) }
        }
        (footer(view))
    };
    frame(&health::title(view), view.refresh, &content)
}

/// Returns the page of one story.
pub fn story(view: &StoryView) -> Markup {
    let words = Words { now: view.now, zone: &view.zone };
    let content = html! {
        header.mast {
            a.name href="/" { "newshound" }
            span.clock { time datetime=(view.now) { (words.full()) } }
        }
        main #main { (story::section(view, &words)) }
    };
    frame(&view.story.title, None, &content)
}

fn frame(title: &str, refresh: Option<u32>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(seconds) = refresh { meta http-equiv="refresh" content=(seconds); }
                title { "newshound: " (title) }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#main" { "Skip to content" }
                div.page { (content) }
            }
        }
    }
}

fn body(view: &PageView, words: &Words<'_>) -> Markup {
    html! {
        div.columns {
            (news::section("Latest alerts", &view.alerts, words))
            div {
                (hours::section(view, words))
                (tables::deliveries(&view.channels, words))
                (tables::latency(&view.latency))
            }
        }
        (tables::sources(&view.sources, view.counts, words))
    }
}

fn masthead(view: &PageView, words: &Words<'_>) -> Markup {
    html! {
        header.mast {
            a.name href="/" { "newshound" }
            @if view.store_answers {
                nav aria-label="Parts of the page" {
                    a href="#news" { "Alerts" }
                    a href="#topics" { "Topics" }
                    a href="#deliveries" { "Deliveries" }
                    a href="#sources" { "Sources" }
                }
            }
            span.clock { time datetime=(words.now) { (words.full()) } }
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
