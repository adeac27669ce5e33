//! An item as a reader of some format found it, and how it becomes a raw item: which of its links
//! is the article, what its texts say without markup, and how long each field may be.

use url::Url;

use super::text;
use crate::model::{RawItem, Timestamp};

/// The most characters of a headline that are kept.
const MAX_TITLE: usize = 1024;
/// The longest address that is kept.
const MAX_LINK: usize = 4096;
/// The most characters of an author's name, and of a category, that are kept.
const MAX_AUTHOR: usize = 256;
/// The longest id of a publisher that is kept.
const MAX_GUID: usize = 4096;
/// The most categories of an item that are kept.
const MAX_TAGS: usize = 64;

/// How a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    /// As text, whatever looks like a tag.
    None,
    /// As HTML.
    Html,
    /// As either.
    Unknown,
}

/// A text as it was found, and how it was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) value: String,
    pub(super) markup: Markup,
}

/// A link of an item; the address is not resolved yet.
#[derive(Clone, Debug, Default)]
pub(super) struct DraftLink {
    pub(super) href: String,
    pub(super) rel: Option<String>,
    pub(super) media_type: Option<String>,
}

/// An item as it was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) guid: Option<String>,
    /// The publisher says that the id is no address.
    pub(super) guid_is_no_link: bool,
    pub(super) links: Vec<DraftLink>,
    pub(super) title: Option<Written>,
    pub(super) summary: Option<Written>,
    pub(super) content: Option<Written>,
    pub(super) author: Option<String>,
    pub(super) published: Option<Timestamp>,
    pub(super) updated: Option<Timestamp>,
    pub(super) lang: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) image: Option<String>,
    /// What relative addresses are relative to, where the item says so itself.
    pub(super) base: Option<String>,
}

/// What holds for all items of a document.
pub(super) struct Setting<'a> {
    pub(super) base: &'a Url,
    pub(super) lang: Option<&'a str>,
    pub(super) max_text: usize,
}

impl Draft {
    /// Makes the raw item; `None` where there is nothing in it.
    pub(super) fn finish(self, setting: &Setting<'_>) -> Option<RawItem> {
        let own_base = self.base.as_deref().and_then(|base| setting.base.join(base.trim()).ok());
        let base = own_base.as_ref().unwrap_or(setting.base);
        let guid = self.guid.as_deref().map(|guid| text::one_line(guid, MAX_GUID)).filter(|g| !g.is_empty());
        let permalink = guid.as_deref().filter(|guid| !self.guid_is_no_link && is_web(guid));
        let url = article_link(&self.links, base).or_else(|| permalink.and_then(|guid| resolve(guid, base)));
        let mut tags: Vec<String> = Vec::new();
        for tag in self.tags.iter().map(|tag| text::headline(tag, MAX_AUTHOR)) {
            if !tag.is_empty() && !tags.contains(&tag) && tags.len() < MAX_TAGS {
                tags.push(tag);
            }
        }
        let mut item = RawItem {
            url,
            title: self.title.map(|title| headline(&title)).unwrap_or_default(),
            summary: self.summary.map(|summary| plain(&summary, setting.max_text)).unwrap_or_default(),
            text: self.content.map(|content| plain(&content, setting.max_text)).unwrap_or_default(),
            author: self.author.map(|author| author_name(&author)).filter(|author| !author.is_empty()),
            published: self.published,
            updated: self.updated,
            lang: self.lang.as_deref().or(setting.lang).and_then(language),
            tags,
            image: self.image.and_then(|image| resolve(&image, base)),
            guid,
        };
        let lang = item.lang.take();
        let is_nothing = item == RawItem::default();
        item.lang = lang;
        (!is_nothing).then_some(item)
    }
}

fn headline(title: &Written) -> String {
    match title.markup {
        Markup::None => text::one_line(&text::literal(&title.value, MAX_TITLE), MAX_TITLE),
        Markup::Html | Markup::Unknown => text::headline(&title.value, MAX_TITLE),
    }
}

fn plain(written: &Written, max_text: usize) -> String {
    let mut plain = match written.markup {
        Markup::None => text::literal(&written.value, max_text),
        Markup::Html | Markup::Unknown => text::plain(&written.value, max_text),
    };
    plain.truncate(footer_start(&plain));
    plain
}

/// Last lines that publishing software adds to every text.
const FOOTERS: [&str; 6] =
    ["read more", "continue reading", "read the full story", "read full article", "comments", "permalink"];

/// Returns where the lines begin that belong to the feed and not to the article.
fn footer_start(text: &str) -> usize {
    let mut end = text.len();
    while let Some(at) = text[..end].rfind('\n') {
        let line = text[at..end].trim();
        let words = line.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let is_signature = line.starts_with("The post ") && line.contains(" appeared first on ");
        if !is_signature && !FOOTERS.contains(&words.as_str()) {
            break;
        }
        end = at;
    }
    end
}

