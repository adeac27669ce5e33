//! Reads sound feeds with feed-rs, and puts what it found in the terms all formats share.
//!
//! feed-rs is strict: one mistake anywhere costs it the whole feed, and what it does not know it
//! drops in silence. So a document is surveyed first, and goes to the lenient reader where feed-rs
//! would lose something. Of formats, RSS 1.0, Atom 0.3 and JSON Feed stay with our own readers:
//! feed-rs drops the ids of RSS 1.0 (`rdf:about`), finds no entries in Atom 0.3, and refuses a
//! whole JSON feed for a number in the place of a text.
//!
//! feed-rs cannot be told to stop, but it reads: its source fails when the time is up.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use feed_rs::model::{Content, Entry, Feed, FeedType, LinkTarget, MediaObject, Person, Text};
use feed_rs::parser::{Builder, ParseFeedResult};

use super::date;
use super::doubt::Doubt;
use super::draft::{Draft, DraftLink, Markup, Written};
use super::lean;
use super::lenient::{Bounds, Document, Root};
use super::survey::survey;
use crate::model::{Imprints, Timestamp};

/// Reads a document, or says why it is for the lenient reader.
pub(super) fn read(doc: &str, bounds: &Bounds<'_>) -> Result<Document, Doubt> {
    let doc = without_declaration(doc).ok_or(Doubt::Unsound)?;
    read_sound(doc, &[], bounds)
}

/// Reads of a document what is not among the known items; `None` where it has to be read whole.
pub(super) fn read_unseen(doc: &str, known: &Imprints, bounds: &Bounds<'_>) -> Option<(Document, Vec<u64>)> {
    let lean = lean::without(without_declaration(doc)?, known)?;
    let document = read_sound(&lean.doc, &lean.seams, bounds).ok()?;
    let is_within = document.drafts.len() + lean.left_out.len() <= bounds.max_items;
    is_within.then_some((document, lean.left_out))
}

fn read_sound(doc: &str, seams: &[usize], bounds: &Bounds<'_>) -> Result<Document, Doubt> {
    let plan = survey(doc, seams, bounds)?;
    // It is known to panic on some names and durations, and the next version on others.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(doc, bounds)));
    let feed = parsed.ok().and_then(Result::ok).filter(|feed| feed.entries.len() == plan.items.len());
    let document = feed.map(document).ok_or(Doubt::Failed)?;
    Ok(Document { prints: lean::prints(doc, plan, document.lang.as_deref()), ..document })
}

/// The document is decoded already, whatever its declaration says of its encoding.
fn without_declaration(doc: &str) -> Option<&str> {
    match doc.strip_prefix("<?xml") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.split_once("?>").map(|(_, rest)| rest),
        Some(_) | None => Some(doc),
    }
}

fn parse(doc: &str, bounds: &Bounds<'_>) -> ParseFeedResult<Feed> {
    Builder::new()
        .id_generator(|_, _, _| String::new())
        .sanitize_content(false)
        .timestamp_parser(|text| DateTime::from_timestamp_millis(date::parse(text)?.as_millis()))
        .build()
        .parse(Timed { rest: doc.as_bytes(), bounds })
}

/// A document that cannot be read any further once the time is up.
struct Timed<'a> {
    rest: &'a [u8],
    bounds: &'a Bounds<'a>,
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.bounds.expired)() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.rest.read(buffer)
    }
}

fn document(feed: Feed) -> Document {
    let is_atom = feed.feed_type == FeedType::Atom;
    Document {
        root: Some(if is_atom { Root::Atom } else { Root::Rss }),
        title: feed.title.map(|title| written(title, true, is_atom)),
        lang: feed.language,
        drafts: feed.entries.into_iter().map(|entry| draft(entry, is_atom)).collect(),
        ..Document::default()
    }
}

fn draft(entry: Entry, is_atom: bool) -> Draft {
    let published = entry.published.map(timestamp);
    // In RSS, feed-rs repeats the one date as the other.
    let updated = entry.updated.map(timestamp).filter(|updated| is_atom || Some(*updated) != published);
    let is_comment = |link: &feed_rs::model::Link| {
        matches!(link.target, Some(LinkTarget::Comments | LinkTarget::CommentsFeed))
    };
    let links: Vec<DraftLink> = entry
        .links
        .into_iter()
        .filter(|link| !is_comment(link))
        .map(|link| DraftLink { href: link.href, rel: link.rel, media_type: link.media_type })
        .collect();
    Draft {
        guid: Some(entry.id).filter(|id| !id.trim().is_empty()),
        title: entry.title.map(|title| written(title, true, is_atom)).filter(is_filled),
        summary: entry.summary.map(|summary| written(summary, false, is_atom)).filter(is_filled),
        content: entry.content.and_then(content).filter(is_filled),
        author: entry.authors.into_iter().find_map(author),
        published,
        updated,
        tags: entry.categories.into_iter().map(|category| category.term).collect(),
        image: image(&entry.media).or_else(|| enclosed_image(&links)),
        links,
        ..Draft::default()
    }
}

