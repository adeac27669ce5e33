//! From rows to the nouns.

use std::{str::FromStr, time::Duration};

use serde::de::DeserializeOwned;
use sqlx::{Row, sqlite::SqliteRow};

use crate::model::{
    Alert, AlertId, ChannelName, Delivery, DeliveryId, FollowUp, Hints, Item, ItemId, ItemKeys, Landing,
    Moved, Naming, SourceId, SourceState, StoryId, StoryRef, Timestamp, TopicId, Trust, Unchanged,
    Validators,
};

type Read<T> = Result<T, sqlx::Error>;

/// Returns a column that holds a name of a closed set.
pub(super) fn named<T: FromStr>(row: &SqliteRow, column: &str) -> Read<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|cause| undecodable(column, Box::new(cause)))
}

/// Returns a column that holds such a name or nothing.
pub(super) fn named_or_none<T: FromStr>(row: &SqliteRow, column: &str) -> Read<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|cause| undecodable(column, Box::new(cause)))).transpose()
}

/// Returns a column that holds a time.
pub(super) fn time(row: &SqliteRow, column: &str) -> Read<Timestamp> {
    Ok(Timestamp::from_millis(row.try_get(column)?))
}

/// Returns a column that holds a time or nothing.
pub(super) fn time_or_none(row: &SqliteRow, column: &str) -> Read<Option<Timestamp>> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
}

/// Returns a column that holds a duration or nothing.
pub(super) fn duration_or_none(row: &SqliteRow, column: &str) -> Read<Option<Duration>> {
    let millis: Option<i64> = row.try_get(column)?;
    Ok(millis.map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0))))
}

/// Returns a column that holds a count.
pub(super) fn count<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Read<T> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| undecodable(column, format!("{number} is out of range").into()))
}

/// Returns a column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Read<T> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|cause| undecodable(column, Box::new(cause)))
}

/// Returns a column that holds JSON or nothing.
pub(super) fn json_or_none<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Read<Option<T>> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|cause| undecodable(column, Box::new(cause))))
        .transpose()
}

/// Returns a column that holds a text.
pub(super) fn text(row: &SqliteRow, column: &str) -> Read<String> {
    row.try_get(column)
}

fn undecodable(column: &str, source: Box<dyn std::error::Error + Send + Sync>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source }
}

/// Reads a row of `source`.
pub(super) fn source_state(row: &SqliteRow) -> Read<SourceState> {
    let validator_url: Option<String> = row.try_get("validator_url")?;
    let validators = match validator_url {
        Some(url) => {
            Some(Validators { url, etag: row.try_get("etag")?, last_modified: row.try_get("last_modified")? })
        }
        None => None,
    };
    let same_as: Option<String> = row.try_get("same_as")?;
    Ok(SourceState {
        id: SourceId::new(text(row, "id")?),
        next_due: time(row, "next_due")?,
        failures: count(row, "failures")?,
        validators,
        body_hash: row.try_get("body_hash")?,
        baseline_done: row.try_get::<i64, _>("baseline_done")? != 0,
        class: named_or_none(row, "class")?,
        message: row.try_get("message")?,
        last_poll: time_or_none(row, "last_poll")?,
        last_success: time_or_none(row, "last_success")?,
        marker: named(row, "marker")?,
        interval: duration_or_none(row, "interval_ms")?,
        reason: row.try_get("reason")?,
        failing_since: time_or_none(row, "failing_since")?,
        refused_since: time_or_none(row, "refused_since")?,
        max_age: duration_or_none(row, "max_age_ms")?,
        hints: Hints {
            least: duration_or_none(row, "asks_ms")?,
            from: time_or_none(row, "asks_from")?,
            skip_hours: count(row, "skip_hours")?,
            skip_days: count(row, "skip_days")?,
        },
        rhythm: row.try_get::<Option<Vec<u8>>, _>("rhythm")?.unwrap_or_default(),
        moved: moved(row)?,
        read_whole: time_or_none(row, "read_whole")?,
        unchanged: Unchanged {
            answers: count(row, "unchanged")?,
            since: time_or_none(row, "unchanged_since")?,
            asked_plainly: time_or_none(row, "asked_plainly")?,
            lies: row.try_get::<i64, _>("lies")? != 0,
        },
        landing: Landing {
            held: count(row, "held")?,
            ends_at: row.try_get("ends_at")?,
            same_as: same_as.map(SourceId::new),
        },
        naming: Naming {
            guids: trust(row, ["guids_unstable", "guids_watched", "guids_begun"])?,
            addresses: trust(row, ["addresses_unstable", "addresses_watched", "addresses_begun"])?,
            reuses: count(row, "guid_reuses")?,
            reused_at: time_or_none(row, "guid_reused")?,
        },
    })
}

