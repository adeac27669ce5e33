//! What copies and stories cost in the store: microseconds and bytes for each item, as it grows.
//!
//! `cargo bench --bench shelf -- 100000 1000000` stores items fifty a poll, as many as the last number
//! says, in the target folder, a million of them in 30 days. At each number it tells what the last
//! polls took for an item that is new and for one that is a copy, and the bytes of each table.
//!
//! The items are made up: 25 runs of words that no other has, as news has them, and 100 words, of
//! which a few are in many items and most in few.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]
#![expect(clippy::cast_precision_loss, reason = "figures to look at")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use newshound::clock::Clock;
use newshound::config::PerHost;
use newshound::model::{
    Item, ItemId, ItemKeys, Memory, PollRecord, SeenItem, Shingle, Sketch, SourceId, Term, Timestamp,
};
use newshound::store::{Lease, Store, Watched};
use sqlx::Row as _;

/// Items of one poll.
const POLL: u64 = 50;
/// Time from poll to poll: a million items in 30 days.
const STEP: Duration = Duration::from_millis(30 * 24 * 3_600_000 * POLL / 1_000_000);
/// Polls that each figure is measured over.
const MEASURED: u64 = 200;
/// A copy is one of an item as old as this at most.
const COPIED: u64 = 50_000;
const RUNS: u64 = 25;
const WORDS: u64 = 100;
/// Words there are.
const VOCABULARY: f64 = 300_000.0;

fn main() {
    let sizes: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        println!("skipped: no number of items was named");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
        let path = folder.path().join("n.db");
        let mut shelf = Bench::open(&path).await;
        for size in sizes {
            while shelf.n_items + 2 * MEASURED * POLL < size {
                shelf.poll(Kind::New).await;
            }
            let new = shelf.measured(Kind::New).await;
            let copies = shelf.measured(Kind::Copy).await;
            println!("\n{} items: {new:.0} us a new item, {copies:.0} us a copy", shelf.n_items);
            sizes_of(&path, shelf.n_items).await;
        }
    });
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    New,
    Copy,
}

struct Bench {
    store: Store,
    clock: Clock,
    now: Timestamp,
    n_items: u64,
}

impl Bench {
    async fn open(path: &Path) -> Self {
        let store = Store::open(&format!("sqlite:{}", path.display())).await.expect("it opens");
        let now = Timestamp::from_millis(1_800_000_000_000);
        let source =
            Watched { id: SourceId::new("bench"), host: "h".into(), address: "a".into(), enabled: true };
        store.sync_sources(&[source], now).await.expect("it is stored");
        Bench { store, clock: Clock::system(), now, n_items: 0 }
    }

    async fn measured(&mut self, kind: Kind) -> f64 {
        let begun = self.clock.elapsed();
        for _ in 0..MEASURED {
            self.poll(kind).await;
        }
        let took = self.clock.elapsed().saturating_sub(begun);
        took.as_secs_f64() * 1e6 / (MEASURED * POLL) as f64
    }

    async fn poll(&mut self, kind: Kind) {
        let lease = Lease { holder: "us".into(), length: Duration::from_hours(1) };
        let pace = PerHost { concurrency: 1, gap: Duration::ZERO };
        let claimed =
            self.store.claim_sources(&lease, pace, 1, self.now).await.expect("it is claimed").remove(0);
        let items = (self.n_items..self.n_items + POLL).map(|number| item(number, kind)).collect();
        let record = PollRecord {
            source: claimed.state.id.clone(),
            decide: Box::new(move |_| newshound::model::Next {
                state: claimed.state.clone(),
                notes: Vec::new(),
                host: None,
            }),
            n_skipped: 0,
            memory: Memory::Kept,
            polled_at: self.now,
            took: Duration::ZERO,
            body_bytes: 0,
            host_pause: None,
            story_window: Duration::from_hours(72),
            versions: Arc::default(),
            items,
        };
        let recorded = self.store.record_poll(&lease, &record).await.expect("it is stored");
        assert_eq!(recorded.new, POLL, "each item is new to the store");
        self.n_items += POLL;
        self.now = self.now + STEP;
    }
}

fn item(number: u64, kind: Kind) -> SeenItem {
    let source = SourceId::new("bench");
    let guid = format!("https://example.org/{number}");
    let title = format!("Item {number} of this bench has a headline of the usual length");
    let keys = ItemKeys { guid: Some(guid.clone()), url: Some(guid.clone()), text: Some(title.clone()) };
    let id = ItemId::of(&source, &guid);
    SeenItem {
        item: Item {
            source: Some(source),
            url: Some(guid),
            title,
            text: "A paragraph of some length, which is not looked at here. ".repeat(8),
            keys,
            ..Item::bare(id)
        },
        baseline: true,
        scores: Vec::new(),
        routed: Vec::new(),
        sketch: sketch(number, kind),
    }
}

/// Returns what is compared of an item. A copy has most runs of an earlier one.
fn sketch(number: u64, kind: Kind) -> Sketch {
    let of = match kind {
        Kind::New => number,
        Kind::Copy => number.saturating_sub(1 + mixed(number) % COPIED.min(number.max(1))),
    };
    let own = if kind == Kind::Copy { RUNS * 4 / 5 } else { RUNS };
    let run = |n: u64| Shingle(mixed(if n < own { of * RUNS + n } else { number * RUNS + n }) >> 16);
    let mut shingles: Vec<Shingle> = (0..RUNS).map(run).collect();
    shingles.sort_unstable();
    let mut hashes: Vec<u32> = (0..WORDS).map(|n| word(mixed(of * WORDS + n + (1 << 60)))).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let terms: Vec<Term> =
        hashes.into_iter().map(|hash| Term { hash, count: 1.0, is_number: false }).collect();
    Sketch { shingles, n_words: 100, n_terms: 100, terms, ..Sketch::default() }
}

/// Returns a word by the law of Zipf: the n-th most frequent is drawn in proportion to 1/n.
fn word(random: u64) -> u32 {
    let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
    let rank = VOCABULARY.powf(share);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the vocabulary")]
    let rank = rank as u64;
    u32::try_from(mixed(rank + (1 << 61)) >> 32).expect("half of a hash is one")
}

/// Mixes a number well: the finisher of `SplitMix64`.
fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Tells the bytes for each item of each table with its indexes, and how many rows it has.
async fn sizes_of(path: &Path, n_items: u64) {
    let pool = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path)).await;
    let pool = pool.expect("it opens");
    let found = sqlx::query(
        "select sqlite_master.tbl_name as name, sum(dbstat.pgsize) as bytes
         from dbstat join sqlite_master on sqlite_master.name = dbstat.name
         where dbstat.aggregate = 1 group by sqlite_master.tbl_name order by bytes desc limit 12",
    )
    .fetch_all(&pool)
    .await
    .expect("tables have sizes");
    for row in found {
        let (name, bytes): (String, i64) = (row.get("name"), row.get("bytes"));
        println!("  {name:<18} {:>7.0} bytes an item", bytes as f64 / n_items as f64);
    }
}
