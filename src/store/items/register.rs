//! What is known of the items that some polls brought, as far as the store had it, and what each of
//! them turns out to be. Nothing is asked of the store here, and nothing written.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::dedupe::{Lasts, Mark, MarkKind, PASSING, marks};
use crate::model::{Calls, Item, ItemId, Named, PollRecord, SeenItem, SourceId, Timestamp, Use};

/// A known item counts as seen again only once a day, to spare the disk.
const SEEN_AGAIN_MS: i64 = 86_400_000;

/// What something is recognised by: kind, scope and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Key<'a>(pub(super) &'static str, pub(super) &'a str, pub(super) &'a str);

impl<'a> Key<'a> {
    pub(super) fn of(mark: Mark<'a>) -> Self {
        Key(mark.kind.as_str(), mark.scope, mark.value)
    }
}

/// The item that something leads to.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) item: String,
    pub(super) last_seen: Timestamp,
}

/// What matters of a stored item.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) source: String,
    pub(super) text_key: Option<String>,
    pub(super) first_seen: Timestamp,
}

/// What an item of a poll turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Taken {
    /// It was never seen before.
    New,
    /// A known item of the same source, whose words have changed.
    Updated(ItemId),
    /// A known item that another source brought first.
    Copy(ItemId, Again),
    /// A known item and nothing new about it.
    Known(Again),
}

/// By what a known item was recognised, where its id was another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Again {
    /// Its id was the same, or its publisher's was.
    Itself,
    SameUrl,
    SameText,
}

