//! Redirects: how many, where to, and what goes along.

use super::*;
use crate::wire::{Reply, Server};
use newshound::model::Timestamp;

#[tokio::test]
async fn h07_a_loop_ends() {
    let server = Server::start("127.0.0.1", |seen| match seen.path() {
        "/a" => Reply::redirect(302, "/b"),
        _ => Reply::redirect(301, "/a"),
    })
    .await;
    assert_eq!(class(get(&config(), &server.url("/a")).await), PollClass::RedirectLoop);
    assert!(server.seen().len() <= 6);
}

#[tokio::test]
async fn a_chain_is_followed_as_far_as_allowed() {
    let server = Server::start("127.0.0.1", |seen| match seen.path()[1..].parse::<u32>().unwrap() {
        0 => Reply::ok(b"<rss/>"),
        left => Reply::redirect(307, &format!("/{}", left - 1)),
    })
    .await;
    let fetched = get(&config(), &server.url("/5")).await.unwrap();
    assert_eq!((server.seen().len(), fetched.url), (6, server.url("/0")));
    assert_eq!(server.connections(), 1, "hops of one host share a connection");
    assert_eq!(class(get(&config(), &server.url("/6")).await), PollClass::RedirectLoop);
    assert_eq!(server.seen().len(), 6 + 6);
}

#[tokio::test]
async fn h08_other_schemes_are_refused() {
    for location in ["file:///etc/passwd", "gopher://127.0.0.1/", "data:text/xml,<rss/>", "ftp://127.0.0.1/x"]
    {
        let server = Server::start("127.0.0.1", |_| Reply::redirect(302, location)).await;
        let error = get(&config(), &server.url("/")).await.unwrap_err();
        assert_eq!(error.class(), PollClass::SchemeRefused, "{location}");
        assert!(!error.message().contains("passwd"), "{error}");
    }
}

#[tokio::test]
async fn h09_a_redirect_inside_reaches_nobody() {
    let forbidden = Server::start("127.0.99.1", |_| Reply::ok(b"<rss/>")).await;
    let target = forbidden.url("/admin?token=secret");
    let server = Server::start("127.0.0.1", move |_| Reply::redirect(302, target.as_str())).await;
    let error = get(&config(), &server.url("/")).await.unwrap_err();
    assert_eq!(error.class(), PollClass::AddressRefused);
    assert!(error.message().starts_with("127.0.99.1"), "{error}");
    assert!(!error.message().contains("secret") && !error.message().contains("admin"), "{error}");
    assert_eq!(forbidden.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_a_refused_port_is_not_followed() {
    let server = Server::start("127.0.0.1", |_| Reply::redirect(302, "http://127.0.0.2:25/")).await;
    assert_eq!(class(get(&config(), &server.url("/")).await), PollClass::PortRefused);
}

#[tokio::test]
async fn h13_credentials_do_not_cross() {
    let other = Server::start("127.0.0.2", |_| Reply::whole(200, &[("ETag", b"\"b\"")], b"<rss/>")).await;
    let target = other.url("/feed");
    let server = Server::start("127.0.0.1", move |seen| match seen.path() {
        "/old" => Reply::whole(302, &[("Location", b"/new"), ("Set-Cookie", b"session=1")], b""),
        _ => Reply::redirect(302, target.as_str()),
    })
    .await;
    let mut url = server.url("/old");
    url.set_username("me").unwrap();
    url.set_password(Some("secret")).unwrap();
    let headers = [secret("Cookie", "a=b"), secret("X-Key", "k")];
    let fetched =
        fetcher(&config()).get(&Request { url: &url, validators: None, headers: &headers }).await.unwrap();
    for request in &server.seen() {
        assert_eq!(request.header("authorization"), Some(&b"Basic bWU6c2VjcmV0"[..]));
        assert_eq!(request.header("cookie"), Some(&b"a=b"[..]));
    }
    assert_eq!(server.seen().len(), 2);
    for name in ["authorization", "cookie", "x-key", "referer", "origin"] {
        assert_eq!(other.seen()[0].header(name), None, "{name}");
    }
    assert_eq!(fetched.url, other.url("/feed"));
}

#[tokio::test]
async fn e28_a_permanent_move_is_told_with_the_new_validators() {
    let server = Server::start("127.0.0.1", |seen| match (seen.path(), seen.number) {
        ("/old", _) => Reply::redirect(301, "/new"),
        ("/new", 1..=2) => Reply::whole(200, &[("ETag", b"\"n\"")], b"<rss/>"),
        _ => Reply::raw("HTTP/1.1 304 Not Modified\r\n\r\n"),
    })
    .await;
    let first = get_with(&server.url("/old"), None).await.unwrap();
    assert_eq!(first.moved_to, Some(server.url("/new")));
    let known = first.validators.unwrap();
    assert_eq!(known.url, server.url("/new").as_str());
    let second = get_with(&server.url("/new"), Some(&known)).await.unwrap();
    assert_eq!(second.status, 304);
    assert_eq!(server.seen()[2].header("if-none-match"), Some(&b"\"n\""[..]));
}

#[tokio::test]
async fn e29_a_temporary_move_keeps_the_old_address_without_foreign_validators() {
    let server = Server::start("127.0.0.1", |seen| match seen.path() {
        "/old" => {
            Reply::whole(302, &[("Location", b"/new"), ("Retry-After", b"60"), ("ETag", b"\"o\"")], b"")
        }
        _ => Reply::whole(200, &[("ETag", b"\"n\"")], b"<rss/>"),
    })
    .await;
    let first = get_with(&server.url("/old"), None).await.unwrap();
    assert_eq!(first.moved_to, None);
    assert_eq!(first.retry_after.map(|asked| asked.wait(Timestamp::default())), Some(Duration::from_mins(1)));
    get_with(&server.url("/old"), first.validators.as_ref()).await.unwrap();
    let sent: Vec<_> =
        server.seen().iter().map(|seen| seen.header("if-none-match").map(<[u8]>::to_vec)).collect();
    assert_eq!(sent, [None, None, None, Some(b"\"n\"".to_vec())]);
}

#[tokio::test]
async fn a_redirect_with_an_endless_body_is_not_waited_for() {
    let server = Server::start("127.0.0.1", |seen| match seen.path() {
        "/" => Reply::raw("HTTP/1.1 302 Found\r\nLocation: /feed\r\nContent-Length: 9999\r\n\r\n").wait(),
        _ => Reply::ok(b"<rss/>"),
    })
    .await;
    assert_eq!(get(&config(), &server.url("/")).await.unwrap().body, b"<rss/>");
    assert_eq!(server.connections(), 2);
}
