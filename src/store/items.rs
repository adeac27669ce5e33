//! The items of a poll: which of them are new, which are known, and which have changed.

use sqlx::Row;

use super::{StoreError, Tx, hits, poll::Recorded, rows, search};
use crate::dedupe::{Mark, MarkKind, PASSING, marks};
use crate::model::{Item, ItemId, PollRecord, SeenItem, SourceId, Timestamp};

/// A known item counts as seen again only once a day, to spare the disk.
const SEEN_AGAIN_MS: i64 = 86_400_000;

/// The item that an item turned out to be.
struct Known {
    id: ItemId,
    /// Its source and text; `None` where only its identity is left.
    kept: Option<(String, Option<String>)>,
    by: MarkKind,
}

/// Records one item of a poll.
pub(super) async fn record_item(
    tx: &mut Tx<'_>,
    record: &PollRecord,
    seen: &SeenItem,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let now = record.polled_at;
    let source = &record.source;
    let Some(known) = find(tx, source, &seen.item, now).await? else {
        if !insert_item(tx, seen, now).await? {
            // Nothing to recognise it by, and still here: an item without any words.
            return Ok(());
        }
        search::make_keys(tx, &seen.item).await?;
        bind_identities(tx, (source, &seen.item), &seen.item.id, now).await?;
        recorded.new += 1;
        return hits::record_hits(tx, record, (seen, &seen.item), recorded).await;
    };
    bind_identities(tx, (source, &seen.item), &known.id, now).await?;
    let ours = known.kept.as_ref().is_some_and(|(owner, _)| owner == source.as_str());
    let changed = known.kept.as_ref().is_some_and(|(_, text)| *text != seen.item.keys.text);
    if ours && changed && known.by != MarkKind::Text {
        let edited = Item { id: known.id, ..seen.item.clone() };
        update_item(tx, &edited).await?;
        search::make_keys(tx, &edited).await?;
        recorded.updated += 1;
        return hits::record_hits(tx, record, (seen, &edited), recorded).await;
    }
    if known.id != seen.item.id {
        match known.by {
            MarkKind::Url => recorded.same_url += 1,
            MarkKind::Text => recorded.same_text += 1,
            MarkKind::Guid => {}
        }
    }
    if known.kept.is_some() && !ours {
        // A topic that watches only some sources may not have been asked about it yet.
        let copy = Item { id: known.id, ..seen.item.clone() };
        return hits::record_hits_of_copy(tx, record, (seen, &copy), recorded).await;
    }
    Ok(())
}

/// Looks up the item by its publisher's id, then its address, then its text.
async fn find(
    tx: &mut Tx<'_>,
    source: &SourceId,
    item: &Item,
    now: Timestamp,
) -> Result<Option<Known>, StoreError> {
    for Mark { kind, scope, value, passes } in marks(source, &item.keys) {
        let found = sqlx::query(
            "select identity.item, item.source, item.text_key, item.id as kept
             from identity left join item on item.id = identity.item
             where identity.kind = $1 and identity.scope = $2 and identity.value = $3
                 and coalesce(item.first_seen, 0) >= $4",
        )
        .bind(kind.as_str())
        .bind(scope)
        .bind(value)
        .bind(if passes { (now - PASSING).as_millis() } else { 0 })
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(row) = found {
            let kept = match row.try_get::<Option<String>, _>("kept")? {
                Some(_) => Some((rows::text(&row, "source")?, row.try_get("text_key")?)),
                None => None,
            };
            return Ok(Some(Known { id: ItemId::new(rows::text(&row, "item")?), kept, by: kind }));
        }
    }
    Ok(None)
}

/// Has what an item is recognised by lead to this id from now on. What leads to another item
/// stays with that, but for a short text whose time is over.
async fn bind_identities(
    tx: &mut Tx<'_>,
    (source, item): (&SourceId, &Item),
    id: &ItemId,
    now: Timestamp,
) -> Result<(), StoreError> {
    for Mark { kind, scope, value, passes } in marks(source, &item.keys) {
        sqlx::query(
            "insert into identity (kind, scope, value, item, last_seen) values ($1, $2, $3, $4, $5)
             on conflict (kind, scope, value) do update set last_seen = excluded.last_seen,
                 item = case when $7 = 1 and coalesce((select first_seen from item where id = identity.item), 0) < $8
                        then excluded.item else identity.item end
             where identity.last_seen < excluded.last_seen - $6 or $7 = 1",
        )
        .bind(kind.as_str())
        .bind(scope)
        .bind(value)
        .bind(id.as_str())
        .bind(now.as_millis())
        .bind(SEEN_AGAIN_MS)
        .bind(i64::from(passes))
        .bind((now - PASSING).as_millis())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Writes a new item; says whether there was none of its id.
async fn insert_item(tx: &mut Tx<'_>, seen: &SeenItem, now: Timestamp) -> Result<bool, StoreError> {
    let item = &seen.item;
    let inserted = sqlx::query(
        "insert into item (id, source, url, title, summary, text, author, published, updated, lang, tags, image,
             text_key, baseline, first_seen)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (id) do nothing",
    )
    .bind(item.id.as_str())
    .bind(item.source.as_ref().map(SourceId::as_str).unwrap_or_default())
    .bind(item.url.as_deref())
    .bind(&item.title)
    .bind(&item.summary)
    .bind(&item.text)
    .bind(item.author.as_deref())
    .bind(item.published.map(Timestamp::as_millis))
    .bind(item.updated.map(Timestamp::as_millis))
    .bind(item.lang.as_deref())
    .bind(serde_json::to_string(&item.tags)?)
    .bind(item.image.as_deref())
    .bind(item.keys.text.as_deref())
    .bind(i64::from(seen.baseline))
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

async fn update_item(tx: &mut Tx<'_>, item: &Item) -> Result<(), StoreError> {
    sqlx::query(
        "update item set url = $2, title = $3, summary = $4, text = $5, author = $6, updated = $7, lang = $8,
             tags = $9, image = $10, text_key = $11
         where id = $1",
    )
    .bind(item.id.as_str())
    .bind(item.url.as_deref())
    .bind(&item.title)
    .bind(&item.summary)
    .bind(&item.text)
    .bind(item.author.as_deref())
    .bind(item.updated.map(Timestamp::as_millis))
    .bind(item.lang.as_deref())
    .bind(serde_json::to_string(&item.tags)?)
    .bind(item.image.as_deref())
    .bind(item.keys.text.as_deref())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
