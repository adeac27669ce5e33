//! Bodies: whole and decompressed, or refused.

use super::*;
use crate::wire::{Reply, Server};
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder};
use tokio::io::AsyncWriteExt;

macro_rules! packed {
    ($encoder:ident, $body:expr) => {{
        let mut encoder = $encoder::new(Vec::new());
        encoder.write_all($body).await.unwrap();
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    }};
}

const FEED: &[u8] = include_bytes!("bodies.rs");

async fn gzip(body: &[u8]) -> Vec<u8> {
    packed!(GzipEncoder, body)
}

/// Serves this body under this encoding and fetches it with a largest body of 4 MiB.
async fn fetched(encoding: &str, reply: Reply) -> Result<Vec<u8>, PollClass> {
    let server = Server::start("127.0.0.1", move |_| reply.clone()).await;
    let config = FetchConfig { max_body: 4 << 20, ..config() };
    let got = get(&config, &server.url("/")).await;
    if let Err(error) = &got {
        assert!(!error.message().contains("http://"), "{encoding}: {error}");
    }
    got.map(|fetched| fetched.body).map_err(|error| error.class())
}

async fn check(encoding: &str, body: &[u8], expect: Result<&[u8], PollClass>) {
    let reply = Reply::whole(200, &[("Content-Encoding", encoding.as_bytes())], body);
    assert_eq!(
        fetched(encoding, reply).await,
        expect.map(<[u8]>::to_vec),
        "{encoding}, {} bytes",
        body.len()
    );
}

#[tokio::test]
async fn what_is_offered_is_decoded() {
    check("gzip", &gzip(FEED).await, Ok(FEED)).await;
    check("x-gzip", &gzip(FEED).await, Ok(FEED)).await;
    check("br", &packed!(BrotliEncoder, FEED), Ok(FEED)).await;
    check("deflate", &packed!(ZlibEncoder, FEED), Ok(FEED)).await;
    check("deflate", &packed!(DeflateEncoder, FEED), Ok(FEED)).await;
    check("identity", FEED, Ok(FEED)).await;
    check("gzip", &[gzip(b"<rss>").await, gzip(b"</rss>").await].concat(), Ok(b"<rss></rss>")).await;
    check("gzip", b"", Ok(b"")).await;
    check("zstd", FEED, Err(PollClass::BadEncoding)).await;
}

#[tokio::test]
async fn a_compressed_body_cut_anywhere_is_truncated() {
    let gzip = gzip(FEED).await;
    for cut in [1, 5, 11, gzip.len() / 2, gzip.len() - 9, gzip.len() - 4, gzip.len() - 1] {
        check("gzip", &gzip[..cut], Err(PollClass::Truncated)).await;
    }
    for (encoding, packed) in [
        ("br", packed!(BrotliEncoder, FEED)),
        ("deflate", packed!(ZlibEncoder, FEED)),
        ("deflate", packed!(DeflateEncoder, FEED)),
    ] {
        for cut in [1, packed.len() / 2, packed.len() - 1] {
            check(encoding, &packed[..cut], Err(PollClass::Truncated)).await;
        }
    }
}

#[tokio::test]
async fn garbage_is_a_bad_encoding() {
    let gzip = gzip(FEED).await;
    let mut wrong_sum = gzip.clone();
    wrong_sum[gzip.len() - 6] ^= 1;
    let mut wrong_middle = gzip.clone();
    wrong_middle[gzip.len() / 2] ^= 0x55;
    check("gzip", FEED, Err(PollClass::BadEncoding)).await;
    check("gzip", &wrong_sum, Err(PollClass::BadEncoding)).await;
    check("gzip", &wrong_middle, Err(PollClass::BadEncoding)).await;
    check("gzip", &[&gzip[..], b"more"].concat(), Err(PollClass::BadEncoding)).await;
    check("br", &[&packed!(BrotliEncoder, FEED)[..], b"more"].concat(), Err(PollClass::BadEncoding)).await;
    check("br", FEED, Err(PollClass::BadEncoding)).await;
    check("deflate", b"\x78\x9c garbage", Err(PollClass::BadEncoding)).await;
}

#[tokio::test]
async fn h01_a_compressed_bomb_stops_at_the_limit() {
    let bomb = gzip(&vec![0; 1 << 20]).await.repeat(50);
    assert!(bomb.len() < 60_000, "{}", bomb.len());
    check("gzip", &bomb, Err(PollClass::TooLarge)).await;
    check("br", &packed!(BrotliEncoder, &vec![0; 5 << 20]), Err(PollClass::TooLarge)).await;
}

#[tokio::test]
async fn a_dense_body_is_too_large_below_the_limit_too() {
    let dense = gzip(&vec![b' '; 2 << 20]).await;
    check("gzip", &dense, Err(PollClass::TooLarge)).await;
    let chunked = Reply::chunked(&[("Content-Encoding", b"gzip")]).chunk(&dense).then("0\r\n\r\n");
    assert_eq!(fetched("gzip", chunked).await, Err(PollClass::TooLarge));
    let small = vec![b' '; 1 << 20];
    check("gzip", &gzip(&small).await, Ok(&small)).await;
}

