//! Items on their way: as extracted, as identified, and as scored.

use serde::{Deserialize, Serialize};

use super::class::names;
use super::id::{ItemId, SourceId, Timestamp, TopicId};
use super::naming::Uses;

/// One article as a source published it, its texts already plain: no markup, entities decoded,
/// a line break where a block ended. What the source left out is empty or `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawItem {
    /// The publisher's own id, which is a claim: it may repeat or change.
    pub guid: Option<String>,
    /// The article's address, absolute.
    pub url: Option<String>,
    /// The headline.
    pub title: String,
    /// The summary.
    pub summary: String,
    /// The content, where the source carries it.
    pub text: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was published, as the source says.
    pub published: Option<Timestamp>,
    /// When it was last changed, as the source says.
    pub updated: Option<Timestamp>,
    /// The language the source declares, as a BCP 47 tag.
    pub lang: Option<String>,
    /// The item's own categories.
    pub tags: Vec<String>,
    /// The address of its picture.
    pub image: Option<String>,
}

/// One article of one source, with its identity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// The stable id.
    pub id: ItemId,
    /// The source it came from; `None` for text that was given by hand.
    pub source: Option<SourceId>,
    /// The article's address.
    pub url: Option<String>,
    /// The headline.
    #[serde(serialize_with = "null_if_empty")]
    pub title: String,
    /// The summary.
    #[serde(serialize_with = "null_if_empty")]
    pub summary: String,
    /// The content.
    #[serde(serialize_with = "null_if_empty")]
    pub text: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was published, as the source says, where that is believable.
    pub published: Option<Timestamp>,
    /// When it was last changed, as the source says.
    pub updated: Option<Timestamp>,
    /// Its language, as declared.
    pub lang: Option<String>,
    /// Its categories.
    pub tags: Vec<String>,
    /// When we saw it first; `None` before it is stored.
    pub first_seen: Option<Timestamp>,
    /// The address of its picture.
    #[serde(skip)]
    pub image: Option<String>,
    /// What it is recognised by.
    #[serde(skip)]
    pub keys: ItemKeys,
}

impl Item {
    /// Returns an item of which nothing is known but its id.
    pub fn bare(id: ItemId) -> Self {
        Item {
            id,
            source: None,
            url: None,
            title: String::new(),
            summary: String::new(),
            text: String::new(),
            author: None,
            published: None,
            updated: None,
            lang: None,
            tags: Vec::new(),
            first_seen: None,
            image: None,
            keys: ItemKeys::default(),
        }
    }
}

/// What an item is recognised by. Two items that share any of these are the same one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemKeys {
    /// The publisher's id, where it is fit to identify; counts within its source only.
    pub guid: Option<String>,
    /// The canonical address, where it is fit to identify; counts across sources.
    pub url: Option<String>,
    /// The hash of the normalised title and text; counts across sources. It begins with `short:`
    /// where the text has fewer than 25 words: such a text identifies for 72 hours only.
    pub text: Option<String>,
    /// What id and address are good for. An id that is there and ignored is another article's.
    pub uses: Uses,
}

fn null_if_empty<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if text.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(text) }
}

names! {
    /// Where in an item a word stands.
    Field {
        /// The headline.
        Title = "title",
        /// The first 40 words of summary and text.
        Lead = "lead",
        /// The words after the lead, up to word 200.
        Body = "body",
        /// The words after word 200.
        Tail = "tail",
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Returns a score, points or a distance as they are shown: to six digits, as scores are compared.
pub fn rounded(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    // Nothing is not told to be negative.
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// One line of the reasons for a score: a term in a field and what it gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The term as the topic writes it, or `near 12: a … b` in words.
    pub term: String,
    /// Where it occurs.
    pub field: Field,
    /// How often it occurs there.
    pub count: u32,
    /// The term's weight.
    pub weight: f64,
    /// The points it gave; negative for a term of `less`.
    pub points: f64,
    /// The original text around it, the matched words between « and ».
    pub snippet: String,
}

impl Evidence {
    /// Returns the line with its points as they are shown.
    #[must_use]
    pub fn rounded(self) -> Self {
        Evidence { points: rounded(self.points), ..self }
    }
}

names! {
    /// What a score means for its topic, before the past is asked.
    ScoreOutcome {
        /// The topic does not take items of this source or language.
        Excluded = "excluded",
        /// A phrase of `none` occurs.
        Vetoed = "vetoed",
        /// Under the threshold.
        Below = "below",
        /// At or over the threshold.
        Hit = "hit",
    }
}

/// How an item stands to one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The topic.
    pub topic: TopicId,
    /// From 0 to 1.
    pub score: f64,
    /// The points behind the score.
    pub points: f64,
    /// The topic's threshold.
    pub threshold: f64,
    /// What it means.
    pub outcome: ScoreOutcome,
    /// The reasons, those with most points first.
    pub evidence: Vec<Evidence>,
    /// The groups without points, in words.
    pub failed: Vec<String>,
}

names! {
    /// What became of an item for one topic.
    Decision {
        /// The topic does not take items of this source or language.
        Excluded = "excluded",
        /// A phrase of `none` occurs.
        Vetoed = "vetoed",
        /// Under the threshold.
        Below = "below",
        /// Seen at the first sight of its source.
        Baseline = "baseline",
        /// A copy of an earlier item.
        Duplicate = "duplicate",
        /// The topic was alerted on this story already.
        SameStory = "same_story",
        /// Held by a silence.
        Silenced = "silenced",
        /// News within a story that was alerted before.
        FollowUp = "follow_up",
        /// Told.
        Alert = "alert",
    }
}

impl Decision {
    /// Returns what is decided of an item that nobody has seen.
    pub const fn of_new(outcome: ScoreOutcome) -> Self {
        match outcome {
            ScoreOutcome::Excluded => Decision::Excluded,
            ScoreOutcome::Vetoed => Decision::Vetoed,
            ScoreOutcome::Below => Decision::Below,
            ScoreOutcome::Hit => Decision::Alert,
        }
    }

    /// Says whether somebody is told.
    pub fn is_alert(self) -> bool {
        matches!(self, Decision::Alert | Decision::FollowUp)
    }
}
