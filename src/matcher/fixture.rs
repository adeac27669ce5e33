//! Items, terms and topics for the tests of this module.

use std::sync::Arc;

use crate::config::{Place, SourceFile, Term, Topic};
use crate::model::{Item, ItemId, TopicId};

pub(crate) fn item(title: &str, text: &str) -> Item {
    Item { title: title.into(), text: text.into(), ..Item::bare(ItemId::new("it_test")) }
}

/// A place that holds a text in quotes.
pub(crate) fn place(text: &str) -> Place {
    let file = SourceFile { path: "topics.toml".into(), text: format!("any = [\"{text}\"]") };
    Place { file: Arc::new(file), span: 7..9 + text.len() }
}

pub(crate) fn term(text: &str) -> Term {
    Term { text: text.into(), weight: None, field: None, with: Vec::new(), place: place(text) }
}

pub(crate) fn terms(texts: &[&str]) -> Vec<Term> {
    texts.iter().map(|text| term(text)).collect()
}

pub(crate) fn topic(any: &[&str]) -> Topic {
    Topic { name: "Test".into(), any: terms(any), ..Topic::blank(TopicId::new("test"), place("test")) }
}
