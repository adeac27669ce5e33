//! The bare loop that polling is measured against: the same client, the same requests, nothing parsed
//! and nothing stored.
//!
//! `cargo bench --bench polling -- FILE [SECONDS] [CONCURRENCY]` fetches the addresses of a file, one a
//! line, in turn, with the validators that came with each; bodies are read and dropped. It prints
//! requests per second, by class of answer. Whatever answers on loopback will do; docs/polling.md has
//! the whole comparison.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use newshound::clock::Clock;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, redirect::Policy};

const SECONDS: u64 = 20;
const CONCURRENCY: usize = 256;

/// An address, and what it gave to ask with the next time.
struct Source {
    url: String,
    validators: Mutex<HeaderMap>,
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(file) = arguments.next() else {
        println!("skipped: no file of addresses was named");
        return;
    };
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let concurrency = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(CONCURRENCY);
    let list = std::fs::read_to_string(&file).expect("the file can be read");
    let sources: Vec<Source> = list
        .lines()
        .filter(|line| line.contains("://"))
        .map(|line| Source { url: line.trim().to_owned(), validators: Mutex::default() })
        .collect();
    let client = client();
    // The first round asks without validators and does not count.
    let first = round(&client, &sources, (concurrency, None)).await;
    println!("first round: {first:?}");
    let clock = Clock::system();
    let counts = round(&client, &sources, (concurrency, Some((&clock, Duration::from_secs(seconds))))).await;
    let total: usize = counts.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let rate = total as f64 / clock.elapsed().as_secs_f64();
    println!("{rate:.0} requests/s, {counts:?}");
}

/// Builds a client as the fetcher does.
fn client() -> Client {
    newshound::fetch::install_crypto_provider();
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(Duration::from_secs(3))
        .build()
        .expect("a client can be built")
}

/// Fetches each source once, or all in turn until the time is over; returns answers by status.
async fn round(
    client: &Client,
    sources: &[Source],
    (concurrency, until): (usize, Option<(&Clock, Duration)>),
) -> BTreeMap<u16, usize> {
    let next = AtomicUsize::new(0);
    let worker = async || {
        let mut counts = BTreeMap::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let is_over = match until {
                None => at >= sources.len(),
                Some((clock, time)) => clock.elapsed() >= time,
            };
            if is_over {
                return counts;
            }
            *counts.entry(fetch(client, &sources[at % sources.len()]).await).or_insert(0) += 1;
        }
    };
    let mut all = BTreeMap::new();
    for counts in join_all((0..concurrency).map(|_| worker())).await {
        for (status, count) in counts {
            *all.entry(status).or_insert(0) += count;
        }
    }
    all
}

/// Fetches a source and drops what it says; returns the status, 0 for no answer.
async fn fetch(client: &Client, source: &Source) -> u16 {
    let asked = source.validators.lock().expect("nobody panics").clone();
    let request = client
        .get(&source.url)
        .header(header::USER_AGENT, "newshound/bare")
        .header(header::ACCEPT, "application/atom+xml, application/rss+xml, */*;q=0.1")
        .header(header::ACCEPT_ENCODING, "gzip, br, deflate")
        .headers(asked);
    let Ok(mut answer) = request.send().await else { return 0 };
    let status = answer.status().as_u16();
    let given = |name| answer.headers().get(name).cloned();
    let validators: Vec<(header::HeaderName, HeaderValue)> = [
        (header::IF_NONE_MATCH, given(header::ETAG)),
        (header::IF_MODIFIED_SINCE, given(header::LAST_MODIFIED)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    if status == 200 {
        *source.validators.lock().expect("nobody panics") = validators.into_iter().collect();
    }
    while let Ok(Some(_)) = answer.chunk().await {}
    status
}
