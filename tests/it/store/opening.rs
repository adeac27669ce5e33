//! Opening, migrating, reopening, and having the store alone.

use newshound::model::StoreClass;
use newshound::store::{DaemonLock, DaemonNote, Store, StoreError};

use super::*;

#[tokio::test]
async fn what_was_stored_is_there_after_opening_again() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![seen("a", ["1", "http://h/1", "war"])], NOW).await;
    let shelf = shelf.reopened().await;
    let overview = shelf.store.overview(NOW).await.unwrap();
    assert_eq!((overview.items, overview.alerts, overview.deliveries.pending), (1, 1, 1));
    assert!(overview.bytes > 4096);
}

#[tokio::test]
async fn a_missing_folder_is_made_and_a_missing_store_only_by_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("deep/er/n.db").display());
    assert!(matches!(Store::open_existing(&url).await, Err(StoreError::Missing { .. })));
    assert!(!folder.path().join("deep").exists());
    Store::open(&url).await.unwrap().close().await;
    Store::open_existing(&url).await.unwrap().answers().await.unwrap();
}

#[tokio::test]
async fn other_addresses_are_refused() {
    for url in ["postgres://x/y", "newshound.db"] {
        assert!(matches!(Store::open(url).await, Err(StoreError::Address { .. })), "{url}");
    }
}

#[tokio::test]
async fn a_store_of_a_later_version_is_refused_and_left_alone() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf
        .damage(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (999, 'later', 1, x'00', 0)",
        )
        .await;
    shelf.store.close().await;
    for opened in [Store::open(&url(&shelf.folder)).await, Store::open_existing(&url(&shelf.folder)).await] {
        assert_eq!(opened.unwrap_err().class(), Some(StoreClass::NewerSchema));
    }
}

#[tokio::test]
async fn only_a_daemon_brings_a_store_up_to_date() {
    let shelf = Shelf::empty().await;
    shelf.damage("delete from _sqlx_migrations").await;
    shelf.store.close().await;
    let refused = Store::open_existing(&url(&shelf.folder)).await.unwrap_err();
    assert!(matches!(refused, StoreError::OlderSchema { .. }), "{refused:?}");
    assert!(refused.to_string().contains("`newshound run`"), "{refused}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("newshound.db"), "").unwrap();
    assert!(matches!(Store::open_existing(&url(&folder)).await, Err(StoreError::OlderSchema { .. })));
    Store::open(&url(&folder)).await.unwrap().close().await;
    Store::open_existing(&url(&folder)).await.unwrap();
}

#[tokio::test]
async fn a_damaged_store_is_refused_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newshound.db");
    let garbage = "no database at all ".repeat(500);
    std::fs::write(&path, &garbage).unwrap();
    let error = Store::open(&url(&folder)).await.unwrap_err();
    assert_eq!(error.class(), Some(StoreClass::Corrupt), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), garbage);
}

#[tokio::test]
async fn a_fault_while_the_schema_is_made_is_told_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newshound.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("create table item (id text)").execute(&pool).await.unwrap();
    pool.close().await;
    let error = Store::open(&url(&folder)).await.unwrap_err();
    assert!(matches!(error, StoreError::Schema(_)), "{error:?}");
    assert_eq!(error.class(), Some(StoreClass::IoError), "a table in the way is no damage");
}

#[tokio::test]
async fn a_store_that_was_moved_is_not_told_to_be_made_writable() {
    let shelf = Shelf::empty().await;
    std::fs::rename(shelf.folder.path().join("newshound.db"), shelf.folder.path().join("away.db")).unwrap();
    let error = shelf.store.takes_writes().await.unwrap_err();
    assert!(matches!(error, StoreError::Moved { .. }), "{error:?}");
    assert_eq!((error.class(), error.way_out()), (Some(StoreClass::ReadOnly), None));
}

#[test]
fn a_lock_that_cannot_be_opened_is_told_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("newshound.db.lock")).unwrap();
    let error = DaemonLock::take(&url(&folder)).unwrap_err();
    assert!(error.to_string().starts_with("could not open "), "{error}");
    assert!(error.to_string().ends_with("newshound.db.lock"), "{error}");
}

#[tokio::test]
async fn a_second_daemon_is_refused_before_it_touches_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let lock = DaemonLock::take(&url(&folder)).unwrap();
    let refused = DaemonLock::take(&url(&folder)).unwrap_err();
    assert_eq!(refused.class(), Some(StoreClass::LockedByOther));
    assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
    assert!(!folder.path().join("newshound.db").exists());
    let store = Store::open(&url(&folder)).await.unwrap();
    assert!(store.is_locked().unwrap());
    drop(lock);
    assert!(!store.is_locked().unwrap());
    DaemonLock::take(&url(&folder)).unwrap();
}

#[tokio::test]
async fn the_daemons_note_is_read_by_others() {
    let shelf = Shelf::empty().await;
    assert_eq!(shelf.store.read_note().await.unwrap(), None);
    let note = DaemonNote {
        pid: 4711,
        started: NOW,
        config_file: None,
        config_loaded: NOW,
        listen: Some("x".into()),
        reload: None,
    };
    shelf.store.leave_note(&DaemonNote { pid: 1, ..note.clone() }).await.unwrap();
    shelf.store.leave_note(&note).await.unwrap();
    let other = Store::open_existing(&url(&shelf.folder)).await.unwrap();
    assert_eq!(other.read_note().await.unwrap(), Some(note));
}

#[tokio::test]
async fn the_disk_is_written_before_anything_is_acknowledged() {
    let shelf = Shelf::empty().await;
    shelf.store.takes_writes().await.unwrap();
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(shelf.folder.path().join("newshound.db"));
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let (mode,): (String,) = sqlx::query_as("pragma journal_mode").fetch_one(&pool).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn the_latest_sign_of_life_is_the_start_or_what_was_noted_since() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&url(&folder)).await.unwrap();
    assert_eq!(store.last_sign().await.unwrap(), None);
    let _lock = DaemonLock::take(&url(&folder)).unwrap();
    set_start(&folder.path().join("newshound.db.lock"), NOW);
    assert_eq!(store.last_sign().await.unwrap(), Some(NOW));
    store.leave_sign(Timestamp::from_millis(1)).await.unwrap();
    assert_eq!(store.last_sign().await.unwrap(), Some(NOW), "that was an earlier daemon's");
    store.leave_sign(NOW + SECOND).await.unwrap();
    assert_eq!(store.last_sign().await.unwrap(), Some(NOW + SECOND));
}

/// Sets when a lock was taken.
pub(crate) fn set_start(lock: &std::path::Path, start: Timestamp) {
    let since_epoch = Duration::from_millis(u64::try_from(start.as_millis()).unwrap());
    let file = std::fs::File::options().write(true).open(lock).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH + since_epoch).unwrap();
}
