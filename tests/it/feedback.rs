//! Verdicts from outside: how they are taken, and what they come to.

mod suggest;

use std::fmt::Write as _;

use serde_json::Value;

use crate::program::{Program, stopped, text};
use crate::wire::{Reply, Server};

/// News of ships in port, which is useful, and of port wine, which is noise.
fn article(n: usize) -> (&'static str, String) {
    const SHIPS: [&str; 4] =
        ["Ships leave port", "Vessels fill the port", "Cargo waits in port", "Ferry port reopens"];
    const WINE: [&str; 4] =
        ["A port for winter", "Port from old vines", "The port tasting", "Sweet port returns"];
    if n.is_multiple_of(2) {
        (SHIPS[n / 2 % 4], format!("Cargo {own} vessels, {own} quay.", own = own_word(n)))
    } else {
        (WINE[n / 2 % 4], format!("Wine, {own} vineyard, {own} glass.", own = own_word(n)))
    }
}

/// A word that no other article has, so that none is a copy of another.
fn own_word(n: usize) -> String {
    const PARTS: [&str; 8] = ["bar", "kel", "dom", "fin", "gul", "zan", "mer", "tov"];
    format!("{}{}{}", PARTS[n % 8], PARTS[n / 8 % 8], PARTS[n / 64 % 8])
}

fn feed(articles: impl Iterator<Item = (usize, &'static str, String)>) -> String {
    let mut feed = "<rss version='2.0'><channel><title>T</title>".to_owned();
    for (n, title, text) in articles {
        write!(
            feed,
            "<item><guid>g{n}</guid><title>{title} {n}</title><link>http://n.example/{n}</link>\
             <description>{text}</description><pubDate>Tue, 12 Sep 2023 09:09:00 GMT</pubDate></item>"
        )
        .unwrap();
    }
    feed + "</channel></rss>"
}

fn config(server: &Server, learn: &str) -> String {
    format!(
        "[server]\nlisten = ''\n[store]\nurl = 'sqlite:n.db'\n[fetch]\ncontact = 'a@example.org'\n\
         allow_networks = ['127.0.0.0/8']\nbackfill = '36500d'\ninterval = '1s'\nper_host = {{ gap = '0s' }}\n\
         [[source]]\nid = 's'\nurl = '{}'\n[[topic]]\nid = 'port'\nany = ['port']\nfollow_ups = 'all'\n{learn}\n",
        server.url("/feed.xml")
    )
}

/// The alerts, as pairs of id and headline.
async fn alerts(program: &Program) -> Vec<(String, String)> {
    let rows = program.json(&["alerts", "list"]).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(&row["id"]), text(&row["item"]["title"]))).collect()
}

/// Judges every alert as it deserves.
async fn judge_all(program: &Program) {
    let alerts = alerts(program).await;
    for verdict in ["useful", "noise"] {
        let useful = |title: &str| {
            title.contains("Ships")
                || title.contains("Vessels")
                || title.contains("Cargo")
                || title.contains("Ferry")
        };
        let ids = alerts.iter().filter(|(_, title)| useful(title) == (verdict == "useful"));
        let mut arguments = vec!["feedback"];
        arguments.extend(ids.map(|(id, _)| id.as_str()));
        arguments.push(verdict);
        assert!(!program.json(&arguments).await.is_empty());
    }
}

/// A server whose feed has so many articles, and three more once it was asked `more` times.
async fn newsroom(n: usize) -> Server {
    let first = feed((0..n).map(|n| (n, article(n).0, article(n).1)));
    Server::start("127.0.0.1", move |_| Reply::ok(first.as_bytes())).await
}

#[tokio::test]
async fn a_verdict_is_taken_and_a_second_one_replaces_it() {
    let server = newsroom(4).await;
    let program = Program::new(&config(&server, ""));
    assert!(program.run(&["run", "--once", "--no-send"]).await.status.success());
    let alerts = alerts(&program).await;
    assert_eq!(alerts.len(), 4);
    let id = alerts[0].0.as_str();
    let taken = program.json(&["feedback", id, "useful"]).await;
    assert_eq!((&taken[0]["alert"], &taken[0]["topic"]), (&id.into(), &"port".into()));
    assert_eq!((&taken[0]["verdict"], &taken[0]["was"]), (&"useful".into(), &Value::Null));
    assert!(taken[0]["item"].as_str().unwrap().starts_with("it_"));
    let again = program.json(&["feedback", id, alerts[1].0.as_str(), "noise"]).await;
    assert_eq!((&again[0]["was"], &again[1]["was"], again.len()), (&"useful".into(), &Value::Null, 2));
    let told = program.run(&["feedback", id, "noise"]).await;
    assert_eq!(text(&told.stdout), format!("{id} is noise for topic port, as before\n"));
}

#[tokio::test]
async fn a_verdict_is_taken_while_the_files_have_an_error() {
    let server = newsroom(2).await;
    let program = Program::new(&config(&server, ""));
    assert!(program.run(&["run", "--once", "--no-send"]).await.status.success());
    let id = alerts(&program).await[0].0.clone();
    std::fs::write(program.path("newshound.toml"), config(&server, "thresold = 0.6")).unwrap();
    let taken = program.run(&["feedback", &id, "noise"]).await;
    assert_eq!(text(&taken.stdout), format!("{id} is noise for topic port\n"));
    assert!(text(&taken.stderr).contains("did you mean `threshold`?"), "{taken:?}");
}

