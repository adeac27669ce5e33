//! What is matched: news items, and topics made of their words, the same in every run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use newshound::config::{Near, Place, Query, SourceFile, Term, Topic};
use newshound::matcher::Frequencies;
use newshound::model::{Item, ItemId, TopicId};

/// Characters of an item at most; their mean comes to about 637.
const MOST_CHARS: usize = 680;
/// Words that occur more often are no terms: nobody watches for them.
const MOST_OFTEN: u32 = 100;
/// Terms of a topic.
const TERMS: usize = 8;
/// Items that are matched, out of all that topics are made from.
const MATCHED: usize = 2000;

/// How the terms of a topic stand to each other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Any of eight terms.
    Or,
    /// One of four near one of four others.
    Near,
    /// One of four and one of four others.
    All,
}

/// Returns the items to be matched.
pub(crate) fn items() -> &'static [Item] {
    static ITEMS: OnceLock<Vec<Item>> = OnceLock::new();
    ITEMS.get_or_init(|| {
        let all = all_items();
        let step = (all.len() / MATCHED).max(1);
        all.iter().step_by(step).take(MATCHED).cloned().collect()
    })
}

/// Returns all English news there is, or as much of a made-up text.
pub(crate) fn all_items() -> &'static [Item] {
    static ITEMS: OnceLock<Vec<Item>> = OnceLock::new();
    ITEMS.get_or_init(|| {
        let rows: Vec<(String, String)> =
            ["reuters21578", "bbc", "kcna-2011"].iter().flat_map(|name| rows(name)).collect();
        let rows = if rows.is_empty() { made_up() } else { rows };
        rows.iter().map(|(title, text)| item(title, text)).collect()
    })
}

/// Returns how often words occur, as a store that has run for a while could tell.
pub(crate) fn frequencies() -> &'static Frequencies {
    static FREQUENCIES: OnceLock<Frequencies> = OnceLock::new();
    FREQUENCIES.get_or_init(|| Frequencies::of(all_items().iter().step_by(7)))
}

/// Titles and texts of one file of the corpora.
fn rows(name: &str) -> Vec<(String, String)> {
    let path = corpora().join("news-text").join(format!("{name}.jsonl.gz"));
    let Ok(packed) = std::fs::read(path) else { return Vec::new() };
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    let rows = text.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    let field = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = rows.map(|row| (field(&row, "title"), field(&row, "text")));
    rows.filter(|(_, text)| text.chars().count() >= MOST_CHARS / 2).collect()
}

