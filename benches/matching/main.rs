//! How fast items are matched, beside splitting them into words alone and beside aho-corasick.
//!
//! `cargo bench --bench matching` (with `NEWSHOUND_CORPORA=…` where the corpora are not in
//! `../shared/corpora`; without them a made-up text is matched). `docs/matching-speed.md` says
//! what came out.

#![expect(clippy::unwrap_used, reason = "a bench says by panicking that its corpus is broken")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "numbers that are drawn need not be exact"
)]

mod material;

use std::hash::{DefaultHasher, Hasher};

use aho_corasick::{AhoCorasick, MatchKind};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use material::{Shape, items, topics};
use newshound::matcher::Matcher;
use newshound::model::Item;

const NUMBERS: [usize; 4] = [10, 1_000, 10_000, 100_000];

fn main() {
    let chars: usize =
        items().iter().map(|item| item.title.chars().count() + item.text.chars().count()).sum();
    println!("{} items of {} characters", items().len(), chars / items().len());
    divan::main();
}

/// Runs of letters and digits in lower case, each hashed: the least that any matcher of words does.
#[divan::bench]
fn splitting_alone(bencher: Bencher<'_, '_>) {
    measure(bencher, |item| {
        let words =
            [&item.title, &item.text].into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
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
    });
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
    let terms = material::terms(n);
    let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(terms).unwrap();
    measure(bencher, |item| {
        let text = format!("{}\n{}", item.title, item.text).to_lowercase();
        automaton.find_overlapping_iter(&text).count()
    });
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

fn matching(bencher: Bencher<'_, '_>, topics: &[newshound::config::Topic]) {
    let matcher = compile(topics);
    measure(bencher, |item| matcher.grade(item, &[]).len());
}

fn compile(topics: &[newshound::config::Topic]) -> Matcher {
    let (matcher, problems) = Matcher::compile(topics);
    assert!(problems.is_empty(), "{}", problems[0].message);
    matcher
}

fn measure<T>(bencher: Bencher<'_, '_>, work: impl Fn(&Item) -> T + Sync) {
    bencher.counter(ItemsCount::new(items().len())).bench(|| {
        for item in items() {
            black_box(work(black_box(item)));
        }
    });
}
