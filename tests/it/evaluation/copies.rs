//! How well copies are found: the program itself over the public corpora, as in docs/stories.md.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use super::figures::count;
use crate::matching::corpus;

/// What of a true story must be recognised as a copy, and how near the clusters must come to it.
const LEAST_RECALL: f64 = 0.97;
const LEAST_F1: f64 = 0.98;
const MOST_STORIES: f64 = 1.05;
/// Of what was sent again, and of what only looks so.
const LEAST_OF_DUPLICATES: f64 = 0.97;
const MOST_OF_RECURRING: f64 = 0.05;
/// Items flagged as copies among a thousand of other news, at most.
const MOST_FLAGGED: [(&str, f64); 2] = [("agnews-test", 10.0), ("bbc", 70.0)];

/// The number of the original of each item: its own where it is no copy.
type Originals = Vec<usize>;

#[tokio::test]
async fn re_publications_are_copies() {
    let Some(rows) = rows("same-story/synthetic-syndication.jsonl.gz") else { return };
    let found = originals(&rows).await;
    let truth: Vec<&str> = rows.iter().map(|row| row["story"].as_str().unwrap()).collect();
    let (recall, f1) = (recall(&truth, &found), b_cubed_f1(&truth, &found));
    let stories = count(groups(&found).iter()) / count(groups(&truth).iter());
    println!("synthetic-syndication, {} items, {} true stories", rows.len(), groups(&truth).len());
    println!("  copies: recall {recall:.4}, B-cubed F1 {f1:.4}, {stories:.3} originals a true story");
    print_lost(&rows, &truth, &found);
    assert!(recall >= LEAST_RECALL && f1 >= LEAST_F1 && stories <= MOST_STORIES);
}

#[tokio::test]
async fn recurring_reports_are_no_copies() {
    let Some(pairs) = rows("same-story/reuters-near-duplicates.jsonl.gz") else { return };
    let Some(rows) = rows("news-text/reuters21578.jsonl.gz") else { return };
    let found = originals(&rows).await;
    let place: HashMap<&str, usize> =
        rows.iter().enumerate().map(|(at, row)| (row["id"].as_str().unwrap(), at)).collect();
    let of = |pair: &Value, side: &str| found[place[pair[side].as_str().unwrap()]];
    let share = |label: &str| {
        let labelled: Vec<&Value> = pairs.iter().filter(|pair| pair["weak_label"] == label).collect();
        let same = count(labelled.iter().filter(|pair| of(pair, "a") == of(pair, "b")));
        println!("  {label}: {same} of {} pairs are copies", labelled.len());
        same / count(labelled.iter())
    };
    println!("reuters21578, {} items, {:.1} flagged of 1,000", rows.len(), flagged(&found));
    assert!(share("duplicate") >= LEAST_OF_DUPLICATES);
    assert!(share("recurring") <= MOST_OF_RECURRING);
}

#[tokio::test]
async fn other_news_is_seldom_flagged() {
    for (name, most) in MOST_FLAGGED {
        let Some(rows) = rows(&format!("news-text/{name}.jsonl.gz")) else { continue };
        let flagged = flagged(&originals(&rows).await);
        println!("{name}, {} items: {flagged:.1} flagged of 1,000", rows.len());
        assert!(flagged <= most, "{name}");
    }
}

pub(super) fn rows(path: &str) -> Option<Vec<Value>> {
    let packed = corpus(path)?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Has the program say what the items of a corpus are.
async fn originals(rows: &[Value]) -> Originals {
    let mut place: HashMap<String, usize> = HashMap::new();
    let mut found: Originals = Vec::new();
    for told in replayed(&rows.iter().map(line).collect::<Vec<_>>()).await {
        // A copy of a copy is one of the original.
        let original = told["duplicate_of"].as_str().map_or(found.len(), |id| found[place[id]]);
        place.insert(told["item"].as_str().unwrap().to_owned(), found.len());
        found.push(original);
    }
    found
}

/// Returns what the program says of each of these items.
pub(super) async fn replayed(items: &[Value]) -> Vec<Value> {
    let home = tempfile::tempdir().unwrap();
    let input = home.path().join("items.jsonl");
    let lines: Vec<String> = items.iter().map(Value::to_string).collect();
    std::fs::write(&input, lines.join("\n")).unwrap();
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_newshound"))
        .args([
            Path::new("backtest"),
            Path::new("--identity"),
            Path::new("--json"),
            Path::new("--input"),
            &input,
        ])
        .current_dir(home.path())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), items.len());
    told
}

