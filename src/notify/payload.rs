//! The webhook's body: the alert as JSON, which `alerts show` and the console print too, and how
//! it is made to fit.

use serde::Serialize;

use super::{message::Message, text};
use crate::model::{AlertId, AlertKind, Change, Evidence, ItemId, SourceId, StoryId, Timestamp, TopicId};

/// A longer summary goes out only as far as bodies of this size allow: receivers of webhooks
/// expect no more.
const AIM: usize = 20 << 10;

/// A message as other programs read it.
#[derive(Clone, Debug, Serialize)]
pub struct Envelope {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: AlertKind,
    /// When that happened.
    pub timestamp: Timestamp,
    /// The alert.
    pub data: Payload,
}

/// An alert as other programs read it.
#[derive(Clone, Debug, Serialize)]
pub struct Payload {
    alert: AlertId,
    topic: TopicPart,
    score: f64,
    threshold: f64,
    revision: u32,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<AlertId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_facts: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangePart>,
    evidence: Vec<Evidence>,
    story: StoryPart,
    item: ItemPart,
    delays_ms: Delays,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

#[derive(Clone, Debug, Serialize)]
struct TopicPart {
    id: TopicId,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct ChangePart {
    title: Option<TitlePart>,
    added: Vec<String>,
    removed: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct TitlePart {
    before: String,
    after: String,
}

#[derive(Clone, Debug, Serialize)]
struct StoryPart {
    id: StoryId,
    title: String,
    articles: u32,
    outlets: u32,
    /// Outlets with an article of their own.
    independent: u32,
    /// Outlets that have only copies.
    copies: u32,
    first_seen: Timestamp,
    url: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct ItemPart {
    id: ItemId,
    source: Option<SourceId>,
    source_name: String,
    url: Option<String>,
    title: String,
    summary: Option<String>,
    author: Option<String>,
    published: Option<Timestamp>,
    lang: Option<String>,
    image: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Delays {
    published_to_fetched: Option<u64>,
    fetched_to_sent: Option<u64>,
}

/// Returns the alert of a message as other programs read it, `sent` being when it goes or went out.
pub fn payload(message: &Message, sent: Option<Timestamp>) -> Payload {
    let alert = &message.alert;
    let follow_up = alert.follow_up.as_ref();
    Payload {
        alert: alert.id.clone(),
        topic: TopicPart { id: alert.topic.clone(), name: text::line(&alert.topic_name) },
        score: alert.score,
        threshold: alert.threshold,
        revision: alert.revision,
        reason: text::line(&alert.reason),
        previous: follow_up.map(|follow_up| follow_up.previous.clone()),
        new_facts: follow_up
            .map(|follow_up| follow_up.new_facts.iter().map(|fact| text::line(fact)).collect()),
        change: follow_up.and_then(|follow_up| follow_up.change.as_ref()).map(change),
        evidence: alert.evidence.iter().map(evidence).collect(),
        story: StoryPart {
            id: alert.story.id.clone(),
            title: text::line(&alert.story.title),
            articles: alert.story.articles,
            outlets: alert.story.outlets,
            independent: alert.story.independent,
            copies: alert.story.outlets.saturating_sub(alert.story.independent),
            first_seen: alert.story.first_seen,
            url: message.links.story.as_ref().map(ToString::to_string),
        },
        item: item(message),
        delays_ms: delays(message, sent),
        truncated: false,
    }
}

fn change(change: &Change) -> ChangePart {
    let lines = |sentences: &[String]| sentences.iter().map(|sentence| text::line(sentence)).collect();
    let title = change.title.as_ref();
    ChangePart {
        title: title
            .map(|(before, after)| TitlePart { before: text::line(before), after: text::line(after) }),
        added: lines(&change.added),
        removed: lines(&change.removed),
    }
}

fn evidence(line: &Evidence) -> Evidence {
    Evidence { term: text::line(&line.term), snippet: text::line(&line.snippet), ..line.clone() }
}

fn item(message: &Message) -> ItemPart {
    let item = &message.item;
    let line = |text: &String| Some(text::line(text)).filter(|line| !line.is_empty());
    ItemPart {
        id: item.id.clone(),
        source: item.source.clone(),
        source_name: text::line(&message.source_name),
        url: item.url.as_ref().and_then(line),
        title: text::line(&item.title),
        summary: Some(text::lines(&item.summary)).filter(|summary| !summary.is_empty()),
        author: item.author.as_ref().and_then(line),
        published: item.published,
        lang: item.lang.as_ref().and_then(line),
        image: item.image.as_ref().and_then(line),
    }
}

fn delays(message: &Message, sent: Option<Timestamp>) -> Delays {
    let between = |from: Option<Timestamp>, to: Option<Timestamp>| {
        Some(u64::try_from(to?.since(from?).as_millis()).unwrap_or(u64::MAX))
    };
    let Message { item, .. } = message;
    Delays {
        published_to_fetched: between(item.published, item.first_seen),
        fetched_to_sent: between(item.first_seen, sent),
    }
}

/// Returns the whole body of a message that is sent now.
pub fn envelope(message: &Message, now: Timestamp) -> Envelope {
    Envelope { kind: message.alert.kind, timestamp: message.alert.created, data: payload(message, Some(now)) }
}

impl Envelope {
    /// Returns the envelope as JSON on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data always serialises")
    }

    /// Returns the envelope as JSON of at most so many bytes: what is long is shortened first, what
    /// matters least goes next. `None` where not even the bare alert fits.
    pub(super) fn fitted(mut self, max_bytes: usize) -> Option<String> {
        let mut json = self.to_json();
        for (limit, shorten) in SHORTENINGS {
            if json.len() <= (*limit).min(max_bytes) {
                continue;
            }
            shorten(&mut self.data);
            self.data.truncated = true;
            json = self.to_json();
        }
        (json.len() <= max_bytes).then_some(json)
    }
}

/// Each is done where the body is still over its limit, in this order.
type Shortening = (usize, fn(&mut Payload));

const SHORTENINGS: &[Shortening] = &[
    (AIM, |data| cut_summary(data, 4000)),
    (AIM, |data| cut_summary(data, 1000)),
    (usize::MAX, |data| cut_evidence(data, 40, 300)),
    (usize::MAX, |data| cut_evidence(data, 10, 120)),
    (usize::MAX, |data| data.new_facts.iter_mut().for_each(|facts| facts.truncate(20))),
    (usize::MAX, |data| data.change.iter_mut().for_each(cut_change)),
    (usize::MAX, |data| (data.item.image, data.item.author) = (None, None)),
    (usize::MAX, |data| data.item.summary = None),
    (usize::MAX, |data| {
        data.item.title = text::shorten(&data.item.title, 200);
        data.story.title = text::shorten(&data.story.title, 100);
    }),
    (usize::MAX, |data| data.evidence.truncate(1)),
    (usize::MAX, |data| data.item.url = None),
];

fn cut_summary(data: &mut Payload, max_chars: usize) {
    if let Some(summary) = &mut data.item.summary {
        *summary = text::shorten(summary, max_chars);
    }
}

/// Keeps the headlines of a change and the first sentence of each kind.
fn cut_change(change: &mut ChangePart) {
    for sentences in [&mut change.added, &mut change.removed] {
        sentences.truncate(1);
        for sentence in sentences.iter_mut() {
            *sentence = text::shorten(sentence, 120);
        }
    }
    if let Some(TitlePart { before, after }) = &mut change.title {
        (*before, *after) = (text::shorten(before, 200), text::shorten(after, 200));
    }
}

fn cut_evidence(data: &mut Payload, lines: usize, max_chars: usize) {
    data.evidence.truncate(lines);
    for line in &mut data.evidence {
        line.snippet = text::shorten(&line.snippet, max_chars);
        line.term = text::shorten(&line.term, max_chars);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FollowUp;
    use crate::notify::message::tests::message;
    use serde_json::{Value, json};

    fn as_value(message: &Message) -> Value {
        serde_json::to_value(envelope(message, Timestamp::from_millis(1_694_452_908_000))).unwrap()
    }

    #[test]
    fn a_body_names_every_field_and_null_where_it_is_unknown() {
        let mut message = message();
        message.item.published = None;
        let body = as_value(&message);
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&body), ["data", "timestamp", "type"]);
        let data = &body["data"];
        assert_eq!(
            keys(data),
            [
                "alert",
                "delays_ms",
                "evidence",
                "item",
                "reason",
                "revision",
                "score",
                "story",
                "threshold",
                "topic"
            ]
        );
        assert_eq!(
            keys(&data["item"]),
            [
                "author",
                "id",
                "image",
                "lang",
                "published",
                "source",
                "source_name",
                "summary",
                "title",
                "url"
            ]
        );
        assert_eq!(data["story"]["url"], Value::Null);
        assert_eq!(data["delays_ms"], json!({"published_to_fetched": null, "fetched_to_sent": 38_000}));
        assert_eq!(body["timestamp"], "2023-09-11T17:21:10Z");
    }

    #[test]
    fn a_follow_up_names_the_alert_before_and_what_is_new() {
        let mut message = message();
        message.alert.kind = AlertKind::FollowUp;
        let previous = AlertId::new("al_before");
        message.alert.follow_up =
            Some(FollowUp { previous, new_facts: vec!["20 carriages".to_owned()], change: None });
        let body = as_value(&message);
        assert_eq!(body["type"], "alert.follow_up");
        assert_eq!(
            (&body["data"]["previous"], &body["data"]["new_facts"]),
            (&json!("al_before"), &json!(["20 carriages"]))
        );
    }

    #[test]
    fn a_correction_tells_what_was_and_what_is() {
        let mut message = message();
        message.alert.kind = AlertKind::FollowUp;
        let change = Change {
            title: Some(("12 dead".to_owned(), "14\u{200b} dead".to_owned())),
            added: vec!["Two died in hospital.".to_owned(); 2],
            removed: Vec::new(),
        };
        let previous = AlertId::new("al_before");
        message.alert.follow_up = Some(FollowUp { previous, new_facts: vec![], change: Some(change) });
        (message.alert.story.outlets, message.alert.story.independent) = (20, 3);
        let data = &as_value(&message)["data"];
        let sentence = "Two died in hospital.";
        assert_eq!(
            data["change"],
            json!({"title": {"before": "12 dead", "after": "14 dead"}, "added": [sentence, sentence], "removed": []})
        );
        assert_eq!((&data["story"]["independent"], &data["story"]["copies"]), (&json!(3), &json!(17)));
        message.item.summary = "x ".repeat(9_000);
        let body = check_size(&message, 1_700, true);
        assert_eq!(body["data"]["change"]["added"], json!([sentence]));
    }

    #[test]
    fn a_clock_behind_the_publisher_makes_no_negative_delay() {
        let mut message = message();
        message.item.published = message.item.first_seen.map(|seen| seen + std::time::Duration::from_secs(9));
        assert_eq!(as_value(&message)["data"]["delays_ms"]["published_to_fetched"], 0);
    }

    #[track_caller]
    fn check_size(message: &Message, max_bytes: usize, truncated: bool) -> Value {
        let json = envelope(message, Timestamp::from_millis(0)).fitted(max_bytes).unwrap();
        assert!(json.len() <= max_bytes, "{} bytes", json.len());
        let body: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(body["data"]["truncated"] == true, truncated);
        assert_eq!(body["data"]["alert"], message.alert.id.as_str());
        body
    }

    #[test]
    fn a_long_body_is_shortened_and_says_so() {
        let mut message = message();
        check_size(&message, 64 << 10, false);
        message.item.summary = "многа букв ".repeat(20_000);
        let body = check_size(&message, 64 << 10, true);
        assert!(body.to_string().len() <= AIM);
        assert!(body["data"]["item"]["summary"].as_str().unwrap().ends_with('…'));
        message.item.title = "\"".repeat(1024);
        message.alert.story.title = message.item.title.clone();
        message.item.url = Some(format!("https://example.org/{}", "x".repeat(4000)));
        message.alert.evidence = vec![message.alert.evidence[0].clone(); 3000];
        for max_bytes in [64 << 10, 8 << 10, 4 << 10, 2 << 10] {
            let body = check_size(&message, max_bytes, true);
            assert!(!body["data"]["evidence"].as_array().unwrap().is_empty());
        }
        assert!(envelope(&message, Timestamp::from_millis(0)).fitted(100).is_none());
    }

    #[test]
    fn nothing_invisible_leaves() {
        let mut message = message();
        message.item.title = "x\u{202e}y\u{9b}31m\u{1b}".to_owned();
        message.item.author = Some("\u{200b}".to_owned());
        let body = as_value(&message);
        assert_eq!(body["data"]["item"]["title"], "xy 31m");
        assert_eq!(body["data"]["item"]["author"], Value::Null);
    }
}
