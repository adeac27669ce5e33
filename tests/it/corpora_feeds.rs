//! Reads real feeds and compares what comes of them with a reference reading.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use newshound::dedupe::{self, canonical_url};
use newshound::extract::{self, Extracted, Limits};
use newshound::model::{ItemId, RawItem, SourceId, Timestamp};
use serde_json::Value;
use url::Url;

/// One feed of the reference that has items.
struct Reference {
    file: String,
    is_damaged: bool,
    n_items: usize,
    first: Vec<Expected>,
}

/// One item as the reference read it.
struct Expected {
    title: String,
    link: String,
    published: String,
}

/// How far the reading of one feed agrees with the reference.
struct Agreement {
    has_items: bool,
    same_number: bool,
    compared: usize,
    titles: usize,
    links: usize,
    dates: usize,
    complaints: Vec<String>,
}

/// Titles that the reference decoded wrongly, so that they cannot be compared: what these feeds
/// are really written in stands in `chardet-encodings/expected.json`.
const MISREAD_BY_THE_REFERENCE: [&str; 2] =
    ["chardet-encodings/CP932/y-moto.com.xml", "chardet-encodings/CP949/ricanet.com.xml"];

#[test]
fn real_feeds_are_read_as_the_reference_reads_them() {
    let Some(feeds) = feeds_folder() else { return };
    let mut totals: BTreeMap<bool, [usize; 7]> = BTreeMap::new();
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
            agreement.dates,
        ];
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [n_feeds, with_items, same_number, ..] =
        totals.values().fold([0; 7], |a, b| std::array::from_fn(|at| a[at] + b[at]));
    println!(
        "corpora/feeds, {n_feeds} feeds: {with_items} with items, {same_number} with the reference's number"
    );
    assert!(share(with_items, n_feeds) >= 0.99);
    assert!(share(same_number, n_feeds) >= 0.97);
    for (is_damaged, [_, _, _, compared, titles, links, dates]) in totals {
        println!(
            "damaged: {is_damaged}: of {compared} items {titles} titles, {links} links and {dates} dates agree"
        );
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
        dates: 0,
        complaints: Vec::new(),
    };
    if !agreement.same_number {
        let found = (reference.n_items, read.items.len(), &read.outcome);
        agreement.complaints.push(format!("expected {} items, found {} ({:?})", found.0, found.1, found.2));
    }
    for (Expected { title, link, published }, item) in reference.first.iter().zip(&read.items) {
        agreement.compared += 1;
        let found_date = item.published.or(item.updated).map(|date| date.to_string()).unwrap_or_default();
        let same_date = found_date.split('.').next() == published.split('.').next()
            || found_date.split('.').next() == Some(published.trim_end_matches('Z'));
        agreement.dates += usize::from(same_date);
        if !same_date {
            agreement.complaints.push(format!("date {published:?} is read as {found_date:?}"));
        }
        let found_link = item.url.as_deref().unwrap_or_default();
        let same_title = normal_title(title) == normal_title(&item.title)
            || MISREAD_BY_THE_REFERENCE.contains(&reference.file.as_str())
                && !item.title.contains('\u{fffd}');
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
pub(crate) fn normal_link(link: &str) -> String {
    match base().join(link.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && !link.trim().is_empty() => url.into(),
        _ => String::new(),
    }
}

#[test]
fn test_suites_of_other_readers_neither_panic_nor_hang() {
    let Some(feeds) = feeds_folder() else { return };
    for suite in ["feedparser", "feedvalidator", "gofeed"] {
        let documents = unpack(&feeds.join(format!("{suite}.tar.gz")));
        let with_items = documents.values().filter(|body| !read(body).items.is_empty()).count();
        println!("corpora/feeds/{suite}: of {} documents {with_items} have items", documents.len());
        assert!(with_items > 150);
    }
}

#[test]
fn items_of_the_feedparser_suite_are_read_as_it_expects() {
    let Some(feeds) = feeds_folder() else { return };
    let documents = unpack(&feeds.join("feedparser.tar.gz"));
    let rows = String::from_utf8(read_bytes(&feeds.join("feedparser-expectations.jsonl.gz"))).unwrap();
    let (mut n_cases, mut n_met) = (0, 0);
    for row in rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let file = row["file"].as_str().unwrap();
        // These need the address or the headers of a server.
        if file.contains("/http_") {
            continue;
        }
        let Some(body) = documents.iter().find(|(path, _)| path.ends_with(file)).map(|(_, body)| body) else {
            continue;
        };
        for assert in row["asserts"].as_array().into_iter().flatten() {
            let path: Vec<String> = assert["path"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|part| part.to_string().replace('"', ""))
                .collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let (["entries", "0", field], Some(expect), "==") =
                (path.as_slice(), assert["value"].as_str(), assert["op"].as_str().unwrap_or_default())
            else {
                continue;
            };
            let item = read(body).items.into_iter().next().unwrap_or_default();
            let Some(found) = field_of(&item, field).filter(|_| !normal_text(expect).is_empty()) else {
                continue;
            };
            n_cases += 1;
            let same = if *field == "link" {
                normal_link(&found) == normal_link(expect)
            } else {
                normal_text(&found) == normal_text(expect)
            };
            n_met += usize::from(same);
            if !same {
                println!("{file}: {field}: expected {expect:?}, found {found:?}");
            }
        }
    }
    println!("corpora/feeds/feedparser: {n_met} of {n_cases} expected fields of first items agree");
    assert!(share(n_met, n_cases) >= 0.85);
}

