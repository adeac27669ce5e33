//! The one picture that page, command line and gauges are drawn from.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::Row;

use super::{SourceFigures, Store, StoreError, figures::HOUR_MS, rows};
use crate::model::{ChannelName, DeliveryClass, DeliveryState, SourceId, Timestamp, TopicId};

/// How everything stands.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Sources that are configured and switched on, by how they stand.
    pub sources: SourceFigures,
    /// Items stored.
    pub items: u64,
    /// Items first seen in the last 24 hours.
    pub items_last_day: u64,
    /// Alerts stored.
    pub alerts: u64,
    /// Alerts made in the last 24 hours.
    pub alerts_last_day: u64,
    /// All deliveries, by state.
    pub deliveries: DeliveryFigures,
    /// Channels that have deliveries.
    pub channels: BTreeMap<ChannelName, ChannelFigures>,
    /// The hours of the last two days in which a topic was hit, in order.
    pub topics: BTreeMap<TopicId, Vec<HourFigures>>,
    /// How long the latest alerts took.
    pub latency: Latency,
    /// The latest events.
    pub events: Vec<EventRow>,
    /// Since when most hosts cannot be reached.
    pub outage: Option<Timestamp>,
    /// The latest poll.
    pub last_poll: Option<Timestamp>,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Deliveries by state. `created` is always the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryFigures {
    /// All.
    pub created: u64,
    /// Waiting.
    pub pending: u64,
    /// In hand.
    pub sending: u64,
    /// Taken by the receiver.
    pub delivered: u64,
    /// Given up.
    pub failed: u64,
    /// Called off.
    pub cancelled: u64,
    /// When the oldest pending one was made.
    pub oldest_pending: Option<Timestamp>,
}

/// One channel's deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelFigures {
    /// Waiting.
    pub pending: u64,
    /// When the oldest pending one was made.
    pub oldest_pending: Option<Timestamp>,
    /// Delivered in the last 24 hours.
    pub delivered_last_day: u64,
    /// When one was last delivered.
    pub last_success: Option<Timestamp>,
    /// Given up in the last 24 hours.
    pub failed_last_day: u64,
    /// The class of the latest attempt.
    pub class: Option<DeliveryClass>,
}

/// One topic in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourFigures {
    /// When the hour began: a multiple of an hour since the epoch.
    pub start: Timestamp,
    /// Items that reached the threshold.
    pub hits: u64,
    /// Those of them that made an alert.
    pub alerts: u64,
}

/// How long the latest 1,000 delivered alerts took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// From the publisher's date to the receiver's yes.
    pub published_to_sent: Option<Quantiles>,
    /// From our first sight to the receiver's yes.
    pub fetched_to_sent: Option<Quantiles>,
}

/// Half and nearly all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    /// The median.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
}

/// Equal events of one source or channel.
#[derive(Clone, Debug, Serialize)]
pub struct EventRow {
    /// The latest of them.
    pub time: Timestamp,
    /// The source.
    pub source: Option<SourceId>,
    /// The channel.
    pub channel: Option<ChannelName>,
    /// The class.
    pub class: String,
    /// How many.
    pub count: u64,
    /// What the latest said.
    pub message: String,
}

/// How many hours of hits are told, the present one among them.
pub const HOURS: i64 = 48;

const DAY_MS: i64 = 24 * HOUR_MS;
const EVENTS: i64 = 50;

impl Store {
    /// Returns how everything stands.
    pub async fn overview(&self, now: Timestamp) -> Result<Overview, StoreError> {
        let mut overview = self.counts(now).await?;
        overview.sources = self.source_figures().await?;
        (overview.deliveries, overview.channels) = self.delivery_figures(now).await?;
        overview.topics = self.hits_per_hour(now).await?;
        overview.latency = self.latency().await?;
        overview.events = self.events().await?;
        overview.outage = self.outage().await?;
        overview.bytes = self.bytes();
        Ok(overview)
    }

