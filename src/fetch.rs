//! One bounded, polite HTTP GET: redirects included, every address judged before it is reached,
//! and the body whole or not at all. When to ask again is left to others.
//!
//! A request has these headers and no others, plus what is configured for the source, which may
//! replace them:
//!
//! ```text
//! GET /feed.xml HTTP/1.1
//! user-agent: newshound/0.1.0 (+ops@example.org)
//! accept: application/atom+xml, application/rss+xml, application/feed+json, …
//! accept-encoding: gzip, br, deflate
//! if-none-match: "a1"          (if this URL gave one, byte for byte)
//! a-im: feed                   (with `if-none-match`)
//! if-modified-since: …         (if this URL gave one, byte for byte)
//! authorization: Basic …       (from the URL's user info, to its own origin)
//! host: feeds.example
//! ```

mod answer;
mod body;
mod client;
mod error;
mod freshness;
mod guard;
mod hops;
mod proxy;
mod room;

use std::{sync::Arc, time::Duration};

use http::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response};
use url::Url;

use crate::config::{FetchConfig, Secret, network::Networks};
use crate::model::{PollClass, RetryAfter, Validators};
use answer::Verdict;
use client::Unanswered;
use error::{Failure, Wishes};
use guard::Guard;
use hops::Trail;
use proxy::Proxy;
use room::{Room, Waited};

pub use answer::Freshness;
pub use client::{Authorities, SetupError, Timeouts, guarded_client, install_crypto_provider};
pub use error::FetchError;
pub use room::Place;

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
     application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1";
const ACCEPT_ENCODING: &str = "gzip, br, deflate";

/// Of a redirect's body, so much is read to keep the connection for the next hop …
const REDIRECT_BODY: usize = 64 << 10;
/// … if it comes within this time.
const REDIRECT_BODY_TIME: Duration = Duration::from_millis(500);

/// Fetches; cheap to clone, and clones share their connections.
#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    guard: Guard,
    proxy: Option<Proxy>,
    every: HeaderMap,
    limits: Limits,
    room: Room,
}

/// The bounds of one fetch.
#[derive(Clone, Copy, Debug)]
struct Limits {
    whole: Duration,
    connect: Duration,
    first_byte: Duration,
    max_redirects: usize,
    max_headers: usize,
    max_header_bytes: u64,
    body: body::Limits,
}

/// What to fetch.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Where; user info becomes Basic authorization, a fragment is dropped.
    pub url: &'a Url,
    /// What was given with the last whole body; sent to the URL that gave them.
    pub validators: Option<&'a Validators>,
    /// Headers besides ours, or instead of them; sent to the URL's own origin only.
    pub headers: &'a [(String, Secret)],
}

/// An answer: a whole body, or the word that nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// 200, 226 or 304.
    pub status: u16,
    /// What answered, after redirects; without user info and fragment.
    pub url: Url,
    /// Where the source has moved for good: the end of the leading permanent redirects.
    pub moved_to: Option<Url>,
    /// The body, decompressed; empty for 304.
    pub body: Vec<u8>,
    /// Its place among all bodies in memory; goes with it.
    pub place: Place,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// What to ask with the next time, in place of whatever was known before.
    pub validators: Option<Validators>,
    /// How long a redirect on the way, or the 304, asked us to stay away.
    pub retry_after: Option<RetryAfter>,
    /// How long the answer stays fresh.
    pub freshness: Freshness,
}

impl Fetcher {
    /// Makes a fetcher that names itself with this version.
    pub fn new(config: &FetchConfig, version: &str) -> Result<Fetcher, SetupError> {
        Fetcher::trusting(config, version, &Authorities::System)
    }

    /// Makes a fetcher that trusts other certificate authorities.
    pub fn trusting(
        config: &FetchConfig,
        version: &str,
        authorities: &Authorities,
    ) -> Result<Fetcher, SetupError> {
        let networks = Arc::new(Networks::new(config.allow_networks.iter().copied()));
        Ok(Fetcher {
            client: client::fetching_client(config, &networks, authorities)?,
            guard: Guard { networks, proxied: config.proxy.is_some() },
            proxy: config.proxy.as_ref().and_then(Proxy::of),
            every: every_request(config.contact.as_deref(), version)?,
            limits: Limits::of(config),
            room: Room::new(),
        })
    }

    /// Fetches once, redirects included.
    pub async fn get(&self, request: &Request<'_>) -> Result<Fetched, FetchError> {
        self.get_at(request, None).await
    }

    /// Does so at another address than the request's own, where one is given: where the source has
    /// moved, or an older page of it. What is secret goes there only if it is of the same origin.
    pub async fn get_at(&self, request: &Request<'_>, at: Option<&Url>) -> Result<Fetched, FetchError> {
        let mut trail = Trail::new(request, at);
        let whole = self.limits.whole;
        let late = || Err(Failure::new(PollClass::Timeout, format!("not done within {whole:?}")));
        let waited = Waited::default();
        let got = waited.within(whole, self.walk(&mut trail, &waited)).await.unwrap_or_else(late);
        got.map_err(|failure| {
            let Trail { url, retry_after, refusal: freshness, .. } = trail;
            FetchError::new(failure, &url, Wishes { retry_after, freshness })
        })
    }

