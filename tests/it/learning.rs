//! What verdicts do to topics that somebody wrote by hand, on news that editors have labelled.
//!
//! The six public topics on the labelled rows of the Reuters corpus (those with a topic label). A
//! draw gives the verdicts of somebody who judges some of what is shown to them: the items that
//! score at least `near_miss` (0.25), hits and near misses alike, are shuffled by a seeded generator,
//! and the first 50 or 200 are judged by the editors' label; where there are fewer than twice so
//! many, half of them. F1 at the threshold is taken on all labelled rows that were not judged, once
//! with the topic as it is and once with what it learned.

use std::io::Read;

use newshound::config::Topic;
use newshound::matcher::Matcher;
use newshound::matcher::learn::{Learned, Lesson};
use newshound::model::{Item, Verdict};
use serde_json::Value;

use super::matching::{compile, corpus, item, toml_topics};

/// The points of a near miss: 1 - 2^-points = 0.25.
const NEAR_MISS: f64 = 0.415_037;
/// Draws of each size.
const DRAWS: u64 = 5;
/// What the reference matcher comes to on these topics.
const REFERENCE: f64 = 0.785;

/// A topic's rows: those that could be corrected, and how many more were labelled so.
struct Rows {
    id: String,
    lessons: Vec<Lesson>,
    far: u32,
}

#[derive(Default)]
struct Counts {
    right: u32,
    noise: u32,
    missed: u32,
}

impl Counts {
    fn count(&mut self, hit: bool, useful: bool) {
        match (hit, useful) {
            (true, true) => self.right += 1,
            (true, false) => self.noise += 1,
            (false, true) => self.missed += 1,
            (false, false) => {}
        }
    }

    fn f1(&self) -> f64 {
        f64::from(2 * self.right) / f64::from((2 * self.right + self.noise + self.missed).max(1))
    }
}

#[test]
fn what_is_learned_never_makes_hand_written_topics_worse() {
    let Some(rows) = read() else { return };
    let plain = rows.iter().map(|rows| f1(rows, &[], |_| 0.0)).sum::<f64>() / as_f64(rows.len());
    println!("reuters21578, labelled rows, {} topics: macro F1 {plain:.4} without verdicts", rows.len());
    assert!((plain - REFERENCE).abs() < 0.01, "{plain}");
    for n_verdicts in [50, 200] {
        let draws: Vec<(f64, f64)> =
            in_parallel(&(0..DRAWS).collect::<Vec<_>>(), |seed| draw(&rows, n_verdicts, *seed));
        for (seed, (before, after)) in draws.iter().enumerate() {
            println!("{n_verdicts} verdicts, draw {seed}: macro F1 on the rest {before:.4} -> {after:.4}");
            assert!(after >= before, "draw {seed} of {n_verdicts}");
        }
        let mean = |side: fn(&(f64, f64)) -> f64| draws.iter().map(side).sum::<f64>() / as_f64(draws.len());
        let (before, after) = (mean(|draw| draw.0), mean(|draw| draw.1));
        println!("{n_verdicts} verdicts, mean: {before:.4} -> {after:.4}");
        assert!(after - before > 0.02, "verdicts that teach nothing are asked for in vain");
    }
}

/// Macro F1 on the rest of one draw: with the topics as they are, and with what they learned.
fn draw(rows: &[Rows], n_verdicts: usize, seed: u64) -> (f64, f64) {
    let (mut before, mut after) = (0.0, 0.0);
    for rows in rows {
        let judged = judged(rows, n_verdicts, seed);
        let lessons: Vec<Lesson> = judged.iter().map(|at| rows.lessons[*at].clone()).collect();
        before += f1(rows, &judged, |_| 0.0);
        after += match Learned::of(&lessons) {
            Ok(learned) => f1(rows, &judged, |lesson| learned.correction(lesson)),
            Err(_) => f1(rows, &judged, |_| 0.0),
        };
    }
    (before / as_f64(rows.len()), after / as_f64(rows.len()))
}

