//! The plot of hits: one bar an hour, one scale for all topics, a dot for an hour with alerts.
//!
//! The pictures have no viewBox: x stands in per cent and y in pixels, so that they stretch with
//! the page and their text does not.

use maud::{Markup, html};

use super::words::{self, Words};
use super::{PageView, TopicView};
use crate::model::Timestamp;

/// Height of the tallest bar, and where the axis lies.
const TALLEST: f64 = 36.0;
const AXIS: f64 = 38.0;
/// A bar that stands for anything is this high at least.
const LEAST: f64 = 2.0;
/// Part of an hour's width that its bar takes.
const BAR: f64 = 0.72;
/// A label needs so many per cent of the width before the next.
const LABEL: f64 = 20.0;

const HOUR_MS: i64 = 3_600_000;

pub(super) fn section(view: &PageView, words: &Words<'_>) -> Markup {
    let highest = view.topics.iter().flat_map(|topic| &topic.hours).map(|hour| hour.hits).max().unwrap_or(0);
    let axis = Axis::of(view);
    html! {
        section #topics {
            h2.head { "Hits per topic" }
            @if view.topics.is_empty() { p.quiet { "No topic is configured." } }
            @else {
                figure {
                    @for topic in &view.topics { (plot(topic, highest, &axis)) }
                    (labels(&axis, words))
                    figcaption { (caption(highest, view.more_topics)) }
                }
            }
        }
    }
}

/// Where the hours and the midnights between them lie.
struct Axis {
    first: Timestamp,
    n_hours: f64,
    midnights: Vec<Timestamp>,
}

impl Axis {
    #[expect(clippy::cast_precision_loss, reason = "some dozens of hours fit a double")]
    fn of(view: &PageView) -> Axis {
        let n_hours = view.topics.first().map_or(0, |topic| topic.hours.len());
        let present = view.now.as_millis() / HOUR_MS;
        let before = i64::try_from(n_hours).unwrap_or(0) - 1;
        let first = Timestamp::from_millis((present - before) * HOUR_MS);
        Axis { first, n_hours: n_hours as f64, midnights: view.midnights.clone() }
    }

    #[expect(clippy::cast_precision_loss, reason = "some dozens of hours fit a double")]
    fn of_hour(&self, at: usize) -> f64 {
        at as f64 / self.n_hours * 100.0
    }

    fn of_time(&self, time: Timestamp) -> f64 {
        time.since(self.first).as_secs_f64() / 36.0 / self.n_hours
    }
}

fn plot(topic: &TopicView, highest: u64, axis: &Axis) -> Markup {
    let (hits, alerts) = (topic.hits(), topic.alerts());
    let told = format!("{}, {}", words::plural(hits, "hit"), words::plural(alerts, "alert"));
    let most = topic.hours.iter().map(|hour| hour.hits).max().unwrap_or(0);
    let label =
        format!("{}: hits per hour in the last {} hours, highest {most}", topic.name, topic.hours.len());
    let width = BAR * 100.0 / axis.n_hours;
    html! {
        div.plot {
            p.cap { b dir="auto" { (topic.name) } span { (told) } }
            svg.wide height="48" role="img" aria-label=(label) {
                @for midnight in &axis.midnights {
                    @let x = per_cent(axis.of_time(*midnight));
                    line.faint x1=(x) x2=(x) y1="0" y2="42" {}
                }
                @for (at, hour) in topic.hours.iter().enumerate() {
                    @if hour.hits > 0 {
                        @let height = height(hour.hits, highest);
                        rect.bar x=(per_cent(axis.of_hour(at))) width=(per_cent(width))
                            y=(format!("{:.1}", AXIS - height)) height=(format!("{height:.1}")) {}
                    }
                    @if hour.alerts > 0 {
                        circle.sent cx=(per_cent(axis.of_hour(at) + width / 2.0)) cy="44" r="2" {}
                    }
                }
                line.scale x1="0" x2="100%" y1="38.5" y2="38.5" {}
            }
        }
    }
}

fn labels(axis: &Axis, words: &Words<'_>) -> Markup {
    let mut last = 0.0;
    let mut shown = Vec::new();
    for midnight in &axis.midnights {
        let x = axis.of_time(*midnight);
        if x - last >= LABEL && x <= 100.0 - LABEL / 2.0 {
            shown.push((x, words.weekday(*midnight)));
            last = x;
        }
    }
    html! {
        svg.wide height="16" aria-hidden="true" {
            text x="0" y="12" { (words.weekday(axis.first)) " " (words.clock(axis.first)) }
            @for (x, day) in shown { text x=(per_cent(x)) y="12" { (day) } }
            text.end x="100%" y="12" { "now" }
        }
    }
}

fn caption(highest: u64, more: usize) -> String {
    let scale = match highest {
        0 => String::new(),
        n => format!(", one scale for all topics (tallest bar {})", words::count(n)),
    };
    let more = match more {
        0 => String::new(),
        n => format!(" These are the topics with most hits; {} more have fewer.", words::count(n as u64)),
    };
    format!("Hits per hour{scale}. A dot is an hour with alerts. Lines at midnight.{more}")
}

#[expect(clippy::cast_precision_loss, reason = "hits of an hour fit a double")]
fn height(hits: u64, highest: u64) -> f64 {
    (hits as f64 / highest.max(1) as f64 * TALLEST).max(LEAST)
}

fn per_cent(x: f64) -> String {
    format!("{x:.2}%")
}