fn is_filled(written: &Written) -> bool {
    !written.value.trim().is_empty()
}

/// Only a title of Atom is known to hold no markup: feed-rs takes a missing type for `text`.
fn written(text: Text, is_title: bool, is_atom: bool) -> Written {
    let is_plain = text.content_type.subty() == "plain";
    let markup = match (is_atom, is_plain) {
        (true, true) if is_title => Markup::None,
        (true, false) => Markup::Html,
        (true, true) | (false, _) => Markup::Unknown,
    };
    Written { value: text.content, markup }
}

fn content(content: Content) -> Option<Written> {
    Some(Written { value: content.body?, markup: Markup::Html })
}

/// Returns the name of a person as it stood in the feed.
fn author(person: Person) -> Option<String> {
    let name = person.name.filter(|name| !name.trim().is_empty());
    name.or(person.email).filter(|author| !author.trim().is_empty())
}

/// The thumbnail of the item before any image among its media.
fn image(media: &[MediaObject]) -> Option<String> {
    let thumbnail = || media.iter().flat_map(|media| &media.thumbnails).next_back();
    let is_image = |content: &&feed_rs::model::MediaContent| {
        content.content_type.as_ref().is_some_and(|kind| kind.ty() == "image")
    };
    let image = || media.iter().flat_map(|media| &media.content).find(is_image)?.url.as_ref();
    thumbnail().map(|thumbnail| thumbnail.image.uri.clone()).or_else(|| image().map(ToString::to_string))
}

fn enclosed_image(links: &[DraftLink]) -> Option<String> {
    let is_image = |link: &&DraftLink| {
        link.rel.as_deref() == Some("enclosure")
            && link.media_type.as_ref().is_some_and(|kind| kind.starts_with("image"))
    };
    links.iter().find(is_image).map(|link| link.href.clone())
}

