//! The topic doctor at work: its probes replayed beside the topics.

use serde_json::{Value, json};

use super::compare::LOOK_BACK;
use super::{Decided, Extent, Feed, Replay, Replayed, Side, Step, all_cores};
use crate::app::setup::Ready;
use crate::config::{Config, Topic};
use crate::matcher::Matcher;
use crate::matcher::doctor::{Doctor, Finding, Turn};
use crate::model::{Score, Timestamp};
use crate::store::Store;

/// Items that `check` has the doctor look at, the newest: it should not be waited for.
const MOST_ITEMS: u32 = 5000;

/// Topics that the doctor looks at in a replay: nobody reads of more, and to look costs more than
/// to match.
const MOST_WATCHED: usize = 100;
/// Topics that `check` has it look at.
const MOST_CHECKED: usize = 1000;

/// Says whether the doctor can look at these in a replay.
pub fn may_watch(topics: &[Topic]) -> bool {
    topics.len() <= MOST_WATCHED
}

/// The doctor's probes, ready to be replayed.
pub struct Probes {
    topics: Vec<Topic>,
    matcher: Matcher,
}

impl Probes {
    /// Compiles the probes of a doctor.
    pub fn of(doctor: &Doctor) -> Self {
        let topics = doctor.probes().to_vec();
        let (matcher, _) = Matcher::compile(&topics);
        Probes { topics, matcher }
    }

    /// Returns the side of a replay that they are.
    pub fn side<'a>(&'a self, config: &'a Config) -> Side<'a> {
        Side::new(&self.matcher, &self.topics, config).without_reasons()
    }

    /// Returns what the doctor found.
    pub fn findings(&self, doctor: &Doctor) -> Vec<Finding> {
        doctor.findings(&self.matcher)
    }
}

/// Shows the doctor an item of a replay, of which the first side are its topics and the last one
/// its probes. Copies would count twice.
pub fn show(doctor: &mut Doctor, replayed: &Replayed) {
    let [topics, .., probes] = replayed.sides.as_slice() else { return };
    if replayed.duplicate_of.is_some() {
        return;
    }
    doctor.see(scores(topics), scores(probes));
}

fn scores(side: &[Decided]) -> impl Iterator<Item = &Score> {
    side.iter().map(|decided| &decided.score)
}

/// Has the doctor look at what the store has seen lately. Where there is no store, or it cannot be
/// read now, or there are more than 1,000 topics, it has nothing to say.
pub async fn of_archive(ready: &Ready, now: Timestamp) -> Vec<Finding> {
    if ready.config.topics.len() > MOST_CHECKED {
        return Vec::new();
    }
    let Ok(store) = Store::open_existing(&ready.config.store.url).await else { return Vec::new() };
    let Ok(Some(span)) = store.archive_span(now - LOOK_BACK, MOST_ITEMS).await else { return Vec::new() };
    let mut feed = Feed::archive(store, span.from);
    tokio::task::block_in_place(|| look(ready, &mut feed)).unwrap_or_default()
}

fn look(ready: &Ready, feed: &mut Feed) -> anyhow::Result<Vec<Finding>> {
    let config = &ready.config;
    let mut doctor = Doctor::new(&config.topics);
    let probes = Probes::of(&doctor);
    let replay = Replay {
        sides: vec![Side::new(&ready.matcher, &config.topics, config), probes.side(config)],
        extent: Extent::Touched,
        threads: all_cores(),
        max_text: config.fetch.max_text,
        window: config.stories.window,
    };
    replay.run(feed, |step| {
        if let Step::Item(replayed) = step {
            show(&mut doctor, replayed);
        }
        Ok(())
    })?;
    Ok(probes.findings(&doctor))
}

/// Returns a finding as `check --json` tells it.
pub fn to_json(finding: &Finding) -> Value {
    let turning =
        |point: Option<Turn>| point.map(|(threshold, hits)| json!({"threshold": threshold, "hits": hits}));
    let cause = finding.cause.as_ref();
    json!({
        "topic": finding.topic,
        "items": finding.items,
        "hits": finding.hits,
        "never": finding.never,
        "twins": finding.twins,
        "near_misses": {
            "items": finding.near_misses,
            "term": cause.map(|(term, _)| term),
            "items_of_term": cause.map(|(_, items)| items),
        },
        "halved_at": turning(finding.halved_at),
        "doubled_at": turning(finding.doubled_at),
    })
}
