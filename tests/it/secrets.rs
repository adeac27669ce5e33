//! No secret leaves but in the request that needs it: every place that takes one is given a marked
//! one, and all that the program says at its loudest is searched for the marks.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixDatagram};

use crate::http::Recorder;
use crate::program::{Program, stopped, text};
use crate::sd_notify;
use crate::smtp::{self, Tls};
use crate::wire::{Reply, Seen, Server};

/// In every secret, whatever it is the secret of.
const MARK: &str = "hunter2";

const FEED: &str = "<rss version=\"2.0\"><channel><title>Wire One</title>\
    <item><guid>1</guid><link>https://news.example/a</link><title>Vladivostok today</title>\
    <pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>";

/// The signing key is not shown as text, as base64, or as numbers.
const KEY: &str = "whsec_aHVudGVyMi1zaWduaW5nLWtleS1vZi1ob29r";

/// Returns a program that has a secret in every place that takes one; sources and receivers
/// answer well, by a refusal, by a redirect, or not at all.
fn program(feed: &Server, hook: &Recorder, off: &Recorder, relay: &smtp::Relay, port: u16) -> Program {
    let config = sources(feed.port(), port) + &channels(feed.port(), hook, relay);
    let mut program = Program::new(&config);
    program.set("API_KEY", "hunter2-api");
    program.set("OFF_URL", format!("http://user:hunter2-user@{}/hunter2-path?k=hunter2-query", off.address));
    let authority = program.path("authority.pem");
    std::fs::write(&authority, &relay.root).unwrap();
    program.set("SSL_CERT_FILE", authority);
    program
}

fn sources(feed: u16, port: u16) -> String {
    format!(
        r#"
        [server]
        listen = "127.0.0.1:{port}"
        token = "hunter2-server"
        [fetch]
        contact = "ops@example.org"
        allow_networks = ["127.0.0.0/24"]
        backfill = "36500d"
        per_host = {{ concurrency = 4, gap = "0s" }}
        [[source]]
        id = "good"
        url = "http://reader:hunter2-user@127.0.0.1:{feed}/good/feed?key=hunter2-query"
        headers = {{ Authorization = "Bearer hunter2-header", X-Api-Key = {{ env = "API_KEY" }} }}
        [[source]]
        id = "refused"
        url = "http://reader:hunter2-user@127.0.0.1:{feed}/refused?key=hunter2-query"
        [[source]]
        id = "moved"
        url = "http://reader:hunter2-user@127.0.0.1:{feed}/moved?key=hunter2-query"
        [[source]]
        id = "tls"
        url = "https://reader:hunter2-user@127.0.0.1:{feed}/tls?key=hunter2-query"
        [[source]]
        id = "unknown"
        url = "http://reader:hunter2-user@nowhere.invalid/x?key=hunter2-query"
        [[source]]
        id = "closed"
        url = "http://reader:hunter2-user@127.0.99.1/x?key=hunter2-query"
        [[source]]
        url = "http://reader:hunter2-user@127.0.0.1:{feed}/named/by/its/address?key=hunter2-query"
        [[topic]]
        id = "vladivostok"
        any = ["Vladivostok"]
        "#
    )
}

fn channels(feed: u16, hook: &Recorder, relay: &smtp::Relay) -> String {
    format!(
        r#"
        [[channel]]
        name = "hook"
        kind = "webhook"
        url = "http://{hook}/hunter2-path?key=hunter2-query"
        secrets = ["{KEY}"]
        headers = {{ Authorization = "Bearer hunter2-header", X-Room = "hunter2-room" }}
        [[channel]]
        name = "off"
        kind = "webhook"
        url = {{ env = "OFF_URL" }}
        [[channel]]
        name = "tls"
        kind = "webhook"
        url = "https://user:hunter2-user@127.0.0.1:{feed}/hunter2-path"
        [[channel]]
        name = "closed"
        kind = "webhook"
        url = "http://127.0.99.1/hunter2-path"
        [[channel]]
        name = "nowhere"
        kind = "webhook"
        url = "http://user:hunter2-user@nowhere.invalid/hunter2-path"
        [[channel]]
        name = "mail"
        kind = "email"
        to = ["desk@example.org"]
        [smtp]
        url = "smtp://{relay}"
        username = "alerts"
        password = "hunter2-mail"
        from = "alerts@example.org"
        "#,
        hook = hook.address,
        relay = relay.address,
    )
}

