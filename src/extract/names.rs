//! Which field of an item an element is, whatever the format, version or prefix calls it.

use super::lexer::each_attribute;

/// The vocabulary an element belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// RSS and Atom of any version, and what is in no namespace.
    Core,
    /// Dublin Core, elements and terms.
    Dublin,
    /// RSS's content module.
    Content,
    /// Media RSS.
    Media,
    /// Podcasts.
    Itunes,
    /// XHTML.
    Xhtml,
    /// Resource descriptions.
    Rdf,
    /// Any other.
    Other,
}

/// What an element tells of its item or feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    MediaTitle,
    Link,
    Guid,
    Summary,
    MediaSummary,
    Content,
    Author,
    Published,
    Date,
    Updated,
    Category,
    Keywords,
    Language,
    Enclosure,
    Picture,
    Thumbnail,
    /// Holds other fields.
    Group,
}

use Field as F;
use Vocabulary as V;

/// The elements that are read, by vocabulary and name in lower case.
const FIELDS: [(V, &str, F); 56] = [
    (V::Core, "title", F::Title),
    (V::Dublin, "title", F::Title),
    (V::Media, "title", F::MediaTitle),
    (V::Core, "link", F::Link),
    (V::Core, "url", F::Link),
    (V::Core, "guid", F::Guid),
    (V::Core, "id", F::Guid),
    (V::Dublin, "identifier", F::Guid),
    (V::Core, "description", F::Summary),
    (V::Core, "summary", F::Summary),
    (V::Core, "excerpt", F::Summary),
    (V::Core, "abstract", F::Summary),
    (V::Dublin, "description", F::Summary),
    (V::Dublin, "abstract", F::Summary),
    (V::Itunes, "summary", F::MediaSummary),
    (V::Itunes, "subtitle", F::MediaSummary),
    (V::Media, "description", F::MediaSummary),
    (V::Media, "text", F::MediaSummary),
    (V::Content, "encoded", F::Content),
    (V::Core, "encoded", F::Content),
    (V::Core, "content", F::Content),
    (V::Core, "fullitem", F::Content),
    (V::Xhtml, "body", F::Content),
    (V::Xhtml, "div", F::Content),
    (V::Core, "body", F::Content),
    (V::Core, "author", F::Author),
    (V::Dublin, "creator", F::Author),
    (V::Dublin, "author", F::Author),
    (V::Itunes, "author", F::Author),
    (V::Core, "managingeditor", F::Author),
    (V::Core, "pubdate", F::Published),
    (V::Core, "published", F::Published),
    (V::Core, "issued", F::Published),
    (V::Dublin, "issued", F::Published),
    (V::Dublin, "created", F::Published),
    (V::Core, "created", F::Date),
    (V::Core, "date", F::Date),
    (V::Dublin, "date", F::Date),
    (V::Core, "updated", F::Updated),
    (V::Core, "modified", F::Updated),
    (V::Core, "lastbuilddate", F::Updated),
    (V::Dublin, "modified", F::Updated),
    (V::Core, "category", F::Category),
    (V::Dublin, "subject", F::Category),
    (V::Media, "category", F::Category),
    (V::Itunes, "keywords", F::Keywords),
    (V::Media, "keywords", F::Keywords),
    (V::Core, "keywords", F::Keywords),
    (V::Core, "language", F::Language),
    (V::Dublin, "language", F::Language),
    (V::Core, "enclosure", F::Enclosure),
    (V::Core, "image", F::Picture),
    (V::Itunes, "image", F::Picture),
    (V::Media, "thumbnail", F::Thumbnail),
    (V::Media, "content", F::Group),
    (V::Media, "group", F::Group),
];

/// Parts of namespace addresses, in lower case, by which vocabularies are known in all their
/// versions and misspellings; the first that fits counts.
const ADDRESSES: [(&str, V); 17] = [
    ("rss/1.0/modules/content", V::Content),
    ("rss/1.0/modules/", V::Other),
    ("purl.org/dc/", V::Dublin),
    ("search.yahoo.com/mrss", V::Media),
    ("itunes.com", V::Itunes),
    ("itunes.apple.com", V::Itunes),
    ("w3.org/1999/xhtml", V::Xhtml),
    ("w3.org/1999/02/22-rdf-syntax-ns", V::Rdf),
    ("w3.org/2005/atom", V::Core),
    ("purl.org/atom", V::Core),
    ("purl.org/rss", V::Core),
    ("netscape.com", V::Core),
    ("userland.com", V::Core),
    ("blogs.law.harvard.edu", V::Core),
    ("cyber.law.harvard.edu", V::Core),
    ("example.com/necho", V::Core),
    ("feedvalidator.org/rss", V::Core),
];

