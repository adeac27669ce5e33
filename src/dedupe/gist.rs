//! Whether two items have anything in common that one article and its edit would have: an id that
//! leads to both is believed only then.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use super::canonical_url;
use super::key::is_unspaced;
use crate::model::Item;

/// Of a text so many words count.
const WORDS: usize = 24;
/// In titles words of fewer letters are in every other one.
const LONG_WORD: usize = 4;
/// Of the pairs of neighbouring words in the shorter text one in so many is in common at least.
const PAIRS: usize = 10;

/// What is kept of an item to compare others with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gist {
    url: Option<u32>,
    /// The hashes of the title's long words, in order; of all where none is long.
    title: Box<[u32]>,
    /// The hashes of the pairs of neighbouring words of title and text, in order.
    pairs: Box<[u32]>,
}

impl Gist {
    /// Returns the gist of an item.
    pub fn of(item: &Item) -> Self {
        let body = if item.text.is_empty() { &item.summary } else { &item.text };
        let title = words(&item.title, usize::MAX);
        let text = words(body, WORDS);
        let mut long: Vec<u32> = title.iter().filter(|word| word.is_long).map(|word| word.hash).collect();
        if long.is_empty() {
            long = title.iter().map(|word| word.hash).collect();
        }
        let pairs = pairs(&title).chain(pairs(&text)).collect();
        Gist {
            url: item.url.as_deref().and_then(canonical_url).map(|url| hash_of(url.as_bytes())),
            title: in_order(long),
            pairs: in_order(pairs),
        }
    }

    /// Says whether this is another article: both have an address, and neither address nor title nor
    /// text have anything in common that counts.
    pub fn is_apart_from(&self, other: &Gist) -> bool {
        let other_url = self.url.zip(other.url).is_some_and(|(one, other)| one != other);
        let near = |a: &[u32], b: &[u32], share: usize| {
            let shorter = a.len().min(b.len());
            shorter > 0 && n_common(a, b) * share >= shorter
        };
        // Who has no words says nothing of them.
        let has_words = !self.title.is_empty() && !other.title.is_empty()
            || !self.pairs.is_empty() && !other.pairs.is_empty();
        has_words
            && other_url
            && !near(&self.title, &other.title, 2)
            && !near(&self.pairs, &other.pairs, PAIRS)
    }
}

struct Word {
    hash: u32,
    is_long: bool,
}

/// Returns the words of a text; where they are written without spaces between them, its signs.
fn words(text: &str, limit: usize) -> Vec<Word> {
    let folded = caseless::default_case_fold_str(text);
    let mut words = Vec::new();
    for run in folded.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        if words.len() >= limit {
            break;
        }
        if run.chars().any(is_unspaced) {
            let signs: Vec<char> = run.chars().collect();
            let word = |signs: &[char]| hash_of(String::from_iter(signs).as_bytes());
            let two = signs.windows(signs.len().min(2));
            words.extend(two.map(|signs| Word { hash: word(signs), is_long: true }));
            continue;
        }
        let is_long = run.chars().count() >= LONG_WORD || run.chars().all(char::is_numeric);
        words.push(Word { hash: hash_of(run.as_bytes()), is_long });
    }
    words
}

fn pairs(words: &[Word]) -> impl Iterator<Item = u32> {
    words.windows(2).map(|pair| pair[0].hash.rotate_left(7) ^ pair[1].hash)
}

fn in_order(mut hashes: Vec<u32>) -> Box<[u32]> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.into()
}

fn n_common(a: &[u32], b: &[u32]) -> usize {
    a.iter().filter(|hash| b.binary_search(hash).is_ok()).count()
}

fn hash_of(bytes: &[u8]) -> u32 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ItemId;

    fn item((url, title, text): (&str, &str, &str)) -> Item {
        Item {
            url: Some(url.to_owned()).filter(|url| !url.is_empty()),
            title: title.to_owned(),
            text: text.to_owned(),
            ..Item::bare(ItemId::new("it"))
        }
    }

    #[track_caller]
    fn check(a: (&str, &str, &str), b: (&str, &str, &str), expect: bool) {
        let (a, b) = (Gist::of(&item(a)), Gist::of(&item(b)));
        assert_eq!((a.is_apart_from(&b), b.is_apart_from(&a)), (expect, expect));
    }

    const KIM: (&str, &str, &str) = (
        "https://a.example/1",
        "Kim arrives in Vladivostok",
        "The armoured train crossed the border at dawn, officials of the region said.",
    );

    #[test]
    fn another_address_title_and_text_is_another_article() {
        check(
            KIM,
            ("https://a.example/2", "Central bank hints at rate cut", "The bank said so on Monday."),
            true,
        );
        check(KIM, ("https://a.example/2", "The war in Gaza", ""), true);
        let (one, two) = ("https://a.example/1", "https://a.example/2");
        check((one, "The war in Gaza", ""), (two, "The cat in the hat", ""), true);
        check((one, "北朝鮮がミサイル発射", ""), (two, "日銀が利下げを決定", ""), true);
    }

    #[test]
    fn what_has_one_thing_in_common_is_an_edit() {
        let (url, title, text) = KIM;
        check(KIM, ("https://www.a.example/1?utm_source=x", "Other words", "All of it."), false);
        check(KIM, ("https://a.example/2", "Vladivostok: Kim arrives by train", "All other words."), false);
        check(KIM, ("https://a.example/2", "Summit begins", text), false);
        check(
            KIM,
            ("https://a.example/2", "Summit begins", &format!("{text} More words came later.")),
            false,
        );
        check(KIM, (url, title, ""), false);
        let (one, two) = ("https://a.example/1", "https://a.example/2");
        check((one, "北朝鮮がミサイル発射", ""), (two, "北朝鮮、ミサイル2発を発射か", ""), false);
    }

    #[test]
    fn who_has_no_address_or_no_words_says_nothing() {
        check(("", "one", ""), ("https://a.example/2", "two", ""), false);
        check(("", "one", ""), ("", "two", ""), false);
        check(KIM, ("https://a.example/2", "", ""), false);
        check(("", "", ""), ("", "", ""), false);
    }
}
