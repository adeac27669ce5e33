//! Which articles tell of one event: a story takes an article whose words are like those of all its
//! articles together.
//!
//! Only stories that share one of an article's heaviest words are looked at. Among equals the older
//! story wins, whatever the order in which they were put here.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Counts;
use super::facts;
use super::outlets::Carrier;
use super::shelf::{Arrival, Event, EventKind, Settings, Story};
use super::vectors::{self, Weight};
use crate::model::{Sketch, Timestamp};

/// So many of an article's heaviest words are looked up …
const HEAVIEST: usize = 16;
/// … and so many more are sought in the store, because what is heavy may change until it is used.
const SPARE: usize = 4;
/// Of the stories that share a word, so many are looked at, the latest.
pub(super) const LATEST: usize = 48;
/// So many stories are compared with an article, those that share its heaviest words.
const MOST_COMPARED: usize = 32;
/// The least likeness that makes a bare title part of a story …
const LEAST_OF_TITLE: f32 = 0.045;
/// … that is of so many words …
const TITLE_WORDS: f32 = 10.0;
/// … and that of a text …
const LEAST_OF_TEXT: f32 = 0.24;
/// … which has so many.
const TEXT_WORDS: f32 = 32.0;
/// So much of the likeness must remain without the one word that adds most to it: a single word in
/// common is no story, least of all where few items were seen and every word is rare.
const LEAST_WITHOUT_ONE: f32 = 0.05;
/// Two stories that one article belongs to are one, if they are as much alike.
const LEAST_OF_STORIES: f32 = 0.45;
/// A story that goes on as another is found by so many of its words.
const HANDED_ON: usize = 32;

/// The stories that a further article may belong to.
#[derive(Debug, Default)]
pub(super) struct Stories {
    settings: Settings,
    all: HashMap<i64, Known>,
    /// For each word the numbers of stories, in ascending order.
    by_word: HashMap<u32, Vec<i64>>,
    next: i64,
    changed: BTreeSet<i64>,
    words: Vec<(u32, i64)>,
    events: Vec<Event>,
}

#[derive(Debug)]
struct Known {
    story: Story,
    /// The length of its centroid.
    length: f32,
}

/// A story that an article was found to belong to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// Its number.
    pub(super) story: i64,
    /// Whether the article began it.
    pub(super) is_first: bool,
    /// Rare words and numbers that no article of it had.
    pub(super) new_facts: Vec<u32>,
}

/// What has changed of stories.
pub(super) struct StoryChanges {
    pub(super) stories: Vec<Story>,
    pub(super) words: Vec<(u32, i64)>,
    pub(super) events: Vec<Event>,
}

/// A story and how like it an article is.
#[derive(Clone, Copy, Debug)]
struct Like {
    story: i64,
    likeness: f32,
}

impl Stories {
    pub(super) fn new(settings: Settings, next: i64) -> Self {
        Stories { settings, next, ..Stories::default() }
    }

    /// Returns the words by which the stories are found that an article may belong to.
    pub(super) fn sought(sketch: &Sketch, counts: &Counts) -> Vec<u32> {
        let vector = vectors::vector(&sketch.terms, counts);
        vectors::heaviest(&vector, HEAVIEST + SPARE).into_iter().map(|(word, _)| word).collect()
    }

    /// Returns the stories that an article is compared with, as far as their words were put here: by
    /// the numbers they had before they were merged.
    pub(super) fn compared(&self, sketch: &Sketch, counts: &Counts) -> Vec<i64> {
        let vector = vectors::vector(&sketch.terms, counts);
        self.sharing(&vectors::heaviest(&vector, HEAVIEST))
    }

    /// Puts a known story there.
    pub(super) fn put_story(&mut self, story: Story) {
        let length = vectors::length(&story.centroid);
        self.all.insert(story.number, Known { story, length });
    }

    /// Says that a known story is found by this word.
    pub(super) fn put_word(&mut self, word: u32, story: i64) {
        self.note_word(word, story);
    }

    fn note_word(&mut self, word: u32, story: i64) -> bool {
        let stories = self.by_word.entry(word).or_default();
        let at = stories.partition_point(|known| *known < story);
        let is_new = stories.get(at) != Some(&story);
        if is_new {
            stories.insert(at, story);
        }
        is_new
    }

    pub(super) fn get(&self, number: i64) -> Option<&Story> {
        self.all.get(&number).map(|known| &known.story)
    }

