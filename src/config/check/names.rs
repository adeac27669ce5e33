//! Keeps account of names: each is given once, and each that is mentioned is given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::listed::Listed;
use super::super::nearest;
use super::super::place::{Place, Problem, Severity};
use super::super::reader::{Scope, Written};
use super::super::value::shorten;

/// What a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Noun {
    Source,
    Tag,
    Topic,
    Channel,
    Route,
}

impl Noun {
    const fn as_str(self) -> &'static str {
        match self {
            Noun::Source | Noun::Tag => "source",
            Noun::Topic => "topic",
            Noun::Channel => "channel",
            Noun::Route => "route",
        }
    }

    const fn has(self) -> &'static str {
        match self {
            Noun::Source | Noun::Topic => "has the id",
            Noun::Tag => "has the tag",
            Noun::Channel | Noun::Route => "is named",
        }
    }
}

/// Sources of lists among which a near name is looked for.
const MOST_SUGGESTED: usize = 10_000;

/// The names given so far, and those mentioned.
#[derive(Default)]
pub(crate) struct Names {
    given: BTreeMap<(Noun, String), Place>,
    /// Of the sources without an id of their own.
    addresses: BTreeMap<String, Place>,
    tags: BTreeSet<String>,
    /// The sources of lists.
    listed: Arc<Listed>,
    mentioned: Vec<(Noun, Written<String>)>,
}

impl Names {
    /// Takes a name, unless it is taken.
    pub(crate) fn give(&mut self, scope: &Scope<'_>, noun: Noun, name: &str, place: &Place) -> bool {
        if let Some(first) = self.given.get(&(noun, name.to_owned())) {
            let message = format!("{} \"{}\" is given twice", noun.as_str(), shorten(name));
            scope.report(Problem::error(place, message).suggest(format!("it stands at {first:?} already")));
            return false;
        }
        self.given.insert((noun, name.to_owned()), place.clone());
        true
    }

    /// Says whether a name is still free.
    pub(crate) fn is_free(&self, noun: Noun, name: &str) -> bool {
        !self.given.contains_key(&(noun, name.to_owned()))
    }

    /// Takes the address of a source that has no id of its own, unless it is taken.
    pub(crate) fn give_address(&mut self, scope: &Scope<'_>, address: &str, place: &Place) -> bool {
        if let Some(first) = self.addresses.get(address) {
            let problem = Problem::error(place, "this address is given twice".to_owned());
            scope.report(problem.suggest(format!("it stands at {first:?} already")));
            return false;
        }
        self.addresses.insert(address.to_owned(), place.clone());
        true
    }

    /// Takes the names of the sources of lists.
    pub(crate) fn listed(&mut self, listed: Arc<Listed>) {
        self.listed = listed;
    }

    /// Remembers the tags of a source; many sources share one.
    pub(crate) fn tags(&mut self, tags: &[String]) {
        self.tags.extend(tags.iter().cloned());
    }

    /// Remembers a name that must turn out to be given.
    pub(crate) fn mention(&mut self, noun: Noun, name: &Written<String>) {
        self.mentioned.push((noun, name.clone()));
    }

    /// Remembers several names that must turn out to be given.
    pub(crate) fn mention_all(&mut self, noun: Noun, names: &[Written<String>]) {
        self.mentioned.extend(names.iter().map(|name| (noun, name.clone())));
    }

    /// Reports the names that are mentioned and not given.
    pub(crate) fn resolve(&self, scope: &Scope<'_>) {
        if scope.partial {
            return;
        }
        for (noun, Written { value, place }) in &self.mentioned {
            let is_known = match noun {
                Noun::Tag => self.tags.contains(value),
                Noun::Source => !self.is_free(*noun, value) || self.listed.find(value).is_some(),
                Noun::Topic | Noun::Channel | Noun::Route => !self.is_free(*noun, value),
            };
            if is_known || (*noun == Noun::Route && value == super::route::DEFAULT_ROUTE) {
                continue;
            }
            let known: Vec<&str> = self.known(*noun);
            let message = format!("no {} {} \"{}\"", noun.as_str(), noun.has(), shorten(value));
            let mut problem = Problem::error(place, message);
            problem.suggestion = nearest::suggest(value, known.iter().copied());
            // Without any source the items come from elsewhere: an archive to replay.
            let no_source = self.known(Noun::Source).is_empty() && self.listed.len() == 0;
            if matches!(noun, Noun::Source | Noun::Tag) && no_source {
                problem.severity = Severity::Warning;
            }
            scope.report(problem);
        }
    }

    fn known(&self, noun: Noun) -> Vec<&str> {
        if noun == Noun::Tag {
            return self.tags.iter().map(String::as_str).collect();
        }
        let given = self.given.keys().filter(|(of, _)| *of == noun).map(|(_, name)| name.as_str());
        let n_listed = if noun == Noun::Source { self.listed.len().min(MOST_SUGGESTED) } else { 0 };
        given.chain((0..n_listed).map(|at| self.listed.id(at))).collect()
    }
}
