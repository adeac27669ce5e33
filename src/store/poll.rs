//! The record of one poll: items, identities, hits, alerts, deliveries and the source's
//! validators, in one transaction.

use super::{Lease, Store, StoreError, Tx, claim, hosts, items::record_item};
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
        let id = record.state.id.as_str();
        let Some(ended) = claim::end(&mut tx, lease, &[id]).await?.pop() else {
            return Err(StoreError::ClaimLost(id.to_owned()));
        };
        let mut recorded = Recorded::default();
        for seen in &record.items {
            record_item(&mut tx, record, seen, &mut recorded).await?;
        }
        settle_source(&mut tx, record, &recorded).await?;
        let mut hosts = vec![ended.host.as_str()];
        if let Some((host, until)) = &record.host_pause {
            hosts::pause(&mut tx, host, *until, record.polled_at).await?;
            hosts.push(host);
        }
        hosts::refresh(&mut tx, &hosts, record.polled_at).await?;
        note_trouble(&mut tx, record).await?;
        tx.commit().await?;
        Ok(recorded)
    }
}

async fn settle_source(
    tx: &mut Tx<'_>,
    record: &PollRecord,
    recorded: &Recorded,
) -> Result<(), StoreError> {
    let state = &record.state;
    let validators = state.validators.as_ref();
    sqlx::query(
        "update source set next_due = $1, failures = $2, validator_url = $3, etag = $4, last_modified = $5,
             body_hash = $6, baseline_done = $7, class = $8, message = $9, last_poll = $10, last_success = $11,
             marker = case when marker = 'operator' then marker else $12 end,
             first_polled = coalesce(first_polled, $10), items = items + $13
         where id = $14",
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
