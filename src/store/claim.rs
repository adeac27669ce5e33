//! Who polls what, now: claims on due sources, with the pace of each host.

use std::time::Duration;

use sqlx::Row;

use super::{Store, StoreError, rows};
use crate::config::PerHost;
use crate::model::{SourceState, Timestamp};

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
}

impl Store {
    /// Claims up to `limit` due sources, those that wait longest first, and no more from one
    /// host than its pace allows; marks each host as busy until the gap is over.
    pub async fn claim_sources(
        &self,
        lease: &Lease,
        per_host: PerHost,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut tx = self.begin().await?;
        let found = sqlx::query(
            "select id, host from (
                 select source.id, source.host, source.next_due,
                     row_number() over (partition by source.host order by source.next_due, source.id) as place
                 from source left join host on host.name = source.host
                 where source.configured = 1 and source.marker = 'none' and source.next_due <= $1
                     and coalesce(source.claimed_until, 0) <= $1 and coalesce(host.free_at, 0) <= $1
                     and (select count(*) from source as busy
                          where busy.host = source.host and busy.claimed_until > $1) < $2
             ) as due where place = 1 order by next_due, id limit $3",
        )
        .bind(now.as_millis())
        .bind(i64::try_from(per_host.concurrency).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *tx)
        .await?;
        let mut claimed = Vec::with_capacity(found.len());
        for row in found {
            let row = sqlx::query(
                "update source set claimed_by = $1, claimed_until = $2 where id = $3 returning *",
            )
            .bind(&lease.holder)
            .bind((now + lease.length).as_millis())
            .bind(rows::text(&row, "id")?)
            .fetch_one(&mut *tx)
            .await?;
            sqlx::query(
                "insert into host (name, free_at, set_at) values ($1, $2, $3)
                 on conflict (name) do update set free_at = excluded.free_at, set_at = excluded.set_at",
            )
            .bind(rows::text(&row, "host")?)
            .bind((now + per_host.gap).as_millis())
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
            claimed.push(Claimed { state: rows::source_state(&row)? });
        }
        tx.commit().await?;
        Ok(claimed)
    }

    /// Returns when the next source can be claimed; `None` where none will ever be.
    ///
    /// Sources of a host that is being polled count when that poll ends, which wakes the
    /// loop by itself.
    pub async fn next_source_due(
        &self,
        per_host: PerHost,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "select min(at) as due from (
                 select case when host.free_at > source.next_due then host.free_at else source.next_due end as at
                 from source left join host on host.name = source.host
                 where source.configured = 1 and source.marker = 'none' and source.next_due <= $1
                     and coalesce(source.claimed_until, 0) <= $1
                     and (select count(*) from source as busy
                          where busy.host = source.host and busy.claimed_until > $1) < $2
                 union all
                 select min(next_due) from source where configured = 1 and marker = 'none' and next_due > $1
             ) as waiting",
        )
        .bind(now.as_millis())
        .bind(i64::try_from(per_host.concurrency).unwrap_or(i64::MAX))
        .fetch_one(self.of_loops())
        .await?;
        Ok(row.try_get::<Option<i64>, _>("due")?.map(Timestamp::from_millis))
    }

    /// Returns how many sources were due by a time and still wait, in hand or not. Those of a
    /// host that asked us to stay away for longer than its pace do not count.
    pub async fn sources_due_by(
        &self,
        time: Timestamp,
        per_host: PerHost,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "select count(*) as waiting from source left join host on host.name = source.host
             where source.configured = 1 and source.marker = 'none' and source.next_due <= $1
                 and coalesce(host.free_at, 0) <= $2",
        )
        .bind(time.as_millis())
        .bind((now + per_host.gap).as_millis())
        .fetch_one(self.of_loops())
        .await?;
        Ok(rows::count(&row, "waiting")?)
    }

    /// Gives back every claim: at the start of the only daemon of a store nothing is in hand.
    pub async fn release_claims(&self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("update source set claimed_by = null, claimed_until = null where claimed_by is not null")
            .execute(&mut *tx)
            .await?;
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
