//! Which sources there are, and how each stands.

use std::collections::{HashMap, HashSet};

use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreError, Tx, hosts, poll, rows};
use crate::model::{SourceId, SourceState, Timestamp};

/// A source as the store has to know it.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its id.
    pub id: SourceId,
    /// The host and port it is paced by.
    pub host: String,
    /// What changes when its address changes.
    pub address: String,
    /// Whether it is polled.
    pub enabled: bool,
}

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
    /// Makes the store know the configured sources: a new one is due now, one that left the
    /// configuration keeps its memory and is not polled.
    pub async fn sync_sources(&self, watched: &[Watched], now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sync(&mut tx, watched, now).await?;
        tx.commit().await?;
        Ok(())
    }

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

/// Makes the store know the configured sources; those it knows already and as they are cost no
/// write. Returns those that have another address than they had.
pub(super) async fn sync(
    tx: &mut Tx<'_>,
    watched: &[Watched],
    now: Timestamp,
) -> Result<Vec<SourceId>, StoreError> {
    let mut known = HashMap::new();
    let all = sqlx::query("select id, host, address, configured, moved_to is not null as moved from source");
    for row in all.fetch_all(&mut **tx).await? {
        let (configured, has_moved): (i64, i64) = (row.try_get("configured")?, row.try_get("moved")?);
        let is = (rows::text(&row, "host")?, rows::text(&row, "address")?, configured != 0, has_moved != 0);
        known.insert(rows::text(&row, "id")?, is);
    }
    let mut moved = Vec::new();
    let mut touched = HashSet::new();
    for source in watched {
        let Some((host, address, configured, has_moved)) = known.remove(source.id.as_str()) else {
            insert(tx, source, now).await?;
            touched.insert(source.host.clone());
            continue;
        };
        // A source that has moved is paced by the host it has moved to.
        let is_same = address == source.address;
        let paced_by = if is_same && has_moved { host.clone() } else { source.host.clone() };
        if is_same && host == paced_by && configured == source.enabled {
            continue;
        }
        touched.extend([host, paced_by.clone()]);
        if is_same {
            sqlx::query("update source set host = $1, configured = $2 where id = $3")
                .bind(&paced_by)
                .bind(i64::from(source.enabled))
                .bind(source.id.as_str())
                .execute(&mut **tx)
                .await?;
        } else {
            begin_anew(tx, source, now).await?;
            moved.push(source.id.clone());
        }
    }
    for (id, (host, ..)) in known.into_iter().filter(|(_, (_, _, configured, _))| *configured) {
        sqlx::query("update source set configured = 0 where id = $1").bind(id).execute(&mut **tx).await?;
        touched.insert(host);
    }
    hosts::learn(tx, &touched, now).await?;
    Ok(moved)
}

async fn insert(tx: &mut Tx<'_>, source: &Watched, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("insert into source (id, host, address, configured, next_due) values ($1, $2, $3, $4, $5)")
        .bind(source.id.as_str())
        .bind(&source.host)
        .bind(&source.address)
        .bind(i64::from(source.enabled))
        .bind(now.as_millis())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets what was learned at another address: what the new one holds is a baseline, not news.
/// A poll under way at the old one is not recorded any more, since it would pass for that baseline.
async fn begin_anew(tx: &mut Tx<'_>, source: &Watched, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "update source set host = $1, address = $2, configured = $3, next_due = $4, baseline_done = 0,
             failures = 0, class = null, message = null, validator_url = null, etag = null,
             last_modified = null, body_hash = null,
             failing_since = null, refused_since = null, max_age_ms = null, asks_from = null, asks_ms = null, skip_hours = 0, skip_days = 0, rhythm = null,
             interval_ms = null, reason = null, moved_to = null, moved_at = null, moved_failing_since = null,
             read_whole = null, unchanged_since = null, unchanged = 0, asked_plainly = null, lies = 0,
             held = 0, ends_at = null, same_as = null,
             marker = case when marker = 'gone' then 'none' else marker end
         where id = $5",
    )
    .bind(&source.host)
    .bind(&source.address)
    .bind(i64::from(source.enabled))
    .bind(now.as_millis())
    .bind(source.id.as_str())
    .execute(&mut **tx)
    .await?;
    sqlx::query("delete from claim where source = $1").bind(source.id.as_str()).execute(&mut **tx).await?;
    poll::event(tx, (source.id.as_str(), ""), ("new_address", NEW_ADDRESS), now).await
}

/// What is told of a source that has another address than it had.
const NEW_ADDRESS: &str = "another address under the same id: what it holds is read as a new baseline";

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
