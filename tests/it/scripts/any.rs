//! Any answers in any order, held to a plain picture of what the next request must carry.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::feeds::{DATE, answer, feed};
use super::scripts;
use super::stage::{Visit, World};
use crate::wire::Reply;

scripts! {
    any_answers, "E-01 to E-09, any", "answers of any kind in any order: each request carries what its address gave with the last whole feed, byte for byte, and else nothing";
}

/// One answer.
#[derive(Clone, Debug)]
enum Kind {
    /// A whole feed with these validators, bytes as they are.
    Feed(Given),
    /// Nothing has changed, and this besides.
    Unchanged(Given),
    /// A refusal.
    Status(u16),
    /// A feed without its end, with validators.
    Short(Given),
    /// No feed, with validators.
    Page(Given),
    /// Elsewhere, where a whole feed is.
    Elsewhere(u16, Given),
}

/// `ETag` and `Last-Modified` of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
struct Given {
    etag: Option<Vec<u8>>,
    date: Option<Vec<u8>>,
    /// Whether the date stands before the tag, and other headers around them.
    turned: bool,
}

/// Bytes that a header can have, and no space at its ends.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![0x21_u8..0x7f, 0x80_u8..=0xff];
    let wild = (byte.clone(), proptest::collection::vec(prop_oneof![byte.clone(), Just(b' ')], 0..20), byte)
        .prop_map(|(first, middle, last)| [vec![first], middle, vec![last]].concat());
    let usual = prop_oneof![Just("\"a\""), Just("W/\"b\""), Just("\"\""), Just("\"c-gzip\""), Just(DATE)];
    prop_oneof![wild, usual.prop_map(|text| text.as_bytes().to_vec())]
}

fn given() -> impl Strategy<Value = Given> {
    let value = || proptest::option::of(value());
    (value(), value(), any::<bool>()).prop_map(|(etag, date, turned)| Given { etag, date, turned })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => given().prop_map(Kind::Feed),
        3 => given().prop_map(Kind::Unchanged),
        1 => prop_oneof![Just(500_u16), Just(404), Just(403), Just(503), Just(429), Just(206)].prop_map(Kind::Status),
        1 => given().prop_map(Kind::Short),
        1 => given().prop_map(Kind::Page),
        1 => (prop_oneof![Just(302_u16), Just(303), Just(307)], given())
            .prop_map(|(status, given)| Kind::Elsewhere(status, given)),
    ]
}

fn reply(kind: &Kind, path: &str, n: usize) -> Reply {
    let body = feed(&["old", &format!("story {n}")]);
    match kind {
        Kind::Elsewhere(status, _) if path == "/feed" => {
            answer(*status, &[("Location", "/elsewhere"), ("ETag", "\"not this\"")], b"")
        }
        Kind::Feed(given) | Kind::Elsewhere(_, given) => headed(200, given, &body),
        Kind::Unchanged(given) => headed(304, given, b""),
        Kind::Status(status) => answer(*status, &[("ETag", "\"not this\"")], b"no"),
        Kind::Short(given) => {
            let Given { etag, date, .. } = given;
            let mut head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n".to_vec();
            for (name, value) in [("ETag: ", etag), ("Last-Modified: ", date)] {
                if let Some(value) = value {
                    head.extend([name.as_bytes(), value, b"\r\n"].concat());
                }
            }
            Reply::raw([&head[..], b"\r\n", &body].concat()).close()
        }
        Kind::Page(given) => headed(200, given, b"<html><title>Log in</title><p>Please log in.</p></html>"),
    }
}

fn headed(status: u16, given: &Given, body: &[u8]) -> Reply {
    let mut headers: Vec<(&str, &[u8])> = vec![("Set-Cookie", b"id=1"), ("X-One", b"1")];
    headers.extend(given.etag.as_ref().map(|etag| ("eTaG", etag.as_slice())));
    headers.push(("Vary", b"Cookie"));
    headers.extend(given.date.as_ref().map(|date| ("LAST-MODIFIED", date.as_slice())));
    if given.turned {
        headers.reverse();
    }
    Reply::whole(status, &headers, body)
}

/// What is known after an answer to a request that did or did not carry something.
fn after(kind: &Kind, (path, known): (String, Given)) -> (String, Given) {
    let asked = path == "/feed" && (known.etag.is_some() || known.date.is_some());
    match kind {
        Kind::Feed(given) => ("/feed".to_owned(), given.clone()),
        Kind::Elsewhere(_, given) => ("/elsewhere".to_owned(), given.clone()),
        Kind::Unchanged(given) if asked => {
            let (etag, date) = (given.etag.clone().or(known.etag), given.date.clone().or(known.date));
            (path, Given { etag, date, turned: false })
        }
        Kind::Unchanged(_) | Kind::Status(_) | Kind::Short(_) | Kind::Page(_) => (path, known),
    }
}

fn check(visit: &Visit, (path, known): &(String, Given), kinds: &[Kind]) {
    let here = visit.seen.path() == path;
    let expect = |value: &Option<Vec<u8>>| value.clone().filter(|_| here);
    let carried = |name| visit.seen.header(name).map(<[u8]>::to_vec);
    let n = visit.seen.number;
    assert_eq!(carried("if-none-match"), expect(&known.etag), "request {n} of {kinds:?}");
    assert_eq!(carried("if-modified-since"), expect(&known.date), "request {n} of {kinds:?}");
    assert_eq!(carried("a-im").is_some(), expect(&known.etag).is_some(), "request {n} of {kinds:?}");
    assert!(carried("cookie").is_none() && carried("referer").is_none());
}

async fn any_answers() -> String {
    let mut runner = TestRunner::deterministic();
    let series = proptest::collection::vec(kind(), 20);
    let mut n_requests = 0;
    for _ in 0..8 {
        let kinds = series.new_tree(&mut runner).unwrap().current();
        n_requests += play(kinds).await;
    }
    format!("8 series of 20 polls, {n_requests} requests")
}

async fn play(kinds: Vec<Kind>) -> usize {
    let world = World::new();
    let (script, n_polls) = (kinds.clone(), kinds.len());
    let turn = std::sync::Mutex::new(0);
    let server = world
        .serve("feed", move |visit| {
            let mut turn = turn.lock().unwrap();
            // A poll begins at the source's own address.
            *turn += usize::from(visit.seen.path() == "/feed");
            reply(&script[(*turn - 1).min(n_polls - 1)], visit.seen.path(), visit.seen.number)
        })
        .await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    let polls = || stage.visits().iter().filter(|visit| visit.seen.path() == "/feed").count();
    while polls() < n_polls {
        stage.until_visits(stage.visits().len() + 1).await;
    }
    let (mut known, mut turn) = ((String::new(), Given::default()), 0);
    let visits = stage.visits();
    for visit in &visits {
        if visit.seen.path() == "/feed" {
            if turn > 0 {
                known = after(&kinds[turn - 1], known);
            }
            turn += 1;
        }
        check(visit, &known, &kinds);
    }
    visits.len()
}
