//! The items of a replay so far: recognises each further one as the store would have done it at
//! that time, so that what is tried out agrees with what the daemon does.

use std::hash::Hash as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::gist::Gist;
use super::mark::{Lasts, Mark, MarkKind, PASSING, marks};
use super::under_own_name;
use crate::model::hashed::ByHash;
use crate::model::{Item, SourceId, Timestamp};

/// What was seen so far.
#[derive(Default)]
pub struct Past {
    firsts: Vec<First>,
    by_mark: ByHash<u128, u32>,
}

/// What is kept of an item that was new.
struct First {
    seen: Timestamp,
    source: u128,
    /// The hash of its latest words.
    text: u128,
    /// What its latest words tell others apart by, where it has an address.
    gist: Option<Gist>,
}

/// How an item stands to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing before it was the same.
    New,
    /// Its own source changed it.
    Edited,
    /// Another source brings it too.
    Copied,
    /// It comes again, and nothing about it is new.
    Again,
}

/// What an item turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The number of the item it is, counted from 0 in the order in which they were new.
    pub number: u32,
    /// How it stands to it.
    pub sight: Sight,
    /// What it was recognised by; `None` where it is new.
    pub by: Option<MarkKind>,
}

impl Past {
    /// Takes in the next item, as if it were seen at that time.
    ///
    /// The time may lie before that of an earlier item: windows count the difference either way.
    pub fn take(&mut self, item: &Item, at: Timestamp) -> Recognised {
        if self.is_under_another_name(item) {
            return self.take_as_it_is(&under_own_name(item), at);
        }
        self.take_as_it_is(item, at)
    }

    /// Says whether an item came under the id of another article.
    fn is_under_another_name(&self, item: &Item) -> bool {
        let nowhere = SourceId::new("");
        let source = item.source.as_ref().unwrap_or(&nowhere);
        let leads_to = marks(source, &item.keys)
            .find(|mark| mark.kind == MarkKind::Guid)
            .and_then(|mark| self.by_mark.get(&with_hash(mark).0));
        let Some(first) = leads_to.map(|&number| &self.firsts[number as usize]) else { return false };
        // What has no words could not be known by anything else.
        let is_claim = first.source == source_hash(source) && item.keys.text.is_some();
        let gist = first.gist.as_ref().filter(|_| is_claim && first.text != text_hash(item));
        gist.is_some_and(|gist| Gist::of(item).is_apart_from(gist))
    }

    fn take_as_it_is(&mut self, item: &Item, at: Timestamp) -> Recognised {
        let nowhere = SourceId::new("");
        let source = item.source.as_ref().unwrap_or(&nowhere);
        let mut own: Vec<(u128, Mark)> = marks(source, &item.keys).map(with_hash).collect();
        if own.is_empty() {
            // No words at all: its id is computed from what there is.
            let value = item.id.as_str();
            own.push(with_hash(Mark { kind: MarkKind::Text, scope: "", value, lasts: Lasts::Always }));
        }
        let text = text_hash(item);
        // What has no address or no words, as what is stored already, cannot be another article.
        let gist = || item.url.as_ref().and(item.keys.text.as_ref()).map(|_| Gist::of(item));
        let recognised = match self.find(&own, at) {
            None => self.add(First { seen: at, source: source_hash(source), text, gist: gist() }),
            Some((number, kind)) => {
                let sight = self.sight(number, kind, (source_hash(source), text));
                if sight == Sight::Edited {
                    self.firsts[number as usize].gist = gist();
                }
                Recognised { number, sight, by: Some(kind) }
            }
        };
        self.bind(&own, recognised.number, at);
        recognised
    }

    fn find(&self, own: &[(u128, Mark)], at: Timestamp) -> Option<(u32, MarkKind)> {
        own.iter().find_map(|(hash, mark)| {
            let number = *self.by_mark.get(hash)?;
            self.counts(mark, number, at).then_some((number, mark.kind))
        })
    }

    fn counts(&self, mark: &Mark<'_>, number: u32, at: Timestamp) -> bool {
        match mark.lasts {
            Lasts::Always => true,
            Lasts::Passes => self.is_recent(number, at),
            Lasts::Never => false,
        }
    }

    fn is_recent(&self, number: u32, at: Timestamp) -> bool {
        let seen = self.firsts[number as usize].seen;
        seen.since(at).max(at.since(seen)) <= PASSING
    }

    fn add(&mut self, first: First) -> Recognised {
        let number = u32::try_from(self.firsts.len()).expect("no memory holds four billion items");
        self.firsts.push(first);
        Recognised { number, sight: Sight::New, by: None }
    }

    fn sight(&mut self, number: u32, kind: MarkKind, (source, text): (u128, u128)) -> Sight {
        let first = &mut self.firsts[number as usize];
        match () {
            () if first.source != source => Sight::Copied,
            () if kind == MarkKind::Text || first.text == text => Sight::Again,
            () => {
                first.text = text;
                Sight::Edited
            }
        }
    }

