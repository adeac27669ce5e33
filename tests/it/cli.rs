//! The program itself, run in directories of its own.

mod ask;
mod backtest;
mod check;
mod daemon;
mod help;
mod lists;
mod many;
mod search;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::wire::{Reply, Server};

/// No command of these tests takes long; a longer one hangs.
const DEADLINE: Duration = Duration::from_mins(1);

/// A home with nothing in it, and a user whose environment names nothing else.
struct Home {
    directory: tempfile::TempDir,
}

/// What a command left behind.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Home {
    fn new() -> Self {
        Home { directory: tempfile::tempdir().unwrap() }
    }

    /// Makes a home with this configuration in its usual place.
    fn with(configuration: &str) -> Self {
        let home = Home::new();
        home.write("newshound.toml", configuration);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_newshound"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("HOME", self.directory.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments), b"").await
    }

    async fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ended {
        ended(self.command(arguments), input).await
    }

    /// Starts the daemon and waits until it has begun.
    async fn start(&self, arguments: &[&str], sign: &str) -> Running {
        let mut child = self.command(arguments).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let mut lines = BufReader::new(err).lines();
        let found = tokio::time::timeout(DEADLINE, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains(sign) {
                    return true;
                }
            }
            false
        });
        assert!(found.await.unwrap(), "the daemon never said {sign}");
        // What it says later must not fill its pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Running { child, out: BufReader::new(out) }
    }
}

async fn ended(mut command: Command, input: &[u8]) -> Ended {
    command.stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that does not read on is no fault of the test.
    let writing = tokio::spawn(async move { drop(stdin.write_all(&input).await) });
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
    writing.abort();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A command that runs on.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Waits for a line on standard output that holds this.
    async fn line(&mut self, sign: &str) -> String {
        let found = tokio::time::timeout(DEADLINE, async {
            loop {
                let mut line = String::new();
                assert!(self.out.read_line(&mut line).await.unwrap() > 0, "it ended without {sign}");
                if line.contains(sign) {
                    return line;
                }
            }
        });
        found.await.unwrap()
    }

    /// Sends a signal and returns the exit code and the rest of standard output.
    async fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
        let mut rest = String::new();
        tokio::time::timeout(DEADLINE, self.out.read_to_string(&mut rest)).await.unwrap().unwrap();
        (self.child.wait().await.unwrap().code(), rest)
    }
}

impl Ended {
    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Returns standard output as one object.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Returns standard output as an object a line.
    #[track_caller]
    fn rows(&self) -> Vec<Value> {
        let row = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(row).collect()
    }
}

/// Fails unless an object has exactly these keys.
#[track_caller]
fn assert_keys(object: &Value, keys: &str) {
    let mut wanted: Vec<&str> = keys.split_whitespace().collect();
    let mut found: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    wanted.sort_unstable();
    found.retain(|key| wanted.contains(key));
    found.sort_unstable();
    assert_eq!(found, wanted, "{object}");
}

#[track_caller]
fn assert_time(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no time"));
    let time: jiff::Timestamp = text.parse().unwrap();
    assert!(text.ends_with('Z') && time.as_second() > 0, "{text} is not in UTC");
}

fn is_id(value: &Value, prefix: &str) -> bool {
    value.as_str().is_some_and(|id| id.starts_with(prefix) && id.len() > prefix.len() + 8)
}

const FEED: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>
<item><guid>a1</guid><title>Kim arrives in Vladivostok</title><link>http://news.example/a1?utm_source=x</link>
<description>An armoured train crossed the border.</description><pubDate>Tue, 12 Sep 2023 09:09:00 GMT</pubDate></item>
<item><guid>a2</guid><title>Grain prices rose</title><link>http://news.example/a2</link></item>
</channel></rss>"#;

const TOPIC: &str = r#"
[[topic]]
id = "vladivostok"
name = "Vladivostok"
any = ["Vladivostok", "Владивосток"]
"#;

/// Serves a feed on `/feed.xml`, one that is none on `/page`, and nothing else.
async fn newsroom() -> Server {
    Server::start("127.0.0.1", |seen| match seen.path() {
        "/feed.xml" => Reply::ok(FEED.as_bytes()),
        "/empty.xml" => Reply::ok(b"<rss version='2.0'><channel><title>T</title></channel></rss>"),
        "/page" => Reply::ok(b"<html><body><p>Hello</p></body></html>"),
        _ => Reply::whole(404, &[], b"no"),
    })
    .await
}

/// A configuration that watches that feed and may reach this machine.
fn watching(server: &Server, more: &str) -> String {
    format!(
        "[server]\nlisten = \"\"\n[fetch]\ncontact = \"ops@example.org\"\nallow_networks = [\"127.0.0.0/8\"]\n\
         backfill = \"36500d\"\n[[source]]\nid = \"local\"\nname = \"Local\"\nurl = \"{}\"\ntags = [\"world\"]\n\
         {TOPIC}{more}",
        server.url("/feed.xml")
    )
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
