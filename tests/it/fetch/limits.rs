//! Limits of time and size, and addresses that may not be reached.

use super::*;
use crate::wire::{Reply, Server};

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn h02_an_endless_body_is_cut() {
    let mut chunk = b"2000\r\n".to_vec();
    chunk.extend([b'x'; 0x2000]);
    chunk.extend(b"\r\n");
    let server = Server::start("127.0.0.1", move |_| {
        Reply::chunked(&[]).repeat(chunk.clone(), Duration::from_millis(1))
    })
    .await;
    let config = FetchConfig { max_body: 100_000, ..config() };
    assert_eq!(class(get(&config, &server.url("/")).await), PollClass::TooLarge);
    server.all_closed().await;
}

#[tokio::test]
async fn a_compressed_body_that_never_gives_a_byte_is_cut() {
    // The name in the header of a gzip file has no end.
    let server = Server::start("127.0.0.1", |_| {
        Reply::chunked(&[("Content-Encoding", b"gzip")])
            .chunk(b"\x1f\x8b\x08\x08\0\0\0\0\0\x03")
            .repeat([b"1000\r\n", &[b'n'; 0x1000][..], b"\r\n"].concat(), Duration::from_millis(1))
    })
    .await;
    let config = FetchConfig { max_body: 100_000, ..config() };
    assert_eq!(class(get(&config, &server.url("/")).await), PollClass::TooLarge);
}

#[tokio::test]
async fn h03_a_dripping_body_is_too_slow() {
    let server = Server::start("127.0.0.1", |_| {
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n").repeat("x", Duration::from_millis(10))
    })
    .await;
    let slow = FetchConfig { min_bytes: 1000, min_bytes_window: SHORT, ..config() };
    assert_eq!(class(get(&slow, &server.url("/")).await), PollClass::TooSlow);
    let patient = FetchConfig { min_bytes: 1, timeout: SHORT * 3, ..config() };
    assert_eq!(class(get(&patient, &server.url("/")).await), PollClass::Timeout);
    server.all_closed().await;
}

#[tokio::test]
async fn a_body_that_stops_is_too_slow_and_a_short_one_is_not() {
    let server = Server::start("127.0.0.1", |seen| match seen.path() {
        "/stops" => Reply::chunked(&[]).chunk(&[b'x'; 5000]).wait(),
        _ => Reply::ok(b"<rss/>"),
    })
    .await;
    let config = FetchConfig { min_bytes: 1000, min_bytes_window: SHORT, ..config() };
    assert_eq!(class(get(&config, &server.url("/stops")).await), PollClass::TooSlow);
    assert!(get(&config, &server.url("/short")).await.is_ok());
}

#[tokio::test]
async fn h04_silence_is_a_timeout() {
    let server = Server::start("127.0.0.1", |_| Reply::raw("").wait()).await;
    let config = FetchConfig { first_byte_timeout: SHORT, ..config() };
    let error = get(&config, &server.url("/secret?key=1")).await.unwrap_err();
    assert_eq!(error.class(), PollClass::Timeout);
    assert_eq!(error.message(), format!("127.0.0.1:{}: no answer within 100ms", server.port()));
    server.all_closed().await;
}

#[tokio::test]
async fn h04_many_silent_servers_delay_nobody() {
    let silent = Server::start("127.0.0.1", |_| Reply::raw("").wait()).await;
    let neighbour = Server::start("127.0.0.2", |_| Reply::ok(b"<rss/>")).await;
    let fetcher = fetcher(&config());
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (fetcher, url) = (fetcher.clone(), silent.url("/"));
        waiting
            .spawn(async move { fetcher.get(&Request { url: &url, validators: None, headers: &[] }).await });
    }
    let url = neighbour.url("/");
    let request = Request { url: &url, validators: None, headers: &[] };
    let got = tokio::time::timeout(Duration::from_secs(3), fetcher.get(&request)).await;
    assert_eq!(got.expect("long before they give up").unwrap().body, b"<rss/>");
    assert!(waiting.try_join_next().is_none(), "the silent ones still wait");
}

#[tokio::test]
async fn a_slow_handshake_is_a_timeout_of_the_connection() {
    // The system takes the connection, and nobody answers the greeting of TLS.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let config = FetchConfig { connect_timeout: SHORT, ..config() };
    let error = get(&config, &url).await.unwrap_err();
    assert_eq!(error.class(), PollClass::Timeout);
    assert!(error.message().ends_with("no connection within 100ms"), "{error}");
}

