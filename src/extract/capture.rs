//! One field of an item in XML: what was captured between its tags, and where in the item it goes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::draft::{Draft, DraftLink, Markup, Written};
use super::lexer::{Lexer, Token, attribute};
use super::names::{Field, Vocabulary};
use super::{date, entities};

/// A piece of a field's content.
pub(super) enum Piece<'a> {
    Text(&'a str),
    CData(&'a str),
    Markup(&'a str),
}

/// The content of a field, as far as it was read.
pub(super) struct Capture<'a> {
    pub(super) field: Field,
    pub(super) attributes: &'a str,
    pub(super) vocabulary: Vocabulary,
    pub(super) pieces: Vec<Piece<'a>>,
    /// The depth of the field's own frame.
    pub(super) depth: usize,
}

impl Capture<'_> {
    /// Says whether an element can only stand behind this field, whose end was forgotten.
    pub(super) fn is_ended_by(&self, vocabulary: Vocabulary, local: &str) -> bool {
        let is_short = matches!(
            self.field,
            Field::Title
                | Field::Link
                | Field::Guid
                | Field::Published
                | Field::Date
                | Field::Updated
                | Field::Category
        );
        is_short
            && vocabulary == Vocabulary::Core
            && matches!(
                local,
                "guid" | "pubdate" | "description" | "author" | "category" | "link" | "updated"
            )
    }

    fn has_markup(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Markup(_)))
    }

    /// Returns the content as text; entities are left to HTML where there are tags among it.
    pub(super) fn text(&self) -> String {
        let is_html = self.has_markup();
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) if is_html => text.push_str(piece),
                Piece::Text(piece) => text.push_str(&entities::decode(piece)),
                Piece::CData(piece) | Piece::Markup(piece) => text.push_str(piece),
            }
        }
        text
    }

    pub(super) fn written(&self, is_atom: bool) -> Written {
        let kind = attribute(self.attributes, "type").map(str::to_ascii_lowercase);
        let mode = attribute(self.attributes, "mode");
        let markup = match kind.as_deref() {
            _ if self.has_markup() => Markup::Html,
            Some(kind) if kind.contains("html") || kind.contains("xml") => Markup::Html,
            Some("text" | "text/plain" | "plain") if mode != Some("escaped") => Markup::None,
            None if is_atom && mode.is_none() && self.field == Field::Title => Markup::None,
            _ => Markup::Unknown,
        };
        let value = self.text();
        let is_packed = mode == Some("base64") || kind.as_deref() == Some("application/octet-stream");
        match is_packed.then(|| unpack(&value)).flatten() {
            Some(value) => Written { value, markup: Markup::Html },
            None => Written { value, markup },
        }
    }

    fn attribute(&self, name: &str) -> Option<String> {
        attribute(self.attributes, name)
            .map(|value| entities::decode(value).into_owned())
            .filter(|value| !value.trim().is_empty())
    }

    /// Returns the content of an element within the field, or the whole where there is none such.
    fn inner(&self, names: &[&str]) -> Option<String> {
        if !self.has_markup() {
            return Some(self.text());
        }
        let content = self.text();
        names.iter().find_map(|wanted| {
            let mut lexer = Lexer::new(&content);
            lexer.find(|token| {
                matches!(token, Token::Start { name, .. } if name.rsplit(':').next().is_some_and(|n| n.eq_ignore_ascii_case(wanted)))
            })?;
            match lexer.next()? {
                Token::Text(text) => Some(entities::decode(text).into_owned()),
                Token::CData(text) => Some(text.to_owned()),
                Token::Start { .. } | Token::End { .. } => None,
            }
        })
    }

    /// Puts the field where it belongs in its item.
    pub(super) fn fill(&self, item: &mut Draft, is_atom: bool, base: Option<&str>) {
        let written = || Some(self.written(is_atom)).filter(|written| !written.value.trim().is_empty());
        let when = || date::parse(&self.text());
        match self.field {
            Field::Title => prefer(&mut item.title, written(), self.vocabulary == Vocabulary::Core),
            Field::MediaTitle => prefer(&mut item.title, written(), false),
            Field::Link => self.link(item, base),
            Field::Guid => self.guid(item),
            Field::Summary => prefer(&mut item.summary, written(), self.vocabulary == Vocabulary::Core),
            Field::MediaSummary => prefer(&mut item.summary, written(), false),
            Field::Content => self.content(item, is_atom),
            Field::Author => prefer(
                &mut item.author,
                self.inner(&["name", "email"]).filter(|a| !a.trim().is_empty()),
                false,
            ),
            Field::Published => prefer(&mut item.published, when(), true),
            Field::Date => prefer(&mut item.published, when(), false),
            Field::Updated => prefer(&mut item.updated, when(), false),
            Field::Category => item.tags.extend(self.attribute("term").or_else(|| Some(self.text()))),
            Field::Keywords => item.tags.extend(self.text().split(',').map(str::to_owned)),
            Field::Language => prefer(&mut item.lang, Some(self.text()), false),
            Field::Enclosure => {
                let is_image = self.attribute("type").is_some_and(|kind| kind.starts_with("image"));
                prefer(&mut item.image, self.attribute("url").filter(|_| is_image), false);
            }
            Field::Picture => {
                prefer(&mut item.image, self.attribute("href").or_else(|| self.inner(&["url"])), false);
            }
            Field::Thumbnail => prefer(&mut item.image, self.attribute("url"), true),
            Field::Group => (),
        }
    }

    fn link(&self, item: &mut Draft, base: Option<&str>) {
        let mut link = match self.attribute("href") {
            Some(href) => DraftLink { href, rel: self.attribute("rel"), media_type: self.attribute("type") },
            None => DraftLink { href: self.text(), ..DraftLink::default() },
        };
        if link.rel.as_deref() == Some("enclosure")
            && link.media_type.as_deref().is_some_and(|t| t.starts_with("image"))
        {
            prefer(&mut item.image, Some(link.href.clone()), false);
        }
        if let Some(absolute) = base.and_then(|base| url::Url::parse(base).ok()?.join(link.href.trim()).ok())
        {
            link.href = absolute.into();
        }
        item.links.push(link);
    }

    fn guid(&self, item: &mut Draft) {
        let guid = Some(self.text()).filter(|guid| !guid.trim().is_empty());
        if guid.is_some() && self.vocabulary == Vocabulary::Core {
            item.guid_is_no_link =
                self.attribute("isPermaLink").is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        }
        prefer(&mut item.guid, guid, self.vocabulary == Vocabulary::Core);
    }

    fn content(&self, item: &mut Draft, is_atom: bool) {
        let kind = self.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let is_text = ["text", "html", "xml", "octet-stream"].iter().any(|part| kind.contains(part));
        let is_binary = kind.contains('/') && !is_text;
        let mut written = self.written(is_atom);
        if !is_binary && !written.value.trim().is_empty() {
            if written.markup == Markup::Unknown && !is_atom {
                written.markup = Markup::Html;
            }
            prefer(&mut item.content, Some(written), false);
        }
    }
}