#[tokio::test]
async fn a_body_dense_at_first_only_is_read() {
    let mut state = 1_u64;
    let noise = (0..40_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_le_bytes()[7]
    });
    let body: Vec<u8> = std::iter::repeat_n(b' ', 2 << 20).chain(noise).collect();
    let dense = gzip(&body).await;
    check("gzip", &dense, Ok(&body)).await;
    let chunked = Reply::chunked(&[("Content-Encoding", b"gzip")]).chunk(&dense).then("0\r\n\r\n");
    assert_eq!(fetched("gzip", chunked).await, Ok(body));
}

#[tokio::test]
async fn a_stated_length_over_the_limit_is_not_read() {
    let server = Server::start("127.0.0.1", |_| {
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n").wait()
    })
    .await;
    let config = FetchConfig { max_body: 4 << 20, ..config() };
    assert_eq!(class(get(&config, &server.url("/")).await), PollClass::TooLarge);
    server.all_closed().await;
}

#[tokio::test]
async fn a_body_of_the_limit_is_read_and_one_byte_more_is_not() {
    let server = Server::start("127.0.0.1", |seen| {
        let length = seen.path().trim_start_matches('/').parse().unwrap();
        Reply::chunked(&[]).chunk(&vec![b'x'; length]).then("0\r\n\r\n")
    })
    .await;
    let config = FetchConfig { max_body: 1000, ..config() };
    assert_eq!(get(&config, &server.url("/1000")).await.unwrap().body.len(), 1000);
    assert_eq!(class(get(&config, &server.url("/1001")).await), PollClass::TooLarge);
}

#[tokio::test]
async fn h05_a_short_body_is_truncated() {
    let item = "<item><title>whole</title></item>";
    let short =
        format!("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 10000\r\n\r\n{}", item.repeat(180));
    for reply in [
        Reply::raw(short.clone()).close(),
        Reply::chunked(&[]).chunk(item.as_bytes()).close(),
        Reply::chunked(&[]).then("ffff\r\n<item>").close(),
        Reply::raw("HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\n<r>"),
    ] {
        assert_eq!(fetched("", reply).await, Err(PollClass::Truncated));
    }
    let to_the_close = Reply::raw("HTTP/1.0 200 OK\r\n\r\n<rss/>").close();
    assert_eq!(fetched("", to_the_close).await, Ok(b"<rss/>".to_vec()));
}

#[tokio::test]
async fn no_content_is_empty_and_nonsense_is_no_protocol() {
    for (reply, expect) in [
        (Reply::raw("HTTP/1.1 204 No Content\r\n\r\n"), PollClass::Empty),
        (Reply::raw("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"), PollClass::Protocol),
        (Reply::raw("SSH-2.0-OpenSSH_9.2\r\n").close(), PollClass::Protocol),
        (Reply::raw("HTTP/1.1 200 OK\r\nContent-").close(), PollClass::Protocol),
        (Reply::raw("").close(), PollClass::Protocol),
        (Reply::chunked(&[]).then("xyz\r\n<rss/>\r\n0\r\n\r\n"), PollClass::Protocol),
        (
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            PollClass::Protocol,
        ),
    ] {
        assert_eq!(fetched("", reply).await, Err(expect));
    }
    assert_eq!(fetched("", Reply::ok(b"")).await, Ok(Vec::new()));
}

/// Of large bodies two at a time are read; who waits for its turn loses no time by it, and small
/// ones do not wait.
#[tokio::test]
async fn slow_large_bodies_hold_up_no_small_one() {
    let large = vec![b'x'; (1 << 20) + 1];
    let slow = Reply::chunked(&[]).chunk(&large).wait();
    let slow_server = Server::start("127.0.0.1", move |_| slow.clone()).await;
    let server = Server::start("127.0.0.2", |seen| match seen.path() {
        "/small" => Reply::ok(FEED),
        _ => Reply::ok(&vec![b'y'; 3 << 20]),
    })
    .await;
    // The slow ones end after ten seconds, by the time for the whole; nothing here waits for that.
    let config = FetchConfig { min_bytes: 1, min_bytes_window: Duration::from_mins(1), ..config() };
    let fetcher = fetcher(&config);
    let fetch = |url: Url| {
        let fetcher = fetcher.clone();
        async move { fetcher.get(&Request { url: &url, validators: None, headers: &[] }).await }
    };
    let slow: Vec<_> = (0..2).map(|_| tokio::spawn(fetch(slow_server.url("/")))).collect();
    slow_server.asked(2).await;
    let waiting = tokio::spawn(fetch(server.url("/large")));
    server.asked(1).await;
    for _ in 0..20 {
        let small = fetch(server.url("/small")).await.unwrap();
        assert_eq!(small.body, FEED);
    }
    for slow in slow {
        assert_eq!(class(slow.await.unwrap()), PollClass::Timeout);
    }
    // Where it began to wait before those ended, its own ten seconds have not run meanwhile.
    assert_eq!(waiting.await.unwrap().unwrap().body.len(), 3 << 20);
}

#[tokio::test]
async fn many_large_bodies_arrive_one_after_the_other() {
    let server = Server::start("127.0.0.1", |_| Reply::ok(&vec![b'y'; 2 << 20])).await;
    let fetcher = fetcher(&config());
    let all: Vec<_> = (0..12)
        .map(|_| {
            let (fetcher, url) = (fetcher.clone(), server.url("/"));
            tokio::spawn(async move {
                let got = fetcher.get(&Request { url: &url, validators: None, headers: &[] }).await;
                got.map(|fetched| fetched.body.len())
            })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap().unwrap(), 2 << 20);
    }
}
