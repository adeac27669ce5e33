//! The record of one poll: items, identities, hits, alerts, deliveries and the source's
//! validators, in one transaction.

use sqlx::Row;

use super::{Lease, Store, StoreError, Tx, rows};
use crate::model::{
    Alert, Decision, Delivery, Item, ItemId, PollClass, PollRecord, Score, ScoreOutcome, SeenItem, SourceId,
    Timestamp, TopicId,
};
use crate::schedule::route::first_alert;

/// A known item counts as seen again only once a day, to spare the disk.
const SEEN_AGAIN_MS: i64 = 86_400_000;

/// What a poll added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Items never seen before.
    pub new: u64,
    /// Known items whose text changed.
    pub updated: u64,
    /// Items that another item has already brought, by its address.
    pub same_url: u64,
    /// Items that another item has already brought, by its text.
    pub same_text: u64,
    /// The topic and the decision of each hit.
    pub hits: Vec<(TopicId, Decision)>,
    /// Deliveries made.
    pub deliveries: u64,
}

impl Recorded {
    /// Returns how many alerts were made.
    pub fn alerts(&self) -> usize {
        self.hits.iter().filter(|(_, decision)| *decision == Decision::Alert).count()
    }
}

/// The item that an item turned out to be.
struct Known {
    id: ItemId,
    /// Its source and text; `None` where only its identity is left.
    kept: Option<(String, Option<String>)>,
    by: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Guid,
    Url,
    Text,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Kind::Guid => "guid",
            Kind::Url => "url",
            Kind::Text => "text",
        }
    }
}

impl Store {
    /// Writes all that a poll brought, if the claim still holds.
    pub async fn record_poll(&self, lease: &Lease, record: &PollRecord) -> Result<Recorded, StoreError> {
        let mut tx = self.begin().await?;
        let mut recorded = Recorded::default();
        for seen in &record.items {
            record_item(&mut tx, record, seen, &mut recorded).await?;
        }
        settle_source(&mut tx, lease, record, &recorded).await?;
        note_trouble(&mut tx, record).await?;
        tx.commit().await?;
        Ok(recorded)
    }
}

async fn settle_source(
    tx: &mut Tx<'_>,
    lease: &Lease,
    record: &PollRecord,
    recorded: &Recorded,
) -> Result<(), StoreError> {
    let state = &record.state;
    let validators = state.validators.as_ref();
    let settled = sqlx::query(
        "update source set next_due = $1, failures = $2, validator_url = $3, etag = $4, last_modified = $5,
             body_hash = $6, baseline_done = $7, class = $8, message = $9, last_poll = $10, last_success = $11,
             marker = case when marker = 'operator' then marker else $12 end,
             first_polled = coalesce(first_polled, $10), items = items + $13,
             claimed_by = null, claimed_until = null
         where id = $14 and claimed_by = $15",
    )
    .bind(state.next_due.as_millis())
    .bind(i64::from(state.failures))
    .bind(validators.map(|validators| validators.url.as_str()))
    .bind(validators.and_then(|validators| validators.etag.as_deref()))
    .bind(validators.and_then(|validators| validators.last_modified.as_deref()))
    .bind(state.body_hash.as_deref())
    .bind(i64::from(state.baseline_done))
    .bind(state.class.map(PollClass::as_str))
    .bind(state.message.as_deref())
    .bind(state.last_poll.map(Timestamp::as_millis))
    .bind(state.last_success.map(Timestamp::as_millis))
    .bind(state.marker.as_str())
    .bind(i64::try_from(recorded.new).unwrap_or(i64::MAX))
    .bind(state.id.as_str())
    .bind(&lease.holder)
    .execute(&mut **tx)
    .await?;
    if settled.rows_affected() == 0 {
        return Err(StoreError::ClaimLost(state.id.to_string()));
    }
    Ok(())
}

