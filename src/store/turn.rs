//! One turn of the poll loop: what has come is written, and what is due is claimed, in one
//! transaction with one wait for the disk.

use super::poll::{Recorded, record_all};
use super::{Claimed, Lease, Store, StoreError, Tx, Wanted, claim, hosts};
use crate::config::PerHost;
use crate::model::{PollRecord, SourceId, StoreClass, Timestamp};

/// What a turn has to do.
#[derive(Clone, Copy)]
pub struct Turn<'a> {
    /// Whose claims end and begin.
    pub lease: &'a Lease,
    /// The pace of each host.
    pub per_host: PerHost,
    /// What polls brought.
    pub records: &'a [&'a PollRecord],
    /// Sources whose claims end as if they had not been.
    pub back: &'a [SourceId],
    /// What to claim.
    pub wanted: Wanted,
}

/// What came of a turn.
#[derive(Debug)]
pub struct Turned {
    /// What became of the records, in order: written, or not, and then none of it. Where the store
    /// failed on the way, of the first of them.
    pub recorded: Vec<Result<Recorded, StoreError>>,
    /// Ours to poll from now on.
    pub claimed: Vec<Claimed>,
    /// Hosts whose time came before this one's have nothing that was wanted.
    pub passed: Option<Timestamp>,
    /// When the next source can be claimed, unless the end of a poll in hand makes it sooner;
    /// `None` where none will ever be.
    pub next_due: Option<Timestamp>,
}

impl Store {
    /// Writes what polls brought and claims what is due. A record that cannot be written costs the
    /// others their common transaction, and nothing more. An error is one of the store, and then
    /// nothing was done.
    pub async fn turn(&self, turn: Turn<'_>, now: Timestamp) -> Result<Turned, StoreError> {
        match self.turn_at_once(turn, now).await {
            Err(error) if turn.records.len() > 1 && lies_with_a_record(&error) => {
                tracing::warn!("writing polls one by one, since together it failed: {}", error.told());
                self.turn_one_by_one(turn, error).await
            }
            turned => turned,
        }
    }

    /// Writes each record in a transaction of its own; what is due is left to the next turn.
    async fn turn_one_by_one(&self, turn: Turn<'_>, error: StoreError) -> Result<Turned, StoreError> {
        let mut recorded = Vec::with_capacity(turn.records.len());
        for record in turn.records {
            match self.record_poll(turn.lease, record).await {
                Err(error) if error.class().is_some() && !lies_with_a_record(&error) => break,
                result => recorded.push(result),
            }
        }
        if recorded.is_empty() {
            return Err(error);
        }
        Ok(Turned { recorded, claimed: Vec::new(), passed: None, next_due: Some(Timestamp::from_millis(0)) })
    }

    async fn turn_at_once(&self, turn: Turn<'_>, now: Timestamp) -> Result<Turned, StoreError> {
        let Turn { lease, per_host, records, back, wanted } = turn;
        let mut tx = self.begin().await?;
        let mut known = self.known.lock().await;
        let recorded = Box::pin(record_all(&mut known, &mut tx, lease, records)).await?;
        give_back(&mut tx, lease, back, now).await?;
        let taken = claim::take(&mut tx, (lease, per_host), wanted, now).await?;
        let next_due = claim::next_ready(&mut *tx).await?;
        tx.commit().await?;
        known.is_kept();
        Ok(Turned { recorded, claimed: taken.sources, passed: taken.passed, next_due })
    }
}

/// Says whether a single record may be what the database refuses, rather than all of them.
fn lies_with_a_record(error: &StoreError) -> bool {
    match error.class() {
        Some(StoreClass::Corrupt | StoreClass::IoError) => true,
        Some(
            StoreClass::DiskFull
            | StoreClass::ReadOnly
            | StoreClass::NewerSchema
            | StoreClass::Busy
            | StoreClass::LockedByOther,
        )
        | None => false,
    }
}

async fn give_back(
    tx: &mut Tx<'_>,
    lease: &Lease,
    back: &[SourceId],
    now: Timestamp,
) -> Result<(), StoreError> {
    if back.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = back.iter().map(SourceId::as_str).collect();
    let ended = claim::end(tx, lease, &ids).await?;
    let touched: Vec<&str> = ended.iter().map(|ended| ended.host.as_str()).collect();
    hosts::refresh(tx, &touched, now).await
}
