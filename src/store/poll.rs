//! The records of polls: items, identities, hits, alerts, deliveries and the source's validators.
//! Those that come together are written in one transaction.

use std::collections::{HashMap, HashSet};

use super::items::{Again, Register, Taken};
use super::stories::{self, Coming, Known, Placing, Standing};
use super::{
    Lease, Store, StoreError, Tx, claim, claim::Ended, figures, hits, hosts, items, landing, seen::remember,
    settle,
};
use crate::model::{
    Alert, Decision, Found, Next, Note, PollClass, PollRecord, SourceId, SourceState, Timestamp, TopicId,
};
use crate::schedule::interval::succeeded;

/// What a poll added.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The source's state from now on.
    pub state: SourceState,
    /// Items never seen before.
    pub new: u64,
    /// Known items whose text changed.
    pub updated: u64,
    /// Items that another item has already brought, by its address.
    pub same_url: u64,
    /// Items that another item has already brought, by its text.
    pub same_text: u64,
    /// New items that are copies of another article in all but a few words.
    pub near: u64,
    /// The topic and the decision of each hit.
    pub hits: Vec<(TopicId, Decision)>,
    /// The alerts made.
    pub new_alerts: Vec<Alert>,
    /// Deliveries made.
    pub deliveries: u64,
    /// What the operator was told besides the class.
    pub notes: Vec<Note>,
}

impl Recorded {
    fn of(source: &SourceId, now: Timestamp) -> Self {
        Recorded {
            state: SourceState::unseen(source.clone(), now),
            new: 0,
            updated: 0,
            same_url: 0,
            same_text: 0,
            near: 0,
            hits: Vec::new(),
            new_alerts: Vec::new(),
            deliveries: 0,
            notes: Vec::new(),
        }
    }

    fn count(&mut self, taken: &Taken) {
        match taken {
            Taken::New => self.new += 1,
            Taken::Updated(_) => self.updated += 1,
            Taken::Copy(_, again) | Taken::Known(again) => match again {
                Again::Itself => {}
                Again::SameUrl => self.same_url += 1,
                Again::SameText => self.same_text += 1,
            },
        }
    }

    /// Returns how many alerts were made.
    pub fn alerts(&self) -> usize {
        self.hits.iter().filter(|(_, decision)| decision.is_alert()).count()
    }
}

impl Store {
    /// Writes all that a poll brought, if the claim still holds.
    pub async fn record_poll(&self, lease: &Lease, record: &PollRecord) -> Result<Recorded, StoreError> {
        let mut tx = self.begin().await?;
        let mut known = self.known.lock().await;
        let recorded = Box::pin(record_all(&mut known, &mut tx, lease, &[record])).await?.remove(0)?;
        tx.commit().await?;
        known.is_kept();
        Ok(recorded)
    }
}

/// Writes what these polls brought, each if its claim still holds: the error of one is that it does
/// not, and then nothing of it is written.
pub(super) async fn record_all(
    known: &mut Known,
    tx: &mut Tx<'_>,
    lease: &Lease,
    records: &[&PollRecord],
) -> Result<Vec<Result<Recorded, StoreError>>, StoreError> {
    known.begin();
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = records.iter().map(|record| record.source.as_str()).collect();
    let ended = claim::end(tx, lease, &ids).await?;
    let ended: HashMap<&str, &Ended> = ended.iter().map(|ended| (ended.source.as_str(), ended)).collect();
    let held: Vec<&PollRecord> =
        records.iter().copied().filter(|record| ended.contains_key(record.source.as_str())).collect();
    let mut register = items::look_up(tx, &held).await?;
    let mut hosts = Hosts::default();
    let mut all = Vec::with_capacity(records.len());
    let taken: Vec<Vec<Taken>> = held.iter().map(|record| take(&mut register, record)).collect();
    let coming: Vec<Coming<'_>> = held
        .iter()
        .zip(&taken)
        .flat_map(|(record, taken)| {
            record.items.iter().zip(taken).map(|(seen, taken)| (*record, seen, taken))
        })
        .collect();
    let mut placing = stories::look_up(tx, known, &coming).await?;
    let mut taken = taken.iter();
    for record in records {
        let Some(ended) = ended.get(record.source.as_str()) else {
            all.push(Err(StoreError::ClaimLost(record.source.to_string())));
            continue;
        };
        let taken = taken.next().map(Vec::as_slice).unwrap_or_default();
        let (recorded, next) = write(tx, (known, &mut placing), record, taken).await?;
        hosts.note(record, ended, &next);
        note_trouble(tx, &next, record.polled_at).await?;
        all.push(Ok(Recorded { state: next.state, notes: next.notes, ..recorded }));
    }
    items::write(tx, register).await?;
    stories::write(tx, known, placing).await?;
    settle::sources(tx, all.iter().flatten()).await?;
    hosts.settle(tx, records).await?;
    let written = records.iter().zip(&all).filter_map(|(record, of)| Some((*record, of.as_ref().ok()?.new)));
    figures::keep(tx, written).await?;
    Ok(all)
}

