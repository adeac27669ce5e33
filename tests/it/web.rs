//! The status server over real connections: what it answers, whom it refuses, how it holds up
//! when clients are slow, many or foreign, and when the store does not answer.

mod figures;
mod limits;
mod news;
mod reload;
mod size;
mod store;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use newshound::clock::Clock;
use newshound::config::{self, Config, Environment};
use newshound::metrics::{Loop, Metrics, Pulse};
use newshound::model::Timestamp;
use newshound::store::{DaemonNote, Store, Watched};
use newshound::web::oldest::OldestSuccess;
use newshound::web::{self, Limits, Shown, Site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than anything here takes, and shorter than anybody's patience.
const DEADLINE: Duration = Duration::from_secs(30);

/// What every test is set up with, unless it says otherwise.
const SETTINGS: &str = r#"
timezone = "UTC"
[[source]]
id = "harbour-wire"
url = "https://user:hunter2@news.example/feed.xml?key=hunter2"
lang = "en"
headers = { Authorization = "hunter2" }
[[source]]
id = "switched-off"
url = "https://off.example/feed.xml"
enabled = false
[[topic]]
id = "kim-travel"
name = "Kim <b>travel</b>"
any = ["kim jong un"]
[[channel]]
name = "desk"
kind = "console"
[[channel]]
name = "ops-hook"
kind = "webhook"
url = "https://hooks.example/hunter2"
"#;

/// A server on a port of its own, with its store in a folder of its own.
struct Served {
    address: SocketAddr,
    store: Store,
    site: Arc<Site>,
    folder: tempfile::TempDir,
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-03-03T08:14:00Z").unwrap()
}

/// Serves these settings, put before and after those that every test has.
async fn serve(server: &str, limits: Limits) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("newshound.db").display());
    let config = Arc::new(settings(&format!("{SETTINGS}\n{server}\n[store]\nurl = \"{url}\"\n")));
    let store = Store::open(&url).await.unwrap();
    let watch = |source: &config::Source| Watched {
        id: source.id.clone(),
        host: "news.example:443".to_owned(),
        address: "address".to_owned(),
        enabled: source.enabled,
    };
    store
        .sync_sources(&config.sources.iter().map(|source| watch(&source)).collect::<Vec<_>>(), now())
        .await
        .unwrap();
    let site = Arc::new(site(config, store.clone(), Arc::default(), limits));
    let address = start(&site).await;
    Served { address, store, site, folder }
}

/// A site whose loops have just turned.
fn site(config: Arc<Config>, store: Store, metrics: Arc<Metrics>, limits: Limits) -> Site {
    let clock = Clock::by_hand(now());
    let pulse = Pulse::default();
    pulse.beat(Loop::Poll, clock.elapsed());
    pulse.beat(Loop::Dispatch, clock.elapsed());
    let note = DaemonNote {
        pid: 4711,
        started: now(),
        config_file: None,
        config_loaded: now(),
        listen: None,
        reload: None,
    };
    let shown = Shown { config, timezone: jiff::tz::TimeZone::UTC, note };
    let shown = tokio::sync::watch::Sender::new(Arc::new(shown));
    Site {
        clock,
        store,
        shown,
        metrics,
        pulse: Arc::new(pulse),
        limits,
        oldest_success: OldestSuccess::default(),
    }
}

async fn start(site: &Arc<Site>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::serve(listener, Arc::clone(site), std::future::pending()));
    address
}

fn settings(text: &str) -> Config {
    let loaded = config::parse_str("newshound.toml", text, &Environment::of("/", &[]));
    loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems))
}

/// An answer as it came.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().skip(1).filter_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = values.next();
        assert_eq!(values.next(), None, "`{name}` stands twice");
        value
    }
}

/// Sends these bytes and reads until the server closes.
async fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read(stream).await
}

async fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("no answer").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

async fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
}

