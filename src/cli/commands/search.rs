//! `search`: the archive by a query.

use newshound::app::search::{Found, Narrowed, Next, Search, search as search_archive};
use newshound::clock::Clock;
use newshound::config::Config;
use newshound::model::{Item, SourceId, Timestamp};
use serde::Serialize;

use super::look::open_if_any;
use super::looking;
use crate::cli::{Exit, Results, Session, args, say, text};

/// Items that are shown to people who did not say how many they want.
const SHOWN: u32 = 20;

/// An item for machines.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    item: &'a Item,
    score: f64,
}

/// What was told so far.
struct Told<'a> {
    session: &'a Session,
    config: &'a Config,
    now: Timestamp,
    limit: Option<u32>,
    /// How many.
    count: u32,
    results: Results,
}

pub(super) async fn search(session: &Session, asked: args::Search) -> anyhow::Result<Exit> {
    let args::Search { since, limit, source, query } = asked;
    let (search, problems) = Search::compile(&query.join(" "));
    session.tell(&problems);
    let Some(search) = search else { return Ok(Exit::Usage) };
    let ready = looking!(session);
    let Some(store) = open_if_any(&ready.config).await? else { return Ok(Exit::Done) };
    let now = Clock::system().now();
    let narrowed = Narrowed { since: since.map(|since| now - since), source: source.map(SourceId::new) };
    let limit = limit.or((!session.json).then_some(SHOWN));
    let config = &ready.config;
    let mut told = Told { session, config, now, limit, count: 0, results: Results::new() };
    let mut more = Next::More;
    if limit != Some(0) {
        search_archive(&store, config, (search, narrowed), |found| {
            more = told.tell(&found);
            more
        })
        .await?;
    }
    store.close().await;
    told.results.end();
    if !session.json && limit != Some(0) {
        say(&text::search::closing(told.count, more == Next::Enough));
    }
    Ok(Exit::Done)
}

impl Told<'_> {
    /// Tells an item; one more than was asked for says only that there are more.
    fn tell(&mut self, found: &Found) -> Next {
        if self.limit == Some(self.count) {
            return Next::Enough;
        }
        self.count += 1;
        if self.session.json {
            self.results.say(&Line { item: &found.item, score: found.score.score });
            // Nobody reads whether there are more.
            return if self.limit == Some(self.count) { Next::Enough } else { Next::More };
        }
        let source = self.config.source_name(found.item.source.as_ref());
        say(&text::search::found(found, source.as_deref(), self.session.terminal, self.now));
        Next::More
    }
}
