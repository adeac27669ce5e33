//! Turns the body of an answer into raw items, whatever it is: bytes in, items and warnings out.
//!
//! A bad feed is news, not an error: what can be read is read, and the rest is counted. Reading is
//! bounded in depth, items, text and time; who calls decides how much time there is.
//!
//! There are two rungs: feed-rs reads a sound feed, and our own lenient reader whatever is left,
//! always the whole of a document. What they find becomes items in one place (`draft`). Of a feed
//! that was read before, feed-rs is given only what is new (`lean`).

mod block;
mod capture;
mod charset;
mod date;
mod dialect;
mod doubt;
mod draft;
mod entities;
mod hints;
mod item;
mod json;
mod lean;
mod lenient;
mod lexer;
mod names;
mod page;
mod paging;
mod strict;
mod survey;
pub mod text;

use std::fmt;

pub use doubt::Doubt;
pub use item::{GivenItem, ItemError, item_json};
pub use page::text_or_page;
pub use paging::older;
use url::Url;

use self::draft::{Draft, Setting};
use self::lenient::{Bounds, Document, Root, Stop};
use crate::config::FetchConfig;
use crate::model::{Hints, Imprints, PollClass, Prints, RawItem};

/// How far one body is read.
pub struct Limits<'a> {
    /// The deepest nesting that is followed.
    pub max_depth: usize,
    /// The most items that are taken, in document order.
    pub max_items: usize,
    /// The most characters of a text that are kept.
    pub max_text: usize,
    /// Says whether the time for this body is used up.
    pub expired: &'a dyn Fn() -> bool,
}

impl<'a> Limits<'a> {
    /// Takes the configured bounds.
    pub fn of(config: &FetchConfig, expired: &'a dyn Fn() -> bool) -> Self {
        let FetchConfig { max_depth, max_items, max_text, .. } = *config;
        Limits { max_depth, max_items, max_text, expired }
    }
}

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A feed, with or without items.
    Feed,
    /// Nothing but white space.
    Empty,
    /// Something else; the text says what.
    NotAFeed(String),
    /// A feed of which nothing could be read.
    ParseError(String),
    /// Beyond the limits of depth or time.
    ParseLimit(String),
}

impl Outcome {
    /// Returns the class of a poll with this outcome.
    pub fn class(&self) -> PollClass {
        match self {
            Outcome::Feed => PollClass::Ok,
            Outcome::Empty => PollClass::Empty,
            Outcome::NotAFeed(_) => PollClass::NotAFeed,
            Outcome::ParseError(_) => PollClass::ParseError,
            Outcome::ParseLimit(_) => PollClass::ParseLimit,
        }
    }

    /// Returns what is to say about it, where it is no feed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Outcome::Feed => None,
            Outcome::Empty => Some("the body is empty"),
            Outcome::NotAFeed(reason) | Outcome::ParseError(reason) | Outcome::ParseLimit(reason) => {
                Some(reason)
            }
        }
    }
}

/// What was lost on the way from a feed to its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Items that could not be read.
    ItemsLost {
        /// How many.
        lost: usize,
        /// How many were read.
        kept: usize,
    },
    /// The document stops before its end.
    EndMissing {
        /// How many items miss their end too.
        incomplete: usize,
    },
    /// More items than are taken.
    TooManyItems {
        /// How many were taken.
        taken: usize,
        /// How many were left.
        left: usize,
    },
}

impl Warning {
    /// Returns the class under which it is counted.
    pub fn class(&self) -> PollClass {
        match self {
            Warning::ItemsLost { .. } | Warning::EndMissing { .. } | Warning::TooManyItems { .. } => {
                PollClass::Degraded
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::ItemsLost { lost, kept } => {
                write!(f, "{lost} of {} items could not be read", lost + kept)
            }
            Warning::EndMissing { incomplete: 0 } => f.write_str("the end of the document is missing"),
            Warning::EndMissing { incomplete } => {
                write!(f, "the end of the document is missing (items without their end: {incomplete})")
            }
            Warning::TooManyItems { taken, left } => {
                write!(f, "took the first {taken} items and left {left} (`fetch.max_items`)")
            }
        }
    }
}

/// What was read from a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Extracted {
    /// What the body is.
    pub outcome: Outcome,
    /// Its items in document order.
    pub items: Vec<RawItem>,
    /// What was lost.
    pub warnings: Vec<Warning>,
    /// Whether the document stops before its end, so that its validators must not be kept.
    pub end_missing: bool,
    /// The feed's own title.
    pub title: Option<String>,
    /// The feed's language.
    pub lang: Option<String>,
    /// When it wants to be asked again.
    pub hints: Hints,
    /// Why the strict reader did not read it; `None` where it did.
    pub doubt: Option<Doubt>,
    /// What its items can be known by; `None` where the next body is to be read whole.
    pub prints: Option<Prints>,
    /// The hashes of the items that were left out because they are known.
    pub left_out: Vec<u64>,
}

