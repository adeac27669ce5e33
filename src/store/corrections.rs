//! Which versions of an alerted article a topic knows.

use sqlx::Row as _;

use super::{StoreError, Tx, rows};
use crate::model::{ItemId, Timestamp, TopicId};
use crate::story::{CORRECTIONS_WINDOW, Version};

/// A version of an item that is about to be replaced.
pub(super) struct Before {
    title: String,
    summary: String,
    text: String,
    pub(super) text_key: Option<String>,
}

impl Before {
    /// Returns what of it is compared.
    pub(super) fn version(&self) -> Version<'_> {
        Version { title: &self.title, summary: &self.summary, text: &self.text }
    }
}

/// Reads an item as it stands in the store.
pub(super) async fn read_before(tx: &mut Tx<'_>, item: &ItemId) -> Result<Option<Before>, StoreError> {
    let row = sqlx::query("select title, summary, text, text_key from item where id = $1")
        .bind(item.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (title, summary, text) =
        (rows::text(&row, "title")?, rows::text(&row, "summary")?, rows::text(&row, "text")?);
    Ok(Some(Before { title, summary, text, text_key: row.try_get("text_key")? }))
}

/// Says whether a topic knows this version of an item, and how many changes of it were told lately.
pub(super) async fn known(
    tx: &mut Tx<'_>,
    (topic, item): (&TopicId, &ItemId),
    key: &str,
    now: Timestamp,
) -> Result<(bool, usize), StoreError> {
    let row = sqlx::query(
        "select coalesce(sum(text_key = $3), 0) as known, coalesce(sum(told_at > $4), 0) as lately
         from correction where topic = $1 and item = $2",
    )
    .bind(topic.as_str())
    .bind(item.as_str())
    .bind(key)
    .bind((now - CORRECTIONS_WINDOW).as_millis())
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.try_get::<i64, _>("known")? > 0, rows::count(&row, "lately")?))
}

/// Remembers that a topic knows this version of an item, and when it was told of it.
pub(super) async fn keep_version(
    tx: &mut Tx<'_>,
    (topic, item): (&TopicId, &ItemId),
    key: &str,
    told_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into correction (topic, item, text_key, told_at) values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(topic.as_str())
    .bind(item.as_str())
    .bind(key)
    .bind(told_at.map(Timestamp::as_millis))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
