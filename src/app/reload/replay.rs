//! What the topics that changed would have alerted in the last days: told after a reload, and
//! never alerted.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::app::backtest::Feed;
use crate::app::backtest::changes::{Changes, TopicChanges};
use crate::app::backtest::compare::{DAYS, Half, LOOK_BACK, compare};
use crate::app::shown;
use crate::model::TopicId;
use crate::store::{DaemonNote, ReloadNote, ReplayNote};
use crate::web::Site;
use crate::worker::{Ctx, Live};

/// Topics that change in one reload and are replayed; more are left to `plan`.
const MOST: usize = 1_000;
/// Topics whose replay is noted for the status.
const NOTED: usize = 20;

/// Replays the topics that changed, aside, until that is cancelled.
pub(super) fn begin(ctx: &Arc<Ctx>, site: &Arc<Site>, before: Arc<Live>, cancelled: &CancellationToken) {
    let now = ctx.live();
    let changed = changed(&before, &now);
    if changed.is_empty() {
        return;
    }
    if changed.len() > MOST {
        let n = changed.len();
        tracing::info!(n, "{n} topics changed; `newshound backtest` tells what they find");
        return;
    }
    let (ctx, site, cancelled) = (Arc::clone(ctx), Arc::clone(site), cancelled.clone());
    tokio::spawn(async move {
        let feed = Feed::archive(ctx.store.clone(), ctx.clock.now() - LOOK_BACK);
        let (live, wanted) = (Arc::clone(&now), cancelled.clone());
        let (store, runtime) = (ctx.store.clone(), Handle::current());
        let replaying = tokio::task::spawn_blocking(move || {
            let half =
                |config| runtime.block_on(Half::picked(config, |id| changed.contains(id)).corrected(&store));
            let (is, was) = (half(&live.config)?, half(&before.config)?);
            // One thread: the daemon has its own work to do.
            compare(feed, (&is, Some(&was)), NonZero::<usize>::MIN, || !wanted.is_cancelled())
        });
        match replaying.await {
            Ok(Ok(alerts)) => tell((&ctx, &site), (&now, &alerts), &cancelled).await,
            Ok(Err(error)) if !cancelled.is_cancelled() => {
                tracing::warn!("the topics that changed could not be replayed: {error:#}");
            }
            _ => {}
        }
    });
}

fn changed(before: &Live, now: &Live) -> HashSet<TopicId> {
    let other = now.versions.iter().filter(|(id, version)| before.versions.get(*id) != Some(*version));
    other.map(|(id, _)| id.clone()).collect()
}

async fn tell((ctx, site): (&Ctx, &Site), (live, alerts): (&Live, &Changes), cancelled: &CancellationToken) {
    // A reload that has begun meanwhile has more to say.
    let _turn = ctx.turnstile.lock().await;
    if cancelled.is_cancelled() {
        return;
    }
    let note = |(id, topic): (&TopicId, &TopicChanges)| ReplayNote {
        topic: id.clone(),
        before: topic.before,
        after: topic.after,
        added: topic.added,
        removed: topic.removed,
    };
    let mut replayed: Vec<ReplayNote> = alerts.topics().map(note).collect();
    replayed.sort_by_key(|topic| std::cmp::Reverse(topic.added + topic.removed));
    replayed.truncate(NOTED);
    let note = site.shown().note.clone();
    let Some(reload) = note.reload.clone() else { return };
    let note = DaemonNote { reload: Some(ReloadNote { replayed, ..reload }), ..note };
    if let Err(error) = ctx.store.leave_note(&note).await {
        tracing::warn!("the replay could not be noted for other commands: {error}");
    }
    site.show(shown(live, note));
    // Last, so that whoever reads it finds the same in the status.
    for (id, TopicChanges { before, after, added, removed, .. }) in alerts.topics() {
        tracing::info!(topic = %id, before, after, added, removed,
            "replayed topic `{id}` over the last {DAYS} days: alerts as it is now {after}, as it was {before}; \
             new {added}, gone {removed}; none of them is sent");
    }
}
