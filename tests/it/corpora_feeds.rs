//! Reads real feeds and compares what comes of them with a reference reading.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use newshound::extract::{self, Extracted, Limits};
use serde_json::Value;
use url::Url;

/// One feed of the reference that has items.
struct Reference {
    file: String,
    is_damaged: bool,
    n_items: usize,
    first: Vec<(String, String)>,
}

/// How far the reading of one feed agrees with the reference.
struct Agreement {
    has_items: bool,
    same_number: bool,
    compared: usize,
    titles: usize,
    links: usize,
    complaints: Vec<String>,
}

#[test]
fn real_feeds_are_read_as_the_reference_reads_them() {
    let Some(feeds) = feeds_folder() else { return };
    let mut totals: BTreeMap<bool, [usize; 6]> = BTreeMap::new();
    for reference in references(&feeds) {
        let agreement = compare(&reference, &read(&read_bytes(&feeds.join(&reference.file))));
        for complaint in &agreement.complaints {
            println!("{}: {complaint}", reference.file);
        }
        let total = totals.entry(reference.is_damaged).or_default();
        let counts = [
            1,
            usize::from(agreement.has_items),
            usize::from(agreement.same_number),
            agreement.compared,
            agreement.titles,
            agreement.links,
        ];
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [n_feeds, with_items, same_number, ..] =
        totals.values().fold([0; 6], |a, b| std::array::from_fn(|at| a[at] + b[at]));
    println!(
        "corpora/feeds, {n_feeds} feeds: {with_items} with items, {same_number} with the reference's number"
    );
    assert!(share(with_items, n_feeds) >= 0.99);
    assert!(share(same_number, n_feeds) >= 0.97);
    for (is_damaged, [_, _, _, compared, titles, links]) in totals {
        println!("damaged: {is_damaged}: of {compared} items {titles} titles and {links} links agree");
        let target = if is_damaged { 0.95 } else { 0.98 };
        assert!(share(titles, compared) >= target);
        assert!(share(links, compared) >= target);
    }
}

fn compare(reference: &Reference, read: &Extracted) -> Agreement {
    let mut agreement = Agreement {
        has_items: !read.items.is_empty(),
        same_number: read.items.len() == reference.n_items,
        compared: 0,
        titles: 0,
        links: 0,
        complaints: Vec::new(),
    };
    if !agreement.same_number {
        let found = (reference.n_items, read.items.len(), &read.outcome);
        agreement.complaints.push(format!("expected {} items, found {} ({:?})", found.0, found.1, found.2));
    }
    for ((title, link), item) in reference.first.iter().zip(&read.items) {
        agreement.compared += 1;
        let found_link = item.url.as_deref().unwrap_or_default();
        let same_title = normal_title(title) == normal_title(&item.title);
        let same_link = normal_link(link) == normal_link(found_link);
        agreement.titles += usize::from(same_title);
        agreement.links += usize::from(same_link);
        if !same_title {
            agreement.complaints.push(format!("title {title:?} is read as {:?}", item.title));
        }
        if !same_link {
            agreement.complaints.push(format!("link {link:?} is read as {found_link:?}"));
        }
    }
    agreement
}

/// Markup and spaces aside.
fn normal_title(title: &str) -> String {
    extract::text::headline(title, 1024).chars().filter(|c| !c.is_whitespace()).collect()
}

/// Relative links are absolute here, and links that lead nowhere on the web are left out.
fn normal_link(link: &str) -> String {
    match base().join(link.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && !link.trim().is_empty() => url.into(),
        _ => String::new(),
    }
}

fn references(feeds: &Path) -> Vec<Reference> {
    let text = String::from_utf8(read_bytes(&feeds.join("reference-feedparser.jsonl.gz"))).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.map(|row| Reference {
        file: text_of(&row["file"]),
        is_damaged: row["bozo"] == true,
        n_items: usize::try_from(row["entries"].as_u64().unwrap_or(0)).unwrap(),
        first: row["first"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| (text_of(&item["title"]), text_of(&item["link"])))
            .collect(),
    })
    .filter(|reference| reference.n_items > 0)
    .collect()
}

fn read(body: &[u8]) -> Extracted {
    let limits = Limits { max_depth: 256, max_items: 5000, max_text: 256 * 1024, expired: &|| false };
    extract::feed(body, None, &base(), &limits)
}

fn base() -> Url {
    Url::parse("http://feeds.example/feed.xml").unwrap()
}

/// Reads a file, unpacked where its name says that it is packed.
fn read_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let packed = std::mem::take(&mut bytes);
        GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    }
    bytes
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration to ask")]
fn feeds_folder() -> Option<PathBuf> {
    let root = std::env::var_os("NEWSHOUND_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    let folder = root.join("feeds");
    if !folder.is_dir() {
        println!("no corpora at {}: nothing compared", root.display());
        return None;
    }
    Some(folder)
}
