//! Reads the configuration again while the daemon runs, and swaps what is built of it: on SIGHUP,
//! and when a file changed.
//!
//! The new one is built aside. A poll or a delivery under way ends with the one it began with; the
//! next begins with the new one. A bad file leaves the old one in force, and that is told.

mod read;
mod replay;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use self::read::told;
pub(super) use self::read::{Reading, read};
use super::setup::{self, Ready};
use super::{App, fit, shown, systemd, watched};
use crate::config::{Config, Definition, Environment, Marks, Severity, Trail};
use crate::model::{SourceId, StoreClass, TopicId, TopicVersion};
use crate::store::{DaemonNote, LastReload, ReloadNote, Transition};
use crate::worker::Live;

/// Between two looks at the files; what changed is read once a look found it unchanged again, so
/// that no file is read while it is being written.
const LOOK: Duration = Duration::from_secs(1);
/// How long a reload waits for a store that fails.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// Where the configuration is read from.
pub struct Files {
    /// The file asked for; `None` for the first one found.
    pub path: Option<PathBuf>,
    /// Where names and secrets are looked up.
    pub environment: Environment,
}

/// Requests to reload. Those that come while one is met are met by one more.
pub struct Asks(Signal);

impl Asks {
    /// Takes SIGHUP as a request from now on.
    pub fn on_signal() -> io::Result<Asks> {
        Ok(Asks(signal(SignalKind::hangup())?))
    }

    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// All that reloads need.
pub struct Reloads {
    /// Where the configuration is read from.
    pub files: Files,
    /// When it is asked for.
    pub asks: Asks,
    /// The files as they were read at the start.
    pub trail: Trail,
}

/// A configuration that was built and is about to be taken.
struct Next {
    live: Arc<Live>,
    definitions: Vec<Definition>,
    kept: Vec<TopicId>,
    note: DaemonNote,
}

impl App {
    /// Reloads when asked to, and when a file changed, until told to stop.
    pub(super) async fn keep_loaded(&self, reloads: Reloads, stop: &CancellationToken) {
        let Reloads { files, mut asks, trail } = reloads;
        let mut trail = Arc::new(trail);
        let files = Arc::new(files);
        let clock = &self.ctx.clock;
        let mut seen = trail.as_read();
        let mut changed = None;
        let mut replaying = stop.child_token();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = asks.next() => tracing::info!("reading the configuration again, as asked"),
                () = clock.sleep(clock.now(), LOOK) => {
                    let present = self.look(&trail).await.filter(|present| *present != seen);
                    if present.is_none() || present != changed {
                        changed = present;
                        continue;
                    }
                    tracing::info!("reading the configuration again, since a file changed");
                }
            }
            changed = None;
            replaying.cancel();
            replaying = stop.child_token();
            let before = self.ctx.live();
            if let Some(read) = self.reload(&files, stop).await {
                trail = Arc::new(read);
            }
            seen = trail.as_read();
            replay::begin(&self.ctx, &self.site, before, &replaying);
        }
    }

    /// Returns the files as they stand, where they are watched.
    async fn look(&self, trail: &Arc<Trail>) -> Option<Marks> {
        if !self.ctx.live().config.watch {
            return None;
        }
        let trail = Arc::clone(trail);
        tokio::task::spawn_blocking(move || trail.as_present()).await.ok()
    }

    /// Reads the files and takes what can be taken; returns them as they were.
    async fn reload(&self, files: &Arc<Files>, stop: &CancellationToken) -> Option<Trail> {
        systemd::reloading();
        let (files, before) = (Arc::clone(files), self.ctx.live());
        let topics = Arc::clone(&before);
        let reading = tokio::task::spawn_blocking(move || {
            read::read(files.path.as_deref(), &files.environment, &topics.config.topics)
        });
        let (trail, status) = match reading.await {
            Ok(reading) => (Some(reading.trail.clone()), self.settle(reading, before, stop).await),
            Err(_) => (None, self.refuse("newshound itself failed; the log says where".to_owned()).await),
        };
        systemd::ready_with(status);
        trail
    }

    /// Takes what was read, or leaves everything as it is; returns in a line which of the two.
    async fn settle(
        &self,
        mut reading: Reading,
        before: Arc<Live>,
        stop: &CancellationToken,
    ) -> &'static str {
        tell_problems(&reading);
        let built = match reading.ready.take() {
            None => Err(reading.error().unwrap_or_default()),
            Some(ready) => self.build(ready, &reading, before).await.map_err(|error| format!("{error:#}")),
        };
        match built {
            Err(error) => self.refuse(error).await,
            Ok(next) => {
                self.take(next, stop).await;
                if reading.error().is_none() {
                    "configuration reloaded"
                } else {
                    "configuration reloaded in part"
                }
            }
        }
    }

    /// Builds what the loops will work with, aside.
    async fn build(&self, ready: Ready, reading: &Reading, before: Arc<Live>) -> anyhow::Result<Next> {
        let Ready { mut config, matcher, file, .. } = ready;
        let waits = hold_back(&mut config, &before.config);
        for wait in &waits {
            tracing::warn!("{wait} takes effect at the next start");
        }
        let kept: HashMap<TopicId, TopicVersion> = reading
            .kept
            .iter()
            .filter_map(|topic| Some((topic.clone(), before.versions.get(topic)?.clone())))
            .collect();
        let matcher = fit::fitted(matcher, &config.topics, &self.ctx.store).await;
        let outside = self.outside.clone();
        let building = tokio::task::spawn_blocking(move || {
            setup::live(config, (matcher, kept), &outside, Some(&before))
        });
        let (live, definitions) =
            building.await.map_err(|_| anyhow::anyhow!("newshound itself failed"))??;
        let (now, error) = (self.ctx.clock.now(), reading.error());
        let result = if error.is_some() { LastReload::Partial } else { LastReload::Ok };
        let reload = ReloadNote { result, time: now, error, waits, replayed: Vec::new() };
        let note = DaemonNote {
            config_file: file,
            config_loaded: now,
            reload: Some(reload),
            ..self.site.shown().note.clone()
        };
        Ok(Next { live: Arc::new(live), definitions, kept: reading.kept.clone(), note })
    }

    /// Puts a configuration in force: in the store, for the loops, and on the page. A store that
    /// fails is waited for.
    async fn take(&self, next: Next, stop: &CancellationToken) {
        let Next { live, definitions, kept, note } = next;
        let sources_version = live.config.sources.version();
        let ctx = &self.ctx;
        loop {
            let now = ctx.clock.now();
            let turn = ctx.turnstile.lock().await;
            let transition = Transition {
                watched: watched(&live.config),
                sources_version: &sources_version,
                definitions: &definitions,
                kept: &kept,
                note: &note,
            };
            match ctx.store.take_configuration(transition, now).await {
                Ok(moved) => {
                    ctx.live.send_replace(Arc::clone(&live));
                    drop(turn);
                    self.site.show(shown(&live, note.clone()));
                    tell_moved(&moved);
                    let Config { sources, topics, channels, .. } = &*live.config;
                    let (n_sources, n_topics, n_channels) = (sources.len(), topics.len(), channels.len());
                    tracing::info!(
                        n_sources,
                        n_topics,
                        n_channels,
                        "the configuration is in force, sources: {n_sources}, topics: {n_topics}, channels: {n_channels}"
                    );
                    return;
                }
                Err(error) => {
                    let class = error.class().unwrap_or(StoreClass::IoError);
                    ctx.pulse.failed(class, error.told(), now);
                }
            }
            drop(turn);
            tokio::select! {
                () = stop.cancelled() => return,
                () = ctx.clock.sleep(now, STORE_RETRY) => (),
            }
        }
    }

    /// Leaves everything as it is, and tells so.
    async fn refuse(&self, error: String) -> &'static str {
        let shown = self.site.shown();
        let reload = ReloadNote {
            result: LastReload::Rejected,
            time: self.ctx.clock.now(),
            error: Some(error.clone()),
            waits: Vec::new(),
            replayed: Vec::new(),
        };
        let note = DaemonNote { reload: Some(reload), ..shown.note.clone() };
        self.tell(note).await;
        // Last, so that whoever reads it finds the same wherever else it is told.
        tracing::error!("the configuration was rejected, the one before is in force: {error}");
        "configuration rejected, the one before is in force"
    }

    /// Shows another note on the configuration in force.
    async fn tell(&self, note: DaemonNote) {
        if let Err(error) = self.ctx.store.leave_note(&note).await {
            tracing::warn!("what came of the reload could not be noted for other commands: {error}");
        }
        self.site.show(shown(&self.ctx.live(), note));
    }
}

/// Puts back what cannot change while the daemon runs; returns what that is.
fn hold_back(config: &mut Config, before: &Config) -> Vec<String> {
    let mut waits = Vec::new();
    if config.store.url != before.store.url {
        config.store = before.store.clone();
        waits.push("[store] url".to_owned());
    }
    if config.server.listen != before.server.listen {
        config.server.listen = before.server.listen;
        waits.push("[server] listen".to_owned());
    }
    waits
}

fn tell_problems(reading: &Reading) {
    for problem in reading.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        tracing::error!("{}", told(problem));
    }
    for topic in &reading.kept {
        tracing::warn!(%topic, "topic `{topic}` has an error and stays as it was");
    }
}

/// Says which sources begin anew.
pub(super) fn tell_moved(moved: &[SourceId]) {
    for id in moved {
        tracing::info!(source.id = %id, "source `{id}` has another address: what it holds is read as a new baseline");
    }
}
