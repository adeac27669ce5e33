//! The items of polls: which of them are new, which are known, and which have changed. What is
//! known is asked for once for all the polls that are written together, and so is what is new
//! written.

mod register;
mod reuse;

use sqlx::{QueryBuilder, Row as _, Sqlite};

pub(super) use self::register::{Again, Register, Taken};
use self::register::{Identity, Kept, Key, Writes};
pub(super) use self::reuse::{Reused, reused};
use super::{StoreError, Tx, rows};
use crate::dedupe::marks;
use crate::model::{Calls, Item, Named, PollRecord, SeenItem, SourceId, Timestamp};

/// Rows written by one statement. Of few sizes, so that each is prepared once.
const ITEM_ROWS: [usize; 3] = [16, 4, 1];
const IDENTITY_ROWS: [usize; 3] = [32, 8, 1];

/// Looks up all that the items of these polls could turn out to be.
pub(super) async fn look_up<'a>(
    tx: &mut Tx<'_>,
    records: &[&'a PollRecord],
) -> Result<Register<'a>, StoreError> {
    let all = || records.iter().flat_map(|record| record.items.iter().map(|seen| (*record, seen)));
    let mut register = Register::default();
    let keys: Vec<Key<'a>> =
        all().flat_map(|(record, seen)| marks(&record.source, &seen.item.keys).map(Key::of)).collect();
    if !keys.is_empty() {
        look_up_identities(tx, &keys, &mut register).await?;
    }
    // What is recognised by nothing may be there still: an item without any words, or one whose
    // words have come to lead to another.
    let ids = all().map(|(_, seen)| seen.item.id.as_str());
    let unknown: Vec<&str> = ids.filter(|id| !register.keeps(id)).collect();
    if !unknown.is_empty() {
        look_up_items(tx, &unknown, &mut register).await?;
    }
    Ok(register)
}

async fn look_up_identities<'a>(
    tx: &mut Tx<'_>,
    keys: &[Key<'a>],
    register: &mut Register<'a>,
) -> Result<(), StoreError> {
    let found = sqlx::query(
        "select sought.key as place, identity.item, identity.last_seen, item.source, item.text_key,
             item.first_seen
         from json_each($1) as sought
             cross join identity on identity.kind = sought.value ->> 0
                 and identity.scope = sought.value ->> 1 and identity.value = sought.value ->> 2
             left join item on item.id = identity.item",
    )
    .bind(serde_json::to_string(keys)?)
    .fetch_all(&mut **tx)
    .await?;
    for row in found {
        let place: usize = rows::count(&row, "place")?;
        let id = rows::text(&row, "item")?;
        if let Some(source) = row.try_get::<Option<String>, _>("source")? {
            let (text_key, first_seen) = (row.try_get("text_key")?, rows::time(&row, "first_seen")?);
            register.keep(&id, Kept { source, text_key, first_seen });
        }
        let last_seen = rows::time(&row, "last_seen")?;
        register.note(keys[place], Identity { item: id, last_seen });
    }
    Ok(())
}

async fn look_up_items(tx: &mut Tx<'_>, ids: &[&str], register: &mut Register<'_>) -> Result<(), StoreError> {
    let found = sqlx::query(
        "select item.id, item.source, item.text_key, item.first_seen
         from json_each($1) as sought cross join item on item.id = sought.value",
    )
    .bind(serde_json::to_string(ids)?)
    .fetch_all(&mut **tx)
    .await?;
    for row in found {
        let (source, text_key) = (rows::text(&row, "source")?, row.try_get("text_key")?);
        let kept = Kept { source, text_key, first_seen: rows::time(&row, "first_seen")? };
        register.keep(&rows::text(&row, "id")?, kept);
    }
    Ok(())
}

