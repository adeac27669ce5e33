//! The items and stories that a further item is compared with, and what each further one changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::Counts;
use crate::model::{ItemId, Shingle, Sketch, SourceId, StoryId, Term, Timestamp};

/// How long a copy is one.
const COPY_WINDOW: Duration = Duration::from_hours(30 * 24);
/// How long an equal title of an item without text is a copy.
const TITLE_WINDOW: Duration = Duration::from_hours(72);
/// Shared shingles that make a copy, at least …
const LEAST_SHARED: usize = 3;
/// … and at least this part of the smaller item's.
const LEAST_CONTAINED: f64 = 0.4;
/// A shingle of more items is boilerplate.
const MOST_OF_ONE: usize = 8;
/// With fewer words of text the title alone says what is a copy.
const LITTLE_TEXT: u32 = 25;
/// The longest life of a story.
const LONGEST: Duration = Duration::from_hours(10 * 24);
/// The most articles of a story.
const MOST_ARTICLES: u32 = 500;
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

/// An item on the shelf.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    /// Its number; grows with time.
    pub number: i64,
    /// The item.
    pub item: ItemId,
    /// The source that brought it.
    pub source: SourceId,
    /// The number of its story.
    pub story: i64,
    /// The number of the article it is a copy of.
    pub copy_of: Option<i64>,
    /// When it was seen.
    pub seen: Timestamp,
    /// When it was published, as its source says.
    pub published: Option<Timestamp>,
    /// How many shingles it has.
    pub n_shingles: u32,
    /// How many words its text has.
    pub n_words: u32,
    /// The hash of the numbers in its title.
    pub numbers: u64,
    /// The agency it credits.
    pub agency: Option<String>,
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
    /// The sum of its articles' vectors, by ascending hash: also every word an article had.
    pub centroid: Vec<(u32, f32)>,
    /// The story it was merged into.
    pub merged_into: Option<i64>,
}

impl Story {
    /// Returns how many sources have articles of their own.
    pub fn independent(&self) -> u32 {
        u32::try_from(self.outlets.iter().filter(|(_, copies_only)| !copies_only).count()).unwrap_or(u32::MAX)
    }

    /// Returns how many sources carry it.
    pub fn n_outlets(&self) -> u32 {
        u32::try_from(self.outlets.len()).unwrap_or(u32::MAX)
    }

    fn carried_by(&mut self, source: &SourceId, is_copy: bool) {
        match self.outlets.iter_mut().find(|(known, _)| known == source) {
            Some((_, copies_only)) => *copies_only &= is_copy,
            None => self.outlets.push((source.clone(), is_copy)),
        }
    }
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
    articles: HashMap<i64, Article>,
    postings: HashMap<Shingle, Vec<i64>>,
    stories: HashMap<i64, Story>,
    by_word: HashMap<u32, Vec<i64>>,
    next_article: i64,
    next_story: i64,
    changes: Changed,
}

#[derive(Debug, Default)]
struct Changed {
    articles: Vec<i64>,
    postings: Vec<(Shingle, i64)>,
    stories: HashSet<i64>,
    words: Vec<(u32, i64)>,
    events: Vec<Event>,
}

impl Shelf {
    /// Begins with these numbers for what comes.
    pub fn new(settings: Settings, next_article: i64, next_story: i64) -> Self {
        Shelf { settings, next_article, next_story, ..Shelf::default() }
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
        sketch.shingles.iter().copied().chain(sketch.title)
    }

    /// Puts a known article there.
    pub fn put_article(&mut self, article: Article) {
        self.articles.insert(article.number, article);
    }

    /// Says that a known article is found by this.
    pub fn put_posting(&mut self, key: Shingle, article: i64) {
        self.postings.entry(key).or_default().push(article);
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
        self.articles.get(&number)
    }

    /// Takes in the next item.
    pub fn take(&mut self, counts: &mut Counts, arrival: Arrival<'_>) -> Placed {
        let original = self.original(&arrival);
        if original.is_none() {
            counts.note(arrival.sketch.terms.iter().map(|term| term.hash));
        }
        let vector = vector(&arrival.sketch.terms, counts);
        let (story, is_first) = match &original {
            Some(original) => (self.goes_on_as(original.story), false),
            None => match self.nearest(&arrival, &vector, counts) {
                Some(story) => (story, false),
                None => (self.begin(&arrival), true),
            },
        };
        let is_copy = original.is_some();
        let new_facts =
            if is_copy || is_first { Vec::new() } else { self.new_facts(story, arrival.sketch, counts) };
        self.join(story, &arrival, is_copy, (&vector, counts));
        let article = self.shelve(&arrival, story, original.as_ref());
        Placed { article, story, copy_of: original.map(|original| original.number), is_first, new_facts }
    }

