//! Writes what has changed on the shelf, and lets go of what nothing is compared with any more: in
//! small steps, some with each group of polls that brings something new.

use std::ops::Range;
use std::time::Duration;

use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::{KeptOrigin, Known, Placing, postings, rarity};
use crate::model::{Item, PollRecord, Timestamp};
use crate::store::{StoreError, Tx, items::chunks};
use crate::story::{Article, Changes, Event, EventKind, Origin, Story};

/// Rows written by one statement. Of few sizes, so that each is prepared once.
const ARTICLE_ROWS: [usize; 3] = [16, 4, 1];
const STORY_ROWS: [usize; 3] = [16, 4, 1];
const WORD_ROWS: [usize; 3] = [64, 8, 1];

/// What an article is found by is kept for longer than a copy counts as one: 30 days.
const POSTINGS_KEPT: Duration = Duration::from_hours(31 * 24);
/// What a story is found by is kept for longer than it can be open: 10 days.
const WORDS_KEPT: Duration = Duration::from_hours(11 * 24);
/// While so many articles come, all words of stories have their turn to be let go: 2 to this.
const WORDS_TURN: u32 = 14;
/// Bits of a word's hash.
const WORD_BITS: u32 = 32;
/// Where those times begin is looked up anew with every so many articles.
const HORIZON_EVERY: i64 = 512;
/// Centroids let go at a time, for each article that comes.
const CENTROIDS_AN_ARTICLE: i64 = 4;

/// The first numbers that something may still be compared with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Horizon {
    article: i64,
    story: i64,
    /// The article it was last looked up with.
    at: Option<i64>,
}

/// Writes what has changed.
pub(in crate::store) async fn write(
    tx: &mut Tx<'_>,
    known: &mut Known,
    placing: Placing<'_>,
) -> Result<(), StoreError> {
    let Placing { shelf, echoes, counted_before, .. } = placing;
    let Changes { articles, postings, stories, words, events } = shelf.into_changes();
    if let (Some(first), Some(last)) = (articles.first(), articles.last()) {
        let came = first.number..last.number + 1;
        for chunk in chunks(&articles, ARTICLE_ROWS) {
            insert_articles(tx, chunk).await?;
        }
        let horizon = look_ahead(tx, known, last).await?;
        postings::add(tx, &known.waiting, &postings, horizon.article).await?;
        let counts = known.counts();
        if counted_before.is_some_and(|before| counts.n_items() < before) {
            rarity::write_all(tx, counts).await?;
        } else {
            rarity::write_turn(tx, counts, came.clone()).await?;
        }
        let_go(tx, came, horizon.story).await?;
    }
    // Behind the articles, whose numbers are given already.
    for (article, record, item) in echoes {
        write_echo(tx, article, record, item).await?;
    }
    for chunk in chunks(&stories, STORY_ROWS) {
        write_stories(tx, chunk).await?;
        write_centroids(tx, chunk).await?;
    }
    for chunk in chunks(&words, WORD_ROWS) {
        insert_words(tx, chunk).await?;
    }
    for event in events {
        insert_event(tx, &event).await?;
    }
    Ok(())
}

async fn insert_articles(tx: &mut Tx<'_>, articles: &[Article]) -> Result<(), StoreError> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "insert into article (number, item, source, story, copy_of, seen, published, shingles, words, numbers,
             figures, agency) ",
    );
    query.push_values(articles, |mut row, article| {
        row.push_bind(article.number)
            .push_bind(article.item.as_str())
            .push_bind(article.source.as_str())
            .push_bind(article.story)
            .push_bind(article.copy_of)
            .push_bind(article.seen.as_millis())
            .push_bind(article.published.map(Timestamp::as_millis))
            .push_bind(i64::from(article.n_shingles))
            .push_bind(i64::from(article.n_words))
            .push_bind(article.numbers.cast_signed())
            .push_bind(article.figures.cast_signed())
            .push_bind(article.agency.as_deref());
    });
    query.build().execute(&mut **tx).await?;
    Ok(())
}

/// Notes that another source carries an item too.
async fn write_echo(
    tx: &mut Tx<'_>,
    original: i64,
    record: &PollRecord,
    item: &Item,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into article (item, source, story, copy_of, url, title, seen, published, shingles, words, numbers)
         select item, $2, story, number, $3, $4, $5, $6, 0, 0, 0 from article where number = $1
         on conflict do nothing",
    )
    .bind(original)
    .bind(record.source.as_str())
    .bind(item.url.as_deref().unwrap_or_default())
    .bind(&item.title)
    .bind(record.polled_at.as_millis())
    .bind(item.published.map(Timestamp::as_millis))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn write_stories(tx: &mut Tx<'_>, stories: &[Story]) -> Result<(), StoreError> {
    let mut lists: Vec<(String, String)> = Vec::with_capacity(stories.len());
    for story in stories {
        let outlets: Vec<(&str, bool)> =
            story.outlets.iter().map(|(source, copy)| (source.as_str(), *copy)).collect();
        let origins: Vec<KeptOrigin> = story.origins.iter().map(kept_origin).collect();
        lists.push((serde_json::to_string(&outlets)?, serde_json::to_string(&origins)?));
    }
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "insert into story (number, id, title, first_seen, last_seen, articles, outlets, origins, merged_into) ",
    );
    query.push_values(stories.iter().zip(&lists), |mut row, (story, (outlets, origins))| {
        row.push_bind(story.number)
            .push_bind(story.id.as_str())
            .push_bind(story.title.as_str())
            .push_bind(story.first_seen.as_millis())
            .push_bind(story.last_seen.as_millis())
            .push_bind(i64::from(story.articles))
            .push_bind(outlets.as_str())
            .push_bind(origins.as_str())
            .push_bind(story.merged_into);
    });
    query.push(
        " on conflict (number) do update set title = excluded.title, last_seen = excluded.last_seen,
             articles = excluded.articles, outlets = excluded.outlets, origins = excluded.origins,
             merged_into = excluded.merged_into",
    );
    query.build().execute(&mut **tx).await?;
    Ok(())
}

