//! Where new items stand among copies and stories. What they are compared with is looked up for all
//! the polls that are written together, and so is written what has changed.

mod catch_up;
mod keep;
mod look_up;
mod postings;
mod rarity;

use std::collections::{HashMap, HashSet};

pub(super) use self::keep::write;
pub(super) use self::look_up::look_up;
use super::items::Taken;
use super::{Store, StoreError, Tx};
use crate::model::{Item, ItemId, PollRecord, SeenItem, SourceId, StoryId, StoryRef};
use crate::story::{Arrival, Carrier, Counts, EventKind, Placed, Shelf, Story};

/// What this process knows besides the store, so as not to read it again with each poll.
///
/// Only what the store has, or will have once the transaction in hand ends: where that fails, the
/// counts are again what they were, and the rest was read from the store in the first place.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// How often words occur; `None` before they were read.
    counts: Option<Counts>,
    /// The counts before what the store may not take: that of a transaction that has not ended.
    before: Option<Counts>,
    /// Whether something was counted since all counts were written.
    is_ahead: bool,
    waiting: postings::Waiting,
    horizon: keep::Horizon,
}

impl Known {
    /// Says that the store took what was written.
    pub(super) fn is_kept(&mut self) {
        self.before = None;
    }

    /// Takes back what was counted for a transaction that did not end.
    pub(super) fn begin(&mut self) {
        if let Some(before) = self.before.take() {
            self.counts = Some(before);
        }
    }

    fn counts(&mut self) -> &mut Counts {
        self.counts.get_or_insert_default()
    }
}

impl Store {
    /// Writes what was counted and is not written yet, at an orderly end.
    pub(super) async fn keep_counts(&self) -> Result<(), StoreError> {
        if !self.known.lock().await.is_ahead {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let mut known = self.known.lock().await;
        known.begin();
        rarity::write_all(&mut tx, known.counts()).await?;
        tx.commit().await?;
        known.is_ahead = false;
        Ok(())
    }
}

/// An item and what it turned out to be.
pub(super) type Coming<'a> = (&'a PollRecord, &'a SeenItem, &'a Taken);

/// Articles, agency, the place of the outlet and when it published: an origin as JSON.
type KeptOrigin = (Vec<i64>, Option<String>, usize, i64);

/// How an item stands to its story.
pub(super) struct Standing {
    /// The story, as it is with this item.
    pub(super) story: StoryRef,
    /// The stories that were merged into it along with what is written now.
    pub(super) merged: Vec<StoryId>,
    /// Whether no article of the story came before it.
    pub(super) is_first: bool,
    /// The item it is a copy of, where it is one, and the source of that.
    pub(super) copy_of: Option<(ItemId, SourceId)>,
    /// Rare words and numbers that no earlier article had, by their hashes.
    pub(super) new_facts: Vec<u32>,
}

/// The shelf for some polls.
pub(super) struct Placing<'a> {
    shelf: Shelf,
    articles: HashMap<ItemId, i64>,
    echoes: Vec<(i64, &'a PollRecord, &'a Item)>,
    /// The words whose stories are on the shelf.
    words: HashSet<u32>,
    /// How many items were counted before the first of these.
    counted_before: Option<u32>,
}

impl<'a> Placing<'a> {
    fn new(shelf: Shelf) -> Self {
        Placing {
            shelf,
            articles: HashMap::new(),
            echoes: Vec::new(),
            words: HashSet::new(),
            counted_before: None,
        }
    }

    /// Places an item; `None` where it has no story, as one of before there were any.
    pub(super) async fn place(
        &mut self,
        tx: &mut Tx<'_>,
        known: &mut Known,
        (record, seen, taken): Coming<'a>,
    ) -> Result<Option<Standing>, StoreError> {
        match taken {
            Taken::New => {
                let item = &seen.item;
                let arrival = Arrival {
                    item: &item.id,
                    source: &record.source,
                    title: &item.title,
                    published: item.published,
                    sketch: &seen.sketch,
                    at: record.polled_at,
                };
                self.take(tx, known, arrival).await.map(Some)
            }
            Taken::Copy(id, _) => {
                let Some(&article) = self.articles.get(id) else { return Ok(None) };
                let (published, seen_at) = (seen.item.published, record.polled_at);
                self.shelf.echo(article, Carrier { source: &record.source, published, seen: seen_at });
                self.echoes.push((article, record, &seen.item));
                let of = self.shelf.article(article).map(|article| (id.clone(), article.source.clone()));
                Ok(self.standing(article, of))
            }
            Taken::Updated(id) => Ok(self.articles.get(id).and_then(|article| self.standing(*article, None))),
            Taken::Known(_) => Ok(None),
        }
    }

    async fn take(
        &mut self,
        tx: &mut Tx<'_>,
        known: &mut Known,
        arrival: Arrival<'_>,
    ) -> Result<Standing, StoreError> {
        look_up::read_compared(tx, known.counts(), arrival.sketch, self).await?;
        self.counted_before.get_or_insert(known.counts().n_items());
        known.is_ahead = true;
        if known.before.is_none() {
            known.before.clone_from(&known.counts);
        }
        let placed = self.shelf.take(known.counts(), arrival);
        self.articles.insert(arrival.item.clone(), placed.article);
        let Placed { story, copy_of, new_facts, is_first, .. } = placed;
        let copy_of = copy_of
            .and_then(|number| self.shelf.article(number))
            .map(|article| (article.item.clone(), article.source.clone()));
        let merged = self.merged(story);
        let story = self.shelf.story(story).map(story_ref).expect("what was placed has a story");
        Ok(Standing { story, merged, is_first, copy_of, new_facts })
    }

    fn standing(&self, article: i64, copy_of: Option<(ItemId, SourceId)>) -> Option<Standing> {
        let story = self.shelf.story_of(article)?;
        let (merged, story) = (self.merged(story.number), story_ref(story));
        Some(Standing { story, merged, is_first: false, copy_of, new_facts: Vec::new() })
    }

    /// Returns the stories that have been merged into this one since these polls are written.
    fn merged(&self, story: i64) -> Vec<StoryId> {
        let merged = self.shelf.events().iter().filter(|event| event.kind == EventKind::Merged);
        let others = merged.filter(|event| self.shelf.goes_on_as(event.other) == story);
        others.filter_map(|event| self.shelf.story(event.other)).map(|story| story.id.clone()).collect()
    }
}

fn story_ref(story: &Story) -> StoryRef {
    StoryRef {
        id: story.id.clone(),
        title: story.title.clone(),
        articles: story.articles,
        outlets: story.n_outlets(),
        independent: story.independent(),
        first_seen: story.first_seen,
    }
}
