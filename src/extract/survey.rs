//! Looks an XML document over before feed-rs reads it: whether it is sound, whether feed-rs can be
//! trusted with it, and whether feed-rs would keep everything our own reader would.
//!
//! It cuts the document with the parser that feed-rs uses, set as feed-rs sets it, so that a
//! hostile document cannot look shallow here and be deep there. What is in doubt goes to the
//! lenient reader whole; so the same feed is read by the same reader from poll to poll.

mod tag;

use std::ops::Range;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use self::tag::{attribute, check_base, picture, rich};
use super::dialect::{Dialect, Namespace, Shape};
use super::doubt::Doubt;
use super::lenient::Bounds;
use super::names::{self, Field, Prefixes, Vocabulary};

/// feed-rs keeps up to thirty bytes for one byte of a document that is all tags, and of this size
/// it reads the worst found in a tenth of a second (`benches/extract.rs`).
pub(super) const MAX_BYTES: usize = 2 << 20;
const MAX_DEPTH: usize = 256;
/// feed-rs calls itself for media within media and podcast categories within such: at 250 of them
/// the stack of a thread was used up.
const MAX_NESTED_MODULES: usize = 16;
/// feed-rs copies the texts of an item for every group of media in it: bytes of the item times its
/// groups, summed over the document.
const MAX_COPIES: u64 = 16 << 20;
/// How many pieces are read between two looks at the time.
const EVENTS_BETWEEN_LOOKS: usize = 1024;
/// Elements whose text feed-rs searches for a mail address, and breaks at a byte beside it.
const CONTACTS: [&str; 4] = ["author", "creator", "managingEditor", "webMaster"];

/// What a document that the strict reader reads as the lenient one would is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Where each item stands.
    pub(super) items: Vec<Range<usize>>,
    /// The tags around the items with what their prefixes mean: what has a say in how any item is
    /// read. `None` where an item has one in how others are.
    pub(super) setting: Option<String>,
}

/// Finds the items of a document that the strict reader reads as the lenient one would. At each
/// of the seams, in their order, a further item could stand.
pub(super) fn survey(doc: &str, mut seams: &[usize], bounds: &Bounds<'_>) -> Result<Plan, Doubt> {
    if doc.len() > MAX_BYTES {
        return Err(Doubt::Size);
    }
    let mut reader = NsReader::from_str(doc);
    reader.config_mut().expand_empty_elements = true;
    let mut survey = Survey {
        prefixes: Prefixes::default(),
        stack: Vec::new(),
        dialect: None,
        item: Item::default(),
        text: Text::default(),
        items: Vec::new(),
        heads: String::new(),
        n_changes: None,
        n_copies: 0,
        n_modules: 0,
        bounds,
    };
    for n_events in 1_usize.. {
        if n_events.is_multiple_of(EVENTS_BETWEEN_LOOKS) && (bounds.expired)() {
            return Err(Doubt::Size);
        }
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|_| Doubt::Unsound)?;
        let to = reader.buffer_position();
        // The end of an element that is empty comes without a piece of its own.
        while to > at && seams.first().is_some_and(|&seam| seam as u64 <= at) {
            survey.seam(seams[0], at)?;
            seams = &seams[1..];
        }
        match event {
            Event::Start(tag) => {
                let (namespace, _) = reader.resolver().resolve_element(tag.name());
                survey.start(&tag, &namespace, at)?;
            }
            Event::End(_) => survey.end(at..to)?,
            Event::Text(text) => survey.text.see(&text),
            Event::CData(text) => survey.text.see(&text),
            Event::GeneralRef(name) => survey.reference(&name)?,
            // An inner declaration could change the encoding, an inner subset declare entities.
            Event::Decl(_) => return Err(Doubt::Unsound),
            Event::DocType(declaration) if declaration.contains('[') => return Err(Doubt::Unsound),
            Event::DocType(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => (),
            Event::Eof => {
                survey.count_copies(at)?;
                break;
            }
        }
    }
    if survey.stack.is_empty() && seams.is_empty() { Ok(survey.plan()) } else { Err(Doubt::Unsound) }
}

/// What an open element is to the survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The element whose children are the items.
    Head,
    Item,
    /// A group of media.
    Group,
    /// A field whose content is text alone, as far as the strict reader goes.
    Text(Field),
    /// A field, or an element, of which nothing inside matters.
    Any,
}

