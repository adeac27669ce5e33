//! How fast a file is replayed, and in how much memory: the program itself over 100,000 items.
//!
//! `cargo bench --bench backtest` (with `NEWSHOUND_CORPORA=…` where the corpora are not in
//! `../shared/corpora`) writes the items and 1,000 topics of 8 terms into the target folder and
//! tells items a second, CPU seconds and the most memory. Where there are no corpora, the items are
//! made of the words of a small list, which says less.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flate2::read::GzDecoder;
use newshound::clock::Clock;
use serde_json::{Value, json};

const ITEMS: usize = 100_000;
const TOPICS: usize = 1000;
/// Files of English news texts.
const TEXTS: [&str; 4] = ["agnews-test", "bbc", "reuters21578", "kcna-2011"];
const SMALL: &str = "bank rate minister talks port ship grain oil price visit train border court storm";

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let texts = texts().unwrap_or_else(|| {
        println!("no corpora: made-up texts");
        (0..5000).map(|seed| (made_up(seed, 10), made_up(seed + 1, 100))).collect()
    });
    let bytes = write_items(&folder.join("items.jsonl"), &texts);
    write_topics(&folder.join("topics.toml"), &texts);
    println!("{ITEMS} items of {} bytes, {TOPICS} topics", bytes / ITEMS);
    for (name, arguments) in [
        ("identity", &["--identity"][..]),
        ("1 topic", &["--topic", "t1"]),
        ("1,000 topics", &[]),
        ("1,000 topics, 1 thread", &["--threads", "1"]),
    ] {
        run(name, folder, arguments);
    }
}

/// Replays the items and tells what it took.
fn run(name: &str, folder: &Path, arguments: &[&str]) {
    let clock = Clock::system();
    let mut command = Command::new(env!("CARGO_BIN_EXE_newshound"));
    command.args(["backtest", "--config", "topics.toml", "--input", "items.jsonl", "--json"]).args(arguments);
    let mut child = command.current_dir(folder).stdout(Stdio::null()).spawn().expect("the program starts");
    let used = watch(&mut child);
    let took = clock.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let rate = ITEMS as f64 / took;
    println!("{name:<24} {rate:>9.0} items/s  {took:5.2} s  {:5.2} CPU s  {:>4} MiB", used.cpu, used.mib);
}

/// What a process has used.
#[derive(Default)]
struct Used {
    mib: u64,
    cpu: f64,
}

/// Waits for the end, and looks at the process until then: afterwards there is nothing to see.
fn watch(child: &mut Child) -> Used {
    let mut used = Used::default();
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            assert!(status.success(), "{status}");
            return used;
        }
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        used.mib = used.mib.max(peak.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024);
        let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
        let ticks = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
        let ticks: f64 = ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        used.cpu = used.cpu.max(ticks / 100.0);
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Reads the titles and texts of the corpora.
fn texts() -> Option<Vec<(String, String)>> {
    #[expect(clippy::disallowed_methods, reason = "where the corpora lie, said from outside")]
    let corpora = std::env::var_os("NEWSHOUND_CORPORA").map(PathBuf::from);
    let corpora = corpora.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let mut texts = Vec::new();
    for name in TEXTS {
        let file = File::open(corpora.join(format!("news-text/{name}.jsonl.gz"))).ok()?;
        for line in BufReader::new(GzDecoder::new(file)).lines() {
            let row: Value = serde_json::from_str(&line.ok()?).ok()?;
            let field = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            if !field("text").is_empty() {
                texts.push((field("title"), field("text")));
            }
        }
    }
    Some(texts)
}

/// Later rounds over the same texts are other articles: another number is in them.
fn write_items(path: &Path, texts: &[(String, String)]) -> usize {
    let mut out = BufWriter::new(File::create(path).expect("the target folder takes files"));
    let mut bytes = 0;
    for at in 0..ITEMS {
        // A prime apart, so that the kinds of text are mixed.
        let (title, text) = &texts[at * 7919 % texts.len()];
        let hour = at / 600;
        let item = json!({
            "id": format!("n{at}"),
            "source": format!("s{}", at % 40),
            "url": format!("https://s{}.example/{at}", at % 40),
            "title": format!("{title} ({})", at / texts.len()),
            "text": text,
            "published": format!("2023-09-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24),
        });
        let line = item.to_string();
        bytes += line.len();
        writeln!(out, "{line}").expect("the target folder takes files");
    }
    bytes
}

/// Writes topics of five words and three phrases that are neither everywhere nor nowhere.
fn write_topics(path: &Path, texts: &[(String, String)]) {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, text) in texts.iter().take(8000) {
        let mut words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphabetic()).collect();
        words.sort_unstable();
        words.dedup();
        for word in words.into_iter().filter(|word| word.len() > 3) {
            *found.entry(word).or_default() += 1;
        }
    }
    let words: Vec<&str> =
        found.into_iter().filter(|(_, texts)| (3..=40).contains(texts)).map(|(word, _)| word).collect();
    let words = if words.is_empty() { SMALL.split(' ').collect() } else { words };
    let mut picks = (0..).map(|n: usize| words[n * 104_729 % words.len()]);
    let mut next = || picks.next().expect("it goes on for ever");
    let mut out = BufWriter::new(File::create(path).expect("the target folder takes files"));
    writeln!(out, "[server]\nlisten = \"\"\n[fetch]\ncontact = \"a@example.org\"").expect("it is written");
    for topic in 0..TOPICS {
        let mut terms: Vec<String> = (0..5).map(|_| next().to_owned()).collect();
        terms.extend((0..3).map(|_| format!("{} {}", next(), next())));
        writeln!(out, "[[topic]]\nid = \"t{topic}\"\nany = {}", json!(terms)).expect("it is written");
    }
}

/// A text of the small list's words.
fn made_up(seed: usize, n_words: usize) -> String {
    let words: Vec<&str> = SMALL.split(' ').collect();
    (0..n_words).map(|n| words[(seed * 31 + n * n * 7) % words.len()]).collect::<Vec<_>>().join(" ")
}
