//! The strict and the lenient reader find the same in the same feed: an item must not become
//! another one because its feed broke once.

use std::collections::BTreeMap;
use std::fmt::Debug;

use newshound::dedupe;
use newshound::extract::Extracted;
use newshound::model::{RawItem, SourceId, Timestamp};

use crate::corpora_feeds::{all_feeds, feeds_folder, normal_link, read, share};

/// A mistake behind the end of the feed, which costs nothing but the strict reader's trust.
const MISTAKE: &[u8] = b"&mistake;";

#[test]
fn real_feeds_are_the_same_to_both_readers() {
    let Some(feeds) = feeds_folder() else { return };
    let mut fields: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let (mut doubts, mut n_strict, mut n_feeds) = (BTreeMap::new(), 0, 0);
    for (path, body) in all_feeds(&feeds) {
        let strict = read(&body);
        if strict.items.is_empty() {
            continue;
        }
        n_feeds += 1;
        if let Some(doubt) = strict.doubt {
            *doubts.entry(doubt).or_insert(0) += 1;
            println!("{path}: left to the lenient reader: {doubt}");
            continue;
        }
        n_strict += 1;
        let lenient = read(&[&body, MISTAKE].concat());
        assert!(lenient.doubt.is_some());
        let mut judge = Judge { path: &path, fields: &mut fields };
        judge.same("number of items", &strict.items.len(), &lenient.items.len());
        judge.same("feed title", &strict.title, &lenient.title);
        judge.same("feed language", &strict.lang, &lenient.lang);
        for (strict, lenient) in strict.items.iter().zip(&lenient.items) {
            judge.items(strict, lenient);
        }
        judge.ids(strict, lenient);
    }
    println!(
        "corpora/feeds: the strict reader reads {n_strict} of {n_feeds} feeds with items; doubts: {doubts:?}"
    );
    for (field, [n_same, n]) in &fields {
        println!("{field}: {n_same} of {n} the same");
    }
    for field in ["id", "guid", "link", "title", "number of items"] {
        assert!(share(fields[field][0], fields[field][1]) >= 0.995, "{field}");
    }
}

struct Judge<'a> {
    path: &'a str,
    fields: &'a mut BTreeMap<&'static str, [usize; 2]>,
}

impl Judge<'_> {
    fn same<T: PartialEq + Debug>(&mut self, field: &'static str, strict: &T, lenient: &T) {
        let counts = self.fields.entry(field).or_default();
        counts[1] += 1;
        if strict == lenient {
            counts[0] += 1;
        } else {
            let cut = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
            println!("{}: {field}: {} against {}", self.path, cut(strict), cut(lenient));
        }
    }

    fn items(&mut self, strict: &RawItem, lenient: &RawItem) {
        self.same("guid", &strict.guid, &lenient.guid);
        let link = |item: &RawItem| item.url.as_deref().map(normal_link);
        self.same("link", &link(strict), &link(lenient));
        self.same("link as written", &strict.url, &lenient.url);
        self.same("title", &strict.title, &lenient.title);
        self.same("summary", &strict.summary, &lenient.summary);
        self.same("text", &strict.text, &lenient.text);
        self.same("author", &strict.author, &lenient.author);
        self.same("published", &strict.published, &lenient.published);
        self.same("updated", &strict.updated, &lenient.updated);
        self.same("lang", &strict.lang, &lenient.lang);
        self.same("tags", &strict.tags, &lenient.tags);
        self.same("image", &strict.image, &lenient.image);
    }

    fn ids(&mut self, strict: Extracted, lenient: Extracted) {
        let identify = |extracted: Extracted| {
            let now = Timestamp::from_millis(1_795_428_000_000);
            dedupe::identify(&SourceId::new("s"), extracted.items, now)
        };
        let (strict, lenient) = (identify(strict), identify(lenient));
        self.same("number of ids", &strict.len(), &lenient.len());
        for (strict, lenient) in strict.iter().zip(&lenient) {
            self.same("id", &strict.id, &lenient.id);
            self.same("text key", &strict.keys.text, &lenient.keys.text);
        }
    }
}
