//! `backtest`: topics replayed over files and over the archive.

use newshound::model::Timestamp;
use serde_json::{Value, json};

use crate::program::{Program, text};

const TOPICS: &str = r#"
[server]
listen = ""
[fetch]
contact = "ops@example.org"
[[source]]
id = "world-news"
url = "https://world.example/feed"
tags = ["world"]
[[topic]]
id = "kim"
any = ["Kim"]
none = ["sponsored post"]
follow_ups = "all"
[[topic]]
id = "oil"
any = ["oil", "ammunition^0.3"]
sources = ["tag:world"]
"#;

fn lines(items: &[Value]) -> String {
    items.iter().fold(String::new(), |lines, item| format!("{lines}{item}\n"))
}

/// The decisions, as `item topic decision`.
fn decisions(rows: &[Value]) -> Vec<String> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("null").to_owned();
    rows.iter().map(|row| ["item", "topic", "decision"].map(|key| word(row, key)).join(" ")).collect()
}

/// Replays these items with these arguments, and returns the lines.
async fn replay(config: &str, items: &[Value], more: &[&str]) -> Vec<Value> {
    let program = Program::new(config);
    std::fs::write(program.path("items.jsonl"), lines(items)).unwrap();
    program.json(&[&["backtest", "--input", "items.jsonl"], more].concat()).await
}

#[tokio::test]
async fn items_are_decided_on_in_the_order_of_the_file() {
    let items = [
        json!({"id": "a", "source": "s", "title": "Kim arrives", "first_seen": "2023-09-12T09:00:00Z"}),
        json!({"id": "b", "source": "t", "title": "KIM ARRIVES!", "first_seen": "2023-09-11T09:00:00Z"}),
        json!({"id": "c", "source": "t", "title": "Kim arrives", "first_seen": "2023-09-20T09:00:00Z"}),
        json!({"id": "d", "source": "t", "title": "Nothing of that"}),
        json!({"id": "e", "source": "world-news", "title": "Ammunition is sold for oil", "text": "By Kim."}),
    ];
    let rows = replay(TOPICS, &items, &[]).await;
    let found = decisions(&rows);
    assert_eq!(
        found,
        ["a kim alert", "b kim duplicate", "c kim alert", "e kim alert", "e oil alert"],
        "{rows:#?}"
    );
    let (first, copy) = (&rows[0], &rows[1]);
    assert!(first["story"].as_str().unwrap().starts_with("st_"));
    assert_eq!((&first["story"], &copy["reason"]), (&copy["story"], &json!("a copy of a (s)")));
    assert_eq!(first["reason"], "first article of the story");
    assert_eq!((&first["score"], &first["threshold"]), (&json!(0.646_447), &json!(0.5)));
    let reason = &first["evidence"][0];
    assert_eq!(
        *reason,
        json!({"term": "Kim", "field": "title", "count": 1, "weight": 1.0, "points": 1.5, "snippet": "«Kim» arrives"})
    );
    assert!(first.get("was").is_none());
}

