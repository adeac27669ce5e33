//! The matcher against the public corpora, and the properties a score has.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use newshound::config::{FollowUps, Near, Place, SourceFile, Term, Topic};
use newshound::matcher::Matcher;
use newshound::model::{Item, ItemId, ItemKeys, Score, ScoreOutcome, TopicId};
use serde_json::Value;

/// The topics of the manual.
const MANUAL: &str = r#"
[[topic]]
id = "vladivostok"
any    = ["Vladivostok", "Владивосток", "블라디보스토크", "海参崴", "Eastern Economic Forum^0.8"]
ignore = ["Admiral Vladivostok"]
less   = ["hockey^1.5", "KHL^1.5"]
none   = ["sponsored post"]

[[topic]]
id = "kim-travel"
[[topic.near]]
within = 12
a = ["Kim Jong-un", "North Korean leader", "Ким Чен Ын", "김정은", "金正恩", { term = "Kim", with = ["Pyongyang", "Putin", "North Korea"] }]
b = ["visit", "travel", "trip", "arrive", "leave", "armored train", "armoured train", "bound for", "heads to", "визит", "прибыл", "방문", "열차", "访问"]

[[topic]]
id = "arms-deal"
any = ["=arms deal^1.4", "=arms deals^1.4", "arms transaction^1.4", "weapons deal^1.4", "ammunition^0.3", "무기 거래^1.4"]
ignore = ["coat of arms", "open arms", "up in arms"]
less = ["real estate"]
[[topic.near]]
within = 6
weight = 0.9
a = ["=arms", "weapons", "ammunition", "munitions", "artillery shells", "missile"]
b = ["deal", "sale", "sell", "sold", "supply", "transfer", "export", "shipment", "procure", "purchase"]
"#;

/// A share of reference cases as good as this is agreement.
const AGREEMENT: f64 = 0.999;
/// Scores nearer than this are equal.
const TOLERANCE: f64 = 0.005;

#[test]
fn the_manuals_values_come_out() {
    let matcher = compile(&toml_topics(MANUAL));
    let filler = "word ".repeat(60);
    let passing = format!("{filler} Vladivostok {filler}");
    let table: &[(&str, &str, [f64; 3])] = &[
        ("Kim Jongun arrives in Vladivostok", "", [0.646, 0.646, 0.0]),
        ("North Korea&#8217;s Kim travelling to Beijing, Pyongyang confirms", "", [0.646, 0.0, 0.0]),
        ("Во Владивостоке открылся форум", "", [0.0, 0.646, 0.0]),
        ("김정은, 러시아 방문", "", [0.646, 0.0, 0.0]),
        ("US warns North Korea over arms deals with Russia", "", [0.0, 0.0, 0.909]),
        ("Weapons sales to Saudi Arabia resume", "The sale of weapons had been frozen.", [0.0, 0.0, 0.635]),
        ("", &passing, [0.0, 0.370, 0.0]),
    ];
    for (title, text, expect) in table {
        check_manual(&matcher, &item(title, text, None), *expect);
    }
    let Some(article) = corpus("seed/article.txt") else { return };
    check_manual(&matcher, &item("", &String::from_utf8(article).unwrap(), None), [0.690, 0.600, 0.905]);
}

#[track_caller]
fn check_manual(matcher: &Matcher, item: &Item, expect: [f64; 3]) {
    for (topic, expect) in ["kim-travel", "vladivostok", "arms-deal"].into_iter().zip(expect) {
        let scores = matcher.score_all(item, &[]);
        let score = scores.iter().find(|score| score.topic.as_str() == topic).unwrap();
        assert!((score.score - expect).abs() <= TOLERANCE, "{topic}: {expect} expected of {}\n{score:#?}", item.title);
    }
}

#[test]
fn the_reference_cases_agree() {
    let Some(packed) = corpus("matching/reference_cases.jsonl.gz") else { return };
    let mut rows = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut rows).unwrap();
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let of_kind = |kind: &'static str| rows.iter().filter(move |row| row["kind"] == kind);
    let topics: Vec<Topic> = of_kind("topic").filter(|row| row.get("query").is_none()).map(topic).collect();
    let matcher = compile(&topics);
    let items: HashMap<&str, &Value> = of_kind("item").map(|row| (row["id"].as_str().unwrap(), row)).collect();
    let (mut n, mut report) = (0, Vec::new());
    for case in of_kind("case") {
        let id = case["topic"].as_str().unwrap();
        if !topics.iter().any(|topic| topic.id.as_str() == id) {
            continue;
        }
        let row = items[case["item"].as_str().unwrap()];
        let item = item(text(row, "title"), text(row, "text"), row["lang"].as_str());
        let scores = matcher.score_all(&item, &[]);
        let score = scores.iter().find(|score| score.topic.as_str() == id).unwrap();
        n += 1;
        if (score.score - case["score"].as_f64().unwrap()).abs() > TOLERANCE {
            report.push(difference(case, score));
        }
    }
    let share = 1.0 - report.len() as f64 / f64::from(n);
    println!("reference_cases: {n} cases without a query, {:.4} within {TOLERANCE}", share);
    assert!(share >= AGREEMENT, "{share:.4} of {n} cases agree\n{}", report.join("\n"));
}

