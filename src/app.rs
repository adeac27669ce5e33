//! Builds everything from a configuration and runs it until told to stop.

pub mod backtest;
pub mod demo;
pub mod examples;
pub mod explain;
pub mod feedback;
mod fit;
mod heartbeat;
pub mod network;
pub mod newsroom;
pub mod plan;
pub mod reading;
pub mod reload;
pub mod running;
pub mod search;
pub mod setup;
pub mod stop;
mod systemd;
pub mod trial;
pub mod unknown;

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{
    net::TcpListener,
    sync::{Mutex, Semaphore, watch},
};
use tokio_util::sync::CancellationToken;

use self::reload::Reloads;
use self::setup::{Outside, Ready};
use crate::metrics::{Metrics, Pulse};
use crate::model::{StoreClass, Timestamp, fingerprint};
use crate::schedule::moves;
use crate::store::{AllWatched, DaemonLock, DaemonNote, Lease, Store, StoreError, Transition, Watched};
use crate::web::{self, Shown, Site};
use crate::worker::learned::Lessons;
use crate::worker::network::Network;
use crate::worker::{Counts, Ctx, Live, Tally, dispatch, keys, placing, poll};

/// How long a claim on a delivery holds.
const SEND_LEASE: Duration = Duration::from_mins(5);
/// How often a store that is busy at the start is tried again.
const LOCK_TRIES: u32 = 10;
const LOCK_WAIT: Duration = Duration::from_millis(50);

/// A daemon, built and not yet running.
pub struct App {
    ctx: Arc<Ctx>,
    site: Arc<Site>,
    outside: Outside,
    _lock: DaemonLock,
}

impl App {
    /// Opens the store, takes it for this process, and makes it know the configured sources.
    pub async fn open(ready: Ready, outside: Outside) -> anyhow::Result<App> {
        let Ready { config, matcher, file, .. } = ready;
        let opening = || format!("opening the store at {}", config.store.url);
        let lock = take(&config.store.url).await.with_context(opening)?;
        let store = Store::open(&config.store.url).await.with_context(opening)?;
        let now = outside.clock.now();
        store.release_claims().await.context("taking up what an earlier daemon left")?;
        let matcher = fit::fitted(matcher, &config.topics, &store).await;
        let note = DaemonNote {
            pid: std::process::id(),
            started: now,
            config_file: file,
            config_loaded: now,
            listen: config.server.listen.map(|listen| listen.to_string()),
            reload: None,
        };
        let (live, definitions) = setup::live(config, (matcher, HashMap::new()), &outside, None)?;
        let config = Arc::clone(&live.config);
        let ctx = ctx(live, store, &outside);
        let transition = Transition {
            watched: watched(&config),
            sources_version: &config.sources.version(),
            definitions: &definitions,
            kept: &[],
            note: &note,
        };
        begin(&ctx, transition, now).await?;
        let site = Arc::new(site(&ctx, note));
        Ok(App { ctx: Arc::new(ctx), site, outside, _lock: lock })
    }

    /// Returns what the loops work with.
    pub fn ctx(&self) -> &Arc<Ctx> {
        &self.ctx
    }

