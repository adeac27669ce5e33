//! The matcher against the manual's values and the public corpora.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use newshound::config::{Near, Place, Problem, Query, Severity, SourceFile, Term, Topic};
use newshound::matcher::Matcher;
use newshound::model::{Item, ItemId, Score, ScoreOutcome, TopicId};
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

/// The same topics in the professional form.
const MANUAL_QUERIES: &str = r#"
[[topic]]
id = "kim-travel"
query = '''("Kim Jong-un" OR "North Korean leader" OR "Ким Чен Ын" OR 김정은 OR 金正恩 OR Kim WITH (Pyongyang OR Putin)) NEAR/12 (visit OR travel* OR trip OR arriv* OR "armored train" OR прибыл OR 방문)'''

[[topic]]
id = "vladivostok"
query = '''(Vladivostok OR Владивосток OR 블라디보스토크 OR 海参崴 OR "Eastern Economic Forum"^0.8) BUTNOT ("Admiral Vladivostok" OR "Luch Vladivostok") AND NOT title:(hockey OR KHL)'''

[[topic]]
id = "arms-deal"
query = '''(="arms deal"^1.4 OR (=arms OR weapons OR ammunition) NEAR/6 (deal OR sale OR sell OR suppl* OR transfer)) BUTNOT "coat of arms" AND NOT "real estate"'''
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

#[test]
fn the_manuals_queries_come_to_its_values() {
    let Some(article) = corpus("seed/article.txt") else { return };
    let matcher = compile(&toml_topics(MANUAL_QUERIES));
    check_manual(&matcher, &item("", &String::from_utf8(article).unwrap(), None), [0.684, 0.537, 0.635]);
}

#[track_caller]
fn check_manual(matcher: &Matcher, item: &Item, expect: [f64; 3]) {
    for (topic, expect) in ["kim-travel", "vladivostok", "arms-deal"].into_iter().zip(expect) {
        let scores = matcher.score_all(item, &[]);
        let score = scores.iter().find(|score| score.topic.as_str() == topic).unwrap();
        assert!(
            (score.score - expect).abs() <= TOLERANCE,
            "{topic}: {expect} expected of {}\n{score:#?}",
            item.title
        );
    }
}

/// Cases that contradict the contract: in the reference a word with a soft hyphen is two words, and
/// of "#сборная России#турнир" it does not see "России".
const CONTRADICTING: [(&str, &str); 2] = [("tg-ru-training-037", "q-lang"), ("tg-ru-honey-036", "q-lang")];

#[test]
fn the_reference_cases_agree() {
    let Some(packed) = corpus("matching/reference_cases.jsonl.gz") else { return };
    let mut rows = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut rows).unwrap();
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let of_kind = |kind: &'static str| rows.iter().filter(move |row| row["kind"] == kind);
    let topics: Vec<Topic> = of_kind("topic").map(topic).collect();
    assert!(topics.iter().any(|topic| topic.query.is_some()));
    let matcher = compile(&topics);
    let items: HashMap<&str, &Value> = of_kind("item").map(|row| (text(row, "id"), row)).collect();
    let (mut n, mut n_evidence, mut differing) = (0_u32, 0_u32, Vec::new());
    for case in of_kind("case") {
        let row = items[text(case, "item")];
        let scores =
            matcher.score_all(&item(text(row, "title"), text(row, "text"), row["lang"].as_str()), &[]);
        let score = scores.iter().find(|score| score.topic.as_str() == text(case, "topic")).unwrap();
        n += 1;
        n_evidence += u32::from(counts(score) == reference_counts(case) || score.score == 0.0);
        let known = CONTRADICTING.contains(&(text(case, "item"), text(case, "topic")));
        if (score.score - case["score"].as_f64().unwrap()).abs() > TOLERANCE && !known {
            differing.push(difference(case, score));
        }
    }
    let n_known = u32::try_from(CONTRADICTING.len()).unwrap();
    let share = |n_good: u32| f64::from(n_good) / f64::from(n);
    let agreement = share(n - u32::try_from(differing.len()).unwrap());
    println!("reference_cases, {n} cases: scores within {TOLERANCE}: {agreement:.4}");
    println!("  with the {n_known} that contradict the contract: {:.4}", agreement - share(n_known));
    println!("  same terms in the same fields: {:.4}", share(n_evidence));
    assert!(n >= 3000, "only {n} cases were read");
    assert!(agreement >= AGREEMENT, "{agreement:.4} of {n} cases agree\n{}", differing.join("\n"));
    assert!(share(n_evidence + n_known) >= AGREEMENT);
}

