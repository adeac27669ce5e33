//! Reading only what is new comes to the same as reading the whole: over real feeds of which a part
//! is taken for known, and over made-up ones that try to make it wrong.

use std::cell::Cell;

use newshound::dedupe::identify_all;
use newshound::extract::{self, Extracted, Limits};
use newshound::model::{Imprints, RawItem, SourceId, Timestamp, Uses};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use url::Url;

use crate::corpora_feeds::{all_feeds, feeds_folder, share};

const LIMITS: Limits<'_> =
    Limits { max_depth: 256, max_items: 5000, max_text: 256 * 1024, expired: &|| false };
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn read(body: &[u8], known: Option<&Imprints>) -> Extracted {
    let base = Url::parse("http://feeds.example/feed.xml").unwrap();
    extract::unseen(body, None, &base, &LIMITS, known)
}

/// Returns what is remembered of a body that was read whole.
fn remembered(whole: &Extracted) -> Option<Imprints> {
    let identified = identify_all(&SourceId::new("s"), whole.items.clone(), Uses::default(), NOW);
    identified.imprints(whole.prints.as_ref(), Vec::new())
}

/// Reads a body whole and reads it lean, and compares; returns how many items were left out.
#[track_caller]
fn check(body: &[u8], known: &Imprints, before: &[RawItem]) -> usize {
    let (whole, lean) = (read(body, None), read(body, Some(known)));
    let part = |extracted: &Extracted| Extracted {
        items: Vec::new(),
        prints: None,
        left_out: Vec::new(),
        doubt: None,
        ..extracted.clone()
    };
    assert_eq!(part(&whole), part(&lean));
    assert_eq!(whole.items.len(), lean.items.len() + lean.left_out.len());
    // What was read is what the whole has, in the same order; what is missing was there before.
    let mut read = lean.items.iter().peekable();
    for item in &whole.items {
        if read.peek() == Some(&item) {
            read.next();
        } else {
            assert!(before.contains(item), "{item:?}");
        }
    }
    assert_eq!(read.next(), None);
    if let (Some(whole), Some(lean)) = (&whole.prints, &lean.prints) {
        assert_eq!(whole.setting, lean.setting);
        let mut prints = [lean.items.clone(), lean_out(&lean.items, whole)].concat();
        prints.sort_unstable();
        let mut all = whole.items.clone();
        all.sort_unstable();
        assert_eq!(prints, all);
    }
    lean.left_out.len()
}

/// The prints of the whole that the lean reading did not read.
fn lean_out(read: &[u64], whole: &newshound::model::Prints) -> Vec<u64> {
    let mut read = read.to_vec();
    whole
        .items
        .iter()
        .copied()
        .filter(|print| match read.iter().position(|other| other == print) {
            Some(at) => {
                read.swap_remove(at);
                false
            }
            None => true,
        })
        .collect()
}

#[test]
fn real_feeds_are_the_same_whatever_of_them_was_known() {
    let Some(feeds) = feeds_folder() else { return };
    let (mut n_feeds, mut n_strict, mut n_remembered, mut n_items, mut n_left_out) = (0, 0, 0, 0, 0);
    let mut chance = 1_u64;
    for (path, body) in all_feeds(&feeds) {
        let whole = read(&body, None);
        if whole.items.is_empty() {
            continue;
        }
        n_feeds += 1;
        n_strict += usize::from(whole.doubt.is_none());
        let Some(all) = remembered(&whole) else { continue };
        n_remembered += 1;
        for share in [1, 2, 4] {
            let mut known = all.clone();
            known.items.retain(|_| {
                chance =
                    chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (chance >> 33).is_multiple_of(share)
            });
            let n_found = check(&body, &known, &whole.items);
            if n_found < known.items.len() {
                println!("{path}: {n_found} of {} known items left out", known.items.len());
            }
            n_items += known.items.len();
            n_left_out += n_found;
        }
    }
    println!(
        "corpora/feeds: of {n_feeds} feeds with items the strict reader reads {n_strict}, of which \
         {n_remembered} are remembered; {n_left_out} of {n_items} known items left out"
    );
    assert!(share(n_remembered, n_strict) >= 0.9);
    assert!(share(n_left_out, n_items) >= 0.98);
}

/// The first so many pieces are items that have nothing in common.
const N_ITEMS: usize = 5;

