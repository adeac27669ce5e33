//! Items, terms and topics for the tests of this module.

use std::sync::Arc;

use crate::config::{FollowUps, Learn, Place, SourceFile, Term, Topic};
use crate::model::{Item, ItemId, ItemKeys, TopicId};

pub(crate) fn item(title: &str, text: &str) -> Item {
    Item {
        id: ItemId::new("it_test"),
        source: None,
        url: None,
        title: title.into(),
        summary: String::new(),
        text: text.into(),
        author: None,
        published: None,
        updated: None,
        lang: None,
        tags: Vec::new(),
        first_seen: None,
        image: None,
        keys: ItemKeys::default(),
    }
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
    Topic {
        id: TopicId::new("test"),
        name: "Test".into(),
        threshold: 0.5,
        near_miss: 0.25,
        any: terms(any),
        all: Vec::new(),
        none: Vec::new(),
        ignore: Vec::new(),
        less: Vec::new(),
        near: Vec::new(),
        query: None,
        min_terms: 1,
        mention: false,
        sources: Vec::new(),
        languages: Vec::new(),
        routes: Vec::new(),
        follow_ups: FollowUps::NewFacts,
        learn: Learn::Suggest,
        examples: Vec::new(),
        place: place("test"),
    }
}
