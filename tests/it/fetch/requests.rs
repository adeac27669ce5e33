//! What a request looks like, and what comes back of validators.

use super::*;
use crate::wire::{Reply, Seen, Server};
use newshound::model::{RetryAfter, Timestamp};

/// Answers with these headers, asks again, and returns the second request.
async fn asked_again(headers: &[(&str, &[u8])]) -> Seen {
    let reply = Reply::whole(200, headers, b"<rss/>");
    let server = Server::start("127.0.0.1", move |_| reply.clone()).await;
    let url = server.url("/feed?x=1");
    let first = get_with(&url, None).await.unwrap();
    get_with(&url, first.validators.as_ref()).await.unwrap();
    server.seen()[1].clone()
}

#[tokio::test]
async fn e01_validators_come_back_byte_for_byte() {
    let again =
        asked_again(&[("ETag", b"\"a1\""), ("Last-Modified", b"Tue, 03 Mar 2026 10:00:00 GMT")]).await;
    assert_eq!(again.header("if-none-match"), Some(&b"\"a1\""[..]));
    assert_eq!(again.header("if-modified-since"), Some(&b"Tue, 03 Mar 2026 10:00:00 GMT"[..]));
}

#[tokio::test]
async fn e02_e03_any_etag_comes_back_as_it_was() {
    for etag in [&b"W/\"x-gzip\""[..], b"noquotes", b"\"caf\xe9, \xff\""] {
        let again = asked_again(&[("etag", etag)]).await;
        assert_eq!(again.header("if-none-match"), Some(etag));
        assert_eq!(again.header("if-modified-since"), None);
    }
}

#[tokio::test]
async fn e04_a_date_of_any_form_is_echoed() {
    let again = asked_again(&[("Last-Modified", b"2026-03-03 10:00 CET")]).await;
    assert_eq!(again.header("if-modified-since"), Some(&b"2026-03-03 10:00 CET"[..]));
    assert_eq!((again.header("if-none-match"), again.header("a-im")), (None, None));
}

#[tokio::test]
async fn e06_an_absent_validator_is_forgotten() {
    let server = Server::start("127.0.0.1", |seen| match seen.number {
        1 => Reply::whole(200, &[("ETag", b"\"a1\""), ("Last-Modified", b"then")], b"<rss/>"),
        _ => Reply::whole(200, &[("ETag", b"\"a2\"")], b"<rss/>"),
    })
    .await;
    let url = server.url("/");
    let first = get_with(&url, None).await.unwrap();
    let second = get_with(&url, first.validators.as_ref()).await.unwrap();
    let known = second.validators.unwrap();
    assert_eq!((known.etag.as_deref(), known.last_modified), (Some(&b"\"a2\""[..]), None));
}

#[tokio::test]
async fn e07_a_304_updates_what_it_carries() {
    let server = Server::start("127.0.0.1", |seen| match seen.number {
        1 => Reply::whole(200, &[("ETag", b"\"a1\""), ("Last-Modified", b"then")], b"<rss/>"),
        _ => Reply::raw("HTTP/1.1 304 Not Modified\r\nETag: \"a2\"\r\nCache-Control: max-age=7200\r\n\r\n"),
    })
    .await;
    let url = server.url("/");
    let first = get_with(&url, None).await.unwrap();
    let second = get_with(&url, first.validators.as_ref()).await.unwrap();
    assert_eq!((second.status, second.body.len()), (304, 0));
    assert_eq!(second.freshness.cache_control.as_deref(), Some("max-age=7200"));
    let known = second.validators.unwrap();
    assert_eq!(
        (known.etag.as_deref(), known.last_modified.as_deref()),
        (Some(&b"\"a2\""[..]), Some(&b"then"[..]))
    );
}

#[tokio::test]
async fn an_unasked_304_is_a_mistake() {
    let server = Server::start("127.0.0.1", |_| Reply::raw("HTTP/1.1 304 Not Modified\r\n\r\n")).await;
    assert_eq!(class(get_with(&server.url("/"), None).await), PollClass::Protocol);
    let of_another =
        Validators { url: server.url("/other").into(), etag: Some(b"\"x\"".into()), last_modified: None };
    assert_eq!(class(get_with(&server.url("/"), Some(&of_another)).await), PollClass::Protocol);
}

#[tokio::test]
async fn e09_the_headers_are_these_every_time() {
    let server = Server::start("127.0.0.1", |_| {
        Reply::whole(200, &[("Set-Cookie", b"id=1; Path=/"), ("Refresh", b"1")], b"<rss/>")
    })
    .await;
    let fetcher = fetcher(&config());
    let url = server.url("/feed?x=%20|#part");
    for _ in 0..20 {
        fetcher.get(&Request { url: &url, validators: None, headers: &[] }).await.unwrap();
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 20);
    for request in &seen {
        assert_eq!(request.line, "GET /feed?x=%20| HTTP/1.1");
        let names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["user-agent", "accept", "accept-encoding", "host"]);
        assert_eq!(request.headers, seen[0].headers);
    }
    assert_eq!(seen[0].header("user-agent"), Some(&b"newshound/0.1.0 (+ops@example.org)"[..]));
    assert_eq!(seen[0].header("accept-encoding"), Some(&b"gzip, br, deflate"[..]));
    assert!(seen[0].header("accept").unwrap().starts_with(b"application/atom+xml, application/rss+xml"));
    assert_eq!(server.connections(), 1, "polls of one host share a connection");
}

