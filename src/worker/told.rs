//! What is told of a poll once it is written: the counts, and the lines of the log.

use super::Ctx;
use crate::config::Source;
use crate::metrics::{Count, Span};
use crate::model::{Alert, PollClass, PollRecord, SourceState};
use crate::schedule::interval::succeeded;
use crate::schedule::window::MISSED;
use crate::store::Recorded;

/// Counts a poll.
pub(super) fn count(ctx: &Ctx, record: &PollRecord, recorded: &Recorded) {
    let metrics = &ctx.metrics;
    let class = recorded.state.class.unwrap_or(PollClass::Internal);
    metrics.add(Count::Fetches, &[class.as_str()], 1);
    metrics.add(Count::FetchBytes, &[], record.body_bytes);
    metrics.note(Span::Fetch, &[], record.took);
    metrics.add(Count::ItemsNew, &[], recorded.new);
    let n_missed = recorded.notes.iter().filter(|note| note.class == MISSED).count();
    metrics.add(Count::MissedWindows, &[], n_missed as u64);
    for (kind, n) in [("url", recorded.same_url), ("text", recorded.same_text), ("near", recorded.near)] {
        metrics.add(Count::ItemsDuplicate, &[kind], n);
    }
    for (topic, decision) in &recorded.hits {
        metrics.add(Count::Hits, &[topic.as_str()], 1);
        metrics.add(Count::Alerts, &[topic.as_str(), decision.as_str()], 1);
    }
    metrics.add(Count::DeliveriesCreated, &[], recorded.deliveries);
    ctx.tally.count(|counts| {
        counts.polled += 1;
        *counts.classes.entry(class).or_default() += 1;
        counts.items_new += recorded.new;
        counts.hits += recorded.hits.len() as u64;
        counts.alerts += recorded.alerts() as u64;
        counts.created += recorded.deliveries;
    });
}

/// One line a poll at debug, one a story at info, one at warn when a source begins to fail.
pub(super) fn log(source: &Source, before: &SourceState, record: &PollRecord, recorded: &Recorded) {
    let state = &recorded.state;
    let class = state.class.unwrap_or(PollClass::Internal);
    let message = state.message.as_deref().unwrap_or_default();
    let n_new = recorded.new;
    let took_ms = u64::try_from(record.took.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(source.id = %source.id, %class, n_new, took_ms, next = %state.next_due,
        "polled `{}`: {class}, {n_new} new {message}", source.id);
    if !before.baseline_done && state.baseline_done {
        tracing::info!(source.id = %source.id, n_new, "read {n_new} items of `{}` as the baseline", source.id);
    }
    // What is our own fault is told once for all.
    let is_first = before.failures == 0 && state.failures > 0;
    let is_news = is_first || before.marker != state.marker;
    if !succeeded(class) && is_news {
        tracing::warn!(source.id = %source.id, %class, next = %state.next_due,
            "source `{}` fails: {class}, {message}; next try {}", source.id, state.next_due);
    } else if succeeded(class) && before.failures > 0 {
        tracing::info!(source.id = %source.id, %class, "source `{}` answers again", source.id);
    }
    for note in &recorded.notes {
        tracing::warn!(source.id = %source.id, class = note.class, "source `{}` {}", source.id, note.message);
    }
    for alert in &recorded.new_alerts {
        let Alert { topic, item, score, revision, decision, reason, story, .. } = alert;
        tracing::info!(%topic, %item, score, alert = %alert.id, story = %story.id, revision,
            "{decision} {topic} {score:.2} {:?}: {reason}", story.title);
    }
}