/// Answers as the path says.
fn script(seen: &Seen) -> Reply {
    match seen.path() {
        path if path.starts_with("/refused") => Reply::whole(401, &[], b"no"),
        path if path.starts_with("/moved") => Reply::redirect(302, "http://127.0.99.1/?key=hunter2-query"),
        _ => Reply::ok(FEED.as_bytes()),
    }
}

#[track_caller]
fn has_no_secret(what: &str, said: &[u8]) {
    let said = text(said);
    let forms =
        [MARK, KEY, "aHVudGVyMi", "104, 117, 110, 116, 101, 114", "YWxlcnRzAGh1bnRlcjI", "aHVudGVyMi1tYWls"];
    for line in said.lines() {
        assert!(!forms.iter().any(|form| line.contains(form)), "{what} tells a secret: {line}");
    }
}

async fn every_command_is_discreet(program: &Program) {
    for form in ["text", "json"] {
        for command in [
            &["check", "--show"][..],
            &["check", "--network"],
            &["run", "--once"],
            &["fetch", "good"],
            &["fetch", "refused"],
            &["fetch", "closed"],
            &["test", "channel", "hook"],
            &["test", "channel", "off"],
            &["test", "channel", "tls"],
            &["test", "channel", "closed"],
            &["test", "channel", "nowhere"],
            &["test", "channel", "mail"],
            &["status"],
            &["sources", "list"],
            &["alerts", "list"],
            &["deliveries", "list"],
        ] {
            let json: &[&str] = if form == "json" { &["--json"] } else { &[] };
            let output = program.run(&[command, &["-vvv", "--log-format", form], json].concat()).await;
            has_no_secret(&format!("{command:?} on stdout"), &output.stdout);
            has_no_secret(&format!("{command:?} on stderr"), &output.stderr);
        }
    }
}

#[tokio::test]
async fn no_secret_is_told_however_loud_the_program_is() {
    let feed = Server::start("127.0.0.1", script).await;
    let hook = Recorder::start(&["HTTP/1.1 204 No Content\r\n\r\n"]).await;
    let off = Recorder::start(&["HTTP/1.1 500 Off\r\ncontent-length: 0\r\n\r\n"]).await;
    let relay = smtp::Relay::start(Tls::Start, &[]).await;
    let port = free_port().await;
    let mut program = program(&feed, &hook, &off, &relay, port);

    every_command_is_discreet(&program).await;

    // The test can fail: secrets were used, and all of these commands had something to say.
    let asked = feed.seen();
    assert!(asked.iter().any(|seen| seen.header("authorization") == Some(b"Bearer hunter2-header")));
    assert!(asked.iter().any(|seen| seen.header("x-api-key") == Some(b"hunter2-api")));
    assert!(hook.requests().iter().any(|request| request.head.contains("hunter2-path")));
    assert!(off.requests().iter().any(|request| request.head.contains("hunter2-path")));
    assert!(!relay.mails().is_empty());
    let deliveries = program.json(&["deliveries", "list"]).await;
    let classes: Vec<_> =
        deliveries.iter().map(|delivery| delivery["class"].as_str().unwrap_or("")).collect();
    for class in ["ok", "transient", "tls", "address_refused", "dns"] {
        assert!(classes.contains(&class), "{class}: {deliveries:?}");
    }

    let socket = UnixDatagram::bind(program.path("notify")).unwrap();
    program.set("NOTIFY_SOCKET", program.path("notify"));
    let daemon = program.start(&["run", "-vvv"]);
    sd_notify::hear(&socket, "READY=1").await;
    let page = served(port, "/").await;
    has_no_secret("the page", page.as_bytes());
    assert!(page.contains("refused"), "{page}");
    has_no_secret("the metrics", served(port, "/metrics").await.as_bytes());
    let output = stopped(daemon).await;
    has_no_secret("run", &output.stderr);
    has_no_secret("run", &output.stdout);

    for delivery in &deliveries {
        let alert = program.json(&["alerts", "show", delivery["alert"].as_str().unwrap()]).await;
        has_no_secret("an alert", Value::from(alert).to_string().as_bytes());
    }
    for (what, stored) in stored(&program) {
        has_no_secret(&what, String::from_utf8_lossy(&stored).as_bytes());
    }
}

/// Returns what the program left in its folder for the state.
fn stored(program: &Program) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(program.path("state")).unwrap();
    let read = |path: std::path::PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    files.map(|file| read(file.unwrap().path())).collect()
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Asks for a page.
async fn served(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer hunter2-server\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}