impl Extracted {
    /// Returns the class of the poll: that of the outcome, or `degraded` where something was lost.
    pub fn class(&self) -> PollClass {
        match self.warnings.first() {
            Some(warning) if self.outcome == Outcome::Feed => warning.class(),
            Some(_) | None => self.outcome.class(),
        }
    }

    fn nothing(outcome: Outcome) -> Self {
        Extracted {
            outcome,
            items: Vec::new(),
            warnings: Vec::new(),
            end_missing: false,
            title: None,
            lang: None,
            hints: Hints::default(),
            doubt: None,
            prints: None,
            left_out: Vec::new(),
        }
    }
}

/// What a reader made of a feed, in the terms that all formats share.
#[derive(Default)]
struct Reading {
    drafts: Vec<Draft>,
    n_lost: usize,
    n_over: usize,
    n_incomplete: usize,
    end_missing: bool,
    title: Option<String>,
    lang: Option<String>,
    doubt: Option<Doubt>,
    prints: Option<Prints>,
    left_out: Vec<u64>,
}

/// Grows when the same body comes to other items than before.
const READER: u32 = 1;

/// Reads a feed of any format. `base` is the address the body came from.
pub fn feed(body: &[u8], content_type: Option<&str>, base: &Url, limits: &Limits<'_>) -> Extracted {
    unseen(body, content_type, base, limits, None)
}

/// Reads a feed and leaves out the items that are known; where anything is in doubt, none is.
pub fn unseen(
    body: &[u8],
    content_type: Option<&str>,
    base: &Url,
    limits: &Limits<'_>,
    known: Option<&Imprints>,
) -> Extracted {
    let doc = charset::decode(body, content_type);
    let doc = doc.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
    if doc.trim_end().is_empty() {
        return Extracted::nothing(Outcome::Empty);
    }
    let is_json = doc.starts_with(['{', '[']);
    let reading = if is_json { read_json(doc, limits) } else { read_xml(doc, (base, known), limits) };
    match reading {
        Ok(reading) => {
            let hints = if is_json { Hints::default() } else { hints::of(doc) };
            Extracted { hints, ..finish(reading, base, limits) }
        }
        Err(outcome) => Extracted::nothing(outcome),
    }
}

fn read_json(doc: &str, limits: &Limits<'_>) -> Result<Reading, Outcome> {
    let document = json::read(doc, &limits.bounds()).map_err(|stop| limits.stopped(stop))?;
    if !document.is_feed {
        return Err(match document.error {
            Some(error) => no_feed(doc, &format!("the body is neither XML nor a JSON feed: {error}")),
            None => no_feed(doc, "the body is JSON, but no JSON feed"),
        });
    }
    if let Some(error) = document.error.filter(|_| document.drafts.is_empty()) {
        return Err(Outcome::ParseError(format!("no item of the JSON feed could be read: {error}")));
    }
    Ok(Reading {
        drafts: document.drafts,
        n_lost: document.n_lost,
        n_over: document.n_over,
        n_incomplete: 0,
        end_missing: document.end_missing,
        title: document.title,
        lang: document.lang,
        doubt: Some(Doubt::Json),
        ..Reading::default()
    })
}

fn read_xml(
    doc: &str,
    (base, known): (&Url, Option<&Imprints>),
    limits: &Limits<'_>,
) -> Result<Reading, Outcome> {
    let bounds = limits.bounds();
    let prints = |document: &Document| document.prints.clone().map(|prints| under(prints, base, limits));
    if let Some(known) = known
        && let Some((document, left_out)) = strict::read_unseen(doc, known, &bounds)
        && let Some(prints) = prints(&document).filter(|prints| prints.setting == known.setting)
    {
        return Ok(Reading { left_out, prints: Some(prints), ..Reading::of(document, None) });
    }
    let (document, doubt) = match strict::read(doc, &bounds) {
        Ok(document) => (document, None),
        Err(doubt) => (lenient::read(doc, &bounds).map_err(|stop| limits.stopped(stop))?, Some(doubt)),
    };
    match document.root {
        Some(Root::Rss | Root::Atom) => (),
        Some(Root::Html) => return Err(no_feed(doc, "the body is an HTML page")),
        Some(Root::Other) if !document.drafts.is_empty() => (),
        Some(Root::Other) => return Err(no_feed(doc, "the body is XML, but no feed")),
        None => return Err(no_feed(doc, "the body is neither XML nor JSON")),
    }
    if document.drafts.is_empty() && document.n_cut > 0 {
        return Err(Outcome::ParseError("the feed ends inside its first item".to_owned()));
    }
    Ok(Reading { prints: prints(&document), ..Reading::of(document, doubt) })
}

