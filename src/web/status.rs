//! How everything stands, in the form that page, command line and other programs share.

use std::path::PathBuf;

use serde::Serialize;

use super::problem::Problem;
use crate::config::Config;
use crate::model::{ChannelName, DeliveryClass, StoreClass, Timestamp};
use crate::store::{
    ChannelFigures, DaemonNote, DeliveryFigures, EventRow, LastReload, Latency, Overview, Quantiles,
    ReplayNote,
};

/// How long a failing channel's deliveries may wait before that is a problem.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// What a status is drawn from.
pub struct Seen<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The store's figures; `None` where it does not answer.
    pub overview: Option<&'a Overview>,
    /// What is wrong with the store.
    pub fault: Option<(StoreClass, String)>,
    /// Whether a daemon works on the store.
    pub running: bool,
    /// Whether its loops turn.
    pub alive: bool,
    /// The latest daemon's note.
    pub note: Option<DaemonNote>,
    /// The time.
    pub now: Timestamp,
}

/// How everything stands.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The program's version.
    pub version: &'static str,
    /// In one word.
    pub health: Health,
    /// What the operator should look at.
    pub problems: Vec<Problem>,
    /// The daemon.
    pub daemon: DaemonPart,
    /// Its configuration.
    pub config: ConfigPart,
    /// The store.
    pub store: StorePart,
    /// Sources by how they stand.
    pub sources: SourcesPart,
    /// Items.
    pub items: Total,
    /// Alerts.
    pub alerts: Total,
    /// Deliveries by state.
    pub deliveries: DeliveryFigures,
    /// Each channel.
    pub channels: Vec<ChannelPart>,
    /// How long the latest alerts took.
    pub latency_seconds: LatencyPart,
    /// The latest events.
    pub events: Vec<EventRow>,
}

/// Health in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Nothing for anybody to do.
    Ok,
    /// Something for the operator.
    Degraded,
    /// The store or a loop stands still.
    Failing,
}

/// The daemon.
#[derive(Clone, Debug, Serialize)]
pub struct DaemonPart {
    /// Whether one works on the store.
    pub running: bool,
    /// Its process.
    pub pid: Option<u32>,
    /// When it started.
    pub started: Option<Timestamp>,
}

/// The daemon's configuration.
#[derive(Clone, Debug, Serialize)]
pub struct ConfigPart {
    /// The main file.
    pub file: Option<PathBuf>,
    /// When it was read.
    pub loaded: Option<Timestamp>,
    /// `ok`; `partial`, where some topics were not taken; or `rejected`.
    pub last_reload: &'static str,
    /// When that was; `None` before the first.
    pub reloaded: Option<Timestamp>,
    /// What is wrong.
    pub error: Option<String>,
    /// What takes effect at the next start only.
    pub waits: Vec<String>,
    /// What the topics that changed would have alerted in the last days.
    pub replayed: Vec<ReplayNote>,
}

/// The store.
#[derive(Clone, Debug, Serialize)]
pub struct StorePart {
    /// Its address.
    pub url: String,
    /// What is wrong with it.
    pub class: Option<StoreClass>,
    /// Its size.
    pub bytes: u64,
}

/// Sources by how they stand.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct SourcesPart {
    /// In the configuration.
    pub total: u64,
    /// Readable.
    pub active: u64,
    /// Failing.
    pub backing_off: u64,
    /// Partly readable.
    pub degraded: u64,
    /// With ids that change.
    pub unstable_ids: u64,
    /// Not polled.
    pub disabled: u64,
}

/// A number in all and of late.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Total {
    /// In store.
    pub total: u64,
    /// Of the last 24 hours.
    pub last_24h: u64,
}

/// A channel.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelPart {
    /// Its name.
    pub name: ChannelName,
    /// Its kind.
    pub kind: &'static str,
    /// How it stands.
    pub state: &'static str,
    /// Deliveries that wait.
    pub pending: u64,
    /// The class of its latest attempt.
    pub class: Option<DeliveryClass>,
    /// When it last took a message.
    pub last_success: Option<Timestamp>,
    /// Deliveries of the last 24 hours.
    pub delivered_last_24h: u64,
    /// Deliveries given up in the last 24 hours.
    pub failed_last_24h: u64,
    /// When the oldest pending delivery was made.
    pub oldest_pending: Option<Timestamp>,
}

/// How long the latest alerts took, in seconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LatencyPart {
    /// From the publisher's date.
    pub published_to_sent: QuantilesPart,
    /// From our first sight.
    pub fetched_to_sent: QuantilesPart,
}

/// Half and nearly all.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct QuantilesPart {
    /// The median.
    pub p50: Option<f64>,
    /// 99 of 100.
    pub p99: Option<f64>,
}

