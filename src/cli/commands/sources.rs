//! `sources`: every configured source and how it stands, a page at a time, however many there are.

use std::collections::HashMap;
use std::sync::Arc;

use newshound::clock::Clock;
use newshound::config::{Config, Source, Sources};
use newshound::model::{SourceId, SourceMode, Timestamp};
use newshound::store::{SourceRow, Store};
use newshound::web::sources::{SourceListing, one};

use super::look::open_if_any;
use super::looking;
use crate::cli::args::lists::SourceFilter;
use crate::cli::text::ink::Terminal;
use crate::cli::text::tables::Heads;
use crate::cli::{Exit, Results, Session, say, text};

/// Sources that are read and shown together.
const PAGE: u32 = 1_000;

pub(super) async fn sources(session: &Session, filter: &SourceFilter) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let list = List { config: &ready.config, filter, now: Clock::system().now() };
    let store = open_if_any(&ready.config).await?;
    let mut shown = Shown::new(session, list.now);
    list.run(store.as_ref(), &mut shown).await?;
    if let Some(store) = store {
        store.close().await;
    }
    shown.end();
    Ok(Exit::Done)
}

/// What is listed.
struct List<'a> {
    config: &'a Config,
    filter: &'a SourceFilter,
    now: Timestamp,
}

impl List<'_> {
    async fn run(&self, store: Option<&Store>, shown: &mut Shown) -> anyhow::Result<()> {
        let mut left = self.filter.limit.map_or(usize::MAX, |limit| limit as usize);
        let sources = &self.config.sources;
        match (&self.filter.source, self.filter.state, store) {
            (Some(id), ..) => {
                let source = sources.get(&SourceId::new(id)).into_iter().collect();
                self.page(store, source, (&mut left, shown)).await
            }
            (None, Some(SourceMode::Active) | None, _) | (None, Some(_), None) => {
                let mut all = sources.iter();
                while left > 0 && all.len() > 0 {
                    // A list with a limit reads no more than it shows.
                    let most = if self.filter.state.is_none() { left } else { usize::MAX };
                    let page: Vec<_> = all.by_ref().take(most.min(PAGE as usize)).collect();
                    self.page(store, page, (&mut left, shown)).await?;
                }
                Ok(())
            }
            (None, Some(_), Some(store)) => self.few(store, (&mut left, shown)).await,
        }
    }

    /// Shows those of some sources that are asked for.
    async fn page(
        &self,
        store: Option<&Store>,
        page: Vec<Arc<Source>>,
        (left, shown): (&mut usize, &mut Shown),
    ) -> anyhow::Result<()> {
        let mut rows = HashMap::new();
        if let Some(store) = store {
            let ids: Vec<&SourceId> = page.iter().map(|source| &source.id).collect();
            let found = store.source_rows_of(&ids, self.now).await?;
            rows.extend(found.into_iter().map(|row| (row.state.id.clone(), row)));
        }
        let listed = page.iter().map(|source| self.listing(source, rows.get(&source.id)));
        self.show(listed.collect(), (left, shown));
        Ok(())
    }

    /// Shows sources that are in a state in which few are: the store finds them.
    async fn few(&self, store: &Store, (left, shown): (&mut usize, &mut Shown)) -> anyhow::Result<()> {
        let sources = &self.config.sources;
        let mut off = switched_off(sources).peekable();
        let mut after = String::new();
        loop {
            let rows = store.ailing_after(&after, PAGE, self.now).await?;
            let last = rows.last().map(|row| row.state.id.clone());
            let mut page = Vec::with_capacity(rows.len());
            for row in &rows {
                while let Some(source) = off.next_if(|source| source.id < row.state.id) {
                    page.push(self.listing(source, None));
                }
                page.extend(sources.get(&row.state.id).map(|source| self.listing(&source, Some(row))));
            }
            let Some(last) = last else {
                let rest: Vec<_> = off.map(|source| self.listing(source, None)).collect();
                self.show(rest, (left, shown));
                return Ok(());
            };
            self.show(page, (left, shown));
            if *left == 0 {
                return Ok(());
            }
            after = last.to_string();
        }
    }

    fn listing(&self, source: &Source, row: Option<&SourceRow>) -> SourceListing {
        one(source, &self.config.fetch, row, self.now)
    }

    fn show(&self, mut listed: Vec<SourceListing>, (left, shown): (&mut usize, &mut Shown)) {
        listed.retain(|source| self.filter.state.is_none_or(|state| source.state == state));
        listed.truncate(*left);
        *left -= listed.len();
        shown.page(&listed);
    }
}

/// Returns the sources that the configuration switches off, by id.
fn switched_off(sources: &Sources) -> impl Iterator<Item = &Arc<Source>> {
    sources.tables().iter().filter(|source| !source.enabled)
}

/// What was shown so far.
struct Shown {
    results: Option<Results>,
    terminal: Terminal,
    now: Timestamp,
    n_rows: u64,
}

impl Shown {
    fn new(session: &Session, now: Timestamp) -> Self {
        let results = session.json.then(Results::new);
        Shown { results, terminal: session.terminal, now, n_rows: 0 }
    }

    fn page(&mut self, listed: &[SourceListing]) {
        if listed.is_empty() {
            return;
        }
        if let Some(results) = &mut self.results {
            for source in listed {
                results.say(source);
            }
        } else {
            let heads = if self.n_rows == 0 { Heads::Named } else { Heads::Above };
            say(&text::tables::sources(listed, heads, (self.terminal, self.now)));
        }
        self.n_rows += listed.len() as u64;
    }

    fn end(self) {
        match self.results {
            Some(results) => results.end(),
            None => say(&text::words::counted(self.n_rows, "source", "sources")),
        }
    }
}