    async fn walk(&self, trail: &mut Trail<'_>, waited: &Waited) -> Result<Fetched, Failure> {
        loop {
            let response = self.ask(trail).await?;
            let headers = response.headers();
            trail.retry_after = answer::retry_after(headers).or(trail.retry_after);
            let status = response.status().as_u16();
            match answer::judge(status, trail.asks_for_changes()) {
                Verdict::Body => return self.take(response, (trail, waited), None).await,
                Verdict::Unchanged => {
                    return self.take(response, (trail, waited), trail.validators()).await;
                }
                Verdict::Failed(failure) => {
                    let failure = answer::blocked(failure, headers);
                    trail.refusal = Freshness::of(headers);
                    return Err(self.whose(failure, status, &trail.url));
                }
                Verdict::Elsewhere { permanent } => {
                    let from = trail.url.origin();
                    trail.follow(headers.get(header::LOCATION), permanent, self.limits.max_redirects)?;
                    if trail.url.origin() == from {
                        release(response).await;
                    }
                }
            }
        }
    }

    /// Sends one request where it may go, and returns an answer whose head is within its limits.
    async fn ask(&self, trail: &Trail<'_>) -> Result<Response, Failure> {
        self.guard.check_url(&trail.url)?;
        let mut request = reqwest::Request::new(Method::GET, trail.url.clone());
        *request.headers_mut() = trail.headers(&self.every);
        let Limits { connect, first_byte, max_headers, max_header_bytes, .. } = self.limits;
        let sent = client::send(&self.client, request, connect, first_byte).await;
        let response = sent.map_err(|unanswered| self.without_answer(&unanswered, &trail.url))?;
        self.guard.check_peer(response.remote_addr())?;
        if response.headers().len() > max_headers || answer::head_bytes(response.headers()) > max_header_bytes
        {
            let text = format!("more than {max_headers} headers or {max_header_bytes} bytes of them");
            return Err(Failure::new(PollClass::HeaderLimit, text));
        }
        Ok(response)
    }

    fn without_answer(&self, unanswered: &Unanswered, url: &Url) -> Failure {
        match (unanswered, &self.proxy) {
            (Unanswered::Late(failure), Some(proxy)) => proxy.late(failure),
            (Unanswered::Late(failure), None) => failure.clone(),
            (Unanswered::Failed(error), Some(proxy)) => proxy.failure(error, url),
            (Unanswered::Failed(error), None) => Failure::without_answer(error),
        }
    }

    fn whose(&self, failure: Failure, status: u16, url: &Url) -> Failure {
        match &self.proxy {
            Some(proxy) => proxy.refusal(failure, status, url),
            None => failure,
        }
    }

    async fn take(
        &self,
        response: Response,
        (trail, waited): (&Trail<'_>, &Waited),
        kept: Option<&Validators>,
    ) -> Result<Fetched, Failure> {
        let status = response.status().as_u16();
        let headers = response.headers();
        let mut fetched = Fetched {
            status,
            url: trail.url.clone(),
            moved_to: trail.moved_to.clone(),
            body: Vec::new(),
            place: Place::default(),
            content_type: answer::text(headers, header::CONTENT_TYPE),
            validators: answer::validators(headers, trail.url.as_str(), kept),
            retry_after: trail.retry_after,
            freshness: Freshness::of(headers),
        };
        if status != 304 {
            let read = body::read(response, self.limits.body, (&self.room, waited)).await?;
            (fetched.body, fetched.place) = read;
        }
        Ok(fetched)
    }
}

impl Limits {
    fn of(config: &FetchConfig) -> Self {
        Limits {
            whole: config.timeout,
            connect: config.connect_timeout,
            first_byte: config.first_byte_timeout,
            max_redirects: config.max_redirects,
            max_headers: config.max_headers,
            max_header_bytes: config.max_header_bytes,
            body: body::Limits {
                max_body: config.max_body,
                min_bytes: config.min_bytes,
                min_bytes_window: config.min_bytes_window,
            },
        }
    }
}

/// Returns the headers that every request has.
fn every_request(contact: Option<&str>, version: &str) -> Result<HeaderMap, SetupError> {
    let agent = match contact {
        Some(contact) => format!("newshound/{version} (+{contact})"),
        None => format!("newshound/{version}"),
    };
    let agent = HeaderValue::from_bytes(agent.as_bytes()).map_err(|_| SetupError::Contact)?;
    Ok(HeaderMap::from_iter([
        (header::USER_AGENT, agent),
        (header::ACCEPT, HeaderValue::from_static(ACCEPT)),
        (header::ACCEPT_ENCODING, HeaderValue::from_static(ACCEPT_ENCODING)),
    ]))
}

/// Reads away a short body, so that the connection can carry the next request.
async fn release(mut response: Response) {
    let mut left = REDIRECT_BODY;
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // Out of time or not, the response is dropped, and an unread one closes its connection.
    let _ = tokio::time::timeout(REDIRECT_BODY_TIME, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_has_the_contact_or_no_bracket() {
        let agent =
            |contact| every_request(contact, "1.2.3").map(|headers| headers[header::USER_AGENT].clone());
        assert_eq!(agent(Some("ops@example.org")).unwrap(), "newshound/1.2.3 (+ops@example.org)");
        assert_eq!(agent(None).unwrap(), "newshound/1.2.3");
        assert!(matches!(agent(Some("a\nb")), Err(SetupError::Contact)));
    }
}
