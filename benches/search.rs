//! What the search costs: keys for each stored item, and the time of a search against reading and
//! scoring every item.
//!
//! `cargo bench --bench search` stores 100,000 items of the corpora (`NEWSHOUND_CORPORA`, else
//! `../shared/corpora`) in the target folder, then searches them.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]
#![expect(clippy::cast_precision_loss, reason = "figures to look at")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use newshound::app::search::{Narrowed, Next, Search, search};
use newshound::clock::Clock;
use newshound::config::{Config, Environment, PerHost, parse_str};
use newshound::dedupe;
use newshound::extract;
use newshound::matcher::keys::Sieve;
use newshound::matcher::search_keys;
use newshound::model::{Item, Memory, PollRecord, SeenItem, SourceId, Timestamp};
use newshound::store::{Lease, Sought, Store, Watched};

const ITEMS: usize = 100_000;
/// Items of one poll.
const POLL: usize = 50;
const FILES: [&str; 8] = [
    "reuters21578",
    "agnews-test",
    "bbc",
    "kcna-2011",
    "kcna-headlines",
    "thucnews-zh",
    "sib200",
    "masakhanews",
];

/// Queries from rare to frequent; the last can only be answered by looking at every item.
const QUERIES: [&str; 8] = [
    "Vladivostok",
    "\"Kim Jong Il\" NEAR/12 (visit* OR travel*)",
    "(=arms OR weapons) NEAR/6 (deal OR sale OR suppl*) NOT \"real estate\"",
    "股票 OR 基金",
    "oil price",
    "crude OR grain OR coffee OR shipping",
    "the",
    "*ville",
];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    let items = items();
    if items.is_empty() {
        println!("skipped: no corpora");
        return;
    }
    let config = parse_str("n.toml", "", &Environment::of("/nowhere", &[])).config.expect("nothing is wrong");
    runtime.block_on(async {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
        let path = folder.path().join("n.db");
        let url = format!("sqlite:{}", path.display());
        let clock = Clock::system();
        store(&url, &items, &clock).await;
        sizes(&path, items.len()).await;
        keys(&url, &path, &items, &clock).await;
        let store = Store::open(&url).await.expect("it opens");
        println!("\n{:<70} {:>6} {:>10} {:>9} {:>9}", "query", "found", "candidates", "sieve ms", "scan ms");
        for query in QUERIES {
            compare(&store, &config, query, &clock).await;
        }
    });
}

/// Reads the items of the corpora.
fn items() -> Vec<Item> {
    #[expect(clippy::disallowed_methods, reason = "where the corpora lie, said from outside")]
    let root = std::env::var_os("NEWSHOUND_CORPORA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let mut raw = Vec::new();
    for file in FILES {
        let path = root.join(format!("news-text/{file}.jsonl.gz"));
        let Ok(file) = std::fs::File::open(path) else { continue };
        let lines = BufReader::new(GzDecoder::new(file)).lines().map_while(Result::ok);
        raw.extend(lines.filter_map(|line| Some(extract::item_json(&line, 1 << 18).ok()?.raw)));
    }
    raw.truncate(ITEMS);
    dedupe::identify(&SourceId::new("corpora"), raw, Timestamp::from_millis(0))
}

/// Stores the items, as polls would that bring fifty at a time.
async fn store(url: &str, items: &[Item], clock: &Clock) {
    let store = Store::open(url).await.expect("it opens");
    let source =
        Watched { id: SourceId::new("corpora"), host: "h".into(), address: "a".into(), enabled: true };
    let lease = Lease { holder: "us".into(), length: Duration::from_hours(1) };
    let pace = PerHost { concurrency: 1, gap: Duration::ZERO };
    let mut now = Timestamp::from_millis(1_800_000_000_000);
    store.sync_sources(&[source], now).await.expect("it is stored");
    let begun = clock.elapsed();
    for items in items.chunks(POLL) {
        let claimed = store.claim_sources(&lease, pace, 1, now).await.expect("it is claimed").remove(0);
        let seen = |item: &Item| SeenItem {
            item: item.clone(),
            baseline: true,
            scores: Vec::new(),
            routed: Vec::new(),
            sketch: newshound::model::Sketch::default(),
        };
        let record = PollRecord {
            source: claimed.state.id.clone(),
            decide: Box::new(move |_| newshound::model::Next {
                state: claimed.state.clone(),
                notes: Vec::new(),
                host: None,
            }),
            n_skipped: 0,
            memory: Memory::Kept,
            polled_at: now,
            took: Duration::ZERO,
            body_bytes: 0,
            host_pause: None,
            story_window: std::time::Duration::from_hours(72),
            versions: Arc::default(),
            items: items.iter().map(seen).collect(),
        };
        store.record_poll(&lease, &record).await.expect("it is stored");
        now = now + Duration::from_secs(1);
    }
    let took = clock.elapsed().saturating_sub(begun);
    println!("{} items stored, {POLL} a poll: {:.0} us an item", items.len(), micros(took, items.len()));
    store.close().await;
}

/// Tells the bytes that the keys take, and those of everything.
async fn sizes(path: &Path, n_items: usize) {
    let pool = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path)).await;
    let pool = pool.expect("it opens");
    let bytes = async |which: &'static str| {
        let (bytes,): (i64,) = sqlx::query_as(which).fetch_one(&pool).await.expect("it can be counted");
        bytes as f64 / n_items as f64
    };
    let words = bytes("select sum(pgsize) from dbstat where name like 'item_words%'").await;
    let numbers = bytes(
        "select sum(pgsize) from dbstat where name like 'item_number%' or name like '%autoindex_item_number%'
             or name = 'item_without_keys'",
    )
    .await;
    let all = bytes("select sum(pgsize) from dbstat").await;
    println!("bytes an item: {words:.0} keys, {numbers:.0} numbers, of {all:.0} in all");
    pool.close().await;
}

