//! Gives an item its identity: the same article read again is the same item, whatever its
//! publisher does to ids, addresses and markup in the meantime.

mod apart;
mod gist;
mod key;
mod mark;
mod past;
mod url;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use self::apart::{are_apart, hashes_of};
pub use self::gist::Gist;
pub use self::key::text_key;
pub use self::mark::{Lasts, Mark, MarkKind, PASSING, marks};
pub use self::past::{Past, Recognised, Sight};
pub use self::url::canonical_url;
use self::url::is_front_page;
use crate::model::{
    Imprint, Imprints, Item, ItemId, ItemKeys, KeyHashes, Prints, RawItem, SourceId, Timestamp, Use, Uses,
};

/// 1990-01-01: there was no feed before.
const EARLIEST_CLAIM: Timestamp = Timestamp::from_millis(631_152_000_000);
/// How far ahead of our clock a publisher's may be.
const LATEST_CLAIM: Duration = Duration::from_hours(24);

/// Gives the items of one body their ids and keys, in the same order; exact repeats are left out.
///
/// An item is known by its publisher's id, else by its address, else by its words. An id or an
/// address that several items of the body share, though they differ, identifies none of them.
pub fn identify(source: &SourceId, raw: Vec<RawItem>, now: Timestamp) -> Vec<Item> {
    identify_all(source, raw, Uses::default(), now).items
}

/// The items of one body, and what they are known by.
pub struct Identified {
    /// The items, without exact repeats.
    pub items: Vec<Item>,
    /// What each raw item is known by.
    hashes: Vec<KeyHashes>,
}

impl Identified {
    /// Returns what is to be remembered of a body: its items of these prints, and those that were
    /// left out of it. `None` where two of them have something in common: what such items are, only
    /// all of them together tell.
    pub fn imprints(&self, prints: Option<&Prints>, left_out: Vec<Imprint>) -> Option<Imprints> {
        let prints = prints?;
        let read = prints.items.iter().zip(&self.hashes);
        let mut items = left_out;
        items.extend(read.map(|(&print, &known_by)| Imprint { print, known_by }));
        let are_apart = are_apart(items.iter().map(|item| item.known_by));
        are_apart.then_some(Imprints { setting: prints.setting, items })
    }
}

/// Does as `identify` does, for a source whose ids and addresses are good for this, and says what
/// the items are known by.
pub fn identify_all(source: &SourceId, raw: Vec<RawItem>, uses: Uses, now: Timestamp) -> Identified {
    let keyed: Vec<(RawItem, ItemKeys)> = raw
        .into_iter()
        .map(|raw| {
            let keys = own_keys(&raw, uses);
            (raw, keys)
        })
        .collect();
    let shared_guids =
        shared(&keyed, |keys| keys.guid.as_ref(), |raw, keys| (raw.title.as_str(), keys.url.as_deref()));
    let shared_urls = shared(&keyed, |keys| keys.url.as_ref(), |raw, _| raw.title.as_str());
    let hashes = keyed.iter().map(|(raw, keys)| hashes_of(raw, keys)).collect();
    let mut seen = HashSet::new();
    let items = keyed
        .into_iter()
        .map(|(raw, keys)| {
            let keys = ItemKeys {
                guid: keys.guid.filter(|guid| !shared_guids.contains(guid)),
                url: keys.url.filter(|url| !shared_urls.contains(url)),
                ..keys
            };
            item(source, raw, keys, now)
        })
        .filter(|item| seen.insert(item.id.clone()))
        .collect();
    Identified { items, hashes }
}

/// Gives an item that comes alone its id and keys.
pub fn single(source: &SourceId, raw: RawItem, now: Timestamp) -> Item {
    let keys = own_keys(&raw, Uses::default());
    item(source, raw, keys, now)
}

/// Returns the same item under an id of its own: the one it came with leads to another article.
pub fn under_own_name(item: &Item) -> Item {
    let uses = Uses { guid: Use::Ignored, ..item.keys.uses };
    let mut own = Item { keys: ItemKeys { uses, ..item.keys.clone() }, ..item.clone() };
    if let (Some(source), Some(known_by)) = (&own.source, known_by(&own.keys)) {
        own.id = ItemId::of(source, &known_by);
    }
    own
}

