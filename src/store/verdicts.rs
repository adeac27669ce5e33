//! Verdicts on alerts, with the items that they are about: what topics learn from.

use std::collections::HashMap;

use sqlx::Row;

use super::rows::{self, item_columns};
use super::{Store, StoreError, Tx};
use crate::model::{AlertId, Item, ItemId, JudgedItem, TakenVerdict, Timestamp, TopicId, Verdict};

/// The newest verdicts of a topic that are kept.
pub const VERDICTS_KEPT: i64 = 500;
/// Bytes of each text of a judged item that are kept.
const MOST_TEXT: usize = 32 << 10;

/// What is judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// An alert.
    Alert(AlertId),
    /// What a topic made of an item, alerted or not.
    Item(ItemId, TopicId),
}

/// What came of judging.
#[derive(Clone, Debug, PartialEq)]
pub enum Judging {
    /// Every verdict was taken.
    Taken(Vec<TakenVerdict>),
    /// These are not stored, and no verdict was taken.
    Unknown(Vec<Subject>),
}

/// What is known of a subject: its alert, its topic, and the item.
type Found = (Option<AlertId>, TopicId, Item);

impl Store {
    /// Takes a verdict on one or several subjects; a later one on the same replaces an earlier.
    pub async fn judge(
        &self,
        subjects: &[Subject],
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<Judging, StoreError> {
        let mut tx = self.begin().await?;
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for subject in subjects {
            match find(&mut tx, subject).await? {
                Some(known) => found.push(known),
                None => unknown.push(subject.clone()),
            }
        }
        if !unknown.is_empty() {
            return Ok(Judging::Unknown(unknown));
        }
        let mut taken = Vec::with_capacity(found.len());
        for known in found {
            taken.push(take(&mut tx, known, verdict, now).await?);
        }
        tx.commit().await?;
        Ok(Judging::Taken(taken))
    }

    /// Returns what grows with every verdict.
    pub async fn verdicts_mark(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("select coalesce(max(seq), 0) as mark from verdict")
            .fetch_one(self.of_loops())
            .await?;
        Ok(row.try_get("mark")?)
    }

    /// Returns the same for each topic that was judged.
    pub async fn verdict_marks(&self) -> Result<HashMap<TopicId, i64>, StoreError> {
        let found = sqlx::query("select topic, max(seq) as mark from verdict group by topic")
            .fetch_all(self.of_loops())
            .await?;
        let mark = |row| Ok((TopicId::new(rows::text(row, "topic")?), row.try_get("mark")?));
        Ok(found.iter().map(mark).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Returns the judged items of a topic, in the order of their ids.
    pub async fn judged_items(&self, topic: &TopicId) -> Result<Vec<JudgedItem>, StoreError> {
        let found = sqlx::query(concat!(
            "select item.topic, item.alert, item.verdict, item.told, ",
            item_columns!("item"),
            " from verdict as item where item.topic = $1 order by item.item"
        ))
        .bind(topic.as_str())
        .fetch_all(self.of_loops())
        .await?;
        let judged = |row| {
            Ok(JudgedItem {
                topic: TopicId::new(rows::text(row, "topic")?),
                alert: row.try_get::<Option<String>, _>("alert")?.map(AlertId::new),
                item: rows::item(row)?,
                verdict: rows::named(row, "verdict")?,
                told: rows::time(row, "told")?,
            })
        };
        Ok(found.iter().map(judged).collect::<Result<_, sqlx::Error>>()?)
    }
}

async fn find(tx: &mut Tx<'_>, subject: &Subject) -> Result<Option<Found>, StoreError> {
    let (alert, item, topic) = match subject {
        Subject::Item(item, topic) => (alert_of(tx, item, topic).await?, item.clone(), topic.clone()),
        Subject::Alert(id) => {
            let row = sqlx::query("select item, topic from alert where id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut **tx)
                .await?;
            let Some(row) = row else { return Ok(None) };
            let (item, topic) = (rows::text(&row, "item")?, rows::text(&row, "topic")?);
            (Some(id.clone()), ItemId::new(item), TopicId::new(topic))
        }
    };
    let row = sqlx::query(concat!("select ", item_columns!(), " from item where id = $1"))
        .bind(item.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((alert, topic, rows::item(&row)?)))
}

async fn alert_of(tx: &mut Tx<'_>, item: &ItemId, topic: &TopicId) -> Result<Option<AlertId>, StoreError> {
    let row = sqlx::query("select id from alert where item = $1 and topic = $2 order by revision desc")
        .bind(item.as_str())
        .bind(topic.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| rows::text(&row, "id")).transpose()?.map(AlertId::new))
}

async fn take(
    tx: &mut Tx<'_>,
    (alert, topic, item): Found,
    verdict: Verdict,
    now: Timestamp,
) -> Result<TakenVerdict, StoreError> {
    let row = sqlx::query("select verdict from verdict where topic = $1 and item = $2")
        .bind(topic.as_str())
        .bind(item.id.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let was = row.map(|row| rows::named(&row, "verdict")).transpose()?;
    sqlx::query(
        "insert into verdict (topic, item, alert, verdict, told, seq, source, url, title, summary, text, author,
             published, updated, lang, tags, image, text_key, first_seen)
         values ($1, $2, $3, $4, $5, (select coalesce(max(seq), 0) + 1 from verdict), $6, $7, $8, $9, $10, $11,
             $12, $13, $14, $15, $16, $17, $18)
         on conflict (topic, item) do update set alert = excluded.alert, verdict = excluded.verdict,
             told = excluded.told, seq = excluded.seq, title = excluded.title, summary = excluded.summary,
             text = excluded.text, author = excluded.author, updated = excluded.updated, lang = excluded.lang,
             tags = excluded.tags",
    )
    .bind(topic.as_str())
    .bind(item.id.as_str())
    .bind(alert.as_ref().map(AlertId::as_str))
    .bind(verdict.as_str())
    .bind(now.as_millis())
    .bind(item.source.as_ref().map(|source| source.as_str().to_owned()).unwrap_or_default())
    .bind(item.url.as_deref())
    .bind(start(&item.title))
    .bind(start(&item.summary))
    .bind(start(&item.text))
    .bind(item.author.as_deref())
    .bind(item.published.map(Timestamp::as_millis))
    .bind(item.updated.map(Timestamp::as_millis))
    .bind(item.lang.as_deref())
    .bind(serde_json::to_string(&item.tags)?)
    .bind(item.image.as_deref())
    .bind(item.keys.text.as_deref())
    .bind(item.first_seen.unwrap_or(now).as_millis())
    .execute(&mut **tx)
    .await?;
    drop_old(tx, &topic).await?;
    Ok(TakenVerdict { alert, topic, item: item.id, verdict, was })
}

/// Drops what is more than a topic's verdicts may be.
async fn drop_old(tx: &mut Tx<'_>, topic: &TopicId) -> Result<(), StoreError> {
    sqlx::query(
        "delete from verdict where topic = $1 and seq <=
             (select seq from verdict where topic = $1 order by seq desc limit 1 offset $2)",
    )
    .bind(topic.as_str())
    .bind(VERDICTS_KEPT)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Returns as much of a text as is kept.
fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_TEXT)]
}
