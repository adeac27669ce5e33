//! The dispatch loop: claims due deliveries, sends each, settles what became of it.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::steady::Steady;
use super::{Ctx, LONGEST_SLEEP, Live, Outlet, SHORTEST_SLEEP, STORE_RETRY, fault};
use crate::metrics::{Count, Loop, Span};
use crate::model::{ChannelName, DeliveryClass, DeliveryId, Retry, Timestamp};
use crate::notify::message::Message;
use crate::schedule::attempt::{AfterFailure, after_failure};
use crate::store::{Outgoing, Room, Settled, StoreError, StoryOutlet};

/// Deliveries in flight over all channels.
const IN_FLIGHT: usize = 64;
/// Between two looks at a channel that has work but no room.
const NO_ROOM: Duration = Duration::from_secs(1);
/// How long what is in flight may take to end once the daemon stops.
const LAST_WORDS: Duration = Duration::from_secs(7);

/// What is in flight, and the time as the loop saw it.
#[derive(Default)]
pub struct InFlight {
    jobs: JoinSet<()>,
    /// What each job sends, and where to.
    in_hand: HashMap<Id, (ChannelName, DeliveryId)>,
    steady: Steady,
}

impl InFlight {
    fn ended(&mut self, joined: Result<(Id, ()), JoinError>) {
        let job = joined.map_or_else(|error| error.id(), |(job, ())| job);
        self.in_hand.remove(&job);
    }

    fn on(&self, channel: &ChannelName) -> usize {
        self.in_hand.values().filter(|(on, _)| on == channel).count()
    }

    fn ids_on(&self, channel: &ChannelName) -> Vec<DeliveryId> {
        self.in_hand.values().filter(|(on, _)| on == channel).map(|(_, id)| id.clone()).collect()
    }

    /// Waits until all that is in flight has ended, but no longer than the last words may take.
    async fn drain(mut self) {
        let ending = async { while self.jobs.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_WORDS, ending).await.is_err() {
            tracing::warn!("stopped with deliveries in flight; they will be sent again under the same ids");
        }
    }
}

/// Sends until told to stop, then lets what is in flight end.
pub async fn run(ctx: &Arc<Ctx>, shutdown: &CancellationToken) {
    let mut in_flight = InFlight::default();
    let mut swapped = ctx.live.subscribe();
    loop {
        let now = ctx.clock.now();
        swapped.mark_unchanged();
        let wait = wait(turn(ctx, &mut in_flight, now).await, now);
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(joined) = in_flight.jobs.join_next_with_id() => in_flight.ended(joined),
            () = ctx.pulse.wait_for_deliveries() => (),
            Ok(()) = swapped.changed() => (),
            () = ctx.clock.sleep(now, wait) => (),
        }
    }
    in_flight.drain().await;
}

/// Sends nothing until told to stop, so that what is made waits in the store.
pub async fn idle(ctx: &Arc<Ctx>, shutdown: &CancellationToken) {
    loop {
        ctx.pulse.beat(Loop::Dispatch, ctx.clock.elapsed());
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = ctx.clock.sleep(ctx.clock.now(), LONGEST_SLEEP) => (),
        }
    }
}

/// Sends all that is due, then returns.
pub async fn run_once(ctx: &Arc<Ctx>, shutdown: &CancellationToken) {
    let mut in_flight = InFlight::default();
    while !shutdown.is_cancelled() {
        let now = ctx.clock.now();
        let due = turn(ctx, &mut in_flight, now).await;
        let all_sent = due.is_none_or(|due| due > now);
        if in_flight.jobs.is_empty() && all_sent || ctx.pulse.fault().is_some() {
            break;
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(joined) = in_flight.jobs.join_next_with_id() => in_flight.ended(joined),
            () = ctx.clock.sleep(now, wait(due, now)) => (),
        }
    }
    in_flight.drain().await;
}

