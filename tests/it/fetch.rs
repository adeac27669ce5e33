//! Fetching over real sockets: the scripts of etiquette (E) and of hostile inputs (H).

mod bodies;
mod limits;
mod proxies;
mod redirects;
mod requests;
pub(crate) mod tls;

use std::time::Duration;

use newshound::config::{FetchConfig, Secret};
use newshound::fetch::{FetchError, Fetched, Fetcher, Request};
use newshound::model::{PollClass, Validators};
use url::Url;

/// Limits of the size of tests, and 127.0.0.x allowed.
fn config() -> FetchConfig {
    FetchConfig {
        contact: Some("ops@example.org".to_owned()),
        timeout: Duration::from_secs(10),
        connect_timeout: Duration::from_secs(5),
        first_byte_timeout: Duration::from_secs(5),
        allow_networks: vec!["127.0.0.0/24".parse().unwrap()],
        ..FetchConfig::default()
    }
}

fn fetcher(config: &FetchConfig) -> Fetcher {
    Fetcher::new(config, "0.1.0").unwrap()
}

async fn get(config: &FetchConfig, url: &Url) -> Result<Fetched, FetchError> {
    fetcher(config).get(&Request { url, validators: None, headers: &[] }).await
}

async fn get_with(url: &Url, validators: Option<&Validators>) -> Result<Fetched, FetchError> {
    fetcher(&config()).get(&Request { url, validators, headers: &[] }).await
}

#[track_caller]
fn class(got: Result<Fetched, FetchError>) -> PollClass {
    match got {
        Ok(fetched) => panic!("fetched {fetched:?}"),
        Err(error) => error.class(),
    }
}

fn secret(name: &str, value: &str) -> (String, Secret) {
    (name.to_owned(), Secret::new(value))
}