fn timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_millis(time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::dialect::{Dialect, FIELDS, Namespace, Shape};
    use super::super::draft::Setting;
    use super::super::lenient;
    use super::*;

    fn read_all(doc: &str) -> Result<Document, Doubt> {
        read(doc, &Bounds { max_depth: 256, max_items: 100, expired: &|| false })
    }

    fn item(fields: &str) -> Draft {
        let doc = format!(
            "<rss version='2.0' xmlns:i='http://www.itunes.com/dtds/podcast-1.0.dtd' \
             xmlns:m='http://search.yahoo.com/mrss/'><channel><item>{fields}</item></channel></rss>"
        );
        read_all(&doc).unwrap().drafts.remove(0)
    }

    #[test]
    fn the_declaration_of_a_decoded_document_is_void() {
        let doc = "<?xml version='1.0' encoding='windows-1252'?><rss version='2.0'><channel><item><title>é</title></item></channel></rss>";
        assert_eq!(read_all(doc).unwrap().drafts[0].title.as_ref().unwrap().value, "é");
        assert_eq!(read_all("<?xml version='1.0'").unwrap_err(), Doubt::Unsound);
    }

    /// Writes each field of the table alone into an item, with what it needs beside it.
    fn with_field((dialect, namespace, local, shape): (Dialect, Namespace, &str, Shape)) -> String {
        let prefix = match namespace {
            Namespace::Rss | Namespace::Atom | Namespace::Other => "",
            Namespace::Content => "c:",
            Namespace::Dublin => "d:",
            Namespace::Media => "m:",
            Namespace::Itunes => "i:",
        };
        let url = "url='http://a.example/x.png' type='image/png'";
        let element = match shape {
            Shape::Once | Shape::Many | Shape::Rich
                if ["date", "pubDate", "published", "updated"].contains(&local) =>
            {
                format!("<{prefix}{local}>2026-11-23T10:00:00Z</{prefix}{local}>")
            }
            Shape::Once | Shape::Many | Shape::Rich => {
                format!("<{prefix}{local}>http://a.example/x</{prefix}{local}>")
            }
            Shape::Holder(name) => format!("<{local} {name}='http://a.example/x'/>"),
            Shape::Person => format!("<{local}><name>x</name></{local}>"),
            Shape::Picture if local == "thumbnail" => format!("<m:content {url}/><{prefix}{local} {url}/>"),
            Shape::Picture => format!("<{prefix}{local} {url}/>"),
            Shape::Group => format!("<{prefix}{local} {url}><m:content {url}/></{prefix}{local}>"),
        };
        // What modules say is not asked for where the item says it.
        let own = match (namespace, local, dialect) {
            (Namespace::Media | Namespace::Itunes, "title", _) => "<title>t</title>",
            (Namespace::Media | Namespace::Itunes, _, Dialect::Rss) => "<description>d</description>",
            (Namespace::Media | Namespace::Itunes, _, Dialect::Atom) => "<summary>d</summary>",
            _ => "",
        };
        let modules = "xmlns:c='http://purl.org/rss/1.0/modules/content/' xmlns:d='http://purl.org/dc/elements/1.1/' \
            xmlns:m='http://search.yahoo.com/mrss/' xmlns:i='http://www.itunes.com/dtds/podcast-1.0.dtd'";
        match dialect {
            Dialect::Rss => {
                format!("<rss version='2.0' {modules}><channel><item>{own}{element}</item></channel></rss>")
            }
            Dialect::Atom => {
                format!(
                    "<feed xmlns='http://www.w3.org/2005/Atom' {modules}><entry>{own}{element}</entry></feed>"
                )
            }
        }
    }

    #[test]
    fn every_field_of_the_table_is_kept_and_read_alike() {
        let base = url::Url::parse("http://base.example/").unwrap();
        let setting = Setting { base: &base, lang: None, max_text: 1000 };
        for row in FIELDS {
            let doc = with_field(row);
            let bounds = Bounds { max_depth: 256, max_items: 100, expired: &|| false };
            let lenient = lenient::read(&doc, &bounds).unwrap().drafts.remove(0).finish(&setting);
            let strict = read_all(&doc).unwrap_or_else(|doubt| panic!("{doubt} in {doc}")).drafts.remove(0);
            assert!(lenient.is_some(), "{doc}");
            assert_eq!(strict.finish(&setting), lenient, "of {doc}");
        }
    }

    #[test]
    fn no_id_is_invented() {
        assert_eq!(item("<title>t</title>").guid, None);
        assert_eq!(item("<title>t</title><link>http://a.example/</link>").guid, None);
    }

    #[test]
    fn dates_are_read_by_our_own_reader_and_not_repeated() {
        let item = item("<pubDate>Mo, 23 Mär 2026 10:00:00 CEST</pubDate>");
        assert_eq!(item.published.unwrap().to_string(), "2026-03-23T08:00:00Z");
        assert_eq!(item.updated, None);
    }

    #[test]
    fn links_to_comments_are_none_to_the_article() {
        let item = item("<comments>http://a.example/c</comments><link>http://a.example/1</link>");
        let links: Vec<_> = item.links.iter().map(|link| link.href.as_str()).collect();
        assert_eq!(links, ["http://a.example/1"]);
    }

    #[test]
    fn the_picture_is_a_thumbnail_or_an_image_among_the_media() {
        let media = "<m:content url='http://a.example/v.mp4' type='video/mp4'/>";
        let thumbnail = "<m:thumbnail url='http://a.example/t.png'/>";
        let enclosure = "<enclosure url='http://a.example/e.png' type='image/png'/>";
        let image = |fields: &str| item(fields).image;
        assert_eq!(image(media), None);
        assert_eq!(image(enclosure).as_deref(), Some("http://a.example/e.png"));
        assert_eq!(image(&format!("{media}{thumbnail}")).as_deref(), Some("http://a.example/t.png"));
    }

    /// feed-rs panics on a duration of more digits than it has room for.
    #[test]
    fn a_panic_below_is_a_doubt() {
        let doc = "<rss version='2.0' xmlns:i='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><item>\
            <i:duration>99999999999999999999</i:duration></item></channel></rss>";
        assert_eq!(read_all(doc).unwrap_err(), Doubt::Failed);
    }

    #[test]
    fn groups_within_groups_have_room_on_the_stack() {
        let nested = format!("{}{}", "<m:content>".repeat(15), "</m:content>".repeat(15));
        assert!(item(&format!("<title>t</title>{nested}")).title.is_some());
    }

    #[test]
    fn reading_ends_with_its_time() {
        // The survey looks at the time once, feed-rs for every buffer.
        let n_looks = Cell::new(0);
        let expired = || n_looks.replace(n_looks.get() + 1) > 2;
        let doc = format!("<rss version='2.0'><channel><!-- {} --></channel></rss>", "x".repeat(100_000));
        let read = read(&doc, &Bounds { max_depth: 256, max_items: 100, expired: &expired });
        assert_eq!((read.unwrap_err(), n_looks.get()), (Doubt::Failed, 4));
    }
}
