//! The whole of a valid configuration.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ipnet::IpNet;

use super::channel::{ChannelConfig, RouteConfig};
use super::definition::Definition;
use super::place::{Place, SourceFile};
use super::secret::Secret;
use super::source::Source;
use super::sources::Sources;
use super::topic::Topic;
use crate::model::SourceId;

/// Everything newshound is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The main file and all it includes; empty for the defaults.
    pub files: Vec<Arc<SourceFile>>,
    /// What was written of each of the parts below, for whoever compares it with another time's.
    pub definitions: Vec<Definition>,
    /// Whether the files are watched, and read again when they change.
    pub watch: bool,
    /// The IANA time zone of rendered dates; `None` for the system's.
    pub timezone: Option<String>,
    /// `[store]`
    pub store: StoreConfig,
    /// `[stories]`
    pub stories: StoriesConfig,
    /// `[server]`
    pub server: ServerConfig,
    /// `[fetch]`
    pub fetch: FetchConfig,
    /// `[smtp]`, needed by e-mail channels.
    pub smtp: Option<SmtpConfig>,
    /// `[[source]]` and the addresses of lists, by id.
    pub sources: Sources,
    /// `[[topic]]`, in the order of the files.
    pub topics: Vec<Topic>,
    /// `[[channel]]`, in the order of the files.
    pub channels: Vec<ChannelConfig>,
    /// `[[route]]`, in the order of the files; never empty: without one in the files,
    /// the route `default` takes all to all channels.
    pub routes: Vec<RouteConfig>,
}

impl Config {
    /// Returns the source of this id.
    pub fn source(&self, id: &SourceId) -> Option<Arc<Source>> {
        self.sources.get(id)
    }

    /// Returns the name of an item's source, or its id where the source is configured no more.
    pub fn source_name(&self, id: Option<&SourceId>) -> Option<String> {
        id.map(|id| self.sources.table(id).map_or_else(|| id.to_string(), |source| source.name.clone()))
    }
}

/// `[store]`
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The database's address, `sqlite:PATH`, the path made absolute.
    pub url: String,
    /// Where that stands, for messages.
    pub place: Option<Place>,
}

/// `[stories]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoriesConfig {
    /// A story takes articles up to so long after its latest one.
    pub window: Duration,
}

impl Default for StoriesConfig {
    fn default() -> Self {
        StoriesConfig { window: Duration::from_hours(72) }
    }
}

/// `[server]`
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where the status page listens; `None` switches it off.
    pub listen: Option<SocketAddr>,
    /// The address people reach it under, without a slash at its end.
    pub public_url: Option<url::Url>,
    /// The token that lets in who changes something, and everybody where it is not on loopback.
    pub token: Option<Secret>,
}

/// `[fetch]`: defaults and bounds of every poll.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// Whom a server's owner may write to; part of `User-Agent`.
    pub contact: Option<String>,
    /// The pace of a source without its own; `None` is `adaptive`.
    pub interval: Option<Duration>,
    /// The least adaptive interval.
    pub min_interval: Duration,
    /// The greatest adaptive interval.
    pub max_interval: Duration,
    /// Polls in flight.
    pub concurrency: usize,
    /// Pacing for one host.
    pub per_host: PerHost,
    /// The whole exchange, redirects included.
    pub timeout: Duration,
    /// To the connection.
    pub connect_timeout: Duration,
    /// To the first byte of the answer.
    pub first_byte_timeout: Duration,
    /// Bytes of a body after decompression.
    pub max_body: u64,
    /// Bytes of all response headers.
    pub max_header_bytes: u64,
    /// Response headers.
    pub max_headers: usize,
    /// The least bytes of a body that must come within `min_bytes_window`.
    pub min_bytes: u64,
    /// The window `min_bytes` is measured over.
    pub min_bytes_window: Duration,
    /// Redirects followed in one poll.
    pub max_redirects: usize,
    /// Nesting of XML, HTML and JSON.
    pub max_depth: usize,
    /// Time to turn one body into items.
    pub parse_time: Duration,
    /// Items taken from one body.
    pub max_items: usize,
    /// Bytes of text kept of one item.
    pub max_text: usize,
    /// The proxy, credentials included.
    pub proxy: Option<Secret>,
    /// Special networks that may be reached.
    pub allow_networks: Vec<IpNet>,
    /// Items younger than this alert on first sight of a source.
    pub backfill: Duration,
}

/// `fetch.per_host`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerHost {
    /// Requests at one time.
    pub concurrency: usize,
    /// Between the starts of two requests.
    pub gap: Duration,
}

impl Default for FetchConfig {
    fn default() -> Self {
        FetchConfig {
            contact: None,
            interval: None,
            min_interval: Duration::from_mins(10),
            max_interval: Duration::from_hours(24),
            concurrency: 256,
            per_host: PerHost { concurrency: 1, gap: Duration::from_secs(2) },
            timeout: Duration::from_secs(45),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(15),
            max_body: 10 << 20,
            max_header_bytes: 64 << 10,
            max_headers: 256,
            min_bytes: 1 << 10,
            min_bytes_window: Duration::from_secs(10),
            max_redirects: 5,
            max_depth: 256,
            parse_time: Duration::from_secs(2),
            max_items: 5000,
            max_text: 256 << 10,
            proxy: None,
            allow_networks: Vec::new(),
            backfill: Duration::ZERO,
        }
    }
}

/// `[smtp]`
#[derive(Clone, Debug, PartialEq)]
pub struct SmtpConfig {
    /// The relay's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: MailTls,
    /// Who signs in.
    pub username: Option<String>,
    /// With what.
    pub password: Option<Secret>,
    /// The sender: `name <address>`.
    pub from: String,
}

/// How a connection to the mail relay is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte (`smtps://`).
    Implicit,
    /// STARTTLS, required (`smtp://`).
    StartTls,
    /// None; on loopback only.
    None,
}
