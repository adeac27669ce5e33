//! What an item means to each topic, and the alerts that come of it.

use sqlx::Row as _;

use super::items::Taken;
use super::stories::Standing;
use super::{StoreError, Tx, poll::Recorded, rows};
use crate::model::{
    Alert, AlertId, Decision, Delivery, FollowUps, Item, ItemId, PollRecord, Score, ScoreOutcome, SeenItem,
    StoryId, StoryRef, Timestamp, TopicId, TopicVersion,
};
use crate::schedule::route::{News, alert};
use crate::story::{Past, Telling, told};

/// Keeps what an item means to each topic, and makes an alert of each hit that was none before.
///
/// Of a copy of an item that another source brought, only what it hits counts: a topic that watches
/// only some sources may not have been asked about it yet.
pub(super) async fn record_hits(
    tx: &mut Tx<'_>,
    record: &PollRecord,
    (seen, taken, standing): (&SeenItem, &Taken, Option<&Standing>),
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let hits_only = matches!(taken, Taken::Copy(..));
    let known_as = match taken {
        Taken::Known(_) => return Ok(()),
        Taken::New => None,
        Taken::Updated(id) | Taken::Copy(id, _) => Some(id),
    };
    let hit = |score: &&Score| score.outcome == ScoreOutcome::Hit;
    let mut scores = seen.scores.iter().filter(|score| !hits_only || hit(score)).peekable();
    if scores.peek().is_none() {
        return Ok(());
    }
    let item = match &known_as {
        Some(id) => &Item { id: (*id).clone(), ..seen.item.clone() },
        None => &seen.item,
    };
    for score in scores {
        let before = match &known_as {
            Some(id) => decision_before(tx, id, &score.topic).await?,
            None => None,
        };
        if !before.is_some_and(is_hit) {
            record_score(tx, record, (seen, item, standing), score, recorded).await?;
        }
    }
    Ok(())
}

async fn record_score(
    tx: &mut Tx<'_>,
    record: &PollRecord,
    (seen, item, standing): (&SeenItem, &Item, Option<&Standing>),
    score: &Score,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let hit = score.outcome == ScoreOutcome::Hit;
    let routed = seen.routed.iter().find(|routed| routed.topic == score.topic);
    let story = standing.map_or_else(|| story_of(item, record.polled_at), |standing| standing.story.clone());
    let past = if hit { told_before(tx, &score.topic, &story.id).await? } else { None };
    let telling = Telling {
        is_copy: standing.is_some_and(|standing| standing.copy_of.is_some()),
        new_facts: standing.map_or(0, |standing| standing.new_facts.len()),
        follow_ups: routed.map_or(FollowUps::NewFacts, |routed| routed.follow_ups),
    };
    let decision = match score.outcome {
        ScoreOutcome::Hit if seen.baseline => Decision::Baseline,
        ScoreOutcome::Hit => told(past.as_ref(), telling, score.points),
        other @ (ScoreOutcome::Excluded | ScoreOutcome::Vetoed | ScoreOutcome::Below) => {
            Decision::of_new(other)
        }
    };
    keep_score(tx, record, &item.id, (score, decision)).await?;
    if hit {
        recorded.hits.push((score.topic.clone(), decision));
    }
    if let (Decision::Alert | Decision::FollowUp, Some(routed)) = (decision, routed) {
        let news = News {
            story,
            previous: past.map(|past| (past.latest, past.revision)),
            new_facts: Vec::new(),
            change: None,
        };
        let (alert, deliveries) = alert(item, score, routed, news, record.polled_at);
        recorded.deliveries += insert_alert(tx, &alert, &deliveries).await?;
        recorded.new_alerts.push(alert);
    }
    Ok(())
}

/// Returns the story of an item that has none: it is one by itself.
fn story_of(item: &Item, now: Timestamp) -> StoryRef {
    StoryRef {
        id: StoryId::of(&item.id),
        title: item.title.clone(),
        articles: 1,
        outlets: 1,
        independent: 1,
        first_seen: item.first_seen.unwrap_or(now),
    }
}

