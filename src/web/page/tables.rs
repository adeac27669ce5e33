//! The tables of the page: deliveries, latency and sources.

use maud::{Markup, html};

use super::words::{self, Words};
use super::{ChannelView, LatencyView, SourceCounts, SourceView};
use crate::model::{DeliveryClass, PollClass, SourceMode, Timestamp};

const NONE: &str = "–";

pub(super) fn deliveries(channels: &[ChannelView], words: &Words<'_>) -> Markup {
    html! {
        section #deliveries {
            h2.head { "Deliveries" }
            @if channels.is_empty() { p.quiet { "No channel is configured." } }
            @else {
                table {
                    thead {
                        tr { th { "channel" } th.n { "waiting" } th.n { "oldest" } th.n { "sent 24 h" } th.n { "last sent" } }
                    }
                    tbody { @for channel in channels { (channel_row(channel, words)) } }
                }
                p.quiet { (given_up(channels)) }
            }
        }
    }
}

fn channel_row(channel: &ChannelView, words: &Words<'_>) -> Markup {
    let failing = channel.class.filter(|class| *class != DeliveryClass::Ok);
    let waited = channel.oldest_pending.map(|oldest| words::span(words.now.since(oldest)));
    html! {
        tr {
            th scope="row" {
                (channel.name) " " span.quiet { (channel.kind) }
                @if let Some(class) = failing { " " code.bad { (class) } }
            }
            td.n { (number(channel.pending)) }
            td.n { (waited.as_deref().unwrap_or(NONE)) }
            td.n { (number(channel.delivered_last_day)) }
            td.n { (time(channel.last_success, words)) }
        }
    }
}

fn given_up(channels: &[ChannelView]) -> String {
    let told: Vec<String> = channels
        .iter()
        .filter(|channel| channel.failed_last_day > 0)
        .map(|channel| format!("{} by {}", words::count(channel.failed_last_day), channel.name))
        .collect();
    if told.is_empty() {
        "Given up: none in 24 hours.".to_owned()
    } else {
        format!("Given up in 24 hours: {}.", told.join(", "))
    }
}

pub(super) fn latency(ways: &[LatencyView]) -> Markup {
    html! {
        @if !ways.is_empty() {
            section #latency {
                h2.head { "How fast" }
                table {
                    thead { tr { th { "way" } th.n { "half in" } th.n { "99 % in" } } }
                    tbody {
                        @for way in ways {
                            tr {
                                th scope="row" { (way.name) }
                                td.n { (words::span(way.p50)) }
                                td.n { (words::span(way.p99)) }
                            }
                        }
                    }
                }
                p.quiet { "Of the latest deliveries. The time of publishing is what the publisher says." }
            }
        }
    }
}

/// Draws the sources, those that need a look first, else by name, so that no row jumps when the
/// page is read again.
pub(super) fn sources(sources: &[SourceView], counts: SourceCounts, words: &Words<'_>) -> Markup {
    let mut shown: Vec<_> = sources.iter().collect();
    shown.sort_by(|a, b| (rank(a.state), &a.name).cmp(&(rank(b.state), &b.name)));
    html! {
        section #sources {
            div.head { h2 { "Sources" } span.side { (summary(counts)) } }
            @if shown.is_empty() { p.quiet { "No source is configured." } }
            @else {
                table.fold {
                    thead {
                        tr {
                            th { "source" } th { "lang" } th { "state" } th { "last poll" } th.n { "next" }
                            th.n { "every" } th.n { "items/day" } th { "" }
                        }
                    }
                    tbody { @for source in &shown { (source_row(source, words)) } }
                }
            }
            @let more = counts.total.saturating_sub(shown.len() as u64);
            @if more > 0 {
                p.quiet { "And " (words::count(more)) " more: " code { "newshound sources list" } "." }
            }
        }
    }
}

fn source_row(source: &SourceView, words: &Words<'_>) -> Markup {
    html! {
        tr {
            th scope="row" lang=[&source.lang] dir="auto" { (source.name) }
            td.quiet data-l="lang" { (source.lang.as_deref().unwrap_or(NONE)) }
            td data-l="state" {
                span.bad[source.state == SourceMode::BackingOff].warn[partly(source.state)] {
                    (source.state.as_str().replace('_', " "))
                }
            }
            td data-l="last poll" {
                @if let Some(class) = source.class {
                    code.bad[source.state == SourceMode::BackingOff].warn[class == PollClass::Degraded] { (class) }
                    " "
                }
                (time(source.last_poll, words))
            }
            td.n data-l="next" { (time(source.next_poll, words)) }
            td.n data-l="every" { (words::span(source.interval)) }
            td.n data-l="items/day" { (per_day(source.items_per_day)) }
            td.quiet { (source.message.as_deref().unwrap_or_default()) }
        }
    }
}

fn rank(state: SourceMode) -> u8 {
    match state {
        SourceMode::BackingOff => 0,
        SourceMode::Degraded | SourceMode::UnstableIds => 1,
        SourceMode::Active => 2,
        SourceMode::Disabled => 3,
    }
}

fn partly(state: SourceMode) -> bool {
    matches!(state, SourceMode::Degraded | SourceMode::UnstableIds)
}

fn summary(counts: SourceCounts) -> String {
    let parts = [
        (counts.active, "active"),
        (counts.backing_off, "backing off"),
        (counts.degraded, "degraded"),
        (counts.disabled, "disabled"),
    ];
    let told: Vec<_> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, state)| format!("{} {state}", words::count(*n)))
        .collect();
    let total = words::count(counts.total);
    if told.is_empty() { total } else { format!("{total}: {}", told.join(", ")) }
}

fn time(time: Option<Timestamp>, words: &Words<'_>) -> String {
    time.map_or_else(|| NONE.to_owned(), |time| words.time(time))
}

fn number(number: u64) -> String {
    if number == 0 { NONE.to_owned() } else { words::count(number) }
}

fn per_day(items: f64) -> String {
    if items > 0.0 && items < 10.0 { format!("{items:.1}") } else { format!("{items:.0}") }
}
