//! Stories to look at: the newest of them, and one with its timeline.

use std::collections::HashSet;

use sqlx::{Row as _, sqlite::SqliteRow};

use super::lists::{AlertSheet, Page};
use super::{Store, StoreError, rows};
use crate::model::{ItemId, SourceId, StoryId, StoryRef, Timestamp, TopicId};
use crate::story::EventKind;

/// Lines of a timeline at most: twice the articles that a story may have, since each can be carried
/// by other sources too.
const MOST_LINES: u32 = 1000;

/// What a list of stories is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct StoryPage {
    /// At most so many; `None` for all.
    pub limit: Option<u32>,
    /// Only stories with a hit of this topic.
    pub topic: Option<TopicId>,
    /// Only stories that this source carries.
    pub source: Option<SourceId>,
    /// Only what comes behind this one.
    pub after: Option<StoryCursor>,
}

/// The place of a story in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryCursor {
    /// When its latest article was seen.
    pub last_seen: Timestamp,
    /// Its id.
    pub id: StoryId,
}

/// A story in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryRow {
    /// The story.
    pub story: StoryRef,
    /// When its latest article was seen.
    pub last_seen: Timestamp,
    /// The topics that it hit.
    pub topics: Vec<TopicId>,
}

impl StoryRow {
    /// Returns its place in the list.
    pub fn cursor(&self) -> StoryCursor {
        StoryCursor { last_seen: self.last_seen, id: self.story.id.clone() }
    }
}

/// A story with its timeline.
#[derive(Clone, Debug)]
pub struct StorySheet {
    /// The story.
    pub row: StoryRow,
    /// The story it goes on as, where it was merged into another. What came later is told there.
    pub goes_on_as: Option<StoryId>,
    /// The sources that carry it.
    pub outlets: Vec<StoryOutlet>,
    /// Its articles, those of stories that were merged into it too, as they were seen.
    pub articles: Vec<StoryArticle>,
    /// Merges and splits, in order.
    pub events: Vec<StoryEvent>,
    /// What topics were told of it, in order.
    pub alerts: Vec<AlertSheet>,
}

/// A source that carries a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryOutlet {
    /// The source.
    pub source: SourceId,
    /// Whether all it has are copies.
    pub copies_only: bool,
}

/// An article of a story: an item, or one that another source carries too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryArticle {
    /// The item.
    pub item: ItemId,
    /// Who carries it.
    pub source: SourceId,
    /// Its address there.
    pub url: Option<String>,
    /// Its headline there; empty where the item is gone.
    pub title: String,
    /// The language of the item.
    pub lang: Option<String>,
    /// When it was seen there.
    pub seen: Timestamp,
    /// When it was published, as its source says.
    pub published: Option<Timestamp>,
    /// The item it is a copy of and that one's source. An echo is a copy of its own item.
    pub copy_of: Option<(ItemId, SourceId)>,
    /// The agency it credits.
    pub agency: Option<String>,
}

impl StoryArticle {
    /// Says whether this source carries the very item of another.
    pub fn is_echo(&self) -> bool {
        self.copy_of.as_ref().is_some_and(|(item, _)| *item == self.item)
    }
}

/// What happened to stories as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryEvent {
    /// When.
    pub time: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The story that goes on.
    pub story: StoryId,
    /// The story that was merged into it, or that it was split from.
    pub other: StoryId,
}

/// A story, and all that were merged into it.
macro_rules! with_parts {
    ($rest:literal) => {
        concat!(
            "with recursive part (number) as (
                 select cast($1 as integer) union
                 select story.number from part cross join story on story.merged_into = part.number) ",
            $rest
        )
    };
}

/// What rows of stories are read of.
macro_rules! story_columns {
    ($from:literal) => {
        concat!(
            "select story.number, story.id, story.title, story.first_seen, story.last_seen, story.articles,
                 story.outlets, story.merged_into ",
            $from,
            " and ($3 is null or exists (
                 select 1 from json_each(story.outlets) as outlet where outlet.value ->> 0 = $3))
             and ($4 is null or (story.last_seen, story.id) < ($4, $5))
             order by story.last_seen desc, story.id desc limit $2"
        )
    };
}

