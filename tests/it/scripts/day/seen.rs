//! What came of each post, as the daemon's store and as a replay tell it.

use std::collections::{HashMap, HashSet};

use newshound::dedupe::canonical_url;
use serde_json::{Value, json};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::event::{Kind, Post, posts};
use super::table::name;
use super::{Entry, Stage, outlets, time};

/// What came of a post.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) post: Post,
    /// The decision, as the commands call it; a post that is a known item is a duplicate.
    pub(super) decision: String,
    /// Why, in words.
    pub(super) why: String,
    /// The story it went to, where it is an item of its own.
    pub(super) story: Option<String>,
    pub(super) is_first_of_its_kind: bool,
}

impl Outcome {
    /// Says whether somebody was told.
    pub(super) fn is_told(&self) -> bool {
        matches!(self.decision.as_str(), "alert" | "follow_up")
    }
}

/// Puts posts and what came of them together.
fn outcomes(mut of: impl FnMut(&Post) -> (String, String, Option<String>)) -> Vec<Outcome> {
    let mut kinds: HashSet<&'static str> = HashSet::new();
    let outcome = |post: Post| {
        let (decision, why, story) = of(&post);
        let kind = match post.kind {
            Kind::Ship => "ship",
            Kind::Port => "port",
            Kind::First | Kind::News | Kind::Own | Kind::Copy | Kind::Edit | Kind::Again => "event",
        };
        let is_first_of_its_kind = kinds.insert(kind);
        Outcome { post, decision, why, story, is_first_of_its_kind }
    };
    posts().into_iter().map(outcome).collect()
}

/// An item of the store.
struct Stored {
    source: String,
    decision: Option<String>,
    reason: Option<String>,
    /// Whose copy it is.
    copy_of: Option<String>,
    story: Option<String>,
}

/// Returns what the daemon made of each post.
pub(super) async fn daemon(stage: &Stage) -> Vec<Outcome> {
    let status = stage.status().await;
    let mut store = SqliteConnection::connect(status["store"]["url"].as_str().unwrap()).await.unwrap();
    let (items, echoes) = (items(&mut store).await, echoes(&mut store).await);
    let mut seen: HashSet<(String, String)> = HashSet::new();
    outcomes(|post| {
        let key = canonical_url(&post.url).unwrap();
        let is_new = seen.insert((post.outlet.clone(), key.clone()));
        match items.get(&key) {
            Some(item) if is_new && item.source == post.outlet => of_item(item),
            Some(item) if item.source == post.outlet => duplicate("a known item, brought up to date"),
            Some(item) => duplicate(&format!("the very article of {}", name(&item.source))),
            None => match echoes.get(&(post.outlet.clone(), key)) {
                Some(source) if is_new => duplicate(&format!("the very text of {}", name(source))),
                Some(_) => duplicate("a known item, brought up to date"),
                None => ("none".to_owned(), "the store does not know it".to_owned(), None),
            },
        }
    })
}

fn duplicate(why: &str) -> (String, String, Option<String>) {
    ("duplicate".to_owned(), why.to_owned(), None)
}

fn of_item(item: &Stored) -> (String, String, Option<String>) {
    let decision = item.decision.clone().unwrap_or_else(|| "below".to_owned());
    let why = match (&item.reason, &item.copy_of) {
        (Some(reason), _) => reason.clone(),
        (None, Some(source)) => format!("a copy of {}", name(source)),
        (None, None) => "nothing new".to_owned(),
    };
    (decision, why, item.story.clone())
}

/// Returns the stored items by their canonical addresses.
async fn items(store: &mut SqliteConnection) -> HashMap<String, Stored> {
    let found = sqlx::query(
        "select item.url, item.source, hit.decision, alert.reason, original.source as copy_of, story.id as story
         from item left join hit on hit.item = item.id and hit.topic = 'ships'
             left join alert on alert.item = item.id and alert.topic = 'ships'
             left join article on article.item = item.id and article.url is null
             left join article as original on original.number = article.copy_of
             left join story on story.number = article.story",
    )
    .fetch_all(store)
    .await
    .unwrap();
    let item = |row: sqlx::sqlite::SqliteRow| {
        let url: String = row.get("url");
        let stored = Stored {
            source: row.get("source"),
            decision: row.get("decision"),
            reason: row.get("reason"),
            copy_of: row.get("copy_of"),
            story: row.get("story"),
        };
        (canonical_url(&url).unwrap(), stored)
    };
    found.into_iter().map(item).collect()
}

/// Returns whose article it is that an outlet has at an address of its own.
async fn echoes(store: &mut SqliteConnection) -> HashMap<(String, String), String> {
    let found = sqlx::query(
        "select article.source, article.url, item.source as original
         from article join item on item.id = article.item where article.url <> ''",
    )
    .fetch_all(store)
    .await
    .unwrap();
    let echo = |row: sqlx::sqlite::SqliteRow| {
        let url: String = row.get("url");
        ((row.get("source"), canonical_url(&url).unwrap()), row.get("original"))
    };
    found.into_iter().map(echo).collect()
}

/// Returns what a replay makes of each post: the whole day as a file of items, by time.
pub(super) async fn replay(stage: &Stage) -> Vec<Outcome> {
    let mut lines: Vec<(Entry, String)> = Vec::new();
    for (outlet, entries) in outlets() {
        lines.extend(entries.into_iter().map(|entry| (entry, outlet.clone())));
    }
    lines.sort_by_key(|(entry, outlet)| (entry.at, outlet.clone()));
    let text: String = lines.iter().map(|(entry, outlet)| line(entry, outlet) + "\n").collect();
    std::fs::write(stage.program().path("day.jsonl"), text).unwrap();
    let decided = stage.program().json(&["backtest", "--topic", "ships", "--input", "day.jsonl"]).await;
    let decided: HashMap<String, Value> =
        decided.into_iter().map(|row| (row["item"].as_str().unwrap().to_owned(), row)).collect();
    outcomes(|post| match decided.get(&id(&Entry::of(post), &post.outlet)) {
        Some(row) => {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("decision"), text("reason"), row["story"].as_str().map(ToOwned::to_owned))
        }
        None => ("none".to_owned(), "the replay does not know it".to_owned(), None),
    })
}

fn id(entry: &Entry, outlet: &str) -> String {
    format!("{outlet}/{}/{}", entry.place, entry.at.as_secs() / 60)
}

fn line(entry: &Entry, outlet: &str) -> String {
    json!({
        "id": id(entry, outlet),
        "source": outlet,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.text,
        "published": time(entry.published).to_string(),
        "first_seen": time(entry.at).to_string(),
        "lang": "en",
    })
    .to_string()
}
