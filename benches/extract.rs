//! How fast feeds are read, beside feed-rs alone, and what the worst bodies cost.
//!
//! `cargo bench --bench extract` (with `NEWSHOUND_CORPORA=…` where the corpora are not in
//! `../shared/corpora`; without them only the worst bodies are read).
//!
//! Measured on two shared cores, over the medians of 13 feeds: 1.07 times what feed-rs alone
//! takes, the plain texts included; a worst body takes 85 ms at most.

#![expect(clippy::unwrap_used, reason = "a bench says by panicking that its corpus is broken")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use divan::{Bencher, black_box, counter::BytesCount};
use flate2::read::GzDecoder;
use newshound::dedupe;
use newshound::extract::{self, Extracted, Limits};
use newshound::model::{Imprints, SourceId, Timestamp, Uses};
use url::Url;

fn main() {
    divan::main();
}

/// Each with the largest body that the strict reader takes.
const WORST: [&str; 10] = [
    "attributes of one tag",
    "attributes of many tags",
    "bases",
    "empty items",
    "entity bomb",
    "groups of media",
    "namespaces",
    "nested elements",
    "references",
    "tiny fields",
];

#[divan::bench(args = corpus())]
fn newshound_reads(bencher: Bencher<'_, '_>, file: &str) {
    measure(bencher, &body(file), read);
}

/// A feed of 20 items of which so many are new since it was last read; 20: nothing is known of it.
/// Its identities are made too, as each poll does it.
#[divan::bench(args = [0, 1, 5, 20])]
fn newshound_reads_what_is_new(bencher: Bencher<'_, '_>, n_new: usize) {
    let (before, body) = (twenty(0), twenty(n_new));
    let known = identified(&read(before.as_bytes())).expect("a sound feed is remembered");
    let known = (n_new < 20).then_some(&known);
    measure(bencher, body.as_bytes(), |body| {
        let extracted = extract::unseen(body, None, &base(), &LIMITS, known);
        assert_eq!(extracted.items.len(), n_new);
        identified(&extracted)
    });
}

/// Returns what is remembered of a body.
fn identified(extracted: &Extracted) -> Option<Imprints> {
    let now = Timestamp::from_millis(1_790_000_000_000);
    let identified = dedupe::identify_all(&SourceId::new("s"), extracted.items.clone(), Uses::default(), now);
    identified.imprints(extracted.prints.as_ref(), Vec::new())
}

/// Returns a feed of 20 items and 34 kB, from this item on.
fn twenty(from: usize) -> String {
    let text =
        "<p>Words of an article, <b>some</b> of them marked, and enough to fill a teaser.</p>".repeat(7);
    let item = |n: usize| {
        format!(
            "<item>\n<title>What happened in case {n}</title>\n<link>https://news.example/articles/{n}</link>\n\
             <guid isPermaLink=\"false\">news.example:{n}</guid>\n<dc:creator>Ann Author</dc:creator>\n\
             <pubDate>Mon, 23 Nov 2026 10:00:{:02} GMT</pubDate>\n<category>Politics</category>\n\
             <description><![CDATA[{text}]]></description>\n<content:encoded><![CDATA[{text}{text}]]></content:encoded>\n\
             </item>\n",
            n % 60
        )
    };
    let items: String = (from..from + 20).rev().map(item).collect();
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' \
         xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>News</title>\
         <link>https://news.example/</link><lastBuildDate>Mon, 23 Nov 2026 10:00:{:02} GMT</lastBuildDate>\n{items}</channel></rss>",
        from % 60
    )
}

/// As it is when the feed is broken behind its end.
#[divan::bench(args = corpus())]
fn newshound_reads_leniently(bencher: Bencher<'_, '_>, file: &str) {
    measure(bencher, &[&body(file), b"&mistake;".as_slice()].concat(), read);
}

#[divan::bench(args = corpus())]
fn feed_rs_alone_reads(bencher: Bencher<'_, '_>, file: &str) {
    measure(bencher, &body(file), |body| feed_rs::parser::parse(body));
}

#[divan::bench(args = WORST, sample_count = 5)]
fn newshound_reads_the_worst(bencher: Bencher<'_, '_>, name: &str) {
    measure(bencher, worst(name).as_bytes(), read);
}

fn measure<T>(bencher: Bencher<'_, '_>, body: &[u8], read: impl Fn(&[u8]) -> T + Sync) {
    bencher.counter(BytesCount::of_slice(body)).bench(|| read(black_box(body)));
}

fn read(body: &[u8]) -> Extracted {
    extract::feed(body, None, &base(), &LIMITS)
}

const LIMITS: Limits<'_> =
    Limits { max_depth: 256, max_items: 5000, max_text: 256 * 1024, expired: &|| false };

fn base() -> Url {
    Url::parse("https://news.example/feed").unwrap()
}

fn worst(name: &str) -> String {
    let fill = |piece: &str| piece.repeat((2 << 20) / piece.len() - 200);
    let names =
        |pattern: &str| (0..).map(|n| pattern.replace('N', &n.to_string())).take(60_000).collect::<String>();
    let base = format!("<a xml:base='http://a.example/{}'>", "x".repeat(2000));
    let inside = match name {
        "attributes of one tag" => format!("<item><a{}/></item>", names(" attributeN='value'")),
        "attributes of many tags" => {
            format!("<item>{}</item>", fill("<a b='' c='' d='' e='' f='' g='' h='' i='' j='' k=''/>"))
        }
        "bases" => format!("<item>{base}{}</a></item>", fill("<b/>")),
        "empty items" => fill("<item/>"),
        "entity bomb" => {
            return format!(
                "<!DOCTYPE rss [{}]><rss version='2.0'>&e9;</rss>",
                names("<!ENTITY eN '&e1;&e1;'>")
            );
        }
        "groups of media" => format!(
            "<item><m:text>{}</m:text>{}</item>",
            "x".repeat(1 << 20),
            "<m:group><m:content url='a:'/></m:group>".repeat(20_000)
        ),
        "namespaces" => {
            format!("<item xmlns:x='' {}>{}</item>", names(" ").trim(), fill("<x:a xmlns:y=''/>"))
        }
        "nested elements" => fill("<a>"),
        "references" => format!("<item><title>{}</title></item>", fill("&amp;")),
        _ => format!("<item>{}</item>", fill("<category>a</category>")),
    };
    format!("<rss version='2.0' xmlns:m='http://search.yahoo.com/mrss/'><channel>{inside}</channel></rss>")
}

/// Returns the feeds that are read, none where there is no corpus.
fn corpus() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![feeds().join("large"), feeds().join("news-snapshots")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".xml") || path.to_string_lossy().ends_with(".gz") {
                files.push(path.strip_prefix(feeds()).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    files
}

fn body(file: &str) -> Vec<u8> {
    let mut body = fs::read(feeds().join(file)).unwrap();
    if Path::new(file).extension().is_some_and(|extension| extension == "gz") {
        let packed = std::mem::take(&mut body);
        GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
    }
    body
}

#[expect(clippy::disallowed_methods, reason = "a bench has no configuration")]
fn feeds() -> PathBuf {
    let corpora = std::env::var_os("NEWSHOUND_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    corpora.join("feeds")
}
