//! Units of work on one database. Each is one transaction; nothing outside knows of tables.
//!
//! SQLite in WAL mode with `synchronous = FULL`: what was acknowledged survives a power cut.
//! One connection writes, so that no transaction ever waits for a lock in its middle; another
//! tells the loops what is due; a pool of others reads. Times are stored as milliseconds, so that
//! one text of each statement serves every database.

mod archive;
mod claim;
mod corrections;
mod daemon;
mod error;
mod figures;
mod hits;
mod hosts;
mod items;
mod landing;
mod lists;
mod mend;
mod orders;
mod outage;
mod outbox;
mod overview;
mod poll;
mod rows;
mod search;
mod seen;
mod settle;
mod sheets;
mod sign;
mod sources;
mod spread;
mod stories;
mod sync;
mod turn;
mod verdicts;
mod versions;

use std::{
    cmp::Ordering,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, Pool, Row as _, SqlSafeStr, Sqlite, SqlitePool, Transaction,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use archive::ArchiveSpan;
pub use claim::{Claimed, Lease, Wanted};
pub use daemon::{DaemonLock, DaemonNote, LastReload, ReloadNote, ReplayNote};
pub use error::StoreError;
pub use landing::Elsewhere;
pub use lists::{AlertSheet, Page, StoredDecision, StoredItem};
pub use orders::Order;
pub use outbox::{Outgoing, Room, Settled, Taken};
pub use overview::{
    ChannelFigures, DeliveryFigures, EventRow, HOURS, HourFigures, Latency, Overview, Quantiles,
};
pub use poll::Recorded;
pub use search::{ItemNumber, Sought};
pub use sheets::{StoryArticle, StoryCursor, StoryEvent, StoryOutlet, StoryPage, StoryRow, StorySheet};
pub use sources::{SourceFigures, SourceRow};
pub use sync::{AllWatched, Apart, Watched};
pub use turn::{Turn, Turned};
pub use verdicts::{Judging, Subject, VERDICTS_KEPT};
pub use versions::{TopicPast, Transition};

/// How long a reader or writer waits for a lock before it says `busy`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers at one time.
const READERS: u32 = 2;
/// Memory for the pages of one connection, in KiB (negative by SQLite's rule) …
const CACHE_KIB: &str = "-1024";
/// … and of the one that writes: what one group of polls changes, so that no page goes to the disk
/// twice.
const WRITER_CACHE_KIB: &str = "-8192";
/// Pages the write-ahead log holds before it is written back: 4 MiB, far under its bound of 64.
const CHECKPOINT_PAGES: &str = "1000";

/// The migrations, in order; they only grow.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("../migrations/sqlite/0001_first.sql")),
    (2, "begun", include_str!("../migrations/sqlite/0002_begun.sql")),
    (3, "versions", include_str!("../migrations/sqlite/0003_versions.sql")),
    (4, "verdict", include_str!("../migrations/sqlite/0004_verdict.sql")),
    (5, "search", include_str!("../migrations/sqlite/0005_search.sql")),
    (6, "polling", include_str!("../migrations/sqlite/0006_polling.sql")),
    (7, "hosts", include_str!("../migrations/sqlite/0007_hosts.sql")),
    (8, "seen", include_str!("../migrations/sqlite/0008_seen.sql")),
    (9, "moves", include_str!("../migrations/sqlite/0009_moves.sql")),
    (10, "figures", include_str!("../migrations/sqlite/0010_figures.sql")),
    (11, "stories", include_str!("../migrations/sqlite/0011_stories.sql")),
    (12, "unstable_ids", include_str!("../migrations/sqlite/0012_unstable_ids.sql")),
    (14, "corrections", include_str!("../migrations/sqlite/0014_corrections.sql")),
];

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    loops: SqlitePool,
    reader: SqlitePool,
    path: PathBuf,
    file: FileId,
    /// What this process knows of stories. Locked by who has begun a transaction, never before.
    known: std::sync::Arc<tokio::sync::Mutex<stories::Known>>,
}

/// Device and inode: what stays the same while a path may come to mean another file.
type FileId = (u64, u64);

type Tx<'a> = Transaction<'a, Sqlite>;

