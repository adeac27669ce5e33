//! The table of words that news have in common, `src/story/common_words.txt`: that it is what the
//! public corpora give, and how it is made of them.
//!
//! `NEWSHOUND_WRITE=1 cargo test --test it evaluation::common_words` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use newshound::matcher;
use newshound::story::sketch;
use serde_json::Value;

use super::{item_of, jsonl};

/// The corpora, each with how many of its documents are left out for each that is read: figures are
/// taken on the others.
const CORPORA: [(&str, usize); 6] = [
    ("news-text/agnews-test.jsonl.gz", 2),
    ("news-text/bbc.jsonl.gz", 2),
    ("news-text/kcna-2011.jsonl.gz", 4),
    ("news-text/reuters21578.jsonl.gz", 4),
    ("news-text/sib200.jsonl.gz", 1),
    ("news-text/masakhanews.jsonl.gz", 1),
];
/// The items that the table speaks of.
const ITEMS: f64 = 3000.0;
/// A corpus with fewer documents in a language says nothing about it.
const LEAST_DOCUMENTS: usize = 100;
/// A word of fewer documents is none that many have.
const LEAST_WITH: usize = 3;
/// Words of a language, at most; of English there is more to count.
const MOST: [(&str, usize); 2] = [("en", 2500), ("", 400)];
/// The table has every count as the next lower of these.
const STEPS: [u32; 16] = [6, 9, 14, 20, 30, 45, 68, 100, 150, 225, 340, 500, 760, 1140, 1700, 2500];

/// In how many documents each word stands, and how many documents there are.
#[derive(Default)]
struct Tally {
    with: BTreeMap<u32, usize>,
    documents: usize,
}

#[test]
fn the_table_is_what_the_corpora_give() {
    let mut shares: BTreeMap<String, Vec<BTreeMap<u32, f64>>> = BTreeMap::new();
    for (corpus, every) in CORPORA {
        let Some(rows) = jsonl(corpus) else { return };
        for (lang, tally) in tallies(rows.iter().step_by(every)) {
            if tally.documents >= LEAST_DOCUMENTS {
                shares.entry(lang).or_default().push(tally.shares());
            }
        }
    }
    let table = table(&shares);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/story/common_words.txt");
    #[expect(clippy::disallowed_methods, reason = "whether to write it is said from outside")]
    if std::env::var_os("NEWSHOUND_WRITE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap() == table, "the corpora give another table");
}

fn tallies<'a>(rows: impl Iterator<Item = &'a Value>) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for row in rows {
        let item = item_of(row);
        let words = matcher::words(&item);
        let tally = tallies.entry(words.lang.clone()).or_default();
        tally.documents += 1;
        for term in sketch(&item, &words).terms {
            *tally.with.entry(term.hash).or_default() += 1;
        }
    }
    tallies
}

impl Tally {
    fn shares(&self) -> BTreeMap<u32, f64> {
        let often = self.with.iter().filter(|(_, with)| **with >= LEAST_WITH);
        often.map(|(word, with)| (*word, number(*with) / number(self.documents))).collect()
    }
}

/// Returns the table: a count, and the words that stand in so many of the items. A word is as
/// common as in the language where it is most common, and in a language as in its corpora together.
fn table(shares: &BTreeMap<String, Vec<BTreeMap<u32, f64>>>) -> String {
    let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
    for (lang, corpora) in shares {
        for (share, word) in of_language(lang, corpora) {
            let count = counts.entry(word).or_default();
            *count = count.max(share * ITEMS);
        }
    }
    let mut lines: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (word, count) in counts {
        if let Some(step) = STEPS.iter().rev().find(|step| f64::from(**step) <= count) {
            lines.entry(*step).or_default().push(word);
        }
    }
    let mut table = String::new();
    for (step, words) in lines.iter().rev() {
        write!(table, "{step}").unwrap();
        for word in words {
            write!(table, " {word:08x}").unwrap();
        }
        table.push('\n');
    }
    table
}

fn of_language(lang: &str, corpora: &[BTreeMap<u32, f64>]) -> Vec<(f64, u32)> {
    let words: BTreeSet<u32> = corpora.iter().flat_map(BTreeMap::keys).copied().collect();
    let share =
        |word| corpora.iter().filter_map(|corpus| corpus.get(&word)).sum::<f64>() / number(corpora.len());
    let mut shares: Vec<(f64, u32)> = words.into_iter().map(|word| (share(word), word)).collect();
    shares.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let most = MOST.iter().find(|(of, _)| *of == lang || of.is_empty()).map_or(0, |(_, most)| *most);
    shares.truncate(most);
    shares
}

fn number(n: usize) -> f64 {
    f64::from(u32::try_from(n).expect("corpora are small"))
}
