//! What a channel needs to write its message. The worker reads it from the store; every channel
//! writes its own form of it.

use jiff::tz::TimeZone;

use super::links::Links;
use crate::config::Config;
use crate::model::{
    Alert, AlertId, AlertKind, ChannelName, Decision, Delivery, DeliveryId, Evidence, Field, Item, ItemId,
    SourceId, StoryId, StoryRef, Timestamp, TopicId,
};

/// Everything a channel needs to write its message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The delivery, whose id goes out with every attempt.
    pub delivery: DeliveryId,
    /// The recipient of a mail, `name <address>` or an address alone; else for people only.
    pub to: String,
    /// What is told.
    pub alert: Alert,
    /// The item that caused it.
    pub item: Item,
    /// The name of the item's source.
    pub source_name: String,
    /// Who carries the story, best first; empty where only their number is known.
    pub outlets: Vec<Outlet>,
    /// The deliveries of earlier alerts on the story to the same recipient, the latest last: those
    /// that its mail answers.
    pub thread: Vec<DeliveryId>,
    /// Where the message's links go.
    pub links: Links,
    /// The zone that times are told in.
    pub timezone: TimeZone,
}

/// One source that carries the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Its name.
    pub name: String,
    /// Whether it only repeats another.
    pub copy: bool,
}

impl Message {
    /// Makes the message of an alert on its item, with what the settings know of both; without a
    /// delivery it is only to be shown.
    pub fn of(
        config: &Config,
        timezone: TimeZone,
        (alert, item): (&Alert, &Item),
        delivery: Option<&Delivery>,
    ) -> Self {
        let public_url = config.server.public_url.as_ref();
        Message {
            delivery: delivery.map_or_else(|| DeliveryId::new(""), |delivery| delivery.id.clone()),
            to: delivery.map(|delivery| delivery.to.clone()).unwrap_or_default(),
            alert: alert.clone(),
            item: item.clone(),
            source_name: config.source_name(item.source.as_ref()).unwrap_or_default(),
            outlets: Vec::new(),
            thread: delivery.map(|delivery| thread(alert, delivery)).unwrap_or_default(),
            links: public_url.map(|public_url| Links::new(public_url, alert, None)).unwrap_or_default(),
            timezone,
        }
    }

    /// Names who carries the story by now, each with whether all it has are copies. The alert knew
    /// only those who did when it was made.
    #[must_use]
    pub fn carried_by(mut self, config: &Config, carriers: &[(SourceId, bool)]) -> Self {
        let outlet = |(source, copy): &(SourceId, bool)| {
            Some(Outlet { name: config.source_name(Some(source))?, copy: *copy })
        };
        let mut outlets: Vec<Outlet> = carriers.iter().filter_map(outlet).collect();
        outlets.sort_by_key(|outlet| outlet.copy);
        let n = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if !outlets.is_empty() {
            let story = &mut self.alert.story;
            story.outlets = n(outlets.len());
            story.independent = n(outlets.iter().filter(|outlet| !outlet.copy).count());
            story.articles = story.articles.max(story.outlets);
        }
        Message { outlets, ..self }
    }

    /// Makes a test alert that says of itself that it is one. Each has ids of its own, so that no
    /// receiver takes the second test for a repetition of the first.
    pub fn sample(topic: TopicId, topic_name: &str, channel: &ChannelName, to: &str, now: Timestamp) -> Self {
        let source = SourceId::new("newshound-test");
        let title = format!("Test alert: newshound reaches the channel {channel}");
        let item = sample_item(source, title, now);
        let story = StoryRef {
            id: StoryId::of(&item.id),
            title: item.title.clone(),
            articles: 1,
            outlets: 1,
            independent: 1,
            first_seen: now,
        };
        let points = 1.5_f64;
        let alert = Alert {
            id: AlertId::of(&topic, &story.id, 1),
            kind: AlertKind::Test,
            topic,
            topic_name: topic_name.to_owned(),
            story,
            revision: 1,
            decision: Decision::Alert,
            item: item.id.clone(),
            score: 1.0 - (-points).exp2(),
            threshold: 0.5,
            reason: "a test by the operator".to_owned(),
            evidence: vec![Evidence {
                term: "test alert".to_owned(),
                field: Field::Title,
                count: 1,
                weight: 1.0,
                points,
                snippet: item.title.replacen("Test alert", "«Test alert»", 1),
            }],
            follow_up: None,
            created: now,
        };
        Message {
            delivery: DeliveryId::of(&alert.id, channel, to),
            to: to.to_owned(),
            alert,
            item,
            source_name: "newshound".to_owned(),
            outlets: Vec::new(),
            thread: Vec::new(),
            links: Links::default(),
            timezone: TimeZone::UTC,
        }
    }
}

/// Returns the deliveries of the first alert on the story and of the one before this, computed as
/// their ids were.
fn thread(alert: &Alert, delivery: &Delivery) -> Vec<DeliveryId> {
    let Some(follow_up) = &alert.follow_up else { return Vec::new() };
    let mut alerts = vec![AlertId::of(&alert.topic, &alert.story.id, 1), follow_up.previous.clone()];
    alerts.dedup();
    alerts.iter().map(|alert| DeliveryId::of(alert, &delivery.channel, &delivery.to)).collect()
}

fn sample_item(source: SourceId, title: String, now: Timestamp) -> Item {
    let id = ItemId::of(&source, &now.to_string());
    Item {
        source: Some(source),
        title,
        summary: "Nothing happened. Alerts of your topics arrive here in this form.".to_owned(),
        lang: Some("en".to_owned()),
        first_seen: Some(now),
        ..Item::bare(id)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns an alert as it is sent on an ordinary day.
    pub(in crate::notify) fn message() -> Message {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let mut message = Message::sample(
            TopicId::new("kim-travel"),
            "Kim travel",
            &ChannelName::new("desk"),
            "desk@example.org",
            at("2023-09-11T17:21:10Z"),
        );
        message.alert.kind = AlertKind::Created;
        message.alert.reason = "first article of the story".to_owned();
        message.item.title = "Kim Jong-un’s train leaves Pyongyang, Seoul says".to_owned();
        message.item.summary = "An armoured train left the capital on Sunday.".to_owned();
        message.item.url = Some("https://news.example/world/kim-train".to_owned());
        message.item.published = Some(at("2023-09-11T17:20:00Z"));
        message.alert.evidence[0].term = "near 12: Kim Jong-un … leave".to_owned();
        message.alert.evidence[0].snippet = "«Kim Jong-un’s train leaves» Pyongyang".to_owned();
        message.source_name = "BBC World".to_owned();
        message.timezone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        message
    }

    #[test]
    fn two_tests_are_two_messages_and_say_that_they_are_tests() {
        let sample = |now| {
            let topic = TopicId::new("t");
            Message::sample(topic, "T", &ChannelName::new("hook"), "example.org", Timestamp::from_millis(now))
        };
        assert_ne!(sample(1).delivery, sample(2).delivery);
        assert_eq!(sample(1).delivery, sample(1).delivery);
        assert_eq!(sample(1).alert.kind, AlertKind::Test);
        assert!(sample(1).item.title.contains("Test alert"));
        assert!((sample(1).alert.score - 0.646).abs() < 0.001);
    }
}
