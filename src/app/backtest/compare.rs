//! Two sets of topics, compared by the alerts that each would have made of the same items.

use std::collections::HashSet;
use std::num::NonZero;
use std::time::Duration;

use super::changes::Changes;
use super::{Decided, Extent, Feed, Replay, Replayed, Side, Step};
use crate::config::{Config, Topic};
use crate::matcher::Matcher;
use crate::matcher::learn::Corrections;
use crate::model::{SourceId, TopicId};
use crate::store::{Store, StoreError};
use crate::worker::learned::corrections;

/// How far back what changed is replayed, in days.
pub const DAYS: u64 = 7;
/// The same as a time.
pub const LOOK_BACK: Duration = Duration::from_hours(24 * DAYS);

/// One of the two sets of topics.
pub struct Half<'a> {
    topics: Vec<Topic>,
    matcher: Matcher,
    config: &'a Config,
    corrections: Corrections,
    /// Sources that it is told by besides those of its configuration.
    also: HashSet<SourceId>,
}

impl<'a> Half<'a> {
    /// Compiles topics that stand in a configuration, or would.
    pub fn of(topics: Vec<Topic>, config: &'a Config) -> Self {
        let (matcher, _) = Matcher::compile(&topics);
        Half { topics, matcher, corrections: Corrections::default(), config, also: HashSet::new() }
    }

    /// Compiles the topics of a configuration that are wanted.
    pub fn picked(config: &'a Config, wanted: impl Fn(&TopicId) -> bool) -> Self {
        Half::of(config.topics.iter().filter(|topic| wanted(&topic.id)).cloned().collect(), config)
    }

    /// Has it hear these sources too.
    #[must_use]
    pub fn hearing(self, also: HashSet<SourceId>) -> Self {
        Half { also, ..self }
    }

    /// Has scores corrected by the verdicts that a store holds.
    pub async fn corrected(mut self, store: &Store) -> Result<Self, StoreError> {
        self.corrections = corrections(store, self.config, (&self.matcher, &self.topics)).await?;
        Ok(self)
    }

    fn side(&self) -> Side<'_> {
        Side::new(&self.matcher, &self.topics, self.config).corrected(&self.corrections)
    }

    /// Returns the decisions that were made on an item; none on one that it would not hear of
    /// without its source.
    fn heard<'v>(&self, replayed: &Replayed, decisions: &'v [Decided]) -> &'v [Decided] {
        let source = replayed.given.item.source.as_ref();
        let hears = |source: &SourceId| self.config.sources.is_polled(source) || self.also.contains(source);
        if source.is_some_and(hears) { decisions } else { &[] }
    }
}

/// Replays a feed for both sets, the one to come first, for as long as that is wanted.
pub fn compare(
    mut feed: Feed,
    (now, was): (&Half<'_>, Option<&Half<'_>>),
    threads: NonZero<usize>,
    is_wanted: impl Fn() -> bool,
) -> anyhow::Result<Changes> {
    let halves: Vec<&Half<'_>> = std::iter::once(now).chain(was).collect();
    let mut changes = Changes::of(halves.iter().flat_map(|half| &half.topics));
    if changes.topics().len() == 0 {
        return Ok(changes);
    }
    let sides = halves.iter().map(|half| half.side()).collect();
    let max_text = now.config.fetch.max_text;
    let window = now.config.stories.window;
    let replay = Replay { sides, extent: Extent::Touched, threads, max_text, window };
    replay.run(&mut feed, |step| {
        anyhow::ensure!(is_wanted(), "not wanted any more");
        if let Step::Item(replayed) = step {
            let mut heard = halves.iter().zip(&replayed.sides).map(|(half, side)| half.heard(replayed, side));
            let (now, was) = (heard.next().unwrap_or_default(), heard.next().unwrap_or_default());
            changes.count(replayed, now, was);
        }
        Ok(())
    })?;
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::app::backtest::changes::{Example, TopicChanges};
    use crate::config::{Environment, parse_str};

    fn config(topics: &str) -> Config {
        let sources = "[[source]]\nid = 's'\nurl = 'https://s.example/f'\n\
                       [[source]]\nid = 'off'\nurl = 'https://o.example/f'\nenabled = false\n";
        let loaded = parse_str("n.toml", &format!("{sources}{topics}"), &Environment::of("/", &[]));
        loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems))
    }

    const OIL: &str = "[[topic]]\nid = 'oil'\nany = ['oil']\n";
    const OIL_OR_GAS: &str =
        "[[topic]]\nid = 'oil'\nany = ['gas', 'tanker']\n[[topic]]\nid = 'tea'\nany = ['tea']\n";

    /// The topics as `before -> after, +added -removed: examples`, over the titles of a source.
    fn compared(now: &Config, was: Option<&Config>, source: &str, titles: &[&str]) -> Vec<String> {
        let lines: Vec<String> = titles
            .iter()
            .map(|title| format!("{{\"source\":\"{source}\",\"title\":\"{title}\"}}\n"))
            .collect();
        let feed = Feed::lines("items", Cursor::new(lines.concat())).unwrap();
        let (now, was) = (Half::picked(now, |_| true), was.map(|was| Half::picked(was, |_| true)));
        let changes = compare(feed, (&now, was.as_ref()), NonZero::<usize>::MIN, || true).unwrap();
        assert_eq!(changes.items, titles.len() as u64);
        let told = |(id, topic): (&TopicId, &TopicChanges)| {
            let sign = |example: &Example| {
                format!(" {}{}", if example.is_added() { '+' } else { '-' }, example.title)
            };
            let examples: Vec<String> = topic.examples.iter().map(sign).collect();
            let (before, after, added, removed) = (topic.before, topic.after, topic.added, topic.removed);
            format!("{id} {before} -> {after}, +{added} -{removed}:{}", examples.concat())
        };
        changes.topics().map(told).collect()
    }

    #[test]
    fn alerts_that_come_go_and_stay_are_counted_apart() {
        let (was, now) = (config(OIL), config(OIL_OR_GAS));
        let titles = ["oil", "gas", "oil tanker", "nothing"];
        assert_eq!(
            compared(&now, Some(&was), "s", &titles),
            ["oil 2 -> 2, +1 -1: -oil +gas", "tea 0 -> 0, +0 -0:"]
        );
        assert_eq!(compared(&was, None, "s", &titles), ["oil 0 -> 2, +2 -0: +oil +oil tanker"]);
    }

    #[test]
    fn what_is_not_heard_of_alerts_nobody() {
        let config = config(OIL);
        for source in ["off", "gone"] {
            assert_eq!(compared(&config, Some(&config), source, &["oil"]), ["oil 0 -> 0, +0 -0:"]);
        }
    }

    #[test]
    fn what_is_not_wanted_any_more_ends_early() {
        let config = config(OIL);
        let half = Half::picked(&config, |_| true);
        let feed = || Feed::lines("items", Cursor::new("{\"source\":\"s\",\"title\":\"oil\"}\n")).unwrap();
        assert!(compare(feed(), (&half, None), NonZero::<usize>::MIN, || false).is_err());
        let none = Half::picked(&config, |_| false);
        let changes = compare(feed(), (&none, None), NonZero::<usize>::MIN, || false).unwrap();
        assert_eq!(changes.topics().len(), 0, "without a topic nothing is read");
    }
}
