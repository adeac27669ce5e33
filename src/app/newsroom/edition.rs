//! What the newsroom publishes and when: the stock of each feed, a script for the first minute,
//! and numbered pieces for ever after. Leaves the formats to `render`.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::FeedName;

const BUNDLED: &str = include_str!("edition.toml");

/// How many pieces a feed shows.
const LENGTH: usize = 30;

/// How many numbered pieces back a feed looks for its own; enough to fill it.
const LATER_BACK: u64 = 400;

/// The gap between two pieces of the stock.
const STOCK_GAP: Duration = Duration::from_mins(37);

/// The bundled texts, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edition {
    baseline: BTreeMap<FeedName, Vec<Stock>>,
    script: Vec<Event>,
    later: Later,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    slug: String,
    title: String,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    at: f64,
    feed: FeedName,
    slug: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    link_of: Option<String>,
    copy_of: Option<String>,
    #[serde(default)]
    tracked: bool,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "tells the tests what a piece must raise"))]
    alerts: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Later {
    every: u64,
    places: BTreeMap<String, Vec<String>>,
    piece: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    feed: FeedName,
    slug: String,
    title: String,
    text: String,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "tells the tests what a piece must raise"))]
    alerts: Vec<String>,
}

/// When something happened in the newsroom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// So long before it started.
    Before(Duration),
    /// So far into the script.
    Script(Duration),
}

/// A piece as a feed shows it.
#[derive(Clone, Debug)]
pub(super) struct Showing {
    /// Whose it is.
    pub(super) feed: FeedName,
    /// Its id within its feed.
    pub(super) slug: String,
    /// The slug of the article that its address opens.
    pub(super) link: String,
    /// Whether the address carries tracking parameters.
    pub(super) tracked: bool,
    /// The headline.
    pub(super) title: String,
    /// The text.
    pub(super) text: String,
    /// When its first version came out.
    pub(super) published: Moment,
    /// When this version came out.
    pub(super) updated: Moment,
}

impl Edition {
    /// Returns the edition in the binary.
    pub(super) fn bundled() -> Self {
        toml::from_str(BUNDLED).expect("the bundled edition is valid, or no test would pass")
    }

    /// Returns the pieces a feed shows so far into the script, newest first; the stock alone
    /// before it began.
    pub(super) fn shown(&self, feed: FeedName, script: Option<Duration>) -> Vec<Showing> {
        let mut pieces = self.later_pieces(feed, script);
        pieces.extend(self.script_pieces(script).into_iter().rev().filter(|piece| piece.feed == feed));
        pieces.extend(self.stock(feed));
        pieces.truncate(LENGTH);
        pieces
    }

    /// Returns every version of every piece up to the end of the second hour, with the topics it
    /// must be alerted for.
    #[cfg(test)]
    pub(super) fn everything(&self) -> Vec<(Showing, Vec<String>)> {
        let stock = self.baseline.keys().flat_map(|feed| self.stock(*feed)).map(|piece| (piece, Vec::new()));
        let script = self.script.iter().map(|event| (self.showing(event), event.alerts.clone()));
        let later = (0..2_400).map(|index| (self.later_piece(index), self.pattern(index).alerts.clone()));
        stock.chain(script).chain(later).collect()
    }

    /// Returns the article under a slug, in the version that is out by then.
    pub(super) fn article(&self, slug: &str, script: Option<Duration>) -> Option<Showing> {
        let stock = self.baseline.keys().flat_map(|feed| self.stock(*feed));
        let mut written = stock.chain(self.script_pieces(script));
        written.find(|piece| piece.slug == slug).or_else(|| {
            let (name, round) = slug.rsplit_once('-')?;
            let round: u64 = round.parse().ok()?;
            let place = self.later.piece.iter().position(|pattern| pattern.slug == name)?;
            let index = round.checked_mul(self.later.piece.len() as u64)?.checked_add(place as u64)?;
            (index < self.n_later(script)).then(|| self.later_piece(index))
        })
    }

    fn stock(&self, feed: FeedName) -> impl Iterator<Item = Showing> {
        let pieces = self.baseline.get(&feed).into_iter().flatten();
        pieces.zip(1u32..).map(move |(stock, nth)| {
            let before = Moment::Before(STOCK_GAP * nth);
            Showing {
                feed,
                slug: stock.slug.clone(),
                link: stock.slug.clone(),
                tracked: false,
                title: stock.title.clone(),
                text: stock.text.clone(),
                published: before,
                updated: before,
            }
        })
    }

