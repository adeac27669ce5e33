//! Why an item would, or would not, be told: its score for every topic, with the reasons, and
//! for a stored item what became of it.

mod past;

use anyhow::{Context as _, bail};
use serde::Serialize;

use self::past::Past;
pub use self::past::{Present, Then};

use super::reading::Given;
use super::setup::Ready;
use super::unknown;
use crate::extract::{self, GivenItem};
use crate::matcher;
use crate::model::item::rounded;
use crate::model::{
    Decision, Delivery, DeliveryClass, DeliveryState, Evidence, Item, ItemId, ItemKeys, RawItem, Score,
    SourceId, Timestamp, TopicId,
};
use crate::store::{Store, StoredItem};

/// What to explain.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Only this topic.
    pub topic: Option<TopicId>,
    /// The headline of a text given by hand.
    pub title: Option<String>,
    /// The language, over any detection.
    pub lang: Option<String>,
}

/// An item under the magnifier.
pub struct Explained {
    /// The item.
    pub item: Item,
    /// The name of its source.
    pub source_name: Option<String>,
    /// Its id, where it has one to go by.
    pub id: Option<String>,
    /// Its language, declared or detected.
    pub lang: String,
    /// Its words.
    pub n_words: usize,
    /// One line a topic, in the order of the configuration; behind them the topics that it no longer
    /// has, and that something was decided for.
    pub lines: Vec<Line>,
}

/// How the item stands to one topic.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The item's id; null for text given by hand.
    pub item: Option<String>,
    /// The topic.
    pub topic: TopicId,
    /// Whether the configuration still has the topic; where not, all of this is of its time.
    pub configured: bool,
    /// The topic's name.
    #[serde(skip)]
    pub topic_name: String,
    /// From 0 to 1.
    pub score: f64,
    /// The points behind it.
    pub points: f64,
    /// The topic's threshold.
    pub threshold: f64,
    /// The topic's limit of near misses.
    #[serde(skip)]
    pub near_miss: f64,
    /// What became of it, or would.
    pub decision: Decision,
    /// Its story.
    pub story: Option<String>,
    /// Why.
    pub reason: String,
    /// The reasons for the score.
    pub evidence: Vec<Evidence>,
    /// Threshold less score.
    pub distance: f64,
    /// The groups without points.
    pub failed: Vec<String>,
    /// The alert it made.
    pub alert: Option<String>,
    /// That alert's deliveries.
    pub deliveries: Vec<DeliveryLine>,
    /// When it was decided.
    #[serde(skip)]
    pub decided: Option<Timestamp>,
    /// For a stored item: what was decided when it came, and with what.
    pub then: Option<Then>,
    /// What the topic makes of it now, where that is not the same.
    pub now: Option<Present>,
}

impl Line {
    /// Says whether the topic, as it is now, is hit by the item.
    pub fn is_hit_now(&self) -> bool {
        self.now.as_ref().map_or(self.score >= self.threshold, |now| now.score >= now.threshold)
    }
}

/// A delivery in short.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryLine {
    /// The delivery.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// What came of its last attempt.
    #[serde(skip)]
    pub class: Option<DeliveryClass>,
    /// When it is tried next.
    #[serde(skip)]
    pub due: Timestamp,
    /// When the receiver took it.
    #[serde(skip)]
    pub delivered_at: Option<Timestamp>,
}

/// Explains a stored item.
pub async fn stored(ready: &Ready, question: &Question, id: &ItemId) -> anyhow::Result<Explained> {
    let store = Store::open_existing(&ready.config.store.url).await.context("opening the store")?;
    let found = store.item(id).await.context("reading the store")?;
    let topics = store.topic_pasts().await.context("reading the store")?;
    store.close().await;
    let Some(StoredItem { item, decisions }) = found else { bail!("no item {id} is stored") };
    let past = Past { came: item.first_seen, decisions, topics, now: past::definitions(ready) };
    explain(ready, question, item, Some(id.to_string()), Some(&past))
}

/// Explains a text, an HTML page or an item as JSON.
pub fn given(ready: &Ready, question: &Question, given: &Given) -> anyhow::Result<Explained> {
    let bytes = given.bytes()?;
    let (id, item) = read(ready, question, &bytes)?;
    explain(ready, question, item, id, None)
}

/// Explains a text of which only the words are known.
pub fn text(ready: &Ready, question: &Question, text: &str) -> anyhow::Result<Explained> {
    let (id, item) = read(ready, question, text.as_bytes())?;
    explain(ready, question, item, id, None)
}

fn read(ready: &Ready, question: &Question, bytes: &[u8]) -> anyhow::Result<(Option<String>, Item)> {
    let max_text = ready.config.fetch.max_text;
    let text = String::from_utf8_lossy(bytes);
    if text.trim_start().starts_with('{') {
        let GivenItem { id, source, raw, .. } =
            extract::item_json(&text, max_text).context("reading one item as JSON")?;
        return Ok((id, by_hand(raw, source, question)));
    }
    Ok((None, by_hand(extract::text_or_page(&text, max_text), None, question)))
}