/// Writes a row as the input of a replay. Items of Reuters without a word stand for nothing.
pub(super) fn line(row: &Value) -> Value {
    let host = row["url"].as_str().and_then(|url| url.split('/').nth(2));
    let id = &row["id"];
    let empty = [&row["title"], &row["text"]].iter().all(|text| text.as_str().is_none_or(str::is_empty));
    json!({
        "id": id,
        "source": host.unwrap_or("the-corpus"),
        "url": row["url"],
        "title": if empty { id } else { &row["title"] },
        "text": row["text"],
        "author": row["author"],
        "first_seen": seen(row),
    })
}

/// Returns when an item was published, as RFC 3339; null where the corpus does not say.
fn seen(row: &Value) -> Value {
    const MONTHS: [&str; 6] = ["FEB", "MAR", "APR", "JUN", "OCT", "JAN"];
    const NUMBERS: [&str; 6] = ["02", "03", "04", "06", "10", "01"];
    if row["published"].is_string() {
        return row["published"].clone();
    }
    let Some(date) = row["date"].as_str().map(str::trim) else { return Value::Null };
    // `26-FEB-1987 15:01:01.79`
    let (day, time) = date.split_once(' ').unwrap_or_default();
    let parts: Vec<&str> = day.split('-').collect();
    let [day, month, year] = parts[..] else { return Value::Null };
    let month = MONTHS.iter().position(|name| *name == month).map(|at| NUMBERS[at]);
    month.map_or(Value::Null, |month| format!("{year}-{month}-{day:0>2}T{}Z", &time[..8]).into())
}

pub(super) fn groups<T: std::hash::Hash + Eq>(of: &[T]) -> HashMap<&T, Vec<usize>> {
    let mut groups: HashMap<&T, Vec<usize>> = HashMap::new();
    for (at, group) in of.iter().enumerate() {
        groups.entry(group).or_default().push(at);
    }
    groups
}

/// Returns which share of the items that come after the first of their story are recognised.
fn recall(truth: &[&str], found: &Originals) -> f64 {
    let again = repeats(truth);
    count(again.iter().filter(|at| is_found(truth, found, **at))) / count(again.iter())
}

/// Returns the items that are not the first of their true story.
fn repeats(truth: &[&str]) -> Vec<usize> {
    let mut all: Vec<usize> =
        groups(truth).into_values().flat_map(|members| members.into_iter().skip(1)).collect();
    all.sort_unstable();
    all
}

fn is_found(truth: &[&str], found: &Originals, at: usize) -> bool {
    found[at] != at && truth[found[at]] == truth[at]
}

/// Returns B-cubed F1: for each item how much its two groups have in common (Bagga and Baldwin 1998).
pub(super) fn b_cubed_f1(truth: &[&str], found: &Originals) -> f64 {
    let (by_truth, by_found) = (groups(truth), groups(found));
    let (mut precision, mut recall) = (0.0, 0.0);
    for at in 0..truth.len() {
        let (own, others) = (&by_found[&found[at]], &by_truth[&truth[at]]);
        let common = count(own.iter().filter(|member| others.contains(member)));
        precision += common / count(own.iter());
        recall += common / count(others.iter());
    }
    2.0 * precision * recall / (precision + recall) / count(truth.iter())
}

fn print_lost(rows: &[Value], truth: &[&str], found: &Originals) {
    let mut kinds: std::collections::BTreeMap<&str, (u32, u32)> = std::collections::BTreeMap::new();
    for at in repeats(truth) {
        for kind in rows[at]["ops"].as_array().unwrap() {
            let (good, all) = kinds.entry(kind.as_str().unwrap()).or_default();
            *good += u32::from(is_found(truth, found, at));
            *all += 1;
        }
    }
    for (kind, (good, all)) in kinds {
        println!("  {good:>4} of {all:>4} {kind}");
    }
}

fn flagged(found: &Originals) -> f64 {
    count(found.iter().enumerate().filter(|(at, original)| at != *original)) * 1000.0 / count(found.iter())
}

#[test]
fn figures_of_copies_are_those_of_the_textbook() {
    let truth = ["a", "a", "a", "b"];
    let found = vec![0, 0, 2, 2];
    assert!((recall(&truth, &found) - 0.5).abs() < 1e-9);
    // Precision: 1, 1, 1/2, 1/2; recall: 2/3, 2/3, 1/3, 1.
    assert!((b_cubed_f1(&truth, &found) - 2.0 * 0.75 * (8.0 / 12.0) / (0.75 + 8.0 / 12.0)).abs() < 1e-9);
    assert!((flagged(&found) - 500.0).abs() < 1e-9);
}
