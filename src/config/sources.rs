//! All configured sources, by id: those of `[[source]]` tables, each with its own settings, and
//! those of lists, of which there may be a million.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::listed::Listed;
use super::source::Source;
use crate::model::{SourceId, fingerprint_of};

/// Bytes of the id made of host and path that every id of a listed address begins with.
const LEAST_HEAD: usize = 100;

/// The sources of a configuration; a clone is the same ones.
#[derive(Clone, Default)]
pub struct Sources {
    /// By id.
    tables: Arc<[Arc<Source>]>,
    listed: Arc<Listed>,
}

impl Sources {
    /// Takes the sources of tables and those of lists; no id is in both.
    pub(super) fn new(mut tables: Vec<Source>, listed: Arc<Listed>) -> Self {
        tables.sort_by(|a, b| a.id.cmp(&b.id));
        Sources { tables: tables.into_iter().map(Arc::new).collect(), listed }
    }

    /// Returns these sources with the lists of others; of two with one id the list's counts.
    #[must_use]
    pub fn with_lists_of(&self, other: &Sources) -> Sources {
        let tables = self.tables.iter().filter(|source| other.listed.find(source.id.as_str()).is_none());
        Sources { tables: tables.cloned().collect(), listed: Arc::clone(&other.listed) }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.tables.len() + self.listed.len()
    }

    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many are polled.
    pub fn n_enabled(&self) -> usize {
        self.len() - self.tables.iter().filter(|source| !source.enabled).count()
    }

    /// Returns those that have a table of their own, by id.
    pub fn tables(&self) -> &[Arc<Source>] {
        &self.tables
    }

    /// Returns the source of this id.
    pub fn get(&self, id: &SourceId) -> Option<Arc<Source>> {
        if let Some(table) = self.table(id) {
            return Some(Arc::clone(table));
        }
        self.listed.find(id.as_str()).map(|at| Arc::new(self.listed.source(at)))
    }

    /// Returns the source of this id, if it has a table of its own.
    pub fn table(&self, id: &SourceId) -> Option<&Arc<Source>> {
        let at = self.tables.binary_search_by(|source| source.id.cmp(id)).ok()?;
        self.tables.get(at)
    }

    /// Says whether there is a source of this id.
    pub fn contains(&self, id: &SourceId) -> bool {
        self.table(id).is_some() || self.listed.find(id.as_str()).is_some()
    }

    /// Says whether there is a source of this id, and it is switched on.
    pub fn is_polled(&self, id: &SourceId) -> bool {
        match self.table(id) {
            Some(table) => table.enabled,
            None => self.listed.find(id.as_str()).is_some(),
        }
    }

    /// Returns the source of this address.
    pub fn at_address(&self, url: &Url) -> Option<Arc<Source>> {
        let of_table = self.tables.iter().find(|source| source.url == *url);
        // One of a list has its id from its address: those that may have it stand together.
        let plain = Source::id_of(url);
        let of_list = || {
            let head = plain.as_str().get(..LEAST_HEAD).unwrap_or(plain.as_str());
            let first = self.listed.first_from(head);
            let near = (first..self.listed.len()).take_while(|at| self.listed.id(*at).starts_with(head));
            near.map(|at| self.listed.source(at)).find(|source| source.url == *url)
        };
        of_table.cloned().or_else(|| of_list().map(Arc::new))
    }

    /// Returns them all, by id.
    pub fn iter(&self) -> Iter<'_> {
        Iter { sources: self, table: 0, line: 0 }
    }

    /// Returns the ids of those that stand in lists, in order.
    pub fn listed_ids(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.listed.len()).map(|at| self.listed.id(at))
    }

    /// Returns the sources that stand in lists, by id.
    pub fn listed(&self) -> impl ExactSizeIterator<Item = Source> {
        (0..self.listed.len()).map(|at| self.listed.source(at))
    }

    /// Returns what differs where an id, an address, or whether it is polled, does.
    pub fn version(&self) -> String {
        let tables = self.tables.iter().flat_map(|source| {
            let mark: &[u8] = if source.enabled { b"\n" } else { b" off\n" };
            [source.id.as_str().as_bytes(), b" ", source.url.as_str().as_bytes(), mark]
        });
        let lines = (0..self.listed.len())
            .flat_map(|at| [self.listed.id(at).as_bytes(), b" ", self.listed.address(at).as_bytes(), b"\n"]);
        fingerprint_of(tables.chain(lines))
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.tables.iter())
            .entry(&format_args!("{} listed", self.listed.len()))
            .finish()
    }
}

impl<'a> IntoIterator for &'a Sources {
    type Item = Arc<Source>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The sources by id.
pub struct Iter<'a> {
    sources: &'a Sources,
    /// The next of the tables, and of the lines.
    table: usize,
    line: usize,
}

impl Iterator for Iter<'_> {
    type Item = Arc<Source>;

    fn next(&mut self) -> Option<Arc<Source>> {
        let Sources { tables, listed } = self.sources;
        let has_line = self.line < listed.len();
        match tables.get(self.table) {
            Some(table) if !has_line || table.id.as_str() < listed.id(self.line) => {
                self.table += 1;
                Some(Arc::clone(table))
            }
            Some(_) | None if has_line => {
                self.line += 1;
                Some(Arc::new(listed.source(self.line - 1)))
            }
            Some(_) | None => None,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.sources.len() - self.table - self.line;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Iter<'_> {}
