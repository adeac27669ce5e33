//! Where the polls of sources end: written where that changes, and asked for whoever else ends
//! there.

use super::{Store, StoreError, Tx, rows};
use crate::dedupe::marks;
use crate::model::{SeenItem, SourceId, SourceState};

/// A source that ends elsewhere than at its own address.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere<'a> {
    /// The source that ends there; others are elsewhere.
    pub source: &'a SourceId,
    /// Where it ends.
    pub address: &'a str,
    /// The source that is configured there.
    pub owner: Option<&'a SourceId>,
}

impl Store {
    /// Returns the source that has this address before another: whose own it is, else the first
    /// that is led there. It is polled, and it answers.
    pub async fn first_at(&self, elsewhere: Elsewhere<'_>) -> Result<Option<SourceId>, StoreError> {
        let found = sqlx::query(
            "select id from source
             where (id = $3 or ends_at = $2 and id < $1 and same_as is null)
                 and id <> $1 and configured = 1 and marker = 'none' and failures = 0
             order by id <> $3, id limit 1",
        )
        .bind(elsewhere.source.as_str())
        .bind(elsewhere.address)
        .bind(elsewhere.owner.map(SourceId::as_str).unwrap_or_default())
        .fetch_optional(self.of_loops())
        .await?;
        Ok(found.map(|row| rows::text(&row, "id")).transpose()?.map(SourceId::new))
    }

    /// Says whether any of these items is known.
    pub async fn knows_any(&self, source: &SourceId, items: &[SeenItem]) -> Result<bool, StoreError> {
        let marks = items.iter().flat_map(|seen| marks(source, &seen.item.keys));
        let marks: Vec<_> = marks.map(|mark| (mark.kind.as_str(), mark.scope, mark.value)).collect();
        let found = sqlx::query(
            "select 1 from json_each($1) as mark join identity on identity.kind = mark.value ->> 0
                 and identity.scope = mark.value ->> 1 and identity.value = mark.value ->> 2
             limit 1",
        )
        .bind(serde_json::to_string(&marks)?)
        .fetch_optional(self.of_loops())
        .await?;
        Ok(found.is_some())
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
