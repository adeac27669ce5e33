//! What is asked with, and what a body must be to change it.

use super::*;

const DATE: &[u8] = b"Tue, 03 Mar 2026 10:00:00 GMT";

fn tagged(etag: &str, titles: &[&str]) -> Reply {
    Reply::whole(200, &[("ETag", etag.as_bytes())], &feed(titles))
}

/// Polls as often as there are replies and once more; returns the `If-None-Match` of each request.
async fn asked_with(replies: Vec<Reply>) -> (Desk, Server, Vec<Option<&'static str>>) {
    let rounds = replies.len() + 1;
    let server = serve("127.0.0.1", replies).await;
    let desk = Desk::watching(&[&server]).await;
    for _ in 0..rounds {
        desk.rounds(1).await;
        // Past what failures put it off.
        desk.pass(DAY);
    }
    let asked = (0..rounds).map(|n| header(&server, n, "if-none-match").map(|tag| &*tag.leak())).collect();
    (desk, server, asked)
}

/// E-01
#[tokio::test]
async fn both_validators_come_back_byte_for_byte() {
    let both = Reply::whole(200, &[("ETag", b"W/\"x\xe9-gzip"), ("Last-Modified", DATE)], &feed(&["war"]));
    let server = serve("127.0.0.1", vec![both]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(2).await;
    let second = &server.seen()[1];
    assert_eq!(second.header("if-none-match"), Some(b"W/\"x\xe9-gzip".as_slice()));
    assert_eq!(second.header("if-modified-since"), Some(DATE));
}

/// E-05, H-27
#[tokio::test]
async fn the_same_body_brings_its_new_validators_and_no_news() {
    let replies = (1..=4).map(|n| tagged(&format!("\"a{n}\""), &["war"])).collect();
    let (desk, _, asked) = asked_with(replies).await;
    assert_eq!(asked, [None, Some("\"a1\""), Some("\"a2\""), Some("\"a3\""), Some("\"a4\"")]);
    let overview = desk.overview().await;
    assert_eq!((overview.items, overview.alerts), (1, 0));
}

/// E-06
#[tokio::test]
async fn a_validator_that_is_absent_is_forgotten() {
    let both = Reply::whole(200, &[("ETag", b"\"a1\""), ("Last-Modified", DATE)], &feed(&["war"]));
    let (_, server, asked) = asked_with(vec![both, tagged("\"a2\"", &["war"])]).await;
    assert_eq!(asked[2], Some("\"a2\""));
    assert_eq!(header(&server, 1, "if-modified-since").as_deref(), std::str::from_utf8(DATE).ok());
    assert_eq!(header(&server, 2, "if-modified-since"), None);
}

/// E-07
#[tokio::test]
async fn the_word_that_nothing_changed_brings_what_it_carries() {
    let first = Reply::whole(200, &[("ETag", b"\"a1\""), ("Last-Modified", DATE)], &feed(&["war"]));
    let unchanged = Reply::whole(304, &[("ETag", b"\"a2\"")], b"");
    let (desk, server, asked) = asked_with(vec![first, unchanged]).await;
    assert_eq!(asked[2], Some("\"a2\""));
    assert_eq!(header(&server, 2, "if-modified-since").as_deref(), std::str::from_utf8(DATE).ok());
    assert_eq!(desk.class().await, "not_modified");
}

/// E-08, H-05
#[tokio::test]
async fn a_body_cut_short_changes_nothing() {
    let body = feed(&["war one", "war two"]);
    let mut short = b"HTTP/1.1 200 OK\r\nETag: \"bad\"\r\nContent-Length: 10000\r\n\r\n".to_vec();
    short.extend(&body);
    let (desk, _, asked) = asked_with(vec![tagged("\"a1\"", &["old"]), Reply::raw(short).close()]).await;
    assert_eq!(asked[1..], [Some("\"a1\""), Some("\"a1\"")]);
    assert_eq!(desk.class().await, "truncated");
    let overview = desk.overview().await;
    assert_eq!((overview.items, overview.alerts), (1, 0));
}

/// E-08 at first sight
#[tokio::test]
async fn a_first_body_cut_short_is_no_baseline() {
    let body = feed(&["war one"]);
    let head = format!("HTTP/1.1 200 OK\r\nETag: \"bad\"\r\nContent-Length: {}\r\n\r\n", body.len());
    let short = Reply::raw([head.as_bytes(), &body[..body.len() - 9]].concat()).close();
    let (desk, _, asked) = asked_with(vec![short, ok(&["war one"])]).await;
    assert_eq!(asked, [None, None, None]);
    assert_eq!(desk.alerts_on(&["war one"]).await, [0], "the first whole body is the baseline");
}

#[tokio::test]
async fn a_first_body_without_its_end_is_no_baseline() {
    let all = feed(&["war one", "war two", "war three"]);
    let cut = Reply::ok(&all[..all.len() - 100]);
    let (desk, _, _) = asked_with(vec![cut.clone(), Reply::ok(&all)]).await;
    assert_eq!(desk.alerts_on(&["war one", "war two", "war three"]).await, [0, 0, 0]);
    // One that never has an end is not mute for ever.
    let longer = feed(&["war four", "war one", "war two", "war three"]);
    let replies = vec![cut.clone(), cut, Reply::ok(&longer[..longer.len() - 100])];
    let (desk, _, _) = asked_with(replies).await;
    assert_eq!(desk.alerts_on(&["war four", "war one"]).await, [1, 0]);
}

#[tokio::test]
async fn what_is_partly_readable_is_so_while_nothing_changes() {
    let body =
        br#"{"version":"https://jsonfeed.org/version/1.1","title":"f","items":[{"id":"1","title":"war"},5]}"#;
    let whole = Reply::whole(200, &[("ETag", b"\"a\"")], body);
    let unchanged = Reply::whole(304, &[], b"");
    let (desk, _, asked) = asked_with(vec![whole.clone(), unchanged]).await;
    assert_eq!(asked[1], Some("\"a\""));
    assert_eq!(desk.source(0).await.mode().to_string(), "degraded");
    let (desk, _, _) = asked_with(vec![whole.clone(), Reply::whole(500, &[], b""), whole]).await;
    assert_eq!(desk.source(0).await.mode().to_string(), "degraded", "the same body again");
}

/// E-09
#[tokio::test]
async fn twenty_polls_are_twenty_times_the_same_request() {
    let cookie = Reply::whole(200, &[("Set-Cookie", b"id=1; Path=/")], &feed(&["war"]));
    let server = serve("127.0.0.1", vec![cookie]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(20).await;
    let seen = server.seen();
    assert_eq!(seen.len(), 20, "nothing else was asked for");
    for request in &seen {
        assert_eq!((request.line.as_str(), &request.headers), ("GET /feed HTTP/1.1", &seen[0].headers));
    }
    assert!(header(&server, 0, "user-agent").unwrap().ends_with("(+ops@example.org)"));
    for name in ["cookie", "referer", "origin"] {
        assert_eq!(seen[19].header(name), None);
    }
}

/// H-20
#[tokio::test]
async fn items_before_a_missing_end_are_kept_and_the_validators_before_it_too() {
    let mut cut = feed(&["war one", "war two", "war three"]);
    cut.truncate(cut.len() - 60);
    let cut = Reply::whole(200, &[("ETag", b"\"bad\"")], &cut);
    let (desk, _, asked) = asked_with(vec![
        tagged("\"a1\"", &["old"]),
        cut,
        tagged("\"a3\"", &["war one", "war two", "war three"]),
    ])
    .await;
    assert_eq!(asked[1..], [Some("\"a1\""), Some("\"a1\""), Some("\"a3\"")]);
    assert_eq!(desk.alerts_on(&["old", "war one", "war two", "war three"]).await, [0, 1, 1, 1]);
    let events = desk.overview().await.events;
    assert_eq!((events[0].class.as_str(), events[0].count), ("degraded", 1));
}

/// H-24
#[tokio::test]
async fn what_is_no_feed_touches_nothing_and_nothing_alerts_again() {
    let page = Reply::whole(200, &[("ETag", b"\"login\"")], b"<html><title>war</title><p>Log in</p></html>");
    let json = Reply::whole(200, &[("ETag", b"\"json\"")], br#"{"error":"war"}"#);
    let image = Reply::whole(200, &[("ETag", b"\"png\"")], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let nothing = Reply::whole(200, &[("ETag", b"\"none\"")], b"");
    let good = || tagged("\"a1\"", &["old", "war one"]);
    let replies = vec![tagged("\"a0\"", &["old"]), good(), page, json, image, nothing, good()];
    let (desk, _, asked) = asked_with(replies).await;
    assert_eq!(asked[2..], vec![Some("\"a1\""); 6]);
    assert_eq!(desk.alerts_on(&["old", "war one"]).await, [0, 1]);
    let overview = desk.overview().await;
    assert_eq!((overview.items, overview.alerts), (2, 1));
    let mut told: Vec<_> = overview.events.iter().map(|event| (event.class.as_str(), event.count)).collect();
    told.sort_unstable();
    assert_eq!(told, [("empty", 1), ("not_a_feed", 3)]);
}
