//! How well watch lists find what editors filed under a topic: the figures of
//! docs/evaluation.md, from the public corpora.
//!
//! `cargo test --test it evaluation -- --nocapture` prints them.

mod baseline;
mod common_words;
mod copies;
mod figures;
mod stories;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use newshound::app::setup;
use newshound::config::{Environment, Problem, Topic, Wanted};
use newshound::extract;
use newshound::model::Item;
use serde_json::{Value, json};

use self::baseline::Baseline;
use self::figures::{Figures, Judged, count, macro_mean};
use super::matching::{compile, corpus, hits, item, toml_topics};
use super::spellings::{NAMES, split_by};

/// What the reference matcher has, and how near is near enough.
const REFERENCE_F1: (f64, f64) = (0.785, 0.01);
const REFERENCE_PRECISION: (f64, f64) = (0.838, 0.01);
const REFERENCE_FALSE_ALARMS: (f64, f64) = (11.6, 0.5);

/// A score as high is an alert; a baseline alerts on one term.
const THRESHOLD: f64 = 0.5;

/// Bytes of an item's text, as the daemon keeps them.
const MAX_TEXT: usize = 256 << 10;

/// An item with the labels its editors gave it.
struct Row {
    item: Item,
    labels: Vec<String>,
}

#[test]
fn hand_written_topics_find_what_editors_filed() {
    let Some((topics, rows)) = reuters() else { return };
    let (f1, precision) = print_figures("reuters21578", &topics, &rows);
    for baseline in Baseline::ALL {
        let (lower, _) =
            print_means(baseline.name(), &figures(&topics, &rows, &found(baseline, &topics, &rows)));
        assert!(f1 > lower, "{}", baseline.name());
    }
    check_near("macro F1", f1, REFERENCE_F1);
    check_near("average precision", precision, REFERENCE_PRECISION);
}

#[test]
fn items_about_something_else_raise_few_alarms() {
    let Some((topics, _)) = reuters() else { return };
    let Some(rows) = rows("news-text/agnews-test.jsonl.gz", "labels") else { return };
    let sports: Vec<Row> =
        rows.into_iter().filter(|row| row.labels.iter().any(|label| label == "Sports")).collect();
    let per_thousand = |ranks: &[Vec<f64>]| {
        let alarms = count(ranks.iter().flatten().filter(|rank| **rank >= THRESHOLD));
        alarms * 1000.0 / count(sports.iter())
    };
    let ours = per_thousand(&scores(&topics, &sports));
    println!("agnews-test, {} documents labelled Sports: alarms per 1,000", sports.len());
    println!("  newshound {ours:.1}");
    for baseline in Baseline::ALL {
        let theirs = per_thousand(&found(baseline, &topics, &sports));
        println!("  {} {theirs:.1}", baseline.name());
        assert!(ours < theirs, "{}", baseline.name());
    }
    check_near("alarms per 1,000", ours, REFERENCE_FALSE_ALARMS);
}

#[test]
fn spellings_are_found_and_traps_avoided() {
    let (mut good, mut all) = ([0, 0], [0, 0]);
    println!("spellings found, look-alikes avoided");
    for (name, spellings, traps) in NAMES {
        let (found, avoided) = (split_by(None, name, spellings).0.len(), split_by(None, name, traps).1.len());
        println!("  {found} of {}, {avoided} of {}: {name}", spellings.len(), traps.len());
        good = [good[0] + found, good[1] + avoided];
        all = [all[0] + spellings.len(), all[1] + traps.len()];
    }
    println!("  in all {} of {}, {} of {}", good[0], all[0], good[1], all[1]);
    assert_eq!(good, all);
}