/// What prefixes mean where nothing declares them.
const CUSTOMARY: [(&str, V); 11] = [
    ("dc", V::Dublin),
    ("dcterms", V::Dublin),
    ("content", V::Content),
    ("media", V::Media),
    ("itunes", V::Itunes),
    ("atom", V::Core),
    ("a10", V::Core),
    ("rss", V::Core),
    ("rdf", V::Rdf),
    ("xhtml", V::Xhtml),
    ("feed", V::Core),
];

/// The prefixes that a document has declared so far.
#[derive(Default)]
pub(super) struct Prefixes {
    declared: Vec<(String, Vocabulary)>,
    /// How often a prefix came to mean something else than before.
    n_changes: usize,
}

/// More prefixes than that are no mistake but an attack.
const MAX_PREFIXES: usize = 256;

impl Prefixes {
    /// Notes the namespaces that a tag declares.
    pub(super) fn declare(&mut self, attributes: &str) {
        if !attributes.contains("xmlns:") {
            return;
        }
        for (name, address) in each_attribute(attributes) {
            let Some(prefix) = name.strip_prefix("xmlns:") else { continue };
            let vocabulary = vocabulary_of(address);
            let has_room = self.declared.len() < MAX_PREFIXES;
            let meant = self.meaning(prefix);
            match self.declared.iter_mut().find(|(known, _)| known == prefix) {
                Some(known) => known.1 = vocabulary,
                None if has_room => self.declared.push((prefix.to_owned(), vocabulary)),
                None => continue,
            }
            self.n_changes += usize::from(meant != vocabulary);
        }
    }

    /// Returns how often a prefix came to mean something else than before.
    pub(super) fn n_changes(&self) -> usize {
        self.n_changes
    }

    /// Returns the prefixes that mean something else than they would undeclared.
    pub(super) fn peculiar(&self) -> impl Iterator<Item = (&str, Vocabulary)> {
        let declared = self.declared.iter().map(|(prefix, vocabulary)| (prefix.as_str(), *vocabulary));
        declared.filter(|(prefix, vocabulary)| customary(prefix) != *vocabulary)
    }

    fn meaning(&self, prefix: &str) -> Vocabulary {
        let declared = self.declared.iter().find(|(known, _)| known == prefix);
        declared.map_or_else(|| customary(prefix), |&(_, vocabulary)| vocabulary)
    }

    /// Returns an element's vocabulary and its name without prefix in lower case.
    pub(super) fn resolve(&self, name: &str, attributes: &str) -> (Vocabulary, String) {
        let Some((prefix, local)) = name.split_once(':') else {
            let declared = attributes.contains("xmlns=").then(|| own_namespace(attributes)).flatten();
            return (declared.unwrap_or(Vocabulary::Core), name.to_ascii_lowercase());
        };
        (self.meaning(prefix), local.to_ascii_lowercase())
    }
}

/// Returns what a prefix means that is not declared.
fn customary(prefix: &str) -> Vocabulary {
    let found = CUSTOMARY.iter().find(|(known, _)| prefix.eq_ignore_ascii_case(known));
    found.map_or(Vocabulary::Other, |&(_, vocabulary)| vocabulary)
}

/// A namespace of its own that is unknown makes an element no stranger: publishers misspell them.
fn own_namespace(attributes: &str) -> Option<Vocabulary> {
    let (_, address) = each_attribute(attributes).find(|(name, _)| *name == "xmlns")?;
    Some(vocabulary_of(address)).filter(|&vocabulary| vocabulary != Vocabulary::Other)
}

fn vocabulary_of(address: &str) -> Vocabulary {
    let address = address.trim().to_ascii_lowercase();
    ADDRESSES.iter().find(|(part, _)| address.contains(part)).map_or(Vocabulary::Other, |&(_, v)| v)
}

/// Returns the field that an element is, if it is one.
pub(super) fn field(vocabulary: Vocabulary, local: &str) -> Option<Field> {
    FIELDS.iter().find(|(v, name, _)| *v == vocabulary && *name == local).map(|&(_, _, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(declarations: &str, name: &str, expect: Option<Field>) {
        let mut prefixes = Prefixes::default();
        prefixes.declare(declarations);
        let (vocabulary, local) = prefixes.resolve(name, "");
        assert_eq!(field(vocabulary, &local), expect, "for {name} under {declarations}");
    }

    #[test]
    fn declared_prefixes_count_more_than_customary_ones() {
        check("", "dc:creator", Some(Field::Author));
        check("xmlns:x='http://purl.org/dc/elements/1.1/'", "x:creator", Some(Field::Author));
        check("xmlns:dc='http://strange.example/'", "dc:creator", None);
        check(
            "xmlns:content='http://purl.org/rss/1.0/modules/content/'",
            "content:encoded",
            Some(Field::Content),
        );
        check("xmlns:slash='http://purl.org/rss/1.0/modules/slash/'", "slash:title", None);
    }

    #[test]
    fn atom_is_known_by_any_address() {
        for address in
            ["http://www.w3.org/2005/Atom", "https://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"]
        {
            check(&format!("xmlns:a='{address}'"), "a:title", Some(Field::Title));
        }
    }
}
