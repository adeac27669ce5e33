//! What is remembered of the items of each source's last body: written with the poll that read it,
//! read when another body has come.

use sqlx::Row as _;

use super::{Store, StoreError, Tx};
use crate::model::{Imprints, Memory, SourceId};

impl Store {
    /// Returns what is remembered of the items of a source's last body.
    pub async fn imprints(&self, source: &SourceId) -> Result<Option<Imprints>, StoreError> {
        let row = sqlx::query("select seen from source_seen where source = $1")
            .bind(source.as_str())
            .fetch_optional(self.of_loops())
            .await?;
        let bytes: Option<Vec<u8>> = row.map(|row| row.try_get("seen")).transpose()?;
        Ok(bytes.and_then(|bytes| Imprints::of_bytes(&bytes)))
    }
}

/// Keeps or drops what a poll says is to be remembered.
pub(super) async fn remember(tx: &mut Tx<'_>, source: &SourceId, memory: &Memory) -> Result<(), StoreError> {
    let query = match memory {
        Memory::Kept => return Ok(()),
        Memory::Forgotten => sqlx::query("delete from source_seen where source = $1").bind(source.as_str()),
        Memory::Replaced(imprints) => sqlx::query(
            "insert into source_seen (source, seen) values ($1, $2)
             on conflict (source) do update set seen = excluded.seen",
        )
        .bind(source.as_str())
        .bind(imprints.to_bytes()),
    };
    query.execute(&mut **tx).await?;
    Ok(())
}
