//! The daemon as a process whose files change under it.

mod past;
mod plan;
mod swap;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use crate::program::{PATIENCE, Program, stopped};
use crate::wire::{Reply, Server};

/// A feed that tests write to while it is read.
struct Feed {
    server: Server,
    titles: Arc<Mutex<Vec<String>>>,
}

impl Feed {
    async fn with(titles: &[&str]) -> Self {
        let titles: Arc<Mutex<Vec<String>>> =
            Arc::new(Mutex::new(titles.iter().map(|title| (*title).to_owned()).collect()));
        let shown = Arc::clone(&titles);
        let server =
            Server::start("127.0.0.1", move |_| Reply::ok(rss(&shown.lock().unwrap()).as_bytes())).await;
        Feed { server, titles }
    }

    fn publish(&self, title: &str) {
        self.titles.lock().unwrap().push(title.to_owned());
    }

    /// Waits until it was read twice more: what was published before is recorded by then.
    async fn read(&self) {
        self.server.asked(self.server.seen().len() + 2).await;
    }

    fn source(&self, id: &str) -> String {
        format!("[[source]]\nid = '{id}'\nurl = '{}'\n", self.server.url(&format!("/{id}")))
    }
}

fn rss(titles: &[String]) -> String {
    let mut items = String::new();
    for title in titles {
        let slug = title.replace(' ', "-");
        let _ = write!(items, "<item><guid>{slug}</guid><title>{title}</title></item>");
    }
    format!("<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>")
}

/// Returns a topic that looks for a word.
fn topic(id: &str, word: &str) -> String {
    format!("[[topic]]\nid = '{id}'\nany = ['{word}^2']\nfollow_ups = 'all'\n")
}

/// A configuration of these parts, whose files are not watched.
fn config(parts: &str) -> String {
    format!(
        "watch = false\nserver.listen = ''\n[fetch]\ninterval = '1s'\ncontact = 'ops@example.org'\n\
         per_host = {{ concurrency = 1, gap = '100ms' }}\nallow_networks = ['127.0.0.0/24']\n{parts}"
    )
}

/// A running daemon, heard on both its outputs.
struct Daemon {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    out: Lines<BufReader<ChildStdout>>,
}

impl Daemon {
    /// Starts it, and waits until it has read the baseline of so many sources.
    async fn start(program: &Program, n_sources: usize) -> Self {
        let mut child = program.start(&["run"]);
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut daemon = Daemon { child, log, out };
        for _ in 0..n_sources {
            daemon.logs("as the baseline").await;
        }
        daemon
    }

    /// Waits for a line of the log that holds this, and returns it.
    async fn logs(&mut self, sign: &str) -> String {
        let hearing = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                assert!(!line.contains("panicked"), "{line}");
                if line.contains(sign) {
                    return line;
                }
            }
            panic!("it ended without `{sign}`");
        };
        tokio::time::timeout(PATIENCE, hearing).await.unwrap_or_else(|_| panic!("never logged `{sign}`"))
    }

    /// Waits for a line on standard output that holds this, and returns all up to it.
    async fn prints(&mut self, sign: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let hearing = async {
            while let Some(line) = self.out.next_line().await.unwrap() {
                lines.push(line);
                if lines.last().unwrap().contains(sign) {
                    return;
                }
            }
            panic!("it ended without `{sign}`");
        };
        tokio::time::timeout(PATIENCE, hearing).await.unwrap_or_else(|_| panic!("never printed `{sign}`"));
        lines
    }

    async fn hang_up(&self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().await.unwrap().success());
    }

    /// Writes the main file anew and has it read.
    async fn reload(&mut self, program: &Program, config: &str) -> String {
        std::fs::write(program.path("newshound.toml"), config).unwrap();
        self.hang_up().await;
        self.logs("in force").await
    }

    async fn stop(self) {
        let Daemon { child, mut log, out } = self;
        // What is said at the end must not fill the pipe.
        let rest = tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        drop(out);
        let output = stopped(child).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        rest.await.unwrap();
    }
}

async fn status(program: &Program) -> Value {
    program.json(&["status"]).await.remove(0)
}

/// Returns the headlines that were alerted, by topic, in alphabetical order.
async fn alerted(program: &Program) -> Vec<String> {
    let alerts = program.json(&["alerts", "list"]).await;
    let mut told: Vec<String> = alerts
        .iter()
        .map(|alert| {
            format!("{}: {}", alert["topic"].as_str().unwrap(), alert["item"]["title"].as_str().unwrap())
        })
        .collect();
    told.sort();
    told
}
