//! Makes valid settings of what was written, and reports all that cannot be used. What it
//! returns need not be checked again; where something was wrong, the default stands in so that
//! the rest can be looked at too.

mod channel;
mod fetch;
mod guard;
mod headers;
mod names;
mod route;
mod secret;
mod server;
mod smtp;
mod source;
mod store;
mod topic;
mod webhook;

use std::sync::Arc;

pub use guard::guard_problems;
pub use route::DEFAULT_ROUTE;
pub use source::language;

use self::names::Names;
use super::channel::{ChannelConfig, ChannelKind, RouteConfig};
use super::nearest;
use super::place::{Problem, SourceFile};
use super::raw::Table;
use super::reader::{Reader, Scope, Written};
use super::settings::Config;
use crate::model::ChannelName;

/// Checks the tables of all files together.
pub(crate) fn config(scope: &Scope<'_>, root: Table, files: Vec<Arc<SourceFile>>) -> Config {
    let mut names = Names::default();
    let mut root = Reader::new(scope, "", root);
    let timezone = timezone(&mut root);
    let store = store::store(scope, root.table("store"));
    stories(scope, root.table("stories"));
    let server = server::server(scope, root.table("server"));
    let fetch = fetch::fetch(scope, root.table("fetch"), !files.is_empty());
    let no_relay = root.place_of("smtp").is_none();
    let smtp = root.table("smtp").and_then(|table| smtp::smtp(scope, table));
    let sources = root.tables("source");
    let mut sources: Vec<_> =
        sources.into_iter().filter_map(|table| source::source(scope, &mut names, &fetch, table)).collect();
    sources.sort_by(|a, b| a.id.cmp(&b.id));
    let topics = root.tables("topic");
    let topics = topics.into_iter().filter_map(|table| topic::topic(scope, &mut names, table)).collect();
    let channels = root.tables("channel");
    let mut channels: Vec<_> =
        channels.into_iter().filter_map(|table| channel::channel(scope, &mut names, table)).collect();
    let routes = root.tables("route");
    let mut routes: Vec<_> =
        routes.into_iter().filter_map(|table| route::route(scope, &mut names, table)).collect();
    root.finish();
    relay_is_known(scope, &channels, no_relay);
    names.resolve(scope);
    fill_in(&mut channels, &mut routes);
    Config { files, timezone, store, server, fetch, smtp, sources, topics, channels, routes }
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

/// Stories have no settings yet, but a slip in their table is one already.
fn stories(scope: &Scope<'_>, table: Option<Table>) {
    if let Some(table) = table {
        Reader::new(scope, "stories", table).finish();
    }
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