impl Store {
    /// Opens the store at this address (`sqlite:PATH`), makes it where there is none, and
    /// brings its schema up to date.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let path = path_of(url)?;
        make_folder(&path)?;
        let store = Store::connect(path, true).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Opens a store as `open_existing` does; `None` where there is none, as before the first run.
    pub async fn open_if_there(url: &str) -> Result<Option<Store>, StoreError> {
        match Store::open_existing(url).await {
            Ok(store) => Ok(Some(store)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens a store that must exist, beside a daemon that may be running on it: that is why its
    /// schema must be ours already.
    pub async fn open_existing(url: &str) -> Result<Store, StoreError> {
        let path = path_of(url)?;
        if !path.exists() {
            return Err(StoreError::Missing { path });
        }
        let store = Store::connect(path, false).await?;
        store.is_of_our_schema().await?;
        Ok(store)
    }

    async fn connect(path: PathBuf, create: bool) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            // What a statement would undo is kept in memory, not in a file that is written each time.
            .pragma("temp_store", "memory")
            .pragma("journal_size_limit", "16777216")
            .disable_statement_logging();
        let pool = |most: u32| SqlitePoolOptions::new().max_connections(most).min_connections(0);
        // A full disk makes SQLite roll back by itself, after which the library still counts one
        // transaction and refuses every other: such a connection is replaced.
        let writer = pool(1)
            .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone().pragma("cache_size", WRITER_CACHE_KIB))
            .await
            .map_err(|cause| StoreError::of_opening(&path, create, cause))?;
        // A file that goes missing under way is not silently replaced by an empty one.
        let options = options.create_if_missing(false);
        writer.set_connect_options(options.clone().pragma("cache_size", WRITER_CACHE_KIB));
        let options = options.pragma("cache_size", CACHE_KIB);
        let loops = pool(1).connect_lazy_with(options.clone());
        let reader = pool(READERS).connect_lazy_with(options);
        let file = file_id(&path).ok_or_else(|| StoreError::Missing { path: path.clone() })?;
        Ok(Store { writer, loops, reader, path, file, known: std::sync::Arc::default() })
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let migrations = MIGRATIONS.iter().map(|&(version, name, sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect()).run(&self.writer).await?;
        Ok(())
    }

    async fn is_of_our_schema(&self) -> Result<(), StoreError> {
        let ours = MIGRATIONS.iter().map(|&(version, ..)| version).max().unwrap_or(0);
        let made = sqlx::query("select 1 from sqlite_master where name = '_sqlx_migrations'")
            .fetch_optional(self.reader())
            .await?;
        let found: Option<i64> = match made {
            None => None,
            Some(_) => sqlx::query("select max(version) as latest from _sqlx_migrations where success")
                .fetch_one(self.reader())
                .await?
                .try_get("latest")?,
        };
        match found.unwrap_or(0).cmp(&ours) {
            Ordering::Equal => Ok(()),
            Ordering::Less => Err(StoreError::OlderSchema { path: self.path.clone() }),
            Ordering::Greater => Err(MigrateError::VersionMissing(found.unwrap_or(0)).into()),
        }
    }

    /// Starts a transaction that holds the write lock from its first moment on, so that what
    /// it read cannot have changed when it writes.
    async fn begin(&self) -> Result<Tx<'static>, StoreError> {
        self.in_place()?;
        Ok(self.writer.begin_with("begin immediate").await?)
    }

    /// Says whether the file still lies where it was opened. What is written into one that was
    /// moved or deleted would be found by nobody.
    fn in_place(&self) -> Result<(), StoreError> {
        if file_id(&self.path) == Some(self.file) {
            return Ok(());
        }
        Err(StoreError::Moved { path: self.path.clone() })
    }

    /// Returns the connection that the loops read through, so that they need not wait for those
    /// who look at many rows, nor for what is being written.
    fn of_loops(&self) -> &Pool<Sqlite> {
        &self.loops
    }

    /// Returns the pool for reading.
    fn reader(&self) -> &Pool<Sqlite> {
        &self.reader
    }

    /// Says whether the store takes what is written.
    pub async fn takes_writes(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into daemon (name, value) values ('probe', '1')
             on conflict (name) do update set value = excluded.value",
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Says whether the store answers.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.in_place()?;
        sqlx::query("select count(*) from daemon").execute(self.reader()).await?;
        Ok(())
    }

    /// Returns the bytes the store takes on disk, its log included.
    pub fn bytes(&self) -> u64 {
        let size = |path: PathBuf| std::fs::metadata(path).map_or(0, |meta| meta.len());
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        size(self.path.clone()) + size(log.into())
    }

    /// Writes back what is in memory and closes all connections.
    pub async fn close(&self) {
        if let Err(error) = self.keep_counts().await {
            tracing::debug!("what was counted last is lost: {}", error.told());
        }
        self.reader.close().await;
        self.loops.close().await;
        self.writer.close().await;
    }
}

fn file_id(path: &Path) -> Option<FileId> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Makes the folder that a database lies in.
fn make_folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|cause| StoreError::Folder { folder: folder.to_owned(), cause })
}

/// Returns the path behind `sqlite:`.
pub fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    let path = url.strip_prefix("sqlite:").ok_or_else(|| StoreError::Address { url: url.to_owned() })?;
    PathBuf::from_str(path.strip_prefix("//").unwrap_or(path))
        .map_err(|_| StoreError::Address { url: url.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PerHost;
    use crate::model::{StoreClass, Timestamp};

    #[tokio::test]
    async fn a_store_that_was_full_takes_writes_again_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("n.db").display())).await.unwrap();
        let mut note = DaemonNote {
            pid: 1,
            started: Timestamp::from_millis(0),
            config_file: None,
            config_loaded: Timestamp::from_millis(0),
            listen: Some("x".repeat(1 << 20)),
            reload: None,
        };
        // The limit goes with the connection, like the end of a full disk.
        sqlx::query("pragma max_page_count = 1").execute(&store.writer).await.unwrap();
        let full = store.leave_note(&note).await.unwrap_err();
        assert_eq!(full.class(), Some(StoreClass::DiskFull), "{full:?}");
        note.listen = None;
        store.leave_note(&note).await.unwrap();
        assert_eq!(store.read_note().await.unwrap(), Some(note));
    }

    #[tokio::test]
    async fn the_loops_wait_for_nobody_who_looks_or_writes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap();
        let mut looking = Vec::new();
        for _ in 0..READERS {
            looking.push(store.reader.acquire().await.unwrap());
        }
        let _writing = store.begin().await.unwrap();
        let (now, pace) = (Timestamp::from_millis(0), PerHost { concurrency: 1, gap: Duration::ZERO });
        let reading = async {
            store.next_source_due().await.unwrap();
            store.held_up_since(now, pace, now).await.unwrap();
            store.next_delivery_due(&[]).await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("they have a connection");
    }
}