/// Says what each item of a poll turns out to be.
fn take<'a>(register: &mut Register<'a>, record: &'a PollRecord) -> Vec<Taken> {
    record.items.iter().map(|seen| register.take(record, seen)).collect()
}

/// Writes what a poll brought; returns that, and what becomes of its source.
async fn write<'a>(
    tx: &mut Tx<'_>,
    (known, placing): (&mut Known, &mut Placing<'a>),
    record: &'a PollRecord,
    taken: &'a [Taken],
) -> Result<(Recorded, Next), StoreError> {
    let mut recorded = Recorded::of(&record.source, record.polled_at);
    for (seen, taken) in record.items.iter().zip(taken) {
        recorded.count(taken);
        let standing = placing.place(tx, known, (record, seen, taken)).await?;
        let is_near = |standing: &Standing| *taken == Taken::New && standing.copy_of.is_some();
        recorded.near += u64::from(standing.as_ref().is_some_and(is_near));
        hits::record_hits(tx, record, (seen, taken, standing.as_ref()), &mut recorded).await?;
    }
    let known = record.items.len() as u64 - recorded.new + record.n_skipped as u64;
    let next = (record.decide)(Found { new: recorded.new, updated: recorded.updated, known });
    remember(tx, &record.source, &record.memory).await?;
    if let Some(host) = &next.host {
        landing::keep(tx, &next.state, host).await?;
    }
    Ok((recorded, next))
}

/// What polls mean for their hosts.
#[derive(Default)]
struct Hosts<'a> {
    /// Not before this may the next poll of a host start, counted from the start of the last.
    free_at: Vec<(&'a str, i64)>,
    /// Hosts that answered.
    answering: Vec<&'a str>,
    /// Hosts that sources are paced by from now on.
    taken_up: HashSet<String>,
}

impl<'a> Hosts<'a> {
    fn note(&mut self, record: &PollRecord, ended: &'a Ended, next: &Next) {
        let free_at = if ended.gap.is_zero() { 0 } else { (record.polled_at + ended.gap).as_millis() };
        self.free_at.push((&ended.host, free_at));
        self.taken_up.extend(next.host.clone().filter(|host| *host != ended.host));
        if next.state.class.is_some_and(succeeded) {
            self.answering.push(&ended.host);
        }
    }

    async fn settle(mut self, tx: &mut Tx<'_>, records: &'a [&'a PollRecord]) -> Result<(), StoreError> {
        hosts::keep_gap(tx, &self.free_at).await?;
        hosts::answer(tx, &self.answering).await?;
        for record in records {
            if let Some((host, until)) = &record.host_pause {
                hosts::pause(tx, host, *until, record.polled_at).await?;
                self.free_at.push((host, 0));
            }
        }
        let touched: Vec<&str> = self.free_at.iter().map(|(host, _)| *host).collect();
        let latest = records.iter().map(|record| record.polled_at).max();
        let latest = latest.unwrap_or(Timestamp::from_millis(0));
        if !self.taken_up.is_empty() {
            hosts::learn(tx, &self.taken_up, latest).await?;
        }
        hosts::refresh(tx, &touched, latest).await
    }
}

/// Counts the class of a poll that did not go well, and what else there is to tell.
async fn note_trouble(tx: &mut Tx<'_>, next: &Next, polled_at: Timestamp) -> Result<(), StoreError> {
    let Next { state, notes, .. } = next;
    let id = state.id.as_str();
    if let Some(class) = state.class.filter(|class| !matches!(class, PollClass::Ok | PollClass::NotModified))
    {
        let message = state.message.as_deref().unwrap_or_default();
        event(tx, (id, ""), (class.as_str(), message), polled_at).await?;
    }
    for note in notes {
        event(tx, (id, ""), (note.class, &note.message), polled_at).await?;
    }
    Ok(())
}

/// Counts an event on a source or channel.
pub(super) async fn event(
    tx: &mut Tx<'_>,
    (source, channel): (&str, &str),
    (class, message): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into event (source, channel, class, count, first_time, last_time, message)
         values ($1, $2, $3, 1, $4, $4, $5)
         on conflict (source, channel, class) do update set
             count = event.count + 1, last_time = excluded.last_time, message = excluded.message",
    )
    .bind(source)
    .bind(channel)
    .bind(class)
    .bind(now.as_millis())
    .bind(message)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
