//! A source as configured.

use std::fmt::Write as _;
use std::time::Duration;

use super::place::Place;
use super::raw::is_secret;
use super::secret::Secret;
use super::value::slug;
use crate::model::SourceId;

/// How often a source is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// As often as it posts, within the bounds of `[fetch]`.
    Adaptive,
    /// So often: only its server may ask for longer.
    Every(Duration),
}

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
    /// Its own pace; `None` is that of `[fetch]`.
    pub interval: Option<Interval>,
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

    /// Returns the longer id of an address, for where another source has the plain one: with the
    /// port and the query. What a query gives under the name of a secret is left out.
    pub(crate) fn long_id_of(url: &url::Url) -> SourceId {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let mut text = format!("{}{port}{}", url.host_str().unwrap_or(""), url.path());
        for (name, value) in url.query_pairs() {
            let value = if is_secret(&name) { "" } else { &*value };
            let _ = write!(text, "?{name}={value}");
        }
        SourceId::new(slug(&text))
    }

    /// Returns the address without user info and query, for people.
    pub fn shown_url(&self) -> String {
        shown_url(&self.url)
    }

    /// Says whether something is sent with its polls that only its own origin may see.
    pub fn has_secrets(&self) -> bool {
        !self.headers.is_empty() || !self.url.username().is_empty() || self.url.password().is_some()
    }
}

/// Returns an address without user info and query, for people.
pub fn shown_url(url: &url::Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("id", &self.id).field("url", &self.shown_url()).finish_non_exhaustive()
    }
}

/// The weight of a source that says none.
pub(crate) const USUAL_WEIGHT: f64 = 1.0;

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Whatever the address gives.
    Auto,
    /// RSS, Atom or JSON Feed.
    Feed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_id_tells_ports_and_queries_apart_and_no_secret() {
        let id = |url: &str| Source::long_id_of(&url.parse().unwrap()).to_string();
        assert_eq!(id("https://a.example:8443/feed"), "a-example-8443-feed");
        assert_eq!(id("https://a.example:443/feed"), "a-example-feed");
        assert_eq!(id("https://a.example/feed?hl=en&q=Kim"), "a-example-feed-hl-en-q-kim");
        assert_eq!(id("https://u:p@a.example/feed?api_key=s3cret&q=x"), "a-example-feed-api-key-q-x");
    }
}
