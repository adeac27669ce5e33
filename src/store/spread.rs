//! After a pause of ours many polls are overdue at once: they are spread over the next minutes.

use std::collections::HashSet;
use std::time::Duration;

use super::{Store, StoreError, hosts, rows};
use crate::model::Timestamp;

/// Within so long all that is overdue is polled; a minute is left for the polls themselves.
const WITHIN: Duration = Duration::from_mins(14);
/// What is late by less was only waiting for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

impl Store {
    /// Puts overdue polls off by part of the time they are late, each by another part, and by no
    /// more than a quarter of an hour. First polls are not put off: their hosts' pace spreads them.
    /// Returns how many were.
    pub async fn spread_overdue(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        // Row numbers are consecutive; multiplied by this (Knuth's) number, they are spread evenly.
        let spread = sqlx::query(
            "update source set next_due = $1
                 + (rowid * 2654435761 % 1024) * min($2, $1 - next_due) / 1024
             where configured = 1 and marker = 'none' and last_poll is not null and next_due < $1 - $3
             returning host",
        )
        .bind(now.as_millis())
        .bind(i64::try_from(WITHIN.as_millis()).unwrap_or(i64::MAX))
        .bind(i64::try_from(PATIENCE.as_millis()).unwrap_or(i64::MAX))
        .fetch_all(&mut *tx)
        .await?;
        let touched = spread.iter().map(|row| rows::text(row, "host")).collect::<Result<HashSet<_>, _>>()?;
        if !touched.is_empty() {
            hosts::learn(&mut tx, &touched, now).await?;
        }
        tx.commit().await?;
        Ok(spread.len() as u64)
    }
}
