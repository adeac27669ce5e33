//! Who polls what, now: claims on due sources, with the pace of each host.
//!
//! The rule: hosts whose time has come, those first whose time came first, give the source each
//! that waits there longest; then again, as long as there is room. What a claim costs depends on
//! what it takes, not on how many wait.

use std::time::Duration;

use sqlx::{Executor, Row, Sqlite};

use super::{Store, StoreError, Tx, hosts, poll, rows};
use crate::config::PerHost;
use crate::model::{PollClass, SourceState, Timestamp};

/// A claim's holder and how long it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Names this process and no other.
    pub holder: String,
    /// From the claim on.
    pub length: Duration,
}

/// A source that is ours to poll until the lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its state as of the claim.
    pub state: SourceState,
    /// The host it is paced by.
    pub host: String,
}

/// What to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// At most so many sources.
    pub limit: usize,
    /// Due by this time at the latest.
    pub due_by: Timestamp,
    /// Of hosts whose time came no sooner: what lies before was found to have none.
    pub from: Timestamp,
}

impl Wanted {
    /// Wants what is due at this time.
    pub fn due(limit: usize, now: Timestamp) -> Self {
        Wanted { limit, due_by: now, from: Timestamp::from_millis(0) }
    }
}

/// What a claim brought.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// Ours from now on.
    pub(super) sources: Vec<Claimed>,
    /// Hosts whose time came before this one's have nothing that was wanted.
    pub(super) passed: Option<Timestamp>,
}

impl Store {
    /// Claims up to `limit` due sources, and no more from one host than its pace allows; marks each
    /// host as busy until the gap is over.
    pub async fn claim_sources(
        &self,
        lease: &Lease,
        per_host: PerHost,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut tx = self.begin().await?;
        let taken = take(&mut tx, (lease, per_host), Wanted::due(limit, now), now).await?;
        tx.commit().await?;
        Ok(taken.sources)
    }

    /// Returns when the next source can be claimed; `None` where none will ever be.
    ///
    /// The end of a poll in hand may make it sooner; it is the end of a claim at the latest.
    pub async fn next_source_due(&self) -> Result<Option<Timestamp>, StoreError> {
        next_ready(self.of_loops()).await
    }

    /// Returns when the first of the sources can be claimed that were due by a time and still wait;
    /// `None` where all that are left wait for a host that asked us to stay away for longer than
    /// its pace.
    pub async fn held_up_since(
        &self,
        time: Timestamp,
        per_host: PerHost,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "select ready_at from host where ready_at <= $2
                 and exists (select 1 from source where source.host = host.name and source.configured = 1
                     and source.marker = 'none' and source.next_due <= $1)
             order by ready_at limit 1",
        )
        .bind(time.as_millis())
        .bind((now + per_host.gap).as_millis())
        .fetch_optional(self.of_loops())
        .await?;
        Ok(row.map(|row| rows::time(&row, "ready_at")).transpose()?)
    }

    /// Gives back every claim: at the start of the only daemon of a store nothing is in hand.
    pub async fn release_claims(&self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let freed = sqlx::query("select distinct host from claim").fetch_all(&mut *tx).await?;
        let freed = freed.iter().map(|row| rows::text(row, "host")).collect::<Result<Vec<_>, _>>()?;
        sqlx::query("delete from claim").execute(&mut *tx).await?;
        let freed: Vec<&str> = freed.iter().map(String::as_str).collect();
        // Nothing is in hand, at any time.
        hosts::refresh(&mut tx, &freed, Timestamp::from_millis(0)).await?;
        let sending = sqlx::query(
            "update delivery set state = 'pending', claimed_by = null, claimed_until = null
             where state = 'sending'",
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(sending.rows_affected())
    }
}

/// Returns when the next poll of any host may start.
pub(super) async fn next_ready(
    database: impl Executor<'_, Database = Sqlite>,
) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query("select min(ready_at) as due from host where ready_at is not null")
        .fetch_one(database)
        .await?;
    Ok(row.try_get::<Option<i64>, _>("due")?.map(Timestamp::from_millis))
}

/// Claims sources within a transaction.
pub(super) async fn take(
    tx: &mut Tx<'_>,
    (lease, per_host): (&Lease, PerHost),
    wanted: Wanted,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let mut taken = Taken::default();
    // Hosts that may have several polls at one time and need no gap give one each in every round.
    loop {
        let before = taken.sources.len();
        round(tx, (lease, per_host), wanted, (&mut taken, now)).await?;
        let may_give_more = per_host.concurrency > 1 && per_host.gap.is_zero();
        if taken.sources.len() == before || taken.sources.len() >= wanted.limit || !may_give_more {
            return Ok(taken);
        }
    }
}

/// Goes once over the hosts whose time has come, until there is enough.
async fn round(
    tx: &mut Tx<'_>,
    (lease, per_host): (&Lease, PerHost),
    wanted: Wanted,
    (taken, now): (&mut Taken, Timestamp),
) -> Result<(), StoreError> {
    let mut after = (wanted.from.as_millis() - 1, String::new());
    loop {
        let room = wanted.limit.saturating_sub(taken.sources.len());
        if room == 0 {
            return Ok(());
        }
        let ready = ready(tx, (&after, room), (per_host, wanted.due_by), now).await?;
        let is_last = ready.len() < room;
        let Some(last) = ready.last() else { return Ok(()) };
        after = (last.at.as_millis(), last.host.clone());
        taken.passed = taken.passed.max(Some(last.at));
        let (giving, bare): (Vec<_>, Vec<_>) = ready.into_iter().partition(|host| host.first.is_some());
        let bare: Vec<&str> = bare.iter().map(|ready| ready.host.as_str()).collect();
        hosts::allow(tx, &bare, per_host, now).await?;
        let sources = giving.into_iter().filter_map(|Ready { host, first, .. }| Some((host, first?)));
        let sources: Vec<Claimed> = sources.map(|(host, state)| Claimed { state, host }).collect();
        hold(tx, (lease, per_host), &sources, now).await?;
        taken.sources.extend(sources);
        if is_last {
            return Ok(());
        }
    }
}

