//! In how many items each word occurs, as the store keeps it: in parts, of which each is written when
//! it is its turn.
//!
//! A crash loses at most what was counted in one round: a part of one round in 60,000 items. An
//! orderly stop loses nothing. Several processes on one store would each count what they store
//! themselves; then a part has to be added to what stands there, as the difference since it was read,
//! rather than put in its place.

use std::ops::Range;

use sqlx::Row as _;

use crate::store::{StoreError, Tx};
use crate::story::Counts;

/// Parts that the counts are kept in.
const PARTS: usize = 256;
/// A part is written with every so many articles.
const ARTICLES_A_PART: i64 = 8;
/// The part that says how many items were counted.
const HEAD: i64 = -1;

/// Reads what is kept; nothing, where it was laid out otherwise.
pub(super) async fn read(tx: &mut Tx<'_>) -> Result<Counts, StoreError> {
    let found = sqlx::query("select part, counts from word_count order by part").fetch_all(&mut **tx).await?;
    let (mut head, mut parts): (&[u8], Vec<(usize, &[u8])>) = (&[], Vec::with_capacity(PARTS));
    for row in &found {
        match usize::try_from(row.try_get::<i64, _>("part")?) {
            Ok(part) => parts.push((part, row.try_get("counts")?)),
            Err(_) => head = row.try_get("counts")?,
        }
    }
    Ok(Counts::of_parts(head, parts, PARTS).unwrap_or_default())
}

/// Writes the parts whose turn it is while articles of these numbers come.
pub(super) async fn write_turn(tx: &mut Tx<'_>, counts: &Counts, came: Range<i64>) -> Result<(), StoreError> {
    let (first, end) = (came.start.div_euclid(ARTICLES_A_PART), came.end.div_euclid(ARTICLES_A_PART));
    let most = i64::try_from(PARTS).unwrap_or(i64::MAX);
    let parts: Vec<usize> = (first..end.min(first + most))
        .filter_map(|number| usize::try_from(number.rem_euclid(most)).ok())
        .collect();
    if parts.is_empty() { Ok(()) } else { write_parts(tx, counts, &parts).await }
}

/// Writes all parts.
pub(super) async fn write_all(tx: &mut Tx<'_>, counts: &Counts) -> Result<(), StoreError> {
    write_parts(tx, counts, &(0..PARTS).collect::<Vec<_>>()).await
}

async fn write_parts(tx: &mut Tx<'_>, counts: &Counts, parts: &[usize]) -> Result<(), StoreError> {
    keep(tx, HEAD, counts.head()).await?;
    for &part in parts {
        keep(tx, i64::try_from(part).unwrap_or(i64::MAX), counts.part(part, PARTS)).await?;
    }
    Ok(())
}

async fn keep(tx: &mut Tx<'_>, part: i64, bytes: Vec<u8>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into word_count (part, counts) values ($1, $2)
         on conflict (part) do update set counts = excluded.counts",
    )
    .bind(part)
    .bind(bytes)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
