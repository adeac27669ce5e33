//! The record of one poll: items, identities, hits, alerts, deliveries and the source's
//! validators, in one transaction.

use std::time::Duration;

use super::{Lease, Store, StoreError, Tx, items::record_item};
use crate::model::{
    Alert, Decision, Found, Next, PollClass, PollRecord, SourceId, SourceState, Timestamp, TopicId,
};

/// What a poll added.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The source's state from now on.
    pub state: SourceState,
    /// Items never seen before.
    pub new: u64,
    /// Known items whose text changed.
    pub updated: u64,
    /// Items that another item has already brought, by its address.
    pub same_url: u64,
    /// Items that another item has already brought, by its text.
    pub same_text: u64,
    /// The topic and the decision of each hit.
    pub hits: Vec<(TopicId, Decision)>,
    /// The alerts made.
    pub new_alerts: Vec<Alert>,
    /// Deliveries made.
    pub deliveries: u64,
}

impl Recorded {
    fn of(source: &SourceId, now: Timestamp) -> Self {
        Recorded {
            state: SourceState::unseen(source.clone(), now),
            new: 0,
            updated: 0,
            same_url: 0,
            same_text: 0,
            hits: Vec::new(),
            new_alerts: Vec::new(),
            deliveries: 0,
        }
    }

    /// Returns how many alerts were made.
    pub fn alerts(&self) -> usize {
        self.hits.iter().filter(|(_, decision)| *decision == Decision::Alert).count()
    }
}

impl Store {
    /// Writes all that a poll brought, if the claim still holds.
    pub async fn record_poll(&self, lease: &Lease, record: &PollRecord) -> Result<Recorded, StoreError> {
        let mut tx = self.begin().await?;
        let mut recorded = Recorded::of(&record.source, record.polled_at);
        for seen in &record.items {
            record_item(&mut tx, record, seen, &mut recorded).await?;
        }
        let known = record.items.len() as u64 - recorded.new + record.n_skipped as u64;
        let next = (record.decide)(Found { new: recorded.new, updated: recorded.updated, known });
        settle_source(&mut tx, lease, &next.state, recorded.new).await?;
        pause_host(&mut tx, record).await?;
        note_trouble(&mut tx, &next, record.polled_at).await?;
        tx.commit().await?;
        recorded.state = next.state;
        Ok(recorded)
    }
}

async fn settle_source(
    tx: &mut Tx<'_>,
    lease: &Lease,
    state: &SourceState,
    n_new: u64,
) -> Result<(), StoreError> {
    let validators = state.validators.as_ref();
    let moved = state.moved.as_ref();
    let settled = sqlx::query(
        "update source set next_due = $1, failures = $2, validator_url = $3, etag = $4, last_modified = $5,
             body_hash = $6, baseline_done = $7, class = $8, message = $9, last_poll = $10, last_success = $11,
             marker = case when marker = 'operator' then marker else $12 end,
             first_polled = coalesce(first_polled, $10), items = items + $13,
             claimed_by = null, claimed_until = null,
             interval_ms = $16, reason = $17, failing_since = $18, asks_ms = $19, skip_hours = $20,
             skip_days = $21, rhythm = $22, moved_to = $23, moved_at = $24, moved_failing_since = $25,
             read_whole = $26, unchanged_since = $27, unchanged = $28, asked_plainly = $29, lies = $30,
             refused_since = $31, asks_from = $32, max_age_ms = $33
         where id = $14 and claimed_by = $15",
    )
    .bind(state.next_due.as_millis())
    .bind(i64::from(state.failures))
    .bind(validators.map(|validators| validators.url.as_str()))
    .bind(validators.and_then(|validators| validators.etag.as_deref()))
    .bind(validators.and_then(|validators| validators.last_modified.as_deref()))
    .bind(state.body_hash.as_deref())
    .bind(i64::from(state.baseline_done))
    .bind(state.class.map(PollClass::as_str))
    .bind(state.message.as_deref())
    .bind(state.last_poll.map(Timestamp::as_millis))
    .bind(state.last_success.map(Timestamp::as_millis))
    .bind(state.marker.as_str())
    .bind(i64::try_from(n_new).unwrap_or(i64::MAX))
    .bind(state.id.as_str())
    .bind(&lease.holder)
    .bind(state.interval.map(millis))
    .bind(state.reason.as_deref())
    .bind(state.failing_since.map(Timestamp::as_millis))
    .bind(state.hints.least.map(millis))
    .bind(i64::from(state.hints.skip_hours))
    .bind(i64::from(state.hints.skip_days))
    .bind(Some(state.rhythm.as_slice()).filter(|rhythm| !rhythm.is_empty()))
    .bind(moved.map(|moved| moved.url.as_str()))
    .bind(moved.map(|moved| moved.since.as_millis()))
    .bind(moved.and_then(|moved| moved.failing_since).map(Timestamp::as_millis))
    .bind(state.read_whole.map(Timestamp::as_millis))
    .bind(state.unchanged.since.map(Timestamp::as_millis))
    .bind(i64::from(state.unchanged.answers))
    .bind(state.unchanged.asked_plainly.map(Timestamp::as_millis))
    .bind(i64::from(state.unchanged.lies))
    .bind(state.refused_since.map(Timestamp::as_millis))
    .bind(state.hints.from.map(Timestamp::as_millis))
    .bind(state.max_age.map(millis))
    .execute(&mut **tx)
    .await?;
    if settled.rows_affected() == 0 {
        return Err(StoreError::ClaimLost(state.id.to_string()));
    }
    Ok(())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Keeps away from the whole host, where it asked for that.
async fn pause_host(tx: &mut Tx<'_>, record: &PollRecord) -> Result<(), StoreError> {
    let Some((host, until)) = &record.host_pause else { return Ok(()) };
    sqlx::query(
        "insert into host (name, free_at, set_at) values ($1, $2, $3)
         on conflict (name) do update set set_at = excluded.set_at, free_at =
             case when host.free_at > excluded.free_at then host.free_at else excluded.free_at end",
    )
    .bind(host)
    .bind(until.as_millis())
    .bind(record.polled_at.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts the class of a poll that did not go well, and what else there is to tell.
async fn note_trouble(tx: &mut Tx<'_>, next: &Next, polled_at: Timestamp) -> Result<(), StoreError> {
    let Next { state, notes } = next;
    let id = state.id.as_str();
    if let Some(class) = state.class.filter(|class| !matches!(class, PollClass::Ok | PollClass::NotModified))
    {
        let message = state.message.as_deref().unwrap_or_default();
        event(tx, (id, ""), (class.as_str(), message), polled_at).await?;
    }
    for note in notes {
        event(tx, (id, ""), (note.class, &note.message), polled_at).await?;
    }
    Ok(())
}

/// Counts an event on a source or channel.
pub(super) async fn event(
    tx: &mut Tx<'_>,
    (source, channel): (&str, &str),
    (class, message): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into event (source, channel, class, count, first_time, last_time, message)
         values ($1, $2, $3, 1, $4, $4, $5)
         on conflict (source, channel, class) do update set
             count = event.count + 1, last_time = excluded.last_time, message = excluded.message",
    )
    .bind(source)
    .bind(channel)
    .bind(class)
    .bind(now.as_millis())
    .bind(message)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