/// Returns the keys of an item seen alone.
fn own_keys(raw: &RawItem, uses: Uses) -> ItemKeys {
    let guid = raw.guid.as_deref().map(str::trim).filter(|guid| !guid.is_empty()).map(str::to_owned);
    let url = raw.url.as_deref().and_then(canonical_url).filter(|url| !is_front_page(url));
    ItemKeys {
        guid: guid.filter(|_| uses.guid != Use::Ignored),
        url: url.filter(|_| uses.url != Use::Ignored),
        text: text_key(&raw.title, body(raw)),
        uses,
    }
}

fn body(raw: &RawItem) -> &str {
    if raw.text.is_empty() { &raw.summary } else { &raw.text }
}

/// Returns the keys that stand for more than one content.
fn shared<'a, C: PartialEq>(
    keyed: &'a [(RawItem, ItemKeys)],
    key_of: impl Fn(&'a ItemKeys) -> Option<&'a String>,
    content_of: impl Fn(&'a RawItem, &'a ItemKeys) -> C,
) -> HashSet<String> {
    let mut contents: HashMap<&str, C> = HashMap::new();
    let mut shared = HashSet::new();
    for (raw, keys) in keyed {
        let Some(key) = key_of(keys) else { continue };
        let content = content_of(raw, keys);
        match contents.get(key.as_str()) {
            Some(known) if *known != content => drop(shared.insert(key.clone())),
            Some(_) => (),
            None => drop(contents.insert(key, content)),
        }
    }
    shared
}

fn item(source: &SourceId, raw: RawItem, keys: ItemKeys, now: Timestamp) -> Item {
    let believable = |claim: &Timestamp| (EARLIEST_CLAIM..=now + LATEST_CLAIM).contains(claim);
    Item {
        id: ItemId::of(source, &identity(&raw, &keys)),
        source: Some(source.clone()),
        url: raw.url,
        title: raw.title,
        summary: raw.summary,
        text: raw.text,
        author: raw.author,
        published: raw.published.filter(believable),
        updated: raw.updated.filter(believable),
        lang: raw.lang,
        tags: raw.tags,
        first_seen: None,
        image: raw.image,
        keys,
    }
}

/// Returns what the id is computed from: the first key that the item has.
fn identity(raw: &RawItem, keys: &ItemKeys) -> String {
    // No words at all: a picture, a line of symbols.
    known_by(keys).unwrap_or_else(|| {
        format!(
            "bare:{}\n{}\n{}\n{}",
            raw.guid.as_deref().unwrap_or_default(),
            raw.url.as_deref().and_then(canonical_url).unwrap_or_default(),
            raw.title,
            body(raw)
        )
    })
}