struct Frame {
    place: Place,
    is_module: bool,
    is_contact: bool,
}

/// What the present item has shown so far.
#[derive(Default)]
struct Item {
    fields: Vec<Field>,
    /// Fields with something in them.
    filled: Vec<Field>,
    guid_is_no_link: bool,
    n_groups: u64,
    from: u64,
}

/// What the present text has shown so far.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are findings that have nothing to do with each other"
)]
struct Text {
    is_filled: bool,
    has_sign: bool,
    has_at: bool,
    is_foreign: bool,
    /// Whether it is said to be no markup, whatever it looks like.
    is_literal: bool,
}

impl Text {
    fn see(&mut self, text: &str) {
        self.is_filled |= !text.trim().is_empty();
        self.has_sign |= text.contains('<');
        self.has_at |= text.contains('@');
        self.is_foreign |= !text.is_ascii();
    }
}

struct Survey<'a> {
    prefixes: Prefixes,
    stack: Vec<Frame>,
    dialect: Option<Dialect>,
    item: Item,
    text: Text,
    items: Vec<Range<usize>>,
    /// The tags around the items.
    heads: String,
    /// How often prefixes had changed before the first item.
    n_changes: Option<usize>,
    n_copies: u64,
    /// The open elements of modules that may stand in themselves.
    n_modules: usize,
    bounds: &'a Bounds<'a>,
}

