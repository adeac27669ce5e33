//! Feeds that change without news, and backlogs: H-27 and H-28.

use std::collections::BTreeSet;

use super::feeds::{answer, feed, ok};
use super::scripts;
use super::stage::{HOUR, MINUTE, SECOND, World};
use crate::wire::Reply;

scripts! {
    h27, "H-27", "the same body with new validators each time: no alert, the newest are sent";
    h28a, "H-28, items", "a new source with 500 old matching items: no alert";
    h28b, "H-28, sources", "1,000 new sources on 100 hosts: no alert, one at a time a host, all read";
}

async fn h27() -> String {
    let world = World::new();
    let server = world
        .serve("feed", |visit| {
            let (etag, date) = (format!("\"a{}\"", visit.seen.number), format!("date {}", visit.seen.number));
            ok(&[("ETag", &etag), ("Last-Modified", &date)], &["war one", "war two"])
        })
        .await;
    let neighbour = world
        .serve("neighbour", |visit| match visit.seen.number {
            1 => ok(&[("ETag", "\"1\"")], &["old"]),
            _ => ok(&[("ETag", "\"2\"")], &["old", "war three"]),
        })
        .await;
    let sources = [("feed", server.url("/feed")), ("neighbour", neighbour.url("/feed"))];
    let stage = world.watch(&sources.each_ref().map(|(id, url)| (*id, url.as_str()))).await;
    stage.go(HOUR * 12).await;
    let visits = stage.visits_to("feed");
    for (n, visit) in (1..).zip(&visits[1..]) {
        assert_eq!(visit.validators(), [Some(format!("\"a{n}\"")), Some(format!("date {n}"))]);
    }
    assert_eq!(stage.alerted(), ["war three"], "only the neighbour has news");
    assert_eq!(stage.source("feed").await["items"], 2);
    format!("{} polls, each with the validators of the one before; 2 items, 0 alerts", visits.len())
}

async fn h28a() -> String {
    let world = World::new();
    let titles: Vec<String> = (0..500).map(|n| format!("war {n}")).collect();
    let server = world
        .serve("feed", move |visit| {
            let mut titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            if visit.seen.number > 1 {
                titles.insert(0, "war again");
            }
            let etag = format!("\"{}\"", titles.len());
            answer(200, &[("ETag", &etag)], &feed(&titles))
        })
        .await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.go(MINUTE * 30).await;
    assert_eq!((stage.items().await, stage.alerted()), (500, Vec::new()));
    stage.go(HOUR).await;
    assert_eq!(stage.alerted(), ["war again"], "what comes later is news");
    "500 items, 0 alerts; the item after them alerts".to_owned()
}

async fn h28b() -> String {
    let world = World::new();
    let script = |visit: &super::stage::Visit| -> Reply {
        ok(&[("ETag", "\"a\"")], &[&format!("war {}", visit.seen.path())])
    };
    // It listens on the whole of loopback, so that every address of it is a host of its own.
    let server = world.serve_at("0.0.0.0", "all", script).await;
    let url = |n: usize| format!("http://127.0.0.{}:{}/{n}", 10 + n % 100, server.port());
    let sources: Vec<(String, String)> = (0..1000).map(|n| (format!("s{n}"), url(n))).collect();
    let sources: Vec<(&str, &str)> = sources.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    let stage = world.watch(&sources).await;
    stage.go(MINUTE * 50).await;
    let visits = stage.visits();
    assert_eq!((visits.len(), stage.items().await, stage.alerted()), (1000, 1000, Vec::new()));
    let hosts: BTreeSet<String> = visits.iter().map(|visit| visit.header("host").unwrap()).collect();
    for host in &hosts {
        let times: Vec<_> =
            visits.iter().filter(|visit| visit.header("host").as_ref() == Some(host)).collect();
        let close = times.windows(2).find(|pair| pair[1].at.saturating_sub(pair[0].at) < SECOND * 2);
        assert!(times.len() == 10 && close.is_none(), "{host}: {close:?}");
    }
    let last = visits.last().unwrap().at;
    format!("1,000 requests to {} hosts within {} s, 0 alerts", hosts.len(), last.as_secs())
}