impl Reading {
    fn of(document: Document, doubt: Option<Doubt>) -> Self {
        Reading {
            drafts: document.drafts,
            n_lost: document.n_cut,
            n_over: document.n_over,
            n_incomplete: document.n_incomplete,
            end_missing: document.end_missing,
            title: document.title.map(|title| text::headline(&title.value, 256)),
            lang: document.lang,
            doubt,
            ..Reading::default()
        }
    }
}

/// Adds what has a say in how all items are read: where they come from, how far they are read, and
/// by whom.
fn under(prints: Prints, base: &Url, limits: &Limits<'_>) -> Prints {
    let say = format!("{READER} {} {} {base}", env!("CARGO_PKG_VERSION"), limits.max_text);
    Prints { setting: lean::hash_under(prints.setting, say.as_bytes()), ..prints }
}

/// Says what stands in the feed's place, where that is known, else what the body is.
fn no_feed(doc: &str, otherwise: &str) -> Outcome {
    let block = block::recognise(doc).map(|block| format!("{block} came instead of the feed"));
    Outcome::NotAFeed(block.unwrap_or_else(|| otherwise.to_owned()))
}

fn finish(reading: Reading, base: &Url, limits: &Limits<'_>) -> Extracted {
    let setting = Setting { base, lang: reading.lang.as_deref(), max_text: limits.max_text };
    let mut items = Vec::with_capacity(reading.drafts.len());
    let all = reading.prints.as_ref().map_or(&[][..], |prints| &prints.items);
    let mut prints = Vec::with_capacity(all.len());
    for (at, draft) in reading.drafts.into_iter().enumerate() {
        if (limits.expired)() {
            return Extracted::nothing(limits.stopped(Stop::Expired));
        }
        let Some(item) = draft.finish(&setting) else { continue };
        items.push(item);
        prints.extend(all.get(at));
    }
    let mut warnings = Vec::new();
    if reading.n_lost > 0 {
        warnings.push(Warning::ItemsLost { lost: reading.n_lost, kept: items.len() });
    }
    if reading.end_missing {
        warnings.push(Warning::EndMissing { incomplete: reading.n_incomplete });
    }
    if reading.n_over > 0 {
        warnings.push(Warning::TooManyItems { taken: items.len(), left: reading.n_over });
    }
    Extracted {
        outcome: Outcome::Feed,
        items,
        warnings,
        end_missing: reading.end_missing,
        title: reading.title.filter(|title| !title.is_empty()),
        lang: reading.lang.as_deref().and_then(draft::language),
        hints: Hints::default(),
        doubt: reading.doubt,
        prints: reading.prints.map(|whole| Prints { items: prints, ..whole }),
        left_out: reading.left_out,
    }
}

