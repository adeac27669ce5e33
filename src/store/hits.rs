//! What an item means to each topic, and the alerts that come of it.

use sqlx::Row as _;

use super::items::Taken;
use super::stories::Standing;
use super::{StoreError, Tx, corrections, poll::Recorded, rows};
use crate::matcher;
use crate::model::{
    Alert, AlertId, Decision, Delivery, FollowUps, Item, ItemId, PollRecord, Routed, Score, ScoreOutcome,
    SeenItem, StoryId, StoryRef, Timestamp, TopicId, TopicVersion,
};
use crate::schedule::route::{News, alert};
use crate::story::{Past, Telling, Told, Verdict, Version, corrected, fact_words, told};

/// An item of a poll, as it stands in the store.
struct Known<'a> {
    record: &'a PollRecord,
    seen: &'a SeenItem,
    /// The item under the id that it is known by.
    item: &'a Item,
    story: StoryRef,
    standing: Option<&'a Standing>,
}

impl Known<'_> {
    fn routed(&self, topic: &TopicId) -> Option<&Routed> {
        self.seen.routed.iter().find(|routed| routed.topic == *topic)
    }
}

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
    let story = standing.map_or_else(|| story_of(item, record.polled_at), |standing| standing.story.clone());
    let known = Known { record, seen, item, story, standing };
    for score in scores {
        let before = match &known_as {
            Some(id) => decision_before(tx, id, &score.topic).await?,
            None => None,
        };
        // Aside, so that the futures of polls stay small.
        match before {
            Some(before) if is_hit(before) => {
                if before.is_alert() && matches!(taken, Taken::Updated(_)) {
                    Box::pin(record_change(tx, &known, score, recorded)).await?;
                }
            }
            _ => Box::pin(record_score(tx, &known, score, recorded)).await?,
        }
    }
    Ok(())
}

async fn record_score(
    tx: &mut Tx<'_>,
    known: &Known<'_>,
    score: &Score,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    if score.outcome != ScoreOutcome::Hit {
        let kept = Kept { decision: Decision::of_new(score.outcome), reason: None, story: None };
        return keep_score(tx, known, score, kept).await;
    }
    let (verdict, past) = if known.seen.baseline {
        (Verdict::Baseline, None)
    } else {
        let past = told_before(tx, &score.topic, &known.story.id, known.standing).await?;
        (judged(tx, known, score, past.as_ref()).await?, past)
    };
    let decision = verdict.decision();
    let kept = Kept { decision, reason: Some(verdict.reason()), story: Some(&known.story.id) };
    keep_score(tx, known, score, kept).await?;
    tell(tx, known, (score, verdict, past), recorded).await
}

/// Asks what the topic knows, and has it decided.
async fn judged(
    tx: &mut Tx<'_>,
    known: &Known<'_>,
    score: &Score,
    past: Option<&Past>,
) -> Result<Verdict, StoreError> {
    let copy_of = known.standing.and_then(|standing| standing.copy_of.as_ref());
    let original_hit = match copy_of {
        Some((original, _)) if *original != known.item.id => {
            decision_before(tx, original, &score.topic).await?.is_some_and(is_hit)
        }
        _ => false,
    };
    let hashes = known.standing.map_or(&[][..], |standing| &standing.new_facts);
    let follow_ups = known.routed(&score.topic).map_or(FollowUps::NewFacts, |routed| routed.follow_ups);
    let new_facts = match past {
        Some(_) if !hashes.is_empty() => fact_words(known.item, &matcher::words(known.item), hashes),
        _ => Vec::new(),
    };
    let telling = Telling {
        copy_of: copy_of.map(|(item, source)| (item, source)),
        original_hit,
        is_first: known.standing.is_none_or(|standing| standing.is_first),
        new_facts: &new_facts,
        n_new_facts: hashes.len(),
        follow_ups,
        at: known.record.polled_at,
    };
    Ok(told(past, &telling, score.score))
}

