//! Whether items can be told apart one by one, so that some of them may be identified without the
//! others being read again.

use std::collections::HashSet;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use super::identity;
use crate::model::{ItemKeys, KeyHashes, RawItem, Use};

/// Takes the hashes of what an item is known by when it is seen alone.
pub(super) fn hashes_of(raw: &RawItem, keys: &ItemKeys) -> KeyHashes {
    // What does not count identifies nothing, whatever else has it.
    let guid = keys.guid.as_ref().filter(|_| keys.uses.guid == Use::Counts);
    let url = keys.url.as_deref().filter(|_| keys.uses.url == Use::Counts);
    let is_known_by_address = guid.is_none() && url.is_some();
    KeyHashes {
        key: if is_known_by_address { 0 } else { hash_of(&identity(raw, keys)) },
        url: url.map_or(0, hash_of),
    }
}

/// Says whether no two items have anything in common that they are known by.
pub(super) fn are_apart(mut hashes: impl Iterator<Item = KeyHashes>) -> bool {
    let (mut keys, mut urls) = (HashSet::new(), HashSet::new());
    hashes.all(|KeyHashes { key, url }| (key == 0 || keys.insert(key)) && (url == 0 || urls.insert(url)))
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
    use super::super::{Identified, identify_all};
    use super::*;
    use crate::model::{Imprint, Prints, SourceId, Timestamp, Uses};

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
        let identified = identify_all(&SourceId::new("s"), raws.collect(), Uses::default(), now);
        // Each of them may have been known before.
        for n_known in 0..=items.len() {
            let (known, unseen) = identified.hashes.split_at(n_known);
            let known = known.iter().map(|&known_by| Imprint { print: 1, known_by }).collect();
            let prints = Prints { setting: 0, items: vec![2; unseen.len()] };
            let unseen = Identified { items: Vec::new(), hashes: unseen.to_vec() };
            assert_eq!(unseen.imprints(Some(&prints), known).is_some(), expect, "{items:?}");
        }
        assert_eq!(identified.imprints(None, Vec::new()), None);
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