    /// Adds an article to its story; of a copy, `origin` is the number of what it is a copy of.
    pub(super) fn receive(&mut self, number: i64, arrival: &Arrival<'_>, origin: i64) {
        let Some(known) = self.all.get_mut(&number) else { return };
        known.story.received(arrival, origin, self.settings);
        self.changed.insert(number);
    }

    /// Notes that another source carries an article of a story too: that of this number and agency.
    /// One that is known to carry the story does not keep it open: it may show the same for weeks.
    pub(super) fn echo(&mut self, number: i64, (carrier, origin, agency): (Carrier<'_>, i64, Option<&str>)) {
        let Some(Known { story, .. }) = self.all.get_mut(&number) else { return };
        let before = (story.outlets.clone(), story.origins.clone());
        story.carried(carrier, origin, agency);
        if story.outlets.len() > before.0.len() {
            story.renewed(carrier.seen, self.settings);
        }
        if (&story.outlets, &story.origins) != (&before.0, &before.1) {
            self.changed.insert(number);
        }
    }

    /// Returns what has happened to stories since the beginning.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Follows a story that was merged to the one it was merged into.
    pub(super) fn goes_on_as(&self, mut story: i64) -> i64 {
        while let Some(next) = self.get(story).and_then(|story| story.merged_into) {
            story = next;
        }
        story
    }

    /// Finds the story of an article that is no copy, or begins one, and adds its words there.
    pub(super) fn link(&mut self, arrival: &Arrival<'_>, counts: &Counts) -> Found {
        let vector = vectors::vector(&arrival.sketch.terms, counts);
        let heaviest = vectors::heaviest(&vector, HEAVIEST);
        let alike = self.alike(arrival, &vector, &heaviest);
        let (over, open): (Vec<Like>, Vec<Like>) = alike
            .into_iter()
            .partition(|like| self.get(like.story).is_some_and(|story| story.is_over(arrival.at)));
        let found = match (open.first(), over.first()) {
            (Some(best), _) => {
                let story = self.one_of(*best, open.get(1), arrival.at);
                let known = self.get(story).map_or(&[][..], |story| &story.centroid);
                Found { story, is_first: false, new_facts: facts::new(arrival.sketch, counts, known) }
            }
            (None, Some(over)) => self.begin_after(over.story, arrival, counts),
            (None, None) => Found { story: self.begin(arrival), is_first: true, new_facts: Vec::new() },
        };
        self.add(found.story, &vector, heaviest.iter().map(|(word, _)| *word));
        found
    }

    /// Returns the stories that an article is like enough, the most like first. Those that are over
    /// are among them.
    fn alike(&self, arrival: &Arrival<'_>, vector: &[Weight], heaviest: &[Weight]) -> Vec<Like> {
        let least = least_likeness(arrival.sketch.n_terms);
        let like = |story: i64| {
            let known = self.all.get(&story)?;
            if !known.story.is_within(self.settings, arrival.at) {
                return None;
            }
            let shared = vectors::shared(vector, &known.story.centroid);
            let length = known.length.max(f32::MIN_POSITIVE);
            let (likeness, without_one) = (shared.product / length, (shared.product - shared.most) / length);
            let is_like = likeness >= least && without_one >= least * LEAST_WITHOUT_ONE;
            is_like.then_some(Like { story, likeness })
        };
        let mut alike: Vec<Like> = self.candidates(heaviest).into_iter().filter_map(like).collect();
        alike.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.story.cmp(&b.story)));
        alike
    }

    /// Returns the stories that share the heaviest words, each once; of those that were merged, the
    /// ones they go on as.
    fn candidates(&self, heaviest: &[Weight]) -> BTreeSet<i64> {
        self.sharing(heaviest).into_iter().map(|story| self.goes_on_as(story)).collect()
    }

    /// Returns the stories that share most of the heaviest words. Asks for nothing but words, so that
    /// the store need not read other stories.
    fn sharing(&self, heaviest: &[Weight]) -> Vec<i64> {
        let mut shared: Vec<(i64, f32)> = Vec::new();
        for (word, weight) in heaviest {
            let stories = self.by_word.get(word).map(Vec::as_slice).unwrap_or_default();
            let latest = stories.iter().rev().take(LATEST);
            shared.extend(latest.map(|story| (*story, weight * weight)));
        }
        // Stable, so that the weights of a story are added in the order of the words.
        shared.sort_by_key(|(story, _)| *story);
        let mut sums: Vec<(i64, f32)> = Vec::with_capacity(shared.len());
        for (story, weight) in shared {
            match sums.last_mut() {
                Some((last, sum)) if *last == story => *sum += weight,
                _ => sums.push((story, weight)),
            }
        }
        sums.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        sums.into_iter().take(MOST_COMPARED).map(|(story, _)| story).collect()
    }

    /// Returns the best story, after it was merged with the second best where both are one.
    fn one_of(&mut self, best: Like, second: Option<&Like>, at: Timestamp) -> i64 {
        let Some(second) = second else { return best.story };
        let (older, younger) = (best.story.min(second.story), best.story.max(second.story));
        if !self.are_one(older, younger) {
            return best.story;
        }
        self.merge(older, younger, at);
        older
    }

    fn are_one(&self, older: i64, younger: i64) -> bool {
        let (Some(older), Some(younger)) = (self.all.get(&older), self.all.get(&younger)) else {
            return false;
        };
        let shared = vectors::shared(&older.story.centroid, &younger.story.centroid);
        let both = (older.length * younger.length).max(f32::MIN_POSITIVE);
        shared.product / both >= LEAST_OF_STORIES && older.story.has_room_for(younger.story.articles)
    }

    fn merge(&mut self, older: i64, younger: i64, at: Timestamp) {
        let Some(other) = self.all.get_mut(&younger) else { return };
        other.story.merged_into = Some(older);
        let words = std::mem::take(&mut other.story.centroid);
        let other = other.story.clone();
        let Some(known) = self.all.get_mut(&older) else { return };
        known.story.take_over(&other);
        known.story.centroid = vectors::sum(&known.story.centroid, &words);
        known.length = vectors::length(&known.story.centroid);
        self.changed.insert(younger);
        self.changed.insert(older);
        self.events.push(Event { time: at, kind: EventKind::Merged, story: older, other: younger });
    }

    fn begin(&mut self, arrival: &Arrival<'_>) -> i64 {
        let number = self.next;
        self.next += 1;
        let story = Story::begun(number, arrival);
        self.all.insert(number, Known { story, length: 0.0 });
        number
    }

    /// Begins a story that goes on where another is over: it knows the other's words, and is found
    /// by the heaviest of them, so that what follows comes to it.
    fn begin_after(&mut self, over: i64, arrival: &Arrival<'_>, counts: &Counts) -> Found {
        let before = self.get(over).map(|story| story.centroid.clone()).unwrap_or_default();
        let story = self.begin(arrival);
        let new_facts = facts::new(arrival.sketch, counts, &before);
        let words = vectors::heaviest(&before, HANDED_ON);
        self.add(story, &vectors::scaled(&before, 1.0), words.iter().map(|(word, _)| *word));
        self.events.push(Event { time: arrival.at, kind: EventKind::Split, story, other: over });
        Found { story, is_first: true, new_facts }
    }

    fn add(&mut self, number: i64, vector: &[Weight], words: impl Iterator<Item = u32>) {
        let Some(known) = self.all.get_mut(&number) else { return };
        known.story.centroid = vectors::sum(&known.story.centroid, vector);
        known.length = vectors::length(&known.story.centroid);
        self.changed.insert(number);
        for word in words {
            if self.note_word(word, number) {
                self.words.push((word, number));
            }
        }
    }

    /// Drops by what stories are found that take no more articles, and their words.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let closed = |known: &Known| !known.story.is_within(self.settings, now);
        let closed: HashSet<i64> =
            self.all.iter().filter(|(_, known)| closed(known)).map(|(number, _)| *number).collect();
        let mut by_word = std::mem::take(&mut self.by_word);
        by_word.retain(|_, stories| {
            stories.retain(|number| !closed.contains(&self.goes_on_as(*number)));
            !stories.is_empty()
        });
        self.by_word = by_word;
        for number in closed {
            if let Some(known) = self.all.get_mut(&number) {
                known.story.centroid = Vec::new();
            }
        }
    }

    /// Returns what has changed.
    pub(super) fn into_changes(mut self) -> StoryChanges {
        self.words.sort_unstable();
        let changed = std::mem::take(&mut self.changed);
        let stories = changed.iter().filter_map(|number| self.all.remove(number)).map(|known| known.story);
        StoryChanges { stories: stories.collect(), words: self.words, events: self.events }
    }
}

/// Returns the least likeness that makes an article of so many words part of a story.
fn least_likeness(n_words: u32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "an article has few words")]
    let n_words = (n_words as f32).clamp(TITLE_WORDS, TEXT_WORDS);
    let part = (n_words - TITLE_WORDS) / (TEXT_WORDS - TITLE_WORDS);
    LEAST_OF_TITLE + part * (LEAST_OF_TEXT - LEAST_OF_TITLE)
}

#[cfg(test)]
mod tests;
