//! What copies cost: making an item's sketch, and looking an item up and putting it on a shelf.
//!
//! `cargo bench --bench stories -- copies` (with `NEWSHOUND_CORPORA=…` where the corpora are not in
//! `../shared/corpora`) tells microseconds an item, on one core.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use newshound::clock::Clock;
use newshound::matcher;
use newshound::model::{Item, ItemId, Sketch, SourceId, Timestamp};
use newshound::story::{self, Arrival, Counts, Settings, Shelf};
use serde_json::Value;

const CORPUS: &str = "news-text/reuters21578.jsonl.gz";
/// Items on the shelf at the end.
const ITEMS: usize = 100_000;
/// Between two items.
const GAP_MS: i64 = 10_000;

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if wanted.is_empty() || wanted.iter().any(|name| name == "copies") {
        copies();
    }
}

fn copies() {
    let Some(items) = items() else { return println!("copies: no {CORPUS}") };
    let words: Vec<_> = items.iter().map(matcher::words).collect();
    let n_words: usize = words.iter().map(|words| words.count).sum();
    let clock = Clock::system();
    let sketches: Vec<Sketch> =
        items.iter().zip(&words).map(|(item, words)| story::sketch(item, words)).collect();
    per_item("sketch", clock.elapsed().as_secs_f64(), items.len());
    println!("  {} items of {} words", items.len(), n_words / items.len());
    let source = SourceId::new("s");
    let mut shelf = Shelf::new(Settings::default(), 0, 0);
    let mut counts = Counts::default();
    let mut started = clock.elapsed().as_secs_f64();
    for at in 0..ITEMS {
        let nth = at * 7919 % items.len();
        shelf.take(
            &mut counts,
            Arrival {
                item: &items[nth].id,
                source: &source,
                title: &items[nth].title,
                published: None,
                sketch: &sketches[nth],
                at: Timestamp::from_millis(i64::try_from(at).unwrap_or(0) * GAP_MS),
            },
        );
        if (at + 1).is_multiple_of(ITEMS / 4) {
            let now = clock.elapsed().as_secs_f64();
            per_item(&format!("shelf up to {}", at + 1), now - started, ITEMS / 4);
            started = now;
        }
    }
}

fn per_item(what: &str, seconds: f64, n: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let micros = seconds * 1e6 / n as f64;
    println!("{what:<22} {micros:7.2} us an item");
}

fn items() -> Option<Vec<Item>> {
    #[expect(clippy::disallowed_methods, reason = "where the corpora lie, said from outside")]
    let corpora = std::env::var_os("NEWSHOUND_CORPORA").map(PathBuf::from);
    let corpora = corpora.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let file = std::fs::File::open(corpora.join(CORPUS)).ok()?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    let item = |line: String| {
        let row: Value = serde_json::from_str(&line).ok()?;
        let field = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        Some(Item { title: field("title"), text: field("text"), ..Item::bare(ItemId::new(field("id"))) })
    };
    lines.map_while(Result::ok).map(item).collect()
}