/// One turn of the loop with its faults: returns when something will be due.
async fn turn(ctx: &Arc<Ctx>, in_flight: &mut InFlight, now: Timestamp) -> Option<Timestamp> {
    ctx.pulse.beat(Loop::Dispatch, ctx.clock.elapsed());
    if ctx.pulse.fault().is_some() {
        // What cannot be recorded would be sent again: the poll loop finds out when it can be.
        return Some(now + NO_ROOM);
    }
    match tick(ctx, in_flight, now).await {
        Ok(due) => due,
        Err(error) => {
            fault(ctx, &error);
            Some(now + STORE_RETRY)
        }
    }
}

/// Returns how long to wait: what is due already waits for its channel's rate or room.
fn wait(due: Option<Timestamp>, now: Timestamp) -> Duration {
    match due {
        Some(due) if due <= now => NO_ROOM,
        Some(due) => due.since(now).clamp(SHORTEST_SLEEP, LONGEST_SLEEP),
        None => LONGEST_SLEEP,
    }
}

/// Claims what is due as far as there is room and starts its sending; returns when the next
/// delivery will be due.
pub async fn tick(
    ctx: &Arc<Ctx>,
    in_flight: &mut InFlight,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    while let Some(joined) = in_flight.jobs.try_join_next_with_id() {
        in_flight.ended(joined);
    }
    if in_flight.steady.jumped(now) {
        ctx.store.mend_delivery_times(&ctx.send_lease, now).await?;
    }
    in_flight.steady.settle(now);
    let live = ctx.live();
    let names = names(&live);
    let Some(due) = ctx.store.next_delivery_due(&names).await? else { return Ok(None) };
    if due > now {
        return Ok(Some(due));
    }
    // Those with least in hand come first, so that channels that hang do not take all the room.
    let mut outlets: Vec<&Arc<Outlet>> = live.outlets.iter().collect();
    outlets.sort_by_key(|outlet| in_flight.on(&outlet.config.name));
    for outlet in outlets {
        let name = &outlet.config.name;
        let busy = in_flight.on(name);
        let free = outlet.config.in_flight.saturating_sub(busy).min(IN_FLIGHT - in_flight.jobs.len());
        if free == 0 {
            continue;
        }
        // What hangs beyond its claim is still ours: a second attempt would repeat it.
        let in_hand = in_flight.ids_on(name);
        let room = Room { free, per_minute: outlet.config.rate_per_minute, in_hand: &in_hand };
        let taken = ctx.store.claim_deliveries(&ctx.send_lease, name, room, now).await?;
        for outgoing in taken.outgoing {
            let id = outgoing.delivery.id.clone();
            let with = (Arc::clone(ctx), Arc::clone(&live));
            let job = in_flight.jobs.spawn(deliver(with, Arc::clone(outlet), outgoing));
            in_flight.in_hand.insert(job.id(), (name.clone(), id));
        }
        for (id, error) in taken.spoiled {
            let failed = Settled::Failed { class: DeliveryClass::RenderError, error, pause_until: None };
            count_outcome(ctx, name, &failed);
            tell((&id, name, 0), &failed);
        }
    }
    ctx.store.next_delivery_due(&names).await
}

fn names(live: &Live) -> Vec<ChannelName> {
    live.outlets.iter().map(|outlet| outlet.config.name.clone()).collect()
}

async fn deliver((ctx, live): (Arc<Ctx>, Arc<Live>), outlet: Arc<Outlet>, outgoing: Outgoing) {
    let (started, began) = (ctx.clock.now(), ctx.clock.elapsed());
    let sending = async { outlet.channel.send(&message(&ctx, &live, &outgoing).await, started).await };
    let sent = AssertUnwindSafe(sending).catch_unwind().await;
    let now = ctx.clock.now();
    let took = ctx.clock.elapsed().saturating_sub(began);
    let failed = match sent {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some((error.class(), error.retry(), error.told())),
        Err(_) => Some((DeliveryClass::RenderError, Retry::Later, PANICKED.to_owned())),
    };
    let settled = match failed {
        None => Settled::Delivered,
        Some((class, retry, error)) => {
            match after_failure(&outlet.config, &outgoing.delivery, (class, retry), now) {
                AfterFailure::Again { due, pause_until } => Settled::Again { class, error, due, pause_until },
                AfterFailure::GiveUp { class, pause_until } => Settled::Failed { class, error, pause_until },
            }
        }
    };
    let Outgoing { delivery, .. } = &outgoing;
    ctx.metrics.note(Span::Delivery, &[delivery.channel.as_str()], took);
    if settle(&ctx, &outgoing, &settled).await {
        if settled == Settled::Delivered {
            note_latency(&ctx, &outgoing, now);
        }
        count_outcome(&ctx, &delivery.channel, &settled);
        tell((&delivery.id, &delivery.channel, delivery.attempts), &settled);
    }
}