fn field_of(item: &RawItem, field: &str) -> Option<String> {
    Some(match field {
        "title" => item.title.clone(),
        "link" => item.url.clone().unwrap_or_default(),
        "id" => item.guid.clone().unwrap_or_default(),
        "summary" => item.summary.clone(),
        "author" => item.author.clone().unwrap_or_default(),
        _ => return None,
    })
}

fn normal_text(text: &str) -> String {
    extract::text::plain(text, 10_000).chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn feeds_in_old_encodings_are_decoded() {
    let Some(feeds) = feeds_folder() else { return };
    let folder = feeds.join("chardet-encodings");
    let expected: Value = serde_json::from_slice(&read_bytes(&folder.join("expected.json"))).unwrap();
    let (mut n_documents, mut n_clean) = (0, 0);
    for row in expected.as_array().unwrap().iter().filter(|row| !row["declared"].is_null()) {
        let file = row["file"].as_str().unwrap();
        let extracted = read(&read_bytes(&folder.join(file)));
        let titles: Vec<&str> = extracted.items.iter().map(|item| item.title.as_str()).collect();
        if titles.is_empty() {
            continue;
        }
        n_documents += 1;
        let is_clean = titles.iter().all(|title| !title.contains('\u{fffd}'));
        n_clean += usize::from(is_clean);
        if !is_clean {
            println!("{file} ({}, declared {}): {titles:?}", row["encoding"], row["declared"]);
        }
    }
    println!("corpora/feeds/chardet-encodings: {n_clean} of {n_documents} feeds without undecodable titles");
    assert!(share(n_clean, n_documents) >= 0.97);
}

/// Pairs that two libraries call one page and that are two here, with the reason.
const TWO_PAGES: [(&str, &str); 4] = [
    ("https://www.gpo.gov:/fdsys/pkg/PL", "a path in small letters is another one on most servers"),
    ("https://do.ma.in:442/what/ever", "another port is another server"),
    ("\u{f8}\u{aa}", "neither is an address"),
    ("https://www.test.com/{user_name}", "what stands in braces chooses the page on some sites"),
];

#[test]
fn addresses_that_others_call_the_same_are_the_same_here() {
    let Some(feeds) = feeds_folder() else { return };
    let pairs: Value =
        serde_json::from_slice(&read_bytes(&feeds.join("../same-story/url-pairs.json"))).unwrap();
    let pairs = pairs.as_array().unwrap();
    let canonical = |value: &Value| canonical_url(value.as_str().unwrap_or_default());
    let (same, others): (Vec<_>, Vec<_>) = pairs.iter().partition(|pair| {
        let url = canonical(&pair["url"]);
        url.is_some() && url == canonical(&pair["same_as"])
    });
    println!("corpora/same-story/url-pairs: {} of {} pairs are one address", same.len(), pairs.len());
    for pair in others {
        let reason = TWO_PAGES.iter().find(|(url, _)| pair["url"] == *url).map(|(_, reason)| reason);
        println!("{} is not {}: {reason:?}", pair["url"], pair["same_as"]);
        assert!(reason.is_some());
    }
}

/// Of articles that are known to be different no two have one address, and an id that is an address
/// of its article's site leads to the article.
#[test]
fn different_articles_have_different_addresses() {
    let Some(feeds) = feeds_folder() else { return };
    let path = feeds.join("../same-story/mediacloud-urls.jsonl.gz");
    let text = String::from_utf8(read_bytes(&path)).unwrap();
    let mut titles: BTreeMap<String, String> = BTreeMap::new();
    let (mut n_articles, mut n_ids, mut n_same) = (0, 0, 0);
    let mut one_address = Vec::new();
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let text_of = |name: &str| row[name].as_str().unwrap_or_default().trim().to_owned();
        let (title, guid) = (text_of("title"), text_of("guid"));
        let Some(url) = canonical_url(&text_of("url")) else { continue };
        n_articles += 1;
        if let Some(id) = canonical_url(&guid) {
            n_ids += 1;
            n_same += usize::from(id == url);
        }
        if titles.insert(url.clone(), title.clone()).is_some_and(|known| known != title) {
            one_address.push(url);
        }
    }
    println!(
        "corpora/same-story/mediacloud-urls: {n_articles} articles, {} at the address of another one; of {n_ids} ids \
         that are addresses {n_same} lead to their article",
        one_address.len()
    );
    assert!(n_articles > 500);
    assert_eq!(one_address, [""; 0]);
    assert!(share(n_same, n_ids) >= 0.5);
}