/// Pieces that feeds are made of, sound ones and such as hide items from a careless reader.
const PIECES: [&str; 26] = [
    "<item><guid>1</guid><title>one</title></item>",
    "<item><guid>2</guid><title>two</title><link>http://a.example/2</link></item>\n",
    "<item><title>three</title><description>x</description></item> ",
    "<item><guid>4</guid><title>four</title><dc:creator>x</dc:creator></item>",
    "<item><guid>7</guid><title><![CDATA[</item>]]></title></item>",
    "<item><guid>5</guid><d:x xmlns:d='http://purl.org/dc/elements/1.1/'/><title>five</title></item>",
    "<item xmlns:d='http://purl.org/dc/elements/1.1/'><guid>6</guid><d:creator>six</d:creator></item>",
    "<item><guid>1</guid><title>other</title></item>",
    "<item/>",
    "<ttl>60</ttl>",
    "<!-- <item><guid>1</guid><title>one</title></item> -->",
    "<x><![CDATA[ <item><guid>1</guid><title>one</title></item> ]]></x>",
    "<x><item><guid>1</guid><title>one</title></item></x>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<x>",
    "</x>",
    "<language>de</language>",
    "<x xmlns:d='http://purl.org/dc/elements/1.1/'/>",
    "text",
    "<item>",
    "</item>",
    "</channel><channel>",
    "<title>News & more</title>",
];

/// A document of some of the items, each once, with up to so many other pieces among them.
fn document(n_others: usize) -> impl Strategy<Value = String> {
    let root = prop_oneof![8 => Just(""), 1 => Just(" xmlns:d='http://other.example/'"), 1 => Just(" xml:base='http://b.example/'")];
    let items = proptest::sample::subsequence((0..N_ITEMS).collect::<Vec<_>>(), 0..=N_ITEMS).prop_shuffle();
    let others = proptest::collection::vec((0..=N_ITEMS, 0..PIECES.len()), 0..=n_others);
    (root, items, others).prop_map(|(root, mut pieces, others)| {
        for (at, other) in others {
            pieces.insert(at.min(pieces.len()), other);
        }
        let inside: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let dublin = "xmlns:dc='http://purl.org/dc/elements/1.1/'";
        format!("<rss version='2.0' {dublin}><channel{root}>{inside}</channel></rss>")
    })
}

#[test]
fn no_body_makes_the_lean_reading_another() {
    let n_left_out = Cell::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) });
    let tried = runner.run(&(document(1), document(2)), |(before, body)| {
        let whole = read(before.as_bytes(), None);
        if let Some(known) = remembered(&whole) {
            n_left_out.set(n_left_out.get() + check(body.as_bytes(), &known, &whole.items));
        }
        Ok(())
    });
    tried.unwrap();
    assert!(n_left_out.get() > 500, "{} left out", n_left_out.get());
}

#[test]
fn what_was_read_elsewhere_or_otherwise_is_read_again() {
    let body = b"<rss version='2.0'><channel><item><title>t</title><link>/1</link></item></channel></rss>";
    let known = remembered(&read(body, None)).unwrap();
    let left_out = |url, limits: &Limits<'_>| {
        extract::unseen(body, None, &Url::parse(url).unwrap(), limits, Some(&known)).left_out.len()
    };
    assert_eq!(left_out("http://feeds.example/feed.xml", &LIMITS), 1);
    assert_eq!(left_out("http://feeds.example/other.xml", &LIMITS), 0);
    assert_eq!(left_out("http://feeds.example/feed.xml", &Limits { max_text: 10, ..LIMITS }), 0);
}

#[test]
fn the_bound_on_items_counts_those_left_out() {
    let item = |n: usize| format!("<item><guid>{n}</guid><title>item {n}</title></item>");
    let body = |items: String| format!("<rss version='2.0'><channel>{items}</channel></rss>");
    let known = remembered(&read(body((0..3).map(item).collect()).as_bytes(), None)).unwrap();
    let base = Url::parse("http://feeds.example/feed.xml").unwrap();
    for (max_items, n_left_out, n_warnings) in [(4, 3, 0), (3, 0, 1)] {
        let limits = Limits { max_items, ..LIMITS };
        let body = body((0..4).map(item).collect());
        let extracted = extract::unseen(body.as_bytes(), None, &base, &limits, Some(&known));
        assert_eq!((extracted.left_out.len(), extracted.warnings.len()), (n_left_out, n_warnings));
    }
}
