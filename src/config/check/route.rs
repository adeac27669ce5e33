//! `[[route]]`.

use super::super::channel::RouteConfig;
use super::super::place::Problem;
use super::super::raw::Table;
use super::super::reader::{Reader, Scope, Written};
use super::channel::valid_name;
use super::names::{Names, Noun};
use crate::model::{ChannelName, TopicId};

/// The route of topics that name none.
pub const DEFAULT_ROUTE: &str = "default";

/// Checks a route.
pub(crate) fn route(scope: &Scope<'_>, names: &mut Names, table: Table) -> Option<RouteConfig> {
    let mut reader = Reader::new(scope, "route", table);
    let name = reader.required("name", "\"desk\"").and_then(|name| valid_name(scope, name));
    if let Some(name) = &name {
        reader.owned_by(format!("route {}", name.value));
    }
    if reader.place_of("channels").is_none() {
        reader.missing("channels", "[\"desk-mail\"]");
    }
    let given = name.as_ref().is_some_and(|name| names.give(scope, Noun::Route, &name.value, &name.place));
    let place = reader.place_of("channels").cloned();
    let channels = reader.texts("channels");
    if let (true, Some(place)) = (channels.is_empty(), place) {
        scope.report(Problem::error(&place, "a route without channels leads nowhere"));
    }
    names.mention_all(Noun::Channel, &channels);
    let When { min_score, topics, tags } =
        reader.table("when").map(|table| when(scope, names, table)).unwrap_or_default();
    reader.finish();
    Some(RouteConfig {
        name: name.filter(|_| given)?.value,
        channels: channels.into_iter().map(|channel| ChannelName::new(channel.value)).collect(),
        min_score,
        topics,
        tags,
    })
}

#[derive(Default)]
struct When {
    min_score: f64,
    topics: Vec<TopicId>,
    tags: Vec<String>,
}

fn when(scope: &Scope<'_>, names: &mut Names, table: Table) -> When {
    let mut reader = Reader::new(scope, "route.when", table);
    let min_score = reader.number("min_score", 0.0..=1.0).map_or(0.0, |score| score.value);
    let topics = reader.texts("topics");
    let tags = reader.texts("tags");
    reader.finish();
    names.mention_all(Noun::Topic, &topics);
    let without_prefix = |tag: Written<String>| match tag.value.strip_prefix("tag:") {
        Some(value) => Written { value: value.to_owned(), place: tag.place },
        None => tag,
    };
    let tags: Vec<_> = tags.into_iter().map(without_prefix).collect();
    names.mention_all(Noun::Tag, &tags);
    When {
        min_score,
        topics: topics.into_iter().map(|topic| TopicId::new(topic.value)).collect(),
        tags: tags.into_iter().map(|tag| tag.value).collect(),
    }
}

/// Returns the route `default` as it is by itself.
pub(crate) fn to_all(channels: Vec<ChannelName>) -> RouteConfig {
    RouteConfig {
        name: DEFAULT_ROUTE.to_owned(),
        channels,
        min_score: 0.0,
        topics: Vec::new(),
        tags: Vec::new(),
    }
}
