//! `backtest`: topics replayed over files and over the archive.

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
    assert_eq!((&first["story"], &copy["reason"]), (&copy["story"], &json!("a copy of a")));
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
    let found: Vec<String> =
        rows.iter().map(|row| format!("{}", row["decision"].as_str().unwrap())).collect();
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
