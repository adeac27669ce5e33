//! From files to what the loops work with.

use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use anyhow::Context as _;
use ipnet::IpNet;
use jiff::tz::TimeZone;

use crate::clock::Clock;
use crate::config::{
    self, ChannelConfig, ChannelKind, Config, Definition, Environment, Loaded, Networks, Problem, Severity,
    Trail, Wanted,
};
use crate::fetch::{self, Fetcher};
use crate::matcher::Matcher;
use crate::matcher::learn::Corrections;
use crate::model::{TopicId, TopicVersion};
use crate::notify::{
    Channel, Parts,
    console::{Console, Look},
    relay::{self, Relay},
    webhook,
};
use crate::worker::{Built, Live, Outlet};

/// A configuration that can be run.
pub struct Ready {
    /// The settings.
    pub config: Config,
    /// The matcher of their topics.
    pub matcher: Matcher,
    /// What verdicts teach, once that was read from the store.
    pub corrections: Corrections,
    /// The main file.
    pub file: Option<PathBuf>,
    /// All files as they were read.
    pub trail: Trail,
}

/// What came of reading the files.
pub struct Checked {
    /// What can be run, where nothing is wrong.
    pub ready: Option<Ready>,
    /// What could be read, where something is wrong: enough to find the store.
    pub ruins: Option<Config>,
    /// Every problem of files and topics, by place.
    pub problems: Vec<Problem>,
    /// How many files were read.
    pub n_files: usize,
}

/// Reads the files and compiles the topics, and makes one list of all that is wrong.
pub fn load(path: Option<&Path>, wanted: Wanted, environment: &Environment) -> Checked {
    compile(config::load(path, wanted, environment))
}

/// The same for a text that stands in no file.
pub fn load_text(name: &str, text: &str, environment: &Environment) -> Checked {
    compile(config::parse_str(name, text, environment))
}

fn compile(loaded: Loaded) -> Checked {
    let Loaded { config, ruins, topics, mut problems, file, files, trail, .. } = loaded;
    let (matcher, faults) = Matcher::compile(&topics);
    problems.extend(faults);
    config::in_order(&mut problems, &files);
    let wrong = problems.iter().any(|problem| problem.severity == Severity::Error);
    let n_files = files.len();
    match config {
        Some(config) if !wrong => {
            let ready = Some(Ready { config, matcher, corrections: Corrections::default(), file, trail });
            Checked { ready, ruins: None, problems, n_files }
        }
        config => Checked { ready: None, ruins: config.or(ruins), problems, n_files },
    }
}

/// What the process is given from outside.
#[derive(Clone)]
pub struct Outside {
    /// The time.
    pub clock: Clock,
    /// Where console alerts go.
    pub console: Console,
}

impl Outside {
    /// Returns this machine's clock and its standard output.
    pub fn real(look: Look) -> Self {
        let console = Console::new(
            Arc::new(Mutex::new(std::io::stdout())) as Arc<Mutex<dyn Write + std::marker::Send>>,
            look,
        );
        Outside { clock: Clock::system(), console }
    }
}

/// Builds the client for polls.
pub fn fetcher(config: &Config) -> anyhow::Result<Fetcher> {
    fetch::install_crypto_provider();
    Fetcher::new(&config.fetch, env!("CARGO_PKG_VERSION")).context("building the client")
}

/// Builds all channels.
pub fn outlets(config: &Config, outside: &Outside) -> anyhow::Result<Vec<Arc<Outlet>>> {
    outlets_on(config, outside, relay(config)?.as_ref())
}

fn outlets_on(
    config: &Config,
    outside: &Outside,
    relay: Option<&Arc<Relay>>,
) -> anyhow::Result<Vec<Arc<Outlet>>> {
    fetch::install_crypto_provider();
    let build = |channel: &ChannelConfig| {
        let parts = parts(config, channel, outside, relay.cloned())?;
        let built =
            Channel::build(channel, parts).with_context(|| format!("building channel `{}`", channel.name))?;
        let mut channel = channel.clone();
        if let ChannelKind::Email(_) = channel.kind {
            // One connection per relay at a time: more in hand would only wait.
            channel.in_flight = 1;
        }
        anyhow::Ok(Arc::new(Outlet { config: channel, channel: built }))
    };
    config.channels.iter().map(build).collect()
}

fn relay(config: &Config) -> anyhow::Result<Option<Arc<Relay>>> {
    let mail = config.channels.iter().any(|channel| matches!(channel.kind, ChannelKind::Email(_)));
    let Some(smtp) = config.smtp.as_ref().filter(|_| mail) else { return Ok(None) };
    let relay = Relay::new(smtp, relay::TIMEOUT, None).context("setting up the mail relay")?;
    Ok(Some(Arc::new(relay)))
}

fn parts(
    config: &Config,
    channel: &ChannelConfig,
    outside: &Outside,
    relay: Option<Arc<Relay>>,
) -> anyhow::Result<Parts> {
    let own: &[IpNet] = match &channel.kind {
        ChannelKind::Webhook(webhook) => &webhook.allow_networks,
        ChannelKind::Email(_) | ChannelKind::Console => &[],
    };
    let networks = Networks::new(config.fetch.allow_networks.iter().chain(own).copied());
    let timeouts = fetch::Timeouts { connect: config.fetch.connect_timeout, whole: webhook::TIMEOUT };
    let client =
        fetch::guarded_client(&Arc::new(networks.clone()), timeouts).context("building the client")?;
    Ok(Parts { client, networks, webhook_timeout: webhook::TIMEOUT, relay, console: outside.console.clone() })
}

/// Builds all that the loops work with from a configuration, and returns what was written of it
/// apart: that goes to the store, and in memory the versions of the topics are enough. The mail
/// relay is taken over from the one before where its settings are the same, so that it still sees
/// one connection at a time.
pub(super) fn live(
    mut config: Config,
    (matcher, kept): (Matcher, HashMap<TopicId, TopicVersion>),
    outside: &Outside,
    before: Option<&Live>,
) -> anyhow::Result<(Live, Vec<Definition>)> {
    let definitions = std::mem::take(&mut config.definitions);
    let same_relay = before.filter(|before| before.config.smtp == config.smtp);
    let relay = match same_relay.and_then(|before| before.relay.clone()) {
        Some(relay) => Some(relay),
        None => self::relay(&config)?,
    };
    let mut versions = config::topic_versions(&definitions);
    versions.extend(kept);
    let built = Built {
        matcher,
        versions,
        fetcher: fetcher(&config)?,
        outlets: outlets_on(&config, outside, relay.as_ref())?,
        relay,
        timezone: timezone(&config),
    };
    Ok((Live::new(Arc::new(config), built), definitions))
}

/// Returns the zone of rendered dates: the configured one, else the system's, else UTC.
pub fn timezone(config: &Config) -> TimeZone {
    let named = config.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
    named.unwrap_or_else(TimeZone::system)
}