#[tokio::test]
async fn every_pair_is_told_on_request() {
    let items = [
        json!({"id": "a", "title": "Kim: a sponsored post"}),
        json!({"title": "Ammunition", "source": "world-news"}),
        json!({"id": "c", "text": "oil"}),
    ];
    let rows = replay(TOPICS, &items, &["--all"]).await;
    let found: Vec<String> = rows.iter().map(|row| row["decision"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, ["vetoed", "excluded", "below", "below", "below", "excluded"]);
    assert_eq!(rows[2]["item"], rows[3]["item"]);
    assert!(rows[2]["item"].as_str().unwrap().starts_with("it_"), "an id is computed where there is none");
    assert!(rows.iter().all(|row| row["story"].is_null()), "{rows:#?}");
    assert!(rows[0]["evidence"][0]["term"] == "Kim" || rows[0]["evidence"][0]["term"] == "sponsored post");
    let scored = replay(TOPICS, &items, &[]).await;
    assert_eq!(decisions(&scored).len(), 1, "only what scored above 0: {scored:#?}");
    let one = replay(TOPICS, &items, &["--all", "--topic", "oil"]).await;
    assert!(one.len() == 3 && one.iter().all(|row| row["topic"] == "oil"));
}

#[tokio::test]
async fn an_edit_alerts_where_the_topic_was_not_told() {
    let item = |source: &str, title: &str| json!({"id": "a", "source": source, "title": title, "url": "https://n.example/1"});
    let items = [
        item("s", "Talks begin"),
        item("s", "Talks with Kim begin"),
        item("s", "Talks with Kim go on"),
        item("world-news", "Talks with Kim about oil go on"),
    ];
    let rows = replay(TOPICS, &items, &[]).await;
    assert_eq!(decisions(&rows), ["a kim alert", "a kim duplicate", "a kim duplicate", "a oil alert"]);
}

#[tokio::test]
async fn identity_needs_no_topic_and_no_configuration() {
    let program = Program::new("");
    std::fs::remove_file(program.path("newshound.toml")).unwrap();
    let items = lines(&[
        json!({"id": "a", "source": "s", "title": "One", "url": "https://n.example/1?utm_source=x"}),
        json!({"id": "b", "source": "t", "title": "Two", "url": "http://www.n.example/1#top"}),
        json!({"id": "a", "source": "s", "title": "One, edited"}),
        json!({"id": "a", "source": "t", "title": "Another"}),
        json!({"id": "it_w2sq8a06rnd5cyknzgdp", "title": "Known"}),
    ]);
    std::fs::write(program.path("items.jsonl"), items).unwrap();
    let rows = program.json(&["backtest", "--input", "items.jsonl", "--identity"]).await;
    let of: Vec<&Value> = rows.iter().map(|row| &row["duplicate_of"]).collect();
    assert_eq!(of, [&Value::Null, &json!("a"), &json!("a"), &Value::Null, &Value::Null]);
    let stories: Vec<&str> = rows.iter().map(|row| row["story"].as_str().unwrap()).collect();
    assert_eq!((stories[0], stories[0]), (stories[1], stories[2]));
    assert!(stories[3] != stories[0] && stories.iter().all(|story| story.starts_with("st_")), "{stories:?}");
    let told = program.run(&["backtest", "--input", "items.jsonl", "--identity"]).await;
    assert!(text(&told.stdout).starts_with("5 items, 2 are copies\n  b of a\n  a of a\n"), "{told:?}");
}

/// 2023-09-01
const SEPTEMBER: i64 = 1_693_526_400_000;

/// A file of items by the hour: every third is of Kim, every fifth a copy of one before.
fn many(n: u64) -> String {
    let item = |at: u64| {
        let of = if at % 5 == 4 { at - 4 } else { at };
        let kim = if of % 3 == 0 { "Kim speaks of ammunition" } else { "Nothing" };
        let time = Timestamp::from_millis(SEPTEMBER + i64::try_from(at).unwrap() * 3_600_000).to_string();
        json!({"id": at.to_string(), "source": "s", "title": format!("{kim}, part {of}"), "published": time})
    };
    lines(&(0..n).map(item).collect::<Vec<_>>())
}

#[tokio::test]
async fn the_outcome_is_the_same_on_any_number_of_threads() {
    let program = Program::new(TOPICS);
    std::fs::write(program.path("items.jsonl"), many(3000)).unwrap();
    let mut outcomes = Vec::new();
    for threads in ["1", "2", "7"] {
        let all = ["backtest", "--input", "items.jsonl", "--all", "--json", "--threads", threads];
        let identity = ["backtest", "--input", "items.jsonl", "--identity", "--json", "--threads", threads];
        outcomes.push((program.run(&all).await.stdout, program.run(&identity).await.stdout));
    }
    assert_eq!(text(&outcomes[0].0).lines().count(), 6000);
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    let of: Vec<u64> = text(&outcomes[0].1)
        .lines()
        .enumerate()
        .filter(|(at, line)| {
            let row: Value = serde_json::from_str(line).unwrap();
            assert_eq!(row["item"], at.to_string(), "in the order of the input");
            row["duplicate_of"].is_null()
        })
        .map(|(at, _)| at as u64)
        .collect();
    assert!(of.len() == 2400 && of.iter().all(|at| at % 5 != 4), "{}", of.len());
}

#[tokio::test]
async fn a_line_that_is_no_item_is_told_and_costs_no_other() {
    let program = Program::new(TOPICS);
    let kim = json!({"id": "a", "title": "Kim"}).to_string();
    let mut input =
        format!("\u{feff}{kim}\r\n\n{{\"title\": \"Kim\"\n[1]\n{{\"url\": \"https://n.example\"}}\n")
            .into_bytes();
    input.extend(b"{\"title\": \"caf\xe9\"}\n");
    input.extend(kim.replace("\"a\"", "\"b\"").replace("Kim", "Kim again").as_bytes());
    std::fs::write(program.path("items.jsonl"), input).unwrap();
    let ended = program.run(&["backtest", "--input", "items.jsonl", "--json"]).await;
    assert_eq!(ended.status.code(), Some(1));
    let rows: Vec<Value> =
        text(&ended.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(decisions(&rows), ["a kim alert", "b kim alert"]);
    let told: Vec<&str> = text(&ended.stderr).lines().collect();
    let begins = [
        "items.jsonl:3:15: not JSON: EOF while parsing an object; an item is one object on one line",
        "items.jsonl:4: expected an object like",
        "items.jsonl:5: an item needs `title` or `text`",
        "items.jsonl:6:15: not UTF-8",
        "error: 4 lines of items.jsonl left out",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for (line, begin) in told.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}");
    }
    for (file, said) in [("nothing.jsonl", "there is no such file"), (".", "it is a directory")] {
        let ended = program.run(&["backtest", "--input", file]).await;
        assert_eq!(ended.status.code(), Some(1));
        assert!(text(&ended.stderr).contains(said), "{ended:?}");
    }
}

#[tokio::test]
async fn standard_input_and_packed_files_are_read_too() {
    use std::io::Write as _;
    let program = Program::new(TOPICS);
    std::fs::write(program.path("items.jsonl"), many(50)).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(many(50).as_bytes()).unwrap();
    std::fs::write(program.path("items.jsonl.gz"), packed.finish().unwrap()).unwrap();
    let plain = program.json(&["backtest", "--input", "items.jsonl"]).await;
    assert!(!plain.is_empty());
    assert_eq!(plain, program.json(&["backtest", "--input", "items.jsonl.gz"]).await);
    let mut child = program.start_with_input(&["backtest", "--input", "-", "--json"]);
    let mut stdin = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, many(50).as_bytes()).await.unwrap();
    drop(stdin);
    let piped = crate::program::finished(child).await;
    assert_eq!(text(&piped.stdout).lines().count(), plain.len());
}

