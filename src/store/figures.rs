//! Figures that are kept as they arise, since counting anew would take the longer the more there is.

use std::collections::BTreeMap;

use sqlx::Row;

use super::{Store, StoreError, Tx, rows};
use crate::model::{PollRecord, Timestamp};

pub(super) const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What is kept of items and polls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// Items in store.
    pub(super) items: u64,
    /// Those first seen in the last 24 hours.
    pub(super) items_last_day: u64,
    /// When a poll was last recorded.
    pub(super) last_poll: Option<Timestamp>,
}

impl Store {
    /// Returns the figures that were kept.
    pub(super) async fn kept_figures(&self, now: Timestamp) -> Result<Kept, StoreError> {
        let since = now.as_millis() - DAY_MS;
        let row = sqlx::query(
            "select (select coalesce(sum(items), 0) from item_hour) as items,
                 (select coalesce(sum(items), 0) from item_hour where hour > $2)
                     + (select count(*) from item where first_seen > $1 and first_seen < ($2 + 1) * $3) as last_day,
                 (select cast(value as integer) from daemon where name = 'last_poll') as last_poll",
        )
        .bind(since)
        .bind(since.div_euclid(HOUR_MS))
        .bind(HOUR_MS)
        .fetch_one(self.reader())
        .await?;
        Ok(Kept {
            items: rows::count(&row, "items")?,
            items_last_day: rows::count(&row, "last_day")?,
            last_poll: row.try_get::<Option<i64>, _>("last_poll")?.map(Timestamp::from_millis),
        })
    }
}

/// Keeps the figures of polls that were recorded, each with the items that were new.
pub(super) async fn keep(
    tx: &mut Tx<'_>,
    polls: impl Iterator<Item = (&PollRecord, u64)>,
) -> Result<(), StoreError> {
    let mut last_poll = None;
    let mut hours: BTreeMap<i64, i64> = BTreeMap::new();
    for (record, new) in polls {
        last_poll = last_poll.max(Some(record.polled_at));
        if new > 0 {
            let hour = record.polled_at.as_millis().div_euclid(HOUR_MS);
            *hours.entry(hour).or_default() += i64::try_from(new).unwrap_or(i64::MAX);
        }
    }
    for (hour, items) in hours {
        sqlx::query(
            "insert into item_hour (hour, items) values ($1, $2)
             on conflict (hour) do update set items = item_hour.items + excluded.items",
        )
        .bind(hour)
        .bind(items)
        .execute(&mut **tx)
        .await?;
    }
    let Some(last_poll) = last_poll else { return Ok(()) };
    sqlx::query(
        "insert into daemon (name, value) values ('last_poll', $1)
         on conflict (name) do update set value = excluded.value",
    )
    .bind(last_poll.as_millis().to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
