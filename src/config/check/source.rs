//! `[[source]]`.

use url::Url;

use super::super::later::no_effect;
use super::super::nearest;
use super::super::place::Problem;
use super::super::raw::Table;
use super::super::reader::{Reader, Scope, Written};
use super::super::settings::FetchConfig;
use super::super::source::{Source, SourceKind, USUAL_WEIGHT};
use super::super::value::{self, shorten};
use super::fetch::interval;
use super::headers::headers;
use super::names::{Names, Noun};
use super::secret;
use crate::model::SourceId;

/// Headers by which newshound says what it holds already and what it can read.
const OURS: &[&str] = &["a-im", "accept-encoding", "if-modified-since", "if-none-match"];

/// Checks a source; `None` when it cannot be polled.
pub(crate) fn source(
    scope: &Scope<'_>,
    names: &mut Names,
    fetch: &FetchConfig,
    table: Table,
) -> Option<Source> {
    let mut reader = Reader::new(scope, "source", table);
    let url =
        reader.required("url", "\"https://news.example/feed.xml\"").and_then(|url| address(scope, &url));
    let id = identity(&mut reader, names, url.as_ref());
    if let Some(id) = &id {
        reader.owned_by(format!("source {}", id.value));
    }
    let name = reader.text("name").map(|name| name.value).filter(|name| !name.trim().is_empty());
    let kind = kind(&mut reader);
    let pace = reader.entry("interval").and_then(|entry| interval(scope, entry));
    let tags: Vec<String> = reader.parsed_list("tags", tag).into_iter().map(|tag| tag.value).collect();
    names.tags(&tags);
    let lang = reader.parsed("lang", language).map(|lang| lang.value);
    let weight = weight(&mut reader);
    let enabled = reader.flag("enabled").is_none_or(|enabled| enabled.value);
    let headers = headers(scope, reader.table("headers"), OURS);
    let backfill = reader.duration("backfill").map_or(fetch.backfill, |backfill| backfill.value);
    reader.finish();
    let (id, url) = (id?, url?);
    Some(Source {
        name: name.unwrap_or_else(|| id.value.clone()),
        id: SourceId::new(id.value),
        url: url.value?,
        kind: kind?,
        interval: pace,
        tags,
        lang,
        weight,
        enabled,
        headers,
        backfill,
        place: Some(url.place),
    })
}

/// Reads a weight; it ranks the outlets of a story, of which there is none yet.
fn weight(reader: &mut Reader<'_>) -> f64 {
    let place = reader.place_of("weight").cloned();
    let weight = reader.number("weight", 0.0..=1000.0).map_or(USUAL_WEIGHT, |weight| weight.value);
    if let Some(place) = place.filter(|_| (weight - USUAL_WEIGHT).abs() > f64::EPSILON) {
        reader.scope.report(no_effect(&place, "`weight`"));
    }
    weight
}

/// Reads an address; it is `None` inside where the source is right but not polled yet.
pub(super) fn address(scope: &Scope<'_>, written: &Written<String>) -> Option<Written<Option<Url>>> {
    let Written { value, place } = written;
    let wrong = |message: String| Problem::error(place, message);
    let url = match Url::parse(value.trim()) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let problem = wrong("`url` has no scheme".to_owned());
            scope.report(problem.suggest("begin with `https://`"));
            return None;
        }
        Err(error) => {
            scope.report(wrong(format!("`url` is not an address: {error}")));
            return None;
        }
    };
    match url.scheme() {
        "http" | "https" => {}
        "file" => {
            scope.report(no_effect(place, "a `file:` source"));
            return Some(Written { value: None, place: place.clone() });
        }
        scheme => {
            let mut problem = wrong(format!("`url` is http or https, not {}", shorten(scheme)));
            problem.class = Some("scheme_refused");
            scope.report(problem);
            return None;
        }
    }
    if url.password().is_some() {
        secret::warn_of_plain(scope, "url", place);
    }
    Some(Written { value: Some(url), place: place.clone() })
}

/// Returns the id as written, or made of host and path; of port and query too where that is taken.
fn identity(
    reader: &mut Reader<'_>,
    names: &mut Names,
    url: Option<&Written<Option<Url>>>,
) -> Option<Written<String>> {
    let written = reader.place_of("id").is_some();
    let mut id = reader.parsed("id", |id| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match id {
            _ if !id.is_empty() && id.len() <= value::MOST_ID && id.chars().all(allowed) => Ok(id.to_owned()),
            _ => Err(format!("\"{}\" is not an id: letters, digits and `-` make one", shorten(id))),
        }
    });
    if let (None, false, Some(Written { value: Some(url), place })) = (&id, written, url) {
        if !names.give_address(reader.scope, url.as_str(), place) {
            return None;
        }
        let plain = Source::id_of(url).to_string();
        let free = names.is_free(Noun::Source, &plain);
        let value = if free { plain } else { Source::long_id_of(url).to_string() };
        id = Some(Written { value, place: place.clone() });
    }
    let id = id?;
    names.give(reader.scope, Noun::Source, &id.value, &id.place).then_some(id)
}

fn kind(reader: &mut Reader<'_>) -> Option<SourceKind> {
    let Some(Written { value, place }) = reader.text("kind") else { return Some(SourceKind::Auto) };
    match value.as_str() {
        "auto" => return Some(SourceKind::Auto),
        "feed" => return Some(SourceKind::Feed),
        "page" | "json" | "sitemap" => {
            reader
                .scope
                .report(no_effect(&place, &format!("`kind = \"{value}\"`, which leaves the source out,")));
        }
        _ => {
            let mut problem =
                Problem::error(&place, format!("no source is of the kind \"{}\"", shorten(&value)));
            problem.suggestion =
                nearest::suggest(&value, ["auto", "feed", "page", "json", "sitemap"].into_iter());
            reader.scope.report(problem);
        }
    }
    None
}

fn tag(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a tag is not empty".to_owned()),
        tag if tag.starts_with("tag:") => Err("a tag is written without `tag:` here".to_owned()),
        tag => Ok(tag.to_owned()),
    }
}

/// Reads a language: `en`, `pt-BR`.
pub fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split(['-', '_']);
    let first = parts.next().unwrap_or("");
    let plain = (2..=3).contains(&first.len()) && first.chars().all(|c| c.is_ascii_alphabetic());
    if plain && parts.all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric())) {
        Ok(text.replace('_', "-").to_ascii_lowercase())
    } else {
        Err(format!("\"{}\" is not a language such as \"en\"", shorten(text)))
    }
}
