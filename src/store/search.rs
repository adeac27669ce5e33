//! The archive by its words: the keys of each item, and the items that are worth a closer look.
//!
//! The keys are the matcher's. They are made some time after the item was stored, since making them
//! costs as much as all the rest. An item whose keys are not made yet, or were made by other rules,
//! is looked at in every search, so that nothing is ever lost.

use sqlx::Row as _;

use super::rows::{self, item_columns};
use super::{Store, StoreError, Tx};
use crate::matcher::{keys, keys::Sieve, search_keys};
use crate::model::{Item, SourceId, Timestamp};

/// Items whose keys are made in one transaction: some milliseconds' work, which the loops wait for.
const BATCH: i64 = 32;
/// So many times that, where nobody waits: each transaction waits for the disk.
const BATCHES: usize = 16;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Sought {
    /// What the words of an item must go through.
    pub sieve: Sieve,
    /// Only items that were first seen at this time or later.
    pub since: Option<Timestamp>,
    /// Only items of this source.
    pub source: Option<SourceId>,
}

/// Names a stored item by its place in the archive: what is newer has a higher number, but of what
/// one poll brought, which has one time, the first has the lowest: feeds begin with the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemNumber(i64);

/// Items with their numbers.
macro_rules! numbered_item {
    ($rest:literal) => {
        numbered_item!("", $rest)
    };
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            item_columns!(),
            $columns,
            " from item_number join item on item.id = item_number.item ",
            $rest
        )
    };
}

impl Store {
    /// Returns the items that may be what is sought, newest first: those that are worth a closer
    /// look.
    pub async fn candidates(&self, sought: &Sought) -> Result<Vec<ItemNumber>, StoreError> {
        let since = sought.since.map_or(i64::MIN, Timestamp::as_millis);
        let source = sought.source.as_ref().map(SourceId::as_str);
        let found = match expression(&sought.sieve) {
            Expression::Nothing => return Ok(Vec::new()),
            Expression::All => sqlx::query(
                "select number from item_number
                 where first_seen >= $1 and ($2 is null or exists (
                     select 1 from item where item.id = item_number.item and item.source = $2))
                 order by first_seen desc, number",
            )
            .bind(since)
            .bind(source),
            Expression::Of(expression) => sqlx::query(
                "select number from item_number
                 where first_seen >= $1 and ($2 is null or exists (
                     select 1 from item where item.id = item_number.item and item.source = $2))
                 and number in (select rowid from item_words where item_words match $3
                     union all select number from item_number where version < $4 or version > $4)
                 order by first_seen desc, number",
            )
            .bind(since)
            .bind(source)
            .bind(expression)
            .bind(keys::VERSION),
        };
        let found = found.fetch_all(self.reader()).await?;
        Ok(found.iter().map(|row| row.try_get("number").map(ItemNumber)).collect::<Result<_, _>>()?)
    }

    /// Returns the items of these numbers, newest first, as far as they are still there.
    pub async fn items_numbered(&self, numbers: &[ItemNumber]) -> Result<Vec<Item>, StoreError> {
        let numbers: Vec<i64> = numbers.iter().map(|number| number.0).collect();
        let found = sqlx::query(numbered_item!(
            "where item_number.number in (select value from json_each($1)) order by item_number.first_seen desc, item_number.number"
        ))
        .bind(serde_json::to_string(&numbers)?)
        .fetch_all(self.reader())
        .await?;
        Ok(found.iter().map(rows::item).collect::<Result<_, _>>()?)
    }

    /// Makes the keys of some of the items that have none yet, or have those of other rules, the
    /// newest last; returns how many that were.
    pub async fn make_keys(&self) -> Result<usize, StoreError> {
        if self.without_keys(1).await? == 0 {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let made = make_some(&mut tx).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Makes keys until no more than so many items have none.
    pub async fn make_keys_but_for(&self, most: u32) -> Result<(), StoreError> {
        while self.without_keys(most.saturating_add(1)).await? > most {
            let mut tx = self.begin().await?;
            for _ in 0..BATCHES {
                make_some(&mut tx).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Returns how many items have no keys, counted up to so many.
    async fn without_keys(&self, limit: u32) -> Result<u32, StoreError> {
        let row = sqlx::query(
            "select count(*) as n from
                 (select 1 from item_number where version < $1 or version > $1 limit $2) as waiting",
        )
        .bind(keys::VERSION)
        .bind(limit)
        .fetch_one(self.of_loops())
        .await?;
        Ok(rows::count(&row, "n")?)
    }
}

/// Makes the keys of some of the items that have none of the present rules; returns of how many.
async fn make_some(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    let found = sqlx::query(numbered_item!(
        ", item_number.number as number",
        "where item_number.version < $1 or item_number.version > $1 limit $2"
    ))
    .bind(keys::VERSION)
    .bind(BATCH)
    .fetch_all(&mut **tx)
    .await?;
    let mut made: Vec<i64> = Vec::with_capacity(found.len());
    for row in &found {
        let number = row.try_get("number")?;
        keep_keys(tx, number, &search_keys(&rows::item(row)?)).await?;
        made.push(number);
    }
    sqlx::query("update item_number set version = $2 where number in (select value from json_each($1))")
        .bind(serde_json::to_string(&made)?)
        .bind(keys::VERSION)
        .execute(&mut **tx)
        .await?;
    Ok(made.len())
}

async fn keep_keys(tx: &mut Tx<'_>, number: i64, keys: &str) -> Result<(), StoreError> {
    sqlx::query("insert or replace into item_words (rowid, keys) values ($1, $2)")
        .bind(number)
        .bind(keys)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A sieve in the words of the full-text index.
enum Expression {
    All,
    Nothing,
    Of(String),
}

fn expression(sieve: &Sieve) -> Expression {
    match sieve {
        Sieve::All => Expression::All,
        Sieve::Key(key) => Expression::Of(format!("\"{key}\"")),
        Sieve::Start(start) => Expression::Of(format!("\"{start}\" *")),
        Sieve::Each(parts) => joined(parts, " AND "),
        Sieve::One(parts) if parts.is_empty() => Expression::Nothing,
        Sieve::One(parts) => joined(parts, " OR "),
    }
}

/// The parts of a sieve are never all or nothing: it was made so.
fn joined(parts: &[Sieve], operator: &str) -> Expression {
    let parts: Vec<String> = parts
        .iter()
        .filter_map(|part| match expression(part) {
            Expression::Of(part) => Some(part),
            Expression::All | Expression::Nothing => None,
        })
        .collect();
    Expression::Of(format!("({})", parts.join(operator)))
}
