//! Items of before there were stories: those of the last days are placed once, so that what copies or
//! continues them is not taken for something new.

use std::time::Duration;

use sqlx::Row as _;

use super::{Known, look_up, write};
use crate::matcher;
use crate::model::{Item, ItemId, Sketch, SourceId, StoryId, Timestamp};
use crate::store::rows::{self, item_columns};
use crate::store::{Store, StoreError, Tx};
use crate::story::{self, Arrival};

/// What is older is left as it is.
const REACH: Duration = Duration::from_hours(72);
/// So many items are placed at most, the newest: some seconds' work.
const MOST: i64 = 20_000;
/// Items placed in one transaction: some milliseconds' work.
const BATCH: i64 = 32;

/// The last item that was placed.
type Place = (i64, String);

impl Store {
    /// Places the items of the last days that an older version stored, a few in each transaction and
    /// the oldest first; returns how many. Does so once: whatever is stored since is placed at once.
    pub async fn place_older(&self, now: Timestamp, window: Duration) -> Result<u64, StoreError> {
        if self.older_are_placed().await? {
            return Ok(0);
        }
        let mut last: Place = (self.reach(now).await?, String::new());
        let mut n_placed = 0;
        loop {
            let mut tx = self.begin().await?;
            let mut known = self.known.lock().await;
            known.begin();
            let items = unplaced(&mut tx, &last).await?;
            let Some(end) = items.last() else {
                note_that_all_are_placed(&mut tx).await?;
                tx.commit().await?;
                return Ok(n_placed);
            };
            last = (seen(end, now).as_millis(), end.id.to_string());
            Box::pin(place(&mut tx, &mut known, &items, (now, window))).await?;
            tx.commit().await?;
            known.is_kept();
            n_placed += items.len() as u64;
        }
    }

    async fn older_are_placed(&self) -> Result<bool, StoreError> {
        let found = sqlx::query("select 1 from daemon where name = 'older_placed'");
        Ok(found.fetch_optional(self.reader()).await?.is_some())
    }

    /// Returns from when on items are placed.
    async fn reach(&self, now: Timestamp) -> Result<i64, StoreError> {
        let earliest = (now - REACH).as_millis();
        let row = sqlx::query(
            "select first_seen from item where first_seen >= $1 order by first_seen desc limit 1 offset $2",
        )
        .bind(earliest)
        .bind(MOST)
        .fetch_optional(self.reader())
        .await?;
        Ok(row.map_or(Ok(earliest), |row| row.try_get("first_seen"))?)
    }
}

async fn note_that_all_are_placed(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    sqlx::query("insert into daemon (name, value) values ('older_placed', 'true') on conflict do nothing")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Returns the next items that stand in no story.
async fn unplaced(tx: &mut Tx<'_>, (first_seen, id): &Place) -> Result<Vec<Item>, StoreError> {
    let found = sqlx::query(concat!(
        "select ",
        item_columns!(),
        " from item where (item.first_seen, item.id) > ($1, $2)
             and not exists (select 1 from article where article.item = item.id)
         order by item.first_seen, item.id limit $3"
    ))
    .bind(first_seen)
    .bind(id)
    .bind(BATCH)
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.iter().map(rows::item).collect::<Result<_, _>>()?)
}

fn seen(item: &Item, now: Timestamp) -> Timestamp {
    item.first_seen.unwrap_or(now)
}

async fn place(
    tx: &mut Tx<'_>,
    known: &mut Known,
    items: &[Item],
    (now, window): (Timestamp, Duration),
) -> Result<(), StoreError> {
    let sketches: Vec<Sketch> = items.iter().map(|item| story::sketch(item, &matcher::words(item))).collect();
    let mut placing = look_up::shelf(tx, known, window, (&sketches.iter().collect::<Vec<_>>(), &[])).await?;
    let mut joined: Vec<(StoryId, StoryId)> = Vec::new();
    for (item, sketch) in items.iter().zip(&sketches) {
        let nowhere = SourceId::new("");
        let arrival = Arrival {
            item: &item.id,
            source: item.source.as_ref().unwrap_or(&nowhere),
            title: &item.title,
            published: item.published,
            sketch,
            at: seen(item, now),
        };
        let standing = placing.take(tx, known, arrival).await?;
        if standing.story.id != own_story(&item.id) {
            joined.push((own_story(&item.id), standing.story.id));
        }
    }
    write(tx, known, placing).await?;
    merge_alerted(tx, &joined, now).await
}

/// Returns the story that an item was before it was compared with others.
fn own_story(item: &ItemId) -> StoryId {
    StoryId::of(item)
}

/// Has the stories of alerts go on as the stories that their items turned out to belong to, so that
/// what was told of the one was told of the other.
async fn merge_alerted(
    tx: &mut Tx<'_>,
    joined: &[(StoryId, StoryId)],
    now: Timestamp,
) -> Result<(), StoreError> {
    if joined.is_empty() {
        return Ok(());
    }
    for statement in [
        "insert into story (id, title, first_seen, last_seen, articles, outlets, origins, merged_into)
         select alert.story, alert.story_title, alert.story_first_seen, alert.created, 0, '[]', '[]', story.number
         from json_each($1) as joined cross join alert on alert.story = joined.value ->> 0
             cross join story on story.id = joined.value ->> 1
         where $2 = $2 on conflict do nothing",
        "insert into story_event (time, kind, story, other)
         select $2, 'merged', story.number, other.number
         from json_each($1) as joined cross join story as other on other.id = joined.value ->> 0
             cross join story on story.id = joined.value ->> 1
         where other.merged_into = story.number on conflict do nothing",
    ] {
        sqlx::query(statement)
            .bind(serde_json::to_string(joined)?)
            .bind(now.as_millis())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
