//! Puts on the shelf what the items of some polls are compared with.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Coming, KeptOrigin, Known, Placing, postings, rarity};
use crate::model::{ItemId, Shingle, Sketch, SourceId, StoryId, Timestamp};
use crate::store::{StoreError, Tx, items::Taken, rows};
use crate::story::{Article, Counts, Origin, Settings, Shelf, Story};

/// Looks up what the items of some polls are to be compared with.
pub(in crate::store) async fn look_up<'a>(
    tx: &mut Tx<'_>,
    known: &mut Known,
    coming: &[Coming<'a>],
) -> Result<Placing<'a>, StoreError> {
    let window = coming.first().map_or(Settings::default().window, |(record, ..)| record.story_window);
    let new: Vec<&Sketch> =
        coming.iter().filter(|(.., taken)| **taken == Taken::New).map(|(_, seen, _)| &seen.sketch).collect();
    let ids: Vec<&str> = coming.iter().filter_map(|(.., taken)| known_as(taken)).collect();
    shelf(tx, known, window, (&new, &ids)).await
}

/// Puts on a shelf what new items, known by their sketches, and known ones are compared with.
pub(super) async fn shelf<'a>(
    tx: &mut Tx<'_>,
    known: &mut Known,
    window: Duration,
    (new, ids): (&[&Sketch], &[&str]),
) -> Result<Placing<'a>, StoreError> {
    if new.is_empty() && ids.is_empty() {
        return Ok(Placing::new(Shelf::default()));
    }
    let keys: BTreeSet<i64> =
        new.iter().flat_map(|sketch| Shelf::keys(sketch)).map(|key| key.0.cast_signed()).collect();
    let mut placing = begin(tx, known, window).await?;
    read_articles(tx, known, (&keys, ids), &mut placing).await?;
    let counts = known.counts();
    let words = new.iter().flat_map(|sketch| Shelf::sought(sketch, counts)).collect();
    read_words(tx, words, &mut placing).await?;
    // For all items at once; `read_compared` finds little to add later.
    let compared = new.iter().flat_map(|sketch| placing.shelf.compared(sketch, counts)).collect();
    read_missing(tx, compared, &mut placing.shelf).await?;
    Ok(placing)
}

fn known_as(taken: &Taken) -> Option<&str> {
    match taken {
        Taken::Copy(id, _) | Taken::Updated(id) => Some(id.as_str()),
        Taken::New | Taken::Known(_) => None,
    }
}

/// Brings what is known up to date, and begins with an empty shelf.
///
/// The next numbers are those behind the highest: right as long as one transaction writes at a time.
/// Where several do, they take a lock first, or a sequence, and then may leave gaps.
async fn begin<'a>(tx: &mut Tx<'_>, known: &mut Known, window: Duration) -> Result<Placing<'a>, StoreError> {
    if known.counts.is_none() {
        known.counts = Some(rarity::read(tx).await?);
    }
    let row = sqlx::query(
        "select (select coalesce(max(number), 0) + 1 from article) as article,
             (select coalesce(max(number), 0) + 1 from story) as story",
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Placing::new(Shelf::new(Settings { window }, row.try_get("article")?, row.try_get("story")?)))
}

/// Reads the articles that have one of these keys, and those of these items, with their stories.
async fn read_articles(
    tx: &mut Tx<'_>,
    known: &mut Known,
    (keys, ids): (&BTreeSet<i64>, &[&str]),
    placing: &mut Placing<'_>,
) -> Result<(), StoreError> {
    let mut numbers: BTreeSet<i64> = BTreeSet::new();
    if !keys.is_empty() {
        known.waiting.catch_up(tx).await?;
        for (key, article) in postings::look_up(tx, &known.waiting, keys).await? {
            placing.shelf.put_posting(Shingle(key.cast_unsigned()), article);
            numbers.insert(article);
        }
    }
    if numbers.is_empty() && ids.is_empty() {
        return Ok(());
    }
    let found = sqlx::query(
        "select article.* from json_each($1) as sought cross join article on article.number = sought.value
         union
         select article.* from json_each($2) as sought
             cross join article on article.item = sought.value and article.url is null",
    )
    .bind(serde_json::to_string(&numbers)?)
    .bind(serde_json::to_string(ids)?)
    .fetch_all(&mut **tx)
    .await?;
    let mut stories = HashSet::new();
    for row in found {
        let article = article(&row)?;
        stories.insert(article.story);
        placing.articles.insert(article.item.clone(), article.number);
        placing.shelf.put_article(article);
    }
    read_stories(tx, stories, &mut placing.shelf).await
}