impl Status {
    /// Draws the status.
    pub fn of(seen: &Seen<'_>) -> Status {
        let nothing = Overview::default();
        let overview = seen.overview.unwrap_or(&nothing);
        let channels = channels(seen.config, overview);
        let problems = problems(seen, overview);
        let failing = seen.fault.is_some() || (seen.running && !seen.alive);
        let health = match () {
            () if failing => Health::Failing,
            () if problems.is_empty() => Health::Ok,
            () => Health::Degraded,
        };
        let note = seen.note.as_ref();
        let reload = note.filter(|_| seen.running).and_then(|note| note.reload.as_ref());
        Status {
            version: env!("CARGO_PKG_VERSION"),
            health,
            problems,
            daemon: DaemonPart {
                running: seen.running,
                pid: note.filter(|_| seen.running).map(|note| note.pid),
                started: note.filter(|_| seen.running).map(|note| note.started),
            },
            config: ConfigPart {
                file: note.map_or_else(
                    || seen.config.files.first().map(|file| file.path.clone()),
                    |note| note.config_file.clone(),
                ),
                loaded: note.map(|note| note.config_loaded),
                last_reload: reload.map_or(LastReload::Ok, |reload| reload.result).as_str(),
                reloaded: reload.map(|reload| reload.time),
                error: reload.and_then(|reload| reload.error.clone()),
                waits: reload.map(|reload| reload.waits.clone()).unwrap_or_default(),
                replayed: reload.map(|reload| reload.replayed.clone()).unwrap_or_default(),
            },
            store: StorePart {
                url: seen.config.store.url.clone(),
                class: seen.fault.as_ref().map(|(class, _)| *class),
                bytes: overview.bytes,
            },
            sources: sources(seen.config, seen.overview),
            items: Total { total: overview.items, last_24h: overview.items_last_day },
            alerts: Total { total: overview.alerts, last_24h: overview.alerts_last_day },
            deliveries: overview.deliveries,
            channels,
            latency_seconds: overview.latency.into(),
            events: overview.events.clone(),
        }
    }
}

/// Counts the configured sources by how they stand.
pub(super) fn sources(config: &Config, overview: Option<&Overview>) -> SourcesPart {
    let total = config.sources.len() as u64;
    let Some(overview) = overview else {
        // Unseen ones are active, as in the list.
        let active = config.sources.n_enabled() as u64;
        return SourcesPart { total, active, disabled: total - active, ..SourcesPart::default() };
    };
    let figures = overview.sources;
    let failing = figures.backing_off + figures.degraded + figures.unstable_ids;
    let active = figures.active.min(total);
    SourcesPart {
        total,
        active,
        backing_off: figures.backing_off,
        degraded: figures.degraded,
        unstable_ids: figures.unstable_ids,
        disabled: total.saturating_sub(active + failing),
    }
}

fn channels(config: &Config, overview: &Overview) -> Vec<ChannelPart> {
    let part = |channel: &crate::config::ChannelConfig| {
        let figures = overview.channels.get(&channel.name).copied().unwrap_or_default();
        ChannelPart {
            name: channel.name.clone(),
            kind: channel.kind.as_str(),
            state: "active",
            pending: figures.pending,
            class: figures.class,
            last_success: figures.last_success,
            delivered_last_24h: figures.delivered_last_day,
            failed_last_24h: figures.failed_last_day,
            oldest_pending: figures.oldest_pending,
        }
    };
    config.channels.iter().map(part).collect()
}

/// Names what the operator should look at, gravest first.
fn problems(seen: &Seen<'_>, overview: &Overview) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some((class, message)) = &seen.fault {
        problems.push(Problem::Store { class: *class, message: message.clone(), waiting: seen.running });
    }
    if seen.running && !seen.alive {
        problems.push(Problem::Standstill);
    }
    problems.extend(reload_problem(seen));
    for (name, figures) in &overview.channels {
        problems.extend(channel_problem(seen, name, figures));
    }
    if let Some(since) = overview.outage.filter(|_| seen.running) {
        problems.push(Problem::Unreachable { since });
    }
    let failing = overview.sources.backing_off;
    let polled = overview.sources.known - overview.sources.marked_off;
    if failing * 2 > polled {
        problems.push(Problem::SourcesFail { failing, polled });
    }
    problems
}

/// A configuration that was not taken, or not all of it, for as long as the daemon runs without.
fn reload_problem(seen: &Seen<'_>) -> Option<Problem> {
    let reload = seen.note.as_ref().filter(|_| seen.running)?.reload.as_ref()?;
    let error = reload.error.clone()?;
    match reload.result {
        LastReload::Ok => None,
        LastReload::Partial => Some(Problem::ConfigPartial { error, since: reload.time }),
        LastReload::Rejected => Some(Problem::ConfigRejected { error, since: reload.time }),
    }
}

fn channel_problem(seen: &Seen<'_>, name: &ChannelName, figures: &ChannelFigures) -> Option<Problem> {
    let (name, waiting) = (name.clone(), figures.pending);
    if !seen.config.channels.iter().any(|channel| channel.name == name) {
        return (waiting > 0).then_some(Problem::ChannelGone { name, waiting });
    }
    if figures.failed_last_day > 0 {
        return Some(Problem::GivenUp { name, n: figures.failed_last_day });
    }
    let class = figures.class.filter(|class| *class != DeliveryClass::Ok)?;
    let since = figures.oldest_pending.filter(|oldest| seen.now.since(*oldest) > PATIENCE)?;
    Some(Problem::ChannelFails { name, class, waiting, since })
}

impl From<Latency> for LatencyPart {
    fn from(latency: Latency) -> Self {
        let part = |quantiles: Option<Quantiles>| QuantilesPart {
            p50: quantiles.map(|quantiles| quantiles.p50),
            p99: quantiles.map(|quantiles| quantiles.p99),
        };
        LatencyPart {
            published_to_sent: part(latency.published_to_sent),
            fetched_to_sent: part(latency.fetched_to_sent),
        }
    }
}
