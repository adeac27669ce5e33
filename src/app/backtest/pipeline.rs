//! Reading and scoring on several threads, results strictly in order.
//!
//! Batches are dealt to the workers in turn and taken back in the same turn, each through a queue
//! of one: so the order needs no sorting, and never more than a few batches are in memory.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::feed::{BadLine, Batch, Feed, Given};
use super::{Replay, Side};
use crate::matcher::{self, Grade};
use crate::model::{Item, Score, ScoreOutcome, Sketch, TopicId};
use crate::story;

/// How much of each item is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Nothing: only the identity counts.
    Identity,
    /// The topics with points, and the vetoed.
    Touched,
    /// The same, and a topic that is among them for one side for all others too.
    Compared,
    /// Every topic.
    All,
}

/// An item and its scores, for each side.
pub(super) struct Scored {
    pub(super) given: Given,
    pub(super) sketch: Sketch,
    pub(super) sides: Vec<Vec<Score>>,
}

type Results = (Vec<Result<Scored, BadLine>>, u64);

/// Scores a feed and hands out every result in the order of the feed, with the bytes read so far.
pub(super) fn run(
    replay: &Replay<'_>,
    feed: &mut Feed,
    mut each: impl FnMut(Result<Scored, BadLine>, u64) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let n_threads = replay.threads.get();
    std::thread::scope(|scope| {
        let (mut to, mut from) = (Vec::new(), Vec::new());
        for _ in 0..n_threads {
            let (work, works) = sync_channel(1);
            let (done, dones) = sync_channel(1);
            scope.spawn(move || work_off(replay, &works, &done));
            to.push(work);
            from.push(dones);
        }
        let dealing = scope.spawn(move || deal(feed, &to));
        let taken = take_back(&from, &mut each);
        // A worker that cannot hand out its results ends, and then the dealer does.
        drop(from);
        let dealt = dealing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        taken.and(dealt)
    })
}

fn deal(feed: &mut Feed, to: &[SyncSender<Batch>]) -> anyhow::Result<()> {
    for worker in to.iter().cycle() {
        let Some(batch) = feed.next_batch()? else { break };
        if worker.send(batch).is_err() {
            break;
        }
    }
    Ok(())
}

fn work_off(replay: &Replay<'_>, works: &Receiver<Batch>, done: &SyncSender<Results>) {
    for batch in works {
        let read_bytes = batch.read_bytes;
        let given = batch.read(replay.max_text);
        let results = given.map(|given| given.map(|given| score(replay, given))).collect();
        if done.send((results, read_bytes)).is_err() {
            return;
        }
    }
}

fn take_back(
    from: &[Receiver<Results>],
    each: &mut impl FnMut(Result<Scored, BadLine>, u64) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for worker in from.iter().cycle() {
        // The first one without results is the one whose turn it is when the feed has ended.
        let Ok((results, read_bytes)) = worker.recv() else { break };
        for result in results {
            each(result, read_bytes)?;
        }
    }
    Ok(())
}

fn score(replay: &Replay<'_>, given: Given) -> Scored {
    let sides = &replay.sides;
    let score = |side: &Side<'_>| score_side(side, &given.item, replay.extent);
    let mut scores: Vec<Vec<Score>> = sides.iter().map(score).collect();
    if replay.extent == Extent::Compared {
        even_out(sides, &given.item, &mut scores);
    }
    let item = &given.item;
    let words = sides.first().map_or_else(|| matcher::words(item), |side| side.matcher.words(item));
    let sketch = story::sketch(item, &words);
    Scored { given, sketch, sides: scores }
}

fn score_side(side: &Side<'_>, item: &Item, extent: Extent) -> Vec<Score> {
    let outlet = side.outlet(item);
    let own;
    // As the daemon does, which believes the operator before the feed.
    let item = match outlet.lang {
        Some(lang) if item.lang.as_ref() != Some(lang) => {
            own = Item { lang: Some(lang.clone()), ..item.clone() };
            &own
        }
        _ => item,
    };
    let mut scores = match extent {
        Extent::Identity => Vec::new(),
        Extent::Touched | Extent::Compared if side.reasons => side.matcher.score(item, outlet.tags),
        Extent::Touched | Extent::Compared => {
            let grades = side.matcher.grade(item, outlet.tags);
            grades.into_iter().filter_map(|grade| bare(side, grade)).collect()
        }
        Extent::All => side.matcher.score_all(item, outlet.tags),
    };
    if let Some(corrections) = side.corrections {
        corrections.apply(item, &mut scores);
    }
    scores
}

/// Returns a score without its reasons.
fn bare(side: &Side<'_>, grade: Grade<'_>) -> Option<Score> {
    let topic = &side.list[*side.topics.get(grade.topic)? as usize];
    Some(Score {
        topic: topic.id.clone(),
        score: grade.score,
        points: grade.points,
        threshold: topic.threshold,
        outcome: grade.outcome,
        evidence: Vec::new(),
        failed: Vec::new(),
    })
}

/// Has every side say what it makes of the topics that another side finds points for: without
/// points it may be that the item is excluded, vetoed or below.
fn even_out(sides: &[Side<'_>], item: &Item, scores: &mut [Vec<Score>]) {
    let touched: HashSet<TopicId> = scores
        .iter()
        .flatten()
        .filter(|score| score.points > 0.0 || score.outcome == ScoreOutcome::Vetoed)
        .map(|score| score.topic.clone())
        .collect();
    for (side, own) in sides.iter().zip(scores) {
        if own.len() < touched.iter().filter(|topic| side.knows(topic)).count() {
            *own = score_side(side, item, Extent::All);
            own.retain(|score| touched.contains(&score.topic));
        }
    }
}
