//! The poll loop: claims due sources, polls each, records what came.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::network::is_own_fault;
use super::older::{self, Reading};
use super::read::{self, Exchange};
use super::steady::Steady;
use super::told;
use super::trip::Trip;
use super::{Ctx, LONGEST_SLEEP, Live, SHORTEST_SLEEP, STORE_RETRY, fault};
use crate::config::Source;
use crate::fetch::Request;
use crate::matcher::learn::Corrections;
use crate::metrics::{Loop, Span};
use crate::model::{Decide, Fresh, Memory, PollClass, PollRecord, SourceId, SourceState, Timestamp};
use crate::schedule::interval::{Outcome, Pace, after_own_fault, after_poll, host_pause};
use crate::schedule::moves;
use crate::store::{Recorded, StoreError, Turn, Wanted};

/// Polls written in one transaction, at most, so that no turn takes long …
const GROUP: usize = 256;
/// … however many items they brought, as long as there is more than one of them.
const GROUP_ITEMS: usize = 2000;

/// Polls in flight, those that ended and are not written yet, and the time as the loop saw it.
#[derive(Default)]
pub struct InFlight {
    jobs: JoinSet<Polled>,
    ended: Vec<Polled>,
    /// Claimed, but not as the configuration says any more.
    back: Vec<SourceId>,
    /// Only what was due by then is claimed; `None` for all that is due.
    due_by: Option<Timestamp>,
    /// Hosts whose time came before have nothing of that left, while it is only what was due by then.
    passed: Timestamp,
    steady: Steady,
}

/// A poll that ended.
struct Polled {
    source: Arc<Source>,
    before: SourceState,
    record: PollRecord,
}

impl InFlight {
    fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.ended.is_empty()
    }

    /// Takes in a poll that ended. One that was stopped with the runtime is nobody's any more.
    fn end(&mut self, joined: Result<Polled, JoinError>) {
        self.ended.extend(joined);
    }

    /// Takes in all that ended; returns how many of them are written next.
    fn gather(&mut self) -> usize {
        while let Some(joined) = self.jobs.try_join_next() {
            self.end(joined);
        }
        let mut n_items = 0;
        let fits = |polled: &&Polled| {
            n_items += polled.record.items.len();
            n_items <= GROUP_ITEMS
        };
        let group = self.ended.iter().take(GROUP).take_while(fits).count();
        group.max(self.ended.len().min(1))
    }
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
        let is_failing = ctx.pulse.fault().is_some();
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(joined) = in_flight.jobs.join_next(), if !is_failing => in_flight.end(joined),
            Ok(()) = swapped.changed() => (),
            () = ctx.clock.sleep(now, wait) => (),
        }
    }
    write_last(ctx, in_flight).await;
}

/// Polls all that is due, and all that its hosts' pace held up, then returns.
pub async fn run_once(ctx: &Arc<Ctx>, shutdown: &CancellationToken) {
    let begun = ctx.clock.now();
    let mut in_flight = InFlight { due_by: Some(begun), ..InFlight::default() };
    while !shutdown.is_cancelled() {
        let now = ctx.clock.now();
        let whole = in_flight.passed == Timestamp::default();
        let mut wait = turn(ctx, &mut in_flight, now).await;
        if ctx.pulse.fault().is_some() {
            // It is not tried again: whoever runs this once wants to hear of it.
            return;
        }
        if in_flight.is_empty() {
            // What was passed over may have become ready meanwhile: the last look is at all of it.
            in_flight.passed = Timestamp::default();
            let per_host = ctx.live().config.fetch.per_host;
            wait = match ctx.store.held_up_since(begun, per_host, ctx.clock.now()).await {
                Ok(None) if whole => return,
                Ok(None) => Duration::ZERO,
                Ok(held_up) => until(held_up, now),
                Err(error) => return fault(ctx, &error),
            };
        }
        tokio::select! {
            () = shutdown.cancelled() => (),
            Some(joined) = in_flight.jobs.join_next() => in_flight.end(joined),
            () = ctx.clock.sleep(now, wait) => (),
        }
    }
    write_last(ctx, in_flight).await;
}

