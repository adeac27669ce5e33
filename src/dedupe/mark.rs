//! What an item is recognised by, strongest first, and what of it is recognised for a time only.

use std::time::Duration;

use super::key::SHORT;
use crate::model::{ItemKeys, SourceId};

/// How long a short text identifies: a column's headline comes again.
pub const PASSING: Duration = Duration::from_hours(72);

/// What kind of thing an item is recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// The publisher's id, within its source.
    Guid,
    /// The canonical address.
    Url,
    /// The words.
    Text,
}

impl MarkKind {
    /// Returns its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            MarkKind::Guid => "guid",
            MarkKind::Url => "url",
            MarkKind::Text => "text",
        }
    }
}

/// One thing that an item is recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark<'a> {
    /// What it is.
    pub kind: MarkKind,
    /// The source it counts in; empty where it counts in all.
    pub scope: &'a str,
    /// The id, address or hash itself.
    pub value: &'a str,
    /// Whether it counts for [`PASSING`] only: a short text, where the item has a better mark.
    pub passes: bool,
}

/// Returns what an item is recognised by, strongest first.
pub fn marks<'a>(source: &'a SourceId, keys: &'a ItemKeys) -> impl Iterator<Item = Mark<'a>> + use<'a> {
    let lasting = |kind, scope, value| Mark { kind, scope, value, passes: false };
    let guid = keys.guid.as_deref().map(|guid| lasting(MarkKind::Guid, source.as_str(), guid));
    let url = keys.url.as_deref().map(|url| lasting(MarkKind::Url, "", url));
    let better = guid.is_some() || url.is_some();
    let text = keys
        .text
        .as_deref()
        .map(|text| Mark { passes: better && text.starts_with(SHORT), ..lasting(MarkKind::Text, "", text) });
    guid.into_iter().chain(url).chain(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(guid: &str, text: &str) -> ItemKeys {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ItemKeys { guid: some(guid), url: None, text: some(text) }
    }

    #[test]
    fn an_id_counts_in_its_source_and_words_everywhere() {
        let (source, keys) = (SourceId::new("s"), keys("g", "long"));
        let found: Vec<_> = marks(&source, &keys).map(|mark| (mark.kind.as_str(), mark.scope)).collect();
        assert_eq!(found, [("guid", "s"), ("text", "")]);
    }

    #[test]
    fn a_short_text_passes_where_there_is_something_better() {
        let source = SourceId::new("s");
        for (guid, text, passes) in [("g", "short:x", true), ("g", "x", false), ("", "short:x", false)] {
            let last = marks(&source, &keys(guid, text)).last().unwrap().passes;
            assert_eq!(last, passes, "{guid} {text}");
        }
    }
}
