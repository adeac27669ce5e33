//! The daemon's sign of life, for those who look at the store from another process.

use std::os::unix::fs::MetadataExt as _;

use super::{Store, StoreError, daemon::lock_path, rows};
use crate::model::Timestamp;

impl Store {
    /// Notes that all loops of the daemon had turned by this time.
    pub async fn leave_sign(&self, turned: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into daemon (name, value) values ('sign', $1)
             on conflict (name) do update set value = excluded.value",
        )
        .bind(serde_json::to_string(&turned.as_millis())?)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Returns when a daemon last gave a sign of life: its start, or what it noted since.
    pub async fn last_sign(&self) -> Result<Option<Timestamp>, StoreError> {
        let noted =
            sqlx::query("select value from daemon where name = 'sign'").fetch_optional(self.reader()).await?;
        let noted: Option<i64> = noted.map(|row| rows::json(&row, "value")).transpose()?;
        // Taking the lock is the first thing that a daemon does, before it knows of any sign.
        let locked = std::fs::metadata(lock_path(&self.path)).ok();
        let locked = locked.map(|lock| lock.mtime() * 1000 + lock.mtime_nsec() / 1_000_000);
        Ok(noted.max(locked).map(Timestamp::from_millis))
    }
}
