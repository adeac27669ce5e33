//! Where new items stand among copies and stories. What they are compared with is looked up for all
//! the polls that are written together, and so is written what has changed.

use std::collections::{HashMap, HashSet};

use sqlx::Row as _;

use super::items::Taken;
use super::{Store, StoreError, Tx, rows};
use crate::model::{Item, ItemId, PollRecord, SeenItem, Shingle, SourceId, StoryId, StoryRef, Timestamp};
use crate::story::{
    Arrival, Article, Carrier, Changes, Counts, EventKind, Origin, Placed, Settings, Shelf, Story,
};

/// Words are kept in so many items' time.
const KEEP_COUNTS_EVERY: u32 = 2000;

/// The word counts of this process, read once.
#[derive(Debug, Default)]
pub(super) struct Known {
    counts: Option<Counts>,
    noted: u32,
}

/// An item and what it turned out to be.
pub(super) type Coming<'a> = (&'a PollRecord, &'a SeenItem, &'a Taken);

/// How an item stands to its story.
pub(super) struct Standing {
    /// The story, as it is with this item.
    pub(super) story: StoryRef,
    /// The item it is a copy of, where it is one.
    pub(super) copy_of: Option<ItemId>,
    /// Rare words and numbers that no earlier article had, by their hashes.
    pub(super) new_facts: Vec<u32>,
}

/// The shelf for some polls, with what is known of words.
pub(super) struct Placing<'a> {
    shelf: Shelf,
    known: tokio::sync::MutexGuard<'a, Known>,
    articles: HashMap<ItemId, i64>,
    echoes: Vec<(i64, &'a PollRecord, &'a Item)>,
}

impl<'a> Placing<'a> {
    /// Places an item; `None` where it has no story, as one of before there were any.
    pub(super) fn place(&mut self, (record, seen, taken): Coming<'a>) -> Option<Standing> {
        match taken {
            Taken::New => Some(self.take(record, seen)),
            Taken::Copy(id, _) => {
                let article = *self.articles.get(id)?;
                self.shelf.echo(
                    article,
                    Carrier {
                        source: &record.source,
                        published: seen.item.published,
                        seen: record.polled_at,
                    },
                );
                self.echoes.push((article, record, &seen.item));
                self.standing(article, Some(id.clone()))
            }
            Taken::Updated(id) => self.standing(*self.articles.get(id)?, None),
            Taken::Known(_) => None,
        }
    }

    fn take(&mut self, record: &PollRecord, seen: &SeenItem) -> Standing {
        let counts = self.known.counts.get_or_insert_default();
        let item = &seen.item;
        let placed = self.shelf.take(
            counts,
            Arrival {
                item: &item.id,
                source: &record.source,
                title: &item.title,
                published: item.published,
                sketch: &seen.sketch,
                at: record.polled_at,
            },
        );
        self.known.noted += 1;
        self.articles.insert(item.id.clone(), placed.article);
        let Placed { story, copy_of, new_facts, .. } = placed;
        let copy_of =
            copy_of.and_then(|number| self.shelf.article(number)).map(|article| article.item.clone());
        let story = self.shelf.story(story).map(story_ref).expect("what was placed has a story");
        Standing { story, copy_of, new_facts }
    }

    fn standing(&self, article: i64, copy_of: Option<ItemId>) -> Option<Standing> {
        let story = self.shelf.article(article)?.story;
        let story = self.shelf.story(story).map(story_ref)?;
        Some(Standing { story, copy_of, new_facts: Vec::new() })
    }
}

fn story_ref(story: &Story) -> StoryRef {
    StoryRef {
        id: story.id.clone(),
        title: story.title.clone(),
        articles: story.articles,
        outlets: story.n_outlets(),
        independent: story.independent(),
        first_seen: story.first_seen,
    }
}

/// Looks up what the items of some polls are to be compared with.
pub(super) async fn look_up<'a>(
    store: &'a Store,
    tx: &mut Tx<'_>,
    coming: &[Coming<'a>],
) -> Result<Placing<'a>, StoreError> {
    let mut known = store.words.lock().await;
    if known.counts.is_none() {
        known.counts = Some(read_counts(tx).await?);
    }
    let window = coming.first().map_or(Settings::default().window, |(record, ..)| record.story_window);
    let shelf = Shelf::new(Settings { window }, next(tx, "article").await?, next(tx, "story").await?);
    let mut placing = Placing { shelf, known, articles: HashMap::new(), echoes: Vec::new() };
    let new = || coming.iter().filter(|(.., taken)| **taken == Taken::New).map(|(_, seen, _)| *seen);
    let keys: HashSet<i64> =
        new().flat_map(|seen| Shelf::keys(&seen.sketch)).map(|key| key.0.cast_signed()).collect();
    let counts = placing.known.counts.get_or_insert_default();
    let words: HashSet<u32> = new().flat_map(|seen| Shelf::sought(&seen.sketch, counts)).collect();
    let ids: Vec<&str> = coming.iter().filter_map(|(.., taken)| known_as(taken)).collect();
    let mut stories: HashSet<i64> = HashSet::new();
    read_articles(tx, &keys, &ids, (&mut placing, &mut stories)).await?;
    read_words(tx, &words, (&mut placing.shelf, &mut stories)).await?;
    read_stories(tx, stories, &mut placing.shelf).await?;
    Ok(placing)
}

