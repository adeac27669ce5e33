//! The answer to "is anything wrong", in a sentence, and under it what is wrong, since when, and
//! what to do about it.

use maud::{Markup, html};

use super::words::{self, Words};
use super::{PageView, Problem, SourceView};
use crate::model::{DeliveryClass, SourceMode, StoreClass};

/// Failing sources that the small line names.
const NAMED: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Listening,
    Well,
    Wrong,
}

fn health(view: &PageView) -> Health {
    if !view.problems.is_empty() {
        Health::Wrong
    } else if view.last_poll.is_none() && view.counts.total > 0 {
        Health::Listening
    } else {
        Health::Well
    }
}

/// Returns the health for the browser's tab.
pub(super) fn title(view: &PageView) -> String {
    match health(view) {
        Health::Listening => "listening".to_owned(),
        Health::Well => "all well".to_owned(),
        Health::Wrong => words::plural(view.problems.len() as u64, "problem"),
    }
}

pub(super) fn section(view: &PageView, words: &Words<'_>) -> Markup {
    let wrong = health(view) == Health::Wrong;
    html! {
        div.health {
            h1 { b.bad[wrong] { (verdict(view)) } " " (effect(view)) }
            (small_line(view, words))
        }
        @if wrong {
            ol.wrong { @for problem in &view.problems { (cause(problem, view, words)) } }
        }
    }
}

fn verdict(view: &PageView) -> String {
    match (health(view), view.problems.len()) {
        (Health::Listening, _) => "Listening.".to_owned(),
        (Health::Well, _) => "All well.".to_owned(),
        (Health::Wrong, 1) => "One thing is wrong.".to_owned(),
        (Health::Wrong, n) => format!("{} things are wrong.", words::number(n)),
    }
}

fn effect(view: &PageView) -> String {
    let counts = view.counts;
    let answering = counts.active + counts.degraded;
    let polled = counts.total.saturating_sub(counts.disabled);
    let answer = if answering == polled {
        let verb = if polled == 1 { "answers" } else { "answer" };
        format!("{} {verb}", words::plural(polled, "source"))
    } else {
        format!("{} of {} answer", words::count(answering), words::plural(polled, "source"))
    };
    let store_fails = view.problems.iter().any(|problem| matches!(problem, Problem::Store { .. }));
    match health(view) {
        Health::Listening => format!(
            "The first round over {} has begun. What they hold already is read, not alerted.",
            words::plural(polled, "source")
        ),
        Health::Well if polled == 0 => "No source is polled.".to_owned(),
        Health::Well => format!("{answer}, and every alert is delivered or on its way."),
        Health::Wrong if store_fails => {
            "Alerts are held, because the store does not work; what was recorded is not lost.".to_owned()
        }
        Health::Wrong if polled == 0 => "No source is polled.".to_owned(),
        Health::Wrong => format!("{answer}, and {}.", waiting(view.pending)),
    }
}

fn waiting(pending: u64) -> String {
    match pending {
        0 => "no delivery waits".to_owned(),
        1 => "one delivery waits".to_owned(),
        n => format!("{} deliveries wait", words::count(n)),
    }
}

fn small_line(view: &PageView, words: &Words<'_>) -> Markup {
    let failing = view.sources.iter().filter(|source| source.state == SourceMode::BackingOff);
    let last_alert = view.alerts.first().map(|alert| alert.created);
    html! {
        p.more {
            @if health(view) == Health::Wrong {
                "newshound goes on by itself as soon as a cause is gone. "
            } @else if view.counts.backing_off > 0 {
                (failing_sources(view.counts.backing_off, &failing.take(NAMED).collect::<Vec<_>>(), words))
            }
            @if let Some(time) = view.last_poll { "Last poll " (words.ago(time)) ". " }
            @if let Some(time) = last_alert { "Last alert " (words.ago(time)) ". " }
            @if view.started.is_none() { "No daemon runs on this store. " }
            @if view.refresh.is_none() { a href="/?refresh=60" { "Refresh every minute" } }
            @else { a href="/" { "Stop refreshing" } }
        }
    }
}

/// Names the first of the failing sources; nobody has to do anything about a few of them.
fn failing_sources(n: u64, named: &[&SourceView], words: &Words<'_>) -> Markup {
    let verb = if n == 1 { "fails" } else { "fail" };
    html! {
        (words::plural(n, "source")) " " (verb) " ("
        @for (at, source) in named.iter().enumerate() {
            @if at > 0 { "; " }
            bdi lang=[&source.lang] { (source.name) }
            @if let Some(class) = source.class { ": " code { (class) } }
            @if let Some(next) = source.next_poll { ", next try " (words.time(next)) }
        }
        @if n > named.len() as u64 && !named.is_empty() { "; …" }
        "). "
    }
}

