//! Thousands of sources in a list: what is told of them, and how it is narrowed.

use newshound::config::{Environment, Wanted, load};
use newshound::model::{Timestamp, fingerprint};
use newshound::store::{Store, Watched};
use sqlx::{Connection as _, Executor as _};

use super::*;

/// Sources of the list.
const N: usize = 3_210;
/// Those of them that fail: of the host `h7`, all that end in 7.
const FAILING: usize = 81;

/// A home with a list of addresses, which its store knows, some of them in trouble; and with a table
/// that is switched off.
async fn home() -> Home {
    let home = Home::with(
        "include = ['list.txt']\n[fetch]\ncontact = 'a@b.example'\n[[topic]]\nid = 't'\nany = ['oil']\n\
         [[source]]\nid = 'own'\nurl = 'https://own.example/'\nenabled = false\n",
    );
    let list = (0..N).map(|n| format!("https://h{}.example/{n:05}\n", n % 40)).collect::<Vec<_>>().concat();
    home.write("list.txt", &list);
    let environment = Environment::of(home.path(""), &[]);
    let loaded = load(Some(&home.path("newshound.toml")), Wanted::Required, &environment);
    let watch = |source: std::sync::Arc<newshound::config::Source>| Watched {
        id: source.id.clone(),
        host: source.url.host_str().unwrap().to_owned(),
        address: fingerprint(source.url.as_str().as_bytes()),
        enabled: source.enabled,
    };
    let watched: Vec<Watched> = loaded.config.unwrap().sources.iter().map(watch).collect();
    let url = format!("sqlite:{}", home.path("state/newshound.db").display());
    let store = Store::open(&url).await.unwrap();
    store.sync_sources(&watched, Timestamp::from_millis(4_000_000_000_000)).await.unwrap();
    store.close().await;
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    other
        .execute("update source set failures = 3, class = 'timeout', message = 'late' where id like 'h7-%7'")
        .await
        .unwrap();
    other.execute("update source set class = 'degraded' where id = 'h1-example-00001'").await.unwrap();
    other.execute("update source set marker = 'gone' where id = 'h0-example-00000'").await.unwrap();
    home
}

async fn listed(home: &Home, narrowed: &[&str]) -> Vec<String> {
    let arguments: Vec<&str> = ["sources", "list", "--json"].iter().chain(narrowed).copied().collect();
    let rows = home.run(&arguments).await.expect(0).rows();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_list_is_whole_in_order_and_narrowed_by_the_store() {
    let home = home().await;
    let all = listed(&home, &[]).await;
    assert_eq!(all.len(), N + 1);
    assert!(all.is_sorted());
    assert_eq!(listed(&home, &["--limit", "1500"]).await, all[..1500]);
    assert_eq!(listed(&home, &["--limit", "0"]).await, all[..0]);
    assert_eq!(listed(&home, &["--source", "h3-example-00043"]).await, ["h3-example-00043"]);
    assert_eq!(listed(&home, &["--source", "h3-example"]).await, all[..0]);
    let failing = listed(&home, &["--state", "backing_off"]).await;
    assert_eq!(failing.len(), FAILING);
    assert_eq!(listed(&home, &["--state", "backing_off", "--limit", "3"]).await, failing[..3]);
    assert_eq!(listed(&home, &["--state", "degraded"]).await, ["h1-example-00001"]);
    assert_eq!(listed(&home, &["--state", "disabled"]).await, ["h0-example-00000", "own"]);
    assert_eq!(listed(&home, &["--state", "active"]).await.len(), N + 1 - failing.len() - 3);
    let said = home.run(&["sources"]).await.expect(0).out;
    assert!(said.ends_with("3,211 sources\n"), "{}", said.lines().last().unwrap());
    assert_eq!(said.matches("source  ").count(), 1, "the columns are named once");
}

#[tokio::test]
async fn the_status_counts_them_and_names_the_first_in_trouble() {
    let home = home().await;
    let status = home.run(&["status", "--json"]).await.expect(0).json();
    let sources = &status["sources"];
    assert_eq!((&sources["total"], &sources["backing_off"]), (&(N + 1).into(), &FAILING.into()));
    assert_eq!((&sources["degraded"], &sources["disabled"]), (&1.into(), &2.into()));
    let said = home.run(&["status"]).await.expect(0).out;
    assert!(
        said.contains("h7-example-00007")
            && said.contains(&format!("and {} more: newshound sources list", FAILING + 3 - 5)),
        "{said}"
    );
}

#[tokio::test]
async fn a_plan_names_what_comes_and_goes_in_a_list() {
    let home = home().await;
    let list = std::fs::read_to_string(home.path("list.txt")).unwrap();
    let changed = list.replacen("https://h0.example/00000", "https://own.example/other", 1);
    let changed = changed.replacen("https://h2.example/00002", "http://h2.example/00002", 1);
    home.write("list.txt", &changed.replacen("https://h1.example/00001\n", "", 1));
    let config = std::fs::read_to_string(home.path("newshound.toml")).unwrap();
    home.write(
        "newshound.toml",
        &format!("{config}[[source]]\nurl = 'https://h1.example/00001'\ntags = ['world']\n"),
    );
    let plan = home.run(&["plan", "--json"]).await.expect(0).json();
    assert_eq!(plan["sources"]["added"], serde_json::json!(["own", "own-example-other"]));
    assert_eq!(plan["sources"]["removed"], serde_json::json!(["h0-example-00000"]));
    let changed = plan["sources"]["changed"].as_array().unwrap();
    assert!(changed.len() < 10, "{} changed", changed.len());
    assert_eq!(
        plan["sources"]["changed"],
        serde_json::json!([{"id": "h1-example-00001", "keys": ["tags"]}, {"id": "h2-example-00002", "keys": ["url"]}])
    );
}