    /// Runs until told to stop; without `send`, what is made waits in the store, and without
    /// `reloads` the configuration stays as it is.
    pub async fn run(
        &self,
        listener: Option<TcpListener>,
        send: Send,
        reloads: Option<Reloads>,
        stop: &CancellationToken,
    ) {
        let ctx = &self.ctx;
        let server = async {
            if let Some(listener) = listener
                && let Err(error) =
                    web::serve(listener, Arc::clone(&self.site), stop.clone().cancelled_owned()).await
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
        let reloading = Box::pin(async {
            match reloads {
                Some(reloads) => self.keep_loaded(reloads, stop).await,
                None => stop.cancelled().await,
            }
        });
        let watchdog = systemd::watch(&ctx.clock, &ctx.pulse, stop);
        systemd::ready();
        let farewell = async {
            stop.cancelled().await;
            systemd::stopping();
        };
        let polling = async {
            Box::pin(placing::place(ctx, stop)).await;
            poll::run(ctx, stop).await;
        };
        let all =
            async { tokio::join!(polling, keys::run(ctx, stop), sending, reloading, watchdog, farewell) };
        tokio::pin!(all);
        tokio::select! {
            () = heartbeat::beat(ctx, Pulse::quiet) => (),
            _ = async { tokio::join!(&mut all, server) } => (),
            // Open connections of the status page do not hold the daemon back.
            () = async { stop.cancelled().await; ctx.clock.sleep(ctx.clock.now(), LAST_SECONDS).await } => (),
        }
        self.close().await;
    }

    /// Polls all that is due, delivers what is due, and returns what came of it; ends early where
    /// the store fails.
    pub async fn run_once(&self, send: Send, stop: &CancellationToken) -> Result<Counts, StoreError> {
        let work = async {
            Box::pin(placing::place(&self.ctx, stop)).await;
            poll::run_once(&self.ctx, stop).await;
            if send == Send::Yes {
                dispatch::run_once(&self.ctx, stop).await;
            }
        };
        tokio::select! {
            () = work => (),
            // One loop at a time has something to do.
            () = heartbeat::beat(&self.ctx, Pulse::quiet_altogether) => (),
        }
        let (counts, fault) = (self.ctx.tally.counts(), self.ctx.pulse.fault());
        if fault.is_none() && !stop.is_cancelled() {
            keys::leave_few(&self.ctx).await;
        }
        self.close().await;
        match fault {
            None => Ok(counts),
            Some(fault) => Err(StoreError::Failing { class: fault.class, told: fault.message }),
        }
    }

    async fn close(&self) {
        if let Err(error) = self.ctx.store.release_claims().await {
            tracing::warn!("could not give back the claims, the next start does: {error}");
        }
        self.ctx.store.close().await;
    }
}

fn ctx(live: Live, store: Store, outside: &Outside) -> Ctx {
    let clock = outside.clock.clone();
    let holder = format!("{}-{}", std::process::id(), clock.now().as_millis());
    Ctx {
        clock,
        store,
        live: watch::Sender::new(Arc::new(live)),
        turnstile: Mutex::new(()),
        readers: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
        lessons: Lessons::default(),
        network: Network::default(),
        metrics: Arc::new(Metrics::new()),
        send_lease: Lease { holder, length: SEND_LEASE },
        tally: Tally::default(),
        pulse: Arc::new(Pulse::default()),
    }
}

/// Makes the store ready for this daemon: its clock is read against it, and its configuration noted.
async fn begin(ctx: &Ctx, transition: Transition<'_>, now: Timestamp) -> anyhow::Result<()> {
    let against = || "reading the clock against the store";
    let poll_lease = ctx.poll_lease(&ctx.live());
    ctx.store.mend_poll_times(&poll_lease, now).await.with_context(against)?;
    ctx.store.mend_delivery_times(&ctx.send_lease, now).await.with_context(against)?;
    ctx.store.forget_outage().await.context("beginning with no judgement of the network")?;
    let moved = ctx.store.take_configuration(transition, now).await.context("noting the configuration")?;
    reload::tell_moved(&moved);
    Ok(())
}

fn site(ctx: &Ctx, note: DaemonNote) -> Site {
    Site {
        clock: ctx.clock.clone(),
        store: ctx.store.clone(),
        shown: watch::Sender::new(Arc::new(shown(&ctx.live(), note))),
        metrics: Arc::clone(&ctx.metrics),
        pulse: Arc::clone(&ctx.pulse),
        limits: web::Limits::default(),
        oldest_success: web::oldest::OldestSuccess::default(),
    }
}

fn shown(live: &Live, note: DaemonNote) -> Shown {
    Shown { config: Arc::clone(&live.config), timezone: live.timezone.clone(), note }
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
async fn take(url: &str) -> Result<DaemonLock, StoreError> {
    let mut tries = 0;
    loop {
        match DaemonLock::take(url) {
            Ok(lock) => return Ok(lock),
            Err(error) if error.class() != Some(StoreClass::LockedByOther) || tries == LOCK_TRIES => {
                return Err(error);
            }
            Err(_) => tries += 1,
        }
        // Real time, whatever clock is in force: another process holds the lock.
        tokio::time::sleep(LOCK_WAIT).await;
    }
}

fn watched(config: &crate::config::Config) -> AllWatched<'_> {
    Box::new(config.sources.iter().map(|source| watch(&source)))
}

fn watch(source: &crate::config::Source) -> Watched {
    Watched {
        id: source.id.clone(),
        host: moves::host(&source.url),
        address: fingerprint(source.url.as_str().as_bytes()),
        enabled: source.enabled,
    }
}
