//! Reads a feed in XML of any version, well-formed or not, item by item: a mistake costs at most
//! the item it is in. Knows no schema; an item's fields are the known elements directly in it.

use super::capture::{Capture, Piece};
use super::draft::{Draft, Written};
use super::entities;
use super::lexer::{Lexer, Token, attribute};
use super::names::{Field, Prefixes, Vocabulary, field};
use crate::model::Prints;

/// What a document turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// RSS of any kind.
    Rss,
    /// Atom of any kind.
    Atom,
    /// An HTML page.
    Html,
    /// Some other document.
    Other,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) root: Option<Root>,
    pub(super) title: Option<Written>,
    pub(super) lang: Option<String>,
    pub(super) drafts: Vec<Draft>,
    /// Items beyond the limit.
    pub(super) n_over: usize,
    /// Items of which the end of the document left too little.
    pub(super) n_cut: usize,
    /// Items of which it left the beginning.
    pub(super) n_incomplete: usize,
    pub(super) end_missing: bool,
    /// What the items can be known by when they come again; where they are not to be, `None`.
    pub(super) prints: Option<Prints>,
}

/// Why reading stopped before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    TooDeep,
    Expired,
}

/// How far reading may go.
pub(super) struct Bounds<'a> {
    pub(super) max_depth: usize,
    pub(super) max_items: usize,
    pub(super) expired: &'a dyn Fn() -> bool,
}

/// Elements of HTML that have no end.
const VOID: [&str; 9] = ["br", "hr", "img", "input", "meta", "wbr", "area", "col", "embed"];

/// Elements of HTML whose end is often left out, so that the next one ends them.
const UNENDED: [&str; 9] = ["p", "li", "dt", "dd", "tr", "td", "th", "option", "link"];

/// How many `xml:base` inside each other are joined, and how long each may be.
const MAX_BASES: usize = 4;
const MAX_BASE: usize = 2048;

/// How many tokens are read between two looks at the time.
const TOKENS_BETWEEN_LOOKS: usize = 1024;

/// Reads a document.
pub(super) fn read(doc: &str, bounds: &Bounds<'_>) -> Result<Document, Stop> {
    let mut reader = Reader {
        document: Document::default(),
        prefixes: Prefixes::default(),
        stack: Vec::new(),
        item: None,
        capture: None,
        bases: Vec::new(),
        max_items: bounds.max_items,
    };
    let mut lexer = Lexer::new(doc);
    let mut n_tokens = 0_usize;
    while let Some(token) = lexer.next() {
        n_tokens += 1;
        if n_tokens.is_multiple_of(TOKENS_BETWEEN_LOOKS) && (bounds.expired)() {
            return Err(Stop::Expired);
        }
        match token {
            Token::Start { name, attributes, closed } => {
                reader.start(&Tag { name, attributes, closed }, lexer.raw());
            }
            Token::End { name } => reader.end(name, lexer.raw()),
            Token::Text(text) => reader.piece(Piece::Text(text)),
            Token::CData(text) => reader.piece(Piece::CData(text)),
        }
        if reader.stack.len() > bounds.max_depth {
            return Err(Stop::TooDeep);
        }
    }
    Ok(reader.finish(lexer.cut()))
}

/// What an open element is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The element whose children are fields of the feed.
    Head,
    /// An item.
    Item,
    /// An element whose children are fields of what it stands in.
    Group,
    /// The field that is being captured.
    Field,
    /// Any other, its children included.
    Ignored,
}

struct Frame<'a> {
    name: &'a str,
    role: Role,
    /// How many of the open `xml:base` are outside this element.
    n_bases: usize,
}

struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
    closed: bool,
}

struct Reader<'a> {
    document: Document,
    prefixes: Prefixes,
    stack: Vec<Frame<'a>>,
    item: Option<Draft>,
    capture: Option<Capture<'a>>,
    bases: Vec<String>,
    max_items: usize,
}