async fn note_trouble(tx: &mut Tx<'_>, record: &PollRecord) -> Result<(), StoreError> {
    let Some(class) =
        record.state.class.filter(|class| !matches!(class, PollClass::Ok | PollClass::NotModified))
    else {
        return Ok(());
    };
    let message = record.state.message.as_deref().unwrap_or_default();
    event(tx, (record.state.id.as_str(), ""), (class.as_str(), message), record.polled_at).await
}

/// Counts an event on a source or channel.
pub(super) async fn event(
    tx: &mut Tx<'_>,
    (source, channel): (&str, &str),
    (class, message): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into event (source, channel, class, count, first_time, last_time, message)
         values ($1, $2, $3, 1, $4, $4, $5)
         on conflict (source, channel, class) do update set
             count = event.count + 1, last_time = excluded.last_time, message = excluded.message",
    )
    .bind(source)
    .bind(channel)
    .bind(class)
    .bind(now.as_millis())
    .bind(message)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn record_item(
    tx: &mut Tx<'_>,
    record: &PollRecord,
    seen: &SeenItem,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let now = record.polled_at;
    let source = &record.state.id;
    let Some(known) = find(tx, source, &seen.item).await? else {
        insert_item(tx, seen, now).await?;
        bind_identities(tx, source, &seen.item, &seen.item.id, now).await?;
        recorded.new += 1;
        return record_hits(tx, seen, &seen.item, now, recorded).await;
    };
    bind_identities(tx, source, &seen.item, &known.id, now).await?;
    let ours = known.kept.as_ref().is_some_and(|(owner, _)| owner == source.as_str());
    let changed = known.kept.as_ref().is_some_and(|(_, text)| *text != seen.item.keys.text);
    if ours && changed && known.by != Kind::Text {
        let edited = Item { id: known.id, ..seen.item.clone() };
        update_item(tx, &edited).await?;
        recorded.updated += 1;
        return record_hits(tx, seen, &edited, now, recorded).await;
    }
    if known.id != seen.item.id {
        match known.by {
            Kind::Url => recorded.same_url += 1,
            Kind::Text => recorded.same_text += 1,
            Kind::Guid => {}
        }
    }
    Ok(())
}

/// Looks up the item by its publisher's id, then its address, then its text.
async fn find(tx: &mut Tx<'_>, source: &SourceId, item: &Item) -> Result<Option<Known>, StoreError> {
    for (kind, scope, value) in identities(source, item) {
        let found = sqlx::query(
            "select identity.item, item.source, item.text_key, item.id as kept
             from identity left join item on item.id = identity.item
             where identity.kind = $1 and identity.scope = $2 and identity.value = $3",
        )
        .bind(kind.as_str())
        .bind(scope)
        .bind(value)
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(row) = found {
            let kept = match row.try_get::<Option<String>, _>("kept")? {
                Some(_) => Some((rows::text(&row, "source")?, row.try_get("text_key")?)),
                None => None,
            };
            return Ok(Some(Known { id: ItemId::new(rows::text(&row, "item")?), kept, by: kind }));
        }
    }
    Ok(None)
}

/// Returns what an item is recognised by, strongest first: kind, scope, value.
fn identities<'a>(source: &'a SourceId, item: &'a Item) -> impl Iterator<Item = (Kind, &'a str, &'a str)> {
    let keys = &item.keys;
    let guid = keys.guid.as_deref().map(|guid| (Kind::Guid, source.as_str(), guid));
    let url = keys.url.as_deref().map(|url| (Kind::Url, "", url));
    let text = keys.text.as_deref().map(|text| (Kind::Text, "", text));
    guid.into_iter().chain(url).chain(text)
}

