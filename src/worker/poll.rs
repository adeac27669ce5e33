//! The poll loop: claims due sources, polls each, records what came.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::read::{self, Exchange};
use super::steady::Steady;
use super::{Ctx, LONGEST_SLEEP, Live, SHORTEST_SLEEP, STORE_RETRY, fault};
use crate::config::Source;
use crate::fetch::Request;
use crate::metrics::{Count, Loop, Span};
use crate::model::{Decide, PollClass, PollRecord, SourceState, Timestamp};
use crate::schedule::interval::{Outcome, Pace, after_poll, host_pause, succeeded};
use crate::store::{Recorded, StoreError};

/// Polls in flight, and the time as the loop saw it.
#[derive(Default)]
pub struct InFlight {
    jobs: JoinSet<()>,
    steady: Steady,
}

/// Polls until told to stop. What is in flight then is let go: it was not recorded, so the
/// server will send it again.
pub async fn run(ctx: &Arc<Ctx>, shutdown: &CancellationToken) {
    let mut in_flight = InFlight::default();
    let mut swapped = ctx.live.subscribe();
    loop {
        let now = ctx.clock.now();
        swapped.mark_unchanged();
        let wait = match recover(ctx).await {
            Ok(()) => turn(ctx, &mut in_flight, now).await,
            Err(error) => {
                ctx.pulse.beat(Loop::Poll, ctx.clock.elapsed());
                fault(ctx, &error);
                STORE_RETRY
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            Some(_) = in_flight.jobs.join_next() => (),
            Ok(()) = swapped.changed() => (),
            () = ctx.clock.sleep(now, wait) => (),
        }
    }
}

/// Polls all that is due, and all that its hosts' pace held up, then returns.
pub async fn run_once(ctx: &Arc<Ctx>, shutdown: &CancellationToken) {
    let mut in_flight = InFlight::default();
    let begun = ctx.clock.now();
    // A store that failed is not tried again: whoever runs this once wants to hear of it.
    while !shutdown.is_cancelled() && ctx.pulse.fault().is_none() {
        let now = ctx.clock.now();
        let wait = turn(ctx, &mut in_flight, now).await;
        let per_host = ctx.live().config.fetch.per_host;
        let held_up = match ctx.store.sources_due_by(begun, per_host, ctx.clock.now()).await {
            Ok(waiting) => waiting > 0,
            Err(error) => return fault(ctx, &error),
        };
        if in_flight.jobs.is_empty() && !held_up {
            return;
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            Some(_) = in_flight.jobs.join_next() => (),
            () = ctx.clock.sleep(now, wait) => (),
        }
    }
}

/// Finds out whether a store that failed works again: a turn with nothing to do writes nothing,
/// and so would not tell.
async fn recover(ctx: &Ctx) -> Result<(), StoreError> {
    if ctx.pulse.fault().is_some() {
        ctx.store.takes_writes().await?;
        ctx.pulse.recovered();
    }
    Ok(())
}

/// One turn of the loop with its faults: returns how long to wait for the next.
async fn turn(ctx: &Arc<Ctx>, in_flight: &mut InFlight, now: Timestamp) -> Duration {
    ctx.pulse.beat(Loop::Poll, ctx.clock.elapsed());
    match tick(ctx, in_flight, now).await {
        Ok(due) => due.map_or(LONGEST_SLEEP, |due| due.since(now).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)),
        Err(error) => {
            fault(ctx, &error);
            STORE_RETRY
        }
    }
}

/// Claims what is due and starts its polls; returns when the next source will be due.
pub async fn tick(
    ctx: &Arc<Ctx>,
    in_flight: &mut InFlight,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let InFlight { jobs, steady } = in_flight;
    while jobs.try_join_next().is_some() {}
    let _turn = ctx.turnstile.lock().await;
    let live = ctx.live();
    let lease = ctx.poll_lease(&live);
    if steady.jumped(now) {
        ctx.store.mend_poll_times(&lease, now).await?;
    }
    steady.settle(now);
    let fetch = &live.config.fetch;
    let free = fetch.concurrency.saturating_sub(jobs.len());
    if free == 0 {
        return Ok(None);
    }
    for claimed in ctx.store.claim_sources(&lease, fetch.per_host, free, now).await? {
        let Some(source) = live.sources.get(&claimed.state.id) else { continue };
        ctx.metrics.note(Span::PollLag, &[], now.since(claimed.state.next_due));
        jobs.spawn(poll((Arc::clone(ctx), Arc::clone(&live)), Arc::clone(source), claimed.state));
    }
    ctx.store.next_source_due(fetch.per_host, now).await
}

/// Polls one source and settles it, whatever happens on the way.
async fn poll((ctx, live): (Arc<Ctx>, Arc<Live>), source: Arc<Source>, state: SourceState) {
    let polled = AssertUnwindSafe(poll_one((&ctx, &live), &source, &state)).catch_unwind().await;
    let settled = match polled {
        Ok(settled) => settled,
        Err(_) => settle_panic((&ctx, &live), &source, &state).await,
    };
    match settled {
        Ok(()) => {}
        Err(StoreError::ClaimLost(id)) => {
            tracing::warn!(source.id = %id, "`{id}` was polled by another worker, or its address changed");
        }
        Err(error) => fault(&ctx, &error),
    }
}

