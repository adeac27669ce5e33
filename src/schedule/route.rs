//! Where a hit goes, and the alert it becomes.

use crate::config::{ChannelConfig, ChannelKind, Config, DEFAULT_ROUTE, RouteConfig, Topic};
use crate::model::{
    Alert, AlertId, AlertKind, ChannelName, Decision, Delivery, DeliveryId, DeliveryState, Destination, Item,
    Routed, Score, StoryId, StoryRef, Timestamp,
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
    Routed { topic: topic.id.clone(), topic_name: topic.name.clone(), destinations }
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

/// Returns the first alert of a topic on the story that this item begins, with its deliveries.
pub fn first_alert(item: &Item, hit: &Score, routed: &Routed, now: Timestamp) -> (Alert, Vec<Delivery>) {
    let story = StoryId::of(&item.id);
    let alert = Alert {
        id: AlertId::of(&hit.topic, &story, 1),
        kind: AlertKind::Created,
        topic: hit.topic.clone(),
        topic_name: routed.topic_name.clone(),
        story: StoryRef {
            id: story,
            title: item.title.clone(),
            articles: 1,
            outlets: 1,
            first_seen: item.first_seen.unwrap_or(now),
        },
        revision: 1,
        decision: Decision::Alert,
        item: item.id.clone(),
        score: hit.score,
        threshold: hit.threshold,
        reason: "first article of the story".to_owned(),
        evidence: hit.evidence.clone(),
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
