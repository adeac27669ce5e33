//! Where the polls of sources end: written where that changes, and asked for whoever else ends
//! there.

use super::{Store, StoreError, Tx, rows};
use crate::model::{SourceId, SourceState};

impl Store {
    /// Returns the first of the sources that are polled, answer, and end at this address too,
    /// because it is theirs (`owner`) or because they are led there; `None` where a source
    /// has it to itself, or comes first.
    pub async fn first_at(
        &self,
        address: &str,
        owner: Option<&SourceId>,
        source: &SourceId,
    ) -> Result<Option<SourceId>, StoreError> {
        let found = sqlx::query(
            "select id from source
             where (id = $1 or ends_at = $2 and id < $3 and same_as is null) and id <> $3
                 and configured = 1 and marker = 'none' and failures = 0
             order by id <> $1, id limit 1",
        )
        .bind(owner.map(SourceId::as_str).unwrap_or_default())
        .bind(address)
        .bind(source.as_str())
        .fetch_optional(self.of_loops())
        .await?;
        Ok(found.map(|row| rows::text(&row, "id")).transpose()?.map(SourceId::new))
    }
}

/// Writes where a source's polls end from now on, and the host it is paced by.
pub(super) async fn keep(tx: &mut Tx<'_>, state: &SourceState, host: &str) -> Result<(), StoreError> {
    let landing = &state.landing;
    sqlx::query("update source set host = $1, held = $2, ends_at = $3, same_as = $4 where id = $5")
        .bind(host)
        .bind(i64::try_from(landing.held).unwrap_or(i64::MAX))
        .bind(landing.ends_at.as_deref())
        .bind(landing.same_as.as_ref().map(SourceId::as_str))
        .bind(state.id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
