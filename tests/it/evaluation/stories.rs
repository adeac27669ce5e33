//! How well stories are found: the program itself over the public corpora, as in docs/stories.md.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::copies::{b_cubed_f1, groups, line, replayed, rows};
use super::figures::count;

/// The most words of a headline that is made of a sentence.
const HEADLINE_WORDS: usize = 10;
/// From this score on, two headlines are of one story; at that or below they are of two.
const SAME_SCORE: f64 = 3.0;
const OTHER_SCORE: f64 = 1.5;
/// Of how many items of Reuters the biggest story is looked for, and how big it may be.
const REUTERS_ITEMS: usize = 1500;
const BIGGEST: usize = 110;

/// B-cubed F1 at the least, and stories of a true one at the most.
const LEAST_OF_EVENTS: (f64, f64) = (0.84, 1.5);
const LEAST_OF_HEADLINES: (f64, f64) = (0.60, 2.6);
/// F1 of the pairs: `SemEval`, tgcontest, its headlines, the headlines of STS.
const LEAST_OF_PAIRS: [f64; 4] = [0.76, 0.77, 0.64, 0.80];

/// The number of the first item of the story of each item.
type Stories = Vec<usize>;

#[tokio::test]
async fn re_publications_are_one_story() {
    let Some(rows) = rows("same-story/synthetic-syndication.jsonl.gz") else { return };
    let truth: Vec<&str> = rows.iter().map(|row| row["story"].as_str().unwrap()).collect();
    let items: Vec<Value> = rows.iter().map(line).collect();
    check_clusters("synthetic-syndication", (&items, &truth), (0.97, 1.5)).await;
    let with_title: Vec<usize> = (0..rows.len()).filter(|at| rows[*at]["title"].is_string()).collect();
    let titles: Vec<Value> = with_title.iter().map(|at| without_text(&items[*at])).collect();
    let truth: Vec<&str> = with_title.iter().map(|at| truth[*at]).collect();
    check_clusters("its headlines", (&titles, &truth), (0.96, 1.2)).await;
}

