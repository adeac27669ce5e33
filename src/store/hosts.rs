//! When the next poll of each host may start: kept in a column of `host`, so that a claim need not
//! look at the sources of hosts whose time has not come.
//!
//! The column may say too soon, as where fewer polls at one time are allowed than were; never too
//! late. A claim that finds nothing to take there puts it right.

use std::collections::HashSet;

use super::{StoreError, Tx};
use crate::config::PerHost;
use crate::model::Timestamp;

/// Sets a host's `ready_at` from what it has waiting and in hand at `$1`, with so many polls at one
/// time as it was last claimed with: when its first source is due or, where there is no room, when
/// a claim ends; in both cases not before it is free.
macro_rules! refreshed {
    ($which:literal) => {
        concat!(
            "update host set ready_at = (select case when at < host.free_at then host.free_at else at end
             from (select min(at) as at from (
                 select min(ends) as at from claim where claim.host = host.name and claim.ends > $1
                 union all
                 select case when (select count(*) from claim where claim.host = host.name and claim.ends > $1)
                         < case when host.careful = 1 then 1 else host.at_once end
                     then (select next_due from source
                         where source.host = host.name and source.configured = 1 and source.marker = 'none'
                             and not exists (select 1 from claim where claim.source = source.id and claim.ends > $1)
                         order by source.next_due limit 1)
                     end as at
             ) as times) as next) ",
            $which
        )
    };
}

/// Sets these hosts' times after something of their sources changed.
pub(super) async fn refresh(tx: &mut Tx<'_>, hosts: &[&str], now: Timestamp) -> Result<(), StoreError> {
    if hosts.is_empty() {
        return Ok(());
    }
    sqlx::query(refreshed!("where name in (select value from json_each($2))"))
        .bind(now.as_millis())
        .bind(serde_json::to_string(hosts)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes note that these hosts may have so many polls at one time as they have now.
pub(super) async fn allow(
    tx: &mut Tx<'_>,
    hosts: &[&str],
    per_host: PerHost,
    now: Timestamp,
) -> Result<(), StoreError> {
    if hosts.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update host set at_once = $1 where at_once <> $1 and name in (select value from json_each($2))",
    )
    .bind(at_once(per_host))
    .bind(serde_json::to_string(hosts)?)
    .execute(&mut **tx)
    .await?;
    refresh(tx, hosts, now).await
}

/// Notes that a poll of each of these hosts starts now, and sets their times.
pub(super) async fn serve(
    tx: &mut Tx<'_>,
    hosts: &[&str],
    per_host: PerHost,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update host set free_at = $1, set_at = $2, at_once = $3 where name in (select value from json_each($4))")
        .bind((now + per_host.gap).as_millis())
        .bind(now.as_millis())
        .bind(at_once(per_host))
        .bind(serde_json::to_string(hosts)?)
        .execute(&mut **tx)
        .await?;
    refresh(tx, hosts, now).await
}

/// More hosts than this are not named one by one.
pub(super) const NAMED: usize = 1000;

/// Sets the times of these hosts after their sources became others; a host may be a new one.
pub(super) async fn learn(
    tx: &mut Tx<'_>,
    hosts: &HashSet<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if hosts.len() > NAMED {
        return learn_all(tx, now).await;
    }
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    sqlx::query(
        "insert into host (name, free_at, set_at) select value, 0, 0 from json_each($1) where true
         on conflict (name) do nothing",
    )
    .bind(serde_json::to_string(&names)?)
    .execute(&mut **tx)
    .await?;
    refresh(tx, &names, now).await
}

/// Makes a row for each host that has a source and none yet, forgets those that have none any more,
/// and sets all their times.
pub(super) async fn learn_all(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "insert into host (name, free_at, set_at)
         select distinct host, 0, 0 from source where configured = 1 on conflict (name) do nothing",
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "delete from host where free_at <= $1
             and not exists (select 1 from source where source.host = host.name and source.configured = 1
                 and source.marker = 'none')
             and not exists (select 1 from claim where claim.host = host.name)",
    )
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    sqlx::query(refreshed!("")).bind(now.as_millis()).execute(&mut **tx).await?;
    Ok(())
}

/// Lets hosts be until the least time between two starts is over; a claim counted from when it was
/// made, this counts from the start of the poll itself.
pub(super) async fn keep_gap(tx: &mut Tx<'_>, free_at: &[(&str, i64)]) -> Result<(), StoreError> {
    if free_at.iter().all(|(_, at)| *at == 0) {
        return Ok(());
    }
    sqlx::query(
        "update host set free_at = free.at
         from (select value ->> 0 as name, max(value ->> 1) as at from json_each($1) group by 1) as free
         where host.name = free.name and host.free_at < free.at",
    )
    .bind(serde_json::to_string(free_at)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that these hosts answer, so that one poll at a time is no more care than they need.
pub(super) async fn answer(tx: &mut Tx<'_>, hosts: &[&str]) -> Result<(), StoreError> {
    sqlx::query(
        "update host set careful = 0 where careful = 1 and name in (select value from json_each($1))",
    )
    .bind(serde_json::to_string(hosts)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps away from a whole host that asked for it, and then goes there one poll at a time until it
/// answers again.
pub(super) async fn pause(
    tx: &mut Tx<'_>,
    host: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into host (name, free_at, set_at, careful) values ($1, $2, $3, 1)
         on conflict (name) do update set set_at = excluded.set_at, careful = 1, free_at =
             case when host.free_at > excluded.free_at then host.free_at else excluded.free_at end",
    )
    .bind(host)
    .bind(until.as_millis())
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Returns how many polls a host may have, as the database counts.
pub(super) fn at_once(per_host: PerHost) -> i64 {
    i64::try_from(per_host.concurrency).unwrap_or(i64::MAX)
}
