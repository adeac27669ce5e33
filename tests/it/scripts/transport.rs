//! Bodies, heads and addresses that mean harm: H-02 to H-06, H-10 and H-11.

use std::time::Duration;

use super::feeds::{answer, feed, ok};
use super::scripts;
use super::stage::{HOUR, SECOND, Stage, World, hourly};
use crate::wire::{Reply, Server};

scripts! {
    h02, "H-02", "an endless body: cut at the limit, `too_large`, the socket closed";
    h03, "H-03", "a dripping body: `too_slow`, no task left behind";
    h04, "H-04", "200 silent servers at once: the neighbour is polled on time; `timeout`";
    h05, "H-05", "a short body of whole items: `truncated`, nothing stored, the old validators again";
    h06, "H-06", "10,000 headers of 1 KB: `header_limit`, the socket closed before they are read";
    h10, "H-10", "addresses in disguise: `address_refused`, by `check` too";
    h11, "H-11", "a name that resolves inside: `address_refused`; to both: the permitted address only";
}

/// Serves a neighbour that has one more story each time.
async fn neighbour(world: &World) -> Server {
    world
        .serve("neighbour", |visit| {
            let titles: Vec<String> = (0..visit.seen.number).map(|n| format!("war {n}")).collect();
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            answer(200, &[("ETag", "\"n\"")], &feed(&titles))
        })
        .await
}

/// Polls a source and its neighbour twice, with these keys of `[fetch]`.
async fn twice(world: World, fetch: &str, url: &str) -> Stage {
    let neighbour = neighbour(&world).await;
    let sources = hourly(&[("bad", url), ("neighbour", neighbour.url("/feed").as_str())]);
    let stage = world.watch_with(fetch, &sources).await;
    stage.go(HOUR * 2).await;
    check_neighbour(&stage);
    stage
}

/// Fails unless the neighbour is polled every hour and its news arrive.
fn check_neighbour(stage: &Stage) {
    let gaps = stage.gaps("neighbour");
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| (HOUR..=HOUR.mul_f64(1.12)).contains(gap)), "{gaps:?}");
    assert_eq!(stage.alerted()[0], "war 1", "the neighbour's news arrive");
}

async fn h02() -> String {
    let world = World::new();
    let chunk = [b"10000\r\n", &vec![b'x'; 0x10000][..], b"\r\n"].concat();
    let server = world
        .serve("bad", move |_| Reply::chunked(&[]).repeat(chunk.clone(), Duration::from_millis(1)))
        .await;
    let stage = twice(world, "", server.url("/feed").as_str()).await;
    assert_eq!(stage.class("bad").await, "too_large");
    server.all_closed().await;
    assert_eq!(stage.source("bad").await["items"], 0);
    "`too_large`, the socket closed, 0 items".to_owned()
}

async fn h03() -> String {
    let world = World::new();
    let server = world
        .serve("bad", |visit| match visit.seen.number {
            1 => ok(&[("ETag", "\"a\"")], &["old"]),
            _ => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
                .repeat("x", Duration::from_millis(10)),
        })
        .await;
    let neighbour = neighbour(&world).await;
    let sources =
        hourly(&[("bad", server.url("/feed").as_str()), ("neighbour", neighbour.url("/feed").as_str())]);
    let stage = world.watch_with("min_bytes = '1000B'\nmin_bytes_window = '100ms'", &sources).await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    stage.go(HOUR / 2).await;
    settled(|| server.open() + neighbour.open() == 0).await;
    let before = tasks();
    stage.go(HOUR * 3 / 2).await;
    check_neighbour(&stage);
    assert_eq!(stage.class("bad").await, "too_slow");
    // Idle connections are closed after a while, and then all is as before.
    settled(|| server.open() + neighbour.open() == 0 && tasks() <= before).await;
    "`too_slow`; as many tasks as before, 0 open connections".to_owned()
}

/// Waits for a condition.
async fn settled(condition: impl Fn() -> bool) {
    let settling = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), settling).await.expect("it settles");
}

async fn h04() -> String {
    let world = World::new();
    // It listens on the whole of loopback, so that every address of it is a host of its own.
    let silent = world.serve_at("0.0.0.0", "silent", |_| Reply::raw("").wait()).await;
    let neighbour = neighbour(&world).await;
    let sources: Vec<(String, String)> = (0..200)
        .map(|n| (format!("silent-{n}"), format!("http://127.0.0.{}:{}/feed", 20 + n, silent.port())))
        .collect();
    let sources: Vec<(&str, &str)> = sources.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    let often =
        format!("[[source]]\nid = 'neighbour'\nurl = '{}'\ninterval = '2s'\n", neighbour.url("/feed"));
    let tables = hourly(&sources) + &often;
    let stage = world.watch_with("timeout = '5m'\nfirst_byte_timeout = '5m'", &tables).await;
    stage
        .while_it_runs(async {
            // All of them wait for an answer, and none has given up when the neighbour is asked again.
            silent.asked(200).await;
            for round in 1..=3 {
                neighbour.asked(round).await;
                stage.pass_when_sent(round - 1, SECOND * 9 / 4).await;
            }
            assert_eq!(silent.open(), 200);
        })
        .await;
    let gaps = stage.gaps("neighbour");
    assert!(gaps.iter().all(|gap| (SECOND * 2..SECOND * 3).contains(gap)), "{gaps:?}");
    assert_eq!(stage.alerted()[0], "war 1", "the neighbour's news arrive");
    assert_eq!(silent.seen().len(), 200);

    let world = World::new();
    let silent = world.serve("bad", |_| Reply::raw("").wait()).await;
    let stage = twice(world, "first_byte_timeout = '5s'", silent.url("/feed").as_str()).await;
    assert_eq!(stage.class("bad").await, "timeout");
    silent.all_closed().await;
    "3 polls and 2 alerts of the neighbour while 200 wait; `timeout`".to_owned()
}