#[tokio::test]
async fn e11_an_etag_asks_for_the_new_part_alone() {
    let server = Server::start("127.0.0.1", |seen| match seen.number {
        1 => Reply::whole(200, &[("ETag", b"\"a1\"")], b"<rss>all</rss>"),
        _ => Reply::whole(226, &[("ETag", b"\"a2\""), ("IM", b"feed")], b"<rss>new</rss>"),
    })
    .await;
    let url = server.url("/");
    let first = get_with(&url, None).await.unwrap();
    let second = get_with(&url, first.validators.as_ref()).await.unwrap();
    assert_eq!(server.seen()[1].header("a-im"), Some(&b"feed"[..]));
    assert_eq!((second.status, second.body.as_slice()), (226, &b"<rss>new</rss>"[..]));
    assert_eq!(second.validators.unwrap().etag.as_deref(), Some(&b"\"a2\""[..]));
}

#[tokio::test]
async fn configured_headers_and_user_info_are_sent() {
    let server = Server::start("127.0.0.1", |_| Reply::ok(b"<rss/>")).await;
    let mut url = server.url("/");
    url.set_username("me").unwrap();
    url.set_password(Some("p w")).unwrap();
    let headers = [secret("X-Key", "k"), secret("User-Agent", "special")];
    let fetched =
        fetcher(&config()).get(&Request { url: &url, validators: None, headers: &headers }).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("authorization"), Some(&b"Basic bWU6cCB3"[..]));
    assert_eq!((seen.header("x-key"), seen.header("user-agent")), (Some(&b"k"[..]), Some(&b"special"[..])));
    assert_eq!(fetched.url, server.url("/"), "the address that answered shows no user info");
}

#[tokio::test]
async fn an_answer_brings_its_freshness_and_type() {
    let server = Server::start("127.0.0.1", |_| {
        let headers: [(&str, &[u8]); 5] = [
            ("Content-Type", b"application/rss+xml; charset=iso-8859-1"),
            ("Cache-Control", b"max-age=60"),
            ("Expires", b"0"),
            ("Date", b"Tue, 03 Mar 2026 10:00:00 GMT"),
            ("Age", b"5"),
        ];
        Reply::whole(200, &headers, b"<rss/>")
    })
    .await;
    let fetched = get_with(&server.url("/"), None).await.unwrap();
    assert_eq!(fetched.content_type.as_deref(), Some("application/rss+xml; charset=iso-8859-1"));
    assert_eq!(fetched.freshness.expires.as_deref(), Some("0"));
    assert_eq!(fetched.freshness.age.as_deref(), Some("5"));
    assert_eq!((fetched.validators, fetched.moved_to), (None, None));
}

#[tokio::test]
async fn a_refusal_tells_its_class_and_how_long_to_stay_away() {
    let server = Server::start("127.0.0.1", |seen| {
        let status = seen.path().trim_start_matches('/').parse().unwrap();
        Reply::whole(status, &[("Retry-After", b"7200")], b"no")
    })
    .await;
    for (status, expect) in [
        (401, PollClass::AuthRequired),
        (404, PollClass::HttpClientError),
        (408, PollClass::Timeout),
        (410, PollClass::Gone),
        (429, PollClass::RateLimited),
        (500, PollClass::HttpServerError),
        (503, PollClass::Unavailable),
        (300, PollClass::RedirectInvalid),
        (302, PollClass::RedirectInvalid),
    ] {
        let error = get_with(&server.url(&format!("/{status}")), None).await.unwrap_err();
        assert_eq!(error.class(), expect, "{status}");
        assert_eq!(error.retry_after(), Some(RetryAfter::Wait(Duration::from_hours(2))), "{status}");
        assert_eq!(error.host(), format!("127.0.0.1:{}", server.port()));
    }
}

#[tokio::test]
async fn e20_a_date_to_return_at_is_told() {
    let server = Server::start("127.0.0.1", |_| {
        Reply::whole(503, &[("Retry-After", b"Tue, 03 Mar 2026 13:00:00 GMT")], b"")
    })
    .await;
    let error = get_with(&server.url("/"), None).await.unwrap_err();
    let until = Timestamp::parse_rfc3339("2026-03-03T13:00:00Z").unwrap();
    assert_eq!(error.retry_after(), Some(RetryAfter::Until(until)));
}
