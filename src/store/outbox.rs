//! Deliveries: claimed, settled, called back.

use sqlx::Row;

use super::{Lease, Store, StoreError, Tx, lists::DELIVERY_WITH_ALERT_AND_ITEM, poll, rows};
use crate::model::{
    Alert, ChannelName, Delivery, DeliveryClass, DeliveryId, DeliveryState, Held, Item, Timestamp,
};

/// A delivery in hand, with all its message needs.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The delivery; its attempts count the one about to begin.
    pub delivery: Delivery,
    /// Its alert.
    pub alert: Alert,
    /// The alert's item.
    pub item: Item,
}

/// How much of a channel may be claimed.
#[derive(Clone, Copy, Debug)]
pub struct Room<'a> {
    /// At most so many.
    pub free: usize,
    /// So many attempts may begin in any minute.
    pub per_minute: u32,
    /// What this process still has in hand, however long ago it claimed it.
    pub in_hand: &'a [DeliveryId],
}

/// What a claim brought.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// To be sent, oldest first.
    pub outgoing: Vec<Outgoing>,
    /// Given up, since their messages cannot be put together from what is stored; and why.
    pub spoiled: Vec<(DeliveryId, String)>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The receiver took it.
    Delivered,
    /// Another attempt follows.
    Again {
        /// What went wrong.
        class: DeliveryClass,
        /// In words.
        error: String,
        /// Not before this.
        due: Timestamp,
        /// Until when the receiver wants no message at all.
        pause_until: Option<Timestamp>,
    },
    /// No further attempt follows.
    Failed {
        /// Why.
        class: DeliveryClass,
        /// In words.
        error: String,
        /// Until when the receiver wants no message at all.
        pause_until: Option<Timestamp>,
    },
}

impl Store {
    /// Claims due deliveries of a channel, oldest first, as far as there is room. A receiver that
    /// asked for a pause gets none before its end, and then one at a time until it takes one.
    pub async fn claim_deliveries(
        &self,
        lease: &Lease,
        channel: &ChannelName,
        room: Room<'_>,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let mut tx = self.begin().await?;
        let free = i64::try_from(room.free).unwrap_or(i64::MAX);
        let left = i64::from(room.per_minute) - begun_lately(&mut tx, channel, now).await?;
        let limit = free.min(left).min(allowed(&mut tx, channel, now).await?);
        if limit <= 0 {
            return Ok(Taken::default());
        }
        let claimed = sqlx::query(
            "update delivery set state = 'sending', held = null, attempts = attempts + 1, last_attempt = $3,
                 claimed_by = $1, claimed_until = $2
             where id in (select id from delivery
                 where channel = $4 and ((state = 'pending' and due <= $3)
                     or (state = 'sending' and claimed_until <= $3))
                    and id not in (select value from json_each($6))
                 order by due, created, id limit $5)
             returning id",
        )
        .bind(&lease.holder)
        .bind((now + lease.length).as_millis())
        .bind(now.as_millis())
        .bind(channel.as_str())
        .bind(limit)
        .bind(serde_json::to_string(room.in_hand)?)
        .fetch_all(&mut *tx)
        .await?;
        let mut taken = Taken::default();
        for row in claimed {
            let id = rows::text(&row, "id")?;
            let spoiled = match read_outgoing(&mut tx, &id).await {
                Ok(Some(read)) => {
                    taken.outgoing.push(read);
                    continue;
                }
                Ok(None) => "its alert or item is gone".to_owned(),
                // One bad row does not hold up the others.
                Err(StoreError::Database(cause @ sqlx::Error::ColumnDecode { .. })) => cause.to_string(),
                Err(error) => return Err(error),
            };
            spoil(&mut tx, (&id, channel), &spoiled, now).await?;
            taken.spoiled.push((DeliveryId::new(id), spoiled));
        }
        tx.commit().await?;
        let oldest = |a: &Outgoing, b: &Outgoing| {
            (a.delivery.due, &a.delivery.id).cmp(&(b.delivery.due, &b.delivery.id))
        };
        taken.outgoing.sort_by(oldest);
        Ok(taken)
    }