/// Tells of an article that was told before and has changed, where its topic wants to hear of it.
async fn record_change(
    tx: &mut Tx<'_>,
    known: &Known<'_>,
    score: &Score,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let wants = known.routed(&score.topic).is_some_and(|routed| routed.corrections);
    let (Some(key), true) = (&known.item.keys.text, wants && score.outcome == ScoreOutcome::Hit) else {
        return Ok(());
    };
    let Some(before) = corrections::read_before(tx, &known.item.id).await? else { return Ok(()) };
    let (of, now) = ((&score.topic, &known.item.id), known.record.polled_at);
    let (is_known, n_lately) = corrections::known(tx, of, key, now).await?;
    let told = Told { before: before.version(), now: version(known.item), is_known, n_lately };
    let Some(verdict) = corrected(&told) else { return Ok(()) };
    let past = told_before(tx, &score.topic, &known.story.id, known.standing).await?;
    let keys = [(before.text_key.as_deref(), None), (Some(key.as_str()), Some(now))];
    for (key, told_at) in keys {
        if let Some(key) = key {
            corrections::keep_version(tx, of, key, told_at).await?;
        }
    }
    tell(tx, known, (score, verdict, past), recorded).await
}

/// Makes the alert that a verdict asks for.
async fn tell(
    tx: &mut Tx<'_>,
    known: &Known<'_>,
    (score, verdict, past): (&Score, Verdict, Option<Past>),
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let decision = verdict.decision();
    recorded.hits.push((score.topic.clone(), decision));
    if let (true, Some(routed)) = (decision.is_alert(), known.routed(&score.topic)) {
        let news = News {
            story: known.story.clone(),
            previous: past.map(|past| (past.latest, past.revision)),
            reason: verdict.reason(),
            new_facts: verdict.new_facts(),
            change: verdict.change(),
        };
        let (alert, deliveries) = alert(known.item, score, routed, news, known.record.polled_at);
        recorded.deliveries += insert_alert(tx, &alert, &deliveries).await?;
        recorded.new_alerts.push(alert);
    }
    Ok(())
}

fn version(item: &Item) -> Version<'_> {
    Version { title: &item.title, summary: &item.summary, text: &item.text }
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

/// Returns what a topic was told about a story so far, and about those that were merged into it.
async fn told_before(
    tx: &mut Tx<'_>,
    topic: &TopicId,
    story: &StoryId,
    standing: Option<&Standing>,
) -> Result<Option<Past>, StoreError> {
    // What is merged right now does not stand in the table yet.
    let mut stories = vec![story.as_str()];
    stories.extend(standing.iter().flat_map(|standing| standing.merged.iter().map(StoryId::as_str)));
    let found = sqlx::query(
        "with recursive known (id, number) as (
             select sought.value, story.number from json_each($1) as sought
                 left join story on story.id = sought.value
             union
             select other.id, other.number from known
                 join story_event on story_event.story = known.number and story_event.kind = 'merged'
                 join story as other on other.number = story_event.other
         )
         select alert.id, revision, score, created from alert
         where topic = $2 and story in (select id from known) order by created, revision",
    )
    .bind(serde_json::to_string(&stories)?)
    .bind(topic.as_str())
    .fetch_all(&mut **tx)
    .await?;
    let mut past: Option<Past> = None;
    for row in found {
        let (latest, revision) = (AlertId::new(rows::text(&row, "id")?), rows::count(&row, "revision")?);
        let (score, at) = (row.try_get("score")?, rows::time(&row, "created")?);
        past = Some(Past::with(past, latest, revision, score, at));
    }
    Ok(past)
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

/// What is kept of a decision.
struct Kept<'a> {
    decision: Decision,
    /// Why, where more than the score decided.
    reason: Option<String>,
    /// The story, of what is a hit.
    story: Option<&'a StoryId>,
}

async fn keep_score(
    tx: &mut Tx<'_>,
    known: &Known<'_>,
    score: &Score,
    kept: Kept<'_>,
) -> Result<(), StoreError> {
    let record = known.record;
    sqlx::query(
        "insert into hit (item, topic, decision, score, threshold, evidence, created, version, reason, story)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (item, topic) do update set decision = excluded.decision, score = excluded.score,
             threshold = excluded.threshold, evidence = excluded.evidence, created = excluded.created,
             version = excluded.version, reason = excluded.reason, story = excluded.story",
    )
    .bind(known.item.id.as_str())
    .bind(score.topic.as_str())
    .bind(kept.decision.as_str())
    .bind(score.score)
    .bind(score.threshold)
    .bind(serde_json::to_string(&score.evidence)?)
    .bind(record.polled_at.as_millis())
    .bind(record.versions.get(&score.topic).map(TopicVersion::as_str))
    .bind(kept.reason)
    .bind(kept.story.map(StoryId::as_str))
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