/// Returns the text that was packed as base 64; `None` where it was something else.
fn unpack(value: &str) -> Option<String> {
    let packed: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}

/// Fills a place that is empty, or one where this source of the field is the better one.
fn prefer<T>(place: &mut Option<T>, value: Option<T>, better: bool) {
    if value.is_some() && (place.is_none() || better) {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture<'a>(field: Field, attributes: &'a str, pieces: Vec<Piece<'a>>) -> Capture<'a> {
        Capture { field, attributes, vocabulary: Vocabulary::Core, pieces, depth: 2 }
    }

    #[track_caller]
    fn check_markup(field: Field, attributes: &str, is_atom: bool, expect: Markup) {
        let written = capture(field, attributes, vec![Piece::Text("a &lt; b")]).written(is_atom);
        assert_eq!((written.value.as_str(), written.markup), ("a < b", expect), "of {attributes:?}");
    }

    #[test]
    fn the_type_says_how_a_text_is_written() {
        check_markup(Field::Title, "", false, Markup::Unknown);
        check_markup(Field::Title, "", true, Markup::None);
        check_markup(Field::Summary, "", true, Markup::Unknown);
        check_markup(Field::Summary, "type='text'", true, Markup::None);
        check_markup(Field::Title, "type='HTML'", true, Markup::Html);
        check_markup(Field::Content, "type='application/xhtml+xml'", true, Markup::Html);
        check_markup(Field::Content, "type='text/plain' mode='escaped'", true, Markup::Unknown);
    }

    #[test]
    fn entities_wait_for_html_where_there_are_tags() {
        let pieces = vec![
            Piece::Text("1 &lt; 2 "),
            Piece::Markup("<b>"),
            Piece::CData("&amp;"),
            Piece::Markup("</b>"),
        ];
        let written = capture(Field::Summary, "type='text'", pieces).written(true);
        assert_eq!((written.value.as_str(), written.markup), ("1 &lt; 2 <b>&amp;</b>", Markup::Html));
    }

    #[test]
    fn what_was_packed_is_unpacked_where_it_was() {
        let packed = |attributes, text| {
            capture(Field::Content, attributes, vec![Piece::Text(text)]).written(true).value
        };
        assert_eq!(packed("mode='base64'", "PGI+ aGk8 L2I+"), "<b>hi</b>");
        assert_eq!(packed("mode='base64'", "not packed"), "not packed");
        assert_eq!(packed("", "PGI+aGk8L2I+"), "PGI+aGk8L2I+");
    }

    #[track_caller]
    fn check_fill(field: Field, attributes: &str, text: &str, expect: fn(&Draft) -> bool) {
        let mut item = Draft::default();
        capture(field, attributes, vec![Piece::Text(text)]).fill(
            &mut item,
            true,
            Some("http://a.example/x/"),
        );
        assert!(expect(&item), "{field:?} {attributes} {text}: {item:?}");
    }

    #[test]
    fn each_field_goes_to_its_place() {
        check_fill(Field::Guid, "isPermaLink=' FALSE '", "g", |item| item.guid_is_no_link);
        check_fill(Field::Link, "href='y' rel='via'", "", |item| {
            item.links[0].href == "http://a.example/x/y"
        });
        check_fill(Field::Link, "", "http://b.example/", |item| item.links[0].href == "http://b.example/");
        check_fill(Field::Link, "rel='enclosure' type='image/png' href='i.png'", "", |item| {
            item.image.is_some()
        });
        check_fill(Field::Enclosure, "type='audio/mpeg' url='a.mp3'", "", |item| item.image.is_none());
        check_fill(Field::Content, "type='image/png'", "aGk=", |item| item.content.is_none());
        check_fill(Field::Content, "type='text/enriched'", "x", |item| item.content.is_some());
        check_fill(Field::Category, "term='a&amp;b'", "", |item| item.tags == ["a&b"]);
        check_fill(Field::Keywords, "", "a, b", |item| item.tags == ["a", " b"]);
        check_fill(Field::Published, "", "no date", |item| item.published.is_none());
        check_fill(Field::Author, "", "  ", |item| item.author.is_none());
    }

    #[test]
    fn the_first_field_stays_unless_a_better_comes() {
        let mut item = Draft::default();
        for (vocabulary, text, expect) in [
            (Vocabulary::Media, "media", "media"),
            (Vocabulary::Dublin, "dublin", "media"),
            (Vocabulary::Core, "own", "own"),
            (Vocabulary::Dublin, "dublin", "own"),
            (Vocabulary::Core, " ", "own"),
        ] {
            let title = Capture { vocabulary, ..capture(Field::Title, "", vec![Piece::Text(text)]) };
            title.fill(&mut item, false, None);
            assert_eq!(item.title.as_ref().map(|title| title.value.as_str()), Some(expect));
        }
    }

    #[test]
    fn an_author_is_named_by_the_name_inside() {
        let author = |markup: &[&'static str]| {
            let pieces = markup
                .iter()
                .map(|&piece| if piece.starts_with('<') { Piece::Markup(piece) } else { Piece::Text(piece) });
            let mut item = Draft::default();
            capture(Field::Author, "", pieces.collect()).fill(&mut item, true, None);
            item.author
        };
        assert_eq!(
            author(&["<email>", "a@b.example", "</email>", "<a:name>", "Ann", "</a:name>"]).as_deref(),
            Some("Ann")
        );
        assert_eq!(author(&["<email>", "a@b.example", "</email>"]).as_deref(), Some("a@b.example"));
        assert_eq!(author(&["<uri>", "x", "</uri>"]), None);
        assert_eq!(author(&["Ann"]).as_deref(), Some("Ann"));
    }

    #[test]
    fn short_fields_end_where_the_next_begins() {
        let title = capture(Field::Title, "", Vec::new());
        assert!(title.is_ended_by(Vocabulary::Core, "guid"));
        assert!(!title.is_ended_by(Vocabulary::Xhtml, "link") && !title.is_ended_by(Vocabulary::Core, "b"));
        assert!(!capture(Field::Content, "", Vec::new()).is_ended_by(Vocabulary::Core, "guid"));
    }
}
