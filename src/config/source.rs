//! A source as configured.

use std::time::Duration;

use super::place::Place;
use super::secret::Secret;
use super::value::slug;
use crate::model::SourceId;

/// `[[source]]`
#[derive(Clone)]
pub struct Source {
    /// Stable across edits.
    pub id: SourceId,
    /// For people.
    pub name: String,
    /// What is polled, user info included; show it with `shown_url`.
    pub url: url::Url,
    /// What it is.
    pub kind: SourceKind,
    /// Its own pace, taken as it is.
    pub interval: Option<Duration>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its language, over any detection.
    pub lang: Option<String>,
    /// Its rank among the outlets of a story.
    pub weight: f64,
    /// Whether it is polled.
    pub enabled: bool,
    /// Headers sent besides ours.
    pub headers: Vec<(String, Secret)>,
    /// Items younger than this alert on first sight.
    pub backfill: Duration,
    /// Where it stands.
    pub place: Option<Place>,
}

impl Source {
    /// Returns the id of an address that was given none: its host and path in `[a-z0-9-]`.
    pub fn id_of(url: &url::Url) -> SourceId {
        SourceId::new(slug(&format!("{}{}", url.host_str().unwrap_or(""), url.path())))
    }

    /// Returns the address without user info and query, for people.
    pub fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("id", &self.id).field("url", &self.shown_url()).finish_non_exhaustive()
    }
}

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Whatever the address gives.
    Auto,
    /// RSS, Atom or JSON Feed.
    Feed,
}