fn trust(row: &SqliteRow, [since, watched_from, begun]: [&str; 3]) -> Read<Trust> {
    let begun = row.try_get::<i64, _>(begun)? != 0;
    let times = time_or_none(row, since)?.zip(time_or_none(row, watched_from)?);
    Ok(times.map_or(Trust::Relied, |(since, watched_from)| Trust::Unstable { since, watched_from, begun }))
}

fn moved(row: &SqliteRow) -> Read<Option<Moved>> {
    let Some(url) = row.try_get::<Option<String>, _>("moved_to")? else { return Ok(None) };
    Ok(Some(Moved {
        url,
        since: time_or_none(row, "moved_at")?.unwrap_or(Timestamp::from_millis(0)),
        failing_since: time_or_none(row, "moved_failing_since")?,
    }))
}

/// The columns that `item` reads, of the table `item` or of one that is called so and names the
/// item in another column.
macro_rules! item_columns {
    () => {
        $crate::store::rows::item_columns!("id")
    };
    ($id:literal) => {
        concat!(
            "item.",
            $id,
            " as item_id, item.source as item_source, item.url as item_url, item.title as item_title,
             item.summary as item_summary, item.text as item_text, item.author as item_author,
             item.published as item_published, item.updated as item_updated, item.lang as item_lang,
             item.tags as item_tags, item.image as item_image, item.text_key as item_text_key,
             item.first_seen as item_first_seen"
        )
    };
}
pub(super) use item_columns;

/// Reads a row of `item`, its columns behind a prefix.
pub(super) fn item(row: &SqliteRow) -> Read<Item> {
    Ok(Item {
        id: ItemId::new(text(row, "item_id")?),
        source: Some(SourceId::new(text(row, "item_source")?)),
        url: row.try_get("item_url")?,
        title: text(row, "item_title")?,
        summary: text(row, "item_summary")?,
        text: text(row, "item_text")?,
        author: row.try_get("item_author")?,
        published: time_or_none(row, "item_published")?,
        updated: time_or_none(row, "item_updated")?,
        lang: row.try_get("item_lang")?,
        tags: json(row, "item_tags")?,
        first_seen: time_or_none(row, "item_first_seen")?,
        image: row.try_get("item_image")?,
        keys: ItemKeys { text: row.try_get("item_text_key")?, ..ItemKeys::default() },
    })
}

/// Reads a row of `alert`.
pub(super) fn alert(row: &SqliteRow) -> Read<Alert> {
    Ok(Alert {
        id: AlertId::new(text(row, "alert_id")?),
        kind: named(row, "alert_kind")?,
        topic: TopicId::new(text(row, "alert_topic")?),
        topic_name: text(row, "topic_name")?,
        story: StoryRef {
            id: StoryId::new(text(row, "story")?),
            title: text(row, "story_title")?,
            articles: count(row, "story_articles")?,
            outlets: count(row, "story_outlets")?,
            independent: count(row, "story_independent")?,
            first_seen: time(row, "story_first_seen")?,
        },
        revision: count(row, "revision")?,
        decision: named(row, "decision")?,
        item: ItemId::new(text(row, "alert_item")?),
        score: row.try_get("score")?,
        threshold: row.try_get("threshold")?,
        reason: text(row, "reason")?,
        evidence: json(row, "evidence")?,
        follow_up: follow_up(row)?,
        created: time(row, "alert_created")?,
    })
}

fn follow_up(row: &SqliteRow) -> Read<Option<FollowUp>> {
    let Some(previous) = row.try_get::<Option<String>, _>("previous")? else { return Ok(None) };
    Ok(Some(FollowUp {
        previous: AlertId::new(previous),
        new_facts: json_or_none(row, "new_facts")?.unwrap_or_default(),
        change: json_or_none(row, "change")?,
    }))
}

/// Reads a row of `delivery`.
pub(super) fn delivery(row: &SqliteRow) -> Read<Delivery> {
    Ok(Delivery {
        id: DeliveryId::new(text(row, "id")?),
        alert: AlertId::new(text(row, "alert")?),
        topic: TopicId::new(text(row, "topic")?),
        channel: ChannelName::new(text(row, "channel")?),
        to: text(row, "recipient")?,
        kind: named(row, "kind")?,
        state: named(row, "state")?,
        class: named_or_none(row, "class")?,
        held: named_or_none(row, "held")?,
        attempts: count(row, "attempts")?,
        created: time(row, "created")?,
        begun: time_or_none(row, "begun")?.map_or_else(|| time(row, "created"), Ok)?,
        due: time(row, "due")?,
        last_attempt: time_or_none(row, "last_attempt")?,
        delivered_at: time_or_none(row, "delivered_at")?,
        error: row.try_get("error")?,
    })
}
