//! Which articles are the same again: elsewhere, edited, cut. They are found by the runs of words that
//! they share (shingling and containment, after Broder 1997); without text, by their titles.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::shelf::{Arrival, apart};
use crate::model::{ItemId, Shingle, Sketch, SourceId, Timestamp};

/// How long a copy is one.
const WINDOW: Duration = Duration::from_hours(30 * 24);
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

/// The articles that a further one may be a copy of.
#[derive(Debug, Default)]
pub(super) struct Copies {
    articles: HashMap<i64, Article>,
    postings: HashMap<Shingle, Vec<i64>>,
    next: i64,
    new_articles: Vec<i64>,
    new_postings: Vec<(Shingle, i64)>,
}

impl Copies {
    /// Begins with this number for what comes.
    pub(super) fn new(next: i64) -> Self {
        Copies { next, ..Copies::default() }
    }

    /// Returns what the articles are found by that an item may be a copy of.
    pub(super) fn keys(sketch: &Sketch) -> impl Iterator<Item = Shingle> + '_ {
        sketch.shingles.iter().copied().chain(sketch.title)
    }

    /// Puts a known article there.
    pub(super) fn put_article(&mut self, article: Article) {
        self.articles.insert(article.number, article);
    }

    /// Says that a known article is found by this.
    pub(super) fn put_posting(&mut self, key: Shingle, article: i64) {
        self.postings.entry(key).or_default().push(article);
    }

    /// Returns an article.
    pub(super) fn article(&self, number: i64) -> Option<&Article> {
        self.articles.get(&number)
    }

    /// Returns the new articles and what they are found by, the latter in ascending order.
    pub(super) fn into_changes(mut self) -> (Vec<Article>, Vec<(Shingle, i64)>) {
        self.new_postings.sort_unstable();
        let articles = self.new_articles.iter().filter_map(|number| self.articles.remove(number)).collect();
        (articles, self.new_postings)
    }

    /// Finds the article that an item is a copy of.
    pub(super) fn original(&self, arrival: &Arrival<'_>) -> Option<&Article> {
        let sketch = arrival.sketch;
        let shared = self.shared(&sketch.shingles).into_iter();
        let by_shingles = shared.filter_map(|(number, n_shared)| {
            let article = self.articles.get(&number)?;
            let smaller = sketch.shingles.len().min(article.n_shingles as usize);
            #[expect(clippy::cast_precision_loss, reason = "at most 64")]
            let contained = n_shared as f64 / smaller.max(1) as f64;
            let holds = n_shared >= LEAST_SHARED
                && contained >= LEAST_CONTAINED
                && article.numbers == sketch.numbers
                && apart(article.seen, arrival.at) <= WINDOW;
            holds.then_some((n_shared, number))
        });
        let best = by_shingles.max_by_key(|(n_shared, number)| (*n_shared, Reverse(*number)));
        let number = best.map(|(_, number)| number).or_else(|| self.same_title(arrival))?;
        self.articles.get(&number)
    }

    /// Counts the shingles that each article shares.
    fn shared(&self, shingles: &[Shingle]) -> BTreeMap<i64, usize> {
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        let found = shingles.iter().filter_map(|shingle| self.postings.get(shingle));
        for article in found.filter(|found| found.len() <= MOST_OF_ONE).flatten() {
            *shared.entry(*article).or_default() += 1;
        }
        shared
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

    /// Puts an item there, and returns its number. A copy is not found by what it holds, so that
    /// copies do not wear out their original.
    pub(super) fn shelve(&mut self, arrival: &Arrival<'_>, story: i64, copy_of: Option<i64>) -> i64 {
        let number = self.next;
        self.next += 1;
        let sketch = arrival.sketch;
        self.put_article(Article {
            number,
            item: arrival.item.clone(),
            source: arrival.source.clone(),
            story,
            copy_of,
            seen: arrival.at,
            published: arrival.published,
            n_shingles: u32::try_from(sketch.shingles.len()).unwrap_or(u32::MAX),
            n_words: sketch.n_words,
            numbers: sketch.numbers,
            agency: sketch.agency.clone(),
        });
        self.new_articles.push(number);
        if copy_of.is_none() {
            for key in Copies::keys(sketch) {
                let found = self.postings.entry(key).or_default();
                if found.len() <= MOST_OF_ONE {
                    found.push(number);
                    self.new_postings.push((key, number));
                }
            }
        }
        number
    }
}