#[expect(clippy::disallowed_methods, reason = "a bench has no configuration")]
fn corpora() -> PathBuf {
    std::env::var_os("NEWSHOUND_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from)
}

/// Texts of words that are as frequent as Zipf says.
fn made_up() -> Vec<(String, String)> {
    let mut chance = Chance(7);
    let mut word = || {
        let rank = 40_000_f64.powf(chance.share());
        let mut rank = rank as u64 * 7919;
        let mut word = String::new();
        for _ in 0..2 + rank % 4 {
            word.push(char::from(b"bcdfghklmnprstvw"[(rank % 16) as usize]));
            word.push(char::from(b"aeiou"[(rank / 16 % 5) as usize]));
            rank = rank / 3 + 1;
        }
        word
    };
    let mut text = |n: usize| (0..n).map(|_| word()).collect::<Vec<_>>().join(" ");
    (0..8000).map(|_| (text(8), text(100))).collect()
}

/// Returns topics whose terms are names, words and adjacent pairs of the items.
pub(crate) fn topics(n: usize, shape: Shape) -> Vec<Topic> {
    let Vocabulary { names, words, pairs } = vocabulary();
    let mut chance = Chance(n as u64);
    let mut of = |list: &[String]| list[(chance.next() % list.len() as u64) as usize].clone();
    let topic = |number| {
        // A made-up text has no names.
        let lists = [if names.is_empty() { words } else { names }, pairs, words, pairs];
        let terms: Vec<String> = (0..TERMS).map(|n| of(lists[n % lists.len()])).collect();
        self::topic(number, shape, &terms)
    };
    (0..n).map(topic).collect()
}

/// Returns the terms of such topics.
pub(crate) fn terms(n: usize) -> Vec<String> {
    topics(n, Shape::Or)
        .iter()
        .flat_map(|topic| topic.any.iter().map(|term| term.text.to_lowercase()))
        .collect()
}

/// Returns one topic of these terms.
pub(crate) fn topic(number: usize, shape: Shape, terms: &[String]) -> Topic {
    let place = place();
    let terms: Vec<Term> = terms.iter().map(|text| term(text, &place)).collect();
    let (a, b) = terms.split_at(terms.len() / 2);
    let near =
        Near { a: a.to_vec(), b: b.to_vec(), within: 10, ordered: false, weight: 1.0, place: place.clone() };
    let (any, all, near) = match shape {
        Shape::Or => (terms.clone(), Vec::new(), Vec::new()),
        Shape::Near => (Vec::new(), Vec::new(), vec![near]),
        Shape::All => (Vec::new(), vec![a.to_vec(), b.to_vec()], Vec::new()),
    };
    Topic { any, all, near, ..blank(number, place) }
}

/// Returns topics of words that are in almost every item.
pub(crate) fn frequent(n: usize, shape: Shape) -> Vec<Topic> {
    let mut counts = BTreeMap::<&str, u32>::new();
    for word in all_items().iter().flat_map(|item| item.text.split_whitespace()) {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<(u32, &str)> = counts.into_iter().map(|(word, n)| (n, word)).collect();
    words.retain(|(_, word)| word.chars().all(char::is_alphanumeric));
    words.sort_unstable();
    let mut chance = Chance(1);
    let mut word = || words[words.len() - 1 - (chance.next() % 24) as usize].1.to_owned();
    (0..n).map(|number| topic(number, shape, &std::array::from_fn::<_, TERMS, _>(|_| word()))).collect()
}

/// Returns so many wildcards, in topics of eight.
pub(crate) fn wildcards(n: usize) -> Vec<Topic> {
    let Vocabulary { words, .. } = vocabulary();
    let words: Vec<&String> =
        words.iter().filter(|word| word.bytes().all(|b| b.is_ascii_alphabetic())).collect();
    let step = (words.len() / n).max(1);
    let wildcard = |(n, word): (usize, &&String)| {
        let letters: Vec<char> = word.chars().collect();
        match n % 4 {
            0 => format!("*{}", letters[letters.len().saturating_sub(4)..].iter().collect::<String>()),
            1 => format!("{}*", letters[..3].iter().collect::<String>()),
            2 => format!("{}?*", letters[..3].iter().collect::<String>()),
            _ => format!("{}*", letters[..letters.len().min(4)].iter().collect::<String>()),
        }
    };
    let all: Vec<String> = words.iter().step_by(step).enumerate().take(n).map(wildcard).collect();
    let of = |(number, terms): (usize, &[String])| query(number, &terms.join(" OR "));
    all.chunks(TERMS).enumerate().map(of).collect()
}

/// Returns a topic of a query of about so many characters.
pub(crate) fn long_query(n_chars: usize) -> Topic {
    let Vocabulary { words, pairs, .. } = vocabulary();
    let mut text = String::from("(the OR of)");
    for (word, pair) in words.iter().zip(pairs.iter().step_by(3)) {
        let part = format!(" OR ({word} NEAR/9 \"{pair}\" BUTNOT (\"the {word}\" OR {word}*))");
        if text.len() + part.len() > n_chars {
            break;
        }
        text.push_str(&part);
    }
    query(0, &text)
}

fn query(number: usize, text: &str) -> Topic {
    Topic { query: Some(Query { text: text.to_owned(), place: place() }), ..blank(number, place()) }
}

fn blank(number: usize, place: Place) -> Topic {
    Topic::blank(TopicId::new(format!("topic-{number}")), place)
}

fn term(text: &str, place: &Place) -> Term {
    Term { text: text.to_owned(), weight: None, field: None, with: Vec::new(), place: place.clone() }
}

fn place() -> Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    let file = || Arc::new(SourceFile { path: "bench.toml".into(), text: String::new() });
    PLACE.get_or_init(|| Place { file: file(), span: 0..0 }).clone()
}

/// What topics are made of: names, other words, and pairs of neighbours.
struct Vocabulary {
    names: Vec<String>,
    words: Vec<String>,
    pairs: Vec<String>,
}

fn vocabulary() -> &'static Vocabulary {
    static ALL: OnceLock<Vocabulary> = OnceLock::new();
    ALL.get_or_init(|| {
        let split = |item: &'static Item| item.text.split(|c: char| !c.is_alphanumeric());
        let mut counts = BTreeMap::<String, u32>::new();
        for word in all_items().iter().flat_map(split) {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
        let rare = |word: &str| word.len() > 3 && counts[&word.to_lowercase()] < MOST_OFTEN;
        let (mut capital, mut lower, mut pairs) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for item in all_items() {
            let text: Vec<&str> = split(item).collect();
            for pair in text.windows(2).filter(|pair| pair.iter().all(|word| rare(word))) {
                pairs.insert(pair.join(" "));
            }
            for word in text.into_iter().filter(|word| rare(word)) {
                let list = if word.starts_with(char::is_uppercase) { &mut capital } else { &mut lower };
                list.insert(word.to_owned());
            }
        }
        let names = capital.into_iter().filter(|word| !lower.contains(&word.to_lowercase())).collect();
        Vocabulary { names, words: lower.into_iter().collect(), pairs: pairs.into_iter().collect() }
    })
}

/// Returns an English item of about the length of a news item.
pub(crate) fn item(title: &str, text: &str) -> Item {
    let left = MOST_CHARS.saturating_sub(title.chars().count());
    let cut = text.char_indices().nth(left).map_or(text.len(), |(at, _)| at);
    whole_item(title, &text[..cut])
}

/// Returns an English item of any length.
pub(crate) fn whole_item(title: &str, text: &str) -> Item {
    Item {
        title: title.to_owned(),
        text: text.to_owned(),
        lang: Some("en".to_owned()),
        ..Item::bare(ItemId::new("it_bench"))
    }
}

/// Numbers that look drawn, from a seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