/// All of it, with what is to be written.
#[derive(Default)]
pub(in crate::store) struct Register<'a> {
    identities: HashMap<Key<'a>, Identity>,
    /// By id.
    kept: HashMap<String, Kept>,
    items: Vec<(&'a SeenItem, Timestamp)>,
    edits: Vec<(ItemId, &'a SeenItem)>,
    added: Vec<Key<'a>>,
    rebound: HashSet<Key<'a>>,
    seen_again: HashSet<Key<'a>>,
    /// What known items were called, by source.
    named: HashMap<&'a SourceId, Named>,
}

/// What is to be written.
pub(super) struct Writes<'a> {
    /// New items and when they were seen.
    pub(super) items: Vec<(&'a SeenItem, Timestamp)>,
    /// Changed items by the id they are known under.
    pub(super) edits: Vec<(ItemId, &'a SeenItem)>,
    pub(super) identities: Vec<(Key<'a>, String, Timestamp)>,
    pub(super) rebound: Vec<(Key<'a>, String, Timestamp)>,
    /// What was seen again, and when the latest of it was.
    pub(super) seen_again: Option<(Vec<Key<'a>>, Timestamp)>,
}

/// Says whether an item came under the id of another article.
fn is_under_another_name(item: &Item) -> bool {
    item.keys.guid.is_some() && item.keys.uses.guid == Use::Ignored
}

impl<'a> Register<'a> {
    pub(super) fn note(&mut self, key: Key<'a>, identity: Identity) {
        self.identities.insert(key, identity);
    }

    pub(super) fn keep(&mut self, id: &str, kept: Kept) {
        self.kept.insert(id.to_owned(), kept);
    }

    pub(super) fn keeps(&self, id: &str) -> bool {
        self.kept.contains_key(id)
    }

    /// Takes in the next item of a poll.
    pub(in crate::store) fn take(&mut self, record: &'a PollRecord, seen: &'a SeenItem) -> Taken {
        let (now, item) = (record.polled_at, &seen.item);
        let Some((id, by)) = self.find(record, item) else {
            if self.keeps(item.id.as_str()) {
                return Taken::Known(Again::Itself);
            }
            let source = item.source.as_ref().map_or("", |source| source.as_str()).to_owned();
            let kept = Kept { source, text_key: item.keys.text.clone(), first_seen: now };
            self.keep(item.id.as_str(), kept);
            self.items.push((seen, now));
            if is_under_another_name(item) {
                self.named.entry(&record.source).or_default().reused += 1;
            }
            self.bind(record, item, item.id.as_str());
            return Taken::New;
        };
        self.note_names(record, item, &id);
        self.bind(record, item, &id);
        let again = match by {
            MarkKind::Url if id != item.id.as_str() => Again::SameUrl,
            MarkKind::Text if id != item.id.as_str() => Again::SameText,
            MarkKind::Guid | MarkKind::Url | MarkKind::Text => Again::Itself,
        };
        // Of some only the identity is left.
        let Some(kept) = self.kept.get_mut(&id) else { return Taken::Known(again) };
        if kept.source != record.source.as_str() {
            return Taken::Copy(ItemId::new(id), again);
        }
        if kept.text_key == item.keys.text || by == MarkKind::Text {
            return Taken::Known(again);
        }
        kept.text_key.clone_from(&item.keys.text);
        let id = ItemId::new(id);
        self.edits.push((id.clone(), seen));
        Taken::Updated(id)
    }

    /// Finds the item by its publisher's id, then its address, then its text.
    fn find(&self, record: &PollRecord, item: &Item) -> Option<(String, MarkKind)> {
        marks(&record.source, &item.keys).find_map(|mark| {
            let id = &self.identities.get(&Key::of(mark))?.item;
            self.counts(mark, id, record.polled_at).then(|| (id.clone(), mark.kind))
        })
    }

    fn counts(&self, mark: Mark<'_>, id: &str, now: Timestamp) -> bool {
        match mark.lasts {
            Lasts::Always => true,
            Lasts::Passes => !self.is_over(id, now),
            Lasts::Never => false,
        }
    }

    /// Takes note of whether a known item of the same source is called as it was before.
    fn note_names(&mut self, record: &'a PollRecord, item: &'a Item, id: &str) {
        if self.kept.get(id).is_none_or(|kept| kept.source != record.source.as_str()) {
            return;
        }
        let called = |kind: MarkKind| {
            let mark = marks(&record.source, &item.keys).find(|mark| mark.kind == kind)?;
            Some(self.identities.get(&Key::of(mark)).is_some_and(|known| known.item == id))
        };
        let guid = called(MarkKind::Guid).or(is_under_another_name(item).then_some(false));
        let url = called(MarkKind::Url);
        let named = self.named.entry(&record.source).or_default();
        for (calls, is_kept) in [(&mut named.guid, guid), (&mut named.url, url)] {
            let Calls { kept, changed } = calls;
            *kept += u64::from(is_kept == Some(true));
            *changed += u64::from(is_kept == Some(false));
        }
    }

    /// Returns what the known items of a source were called.
    pub(super) fn named(&self, source: &SourceId) -> Named {
        self.named.get(source).copied().unwrap_or_default()
    }

    /// Returns the stored item that an item's id leads to, where its words are others.
    pub(super) fn claimed<'b>(&'b self, record: &'b PollRecord, item: &'b Item) -> Option<&'b str> {
        // What has no words could not be known by anything else.
        item.keys.text.as_ref()?;
        let mark = marks(&record.source, &item.keys).find(|mark| mark.kind == MarkKind::Guid)?;
        let id = &self.identities.get(&Key::of(mark))?.item;
        let kept = self.kept.get(id)?;
        let is_claim = mark.lasts == Lasts::Always && kept.source == record.source.as_str();
        (is_claim && kept.text_key != item.keys.text).then_some(id)
    }

    /// Says whether the time of a short text is over that leads to this item.
    fn is_over(&self, id: &str, now: Timestamp) -> bool {
        self.kept.get(id).is_none_or(|kept| kept.first_seen < now - PASSING)
    }

    /// Has what an item is recognised by lead to this id from now on. What leads to another item
    /// stays with that, but for a short text whose time is over.
    fn bind(&mut self, record: &'a PollRecord, item: &'a Item, id: &str) {
        let now = record.polled_at;
        for mark in marks(&record.source, &item.keys) {
            let key = Key::of(mark);
            let Some(known) = self.identities.get(&key) else {
                self.identities.insert(key, Identity { item: id.to_owned(), last_seen: now });
                self.added.push(key);
                continue;
            };
            let goes_over = mark.lasts == Lasts::Passes && self.is_over(&known.item, now) && known.item != id;
            let is_seen_again = known.last_seen.as_millis() < now.as_millis() - SEEN_AGAIN_MS;
            if goes_over {
                self.identities.insert(key, Identity { item: id.to_owned(), last_seen: now });
                self.rebound.insert(key);
            } else if is_seen_again {
                let item = known.item.clone();
                self.identities.insert(key, Identity { item, last_seen: now });
                self.seen_again.insert(key);
            }
        }
    }

    pub(super) fn into_writes(self) -> Writes<'a> {
        let Register { mut identities, items, edits, added, rebound, seen_again, .. } = self;
        let latest = seen_again.iter().filter_map(|key| Some(identities.get(key)?.last_seen)).max();
        let seen_again = latest.map(|latest| (seen_again.into_iter().collect(), latest));
        let is_added: HashSet<Key<'a>> = added.iter().copied().collect();
        let rebound: Vec<Key<'a>> = rebound.into_iter().filter(|key| !is_added.contains(key)).collect();
        let mut write = |key: Key<'a>| {
            let Identity { item, last_seen } = identities.remove(&key)?;
            Some((key, item, last_seen))
        };
        Writes {
            items,
            edits,
            identities: added.into_iter().filter_map(&mut write).collect(),
            rebound: rebound.into_iter().filter_map(&mut write).collect(),
            seen_again,
        }
    }
}