fn known_as(taken: &Taken) -> Option<&str> {
    match taken {
        Taken::Copy(id, _) | Taken::Updated(id) => Some(id.as_str()),
        Taken::New | Taken::Known(_) => None,
    }
}

async fn next(tx: &mut Tx<'_>, table: &str) -> Result<i64, StoreError> {
    let query = match table {
        "article" => "select coalesce(max(number), 0) + 1 as next from article",
        _ => "select coalesce(max(number), 0) + 1 as next from story",
    };
    Ok(sqlx::query(query).fetch_one(&mut **tx).await?.try_get("next")?)
}

async fn read_articles(
    tx: &mut Tx<'_>,
    keys: &HashSet<i64>,
    ids: &[&str],
    (placing, stories): (&mut Placing<'_>, &mut HashSet<i64>),
) -> Result<(), StoreError> {
    let mut numbers: HashSet<i64> = HashSet::new();
    if !keys.is_empty() {
        let found = sqlx::query(
            "select posting.key, posting.article from json_each($1) as sought
             cross join posting on posting.key = sought.value",
        )
        .bind(serde_json::to_string(keys)?)
        .fetch_all(&mut **tx)
        .await?;
        for row in found {
            let (key, article): (i64, i64) = (row.try_get("key")?, row.try_get("article")?);
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
    for row in found {
        let article = article(&row)?;
        stories.insert(article.story);
        placing.articles.insert(article.item.clone(), article.number);
        placing.shelf.put_article(article);
    }
    Ok(())
}

async fn read_words(
    tx: &mut Tx<'_>,
    words: &HashSet<u32>,
    (shelf, stories): (&mut Shelf, &mut HashSet<i64>),
) -> Result<(), StoreError> {
    if words.is_empty() {
        return Ok(());
    }
    let found = sqlx::query(
        "select story_word.word, story_word.story from json_each($1) as sought
         cross join story_word on story_word.word = sought.value",
    )
    .bind(serde_json::to_string(words)?)
    .fetch_all(&mut **tx)
    .await?;
    for row in found {
        let story: i64 = row.try_get("story")?;
        shelf.put_word(rows::count(&row, "word")?, story);
        stories.insert(story);
    }
    Ok(())
}

/// Reads stories, and those that they were merged into.
async fn read_stories(
    tx: &mut Tx<'_>,
    mut wanted: HashSet<i64>,
    shelf: &mut Shelf,
) -> Result<(), StoreError> {
    while !wanted.is_empty() {
        let found = sqlx::query(
            "select story.* from json_each($1) as sought cross join story on story.number = sought.value",
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

fn article(row: &sqlx::sqlite::SqliteRow) -> Result<Article, StoreError> {
    Ok(Article {
        number: row.try_get("number")?,
        item: ItemId::new(rows::text(row, "item")?),
        source: SourceId::new(rows::text(row, "source")?),
        story: row.try_get("story")?,
        copy_of: row.try_get("copy_of")?,
        seen: rows::time(row, "seen")?,
        published: rows::time_or_none(row, "published")?,
        n_shingles: rows::count(row, "shingles")?,
        n_words: rows::count(row, "words")?,
        numbers: row.try_get::<i64, _>("numbers")?.cast_unsigned(),
        figures: row.try_get::<i64, _>("figures")?.cast_unsigned(),
        agency: row.try_get("agency")?,
    })
}

fn story(row: &sqlx::sqlite::SqliteRow) -> Result<Story, StoreError> {
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
        centroid: centroid(row.try_get("centroid")?),
        merged_into: row.try_get("merged_into")?,
    })
}

/// Articles, agency, the place of the outlet and when it published: an origin as JSON.
type KeptOrigin = (Vec<i64>, Option<String>, usize, i64);

fn origin((articles, agency, outlet, since): KeptOrigin) -> Origin {
    Origin { articles, agency, outlet, since: Timestamp::from_millis(since) }
}

fn kept_origin(origin: &Origin) -> KeptOrigin {
    let Origin { articles, agency, outlet, since } = origin.clone();
    (articles, agency, outlet, since.as_millis())
}

fn centroid(bytes: &[u8]) -> Vec<(u32, f32)> {
    let (pairs, _) = bytes.as_chunks::<8>();
    let pair = |&[a, b, c, d, e, f, g, h]: &[u8; 8]| {
        (u32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h]))
    };
    pairs.iter().map(pair).collect()
}

fn centroid_bytes(centroid: &[(u32, f32)]) -> Vec<u8> {
    centroid.iter().flat_map(|(word, weight)| [word.to_le_bytes(), weight.to_le_bytes()].concat()).collect()
}

/// Writes what has changed.
pub(super) async fn write(tx: &mut Tx<'_>, placing: Placing<'_>) -> Result<(), StoreError> {
    let Placing { shelf, mut known, echoes, .. } = placing;
    for (article, record, item) in echoes {
        write_echo(tx, article, record, item).await?;
    }
    let Changes { articles, postings, stories, words, events } = shelf.into_changes();
    for article in articles {
        write_article(tx, &article).await?;
    }
    for (key, article) in postings {
        sqlx::query("insert into posting (key, article) values ($1, $2)")
            .bind(key.0.cast_signed())
            .bind(article)
            .execute(&mut **tx)
            .await?;
    }
    for story in stories {
        write_story(tx, &story).await?;
    }
    for (word, story) in words {
        sqlx::query("insert into story_word (word, story) values ($1, $2) on conflict do nothing")
            .bind(i64::from(word))
            .bind(story)
            .execute(&mut **tx)
            .await?;
    }
    for event in events {
        let kind = match event.kind {
            EventKind::Merged => "merged",
            EventKind::Split => "split",
        };
        sqlx::query("insert into story_event (time, kind, story, other) values ($1, $2, $3, $4) on conflict do nothing")
            .bind(event.time.as_millis())
            .bind(kind)
            .bind(event.story)
            .bind(event.other)
            .execute(&mut **tx)
            .await?;
    }
    if known.noted >= KEEP_COUNTS_EVERY {
        known.noted = 0;
        if let Some(counts) = &known.counts {
            write_counts(tx, counts).await?;
        }
    }
    Ok(())
}

async fn write_article(tx: &mut Tx<'_>, article: &Article) -> Result<(), StoreError> {
    sqlx::query(
        "insert into article (number, item, source, story, copy_of, seen, published, shingles, words, numbers,
             figures, agency)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(article.number)
    .bind(article.item.as_str())
    .bind(article.source.as_str())
    .bind(article.story)
    .bind(article.copy_of)
    .bind(article.seen.as_millis())
    .bind(article.published.map(Timestamp::as_millis))
    .bind(i64::from(article.n_shingles))
    .bind(i64::from(article.n_words))
    .bind(article.numbers.cast_signed())
    .bind(article.figures.cast_signed())
    .bind(article.agency.as_deref())
    .execute(&mut **tx)
    .await?;
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

async fn write_story(tx: &mut Tx<'_>, story: &Story) -> Result<(), StoreError> {
    let outlets: Vec<(&str, bool)> =
        story.outlets.iter().map(|(source, copy)| (source.as_str(), *copy)).collect();
    let origins: Vec<KeptOrigin> = story.origins.iter().map(kept_origin).collect();
    sqlx::query(
        "insert into story (number, id, title, first_seen, last_seen, articles, outlets, origins, centroid,
             merged_into)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (number) do update set title = excluded.title, last_seen = excluded.last_seen,
             articles = excluded.articles, outlets = excluded.outlets, origins = excluded.origins,
             centroid = excluded.centroid,
             merged_into = excluded.merged_into",
    )
    .bind(story.number)
    .bind(story.id.as_str())
    .bind(&story.title)
    .bind(story.first_seen.as_millis())
    .bind(story.last_seen.as_millis())
    .bind(i64::from(story.articles))
    .bind(serde_json::to_string(&outlets)?)
    .bind(serde_json::to_string(&origins)?)
    .bind(centroid_bytes(&story.centroid))
    .bind(story.merged_into)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn read_counts(tx: &mut Tx<'_>) -> Result<Counts, StoreError> {
    let row = sqlx::query("select counts from word_count where part = 0").fetch_optional(&mut **tx).await?;
    let bytes: Option<Vec<u8>> = row.map(|row| row.try_get("counts")).transpose()?;
    Ok(bytes.and_then(|bytes| Counts::of_bytes(&bytes)).unwrap_or_default())
}

async fn write_counts(tx: &mut Tx<'_>, counts: &Counts) -> Result<(), StoreError> {
    sqlx::query(
        "insert into word_count (part, counts) values (0, $1)
         on conflict (part) do update set counts = excluded.counts",
    )
    .bind(counts.to_bytes())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
