//! One daemon per store: the lock that says so, and the note it leaves for the others.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, rows};
use crate::model::Timestamp;

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
}

/// Held while a daemon works on a store; the system lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct DaemonLock {
    _file: File,
}

impl Store {
    /// Takes the store for this process alone.
    pub fn lock(&self) -> Result<DaemonLock, StoreError> {
        let mut file = self.open_lock()?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                return Err(StoreError::LockedByOther { pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(cause)) => return Err(self.lock_failed(cause)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(format!("{}\n", std::process::id()).as_bytes())
        };
        write(&mut file).map_err(|cause| self.lock_failed(cause))?;
        Ok(DaemonLock { _file: file })
    }

    /// Says whether a daemon works on the store.
    pub fn is_locked(&self) -> Result<bool, StoreError> {
        if !self.lock_path().exists() {
            return Ok(false);
        }
        let file = File::open(self.lock_path()).map_err(|cause| self.lock_failed(cause))?;
        Ok(matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    fn open_lock(&self) -> Result<File, StoreError> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.lock_path())
            .map_err(|cause| self.lock_failed(cause))
    }

    fn lock_path(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        path.into()
    }

    fn lock_failed(&self, cause: std::io::Error) -> StoreError {
        StoreError::Folder { folder: self.lock_path(), cause }
    }

    /// Leaves the daemon's note.
    pub async fn leave_note(&self, note: &DaemonNote) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into daemon (name, value) values ('note', $1)
             on conflict (name) do update set value = excluded.value",
        )
        .bind(serde_json::to_string(note)?)
        .execute(&mut *tx)
        .await?;
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
