//! Replays topics over items of the past: what each set of topics would have made of them, one
//! after the other, with the same identity and the same decisions as the daemon. Nothing is sent
//! and nothing is stored.
//!
//! Reading and scoring is done on all cores; identity, decisions and whatever the caller does with
//! them happen strictly in the order of the items, so that the outcome is the same however many
//! threads there are. Between the two are bounded queues.

pub mod changes;
pub mod checkup;
pub mod compare;
pub mod expectation;
pub mod feed;
mod history;
pub mod line;
mod pipeline;
pub mod tally;
mod told;

use std::collections::HashMap;
use std::num::NonZero;
use std::time::Duration;

pub use self::feed::{BadLine, Feed, Given};
use self::history::History;
pub use self::pipeline::Extent;
use crate::config::{Config, Topic};
use crate::matcher::Matcher;
use crate::matcher::learn::Corrections;
use crate::model::{Decision, Item, Score, SourceId, StoryId, Timestamp, TopicId};

/// One set of topics, with what its configuration says about the sources.
pub struct Side<'a> {
    matcher: &'a Matcher,
    corrections: Option<&'a Corrections>,
    topics: HashMap<&'a TopicId, u32>,
    list: &'a [Topic],
    sources: HashMap<&'a SourceId, Outlet<'a>>,
    reasons: bool,
}

/// What counts of a source.
#[derive(Clone, Copy)]
struct Outlet<'a> {
    tags: &'a [String],
    lang: Option<&'a String>,
}

impl<'a> Side<'a> {
    /// Takes the topics that a matcher was compiled from, in the same order.
    pub fn new(matcher: &'a Matcher, topics: &'a [Topic], config: &'a Config) -> Self {
        // A source of a list says nothing of itself.
        let sources = config.sources.tables().iter();
        Side {
            matcher,
            list: topics,
            reasons: true,
            corrections: None,
            topics: (0..).zip(topics).map(|(number, topic)| (&topic.id, number)).collect(),
            sources: sources
                .map(|source| (&source.id, Outlet { tags: &source.tags, lang: source.lang.as_ref() }))
                .collect(),
        }
    }

    /// Has the scores of this side come without evidence, which is much faster.
    #[must_use]
    pub fn without_reasons(self) -> Self {
        Side { reasons: false, ..self }
    }

    /// Has scores corrected by what verdicts teach.
    #[must_use]
    pub fn corrected(self, corrections: &'a Corrections) -> Self {
        Side { corrections: Some(corrections).filter(|it| !it.is_empty()), ..self }
    }

    fn outlet(&self, item: &Item) -> Outlet<'a> {
        let known = item.source.as_ref().and_then(|id| self.sources.get(id));
        known.copied().unwrap_or(Outlet { tags: &[], lang: None })
    }

    /// Says whether the topic is one of this side.
    pub fn knows(&self, topic: &TopicId) -> bool {
        self.topics.contains_key(topic)
    }
}

/// A replay to run.
pub struct Replay<'a> {
    /// The sets of topics. Each item is decided on for each of them apart.
    pub sides: Vec<Side<'a>>,
    /// How much is scored.
    pub extent: Extent,
    /// Threads that read and score.
    pub threads: NonZero<usize>,
    /// Characters of one text that are kept.
    pub max_text: usize,
    /// A story takes articles up to so long after its latest one.
    pub window: Duration,
}

/// What came of the next item, or of a line that is none.
pub enum Step<'s> {
    /// An item, replayed.
    Item(&'s Replayed),
    /// A line that could not be read.
    Bad(&'s BadLine),
}

/// An item with what was decided about it.
pub struct Replayed {
    /// The item as it was given.
    pub given: Given,
    /// When it counts as seen; `None` where neither it nor any item before has a time.
    pub at: Option<Timestamp>,
    /// The id of the earlier item that it repeats.
    pub duplicate_of: Option<String>,
    /// Its story.
    pub story: StoryId,
    /// For each side the decisions, in the order of its topics. Topics without points may be
    /// missing, unless the extent says otherwise.
    pub sides: Vec<Vec<Decided>>,
    /// How much of the input was read when this one came, in bytes.
    pub read_bytes: u64,
}

/// What was decided about an item for one topic.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The score with its reasons.
    pub score: Score,
    /// The decision.
    pub decision: Decision,
    /// Why, where more than the score decided; not where the side goes without reasons.
    pub reason: Option<String>,
}

impl Decided {
    /// Says whether the item reached the threshold.
    pub fn is_hit(&self) -> bool {
        !matches!(self.decision, Decision::Excluded | Decision::Vetoed | Decision::Below)
    }

    /// Says whether somebody would have been told.
    pub fn is_alert(&self) -> bool {
        self.decision.is_alert()
    }
}

impl Replay<'_> {
    /// Replays a feed to its end. Each step is handed out in the order of the feed; an error of
    /// the caller's ends the replay.
    pub fn run(
        &self,
        feed: &mut Feed,
        mut each: impl FnMut(Step<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut history = History::new(self.window, &self.sides);
        pipeline::run(self, feed, |scored, read_bytes| match scored {
            Ok(scored) => each(Step::Item(&history.take(scored, read_bytes))),
            Err(bad) => each(Step::Bad(&bad)),
        })
    }
}

