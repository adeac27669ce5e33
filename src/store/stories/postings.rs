//! What articles are found by, kept so that neither looking up nor adding costs more as the store
//! grows.
//!
//! An article has some 25 hashes in no order. Put into one large tree, each would change a page of
//! its own. So an article's hashes are first kept as one row, which every process that writes keeps
//! in memory too, in order. From there they go over to `posting_recent`, and from that to `posting`:
//! with each new article goes what lies in the next small range of hashes, so that what is written
//! lies side by side. Which range it is follows from the article's number alone. So there is nothing
//! to remember, no work that piles up, and a second process goes on where the first is. What is moved
//! twice, as after a crash, is there once all the same.

use std::collections::BTreeSet;
use std::ops::Range;

use sqlx::{QueryBuilder, Row as _, Sqlite};

use crate::model::Shingle;
use crate::store::{StoreError, Tx, items::chunks};

/// While so many articles come, all that waits goes over once: 2 to this.
const WAITING_TURN: u32 = 12;
/// … and so all that is recent.
const RECENT_TURN: u32 = 16;
/// Bits of a hash.
const KEY_BITS: u32 = 48;
/// Bytes of a hash.
const KEY_BYTES: usize = 6;
/// Rows written by one statement.
const ROWS: [usize; 3] = [64, 8, 1];
/// Articles written by one statement.
const WAITING_ROWS: [usize; 3] = [16, 4, 1];

/// What waits, as far as this process has read it.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    postings: BTreeSet<(i64, i64)>,
    /// All articles below were read; `None` before the first time.
    read_to: Option<i64>,
}

impl Waiting {
    /// Reads what has come to wait since, by this process or another, and forgets what has gone over.
    pub(super) async fn catch_up(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let found =
            sqlx::query("select article, keys from posting_waiting where article >= $1 order by article")
                .bind(self.read_to.unwrap_or(0))
                .fetch_all(&mut **tx)
                .await?;
        let Some(last) = found.last() else { return Ok(()) };
        let next = last.try_get::<i64, _>("article")? + 1;
        if let Some(read_to) = self.read_to {
            for range in turn(read_to..next, WAITING_TURN, KEY_BITS) {
                self.forget(&range);
            }
        }
        for row in &found {
            let article = row.try_get("article")?;
            self.postings.extend(keys_of(row.try_get("keys")?).map(|key| (key, article)));
        }
        self.read_to = Some(next);
        Ok(())
    }

    /// Returns the articles that wait under a key.
    fn of(&self, key: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.postings.range((key, 0)..(key + 1, 0)).copied()
    }

    fn within(&self, range: &Range<i64>) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.postings.range((range.start, 0)..(range.end, 0)).copied()
    }

    fn forget(&mut self, range: &Range<i64>) {
        let gone: Vec<(i64, i64)> = self.within(range).collect();
        for posting in &gone {
            self.postings.remove(posting);
        }
    }
}

/// Looks up which articles are found by these keys; each once, in ascending order.
pub(super) async fn look_up(
    tx: &mut Tx<'_>,
    waiting: &Waiting,
    keys: &BTreeSet<i64>,
) -> Result<BTreeSet<(i64, i64)>, StoreError> {
    let mut postings: BTreeSet<(i64, i64)> = keys.iter().flat_map(|key| waiting.of(*key)).collect();
    let found = sqlx::query(
        "select posting.key, posting.article from json_each($1) as sought
             cross join posting on posting.key = sought.value
         union all
         select posting_recent.key, posting_recent.article from json_each($1) as sought
             cross join posting_recent on posting_recent.key = sought.value",
    )
    .bind(serde_json::to_string(keys)?)
    .fetch_all(&mut **tx)
    .await?;
    for row in found {
        postings.insert((row.try_get("key")?, row.try_get("article")?));
    }
    Ok(postings)
}

