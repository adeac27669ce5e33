//! A store as it is after months: what the page shows and costs does not grow with it.
//!
//! `cargo test --release --test it web::size -- --nocapture` prints how long each answer takes.

use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};

use super::*;

const SOURCES: usize = 10_000;
const ITEMS: usize = 50_000;
const HITS: usize = 20_000;
const ALERTS: usize = 5_000;

/// Fills the tables by the thousands, the newest rows a minute old, with some sources failing.
fn rows(now_ms: i64) -> Vec<String> {
    let numbers = |n: usize| {
        format!("with recursive n(i) as (select 0 union all select i + 1 from n where i < {n} - 1)")
    };
    let text = "the train left the station at dawn and nobody saw it ".repeat(40);
    vec![
        format!(
            "{} insert into source (id, host, address, configured, next_due, failures, class, last_poll,
                 last_success, first_polled, items, baseline_done)
             select 's' || i, 'h' || (i % 900), 'a', 1, {now_ms} + i, i % 50 = 7, iif(i % 50 = 7, 'timeout', 'ok'),
                 {now_ms} - i, {now_ms} - i, 0, 5, 1 from n where true",
            numbers(SOURCES)
        ),
        format!(
            "{} insert into item (id, source, url, title, summary, text, published, lang, tags, baseline, first_seen)
             select 'it_' || i, 's' || (i % {SOURCES}), 'http://a.example/' || i, 'Headline ' || i, 'summary',
                 '{text}', {now_ms} - i * 60000, 'en', '[]', 0, {now_ms} - i * 60000 from n where true",
            numbers(ITEMS)
        ),
        "insert into item_hour select first_seen / 3600000, count(*) from item group by 1".to_owned(),
        format!("insert into daemon (name, value) values ('last_poll', '{now_ms}')"),
        format!(
            "{} insert into hit (item, topic, decision, score, threshold, evidence, created)
             select 'it_' || (i / 2), iif(i % 2, 'kim-travel', 'other'), iif(i % 4, 'baseline', 'alert'), 0.7, 0.5, '[]',
                 {now_ms} - i * 30000 from n where true",
            numbers(HITS)
        ),
        format!(
            "{} insert into alert (id, kind, topic, topic_name, story, story_title, story_articles, story_outlets,
                 story_first_seen, revision, decision, item, score, threshold, reason, evidence, created)
             select 'al_' || i, 'alert.created', 'kim-travel', 'Kim travel', 'st_' || i, 'Headline ' || i, 1, 1, 0, 1,
                 'alert', 'it_' || i, 0.7, 0.5, 'why', '[]', {now_ms} - i * 60000 from n where true",
            numbers(ALERTS)
        ),
        format!(
            "{} insert into delivery (id, alert, topic, channel, recipient, kind, state, class, attempts, created, due,
                 last_attempt, delivered_at)
             select 'dl_' || i, 'al_' || (i / 2), 'kim-travel', iif(i % 2, 'desk', 'ops-hook'), '', 'alert.created',
                 'delivered', 'ok', 1, {now_ms} - i * 30000, 0, {now_ms} - i * 30000, {now_ms} - i * 30000
             from n where true",
            numbers(2 * ALERTS)
        ),
    ]
}

#[tokio::test]
async fn ten_thousand_sources_cost_no_more_than_the_rows_shown() {
    let source = |n| format!("[[source]]\nid = \"s{n}\"\nurl = \"https://h{n}.example/feed\"\n");
    let settings = (0..SOURCES).map(source).collect::<Vec<_>>().concat();
    let served = serve(&settings, Limits { store_time: DEADLINE, ..Limits::default() }).await;
    let path = format!("sqlite:{}", served.folder.path().join("newshound.db").display());
    let mut other = SqliteConnection::connect(&path).await.unwrap();
    other.execute("pragma synchronous = off; delete from source; begin").await.unwrap();
    for statement in rows(now().as_millis()) {
        other.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    other.execute("commit").await.unwrap();
    let clock = Clock::system();
    for path in ["/", "/", "/metrics", "/metrics", "/readyz"] {
        let began = clock.elapsed();
        let answer = get(served.address, path).await;
        let took = clock.elapsed().saturating_sub(began);
        println!("{path}: {} ms, {} bytes", took.as_millis(), answer.body.len());
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.len() < 200_000, "{path} grows with the store");
    }
    let page = get(served.address, "/").await.body;
    assert!(page.contains("10,002: 9,800 active, 200 backing off, 2 disabled"), "{page}");
    assert_eq!(
        page.matches("<tr><th scope=\"row\"").count(),
        12 + 2 + 2,
        "twelve sources, two channels, two ways"
    );
    assert!(page.contains("9,800 of 10,000 sources answer"));
    assert!(page.contains("And 9,990 more"));
    assert_eq!(page.matches("backing off</span>").count(), 12, "the failing ones first");
}