impl<'a> Reader<'a> {
    fn start(&mut self, tag: &Tag<'a>, raw: &'a str) {
        self.prefixes.declare(tag.attributes);
        let (vocabulary, local) = self.prefixes.resolve(tag.name, tag.attributes);
        let is_item = vocabulary == Vocabulary::Core && matches!(local.as_str(), "item" | "entry");
        let ends_capture = |capture: &Capture<'_>| is_item || capture.is_ended_by(vocabulary, &local);
        if let Some(depth) = self.capture.as_ref().filter(|capture| ends_capture(capture)).map(|c| c.depth) {
            self.close_to(depth);
        }
        if let Some(capture) = &mut self.capture {
            capture.pieces.push(Piece::Markup(raw));
            self.open(tag, Role::Ignored);
            return;
        }
        let is_root = matches!(local.as_str(), "rss" | "rdf" | "feed") && vocabulary != Vocabulary::Other;
        let is_wrapped = is_root && !matches!(self.document.root, Some(Root::Rss | Root::Atom));
        if self.document.root.is_none() || is_wrapped {
            self.root(tag, vocabulary, &local);
            return;
        }
        if is_item && self.document.root != Some(Root::Html) {
            self.open_item(tag);
            return;
        }
        let parent = self.stack.last().map(|frame| frame.role);
        if local == "channel" && parent == Some(Role::Head) {
            self.open(tag, Role::Head);
            return;
        }
        let known = match parent {
            Some(Role::Head | Role::Item | Role::Group) => field(vocabulary, &local),
            Some(Role::Field | Role::Ignored) | None => None,
        };
        match known {
            Some(Field::Group) => {
                self.media_content(tag.attributes);
                self.open(tag, Role::Group);
            }
            Some(field) => self.open_field(tag, field, vocabulary),
            // RSS 1.0 lists its items here, and later gives them.
            None if local == "items" => self.open(tag, Role::Group),
            None => self.open(tag, Role::Ignored),
        }
    }

    fn root(&mut self, tag: &Tag<'a>, vocabulary: Vocabulary, local: &str) {
        let root = match (vocabulary, local) {
            (_, "rss" | "rdf" | "channel" | "item") => Root::Rss,
            (_, "feed" | "entry") => Root::Atom,
            (_, "html" | "head" | "body") => Root::Html,
            _ => Root::Other,
        };
        self.document.root = Some(root);
        self.document.lang = attribute(tag.attributes, "xml:lang").map(str::to_owned);
        if matches!(local, "item" | "entry") {
            self.open_item(tag);
        } else {
            self.open(tag, if root == Root::Html { Role::Ignored } else { Role::Head });
        }
    }

    fn open(&mut self, tag: &Tag<'a>, role: Role) {
        if tag.closed || VOID.iter().any(|name| name.eq_ignore_ascii_case(tag.name)) {
            return;
        }
        let repeats = self.stack.last().is_some_and(|top| top.name.eq_ignore_ascii_case(tag.name));
        if repeats && role == Role::Ignored && UNENDED.iter().any(|name| name.eq_ignore_ascii_case(tag.name))
        {
            self.stack.pop();
        }
        self.push(tag, role);
    }

    fn push(&mut self, tag: &Tag<'a>, role: Role) {
        let n_bases = self.bases.len();
        if let Some(base) = attribute(tag.attributes, "xml:base").filter(|base| base.len() <= MAX_BASE) {
            self.bases.push(entities::decode(base).into_owned());
        }
        self.stack.push(Frame { name: tag.name, role, n_bases });
    }

    fn open_item(&mut self, tag: &Tag<'a>) {
        // An item inside an item: the end of the first was forgotten.
        if let Some(depth) = self.stack.iter().position(|frame| frame.role == Role::Item) {
            self.close_to(depth);
        }
        self.push(tag, Role::Item);
        self.item = Some(Draft {
            guid: attribute(tag.attributes, "rdf:about").map(|about| entities::decode(about).into_owned()),
            lang: attribute(tag.attributes, "xml:lang").map(str::to_owned),
            base: self.base(),
            ..Draft::default()
        });
        if tag.closed {
            self.close_to(self.stack.len() - 1);
        }
    }

