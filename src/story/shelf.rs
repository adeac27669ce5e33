//! The items and stories that a further item is compared with, and what each further one changes.

use std::time::Duration;

use super::Counts;
use super::copies::{Article, Copies};
use super::linking::{self, Found, Stories, StoryChanges};
use super::outlets::{Carrier, Origin};
use crate::model::{ItemId, Shingle, Sketch, SourceId, StoryId, Timestamp};

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A story takes articles up to so long after its latest one.
    pub window: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { window: Duration::from_hours(72) }
    }
}

/// A story on the shelf.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Its number; grows with time.
    pub number: i64,
    /// Its id.
    pub id: StoryId,
    /// Its headline.
    pub title: String,
    /// When its first article was seen.
    pub first_seen: Timestamp,
    /// When its latest article was seen.
    pub last_seen: Timestamp,
    /// How many articles it has, copies included.
    pub articles: u32,
    /// The sources that carry it, each with whether it has only copies.
    pub outlets: Vec<(SourceId, bool)>,
    /// From whom they have it.
    pub origins: Vec<Origin>,
    /// The sum of its articles' vectors, by ascending hash: also every word an article had.
    pub centroid: Vec<(u32, f32)>,
    /// The story it was merged into.
    pub merged_into: Option<i64>,
}

/// What happened to stories as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The story that goes on.
    pub story: i64,
    /// The story that was merged into it, or that it was split from.
    pub other: i64,
}

/// What can happen to stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Two stories turned out to be one.
    Merged,
    /// One story is full, and goes on as another.
    Split,
}

/// An item that is to be put on the shelf.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The item.
    pub item: &'a ItemId,
    /// The source that brought it.
    pub source: &'a SourceId,
    /// Its headline.
    pub title: &'a str,
    /// When it was published, as its source says.
    pub published: Option<Timestamp>,
    /// What of it is compared.
    pub sketch: &'a Sketch,
    /// When it was seen.
    pub at: Timestamp,
}

impl<'a> Arrival<'a> {
    pub(super) fn carrier(&self) -> Carrier<'a> {
        Carrier { source: self.source, published: self.published, seen: self.at }
    }
}

/// Where an item was put.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The number of its article.
    pub article: i64,
    /// The number of its story.
    pub story: i64,
    /// The number of the article it is a copy of.
    pub copy_of: Option<i64>,
    /// Whether it began the story.
    pub is_first: bool,
    /// Rare words and numbers that no earlier article of the story had, by their hashes.
    pub new_facts: Vec<u32>,
}

/// What has changed on the shelf.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// New articles.
    pub articles: Vec<Article>,
    /// What articles are found by, in ascending order.
    pub postings: Vec<(Shingle, i64)>,
    /// New and changed stories, in their latest form.
    pub stories: Vec<Story>,
    /// Words that stories are found by, in ascending order.
    pub words: Vec<(u32, i64)>,
    /// What happened to stories.
    pub events: Vec<Event>,
}

/// The items and stories that a further item is compared with.
#[derive(Debug, Default)]
pub struct Shelf {
    copies: Copies,
    stories: Stories,
}

impl Shelf {
    /// Of the stories that share a word with an item, so many are looked at: those with the highest
    /// numbers.
    pub const STORIES_OF_WORD: usize = linking::LATEST;

    /// Begins with these numbers for what comes.
    pub fn new(settings: Settings, next_article: i64, next_story: i64) -> Self {
        Shelf { copies: Copies::new(next_article), stories: Stories::new(settings, next_story) }
    }

    /// Returns the words by which the stories are found that an item may belong to.
    pub fn sought(sketch: &Sketch, counts: &Counts) -> Vec<u32> {
        Stories::sought(sketch, counts)
    }

    /// Returns what the articles are found by that an item may be a copy of.
    pub fn keys(sketch: &Sketch) -> impl Iterator<Item = Shingle> + '_ {
        Copies::keys(sketch)
    }

    /// Returns the stories that an item is compared with, once what was sought is here. They, and the
    /// ones they go on as, are to be put here before the item is taken.
    pub fn compared(&self, sketch: &Sketch, counts: &Counts) -> Vec<i64> {
        self.stories.compared(sketch, counts)
    }

    /// Puts a known article there.
    pub fn put_article(&mut self, article: Article) {
        self.copies.put_article(article);
    }

    /// Says that a known article is found by this.
    pub fn put_posting(&mut self, key: Shingle, article: i64) {
        self.copies.put_posting(key, article);
    }

    /// Puts a known story there.
    pub fn put_story(&mut self, story: Story) {
        self.stories.put_story(story);
    }

    /// Says that a known story is found by this word.
    pub fn put_word(&mut self, word: u32, story: i64) {
        self.stories.put_word(word, story);
    }

    /// Returns a story.
    pub fn story(&self, number: i64) -> Option<&Story> {
        self.stories.get(number)
    }

    /// Returns an article.
    pub fn article(&self, number: i64) -> Option<&Article> {
        self.copies.article(number)
    }

    /// Returns the story of an article; where that was merged, the one it goes on as.
    pub fn story_of(&self, article: i64) -> Option<&Story> {
        self.stories.get(self.goes_on_as(self.article(article)?.story))
    }

    /// Takes in the next item.
    pub fn take(&mut self, counts: &mut Counts, arrival: Arrival<'_>) -> Placed {
        let original = self.copies.original(&arrival).map(|original| (original.number, original.story));
        let found = if let Some((_, story)) = original {
            Found { story: self.stories.goes_on_as(story), is_first: false, new_facts: Vec::new() }
        } else {
            counts.note(arrival.sketch.terms.iter().map(|term| term.hash));
            self.stories.link(&arrival, counts)
        };
        let Found { story, is_first, new_facts } = found;
        let copy_of = original.map(|(number, _)| number);
        let article = self.copies.shelve(&arrival, story, copy_of);
        self.stories.receive(story, &arrival, copy_of.unwrap_or(article));
        Placed { article, story, copy_of, is_first, new_facts }
    }

    /// Notes that another source carries a known article too. One that is known to carry the story
    /// does not keep it open: it may show the same for weeks.
    pub fn echo(&mut self, article: i64, carrier: Carrier<'_>) {
        let Some(article) = self.copies.article(article) else { return };
        let origin = article.copy_of.unwrap_or(article.number);
        let story = self.stories.goes_on_as(article.story);
        self.stories.echo(story, (carrier, origin, article.agency.as_deref()));
    }

    /// Drops what nothing that comes now or later is compared with. Stories and articles stay known,
    /// by their numbers.
    pub fn forget(&mut self, now: Timestamp) {
        self.copies.forget(now);
        self.stories.forget(now);
    }

    /// Returns what has happened to stories since the beginning.
    pub fn events(&self) -> &[Event] {
        self.stories.events()
    }

    /// Follows a story that was merged to the one it was merged into.
    pub fn goes_on_as(&self, story: i64) -> i64 {
        self.stories.goes_on_as(story)
    }

    /// Returns what has changed.
    pub fn into_changes(self) -> Changes {
        let (articles, postings) = self.copies.into_changes();
        let StoryChanges { stories, words, events } = self.stories.into_changes();
        Changes { articles, postings, stories, words, events }
    }
}
