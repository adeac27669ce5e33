//! A small newsroom on loopback for `newshound demo`: six feeds in five languages that publish
//! by a script, and a broken one. What they publish stands in `edition.toml`; the clock and the
//! socket are handed in.

mod configuration;
mod edition;
#[cfg(test)]
mod matched;
mod render;
mod serve;

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

use serde::Deserialize;

pub use configuration::configuration;
pub use render::Rendered;
pub use serve::serve;

use crate::model::Timestamp;
use edition::{Edition, Showing};

/// The feeds of the newsroom by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedName {
    /// English, RSS 2.0.
    HarbourWire,
    /// English, Atom.
    EastSeaDaily,
    /// Russian, RSS 2.0.
    PrimorskyVestnik,
    /// Korean, RSS 1.0.
    DonghaeIlbo,
    /// Japanese, JSON Feed.
    ShiokazeShimbun,
    /// Chinese, Atom.
    HaianGuancha,
    /// A web page, half a feed or nothing, by turns.
    Broken,
}

/// One feed of the newsroom.
#[derive(Debug)]
pub struct Feed {
    /// Which one it is.
    pub feed: FeedName,
    /// Its id as a source.
    pub id: &'static str,
    /// Its path on the newsroom's address.
    pub path: &'static str,
    /// The outlet's name.
    pub name: &'static str,
    /// Its language.
    pub lang: &'static str,
    /// Its tags as a source.
    pub tags: &'static [&'static str],
}

/// The feeds in the order in which people are shown them; a name's place is its number.
const FEEDS: &[Feed] = &[
    Feed {
        feed: FeedName::HarbourWire,
        id: "harbour-wire",
        path: "/feeds/harbour-wire.rss",
        name: "Harbour Wire",
        lang: "en",
        tags: &["wire", "world"],
    },
    Feed {
        feed: FeedName::EastSeaDaily,
        id: "east-sea-daily",
        path: "/feeds/east-sea-daily.atom",
        name: "East Sea Daily",
        lang: "en",
        tags: &["daily", "region"],
    },
    Feed {
        feed: FeedName::PrimorskyVestnik,
        id: "primorsky-vestnik",
        path: "/feeds/primorsky-vestnik.rss",
        name: "Приморский вестник",
        lang: "ru",
        tags: &["daily", "region"],
    },
    Feed {
        feed: FeedName::DonghaeIlbo,
        id: "donghae-ilbo",
        path: "/feeds/donghae-ilbo.rdf",
        name: "동해일보",
        lang: "ko",
        tags: &["daily", "region"],
    },
    Feed {
        feed: FeedName::ShiokazeShimbun,
        id: "shiokaze-shimbun",
        path: "/feeds/shiokaze-shimbun.json",
        name: "潮風新聞",
        lang: "ja",
        tags: &["daily", "region"],
    },
    Feed {
        feed: FeedName::HaianGuancha,
        id: "haian-guancha",
        path: "/feeds/haian-guancha.atom",
        name: "海岸观察报",
        lang: "zh",
        tags: &["daily", "region"],
    },
    Feed {
        feed: FeedName::Broken,
        id: "broken-feed",
        path: "/feeds/broken.rss",
        name: "Broken feed",
        lang: "en",
        tags: &["broken"],
    },
];

impl FeedName {
    /// Returns what is to know about the feed.
    pub fn feed(self) -> &'static Feed {
        &FEEDS[self as usize]
    }
}

/// The newsroom: where it is, since when, and how far it has come.
#[derive(Debug)]
pub struct Newsroom {
    address: SocketAddr,
    start: Timestamp,
    speed: f64,
    edition: Edition,
    opened: OnceLock<Duration>,
}

impl Newsroom {
    /// Returns a newsroom that is reached at `address`, keeps house since `start`, and whose
    /// script runs `speed` times as fast as it is written, within 0.01 and 1,000 times.
    pub fn new(address: SocketAddr, start: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_nan() { 1.0 } else { speed.clamp(0.01, 1_000.0) };
        Newsroom { address, start, speed, edition: Edition::bundled(), opened: OnceLock::new() }
    }

