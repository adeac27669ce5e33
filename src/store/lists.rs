//! Lists and single things to look at, newest first.

use sqlx::Row;

use super::rows::{self, item_columns};
use super::{Store, StoreError};
use crate::model::{
    Alert, AlertId, ChannelName, Decision, Delivery, DeliveryState, Evidence, Item, ItemId, SourceId,
    StoryId, Timestamp, TopicId, TopicVersion,
};

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// At most so many rows; `None` for all.
    pub limit: Option<u32>,
    /// Only this topic.
    pub topic: Option<TopicId>,
    /// Only this story.
    pub story: Option<StoryId>,
    /// Only items of this source.
    pub source: Option<SourceId>,
    /// Only this channel.
    pub channel: Option<ChannelName>,
    /// Only this state.
    pub state: Option<DeliveryState>,
}

impl Page {
    fn limit(&self) -> i64 {
        self.limit.map_or(-1, i64::from)
    }
}

/// An alert with its item and its deliveries.
#[derive(Clone, Debug)]
pub struct AlertSheet {
    /// The alert.
    pub alert: Alert,
    /// The item that caused it.
    pub item: Item,
    /// Its deliveries.
    pub deliveries: Vec<Delivery>,
}

/// An item with what became of it for each topic it touched.
#[derive(Clone, Debug)]
pub struct StoredItem {
    /// The item.
    pub item: Item,
    /// What became of it, by topic.
    pub decisions: Vec<StoredDecision>,
}

/// What became of an item for one topic, with the words of that time.
#[derive(Clone, Debug)]
pub struct StoredDecision {
    /// The topic.
    pub topic: TopicId,
    /// The decision.
    pub decision: Decision,
    /// The score of that time.
    pub score: f64,
    /// The threshold of that time.
    pub threshold: f64,
    /// The reasons for the score of that time.
    pub evidence: Vec<Evidence>,
    /// The topic's version of that time; `None` for what was decided before there were versions.
    pub version: Option<TopicVersion>,
    /// That version as it was written, as JSON; `None` where it was not kept.
    pub definition: Option<String>,
    /// When it was decided.
    pub created: Timestamp,
    /// Why, where more than the score decided; `None` for what was decided before this was kept.
    pub reason: Option<String>,
    /// The story it belonged to, where it was a hit; `None` as for the reason.
    pub story: Option<StoryId>,
    /// The alert it made, with its deliveries.
    pub alert: Option<(Alert, Vec<Delivery>)>,
}

/// The columns of an alert and of an item, once for every statement that reads them.
macro_rules! alert_and_item {
    ($before:literal, $after:literal) => {
        concat!(
            "select ",
            $before,
            "alert.id as alert_id, alert.kind as alert_kind, alert.topic as alert_topic, alert.topic_name,
             alert.story, alert.story_title, alert.story_articles, alert.story_outlets, alert.story_independent,
             alert.story_first_seen, alert.previous, alert.new_facts, alert.change,
             alert.revision, alert.decision, alert.item as alert_item, alert.score, alert.threshold,
             alert.reason, alert.evidence, alert.created as alert_created, ",
            item_columns!(),
            " ",
            $after
        )
    };
}

/// A delivery with all its message needs.
pub(super) const DELIVERY_WITH_ALERT_AND_ITEM: &str = alert_and_item!(
    "delivery.*, ",
    "from delivery join alert on alert.id = delivery.alert join item on item.id = alert.item
     where delivery.id = $1"
);

impl Store {
    /// Returns the alerts.
    pub async fn alerts(&self, page: &Page) -> Result<Vec<AlertSheet>, StoreError> {
        let found = sqlx::query(alert_and_item!(
            "",
            "from alert join item on item.id = alert.item
             where ($1 is null or alert.topic = $1) and ($2 is null or item.source = $2)
                 and ($6 is null or alert.story = $6)
                 and (($3 is null and $4 is null) or exists (
                     select 1 from delivery where delivery.alert = alert.id
                         and ($3 is null or channel = $3) and ($4 is null or state = $4)))
             order by alert.created desc, alert.id desc limit $5"
        ))
        .bind(page.topic.as_ref().map(TopicId::as_str))
        .bind(page.source.as_ref().map(SourceId::as_str))
        .bind(page.channel.as_ref().map(ChannelName::as_str))
        .bind(page.state.map(DeliveryState::as_str))
        .bind(page.limit())
        .bind(page.story.as_ref().map(StoryId::as_str))
        .fetch_all(self.reader())
        .await?;
        let mut sheets = Vec::with_capacity(found.len());
        for row in found {
            let alert = rows::alert(&row)?;
            let deliveries = self.deliveries_of(alert.id.as_str()).await?;
            sheets.push(AlertSheet { alert, item: rows::item(&row)?, deliveries });
        }
        Ok(sheets)
    }

