//! Builds everything from a configuration and runs it until told to stop.

pub mod backtest;
pub mod demo;
pub mod examples;
pub mod explain;
pub mod network;
pub mod newsroom;
pub mod reading;
pub mod setup;
pub mod stop;
mod systemd;

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use self::setup::{Outside, Ready};
use crate::metrics::{Metrics, Pulse};
use crate::model::{StoreClass, fingerprint};
use crate::store::{DaemonLock, DaemonNote, Lease, Store, StoreError, Watched};
use crate::web::{self, Site};
use crate::worker::{Counts, Ctx, Tally, dispatch, poll};

/// How long a claim on a source holds beyond the time its poll may take.
const POLL_MARGIN: Duration = Duration::from_mins(1);
/// How long a claim on a delivery holds.
const SEND_LEASE: Duration = Duration::from_mins(5);
/// How often a store that is busy at the start is tried again.
const LOCK_TRIES: u32 = 10;
const LOCK_WAIT: Duration = Duration::from_millis(50);

/// A daemon, built and not yet running.
pub struct App {
    ctx: Arc<Ctx>,
    note: DaemonNote,
    _lock: DaemonLock,
}

impl App {
    /// Opens the store, takes it for this process, and makes it know the configured sources.
    pub async fn open(ready: Ready, outside: Outside) -> anyhow::Result<App> {
        let Ready { config, matcher, file } = ready;
        let config = Arc::new(config);
        let opening = || format!("opening the store at {}", config.store.url);
        let lock = take(&config.store.url, &outside).await.with_context(opening)?;
        let store = Store::open(&config.store.url).await.with_context(opening)?;
        let now = outside.clock.now();
        store.release_claims().await.context("taking up what an earlier daemon left")?;
        let holder = format!("{}-{}", std::process::id(), now.as_millis());
        let poll_length = config.fetch.timeout + config.fetch.parse_time + POLL_MARGIN;
        let poll_lease = Lease { holder: holder.clone(), length: poll_length };
        let send_lease = Lease { holder, length: SEND_LEASE };
        store.mend_poll_times(&poll_lease, now).await.context("reading the clock against the store")?;
        store.mend_delivery_times(&send_lease, now).await.context("reading the clock against the store")?;
        store.sync_sources(&watched(&config), now).await.context("noting the configured sources")?;
        let note = DaemonNote {
            pid: std::process::id(),
            started: now,
            config_file: file,
            config_loaded: now,
            listen: config.server.listen.map(|listen| listen.to_string()),
        };
        store.leave_note(&note).await.context("noting the daemon")?;
        let fetcher = setup::fetcher(&config)?;
        let outlets = setup::outlets(&config, &outside)?;
        let ctx = Ctx {
            sources: config.sources.iter().map(|s| (s.id.clone(), Arc::new(s.clone()))).collect(),
            topics: config
                .topics
                .iter()
                .map(|topic| (topic.id.clone(), topic.clone()))
                .collect::<HashMap<_, _>>(),
            timezone: setup::timezone(&config),
            clock: outside.clock,
            store,
            config,
            matcher,
            fetcher,
            readers: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
            outlets,
            metrics: Arc::new(Metrics::new()),
            poll_lease,
            send_lease,
            tally: Tally::default(),
            pulse: Arc::new(Pulse::default()),
        };
        Ok(App { ctx: Arc::new(ctx), note, _lock: lock })
    }

    /// Returns what the loops work with.
    pub fn ctx(&self) -> &Arc<Ctx> {
        &self.ctx
    }

    /// Runs until told to stop; without `send`, what is made waits in the store.
    pub async fn run(&self, listener: Option<TcpListener>, send: Send, stop: &CancellationToken) {
        let ctx = &self.ctx;
        let server = async {
            if let Some(listener) = listener
                && let Err(error) =
                    web::serve(listener, Arc::new(self.site()), stop.clone().cancelled_owned()).await
            {
                tracing::error!("the status server stopped: {error}");
            }
        };
        let sending = async {
            match send {
                Send::Yes => dispatch::run(ctx, stop).await,
                Send::No => dispatch::idle(ctx, stop).await,
            }
        };
        let watchdog = systemd::watch(&ctx.clock, &ctx.pulse, stop);
        systemd::ready();
        let farewell = async {
            stop.cancelled().await;
            systemd::stopping();
        };
        let all = async { tokio::join!(poll::run(ctx, stop), sending, watchdog, farewell) };
        tokio::pin!(all);
        tokio::select! {
            _ = async { tokio::join!(&mut all, server) } => (),
            // Open connections of the status page do not hold the daemon back.
            () = async { stop.cancelled().await; ctx.clock.sleep(ctx.clock.now(), LAST_SECONDS).await } => (),
        }
        self.close().await;
    }

    /// Polls all that is due, delivers what is due, and returns what came of it; ends early where
    /// the store fails.
    pub async fn run_once(&self, send: Send, stop: &CancellationToken) -> Result<Counts, StoreError> {
        poll::run_once(&self.ctx, stop).await;
        if send == Send::Yes {
            dispatch::run_once(&self.ctx, stop).await;
        }
        let (counts, fault) = (self.ctx.tally.counts(), self.ctx.pulse.fault());
        self.close().await;
        match fault {
            None => Ok(counts),
            Some(fault) => Err(StoreError::Failing { class: fault.class, told: fault.message }),
        }
    }

    fn site(&self) -> Site {
        Site {
            clock: self.ctx.clock.clone(),
            store: self.ctx.store.clone(),
            config: Arc::clone(&self.ctx.config),
            metrics: Arc::clone(&self.ctx.metrics),
            pulse: Arc::clone(&self.ctx.pulse),
            timezone: self.ctx.timezone.clone(),
            note: self.note.clone(),
            limits: web::Limits::default(),
        }
    }

    async fn close(&self) {
        if let Err(error) = self.ctx.store.release_claims().await {
            tracing::warn!("could not give back the claims, the next start does: {error}");
        }
        self.ctx.store.close().await;
    }
}

/// How long the daemon may take to stop, in which what is in flight ends.
const LAST_SECONDS: Duration = Duration::from_secs(8);

/// Whether deliveries are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Send {
    /// They are.
    Yes,
    /// They are made and wait.
    No,
}

/// Takes the store for this process. A command that only looks holds the lock for a moment, so
/// one refusal is not yet another daemon.
async fn take(url: &str, outside: &Outside) -> Result<DaemonLock, StoreError> {
    let mut tries = 0;
    loop {
        match DaemonLock::take(url) {
            Ok(lock) => return Ok(lock),
            Err(error) if error.class() != Some(StoreClass::LockedByOther) || tries == LOCK_TRIES => {
                return Err(error);
            }
            Err(_) => tries += 1,
        }
        outside.clock.sleep(outside.clock.now(), LOCK_WAIT).await;
    }
}

fn watched(config: &crate::config::Config) -> Vec<Watched> {
    let watch = |source: &crate::config::Source| Watched {
        id: source.id.clone(),
        host: poll::host_of(source),
        address: fingerprint(source.url.as_str().as_bytes()),
        enabled: source.enabled,
    };
    config.sources.iter().map(watch).collect()
}