#[test]
fn mission_topics_come_out_in_every_case() {
    let queries = corpus("matching/mission_topics_pro.toml").map(|topics| String::from_utf8(topics).unwrap());
    let simple = Some(include_str!("mission_topics.toml").to_owned());
    for (form, topics) in [("simple form", simple), ("queries", queries)] {
        let Some(topics) = topics else { continue };
        let matcher = compile(&toml_topics(&topics));
        let cases: Vec<Value> = include_str!("mission_cases.jsonl")
            .lines()
            .map(|case| serde_json::from_str(case).unwrap())
            .collect();
        let is_right = |case: &&Value| {
            let text = |key: &str| case[key].as_str().unwrap_or_default();
            Value::from(hits(&matcher, &item(text("title"), text("text"), None))) == case["expect_hits"]
        };
        let n_right = cases.iter().filter(is_right).count();
        println!("mission_cases, {form}, {} items: {n_right} with exactly the topics expected", cases.len());
        assert_eq!(n_right, cases.len());
    }
}

/// `NEWSHOUND_WATCHLIST` names a configuration, `NEWSHOUND_LABELLED` JSON lines whose `labels` are
/// the ids of the topics that an item belongs to.
#[test]
fn a_watchlist_of_ones_own_is_evaluated() {
    #[expect(clippy::disallowed_methods, reason = "what to evaluate is said from outside")]
    let [watchlist, labelled] =
        ["NEWSHOUND_WATCHLIST", "NEWSHOUND_LABELLED"].map(|name| std::env::var_os(name).map(PathBuf::from));
    let (Some(watchlist), Some(labelled)) = (watchlist, labelled) else {
        return println!("skipped: NEWSHOUND_WATCHLIST and NEWSHOUND_LABELLED name nothing");
    };
    let checked = setup::load(Some(&watchlist), Wanted::Required, &Environment::real());
    let problems: Vec<String> = checked.problems.iter().map(Problem::render).collect();
    let topics = checked.ready.unwrap_or_else(|| panic!("{}", problems.join("\n"))).config.topics;
    let text = std::fs::read_to_string(&labelled).unwrap();
    let rows: Vec<Row> = text.lines().filter_map(|line| row(line, "labels")).collect();
    assert!(!rows.is_empty(), "no row of {} has `labels`", labelled.display());
    print_figures(&labelled.display().to_string(), &topics, &rows);
}