/// Adds what new articles are found by, in ascending order, and moves what it is the turn of.
/// Articles below `horizon` are found no longer.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    waiting: &Waiting,
    postings: &[(Shingle, i64)],
    horizon: i64,
) -> Result<(), StoreError> {
    let mut articles: Vec<(i64, Vec<u8>)> = Vec::new();
    let mut by_article: Vec<(i64, Shingle)> =
        postings.iter().map(|(key, article)| (*article, *key)).collect();
    by_article.sort_unstable();
    for (article, key) in by_article {
        if articles.last().is_none_or(|(last, _)| *last != article) {
            articles.push((article, Vec::new()));
        }
        let (_, keys) = articles.last_mut().expect("there is one now");
        keys.extend_from_slice(&key.0.to_le_bytes()[..KEY_BYTES]);
    }
    let Some((last, _)) = articles.last() else { return Ok(()) };
    let (from, to) = (waiting.read_to.unwrap_or(0), last + 1);
    for chunk in chunks(&articles, WAITING_ROWS) {
        insert_waiting(tx, chunk, to + (1 << WAITING_TURN)).await?;
    }
    go_over(tx, waiting, from..to).await?;
    settle(tx, from..to, horizon).await
}

async fn insert_waiting(tx: &mut Tx<'_>, articles: &[(i64, Vec<u8>)], until: i64) -> Result<(), StoreError> {
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new("insert into posting_waiting (article, keys, until) ");
    query.push_values(articles, |mut row, (article, keys)| {
        row.push_bind(*article).push_bind(keys.as_slice()).push_bind(until);
    });
    query.build().execute(&mut **tx).await?;
    Ok(())
}

/// Moves what waits.
async fn go_over(tx: &mut Tx<'_>, waiting: &Waiting, came: Range<i64>) -> Result<(), StoreError> {
    let turn = turn(came.clone(), WAITING_TURN, KEY_BITS);
    let moved: Vec<(i64, i64)> = turn.iter().flat_map(|range| waiting.within(range)).collect();
    for chunk in chunks(&moved, ROWS) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("insert into posting_recent (key, article) ");
        query.push_values(chunk, |mut row, (key, article)| {
            row.push_bind(*key).push_bind(*article);
        });
        query.push(" on conflict do nothing");
        query.build().execute(&mut **tx).await?;
    }
    sqlx::query("delete from posting_waiting where article < $1 and until <= $2")
        .bind(came.end - (1 << WAITING_TURN))
        .bind(came.end)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Moves what is recent to its last place, and removes there what lies beyond the horizon.
