//! The stored items in the order in which they were seen, a page at a time: no reader holds the
//! log of a running daemon back for longer than that.

use sqlx::Row;

use super::rows::{self, item_columns};
use super::{Store, StoreError};
use crate::model::{Item, ItemId, Timestamp};

/// What the archive holds from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveSpan {
    /// When its first item was seen.
    pub from: Timestamp,
    /// How many items there are.
    pub items: u64,
}

impl Store {
    /// Returns what was seen at this time or later, of it only so many newest items; `None` where
    /// that is nothing.
    pub async fn archive_span(&self, since: Timestamp, most: u32) -> Result<Option<ArchiveSpan>, StoreError> {
        let row = sqlx::query(
            "select min(first_seen) as earliest, count(*) as items from
                 (select first_seen from item where first_seen >= $1 order by first_seen desc limit $2) as newest",
        )
        .bind(since.as_millis())
        .bind(i64::from(most))
        .fetch_one(self.reader())
        .await?;
        let items = rows::count(&row, "items")?;
        let earliest: Option<i64> = row.try_get("earliest")?;
        Ok(earliest.map(|from| ArchiveSpan { from: Timestamp::from_millis(from), items }))
    }

    /// Returns the next items that were seen at this time or later, in that order, behind the one
    /// that the page before ended with.
    pub async fn archive_page(
        &self,
        since: Timestamp,
        after: Option<&Item>,
        limit: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let seen = after.and_then(|item| item.first_seen);
        let found = sqlx::query(concat!(
            "select ",
            item_columns!(),
            " from item where first_seen >= $1 and (first_seen > $1 or id > $2)
             order by first_seen, id limit $3"
        ))
        .bind(seen.unwrap_or(since).as_millis())
        .bind(after.map_or("", |item| ItemId::as_str(&item.id)))
        .bind(i64::from(limit))
        .fetch_all(self.reader())
        .await?;
        Ok(found.iter().map(rows::item).collect::<Result<_, _>>()?)
    }
}
