//! The note that most hosts cannot be reached, for as long as that is so.

use sqlx::Row;

use super::{Store, StoreError, poll};
use crate::model::{Note, Timestamp};

impl Store {
    /// Notes since when most hosts cannot be reached, or that they can again, and tells of it as an
    /// event.
    pub async fn note_outage(
        &self,
        since: Option<Timestamp>,
        note: &Note,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let noted = match since {
            Some(since) => {
                sqlx::query(
                    "insert into daemon (name, value) values ('outage', $1)
                     on conflict (name) do update set value = excluded.value",
                )
                .bind(since.as_millis().to_string())
                .execute(&mut *tx)
                .await
            }
            None => sqlx::query("delete from daemon where name = 'outage'").execute(&mut *tx).await,
        };
        noted?;
        poll::event(&mut tx, ("", ""), (note.class, &note.message), now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets the note of an earlier daemon.
    pub async fn forget_outage(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("delete from daemon where name = 'outage'").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Returns since when most hosts cannot be reached.
    pub async fn outage(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("select value from daemon where name = 'outage'")
            .fetch_optional(self.reader())
            .await?;
        let value = row.map(|row| row.try_get::<String, _>("value")).transpose()?;
        Ok(value.and_then(|value| value.parse().ok()).map(Timestamp::from_millis))
    }
}
