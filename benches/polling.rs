//! The bare loop that polling is measured against: the same client, the same requests, nothing parsed
//! and nothing stored.
//!
//! `cargo bench --bench polling -- FILE ROUNDS [plain]` fetches the addresses of a file, one a line, so
//! many times over, with the validators that came with each, or `plain` without; bodies are read and
//! dropped. It prints requests per second, and the answers by status. Whatever answers on loopback
//! will do; docs/polling.md has the whole comparison.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use newshound::clock::Clock;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, redirect::Policy};
use tokio::task::JoinSet;

/// As many at one time as newshound has by default.
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
    let rounds: u32 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let plain = arguments.next().is_some_and(|text| text == "plain");
    let list = std::fs::read_to_string(&file).expect("the file can be read");
    let sources: Arc<[Source]> = list
        .lines()
        .filter(|line| line.contains("://"))
        .map(|line| Source { url: line.trim().to_owned(), validators: Mutex::default() })
        .collect();
    let client = client();
    // The first round asks without validators and does not count.
    println!("first round: {:?}", round(&client, &sources, plain).await);
    let clock = Clock::system();
    let mut counts = BTreeMap::new();
    for _ in 0..rounds {
        add(&mut counts, round(&client, &sources, plain).await);
    }
    let total: u32 = counts.values().sum();
    println!("{:.0} requests/s: {counts:?}", f64::from(total) / clock.elapsed().as_secs_f64());
}

fn add(to: &mut BTreeMap<u16, u32>, counts: BTreeMap<u16, u32>) {
    for (status, count) in counts {
        *to.entry(status).or_insert(0) += count;
    }
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

/// Fetches each source once; returns how many answers there were by status.
async fn round(client: &Client, sources: &Arc<[Source]>, plain: bool) -> BTreeMap<u16, u32> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..CONCURRENCY {
        let (client, sources, next) = (client.clone(), Arc::clone(sources), Arc::clone(&next));
        workers.spawn(async move {
            let mut counts = BTreeMap::new();
            while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
                *counts.entry(fetch(&client, source, plain).await).or_insert(0) += 1;
            }
            counts
        });
    }
    let mut all = BTreeMap::new();
    while let Some(counts) = workers.join_next().await {
        add(&mut all, counts.expect("no worker panics"));
    }
    all
}

/// Fetches a source and drops what it says; returns the status, 0 for no answer.
async fn fetch(client: &Client, source: &Source, plain: bool) -> u16 {
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
    if status == 200 && !plain {
        *source.validators.lock().expect("nobody panics") = validators.into_iter().collect();
    }
    while let Ok(Some(_)) = answer.chunk().await {}
    status
}