async fn h05() -> String {
    let world = World::new();
    let titles: Vec<String> = (0..60).map(|n| format!("war {n}")).collect();
    let mut body = feed(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    body.truncate(6000);
    let head = "HTTP/1.1 200 OK\r\nETag: \"bad\"\r\nContent-Length: 10000\r\n\r\n";
    let short = Reply::raw([head.as_bytes(), &body].concat()).close();
    let server = world.replay("bad", vec![ok(&[("ETag", "\"a1\"")], &["old"]), short]).await;
    let neighbour = neighbour(&world).await;
    let sources =
        hourly(&[("bad", server.url("/feed").as_str()), ("neighbour", neighbour.url("/feed").as_str())]);
    let stage = world.watch_with("", &sources).await;
    stage.go(HOUR * 6).await;
    check_neighbour(&stage);
    assert_eq!(stage.class("bad").await, "truncated");
    assert_eq!(stage.source("bad").await["items"], 1);
    let asked = stage.visits_to("bad");
    assert!(asked.len() >= 3, "{}", asked.len());
    assert!(asked[1..].iter().all(|visit| visit.validators()[0].as_deref() == Some("\"a1\"")), "{asked:?}");
    "`truncated`, no item of it, `\"a1\"` each time".to_owned()
}

async fn h06() -> String {
    let world = World::new();
    let value = "v".repeat(1000);
    let flood = format!("X-Flood: {value}\r\n").repeat(10_000);
    let server = world
        .serve("bad", move |_| Reply::raw(format!("HTTP/1.1 200 OK\r\n{flood}Content-Length: 2\r\n\r\nok")))
        .await;
    let stage = twice(world, "", server.url("/feed").as_str()).await;
    assert_eq!(stage.class("bad").await, "header_limit");
    server.all_closed().await;
    "`header_limit`, the socket closed".to_owned()
}

const DISGUISES: [&str; 6] = [
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "[::ffff:127.0.99.1]",
    "[64:ff9b::127.0.99.1]",
    "[2002:7f00:6301::1]",
];

async fn h10() -> String {
    let world = World::new();
    let forbidden = world.serve_at("0.0.0.0", "forbidden", |_| ok(&[], &["war"])).await;
    let neighbour = neighbour(&world).await;
    let mut sources: Vec<(String, String)> = (0..)
        .zip(DISGUISES)
        .map(|(n, host)| (format!("bad-{n}"), format!("http://{host}:{}/feed?key=secret", forbidden.port())))
        .collect();
    sources.push(("neighbour".to_owned(), neighbour.url("/feed").to_string()));
    let sources: Vec<(&str, &str)> = sources.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    // The neighbour is the only address that is allowed.
    let (address, hook) = (neighbour.url("/").host_str().unwrap().to_owned(), "127.0.0.1/32");
    let nothing = format!("allow_networks = ['{address}/32']");
    let stage = world.watch_allowing(&nothing, hook, &hourly(&sources)).await;
    stage.go(HOUR * 2).await;
    check_neighbour(&stage);
    for (n, host) in DISGUISES.iter().enumerate() {
        let source = stage.source(&format!("bad-{n}")).await;
        assert_eq!(source["class"], "address_refused", "{host}: {source}");
        assert!(!source["message"].as_str().unwrap().contains("secret"), "{source}");
    }
    assert_eq!(forbidden.connections(), 0);
    let checked = stage.program().run(&["check", "--json"]).await;
    assert_eq!(checked.status.code(), Some(2));
    let checked: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    let problems = checked["problems"].as_array().unwrap();
    let refused = problems.iter().filter(|problem| problem["class"] == "address_refused").count();
    assert_eq!(refused, DISGUISES.len(), "{problems:?}");
    format!("{} times `address_refused` by the poll and by `check`, 0 connections", DISGUISES.len())
}

async fn h11() -> String {
    let world = World::new();
    let server = world.serve_at("127.0.0.1", "inside", |_| ok(&[("ETag", "\"a\"")], &["old"])).await;
    let url = format!("http://localhost:{}/feed", server.port());
    let neighbour = neighbour(&world).await;
    let address = neighbour.url("/").host_str().unwrap().to_owned();
    let sources = hourly(&[("bad", &url), ("neighbour", neighbour.url("/feed").as_str())]);
    let stage =
        world.watch_allowing(&format!("allow_networks = ['{address}/32']"), "127.0.0.1/32", &sources).await;
    stage.go(HOUR * 2).await;
    check_neighbour(&stage);
    assert_eq!((stage.class("bad").await.as_str(), server.connections()), ("address_refused", 0));

    // `localhost` is often both addresses of loopback; the second is not allowed here.
    let world = World::new();
    let server = world.serve_at("127.0.0.1", "permitted", |_| ok(&[("ETag", "\"a\"")], &["old"])).await;
    let forbidden = tokio::net::TcpListener::bind(("::1", server.port())).await.ok();
    let url = format!("http://localhost:{}/feed", server.port());
    let stage = world.watch(&[("bad", &url)]).await;
    stage.go(HOUR * 2).await;
    assert_eq!((stage.class("bad").await.as_str(), stage.visits_to("permitted").len()), ("ok", 2));
    if let Some(forbidden) = forbidden {
        let came = tokio::time::timeout(Duration::ZERO, forbidden.accept()).await;
        assert!(came.is_err(), "somebody came to the address that is not permitted");
    }
    "`address_refused`, 0 connections; then 2 polls of the permitted address".to_owned()
}
