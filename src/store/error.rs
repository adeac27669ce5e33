//! What can go wrong with the store, and the class it is told under.

use std::{
    io,
    path::{Path, PathBuf},
};

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

use crate::model::StoreClass;

/// Why a unit of work did not happen. None of its changes were made.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is none that this version opens.
    #[error("`{url}` is no store that this version can open: write `sqlite:PATH`")]
    Address {
        /// As configured.
        url: String,
    },
    /// Nothing was stored here yet.
    #[error("there is no store at {} yet: `newshound run` makes it", path.display())]
    Missing {
        /// The database file.
        path: PathBuf,
    },
    /// The store was made by an earlier version.
    #[error("{} was written by an earlier newshound: `newshound run` brings it up to date", path.display())]
    OlderSchema {
        /// The database file.
        path: PathBuf,
    },
    /// The database file went away while it was open.
    #[error("{} was moved, deleted or replaced: put it back, or restart newshound to use what is there now", path.display())]
    Moved {
        /// Where it was.
        path: PathBuf,
    },
    /// The folder of the database cannot be made.
    #[error("could not make the folder {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file of the database cannot be opened.
    #[error("could not open {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Another daemon works on this store.
    #[error("another newshound (process {pid}) works on this store: stop it, or choose another [store] url")]
    LockedByOther {
        /// Its process id, as it wrote it.
        pid: String,
    },
    /// The schema could not be brought up to date.
    #[error("could not bring the store's schema up to date")]
    Schema(#[from] MigrateError),
    /// Work ended early, since the store had failed before.
    #[error("the store failed: {told}")]
    Failing {
        /// How.
        class: StoreClass,
        /// In words.
        told: String,
    },
    /// The claim ran out and somebody else has it now.
    #[error("the claim on `{0}` was lost to another worker")]
    ClaimLost(String),
    /// A stored value that this version cannot read.
    #[error("a stored value cannot be read")]
    Json(#[from] serde_json::Error),
    /// The database refused.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Returns the error with its causes, for people.
    pub fn told(&self) -> String {
        let mut told = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            told = format!("{told}: {next}");
            cause = next.source();
        }
        told
    }

    /// Returns the class of the fault; `None` where it is no fault of the store.
    pub fn class(&self) -> Option<StoreClass> {
        match self {
            StoreError::Moved { .. } => Some(StoreClass::ReadOnly),
            StoreError::Failing { class, .. } => Some(*class),
            StoreError::LockedByOther { .. } => Some(StoreClass::LockedByOther),
            StoreError::Schema(MigrateError::VersionMissing(_)) => Some(StoreClass::NewerSchema),
            StoreError::Schema(MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) => {
                Some(of_database(cause))
            }
            StoreError::Schema(_) | StoreError::Json(_) => Some(StoreClass::Corrupt),
            StoreError::Folder { cause, .. } | StoreError::File { cause, .. } => Some(of_io(cause)),
            StoreError::Database(cause) => Some(of_database(cause)),
            StoreError::Address { .. }
            | StoreError::Missing { .. }
            | StoreError::OlderSchema { .. }
            | StoreError::ClaimLost(_) => None,
        }
    }

    /// Returns what an operator can do about it, where that is not said already.
    pub fn way_out(&self) -> Option<&'static str> {
        if let StoreError::Moved { .. } = self {
            return None;
        }
        match self.class()? {
            StoreClass::ReadOnly => {
                Some("let the user that newshound runs as write there, or name another [store] url")
            }
            StoreClass::DiskFull => Some("make room on the disk"),
            StoreClass::IoError => Some("look at the path and the disk, or name another [store] url"),
            StoreClass::Corrupt => Some("restore a backup, or move the file away to begin anew"),
            StoreClass::NewerSchema => Some("a later newshound wrote it: run that one"),
            StoreClass::Busy => Some("another program holds it: try again when that is done"),
            StoreClass::LockedByOther => None,
        }
    }

    /// Returns the error of a database that did not open. `SQLite` says no more than that; the
    /// system knows why.
    pub(super) fn of_opening(path: &Path, create: bool, cause: sqlx::Error) -> StoreError {
        const CANNOT_OPEN: &str = "14";
        let code = cause.as_database_error().and_then(DatabaseError::code);
        if code.as_deref() != Some(CANNOT_OPEN) {
            return StoreError::Database(cause);
        }
        match std::fs::OpenOptions::new().read(true).write(true).create(create).open(path) {
            Err(cause) => StoreError::File { path: path.to_owned(), cause },
            Ok(_) => StoreError::Database(cause),
        }
    }
}

fn of_io(cause: &io::Error) -> StoreClass {
    if cause.kind() == io::ErrorKind::StorageFull {
        StoreClass::DiskFull
    } else if matches!(cause.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied) {
        StoreClass::ReadOnly
    } else {
        StoreClass::IoError
    }
}

/// Reads SQLite's result code (sqlite.org/rescode.html); the low byte is the primary one.
fn of_database(cause: &sqlx::Error) -> StoreClass {
    if let sqlx::Error::PoolTimedOut = cause {
        return StoreClass::Busy;
    }
    if let sqlx::Error::Io(cause) = cause {
        return of_io(cause);
    }
    let Some(code) = cause.as_database_error().and_then(DatabaseError::code) else {
        return StoreClass::IoError;
    };
    match code.parse::<i32>().unwrap_or(0) & 0xff {
        5 | 6 => StoreClass::Busy,
        8 => StoreClass::ReadOnly,
        11 | 26 => StoreClass::Corrupt,
        13 => StoreClass::DiskFull,
        _ => StoreClass::IoError,
    }
}