#[tokio::test]
async fn the_program_decides_as_the_figures_say() {
    let Some((topics, rows)) = reuters() else { return };
    let home = tempfile::tempdir().unwrap();
    let input = home.path().join("reuters.jsonl");
    let some: Vec<Row> = rows.into_iter().step_by(25).filter(|row| !row.item.title.is_empty()).collect();
    let line = |(n, row): (usize, &Row)| {
        json!({"id": n.to_string(), "title": row.item.title, "text": row.item.text}).to_string()
    };
    std::fs::write(&input, some.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let config = home.path().join("newshound.toml");
    std::fs::write(&config, corpus("matching/reuters_topics_public.toml").unwrap()).unwrap();
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_newshound"))
        .args(["backtest", "--json", "--all", "--config"])
        .args([&config, Path::new("--input"), &input])
        .output()
        .await
        .unwrap();
    let decided: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ours = scores(&topics, &some);
    assert_eq!(decided.len(), some.len() * topics.len());
    for (decision, ours) in decided.iter().zip(ours.iter().flatten()) {
        assert!((decision["score"].as_f64().unwrap() - ours).abs() < 1e-6, "{decision} {ours}");
    }
}

#[track_caller]
fn check_near(what: &str, ours: f64, (reference, tolerance): (f64, f64)) {
    assert!((ours - reference).abs() <= tolerance, "{what} is {ours:.4}, the reference has {reference}");
}

/// The six topics and the rows that have a label.
fn reuters() -> Option<(Vec<Topic>, Vec<Row>)> {
    let topics = toml_topics(&String::from_utf8(corpus("matching/reuters_topics_public.toml")?).unwrap());
    Some((topics, rows("news-text/reuters21578.jsonl.gz", "topics")?))
}

/// Reads the rows of a corpus, each the way `backtest --input` does.
fn rows(path: &str, labels: &str) -> Option<Vec<Row>> {
    Some(unpacked(path)?.lines().filter_map(|line| row(line, labels)).collect())
}

fn unpacked(path: &str) -> Option<String> {
    let packed = corpus(path)?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    Some(text)
}

/// Returns the lines of a corpus.
fn jsonl(path: &str) -> Option<Vec<Value>> {
    Some(unpacked(path)?.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Returns the item of a line, with its language where that is given.
fn item_of(row: &Value) -> Item {
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    item(text("title"), text("text"), row["lang"].as_str())
}

/// Returns a row, if it has a label: to others none of the figures refers.
fn row(line: &str, labels: &str) -> Option<Row> {
    let row: Value = serde_json::from_str(line).unwrap();
    let names = row[labels].as_array().into_iter().flatten();
    let labels: Vec<String> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
    if labels.is_empty() {
        return None;
    }
    // A few were filed without a word; no topic can find those.
    let raw = extract::item_json(line, MAX_TEXT).map(|given| given.raw).unwrap_or_default();
    let read = Item { title: raw.title, summary: raw.summary, text: raw.text, ..item("", "", None) };
    Some(Row { item: Item { lang: raw.lang, ..read }, labels })
}

/// Returns the score of each row for each topic.
fn scores(topics: &[Topic], rows: &[Row]) -> Vec<Vec<f64>> {
    let matcher = compile(topics);
    ranks(rows, |item| {
        let grades = matcher.grade(item, &[]);
        let of = |topic: &Topic| {
            grades.iter().find(|grade| *grade.topic == topic.id).map_or(0.0, |grade| grade.score)
        };
        topics.iter().map(of).collect()
    })
}

/// Returns how many terms of each topic a row holds.
fn found(baseline: Baseline, topics: &[Topic], rows: &[Row]) -> Vec<Vec<f64>> {
    let topics: Vec<Vec<String>> = topics.iter().map(|topic| baseline.terms(topic)).collect();
    ranks(rows, |item| {
        let text = baseline.text(&format!("{} {}", item.title, item.text));
        topics
            .iter()
            .map(|terms| terms.iter().filter(|term| text.contains(*term)).map(|_| 1.0).sum())
            .collect()
    })
}

/// Ranks each row for each topic, on all cores.
fn ranks(rows: &[Row], rank: impl Fn(&Item) -> Vec<f64> + Sync) -> Vec<Vec<f64>> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = rows.len().div_ceil(n_threads).max(1);
    std::thread::scope(|scope| {
        let rank = &rank;
        let parts: Vec<_> = rows
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(|row| rank(&row.item)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// What each topic comes to: it is right where it has the name of a label.
fn figures(topics: &[Topic], rows: &[Row], ranks: &[Vec<f64>]) -> Vec<Figures> {
    let of = |(at, topic): (usize, &Topic)| {
        let judged = rows.iter().zip(ranks).map(|(row, ranks)| Judged {
            rank: ranks[at],
            right: row.labels.iter().any(|label| label == topic.id.as_str()),
        });
        Figures::of(judged.collect(), THRESHOLD)
    };
    topics.iter().enumerate().map(of).collect()
}

/// Prints what each topic comes to, and the means of F1 and of average precision, and returns these.
fn print_figures(corpus: &str, topics: &[Topic], rows: &[Row]) -> (f64, f64) {
    let all = figures(topics, rows, &scores(topics, rows));
    println!("{corpus}, {} labelled documents; {} topics", rows.len(), topics.len());
    println!("  {:12} {:>6} {:>6} {:>6} {:>6}", "topic", "prec.", "recall", "F1", "AP");
    for (topic, figures) in topics.iter().zip(&all) {
        let Figures { precision, recall, f1, average_precision } = figures;
        println!("  {:12} {precision:6.3} {recall:6.3} {f1:6.3} {average_precision:6.3}", topic.id.as_str());
    }
    print_means("newshound", &all)
}

fn print_means(who: &str, figures: &[Figures]) -> (f64, f64) {
    let f1 = macro_mean(figures, |figures| figures.f1);
    let precision = macro_mean(figures, |figures| figures.average_precision);
    println!("  {who}: macro F1 {f1:.3}, average precision {precision:.3}");
    (f1, precision)
}