/// What the rules take off addresses tells apart no two items of any real feed. Places on one page,
/// as of diaries that keep a month on it, are another matter: see `dedupe::identify`.
#[test]
fn items_of_one_feed_at_different_addresses_stay_apart() {
    let Some(feeds) = feeds_folder() else { return };
    let (mut n_items, mut n_joined) = (0, 0);
    let mut joined = Vec::new();
    for (file, body) in all_feeds(&feeds) {
        let mut known: BTreeMap<String, (String, String)> = BTreeMap::new();
        for item in read(&body).items {
            let Some((url, canonical)) = item.url.and_then(|url| Some((url.clone(), canonical_url(&url)?)))
            else {
                continue;
            };
            n_items += 1;
            // A site's own address identifies nothing.
            if canonical.matches('/').count() == 3 && canonical.ends_with('/') {
                continue;
            }
            let title = normal_title(&item.title);
            let url = url.split('#').next().unwrap_or_default().to_owned();
            match known.get(&canonical) {
                Some((other_url, other)) if *other_url != url && *other != title => {
                    n_joined += 1;
                    joined.push(format!("{file}: {url} and {other_url}"));
                }
                Some(_) => {}
                None => drop(known.insert(canonical, (url, title))),
            }
        }
    }
    println!("corpora/feeds: {n_joined} of {n_items} items have the address of another one for us alone");
    for line in joined.iter().take(20) {
        println!("{line}");
    }
    assert!(n_items > 10_000);
    assert!(share(n_joined, n_items) <= 0.001);
}