    /// Returns the open `xml:base` addresses as one.
    fn base(&self) -> Option<String> {
        let mut bases = self.bases[self.bases.len().saturating_sub(MAX_BASES)..].iter();
        let first = bases.next()?.clone();
        Some(bases.fold(first, |outer, inner| {
            url::Url::parse(&outer)
                .and_then(|outer| outer.join(inner))
                .map_or_else(|_| inner.clone(), String::from)
        }))
    }

    fn open_field(&mut self, tag: &Tag<'a>, field: Field, vocabulary: Vocabulary) {
        self.push(tag, Role::Field);
        let depth = self.stack.len() - 1;
        self.capture =
            Some(Capture { field, attributes: tag.attributes, vocabulary, pieces: Vec::new(), depth });
        if tag.closed {
            self.close_to(depth);
        }
    }

    fn end(&mut self, name: &'a str, raw: &'a str) {
        let Some(depth) = self.stack.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name)) else {
            return;
        };
        match &mut self.capture {
            Some(capture) if depth > capture.depth => {
                capture.pieces.push(Piece::Markup(raw));
                self.stack.truncate(depth);
            }
            Some(_) | None => self.close_to(depth),
        }
    }

    fn piece(&mut self, piece: Piece<'a>) {
        if let Some(capture) = &mut self.capture {
            capture.pieces.push(piece);
        }
    }

    /// Closes every element from this depth on.
    fn close_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            let Some(frame) = self.stack.pop() else { break };
            match frame.role {
                Role::Field => self.finish_field(),
                Role::Item => self.finish_item(),
                Role::Head | Role::Group | Role::Ignored => (),
            }
            self.bases.truncate(frame.n_bases);
        }
    }

    fn finish_item(&mut self) {
        let Some(item) = self.item.take() else { return };
        if self.document.drafts.len() < self.max_items {
            self.document.drafts.push(item);
        } else {
            self.document.n_over += 1;
        }
    }

    fn finish_field(&mut self) {
        let Some(capture) = self.capture.take() else { return };
        let is_atom = self.document.root == Some(Root::Atom);
        let base = self.base();
        match &mut self.item {
            Some(item) => capture.fill(item, is_atom, base.as_deref()),
            None => self.head_field(&capture, is_atom),
        }
    }

    fn head_field(&mut self, capture: &Capture<'a>, is_atom: bool) {
        // `image` and the like hold titles of their own.
        let is_direct = self.stack.last().is_some_and(|frame| frame.role == Role::Head);
        if capture.field == Field::Title && is_direct && self.document.title.is_none() {
            self.document.title = Some(capture.written(is_atom));
        }
        if capture.field == Field::Language && self.document.lang.is_none() {
            self.document.lang = Some(capture.text());
        }
    }

    fn media_content(&mut self, attributes: &str) {
        let kind = attribute(attributes, "medium").or_else(|| attribute(attributes, "type"));
        let url = attribute(attributes, "url").filter(|_| kind.is_some_and(|kind| kind.starts_with("image")));
        if let (Some(item), Some(url)) = (&mut self.item, url) {
            item.image.get_or_insert_with(|| entities::decode(url).into_owned());
        }
    }

    /// Takes stock at the end of the document.
    fn finish(mut self, cut: bool) -> Document {
        let is_feed = matches!(self.document.root, Some(Root::Rss | Root::Atom));
        self.document.end_missing = is_feed && (cut || !self.stack.is_empty());
        // The field that is cut off is left out; an item that misses more than its text would be
        // another one when it comes whole.
        let guids_are_usual = self.document.drafts.iter().any(|draft| draft.guid.is_some());
        let is_known = |item: &Draft| {
            item.title.is_some() && (item.guid.is_some() || !item.links.is_empty() && !guids_are_usual)
        };
        let in_field = cut || self.capture.is_some();
        match self.item.take_if(|item| !is_known(item)) {
            Some(_) => self.document.n_cut = 1,
            None => self.document.n_incomplete = usize::from(self.item.is_some() && in_field),
        }
        self.capture = None;
        self.close_to(0);
        self.document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(doc: &str) -> Document {
        read(doc, &Bounds { max_depth: 64, max_items: 100, expired: &|| false }).unwrap()
    }

    #[track_caller]
    fn check(doc: &str, root: Root, titles: &[&str]) {
        let document = read_all(doc);
        assert_eq!(document.root, Some(root), "of {doc}");
        let found: Vec<_> = document
            .drafts
            .iter()
            .map(|d| d.title.as_ref().map_or("", |title| title.value.as_str()))
            .collect();
        assert_eq!(found, titles, "of {doc}");
    }

    #[test]
    fn items_are_found_in_every_version() {
        let item = "<item><title>a</title></item>";
        check(&format!("<rss><channel>{item}</channel></rss>"), Root::Rss, &["a"]);
        check(&format!("<rss version='0.94'><channel/>{item}</rss>"), Root::Rss, &["a"]);
        check(&format!("<channel>{item}{item}</channel>"), Root::Rss, &["a", "a"]);
        check(
            &format!("<rdf:RDF xmlns='http://my.netscape.com/rdf/simple/0.9/'>{item}</rdf:RDF>"),
            Root::Rss,
            &["a"],
        );
        check(
            "<a:feed xmlns:a='http://purl.org/atom/ns#'><a:entry><a:title>a</a:title></a:entry></a:feed>",
            Root::Atom,
            &["a"],
        );
        check("<entry xmlns='http://www.w3.org/2005/Atom'><title>a</title></entry>", Root::Atom, &["a"]);
        check(&format!("<html><body><rss><channel>{item}</channel></rss></body></html>"), Root::Rss, &["a"]);
    }

    #[test]
    fn pages_and_other_documents_are_told_apart() {
        check("<!DOCTYPE html><HTML><body><p>x</HTML>", Root::Html, &[]);
        check("<svg><title>x</title></svg>", Root::Other, &[]);
        assert_eq!(read_all("no markup").root, None);
    }

    #[test]
    fn a_forgotten_end_ends_where_the_next_begins() {
        check("<rss><item><title>a</title><item><title>b</title></rss>", Root::Rss, &["a", "b"]);
        check("<rss><item><title>a<pubDate>x</pubDate></item></rss>", Root::Rss, &["a"]);
        check("<rss><item><title>a</b></title></i></item></foo></rss>", Root::Rss, &["a"]);
        check(
            "<rss><item><description><p>x<p>y<br>z</description><title>a</title></item></rss>",
            Root::Rss,
            &["a"],
        );
    }

    #[test]
    fn titles_within_other_elements_are_not_the_items() {
        check(
            "<rss><channel><image><title>i</title></image><title>c</title><item><foo:x><title>n</title></foo:x>\
             <itunes:title>p</itunes:title><title>a</title><dc:title>d</dc:title></item></channel></rss>",
            Root::Rss,
            &["a"],
        );
    }

    #[test]
    fn an_end_that_is_missing_is_noticed() {
        for (doc, missing) in [
            ("<rss><channel></channel></rss>", false),
            ("<rss><channel></rss>", false),
            ("<rss><channel>", true),
            ("<rss><channel></channel></rss><!-- x", true),
            ("<html><body>", false),
        ] {
            assert_eq!(read_all(doc).end_missing, missing, "of {doc}");
        }
    }

    #[test]
    fn addresses_are_relative_to_the_nearest_base() {
        let document = read_all(
            "<feed xml:base='http://a.example/x/'><entry xml:base='y/'><link href='1'/></entry>\
             <entry><link xml:base='http://b.example/' href='2'/></entry></feed>",
        );
        let hrefs: Vec<_> = document.drafts.iter().map(|draft| draft.links[0].href.as_str()).collect();
        assert_eq!(hrefs, ["http://a.example/x/y/1", "http://b.example/2"]);
    }

    #[test]
    fn nesting_is_bounded() {
        let bounds = Bounds { max_depth: 64, max_items: 9, expired: &|| false };
        for name in ["a", "item", "media:group", "title"] {
            let doc = format!("<rss>{}", format!("<{name}><x>").repeat(100));
            let is_deep = read(&doc, &bounds).is_err();
            // An item cannot stand in an item, nor can it grow deep so.
            assert_eq!(is_deep, name != "item", "of {name}");
        }
    }
}
