//! Holds the edition to the shipped topics: what must alert does, and nothing else would.

use std::collections::BTreeSet;
use std::path::Path;

use super::configuration;
use super::edition::{Edition, Moment, Showing};
use crate::config::{Config, Environment, parse_str};
use crate::matcher::Matcher;
use crate::model::{Item, ItemId, ScoreOutcome};

fn config() -> Config {
    let address = "127.0.0.1:8643".parse().unwrap();
    let toml = configuration(address, "127.0.0.1:8642".parse().unwrap(), Path::new("/tmp/demo.db"));
    let loaded = parse_str("demo.toml", &toml, &Environment::of("/", &[]));
    assert!(loaded.config.is_some(), "{:#?}", loaded.problems);
    loaded.config.unwrap()
}

fn item(piece: &Showing) -> Item {
    Item {
        title: piece.title.clone(),
        summary: piece.text.clone(),
        lang: Some(piece.feed.feed().lang.to_owned()),
        ..Item::bare(ItemId::new("it_1"))
    }
}

#[test]
fn the_demos_configuration_is_valid_and_allows_the_newsroom() {
    let config = config();
    assert_eq!(config.sources.len(), 7);
    assert_eq!(config.topics.len(), 3);
    assert!(config.sources.iter().all(|source| source.interval.is_some()));
}

#[test]
fn what_must_alert_hits_and_nothing_hits_that_must_not() {
    let (matcher, problems) = Matcher::compile(&config().topics);
    assert!(problems.is_empty(), "{problems:?}");
    let mut alerted: BTreeSet<(String, String)> = BTreeSet::new();
    for (piece, expected) in Edition::bundled().everything() {
        let scores = matcher.score(&item(&piece), &[]);
        let hits: Vec<_> = scores.iter().filter(|score| score.outcome == ScoreOutcome::Hit).collect();
        for topic in &expected {
            assert!(hits.iter().any(|hit| hit.topic.as_str() == topic), "{topic} misses {}", piece.title);
        }
        for hit in hits {
            assert!(!hit.evidence.is_empty());
            let news = (hit.topic.as_str().to_owned(), piece.title.replace(" (обновлено)", ""));
            let told = expected.iter().any(|topic| topic == hit.topic.as_str());
            let baseline = matches!(piece.published, Moment::Before(_));
            assert!(told || baseline || alerted.contains(&news), "{} hits {}", hit.topic, piece.title);
            alerted.insert(news);
        }
    }
}
