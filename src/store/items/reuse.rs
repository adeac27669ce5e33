//! Items that came under the id of another article of their source. They are taken under an id of
//! their own; else they would pass for edits of it, and nobody would hear of them.

use std::collections::HashMap;

use super::register::Register;
use crate::dedupe::{Gist, under_own_name};
use crate::model::{Item, PollRecord, SeenItem, SourceId};
use crate::store::{StoreError, Tx, rows};

/// These items under ids of their own, by their source and the id they came with.
#[derive(Default)]
pub(in crate::store) struct Reused(HashMap<(SourceId, String), SeenItem>);

impl Reused {
    /// Returns what an item is taken as.
    pub(in crate::store) fn or<'b>(&'b self, record: &PollRecord, seen: &'b SeenItem) -> &'b SeenItem {
        if self.0.is_empty() {
            return seen;
        }
        self.0.get(&(record.source.clone(), seen.item.id.as_str().to_owned())).unwrap_or(seen)
    }
}

/// Looks which items of these polls have nothing in common with what their ids lead to. Only items
/// whose words have changed are looked at.
pub(in crate::store) async fn reused(
    tx: &mut Tx<'_>,
    records: &[&PollRecord],
    register: &Register<'_>,
) -> Result<Reused, StoreError> {
    let all = || records.iter().flat_map(|record| record.items.iter().map(|seen| (*record, seen)));
    let claims: Vec<(&PollRecord, &SeenItem, &str)> = all()
        .filter_map(|(record, seen)| Some((record, seen, register.claimed(record, &seen.item)?)))
        .collect();
    if claims.is_empty() {
        return Ok(Reused::default());
    }
    let ids: Vec<&str> = claims.iter().map(|(.., id)| *id).collect();
    let stored = stored(tx, &ids).await?;
    let mut reused = HashMap::new();
    for (record, seen, id) in claims {
        let is_other = stored.get(id).is_some_and(|stored| Gist::of(&seen.item).is_apart_from(stored));
        if is_other {
            let key = (record.source.clone(), seen.item.id.as_str().to_owned());
            reused.insert(key, SeenItem { item: under_own_name(&seen.item), ..seen.clone() });
        }
    }
    Ok(Reused(reused))
}

async fn stored(tx: &mut Tx<'_>, ids: &[&str]) -> Result<HashMap<String, Gist>, StoreError> {
    let found = sqlx::query(concat!(
        "select ",
        rows::item_columns!(),
        " from json_each($1) as sought cross join item on item.id = sought.value"
    ))
    .bind(serde_json::to_string(ids)?)
    .fetch_all(&mut **tx)
    .await?;
    let items = found.iter().map(rows::item).collect::<Result<Vec<Item>, _>>()?;
    Ok(items.into_iter().map(|item| (item.id.as_str().to_owned(), Gist::of(&item))).collect())
}
