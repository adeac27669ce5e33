//! The items and stories that a further item is compared with, and what each further one changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::Counts;
use super::copies::{Article, Copies};
use super::outlets::{Carrier, Origin};
use crate::model::{ItemId, Shingle, Sketch, SourceId, StoryId, Term, Timestamp};

/// The longest life of a story.
const LONGEST: Duration = Duration::from_hours(10 * 24);
/// The most articles of a story.
const MOST_ARTICLES: u32 = 500;
/// One word in common is no story: least of all where few items were seen, and every word is rare.
const LEAST_WORDS_SHARED: usize = 2;
/// So many of an item's rarest words are looked up.
const RAREST: usize = 8;
/// Whether a word counts as a fact: it occurs in at most this share of the items.
const RARE_SHARE: f64 = 0.02;

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
    fn carrier(&self) -> Carrier<'a> {
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
    settings: Settings,
    copies: Copies,
    stories: HashMap<i64, Story>,
    by_word: HashMap<u32, Vec<i64>>,
    next_story: i64,
    changes: Changed,
}

#[derive(Debug, Default)]
struct Changed {
    stories: HashSet<i64>,
    words: Vec<(u32, i64)>,
    events: Vec<Event>,
}

impl Shelf {
    /// Begins with these numbers for what comes.
    pub fn new(settings: Settings, next_article: i64, next_story: i64) -> Self {
        Shelf { settings, copies: Copies::new(next_article), next_story, ..Shelf::default() }
    }

    /// Returns the words by which the stories are found that an item may belong to.
    pub fn sought(sketch: &Sketch, counts: &Counts) -> Vec<u32> {
        let mut weighted: Vec<(f32, u32)> =
            sketch.terms.iter().map(|term| (counts.weight(term.hash), term.hash)).collect();
        weighted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        weighted.into_iter().take(RAREST).map(|(_, hash)| hash).collect()
    }

    /// Returns what the articles are found by that an item may be a copy of.
    pub fn keys(sketch: &Sketch) -> impl Iterator<Item = Shingle> + '_ {
        Copies::keys(sketch)
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
        self.stories.insert(story.number, story);
    }

    /// Says that a known story is found by this word.
    pub fn put_word(&mut self, word: u32, story: i64) {
        self.by_word.entry(word).or_default().push(story);
    }

    /// Returns a story.
    pub fn story(&self, number: i64) -> Option<&Story> {
        self.stories.get(&number)
    }

    /// Returns an article.
    pub fn article(&self, number: i64) -> Option<&Article> {
        self.copies.article(number)
    }

    /// Returns the story of an article; where that was merged, the one it goes on as.
    pub fn story_of(&self, article: i64) -> Option<&Story> {
        self.stories.get(&self.goes_on_as(self.article(article)?.story))
    }

    /// Takes in the next item.
    pub fn take(&mut self, counts: &mut Counts, arrival: Arrival<'_>) -> Placed {
        let original = self.copies.original(&arrival).map(|original| (original.number, original.story));
        if original.is_none() {
            counts.note(arrival.sketch.terms.iter().map(|term| term.hash));
        }
        let vector = vector(&arrival.sketch.terms, counts);
        let (story, is_first) = match &original {
            Some((_, story)) => (self.goes_on_as(*story), false),
            None => match self.nearest(&arrival, &vector, counts) {
                Some(story) => (story, false),
                None => (self.begin(&arrival), true),
            },
        };
        let is_copy = original.is_some();
        let new_facts =
            if is_copy || is_first { Vec::new() } else { self.new_facts(story, arrival.sketch, counts) };
        let copy_of = original.map(|(number, _)| number);
        let article = self.copies.shelve(&arrival, story, copy_of);
        self.join((article, story), &arrival, copy_of, (&vector, counts));
        Placed { article, story, copy_of, is_first, new_facts }
    }

    /// Notes that another source carries a known article too. One that is known to carry the story
    /// does not keep it open: it may show the same for weeks.
    pub fn echo(&mut self, article: i64, carrier: Carrier<'_>) {
        let Some(article) = self.copies.article(article) else { return };
        let (story, origin) = (article.story, article.copy_of.unwrap_or(article.number));
        let agency = article.agency.clone();
        let number = self.goes_on_as(story);
        let Some(story) = self.stories.get_mut(&number) else { return };
        let before = (story.outlets.clone(), story.origins.clone());
        story.carried(carrier, origin, agency.as_deref());
        if story.outlets.len() > before.0.len() {
            story.last_seen = story.last_seen.max(carrier.seen);
        }
        if (&story.outlets, &story.origins) != (&before.0, &before.1) {
            self.changes.stories.insert(number);
        }
    }

    /// Returns what has happened to stories since the beginning.
    pub fn events(&self) -> &[Event] {
        &self.changes.events
    }

    /// Returns what has changed.
    pub fn into_changes(mut self) -> Changes {
        let Changed { stories, mut words, events } = self.changes;
        let (articles, postings) = self.copies.into_changes();
        words.sort_unstable();
        let mut stories: Vec<Story> =
            stories.iter().filter_map(|number| self.stories.remove(number)).collect();
        stories.sort_by_key(|story| story.number);
        Changes { articles, postings, stories, words, events }
    }

    /// Follows a story that was merged to the one it was merged into.
    pub fn goes_on_as(&self, mut story: i64) -> i64 {
        while let Some(next) = self.stories.get(&story).and_then(|story| story.merged_into) {
            story = next;
        }
        story
    }

    /// Finds the story that an item belongs to.
    fn nearest(&self, arrival: &Arrival<'_>, vector: &[(u32, f32)], counts: &Counts) -> Option<i64> {
        let candidates: HashSet<i64> = Shelf::sought(arrival.sketch, counts)
            .iter()
            .filter_map(|word| self.by_word.get(word))
            .flatten()
            .map(|story| self.goes_on_as(*story))
            .collect();
        let open = candidates.into_iter().filter_map(|number| self.stories.get(&number)).filter(|story| {
            apart(story.last_seen, arrival.at) <= self.settings.window
                && apart(story.first_seen, arrival.at) <= LONGEST
                && story.articles < MOST_ARTICLES
                && n_shared(vector, &story.centroid) >= LEAST_WORDS_SHARED
        });
        let scored = open.map(|story| (cosine(vector, &story.centroid), story.number));
        let (best, number) = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        (best >= threshold(arrival.sketch.n_terms)).then_some(number)
    }

    fn begin(&mut self, arrival: &Arrival<'_>) -> i64 {
        let number = self.next_story;
        self.next_story += 1;
        let story = Story {
            number,
            id: StoryId::of(arrival.item),
            title: arrival.title.to_owned(),
            first_seen: arrival.at,
            last_seen: arrival.at,
            articles: 0,
            outlets: Vec::new(),
            origins: Vec::new(),
            centroid: Vec::new(),
            merged_into: None,
        };
        self.stories.insert(number, story);
        number
    }

    fn join(
        &mut self,
        (article, number): (i64, i64),
        arrival: &Arrival<'_>,
        copy_of: Option<i64>,
        (vector, counts): (&[(u32, f32)], &Counts),
    ) {
        let Some(story) = self.stories.get_mut(&number) else { return };
        story.articles += 1;
        story.last_seen = story.last_seen.max(arrival.at);
        story.carried(arrival.carrier(), copy_of.unwrap_or(article), arrival.sketch.agency.as_deref());
        self.changes.stories.insert(number);
        if copy_of.is_some() {
            return;
        }
        story.centroid = sum(&story.centroid, vector);
        for word in Shelf::sought(arrival.sketch, counts) {
            let stories = self.by_word.entry(word).or_default();
            if !stories.contains(&number) {
                stories.push(number);
                self.changes.words.push((word, number));
            }
        }
    }

    fn new_facts(&self, story: i64, sketch: &Sketch, counts: &Counts) -> Vec<u32> {
        let Some(story) = self.stories.get(&story) else { return Vec::new() };
        let is_known = |hash| story.centroid.binary_search_by_key(&hash, |(word, _)| *word).is_ok();
        let is_fact = |term: &&Term| term.is_number || counts.share(term.hash) <= RARE_SHARE;
        sketch.terms.iter().filter(is_fact).map(|term| term.hash).filter(|hash| !is_known(*hash)).collect()
    }
}