/// A host whose time has come, with what it gives.
struct Ready {
    host: String,
    at: Timestamp,
    first: Option<SourceState>,
}

/// Returns so many of the hosts whose time has come, in order, behind the one given.
async fn ready(
    tx: &mut Tx<'_>,
    (after, room): (&(i64, String), usize),
    (per_host, due_by): (PerHost, Timestamp),
    now: Timestamp,
) -> Result<Vec<Ready>, StoreError> {
    let found = sqlx::query(
        "select ready.name as ready_host, ready.ready_at as ready_at, source.*
         from (select name, ready_at, (select count(*) from claim where claim.host = host.name and claim.ends > $1)
                     < case when host.careful = 1 then 1 else $2 end as has_room
                 from host where ready_at <= $1 and (ready_at, name) > ($3, $4)
                 order by ready_at, name limit $5) as ready
             left join source on source.id = case when ready.has_room then (
                 select waiting.id from source as waiting
                 where waiting.host = ready.name and waiting.configured = 1 and waiting.marker = 'none'
                     and waiting.next_due <= $6
                     and not exists (select 1 from claim where claim.source = waiting.id and claim.ends > $1)
                 order by waiting.next_due, waiting.id limit 1) end
         order by ready.ready_at, ready.name",
    )
    .bind(now.as_millis())
    .bind(hosts::at_once(per_host))
    .bind(after.0)
    .bind(&after.1)
    .bind(i64::try_from(room).unwrap_or(i64::MAX))
    .bind(due_by.as_millis())
    .fetch_all(&mut **tx)
    .await?;
    let mut ready = Vec::with_capacity(found.len());
    for row in &found {
        let (host, at) = (rows::text(row, "ready_host")?, rows::time(row, "ready_at")?);
        let first = match row.try_get::<Option<String>, _>("id")? {
            None => None,
            Some(id) => match rows::source_state(row) {
                Ok(state) => Some(state),
                // One bad row does not hold up the others.
                Err(error) => {
                    set_aside(tx, &id, &error.to_string(), now).await?;
                    None
                }
            },
        };
        ready.push(Ready { host, at, first });
    }
    Ok(ready)
}

/// How long a source is left alone whose row cannot be read.
const SET_ASIDE: Duration = Duration::from_hours(24);

/// Leaves a source alone whose row cannot be read, and tells so.
async fn set_aside(tx: &mut Tx<'_>, id: &str, error: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("update source set next_due = $1 where id = $2")
        .bind((now + SET_ASIDE).as_millis())
        .bind(id)
        .execute(&mut **tx)
        .await?;
    tracing::error!(source.id = %id, "what is stored of source `{id}` cannot be read, it is not polled: {error}");
    let told = format!("what is stored of it cannot be read, it is not polled: {error}");
    poll::event(tx, (id, ""), (PollClass::Internal.as_str(), &told), now).await
}

/// Claims these sources.
async fn hold(
    tx: &mut Tx<'_>,
    (lease, per_host): (&Lease, PerHost),
    sources: &[Claimed],
    now: Timestamp,
) -> Result<(), StoreError> {
    if sources.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = sources.iter().map(|claimed| claimed.state.id.as_str()).collect();
    sqlx::query(
        "insert into claim (source, host, holder, ends, gap)
         select id, host, $1, $2, $3 from source where id in (select value from json_each($4))
         on conflict (source) do update set
             host = excluded.host, holder = excluded.holder, ends = excluded.ends, gap = excluded.gap",
    )
    .bind(&lease.holder)
    .bind((now + lease.length).as_millis())
    .bind(i64::try_from(per_host.gap.as_millis()).unwrap_or(i64::MAX))
    .bind(serde_json::to_string(&ids)?)
    .execute(&mut **tx)
    .await?;
    let names: Vec<&str> = sources.iter().map(|claimed| claimed.host.as_str()).collect();
    hosts::serve(tx, &names, per_host, now).await
}

/// A claim that ended.
pub(super) struct Ended {
    /// The source it was on.
    pub(super) source: String,
    /// Its host.
    pub(super) host: String,
    /// The least time between two starts there, as it was when it began.
    pub(super) gap: Duration,
}

/// Ends the claims of this holder on these sources; returns those that it had.
pub(super) async fn end(tx: &mut Tx<'_>, lease: &Lease, sources: &[&str]) -> Result<Vec<Ended>, StoreError> {
    let ended = sqlx::query(
        "delete from claim where holder = $1 and source in (select value from json_each($2))
         returning source, host, gap",
    )
    .bind(&lease.holder)
    .bind(serde_json::to_string(sources)?)
    .fetch_all(&mut **tx)
    .await?;
    let read = |row| {
        let gap = Duration::from_millis(rows::count(row, "gap")?);
        Ok(Ended { source: rows::text(row, "source")?, host: rows::text(row, "host")?, gap })
    };
    ended.iter().map(read).collect()
}
