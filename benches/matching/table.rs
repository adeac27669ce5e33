//! All that is measured in one run, by turns, in processor time: what counts are the ratios.

use divan::black_box;
use newshound::matcher::Matcher;
use newshound::model::Item;

use crate::material::{Shape, items, topics};
use crate::{NUMBERS, automaton, compile, found, split};

/// Each is measured so often; the least counts.
const ROUNDS: usize = 5;
/// And for so long each time: the system counts processor time in steps of milliseconds.
const LEAST_US: f64 = 150_000.0;

/// What is done with an item.
type Work<'a> = Box<dyn Fn(&Item) -> usize + 'a>;

/// Prints the table.
pub(crate) fn print() {
    let plain = compile(&[]);
    let undeclared: Vec<Item> = items().iter().map(|item| Item { lang: None, ..item.clone() }).collect();
    let basis: Vec<(&str, Work<'_>)> = vec![
        ("splitting alone", Box::new(|item| black_box(split(item)).count_ones() as usize)),
        ("words alone", Box::new(|item| plain.words(item).list.len())),
    ];
    print_rows(0, &basis);
    let told: Vec<(&str, Work<'_>)> =
        vec![("words, language told", Box::new(|item| plain.words(item).list.len()))];
    print_these(0, &undeclared, &told);
    for n in NUMBERS {
        let matchers = [Shape::Or, Shape::Near, Shape::All].map(|shape| built(n, shape));
        let automaton = automaton(n);
        let grade =
            |matcher: &'static Matcher| -> Work<'_> { Box::new(|item| matcher.grade(item, &[]).len()) };
        let [any, near, all] = matchers;
        let works: Vec<(&str, Work<'_>)> = vec![
            ("splitting alone", Box::new(|item| black_box(split(item)).count_ones() as usize)),
            ("aho-corasick", Box::new(|item| found(&automaton, item))),
            ("any", grade(any)),
            ("near", grade(near)),
            ("all", grade(all)),
            ("any, with reasons", Box::new(|item| any.score(item, &[]).len())),
        ];
        print_rows(n, &works);
    }
}

/// Compiles topics, and says what that took.
fn built(n: usize, shape: Shape) -> &'static Matcher {
    let topics = topics(n, shape);
    let (before, memory) = (cpu_us(), resident_kib());
    let matcher = compile(&topics);
    matcher.grade(&items()[0], &[]);
    let (ms, mib) = ((cpu_us() - before) / 1000.0, resident_kib().saturating_sub(memory) / 1024);
    println!("{n} topics ({shape:?}) built in {ms:.0} ms of processor time, {mib} MiB");
    Box::leak(Box::new(matcher))
}

fn print_rows(n: usize, works: &[(&str, Work<'_>)]) {
    print_these(n, items(), works);
}

fn print_these(n: usize, items: &[Item], works: &[(&str, Work<'_>)]) {
    let mut least = vec![(f64::MAX, 0); works.len()];
    for _ in 0..ROUNDS {
        for ((_, work), least) in works.iter().zip(&mut least) {
            let (before, mut n_items, mut n_found) = (cpu_us(), 0, 0_usize);
            while cpu_us() - before < LEAST_US {
                n_items += items.len();
                n_found =
                    items.iter().map(|item| black_box(work(black_box(item)))).fold(0, usize::wrapping_add);
            }
            let us = (cpu_us() - before) / n_items as f64;
            *least = (least.0.min(us), n_found / items.len());
        }
    }
    for ((name, _), (us, n_found)) in works.iter().zip(&least) {
        let ratio = us / least[0].0;
        println!(
            "{n:>7} topics  {name:<22} {us:8.2} us an item, {ratio:6.2} times the first; {n_found} found"
        );
    }
}

/// Returns the processor time of this thread, on Linux.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos: f64 = stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0.0);
    nanos / 1000.0
}

/// Returns how much memory the process takes, on Linux.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