    async fn counts(&self, now: Timestamp) -> Result<Overview, StoreError> {
        let row = sqlx::query(
            "select (select count(*) from alert) as alerts,
                 (select count(*) from alert where created > $1) as alerts_last_day",
        )
        .bind(now.as_millis() - DAY_MS)
        .fetch_one(self.reader())
        .await?;
        let kept = self.kept_figures(now).await?;
        Ok(Overview {
            items: kept.items,
            items_last_day: kept.items_last_day,
            alerts: rows::count(&row, "alerts")?,
            alerts_last_day: rows::count(&row, "alerts_last_day")?,
            last_poll: kept.last_poll,
            ..Overview::default()
        })
    }

    async fn delivery_figures(
        &self,
        now: Timestamp,
    ) -> Result<(DeliveryFigures, BTreeMap<ChannelName, ChannelFigures>), StoreError> {
        let found = sqlx::query(
            "select channel, state, count(*) as n, min(created) as oldest, max(delivered_at) as last_success,
                 sum(case when last_attempt > $1 then 1 else 0 end) as last_day
             from delivery group by channel, state",
        )
        .bind(now.as_millis() - DAY_MS)
        .fetch_all(self.reader())
        .await?;
        let mut all = DeliveryFigures::default();
        let mut channels: BTreeMap<ChannelName, ChannelFigures> = BTreeMap::new();
        for row in found {
            let n: u64 = rows::count(&row, "n")?;
            let channel = channels.entry(ChannelName::new(rows::text(&row, "channel")?)).or_default();
            all.created += n;
            match rows::named(&row, "state")? {
                DeliveryState::Pending => {
                    let oldest = rows::time_or_none(&row, "oldest")?;
                    all.pending += n;
                    all.oldest_pending = all.oldest_pending.into_iter().chain(oldest).min();
                    *channel = ChannelFigures { pending: n, oldest_pending: oldest, ..*channel };
                }
                DeliveryState::Sending => all.sending += n,
                DeliveryState::Delivered => {
                    all.delivered += n;
                    channel.last_success = rows::time_or_none(&row, "last_success")?;
                    channel.delivered_last_day = rows::count(&row, "last_day")?;
                }
                DeliveryState::Failed => {
                    all.failed += n;
                    channel.failed_last_day = rows::count(&row, "last_day")?;
                }
                DeliveryState::Cancelled => all.cancelled += n,
            }
        }
        for (name, figures) in &mut channels {
            figures.class = self.last_class(name).await?;
        }
        Ok((all, channels))
    }

    async fn last_class(&self, channel: &ChannelName) -> Result<Option<DeliveryClass>, StoreError> {
        let row = sqlx::query(
            "select class from delivery where channel = $1 and last_attempt is not null and class is not null
             order by last_attempt desc limit 1",
        )
        .bind(channel.as_str())
        .fetch_optional(self.reader())
        .await?;
        Ok(row.map(|row| rows::named(&row, "class")).transpose()?)
    }

    /// Returns what each topic was hit by in each of the last 48 hours that had a hit.
    async fn hits_per_hour(&self, now: Timestamp) -> Result<BTreeMap<TopicId, Vec<HourFigures>>, StoreError> {
        let found = sqlx::query(
            "select topic, created / $1 as hour, count(*) as hits,
                 sum(case when decision in ('alert', 'follow_up') then 1 else 0 end) as alerts
             from hit where created >= $2 and decision in ('alert', 'follow_up', 'same_story', 'duplicate',
                 'silenced', 'baseline')
             group by topic, hour order by topic, hour",
        )
        .bind(HOUR_MS)
        .bind((now.as_millis() / HOUR_MS - (HOURS - 1)) * HOUR_MS)
        .fetch_all(self.reader())
        .await?;
        let mut topics: BTreeMap<TopicId, Vec<HourFigures>> = BTreeMap::new();
        for row in found {
            let hour: i64 = row.try_get("hour")?;
            topics.entry(TopicId::new(rows::text(&row, "topic")?)).or_default().push(HourFigures {
                start: Timestamp::from_millis(hour * HOUR_MS),
                hits: rows::count(&row, "hits")?,
                alerts: rows::count(&row, "alerts")?,
            });
        }
        Ok(topics)
    }