async fn bind_identities(
    tx: &mut Tx<'_>,
    source: &SourceId,
    item: &Item,
    id: &ItemId,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (kind, scope, value) in identities(source, item) {
        sqlx::query(
            "insert into identity (kind, scope, value, item, last_seen) values ($1, $2, $3, $4, $5)
             on conflict (kind, scope, value) do update set last_seen = excluded.last_seen
             where identity.last_seen < excluded.last_seen - $6",
        )
        .bind(kind.as_str())
        .bind(scope)
        .bind(value)
        .bind(id.as_str())
        .bind(now.as_millis())
        .bind(SEEN_AGAIN_MS)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn insert_item(tx: &mut Tx<'_>, seen: &SeenItem, now: Timestamp) -> Result<(), StoreError> {
    let item = &seen.item;
    sqlx::query(
        "insert into item (id, source, url, title, summary, text, author, published, updated, lang, tags, image,
             text_key, baseline, first_seen)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (id) do nothing",
    )
    .bind(item.id.as_str())
    .bind(item.source.as_ref().map(SourceId::as_str).unwrap_or_default())
    .bind(item.url.as_deref())
    .bind(&item.title)
    .bind(&item.summary)
    .bind(&item.text)
    .bind(item.author.as_deref())
    .bind(item.published.map(Timestamp::as_millis))
    .bind(item.updated.map(Timestamp::as_millis))
    .bind(item.lang.as_deref())
    .bind(serde_json::to_string(&item.tags)?)
    .bind(item.image.as_deref())
    .bind(item.keys.text.as_deref())
    .bind(i64::from(seen.baseline))
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn update_item(tx: &mut Tx<'_>, item: &Item) -> Result<(), StoreError> {
    sqlx::query(
        "update item set url = $2, title = $3, summary = $4, text = $5, author = $6, updated = $7, lang = $8,
             tags = $9, image = $10, text_key = $11
         where id = $1",
    )
    .bind(item.id.as_str())
    .bind(item.url.as_deref())
    .bind(&item.title)
    .bind(&item.summary)
    .bind(&item.text)
    .bind(item.author.as_deref())
    .bind(item.updated.map(Timestamp::as_millis))
    .bind(item.lang.as_deref())
    .bind(serde_json::to_string(&item.tags)?)
    .bind(item.image.as_deref())
    .bind(item.keys.text.as_deref())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the scores, and makes an alert of each hit that was none before.
async fn record_hits(
    tx: &mut Tx<'_>,
    seen: &SeenItem,
    item: &Item,
    now: Timestamp,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    for score in &seen.scores {
        let hit = score.outcome == ScoreOutcome::Hit;
        let hit_before = decision_before(tx, &item.id, &score.topic).await?.is_some_and(is_hit);
        if hit_before {
            continue;
        }
        let decision = match score.outcome {
            ScoreOutcome::Hit if seen.baseline => Decision::Baseline,
            ScoreOutcome::Hit => Decision::Alert,
            ScoreOutcome::Vetoed => Decision::Vetoed,
            ScoreOutcome::Excluded => Decision::Excluded,
            ScoreOutcome::Below => Decision::Below,
        };
        keep_score(tx, &item.id, score, decision, now).await?;
        if hit {
            recorded.hits.push((score.topic.clone(), decision));
        }
        if decision == Decision::Alert {
            let Some(routed) = seen.routed.iter().find(|routed| routed.topic == score.topic) else {
                continue;
            };
            let (alert, deliveries) = first_alert(item, score, routed, now);
            recorded.deliveries += insert_alert(tx, &alert, &deliveries).await?;
        }
    }
    Ok(())
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
    item: &ItemId,
    score: &Score,
    decision: Decision,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into hit (item, topic, decision, score, threshold, evidence, created)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (item, topic) do update set decision = excluded.decision, score = excluded.score,
             threshold = excluded.threshold, evidence = excluded.evidence, created = excluded.created",
    )
    .bind(item.as_str())
    .bind(score.topic.as_str())
    .bind(decision.as_str())
    .bind(score.score)
    .bind(score.threshold)
    .bind(serde_json::to_string(&score.evidence)?)
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes an alert with its deliveries; nothing where the alert exists already.
pub(super) async fn insert_alert(
    tx: &mut Tx<'_>,
    alert: &Alert,
    deliveries: &[Delivery],
) -> Result<u64, StoreError> {
    let inserted = sqlx::query(
        "insert into alert (id, kind, topic, topic_name, story, story_title, story_articles, story_outlets,
             story_first_seen, revision, decision, item, score, threshold, reason, evidence, created)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
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
