//! Makes valid settings of what was written, and reports all that cannot be used. What it
//! returns need not be checked again; where something was wrong, the default stands in so that
//! the rest can be looked at too.

mod channel;
mod fetch;
mod guard;
mod headers;
mod list;
mod names;
mod route;
mod secret;
mod server;
mod smtp;
mod source;
mod store;
mod topic;
mod webhook;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

pub use guard::guard_problems;
pub use route::DEFAULT_ROUTE;
pub use source::language;
pub(crate) use topic::made_id;

use self::names::Names;
use super::channel::{ChannelConfig, ChannelKind, RouteConfig};
use super::definition::{Definition, Depth, keys};
use super::extent::{TopicTable, TopicTables};
use super::listed::ListFile;
use super::nearest;
use super::place::{Problem, SourceFile};
use super::raw::Table;
use super::reader::{Reader, Scope, Written};
use super::settings::{Config, FetchConfig, StoriesConfig};
use super::source::Source;
use super::sources::Sources;
use super::topic::Topic;
use super::value;
use crate::model::{ChannelName, DefinitionKind, fingerprint};

/// What the window of stories may be.
const WINDOWS: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(240);

/// Checks the tables of all files together; says besides where each topic stands.
pub(crate) fn config(
    scope: &Scope<'_>,
    root: Table,
    (files, lists): (Vec<Arc<SourceFile>>, Vec<ListFile>),
) -> (Config, TopicTables) {
    let mut names = Names::default();
    let mut definitions = Definition::of_settings(&root);
    let mut root = Reader::new(scope, "", root);
    let timezone = timezone(&mut root);
    let watch = root.flag("watch").is_none_or(|watch| watch.value);
    let store = store::store(scope, root.table("store"));
    let stories = stories(scope, root.table("stories"));
    let server = server::server(scope, root.table("server"));
    let fetch = fetch::fetch(scope, root.table("fetch"), !files.is_empty());
    let no_relay = root.place_of("smtp").is_none();
    let smtp = root.table("smtp").and_then(|table| smtp::smtp(scope, table));
    let mut tables = Tables { scope, names: &mut names, definitions: &mut definitions };
    let sources: Vec<_> =
        root.tables("source").into_iter().filter_map(|table| tables.source(&fetch, table)).collect();
    let listed = list::listed(scope, tables.names, &sources, lists, fetch.backfill);
    let topics = root.tables("topic");
    let topic_tables = TopicTables::new(topics.iter().map(TopicTable::of).collect());
    let topics = topics.into_iter().filter_map(|table| tables.topic(table)).collect();
    let mut channels: Vec<_> =
        root.tables("channel").into_iter().filter_map(|table| tables.channel(table)).collect();
    let mut routes: Vec<_> =
        root.tables("route").into_iter().filter_map(|table| tables.route(table)).collect();
    root.finish();
    relay_is_known(scope, &channels, no_relay);
    names.resolve(scope);
    fill_in(&mut channels, &mut routes);
    let config = Config {
        files,
        definitions,
        watch,
        timezone,
        store,
        stories,
        server,
        fetch,
        smtp,
        sources: Sources::new(sources, listed),
        topics,
        channels,
        routes,
    };
    (config, topic_tables)
}

/// Checks tables one by one, and keeps what was written of those that are used.
struct Tables<'a, 's> {
    scope: &'a Scope<'s>,
    names: &'a mut Names,
    definitions: &'a mut Vec<Definition>,
}

impl Tables<'_, '_> {
    fn source(&mut self, fetch: &FetchConfig, table: Table) -> Option<Source> {
        let keys = keys(&table, Depth::Open);
        let source = source::source(self.scope, self.names, fetch, table)?;
        let definition = Definition::of_table(DefinitionKind::Source, source.id.as_str(), keys);
        let version = fingerprint(source.url.as_str().as_bytes());
        self.definitions.push(Definition { version, ..definition });
        Some(source)
    }

    fn topic(&mut self, table: Table) -> Option<Topic> {
        let keys = keys(&table, Depth::Nothing);
        let topic = topic::topic(self.scope, self.names, table)?;
        self.keep(DefinitionKind::Topic, topic.id.as_str(), keys);
        Some(topic)
    }

    fn channel(&mut self, table: Table) -> Option<ChannelConfig> {
        let keys = keys(&table, Depth::Channel);
        let channel = channel::channel(self.scope, self.names, table)?;
        self.keep(DefinitionKind::Channel, channel.name.as_str(), keys);
        Some(channel)
    }

    fn route(&mut self, table: Table) -> Option<RouteConfig> {
        let keys = keys(&table, Depth::Open);
        let route = route::route(self.scope, self.names, table)?;
        self.keep(DefinitionKind::Route, &route.name, keys);
        Some(route)
    }

    fn keep(&mut self, kind: DefinitionKind, id: &str, keys: serde_json::Map<String, serde_json::Value>) {
        self.definitions.push(Definition::of_table(kind, id, keys));
    }
}

fn timezone(root: &mut Reader<'_>) -> Option<String> {
    let Written { value, place } = root.text("timezone")?;
    let zones = jiff::tz::db();
    // Without a database there is nothing to compare with; times are then shown in UTC.
    if zones.is_definitively_empty() || zones.get(&value).is_ok() {
        return Some(value);
    }
    let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    let mut problem = Problem::error(&place, format!("no time zone is named \"{value}\""));
    problem.suggestion = nearest::did_you_mean(&value, names.iter().map(String::as_str))
        .map(|near| format!("did you mean \"{near}\"?"))
        .or_else(|| Some("for example \"Europe/Berlin\" or \"UTC\"".to_owned()));
    root.scope.report(problem);
    None
}

/// Reads `[stories]`.
fn stories(scope: &Scope<'_>, table: Option<Table>) -> StoriesConfig {
    let mut stories = StoriesConfig::default();
    let Some(table) = table else { return stories };
    let mut reader = Reader::new(scope, "stories", table);
    if let Some(window) = reader.duration("window") {
        if WINDOWS.contains(&window.value) {
            stories.window = window.value;
        } else {
            let [least, most] = [WINDOWS.start(), WINDOWS.end()].map(|bound| value::show_duration(*bound));
            let message = format!("`window` is from {least} to {most}");
            scope.report(Problem::error(&window.place, message));
        }
    }
    reader.finish();
    stories
}

/// An e-mail channel needs to know its relay.
fn relay_is_known(scope: &Scope<'_>, channels: &[ChannelConfig], no_relay: bool) {
    if scope.partial || !no_relay {
        return;
    }
    for channel in channels.iter().filter(|channel| matches!(channel.kind, ChannelKind::Email(_))) {
        if let Some(place) = &channel.place {
            let problem = Problem::error(place, format!("channel {} needs `[smtp]`", channel.name));
            scope.report(problem.suggest("add `[smtp]` with `url` and `from`"));
        }
    }
}

/// Adds the console where there is no channel, and the route `default` where none is so named.
fn fill_in(channels: &mut Vec<ChannelConfig>, routes: &mut Vec<RouteConfig>) {
    if channels.is_empty() {
        channels.push(channel::console());
    }
    if routes.iter().all(|route| route.name != DEFAULT_ROUTE) {
        let all: Vec<ChannelName> = channels.iter().map(|channel| channel.name.clone()).collect();
        routes.push(route::to_all(all));
    }
}
