//! The archive by its words: the keys of each item, and the items that are worth a closer look.
//!
//! The keys are the matcher's. An item whose keys are not made yet, or were made by other rules,
//! is looked at in every search, so that nothing is ever lost.

use sqlx::Row as _;

use super::{Store, StoreError, Tx, rows};
use crate::matcher::{keys, keys::Sieve, search_keys};
use crate::model::{Item, SourceId, Timestamp};

/// Items that are looked at in one go: few enough to hold in memory at their largest.
const PAGE: i64 = 64;

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

/// Where a search stands: everything newer was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(i64);

/// Some items that are worth a closer look.
#[derive(Clone, Debug)]
pub struct Candidates {
    /// The items, newest first.
    pub items: Vec<Item>,
    /// Where to go on; `None` at the end.
    pub next: Option<Place>,
}

/// The columns of an item, as every statement here reads them.
macro_rules! numbered_item {
    ($rest:literal) => {
        concat!(
            "select item_number.number, item.id as item_id, item.source as item_source, item.url as item_url,
             item.title as item_title, item.summary as item_summary, item.text as item_text,
             item.author as item_author, item.published as item_published, item.updated as item_updated,
             item.lang as item_lang, item.tags as item_tags, item.image as item_image,
             item.text_key as item_text_key, item.first_seen as item_first_seen
             from item_number join item on item.id = item_number.item ",
            $rest
        )
    };
}

impl Store {
    /// Returns the next items that may be what is sought, newest first.
    pub async fn candidates(&self, sought: &Sought, from: Option<Place>) -> Result<Candidates, StoreError> {
        let expression = match expression(&sought.sieve) {
            Expression::All => None,
            Expression::Of(expression) => Some(expression),
            Expression::Nothing => return Ok(Candidates { items: Vec::new(), next: None }),
        };
        let statement = if expression.is_some() {
            numbered_item!(
                "where item_number.number in (
                     select * from (select found.number
                         from item_words cross join item_number found on found.number = item_words.rowid
                         where item_words match $5 and item_words.rowid < $1 and found.version = $6
                             and found.first_seen >= $2
                             and ($3 is null or exists (
                                 select 1 from item where item.id = found.item and item.source = $3))
                         order by item_words.rowid desc limit $4)
                     union all
                     select * from (select number from item_number found
                         where found.version <> $6 and number < $1 and found.first_seen >= $2
                             and ($3 is null or exists (
                                 select 1 from item where item.id = found.item and item.source = $3))
                         order by number desc limit $4))
                 order by item_number.number desc limit $4"
            )
        } else {
            numbered_item!(
                "where item_number.number < $1 and item_number.first_seen >= $2
                     and ($3 is null or item.source = $3)
                 order by item_number.number desc limit $4"
            )
        };
        let found = sqlx::query(statement)
            .bind(from.map_or(i64::MAX, |place| place.0))
            .bind(sought.since.map_or(i64::MIN, Timestamp::as_millis))
            .bind(sought.source.as_ref().map(SourceId::as_str))
            .bind(PAGE);
        let found = match expression {
            Some(expression) => found.bind(expression).bind(keys::VERSION),
            None => found,
        };
        let found = found.fetch_all(self.reader()).await?;
        let items = found.iter().map(rows::item).collect::<Result<_, _>>()?;
        let full = i64::try_from(found.len()).is_ok_and(|n| n == PAGE);
        let next = found.last().filter(|_| full).map(|row| row.try_get("number").map(Place)).transpose()?;
        Ok(Candidates { items, next })
    }

    /// Makes the keys of the items that have none yet, or have those of other rules.
    pub(super) async fn make_missing_keys(&self) -> Result<(), StoreError> {
        let mut n_made = 0_usize;
        loop {
            let mut tx = self.begin().await?;
            let found = sqlx::query(numbered_item!("where item_number.version <> $1 limit $2"))
                .bind(keys::VERSION)
                .bind(PAGE)
                .fetch_all(&mut *tx)
                .await?;
            if found.is_empty() {
                break;
            }
            for row in &found {
                make_keys(&mut tx, &rows::item(row)?).await?;
            }
            tx.commit().await?;
            n_made += found.len();
        }
        if n_made > 0 {
            tracing::info!("made the search keys of {n_made} stored items");
        }
        Ok(())
    }
}

/// Keeps the keys of an item, which is new or was rewritten.
pub(super) async fn make_keys(tx: &mut Tx<'_>, item: &Item) -> Result<(), StoreError> {
    sqlx::query(
        "insert or replace into item_words (rowid, keys) select number, $2 from item_number where item = $1",
    )
    .bind(item.id.as_str())
    .bind(search_keys(item))
    .execute(&mut **tx)
    .await?;
    sqlx::query("update item_number set version = $2 where item = $1")
        .bind(item.id.as_str())
        .bind(keys::VERSION)
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