    /// Returns the script's pieces that are out by then, each in its latest version, in the
    /// order of their first ones.
    fn script_pieces(&self, script: Option<Duration>) -> Vec<Showing> {
        let mut pieces: Vec<Showing> = Vec::new();
        let out = |event: &&Event| script.is_some_and(|script| seconds(event.at) <= script);
        for event in self.script.iter().filter(out) {
            let showing = self.showing(event);
            let edited = pieces.iter_mut().find(|piece| piece.feed == event.feed && piece.slug == event.slug);
            match edited {
                Some(earlier) => *earlier = Showing { published: earlier.published, ..showing },
                None => pieces.push(showing),
            }
        }
        pieces
    }

    fn showing(&self, event: &Event) -> Showing {
        let copied =
            event.copy_of.as_ref().and_then(|slug| self.script.iter().find(|other| other.slug == *slug));
        let words = copied.unwrap_or(event);
        let moment = Moment::Script(seconds(event.at));
        Showing {
            feed: event.feed,
            slug: event.slug.clone(),
            link: event.link_of.as_ref().unwrap_or(&event.slug).clone(),
            tracked: event.tracked,
            title: words.title.clone(),
            text: words.text.clone(),
            published: moment,
            updated: moment,
        }
    }

    fn later_pieces(&self, feed: FeedName, script: Option<Duration>) -> Vec<Showing> {
        let n_out = self.n_later(script);
        let recent = (n_out.saturating_sub(LATER_BACK)..n_out).rev();
        let own = recent.filter(|index| self.pattern(*index).feed == feed);
        own.take(LENGTH).map(|index| self.later_piece(index)).collect()
    }

    fn n_later(&self, script: Option<Duration>) -> u64 {
        let past = script.and_then(|script| script.checked_sub(Duration::from_mins(1)));
        past.map_or(0, |past| past.as_secs() / self.later.every)
    }

    fn pattern(&self, index: u64) -> &Pattern {
        let place = index % self.later.piece.len() as u64;
        &self.later.piece[usize::try_from(place).expect("a remainder is less than the length")]
    }

    fn later_piece(&self, index: u64) -> Showing {
        let pattern = self.pattern(index);
        let round = index / self.later.piece.len() as u64;
        let places = &self.later.places[pattern.feed.feed().lang];
        let place = &places[usize::try_from(index % places.len() as u64).unwrap_or(0)];
        let count = (1_000 + 13 * round).to_string();
        let fill = |text: &str| text.replace("{place}", place).replace("{count}", &count);
        let slug = format!("{}-{round}", pattern.slug);
        let every = Duration::from_secs(self.later.every);
        let at = Duration::from_mins(1) + every * u32::try_from(index + 1).unwrap_or(u32::MAX);
        Showing {
            feed: pattern.feed,
            link: slug.clone(),
            slug,
            tracked: false,
            title: fill(&pattern.title),
            text: fill(&pattern.text),
            published: Moment::Script(at),
            updated: Moment::Script(at),
        }
    }
}