#[tokio::test]
async fn what_cannot_be_judged_is_told_and_nothing_is_taken() {
    let server = newsroom(2).await;
    let program = Program::new(&config(&server, ""));
    let early = program.run(&["feedback", "al_x", "useful"]).await;
    assert_eq!(early.status.code(), Some(1));
    assert!(text(&early.stderr).contains("newshound run"), "{early:?}");
    program.run(&["run", "--once", "--no-send"]).await;
    let id = alerts(&program).await[0].0.clone();
    let wrong = program.run(&["feedback", &id, "al_none", "useful"]).await;
    assert_eq!((wrong.status.code(), text(&wrong.stdout)), (Some(1), ""));
    assert!(
        text(&wrong.stderr)
            .contains("no alert al_none is stored: `newshound alerts list`; no verdict was taken")
    );
    assert_eq!(program.json(&["feedback", &id, "useful"]).await[0]["was"], Value::Null);
    for (arguments, said) in [
        (&["feedback", &id][..], "useful|noise"),
        (&["feedback", &id, "good"], "write `useful` or `noise`"),
        (&["feedback"], "ALERT"),
    ] {
        let wrong = program.run(arguments).await;
        assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
        assert!(text(&wrong.stderr).contains(said), "{wrong:?}");
    }
}

#[tokio::test]
async fn an_item_that_made_no_alert_can_be_judged_for_a_topic() {
    let server = newsroom(2).await;
    let program = Program::new(&config(&server, "threshold = 0.9"));
    program.run(&["run", "--once", "--no-send"]).await;
    assert_eq!(alerts(&program).await, []);
    let id = program.json(&["fetch", "s"]).await[0]["id"].as_str().unwrap().to_owned();
    let taken = program.json(&["feedback", "--topic", "port", &id, "useful"]).await;
    assert_eq!((&taken[0]["alert"], &taken[0]["item"]), (&Value::Null, &id.as_str().into()));
    for (arguments, said) in [
        (&["feedback", &id, "useful"][..], "--topic"),
        (&["feedback", "--topic", "prot", &id, "useful"], "no topic `prot` is configured; known: port"),
        (&["feedback", "--topic", "port", "it_none", "useful"], "no item it_none is stored"),
    ] {
        let wrong = program.run(arguments).await;
        assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
        assert!(text(&wrong.stderr).contains(said), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_running_daemon_learns_and_says_so_in_the_alert() {
    let more = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let asked = std::sync::Arc::clone(&more);
    let server = Server::start("127.0.0.1", move |_| {
        let extra = asked.load(std::sync::atomic::Ordering::SeqCst);
        Reply::ok(feed((0..40 + extra).map(|n| (n, article(n).0, article(n).1))).as_bytes())
    })
    .await;
    let program = Program::new(&config(&server, "learn = 'apply'"));
    let daemon = program.start(&["run"]);
    let many = async |n: usize| {
        loop {
            let output = program.run(&["alerts", "list", "--json"]).await;
            if text(&output.stdout).lines().count() >= n {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::program::PATIENCE, many(40)).await.expect("40 alerts");
    judge_all(&program).await;
    more.store(4, std::sync::atomic::Ordering::SeqCst);
    tokio::time::timeout(crate::program::PATIENCE, many(42)).await.expect("two more alerts");
    let newest = program.json(&["alerts", "list", "--limit", "2"]).await;
    for alert in &newest {
        let title = alert["item"]["title"].as_str().unwrap();
        assert!(title.ends_with("40") || title.ends_with("42"), "{title}");
        let shown = program.json(&["alerts", "show", alert["id"].as_str().unwrap()]).await;
        let evidence = shown[0]["evidence"].as_array().unwrap();
        let learned = evidence.iter().find(|line| line["term"] == "learned").unwrap();
        assert!(learned["snippet"].as_str().unwrap().contains('«'), "{learned}");
    }
    stopped(daemon).await;
    assert_eq!(alerts(&program).await.len(), 42, "the wine was not told");
    let wine = program.json(&["explain", "--title", "Port wine of the vineyard", "--lang", "en"]).await;
    let line = wine[0]["evidence"].as_array().unwrap().iter().find(|line| line["term"] == "learned");
    assert!(line.unwrap()["points"].as_f64().unwrap() < 0.0, "{wine:?}");
    assert_eq!(wine[0]["decision"], "below");
    std::fs::write(program.path("in.jsonl"), "{\"title\":\"Port wine of the vineyard\",\"lang\":\"en\"}\n")
        .unwrap();
    let replayed = program.json(&["backtest", "--input", "in.jsonl"]).await;
    assert_eq!((&replayed[0]["decision"], &replayed[0]["score"]), (&"below".into(), &wine[0]["score"]));
    let plain = config(&server, "learn = 'off'");
    std::fs::write(program.path("newshound.toml"), plain).unwrap();
    let wine = program.json(&["explain", "--title", "Port wine of the vineyard", "--lang", "en"]).await;
    assert_eq!(wine[0]["decision"], "alert");
}
