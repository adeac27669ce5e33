//! Stories as rows for machines.

use newshound::model::StoryId;
use newshound::store::{StoryArticle, StoryEvent, StoryOutlet, StoryRow, StorySheet};
use newshound::story::EventKind;
use serde::Serialize;

use super::rows::AlertLine;

/// A story in short.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct StoryLine<'a> {
    id: &'a str,
    title: &'a str,
    first_seen: String,
    last_seen: String,
    articles: u32,
    outlets: u32,
    /// Outlets with an article of their own, and those that only copy.
    independent: u32,
    copies: u32,
    topics: Vec<&'a str>,
}

impl<'a> StoryLine<'a> {
    pub(in crate::cli) fn of(row: &'a StoryRow) -> Self {
        let StoryRow { story, last_seen, topics } = row;
        StoryLine {
            id: story.id.as_str(),
            title: &story.title,
            first_seen: story.first_seen.to_string(),
            last_seen: last_seen.to_string(),
            articles: story.articles,
            outlets: story.outlets,
            independent: story.independent,
            copies: story.outlets.saturating_sub(story.independent),
            topics: topics.iter().map(newshound::model::TopicId::as_str).collect(),
        }
    }
}

/// A story with its timeline.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct StoryInFull<'a> {
    #[serde(flatten)]
    line: StoryLine<'a>,
    /// The story it goes on as, where it was merged.
    goes_on_as: Option<&'a str>,
    carried_by: Vec<OutletPart<'a>>,
    timeline: Vec<ArticlePart<'a>>,
    events: Vec<EventPart<'a>>,
    alerts: Vec<AlertLine<'a>>,
}

#[derive(Debug, Serialize)]
struct OutletPart<'a> {
    source: &'a str,
    copies_only: bool,
}

#[derive(Debug, Serialize)]
struct ArticlePart<'a> {
    item: &'a str,
    source: &'a str,
    title: &'a str,
    url: Option<&'a str>,
    seen: String,
    published: Option<String>,
    /// The item it is a copy of; its own where the source carries the very item of another.
    copy_of: Option<&'a str>,
    copy_of_source: Option<&'a str>,
    agency: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct EventPart<'a> {
    time: String,
    kind: &'static str,
    story: &'a str,
    other: &'a str,
}

impl<'a> StoryInFull<'a> {
    pub(in crate::cli) fn of(sheet: &'a StorySheet) -> Self {
        StoryInFull {
            line: StoryLine::of(&sheet.row),
            goes_on_as: sheet.goes_on_as.as_ref().map(StoryId::as_str),
            carried_by: sheet.outlets.iter().map(outlet).collect(),
            timeline: sheet.articles.iter().map(article).collect(),
            events: sheet.events.iter().map(event).collect(),
            alerts: sheet.alerts.iter().map(AlertLine::of).collect(),
        }
    }
}

fn outlet(outlet: &StoryOutlet) -> OutletPart<'_> {
    OutletPart { source: outlet.source.as_str(), copies_only: outlet.copies_only }
}

fn article(article: &StoryArticle) -> ArticlePart<'_> {
    ArticlePart {
        item: article.item.as_str(),
        source: article.source.as_str(),
        title: &article.title,
        url: article.url.as_deref(),
        seen: article.seen.to_string(),
        published: article.published.map(|time| time.to_string()),
        copy_of: article.copy_of.as_ref().map(|(item, _)| item.as_str()),
        copy_of_source: article.copy_of.as_ref().map(|(_, source)| source.as_str()),
        agency: article.agency.as_deref(),
    }
}

fn event(event: &StoryEvent) -> EventPart<'_> {
    let kind = match event.kind {
        EventKind::Merged => "merged",
        EventKind::Split => "split",
    };
    EventPart { time: event.time.to_string(), kind, story: event.story.as_str(), other: event.other.as_str() }
}