fn seconds(at: f64) -> Duration {
    Duration::try_from_secs_f64(at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::*;

    const TOPICS: [&str; 3] = ["kim-travel", "vladivostok", "arms-deal"];

    fn all_later(edition: &Edition) -> Vec<Showing> {
        (0..1_180).map(|index| edition.later_piece(index)).collect()
    }

    #[test]
    fn every_topic_has_news_within_four_seconds() {
        let edition = Edition::bundled();
        for topic in TOPICS {
            let first = edition.script.iter().find(|event| event.alerts.iter().any(|alert| alert == topic));
            assert!(first.is_some_and(|event| event.at <= 4.0), "{topic}");
        }
    }

    #[test]
    fn every_topic_has_news_in_several_languages_and_for_ever() {
        let edition = Edition::bundled();
        for topic in TOPICS {
            let on_topic = |alerts: &[String]| alerts.iter().any(|alert| alert == topic);
            let events = edition.script.iter().filter(|event| on_topic(&event.alerts));
            let languages: BTreeSet<_> = events.map(|event| event.feed.feed().lang).collect();
            assert!(languages.len() >= 4, "{topic}: {languages:?}");
            assert!(edition.later.piece.iter().any(|pattern| on_topic(&pattern.alerts)), "{topic}");
        }
    }

    #[test]
    fn the_script_is_in_order_and_leaves_no_long_silence() {
        let edition = Edition::bundled();
        for pair in edition.script.windows(2) {
            let gap = pair[1].at - pair[0].at;
            assert!(gap > 0.0 && gap <= 2.0, "{} to {}", pair[0].slug, pair[1].slug);
        }
        assert!(edition.script.iter().all(|event| event.at < 60.0 && event.feed != FeedName::Broken));
    }

    #[test]
    fn every_feed_has_a_stock_of_eight() {
        let edition = Edition::bundled();
        assert_eq!(edition.baseline.len(), 6);
        assert!(edition.baseline.values().all(|stock| stock.len() == 8));
    }

    #[test]
    fn a_slug_is_used_again_only_to_edit() {
        let edition = Edition::bundled();
        let mut feeds = HashMap::new();
        let stock = edition.baseline.keys().flat_map(|feed| edition.stock(*feed));
        for piece in stock.chain(edition.script_pieces(Some(Duration::MAX))).chain(all_later(&edition)) {
            let earlier = feeds.insert(piece.slug.clone(), piece.feed);
            assert_eq!(earlier, None, "{}", piece.slug);
        }
    }

    #[test]
    fn an_hour_of_news_repeats_no_text_but_the_copies_in_the_script() {
        let edition = Edition::bundled();
        let stock = edition.baseline.keys().flat_map(|feed| edition.stock(*feed));
        let script = edition.script_pieces(Some(Duration::MAX));
        let titles = stock.chain(script).chain(all_later(&edition)).map(|piece| piece.title);
        let mut seen = BTreeSet::new();
        let repeated: Vec<_> = titles.filter(|title| !seen.insert(title.clone())).collect();
        assert_eq!(
            repeated,
            [
                "Kim Jong-un’s train leaves Pyongyang, Seoul says",
                "Washington warns Pyongyang against arms deals with Moscow",
                "Mail ferry from Vladivostok adrift without power",
                "Kim Jongun arrives in Vladivostok",
            ]
        );
    }

    #[test]
    fn every_kind_of_duplicate_occurs_and_raises_nothing() {
        let edition = Edition::bundled();
        let duplicate = |event: &&Event| event.link_of.is_some() || event.copy_of.is_some() || event.tracked;
        let duplicates: Vec<_> = edition.script.iter().filter(duplicate).collect();
        assert!(duplicates.iter().any(|event| event.link_of.is_some()));
        assert!(duplicates.iter().any(|event| event.copy_of.is_some()));
        assert!(duplicates.iter().any(|event| event.tracked));
        assert!(duplicates.iter().all(|event| event.alerts.is_empty()));
        let original = |slug: &Option<String>| {
            slug.as_ref().is_none_or(|slug| edition.script.iter().any(|event| event.slug == *slug))
        };
        assert!(duplicates.iter().all(|event| original(&event.link_of) && original(&event.copy_of)));
    }

    #[test]
    fn an_edit_keeps_the_date_of_publication() {
        let edition = Edition::bundled();
        let piece = edition.article("special-train", Some(Duration::from_secs(40))).unwrap();
        assert_eq!(piece.published, Moment::Script(Duration::from_secs(15)));
        assert_eq!(piece.updated, Moment::Script(Duration::from_secs(30)));
        assert!(piece.title.contains("crosses the border"));
    }

    #[test]
    fn later_pieces_fill_a_feed_and_are_out_when_they_say() {
        let edition = Edition::bundled();
        let elapsed = Duration::from_hours(1);
        for feed in edition.baseline.keys() {
            let shown = edition.shown(*feed, Some(elapsed));
            assert_eq!(shown.len(), LENGTH);
            for piece in shown {
                assert!(matches!(piece.published, Moment::Script(at) if at <= elapsed), "{}", piece.slug);
                assert!(!piece.title.contains('{') && !piece.text.contains('{'), "{}", piece.title);
            }
        }
    }
}
