//! The record of one poll: items, identities, hits, alerts, deliveries and the source's
//! validators, in one transaction.

use super::{Lease, Store, StoreError, Tx, items::record_item};
use crate::model::{Alert, Decision, PollClass, PollRecord, Timestamp, TopicId};

/// What a poll added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
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
    /// Returns how many alerts were made.
    pub fn alerts(&self) -> usize {
        self.hits.iter().filter(|(_, decision)| *decision == Decision::Alert).count()
    }
}

impl Store {
    /// Writes all that a poll brought, if the claim still holds.
    pub async fn record_poll(&self, lease: &Lease, record: &PollRecord) -> Result<Recorded, StoreError> {
        let mut tx = self.begin().await?;
        let mut recorded = Recorded::default();
        for seen in &record.items {
            record_item(&mut tx, record, seen, &mut recorded).await?;
        }
        settle_source(&mut tx, lease, record, &recorded).await?;
        pause_host(&mut tx, record).await?;
        note_trouble(&mut tx, record).await?;
        tx.commit().await?;
        Ok(recorded)
    }
}

async fn settle_source(
    tx: &mut Tx<'_>,
    lease: &Lease,
    record: &PollRecord,
    recorded: &Recorded,
) -> Result<(), StoreError> {
    let state = &record.state;
    let validators = state.validators.as_ref();
    let settled = sqlx::query(
        "update source set next_due = $1, failures = $2, validator_url = $3, etag = $4, last_modified = $5,
             body_hash = $6, baseline_done = $7, class = $8, message = $9, last_poll = $10, last_success = $11,
             marker = case when marker = 'operator' then marker else $12 end,
             first_polled = coalesce(first_polled, $10), items = items + $13,
             claimed_by = null, claimed_until = null
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
    .bind(i64::try_from(recorded.new).unwrap_or(i64::MAX))
    .bind(state.id.as_str())
    .bind(&lease.holder)
    .execute(&mut **tx)
    .await?;
    if settled.rows_affected() == 0 {
        return Err(StoreError::ClaimLost(state.id.to_string()));
    }
    Ok(())
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

async fn note_trouble(tx: &mut Tx<'_>, record: &PollRecord) -> Result<(), StoreError> {
    let Some(class) =
        record.state.class.filter(|class| !matches!(class, PollClass::Ok | PollClass::NotModified))
    else {
        return Ok(());
    };
    let message = record.state.message.as_deref().unwrap_or_default();
    event(tx, (record.state.id.as_str(), ""), (class.as_str(), message), record.polled_at).await
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