/// Returns what a topic was told about a story so far.
async fn told_before(tx: &mut Tx<'_>, topic: &TopicId, story: &StoryId) -> Result<Option<Past>, StoreError> {
    let found = sqlx::query(
        "select id, revision, score from alert where story = $1 and topic = $2 order by revision",
    )
    .bind(story.as_str())
    .bind(topic.as_str())
    .fetch_all(&mut **tx)
    .await?;
    let mut past: Option<Past> = None;
    for row in found {
        let points = points(row.try_get("score")?).max(past.map_or(0.0, |past| past.points));
        let (latest, revision) = (AlertId::new(rows::text(&row, "id")?), rows::count(&row, "revision")?);
        past = Some(Past { latest, revision, points });
    }
    Ok(past)
}

/// Returns the points behind a score.
fn points(score: f64) -> f64 {
    -(1.0 - score).max(f64::MIN_POSITIVE).log2()
}

fn is_hit(decision: Decision) -> bool {
    !matches!(decision, Decision::Below | Decision::Vetoed | Decision::Excluded)
}

async fn decision_before(
    tx: &mut Tx<'_>,
    item: &ItemId,
    topic: &TopicId,
) -> Result<Option<Decision>, StoreError> {
    let row = sqlx::query("select decision from hit where item = $1 and topic = $2")
        .bind(item.as_str())
        .bind(topic.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| rows::named(&row, "decision")).transpose()?)
}

async fn keep_score(
    tx: &mut Tx<'_>,
    record: &PollRecord,
    item: &ItemId,
    (score, decision): (&Score, Decision),
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into hit (item, topic, decision, score, threshold, evidence, created, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (item, topic) do update set decision = excluded.decision, score = excluded.score,
             threshold = excluded.threshold, evidence = excluded.evidence, created = excluded.created,
             version = excluded.version",
    )
    .bind(item.as_str())
    .bind(score.topic.as_str())
    .bind(decision.as_str())
    .bind(score.score)
    .bind(score.threshold)
    .bind(serde_json::to_string(&score.evidence)?)
    .bind(record.polled_at.as_millis())
    .bind(record.versions.get(&score.topic).map(TopicVersion::as_str))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes an alert with its deliveries; nothing where the alert exists already.
async fn insert_alert(tx: &mut Tx<'_>, alert: &Alert, deliveries: &[Delivery]) -> Result<u64, StoreError> {
    let follow_up = alert.follow_up.as_ref();
    let change = follow_up.and_then(|follow_up| follow_up.change.as_ref());
    let inserted = sqlx::query(
        "insert into alert (id, kind, topic, topic_name, story, story_title, story_articles, story_outlets,
             story_first_seen, revision, decision, item, score, threshold, reason, evidence, created,
             story_independent, previous, new_facts, change)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
         on conflict (id) do nothing",
    )
    .bind(alert.id.as_str())
    .bind(alert.kind.as_str())
    .bind(alert.topic.as_str())
    .bind(&alert.topic_name)
    .bind(alert.story.id.as_str())
    .bind(&alert.story.title)
    .bind(i64::from(alert.story.articles))
    .bind(i64::from(alert.story.outlets))
    .bind(alert.story.first_seen.as_millis())
    .bind(i64::from(alert.revision))
    .bind(alert.decision.as_str())
    .bind(alert.item.as_str())
    .bind(alert.score)
    .bind(alert.threshold)
    .bind(&alert.reason)
    .bind(serde_json::to_string(&alert.evidence)?)
    .bind(alert.created.as_millis())
    .bind(i64::from(alert.story.independent))
    .bind(follow_up.map(|follow_up| follow_up.previous.as_str()))
    .bind(follow_up.map(|follow_up| serde_json::to_string(&follow_up.new_facts)).transpose()?)
    .bind(change.map(serde_json::to_string).transpose()?)
    .execute(&mut **tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(0);
    }
    for delivery in deliveries {
        insert_delivery(tx, delivery).await?;
    }
    Ok(deliveries.len() as u64)
}

async fn insert_delivery(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<(), StoreError> {
    sqlx::query(
        "insert into delivery (id, alert, topic, channel, recipient, kind, state, created, due)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing",
    )
    .bind(delivery.id.as_str())
    .bind(delivery.alert.as_str())
    .bind(delivery.topic.as_str())
    .bind(delivery.channel.as_str())
    .bind(&delivery.to)
    .bind(delivery.kind.as_str())
    .bind(delivery.state.as_str())
    .bind(delivery.created.as_millis())
    .bind(delivery.due.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
