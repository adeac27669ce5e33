//! Times that cannot be: the clock was set back, or ahead while work was in hand.
//!
//! A wait is the distance between two stored times. Where the earlier of them lies in the
//! future, both were read off a clock that is right no longer, and the wait begins again now.

use std::collections::HashSet;

use super::{Lease, Store, StoreError, hosts, rows};
use crate::model::Timestamp;

impl Store {
    /// Mends the times of sources and hosts, and lets the claims in this process's hands begin
    /// again.
    pub async fn mend_poll_times(&self, lease: &Lease, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let mut mended = HashSet::new();
        for statement in [
            "update source set next_due = next_due - (last_poll - $1), last_poll = $1,
                 last_success = case when last_success > $1 then $1 else last_success end
             where last_poll > $1 returning host",
            "update source set next_due = $1 where (last_poll is null or class is null) and next_due > $1
             returning host",
            // Put off or ordered by a clock that was ahead: later than the interval in force, with its
            // jitter, and than a day where another source is polled in its stead, could make it. Where
            // it was due meanwhile it does not come together with all others.
            "update source set next_due = max(last_poll + interval_ms, $1 + rowid * 2654435761 % 840000)
             where next_due > $1 + 900000
                 and next_due - last_poll - 900000
                     > max(interval_ms * 11 / 10, case when same_as is null then 0 else 95040000 end)
             returning host",
            "update host set free_at = free_at - (set_at - $1), set_at = $1 where set_at > $1
             returning name as host",
            "update claim set ends = $2 where holder = $3 returning host",
        ] {
            let found = sqlx::query(statement)
                .bind(now.as_millis())
                .bind((now + lease.length).as_millis())
                .bind(&lease.holder)
                .fetch_all(&mut *tx)
                .await?;
            for row in found {
                mended.insert(rows::text(&row, "host")?);
            }
        }
        let mended: Vec<&str> = mended.iter().map(String::as_str).collect();
        hosts::refresh(&mut tx, &mended, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Mends the times of deliveries and channels, and lets the claims in this process's hands
    /// begin again.
    pub async fn mend_delivery_times(&self, lease: &Lease, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for statement in [
            "update delivery set due = due - (last_attempt - $1), last_attempt = $1
             where state = 'pending' and last_attempt > $1",
            "update delivery set due = $1
             where state = 'pending' and last_attempt is null and created > $1 and due > $1",
            "update channel set free_at = free_at - (set_at - $1), set_at = $1 where set_at > $1",
            "update delivery set claimed_until = $2 where state = 'sending' and claimed_by = $3",
        ] {
            sqlx::query(statement)
                .bind(now.as_millis())
                .bind((now + lease.length).as_millis())
                .bind(&lease.holder)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