    /// Records what became of an attempt, if the claim still holds.
    pub async fn settle_delivery(
        &self,
        lease: &Lease,
        outgoing: &Outgoing,
        settled: &Settled,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let delivery = &outgoing.delivery;
        let (state, class, error, due) = match settled {
            Settled::Delivered => (DeliveryState::Delivered, DeliveryClass::Ok, None, delivery.due),
            Settled::Again { class, error, due, .. } => (DeliveryState::Pending, *class, Some(error), *due),
            Settled::Failed { class, error, .. } => {
                (DeliveryState::Failed, *class, Some(error), delivery.due)
            }
        };
        let mut tx = self.begin().await?;
        let written = sqlx::query(
            "update delivery set state = $1, class = $2, error = $3, due = $4, held = $5, delivered_at = $6,
                 last_attempt = case when last_attempt > $9 then $9 else last_attempt end,
                 claimed_by = null, claimed_until = null
             where id = $7 and claimed_by = $8 and attempts = $10 and last_attempt = $11 and state = 'sending'",
        )
        .bind(state.as_str())
        .bind(class.as_str())
        .bind(error)
        .bind(due.as_millis())
        .bind((state == DeliveryState::Pending).then_some(Held::Retry.as_str()))
        .bind((state == DeliveryState::Delivered).then_some(now.as_millis()))
        .bind(delivery.id.as_str())
        .bind(&lease.holder)
        .bind(now.as_millis())
        .bind(i64::from(delivery.attempts))
        .bind(delivery.last_attempt.map(Timestamp::as_millis))
        .execute(&mut *tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(StoreError::ClaimLost(delivery.id.to_string()));
        }
        pace_channel(&mut tx, &delivery.channel, settled, now).await?;
        if let Some(error) = error {
            let channel = delivery.channel.as_str();
            poll::event(&mut tx, ("", channel), (class.as_str(), error), now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Makes deliveries due now: those named, or all that failed or wait for another attempt.
    /// A failed one begins its schedule anew; its id stays.
    pub async fn retry_deliveries(
        &self,
        which: &[DeliveryId],
        channel: Option<&ChannelName>,
        now: Timestamp,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let ids = serde_json::to_string(which)?;
        let mut tx = self.begin().await?;
        let found = sqlx::query(
            "update delivery set state = 'pending', held = null, due = $1,
                 begun = case when state = 'failed' then $1 else begun end,
                 attempts = case when state = 'failed' then 0 else attempts end
             where (state = 'failed' or (state = 'pending' and due > $1))
                 and ($2 = '[]' or id in (select value from json_each($2)))
                 and ($3 is null or channel = $3)
             returning id",
        )
        .bind(now.as_millis())
        .bind(&ids)
        .bind(channel.map(ChannelName::as_str))
        .fetch_all(&mut *tx)
        .await?;
        sqlx::query(
            "update channel set free_at = $1, set_at = $1
             where free_at > $1 and ($3 is null or name = $3)
                 and ($2 = '[]' or name in (select channel from delivery where id in (select value from json_each($2))))",
        )
        .bind(now.as_millis())
        .bind(&ids)
        .bind(channel.map(ChannelName::as_str))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        found.iter().map(|row| Ok(DeliveryId::new(rows::text(row, "id")?))).collect()
    }

    /// Returns when the next delivery of these channels is due.
    pub async fn next_delivery_due(&self, channels: &[ChannelName]) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "select min(case when free_at > due then free_at else due end) as due from (
                 select (select min(due) from delivery
                         where state = 'pending' and delivery.channel = wanted.value) as due,
                     (select free_at from channel where name = wanted.value) as free_at
                 from json_each($1) as wanted
                 union all select claimed_until, null from delivery
                     where state = 'sending' and channel in (select value from json_each($1))
             ) as waiting where due is not null",
        )
        .bind(serde_json::to_string(channels)?)
        .fetch_one(self.of_loops())
        .await?;
        Ok(row.try_get::<Option<i64>, _>("due")?.map(Timestamp::from_millis))
    }
}

const MINUTE_MS: i64 = 60_000;

/// Returns how many deliveries of a channel were begun within the last minute.
async fn begun_lately(tx: &mut Tx<'_>, channel: &ChannelName, now: Timestamp) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "select count(*) as begun from delivery where channel = $1 and last_attempt > $2 and last_attempt <= $3",
    )
    .bind(channel.as_str())
    .bind(now.as_millis() - MINUTE_MS)
    .bind(now.as_millis())
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.try_get("begun")?)
}

/// Returns how many deliveries a channel may get for its receiver's sake.
async fn allowed(tx: &mut Tx<'_>, channel: &ChannelName, now: Timestamp) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "select free_at, (select count(*) from delivery
                where channel = $1 and state = 'sending' and claimed_until > $2) as sending
         from channel where name = $1",
    )
    .bind(channel.as_str())
    .bind(now.as_millis())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(match row {
        None => i64::MAX,
        Some(row) if rows::time(&row, "free_at")? > now => 0,
        Some(row) => 1 - row.try_get::<i64, _>("sending")?,
    })
}

/// Notes that a receiver asked for a pause, or that it takes messages again.
async fn pace_channel(
    tx: &mut Tx<'_>,
    channel: &ChannelName,
    settled: &Settled,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = match settled {
        // One that was under way when another was told to wait does not end the wait.
        Settled::Delivered => sqlx::query("delete from channel where name = $1 and free_at <= $2")
            .bind(channel.as_str())
            .bind(now.as_millis()),
        Settled::Again { pause_until: Some(until), .. }
        | Settled::Failed { pause_until: Some(until), .. } => sqlx::query(
            "insert into channel (name, free_at, set_at) values ($1, $2, $3)
             on conflict (name) do update set set_at = excluded.set_at, free_at =
                 case when channel.free_at > excluded.free_at then channel.free_at else excluded.free_at end",
        )
        .bind(channel.as_str())
        .bind(until.as_millis())
        .bind(now.as_millis()),
        Settled::Again { .. } | Settled::Failed { .. } => return Ok(()),
    };
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Gives up a delivery whose message cannot be put together from what is stored.
async fn spoil(
    tx: &mut Tx<'_>,
    (id, channel): (&str, &ChannelName),
    error: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update delivery set state = 'failed', class = $2, error = $3, claimed_by = null, claimed_until = null
         where id = $1",
    )
    .bind(id)
    .bind(DeliveryClass::RenderError.as_str())
    .bind(error)
    .execute(&mut **tx)
    .await?;
    poll::event(tx, ("", channel.as_str()), (DeliveryClass::RenderError.as_str(), error), now).await
}

async fn read_outgoing(tx: &mut Tx<'_>, id: &str) -> Result<Option<Outgoing>, StoreError> {
    let row = sqlx::query(DELIVERY_WITH_ALERT_AND_ITEM).bind(id).fetch_optional(&mut **tx).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Outgoing { delivery: rows::delivery(&row)?, alert: rows::alert(&row)?, item: rows::item(&row)? }))
}
