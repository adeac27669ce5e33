//! The two loops: `poll` takes a source from due to recorded, `dispatch` takes a delivery from
//! claimed to settled. The store is all that stands between them. Behind them `keys` makes what
//! stored items are searched by.
//!
//! Both recover in place: while the store fails they wait and try again, and nothing is sent
//! that could not be recorded.

pub mod dispatch;
pub mod keys;
pub mod learned;
pub mod live;
pub mod network;
mod older;
pub mod placing;
pub mod poll;
mod read;
mod steady;
mod tally;
mod told;
mod trip;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Mutex, Semaphore, watch};

pub use live::{Built, Live};
pub use tally::{Counts, Tally};

use crate::clock::Clock;
use crate::config::ChannelConfig;
use crate::metrics::{Metrics, Pulse};
use crate::model::StoreClass;
use crate::notify::Channel;
use crate::store::{Lease, Store, StoreError};

/// How long a loop waits before it tries a store again that failed.
const STORE_RETRY: Duration = Duration::from_secs(5);
/// How long a loop sleeps at most: what other processes wrote is noticed by then.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);
/// How long a loop sleeps at least, so that nothing can make it spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(20);

/// All that the loops work with.
pub struct Ctx {
    /// The time.
    pub clock: Clock,
    /// The store.
    pub store: Store,
    /// The configuration in force; whoever begins something takes it once.
    pub live: watch::Sender<Arc<Live>>,
    /// Held while sources are claimed, and while the configuration is swapped: a source is polled
    /// as the configuration says that the store knows of.
    pub turnstile: Mutex<()>,
    /// Bodies that are turned into items at one time.
    pub readers: Semaphore,
    /// What verdicts teach.
    pub lessons: learned::Lessons,
    /// Whether the network is there.
    pub network: network::Network,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// This process's claims on deliveries.
    pub send_lease: Lease,
    /// What happened since the start.
    pub tally: Tally,
    /// How the loops get on.
    pub pulse: Arc<Pulse>,
}

impl Ctx {
    /// Returns the configuration in force.
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.borrow())
    }

    /// Returns this process's claims on sources.
    pub fn poll_lease(&self, live: &Live) -> Lease {
        let fetch = &live.config.fetch;
        Lease {
            holder: self.send_lease.holder.clone(),
            length: fetch.timeout + fetch.parse_time + POLL_MARGIN,
        }
    }
}

/// How long a claim on a source holds beyond the exchange and the reading: for its body's turn in
/// memory (30 s), its older pages with the gaps around them (90 s), and its turn to be written.
const POLL_MARGIN: Duration = Duration::from_mins(4);

/// A channel with its settings.
pub struct Outlet {
    /// The settings.
    pub config: ChannelConfig,
    /// The channel.
    pub channel: Channel,
}

/// Tells the pulse what is wrong with the store.
fn fault(ctx: &Ctx, error: &StoreError) {
    let class = error.class().unwrap_or(StoreClass::IoError);
    ctx.pulse.failed(class, error.told(), ctx.clock.now());
}