/// As well-formed feeds of common versions are concerned, another reader finds the same.
#[test]
fn feed_rs_finds_the_same_items_in_what_it_can_read() {
    let Some(feeds) = feeds_folder() else { return };
    let (mut n_read, mut n_same, mut n_titles, mut n_items) = (0, 0, 0, 0);
    for reference in references(&feeds).iter().filter(|reference| !reference.is_damaged) {
        let body = read_bytes(&feeds.join(&reference.file));
        let Ok(other) = feed_rs::parser::parse(body.as_slice()) else { continue };
        let extracted = read(&body);
        if other.entries.is_empty() {
            continue;
        }
        n_read += 1;
        n_same += usize::from(other.entries.len() == extracted.items.len());
        for (entry, item) in other.entries.iter().zip(&extracted.items) {
            let title = entry.title.as_ref().map(|title| title.content.as_str()).unwrap_or_default();
            n_items += 1;
            n_titles += usize::from(normal_title(title) == normal_title(&item.title));
        }
    }
    println!(
        "corpora/feeds against feed-rs: {n_same} of {n_read} feeds with as many items, {n_titles} of {n_items} titles"
    );
    assert!(share(n_same, n_read) >= 0.98);
    assert!(share(n_titles, n_items) >= 0.98);
}

fn unpack(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = read_bytes(path);
    let mut documents = BTreeMap::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut body = Vec::new();
        entry.read_to_end(&mut body).unwrap();
        if entry.header().entry_type().is_file() {
            documents.insert(name, body);
        }
    }
    documents
}

/// Returns every document of the corpora that may be a feed, by its path.
pub(crate) fn all_feeds(feeds: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![feeds.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(feeds).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".tar.gz") {
                found
                    .extend(unpack(&path).into_iter().map(|(inner, body)| (format!("{name}/{inner}"), body)));
            } else {
                found.insert(name, read_bytes(&path));
            }
        }
    }
    found
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
            .map(|item| Expected {
                title: text_of(&item["title"]),
                link: text_of(&item["link"]),
                published: text_of(&item["published"]),
            })
            .collect(),
    })
    .filter(|reference| reference.n_items > 0)
    .collect()
}

pub(crate) fn read(body: &[u8]) -> Extracted {
    let limits = Limits { max_depth: 256, max_items: 5000, max_text: 256 * 1024, expired: &|| false };
    extract::feed(body, None, &base(), &limits)
}

fn base() -> Url {
    Url::parse("http://feeds.example/feed.xml").unwrap()
}

/// Reads a file, unpacked where its name says that it is packed.
pub(crate) fn read_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let packed = std::mem::take(&mut bytes);
        GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    }
    bytes
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration and no log")]
pub(crate) fn feeds_folder() -> Option<PathBuf> {
    let root = std::env::var_os("NEWSHOUND_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    let folder = root.join("feeds");
    if !folder.is_dir() {
        eprintln!("no corpora at {}: nothing compared", root.display());
        return None;
    }
    Some(folder)
}

#[test]
fn a_huge_feed_is_read_within_its_bounds() {
    let item = "<item><title>Headline &amp; more</title><link>https://a.example/N</link><guid>N</guid>\
        <description>&lt;p&gt;A sentence of the text.&lt;/p&gt;</description></item>";
    let body = format!("<rss version=\"2.0\"><channel>{}</channel></rss>", item.repeat(100_000));
    let extracted = read(body.as_bytes());
    assert_eq!(extracted.items.len(), 5000);
    assert_eq!(extracted.class().as_str(), "degraded");
}

#[test]
fn items_keep_their_ids_when_the_end_of_their_feed_is_missing() {
    let Some(feeds) = feeds_folder() else { return };
    let (mut n_items, mut n_known) = (0, 0);
    for reference in references(&feeds) {
        let body = read_bytes(&feeds.join(&reference.file));
        let whole: HashSet<ItemId> = ids(&body).into_iter().collect();
        let cut = ids(&body[..body.len() * 7 / 10]);
        n_items += cut.len();
        n_known += cut.iter().filter(|id| whole.contains(id)).count();
    }
    println!(
        "corpora/feeds cut at 70 %: {n_known} of {n_items} items have the id they have in the whole feed"
    );
    assert!(share(n_known, n_items) >= 0.99);
}

fn ids(body: &[u8]) -> Vec<ItemId> {
    let now = Timestamp::from_millis(1_795_428_000_000);
    dedupe::identify(&SourceId::new("s"), read(body).items, now).into_iter().map(|item| item.id).collect()
}