/// How often each term occurs in each field, as the evidence says.
fn counts(score: &Score) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for line in &score.evidence {
        let near = line.term.strip_prefix("near ").and_then(|near| near.split_once(':'));
        let term = near.map_or(line.term.clone(), |(within, _)| format!("NEAR/{within}"));
        *counts.entry((term, line.field.to_string())).or_default() += u64::from(line.count);
    }
    counts
}

fn reference_counts(case: &Value) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for term in case["terms"].as_array().unwrap() {
        for (field, count) in term["where"].as_object().unwrap() {
            *counts.entry((text(term, "term").to_owned(), field.clone())).or_default() +=
                count.as_u64().unwrap();
        }
    }
    counts
}

fn difference(case: &Value, score: &Score) -> String {
    let mut out = format!(
        "{} {} expected {} is {}\n  reference",
        case["item"], case["topic"], case["score"], score.score
    );
    for term in case["terms"].as_array().unwrap() {
        write!(out, " | {} {}", term["term"], term["where"]).unwrap();
    }
    for line in &score.evidence {
        write!(out, "\n  {} {} {} {:.3} {}", line.term, line.field, line.count, line.points, line.snippet)
            .unwrap();
    }
    out
}

#[test]
fn the_mission_cases_come_out() {
    check_mission_cases(include_str!("mission_topics.toml"));
}

#[test]
fn the_mission_cases_come_out_of_queries_too() {
    let Some(topics) = corpus("matching/mission_topics_pro.toml") else { return };
    check_mission_cases(&String::from_utf8(topics).unwrap());
}

#[track_caller]
fn check_mission_cases(topics: &str) {
    let matcher = compile(&toml_topics(topics));
    let cases: Vec<Value> =
        include_str!("mission_cases.jsonl").lines().map(|case| serde_json::from_str(case).unwrap()).collect();
    let mut wrong = String::new();
    for case in &cases {
        let hits = hits(&matcher, &item(text(case, "title"), text(case, "text"), None));
        let expect: Vec<&str> =
            case["expect_hits"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        if hits != expect {
            writeln!(wrong, "{} {}: {hits:?}, expected {expect:?}", case["id"], case["title"]).unwrap();
        }
    }
    assert!(wrong.is_empty() && cases.len() > 20, "{wrong}");
}

#[test]
fn the_seed_article_has_the_scores_of_the_mission_topics() {
    let Some(article) = corpus("seed/article.txt") else { return };
    let matcher = compile(&toml_topics(include_str!("mission_topics.toml")));
    check_manual(&matcher, &item("", &String::from_utf8(article).unwrap(), None), [0.695, 0.661, 0.928]);
}

#[test]
fn traps_are_avoided_and_spellings_found() {
    let matcher = compile(&toml_topics(include_str!("mission_topics.toml")));
    let none: [&str; 11] = [
        "Kim Kardashian travels to Paris",
        "Kim Cattrall arrives in London for a visit",
        "Actor Kim Soo-hyun arrives in Bangkok",
        "KHL club Admiral Vladivostok signs goalkeeper",
        "Surgeons reattach arms of accident victim",
        "Council agrees coat-of-arms deal",
        "Real-estate deal: tower sold",
        "Nvidia's Arm deal off, Nvidia’s Arm sale dead",
        "Farmers up in arms over trade deal",
        "Workers welcome deal with open arms",
        "OPEN ARMS FOR A TRADE DEAL",
    ];
    for title in none {
        assert_eq!(hits(&matcher, &item(title, "", None)), Vec::<String>::new(), "{title}");
    }
    let kim = [
        "KIM JONG UN ARRIVES IN BEIJING",
        "Kim Jong‑un’s visit",
        "KIM JONGUN VISITS CHINA",
        "#KimJongUn arriving",
        "North Korea’s Kim to leave Pyongyang",
        "김정은 위원장이 중국을 방문했다",
        "金正恩氏が訪露",
        "Ким Чен Ын прибыл с визитом",
    ];
    for title in kim {
        assert_eq!(hits(&matcher, &item(title, "", None)), ["kim-travel"], "{title}");
    }
    for title in
        ["Поставки оружия", "Поставкам оружия мешают", "무기거래 정황", "Arms-deal talks: arms deal near"]
    {
        assert_eq!(hits(&matcher, &item(title, "", None)), ["arms-deal"], "{title}");
    }
    for title in ["Он был во Владивостоке", "VLADIVOSTOK", "海参崴", "Vladi\u{ad}vostok"]
    {
        assert_eq!(hits(&matcher, &item(title, "", None)), ["vladivostok"], "{title}");
    }
}

/// The topics an item hits.
pub(crate) fn hits(matcher: &Matcher, item: &Item) -> Vec<String> {
    let scores = matcher.score(item, &[]);
    let hits = scores.iter().filter(|score| score.outcome == ScoreOutcome::Hit);
    hits.map(|score| score.topic.to_string()).collect()
}

/// Returns a file of the corpora, or says that it is not there.
pub(crate) fn corpus(path: &str) -> Option<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "the corpora are found through the environment")]
    let root = std::env::var_os("NEWSHOUND_CORPORA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let bytes = std::fs::read(root.join(path)).ok();
    if bytes.is_none() {
        println!("skipped: no {path} in {}", root.display());
    }
    bytes
}

