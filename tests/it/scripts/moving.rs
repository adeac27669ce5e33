//! Redirects and moving: E-28, E-29, H-07 to H-09 and H-13.

use super::feeds::{answer, feed, ok};
use super::scripts;
use super::stage::{DAY, HOUR, World, hourly};
use crate::wire::Reply;

scripts! {
    e28, "E-28", "301 to a good feed: the next request goes to the new address first, with that address's validators";
    e29, "E-29", "302 to a good feed: the next request goes to the old address, without the new one's validators";
    h07, "H-07", "a redirect loop: `redirect_loop`, 6 requests at most, the address stays";
    h08, "H-08", "a redirect to another scheme: `scheme_refused`, nothing opened";
    h09, "H-09", "a redirect into the private network: `address_refused`, no connection, the query not told";
    h13, "H-13", "credentials and cookies do not cross to another host or port";
}

/// Redirects `/old` of one host to `/new` of another; returns what the second poll asked for.
async fn moved(status: u16) -> Vec<(&'static str, String, [Option<String>; 2])> {
    let world = World::new();
    let new = world.serve("new", |_| ok(&[("ETag", "\"new\"")], &["old"])).await;
    let target = new.url("/new").to_string();
    let old = world
        .serve("old", move |_| answer(status, &[("Location", &target), ("ETag", "\"old\"")], b"elsewhere"))
        .await;
    let neighbour = world.serve("neighbour", |_| ok(&[("ETag", "\"n\"")], &["old"])).await;
    let (old_url, neighbour) = (old.url("/old").to_string(), neighbour.url("/feed").to_string());
    let stage = world.watch(&[("feed", &old_url), ("neighbour", &neighbour)]).await;
    stage.go(HOUR / 2).await;
    let n_first = stage.visits().len();
    assert_eq!(n_first, 3);
    stage.go(HOUR).await;
    assert_eq!(stage.visits_to("neighbour").len(), 2, "the neighbour is polled as ever");
    let source = stage.source("feed").await;
    let target = new.url("/new").to_string();
    assert_eq!(source["moved_to"].as_str(), (status == 301).then_some(target.as_str()), "{source}");
    let second = stage.visits().split_off(n_first);
    let second = second.into_iter().filter(|visit| visit.server != "neighbour");
    second.map(|visit| (visit.server, visit.seen.path().to_owned(), visit.validators())).collect()
}

async fn e28() -> String {
    let permanent = moved(301).await;
    assert_eq!(permanent, [("new", "/new".to_owned(), [Some("\"new\"".to_owned()), None])]);
    "one request, to the new address, with its `ETag`".to_owned()
}

async fn e29() -> String {
    for status in [302, 303, 307] {
        let asked = moved(status).await;
        assert_eq!(
            (asked[0].0, asked[0].1.as_str(), &asked[0].2),
            ("old", "/old", &[None, None]),
            "{status}"
        );
        assert_eq!((asked[1].0, &asked[1].2[0]), ("new", &Some("\"new\"".to_owned())), "{status}");
    }
    "to the old address without validators, then to the new one with its own".to_owned()
}

/// A source that answers so, beside a neighbour with news; returns the source's class and events
/// once the neighbour has alerted.
async fn beside_a_neighbour(
    world: World,
    url: &str,
    tables: &str,
) -> (super::stage::Stage, String, Vec<(String, u64, String)>) {
    let neighbour = world
        .serve("neighbour", |visit| {
            let titles: Vec<String> = (0..visit.seen.number).map(|n| format!("war {n}")).collect();
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            answer(200, &[("ETag", "\"n\"")], &feed(&titles))
        })
        .await;
    let tables =
        format!("{}{tables}", hourly(&[("neighbour", neighbour.url("/feed").as_str()), ("bad", url)]));
    let stage = world.watch_with("", &tables).await;
    stage.go(HOUR * 2).await;
    assert_eq!(stage.alerted(), ["war 1"], "the neighbour's news arrives");
    let (class, events) = (stage.class("bad").await, stage.events("bad").await);
    (stage, class, events)
}

