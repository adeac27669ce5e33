//! Answers for the newsroom over HTTP. Conditional requests are honoured.

use std::{future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, sync::Mutex};

use super::render::{Rendered, http_date};
use super::{FeedName, Newsroom};
use crate::model::Timestamp;

/// Serves the newsroom on a bound socket until `shutdown`. `elapsed` tells how much time has
/// passed since its start.
pub async fn serve(
    listener: TcpListener,
    newsroom: Arc<Newsroom>,
    elapsed: impl Fn() -> Duration + Send + Sync + Clone + 'static,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let unread = Newsroom::feeds().iter().map(|feed| feed.feed).filter(|name| *name != FeedName::Broken);
    let desk = Desk { newsroom, elapsed: Arc::new(elapsed), unread: Arc::new(Mutex::new(unread.collect())) };
    let router = Router::new()
        .route("/", get(index))
        .route("/feeds/{file}", get(feed))
        .route("/articles/{slug}", get(article))
        .with_state(desk);
    tokio::select! {
        served = axum::serve(listener, router).into_future() => served,
        () = shutdown => Ok(()),
    }
}

#[derive(Clone)]
struct Desk {
    newsroom: Arc<Newsroom>,
    elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// The whole feeds that nobody has read yet; the script begins when there are none.
    unread: Arc<Mutex<Vec<FeedName>>>,
}

async fn index(State(desk): State<Desk>) -> Response {
    answer(desk.newsroom.index(), &HeaderMap::new())
}

async fn feed(State(desk): State<Desk>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("/feeds/{file}");
    let Some(feed) = Newsroom::feeds().iter().find(|feed| feed.path == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let elapsed = (desk.elapsed)();
    let mut unread = desk.unread.lock().await;
    let rendered = desk.newsroom.feed(feed.feed, elapsed);
    unread.retain(|name| *name != feed.feed);
    if unread.is_empty() {
        desk.newsroom.open(elapsed);
    }
    answer(rendered, &headers)
}

async fn article(State(desk): State<Desk>, Path(slug): Path<String>) -> Response {
    match desk.newsroom.article(&slug, (desk.elapsed)()) {
        Some(page) => answer(page, &HeaderMap::new()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(rendered: Rendered, asked: &HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(rendered.content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let modified = rendered.last_modified.map(http_date);
    for (name, value) in [(header::ETAG, &rendered.etag), (header::LAST_MODIFIED, &modified)] {
        if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    if unchanged(&rendered, asked) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, rendered.body).into_response()
}

/// Says whether the client's copy is the present one. By RFC 9110 the date counts only where no
/// tag was sent.
fn unchanged(rendered: &Rendered, asked: &HeaderMap) -> bool {
    let text = |name| asked.get(name).and_then(|value| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        let Some(etag) = &rendered.etag else { return false };
        return tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag);
    }
    let since = text(header::IF_MODIFIED_SINCE).and_then(|date| {
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok().map(Timestamp::from)
    });
    match (since, rendered.last_modified) {
        (Some(since), Some(modified)) => modified.as_secs() <= since.as_secs(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::oneshot,
    };

    use super::*;

    /// Runs a newsroom for one test, at a moment that the test moves on.
    async fn with_newsroom<F: Future<Output = ()>>(test: impl FnOnce(Client) -> F) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let newsroom = Arc::new(Newsroom::new(address, Timestamp::from_millis(1_772_532_000_000), 1.0));
        let elapsed = Arc::new(std::sync::Mutex::new(Duration::ZERO));
        let (stop, stopped) = oneshot::channel::<()>();
        let client = Client { address, elapsed: Arc::clone(&elapsed) };
        let served =
            serve(listener, newsroom, move || *elapsed.lock().unwrap(), async { drop(stopped.await) });
        let test = async {
            test(client).await;
            drop(stop);
        };
        let (served, ()) = tokio::join!(served, test);
        served.unwrap();
    }

    struct Client {
        address: std::net::SocketAddr,
        elapsed: Arc<std::sync::Mutex<Duration>>,
    }

    impl Client {
        fn pass(&self, seconds: u64) {
            *self.elapsed.lock().unwrap() = Duration::from_secs(seconds);
        }

        async fn get(&self, path: &str, headers: &str) -> String {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
                self.address
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        }

        async fn read_all(&self) {
            for feed in Newsroom::feeds() {
                let answer = self.get(feed.path, "").await;
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            }
        }
    }

    fn header_of<'a>(answer: &'a str, name: &str) -> &'a str {
        let line = answer.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix(": ")).unwrap_or_else(|| panic!("no {name} in {answer}"))
    }

    #[tokio::test]
    async fn the_script_waits_until_every_whole_feed_was_read() {
        with_newsroom(|client| async move {
            client.pass(30);
            assert!(!client.get("/feeds/harbour-wire.rss", "").await.contains("train leaves"));
            client.pass(31);
            client.read_all().await;
            assert!(!client.get("/feeds/harbour-wire.rss", "").await.contains("train leaves"));
            client.pass(32);
            assert!(client.get("/feeds/harbour-wire.rss", "").await.contains("train leaves"));
        })
        .await;
    }

    #[tokio::test]
    async fn an_unchanged_feed_answers_304_to_either_validator_and_news_answers_200() {
        with_newsroom(|client| async move {
            client.read_all().await;
            for path in ["/feeds/harbour-wire.rss", "/feeds/shiokaze-shimbun.json"] {
                client.pass(0);
                let first = client.get(path, "").await;
                let by_tag = format!("If-None-Match: {}\r\n", header_of(&first, "etag"));
                let by_date = format!("If-Modified-Since: {}\r\n", header_of(&first, "last-modified"));
                for condition in [&by_tag, &by_date, &format!("{by_tag}{by_date}")] {
                    let again = client.get(path, condition).await;
                    assert!(again.starts_with("HTTP/1.1 304"), "{condition}{again}");
                    assert_eq!(header_of(&again, "etag"), header_of(&first, "etag"));
                }
                client.pass(59);
                for condition in [by_tag, by_date, "If-None-Match: \"invented\"\r\n".to_owned()] {
                    let news = client.get(path, &condition).await;
                    assert!(news.starts_with("HTTP/1.1 200"), "{condition}{news}");
                }
            }
        })
        .await;
    }

    #[tokio::test]
    async fn pages_are_served_and_unknown_paths_are_404() {
        with_newsroom(|client| async move {
            client.read_all().await;
            client.pass(5);
            assert!(client.get("/", "").await.contains("동해일보"));
            let page = client.get("/articles/train-leaves?utm_source=x", "").await;
            assert!(page.contains("armoured train"), "{page}");
            assert_eq!(header_of(&page, "x-content-type-options"), "nosniff");
            for path in
                ["/feeds/none.rss", "/articles/none", "/articles/harbour-count-99999999999999999999", "/x"]
            {
                assert!(client.get(path, "").await.starts_with("HTTP/1.1 404"), "{path}");
            }
        })
        .await;
    }
}