/// Draws one cause: since when, what, what newshound does about it, what a person can do.
fn cause(problem: &Problem, view: &PageView, words: &Words<'_>) -> Markup {
    let since = match problem {
        Problem::Store { .. } => view.store_fails_since,
        Problem::ChannelFails { since, .. }
        | Problem::Unreachable { since }
        | Problem::ConfigRejected { since, .. }
        | Problem::ConfigPartial { since, .. } => Some(*since),
        Problem::Standstill
        | Problem::ChannelGone { .. }
        | Problem::GivenUp { .. }
        | Problem::SourcesFail { .. } => None,
    };
    html! {
        li {
            span.since { @if let Some(since) = since { "since " time datetime=(since) { (words.time(since)) } } }
            div {
                @match problem {
                    Problem::Store { class, message, .. } => (store(*class, message)),
                    Problem::Standstill => {
                        h2 { "A part of the daemon stands still" }
                        p { "Polling or sending has not moved for a minute. " b { "To do:" } " restart newshound, and report its log." }
                    }
                    Problem::ConfigRejected { error, .. } => (config(
                        ("The changed configuration was rejected", "What was in force before still is"),
                        error,
                    )),
                    Problem::ConfigPartial { error, .. } => (config(
                        ("Part of the changed configuration was not taken", "All else is in force"),
                        error,
                    )),
                    Problem::ChannelGone { name, waiting } => {
                        h2 { "Channel " (name) " is not in the configuration any more" }
                        p { (sentence(&self::waiting(*waiting))) " for it. " b { "To do:" } " configure it again, or leave them." }
                    }
                    Problem::GivenUp { name, n } => {
                        h2 { "Channel " (name) " gave up " (deliveries(*n)) " within 24 hours" }
                        p {
                            "They stay listed as failed. " b { "To do:" } " mend the cause, then "
                            code { "newshound deliveries retry --channel " (name) } "."
                        }
                    }
                    Problem::ChannelFails { name, class, waiting, .. } => {
                        h2 { "Channel " (name) " does not take its deliveries " code { (class) } }
                        p {
                            (sentence(&self::waiting(*waiting))) ", none is lost, and all are tried again. "
                            b { "To do:" } " " (channel_remedy(*class)) "; " code { "newshound test channel " (name) } " tries it."
                        }
                    }
                    Problem::Unreachable { .. } => (unreachable()),
                    Problem::SourcesFail { failing, polled } => (sources_fail(*failing, *polled)),
                }
            }
        }
    }
}

fn unreachable() -> Markup {
    html! {
        h2 { "Most hosts cannot be reached" }
        p {
            "That is held against no source, and each is asked again within half an hour. "
            b { "To do:" } " look at this machine’s network, its name servers and the proxy."
        }
    }
}

fn sources_fail(failing: u64, polled: u64) -> Markup {
    html! {
        h2 { (words::count(failing)) " of " (words::plural(polled, "source")) " fail" }
        p {
            "Each is asked again by itself, ever more seldom. " b { "To do:" }
            " look at the list below; where all fail alike, at this machine’s network."
        }
    }
}

fn deliveries(n: u64) -> String {
    if n == 1 { "1 delivery".to_owned() } else { format!("{} deliveries", words::count(n)) }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn config((what, effect): (&str, &str), error: &str) -> Markup {
    html! {
        h2 { (what) }
        p {
            code { (error) } ". " (effect) ". "
            b { "To do:" } " correct the file; " code { "newshound check" } " shows all that is wrong."
        }
    }
}

fn store(class: StoreClass, message: &str) -> Markup {
    let (what, remedy) = match class {
        StoreClass::Busy => {
            ("The store does not answer", "look for another program that holds its file, such as a backup")
        }
        StoreClass::DiskFull => ("The disk of the store is full", "free some room on it"),
        StoreClass::IoError => {
            ("The store cannot be read or written", "look at its disk and at the system’s log")
        }
        StoreClass::Corrupt => ("The store is damaged", "stop newshound and bring back a backup of the file"),
        StoreClass::ReadOnly => (
            "The store cannot be written",
            "make its file system writable, or put the file back where it was",
        ),
        StoreClass::NewerSchema => ("The store is of a newer version", "run that version"),
        StoreClass::LockedByOther => ("Another newshound works on the store", "stop one of the two"),
    };
    html! {
        h2 { (what) " " code { (class) } }
        p {
            (sentence(message)) ". Polling and sending wait, since what cannot be recorded would be repeated. "
            b { "To do:" } " " (remedy) "."
        }
    }
}

fn channel_remedy(class: DeliveryClass) -> &'static str {
    match class {
        DeliveryClass::Auth => "correct its user name, password or token",
        DeliveryClass::Tls => "look at the receiver’s certificate",
        DeliveryClass::AddressRefused => "allow its network in the configuration",
        DeliveryClass::RedirectRefused => "configure the address that the receiver redirects to",
        DeliveryClass::RateLimited => "wait, or send it less",
        DeliveryClass::Timeout | DeliveryClass::Connect | DeliveryClass::Dns => {
            "see whether the receiver is up and can be reached"
        }
        DeliveryClass::Ok
        | DeliveryClass::Transient
        | DeliveryClass::Refused
        | DeliveryClass::EndpointGone
        | DeliveryClass::Expired
        | DeliveryClass::RenderError => "look at the receiver’s own log",
    }
}