    /// Notes that another source carries a known article too.
    pub fn echo(&mut self, article: i64, source: &SourceId, at: Timestamp) {
        let Some(story) = self.articles.get(&article).map(|article| article.story) else { return };
        let number = self.goes_on_as(story);
        let Some(story) = self.stories.get_mut(&number) else { return };
        story.carried_by(source, true);
        story.last_seen = story.last_seen.max(at);
        self.changes.stories.insert(number);
    }

    /// Returns what has happened to stories since the beginning.
    pub fn events(&self) -> &[Event] {
        &self.changes.events
    }

    /// Returns what has changed.
    pub fn into_changes(mut self) -> Changes {
        let Changed { articles, mut postings, stories, mut words, events } = self.changes;
        postings.sort_unstable();
        words.sort_unstable();
        let mut stories: Vec<Story> =
            stories.iter().filter_map(|number| self.stories.remove(number)).collect();
        stories.sort_by_key(|story| story.number);
        let articles = articles.iter().filter_map(|number| self.articles.remove(number)).collect();
        Changes { articles, postings, stories, words, events }
    }

    /// Finds the article that an item is a copy of.
    fn original(&self, arrival: &Arrival<'_>) -> Option<Article> {
        let sketch = arrival.sketch;
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for shingle in &sketch.shingles {
            let found = self.postings.get(shingle).map(Vec::as_slice).unwrap_or_default();
            if found.len() <= MOST_OF_ONE {
                for article in found {
                    *shared.entry(*article).or_default() += 1;
                }
            }
        }
        let by_shingles = shared.into_iter().filter_map(|(number, n_shared)| {
            let article = self.articles.get(&number)?;
            let smaller = sketch.shingles.len().min(article.n_shingles as usize);
            #[expect(clippy::cast_precision_loss, reason = "at most 64")]
            let contained = n_shared as f64 / smaller.max(1) as f64;
            let holds = n_shared >= LEAST_SHARED
                && contained >= LEAST_CONTAINED
                && article.numbers == sketch.numbers
                && apart(article.seen, arrival.at) <= COPY_WINDOW;
            holds.then_some((n_shared, number))
        });
        let best = by_shingles.max_by_key(|(n_shared, number)| (*n_shared, std::cmp::Reverse(*number)));
        let number = best.map(|(_, number)| number).or_else(|| self.same_title(arrival));
        number.and_then(|number| self.articles.get(&number)).cloned()
    }

    fn same_title(&self, arrival: &Arrival<'_>) -> Option<i64> {
        let found = self.postings.get(&arrival.sketch.title?)?;
        found.iter().copied().find(|number| {
            self.articles.get(number).is_some_and(|article| {
                (arrival.sketch.n_words < LITTLE_TEXT || article.n_words < LITTLE_TEXT)
                    && article.source != *arrival.source
                    && apart(article.seen, arrival.at) <= TITLE_WINDOW
            })
        })
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
            centroid: Vec::new(),
            merged_into: None,
        };
        self.stories.insert(number, story);
        number
    }

    fn join(
        &mut self,
        number: i64,
        arrival: &Arrival<'_>,
        is_copy: bool,
        (vector, counts): (&[(u32, f32)], &Counts),
    ) {
        let Some(story) = self.stories.get_mut(&number) else { return };
        story.articles += 1;
        story.last_seen = story.last_seen.max(arrival.at);
        story.carried_by(arrival.source, is_copy);
        self.changes.stories.insert(number);
        if is_copy {
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

    fn shelve(&mut self, arrival: &Arrival<'_>, story: i64, original: Option<&Article>) -> i64 {
        let number = self.next_article;
        self.next_article += 1;
        let sketch = arrival.sketch;
        self.articles.insert(
            number,
            Article {
                number,
                item: arrival.item.clone(),
                source: arrival.source.clone(),
                story,
                copy_of: original.map(|original| original.number),
                seen: arrival.at,
                published: arrival.published,
                n_shingles: u32::try_from(sketch.shingles.len()).unwrap_or(u32::MAX),
                n_words: sketch.n_words,
                numbers: sketch.numbers,
                agency: sketch.agency.clone(),
            },
        );
        self.changes.articles.push(number);
        if original.is_none() {
            for key in Shelf::keys(sketch) {
                let found = self.postings.entry(key).or_default();
                if found.len() <= MOST_OF_ONE {
                    found.push(number);
                    self.changes.postings.push((key, number));
                }
            }
        }
        number
    }

    fn new_facts(&self, story: i64, sketch: &Sketch, counts: &Counts) -> Vec<u32> {
        let Some(story) = self.stories.get(&story) else { return Vec::new() };
        let is_known = |hash| story.centroid.binary_search_by_key(&hash, |(word, _)| *word).is_ok();
        let is_fact = |term: &&Term| term.is_number || counts.share(term.hash) <= RARE_SHARE;
        sketch.terms.iter().filter(is_fact).map(|term| term.hash).filter(|hash| !is_known(*hash)).collect()
    }
}

fn apart(a: Timestamp, b: Timestamp) -> Duration {
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