/// The rows that one draw judges.
fn judged(rows: &Rows, n_verdicts: usize, seed: u64) -> Vec<usize> {
    // The threshold of 0.5 asks for one point.
    let shown = |at: &usize| rows.lessons[*at].excess() + 1.0 >= NEAR_MISS;
    let mut pool: Vec<usize> = (0..rows.lessons.len()).filter(shown).collect();
    let n = n_verdicts.min(pool.len() / 2);
    let mut state = seed.wrapping_mul(7919).wrapping_add(n_verdicts as u64);
    for at in 0..n {
        let other = at + usize::try_from(next(&mut state) % (pool.len() - at) as u64).unwrap();
        pool.swap(at, other);
    }
    pool.truncate(n);
    pool
}

/// Steele, Lea and Flood's `SplitMix64`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn f1(rows: &Rows, judged: &[usize], correction: impl Fn(&Lesson) -> f64) -> f64 {
    let mut counts = Counts { missed: rows.far, ..Counts::default() };
    let rest = rows.lessons.iter().enumerate().filter(|(at, _)| !judged.contains(at));
    for (_, lesson) in rest {
        counts.count(lesson.excess() + correction(lesson) >= -1e-6, lesson.is_useful());
    }
    counts.f1()
}

/// Scores the labelled rows, on all cores: a debug build needs its time.
fn read() -> Option<Vec<Rows>> {
    let topics = corpus("matching/reuters_topics_public.toml")?;
    let topics = toml_topics(&String::from_utf8(topics).unwrap());
    let packed = corpus("news-text/reuters21578.jsonl.gz")?;
    let mut lines = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut lines).unwrap();
    let labelled = lines.lines().filter(|line| !line.contains("\"topics\": []"));
    let lines: Vec<&str> = labelled.collect();
    let matcher = compile(&topics);
    let parts: Vec<Vec<&str>> = lines.chunks(500).map(<[&str]>::to_vec).collect();
    let scored = in_parallel(&parts, |part| {
        part.iter().map(|line| score(line, &matcher, &topics)).collect::<Vec<_>>()
    });
    let mut rows: Vec<Rows> =
        topics.iter().map(|topic| Rows { id: topic.id.to_string(), lessons: Vec::new(), far: 0 }).collect();
    for row in scored.into_iter().flatten() {
        for (rows, found) in rows.iter_mut().zip(row) {
            match found {
                Found::Near(lesson) => rows.lessons.push(lesson),
                Found::Far(labelled) => rows.far += u32::from(labelled),
            }
        }
    }
    println!("{} labelled rows", lines.len());
    for rows in &rows {
        println!("  {}: {} of them score 0.2 or more", rows.id, rows.lessons.len());
    }
    Some(rows)
}

/// A row to a topic: one that can be corrected, or one too far off, with its label.
enum Found {
    Near(Lesson),
    Far(bool),
}

fn score(line: &str, matcher: &Matcher, topics: &[Topic]) -> Vec<Found> {
    let row: Value = serde_json::from_str(line).unwrap();
    let item: Item = item(row["title"].as_str().unwrap(), row["text"].as_str().unwrap(), Some("en"));
    let labels: Vec<&str> = row["topics"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let scores = matcher.score(&item, &[]);
    let found = |topic: &Topic| {
        let labelled = labels.contains(&topic.id.as_str());
        let verdict = if labelled { Verdict::Useful } else { Verdict::Noise };
        let score = scores.iter().find(|score| score.topic == topic.id);
        score.and_then(|score| Lesson::of(&item, score, verdict)).map_or(Found::Far(labelled), Found::Near)
    };
    topics.iter().map(found).collect()
}

/// Does all of it on every core; results stand in the order of the work.
fn in_parallel<W: Sync, R: Send>(work: &[W], each: impl Fn(&W) -> R + Sync) -> Vec<R> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let each = &each;
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads)
            .map(|thread| {
                scope.spawn(move || {
                    let own = work.iter().enumerate().skip(thread).step_by(n_threads);
                    own.map(|(at, work)| (at, each(work))).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn as_f64(n: usize) -> f64 {
    n as f64
}
