//! `/metrics`, read by a parser of its own that takes nothing on trust.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Names with the labels of their samples, the bound of a histogram's class aside.
const NAMES: &[(&str, &str, &[&str])] = &[
    ("fetches_total", "counter", &["class"]),
    ("fetch_duration_seconds", "histogram", &[]),
    ("fetch_bytes_total", "counter", &[]),
    ("items_new_total", "counter", &[]),
    ("missed_windows_total", "counter", &[]),
    ("items_duplicate_total", "counter", &["kind"]),
    ("hits_total", "counter", &["topic"]),
    ("alerts_total", "counter", &["topic", "decision"]),
    ("deliveries_total", "counter", &["channel", "class"]),
    ("deliveries_created_total", "counter", &[]),
    ("deliveries", "gauge", &["state"]),
    ("delivery_duration_seconds", "histogram", &["channel"]),
    ("outbox_pending", "gauge", &["channel"]),
    ("outbox_oldest_seconds", "gauge", &["channel"]),
    ("sources", "gauge", &["state"]),
    ("source_last_success_timestamp_seconds", "gauge", &["source"]),
    ("published_to_sent_seconds", "histogram", &["topic"]),
    ("fetched_to_sent_seconds", "histogram", &[]),
    ("poll_lag_seconds", "histogram", &[]),
    ("store_commit_seconds", "histogram", &[]),
    ("store_bytes", "gauge", &[]),
    ("config_last_reload_successful", "gauge", &[]),
    ("config_last_reload_timestamp_seconds", "gauge", &[]),
    ("build_info", "gauge", &["version"]),
];

type Labels = BTreeMap<String, String>;

/// What was read: the type of each family, and the value of each series.
#[derive(Default)]
pub(super) struct Figures {
    kinds: BTreeMap<String, String>,
    series: BTreeMap<(String, Labels), f64>,
}

impl Figures {
    pub(super) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.series.get(&(format!("newshound_{name}"), labels)).copied()
    }

    pub(super) fn sum(&self, name: &str) -> f64 {
        let name = format!("newshound_{name}");
        self.series.iter().filter(|((found, _), _)| *found == name).map(|(_, value)| value).sum()
    }
}

/// Reads the text format, version 0.0.4, and fails on whatever a scraper could trip over.
pub(super) fn parse(text: &str) -> Figures {
    assert!(text.ends_with('\n'));
    let mut figures = Figures::default();
    let (mut helped, mut family) = (BTreeSet::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()) && !help.is_empty(), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(figures.kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{line} comes twice");
            name.clone_into(&mut family);
        } else {
            let (name, labels, value) = sample(line);
            let of_family =
                name.strip_prefix(&family).unwrap_or_else(|| panic!("{line} stands under {family}"));
            let histogram = figures.kinds[&family] == "histogram";
            assert_eq!(histogram, ["_bucket", "_sum", "_count"].contains(&of_family), "{line}");
            assert!(figures.series.insert((name, labels), value).is_none(), "{line} comes twice");
        }
    }
    assert_eq!(helped, figures.kinds.keys().cloned().collect());
    check_histograms(&figures);
    figures
}

fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value in {line:?}"));
    let (name, mut rest) = line.split_at(end);
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    assert!(
        !name.is_empty() && name.chars().all(letter) && !name.starts_with(|c: char| c.is_ascii_digit()),
        "{line}"
    );
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label in {line:?}"));
            assert!(
                !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
                "{line}"
            );
            let (value, after) = quoted(after);
            assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
            match after.split_at(1) {
                (",", after) => rest = after,
                ("}", after) => break rest = after,
                _ => panic!("{line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("{line}")))
}

/// Reads up to the closing quote; returns the value and what follows.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => value.push('\n'),
                Some(escaped @ ('\\' | '"')) => value.push(escaped),
                other => panic!("no such escape: {other:?}"),
            },
            char => value.push(char),
        }
    }
    panic!("no closing quote in {text:?}")
}

/// Classes grow, end at infinity, and the last holds all.
fn check_histograms(figures: &Figures) {
    for family in figures.kinds.iter().filter(|(_, kind)| *kind == "histogram").map(|(family, _)| family) {
        let mut classes: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
        for ((name, labels), value) in &figures.series {
            if name.strip_suffix("_bucket") == Some(family) {
                let mut labels = labels.clone();
                let bound = labels.remove("le").unwrap().parse().unwrap();
                classes.entry(labels).or_default().push((bound, *value));
            }
        }
        for (labels, mut classes) in classes {
            classes.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(classes.is_sorted_by(|a, b| a.1 <= b.1), "{family}{labels:?}: {classes:?}");
            let count = figures.series[&(format!("{family}_count"), labels.clone())];
            assert_eq!(classes.last(), Some(&(f64::INFINITY, count)), "{family}{labels:?}");
            assert!(figures.series.contains_key(&(format!("{family}_sum"), labels)));
        }
    }
}

