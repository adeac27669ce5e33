//! Which articles are the same again: elsewhere, edited, cut. They are found by the runs of words that
//! they share (shingling and containment, after Broder 1997); without text, by their titles.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::lifetime::apart;
use super::shelf::Arrival;
use super::sketch::{is_always_kept, is_short};
use crate::model::{ItemId, Shingle, Sketch, SourceId, Timestamp};

/// How long a copy is one.
const WINDOW: Duration = Duration::from_hours(30 * 24);
/// How long an equal title of an item without text is a copy.
const TITLE_WINDOW: Duration = Duration::from_hours(72);
/// How long a source that sends the same title again sends the same article again.
const RESEND_WINDOW: Duration = Duration::from_hours(1);
/// Shared shingles that make a copy, at least …
const LEAST_SHARED: u32 = 3;
/// … and at least this part of the smaller item's, …
const LEAST_CONTAINED: f64 = 0.4;
/// … and of one with fewer than so many shingles …
const FEW_SHINGLES: u32 = 12;
/// … at least this part, as a few that happen to be equal are no proof; …
const LEAST_OF_FEW: f64 = 0.6;
/// … and as much of one that the same source has: its reports are written after patterns of its own.
const LEAST_OF_OWN: f64 = 0.6;
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
    /// How many of them would have been kept of a long text too.
    pub n_sparse: u32,
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

    /// Drops by what articles are found that are too old to be copied.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let articles = &self.articles;
        let is_recent = |number: &i64| articles.get(number).is_some_and(|it| it.seen >= now - WINDOW);
        self.postings.retain(|_, found| {
            found.retain(is_recent);
            !found.is_empty()
        });
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
    fn shared(&self, arrival: &Arrival<'_>) -> BTreeMap<i64, u32> {
        let mut shared: BTreeMap<i64, u32> = BTreeMap::new();
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
            n_shingles: n_shingles(sketch),
            n_sparse: n_sparse(sketch),
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
fn is_copy(article: &Article, arrival: &Arrival<'_>, n_shared: u32) -> bool {
    if n_shared < LEAST_SHARED || differ(article.numbers, arrival.sketch.numbers) {
        return false;
    }
    let smaller = smaller(article, arrival);
    let least = match () {
        () if is_of(article, arrival.source) => LEAST_OF_OWN,
        () if smaller < FEW_SHINGLES => LEAST_OF_FEW,
        () => LEAST_CONTAINED,
    };
    f64::from(n_shared) >= least * f64::from(smaller) && tells_the_same(article, arrival)
}

/// Returns how many shingles the smaller of two items has, of those that both would have kept.
fn smaller(article: &Article, arrival: &Arrival<'_>) -> u32 {
    let sketch = arrival.sketch;
    let smaller = if is_short(article.n_words) == is_short(sketch.n_words) {
        article.n_shingles.min(n_shingles(sketch))
    } else {
        article.n_sparse.min(n_sparse(sketch))
    };
    smaller.max(1)
}

fn n_shingles(sketch: &Sketch) -> u32 {
    u32::try_from(sketch.shingles.len()).unwrap_or(u32::MAX)
}

fn n_sparse(sketch: &Sketch) -> u32 {
    let n_sparse = sketch.shingles.iter().filter(|shingle| is_always_kept(**shingle)).count();
    u32::try_from(n_sparse).unwrap_or(u32::MAX)
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
    is_of(article, source) && apart(article.seen, at) > RESEND_WINDOW
}

/// Says whether an article is of this source. Of items without a source nobody knows.
fn is_of(article: &Article, source: &SourceId) -> bool {
    article.source == *source && !source.as_str().is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matcher;
    use crate::model::Item;
    use crate::story::sketch;

    const HOUR: i64 = 3_600_000;

    /// An item as the tests write it: source, hour at which it is seen, title, text.
    type Given<'a> = (&'a str, i64, &'a str, &'a str);

    fn sketch_of(title: &str, text: &str) -> Sketch {
        let item = Item { title: title.into(), text: text.into(), ..Item::bare(ItemId::new("it_1")) };
        sketch(&item, &matcher::words(&item))
    }

    /// Takes the next item, and returns the number of the article that it is a copy of.
    fn take(copies: &mut Copies, (source, hour, title, text): Given<'_>) -> Option<i64> {
        let (source, sketch) = (SourceId::new(source), sketch_of(title, text));
        let item = ItemId::new(format!("it_{}", copies.next));
        let at = Timestamp::from_millis(hour * HOUR);
        let arrival = Arrival { item: &item, source: &source, title, published: None, sketch: &sketch, at };
        let original = copies.original(&arrival).map(|article| article.number);
        copies.shelve(&arrival, 0, original);
        original
    }

    /// Takes two items; the second is expected to be a copy of the first, or not.
    #[track_caller]
    fn check(first: Given<'_>, second: Given<'_>, expect: bool) {
        let mut copies = Copies::default();
        assert_eq!(take(&mut copies, first), None);
        assert_eq!(take(&mut copies, second).is_some(), expect, "{first:?} {second:?}");
    }

    const LEAD: &str = "The armoured train of the leader left the capital on Sunday evening and is expected to \
        cross the border near the port within two days, officials of both countries said.";
    const MORE: &str = "Guards have been seen at the small station since the weekend. Fishermen were told to \
        leave the river, and the only hotel of the town has taken no guests since Friday. It would be the \
        first journey abroad in four years. The visit was arranged in July, when a delegation came to see \
        a parade, and both sides are said to want a pact on shells and grain.";

    fn whole() -> String {
        format!("{LEAD}\n{MORE}")
    }

    #[test]
    fn an_edited_or_shortened_article_is_a_copy() {
        let (title, whole) = ("Train leaves for the border", whole());
        for (again, text) in [
            ("Leader on his way, say officials", whole.as_str()),
            ("Train leaves for the border", LEAD),
            (
                "UPDATE 1-Train leaves for the border | The Daily",
                &format!("By Jane Roe\n{whole}\nAll rights reserved."),
            ),
            ("Train leaves for the border", &whole.to_uppercase()),
            ("Train leaves", MORE),
        ] {
            check(("a", 0, title, &whole), ("b", 5, again, text), true);
            check(("a", 0, again, text), ("b", 5, title, &whole), true);
        }
    }

    #[test]
    fn what_is_too_old_to_be_copied_is_forgotten() {
        let (title, whole) = ("Train leaves for the border", whole());
        let mut copies = Copies::default();
        take(&mut copies, ("a", 0, title, &whole));
        copies.forget(Timestamp::from_millis(30 * 24 * HOUR));
        assert_eq!(take(&mut copies, ("b", 30 * 24, title, &whole)), Some(0));
        copies.forget(Timestamp::from_millis(30 * 24 * HOUR + 1));
        assert!(copies.postings.is_empty());
    }

    #[test]
    fn another_article_is_none_and_a_month_later_nothing_is() {
        let (title, whole) = ("Train leaves for the border", whole());
        check(("a", 0, title, &whole), ("b", 29 * 24, title, &whole), true);
        check(("a", 0, title, &whole), ("b", 31 * 24, title, &whole), false);
        check(("a", 0, title, LEAD), ("b", 0, title, MORE), false);
    }

    #[test]
    fn other_numbers_in_the_title_make_another_article() {
        let text = whole();
        for (one, other, expect) in [
            ("Profit of Acme up 5.6 percent", "Profit of Acme up 7.1 percent", false),
            ("Profit of Acme up 5.6 percent", "Profit of Acme up 5,6%", true),
            ("Acme results for Q1", "Acme results for Q2", false),
            ("Rovers beat United 2-1", "Rovers beat United 3-1", false),
            ("Quake of magnitude 6 shakes coast", "Quake of magnitude 7 shakes coast", false),
            ("UPDATE 1-Quake shakes the coast", "UPDATE 2-Quake shakes the coast", true),
            ("Quake of magnitude 6 shakes coast", "Quake shakes the coast", true),
        ] {
            check(("a", 0, one, &text), ("b", 1, other, &text), expect);
        }
    }

    #[test]
    fn the_next_report_in_the_same_words_is_none() {
        let report = |day: &str, bags: u32, more: u32| {
            format!(
                "Roastings of green coffee in the week ended {day} were about {bags} bags, compared with \
                 {more} bags in the same week of last year, the company reported. That includes what is used \
                 for soluble production, and stands against what was reported for the week before."
            )
        };
        let (first, next) = (report("March 7", 325_000, 290_000), report("March 21", 250_000, 195_000));
        check(
            ("a", 0, "Coffee roastings higher", &first),
            ("a", 14 * 24, "Coffee roastings higher", &next),
            false,
        );
        check(
            ("a", 0, "Coffee roastings higher", &first),
            ("b", 14 * 24, "Coffee roastings higher", &first),
            true,
        );
    }

    #[test]
    fn without_text_the_title_says_it() {
        let title = "Leader arrives by armoured train";
        check(("a", 0, title, ""), ("b", 71, "LEADER arrives by armoured train | The Daily", ""), true);
        check(("a", 0, title, ""), ("b", 73, title, ""), false);
        check(("a", 0, title, ""), ("b", 1, title, &whole()), true);
        check(("a", 0, "News in brief", ""), ("b", 1, "News in brief", ""), false);
        // Sent again under another id, or the next one of a column.
        check(("a", 0, title, ""), ("a", 1, title, ""), true);
        check(("a", 0, title, ""), ("a", 24, title, ""), false);
    }

    #[test]
    fn the_title_of_a_column_is_nobodys() {
        let mut copies = Copies::default();
        let column = "Your briefing for the morning";
        assert_eq!(take(&mut copies, ("a", 0, column, "")), None);
        assert_eq!(take(&mut copies, ("a", 24, column, "")), None);
        assert_eq!(take(&mut copies, ("b", 25, column, "")), None);
    }

    #[test]
    fn scripts_without_spaces_are_compared_by_signs() {
        let text = "北朝鮮の金正恩総書記を乗せた専用列車が日曜日の夕方に平壌を出発し、二日以内に国境を越える見通しだと両国の当局者が明らかにした。\
                    週末から小さな駅には警備員の姿が見られ、漁師たちは川から離れるよう求められた。";
        let other = "北朝鮮の金正恩総書記は国境に近い駅で地元の知事らの出迎えを受け、歓迎の式典に出席した後、首脳会談が行われる宇宙基地へ向かった。\
                     会談では砲弾の供給や食料支援などが話し合われるとみられている。";
        check(("a", 0, "専用列車が出発", text), ("b", 1, "総書記の列車が国境へ", text), true);
        check(("a", 0, "専用列車が出発", text), ("b", 1, "総書記を知事が出迎え", other), false);
    }

    #[test]
    fn what_many_have_says_nothing() {
        let mut copies = Copies::default();
        let boilerplate = "Read more about this on our pages and follow us wherever you are today";
        let tiny = |n: usize| format!("one{n} two{n} three{n} four{n} five{n}. {boilerplate}");
        let found: Vec<bool> = (0..20).map(|n| take(&mut copies, ("a", 0, "", &tiny(n))).is_some()).collect();
        assert!(found[9..].iter().all(|is_copy| !is_copy), "{found:?}");
    }

    fn words(of: &str, n: usize) -> String {
        (0..n).map(|nth| format!("{of}{nth}")).collect::<Vec<_>>().join(" ")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn an_item_is_a_copy_of_itself_and_the_order_of_words_counts(n in 30_usize..400, of in "[a-z]{3}") {
            let text = words(&of, n);
            let mut copies = Copies::default();
            prop_assert_eq!(take(&mut copies, ("a", 0, "", &text)), None);
            prop_assert_eq!(take(&mut copies, ("b", 0, "", &text)), Some(0));
            let backwards: Vec<&str> = text.split(' ').rev().collect();
            prop_assert_eq!(take(&mut copies, ("b", 0, "", &backwards.join(" "))), None);
        }

        #[test]
        fn a_sketch_is_small_sorted_and_always_the_same(title in ".{0,60}", text in "(\\PC{1,9} ){0,300}") {
            let sketch = sketch_of(&title, &text);
            prop_assert_eq!(&sketch, &sketch_of(&title, &text));
            prop_assert!(sketch.shingles.len() <= 64 && sketch.shingles.is_sorted());
            prop_assert!(Copies::keys(&sketch).all(|key| key.0 < 1 << 48));
        }

        #[test]
        fn either_may_come_first(cut in 0_usize..200, n in 5_usize..200, more in 0_usize..80) {
            let text = words("w", 200);
            let all: Vec<&str> = text.split(' ').collect();
            let part = format!("{} {}", all[cut..(cut + n).min(200)].join(" "), words("x", more));
            let is_copy = |one: &str, other: &str| {
                let mut copies = Copies::default();
                take(&mut copies, ("a", 0, "", one));
                take(&mut copies, ("b", 1, "", other)).is_some()
            };
            prop_assert_eq!(is_copy(&text, &part), is_copy(&part, &text));
        }

        #[test]
        fn boilerplate_makes_no_copies(n in 2_usize..20, n_words in 70_usize..120) {
            let boilerplate = words("common", 18);
            let mut copies = Copies::default();
            for nth in 0..n {
                let text = format!("{} {boilerplate}", words(&format!("own{}x", "abcdefghijklmnopqrst".split_at(nth).1), n_words));
                prop_assert_eq!(take(&mut copies, ("a", 0, "", &text)), None);
            }
        }

        /// What makes store and replay agree: what was looked up by an item's keys is enough.
        #[test]
        fn what_the_keys_lead_to_is_enough(items in proptest::collection::vec(article(), 1..40)) {
            let mut whole = Copies::default();
            for (source, hour, title, text) in &items {
                let mut part = looked_up(&whole, &sketch_of(title, text));
                let given = (source.as_str(), *hour, title.as_str(), text.as_str());
                prop_assert_eq!(take(&mut part, given), take(&mut whole, given));
                let (articles, postings) = part.into_changes();
                prop_assert_eq!(articles.first(), whole.article(articles[0].number));
                let number = articles[0].number;
                let own = whole.new_postings.iter().filter(|(_, article)| *article == number);
                let mut own: Vec<(Shingle, i64)> = own.copied().collect();
                own.sort_unstable();
                prop_assert_eq!(postings, own);
            }
        }
    }

    /// Returns what the store would have read for an item.
    fn looked_up(whole: &Copies, sketch: &Sketch) -> Copies {
        let mut part = Copies::new(whole.next);
        for key in Copies::keys(sketch) {
            for number in whole.postings.get(&key).into_iter().flatten() {
                part.put_posting(key, *number);
                part.put_article(whole.articles[number].clone());
            }
        }
        part
    }

    /// Articles that have much in common: parts of few texts, under few titles, over some weeks.
    fn article() -> impl Strategy<Value = (String, i64, String, String)> {
        let text = (0..3_usize, 0..60_usize, 0..90_usize, 0..3_usize);
        ("[abc]", 0_i64..1200, 0..4_usize, text).prop_map(|(source, hour, title, (of, cut, n, more))| {
            let all = words(["one", "two", "three"][of], 150);
            let part: Vec<&str> = all.split(' ').skip(cut).take(n).collect();
            let text = format!("{} {}", part.join(" "), words("more", more * 9));
            (source, hour, words(["title", "other", "third", "fourth"][title], 5), text)
        })
    }
}