    /// Has the marks lead to this item, but for those that lead to another one still.
    fn bind(&mut self, own: &[(u128, Mark)], number: u32, at: Timestamp) {
        for (hash, mark) in own {
            match self.by_mark.get(hash) {
                Some(other) if mark.lasts != Lasts::Passes || self.is_recent(*other, at) => {}
                _ => drop(self.by_mark.insert(*hash, number)),
            }
        }
    }
}

fn with_hash(mark: Mark<'_>) -> (u128, Mark<'_>) {
    (hash_of(mark.kind, mark.scope, mark.value), mark)
}

fn text_hash(item: &Item) -> u128 {
    hash_of(MarkKind::Text, "", item.keys.text.as_deref().unwrap_or_default())
}

fn source_hash(source: &SourceId) -> u128 {
    hash_of(MarkKind::Guid, source.as_str(), "")
}

fn hash_of(kind: MarkKind, scope: &str, value: &str) -> u128 {
    let mut hasher = SipHasher13::new();
    (kind, scope, value).hash(&mut hasher);
    hasher.finish128().as_u128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedupe::single;
    use crate::model::RawItem;

    const HOUR: i64 = 3_600_000;

    fn raw(guid: &str, url: &str, title: &str) -> RawItem {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        RawItem { guid: some(guid), url: some(url), title: title.to_owned(), ..RawItem::default() }
    }

    /// Takes in items given as source, id, address, title and hour; returns what each was.
    #[track_caller]
    fn check(items: &[(&str, &str, &str, &str, i64, u32, Sight)]) {
        let mut past = Past::default();
        for (source, guid, url, title, hour, number, sight) in items {
            let at = Timestamp::from_millis(hour * HOUR);
            let item = single(&SourceId::new(*source), raw(guid, url, title), at);
            let recognised = past.take(&item, at);
            assert_eq!((recognised.number, recognised.sight), (*number, *sight), "{guid} {url} {title}");
        }
    }

    #[test]
    fn an_id_is_the_same_item_within_its_source() {
        check(&[
            ("a", "1", "", "one", 0, 0, Sight::New),
            ("a", "1", "", "one", 1, 0, Sight::Again),
            ("a", "1", "", "two", 2, 0, Sight::Edited),
            ("a", "1", "", "two", 3, 0, Sight::Again),
            ("b", "1", "", "three", 4, 1, Sight::New),
        ]);
    }

    #[test]
    fn an_address_is_the_same_item_whoever_brings_it() {
        check(&[
            ("a", "1", "https://n.example/x?utm_source=a", "one", 0, 0, Sight::New),
            ("b", "9", "http://www.n.example/x", "other words", 1, 0, Sight::Copied),
            ("a", "2", "https://n.example/x#top", "other words", 2, 0, Sight::Edited),
        ]);
    }

    #[test]
    fn a_short_text_is_the_same_for_three_days_either_way() {
        check(&[
            ("a", "1", "", "News in brief", 100, 0, Sight::New),
            ("b", "2", "", "News in brief", 172, 0, Sight::Copied),
            ("a", "3", "", "News in brief", 28, 0, Sight::Again),
            ("a", "4", "", "News in brief", 173, 1, Sight::New),
            ("a", "5", "", "News in brief", 240, 1, Sight::Again),
        ]);
    }

    #[test]
    fn a_long_text_and_one_without_anything_else_are_the_same_for_ever() {
        let long = "word ".repeat(30);
        let mut past = Past::default();
        let mut take = |guid: &str, text: &str, hour: i64| {
            let raw = RawItem { text: text.to_owned(), ..raw(guid, "", "A title") };
            let at = Timestamp::from_millis(hour * HOUR);
            past.take(&single(&SourceId::new("s"), raw, at), at).number
        };
        assert_eq!((take("1", &long, 0), take("2", &long, 10_000)), (0, 0));
        assert_eq!((take("", "few words", 0), take("", "few words", 10_000)), (1, 1));
    }

    #[test]
    fn an_item_without_words_is_itself_again() {
        check(&[
            ("a", "", "", "!!!", 0, 0, Sight::New),
            ("a", "", "", "!!!", 1, 0, Sight::Again),
            ("a", "", "", "???", 1, 1, Sight::New),
        ]);
    }

    #[test]
    fn an_id_that_comes_with_another_article_leads_to_none() {
        check(&[
            ("a", "1", "https://n.example/x", "Rates are cut", 0, 0, Sight::New),
            ("a", "1", "https://n.example/y", "Kim arrives", 1, 1, Sight::New),
            ("a", "1", "https://n.example/y", "Kim arrives", 2, 1, Sight::Again),
            ("a", "1", "https://n.example/z", "Kim leaves", 3, 2, Sight::New),
            ("a", "1", "https://n.example/v", "Rates are not cut", 3, 0, Sight::Edited),
        ]);
    }

    #[test]
    fn what_leads_to_another_item_stays_with_that() {
        check(&[
            ("a", "1", "", "one", 0, 0, Sight::New),
            ("a", "2", "", "two", 0, 1, Sight::New),
            ("a", "2", "", "one", 1, 1, Sight::Edited),
            ("a", "3", "", "one", 2, 0, Sight::Again),
        ]);
    }
}
