//! Where a hit goes, and the alert it becomes.

use crate::config::{ChannelConfig, ChannelKind, Config, DEFAULT_ROUTE, RouteConfig, Topic};
use crate::model::{
    Alert, AlertId, AlertKind, Change, ChannelName, Decision, Delivery, DeliveryId, DeliveryState,
    Destination, FollowUp, Item, Routed, Score, StoryRef, Timestamp,
};

/// Returns the destinations of a topic's hit: of each route the topic names, or of the route
/// `default`, by itself all channels; each destination once.
pub fn destinations(config: &Config, topic: &Topic, score: f64, source_tags: &[String]) -> Routed {
    let named: &[String] = if topic.routes.is_empty() { &[DEFAULT_ROUTE.to_owned()] } else { &topic.routes };
    let mut destinations: Vec<Destination> = Vec::new();
    for route in config.routes.iter().filter(|route| named.contains(&route.name)) {
        if !takes(route, topic, score, source_tags) {
            continue;
        }
        for channel in route.channels.iter().filter_map(|name| channel(config, name)) {
            for destination in of_channel(channel) {
                if !destinations.contains(&destination) {
                    destinations.push(destination);
                }
            }
        }
    }
    Routed {
        topic: topic.id.clone(),
        topic_name: topic.name.clone(),
        destinations,
        follow_ups: topic.follow_ups,
        corrections: topic.corrections,
    }
}

fn takes(route: &RouteConfig, topic: &Topic, score: f64, source_tags: &[String]) -> bool {
    score >= route.min_score
        && (route.topics.is_empty() || route.topics.contains(&topic.id))
        && (route.tags.is_empty() || route.tags.iter().any(|tag| source_tags.contains(tag)))
}

fn channel<'a>(config: &'a Config, name: &ChannelName) -> Option<&'a ChannelConfig> {
    config.channels.iter().find(|channel| channel.name == *name)
}

/// Returns whom a channel reaches: each recipient of a mail, else the receiver's host.
pub fn of_channel(channel: &ChannelConfig) -> Vec<Destination> {
    let to = match &channel.kind {
        ChannelKind::Email(email) => email.to.clone(),
        ChannelKind::Webhook(webhook) => vec![host_of(webhook.url.expose())],
        ChannelKind::Console => vec!["stdout".to_owned()],
    };
    to.into_iter().map(|to| Destination { channel: channel.name.clone(), to }).collect()
}

fn host_of(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// What an alert is about, besides its item.
#[derive(Clone, Debug)]
pub struct News {
    /// The story, as it is with the item.
    pub story: StoryRef,
    /// The alert before, of this topic on this story, with its revision; `None` for the first.
    pub previous: Option<(AlertId, u32)>,
    /// Why it is told, in words.
    pub reason: String,
    /// Words and numbers that no earlier article of the story had.
    pub new_facts: Vec<String>,
    /// What has changed in the item, where it was told before.
    pub change: Option<Change>,
}

/// Returns the alert of a topic on a story, with its deliveries.
pub fn alert(
    item: &Item,
    hit: &Score,
    routed: &Routed,
    news: News,
    now: Timestamp,
) -> (Alert, Vec<Delivery>) {
    let News { story, previous, reason, new_facts, change } = news;
    let revision = previous.as_ref().map_or(1, |(_, revision)| revision + 1);
    let is_first = previous.is_none();
    let alert = Alert {
        id: AlertId::of(&hit.topic, &story.id, revision),
        kind: if is_first { AlertKind::Created } else { AlertKind::FollowUp },
        topic: hit.topic.clone(),
        topic_name: routed.topic_name.clone(),
        story,
        revision,
        decision: if is_first { Decision::Alert } else { Decision::FollowUp },
        item: item.id.clone(),
        score: hit.score,
        threshold: hit.threshold,
        reason,
        evidence: hit.evidence.clone(),
        follow_up: previous.map(|(previous, _)| FollowUp { previous, new_facts, change }),
        created: now,
    };
    let deliveries =
        routed.destinations.iter().map(|destination| delivery(&alert, destination, now)).collect();
    (alert, deliveries)
}

/// Returns a delivery that is due at once.
pub fn delivery(alert: &Alert, destination: &Destination, now: Timestamp) -> Delivery {
    Delivery {
        id: DeliveryId::of(&alert.id, &destination.channel, &destination.to),
        alert: alert.id.clone(),
        topic: alert.topic.clone(),
        channel: destination.channel.clone(),
        to: destination.to.clone(),
        kind: alert.kind,
        state: DeliveryState::Pending,
        class: None,
        held: None,
        attempts: 0,
        created: now,
        begun: now,
        due: now,
        last_attempt: None,
        delivered_at: None,
        error: None,
    }
}
