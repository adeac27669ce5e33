//! What feed-rs reads of RSS and of Atom, element by element: the addresses of namespaces it
//! knows, to the letter, and the fields of an item it keeps, as far as our own reader wants them.

use quick_xml::name::ResolveResult;

/// A format with its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Rss,
    Atom,
}

/// A namespace as feed-rs knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    Rss,
    Atom,
    Content,
    Dublin,
    Media,
    Itunes,
    Other,
}

/// How feed-rs takes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As text; of two the last.
    Once,
    /// As text; all of them.
    Many,
    /// As text of Atom, by its type.
    Rich,
    /// By this attribute, which has to be there.
    Holder(&'static str),
    /// By the names inside.
    Person,
    /// As the address of an image, or of something else.
    Picture,
    /// By what is inside.
    Group,
}

use Dialect::{Atom, Rss};
use Namespace as N;
use Shape as S;

/// The addresses of the namespaces.
const ADDRESSES: [(&str, N); 6] = [
    ("http://purl.org/rss/1.0/", N::Rss),
    ("http://www.w3.org/2005/Atom", N::Atom),
    ("http://purl.org/rss/1.0/modules/content/", N::Content),
    ("http://purl.org/dc/elements/1.1/", N::Dublin),
    ("http://search.yahoo.com/mrss/", N::Media),
    ("http://www.itunes.com/dtds/podcast-1.0.dtd", N::Itunes),
];

/// The fields of an item that are kept. What media say is kept where the item does not say it itself.
pub(super) const FIELDS: [(Dialect, N, &str, S); 35] = [
    (Rss, N::Rss, "title", S::Once),
    (Rss, N::Rss, "link", S::Many),
    (Rss, N::Rss, "description", S::Once),
    (Rss, N::Rss, "author", S::Many),
    (Rss, N::Rss, "category", S::Many),
    (Rss, N::Rss, "guid", S::Once),
    (Rss, N::Rss, "pubDate", S::Once),
    (Rss, N::Rss, "enclosure", S::Picture),
    (Rss, N::Dublin, "date", S::Once),
    (Rss, N::Dublin, "creator", S::Many),
    (Rss, N::Content, "encoded", S::Once),
    (Rss, N::Itunes, "summary", S::Many),
    (Rss, N::Itunes, "subtitle", S::Many),
    (Rss, N::Media, "title", S::Many),
    (Rss, N::Media, "description", S::Many),
    (Rss, N::Media, "text", S::Many),
    (Rss, N::Media, "thumbnail", S::Picture),
    (Rss, N::Media, "content", S::Group),
    (Rss, N::Media, "group", S::Group),
    (Atom, N::Atom, "id", S::Once),
    (Atom, N::Atom, "title", S::Rich),
    (Atom, N::Atom, "link", S::Holder("href")),
    (Atom, N::Atom, "summary", S::Rich),
    (Atom, N::Atom, "content", S::Rich),
    (Atom, N::Atom, "author", S::Person),
    (Atom, N::Atom, "category", S::Holder("term")),
    (Atom, N::Atom, "published", S::Once),
    (Atom, N::Atom, "pubDate", S::Once),
    (Atom, N::Atom, "updated", S::Once),
    (Atom, N::Media, "title", S::Many),
    (Atom, N::Media, "description", S::Many),
    (Atom, N::Media, "text", S::Many),
    (Atom, N::Media, "thumbnail", S::Picture),
    (Atom, N::Media, "content", S::Group),
    (Atom, N::Media, "group", S::Group),
];

impl Dialect {
    /// Returns the dialect of a document with this root. RSS 1.0 is none: feed-rs drops the ids of
    /// its items, and the items without a link.
    pub(super) fn of_root(local: &str, version: Option<&str>) -> Option<Self> {
        match (local, version) {
            ("rss", Some("2.0" | "" | "0.91" | "0.92")) => Some(Rss),
            ("feed", _) => Some(Atom),
            _ => None,
        }
    }

    /// Returns the namespace of an element; `None` where its prefix is not declared.
    pub(super) fn namespace(self, resolved: &ResolveResult<'_>) -> Option<Namespace> {
        match resolved {
            ResolveResult::Unbound => Some(self.own()),
            ResolveResult::Bound(address) => Some(
                ADDRESSES.iter().find(|(known, _)| *known == address.0).map_or(N::Other, |&(_, known)| known),
            ),
            ResolveResult::Unknown(_) => None,
        }
    }

    fn own(self) -> Namespace {
        match self {
            Rss => N::Rss,
            Atom => N::Atom,
        }
    }

    /// Says whether an element is an item.
    pub(super) fn is_item(self, namespace: Namespace, local: &str) -> bool {
        namespace == self.own() && local == if self == Rss { "item" } else { "entry" }
    }

    /// Says whether an element this deep is the one that holds the items.
    pub(super) fn is_head(self, namespace: Namespace, local: &str, depth: usize) -> bool {
        self == Rss && depth == 1 && namespace == N::Rss && local == "channel"
    }

    /// Says whether an element of the head is the feed's language and read as such.
    pub(super) fn keeps_language(self, namespace: Namespace, local: &str) -> bool {
        self == Rss && namespace == N::Rss && local == "language"
    }

    /// Returns how a field of an item is taken; `None` where it is lost.
    pub(super) fn shape(self, namespace: Namespace, local: &str) -> Option<Shape> {
        let is_row = |row: &&(Dialect, N, &str, S)| row.0 == self && row.1 == namespace && row.2 == local;
        FIELDS.iter().find(is_row).map(|row| row.3)
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::name::Namespace as Address;

    use super::*;

    #[test]
    fn a_dialect_is_known_by_its_root() {
        for (local, version, expect) in [
            ("rss", Some("2.0"), Some(Rss)),
            ("rss", Some("0.92"), Some(Rss)),
            ("rss", Some("0.93"), None),
            ("rss", None, None),
            ("RSS", Some("2.0"), None),
            ("feed", None, Some(Atom)),
            ("RDF", None, None),
        ] {
            assert_eq!(Dialect::of_root(local, version), expect, "of {local} {version:?}");
        }
    }

    #[test]
    fn namespaces_are_known_to_the_letter() {
        let of = |address| Rss.namespace(&ResolveResult::Bound(Address(address)));
        assert_eq!(of("http://purl.org/dc/elements/1.1/"), Some(N::Dublin));
        assert_eq!(of("http://purl.org/dc/elements/1.1"), Some(N::Other));
        assert_eq!(Rss.namespace(&ResolveResult::Unbound), Some(N::Rss));
        assert_eq!(Atom.namespace(&ResolveResult::Unbound), Some(N::Atom));
        assert_eq!(Atom.namespace(&ResolveResult::Unknown("x".to_owned())), None);
    }
}