/// Chooses the address of the article: a page before anything else, the first before later ones.
fn article_link(links: &[DraftLink], base: &Url) -> Option<String> {
    let rank = |link: &DraftLink| {
        let is_page = link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
        match link.rel.as_deref().map(str::trim) {
            None | Some("" | "alternate") if is_page => Some(0),
            None | Some("" | "alternate") => Some(1),
            Some("related" | "via" | "canonical") => Some(2),
            Some(_) => None,
        }
    };
    let mut ranked: Vec<(u8, &DraftLink)> =
        links.iter().filter_map(|link| rank(link).map(|rank| (rank, link))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().find_map(|(_, link)| resolve(&link.href, base))
}

/// Returns the absolute web address, as the URL standard writes it.
pub(super) fn resolve(href: &str, base: &Url) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.len() > MAX_LINK * 4 {
        return None;
    }
    let url = base.join(href).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // A shortened address would be another one.
    (url.as_str().len() <= MAX_LINK).then(|| url.into())
}

/// Says whether a text is an absolute web address.
pub(super) fn is_web(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && Url::parse(text).is_ok()
}

/// Returns the name that stands beside a mail address, like `a@example.org (Ann Author)`, or the
/// address where it stands alone.
fn author_name(author: &str) -> String {
    let author = text::headline(author, MAX_AUTHOR);
    let words: Vec<&str> = author.split(' ').filter(|word| !word.contains('@')).collect();
    let name = words.join(" ");
    let name = name.trim_end_matches([',', ' ']);
    let name = name.strip_prefix('(').and_then(|name| name.strip_suffix(')')).unwrap_or(name).trim();
    if name.is_empty() { author } else { name.to_owned() }
}

/// Returns a language tag in its usual spelling; `None` for what is none.
pub(super) fn language(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-").to_lowercase();
    let is_tag = (2..=35).contains(&tag.len())
        && tag
            .split('-')
            .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        && tag
            .split('-')
            .next()
            .is_some_and(|part| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_alphabetic()));
    is_tag.then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(href: &str, rel: Option<&str>, media_type: Option<&str>) -> DraftLink {
        DraftLink { href: href.into(), rel: rel.map(Into::into), media_type: media_type.map(Into::into) }
    }

    #[track_caller]
    fn check_link(links: &[DraftLink], expect: Option<&str>) {
        let base = Url::parse("https://example.org/news/feed.xml").unwrap();
        assert_eq!(article_link(links, &base).as_deref(), expect);
    }

    #[test]
    fn the_article_is_the_first_alternate_page() {
        check_link(
            &[
                link("https://a.example/self", Some("self"), None),
                link("https://a.example/json", Some("alternate"), Some("application/json")),
                link("https://a.example/page", None, None),
            ],
            Some("https://a.example/page"),
        );
        check_link(&[link("https://a.example/edit", Some("edit"), None)], None);
    }

    #[test]
    fn only_web_addresses_are_links() {
        check_link(&[link("javascript:alert(1)", None, None)], None);
        check_link(&[link("/a b", None, None)], Some("https://example.org/a%20b"));
        check_link(&[link("HTTP://Example.org", None, None)], Some("http://example.org/"));
        check_link(&[link(&format!("http://example.org/{}", "a".repeat(5000)), None, None)], None);
    }

    #[test]
    fn the_last_lines_of_publishing_software_are_no_text() {
        let kept = |text: &'static str| &text[..footer_start(text)];
        assert_eq!(kept("The news.\nRead more »\nThe post The news appeared first on Site."), "The news.");
        assert_eq!(kept("Read more"), "Read more");
        assert_eq!(kept("One.\nThe post office closes."), "One.\nThe post office closes.");
    }

    #[test]
    fn names_and_languages_are_read_from_what_surrounds_them() {
        assert_eq!(author_name("ann@example.org (Ann Author)"), "Ann Author");
        assert_eq!(author_name("Ann Author <ann@example.org>"), "Ann Author");
        assert_eq!(author_name("Ann Author, (mailto:ann@example.org)"), "Ann Author");
        assert_eq!(author_name("(Ann Author)"), "Ann Author");
        assert_eq!(author_name("ann@example.org"), "ann@example.org");
        assert_eq!(author_name("Ann (Reuters)"), "Ann (Reuters)");
        assert_eq!(author_name("@ann"), "@ann");
        assert_eq!(language("en_US").as_deref(), Some("en-us"));
        assert_eq!(language("english language"), None);
        assert_eq!(language("<b>"), None);
    }
}
