//! Which sources there are, and how each stands.

use std::collections::HashMap;

use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreError, rows};
use crate::model::{SourceId, SourceState, Timestamp};

/// A source's memory and its counts.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// Its state.
    pub state: SourceState,
    /// Items seen in all.
    pub items: u64,
    /// Items that came after the baseline in the last 7 days, per day since it is watched.
    pub items_per_day: f64,
}

const DAY_MS: i64 = 86_400_000;

/// Rows of `source` with their new items of the week since `$1`.
macro_rules! source_rows {
    ($after:literal) => {
        concat!(
            "select source.*, (select count(*) from item where item.source = source.id
                 and item.first_seen > $1 and item.baseline = 0) as recent
             from source ",
            $after
        )
    };
}

impl Store {
    /// Returns what is remembered of every source, by id.
    pub async fn source_rows(&self, now: Timestamp) -> Result<HashMap<SourceId, SourceRow>, StoreError> {
        let found = sqlx::query(source_rows!("")).bind(week_before(now)).fetch_all(self.reader()).await?;
        let read = |row: &SqliteRow| {
            let row = source_row(row, now)?;
            Ok((row.state.id.clone(), row))
        };
        found.iter().map(read).collect()
    }

    /// Returns the configured sources that need a look first: failing ones, partly readable
    /// ones, then those that are due next, then those marked off.
    pub async fn sources_to_look_at(&self, limit: u32, now: Timestamp) -> Result<Vec<SourceRow>, StoreError> {
        let found = sqlx::query(source_rows!(
            "where id in (select id from source where configured = 1
                 order by marker <> 'none', failures = 0, coalesce(class, '') <> 'degraded', next_due, id
                 limit $2)
             order by marker <> 'none', failures = 0, coalesce(class, '') <> 'degraded', next_due, id"
        ))
        .bind(week_before(now))
        .bind(i64::from(limit))
        .fetch_all(self.reader())
        .await?;
        Ok(found.iter().map(|row| source_row(row, now)).collect::<Result<_, _>>()?)
    }

    /// Returns when each of so many configured sources was last read.
    pub async fn last_successes(&self, limit: u32) -> Result<Vec<(SourceId, Timestamp)>, StoreError> {
        let found = sqlx::query(
            "select id, last_success from source where configured = 1 and last_success is not null
             order by last_success, id limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.reader())
        .await?;
        let read =
            |row: &SqliteRow| Ok((SourceId::new(rows::text(row, "id")?), rows::time(row, "last_success")?));
        found.iter().map(read).collect()
    }
}

fn week_before(now: Timestamp) -> i64 {
    now.as_millis() - 7 * DAY_MS
}

fn source_row(row: &SqliteRow, now: Timestamp) -> Result<SourceRow, sqlx::Error> {
    let watched_since: i64 = row.try_get::<Option<i64>, _>("first_polled")?.unwrap_or(now.as_millis());
    let recent: i64 = row.try_get("recent")?;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let days = ((now.as_millis() - watched_since.max(week_before(now))) as f64 / DAY_MS as f64).max(1.0);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let items_per_day = recent as f64 / days;
    Ok(SourceRow { state: rows::source_state(row)?, items: rows::count(row, "items")?, items_per_day })
}
