//! Builds the HTTP clients: nothing they do by themselves is left on. No redirects, cookies,
//! referrers, proxies of the environment or decompression; names resolve through the guard.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect::Policy};
use tokio::sync::watch;
use tower::{Layer, Service};

use super::error::Failure;
use super::guard::GuardedResolver;
use crate::config::{FetchConfig, network::Networks};
use crate::model::PollClass;

/// Shorter than servers usually keep an idle connection, so that none is used that is being closed.
const IDLE: Duration = Duration::from_secs(3);

/// Why no client could be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `fetch.proxy` is no address.
    #[error("`fetch.proxy` is not the address of a proxy")]
    Proxy,
    /// `fetch.contact` has characters that a header cannot carry.
    #[error("`fetch.contact` cannot be sent in a header")]
    Contact,
    /// TLS or the like.
    #[error("the HTTP client could not be built")]
    Client(#[source] reqwest::Error),
}

/// Which certificate authorities are trusted.
#[derive(Clone, Debug)]
pub enum Authorities {
    /// The system's, or those of `SSL_CERT_FILE`.
    System,
    /// These and no others.
    Only(Vec<Certificate>),
}

/// How long a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the whole exchange.
    pub whole: Duration,
}

/// Installs the cryptography for TLS; again does nothing.
pub fn install_crypto_provider() {
    // It fails where one is installed, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Builds a client whose connections to names pass the guard, for whoever sends rather than fetches.
///
/// It follows no redirects. A URL whose host is an address needs a look of its own before:
/// the resolver is not asked for those.
pub fn guarded_client(networks: &Arc<Networks>, timeouts: Timeouts) -> Result<Client, SetupError> {
    build(|| {
        bare_builder(timeouts.connect)
            .dns_resolver(GuardedResolver(Arc::clone(networks)))
            .timeout(timeouts.whole)
    })
}

/// Builds the client that fetches.
///
/// The fetcher counts an answer's headers itself and calls them by their class. The client's own
/// bounds stand behind that, for memory: HTTP/2 would only say that the protocol was violated.
pub(super) fn fetching_client(
    config: &FetchConfig,
    networks: &Arc<Networks>,
    authorities: &Authorities,
) -> Result<Client, SetupError> {
    let max_header_bytes = u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX).saturating_mul(8);
    let address = config.proxy.as_ref().map(|proxy| Proxy::all(proxy.expose()));
    let proxy = address.transpose().map_err(|_| SetupError::Proxy)?;
    build(|| {
        let builder = bare_builder(config.connect_timeout)
            .http1_max_headers(config.max_headers)
            .http2_max_header_list_size(max_header_bytes)
            .connector_layer(Timed);
        let builder = match &proxy {
            // Its names lead to the operator's own machine, or are asked for in the proxy's place.
            Some(proxy) => {
                builder.proxy(proxy.clone()).dns_resolver(GuardedResolver(Arc::new(Networks::everywhere())))
            }
            None => builder.dns_resolver(GuardedResolver(Arc::clone(networks))),
        };
        match authorities {
            Authorities::System => builder,
            Authorities::Only(certificates) => builder.tls_certs_only(certificates.iter().cloned()),
        }
    })
}

/// Builds a client; where the system has no certificate authorities, one that trusts nobody.
///
/// So plain http works on the barest machine, and https fails there as what it is, `tls`.
fn build(builder: impl Fn() -> ClientBuilder) -> Result<Client, SetupError> {
    builder().build().or_else(|error| {
        let client = builder().tls_certs_only([]).build().map_err(|_| SetupError::Client(error))?;
        tracing::warn!("the system has no certificate authorities, https will fail; see SSL_CERT_FILE");
        Ok(client)
    })
}

fn bare_builder(connect_timeout: Duration) -> ClientBuilder {
    install_crypto_provider();
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .connect_timeout(connect_timeout)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(IDLE)
}

/// What a request is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connecting,
    Answering,
}

tokio::task_local! {
    /// Where the connector tells the request it works for how far it is; it has no other way.
    static PHASE: watch::Sender<Phase>;
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Time ran out.
    Late(Failure),
    /// Something failed before.
    Failed(reqwest::Error),
}

/// Sends a request and waits for the head of its answer: so long to connect, then so long again.
pub(super) async fn send(
    client: &Client,
    request: reqwest::Request,
    connect_timeout: Duration,
    first_byte_timeout: Duration,
) -> Result<reqwest::Response, Unanswered> {
    let (sender, mut phase) = watch::channel(Phase::Answering);
    let expiry = async move {
        loop {
            let (limit, what) = match *phase.borrow_and_update() {
                Phase::Connecting => (connect_timeout, "connection"),
                Phase::Answering => (first_byte_timeout, "answer"),
            };
            match tokio::time::timeout(limit, phase.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => std::future::pending().await,
                Err(_) => return late(what, limit),
            }
        }
    };
    tokio::select! {
        answer = PHASE.scope(sender, client.execute(request)) => answer.map_err(|error| {
            // The client counts the same time, to give each of a name's addresses a part of it.
            let unconnected = error.is_connect() && error.is_timeout();
            if unconnected { late("connection", connect_timeout) } else { Unanswered::Failed(error) }
        }),
        failure = expiry => Err(failure),
    }
}

fn late(what: &str, limit: Duration) -> Unanswered {
    Unanswered::Late(Failure::new(PollClass::Timeout, format!("no {what} within {limit:?}")))
}

/// Tells the request when its connection begins and when it stands.
#[derive(Clone, Copy, Debug)]
struct Timed;

/// A connector that does so.
#[derive(Clone, Debug)]
struct TimedConnector<S>(S);

impl<S> Layer<S> for Timed {
    type Service = TimedConnector<S>;

    fn layer(&self, connector: S) -> Self::Service {
        TimedConnector(connector)
    }
}

impl<S, D> Service<D> for TimedConnector<S>
where
    S: Service<D>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, destination: D) -> Self::Future {
        let connecting = self.0.call(destination);
        Box::pin(async move {
            tell(Phase::Connecting);
            let connected = connecting.await;
            tell(Phase::Answering);
            connected
        })
    }
}

/// Does nothing where the request has gone another way meanwhile.
fn tell(phase: Phase) {
    let _ = PHASE.try_with(|sender| sender.send_replace(phase));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn a_proxy_that_is_none_is_an_error() {
        let config = FetchConfig { proxy: Some(Secret::new("http://")), ..FetchConfig::default() };
        let built = fetching_client(&config, &Arc::default(), &Authorities::System);
        assert!(matches!(built, Err(SetupError::Proxy)));
    }

    #[tokio::test]
    async fn a_guarded_client_refuses_names_that_resolve_inside() {
        let timeouts = Timeouts { connect: Duration::from_secs(5), whole: Duration::from_secs(5) };
        let client = guarded_client(&Arc::default(), timeouts).unwrap();
        let error = client.post("http://localhost/hook?key=1").send().await.unwrap_err();
        assert_eq!(Failure::without_answer(&error).class, PollClass::AddressRefused);
    }
}
