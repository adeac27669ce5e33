//! What verdicts suggest: changes of topics that were tried on the judged items and on the stored
//! news, as diffs for the files that the topics stand in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use similar::TextDiff;

use crate::app::backtest::compare::{Half, compare};
use crate::app::backtest::{Feed, all_cores};
use crate::app::explain::item_of_text;
use crate::app::setup::Ready;
use crate::config::edit::{Edit, edited};
use crate::config::{Environment, Expect, Learn, Severity, Topic, parse_str};
use crate::matcher::Matcher;
use crate::matcher::learn::Judged;
use crate::matcher::suggest::{Suggestion, Told, suggest, told};
use crate::model::{Timestamp, TopicId, Verdict};
use crate::store::Store;
use crate::worker::learned::as_read;

/// Milliseconds of a day.
const DAY_MS: f64 = 86_400_000.0;

/// All that is suggested.
#[derive(Debug, Default)]
pub struct Proposals {
    /// Topics with verdicts, and the one asked for, in the order of the configuration.
    pub topics: Vec<Proposal>,
    /// The changes of all topics, a diff for each file.
    pub diffs: Vec<String>,
    /// Whether all files lie below the current directory, so that the diffs can be applied there.
    pub applies_here: bool,
    /// The stretch of stored news they were tried on, in days.
    pub days: f64,
}

/// What is suggested for one topic.
#[derive(Debug)]
pub struct Proposal {
    /// The topic.
    pub topic: TopicId,
    /// Its name.
    pub name: String,
    /// How many verdicts of each kind there are.
    pub useful: usize,
    /// How many of the other kind.
    pub noise: usize,
    /// The changes, or why there are none.
    pub outcome: Result<Proposed, String>,
}

/// Changes of one topic that help.
#[derive(Debug)]
pub struct Proposed {
    /// The changes.
    pub suggestion: Suggestion,
    /// The topic as it is.
    pub was: Topic,
    /// Alerts a day before and after; `None` without stored news.
    pub alerts: Option<(f64, f64)>,
    /// The file.
    pub file: PathBuf,
    /// The changes of this topic alone.
    pub diff: String,
}

impl Proposed {
    /// Returns what the topic makes of the judged items, before and after.
    pub fn told(&self) -> (Told, Told) {
        (self.suggestion.before, self.suggestion.after)
    }

    fn edits(&self) -> Vec<Edit> {
        self.suggestion.steps.iter().map(|step| step.edit.clone()).collect()
    }
}

/// Looks for changes of the topics that were judged, or of one topic.
pub async fn proposals(
    ready: &Ready,
    environment: &Environment,
    only: Option<&TopicId>,
    (since, now): (Duration, Timestamp),
) -> anyhow::Result<Proposals> {
    let store = Store::open_if_there(&ready.config.store.url).await.context("opening the store")?;
    let mut proposals = Proposals { applies_here: true, ..Proposals::default() };
    for topic in ready.config.topics.iter().filter(|topic| only.is_none_or(|only| topic.id == *only)) {
        let judged = match &store {
            Some(store) => store.judged_items(&topic.id).await.context("reading the verdicts")?,
            None => Vec::new(),
        };
        if judged.is_empty() && only.is_none() {
            continue;
        }
        let judged: Vec<Judged> = judged.into_iter().map(|each| as_read(&ready.config, each)).collect();
        proposals.topics.push(tokio::task::block_in_place(|| {
            proposal(topic, &judged, ready.config.fetch.max_text, environment)
        }));
    }
    if let Some(store) = &store {
        replay(&mut proposals, ready, store, (now - since, now)).await?;
        store.close().await;
    }
    proposals.join(environment)?;
    Ok(proposals)
}

fn proposal(topic: &Topic, judged: &[Judged], max_text: usize, environment: &Environment) -> Proposal {
    let n = |verdict| judged.iter().filter(|judged| judged.verdict == verdict).count();
    let outcome = if topic.learn == Learn::Off {
        Err("its `learn` is \"off\"".to_owned())
    } else {
        let found = suggest(topic, judged, &examples(topic, max_text)).map_err(|why| why.to_string());
        found.and_then(|suggestion| written(topic, suggestion, judged, environment))
    };
    let (useful, noise) = (n(Verdict::Useful), n(Verdict::Noise));
    Proposal { topic: topic.id.clone(), name: topic.name.clone(), useful, noise, outcome }
}

