//! Searches the archive by a query of the topics' language: the store sieves, the matcher scores.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::config::{Config, Place, Problem, Query, Severity, SourceFile, Topic};
use crate::matcher::Matcher;
use crate::matcher::keys::Sieve;
use crate::model::{Item, Score, SourceId, Timestamp, TopicId};
use crate::store::{ItemNumber, Sought, Store};

/// Items that are read and scored at one time: few enough to hold in memory at their largest.
const PAGE: usize = 64;

/// A query, ready to search with.
pub struct Search {
    matcher: Matcher,
    sieve: Sieve,
}

/// An item with points for the query.
pub struct Found {
    /// The item.
    pub item: Item,
    /// Its score, with the reasons.
    pub score: Score,
}

/// What a search is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Narrowed {
    /// Only items that were first seen at this time or later.
    pub since: Option<Timestamp>,
    /// Only items of this source.
    pub source: Option<SourceId>,
}

/// Whether a search goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It does.
    More,
    /// Nobody wants to see more.
    Enough,
}

impl Search {
    /// Reads a query; `None` where it cannot be searched with, for the reasons that are returned
    /// with their places in it.
    pub fn compile(query: &str) -> (Option<Search>, Vec<Problem>) {
        let (matcher, problems) = Matcher::compile(&[topic(query)]);
        let faulty = problems.iter().any(|problem| problem.severity == Severity::Error);
        let search = (!faulty).then(|| Search { sieve: matcher.sieve(), matcher });
        (search, problems)
    }

    /// Returns what an item must have to be found.
    pub fn sieve(&self) -> &Sieve {
        &self.sieve
    }

    /// Returns the score of an item, if it has points for the query.
    pub fn score(&self, item: &Item, source_tags: &[String]) -> Option<Score> {
        self.matcher.score(item, source_tags).into_iter().find(|score| score.points > 0.0)
    }
}

/// A query is a topic of its own.
fn topic(query: &str) -> Topic {
    let file = Arc::new(SourceFile { path: PathBuf::from("query"), text: query.to_owned() });
    let place = Place { file, span: 0..query.len() };
    let query = Query { text: query.to_owned(), place: place.clone() };
    Topic { query: Some(query), ..Topic::blank(TopicId::new("search"), place) }
}

/// Hands out what is found, newest first, until nobody wants more.
pub async fn search(
    store: &Store,
    config: &Config,
    (search, narrowed): (Search, Narrowed),
    mut each: impl FnMut(Found) -> Next,
) -> anyhow::Result<()> {
    let Narrowed { since, source } = narrowed;
    let sought = Sought { sieve: search.sieve.clone(), since, source };
    let search = Arc::new(search);
    let candidates = store.candidates(&sought).await.context("searching the store")?;
    let mut pages = candidates.chunks(PAGE);
    let mut page = pages.next();
    let mut items = read(store, page).await?;
    while page.is_some() {
        page = pages.next();
        let scoring = tokio::task::spawn_blocking({
            let search = Arc::clone(&search);
            let tagged = tagged(items, config);
            move || scored(&search, tagged)
        });
        // The store reads the next page while this one is scored.
        let (found, following) = tokio::join!(scoring, read(store, page));
        for found in found.context("scoring what was read")? {
            if each(found) == Next::Enough {
                return Ok(());
            }
        }
        items = following?;
    }
    Ok(())
}

async fn read(store: &Store, page: Option<&[ItemNumber]>) -> anyhow::Result<Vec<Item>> {
    let Some(page) = page else { return Ok(Vec::new()) };
    store.items_numbered(page).await.context("reading what was found")
}

fn tagged(items: Vec<Item>, config: &Config) -> Vec<(Vec<String>, Item)> {
    let tags = |item: &Item| {
        let source = item.source.as_ref().and_then(|id| config.source(id));
        source.map(|source| source.tags.clone()).unwrap_or_default()
    };
    items.into_iter().map(|item| (tags(&item), item)).collect()
}

fn scored(search: &Search, items: Vec<(Vec<String>, Item)>) -> Vec<Found> {
    let scored = items.into_iter().map(|(tags, item)| (search.score(&item, &tags), item));
    scored.filter_map(|(score, item)| Some(Found { score: score?, item })).collect()
}