impl Limits<'_> {
    fn bounds(&self) -> Bounds<'_> {
        Bounds { max_depth: self.max_depth, max_items: self.max_items, expired: self.expired }
    }

    fn stopped(&self, stop: Stop) -> Outcome {
        Outcome::ParseLimit(match stop {
            Stop::TooDeep => format!("nested more than {} deep (`fetch.max_depth`)", self.max_depth),
            Stop::Expired => "reading took too long (`fetch.parse_time`)".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: impl AsRef<[u8]>) -> Extracted {
        let limits = Limits { max_depth: 256, max_items: 50, max_text: 1000, expired: &|| false };
        feed(body.as_ref(), None, &Url::parse("https://news.example/feed.xml").unwrap(), &limits)
    }

    fn rss(items: &str) -> String {
        format!("<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>{items}</channel></rss>")
    }

    fn titles(extracted: &Extracted) -> Vec<&str> {
        extracted.items.iter().map(|item| item.title.as_str()).collect()
    }

    #[track_caller]
    fn check_class(body: impl AsRef<[u8]>, expect: PollClass) {
        let extracted = read(&body);
        let start = String::from_utf8_lossy(&body.as_ref()[..body.as_ref().len().min(60)]).into_owned();
        assert_eq!(extracted.class(), expect, "of {start:?}: {:?}", extracted.outcome.reason());
        assert_eq!(extracted.outcome == Outcome::Feed, extracted.outcome.reason().is_none());
    }

    #[test]
    fn what_is_no_feed_is_named() {
        check_class("", PollClass::Empty);
        check_class(" \n\u{feff} ", PollClass::Empty);
        check_class("<!DOCTYPE html><html><body><form>Log in</form></body></html>", PollClass::NotAFeed);
        check_class(r#"{"error":"not found","items":[]}"#, PollClass::NotAFeed);
        check_class(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR<a", PollClass::NotAFeed);
        check_class("<urlset><url><loc>https://a.example</loc></url></urlset>", PollClass::NotAFeed);
        check_class("plain text", PollClass::NotAFeed);
        check_class("[1, 2]", PollClass::NotAFeed);
        check_class(rss(""), PollClass::Ok);
        check_class("<rss><channel><item><titl", PollClass::ParseError);
        check_class(
            r#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1"#,
            PollClass::ParseError,
        );
    }

    #[test]
    fn nesting_beyond_the_limit_is_refused() {
        let deep = "<a>".repeat(100_000);
        check_class(rss(&format!("<item><title>t</title>{deep}</item>")), PollClass::ParseLimit);
        check_class(format!("<html>{}", "<div>".repeat(100_000)), PollClass::ParseLimit);
        check_class("[".repeat(100_000), PollClass::ParseLimit);
        let shallow = format!("<item><title>t</title>{}{}</item>", "<a>".repeat(200), "</a>".repeat(200));
        check_class(rss(&shallow), PollClass::Ok);
        check_class(rss(&format!("<item><title>t</title>{}</item>", "<br>".repeat(1000))), PollClass::Ok);
    }

    #[test]
    fn markup_in_a_text_is_no_nesting_of_the_feed() {
        let divs = "&lt;div&gt;".repeat(100_000);
        let extracted = read(rss(&format!(
            "<item><title>a</title><description>{divs}</description></item><item><title>b</title></item>"
        )));
        assert_eq!(titles(&extracted), ["a", "b"]);
        assert!(!extracted.items[0].summary.contains('<'));
    }

    #[test]
    fn reading_stops_when_its_time_is_up() {
        let base = Url::parse("https://news.example/").unwrap();
        let limits = Limits { max_depth: 256, max_items: 50, max_text: 1000, expired: &|| true };
        let extracted = feed(rss("<item><title>a</title></item>").as_bytes(), None, &base, &limits);
        assert_eq!(extracted.class(), PollClass::ParseLimit);
    }

    #[test]
    fn entities_of_the_document_are_not_expanded() {
        let body = "<!DOCTYPE rss [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
            <rss version='2.0'><channel><item><title>x &b; &f; y</title></item></channel></rss>";
        assert_eq!(titles(&read(body)), ["x &b; &f; y"]);
    }

    #[test]
    fn a_broken_item_costs_no_other() {
        let extracted = read(rss(
            "<item><title>AT&T buys</title></item><item><title>a&nbsp;b</title></item>\
             <item><title>c&#0;d</title></item><item><title>x</b></title><description>1 < 2<br></description></item>\
             <item><title>unclosed<link>https://a.example/</link></item><item><title>last</title></item>",
        ));
        assert_eq!(titles(&extracted), ["AT&T buys", "a b", "cd", "x", "unclosed", "last"]);
        assert_eq!(extracted.class(), PollClass::Ok);
        assert_eq!(extracted.items[4].url.as_deref(), Some("https://a.example/"));
    }

    #[test]
    fn a_missing_end_is_told_and_costs_one_item_at_most() {
        let whole = rss(
            "<item><title>one</title></item><item><title>two</title><guid>2</guid><description>abc def</description></item>",
        );
        for (cut_at, expect, warnings) in [
            ("wo</title>", vec!["one"], vec!["1 of 2 items could not be read"]),
            ("def", vec!["one", "two"], vec![]),
        ] {
            let extracted = read(&whole[..whole.find(cut_at).unwrap()]);
            assert_eq!(titles(&extracted), expect);
            assert!(extracted.end_missing);
            assert_eq!(extracted.class(), PollClass::Degraded);
            let told: Vec<_> = extracted.warnings.iter().map(ToString::to_string).collect();
            assert!(warnings.iter().all(|warning| told.iter().any(|told| told == warning)), "{told:?}");
        }
        assert!(!read(&whole).end_missing);
    }

    #[test]
    fn items_beyond_the_limit_are_counted() {
        let extracted = read(rss(&"<item><title>t</title></item>".repeat(60)));
        assert_eq!(extracted.items.len(), 50);
        assert_eq!(extracted.warnings, [Warning::TooManyItems { taken: 50, left: 10 }]);
        assert_eq!(extracted.class(), PollClass::Degraded);
    }

    #[test]
    fn a_huge_title_is_cut() {
        let extracted = read(rss(&format!("<item><title>{}</title></item>", "é ".repeat(3_000_000))));
        assert!(extracted.items[0].title.chars().count() <= 1024);
    }

    #[test]
    fn a_source_inside_an_item_does_not_speak_for_it() {
        let extracted = read(rss(
            "<item><source><title>Other</title><link>https://o.example/</link></source>\
            <title>Own</title><media:group><media:title>M</media:title><media:thumbnail url='/t.png'/></media:group></item>",
        ));
        assert_eq!(titles(&extracted), ["Own"]);
        assert_eq!(extracted.items[0].url, None);
        assert_eq!(extracted.items[0].image.as_deref(), Some("https://news.example/t.png"));
    }

    #[test]
    fn a_permalink_is_an_address_unless_it_says_otherwise() {
        let extracted = read(rss("<item><guid>https://a.example/1</guid></item>\
            <item><guid isPermaLink='false'>https://a.example/2</guid></item><item><guid>3</guid></item>"));
        let urls: Vec<_> = extracted.items.iter().map(|item| item.url.as_deref()).collect();
        assert_eq!(urls, [Some("https://a.example/1"), None, None]);
        assert_eq!(extracted.items[2].guid.as_deref(), Some("3"));
    }

    #[test]
    fn atom_texts_follow_their_type() {
        let extracted = read(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='de-DE' xml:base='/blog/'><title>B</title>\
            <entry><id> urn:1 </id><title>How &lt;b&gt; works</title><link rel='self' href='s'/><link href='1'/>\
            <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One</p><p>T&amp;wo</p></div></content>\
            <author><name>Ann</name><uri>x</uri></author><updated>2026-03-03T10:00:00Z</updated><category term='x'/></entry></feed>",
        );
        let item = &extracted.items[0];
        assert_eq!(item.guid.as_deref(), Some("urn:1"));
        assert_eq!(item.title, "How <b> works");
        assert_eq!(item.text, "One\nT&wo");
        assert_eq!(item.url.as_deref(), Some("https://news.example/blog/1"));
        assert_eq!(item.author.as_deref(), Some("Ann"));
        assert_eq!(item.lang.as_deref(), Some("de-de"));
        assert_eq!(item.tags, ["x"]);
        assert!(item.updated.is_some() && item.published.is_none());
    }

    #[test]
    fn a_broken_json_feed_gives_the_items_before_and_behind_the_break() {
        let body = r#"{"version":"https://jsonfeed.org/version/1","title":"J","items":[
            {"id":1,"title":"one","url":"/1"},{"id":2,"title":bad},{"id":3,"content_html":"<p>three</p>"},{"id":4,"#;
        let extracted = read(body);
        assert_eq!(extracted.items.len(), 2);
        assert_eq!(extracted.items[0].url.as_deref(), Some("https://news.example/1"));
        assert_eq!(extracted.items[1].text, "three");
        assert_eq!(extracted.warnings[0], Warning::ItemsLost { lost: 2, kept: 2 });
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(body);
        }

        #[test]
        fn a_mutated_feed_does_not_panic(at in 0usize..600, length in 0usize..40, patch in "[<>&;/\\[\\]!\"' a-z\\x00é]{0,12}") {
            let whole = rss("<item xml:base='http://a.example/'><title>One &amp; two</title><link>https://a.example/1</link>\
                <guid isPermaLink='false'>1</guid><content:encoded><![CDATA[<p>Text</p>]]></content:encoded>\
                <media:group><media:content url='x' medium='image'/></media:group><dc:creator>Ann</dc:creator>\
                <pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate></item><item><title>Three</title></item>");
            let at = at.min(whole.len());
            let end = (at + length).min(whole.len());
            let mutated = [&whole.as_bytes()[..at], patch.as_bytes(), &whole.as_bytes()[end..]].concat();
            for item in read(mutated).items {
                prop_assert!(item.title.chars().count() <= 1024);
                prop_assert!(item.url.is_none_or(|url| url.to_ascii_lowercase().starts_with("http")));
            }
        }
    }
}