async fn poll_one(
    (ctx, live): (&Arc<Ctx>, &Arc<Live>),
    source: &Arc<Source>,
    state: &SourceState,
) -> Result<(), StoreError> {
    let began = ctx.clock.elapsed();
    let request =
        Request { url: &source.url, validators: state.validators.as_ref(), headers: &source.headers };
    let fetched = live.fetcher.get(&request).await;
    let took = ctx.clock.elapsed().saturating_sub(began);
    // Counted from the end, since the time of day may have been set meanwhile.
    let polled_at = ctx.clock.now() - took;
    // Of several redirects only the last host refused.
    let host = fetched.as_ref().err().map(|error| error.host().to_owned());
    let corrections = ctx.lessons.corrections(ctx, live).await?;
    let exchange = Exchange { fetched, polled_at, took, corrections };
    let read = read::read((ctx, live), source, state, exchange).await;
    let host_pause = host_pause(&read.outcome).map(|pause| polled_at + pause);
    let record = PollRecord {
        source: source.id.clone(),
        decide: decide(live, (source, state), read.outcome, polled_at),
        polled_at,
        took,
        body_bytes: read.body_bytes,
        host_pause: host.zip(host_pause),
        items: read.items,
        n_skipped: 0,
        versions: Arc::clone(&live.versions),
    };
    settle((ctx, live), source, state, &record).await
}

async fn settle_panic(
    (ctx, live): (&Ctx, &Live),
    source: &Source,
    state: &SourceState,
) -> Result<(), StoreError> {
    let now = ctx.clock.now();
    let outcome = Outcome {
        class: PollClass::Internal,
        message: Some("newshound itself failed on this source; the log says where".to_owned()),
        retry_after: None,
        learned: None,
    };
    let record = PollRecord {
        source: source.id.clone(),
        decide: decide(live, (source, state), outcome, now),
        polled_at: now,
        took: Duration::ZERO,
        body_bytes: 0,
        host_pause: None,
        items: Vec::new(),
        n_skipped: 0,
        versions: Arc::clone(&live.versions),
    };
    settle((ctx, live), source, state, &record).await
}

/// Returns what decides about the source once it is known what was new.
fn decide(
    live: &Live,
    (source, state): (&Source, &SourceState),
    outcome: Outcome,
    polled_at: Timestamp,
) -> Decide {
    let (pace, before) = (Pace::of(source.interval, &live.config.fetch), state.clone());
    Box::new(move |found| after_poll(pace, &before, &outcome, found, polled_at))
}

async fn settle(
    (ctx, live): (&Ctx, &Live),
    source: &Source,
    before: &SourceState,
    record: &PollRecord,
) -> Result<(), StoreError> {
    let began = ctx.clock.elapsed();
    let recorded = ctx.store.record_poll(&ctx.poll_lease(live), record).await?;
    ctx.metrics.note(Span::StoreCommit, &[], ctx.clock.elapsed().saturating_sub(began));
    if recorded.deliveries > 0 {
        ctx.pulse.deliveries_made();
    }
    count(ctx, record, &recorded);
    tell(source, before, record, &recorded);
    Ok(())
}

fn count(ctx: &Ctx, record: &PollRecord, recorded: &Recorded) {
    let metrics = &ctx.metrics;
    let class = recorded.state.class.unwrap_or(PollClass::Internal);
    metrics.add(Count::Fetches, &[class.as_str()], 1);
    metrics.add(Count::FetchBytes, &[], record.body_bytes);
    metrics.note(Span::Fetch, &[], record.took);
    metrics.add(Count::ItemsNew, &[], recorded.new);
    for (kind, n) in [("url", recorded.same_url), ("text", recorded.same_text)] {
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
fn tell(source: &Source, before: &SourceState, record: &PollRecord, recorded: &Recorded) {
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
    let is_news = before.failures == 0 || before.marker != state.marker;
    if !succeeded(class) && is_news {
        tracing::warn!(source.id = %source.id, %class, next = %state.next_due,
            "source `{}` fails: {class}, {message}; next try {}", source.id, state.next_due);
    } else if succeeded(class) && before.failures > 0 {
        tracing::info!(source.id = %source.id, %class, "source `{}` answers again", source.id);
    }
    for alert in &recorded.new_alerts {
        tracing::info!(topic = %alert.topic, item = %alert.item, score = alert.score, alert = %alert.id,
            "alert {} {:.2} {:?}", alert.topic, alert.score, alert.story.title);
    }
}

/// Returns the name and port a source is paced by.
pub fn host_of(source: &Source) -> String {
    let host = source.url.host_str().unwrap_or_default();
    match source.url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