/// The topic's examples, as verdicts: what must hit is useful, what must not is noise.
fn examples(topic: &Topic, max_text: usize) -> Vec<Judged> {
    let example = |example: &crate::config::Example| Judged {
        item: item_of_text(&example.text, max_text),
        tags: Vec::new(),
        verdict: match example.expect {
            Expect::Hit => Verdict::Useful,
            Expect::Miss => Verdict::Noise,
        },
    };
    topic.examples.iter().map(example).collect()
}

/// Writes the changes into the topic's file, and reads it again to see whether they arrived.
fn written(
    topic: &Topic,
    suggestion: Suggestion,
    judged: &[Judged],
    environment: &Environment,
) -> Result<Proposed, String> {
    let file = &topic.place.file;
    let edits: Vec<Edit> = suggestion.steps.iter().map(|step| step.edit.clone()).collect();
    let new = edited(&file.text, &topic.id, &edits).map_err(|error| error.to_string())?;
    let path = environment.relative(&file.path);
    let name = path.display().to_string();
    let (before, after) = (parse_str(&name, &file.text, environment), parse_str(&name, &new, environment));
    let n_errors = |loaded: &crate::config::Loaded| {
        loaded.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    };
    let changed = after.topics.iter().find(|each| each.id == topic.id);
    let compiles = |topic: &&Topic| Matcher::compile(std::slice::from_ref(*topic)).1.is_empty();
    let arrived = changed.filter(compiles).is_some_and(|topic| told(topic, judged) == suggestion.after);
    if !arrived || n_errors(&after) > n_errors(&before) {
        return Err("changes were found, and could not be written into its file".to_owned());
    }
    let diff = diff(&name, &file.text, &new);
    Ok(Proposed { suggestion, was: topic.clone(), alerts: None, file: path, diff })
}

fn diff(name: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().header(name, name).to_string()
}

/// Has the stored news tell how many alerts a day there are before and after.
async fn replay(
    proposals: &mut Proposals,
    ready: &Ready,
    store: &Store,
    (since, now): (Timestamp, Timestamp),
) -> anyhow::Result<()> {
    let proposed = || proposals.topics.iter().filter_map(|proposal| proposal.outcome.as_ref().ok());
    let span = store.archive_span(since, u32::MAX).await.context("reading the archive")?;
    let Some(span) = span.filter(|_| proposed().next().is_some()) else { return Ok(()) };
    let was = Half::of(proposed().map(|proposed| proposed.was.clone()).collect(), &ready.config);
    let is = Half::of(proposed().map(|proposed| proposed.suggestion.topic.clone()).collect(), &ready.config);
    let feed = Feed::archive(store.clone(), since);
    let alerts = tokio::task::block_in_place(|| compare(feed, (&is, Some(&was)), all_cores(), || true))?;
    // Less than a day says little of a day, and no more than it holds.
    let days = (as_f64(now.since(span.from).as_millis()) / DAY_MS).max(1.0);
    proposals.days = days;
    for proposal in &mut proposals.topics {
        let Some(counted) = alerts.get(&proposal.topic) else { continue };
        if let Ok(proposed) = &mut proposal.outcome {
            let a_day = |n: u64| as_f64(u128::from(n)) / days;
            proposed.alerts = Some((a_day(counted.before), a_day(counted.after)));
        }
    }
    Ok(())
}

impl Proposals {
    /// Puts the changes of all topics together, file by file.
    fn join(&mut self, environment: &Environment) -> anyhow::Result<()> {
        let mut files: BTreeMap<PathBuf, (Arc<crate::config::SourceFile>, String)> = BTreeMap::new();
        for proposal in &self.topics {
            let Ok(proposed) = &proposal.outcome else { continue };
            let file = &proposed.was.place.file;
            let (_, text) =
                files.entry(proposed.file.clone()).or_insert_with(|| (Arc::clone(file), file.text.clone()));
            *text = edited(text, &proposal.topic, &proposed.edits())?;
        }
        self.applies_here = files.keys().all(|path| environment.relative(path).is_relative());
        self.diffs = files
            .iter()
            .map(|(path, (file, text))| diff(&path.display().to_string(), &file.text, text))
            .collect();
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown with one digit")]
fn as_f64(n: u128) -> f64 {
    n as f64
}
