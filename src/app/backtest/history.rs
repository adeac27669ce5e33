//! What becomes of each item, in order: its identity among the items before it, its story, and for
//! each topic the decision.

use std::collections::HashMap;
use std::time::Duration;

use super::pipeline::Scored;
use super::told::{Kept, Told};
use super::{Decided, Given, Replayed, Side};
use crate::dedupe::{self, Recognised, Sight};
use crate::model::{Item, ItemId, Score, SourceId, StoryId, Timestamp};
use crate::story::{Arrival, Carrier, Counts, EventKind, Settings, Shelf};

/// The past of a replay.
pub(super) struct History<'a> {
    past: dedupe::Past,
    firsts: Vec<First>,
    shelf: Shelf,
    counts: Counts,
    /// How many of the shelf's events are known.
    n_events: usize,
    /// The latest version of each item whose changes somebody wants to hear of.
    versions: HashMap<u32, Kept>,
    sides: Vec<Told<'a>>,
    /// The time of the item before.
    at: Option<Timestamp>,
}

/// How an item that was new is called, and where it stands. Its number is that of its article.
struct First {
    id: ItemId,
    /// The id it was given with, where that is another.
    given: Option<Box<str>>,
}

/// How an item stands.
pub(super) struct Standing {
    /// The number of the item, by which it is known from its first sight on.
    pub(super) number: u32,
    pub(super) sight: Sight,
    pub(super) story: i64,
    pub(super) story_id: StoryId,
    pub(super) is_first: bool,
    pub(super) copy_of: Option<Original>,
    pub(super) new_facts: Vec<u32>,
    pub(super) at: Timestamp,
}

/// The item that another is a copy of, or the same as.
pub(super) struct Original {
    pub(super) number: u32,
    pub(super) name: ItemId,
    pub(super) source: SourceId,
}

impl<'a> History<'a> {
    /// Begins with an empty past.
    pub(super) fn new(window: Duration, sides: &'a [Side<'a>]) -> Self {
        History {
            past: dedupe::Past::default(),
            firsts: Vec::new(),
            shelf: Shelf::new(Settings { window }, 0, 0),
            counts: Counts::default(),
            n_events: 0,
            versions: HashMap::new(),
            sides: sides.iter().map(Told::new).collect(),
            at: None,
        }
    }

    /// Decides on the next item.
    pub(super) fn take(&mut self, scored: Scored, read_bytes: u64) -> Replayed {
        self.at = scored.given.at.or(self.at);
        let at = self.at.unwrap_or_default();
        let recognised = self.past.take(&scored.given.item, at);
        let standing = self.place(&scored, recognised, at);
        self.merge();
        let Scored { given, sides, .. } = scored;
        let sides = self.decide(&given.item, &standing, sides);
        Replayed {
            sides,
            duplicate_of: standing.copy_of.map(|original| original.name.to_string()),
            story: standing.story_id,
            at: self.at,
            given,
            read_bytes,
        }
    }

    fn decide(&mut self, item: &Item, standing: &Standing, sides: Vec<Vec<Score>>) -> Vec<Vec<Decided>> {
        let version = self.versions.get(&standing.number);
        let mut wanted = false;
        let mut decide = |(told, scores): (&mut Told<'_>, Vec<Score>)| {
            told.make_room(self.firsts.len());
            let decided: Vec<Decided> =
                scores.into_iter().map(|score| told.decided(score, (item, standing, version))).collect();
            wanted |= decided.iter().any(|decided| decided.is_alert() && told.wants_changes(&decided.score));
            decided
        };
        let decided = self.sides.iter_mut().zip(sides).map(&mut decide).collect();
        if wanted || standing.sight == Sight::Edited && version.is_some() {
            self.versions.insert(standing.number, Kept::of(item));
        }
        decided
    }

    fn place(&mut self, scored: &Scored, recognised: Recognised, at: Timestamp) -> Standing {
        let Recognised { number, sight, .. } = recognised;
        let item = &scored.given.item;
        let nowhere = SourceId::new("");
        let source = item.source.as_ref().unwrap_or(&nowhere);
        if sight != Sight::New {
            self.shelf.echo(i64::from(number), Carrier { source, published: item.published, seen: at });
            let story = self.shelf.article(i64::from(number)).map_or(0, |article| article.story);
            return self.standing((number, sight), story, Some(number), at);
        }
        self.firsts.push(First::of(&scored.given));
        let placed = self.shelf.take(
            &mut self.counts,
            Arrival {
                item: &item.id,
                source,
                title: &item.title,
                published: item.published,
                sketch: &scored.sketch,
                at,
            },
        );
        let copy_of = placed.copy_of.and_then(|number| u32::try_from(number).ok());
        let standing = self.standing((number, sight), placed.story, copy_of, at);
        Standing { is_first: placed.is_first, new_facts: placed.new_facts, ..standing }
    }

    fn standing(
        &self,
        (number, sight): (u32, Sight),
        story: i64,
        copy_of: Option<u32>,
        at: Timestamp,
    ) -> Standing {
        let story = self.shelf.goes_on_as(story);
        let story_id = self.shelf.story(story).map(|story| story.id.clone());
        let original = |number: u32| {
            let article = self.shelf.article(i64::from(number));
            let source = article.map_or_else(|| SourceId::new(""), |article| article.source.clone());
            Original { number, name: ItemId::new(self.firsts[number as usize].name()), source }
        };
        Standing {
            number,
            sight,
            story,
            story_id: story_id.expect("what was placed has a story"),
            is_first: false,
            copy_of: copy_of.map(original),
            new_facts: Vec::new(),
            at,
        }
    }

    /// Has what was told of a story count for the one that it was merged into.
    fn merge(&mut self) {
        let events = self.shelf.events();
        for event in &events[self.n_events.min(events.len())..] {
            if event.kind == EventKind::Merged {
                let into = self.shelf.goes_on_as(event.story);
                self.sides.iter_mut().for_each(|side| side.merge(event.other, into));
            }
        }
        self.n_events = events.len();
    }
}

impl First {
    fn of(given: &Given) -> Self {
        let id = given.item.id.clone();
        let other = (given.id != id.as_str()).then(|| given.id.as_str().into());
        First { id, given: other }
    }

    fn name(&self) -> &str {
        self.given.as_deref().unwrap_or(self.id.as_str())
    }
}
