//! The command line.

pub(super) mod lists;

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use newshound::app::backtest::expectation::FailOn;
use newshound::config::Expect;
use newshound::model::Verdict;

use self::lists::{Alerts, Deliveries, Filter, SourceFilter, Sources, Stories, StoryFilter};

/// Watches the news: polls feeds, matches items against your topics and says why, and delivers
/// one alert for each story by mail, webhook or on the console.
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
#[derive(Debug, Parser)]
#[command(name = "newshound", version, max_term_width = 100)]
pub(super) struct Args {
    /// The configuration file.
    ///
    /// Without it: $NEWSHOUND_CONFIG, ./newshound.toml, ./config/newshound.toml,
    /// $XDG_CONFIG_HOME/newshound/newshound.toml, /etc/newshound/newshound.toml.
    #[arg(long, global = true, help_heading = "Global options", value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// Results for machines: one JSON object, or one a line.
    #[arg(long, global = true, help_heading = "Global options")]
    pub(super) json: bool,
    /// The form of the log, which goes to standard error.
    #[arg(
        long,
        global = true,
        help_heading = "Global options",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(super) log_format: LogFormat,
    /// Log more: -v each poll, -vv everything.
    #[arg(short, long, global = true, help_heading = "Global options", action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Log less: -q warnings and errors, -qq errors only.
    #[arg(short, long, global = true, help_heading = "Global options", action = ArgAction::Count, conflicts_with = "verbose")]
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
        /// The status page's port; by itself 8642, or a free one where that is taken.
        #[arg(long, allow_negative_numbers = true)]
        port: Option<u16>,
        /// End after so many seconds.
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        seconds: Option<u64>,
        /// Publish so many times faster, 0.1 to 100.
        #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed, allow_negative_numbers = true)]
        speed: f64,
    },
    /// Writes a commented starter configuration.
    Init {
        /// The directory, made where there is none; no file in it is overwritten.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Reports everything that is wrong with the configuration, and tries the topics' examples.
    Check {
        /// Also try whether sources and channels can be reached; no alert is sent.
        #[arg(long)]
        network: bool,
        /// Also show each topic as it is understood.
        #[arg(long)]
        show: bool,
    },
    /// Says what a reload of the present files would change: parts, and alerts of the last 7 days.
    Plan,
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
        /// The headline of the text; alone, it is all that is scored.
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        /// The language of the text, such as `en`, instead of the detected one.
        #[arg(long, value_name = "LANG", value_parser = newshound::config::language)]
        lang: Option<String>,
        /// Exit with 3 unless every topic asked for comes out so.
        #[arg(long, value_name = "hit|miss", value_parser = expect)]
        expect: Option<Expect>,
        /// A stored item's id, a file (text, HTML, or an item as JSON), or - for standard input.
        #[arg(value_name = "ITEM-ID|FILE|-", required_unless_present = "title")]
        what: Option<String>,
    },
    /// Replays the topics over news of the past: what they would have told. Sends and stores nothing.
    Backtest(Backtest),
    /// Finds stored items by a query, newest first.
    Search(Search),
    /// Remembers what an alert was worth, and says what the verdicts suggest.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Feedback {
        #[command(subcommand)]
        command: Option<Feedback>,
        /// The topic that items are judged for; alerts know theirs.
        #[arg(long)]
        topic: Option<String>,
        /// The alerts' ids; with --topic also ids of items, such as near misses.
        #[arg(value_name = "ALERT", required = true)]
        ids: Vec<String>,
        /// What they were worth.
        #[arg(value_name = "useful|noise", required = true, value_parser = verdict)]
        verdict: Option<Verdict>,
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
        #[command(flatten)]
        filter: SourceFilter,
    },
    /// Stories: all articles on one event, and who carries them.
    Stories {
        #[command(subcommand)]
        command: Option<Stories>,
        #[command(flatten)]
        filter: StoryFilter,
    },
    /// Alerts and what became of them.
    Alerts {
        #[command(subcommand)]
        command: Option<Alerts>,
        #[command(flatten)]
        filter: Filter,
    },
    /// Deliveries and what became of them.
    Deliveries {
        #[command(subcommand)]
        command: Option<Deliveries>,
        #[command(flatten)]
        filter: Filter,
    },
}

/// What to replay over what.
#[derive(Debug, clap::Args)]
pub(super) struct Backtest {
    /// Only this topic.
    #[arg(long, value_name = "TOPIC")]
    pub(super) topic: Option<String>,
    /// Replay what the store has seen in so long a time.
    #[arg(long, value_name = "TIME", value_parser = newshound::config::duration, default_value = "7d")]
    pub(super) since: Duration,
    /// Replay items from a file, one as JSON a line (gzip is read too), or - for standard input,
    /// in that order.
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    pub(super) input: Option<PathBuf>,
    /// With --json every topic for every item, also at score 0; else topics without a hit too.
    #[arg(long)]
    pub(super) all: bool,
    /// Only which items are copies of which, and the stories; needs no topic.
    #[arg(long, conflicts_with_all = ["topic", "all", "against", "fail_on"])]
    pub(super) identity: bool,
    /// Compare with this configuration: with --json only what it decides otherwise.
    #[arg(long, value_name = "OTHER.toml")]
    pub(super) against: Option<PathBuf>,
    /// Exit with 3 where this holds for any topic, such as 'alerts>20/d' or 'hits<1'.
    #[arg(long, value_name = "EXPRESSION")]
    pub(super) fail_on: Option<FailOn>,
    /// Read and score on so many threads; by itself one a core.
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZero<usize>>,
}

/// What to find.
#[derive(Debug, clap::Args)]
pub(super) struct Search {
    /// Only what was first seen in so long a time, such as 7d.
    #[arg(long, value_name = "TIME", value_parser = newshound::config::duration)]
    pub(super) since: Option<Duration>,
    /// At most so many: by itself 20, with --json all.
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u32>,
    /// Only items of this source.
    #[arg(long)]
    pub(super) source: Option<String>,
    /// Words, which all must occur, or a query of the topics' language:
    /// 'Kim NEAR/12 (visit OR travel*) NOT title:hockey'.
    #[arg(required = true)]
    pub(super) query: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Feedback {
    /// Proposes changes to the topics' files as a diff; each was tried on the judged items and on
    /// the stored news, and none loses an alert that was useful.
    Suggest(Suggest),
}

/// What suggestions are asked for.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Suggest {
    /// Only this topic.
    #[arg(long)]
    pub(super) topic: Option<String>,
    /// How much of the stored news they are tried on.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = newshound::config::duration)]
    pub(super) since: Duration,
}

#[derive(Debug, Subcommand)]
pub(super) enum Test {
    /// Sends a marked test alert through a channel.
    Channel {
        /// The channel's name.
        name: String,
    },
    /// Polls a source once, stores nothing, and tells what was decided.
    Source {
        /// The source's id.
        id: String,
    },
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (0.1..=100.0).contains(speed));
    speed.ok_or_else(|| "a number from 0.1 to 100".to_owned())
}

fn verdict(text: &str) -> Result<Verdict, String> {
    text.parse().map_err(|_| "write `useful` or `noise`".to_owned())
}

fn expect(text: &str) -> Result<Expect, String> {
    match text {
        "hit" => Ok(Expect::Hit),
        "miss" => Ok(Expect::Miss),
        _ => Err("write `hit` or `miss`".to_owned()),
    }
}
