//! The demo: the daemon itself on a small newsroom of its own, which it serves on loopback.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::newsroom::{self, FeedName, Newsroom};
use super::setup::{self, Outside, Ready};
use super::{App, Send};
use crate::clock::Clock;
use crate::config::Environment;
use crate::model::{PollClass, SourceId, Timestamp};
use crate::worker::Ctx;

/// The port that the documentation names.
const PORT: u16 = 8642;
/// Between two looks at how far the newsroom's feeds were read.
const LOOK: Duration = Duration::from_millis(200);

/// A demo, ready to play.
pub struct Stage {
    app: App,
    page: TcpListener,
    newsroom: Arc<Newsroom>,
    newsroom_listener: TcpListener,
    page_address: SocketAddr,
    newsroom_address: SocketAddr,
    topics: Vec<String>,
    _folder: tempfile::TempDir,
}

/// What happens on the stage, besides alerts.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// All feeds were read once.
    Baseline {
        /// When.
        time: Timestamp,
        /// Items.
        items: u64,
    },
    /// The broken feed failed for the first time.
    Failed {
        /// When.
        time: Timestamp,
        /// The source.
        source: SourceId,
        /// The class.
        class: PollClass,
        /// When it is tried again.
        next: Timestamp,
    },
}

impl Stage {
    /// Binds the ports and builds the daemon, its store in a folder that goes with the stage.
    pub async fn set(
        port: Option<u16>,
        speed: f64,
        environment: &Environment,
        outside: Outside,
    ) -> anyhow::Result<Stage> {
        let page = bind(port).await?;
        let newsroom_listener = TcpListener::bind(("127.0.0.1", 0)).await.context("opening the newsroom")?;
        let (page_address, newsroom_address) = (page.local_addr()?, newsroom_listener.local_addr()?);
        let folder = tempfile::TempDir::with_prefix("newshound-demo-")
            .context("making a folder for the store: set TMPDIR to one that can be written")?;
        let ready = configure(newsroom_address, page_address, folder.path(), environment)?;
        let topics = ready.config.topics.iter().map(|topic| topic.name.clone()).collect();
        let newsroom = Arc::new(Newsroom::new(newsroom_address, outside.clock.now(), speed));
        let app = App::open(ready, outside).await?;
        Ok(Stage {
            app,
            page,
            newsroom,
            newsroom_listener,
            page_address,
            newsroom_address,
            topics,
            _folder: folder,
        })
    }

    /// Returns where the status page is.
    pub fn page(&self) -> SocketAddr {
        self.page_address
    }

    /// Returns where the newsroom is.
    pub fn newsroom(&self) -> SocketAddr {
        self.newsroom_address
    }

    /// Returns the names of the topics.
    pub fn topics(&self) -> &[String] {
        &self.topics
    }

    /// Returns how many feeds there are besides the broken one.
    pub fn n_feeds(&self) -> usize {
        Newsroom::feeds().iter().filter(|feed| feed.feed != FeedName::Broken).count()
    }

    /// Plays for so long, or until told to stop.
    pub async fn play(
        self,
        length: Option<Duration>,
        tell: impl Fn(Told),
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let ctx = Arc::clone(self.app.ctx());
        let clock = ctx.clock.clone();
        let elapsed = {
            let (clock, begun) = (clock.clone(), clock.elapsed());
            move || clock.elapsed().saturating_sub(begun)
        };
        let serving =
            newsroom::serve(self.newsroom_listener, self.newsroom, elapsed, stop.clone().cancelled_owned());
        let ending = async {
            match length {
                Some(length) => {
                    tokio::select! {
                        () = clock.wait_until(clock.now() + length) => stop.cancel(),
                        () = stop.cancelled() => (),
                    }
                }
                None => stop.cancelled().await,
            }
        };
        let running = self.app.run(Some(self.page), Send::Yes, None, stop);
        let (served, (), (), ()) = tokio::join!(serving, running, ending, narrate(&ctx, tell, stop));
        served.context("serving the newsroom")
    }
}

/// The port asked for, or the usual one, or any.
async fn bind(port: Option<u16>) -> anyhow::Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind(("127.0.0.1", port)).await.with_context(|| {
            format!("port {port} cannot be had: choose another --port, or none for a free one")
        });
    }
    match TcpListener::bind(("127.0.0.1", PORT)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).await.context("listening on a free port"),
    }
}

fn configure(
    newsroom: SocketAddr,
    page: SocketAddr,
    folder: &Path,
    environment: &Environment,
) -> anyhow::Result<Ready> {
    let text = newsroom::configuration(newsroom, page, &folder.join("newshound.db"));
    let checked = setup::load_text("demo.toml", &text, environment);
    checked.ready.ok_or_else(|| {
        let problems: Vec<String> = checked.problems.iter().map(|problem| problem.message.clone()).collect();
        anyhow!("the demo's own configuration is wrong: {}", problems.join("; "))
    })
}

/// Tells when the baseline is laid, and that the broken feed is broken, once each.
async fn narrate(ctx: &Ctx, tell: impl Fn(Told), stop: &CancellationToken) {
    let broken = SourceId::new(FeedName::Broken.feed().id);
    let (mut baseline_told, mut failure_told) = (false, false);
    while !(baseline_told && failure_told) {
        tokio::select! {
            () = stop.cancelled() => return,
            () = next_look(&ctx.clock) => (),
        }
        let time = ctx.clock.now();
        let Ok(rows) = ctx.store.source_rows(time).await else { continue };
        let whole = || rows.values().filter(|row| row.state.id != broken);
        if !baseline_told && whole().all(|row| row.state.baseline_done) {
            tell(Told::Baseline { time, items: whole().map(|row| row.items).sum() });
            baseline_told = true;
        }
        if let Some(row) = rows.get(&broken)
            && !failure_told
            && row.state.failures > 0
            && let Some(class) = row.state.class
        {
            tell(Told::Failed { time, source: broken.clone(), class, next: row.state.next_due });
            failure_told = true;
        }
    }
}

async fn next_look(clock: &Clock) {
    clock.wait_until(clock.now() + LOOK).await;
}