fn kept_origin(origin: &Origin) -> KeptOrigin {
    let Origin { articles, agency, outlet, since } = origin.clone();
    (articles, agency, outlet, since.as_millis())
}

async fn write_centroids(tx: &mut Tx<'_>, stories: &[Story]) -> Result<(), StoreError> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("insert into story_centroid (story, centroid) ");
    query.push_values(stories, |mut row, story| {
        row.push_bind(story.number).push_bind(centroid_bytes(&story.centroid));
    });
    query.push(" on conflict (story) do update set centroid = excluded.centroid");
    query.build().execute(&mut **tx).await?;
    Ok(())
}

fn centroid_bytes(centroid: &[(u32, f32)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(centroid.len() * 8);
    for (word, weight) in centroid {
        bytes.extend_from_slice(&word.to_le_bytes());
        bytes.extend_from_slice(&weight.to_le_bytes());
    }
    bytes
}

async fn insert_words(tx: &mut Tx<'_>, words: &[(u32, i64)]) -> Result<(), StoreError> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("insert into story_word (word, story) ");
    query.push_values(words, |mut row, (word, story)| {
        row.push_bind(i64::from(*word)).push_bind(*story);
    });
    query.push(" on conflict do nothing");
    query.build().execute(&mut **tx).await?;
    Ok(())
}

async fn insert_event(tx: &mut Tx<'_>, event: &Event) -> Result<(), StoreError> {
    let kind = match event.kind {
        EventKind::Merged => "merged",
        EventKind::Split => "split",
    };
    sqlx::query(
        "insert into story_event (time, kind, story, other) values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(event.time.as_millis())
    .bind(kind)
    .bind(event.story)
    .bind(event.other)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Returns the first numbers that something may still be compared with, looked up now and then.
async fn look_ahead(tx: &mut Tx<'_>, known: &mut Known, latest: &Article) -> Result<Horizon, StoreError> {
    let is_fresh = |at: i64| (0..HORIZON_EVERY).contains(&(latest.number - at));
    if !known.horizon.at.is_some_and(is_fresh) {
        let article = first_since(tx, Table::Article, latest.seen - POSTINGS_KEPT).await?;
        let story = first_since(tx, Table::Story, latest.seen - WORDS_KEPT).await?;
        known.horizon = Horizon { article, story, at: Some(latest.number) };
    }
    Ok(known.horizon)
}

#[derive(Clone, Copy)]
enum Table {
    Article,
    Story,
}

/// Returns the number of the first row that was seen at a time or later. Numbers grow with time, so
/// a few looks find it.
async fn first_since(tx: &mut Tx<'_>, table: Table, since: Timestamp) -> Result<i64, StoreError> {
    let (ends, look) = match table {
        Table::Article => (
            "select coalesce(min(number), 0) as low, coalesce(max(number) + 1, 0) as high from article",
            "select number, seen from article where number >= $1 order by number limit 1",
        ),
        Table::Story => (
            "select coalesce(min(number), 0) as low, coalesce(max(number) + 1, 0) as high from story",
            "select number, first_seen as seen from story where number >= $1 order by number limit 1",
        ),
    };
    let row = sqlx::query(ends).fetch_one(&mut **tx).await?;
    let (mut low, mut high): (i64, i64) = (row.try_get("low")?, row.try_get("high")?);
    while low < high {
        let middle = low + (high - low) / 2;
        let row = sqlx::query(look).bind(middle).fetch_optional(&mut **tx).await?;
        let Some(row) = row else { break };
        if row.try_get::<i64, _>("seen")? < since.as_millis() {
            low = row.try_get::<i64, _>("number")? + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Removes some of the words and centroids of stories below this number, which are open no longer.
async fn let_go(tx: &mut Tx<'_>, came: Range<i64>, story: i64) -> Result<(), StoreError> {
    let most = CENTROIDS_AN_ARTICLE * (came.end - came.start);
    for range in postings::turn(came, WORDS_TURN, WORD_BITS) {
        sqlx::query("delete from story_word where word >= $1 and word < $2 and story < $3")
            .bind(range.start)
            .bind(range.end)
            .bind(story)
            .execute(&mut **tx)
            .await?;
    }
    sqlx::query(
        "delete from story_centroid where story in
             (select story from story_centroid where story < $1 order by story limit $2)",
    )
    .bind(story)
    .bind(most)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
