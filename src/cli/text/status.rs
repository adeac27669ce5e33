//! The status in words: the answer first, what to do about it, then the figures.

use newshound::model::Timestamp;
use newshound::web::status::{Health, QuantilesPart, Status};

use super::words::{bytes, counted, duration, number, plain, time};

/// Returns the status for people.
pub(in crate::cli) fn status(status: &Status, now: Timestamp) -> String {
    let mut lines = vec![headline(status), String::new()];
    lines.extend(status.problems.iter().map(|problem| format!("to do       {problem}")));
    if !status.problems.is_empty() {
        lines.push(String::new());
    }
    lines.extend([sources(status), news(status), deliveries(status, now)]);
    lines.extend(status.channels.iter().map(|channel| {
        let class = channel.class.map_or("not used yet", newshound::model::DeliveryClass::as_str);
        let last = channel
            .last_success
            .map(|last| format!(", last delivered {}", time(last, now)))
            .unwrap_or_default();
        format!("            {} ({}): {class}, {} waiting{last}", channel.name, channel.kind, channel.pending)
    }));
    lines.push(format!("latency     fetched to sent: {}", quantiles(status.latency_seconds.fetched_to_sent)));
    lines.push(format!("store       {}, {}", plain(&status.store.url), bytes(status.store.bytes)));
    lines.push(config(status, now));
    lines.push(daemon(status, now));
    lines.extend(status.events.iter().take(EVENTS).map(|event| {
        let of = event
            .source
            .as_ref()
            .map(ToString::to_string)
            .or(event.channel.as_ref().map(ToString::to_string));
        let times = if event.count > 1 { format!(" ×{}", number(event.count)) } else { String::new() };
        format!(
            "event       {} {}: {}{times}, {}",
            time(event.time, now),
            of.unwrap_or_default(),
            event.class,
            plain(&event.message)
        )
    }));
    lines.join("\n")
}

/// Events that are shown.
const EVENTS: usize = 5;

fn headline(status: &Status) -> String {
    let answering = status.sources.active + status.sources.degraded;
    let total = counted(status.sources.total, "source", "sources");
    match (status.health, status.problems.len()) {
        (Health::Failing, _) => {
            "The store or a loop stands still. Nothing that was recorded is lost.".to_owned()
        }
        (Health::Ok, _) => format!(
            "All well. {answering} of {total} answer; {} waiting.",
            counted(status.deliveries.pending, "alert is", "alerts are")
        ),
        (Health::Degraded, 1) => "One thing is wrong.".to_owned(),
        (Health::Degraded, n) => format!("{n} things are wrong."),
    }
}

fn sources(status: &Status) -> String {
    let sources = &status.sources;
    let others = [
        (sources.backing_off, "backing off"),
        (sources.degraded, "degraded"),
        (sources.unstable_ids, "with unstable ids"),
        (sources.disabled, "disabled"),
    ];
    let others: Vec<String> =
        others.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!(", {n} {word}")).collect();
    format!("sources     {}: {} active{}", sources.total, sources.active, others.concat())
}

fn news(status: &Status) -> String {
    format!(
        "news        {} in store, {} in 24 hours; {}, {} in 24 hours",
        counted(status.items.total, "item", "items"),
        number(status.items.last_24h),
        counted(status.alerts.total, "alert", "alerts"),
        number(status.alerts.last_24h),
    )
}

fn deliveries(status: &Status, now: Timestamp) -> String {
    let deliveries = &status.deliveries;
    let oldest =
        deliveries.oldest_pending.map(|oldest| format!(" since {}", time(oldest, now))).unwrap_or_default();
    format!(
        "deliveries  {}: {} delivered, {} waiting{oldest}, {} failed",
        number(deliveries.created),
        number(deliveries.delivered),
        number(deliveries.pending + deliveries.sending),
        number(deliveries.failed),
    )
}

fn quantiles(part: QuantilesPart) -> String {
    match (part.p50, part.p99) {
        (Some(p50), Some(p99)) => format!("half in {}, 99 % in {}", duration(p50), duration(p99)),
        _ => "nothing sent yet".to_owned(),
    }
}

fn config(status: &Status, now: Timestamp) -> String {
    let file =
        status.config.file.as_ref().map_or_else(|| "defaults".to_owned(), |file| file.display().to_string());
    let loaded =
        status.config.loaded.map(|loaded| format!(", read {}", time(loaded, now))).unwrap_or_default();
    format!("config      {file}{loaded}")
}

fn daemon(status: &Status, now: Timestamp) -> String {
    match (status.daemon.running, status.daemon.pid, status.daemon.started) {
        (true, Some(pid), Some(started)) => {
            format!("daemon      running, process {pid}, since {}", time(started, now))
        }
        (true, _, _) => "daemon      running".to_owned(),
        (false, _, _) => "daemon      not running: `newshound run` starts it".to_owned(),
    }
}
