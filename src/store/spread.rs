//! After a pause of ours many polls are overdue at once: they are spread over the next minutes.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::Row;

use super::{Store, StoreError, hosts, rows};
use crate::model::Timestamp;

/// Within so long all that is overdue is polled; a minute is left for the polls themselves.
const WITHIN: Duration = Duration::from_mins(14);
/// What is late by less was only waiting for its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// Sources that one transaction looks at.
const AT_ONCE: usize = 20_000;

impl Store {
    /// Puts overdue polls off by part of the time they are late, each by another part, and by no
    /// more than a quarter of an hour. First polls are not put off: their hosts' pace spreads them.
    /// Returns how many were.
    pub async fn spread_overdue(&self, now: Timestamp) -> Result<u64, StoreError> {
        let row =
            sqlx::query("select coalesce(max(rowid), 0) as last from source").fetch_one(self.of_loops());
        let last: i64 = row.await?.try_get("last")?;
        let (mut n_spread, mut touched) = (0, HashSet::new());
        for after in (0..last).step_by(AT_ONCE) {
            let mut tx = self.begin().await?;
            // Row numbers are consecutive; multiplied by this (Knuth's) number, they are spread evenly.
            let spread = sqlx::query(
                "update source set next_due = $1
                     + (rowid * 2654435761 % 1024) * min($2, $1 - next_due) / 1024
                 where rowid > $4 and rowid <= $5
                     and configured = 1 and marker = 'none' and last_poll is not null and next_due < $1 - $3
                 returning host",
            )
            .bind(now.as_millis())
            .bind(i64::try_from(WITHIN.as_millis()).unwrap_or(i64::MAX))
            .bind(i64::try_from(PATIENCE.as_millis()).unwrap_or(i64::MAX))
            .bind(after)
            .bind(after + i64::try_from(AT_ONCE).unwrap_or(i64::MAX))
            .fetch_all(&mut *tx)
            .await?;
            n_spread += spread.len() as u64;
            for row in spread {
                if touched.len() <= hosts::NAMED {
                    touched.insert(rows::text(&row, "host")?);
                }
            }
            tx.commit().await?;
        }
        // Until then the hosts' times are too soon, which costs a look and nothing else.
        if !touched.is_empty() {
            let mut tx = self.begin().await?;
            hosts::learn(&mut tx, &touched, now).await?;
            tx.commit().await?;
        }
        Ok(n_spread)
    }
}
