//! Makes the store know the configured sources, however many: both are gone through by id side by
//! side, a page at a time, and only what differs is written, in transactions of bounded size.

use std::collections::{HashSet, VecDeque};
use std::iter::Peekable;

use sqlx::{QueryBuilder, Row};

use super::{Store, StoreError, Tx, hosts, poll, rows};
use crate::model::{SourceId, Timestamp};

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

/// The configured sources, by id, each once.
pub type AllWatched<'a> = Box<dyn Iterator<Item = Watched> + Send + 'a>;

/// Rows that are read at one time.
const PAGE: i64 = 2_000;
/// Changes that are written in one transaction; the log of that many is a few MiB.
const BATCH: usize = 20_000;
/// Rows that are written by one statement.
const AT_ONCE: usize = 500;

impl Store {
    /// Makes the store know the configured sources: a new one is due now, one that left the
    /// configuration keeps its memory and is not polled.
    pub async fn sync_sources(&self, watched: &[Watched], now: Timestamp) -> Result<(), StoreError> {
        let mut sorted = watched.to_vec();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        let mut tx = self.begin().await?;
        forget_version(&mut tx).await?;
        let mut sync = Sync::new(Box::new(sorted.into_iter()), now);
        while sync.batch(&mut tx).await? == Batch::More {}
        sync.settle_hosts(&mut tx, Hosts::Touched).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Returns what sets the configured sources apart from those that the store last knew.
    pub async fn compare_sources(&self, watched: AllWatched<'_>) -> Result<Vec<Apart>, StoreError> {
        let mut side = Side::new(watched);
        let mut tx = self.reader().begin().await?;
        let mut apart = Vec::new();
        while let Some(step) = side.step(&mut tx).await? {
            apart.extend(match step {
                Step::New(now) => Some(Apart::Added(now.id)),
                Step::Gone(known) => known.configured.then(|| Apart::Removed(SourceId::new(known.id))),
                Step::Both(known, now) if known.configured => {
                    (known.address != now.address).then_some(Apart::Moved(now.id))
                }
                Step::Both(_, now) => now.enabled.then_some(Apart::Added(now.id)),
            });
        }
        Ok(apart)
    }
}

impl Store {
    /// Returns what the sources that the store knows were set apart by when it was made to know them.
    pub async fn sources_version(&self) -> Result<Option<String>, StoreError> {
        let mut tx = self.reader().begin().await?;
        version(&mut tx).await
    }
}

/// What sets a configured source apart from what the store knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apart {
    /// It was not watched.
    Added(SourceId),
    /// It was watched and is configured no more.
    Removed(SourceId),
    /// It had another address.
    Moved(SourceId),
}

/// A source as the store knows it.
struct Known {
    id: String,
    host: String,
    address: String,
    configured: bool,
    /// Whether it has moved, and is paced by the host it has moved to.
    has_moved: bool,
}

/// What is found of the next id.
enum Step {
    New(Watched),
    Gone(Known),
    Both(Known, Watched),
}

/// Both sides, gone through by id.
struct Side<'a> {
    watched: Peekable<AllWatched<'a>>,
    page: VecDeque<Known>,
    /// The last id that was read; `None` once all were.
    after: Option<String>,
}

impl<'a> Side<'a> {
    fn new(watched: AllWatched<'a>) -> Self {
        Side { watched: watched.peekable(), page: VecDeque::new(), after: Some(String::new()) }
    }

    async fn step(&mut self, tx: &mut Tx<'_>) -> Result<Option<Step>, StoreError> {
        if self.page.is_empty() {
            self.read(tx).await?;
        }
        let is_new = match (self.page.front(), self.watched.peek()) {
            (None, None) => return Ok(None),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(known), Some(now)) => now.id.as_str() < known.id.as_str(),
        };
        if is_new {
            return Ok(self.watched.next().map(Step::New));
        }
        let Some(known) = self.page.pop_front() else { return Ok(None) };
        Ok(Some(match self.watched.next_if(|now| now.id.as_str() == known.id) {
            Some(now) => Step::Both(known, now),
            None => Step::Gone(known),
        }))
    }

    async fn read(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(after) = self.after.take() else { return Ok(()) };
        let found = sqlx::query(
            "select id, host, address, configured, moved_to is not null as has_moved
             from source where id > $1 order by id limit $2",
        )
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut **tx)
        .await?;
        for row in found {
            self.page.push_back(Known {
                id: rows::text(&row, "id")?,
                host: rows::text(&row, "host")?,
                address: rows::text(&row, "address")?,
                configured: row.try_get::<i64, _>("configured")? != 0,
                has_moved: row.try_get::<i64, _>("has_moved")? != 0,
            });
        }
        self.after = self.page.back().map(|last| last.id.clone());
        Ok(())
    }
}

/// Whether all is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
    /// There is more to write.
    More,
    /// There is not.
    Last,
}

/// Which hosts' times are set after a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hosts {
    /// Those of the sources that were written.
    Touched,
    /// All of them.
    All,
}

/// A sync under way.
pub(super) struct Sync<'a> {
    sides: Side<'a>,
    now: Timestamp,
    /// Hosts of what was written; more than can be named are all.
    touched: HashSet<String>,
    moved: Vec<SourceId>,
}