pub(super) fn apart(a: Timestamp, b: Timestamp) -> Duration {
    a.since(b).max(b.since(a))
}

/// Returns the least likeness that makes an item part of a story.
fn threshold(n_words: u32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "at most 70")]
    let n_words = n_words.clamp(10, 70) as f32;
    0.08 + (n_words - 10.0) / 60.0 * 0.20
}

/// Returns what an item says, as a vector of length 1.
fn vector(terms: &[Term], counts: &Counts) -> Vec<(u32, f32)> {
    let mut vector: Vec<(u32, f32)> =
        terms.iter().map(|term| (term.hash, (1.0 + term.count.ln()) * counts.weight(term.hash))).collect();
    let length = length(&vector);
    if length > 0.0 {
        for (_, weight) in &mut vector {
            *weight /= length;
        }
    }
    vector
}

fn length(vector: &[(u32, f32)]) -> f32 {
    vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt()
}

/// Returns how many words an item shares with a story.
fn n_shared(vector: &[(u32, f32)], centroid: &[(u32, f32)]) -> usize {
    let stands = |hash| centroid.binary_search_by_key(&hash, |(word, _)| *word).is_ok();
    vector.iter().filter(|(hash, weight)| *weight > 0.0 && stands(*hash)).count()
}

/// Returns the cosine of the angle between an item's vector and a story's.
fn cosine(vector: &[(u32, f32)], centroid: &[(u32, f32)]) -> f32 {
    let weight_of = |hash| {
        let at = centroid.binary_search_by_key(&hash, |(word, _)| *word).ok()?;
        Some(centroid[at].1)
    };
    let product: f32 = vector.iter().filter_map(|(hash, weight)| Some(weight * weight_of(*hash)?)).sum();
    product / length(centroid).max(f32::MIN_POSITIVE)
}

fn sum(a: &[(u32, f32)], b: &[(u32, f32)]) -> Vec<(u32, f32)> {
    let mut sum: BTreeMap<u32, f32> = a.iter().copied().collect();
    for (hash, weight) in b {
        *sum.entry(*hash).or_default() += weight;
    }
    sum.into_iter().collect()
}
