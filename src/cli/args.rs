//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use newshound::config::Expect;
use newshound::model::DeliveryState;

/// Watches the news: polls feeds, matches items against your topics and says why, and delivers
/// one alert for each story by mail, webhook or on the console.
#[derive(Debug, Parser)]
#[command(name = "newshound", version, max_term_width = 100)]
pub(super) struct Args {
    /// The configuration file.
    ///
    /// Without it: $NEWSHOUND_CONFIG, ./newshound.toml, ./config/newshound.toml,
    /// $XDG_CONFIG_HOME/newshound/newshound.toml, /etc/newshound/newshound.toml.
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// Results for machines: one JSON object, or one a line.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// The form of the log, which goes to standard error.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
    /// Log more: -v each poll, -vv everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Log less: -q warnings and errors, -qq errors only.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    pub(super) quiet: u8,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
    /// Fields for the system's journal.
    Journald,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs the daemon.
    Run {
        /// Poll all that is due, deliver what is due, print counts, and end.
        #[arg(long)]
        once: bool,
        /// Make deliveries, but send none: they wait in the store.
        #[arg(long)]
        no_send: bool,
    },
    /// Runs the daemon on a small newsroom of its own: no network, no files, nothing kept.
    Demo {
        /// The status page's port; 8642 or a free one by itself.
        #[arg(long)]
        port: Option<u16>,
        /// End after so many seconds.
        #[arg(long, value_name = "N")]
        seconds: Option<u64>,
        /// Publish so many times faster.
        #[arg(long, value_name = "X", default_value_t = 1.0)]
        speed: f64,
    },
    /// Writes a commented starter configuration.
    Init {
        /// Where to.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Reports everything that is wrong with the configuration, and tries the topics' examples.
    Check {
        /// Also try whether sources and channels can be reached.
        #[arg(long)]
        network: bool,
    },
    /// Polls something once and prints its items; nothing is stored.
    Fetch {
        /// The address that relative links in a file start from.
        #[arg(long, value_name = "URL")]
        base: Option<url::Url>,
        /// The content type, instead of the server's.
        #[arg(long, value_name = "TYPE")]
        content_type: Option<String>,
        /// A source's id, an address, a file, or - for standard input.
        #[arg(value_name = "SOURCE|URL|FILE")]
        what: String,
    },
    /// Scores a text or item for every topic and says why.
    Explain {
        /// Only this topic.
        #[arg(long)]
        topic: Option<String>,
        /// The headline of the text.
        #[arg(long)]
        title: Option<String>,
        /// The language of the text.
        #[arg(long)]
        lang: Option<String>,
        /// Exit with 3 unless every topic asked for comes out so.
        #[arg(long, value_name = "hit|miss", value_parser = expect)]
        expect: Option<Expect>,
        /// A stored item's id, a file (text, HTML, or an item as JSON), or - for standard input.
        #[arg(value_name = "ITEM-ID|FILE|-")]
        what: String,
    },
    /// Tries one thing for real.
    #[command(subcommand)]
    Test(Test),
    /// Says how everything stands.
    Status,
    /// Sources and how they stand.
    Sources {
        #[command(subcommand)]
        command: Option<Sources>,
    },
    /// Alerts and what became of them.
    #[command(subcommand_required = false)]
    Alerts {
        #[command(subcommand)]
        command: Option<Alerts>,
    },
    /// Deliveries and what became of them.
    Deliveries {
        #[command(subcommand)]
        command: Option<Deliveries>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Test {
    /// Sends a marked test alert through a channel.
    Channel {
        /// The channel's name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Sources {
    /// Every source, by id.
    List(Filter),
}

#[derive(Debug, Subcommand)]
pub(super) enum Alerts {
    /// Every alert, newest first.
    List(Filter),
    /// One alert with its evidence and its deliveries.
    Show {
        /// The alert's id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Deliveries {
    /// Every delivery, newest first.
    List(Filter),
    /// Makes deliveries due now: those named, else all that failed or wait for another attempt.
    Retry {
        /// Only this channel's.
        #[arg(long)]
        channel: Option<String>,
        /// The deliveries' ids.
        ids: Vec<String>,
    },
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Filter {
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u32>,
    /// Only this topic.
    #[arg(long)]
    pub(super) topic: Option<String>,
    /// Only this source.
    #[arg(long)]
    pub(super) source: Option<String>,
    /// Only this channel.
    #[arg(long)]
    pub(super) channel: Option<String>,
    /// Only this state.
    #[arg(long)]
    pub(super) state: Option<String>,
}

impl Filter {
    /// Returns the delivery state asked for.
    pub(super) fn delivery_state(&self) -> anyhow::Result<Option<DeliveryState>> {
        let names = || DeliveryState::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ");
        let parse =
            |state: &String| state.parse().map_err(|_| anyhow::anyhow!("--state is one of {}", names()));
        self.state.as_ref().map(parse).transpose()
    }
}

fn expect(text: &str) -> Result<Expect, String> {
    match text {
        "hit" => Ok(Expect::Hit),
        "miss" => Ok(Expect::Miss),
        _ => Err("write `hit` or `miss`".to_owned()),
    }
}