    async fn latency(&self) -> Result<Latency, StoreError> {
        let found = sqlx::query(
            "select delivery.delivered_at as sent, item.published, alert.created as fetched
             from delivery join alert on alert.id = delivery.alert join item on item.id = alert.item
             where delivery.state = 'delivered' order by delivery.created desc limit 1000",
        )
        .fetch_all(self.reader())
        .await?;
        let (mut published, mut fetched) = (Vec::new(), Vec::new());
        for row in found {
            let sent: i64 = row.try_get("sent")?;
            fetched.push(sent - row.try_get::<i64, _>("fetched")?);
            published.extend(row.try_get::<Option<i64>, _>("published")?.map(|time| sent - time));
        }
        Ok(Latency { published_to_sent: quantiles(published), fetched_to_sent: quantiles(fetched) })
    }

    async fn events(&self) -> Result<Vec<EventRow>, StoreError> {
        let found = sqlx::query(
            "select source, channel, class, count, last_time, message from event
             order by last_time desc, class limit $1",
        )
        .bind(EVENTS)
        .fetch_all(self.reader())
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let given = |text: String| Some(text).filter(|text| !text.is_empty());
            Ok(EventRow {
                time: rows::time(row, "last_time")?,
                source: given(rows::text(row, "source")?).map(SourceId::new),
                channel: given(rows::text(row, "channel")?).map(ChannelName::new),
                class: rows::text(row, "class")?,
                count: rows::count(row, "count")?,
                message: rows::text(row, "message")?,
            })
        };
        found.iter().map(read).collect()
    }
}

/// Returns median and 99th percentile (nearest rank) of milliseconds, in seconds.
fn quantiles(mut millis: Vec<i64>) -> Option<Quantiles> {
    millis.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "seconds for people to read")]
    let nearest = |share: usize| {
        let rank = (millis.len() * share).div_ceil(100).max(1);
        millis.get(rank - 1).map(|&millis| millis.max(0) as f64 / 1000.0)
    };
    Some(Quantiles { p50: nearest(50)?, p99: nearest(99)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Decision;

    async fn hit(store: &Store, item: &str, topic: &str, decision: Decision, created: i64) {
        sqlx::query(
            "insert into hit (item, topic, decision, score, threshold, evidence, created)
             values ($1, $2, $3, 0.7, 0.5, '[]', $4)",
        )
        .bind(item)
        .bind(topic)
        .bind(decision.as_str())
        .bind(created)
        .execute(&store.writer)
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn hits_are_told_by_the_hour_of_the_last_two_days() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap();
        let present = 490_000 * HOUR_MS;
        let oldest = present - (HOURS - 1) * HOUR_MS;
        for (item, topic, decision, created) in [
            ("before", "a", Decision::Alert, oldest - 1),
            ("oldest", "a", Decision::Baseline, oldest),
            ("last", "a", Decision::Alert, present - 1),
            ("first", "a", Decision::Alert, present),
            ("same", "a", Decision::SameStory, present + 5),
            ("below", "a", Decision::Below, present),
            ("vetoed", "a", Decision::Vetoed, present),
            ("other", "b", Decision::Silenced, present),
        ] {
            hit(&store, item, topic, decision, created).await;
        }
        let topics = store.hits_per_hour(Timestamp::from_millis(present + 10)).await.unwrap();
        let told: Vec<_> = topics
            .iter()
            .flat_map(|(topic, hours)| hours.iter().map(move |hour| (topic.as_str(), *hour)))
            .collect();
        let hour = |start, hits, alerts| HourFigures { start: Timestamp::from_millis(start), hits, alerts };
        assert_eq!(
            told,
            [
                ("a", hour(oldest, 1, 0)),
                ("a", hour(present - HOUR_MS, 1, 1)),
                ("a", hour(present, 2, 1)),
                ("b", hour(present, 1, 0)),
            ]
        );
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        assert_eq!(quantiles(vec![]), None);
        assert_eq!(quantiles(vec![40]), Some(Quantiles { p50: 0.04, p99: 0.04 }));
        let hundred = (1..=100).map(|n| n * 1000).rev().collect();
        assert_eq!(quantiles(hundred), Some(Quantiles { p50: 50.0, p99: 99.0 }));
    }
}
