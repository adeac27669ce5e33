//! What an item is recognised by, strongest first, and what of it is recognised for a time only.

use std::time::Duration;

use super::key::SHORT;
use crate::model::{ItemKeys, SourceId, Use};

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
    /// How long it is recognised by it.
    pub lasts: Lasts,
}

/// How long a mark is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// For ever.
    Always,
    /// For [`PASSING`] only: a short text, where the item has a better mark.
    Passes,
    /// Not at all: it is only looked at, to see whether it stays the same.
    Never,
}

/// Returns what an item is recognised by, strongest first, with what is only looked at.
pub fn marks<'a>(source: &'a SourceId, keys: &'a ItemKeys) -> impl Iterator<Item = Mark<'a>> + use<'a> {
    let mark = |kind, scope, value: &'a Option<String>, used| {
        let lasts = match used {
            Use::Counts => Lasts::Always,
            Use::Watched => Lasts::Never,
            Use::Ignored => return None,
        };
        Some(Mark { kind, scope, value: value.as_deref()?, lasts })
    };
    let guid = mark(MarkKind::Guid, source.as_str(), &keys.guid, keys.uses.guid);
    let url = mark(MarkKind::Url, "", &keys.url, keys.uses.url);
    let has_better = [&guid, &url].into_iter().flatten().any(|mark| mark.lasts == Lasts::Always);
    let text = mark(MarkKind::Text, "", &keys.text, Use::Counts).map(|text| {
        let passes = has_better && text.value.starts_with(SHORT);
        Mark { lasts: if passes { Lasts::Passes } else { Lasts::Always }, ..text }
    });
    guid.into_iter().chain(url).chain(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(guid: &str, text: &str) -> ItemKeys {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ItemKeys { guid: some(guid), text: some(text), ..ItemKeys::default() }
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
            let last = marks(&source, &keys(guid, text)).last().unwrap().lasts;
            assert_eq!(last == Lasts::Passes, passes, "{guid} {text}");
        }
    }
}