/// Reads what an item is compared with as the counts stand now, as far as it was not read before: the
/// items before it may have made other words its rarest.
pub(super) async fn read_compared(
    tx: &mut Tx<'_>,
    counts: &Counts,
    sketch: &Sketch,
    placing: &mut Placing<'_>,
) -> Result<(), StoreError> {
    read_words(tx, Shelf::sought(sketch, counts).into_iter().collect(), placing).await?;
    let compared = placing.shelf.compared(sketch, counts).into_iter().collect();
    read_missing(tx, compared, &mut placing.shelf).await
}

/// Reads which stories have these words, the latest of each word; what was read is not read again.
/// One row a word, as reading rows costs more than finding them.
async fn read_words(
    tx: &mut Tx<'_>,
    words: HashSet<u32>,
    placing: &mut Placing<'_>,
) -> Result<(), StoreError> {
    let words: Vec<u32> = words.into_iter().filter(|word| placing.words.insert(*word)).collect();
    if words.is_empty() {
        return Ok(());
    }
    let found = sqlx::query(
        "select sought.value as word, (select json_group_array(latest.story) from (
             select story_word.story from story_word where story_word.word = sought.value
             order by story_word.story desc limit $2) as latest) as stories
         from json_each($1) as sought",
    )
    .bind(serde_json::to_string(&words)?)
    .bind(i64::try_from(Shelf::STORIES_OF_WORD).expect("it is small"))
    .fetch_all(&mut **tx)
    .await?;
    for row in found {
        let word = rows::count(&row, "word")?;
        let mut stories: Vec<i64> = rows::json(&row, "stories")?;
        // In ascending order each goes to the end.
        stories.sort_unstable();
        for story in stories {
            placing.shelf.put_word(word, story);
        }
    }
    Ok(())
}

/// Reads those of these stories that are not on the shelf.
async fn read_missing(tx: &mut Tx<'_>, wanted: HashSet<i64>, shelf: &mut Shelf) -> Result<(), StoreError> {
    let missing = wanted.into_iter().filter(|story| shelf.story(*story).is_none()).collect();
    read_stories(tx, missing, shelf).await
}

/// Reads stories, and those that they were merged into.
async fn read_stories(
    tx: &mut Tx<'_>,
    mut wanted: HashSet<i64>,
    shelf: &mut Shelf,
) -> Result<(), StoreError> {
    while !wanted.is_empty() {
        let found = sqlx::query(
            "select story.*, story_centroid.centroid from json_each($1) as sought
                 cross join story on story.number = sought.value
                 left join story_centroid on story_centroid.story = story.number",
        )
        .bind(serde_json::to_string(&wanted)?)
        .fetch_all(&mut **tx)
        .await?;
        wanted.clear();
        for row in found {
            let story = story(&row)?;
            wanted.extend(story.merged_into.filter(|into| shelf.story(*into).is_none()));
            shelf.put_story(story);
        }
    }
    Ok(())
}

fn article(row: &SqliteRow) -> Result<Article, StoreError> {
    Ok(Article {
        number: row.try_get("number")?,
        item: ItemId::new(rows::text(row, "item")?),
        source: SourceId::new(rows::text(row, "source")?),
        story: row.try_get("story")?,
        copy_of: row.try_get("copy_of")?,
        seen: rows::time(row, "seen")?,
        published: rows::time_or_none(row, "published")?,
        n_shingles: rows::count(row, "shingles")?,
        n_sparse: rows::count(row, "sparse")?,
        n_words: rows::count(row, "words")?,
        numbers: row.try_get::<i64, _>("numbers")?.cast_unsigned(),
        figures: row.try_get::<i64, _>("figures")?.cast_unsigned(),
        agency: row.try_get("agency")?,
    })
}

fn story(row: &SqliteRow) -> Result<Story, StoreError> {
    let outlets: Vec<(String, bool)> = rows::json(row, "outlets")?;
    let origins: Vec<KeptOrigin> = rows::json(row, "origins")?;
    Ok(Story {
        number: row.try_get("number")?,
        id: StoryId::new(rows::text(row, "id")?),
        title: rows::text(row, "title")?,
        first_seen: rows::time(row, "first_seen")?,
        last_seen: rows::time(row, "last_seen")?,
        articles: rows::count(row, "articles")?,
        outlets: outlets.into_iter().map(|(source, copy)| (SourceId::new(source), copy)).collect(),
        origins: origins.into_iter().map(origin).collect(),
        centroid: row.try_get::<Option<&[u8]>, _>("centroid")?.map(centroid).unwrap_or_default(),
        merged_into: row.try_get("merged_into")?,
    })
}

fn origin((articles, agency, outlet, since): KeptOrigin) -> Origin {
    Origin { articles, agency, outlet, since: Timestamp::from_millis(since) }
}

fn centroid(bytes: &[u8]) -> Vec<(u32, f32)> {
    let (pairs, _) = bytes.as_chunks::<8>();
    let pair = |&[a, b, c, d, e, f, g, h]: &[u8; 8]| {
        (u32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h]))
    };
    pairs.iter().map(pair).collect()
}