async fn settle(tx: &mut Tx<'_>, came: Range<i64>, horizon: i64) -> Result<(), StoreError> {
    for range in turn(came, RECENT_TURN, KEY_BITS) {
        for statement in [
            "insert into posting (key, article)
             select key, article from posting_recent where key >= $1 and key < $2 and article >= $3
             order by key, article on conflict do nothing",
            "delete from posting_recent where key >= $1 and key < $2 and $3 = $3",
            "delete from posting where key >= $1 and key < $2 and article < $3",
        ] {
            sqlx::query(statement).bind(range.start).bind(range.end).bind(horizon).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

fn keys_of(bytes: &[u8]) -> impl Iterator<Item = i64> + '_ {
    let (keys, _) = bytes.as_chunks::<KEY_BYTES>();
    keys.iter().map(|&[a, b, c, d, e, f]| i64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
}

/// Returns the hashes whose turn it is while articles of these numbers come, where all hashes of so
/// many bits have their turn once in 2 to `rounds` articles.
pub(super) fn turn(came: Range<i64>, rounds: u32, bits: u32) -> Vec<Range<i64>> {
    let all = 1_i64 << rounds;
    let start = |number: i64| number.rem_euclid(all) << (bits - rounds);
    if came.end - came.start >= all {
        return std::iter::once(0..1 << bits).collect();
    }
    let (first, end) = (start(came.start), start(came.end));
    match came.is_empty() {
        true => Vec::new(),
        false if first < end => std::iter::once(first..end).collect(),
        false => [first..1 << bits, 0..end].into_iter().filter(|range| !range.is_empty()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[track_caller]
    fn check(came: Range<i64>, expect: &[(i64, i64)]) {
        let turned = turn(came, 2, 4);
        assert_eq!(turned.iter().map(|range| (range.start, range.end)).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn each_article_has_the_next_range_go_over() {
        check(0..1, &[(0, 4)]);
        check(5..7, &[(4, 12)]);
        check(6..9, &[(8, 16), (0, 4)]);
        check(7..8, &[(12, 16)]);
        check(3..3, &[]);
        check(3..9, &[(0, 16)]);
    }

    #[test]
    fn every_hash_has_its_turn_once_in_a_round() {
        for begin in 0..5 {
            let ranges: Vec<Range<i64>> =
                (begin..begin + 4).flat_map(|number| turn(number..number + 1, 2, 4)).collect();
            let mut hashes: Vec<i64> = ranges.into_iter().flatten().collect();
            hashes.sort_unstable();
            assert_eq!(hashes, (0..16).collect::<Vec<_>>());
        }
    }

    const ARTICLES: i64 = 9000;
    const KEYS: i64 = 3;

    /// Returns the keys of an article: two of its own, and one that it shares with a few others.
    fn keys(article: i64) -> BTreeSet<i64> {
        let spread = |n: i64| (n.wrapping_mul(0x5851_f42d_4c95_7f2d) >> 16) & ((1 << KEY_BITS) - 1);
        [spread(article * KEYS), spread(article * KEYS + 1), spread(article / 4 * KEYS + 2)].into()
    }

    async fn count(tx: &mut Tx<'_>, statement: &'static str) -> i64 {
        sqlx::query(statement).fetch_one(&mut **tx).await.unwrap().get(0)
    }

    /// Adds articles in groups, by two processes in turn of which one is started anew now and then;
    /// now and then a group fails first.
    async fn add_all(store: &Store) {
        let mut processes = [Waiting::default(), Waiting::default()];
        for (turn, first) in (1..=ARTICLES).step_by(150).enumerate() {
            let mut postings: Vec<(Shingle, i64)> = (first..first + 150)
                .flat_map(|article| {
                    keys(article).into_iter().map(move |key| (Shingle(key.cast_unsigned()), article))
                })
                .collect();
            postings.sort_unstable();
            let waiting = &mut processes[usize::from(turn % 3 == 0)];
            if turn % 7 == 0 {
                *waiting = Waiting::default();
            }
            for fails in [turn % 5 == 0, false] {
                let mut tx = store.begin().await.unwrap();
                waiting.catch_up(&mut tx).await.unwrap();
                add(&mut tx, waiting, &postings, 0).await.unwrap();
                if !fails {
                    tx.commit().await.unwrap();
                    break;
                }
            }
        }
    }

    #[tokio::test]
    async fn every_posting_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("n.db").display())).await.unwrap();
        add_all(&store).await;
        let mut tx = store.begin().await.unwrap();
        let mut waiting = Waiting::default();
        waiting.catch_up(&mut tx).await.unwrap();
        for article in (1..=ARTICLES).step_by(13) {
            let found = look_up(&mut tx, &waiting, &keys(article)).await.unwrap();
            let own: Vec<i64> =
                keys(article).into_iter().filter(|key| found.contains(&(*key, article))).collect();
            assert_eq!(own.len(), keys(article).len(), "article {article}: {found:?}");
            assert!(found.iter().all(|(key, of)| keys(*of).contains(key)), "{found:?}");
        }
        let waits = count(&mut tx, "select count(*) from posting_waiting").await;
        assert!(waits <= (1 << WAITING_TURN) + 300, "{waits} articles wait");
        assert!(count(&mut tx, "select count(*) from posting_recent").await > ARTICLES);
        assert!(count(&mut tx, "select count(*) from posting").await > 100);
    }

    #[tokio::test]
    async fn what_is_beyond_the_horizon_goes_with_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("n.db").display())).await.unwrap();
        add_all(&store).await;
        let mut tx = store.begin().await.unwrap();
        settle(&mut tx, 0..1 << RECENT_TURN, ARTICLES / 2).await.unwrap();
        let of = count(&mut tx, "select count(distinct article) from posting").await;
        let least = count(&mut tx, "select min(article) from posting").await;
        let recent = count(&mut tx, "select count(*) from posting_recent").await;
        assert!(
            of > 0 && least >= ARTICLES / 2 && recent == 0,
            "{of} articles from {least}, {recent} recent"
        );
    }
}