/// Returns what the known items of a source were called. Of a source whose ids are not kept, as
/// where it has had none so far, they are none but these.
pub(super) async fn named(
    tx: &mut Tx<'_>,
    register: &Register<'_>,
    source: &SourceId,
) -> Result<Named, StoreError> {
    let mut named = register.named(source);
    if named.guid.kept > 0 || named.guid.changed == 0 {
        return Ok(named);
    }
    let any = sqlx::query("select 1 from identity where kind = 'guid' and scope = $1 limit 1")
        .bind(source.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    if any.is_none() {
        named.guid = Calls { kept: named.guid.changed, changed: 0 };
    }
    Ok(named)
}

/// Writes what the register has gathered.
pub(super) async fn write(tx: &mut Tx<'_>, register: Register<'_>) -> Result<(), StoreError> {
    let Writes { items, edits, identities, rebound, seen_again } = register.into_writes();
    for chunk in chunks(&items, ITEM_ROWS) {
        insert_items(tx, chunk).await?;
    }
    for (item, seen) in edits {
        update_item(tx, item.as_str(), &seen.item).await?;
    }
    for chunk in chunks(&identities, IDENTITY_ROWS) {
        insert_identities(tx, chunk).await?;
    }
    for (key, item, now) in rebound {
        bind_again(tx, key, &item, now).await?;
    }
    if let Some((keys, now)) = seen_again {
        see_again(tx, &keys, now).await?;
    }
    Ok(())
}

/// Cuts what is to be written into pieces of these sizes, the largest first.
pub(super) fn chunks<T>(mut rows: &[T], sizes: [usize; 3]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = sizes.into_iter().find(|&size| size <= rows.len())?;
        let (chunk, rest) = rows.split_at(size);
        rows = rest;
        Some(chunk)
    })
}

async fn insert_items(tx: &mut Tx<'_>, items: &[(&SeenItem, Timestamp)]) -> Result<(), StoreError> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "insert into item (id, source, url, title, summary, text, author, published, updated, lang, tags, image,
             text_key, baseline, first_seen) ",
    );
    let tags: Vec<String> =
        items.iter().map(|(seen, _)| serde_json::to_string(&seen.item.tags)).collect::<Result<_, _>>()?;
    query.push_values(items.iter().zip(&tags), |mut row, ((seen, now), tags)| {
        let item = &seen.item;
        row.push_bind(item.id.as_str())
            .push_bind(item.source.as_ref().map(SourceId::as_str).unwrap_or_default())
            .push_bind(item.url.as_deref())
            .push_bind(item.title.as_str())
            .push_bind(item.summary.as_str())
            .push_bind(item.text.as_str())
            .push_bind(item.author.as_deref())
            .push_bind(item.published.map(Timestamp::as_millis))
            .push_bind(item.updated.map(Timestamp::as_millis))
            .push_bind(item.lang.as_deref())
            .push_bind(tags.as_str())
            .push_bind(item.image.as_deref())
            .push_bind(item.keys.text.as_deref())
            .push_bind(i64::from(seen.baseline))
            .push_bind(now.as_millis());
    });
    query.build().execute(&mut **tx).await?;
    Ok(())
}

async fn insert_identities(
    tx: &mut Tx<'_>,
    identities: &[(Key<'_>, String, Timestamp)],
) -> Result<(), StoreError> {
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new("insert into identity (kind, scope, value, item, last_seen) ");
    query.push_values(identities, |mut row, (Key(kind, scope, value), item, now)| {
        row.push_bind(*kind)
            .push_bind(*scope)
            .push_bind(*value)
            .push_bind(item.as_str())
            .push_bind(now.as_millis());
    });
    query.build().execute(&mut **tx).await?;
    Ok(())
}

/// Has a short text whose time is over lead to another item.
async fn bind_again(
    tx: &mut Tx<'_>,
    Key(kind, scope, value): Key<'_>,
    item: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update identity set item = $4, last_seen = $5 where kind = $1 and scope = $2 and value = $3",
    )
    .bind(kind)
    .bind(scope)
    .bind(value)
    .bind(item)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn see_again(tx: &mut Tx<'_>, keys: &[Key<'_>], now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "update identity set last_seen = $2 from json_each($1) as sought
         where identity.kind = sought.value ->> 0 and identity.scope = sought.value ->> 1
             and identity.value = sought.value ->> 2",
    )
    .bind(serde_json::to_string(keys)?)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn update_item(tx: &mut Tx<'_>, id: &str, item: &Item) -> Result<(), StoreError> {
    sqlx::query(
        "update item set url = $2, title = $3, summary = $4, text = $5, author = coalesce($6, author), updated = $7, lang = $8,
             tags = $9, image = $10, text_key = $11, published = coalesce($12, published)
         where id = $1",
    )
    .bind(id)
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
    .bind(item.published.map(Timestamp::as_millis))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_in_few_sizes() {
        let sizes = |n: usize| chunks(&vec![0; n], [16, 4, 1]).map(<[i32]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(sizes(3), [1, 1, 1]);
        assert_eq!(sizes(41), [16, 16, 4, 4, 1]);
    }
}