#[tokio::test]
async fn events_of_a_kind_are_stories_of_their_own() {
    let Some(rows) = rows("same-story/ecbplus-events.jsonl.gz") else { return };
    let truth: Vec<&str> = rows.iter().map(|row| row["event"].as_str().unwrap()).collect();
    let sentences = |row: &Value| -> Vec<String> {
        row["sentences"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let texts: Vec<Value> =
        rows.iter().map(|row| json!({"id": row["id"], "text": sentences(row).join(" ")})).collect();
    check_clusters("ECB+", (&texts, &truth), LEAST_OF_EVENTS).await;
    let headline = |row: &Value| {
        let words: Vec<String> = sentences(row)[0].split(' ').map(str::to_owned).collect();
        words[..words.len().min(HEADLINE_WORDS)].join(" ")
    };
    let titles: Vec<Value> =
        rows.iter().map(|row| json!({"id": row["id"], "title": headline(row)})).collect();
    check_clusters("its first sentences as headlines", (&titles, &truth), LEAST_OF_HEADLINES).await;
}

#[tokio::test]
async fn pairs_are_told_as_people_tell_them() {
    let semeval = pairs(
        "semeval2022-task8",
        |row| Some(number(&row["overall"])? <= 2.0),
        |row, side| {
            let (id, text) = if side == "a" { ("id1", "text1") } else { ("id2", "text2") };
            json!({"id": row[id], "text": row[text]})
        },
    );
    check_pairs("semeval2022-task8", semeval, LEAST_OF_PAIRS[0]).await;
    let crowd = |text: bool| {
        pairs(
            "tgcontest-pairs",
            |row| row["same"].as_bool(),
            |row, side| {
                let field = |name: &str| row[format!("{side}_{name}")].clone();
                let (url, title) = (field("url"), field("title"));
                json!({"id": url, "url": url, "title": title, "text": text.then(|| field("text"))})
            },
        )
    };
    check_pairs("tgcontest-pairs", crowd(true), LEAST_OF_PAIRS[1]).await;
    check_pairs("tgcontest-pairs, headlines", crowd(false), LEAST_OF_PAIRS[2]).await;
    let headlines = pairs("sts-headlines", judged, |row, side| json!({"id": row[side], "title": row[side]}));
    check_pairs("sts-headlines", headlines, LEAST_OF_PAIRS[3]).await;
}

#[tokio::test]
async fn other_news_is_no_story_that_grows_and_grows() {
    let Some(rows) = rows("news-text/reuters21578.jsonl.gz") else { return };
    let items: Vec<Value> = rows.iter().take(REUTERS_ITEMS).map(line).collect();
    let found = stories(&items).await;
    let biggest = groups(&found).into_values().map(|members| members.len()).max().unwrap_or(0);
    println!("reuters21578, {} items: the biggest story has {biggest}", items.len());
    assert!(biggest <= BIGGEST);
}

/// Tells whether two headlines are of one story, where the score says so.
fn judged(row: &Value) -> Option<bool> {
    let score = number(&row["score"])?;
    (score >= SAME_SCORE || score <= OTHER_SCORE).then_some(score >= SAME_SCORE)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn without_text(item: &Value) -> Value {
    let mut item = item.clone();
    item["text"] = Value::Null;
    item
}

/// Items, and pairs of them by their places, each with whether it is of one story.
type Pairs = (Vec<Value>, Vec<(usize, usize, bool)>);

/// Returns the items of a corpus of pairs, each once, with those pairs that are judged.
fn pairs(
    name: &str,
    is_same: impl Fn(&Value) -> Option<bool>,
    item: impl Fn(&Value, &str) -> Value,
) -> Option<Pairs> {
    let rows = rows(&format!("same-story/{name}.jsonl.gz"))?;
    let (mut items, mut pairs, mut place) = (Vec::new(), Vec::new(), HashMap::new());
    for row in &rows {
        let [a, b] = ["a", "b"].map(|side| {
            let item = item(row, side);
            *place.entry(item["id"].to_string()).or_insert_with(|| {
                items.push(item);
                items.len() - 1
            })
        });
        pairs.extend(is_same(row).map(|is_same| (a, b, is_same)));
    }
    Some((items, pairs))
}

/// Has the program say which items are one story: for each the first item of its story.
async fn stories(items: &[Value]) -> Stories {
    let mut first: HashMap<String, usize> = HashMap::new();
    let told = replayed(items).await;
    let story = |told: &Value| told["story"].as_str().unwrap().to_owned();
    told.iter().enumerate().map(|(at, told)| *first.entry(story(told)).or_insert(at)).collect()
}

/// Checks B-cubed F1, and how many stories are made of a true one.
async fn check_clusters(name: &str, (items, truth): (&[Value], &[&str]), (least, most): (f64, f64)) {
    let found = stories(items).await;
    let f1 = b_cubed_f1(truth, &found);
    let stories = count(groups(&found).iter()) / count(truth.iter().collect::<HashSet<_>>().iter());
    println!("{name}, {} items: B-cubed F1 {f1:.3}, {stories:.2} stories a true story", items.len());
    assert!(f1 >= least && stories <= most, "{name}");
}

/// Checks the F1 of the pairs that are of one story.
async fn check_pairs(name: &str, pairs: Option<Pairs>, least: f64) {
    let Some((items, pairs)) = pairs else { return };
    let found = stories(&items).await;
    let told = |(a, b, _): &&(usize, usize, bool)| found[*a] == found[*b];
    let right = count(pairs.iter().filter(|pair| pair.2 && told(pair)));
    let all = count(pairs.iter().filter(told)) + count(pairs.iter().filter(|pair| pair.2));
    let f1 = 2.0 * right / all;
    println!("{name}, {} pairs: F1 {f1:.3}", pairs.len());
    assert!(f1 >= least, "{name}");
}