#[tokio::test]
async fn against_another_configuration_only_what_differs_is_told() {
    let program = Program::new(TOPICS);
    let other = TOPICS
        .replace("id = \"kim\"\nany", "id = \"kim\"\nthreshold = 0.7\nany")
        .replace("\"oil\"", "\"coal\"");
    std::fs::write(program.path("other.toml"), other).unwrap();
    let items = [
        json!({"id": "a", "title": "Kim"}),
        json!({"id": "b", "title": "Nothing"}),
        json!({"id": "c", "title": "Kim of coal and oil", "source": "world-news"}),
        json!({"id": "d", "title": "A dog"}),
    ];
    std::fs::write(program.path("items.jsonl"), lines(&items)).unwrap();
    let compare = ["backtest", "--input", "items.jsonl", "--against", "other.toml"];
    let rows = program.json(&compare).await;
    let words: Vec<String> = rows
        .iter()
        .map(|row| {
            format!("{} {} {} {}", row["item"], row["topic"], row["decision"], row["was"]).replace('"', "")
        })
        .collect();
    assert_eq!(words, ["a kim alert below", "c kim alert below", "c oil alert null", "c coal null alert"]);
    assert_eq!(rows[3]["score"], 0.0);
    let told = text(&program.run(&compare).await.stdout).to_owned();
    for line in [
        "against other.toml: 3 alerts more, 1 fewer",
        "kim  0 → 2, 2 more, 0 fewer",
        "+ Kim of coal and oil (was below, now alert)",
        "coal  1 → no such topic, 0 more, 1 fewer",
    ] {
        assert!(told.contains(line), "{told}");
    }
    std::fs::write(program.path("wrong.toml"), "mood = 1\n").unwrap();
    let wrong = program.run(&["backtest", "--input", "items.jsonl", "--against", "wrong.toml"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("wrong.toml:1:1: "), "{wrong:?}");
}

#[tokio::test]
async fn topics_that_agree_without_points_are_not_told() {
    let program = Program::new(TOPICS);
    std::fs::write(
        program.path("other.toml"),
        TOPICS.replace("any = [\"Kim\"]", "any = [\"Kim\"]\nlanguages = [\"de\"]"),
    )
    .unwrap();
    let items = [
        json!({"id": "a", "title": "Nothing at all"}),
        json!({"id": "b", "title": "Kim is here", "lang": "en"}),
    ];
    std::fs::write(program.path("items.jsonl"), lines(&items)).unwrap();
    let compare = ["backtest", "--input", "items.jsonl", "--against", "other.toml"];
    let rows = program.json(&compare).await;
    assert_eq!((rows.len(), &rows[0]["was"]), (1, &json!("excluded")), "{rows:#?}");
    let all = program.json(&[&compare[..], &["--all"]].concat()).await;
    assert_eq!(decisions(&all), ["a kim below", "b kim alert"]);
}

#[tokio::test]
async fn an_expectation_that_is_not_met_exits_with_3() {
    let program = Program::new(TOPICS);
    std::fs::write(program.path("items.jsonl"), many(96)).unwrap();
    // 26 of 77 items that are no copies are of Kim, in four days.
    for (expression, code) in [
        ("alerts>26", 0),
        ("alerts > 25", 3),
        ("alerts>6/d", 3),
        ("alerts>6.5/d", 0),
        ("hits>26", 3),
        ("hits<1", 3),
        ("hits<0", 0),
    ] {
        let ended =
            program.run(&["backtest", "--input", "items.jsonl", "--fail-on", expression, "--json"]).await;
        assert_eq!(ended.status.code(), Some(code), "{expression}: {}", text(&ended.stderr));
        assert_eq!(text(&ended.stderr).contains("failed: topic "), code == 3, "{expression}");
    }
    for expression in ["alerts", "news>1", "alerts>x", "alerts>1/h", "alerts>-1", ""] {
        let ended = program.run(&["backtest", "--input", "items.jsonl", "--fail-on", expression]).await;
        assert_eq!(ended.status.code(), Some(2), "{expression}");
        assert!(text(&ended.stderr).contains("alerts>20/d"), "{expression}: {}", text(&ended.stderr));
    }
}

#[tokio::test]
async fn wrong_use_says_what_is_possible() {
    let program = Program::new(TOPICS);
    for (arguments, said) in [
        (&["--topic", "kin"][..], "known: kim, oil"),
        (&["--input", "x", "--since", "1d"], "cannot be used with"),
        (&["--identity", "--topic", "kim"], "cannot be used with"),
        (&["--since", "soon"], "7d"),
    ] {
        let ended = program.run(&[&["backtest"], arguments].concat()).await;
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(text(&ended.stderr).contains(said), "{arguments:?}: {}", text(&ended.stderr));
    }
    let empty = Program::new("[fetch]\ncontact = \"a@example.org\"\n");
    let ended = empty.run(&["backtest", "--input", "x"]).await;
    assert!(ended.status.code() == Some(2) && text(&ended.stderr).contains("newshound init"), "{ended:?}");
}

#[tokio::test]
async fn people_read_a_table_and_what_the_doctor_found() {
    let program = Program::new(TOPICS);
    std::fs::write(program.path("items.jsonl"), many(96)).unwrap();
    let told = program.run(&["backtest", "--input", "items.jsonl"]).await;
    assert_eq!(text(&told.stderr), "", "no progress where nobody watches");
    let told = text(&told.stdout);
    for line in [
        "96 items, of 2023-09-01 to 2023-09-04 (4 days), 19 are copies; ",
        "kim      33      26       7    6.5  ",
        "1 topic without a hit: oil",
        "topic doctor, over 77 items",
        "never there: sponsored post",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
}
