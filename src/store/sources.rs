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

/// Configured sources by how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceFigures {
    /// All of them.
    pub known: u64,
    /// Readable.
    pub active: u64,
    /// Failing.
    pub backing_off: u64,
    /// Partly readable.
    pub degraded: u64,
    /// Readable, but their ids or addresses change from poll to poll.
    pub unstable_ids: u64,
    /// Switched off by the server or the operator.
    pub marked_off: u64,
}

/// Rows of `source` with their new items of the week since `$1`.
macro_rules! source_rows {
    ($after:expr) => {
        concat!(
            "select source.*, (select count(*) from item where item.source = source.id
                 and item.first_seen > $1 and item.baseline = 0) as recent
             from source ",
            $after
        )
    };
}

/// The sources of the index `source_ailing`; the words are those that it was made with.
macro_rules! ailing {
    () => {
        "configured = 1 and marker = 'none' and (failures > 0 or class = 'degraded')"
    };
}

const AILING: &str =
    source_rows!(concat!("where ", ailing!(), " order by (failures = 0), next_due, id limit $2"));
/// The sources of the index `source_unstable`, in its words.
macro_rules! unstable {
    () => {
        "configured = 1 and marker = 'none' and failures = 0 and coalesce(class, '') <> 'degraded'
             and unstable_ids = 1"
    };
}

const UNSTABLE: &str = source_rows!(concat!("where ", unstable!(), " order by next_due, id limit $2"));
// What is due next is in hand, or waits at one of the hosts that come next.
const NEXT: &str = source_rows!(
    "where source.id in (
         select source from (select source from claim order by source limit $2)
         union select waiting.id from (
             select name from host where ready_at is not null order by ready_at, name limit $2
         ) as near join source as waiting on waiting.id in (
             select id from source where host = near.name and configured = 1 and marker = 'none'
             order by next_due, id limit $2))
         and configured = 1 and marker = 'none' and failures = 0 and coalesce(class, '') <> 'degraded'
         and unstable_ids = 0
     order by next_due, id limit $2"
);
const OFF: &str = source_rows!("where marker <> 'none' and configured = 1 order by id limit $2");

/// Counts, each of an index and none of the sources.
const FIGURES: &str = concat!(
    "select (select count(*) from source where configured = 1 and marker = 'none') as polled,
         (select count(*) from source where configured = 1 and marker <> 'none') as marked_off,
         (select count(*) from source where ",
    ailing!(),
    " and (failures = 0) = 0) as backing_off,
         (select count(*) from source where ",
    ailing!(),
    " and (failures = 0) = 1) as degraded,
         (select count(*) from source where ",
    unstable!(),
    ") as unstable_ids"
);

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

    /// Returns what is remembered of these sources, by id.
    pub async fn source_rows_of(
        &self,
        ids: &[&SourceId],
        now: Timestamp,
    ) -> Result<Vec<SourceRow>, StoreError> {
        let found = sqlx::query(source_rows!("where id in (select value from json_each($2)) order by id"))
            .bind(week_before(now))
            .bind(serde_json::to_string(ids)?)
            .fetch_all(self.reader())
            .await?;
        all_read(&found, now)
    }

    /// Returns so many of the configured sources that fail, are read in part, have unstable ids or are
    /// marked off, by id, from behind this one on.
    pub async fn ailing_after(
        &self,
        id: &str,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SourceRow>, StoreError> {
        let found = sqlx::query(source_rows!(
            "where id > $2 and configured = 1 and (marker <> 'none' or failures > 0 or class = 'degraded' or unstable_ids = 1)
             order by id limit $3"
        ))
        .bind(week_before(now))
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all(self.reader())
        .await?;
        all_read(&found, now)
    }

    /// Returns the configured sources that need a look first: failing ones, partly readable
    /// ones, those with unstable ids, then those that are due next, then those marked off.
    pub async fn sources_to_look_at(&self, limit: u32, now: Timestamp) -> Result<Vec<SourceRow>, StoreError> {
        self.first_of(&[AILING, UNSTABLE, NEXT, OFF], limit, now).await
    }

    /// Returns the same without those that are well.
    pub async fn sources_that_ail(&self, limit: u32, now: Timestamp) -> Result<Vec<SourceRow>, StoreError> {
        self.first_of(&[AILING, UNSTABLE, OFF], limit, now).await
    }

    async fn first_of(
        &self,
        statements: &[&'static str],
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SourceRow>, StoreError> {
        let mut rows = Vec::new();
        for statement in statements {
            if rows.len() >= limit as usize {
                break;
            }
            let found = sqlx::query(*statement).bind(week_before(now)).bind(i64::from(limit));
            rows.extend(all_read(&found.fetch_all(self.reader()).await?, now)?);
        }
        rows.truncate(limit as usize);
        Ok(rows)
    }

    /// Returns how many sources stand how.
    pub(super) async fn source_figures(&self) -> Result<SourceFigures, StoreError> {
        let row = sqlx::query(FIGURES).fetch_one(self.reader()).await?;
        let polled: u64 = rows::count(&row, "polled")?;
        let (backing_off, degraded) = (rows::count(&row, "backing_off")?, rows::count(&row, "degraded")?);
        let unstable_ids = rows::count(&row, "unstable_ids")?;
        let marked_off = rows::count(&row, "marked_off")?;
        Ok(SourceFigures {
            known: polled + marked_off,
            active: polled.saturating_sub(backing_off + degraded + unstable_ids),
            backing_off,
            degraded,
            unstable_ids,
            marked_off,
        })
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

    /// Returns when the configured source was last read that has not been for longest. Looks at
    /// every source.
    pub async fn oldest_success(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("select min(last_success) as oldest from source where configured = 1")
            .fetch_one(self.reader())
            .await?;
        Ok(rows::time_or_none(&row, "oldest")?)
    }
}

fn all_read(found: &[SqliteRow], now: Timestamp) -> Result<Vec<SourceRow>, StoreError> {
    Ok(found.iter().map(|row| source_row(row, now)).collect::<Result<_, _>>()?)
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

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;

    /// Returns how the database goes about a statement, in its words.
    async fn plan(statement: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap();
        let explained = AssertSqlSafe(format!("explain query plan {statement}"));
        let found = sqlx::query(explained).bind(1).bind(1).fetch_all(store.reader()).await.unwrap();
        found.iter().map(|row| rows::text(row, "detail").unwrap()).collect()
    }

    #[tokio::test]
    async fn what_page_and_status_ask_looks_at_no_source_that_it_does_not_show() {
        for statement in [FIGURES, AILING, UNSTABLE, NEXT, OFF] {
            let plan = plan(statement).await;
            let whole = |step: &&String| step.starts_with("SCAN source") && !step.contains("INDEX");
            assert_eq!(plan.iter().find(whole), None, "{statement}\n{plan:#?}");
        }
        let ailing = plan(AILING).await;
        assert!(ailing.iter().any(|step| step.contains("INDEX source_ailing")), "{ailing:#?}");
        assert!(!ailing.iter().any(|step| step.contains("TEMP B-TREE")), "they come in order: {ailing:#?}");
        let figures = plan(FIGURES).await;
        assert_eq!(
            figures.iter().filter(|step| step.contains("INDEX source_ailing")).count(),
            2,
            "{figures:#?}"
        );
    }
}