impl<'a> Sync<'a> {
    pub(super) fn new(watched: AllWatched<'a>, now: Timestamp) -> Self {
        Sync { sides: Side::new(watched), now, touched: HashSet::new(), moved: Vec::new() }
    }

    /// Writes what differs, up to a bound.
    pub(super) async fn batch(&mut self, tx: &mut Tx<'_>) -> Result<Batch, StoreError> {
        let mut n_changes = 0;
        let (mut new, mut gone) = (Vec::new(), Vec::new());
        let batch = loop {
            if n_changes >= BATCH {
                break Batch::More;
            }
            let Some(step) = self.sides.step(tx).await? else { break Batch::Last };
            match step {
                Step::New(watched) => {
                    self.touch(&watched.host);
                    new.push(watched);
                }
                Step::Gone(known) if known.configured => {
                    self.touch(&known.host);
                    gone.push(known.id);
                }
                Step::Gone(_) => continue,
                Step::Both(known, watched) => {
                    if !self.adapt(tx, &known, watched).await? {
                        continue;
                    }
                }
            }
            n_changes += 1;
            if new.len() == AT_ONCE {
                insert(tx, &std::mem::take(&mut new), self.now).await?;
            }
        };
        insert(tx, &new, self.now).await?;
        let gone = serde_json::to_string(&gone)?;
        sqlx::query("update source set configured = 0 where id in (select value from json_each($1))")
            .bind(gone)
            .execute(&mut **tx)
            .await?;
        Ok(batch)
    }

    /// Writes what is other about a source; says whether something is.
    async fn adapt(&mut self, tx: &mut Tx<'_>, known: &Known, mut now: Watched) -> Result<bool, StoreError> {
        if known.address == now.address && known.has_moved {
            now.host.clone_from(&known.host);
        }
        if known.address == now.address && known.host == now.host && known.configured == now.enabled {
            return Ok(false);
        }
        self.touch(&known.host);
        self.touch(&now.host);
        if known.address == now.address {
            sqlx::query("update source set host = $1, configured = $2 where id = $3")
                .bind(&now.host)
                .bind(i64::from(now.enabled))
                .bind(now.id.as_str())
                .execute(&mut **tx)
                .await?;
        } else {
            begin_anew(tx, &now, self.now).await?;
            self.moved.push(now.id);
        }
        Ok(true)
    }

    fn touch(&mut self, host: &str) {
        if self.touched.len() <= hosts::NAMED && !self.touched.contains(host) {
            self.touched.insert(host.to_owned());
        }
    }

    /// Sets the times of the hosts whose sources became others, or of all. Returns the sources that
    /// have another address than they had.
    pub(super) async fn settle_hosts(
        self,
        tx: &mut Tx<'_>,
        which: Hosts,
    ) -> Result<Vec<SourceId>, StoreError> {
        match which {
            Hosts::Touched => hosts::learn(tx, &self.touched, self.now).await?,
            Hosts::All => hosts::learn_all(tx, self.now).await?,
        }
        Ok(self.moved)
    }
}

async fn insert(tx: &mut Tx<'_>, new: &[Watched], now: Timestamp) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let mut statement = QueryBuilder::new("insert into source (id, host, address, configured, next_due) ");
    statement.push_values(new, |mut row, source| {
        row.push_bind(source.id.as_str())
            .push_bind(&source.host)
            .push_bind(&source.address)
            .push_bind(i64::from(source.enabled))
            .push_bind(now.as_millis());
    });
    statement.build().execute(&mut **tx).await?;
    Ok(())
}

/// Forgets what was learned at another address: what the new one holds is a baseline, not news.
/// A poll under way at the old one is not recorded any more, since it would pass for that baseline.
async fn begin_anew(tx: &mut Tx<'_>, source: &Watched, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "update source set host = $1, address = $2, configured = $3, next_due = $4, baseline_done = 0,
             failures = 0, class = null, message = null, validator_url = null, etag = null,
             last_modified = null, body_hash = null,
             failing_since = null, refused_since = null, max_age_ms = null, asks_from = null, asks_ms = null,
             skip_hours = 0, skip_days = 0, rhythm = null,
             interval_ms = null, reason = null, moved_to = null, moved_at = null, moved_failing_since = null,
             read_whole = null, unchanged_since = null, unchanged = 0, asked_plainly = null, lies = 0,
             held = 0, ends_at = null, same_as = null, unstable_ids = 0, guids_unstable = null,
             guids_watched = null, addresses_unstable = null, addresses_watched = null, guids_begun = 0,
             addresses_begun = 0, guid_reuses = 0,
             guid_reused = null,
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

/// Returns what sets apart the sources that the store was last made to know; `None` where that was
/// not done to its end.
pub(super) async fn version(tx: &mut Tx<'_>) -> Result<Option<String>, StoreError> {
    let row =
        sqlx::query("select value from daemon where name = 'sources'").fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| rows::text(&row, "value")).transpose()?)
}

/// Notes that the store knows these sources, and no others.
pub(super) async fn note_version(tx: &mut Tx<'_>, version: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into daemon (name, value) values ('sources', $1)
         on conflict (name) do update set value = excluded.value",
    )
    .bind(version)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the sources are being changed.
pub(super) async fn forget_version(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    sqlx::query("delete from daemon where name = 'sources'").execute(&mut **tx).await?;
    Ok(())
}
