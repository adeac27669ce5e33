//! Reads one item from JSON, as it is given to be explained or replayed.

use serde_json::{Map, Value};

use super::draft::{Draft, DraftLink, Markup, Setting, Written};
use super::json::{scalar, text, texts, time};
use crate::model::{RawItem, SourceId, Timestamp};

/// Why a text is no item.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// It is no JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON, but no object.
    #[error("expected an object like {{\"title\": \"…\", \"text\": \"…\"}}")]
    NoObject,
    /// It has neither title nor text.
    #[error("an item needs `title` or `text`")]
    NoWords,
}

/// One item as it was given, and what was said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenItem {
    /// The id it was given with, which may be any text.
    pub id: Option<String>,
    /// The source it is said to come from.
    pub source: Option<SourceId>,
    /// When it is said to have been seen first.
    pub first_seen: Option<Timestamp>,
    /// The item.
    pub raw: RawItem,
}

/// Reads one item. Only `title` or `text` (or `summary`) is needed; unknown fields do not matter,
/// and texts may hold markup and entities.
pub fn item_json(json: &str, max_text: usize) -> Result<GivenItem, ItemError> {
    let Value::Object(mut item) = serde_json::from_str(json)? else {
        return Err(ItemError::NoObject);
    };
    let base = url::Url::parse("http://localhost/").expect("the address is whole");
    let setting = Setting { base: &base, lang: None, max_text };
    let mut raw = draft(&mut item).finish(&setting).ok_or(ItemError::NoWords)?;
    if raw.title.is_empty() && raw.text.is_empty() && raw.summary.is_empty() {
        return Err(ItemError::NoWords);
    }
    raw.guid = None;
    Ok(GivenItem {
        id: text(&item, "id"),
        source: text(&item, "source").map(SourceId::new),
        first_seen: time(&item, "first_seen"),
        raw,
    })
}

fn draft(item: &mut Map<String, Value>) -> Draft {
    // The long texts are taken out: they need not be there twice.
    let mut written = |key: &str| {
        let value = match item.remove(key) {
            Some(Value::String(text)) => Some(text).filter(|text| !text.trim().is_empty()),
            Some(other) => scalar(&other),
            None => None,
        };
        value.map(|value| Written { value, markup: Markup::Unknown })
    };
    let (title, summary, content) = (written("title"), written("summary"), written("text"));
    let href = text(item, "url").filter(|url| super::draft::is_web(url));
    Draft {
        links: href.map(|href| DraftLink { href, ..DraftLink::default() }).into_iter().collect(),
        title,
        summary,
        content,
        author: text(item, "author"),
        published: time(item, "published"),
        updated: time(item, "updated"),
        lang: text(item, "lang"),
        tags: item.get("tags").map(texts).unwrap_or_default(),
        image: text(item, "image").filter(|url| super::draft::is_web(url)),
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_or_a_text_is_enough() {
        let given =
            item_json(r#"{"title":"North Korea&#8217;s <b>Kim</b>","strange":{"x":1}}"#, 100).unwrap();
        assert_eq!(given.raw.title, "North Korea’s Kim");
        assert_eq!((given.id, given.first_seen), (None, None));
        let given = item_json(r#"{"text":"<p>One</p><p>Two</p>"}"#, 100).unwrap();
        assert_eq!(given.raw.text, "One\nTwo");
    }

    #[test]
    fn what_is_said_about_the_item_comes_back() {
        let json = r#"{"id":7,"source":"bbc","url":"https://a.example/1","title":"t","tags":"x","lang":"en",
            "published":"2026-03-03T10:00:00Z","first_seen":"2026-03-03T10:05:00Z","author":null}"#;
        let given = item_json(json, 100).unwrap();
        assert_eq!(given.id.as_deref(), Some("7"));
        assert_eq!(given.source, Some(SourceId::new("bbc")));
        assert_eq!(given.raw.url.as_deref(), Some("https://a.example/1"));
        assert_eq!(given.raw.tags, ["x"]);
        assert_eq!(given.first_seen.unwrap().since(given.raw.published.unwrap()).as_secs(), 300);
    }

    #[test]
    fn what_is_no_item_says_why() {
        for (json, expect) in
            [("[]", "expected an object"), ("{", "not JSON"), ("{\"url\":\"https://a.example\"}", "needs")]
        {
            let error = item_json(json, 100).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
    }
}