impl Store {
    /// Returns the stories, those with the latest articles first.
    pub async fn stories(&self, page: &StoryPage) -> Result<Vec<StoryRow>, StoreError> {
        // What a topic hit leads to few stories, so that not all of them need be looked at.
        let statement = match page.topic {
            None => story_columns!("from story where story.merged_into is null and $1 is null"),
            Some(_) => concat!(
                "with recursive touched (number) as (
                     select article.story from hit cross join article on article.item = hit.item
                     where hit.topic = $1 and hit.decision not in ('below', 'vetoed', 'excluded')
                     union
                     select story.merged_into from touched cross join story on story.number = touched.number
                     where story.merged_into is not null) ",
                story_columns!(
                    "from touched cross join story on story.number = touched.number
                     where story.merged_into is null"
                )
            ),
        };
        let found = sqlx::query(statement)
            .bind(page.topic.as_ref().map(TopicId::as_str))
            .bind(page.limit.map_or(-1, i64::from))
            .bind(page.source.as_ref().map(SourceId::as_str))
            .bind(page.after.as_ref().map(|after| after.last_seen.as_millis()))
            .bind(page.after.as_ref().map(|after| after.id.as_str()))
            .fetch_all(self.reader())
            .await?;
        let mut stories = Vec::with_capacity(found.len());
        for row in found {
            stories.push(self.story_row(&row).await?);
        }
        Ok(stories)
    }

    /// Returns a story with its timeline. What was merged into another still answers, and says
    /// where it goes on.
    pub async fn story(&self, id: &StoryId) -> Result<Option<StorySheet>, StoreError> {
        let Some(row) = self.row_of(id).await? else { return self.story_of_alerts(id).await };
        let number: i64 = row.try_get("number")?;
        let merged: Option<i64> = row.try_get("merged_into")?;
        Ok(Some(StorySheet {
            row: self.story_row(&row).await?,
            goes_on_as: match merged {
                Some(next) => self.last_of(next).await?.map(|row| rows::text(&row, "id")).transpose()?,
                None => None,
            }
            .map(StoryId::new),
            outlets: outlets(&row)?,
            articles: self.timeline(number).await?,
            events: self.events_of(number).await?,
            alerts: self.told_of(number, id).await?,
        }))
    }

    /// Returns the sources that carry a story, those with articles of their own first, then as
    /// they came. Of a story that was merged, those of the one it goes on as.
    pub async fn outlets_of(&self, id: &StoryId) -> Result<Vec<StoryOutlet>, StoreError> {
        let Some(row) = self.row_of(id).await? else { return Ok(Vec::new()) };
        let merged: Option<i64> = row.try_get("merged_into")?;
        let row = match merged {
            Some(next) => self.last_of(next).await?.unwrap_or(row),
            None => row,
        };
        outlets(&row)
    }

    async fn row_of(&self, id: &StoryId) -> Result<Option<SqliteRow>, StoreError> {
        let found = sqlx::query(
            "select number, id, title, first_seen, last_seen, articles, outlets, merged_into
             from story where id = $1",
        );
        Ok(found.bind(id.as_str()).fetch_optional(self.reader()).await?)
    }

    /// Follows a story that was merged to its end.
    async fn last_of(&self, number: i64) -> Result<Option<SqliteRow>, StoreError> {
        let found = sqlx::query(
            "with recursive next (number) as (
                 select cast($1 as integer) union
                 select story.merged_into from next cross join story on story.number = next.number
                 where story.merged_into is not null)
             select story.id, story.outlets from next cross join story on story.number = next.number
             where story.merged_into is null",
        );
        Ok(found.bind(number).fetch_optional(self.reader()).await?)
    }

    async fn story_row(&self, row: &SqliteRow) -> Result<StoryRow, StoreError> {
        let outlets = outlets(row)?;
        let independent = outlets.iter().filter(|outlet| !outlet.copies_only).count();
        Ok(StoryRow {
            story: StoryRef {
                id: StoryId::new(rows::text(row, "id")?),
                title: rows::text(row, "title")?,
                articles: rows::count(row, "articles")?,
                outlets: u32::try_from(outlets.len()).unwrap_or(u32::MAX),
                independent: u32::try_from(independent).unwrap_or(u32::MAX),
                first_seen: rows::time(row, "first_seen")?,
            },
            last_seen: rows::time(row, "last_seen")?,
            topics: self.topics_of(row.try_get("number")?).await?,
        })
    }

    /// Returns the topics that an item of the story hit.
    async fn topics_of(&self, number: i64) -> Result<Vec<TopicId>, StoreError> {
        let found = sqlx::query(with_parts!(
            "select distinct hit.topic from part cross join article on article.story = part.number
                 cross join hit on hit.item = article.item
             where hit.decision not in ('below', 'vetoed', 'excluded') order by hit.topic"
        ))
        .bind(number)
        .fetch_all(self.reader())
        .await?;
        Ok(found.iter().map(|row| rows::text(row, "topic").map(TopicId::new)).collect::<Result<_, _>>()?)
    }

    async fn timeline(&self, number: i64) -> Result<Vec<StoryArticle>, StoreError> {
        let found = sqlx::query(with_parts!(
            "select article.item, article.source, article.seen, article.published, article.agency,
                 coalesce(article.url, item.url, '') as url, coalesce(article.title, item.title, '') as title,
                 item.lang, original.item as original, original.source as original_source
             from part cross join article on article.story = part.number
                 left join item on item.id = article.item
                 left join article as original on original.number = article.copy_of
             order by article.seen, article.number limit $2"
        ))
        .bind(number)
        .bind(MOST_LINES)
        .fetch_all(self.reader())
        .await?;
        Ok(found.iter().map(story_article).collect::<Result<_, _>>()?)
    }

    async fn events_of(&self, number: i64) -> Result<Vec<StoryEvent>, StoreError> {
        let found = sqlx::query(
            "select story_event.time, story_event.kind, story.id as story, other.id as other
             from story_event join story on story.number = story_event.story
                 join story as other on other.number = story_event.other
             where story_event.story = $1 or story_event.other = $1
             order by story_event.time, story.id, other.id",
        )
        .bind(number)
        .fetch_all(self.reader())
        .await?;
        Ok(found.iter().map(story_event).collect::<Result<_, _>>()?)
    }

    /// Returns what topics were told of a story and of those that were merged into it.
    async fn told_of(&self, number: i64, id: &StoryId) -> Result<Vec<AlertSheet>, StoreError> {
        let found = sqlx::query(with_parts!(
            "select story.id from part cross join story on story.number = part.number"
        ))
        .bind(number)
        .fetch_all(self.reader())
        .await?;
        let mut alerts = self.alerts_on(id).await?;
        for row in found {
            let part = StoryId::new(rows::text(&row, "id")?);
            if part != *id {
                alerts.extend(self.alerts_on(&part).await?);
            }
        }
        alerts.sort_by(|a, b| (a.alert.created, &a.alert.id).cmp(&(b.alert.created, &b.alert.id)));
        Ok(alerts)
    }

    async fn alerts_on(&self, id: &StoryId) -> Result<Vec<AlertSheet>, StoreError> {
        let mut alerts = self.alerts(&Page { story: Some(id.clone()), ..Page::default() }).await?;
        alerts.reverse();
        Ok(alerts)
    }

    /// Returns a story of before stories were kept: all that is known of it are its alerts.
    async fn story_of_alerts(&self, id: &StoryId) -> Result<Option<StorySheet>, StoreError> {
        let alerts = self.alerts_on(id).await?;
        let (Some(first), Some(last)) = (alerts.first(), alerts.last()) else { return Ok(None) };
        let mut topics: Vec<TopicId> = alerts.iter().map(|sheet| sheet.alert.topic.clone()).collect();
        topics.sort();
        topics.dedup();
        let row = StoryRow { story: first.alert.story.clone(), last_seen: last.alert.created, topics };
        let mut told = HashSet::new();
        let firsts = alerts.iter().filter(|sheet| told.insert(sheet.item.id.clone()));
        let articles: Vec<StoryArticle> = firsts.map(article_of).collect();
        let mut outlets: Vec<StoryOutlet> = Vec::new();
        for StoryArticle { source, .. } in &articles {
            if !outlets.iter().any(|outlet| outlet.source == *source) {
                outlets.push(StoryOutlet { source: source.clone(), copies_only: false });
            }
        }
        Ok(Some(StorySheet { row, goes_on_as: None, outlets, articles, events: Vec::new(), alerts }))
    }
}

