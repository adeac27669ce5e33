//! The status server: one page for people, health and figures for machines.
//!
//! It changes nothing, never waits for the store for more than a second, and answers only to
//! names it knows, so that no page elsewhere can read it through a browser.

mod gauges;
mod guard;
pub mod oldest;
pub mod page;
pub mod problem;
mod routes;
mod server;
pub mod sources;
pub mod status;
mod view;

use std::{future::Future, io, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::{Metrics, Pulse};
use crate::store::{DaemonNote, Store};

/// All that the server shows.
pub struct Site {
    /// The time.
    pub clock: Clock,
    /// The store.
    pub store: Store,
    /// What changes with a reload.
    pub shown: watch::Sender<Arc<Shown>>,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// How the loops get on.
    pub pulse: Arc<Pulse>,
    /// What a client may ask of it.
    pub limits: Limits,
    /// What is not read anew at every scrape.
    pub oldest_success: oldest::OldestSuccess,
}

/// The configuration in force, and what the daemon says of it.
pub struct Shown {
    /// The settings.
    pub config: Arc<Config>,
    /// The zone of the page's times.
    pub timezone: TimeZone,
    /// What the daemon says of itself.
    pub note: DaemonNote,
}

impl Site {
    /// Returns what is shown from now on.
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.borrow())
    }

    /// Shows another configuration, or another note on the same.
    pub fn show(&self, shown: Shown) {
        gauges::begin(&self.metrics, &shown.config);
        self.shown.send_replace(Arc::new(shown));
    }
}

/// What a client may ask of the server; beyond it the answer is 503, 408 or 413.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at one time; each carries one request.
    pub open: usize,
    /// How long a request may take to arrive, and as long again its answer to be made.
    pub time: Duration,
    /// Bytes of a request's body, and of its head.
    pub bytes: usize,
    /// How long a request waits for the store.
    pub store_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            open: 128,
            time: Duration::from_secs(10),
            bytes: 64 << 10,
            store_time: Duration::from_secs(1),
        }
    }
}

/// Serves until told to stop.
pub async fn serve(
    listener: TcpListener,
    site: Arc<Site>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    gauges::begin(&site.metrics, &site.shown().config);
    server::serve(listener, site.limits, routes::router(site), shutdown).await
}
