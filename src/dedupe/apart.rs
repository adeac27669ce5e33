//! Whether items can be told apart one by one, so that some of them may be identified without the
//! others being read again.

use std::collections::HashSet;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use super::identity;
use crate::model::{ItemKeys, RawItem};

/// The hashes of what an item is known by. Two items may have equal ones by chance; then they are
/// held for items that have something in common, which costs a whole reading and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHashes {
    /// Of the publisher's id, else of the words where there is no address either; else 0.
    pub key: u32,
    /// Of the address; 0 where there is none that identifies.
    pub url: u32,
}

impl KeyHashes {
    /// Takes the hashes of what an item is known by when it is seen alone.
    pub(super) fn of(raw: &RawItem, keys: &ItemKeys) -> Self {
        let is_known_by_address = keys.guid.is_none() && keys.url.is_some();
        KeyHashes {
            key: if is_known_by_address { 0 } else { hash_of(&identity(raw, keys)) },
            url: keys.url.as_deref().map_or(0, hash_of),
        }
    }
}

/// Says whether no two items have anything in common that they are known by.
pub fn are_apart<'a>(hashes: impl IntoIterator<Item = &'a KeyHashes>) -> bool {
    let (mut keys, mut urls) = (HashSet::new(), HashSet::new());
    hashes.into_iter().all(|hashes| {
        (hashes.key == 0 || keys.insert(hashes.key)) && (hashes.url == 0 || urls.insert(hashes.url))
    })
}

fn hash_of(text: &str) -> u32 {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
    // 0 stands for nothing.
    u32::from_le_bytes([a, b, c, d]).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::identify_all;
    use super::*;
    use crate::model::{SourceId, Timestamp};

    /// Whether items given as id, address and title are told apart.
    #[track_caller]
    fn check(items: &[(&str, &str, &str)], expect: bool) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let raws = items.iter().map(|(guid, url, title)| RawItem {
            guid: some(guid),
            url: some(url),
            title: (*title).to_owned(),
            ..RawItem::default()
        });
        let now = Timestamp::from_millis(0);
        let identified = identify_all(&SourceId::new("s"), raws.collect(), now);
        assert_eq!(identified.hashes.is_some(), expect, "{items:?}");
    }

    #[test]
    fn items_with_an_id_or_address_in_common_are_not_apart() {
        let page = "https://a.example/1";
        check(&[("a", page, "one"), ("b", "https://a.example/2", "one")], true);
        check(&[("a", page, "one"), ("a", "https://a.example/2", "two")], false);
        check(&[("a", page, "one"), ("b", "https://a.example/1?utm_source=x", "two")], false);
        check(&[("", page, "one"), ("b", page, "one")], false);
        check(&[("a", "", "one"), ("b", "", "one")], true);
    }

    #[test]
    fn words_tell_apart_what_has_nothing_else() {
        check(&[("", "", "one"), ("", "", "two")], true);
        check(&[("", "", "one"), ("", "", "ONE")], false);
        check(&[("", "", "one"), ("a", "", "one")], true);
        check(&[("", "", "!!!"), ("", "", "???")], true);
        // A front page identifies nothing.
        check(&[("", "https://a.example/", "one"), ("", "https://a.example/", "two")], true);
    }
}