#[tokio::test]
async fn each_path_answers_with_its_status_and_type() {
    let served = serve("", Limits::default()).await;
    for (path, status, kind) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/?refresh=60", 200, "text/html; charset=utf-8"),
        ("/?refresh=soon", 200, "text/html; charset=utf-8"),
        ("/?refresh=99999999999999999999", 200, "text/html; charset=utf-8"),
        ("/style.css", 200, "text/css; charset=utf-8"),
        ("/healthz", 200, "text/plain; charset=utf-8"),
        ("/readyz", 200, "text/plain; charset=utf-8"),
        ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8"),
        ("/nothing", 404, "text/plain; charset=utf-8"),
        ("/../../etc/passwd", 404, "text/plain; charset=utf-8"),
        ("/%00", 404, "text/plain; charset=utf-8"),
    ] {
        let answer = get(served.address, path).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{path}: {policy}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
}

#[tokio::test]
async fn a_head_request_gets_the_head_alone() {
    let served = serve("", Limits::default()).await;
    for path in ["/", "/healthz", "/readyz", "/metrics", "/style.css"] {
        let request = format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = exchange(served.address, &request).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{path}");
    }
}

#[tokio::test]
async fn nothing_can_be_changed() {
    let served = serve("", Limits::default()).await;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(exchange(served.address, &request).await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn only_addresses_and_own_names_are_answered() {
    let served = serve("[server]\npublic_url = \"https://news.example.org\"", Limits::default()).await;
    for (host, status) in [
        ("localhost", 200),
        ("LOCALHOST:8642", 200),
        ("127.0.0.1:8642", 200),
        ("[::1]:8642", 200),
        ("192.168.1.5", 200),
        ("news.example.org", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("news.example.org.evil.example", 421),
        ("[::1].evil.example", 421),
        ("", 421),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = exchange(served.address, &request).await;
        assert_eq!(answer.status, status, "{host}");
        assert!(status == 200 || !answer.body.contains("newshound"), "{host} learns {}", answer.body);
    }
    let answer = exchange(served.address, "GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(answer.status, 421, "a request without a name");
}

#[tokio::test]
async fn beyond_loopback_all_but_the_health_needs_the_token() {
    let listen = "[server]\nlisten = \"0.0.0.0:8642\"\ntoken = \"open sesame\"";
    let served = serve(listen, Limits::default()).await;
    let ask = async |path: &str, authorization: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}\r\n");
        exchange(served.address, &request).await
    };
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(path, "").await.status, 200, "{path}");
    }
    for path in ["/", "/metrics", "/style.css", "/nothing", "//healthz", "/healthz/"] {
        let answer = ask(path, "").await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{path}");
    }
    for wrong in ["Bearer open", "Bearer open sesame!", "Bearer ", "bearer", "Basic b3Blbg=="] {
        assert_eq!(ask("/", &format!("Authorization: {wrong}\r\n")).await.status, 401, "{wrong}");
    }
    // What a browser sends after its own sign-in: any name, and the token as password.
    let signed_in = "Basic YW55Ym9keTpvcGVuIHNlc2FtZQ==";
    for right in ["Bearer open sesame", "bearer open sesame", signed_in] {
        assert_eq!(ask("/", &format!("Authorization: {right}\r\n")).await.status, 200, "{right}");
    }
    let served = serve("[server]\nlisten = \"0.0.0.0:8642\"", Limits::default()).await;
    assert_eq!(get(served.address, "/").await.status, 401, "without a token nobody gets in");
}

#[tokio::test]
async fn secrets_are_on_no_page() {
    let served = serve("[server]\ntoken = \"hunter2\"", Limits::default()).await;
    for path in ["/", "/metrics", "/readyz"] {
        let answer = get(served.address, path).await;
        assert!(!answer.body.contains("hunter2"), "{path}: {}", answer.body);
    }
    assert!(get(served.address, "/").await.body.contains("harbour-wire"));
}
