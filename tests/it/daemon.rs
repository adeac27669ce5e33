//! The whole daemon between scripted servers and recorders, its clock set by hand.

mod items;
mod lean;
mod moves;
mod naming;
mod network;
mod pace;
mod sending;
mod stories;
mod validators;
mod windows;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use newshound::app::setup::{self, Outside};
use newshound::app::{App, Send};
use newshound::clock::Clock;
use newshound::config::Environment;
use newshound::model::{Delivery, SourceId, SourceState, Timestamp};
use newshound::notify::console::{Console, Look};
use newshound::store::{Overview, Page};
use newshound::worker::{Counts, dispatch, poll};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::wire::{Reply, Server};

/// 2027-01-15T08:00:00Z
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// By then a source with an hour's interval is due, whatever the jitter.
const ROUND: Duration = Duration::from_mins(67);

/// A daemon on a store of its own.
struct Desk {
    app: App,
    clock: Clock,
    config: String,
    printed: Arc<Mutex<Vec<u8>>>,
    folder: TempDir,
}

impl Desk {
    /// Starts a daemon that watches these servers' `/feed` for the word "war" and tells the
    /// console.
    async fn watching(servers: &[&Server]) -> Self {
        let sources: Vec<_> = servers.iter().map(|server| server.url("/feed").to_string()).collect();
        Desk::open(&sources_at(&sources)).await
    }

    /// Starts a daemon with this configuration, and the topic and bounds that all tests share.
    async fn open(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Most tests count articles, whatever stories they make.
        let policy = if config.starts_with("follow_ups") { "" } else { "follow_ups = 'all'\n" };
        let config = format!(
            "store.url = 'sqlite:{}'\nserver.listen = ''\n[fetch]\ninterval = '1h'\n\
             contact = 'ops@example.org'\nper_host = {{ concurrency = 1, gap = '100ms' }}\n\
             allow_networks = ['127.0.0.0/24']\ntimeout = '5s'\n\
             [[topic]]\nname = 'War'\nany = ['war^2']\n{policy}{config}",
            folder.path().join("n.db").display()
        );
        let clock = Clock::by_hand(NOW);
        let printed = Arc::default();
        let app = open(&config, &clock, &printed).await.unwrap();
        Desk { app, clock, config, printed, folder }
    }

    /// Stops the daemon as a kill would, and starts another on its store.
    async fn restarted(self) -> Self {
        let Desk { app, clock, config, printed, folder } = self;
        app.ctx().store.close().await;
        drop(app);
        let app = open(&config, &clock, &printed).await.unwrap();
        Desk { app, clock, config, printed, folder }
    }

    fn pass(&self, time: Duration) {
        self.clock.set(self.clock.now() + time);
    }

    /// Polls all that is due.
    async fn poll(&self) -> Counts {
        let stop = CancellationToken::new();
        let polling = async {
            tokio::select! {
                () = poll::run_once(self.app.ctx(), &stop) => (),
                () = self.keep_pace() => (),
            }
        };
        let done = tokio::time::timeout(SECOND * 30, polling).await;
        assert!(done.is_ok(), "polling does not end: {:?}", self.app.ctx().pulse.fault());
        self.app.ctx().tally.counts()
    }

    /// Lets the time pass that a host wants between two polls.
    async fn keep_pace(&self) {
        let ctx = self.app.ctx();
        let per_host = ctx.live().config.fetch.per_host;
        loop {
            let now = self.clock.now();
            let due = ctx.store.next_source_due().await.unwrap();
            if let Some(due) = due.filter(|due| *due > now && *due <= now + per_host.gap) {
                self.clock.set(due);
            }
        }
    }

    /// Sends all that is due.
    async fn send(&self) -> Counts {
        let stop = CancellationToken::new();
        let sending = dispatch::run_once(self.app.ctx(), &stop);
        let done = tokio::time::timeout(SECOND * 30, sending).await;
        assert!(done.is_ok(), "sending does not end: {:?}", self.app.ctx().pulse.fault());
        self.app.ctx().tally.counts()
    }

    /// Polls so many times, with time enough between, and sends what came.
    async fn rounds(&self, count: usize) -> Counts {
        for _ in 0..count {
            self.poll().await;
            self.send().await;
            self.pass(ROUND);
        }
        self.app.ctx().tally.counts()
    }

    /// Returns the state of the n-th source.
    async fn source(&self, n: usize) -> SourceState {
        let rows = self.app.ctx().store.source_rows(self.clock.now()).await.unwrap();
        rows[&SourceId::new(format!("s{n}"))].state.clone()
    }

    async fn class(&self) -> String {
        self.source(0).await.class.unwrap().to_string()
    }

    async fn overview(&self) -> Overview {
        self.app.ctx().store.overview(self.clock.now()).await.unwrap()
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        self.app.ctx().store.deliveries(&Page::default()).await.unwrap()
    }

    /// Returns how many alerts each of these headlines got.
    async fn alerts_on(&self, titles: &[&str]) -> Vec<usize> {
        let alerts = self.app.ctx().store.alerts(&Page::default()).await.unwrap();
        titles.iter().map(|title| alerts.iter().filter(|sheet| sheet.item.title == **title).count()).collect()
    }
}

async fn open(config: &str, clock: &Clock, printed: &Arc<Mutex<Vec<u8>>>) -> anyhow::Result<App> {
    let checked = setup::load_text("newshound.toml", config, &Environment::of("/nowhere", &[]));
    let problems: Vec<_> = checked.problems.iter().map(newshound::config::Problem::render).collect();
    let ready = checked.ready.unwrap_or_else(|| panic!("{}", problems.join("\n")));
    let console =
        Console::new(Arc::clone(printed) as Arc<Mutex<dyn std::io::Write + std::marker::Send>>, Look::Line);
    App::open(ready, Outside { clock: clock.clone(), console }).await
}

/// Returns `[[source]]` tables, `s0`, `s1`, and so on.
fn sources_at(urls: &[String]) -> String {
    let mut tables = String::new();
    for (n, url) in urls.iter().enumerate() {
        let _ = writeln!(tables, "[[source]]\nid = 's{n}'\nurl = '{url}'");
    }
    tables
}

/// Answers each request by the next of these, and then by the last of them for ever.
async fn serve(host: &str, replies: Vec<Reply>) -> Server {
    Server::start(host, move |seen| replies[(seen.number - 1).min(replies.len() - 1)].clone()).await
}

/// Returns a feed of these headlines, each with an id and a link of its own.
fn feed(titles: &[&str]) -> Vec<u8> {
    let mut items = String::new();
    for title in titles {
        let slug = title.replace(' ', "-");
        let known_by = format!("<guid>{slug}</guid><link>http://news.example/{slug}</link>");
        let _ = write!(items, "<item>{known_by}<title>{title}</title></item>");
    }
    rss(&items)
}

fn rss(items: &str) -> Vec<u8> {
    format!("<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>")
        .into()
}

fn ok(titles: &[&str]) -> Reply {
    Reply::ok(&feed(titles))
}

/// Returns a header of the n-th request as text.
fn header(server: &Server, n: usize, name: &str) -> Option<String> {
    server.seen()[n].header(name).map(|value| String::from_utf8_lossy(value).into_owned())
}
