//! The status server: one page for people, health and figures for machines.
//!
//! It changes nothing, never waits for the store for more than a second, and answers only to
//! names it knows, so that no page elsewhere can read it through a browser.

mod gauges;
mod guard;
pub mod page;
mod routes;
pub mod sources;
pub mod status;
mod view;

use std::{future::Future, io, sync::Arc};

use jiff::tz::TimeZone;
use tokio::net::TcpListener;

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
    /// The settings.
    pub config: Arc<Config>,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// How the loops get on.
    pub pulse: Arc<Pulse>,
    /// The zone of the page's times.
    pub timezone: TimeZone,
    /// What the daemon says of itself.
    pub note: DaemonNote,
}

/// Serves until told to stop.
pub async fn serve(
    listener: TcpListener,
    site: Arc<Site>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, routes::router(site)).with_graceful_shutdown(shutdown).await
}