pub(crate) fn compile(topics: &[Topic]) -> Matcher {
    let (matcher, problems) = Matcher::compile(topics);
    let errors: Vec<&Problem> =
        problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    matcher
}

/// An item as extraction leaves it: the corpora hold entities and paragraphs.
pub(crate) fn item(title: &str, text: &str, lang: Option<&str>) -> Item {
    Item {
        title: plain(title),
        text: plain(text),
        lang: lang.map(str::to_owned),
        ..Item::bare(ItemId::new("it_test"))
    }
}

/// Drops what looks like a tag, as extraction would, and decodes the few entities there are.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let close = rest[open..].find('>').map(|close| open + close);
        let is_tag = rest[open + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let (kept, next) = match close {
            Some(close) if is_tag => (open, close + 1),
            _ => (open + 1, open + 1),
        };
        out.push_str(&rest[..kept]);
        out.push(' ');
        rest = &rest[next..];
    }
    out.push_str(rest);
    let entities = [("&amp;", "&"), ("&#8217;", "’"), ("&quot;", "\"")];
    entities.iter().fold(out, |text, (from, to)| text.replace(from, to))
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

pub(crate) fn toml_topics(text: &str) -> Vec<Topic> {
    let file: toml::Table = text.parse().unwrap();
    let file = serde_json::to_value(file).unwrap();
    file["topic"].as_array().unwrap().iter().map(topic).collect()
}

fn place(text: &str) -> Place {
    Place {
        file: Arc::new(SourceFile { path: "test.toml".into(), text: text.to_owned() }),
        span: 0..text.len(),
    }
}

fn topic(row: &Value) -> Topic {
    let id = text(row, "id");
    Topic {
        name: id.into(),
        threshold: row["threshold"].as_f64().unwrap_or(0.5),
        any: terms(&row["any"]),
        all: row["all"].as_array().into_iter().flatten().map(terms).collect(),
        none: terms(&row["none"]),
        ignore: terms(&row["ignore"]),
        less: terms(&row["less"]),
        near: row["near"].as_array().into_iter().flatten().map(near).collect(),
        query: row["query"].as_str().map(|text| Query { text: text.into(), place: place(text) }),
        min_terms: row["min_terms"].as_u64().map_or(1, |n| u32::try_from(n).unwrap()),
        mention: row["mention"].as_bool().unwrap_or(false),
        ..Topic::blank(TopicId::new(id), place(id))
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
    match row.as_array() {
        Some(list) => list.iter().map(term).collect(),
        None if row.is_null() => Vec::new(),
        None => vec![term(row)],
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