/// Returns as many threads as there are cores.
pub fn all_cores() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::config::{Environment, parse_str};

    fn config(text: &str) -> Config {
        let loaded = parse_str("n.toml", text, &Environment::of("/", &[]));
        loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems))
    }

    const OIL: &str = "[[topic]]\nid = 'oil'\nany = ['oil', 'crude^0.3']\nnone = ['cooking']\n[[topic]]\nid = 'world'\nany = ['oil']\nsources = ['tag:world']\n[[source]]\nid = 'w'\nurl = 'https://w.example/f'\ntags = ['world']\nlang = 'en'\n";

    /// Replays lines for these configurations; returns a line an item, with the decisions.
    fn replayed(configs: &[&str], extent: Extent, threads: usize, input: &str) -> Vec<String> {
        let configs: Vec<Config> = configs.iter().map(|text| config(text)).collect();
        let matchers: Vec<Matcher> =
            configs.iter().map(|config| Matcher::compile(&config.topics).0).collect();
        let sides = configs.iter().zip(&matchers);
        let replay = Replay {
            sides: sides.map(|(config, matcher)| Side::new(matcher, &config.topics, config)).collect(),
            extent,
            threads: NonZero::new(threads).unwrap(),
            max_text: 10_000,
            window: Duration::from_hours(72),
        };
        let mut feed = Feed::lines("input", Cursor::new(input.to_owned())).unwrap();
        let mut lines = Vec::new();
        let step = |step: Step<'_>| {
            lines.push(match step {
                Step::Bad(bad) => format!("line {} {}", bad.line, bad.message),
                Step::Item(replayed) => {
                    let side = |side: &Vec<Decided>| {
                        let words = side
                            .iter()
                            .map(|decided| format!("{}={}", decided.score.topic, decided.decision));
                        words.collect::<Vec<_>>().join(" ")
                    };
                    let sides: Vec<String> = replayed.sides.iter().map(side).collect();
                    let of = replayed.duplicate_of.as_deref().unwrap_or("new");
                    format!("{} {of}: {}", replayed.given.id, sides.join(" / "))
                }
            });
            Ok(())
        };
        replay.run(&mut feed, step).unwrap();
        lines
    }

    #[track_caller]
    fn check(configs: &[&str], extent: Extent, input: &str, expect: &[&str]) {
        assert_eq!(replayed(configs, extent, 2, input), expect);
    }

    #[test]
    fn an_item_is_judged_by_every_side_apart() {
        let gas = "[[topic]]\nid = 'oil'\nany = ['gas']\n";
        let input =
            "{\"id\":1,\"title\":\"oil\"}\n{\"id\":2,\"title\":\"gas\"}\n{\"id\":3,\"title\":\"coal\"}\n";
        check(
            &[OIL, gas],
            Extent::Touched,
            input,
            &["1 new: oil=alert / ", "2 new:  / oil=alert", "3 new:  / "],
        );
        check(
            &[OIL, gas],
            Extent::Compared,
            input,
            &["1 new: oil=alert / oil=below", "2 new: oil=below / oil=alert", "3 new:  / "],
        );
        check(&[OIL], Extent::Identity, input, &["1 new: ", "2 new: ", "3 new: "]);
        check(&[OIL], Extent::All, "{\"id\":3,\"title\":\"coal\"}", &["3 new: oil=below world=excluded"]);
    }

    #[test]
    fn the_configuration_tells_the_tags_and_the_language_of_a_source() {
        let german = "[[topic]]\nid = 'de'\nany = ['oil']\nlanguages = ['en']\n";
        let input = "{\"id\":1,\"source\":\"w\",\"title\":\"oil\",\"lang\":\"de\",\"tags\":[\"world\"]}\n{\"id\":2,\"source\":\"x\",\"title\":\"oil now\",\"lang\":\"de\",\"tags\":[\"world\"]}\n";
        check(
            &[OIL],
            Extent::All,
            input,
            &["1 new: oil=alert world=alert", "2 new: oil=alert world=excluded"],
        );
        let both = format!("{german}{}", &OIL[OIL.find("[[source]]").unwrap()..]);
        check(&[&both], Extent::All, input, &["1 new: de=alert", "2 new: de=excluded"]);
    }

    #[test]
    fn more_threads_than_batches_are_no_trouble() {
        let lines: Vec<String> =
            (0..600).map(|n| format!("{{\"id\":{n},\"title\":\"oil {n}\"}}\nx\n")).collect();
        let lines = lines.concat();
        let one = replayed(&[OIL], Extent::Touched, 1, &lines);
        assert_eq!(
            (one.len(), one[1198].as_str(), one[1].split(' ').nth(1)),
            (1200, "599 new: oil=alert", Some("2"))
        );
        for threads in [2, 3, 16] {
            assert_eq!(replayed(&[OIL], Extent::Touched, threads, &lines), one);
        }
        check(&[OIL], Extent::Touched, "", &[]);
    }

    #[test]
    fn an_error_of_the_caller_ends_the_replay() {
        let config = config(OIL);
        let (matcher, _) = Matcher::compile(&config.topics);
        let replay = Replay {
            sides: vec![Side::new(&matcher, &config.topics, &config)],
            extent: Extent::Touched,
            threads: NonZero::new(3).unwrap(),
            max_text: 100,
            window: Duration::from_hours(72),
        };
        let lines = "{\"title\":\"oil\"}\n".repeat(5000);
        let mut feed = Feed::lines("input", Cursor::new(lines)).unwrap();
        let mut steps = 0;
        let ended = replay.run(&mut feed, |_| {
            steps += 1;
            anyhow::ensure!(steps < 10, "enough");
            Ok(())
        });
        assert_eq!((ended.unwrap_err().to_string(), steps), ("enough".to_owned(), 10));
    }
}