fn difference(case: &Value, score: &Score) -> String {
    let mut out = format!("{} {} expected {} is {}\n  reference", case["item"], case["topic"], case["score"], score.score);
    for term in case["terms"].as_array().unwrap() {
        write!(out, " | {} {}", term["term"], term["where"]).unwrap();
    }
    for line in &score.evidence {
        write!(out, "\n  {} {} {} {:.3} {}", line.term, line.field, line.count, line.points, line.snippet).unwrap();
    }
    out
}

#[test]
fn the_mission_cases_come_out() {
    let (Some(topics), Some(cases)) =
        (corpus("matching/mission_topics.toml"), corpus("matching/mission_cases.jsonl"))
    else {
        return;
    };
    let matcher = compile(&toml_topics(&String::from_utf8(topics).unwrap()));
    let mut wrong = String::new();
    for case in String::from_utf8(cases).unwrap().lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let scores = matcher.score_all(&item(text(&case, "title"), text(&case, "text"), None), &[]);
        let hits: Vec<&str> = scores
            .iter()
            .filter(|score| score.outcome == ScoreOutcome::Hit)
            .map(|score| score.topic.as_str())
            .collect();
        let expect: Vec<&str> =
            case["expect_hits"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        if hits != expect {
            writeln!(wrong, "{} {}: {hits:?}, expected {expect:?}", case["id"], case["title"]).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Returns a file of the corpora, or says that it is not there.
fn corpus(path: &str) -> Option<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "the corpora are found through the environment")]
    let root = std::env::var_os("NEWSHOUND_CORPORA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let bytes = std::fs::read(root.join(path)).ok();
    if bytes.is_none() {
        println!("skipped: no {path} in {}", root.display());
    }
    bytes
}

fn compile(topics: &[Topic]) -> Matcher {
    let (matcher, problems) = Matcher::compile(topics);
    assert!(problems.is_empty(), "{problems:#?}");
    matcher
}

/// An item as extraction leaves it: the corpora hold entities and paragraphs.
fn item(title: &str, text: &str, lang: Option<&str>) -> Item {
    Item {
        id: ItemId::new("it_test"),
        source: None,
        url: None,
        title: plain(title),
        summary: String::new(),
        text: plain(text),
        author: None,
        published: None,
        updated: None,
        lang: lang.map(str::to_owned),
        tags: Vec::new(),
        first_seen: None,
        image: None,
        keys: ItemKeys::default(),
    }
}

fn plain(text: &str) -> String {
    let entities = [("&amp;", "&"), ("&#8217;", "’"), ("&quot;", "\""), ("<p>", "\n"), ("</p>", "\n")];
    entities.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

fn toml_topics(text: &str) -> Vec<Topic> {
    let file: toml::Table = text.parse().unwrap();
    let file = serde_json::to_value(file).unwrap();
    file["topic"].as_array().unwrap().iter().map(topic).collect()
}

fn place(text: &str) -> Place {
    Place { file: Arc::new(SourceFile { path: "test.toml".into(), text: text.to_owned() }), span: 0..text.len() }
}

fn topic(row: &Value) -> Topic {
    let id = text(row, "id");
    Topic {
        id: TopicId::new(id),
        name: id.into(),
        threshold: row["threshold"].as_f64().unwrap_or(0.5),
        near_miss: 0.25,
        any: terms(&row["any"]),
        all: row["all"].as_array().into_iter().flatten().map(terms).collect(),
        none: terms(&row["none"]),
        ignore: terms(&row["ignore"]),
        less: terms(&row["less"]),
        near: row["near"].as_array().into_iter().flatten().map(near).collect(),
        min_terms: row["min_terms"].as_u64().map_or(1, |n| u32::try_from(n).unwrap()),
        mention: row["mention"].as_bool().unwrap_or(false),
        sources: Vec::new(),
        languages: Vec::new(),
        routes: Vec::new(),
        follow_ups: FollowUps::NewFacts,
        examples: Vec::new(),
        place: place(id),
    }
}

fn near(row: &Value) -> Near {
    Near {
        a: terms(&row["a"]),
        b: terms(&row["b"]),
        within: row["within"].as_u64().map_or(10, |n| u32::try_from(n).unwrap()),
        ordered: row["ordered"].as_bool().unwrap_or(false),
        weight: row["weight"].as_f64().unwrap_or(1.0),
        place: place("near"),
    }
}

fn terms(row: &Value) -> Vec<Term> {
    match row {
        Value::Array(list) => list.iter().map(term).collect(),
        Value::Null => Vec::new(),
        _ => vec![term(row)],
    }
}

fn term(row: &Value) -> Term {
    let text = row.as_str().or_else(|| row["term"].as_str()).unwrap();
    Term {
        text: text.into(),
        weight: row["weight"].as_f64(),
        field: row["field"].as_str().map(str::to_owned),
        with: terms(&row["with"]),
        place: place(text),
    }
}