impl Survey<'_> {
    fn start(&mut self, tag: &BytesStart<'_>, resolved: &ResolveResult<'_>, at: u64) -> Result<(), Doubt> {
        let (name, attributes) = (tag.name().0, tag.attributes_raw());
        let local = name.rsplit(':').next().unwrap_or(name);
        check_base(tag)?;
        let parent = self.stack.last().map(|frame| frame.place);
        let namespace = resolved_in(self.dialect, resolved)?;
        let is_module = matches!(namespace, Namespace::Media | Namespace::Itunes);
        self.n_modules += usize::from(is_module);
        self.item.n_groups += u64::from(namespace == Namespace::Media && local == "group");
        let place = match (self.dialect, parent) {
            (None, _) => self.root(tag, local)?,
            (Some(dialect), Some(parent)) => {
                self.prefixes.declare(attributes);
                let (vocabulary, lower) = self.prefixes.resolve(name, attributes);
                if vocabulary == Vocabulary::Core && matches!(lower.as_str(), "item" | "entry") {
                    self.open_item(tag, parent, dialect.is_item(namespace, local), at)?
                } else {
                    let wanted = names::field(vocabulary, &lower);
                    self.child(tag, parent, wanted, (dialect, namespace, local))?
                }
            }
            // A second root.
            (Some(_), None) => return Err(Doubt::Unsound),
        };
        if place == Place::Head || parent.is_none() {
            self.heads.push_str(tag);
            self.heads.push('\n');
        }
        self.text = Text { is_literal: attribute(tag, "type").as_deref() == Some("text"), ..Text::default() };
        self.stack.push(Frame { place, is_module, is_contact: CONTACTS.contains(&local) });
        let is_deep = self.stack.len() > self.bounds.max_depth.min(MAX_DEPTH);
        if is_deep || self.n_modules > MAX_NESTED_MODULES { Err(Doubt::Size) } else { Ok(()) }
    }

    fn root(&mut self, tag: &BytesStart<'_>, local: &str) -> Result<Place, Doubt> {
        let dialect = Dialect::of_root(local, attribute(tag, "version").as_deref()).ok_or(Doubt::Format)?;
        // RSS has an element for its language.
        if dialect == Dialect::Rss && attribute(tag, "xml:lang").is_some() {
            return Err(Doubt::Field);
        }
        self.dialect = Some(dialect);
        self.prefixes.declare(tag.attributes_raw());
        Ok(if dialect == Dialect::Rss { Place::Any } else { Place::Head })
    }

    fn open_item(
        &mut self,
        tag: &BytesStart<'_>,
        parent: Place,
        is_item: bool,
        at: u64,
    ) -> Result<Place, Doubt> {
        if parent != Place::Head || !is_item {
            return Err(Doubt::Format);
        }
        if attribute(tag, "xml:lang").is_some() {
            return Err(Doubt::Field);
        }
        self.n_changes.get_or_insert(self.prefixes.n_changes());
        self.items.push(index(at)..index(at));
        self.count_copies(at)?;
        if self.items.len() > self.bounds.max_items { Err(Doubt::Size) } else { Ok(Place::Item) }
    }

    fn child(
        &mut self,
        tag: &BytesStart<'_>,
        parent: Place,
        wanted: Option<Field>,
        (dialect, namespace, local): (Dialect, Namespace, &str),
    ) -> Result<Place, Doubt> {
        match (parent, wanted) {
            (Place::Text(_), _) => return Err(Doubt::Text),
            (Place::Any, _) if dialect.is_head(namespace, local, self.stack.len()) => return Ok(Place::Head),
            (Place::Head, Some(Field::Language)) if !dialect.keeps_language(namespace, local) => {
                return Err(Doubt::Field);
            }
            (Place::Any | Place::Head, _) | (Place::Item | Place::Group, None) => return Ok(Place::Any),
            (Place::Item | Place::Group, Some(_)) => (),
        }
        let field = wanted.ok_or(Doubt::Field)?;
        let shape = dialect
            .shape(namespace, local)
            .filter(|_| parent == Place::Item || namespace == Namespace::Media);
        match shape.ok_or(Doubt::Field)? {
            Shape::Once => self.once(field)?,
            Shape::Many => (),
            Shape::Rich => {
                self.once(field)?;
                return rich(tag, field);
            }
            Shape::Holder(name) => {
                attribute(tag, name).ok_or(Doubt::Field)?;
                self.item.filled.push(field);
                return Ok(Place::Any);
            }
            Shape::Person => return Ok(Place::Any),
            Shape::Picture => {
                picture(tag)?;
                self.item.filled.push(field);
                return Ok(Place::Any);
            }
            Shape::Group => {
                picture(tag)?;
                if attribute(tag, "url").is_some() {
                    self.item.filled.push(field);
                }
                return Ok(Place::Group);
            }
        }
        if field == Field::Guid {
            self.item.guid_is_no_link = attribute(tag, "isPermaLink").as_deref() == Some("false");
        }
        if field == Field::Link && attribute(tag, "href").is_some() {
            Err(Doubt::Field)
        } else {
            Ok(Place::Text(field))
        }
    }

    fn once(&mut self, field: Field) -> Result<(), Doubt> {
        let field = if field == Field::Date { Field::Published } else { field };
        if self.item.fields.contains(&field) {
            return Err(Doubt::Twice);
        }
        self.item.fields.push(field);
        Ok(())
    }

    fn end(&mut self, tag: Range<u64>) -> Result<(), Doubt> {
        let text = std::mem::take(&mut self.text);
        let Some(frame) = self.stack.pop() else { return Err(Doubt::Unsound) };
        self.n_modules -= usize::from(frame.is_module);
        if frame.is_contact && text.has_at && text.is_foreign {
            return Err(Doubt::Text);
        }
        match frame.place {
            Place::Text(field) => {
                let may_be_markup = text.is_literal && text.has_sign && field != Field::Title;
                if self.dialect == Some(Dialect::Atom) && may_be_markup {
                    return Err(Doubt::Text);
                }
                if text.is_filled {
                    self.item.filled.push(field);
                }
                Ok(())
            }
            Place::Item => self.close_item(tag),
            Place::Head | Place::Group | Place::Any => Ok(()),
        }
    }

    fn close_item(&mut self, tag: Range<u64>) -> Result<(), Doubt> {
        if let Some(item) = self.items.last_mut() {
            item.end = index(tag.end);
        }
        let item = self.count_copies(tag.start)?;
        let has = |field| item.filled.contains(&field);
        let lends = |from, to| has(from) && !has(to);
        let is_lost = lends(Field::MediaTitle, Field::Title)
            || lends(Field::MediaSummary, Field::Summary)
            // Without a medium that it belongs to, a thumbnail is dropped.
            || lends(Field::Thumbnail, Field::Group)
            // Of two kinds of media, one is dropped.
            || has(Field::Enclosure) && has(Field::Group)
            || item.guid_is_no_link && !has(Field::Link);
        if is_lost { Err(Doubt::Field) } else { Ok(()) }
    }

    /// Makes sure that another item could stand here: between two pieces of the document, and
    /// where items stand.
    fn seam(&self, seam: usize, at: u64) -> Result<(), Doubt> {
        let is_among_items = self.stack.last().is_some_and(|frame| frame.place == Place::Head);
        if is_among_items && seam as u64 == at { Ok(()) } else { Err(Doubt::Unsound) }
    }

    fn plan(self) -> Plan {
        use std::fmt::Write as _;
        let is_steady = self.n_changes.is_none_or(|before| before == self.prefixes.n_changes());
        let mut setting = self.heads;
        for (prefix, vocabulary) in self.prefixes.peculiar() {
            writeln!(setting, "{prefix} {vocabulary:?}").expect("a string takes every text");
        }
        Plan { items: self.items, setting: is_steady.then_some(setting) }
    }

    /// Ends what counts as one item, whether it was one to feed-rs or not.
    fn count_copies(&mut self, at: u64) -> Result<Item, Doubt> {
        let item = std::mem::replace(&mut self.item, Item { from: at, ..Item::default() });
        self.n_copies += item.n_groups * (at - item.from);
        if self.n_copies > MAX_COPIES { Err(Doubt::Size) } else { Ok(item) }
    }

    fn reference(&mut self, name: &BytesRef<'_>) -> Result<(), Doubt> {
        let resolved = name.resolve_char_ref().map_err(|_| Doubt::Unsound)?;
        match (resolved, &**name) {
            // Numbers of Windows characters, which the strict reader takes for controls.
            (Some('\u{80}'..='\u{9f}'), _) => return Err(Doubt::Text),
            (Some(c), _) => self.text.see(c.encode_utf8(&mut [0; 4])),
            (None, "lt") => self.text.see("<"),
            (None, "amp" | "gt" | "quot" | "apos") => self.text.see("&"),
            (None, _) => return Err(Doubt::Unsound),
        }
        Ok(())
    }
}

