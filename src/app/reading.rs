//! What the commands that look at one thing are given: an address, a file, a stored item, or
//! text; and what they read from it.

use std::{
    fmt,
    io::{self, Read as _},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context as _, anyhow, bail};
use url::Url;

use super::setup;
use crate::clock::Clock;
use crate::config::{Config, FetchConfig, Source, why_unreadable};
use crate::dedupe;
use crate::extract;
use crate::fetch::{Fetched, Request};
use crate::model::{self, Item, PollClass, SourceId};

/// Bytes of a file or of standard input.
const MOST_BYTES: u64 = 64 << 20;

/// Something to read.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// An address.
    Url(Url),
    /// A configured source.
    Source(SourceId),
    /// A file.
    File(PathBuf),
    /// Standard input.
    Input,
}

impl Given {
    /// Reads an argument: with `://` an address, else a known source's id, else a path.
    pub fn of(argument: &str, config: &Config) -> anyhow::Result<Given> {
        if argument == "-" {
            return Ok(Given::Input);
        }
        if argument.contains("://") {
            let url = argument.parse().with_context(|| format!("`{argument}` is no address"))?;
            return Ok(Given::Url(url));
        }
        let id = SourceId::new(argument);
        if config.source(&id).is_some() {
            return Ok(Given::Source(id));
        }
        Ok(Given::File(PathBuf::from(argument)))
    }

    /// Reads a file or standard input whole.
    pub fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let bytes = self.head(MOST_BYTES + 1)?;
        if bytes.len() as u64 > MOST_BYTES {
            bail!("{self}: more than {} MiB, which is no single item", MOST_BYTES >> 20);
        }
        Ok(bytes)
    }

    /// Reads at most so many bytes of a file or of standard input.
    fn head(&self, most: u64) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = match self {
            Given::File(path) => {
                std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
            }
            Given::Input => std::io::stdin().take(most).read_to_end(&mut bytes),
            Given::Url(_) | Given::Source(_) => bail!("{self} is fetched, not read as a file"),
        };
        read.map_err(|error| {
            let id = error.kind() == io::ErrorKind::NotFound;
            let id = if id { ", and no source of that id" } else { "" };
            anyhow!("{self}: {}{id}", why_unreadable(&error))
        })?;
        Ok(bytes)
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Given::Url(url) => f.write_str(url.host_str().unwrap_or("an address")),
            Given::Source(id) => write!(f, "{id}"),
            Given::File(path) => write!(f, "{}", path.display()),
            Given::Input => f.write_str("standard input"),
        }
    }
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The address its links are relative to.
    pub base: Option<Url>,
    /// The content type a server would have said.
    pub content_type: Option<String>,
}

/// What one poll of something yields, stored nowhere.
pub struct Polled {
    /// The class.
    pub class: PollClass,
    /// What there is to say about it.
    pub message: Option<String>,
    /// Each thing that went wrong, with its class.
    pub warnings: Vec<(PollClass, String)>,
    /// The items, in document order.
    pub items: Vec<Item>,
}

impl Polled {
    fn failed(class: PollClass, message: String) -> Self {
        Polled { class, message: Some(message), warnings: Vec::new(), items: Vec::new() }
    }
}

/// Polls an address, a source or a file once.
pub async fn poll_once(
    given: &Given,
    hints: &Hints,
    config: &Config,
    clock: &Clock,
) -> anyhow::Result<Polled> {
    let source = match given {
        Given::Url(url) => config.sources.at_address(url),
        Given::Source(id) => Some(config.source(id).context("unknown source")?),
        Given::File(_) | Given::Input => return Ok(poll_file(given, hints, config, clock)),
    };
    let fetcher = setup::fetcher(config)?;
    let headers = source.as_ref().map_or(&[][..], |source| &source.headers);
    let url = match (given, &source) {
        (Given::Url(url), _) => url,
        (_, Some(source)) => &source.url,
        (_, None) => return Err(anyhow!("{given} has no address")),
    };
    let answer = match fetcher.get(&Request { url, validators: None, headers }).await {
        Ok(answer) => answer,
        Err(error) => {
            return Ok(Polled::failed(error.class(), error.message()));
        }
    };
    let content_type = hints.content_type.clone().or(answer.content_type);
    let id = source.as_ref().map_or_else(|| Source::id_of(url), |source| source.id.clone());
    let base = hints.base.clone().unwrap_or(answer.url);
    let body = Body { bytes: answer.body, content_type, base, source: id };
    Ok(read_aside(body, &config.fetch, clock).await.0)
}

/// Reads the body of an answer, and what its feed asks for.
pub(super) async fn read_answer(
    config: &Config,
    source: &SourceId,
    answer: Fetched,
    clock: &Clock,
) -> (Polled, model::Hints) {
    let Fetched { body: bytes, content_type, url: base, .. } = answer;
    read_aside(Body { bytes, content_type, base, source: source.clone() }, &config.fetch, clock).await
}

/// A file is a body without a server: what cannot be read was not reached.
fn poll_file(given: &Given, hints: &Hints, config: &Config, clock: &Clock) -> Polled {
    let most = config.fetch.max_body;
    let bytes = match given.head(most.saturating_add(1)) {
        Ok(bytes) if bytes.len() as u64 > most => {
            let message = format!("{given}: more than {most} bytes, the limit `fetch.max_body`");
            return Polled::failed(PollClass::TooLarge, message);
        }
        Ok(bytes) => bytes,
        Err(error) => return Polled::failed(PollClass::Connect, error.to_string()),
    };
    let source = match (&hints.base, given) {
        (Some(base), _) => Source::id_of(base),
        (None, Given::File(path)) => SourceId::new(path.file_stem().unwrap_or_default().to_string_lossy()),
        (None, _) => SourceId::new("stdin"),
    };
    let base = hints.base.clone().unwrap_or_else(nowhere);
    let body = Body { bytes, content_type: hints.content_type.clone(), base, source };
    read(&body, &config.fetch, clock).0
}

/// An address that no relative link resolves against.
fn nowhere() -> Url {
    "about:blank".parse().expect("a valid address")
}

struct Body {
    bytes: Vec<u8>,
    content_type: Option<String>,
    base: Url,
    source: SourceId,
}

async fn read_aside(body: Body, fetch: &FetchConfig, clock: &Clock) -> (Polled, model::Hints) {
    let (fetch, clock) = (Arc::new(fetch.clone()), clock.clone());
    tokio::task::spawn_blocking(move || read(&body, &fetch, &clock)).await.unwrap_or_else(|_| {
        let message = "newshound itself failed on this body".to_owned();
        (Polled::failed(PollClass::Internal, message), model::Hints::default())
    })
}

fn read(body: &Body, fetch: &FetchConfig, clock: &Clock) -> (Polled, model::Hints) {
    let began = clock.elapsed();
    let out_of_time = || clock.elapsed().saturating_sub(began) > fetch.parse_time;
    let limits = extract::Limits::of(fetch, &out_of_time);
    let extracted = extract::feed(&body.bytes, body.content_type.as_deref(), &body.base, &limits);
    let (class, message) = (extracted.class(), extracted.outcome.reason().map(str::to_owned));
    let warnings = extracted.warnings.iter().map(|warning| (warning.class(), warning.to_string())).collect();
    let mut items = dedupe::identify(&body.source, extracted.items, clock.now());
    for item in &mut items {
        item.first_seen = None;
    }
    (Polled { class, message, warnings, items }, extracted.hints)
}