async fn h07() -> String {
    let world = World::new();
    let server = world
        .serve("loop", |visit| match visit.seen.path() {
            "/a" => Reply::redirect(301, "/b"),
            _ => Reply::redirect(301, "/a"),
        })
        .await;
    let (stage, class, _) = beside_a_neighbour(world, server.url("/a").as_str(), "").await;
    assert_eq!(class, "redirect_loop");
    let n_first = stage.visits_to("loop").iter().filter(|visit| visit.at < HOUR).count();
    assert!(n_first <= 6, "{n_first} requests");
    assert_eq!(stage.source("bad").await["moved_to"], serde_json::Value::Null);
    format!("`redirect_loop` after {n_first} requests")
}

async fn h08() -> String {
    let mut seen = Vec::new();
    for location in ["file:///etc/passwd", "gopher://127.0.0.1/", "data:text/xml,<rss/>", "ftp://127.0.0.1/x"]
    {
        let world = World::new();
        let server = world.serve("bad", move |_| Reply::redirect(302, location)).await;
        let (stage, class, events) = beside_a_neighbour(world, server.url("/").as_str(), "").await;
        assert_eq!(class, "scheme_refused", "{location}");
        assert!(events.iter().all(|(_, _, message)| !message.contains("passwd")), "{events:?}");
        assert_eq!(stage.source("bad").await["items"], 0);
        seen.push(location.split(':').next().unwrap());
    }
    format!("`scheme_refused` for {}", seen.join(", "))
}

async fn h09() -> String {
    let world = World::new();
    let forbidden = world.serve_at("127.0.99.1", "forbidden", |_| ok(&[], &["war"])).await;
    let target = forbidden.url("/admin?token=secret").to_string();
    let server = world.serve("bad", move |_| Reply::redirect(302, &target)).await;
    let (stage, class, events) = beside_a_neighbour(world, server.url("/").as_str(), "").await;
    assert_eq!((class.as_str(), forbidden.connections()), ("address_refused", 0));
    let (_, _, message) = &events[0];
    assert!(message.contains("127.0.99.1") && message.contains("fetch.allow_networks"), "{message}");
    for text in [message.clone(), stage.status().await.to_string(), stage.source("bad").await.to_string()] {
        assert!(!text.contains("secret") && !text.contains("admin"), "{text}");
    }
    "`address_refused`, 0 connections; the event names the host and the key that would allow it".to_owned()
}

async fn h13() -> String {
    let world = World::new();
    let elsewhere = world.serve("elsewhere", |_| ok(&[("ETag", "\"e\"")], &["old"])).await;
    let other_port = world.serve_at("127.0.0.1", "other port", |_| ok(&[("ETag", "\"p\"")], &["old"])).await;
    let (host, port) = (elsewhere.url("/feed").to_string(), other_port.url("/feed").to_string());
    let server = world
        .serve_at("127.0.0.1", "home", move |visit| match visit.seen.path() {
            "/host" => answer(302, &[("Location", &host), ("Set-Cookie", "session=1")], b""),
            "/port" => answer(302, &[("Location", &port), ("Set-Cookie", "session=1")], b""),
            _ => answer(302, &[("Location", "/host"), ("Set-Cookie", "session=1; Path=/")], b""),
        })
        .await;
    let mut tables = String::new();
    for path in ["here", "port"] {
        let mut url = server.url(&format!("/{path}"));
        url.set_username("me").unwrap();
        url.set_password(Some("secret")).unwrap();
        tables += &hourly(&[(path, url.as_str())]);
        tables += "headers = { Cookie = 'a=b', X-Key = 'k' }\n";
    }
    let stage = world.watch_with("", &tables).await;
    stage.go(DAY).await;
    let home = stage.visits_to("home");
    for visit in &home {
        assert_eq!(visit.header("authorization").as_deref(), Some("Basic bWU6c2VjcmV0"));
        assert_eq!(
            (visit.header("cookie").as_deref(), visit.header("x-key").as_deref()),
            (Some("a=b"), Some("k"))
        );
    }
    let abroad = [stage.visits_to("elsewhere"), stage.visits_to("other port")].concat();
    for visit in &abroad {
        for name in ["authorization", "cookie", "x-key", "referer"] {
            assert_eq!(visit.header(name), None, "{name} at {}", visit.server);
        }
    }
    assert!(home.len() > 10 && abroad.len() > 10, "{} at home, {} abroad", home.len(), abroad.len());
    let told = format!("{}{}", stage.status().await, serde_json::Value::from(stage.sources().await));
    assert!(!told.contains("secret") && !told.contains("bWU6c2VjcmV0"), "{told}");
    "sent to the source's own origin in every request, to another host or port in none".to_owned()
}
