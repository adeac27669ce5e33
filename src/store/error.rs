//! What can go wrong with the store, and the class it is told under.

use std::{io, path::PathBuf};

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
    /// The folder of the database cannot be made.
    #[error("could not make the folder {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
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
    /// Returns the class of the fault; `None` where it is no fault of the store.
    pub fn class(&self) -> Option<StoreClass> {
        match self {
            StoreError::LockedByOther { .. } => Some(StoreClass::LockedByOther),
            StoreError::Schema(MigrateError::VersionMissing(_)) => Some(StoreClass::NewerSchema),
            StoreError::Schema(_) | StoreError::Json(_) => Some(StoreClass::Corrupt),
            StoreError::Folder { cause, .. } => Some(of_io(cause)),
            StoreError::Database(cause) => Some(of_database(cause)),
            StoreError::Address { .. } | StoreError::Missing { .. } | StoreError::ClaimLost(_) => None,
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
    let Some(code) = cause.as_database_error().and_then(sqlx::error::DatabaseError::code) else {
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