    /// Returns one alert.
    pub async fn alert(&self, id: &AlertId) -> Result<Option<AlertSheet>, StoreError> {
        let row = sqlx::query(alert_and_item!(
            "",
            "from alert join item on item.id = alert.item where alert.id = $1"
        ))
        .bind(id.as_str())
        .fetch_optional(self.reader())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let deliveries = self.deliveries_of(id.as_str()).await?;
        Ok(Some(AlertSheet { alert: rows::alert(&row)?, item: rows::item(&row)?, deliveries }))
    }

    async fn deliveries_of(&self, alert: &str) -> Result<Vec<Delivery>, StoreError> {
        let found = sqlx::query("select * from delivery where alert = $1 order by channel, recipient")
            .bind(alert)
            .fetch_all(self.reader())
            .await?;
        Ok(found.iter().map(rows::delivery).collect::<Result<_, _>>()?)
    }

    /// Returns the deliveries.
    pub async fn deliveries(&self, page: &Page) -> Result<Vec<Delivery>, StoreError> {
        let found = sqlx::query(
            "select delivery.* from delivery
             where ($1 is null or topic = $1) and ($2 is null or channel = $2) and ($3 is null or state = $3)
                 and ($4 is null or alert in (select alert.id from alert join item on item.id = alert.item
                     where item.source = $4))
             order by created desc, id desc limit $5",
        )
        .bind(page.topic.as_ref().map(TopicId::as_str))
        .bind(page.channel.as_ref().map(ChannelName::as_str))
        .bind(page.state.map(DeliveryState::as_str))
        .bind(page.source.as_ref().map(SourceId::as_str))
        .bind(page.limit())
        .fetch_all(self.reader())
        .await?;
        Ok(found.iter().map(rows::delivery).collect::<Result<_, _>>()?)
    }

    /// Returns one item and what became of it.
    pub async fn item(&self, id: &ItemId) -> Result<Option<StoredItem>, StoreError> {
        let row = sqlx::query(concat!("select ", item_columns!(), " from item where id = $1"))
            .bind(id.as_str())
            .fetch_optional(self.reader())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let item = rows::item(&row)?;
        let mut decisions = Vec::new();
        let hits = sqlx::query(
            "select hit.topic, decision, score, threshold, evidence, hit.version, created, hit.reason,
                 hit.story, definition
             from hit left join topic_version
                 on topic_version.topic = hit.topic and topic_version.version = hit.version
             where item = $1 order by hit.topic",
        )
        .bind(id.as_str())
        .fetch_all(self.reader())
        .await?;
        for hit in hits {
            let topic = TopicId::new(rows::text(&hit, "topic")?);
            decisions.push(StoredDecision {
                alert: self.alert_on(id, &topic).await?,
                decision: rows::named(&hit, "decision")?,
                score: hit.try_get("score")?,
                threshold: hit.try_get("threshold")?,
                evidence: rows::json(&hit, "evidence")?,
                version: hit.try_get::<Option<String>, _>("version")?.map(|it| TopicVersion::new(&it)),
                definition: hit.try_get("definition")?,
                created: rows::time(&hit, "created")?,
                reason: hit.try_get("reason")?,
                story: hit.try_get::<Option<String>, _>("story")?.map(StoryId::new),
                topic,
            });
        }
        Ok(Some(StoredItem { item, decisions }))
    }

    async fn alert_on(
        &self,
        item: &ItemId,
        topic: &TopicId,
    ) -> Result<Option<(Alert, Vec<Delivery>)>, StoreError> {
        let row = sqlx::query("select id from alert where item = $1 and topic = $2 order by revision desc")
            .bind(item.as_str())
            .bind(topic.as_str())
            .fetch_optional(self.reader())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sheet = self.alert(&AlertId::new(rows::text(&row, "id")?)).await?;
        Ok(sheet.map(|sheet| (sheet.alert, sheet.deliveries)))
    }
}