/// Writes what came before the end.
async fn write_last(ctx: &Arc<Ctx>, mut in_flight: InFlight) {
    while in_flight.gather() > 0 && ctx.pulse.fault().is_none() {
        let wanted = Wanted::due(0, ctx.clock.now());
        if let Err(error) = write_and_claim(ctx, &mut in_flight, (&ctx.live(), wanted)).await {
            fault(ctx, &error);
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
        // The rest of what ended is written at once.
        Ok(_) if !in_flight.ended.is_empty() => Duration::ZERO,
        Ok(due) => until(due, now),
        Err(error) => {
            fault(ctx, &error);
            STORE_RETRY
        }
    }
}

fn until(due: Option<Timestamp>, now: Timestamp) -> Duration {
    due.map_or(LONGEST_SLEEP, |due| due.since(now).clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
}

/// Writes what polls brought, claims what is due and starts its polls; returns when the next source
/// will be due.
pub async fn tick(
    ctx: &Arc<Ctx>,
    in_flight: &mut InFlight,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let n_written = in_flight.gather();
    let _turn = ctx.turnstile.lock().await;
    let live = ctx.live();
    if in_flight.steady.jumped(now) {
        ctx.store.mend_poll_times(&ctx.poll_lease(&live), now).await?;
        in_flight.passed = Timestamp::default();
    }
    // Who runs it once wants all of it now.
    if in_flight.due_by.is_none() && in_flight.steady.rested(now) {
        ctx.store.spread_overdue(now).await?;
    }
    in_flight.steady.settle(now);
    let busy = in_flight.jobs.len() + in_flight.ended.len() - n_written;
    let limit = live.config.fetch.concurrency.saturating_sub(busy);
    if limit == 0 && n_written == 0 {
        return Ok(None);
    }
    let wanted = Wanted { limit, due_by: in_flight.due_by.unwrap_or(now), from: in_flight.passed };
    write_and_claim(ctx, in_flight, (&live, wanted)).await
}

async fn write_and_claim(
    ctx: &Arc<Ctx>,
    in_flight: &mut InFlight,
    (live, wanted): (&Arc<Live>, Wanted),
) -> Result<Option<Timestamp>, StoreError> {
    let began = ctx.clock.elapsed();
    let n_written = in_flight.gather();
    let records: Vec<&PollRecord> =
        in_flight.ended[..n_written].iter().map(|polled| &polled.record).collect();
    let turn = Turn {
        lease: &ctx.poll_lease(live),
        per_host: live.config.fetch.per_host,
        records: &records,
        back: &in_flight.back,
        wanted,
    };
    let corrections = ctx.lessons.corrections(ctx, live).await?;
    let turned = ctx.store.turn(turn, ctx.clock.now()).await?;
    in_flight.back.clear();
    // Without such a time all that is ready is taken or put off. A host may be ready since a time
    // that was passed, as where its poll took longer than the gap: it would never be seen again.
    if in_flight.due_by.is_some() {
        in_flight.passed = in_flight.passed.max(turned.passed.unwrap_or_default());
    }
    for claimed in turned.claimed {
        let state = claimed.state;
        let Some(source) = live.sources.get(&state.id) else {
            in_flight.back.push(state.id);
            continue;
        };
        ctx.metrics.note(Span::PollLag, &[], ctx.clock.now().since(state.next_due));
        let with = (Arc::clone(ctx), Arc::clone(live), Arc::clone(&corrections));
        in_flight.jobs.spawn(poll(with, source, state));
    }
    let written: Vec<Polled> = in_flight.ended.drain(..turned.recorded.len()).collect();
    if !written.is_empty() {
        ctx.metrics.note(Span::StoreCommit, &[], ctx.clock.elapsed().saturating_sub(began));
    }
    for (polled, recorded) in written.iter().zip(turned.recorded) {
        settle(ctx, polled, recorded);
    }
    Ok(turned.next_due)
}

/// Polls one source, whatever happens on the way.
async fn poll(
    (ctx, live, corrections): (Arc<Ctx>, Arc<Live>, Arc<Corrections>),
    source: Arc<Source>,
    before: SourceState,
) -> Polled {
    let polling = poll_one((&ctx, &live), &source, &before, corrections);
    let polled = AssertUnwindSafe(polling).catch_unwind().await;
    let record = polled.unwrap_or_else(|_| panicked((&ctx, &live), &source, &before));
    Polled { source, before, record }
}

async fn poll_one(
    (ctx, live): (&Arc<Ctx>, &Arc<Live>),
    source: &Arc<Source>,
    state: &SourceState,
    corrections: Arc<Corrections>,
) -> PollRecord {
    let began = ctx.clock.elapsed();
    let mut trip = Trip::begin(source, state, ctx.clock.now());
    let request = Request { url: &source.url, validators: trip.validators(state), headers: &source.headers };
    let fetched = live.fetcher.get_at(&request, trip.at.as_ref()).await;
    let took = ctx.clock.elapsed().saturating_sub(began);
    // Counted from the end, since the time of day may have been set meanwhile.
    let polled_at = ctx.clock.now() - took;
    // Of several redirects only the last host refused.
    let host = fetched.as_ref().err().map(|error| error.host().to_owned());
    trip.land(&fetched, state, polled_at);
    let exchange = Exchange { fetched, polled_at, took, corrections: Arc::clone(&corrections) };
    let mut read = read::read((ctx, live), source, state, exchange).await;
    let is_ours = is_own_fault(ctx, &asked_host(source, state), read.outcome.class).await;
    let host_pause = host.zip(host_pause(&read.outcome));
    let reading = Reading { ctx, live, source, state, corrections: &corrections, polled_at };
    // Its older pages were asked for later than the poll began, from where pauses are counted.
    let older_pause = older::add(&reading, &mut read)
        .await
        .map(|(host, pause)| (host, pause.saturating_add(ctx.clock.elapsed().saturating_sub(began))));
    let host_pause = older_pause.or(host_pause);
    trip.settle((ctx, live), state, &mut read.outcome).await;
    let read_whole = read.is_whole.then_some(polled_at).or(state.read_whole);
    let before = SourceState { read_whole, ..state.clone() };
    PollRecord {
        source: source.id.clone(),
        decide: if is_ours {
            decide_own_fault(live, (source, before), read.outcome, polled_at)
        } else {
            decide(live, (source, before), (read.outcome, Some(trip)), polled_at)
        },
        polled_at,
        took,
        body_bytes: read.body_bytes,
        host_pause: host_pause.map(|(host, pause)| (host, polled_at + pause)),
        items: read.items,
        n_skipped: read.n_skipped,
        memory: read.memory,
        story_window: live.config.stories.window,
        versions: Arc::clone(&live.versions),
    }
}

/// Returns the host and port that a source is asked at.
fn asked_host(source: &Source, state: &SourceState) -> String {
    moves::host(moves::moved(state).as_ref().unwrap_or(&source.url))
}

/// Returns the record of a poll that made us panic.
fn panicked((ctx, live): (&Ctx, &Live), source: &Source, state: &SourceState) -> PollRecord {
    let now = ctx.clock.now();
    let outcome = Outcome {
        class: PollClass::Internal,
        message: Some("newshound itself failed on this source; the log says where".to_owned()),
        retry_after: None,
        fresh: Fresh::Silent,
        learned: None,
    };
    PollRecord {
        source: source.id.clone(),
        decide: decide(live, (source, state.clone()), (outcome, None), now),
        polled_at: now,
        took: Duration::ZERO,
        body_bytes: 0,
        host_pause: None,
        items: Vec::new(),
        n_skipped: 0,
        memory: Memory::Kept,
        story_window: live.config.stories.window,
        versions: Arc::clone(&live.versions),
    }
}

/// Returns what decides about the source once it is known what was new.
fn decide(
    live: &Live,
    (source, before): (&Source, SourceState),
    (outcome, trip): (Outcome, Option<Trip>),
    polled_at: Timestamp,
) -> Decide {
    let pace = Pace::of(source.interval, &live.config.fetch);
    Box::new(move |found| {
        let next = after_poll(pace, &before, &outcome, found, polled_at);
        match &trip {
            Some(trip) => trip.end(next, (&before, &outcome), found, polled_at),
            None => next,
        }
    })
}

/// Returns what decides about a source that failed when nothing could be reached.
fn decide_own_fault(
    live: &Live,
    (source, before): (&Source, SourceState),
    outcome: Outcome,
    polled_at: Timestamp,
) -> Decide {
    let pace = Pace::of(source.interval, &live.config.fetch);
    Box::new(move |_| after_own_fault(pace, &before, &outcome, polled_at))
}

/// Tells what became of a poll.
fn settle(ctx: &Ctx, polled: &Polled, recorded: Result<Recorded, StoreError>) {
    match recorded {
        Ok(recorded) => {
            if recorded.deliveries > 0 {
                ctx.pulse.deliveries_made();
            }
            told::count(ctx, &polled.record, &recorded);
            told::log(&polled.source, &polled.before, &polled.record, &recorded);
        }
        Err(StoreError::ClaimLost(id)) => {
            tracing::warn!(source.id = %id, "`{id}` was polled by another worker, or its address changed");
        }
        Err(error) => fault(ctx, &error),
    }
}
