//! Alerts and deliveries as rows for machines.

use newshound::model::{Alert, Delivery};
use newshound::notify::message::Message;
use newshound::notify::payload::payload;
use newshound::store::AlertSheet;
use serde::Serialize;
use serde_json::Value;

/// An alert in short.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct AlertLine<'a> {
    id: &'a str,
    topic: &'a str,
    decision: &'static str,
    revision: u32,
    score: f64,
    threshold: f64,
    reason: &'a str,
    created: String,
    story: StoryPart<'a>,
    item: ItemPart<'a>,
    deliveries: Vec<DeliveryPart<'a>>,
}

#[derive(Debug, Serialize)]
struct StoryPart<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Debug, Serialize)]
struct ItemPart<'a> {
    id: &'a str,
    source: Option<&'a str>,
    title: &'a str,
    url: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct DeliveryPart<'a> {
    id: &'a str,
    channel: &'a str,
    state: &'static str,
}

impl<'a> AlertLine<'a> {
    pub(in crate::cli) fn of(sheet: &'a AlertSheet) -> Self {
        let AlertSheet { alert, item, deliveries } = sheet;
        let Alert { id, topic, decision, revision, score, threshold, reason, created, story, .. } = alert;
        let part = |delivery: &'a Delivery| DeliveryPart {
            id: delivery.id.as_str(),
            channel: delivery.channel.as_str(),
            state: delivery.state.as_str(),
        };
        AlertLine {
            id: id.as_str(),
            topic: topic.as_str(),
            decision: decision.as_str(),
            revision: *revision,
            score: *score,
            threshold: *threshold,
            reason,
            created: created.to_string(),
            story: StoryPart { id: story.id.as_str(), title: &story.title },
            item: ItemPart {
                id: item.id.as_str(),
                source: item.source.as_ref().map(newshound::model::SourceId::as_str),
                title: &item.title,
                url: item.url.as_deref(),
            },
            deliveries: deliveries.iter().map(part).collect(),
        }
    }
}

/// An alert as the webhook tells it, with its deliveries in full.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct AlertInFull<'a> {
    #[serde(flatten)]
    data: Value,
    deliveries: Vec<DeliveryLine<'a>>,
}

impl<'a> AlertInFull<'a> {
    pub(in crate::cli) fn of(sheet: &'a AlertSheet, message: &Message) -> serde_json::Result<Self> {
        let sent = sheet.deliveries.iter().filter_map(|delivery| delivery.delivered_at).min();
        Ok(AlertInFull {
            data: serde_json::to_value(payload(message, sent))?,
            deliveries: sheet.deliveries.iter().map(DeliveryLine::of).collect(),
        })
    }
}

/// A delivery in full.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct DeliveryLine<'a> {
    id: &'a str,
    alert: &'a str,
    topic: &'a str,
    channel: &'a str,
    to: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    class: Option<&'static str>,
    held: Option<&'static str>,
    attempts: u32,
    created: String,
    due: String,
    last_attempt: Option<String>,
    delivered_at: Option<String>,
    error: Option<&'a str>,
}

impl<'a> DeliveryLine<'a> {
    pub(in crate::cli) fn of(delivery: &'a Delivery) -> Self {
        DeliveryLine {
            id: delivery.id.as_str(),
            alert: delivery.alert.as_str(),
            topic: delivery.topic.as_str(),
            channel: delivery.channel.as_str(),
            to: &delivery.to,
            kind: delivery.kind.as_str(),
            state: delivery.state.as_str(),
            class: delivery.class.map(newshound::model::DeliveryClass::as_str),
            held: delivery.held.map(newshound::model::Held::as_str),
            attempts: delivery.attempts,
            created: delivery.created.to_string(),
            due: delivery.due.to_string(),
            last_attempt: delivery.last_attempt.map(|time| time.to_string()),
            delivered_at: delivery.delivered_at.map(|time| time.to_string()),
            error: delivery.error.as_deref(),
        }
    }
}