/// Returns the first key that counts.
fn known_by(keys: &ItemKeys) -> Option<String> {
    let guid =
        keys.guid.as_ref().filter(|_| keys.uses.guid == Use::Counts).map(|guid| format!("guid:{guid}"));
    let url = || keys.url.as_ref().filter(|_| keys.uses.url == Use::Counts).map(|url| format!("url:{url}"));
    let text = || keys.text.as_ref().map(|text| format!("text:{text}"));
    guid.or_else(url).or_else(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(guid: &str, url: &str, title: &str) -> RawItem {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        RawItem { guid: some(guid), url: some(url), title: title.to_owned(), ..RawItem::default() }
    }

    fn identified(raw: Vec<RawItem>) -> Vec<Item> {
        identify(&SourceId::new("s"), raw, Timestamp::parse_rfc3339("2026-03-03T10:00:00Z").unwrap())
    }

    fn id(item: RawItem) -> ItemId {
        identified(vec![item]).remove(0).id
    }

    #[test]
    fn an_item_keeps_its_id_when_its_words_change() {
        assert_eq!(id(raw("g1", "https://a.example/1", "old")), id(raw("g1", "https://a.example/1", "new")));
        assert_eq!(
            id(raw("", "https://a.example/1?utm_source=rss", "old")),
            id(raw("", "http://www.a.example/1/", "new"))
        );
        assert_ne!(id(raw("g1", "", "t")), id(raw("g2", "", "t")));
    }

    #[test]
    fn without_id_and_address_the_words_identify() {
        assert_eq!(id(raw("", "", "Kim arrives")), id(raw("", "https://a.example/", "KIM  arrives!")));
        assert_ne!(id(raw("", "", "Kim arrives")), id(raw("", "", "Kim leaves")));
        assert_ne!(id(raw("", "", "!!!")), id(raw("", "", "???")));
    }

    #[test]
    fn an_id_that_repeats_with_other_content_identifies_nothing() {
        let items = identified(vec![
            raw("same", "https://a.example/1", "one"),
            raw("same", "https://a.example/2", "two"),
            raw("same", "https://a.example/3", "three"),
        ]);
        assert_eq!(items.len(), 3);
        assert!(items.iter().all(|item| item.keys.guid.is_none() && item.keys.url.is_some()));
    }

    #[test]
    fn an_address_that_repeats_with_other_titles_identifies_nothing() {
        let page = "https://a.example/live";
        let items = identified(vec![raw("", page, "one"), raw("", page, "two"), raw("", page, "two")]);
        assert_eq!(items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert!(items.iter().all(|item| item.keys.url.is_none() && item.keys.text.is_some()));
    }

    #[test]
    fn exact_repeats_are_kept_once_in_order() {
        let items = identified(vec![raw("b", "", "b"), raw("a", "", "a"), raw("b", "", "b")]);
        assert_eq!(items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn a_date_is_kept_where_it_is_believable() {
        for (claim, kept) in [
            ("0001-01-01T00:00:00Z", false),
            ("1989-12-31T23:59:59Z", false),
            ("1990-01-01T00:00:00Z", true),
            ("2026-03-04T10:00:00Z", true),
            ("2026-03-04T10:00:01Z", false),
            ("9999-01-01T00:00:00Z", false),
        ] {
            let raw = RawItem { published: Timestamp::parse_rfc3339(claim), ..raw("g", "", "t") };
            assert_eq!(identified(vec![raw])[0].published.is_some(), kept, "{claim}");
        }
    }

    fn raws() -> impl Strategy<Value = Vec<RawItem>> {
        let one = ("[ab]?", "(https://a.example/[xy]?)?", "[pq!]{1,2}");
        proptest::collection::vec(one.prop_map(|(guid, url, title)| raw(&guid, &url, &title)), 0..12)
    }

    proptest! {
        #[test]
        fn ids_do_not_depend_on_the_order(items in raws()) {
            let ids = |raws| identified(raws).into_iter().map(|item| item.id).collect::<HashSet<_>>();
            prop_assert_eq!(ids(items.iter().rev().cloned().collect()), ids(items));
        }

        #[test]
        fn a_body_read_twice_over_has_no_more_items(items in raws()) {
            let twice = [items.clone(), items.clone()].concat();
            prop_assert_eq!(identified(twice), identified(items));
        }

        #[test]
        fn an_item_keeps_its_id_beside_others(guid in "[ab]", others in raws()) {
            let own = raw(&format!("own-{guid}"), "https://a.example/own", "own");
            let beside = identified([others, vec![own.clone()]].concat());
            prop_assert_eq!(&beside[beside.len() - 1].id, &id(own));
        }

        #[test]
        fn ids_are_unique_and_every_word_is_kept(
            items in proptest::collection::vec(("[ab]?", "(https://a.example/[xy]?)?", "[pq]{1,2}"), 0..12),
        ) {
            let raws: Vec<_> = items.iter().map(|(guid, url, title)| raw(guid, url, title)).collect();
            let identified = identified(raws.clone());
            let ids: HashSet<_> = identified.iter().map(|item| &item.id).collect();
            prop_assert_eq!(ids.len(), identified.len());
            for raw in &raws {
                prop_assert!(identified.iter().any(|item| item.title == raw.title));
            }
        }
    }
}