    /// Returns all its feeds.
    pub fn feeds() -> &'static [Feed] {
        FEEDS
    }

    /// Begins the script. Up to here every feed shows its stock, however late it is read first,
    /// so that a slow machine takes no news for the baseline. Opening twice changes nothing.
    pub fn open(&self, elapsed: Duration) {
        let _ = self.opened.set(elapsed);
    }

    /// Returns what a feed answers when so much time has passed since the newsroom's start.
    pub fn feed(&self, name: FeedName, elapsed: Duration) -> Rendered {
        let script = self.script_time(elapsed);
        if name == FeedName::Broken {
            return render::broken(script.unwrap_or_default());
        }
        render::feed(self, name.feed(), &self.edition.shown(name, script))
    }

    /// Returns the page of an article that is out by then.
    pub fn article(&self, slug: &str, elapsed: Duration) -> Option<Rendered> {
        let showing = self.edition.article(slug, self.script_time(elapsed))?;
        Some(render::article(self, &showing))
    }

    /// Returns the page that lists the feeds.
    pub fn index(&self) -> Rendered {
        render::index()
    }

    fn script_time(&self, elapsed: Duration) -> Option<Duration> {
        self.opened.get().map(|opened| elapsed.saturating_sub(*opened).mul_f64(self.speed))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn published(&self, showing: &Showing) -> Timestamp {
        self.time(showing.published)
    }

    fn updated(&self, showing: &Showing) -> Timestamp {
        self.time(showing.updated)
    }

    fn time(&self, moment: edition::Moment) -> Timestamp {
        match moment {
            edition::Moment::Before(age) => self.start - age,
            edition::Moment::Script(at) => {
                let opened = self.opened.get().copied().unwrap_or_default();
                self.start + opened + at.div_f64(self.speed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn newsroom(speed: f64) -> Newsroom {
        let address = "127.0.0.1:8643".parse().unwrap();
        Newsroom::new(address, Timestamp::parse_rfc3339("2026-03-03T10:00:00Z").unwrap(), speed)
    }

    fn open_newsroom() -> Newsroom {
        let newsroom = newsroom(1.0);
        newsroom.open(Duration::ZERO);
        newsroom
    }

    fn parse(newsroom: &Newsroom, name: FeedName, elapsed: Duration) -> feed_rs::model::Feed {
        let rendered = newsroom.feed(name, elapsed);
        feed_rs::parser::parse(rendered.body.as_bytes())
            .unwrap_or_else(|error| panic!("{name:?} at {elapsed:?}: {error}\n{}", rendered.body))
    }

    fn whole_feeds() -> impl Iterator<Item = FeedName> {
        Newsroom::feeds().iter().map(|feed| feed.feed).filter(|name| *name != FeedName::Broken)
    }

    #[test]
    fn every_name_finds_its_own_feed() {
        for feed in Newsroom::feeds() {
            assert_eq!(feed.feed.feed().id, feed.id);
        }
    }

    #[test]
    fn every_feed_parses_at_every_second_with_titles_links_and_dates() {
        let newsroom = open_newsroom();
        for name in whole_feeds() {
            for second in (0..70).chain([3_599]) {
                let parsed = parse(&newsroom, name, Duration::from_secs(second));
                assert!((8..=30).contains(&parsed.entries.len()), "{name:?}: {}", parsed.entries.len());
                for entry in parsed.entries {
                    assert!(entry.title.is_some_and(|title| !title.content.is_empty()));
                    assert!(entry.links[0].href.starts_with("http://127.0.0.1:8643/articles/"));
                    assert!(entry.published.or(entry.updated).is_some(), "{name:?}");
                }
            }
        }
    }

    #[test]
    fn the_formats_are_the_four_that_readers_meet() {
        let newsroom = open_newsroom();
        let kind = |name| format!("{:?}", parse(&newsroom, name, HOUR).feed_type);
        let kinds: Vec<_> = whole_feeds().map(kind).collect();
        assert_eq!(kinds, ["RSS2", "Atom", "RSS2", "RSS1", "JSON", "Atom"]);
    }

    #[test]
    fn a_newsroom_that_is_not_open_shows_only_its_stock() {
        let newsroom = newsroom(1.0);
        for name in whole_feeds() {
            assert_eq!(parse(&newsroom, name, HOUR).entries.len(), 8);
        }
    }

    #[test]
    fn the_script_counts_from_the_opening() {
        let newsroom = newsroom(1.0);
        newsroom.open(Duration::from_secs(5));
        newsroom.open(Duration::from_secs(50));
        let entries = |second| parse(&newsroom, FeedName::HarbourWire, Duration::from_secs(second)).entries;
        assert_eq!(entries(5).len(), 8);
        let first = entries(6);
        assert_eq!(first.len(), 9);
        let published = first[0].published.unwrap();
        assert_eq!(published.to_rfc3339(), "2026-03-03T10:00:06+00:00");
    }

    #[test]
    fn a_fast_newsroom_dates_its_news_by_everybodys_clock() {
        let newsroom = newsroom(10.0);
        newsroom.open(Duration::from_secs(2));
        let entries = parse(&newsroom, FeedName::HarbourWire, Duration::from_secs(3)).entries;
        assert_eq!(entries[0].published.unwrap().to_rfc3339(), "2026-03-03T10:00:03+00:00");
        assert_eq!(entries.len(), 11);
    }

    #[test]
    fn a_speed_out_of_bounds_is_held_within_them() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let newsroom = newsroom(speed);
            newsroom.open(Duration::ZERO);
            assert!(parse(&newsroom, FeedName::HarbourWire, HOUR).entries.len() > 8, "{speed}");
        }
    }

    #[test]
    fn the_same_moment_gives_the_same_bytes_and_news_gives_another_etag() {
        let (one, other) = (open_newsroom(), open_newsroom());
        for name in whole_feeds() {
            let answer = |newsroom: &Newsroom, second| newsroom.feed(name, Duration::from_secs(second));
            assert_eq!(answer(&one, 60).body, answer(&other, 60).body);
            assert_eq!(answer(&one, 0).etag, answer(&one, 0).etag);
            assert_ne!(answer(&one, 0).etag, answer(&one, 60).etag);
            assert_ne!(answer(&one, 0).last_modified, answer(&one, 60).last_modified);
        }
    }

    #[test]
    fn the_broken_feed_is_never_a_whole_one() {
        let newsroom = open_newsroom();
        for second in 0..120 {
            let rendered = newsroom.feed(FeedName::Broken, Duration::from_secs(second));
            assert!(feed_rs::parser::parse(rendered.body.as_bytes()).is_err(), "{}", rendered.body);
            assert_eq!(rendered.etag, None);
        }
    }

    #[test]
    fn an_article_has_a_page_once_it_is_out() {
        let newsroom = open_newsroom();
        let page = |slug, second| newsroom.article(slug, Duration::from_secs(second));
        assert!(page("train-leaves", 0).is_none());
        assert!(page("train-leaves", 1).unwrap().body.contains("Harbour Wire"));
        assert!(page("special-train", 29).unwrap().body.contains("darkened windows. Nobody"));
        assert!(page("special-train", 30).unwrap().body.contains("confirm who was on board"));
        assert!(page("harbour-count-1", 60).is_none());
        assert!(page("harbour-count-1", 600).is_some());
        assert!(page("no-such-article", 600).is_none());
    }

    #[test]
    fn every_link_of_every_feed_opens_a_page() {
        let newsroom = open_newsroom();
        let elapsed = Duration::from_mins(5);
        for entry in whole_feeds().flat_map(|name| parse(&newsroom, name, elapsed).entries) {
            let link = url::Url::parse(&entry.links[0].href).unwrap();
            let slug = link.path().strip_prefix("/articles/").unwrap();
            assert!(newsroom.article(slug, elapsed).is_some(), "{link}");
        }
    }
}