/// What is said of a delivery whose message made us panic.
const PANICKED: &str = "newshound itself failed on this message; the log says where";

/// Records what became of an attempt, as often as it takes: what was sent and not recorded would
/// be sent again. Returns false where the claim was lost, and another attempt counts instead.
async fn settle(ctx: &Ctx, outgoing: &Outgoing, settled: &Settled) -> bool {
    loop {
        let now = ctx.clock.now();
        match ctx.store.settle_delivery(&ctx.send_lease, outgoing, settled, now).await {
            Ok(()) => return true,
            Err(StoreError::ClaimLost(id)) => {
                tracing::warn!(delivery = %id, "delivery {id} was claimed again before it was settled");
                return false;
            }
            Err(error) => fault(ctx, &error),
        }
        ctx.clock.sleep(now, STORE_RETRY).await;
    }
}

/// Returns the message of a delivery, with what the settings know of its source, and who carries
/// the story by now. Where the store does not tell, the alert knows who did when it was made.
async fn message(ctx: &Ctx, live: &Live, outgoing: &Outgoing) -> Message {
    let Outgoing { delivery, alert, item } = outgoing;
    let message = Message::of(&live.config, live.timezone.clone(), (alert, item), Some(delivery));
    match ctx.store.outlets_of(&alert.story.id).await {
        Ok(outlets) => {
            let carrier = |outlet: StoryOutlet| (outlet.source, outlet.copies_only);
            message.carried_by(&live.config, &outlets.into_iter().map(carrier).collect::<Vec<_>>())
        }
        Err(_) => message,
    }
}

fn note_latency(ctx: &Ctx, outgoing: &Outgoing, now: Timestamp) {
    ctx.metrics.note(Span::FetchedToSent, &[], now.since(outgoing.alert.created));
    if let Some(published) = outgoing.item.published {
        let topic = outgoing.alert.topic.as_str();
        ctx.metrics.note(Span::PublishedToSent, &[topic], now.since(published));
    }
}

fn count_outcome(ctx: &Ctx, channel: &ChannelName, settled: &Settled) {
    let class = match settled {
        Settled::Delivered => "ok",
        Settled::Again { class, .. } | Settled::Failed { class, .. } => class.as_str(),
    };
    ctx.metrics.add(Count::Deliveries, &[channel.as_str(), class], 1);
    ctx.tally.count(|counts| match settled {
        Settled::Delivered => counts.delivered += 1,
        Settled::Again { .. } => counts.retried += 1,
        Settled::Failed { .. } => counts.failed += 1,
    });
}

fn tell((id, channel, attempts): (&DeliveryId, &ChannelName, u32), settled: &Settled) {
    match settled {
        Settled::Delivered => {
            tracing::debug!(delivery = %id, %channel, attempts, "delivered {id} to `{channel}`");
        }
        Settled::Again { class, error, due, .. } => {
            tracing::warn!(delivery = %id, %channel, %class, attempts,
                "delivery {id} to `{channel}` did not arrive: {class}, {error}; next try {due}");
        }
        Settled::Failed { class, error, .. } => {
            tracing::error!(delivery = %id, %channel, %class, attempts,
                "delivery {id} to `{channel}` is given up: {class}, {error}; \
                 `newshound deliveries retry {id}` sends it again");
        }
    }
}
