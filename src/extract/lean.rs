//! Leaves out of a document the items whose bytes were read before, so that the strict reader has
//! to do with the rest only.
//!
//! The cut is a guess: it looks for the tags of items and knows nothing of comments or sections.
//! What makes it right is checked elsewhere. An item is left out only if the very same bytes were
//! one item in a document that the survey took; the survey of the rest makes sure that an item
//! could stand wherever one was left out; and what has a say in how items are read is compared.
//! A well-formed element means the same wherever it stands among its like.
//!
//! The hash needs no key: whoever could make two items with one hash writes the feed, and could
//! leave the item out as well. By chance two items of a feed have one hash once in 10¹⁹ pairs, and
//! the whole reading of each day would find the one that was taken for the other.

use memchr::memmem;
use twox_hash::XxHash3_64;

use super::survey::{MAX_BYTES, Plan};
use crate::model::{Imprints, Prints};

/// Of what is read before the first item, so much is searched for the root.
const ROOT_WITHIN: usize = 2048;

/// A document without the items that were read before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lean {
    pub(super) doc: String,
    /// Where items were left out of it.
    pub(super) seams: Vec<usize>,
    /// Their hashes.
    pub(super) left_out: Vec<u64>,
}

/// Leaves out the known items; `None` where there are none.
pub(super) fn without(doc: &str, known: &Imprints) -> Option<Lean> {
    if doc.len() > MAX_BYTES {
        return None;
    }
    let mut known: Vec<u64> = known.items.iter().map(|item| item.print).collect();
    known.sort_unstable();
    let (start, end) = tags(doc);
    let (starts, ends) = (memmem::Finder::new(start), memmem::Finder::new(end));
    let mut lean = Lean { doc: String::new(), seams: Vec::new(), left_out: Vec::new() };
    let (mut from, mut kept_to) = (0, 0);
    while let Some(at) = starts.find(&doc.as_bytes()[from..]) {
        let item_at = from + at;
        let Some(length) = ends.find(&doc.as_bytes()[item_at..]) else { break };
        from = item_at + length + end.len();
        let print = XxHash3_64::oneshot(&doc.as_bytes()[item_at..from]);
        if known.binary_search(&print).is_err() {
            continue;
        }
        lean.doc.push_str(&doc[kept_to..item_at]);
        lean.seams.push(lean.doc.len());
        lean.left_out.push(print);
        from = doc.len() - doc[from..].trim_ascii_start().len();
        kept_to = from;
    }
    lean.doc.push_str(&doc[kept_to..]);
    (!lean.left_out.is_empty()).then_some(lean)
}

/// Returns how an item begins and ends. Where the guess is wrong, none is found.
fn tags(doc: &str) -> (&'static str, &'static str) {
    let head = &doc.as_bytes()[..doc.len().min(ROOT_WITHIN)];
    if memmem::find(head, b"<rss").is_some() { ("<item", "</item>") } else { ("<entry", "</entry>") }
}

/// Returns what the items can be known by; `None` where one of them has a say in how others are
/// read.
pub(super) fn prints(doc: &str, plan: Plan, lang: Option<&str>) -> Option<Prints> {
    let setting =
        hash_under(XxHash3_64::oneshot(plan.setting?.as_bytes()), lang.unwrap_or_default().as_bytes());
    let items = plan.items.into_iter().map(|item| XxHash3_64::oneshot(&doc.as_bytes()[item])).collect();
    Some(Prints { setting, items })
}

/// Returns the hash of some bytes that were preceded by others.
pub(super) fn hash_under(before: u64, bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(before, bytes)
}

#[cfg(test)]
mod tests {
    use super::super::lenient::Bounds;
    use super::super::survey::survey;
    use super::*;
    use crate::model::{Imprint, KeyHashes};

    fn known(items: &[&str]) -> Imprints {
        let items = items.iter().map(|item| Imprint {
            print: XxHash3_64::oneshot(item.as_bytes()),
            known_by: KeyHashes { key: 0, url: 0 },
        });
        Imprints { setting: 0, items: items.collect() }
    }

    #[track_caller]
    fn check(doc: &str, items: &[&str], expect: Option<&str>) {
        let lean = without(doc, &known(items));
        let seams = |lean: &Lean| {
            let mut doc = lean.doc.clone();
            for &seam in lean.seams.iter().rev() {
                doc.insert(seam, '|');
            }
            doc
        };
        assert_eq!(lean.as_ref().map(seams).as_deref(), expect, "of {doc}");
    }

    #[test]
    fn known_items_are_left_out_with_the_space_behind_them() {
        let doc = "<rss>\n<item>a</item>\n<item>b</item>\n<item>c</item>\n</rss>";
        check(doc, &["<item>a</item>"], Some("<rss>\n|<item>b</item>\n<item>c</item>\n</rss>"));
        check(
            doc,
            &["<item>b</item>", "<item>x</item>"],
            Some("<rss>\n<item>a</item>\n|<item>c</item>\n</rss>"),
        );
        check(doc, &["<item>a</item>", "<item>b</item>", "<item>c</item>"], Some("<rss>\n|||</rss>"));
        check(doc, &["<item>d</item>"], None);
        check("<feed><entry>a</entry><entry>b", &["<entry>a</entry>"], Some("<feed>|<entry>b"));
        check("<rss><item>a", &["<item>a"], None);
    }

    #[test]
    fn a_document_too_large_for_the_strict_reader_is_left_alone() {
        let doc = format!("<rss><item>a</item>{}</rss>", " ".repeat(MAX_BYTES));
        check(&doc, &["<item>a</item>"], None);
    }

    #[test]
    fn the_prints_are_those_that_the_cut_will_look_for() {
        let doc = "<rss version='2.0'><channel>\n<item><title>a</title></item>\n<item x='1'>b</item></channel></rss>";
        let plan = survey(doc, &[], &Bounds { max_depth: 9, max_items: 9, expired: &|| false }).unwrap();
        let prints = prints(doc, plan, None).unwrap();
        let items = prints
            .items
            .iter()
            .map(|&print| Imprint { print, known_by: KeyHashes { key: 0, url: 0 } })
            .collect();
        let lean = without(doc, &Imprints { setting: 0, items }).unwrap();
        assert_eq!(lean.left_out, prints.items);
        assert_eq!(lean.doc, "<rss version='2.0'><channel>\n</channel></rss>");
    }
}
