//! One daemon per store: the lock that says so, and the note it leaves for the others.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Tx, make_folder, path_of, rows};
use crate::model::{Timestamp, TopicId};

/// What a daemon says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DaemonNote {
    /// Its process id.
    pub pid: u32,
    /// When it started.
    pub started: Timestamp,
    /// The configuration's main file.
    pub config_file: Option<PathBuf>,
    /// When that was read.
    pub config_loaded: Timestamp,
    /// Where the status page listens.
    pub listen: Option<String>,
    /// What came of the last reload; `None` before the first.
    #[serde(default)]
    pub reload: Option<ReloadNote>,
}

/// What came of a reload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReloadNote {
    /// In a word.
    pub result: LastReload,
    /// When.
    pub time: Timestamp,
    /// What is wrong with the files, for people; the first of it where there is much.
    pub error: Option<String>,
    /// What takes effect at the next start only.
    pub waits: Vec<String>,
    /// What the changed topics would have alerted in the last days.
    pub replayed: Vec<ReplayNote>,
}

/// What a changed topic would have alerted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayNote {
    /// The topic.
    pub topic: TopicId,
    /// Alerts as it was before.
    pub before: u64,
    /// Alerts as it is now.
    pub after: u64,
    /// Of these, those it would not have made before.
    pub added: u64,
    /// Of those before, those it would not make now.
    pub removed: u64,
}

/// What came of a reload, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LastReload {
    /// All of it was taken.
    Ok,
    /// All but some topics, which are as they were.
    Partial,
    /// Nothing of it.
    Rejected,
}

impl LastReload {
    /// Returns the word.
    pub const fn as_str(self) -> &'static str {
        match self {
            LastReload::Ok => "ok",
            LastReload::Partial => "partial",
            LastReload::Rejected => "rejected",
        }
    }
}

/// Held while a daemon works on a store; the system lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct DaemonLock {
    _file: File,
}

impl DaemonLock {
    /// Takes the store at this address for this process alone, before anything is done to it.
    pub fn take(url: &str) -> Result<DaemonLock, StoreError> {
        let store = path_of(url)?;
        make_folder(&store)?;
        let path = lock_path(&store);
        let failed = |cause| StoreError::File { path: path.clone(), cause };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                return Err(StoreError::LockedByOther { pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(format!("{}\n", std::process::id()).as_bytes())
        };
        write(&mut file).map_err(failed)?;
        Ok(DaemonLock { _file: file })
    }
}

pub(super) fn lock_path(store: &Path) -> PathBuf {
    let mut path = store.to_path_buf().into_os_string();
    path.push(".lock");
    path.into()
}

impl Store {
    /// Says whether a daemon works on the store.
    pub fn is_locked(&self) -> Result<bool, StoreError> {
        let path = lock_path(&self.path);
        if !path.exists() {
            return Ok(false);
        }
        let file = File::open(&path).map_err(|cause| StoreError::File { path, cause })?;
        Ok(matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Leaves the daemon's note.
    pub async fn leave_note(&self, note: &DaemonNote) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        leave(&mut tx, note).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Returns the note of the latest daemon.
    pub async fn read_note(&self) -> Result<Option<DaemonNote>, StoreError> {
        let row =
            sqlx::query("select value from daemon where name = 'note'").fetch_optional(self.reader()).await?;
        Ok(row.map(|row| rows::json(&row, "value")).transpose()?)
    }
}

/// Writes the daemon's note.
pub(super) async fn leave(tx: &mut Tx<'_>, note: &DaemonNote) -> Result<(), StoreError> {
    sqlx::query(
        "insert into daemon (name, value) values ('note', $1)
         on conflict (name) do update set value = excluded.value",
    )
    .bind(serde_json::to_string(note)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
