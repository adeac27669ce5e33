//! Which articles are the same again: elsewhere, edited, cut. They are found by the runs of words that
//! they share (shingling and containment, after Broder 1997); without text, by their titles.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::shelf::{Arrival, apart};
use super::sketch::kept_of;
use crate::model::{ItemId, Shingle, Sketch, SourceId, Timestamp};

/// How long a copy is one.
const WINDOW: Duration = Duration::from_hours(30 * 24);
/// How long an equal title of an item without text is a copy.
const TITLE_WINDOW: Duration = Duration::from_hours(72);
/// How long a source that sends the same title again sends the same article again.
const RESEND_WINDOW: Duration = Duration::from_hours(1);
/// Shared shingles that make a copy, at least …
const LEAST_SHARED: usize = 3;
/// … and at least this part of the smaller item's, …
const LEAST_CONTAINED: f64 = 0.4;
/// … and of one with fewer than so many shingles …
const FEW_SHINGLES: f64 = 12.0;
/// … at least this part: a few that happen to be equal are no proof.
const LEAST_OF_FEW: f64 = 0.6;
/// A shingle of more items is boilerplate.
const MOST_OF_ONE: usize = 8;
/// With fewer words of text the title alone says what is a copy.
const LITTLE_TEXT: u32 = 25;
/// The part of the figures that a copy must have in common with its original, …
const COMMON_FIGURES: f64 = 0.34;
/// … and later than this …
const SOON: Duration = Duration::from_hours(18);
/// … where it may be the next report of the same kind.
const COMMON_FIGURES_LATER: f64 = 0.6;

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
    /// The numbers in its title, each as a bit.
    pub numbers: u64,
    /// The numbers in its title and opening words, each as a bit.
    pub figures: u64,
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
        let shared = self.shared(arrival).into_iter();
        let by_shingles = shared.filter_map(|(number, n_shared)| {
            let article = self.articles.get(&number)?;
            is_copy(article, arrival, n_shared).then_some((n_shared, Reverse(number), article))
        });
        let best = by_shingles.max_by_key(|(n_shared, number, _)| (*n_shared, *number));
        best.map(|(.., article)| article).or_else(|| self.same_title(arrival))
    }

    /// Counts the shingles that each article shares; what is boilerplate counts for nothing.
    fn shared(&self, arrival: &Arrival<'_>) -> BTreeMap<i64, usize> {
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for shingle in &arrival.sketch.shingles {
            let found = || self.recent(*shingle, arrival.at);
            if found().nth(MOST_OF_ONE).is_none() {
                found().for_each(|article| *shared.entry(article.number).or_default() += 1);
            }
        }
        shared
    }

    /// Returns the articles of the window that are found by this.
    fn recent(&self, key: Shingle, at: Timestamp) -> impl Iterator<Item = &Article> {
        let found = self.postings.get(&key).map(Vec::as_slice).unwrap_or_default().iter();
        let articles = found.filter_map(|number| self.articles.get(number));
        articles.filter(move |article| apart(article.seen, at) <= WINDOW)
    }

    /// Finds the article whose title an item has too, where one of them has little text. A title that
    /// one source uses again and again is that of a column, and says nothing.
    fn same_title(&self, arrival: &Arrival<'_>) -> Option<&Article> {
        let found: Vec<&Article> = self.recent(arrival.sketch.title?, arrival.at).collect();
        let of_column = |(nth, article): (usize, &&Article)| {
            let later = found[nth + 1..].iter().any(|other| is_next(article, &other.source, other.seen));
            later || is_next(article, arrival.source, arrival.at)
        };
        if found.len() > MOST_OF_ONE || found.iter().enumerate().any(of_column) {
            return None;
        }
        let says_all = |article: &&Article| {
            let n_words = article.n_words.min(arrival.sketch.n_words);
            n_words < LITTLE_TEXT && apart(article.seen, arrival.at) <= TITLE_WINDOW
        };
        found.into_iter().filter(says_all).min_by_key(|article| article.number)
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
            figures: sketch.figures,
            agency: sketch.agency.clone(),
        });
        self.new_articles.push(number);
        if copy_of.is_none() {
            for key in Copies::keys(sketch) {
                if self.recent(key, arrival.at).nth(MOST_OF_ONE).is_none() {
                    self.put_posting(key, number);
                    self.new_postings.push((key, number));
                }
            }
        }
        number
    }
}

/// Says whether an item that shares so many shingles with an article is a copy of it.
fn is_copy(article: &Article, arrival: &Arrival<'_>, n_shared: usize) -> bool {
    if n_shared < LEAST_SHARED || differ(article.numbers, arrival.sketch.numbers) {
        return false;
    }
    let smaller = smaller(article, arrival);
    let least = if smaller < FEW_SHINGLES { LEAST_OF_FEW } else { LEAST_CONTAINED };
    count(n_shared) >= least * smaller && tells_the_same(article, arrival)
}

/// Returns how many shingles the smaller of two items has, of those that both would have kept.
fn smaller(article: &Article, arrival: &Arrival<'_>) -> f64 {
    let sketch = arrival.sketch;
    let (one, other) = (kept_of(article.n_words), kept_of(sketch.n_words));
    let rarer = one.max(other);
    #[expect(clippy::cast_precision_loss, reason = "both are small")]
    let share = |keep: u64| keep as f64 / rarer as f64;
    let of_article = f64::from(article.n_shingles) * share(one);
    of_article.min(count(sketch.shingles.len()) * share(other)).max(1.0)
}

/// Says whether each of two has numbers that the other has not. Where one has all of the other's, it
/// may have been shortened.
fn differ(one: u64, other: u64) -> bool {
    one & !other != 0 && other & !one != 0
}

/// Says whether the figures of two items have enough in common: the weekly report has the words of the
/// last one, and other figures.
fn tells_the_same(article: &Article, arrival: &Arrival<'_>) -> bool {
    let figures = arrival.sketch.figures;
    let fewer = article.figures.count_ones().min(figures.count_ones());
    let is_soon = apart(article.seen, arrival.at) <= SOON;
    let least = if is_soon { COMMON_FIGURES } else { COMMON_FIGURES_LATER };
    f64::from((article.figures & figures).count_ones()) >= least * f64::from(fewer)
}

/// Says whether an article of this source and time is the next one under the title of another.
fn is_next(article: &Article, source: &SourceId, at: Timestamp) -> bool {
    article.source == *source && apart(article.seen, at) > RESEND_WINDOW
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
