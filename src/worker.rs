//! The two loops: `poll` takes a source from due to recorded, `dispatch` takes a delivery from
//! claimed to settled. The store is all that stands between them.
//!
//! Both recover in place: while the store fails they wait and try again, and nothing is sent
//! that could not be recorded.

pub mod dispatch;
pub mod poll;
mod read;
mod steady;
mod tally;

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use tokio::sync::Semaphore;

pub use tally::{Counts, Tally};

use crate::clock::Clock;
use crate::config::{ChannelConfig, Config, Source, Topic};
use crate::fetch::Fetcher;
use crate::matcher::Matcher;
use crate::metrics::{Metrics, Pulse};
use crate::model::{SourceId, StoreClass, TopicId};
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
    /// The settings.
    pub config: Arc<Config>,
    /// The sources of the settings, by id.
    pub sources: HashMap<SourceId, Arc<Source>>,
    /// The topics of the settings, by id.
    pub topics: HashMap<TopicId, Topic>,
    /// Their matcher.
    pub matcher: Matcher,
    /// The client.
    pub fetcher: Fetcher,
    /// Bodies that are turned into items at one time.
    pub readers: Semaphore,
    /// The channels.
    pub outlets: Vec<Arc<Outlet>>,
    /// The zone of rendered dates.
    pub timezone: TimeZone,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// This process's claims on sources.
    pub poll_lease: Lease,
    /// This process's claims on deliveries.
    pub send_lease: Lease,
    /// What happened since the start.
    pub tally: Tally,
    /// How the loops get on.
    pub pulse: Arc<Pulse>,
}

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