/// Tells what making the keys takes, alone and with writing them to the index.
async fn keys(url: &str, path: &Path, items: &[Item], clock: &Clock) {
    let begun = clock.elapsed();
    let bytes: usize = items.iter().map(|item| search_keys(item).len()).sum();
    let took = clock.elapsed().saturating_sub(begun);
    let n_items = items.len();
    println!("keys of an item: {} bytes in {:.0} us", bytes / n_items, micros(took, n_items));
    let pool = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path)).await;
    let pool = pool.expect("it opens");
    for statement in
        ["insert into item_words (item_words) values ('delete-all')", "update item_number set version = 0"]
    {
        sqlx::query(statement).execute(&pool).await.expect("it is done");
    }
    pool.close().await;
    let begun = clock.elapsed();
    Store::open(url).await.expect("it opens").close().await;
    let took = clock.elapsed().saturating_sub(begun);
    println!(
        "keys made again for all items: {:.1} s, {:.0} us an item",
        took.as_secs_f64(),
        micros(took, n_items)
    );
}

/// Tells the time of a search, and that of reading and scoring every item for it.
async fn compare(store: &Store, config: &Config, query: &str, clock: &Clock) {
    let compiled = || Search::compile(query).0.expect("nothing is wrong");
    let begun = clock.elapsed();
    let mut n_found = 0;
    let count = |_| {
        n_found += 1;
        Next::More
    };
    search(store, config, (compiled(), Narrowed::default()), count).await.expect("it is searched");
    let took = clock.elapsed().saturating_sub(begun);
    let sought = Sought { sieve: compiled().sieve().clone(), since: None, source: None };
    let n_candidates = store.candidates(&sought).await.expect("it is searched").len();

    let begun = clock.elapsed();
    let all = Sought { sieve: Sieve::All, ..sought };
    let numbers = store.candidates(&all).await.expect("it is searched");
    let search = compiled();
    let mut n_scored = 0;
    for page in numbers.chunks(64) {
        let items = store.items_numbered(page).await.expect("it is read");
        n_scored += items.iter().filter(|item| search.score(item, &[]).is_some()).count();
    }
    let scan = clock.elapsed().saturating_sub(begun);
    assert_eq!(n_found, n_scored, "{query}");
    println!("{query:<70} {n_found:>6} {n_candidates:>10} {:>9.1} {:>9.0}", millis(took), millis(scan));
}

fn micros(took: Duration, n_items: usize) -> f64 {
    took.as_secs_f64() * 1e6 / n_items as f64
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