/// Checks names and labels against the contract; `all` says whether each must have a value.
pub(super) fn check_names(figures: &Figures, all: bool) {
    for ((series, labels), value) in &figures.series {
        let name = series.strip_prefix("newshound_").unwrap_or_else(|| panic!("{series} has no prefix"));
        let named = NAMES.iter().find(|(known, kind, _)| {
            let histogram = *kind == "histogram";
            name == *known
                || (histogram && name.strip_prefix(known).is_some_and(|rest| rest.starts_with('_')))
        });
        let (known, kind, expected) = named.unwrap_or_else(|| panic!("{series} is in no contract"));
        assert_eq!(figures.kinds.get(&format!("newshound_{known}")).map(String::as_str), Some(*kind));
        let found: BTreeSet<&str> =
            labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
        assert_eq!(found, expected.iter().copied().collect(), "{series}");
        assert!(value.is_finite() && *value >= 0.0, "{series}{labels:?} {value}");
    }
    for (name, kind, _) in NAMES.iter().filter(|_| all) {
        let sample = format!("newshound_{name}{}", if *kind == "histogram" { "_count" } else { "" });
        assert!(figures.series.keys().any(|(found, _)| *found == sample), "{name} has no value");
    }
}

#[tokio::test]
async fn what_can_be_told_at_the_start_is_told() {
    let served = serve("", Limits::default()).await;
    let figures = parse(&get(served.address, "/metrics").await.body);
    check_names(&figures, false);
    for (name, labels, value) in [
        ("hits_total", &[("topic", "kim-travel")][..], 0.0),
        ("outbox_pending", &[("channel", "desk")], 0.0),
        ("outbox_oldest_seconds", &[("channel", "ops-hook")], 0.0),
        ("sources", &[("state", "active")], 1.0),
        ("sources", &[("state", "disabled")], 1.0),
        ("sources", &[("state", "backing_off")], 0.0),
        ("sources", &[("state", "degraded")], 0.0),
        ("sources", &[("state", "unstable_ids")], 0.0),
        ("items_new_total", &[], 0.0),
        ("config_last_reload_successful", &[], 1.0),
        ("config_last_reload_timestamp_seconds", &[], 1_772_525_640.0),
        ("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0),
    ] {
        assert_eq!(figures.value(name, labels), Some(value), "{name}{labels:?}");
    }
    for state in ["pending", "sending", "delivered", "failed", "cancelled"] {
        assert_eq!(figures.value("deliveries", &[("state", state)]), Some(0.0), "{state}");
    }
    assert!(figures.value("store_bytes", &[]).unwrap() > 0.0);
}

#[tokio::test]
async fn many_scrapes_at_one_time_read_whole_pages() {
    let served = serve("", Limits::default()).await;
    let scrape = || tokio::spawn(async move { get(served.address, "/metrics").await });
    let scrapes: Vec<_> = (0..24).map(|_| scrape()).collect();
    let mut lines = BTreeSet::new();
    for scrape in scrapes {
        lines.insert(parse(&scrape.await.unwrap().body).series.len());
    }
    assert_eq!(lines.len(), 1, "some scrapes saw less than others: {lines:?}");
}

#[tokio::test]
async fn a_thousand_sources_are_told_apart_and_more_are_not() {
    for (n, labels) in [(1_000, 1_000), (1_001, 1)] {
        let served = serve("", Limits::default()).await;
        let watched = |n: i32| Watched {
            id: newshound::model::SourceId::new(format!("s{n}")),
            host: format!("{n}"),
            address: String::new(),
            enabled: true,
        };
        served.store.sync_sources(&(0..n).map(watched).collect::<Vec<_>>(), now()).await.unwrap();
        let path = format!("sqlite:{}", served.folder.path().join("newshound.db").display());
        let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect(&path).await.unwrap();
        sqlx::query("update source set last_success = 1000 + rowid").execute(&mut other).await.unwrap();
        let figures = parse(&get(served.address, "/metrics").await.body);
        let told = figures.series.keys().filter(|(name, _)| name.contains("source_last_success"));
        assert_eq!(told.count(), labels, "{n} sources");
    }
}