fn outlets(row: &SqliteRow) -> Result<Vec<StoryOutlet>, StoreError> {
    let outlets: Vec<(String, bool)> = rows::json(row, "outlets")?;
    let outlet = |(source, copies_only)| StoryOutlet { source: SourceId::new(source), copies_only };
    let mut outlets: Vec<StoryOutlet> = outlets.into_iter().map(outlet).collect();
    outlets.sort_by_key(|outlet| outlet.copies_only);
    Ok(outlets)
}

fn story_article(row: &SqliteRow) -> Result<StoryArticle, sqlx::Error> {
    let original: Option<String> = row.try_get("original")?;
    let original_source: Option<String> = row.try_get("original_source")?;
    Ok(StoryArticle {
        item: ItemId::new(rows::text(row, "item")?),
        source: SourceId::new(rows::text(row, "source")?),
        url: Some(rows::text(row, "url")?).filter(|url| !url.is_empty()),
        title: rows::text(row, "title")?,
        lang: row.try_get("lang")?,
        seen: rows::time(row, "seen")?,
        published: rows::time_or_none(row, "published")?,
        copy_of: original
            .zip(original_source)
            .map(|(item, source)| (ItemId::new(item), SourceId::new(source))),
        agency: row.try_get("agency")?,
    })
}

fn story_event(row: &SqliteRow) -> Result<StoryEvent, sqlx::Error> {
    Ok(StoryEvent {
        time: rows::time(row, "time")?,
        kind: if rows::text(row, "kind")? == "merged" { EventKind::Merged } else { EventKind::Split },
        story: StoryId::new(rows::text(row, "story")?),
        other: StoryId::new(rows::text(row, "other")?),
    })
}

fn article_of(sheet: &AlertSheet) -> StoryArticle {
    let item = &sheet.item;
    StoryArticle {
        item: item.id.clone(),
        source: item.source.clone().unwrap_or_else(|| SourceId::new("")),
        url: item.url.clone(),
        title: item.title.clone(),
        lang: item.lang.clone(),
        seen: item.first_seen.unwrap_or(sheet.alert.created),
        published: item.published,
        copy_of: None,
        agency: None,
    }
}