/// Returns the item that a text by itself is: one as JSON where it can be read so, else its words.
pub(super) fn item_of_text(text: &str, max_text: usize) -> Item {
    let question = Question::default();
    match extract::item_json(text, max_text) {
        Ok(GivenItem { source, raw, .. }) => by_hand(raw, source, &question),
        Err(_) => by_hand(extract::text_or_page(text, max_text), None, &question),
    }
}

/// Text given by hand has no identity that anybody could ask for.
fn by_hand(raw: RawItem, source: Option<SourceId>, question: &Question) -> Item {
    Item {
        id: ItemId::of(source.as_ref().unwrap_or(&SourceId::new("")), &raw.title),
        source,
        url: raw.url,
        title: question.title.clone().unwrap_or(raw.title),
        summary: raw.summary,
        text: raw.text,
        author: raw.author,
        published: raw.published,
        updated: raw.updated,
        lang: question.lang.clone().or(raw.lang),
        tags: raw.tags,
        first_seen: None,
        image: raw.image,
        keys: ItemKeys::default(),
    }
}

fn explain(
    ready: &Ready,
    question: &Question,
    mut item: Item,
    id: Option<String>,
    past: Option<&Past>,
) -> anyhow::Result<Explained> {
    let config = &ready.config;
    if let Some(message) = question.topic.as_ref().and_then(|topic| unknown::topic(config, topic))
        && past.is_none()
    {
        bail!(message);
    }
    if let Some(lang) = &question.lang {
        item.lang = Some(lang.clone());
    }
    let source = item.source.as_ref().and_then(|id| config.source(id));
    let tags = source.as_ref().map_or(&[][..], |source| &source.tags);
    let wanted = |of: &TopicId| question.topic.as_ref().is_none_or(|topic| of == topic);
    let mut scores = ready.matcher.score_all(&item, tags);
    scores.retain(|score| wanted(&score.topic));
    ready.corrections.apply(&item, &mut scores);
    let line = |score| {
        let line = line(ready, score, id.clone());
        match past {
            Some(past) => past.told(line),
            None => line,
        }
    };
    let mut lines: Vec<Line> = scores.into_iter().map(line).collect();
    let gone = past.map(|past| past.gone(&item.id, |topic| wanted(topic))).unwrap_or_default();
    lines.extend(gone);
    let words = matcher::words(&item);
    let source_name = config.source_name(item.source.as_ref());
    Ok(Explained { lang: words.lang, n_words: words.count, source_name, item, id, lines })
}

/// Returns how an item stands to a topic as it is now.
fn line(ready: &Ready, score: Score, item: Option<String>) -> Line {
    let topic = ready.config.topics.iter().find(|topic| topic.id == score.topic);
    let decision = Decision::of_new(score.outcome);
    Line {
        item,
        configured: true,
        topic_name: topic.map_or_else(|| score.topic.to_string(), |topic| topic.name.clone()),
        near_miss: topic.map_or(0.0, |topic| topic.near_miss),
        distance: rounded(score.threshold - score.score),
        decision,
        story: None,
        reason: reason(decision, &score),
        alert: None,
        deliveries: Vec::new(),
        decided: None,
        then: None,
        now: None,
        topic: score.topic,
        score: score.score,
        points: rounded(score.points),
        threshold: score.threshold,
        evidence: score.evidence.into_iter().map(Evidence::rounded).collect(),
        failed: score.failed,
    }
}

fn delivery(delivery: &Delivery) -> DeliveryLine {
    DeliveryLine {
        id: delivery.id.to_string(),
        channel: delivery.channel.to_string(),
        state: delivery.state,
        class: delivery.class.filter(|class| *class != DeliveryClass::Ok),
        due: delivery.due,
        delivered_at: delivery.delivered_at,
    }
}

/// Returns why that was decided, as far as the score tells.
pub(super) fn reason(decision: Decision, score: &Score) -> String {
    if decision == Decision::Excluded {
        return score.failed.join("; ");
    }
    why(decision, &score.evidence, score.threshold - score.score)
}

/// Returns why that was decided, as far as evidence and distance tell.
fn why(decision: Decision, evidence: &[Evidence], distance: f64) -> String {
    match decision {
        Decision::Alert => "first article of the story".to_owned(),
        Decision::Below if evidence.is_empty() => "no term of the topic occurs".to_owned(),
        Decision::Below => format!("{distance:.2} short of the threshold"),
        Decision::Vetoed => "a phrase of `none` occurs".to_owned(),
        Decision::Excluded => "the topic does not take its source or language".to_owned(),
        Decision::Baseline => "seen at the first sight of its source, which alerts nobody".to_owned(),
        Decision::Duplicate | Decision::SameStory | Decision::Silenced | Decision::FollowUp => {
            decision.as_str().replace('_', " ")
        }
    }
}
