//! How fast items are matched, beside splitting them into words alone and beside aho-corasick.
//!
//! `cargo bench --bench matching` (with `NEWSHOUND_CORPORA=…` where the corpora are not in
//! `../shared/corpora`; without them a made-up text is matched). With ` -- table` the same in
//! processor time, which others on the machine disturb less. `docs/matching-speed.md` says what
//! came out.

#![expect(clippy::print_stdout, reason = "a bench prints what it measures")]
#![expect(clippy::unwrap_used, reason = "a bench says by panicking that its corpus is broken")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "numbers that are drawn need not be exact"
)]

mod material;
mod table;

use std::hash::{DefaultHasher, Hasher};

use aho_corasick::{AhoCorasick, MatchKind};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use material::{Shape, items, topics};
use newshound::config::Severity;
use newshound::matcher::Matcher;
use newshound::model::Item;

const NUMBERS: [usize; 4] = [10, 1_000, 10_000, 100_000];

fn main() {
    let chars: usize =
        items().iter().map(|item| item.title.chars().count() + item.text.chars().count()).sum();
    println!("{} items of {} characters", items().len(), chars / items().len());
    if std::env::args().any(|argument| argument == "table") {
        return table::print();
    }
    divan::main();
}

/// Runs of letters and digits in lower case, each hashed: the least that any matcher of words does.
#[divan::bench]
fn splitting_alone(bencher: Bencher<'_, '_>) {
    measure(bencher, split);
}

fn split(item: &Item) -> u64 {
    let texts = [&item.title, &item.text].into_iter();
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let mut sum = 0_u64;
    let mut lower = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        lower.clear();
        lower.extend(word.chars().flat_map(char::to_lowercase));
        let mut hasher = DefaultHasher::new();
        hasher.write(lower.as_bytes());
        sum ^= hasher.finish();
    }
    sum
}

/// The words of the contract: normalised, with places, hashes and stems.
#[divan::bench]
fn words_alone(bencher: Bencher<'_, '_>) {
    let matcher = compile(&[]);
    measure(bencher, |item| matcher.words(item));
}

/// The same where the item does not declare its language.
#[divan::bench]
fn words_of_an_undeclared_language(bencher: Bencher<'_, '_>) {
    let matcher = compile(&[]);
    let items: Vec<Item> = items().iter().map(|item| Item { lang: None, ..item.clone() }).collect();
    bencher.counter(ItemsCount::new(items.len())).bench(|| {
        for item in &items {
            black_box(matcher.words(black_box(item)));
        }
    });
}

#[divan::bench(args = NUMBERS)]
fn aho_corasick(bencher: Bencher<'_, '_>, n: usize) {
    let automaton = automaton(n);
    measure(bencher, |item| found(&automaton, item));
}

fn automaton(n: usize) -> AhoCorasick {
    AhoCorasick::builder().match_kind(MatchKind::Standard).build(material::terms(n)).unwrap()
}

fn found(automaton: &AhoCorasick, item: &Item) -> usize {
    let text = format!("{}\n{}", item.title, item.text).to_lowercase();
    automaton.find_overlapping_iter(&text).count()
}

#[divan::bench(args = NUMBERS)]
fn any(bencher: Bencher<'_, '_>, n: usize) {
    matching(bencher, &topics(n, Shape::Or));
}

#[divan::bench(args = NUMBERS)]
fn near(bencher: Bencher<'_, '_>, n: usize) {
    matching(bencher, &topics(n, Shape::Near));
}

#[divan::bench(args = NUMBERS)]
fn all(bencher: Bencher<'_, '_>, n: usize) {
    matching(bencher, &topics(n, Shape::All));
}

/// With the reasons for every topic that has points.
#[divan::bench(args = NUMBERS, sample_count = 10)]
fn any_with_reasons(bencher: Bencher<'_, '_>, n: usize) {
    let matcher = compile(&topics(n, Shape::Or));
    measure(bencher, |item| matcher.score(item, &[]));
}

/// Topics to a matcher that has read its first item.
#[divan::bench(args = [Shape::Or, Shape::Near], sample_count = 5)]
fn building_100_000(bencher: Bencher<'_, '_>, shape: Shape) {
    let topics = topics(100_000, shape);
    bencher.bench(|| {
        let matcher = compile(&topics);
        matcher.score(&items()[0], &[]);
        matcher
    });
}

/// The worst that watch lists and texts can do.
const WORST: [&str; 7] = [
    "100,000 topics of the most frequent words",
    "100,000 near of the most frequent words",
    "10,000 wildcards",
    "a query of 20,000 characters",
    "5 MB of news, 1,000 topics",
    "5 MB of what is near each other",
    "5 MB in one word, 10,000 wildcards",
];

/// One item each.
#[divan::bench(args = WORST, sample_count = 3, sample_size = 1)]
fn the_worst(bencher: Bencher<'_, '_>, name: &str) {
    let megabytes = |text: &str| material::whole_item("", &text.repeat((5 << 20) / text.len()));
    let (topics, item) = match name {
        "100,000 topics of the most frequent words" => {
            (material::frequent(100_000, Shape::Or), items()[0].clone())
        }
        "100,000 near of the most frequent words" => {
            (material::frequent(100_000, Shape::Near), items()[0].clone())
        }
        "10,000 wildcards" => (material::wildcards(10_000), items()[0].clone()),
        "a query of 20,000 characters" => (vec![material::long_query(20_000)], items()[0].clone()),
        "5 MB of news, 1,000 topics" => {
            let text: String = material::all_items().iter().map(|item| item.text.as_str()).collect();
            (topics(1_000, Shape::Or), megabytes(&text[..text.len().min(5 << 20).min(text.len() / 2)]))
        }
        "5 MB of what is near each other" => {
            let terms = ["arms", "deal", "arms deal", "arms arms", "deals", "deal arms"].map(str::to_owned);
            (vec![material::topic(0, Shape::Near, &terms)], megabytes("arms deal "))
        }
        _ => (material::wildcards(10_000), megabytes("transport")),
    };
    let matcher = compile(&topics);
    bencher.bench(|| matcher.score(black_box(&item), &[]).len());
}

fn matching(bencher: Bencher<'_, '_>, topics: &[newshound::config::Topic]) {
    let matcher = compile(topics);
    measure(bencher, |item| matcher.grade(item, &[]).len());
}

fn compile(topics: &[newshound::config::Topic]) -> Matcher {
    let (matcher, problems) = Matcher::compile_with(topics, material::frequencies());
    let error = problems.iter().find(|problem| problem.severity == Severity::Error);
    assert!(error.is_none(), "{}", error.unwrap().message);
    matcher
}

fn measure<T>(bencher: Bencher<'_, '_>, work: impl Fn(&Item) -> T + Sync) {
    bencher.counter(ItemsCount::new(items().len())).bench(|| {
        for item in items() {
            black_box(work(black_box(item)));
        }
    });
}