fn index(at: u64) -> usize {
    usize::try_from(at).expect("a place in a document in memory")
}

/// Returns the namespace of an element as feed-rs resolves it.
fn resolved_in(dialect: Option<Dialect>, resolved: &ResolveResult<'_>) -> Result<Namespace, Doubt> {
    dialect.map_or(Ok(Namespace::Other), |dialect| dialect.namespace(resolved).ok_or(Doubt::Unsound))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::tag::MAX_BASE;
    use super::*;

    const BOUNDS: Bounds<'_> = Bounds { max_depth: 256, max_items: 100, expired: &|| false };

    fn survey_all(doc: &str) -> Result<usize, Doubt> {
        survey(doc, &[], &BOUNDS).map(|plan| plan.items.len())
    }

    fn rss(inside: &str) -> String {
        format!(
            "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:m='http://search.yahoo.com/mrss/' \
             xmlns:terms='http://purl.org/dc/terms/'><channel>{inside}</channel></rss>"
        )
    }

    #[track_caller]
    fn check(doc: &str, expect: Result<usize, Doubt>) {
        assert_eq!(survey_all(doc), expect, "of {doc:.300}");
    }

    #[track_caller]
    fn check_item(fields: &str, expect: Option<Doubt>) {
        check(&rss(&format!("<item>{fields}</item>")), expect.map_or(Ok(1), Err));
    }

    #[test]
    fn sound_feeds_of_the_two_dialects_are_taken() {
        check(&rss(""), Ok(0));
        check(&rss("<title>t</title><item><title>a</title></item><item/>"), Ok(2));
        check("<!DOCTYPE rss SYSTEM 'x.dtd'><rss version='0.91'><channel><item/></channel></rss>", Ok(1));
        check("<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id></entry></feed>", Ok(1));
        check("<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry/></a:feed>", Ok(1));
    }

    #[test]
    fn other_formats_are_left_to_the_lenient_reader() {
        for doc in [
            "<rss version='2.0.1'><channel/></rss>",
            "<rss><channel/></rss>",
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
            "<html/>",
            "<entry xmlns='http://www.w3.org/2005/Atom'/>",
            "<feed xmlns='http://purl.org/atom/ns#'><entry/></feed>",
            "<feed xmlns='https://www.w3.org/2005/Atom'><entry/></feed>",
            "<rss version='2.0'><channel/><item/></rss>",
            "<rss version='2.0'><channel><x><item/></x></channel></rss>",
        ] {
            check(doc, Err(Doubt::Format));
        }
        check(
            "<rss version='2.0' xmlns='http://backend.userland.com/rss2'><channel><item/></channel></rss>",
            Err(Doubt::Format),
        );
    }

    #[test]
    fn what_is_not_well_formed_is_unsound() {
        for inside in
            ["AT&T", "&nbsp;", "&#0;", "<a></b>", "<x:a/>", "<?xml version='1.0' encoding='utf-16'?>", "<br>"]
        {
            check(&rss(inside), Err(Doubt::Unsound));
        }
        for doc in ["<rss version='2.0'><channel>", "<rss version='2.0'/><rss version='2.0'/>", "<a", "<!-- "]
        {
            assert!(survey_all(doc).is_err(), "{doc}");
        }
        check("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='2.0'/>", Err(Doubt::Unsound));
    }

    #[test]
    fn fields_that_would_be_lost_are_noticed() {
        check_item("<title>t</title><link>l</link><guid>g</guid><dc:creator>c</dc:creator>", None);
        for field in [
            "<dc:subject>s</dc:subject>",
            "<terms:modified>2026</terms:modified>",
            "<pubdate>2026</pubdate>",
            "<content>c</content>",
            "<link href='x'/>",
            "<guid isPermaLink='false'>http://a.example/</guid>",
            "<m:thumbnail url='http://a.example/t'/>",
            "<m:content medium='image' url='http://a.example/t'/>",
            "<enclosure url='/t.png' type='image/png'/>",
            "<m:description>d</m:description>",
            "<m:group><title>t</title></m:group>",
            "<enclosure url='http://a.example/e'/><m:content url='http://a.example/c'/>",
            "<title xml:base='/x'>t</title>",
        ] {
            check_item(field, Some(Doubt::Field));
        }
        check_item("<m:description>d</m:description><description>e</description>", None);
        check(&rss("<item xml:lang='de'/>"), Err(Doubt::Field));
        check("<rss version='2.0' xml:lang='de'/>", Err(Doubt::Field));
    }

    #[test]
    fn a_thing_that_is_said_twice_is_noticed() {
        check_item("<title>a</title><title>b</title>", Some(Doubt::Twice));
        check_item("<pubDate>a</pubDate><dc:date>b</dc:date>", Some(Doubt::Twice));
        check_item("<category>a</category><category>b</category><link>a</link><link>b</link>", None);
    }

    #[test]
    fn texts_that_would_be_changed_are_noticed() {
        for text in ["<title>a<b>c</b></title>", "&#146;", "<author>\u{2014}a@b.example</author>"] {
            check_item(text, Some(Doubt::Text));
        }
        let atom =
            |entry: &str| format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{entry}</entry></feed>");
        check(&atom("<summary type='text'>1 &lt; 2</summary>"), Err(Doubt::Text));
        check(&atom("<summary type='text'>1 + 2</summary><title type='text'>1 &lt; 2</title>"), Ok(1));
        check(&atom("<content type='image/png'>x</content>"), Err(Doubt::Text));
        check(&atom("<content type='xhtml'><div>x</div></content>"), Ok(1));
    }

    #[test]
    fn what_the_strict_reader_would_pay_dearly_for_is_refused() {
        let group = "<m:group/>".repeat(1000);
        let own = "<description>d</description>";
        check_item(&format!("{own}<m:text>{}</m:text>{group}", "x".repeat(1000)), None);
        check_item(&format!("<m:text>{}</m:text>{group}", "x".repeat(20_000)), Some(Doubt::Size));
        check_item(&"<m:group>".repeat(17), Some(Doubt::Size));
        let renamed = "<m:content><x xmlns:m='http://other.example/'/>".repeat(17);
        check_item(&renamed, Some(Doubt::Size));
        check_item(&"<x>".repeat(100_000), Some(Doubt::Size));
        check_item(&" ".repeat(MAX_BYTES), Some(Doubt::Size));
        check(&rss(&"<item/>".repeat(101)), Err(Doubt::Size));
        check_item(&format!("<x xml:base='http://{}'/>", "a".repeat(MAX_BASE)), Some(Doubt::Field));
        let namespaces = (0..200).map(|n| format!(" xmlns:n{n}='x'")).collect::<Vec<_>>().concat();
        check_item(&format!("<x{namespaces}/>"), Some(Doubt::Unsound));
    }

    /// Quotes and instructions that other cutters take for the end of a tag hide no depth.
    #[test]
    fn depth_cannot_be_hidden() {
        let hidden = "<m:content><x \"> </m:content> \"/>".repeat(1000);
        check_item(&hidden, Some(Doubt::Size));
        let hidden = "<m:content><?x > </m:content> ?>".repeat(1000);
        check_item(&hidden, Some(Doubt::Size));
    }

    #[test]
    fn the_time_is_looked_at_all_the_way() {
        let n_looks = Cell::new(0);
        let expired = || n_looks.replace(n_looks.get() + 1) == 3;
        let doc = rss(&"<item/>".repeat(10_000));
        let found = survey(&doc, &[], &Bounds { max_depth: 256, max_items: 100_000, expired: &expired });
        assert_eq!((found, n_looks.get()), (Err(Doubt::Size), 4));
    }

    #[track_caller]
    fn check_seam(doc: &str, expect: bool) {
        let seam = doc.find('|').unwrap();
        let doc = doc.replace('|', "");
        assert_eq!(survey(&doc, &[seam], &BOUNDS).is_ok(), expect, "of {doc} at {seam}");
    }

    #[test]
    fn items_could_stand_among_items_only() {
        for (inside, expect) in [
            ("|", true),
            ("<title>t</title>\n|<item/>", true),
            ("<item/>|<!-- c --><ttl>1</ttl>", true),
            ("<!-- | -->", false),
            ("<x>|</x>", false),
            ("<x/>|<x/>", true),
            ("<item>|</item>", false),
            ("<title><![CDATA[|]]></title>", false),
            ("<ttl |/>", false),
            ("text | text", false),
        ] {
            check_seam(&rss(inside), expect);
        }
        check_seam("|<rss version='2.0'><channel/></rss>", false);
        check_seam("<rss version='2.0'>|<channel/></rss>", false);
        check_seam("<rss version='2.0'><channel/>|</rss>", false);
        check_seam("<rss version='2.0'><channel></channel>|</rss>", false);
        check_seam("<rss version='2.0'><channel/></rss>|", false);
        check_seam("<feed xmlns='http://www.w3.org/2005/Atom'>|</feed>", true);
    }

    #[test]
    fn items_are_found_where_they_stand() {
        let doc =
            rss("<title>t</title>\n<item a='>'><title>x</title></item >\n<item/> <ttl>1</ttl><item></item>");
        let plan = survey(&doc, &[], &BOUNDS).unwrap();
        let items: Vec<_> = plan.items.into_iter().map(|item| &doc[item]).collect();
        assert_eq!(items, ["<item a='>'><title>x</title></item >", "<item/>", "<item></item>"]);
    }

    #[track_caller]
    fn check_setting(one: &str, other: &str, expect: bool) {
        let setting = |doc| survey(doc, &[], &BOUNDS).unwrap().setting;
        let (one_setting, other_setting) = (setting(one), setting(other));
        assert_eq!(one_setting.is_some() && one_setting == other_setting, expect, "{one}\n{other}");
    }

    #[test]
    fn the_setting_is_what_has_a_say_in_every_item() {
        let with = |prefix, address| rss(&format!("<x xmlns:{prefix}='{address}'/><item/>"));
        let dublin = "http://purl.org/dc/elements/1.1/";
        check_setting(&rss("<title>a</title><item/>"), &rss("<title>b</title><item>x</item>"), true);
        check_setting(
            &rss("<item/>"),
            &rss("<item/>").replace("<channel", "<channel xml:base='http://a.example'"),
            false,
        );
        check_setting(&rss("<item/>"), &rss("<item/>").replace(dublin, "http://other.example"), false);
        check_setting(&rss("<item/>"), &with("y", dublin), false);
        check_setting(&rss("<item/>"), &with("y", "http://other.example"), true);
        // What an item declares means something to the lenient reader in all that follow.
        let declaring = rss(&format!("<item><x xmlns:y='{dublin}'/></item>"));
        check_setting(&declaring, &declaring, false);
        check_setting(
            &rss("<item><x xmlns:dc='http://purl.org/dc/elements/1.1/'/></item>"),
            &rss("<item/>"),
            true,
        );
    }
}