#[tokio::test]
async fn the_whole_limit_counts_redirects() {
    let server = Server::start("127.0.0.1", |seen| match seen.number {
        1 => Reply::redirect(302, "/2"),
        _ => Reply::raw("").wait(),
    })
    .await;
    let config = FetchConfig { timeout: SHORT, ..config() };
    assert_eq!(class(get(&config, &server.url("/1")).await), PollClass::Timeout);
    assert_eq!(server.seen().len(), 2);
}

/// Answers with so many headers of so many bytes.
async fn headers(count: usize, bytes: usize) -> Result<Fetched, FetchError> {
    let value = "v".repeat(bytes);
    let headers = format!("X-Flood: {value}\r\n").repeat(count);
    let server = Server::start("127.0.0.1", move |_| {
        Reply::raw(format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\nok"))
    })
    .await;
    get(&config(), &server.url("/")).await
}

#[tokio::test]
async fn h06_a_header_flood_is_refused() {
    assert_eq!(class(headers(10_000, 1000).await), PollClass::HeaderLimit);
    assert_eq!(class(headers(257, 1).await), PollClass::HeaderLimit);
    assert_eq!(class(headers(100, 1000).await), PollClass::HeaderLimit);
    assert_eq!(headers(200, 100).await.unwrap().body, b"ok");
}

#[tokio::test]
async fn h10_addresses_in_disguise_are_refused() {
    let forbidden = Server::start("127.0.99.1", |_| Reply::ok(b"<rss/>")).await;
    let port = forbidden.port();
    for host in [
        "127.0.99.1",
        "2130731777",
        "0x7f.0.0x63.1",
        "0177.0.0143.01",
        "127.25345",
        "[::ffff:127.0.99.1]",
        "[64:ff9b::127.0.99.1]",
        "127.0.99.1.",
    ] {
        let url = Url::parse(&format!("http://{host}:{port}/feed?key=secret")).unwrap();
        let error = get(&config(), &url).await.unwrap_err();
        assert_eq!(error.class(), PollClass::AddressRefused, "{host}");
        assert!(error.message().contains("fetch.allow_networks"), "{error}");
        assert!(!error.message().contains("secret"), "{error}");
    }
    let nothing_allowed = FetchConfig { allow_networks: Vec::new(), ..config() };
    for host in ["2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::]", "0", "169.254.169.254"] {
        let url = Url::parse(&format!("http://{host}:{port}/")).unwrap();
        assert_eq!(class(get(&nothing_allowed, &url).await), PollClass::AddressRefused, "{host}");
    }
    assert_eq!(forbidden.connections(), 0);
}

#[tokio::test]
async fn h11_a_name_that_resolves_inside_is_refused() {
    let server = Server::start("127.0.0.1", |_| Reply::ok(b"<rss/>")).await;
    let nothing_allowed = FetchConfig { allow_networks: Vec::new(), ..config() };
    for host in ["localhost", "LOCALHOST"] {
        let url = Url::parse(&format!("http://{host}:{}/", server.port())).unwrap();
        assert_eq!(class(get(&nothing_allowed, &url).await), PollClass::AddressRefused, "{host}");
        assert_eq!(server.connections(), 0);
    }
    let url = Url::parse(&format!("http://localhost:{}/", server.port())).unwrap();
    assert_eq!(get(&config(), &url).await.unwrap().body, b"<rss/>");
}

#[tokio::test]
async fn failures_before_an_answer_have_their_names() {
    // A port that was free a moment ago.
    let port = Server::start("127.0.0.1", |_| Reply::ok(b"")).await.port();
    for (url, expect) in [
        (format!("http://127.0.0.77:{port}/"), PollClass::Connect),
        ("http://feeds.invalid/".to_owned(), PollClass::Dns),
        ("http://127.0.0.1:22/".to_owned(), PollClass::PortRefused),
        ("ftp://127.0.0.1/".to_owned(), PollClass::SchemeRefused),
        ("file:///etc/passwd".to_owned(), PollClass::SchemeRefused),
    ] {
        let got = get(&config(), &Url::parse(&url).unwrap()).await;
        assert_eq!(class(got), expect, "{url}");
    }
}
