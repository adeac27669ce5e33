//! `backtest`: topics replayed over the archive or over a file.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use newshound::app::backtest::changes::Changes;
use newshound::app::backtest::checkup::{self, Probes};
use newshound::app::backtest::line::{Change, ChangedLine, Identity, Line, has_points};
use newshound::app::backtest::tally::Tally;
use newshound::app::backtest::{BadLine, Extent, Feed, Replay, Replayed, Side, Step, all_cores};
use newshound::app::feedback;
use newshound::app::setup::Ready;
use newshound::app::unknown;
use newshound::clock::Clock;
use newshound::config::Topic;
use newshound::matcher::Matcher;
use newshound::matcher::doctor::{Doctor, Finding};
use newshound::model::{Timestamp, TopicId};
use newshound::store::Store;

use super::{Wanted, load};
use crate::cli::args::Backtest;
use crate::cli::progress::Progress;
use crate::cli::text::backtest::{Copies, Report};
use crate::cli::{Exit, Results, Session, complain, say, text};

/// Lines of the input that are complained about one by one.
const COMPLAINTS: u64 = 20;

pub(super) async fn backtest(session: &Session, asked: Backtest) -> anyhow::Result<Exit> {
    if asked.identity {
        return identity(session, asked).await;
    }
    let mut ready = load!(session, Required);
    let mut other = match &asked.against {
        None => None,
        Some(path) => match session.load_from(Some(path), Wanted::Required) {
            Ok(other) => Some(other),
            Err(exit) => return Ok(exit),
        },
    };
    let url = ready.config.store.url.clone();
    for ready in std::iter::once(&mut ready).chain(&mut other) {
        feedback::consider(ready, &url).await?;
    }
    let Some(topics) = Topics::chosen(&asked, &ready, other.as_ref()) else { return Ok(Exit::Usage) };
    let source = Source::open(&asked, &ready).await?;
    tokio::task::block_in_place(|| replay(session, &asked, &topics, source))
}

/// A set of topics, compiled, with its configuration.
struct Topics<'a> {
    ready: &'a Ready,
    list: Vec<Topic>,
    /// Compiled anew, where they are not all of the configuration's.
    matcher: Option<Matcher>,
}

impl<'a> Topics<'a> {
    /// Returns the topics that were asked for, of each configuration; says why where there are none.
    fn chosen(asked: &Backtest, ready: &'a Ready, other: Option<&'a Ready>) -> Option<Vec<Topics<'a>>> {
        let sides: Vec<Topics<'a>> = std::iter::once(ready)
            .chain(other)
            .map(|ready| Topics::of(ready, asked.topic.as_deref()))
            .collect();
        if sides.iter().any(|side| !side.list.is_empty()) {
            return Some(sides);
        }
        let topic = asked.topic.as_ref().map(TopicId::new);
        let unknown = topic.and_then(|topic| unknown::topic(&ready.config, &topic));
        let none = "no topic is configured: `newshound init` writes three to begin with";
        complain(&format!("error: {}", unknown.as_deref().unwrap_or(none)));
        None
    }

    fn of(ready: &'a Ready, topic: Option<&str>) -> Self {
        let mut list = ready.config.topics.clone();
        let Some(wanted) = topic else { return Topics { ready, list, matcher: None } };
        list.retain(|topic| topic.id.as_str() == wanted);
        let (matcher, _) = Matcher::compile(&list);
        Topics { ready, list, matcher: Some(matcher) }
    }

    fn side(&self) -> Side<'_> {
        let matcher = self.matcher.as_ref().unwrap_or(&self.ready.matcher);
        Side::new(matcher, &self.list, &self.ready.config).corrected(&self.ready.corrections)
    }
}

/// What is replayed.
struct Source {
    feed: Feed,
    about: About,
}

/// What is known of it beforehand.
struct About {
    name: String,
    /// Its length in bytes, or in items for the archive; 0 where nobody knows.
    whole: u64,
    /// The stretch of time that was asked about.
    asked: Option<(Timestamp, Timestamp)>,
}

impl Source {
    async fn open(asked: &Backtest, ready: &Ready) -> anyhow::Result<Source> {
        match &asked.input {
            Some(path) => Source::file(path),
            None => Source::archive(asked.since, ready).await,
        }
    }

    fn file(path: &Path) -> anyhow::Result<Source> {
        // Packed, it is longer than that says, and nobody knows by how much.
        let packed = path.extension().is_some_and(|extension| extension == "gz");
        let whole = std::fs::metadata(path).map_or(0, |meta| if packed { 0 } else { meta.len() });
        let name =
            if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        Ok(Source { feed: Feed::open(path)?, about: About { name, whole, asked: None } })
    }

    async fn archive(length: Duration, ready: &Ready) -> anyhow::Result<Source> {
        let store = Store::open_existing(&ready.config.store.url).await.context("opening the store")?;
        let now = Clock::system().now();
        let since = now - length;
        let span = store.archive_span(since, u32::MAX).await.context("reading the archive")?;
        let from = span.map_or(since, |span| span.from);
        let about = About {
            name: "the archive".to_owned(),
            whole: span.map_or(0, |span| span.items),
            asked: Some((from, now.max(from))),
        };
        Ok(Source { feed: Feed::archive(store, since), about })
    }
}

fn replay(
    session: &Session,
    asked: &Backtest,
    topics: &[Topics<'_>],
    source: Source,
) -> anyhow::Result<Exit> {
    let Source { mut feed, about } = source;
    let clock = Clock::system();
    let watching = !session.json && checkup::may_watch(&topics[0].list);
    let mut doctor = Doctor::new(if watching { &topics[0].list } else { &[] });
    let probes = Probes::of(&doctor);
    // Evidence is what most of the time goes into, and is not asked for where nobody tells it.
    let sides = topics.iter().map(Topics::side);
    let sides = sides.map(|side| if session.json || watching { side } else { side.without_reasons() });
    let watchers = watching.then(|| probes.side(&topics[0].ready.config));
    let replay = Replay {
        sides: sides.chain(watchers).collect(),
        extent: extent(session, asked),
        threads: asked.threads.unwrap_or_else(all_cores),
        max_text: topics[0].ready.config.fetch.max_text,
        window: topics[0].ready.config.stories.window,
    };
    let mut sums = Sums::new(topics, &about);
    let mut results = session.json.then(Results::new);
    let mut told = Told::new(session, &about);
    replay.run(&mut feed, |step| {
        let Some(replayed) = told.item(&step) else { return Ok(()) };
        sums.count(replayed);
        match &mut results {
            Some(results) => lines(replayed, asked, results),
            None if watching => checkup::show(&mut doctor, replayed),
            None => {}
        }
        Ok(())
    })?;
    told.progress.clear();
    if let Some(results) = results {
        results.end();
    } else {
        let findings = probes.findings(&doctor);
        let report = sums.report(asked, clock.elapsed(), &findings);
        say(&text::backtest::report(&report, session.terminal));
    }
    Ok(ended(asked, &sums.tallies[0], &told))
}

fn extent(session: &Session, asked: &Backtest) -> Extent {
    match () {
        () if asked.all && session.json => Extent::All,
        () if asked.against.is_some() => Extent::Compared,
        () => Extent::Touched,
    }
}

/// All that is counted in a replay.
struct Sums {
    tallies: Vec<Tally>,
    changes: Changes,
}

impl Sums {
    fn new(topics: &[Topics<'_>], about: &About) -> Self {
        let mut tallies: Vec<Tally> = topics.iter().map(|side| Tally::of(&side.list)).collect();
        if let Some((from, to)) = about.asked {
            for tally in &mut tallies {
                tally.asked(from, to);
            }
        }
        Sums { tallies, changes: Changes::default() }
    }

    fn count(&mut self, replayed: &Replayed) {
        for (tally, decisions) in self.tallies.iter_mut().zip(&replayed.sides) {
            tally.count(replayed, decisions);
        }
        if self.tallies.len() > 1 {
            self.changes.count(replayed, &replayed.sides[0], &replayed.sides[1]);
        }
    }

    fn report<'s>(&'s self, asked: &'s Backtest, took: Duration, findings: &'s [Finding]) -> Report<'s> {
        Report {
            tally: &self.tallies[0],
            other: asked.against.as_deref().zip(self.tallies.get(1)),
            changes: &self.changes,
            took,
            all: asked.all,
            findings,
        }
    }
}

/// Prints the decisions on an item, or those that changed.
fn lines(replayed: &Replayed, asked: &Backtest, results: &mut Results) {
    if asked.against.is_some() {
        let changes = Change::between(&replayed.sides[0], &replayed.sides[1]);
        for change in changes.iter().filter(|change| asked.all || change.has_points()) {
            results.say(&ChangedLine::of(replayed, change));
        }
        return;
    }
    for decided in replayed.sides[0].iter().filter(|decided| asked.all || has_points(decided)) {
        results.say(&Line::of(replayed, decided));
    }
}

/// An expectation that was not met counts before lines that could not be read.
fn ended(asked: &Backtest, tally: &Tally, told: &Told<'_>) -> Exit {
    let exit = told.end();
    let met = asked.fail_on.as_ref().map(|fail_on| fail_on.met(tally)).unwrap_or_default();
    for met in &met {
        complain(&format!("failed: {met}"));
    }
    if met.is_empty() { exit } else { Exit::Expectation }
}

async fn identity(session: &Session, asked: Backtest) -> anyhow::Result<Exit> {
    // A file says all there is to know; only the archive needs a configuration to be found.
    let wanted = if asked.input.is_some() { Wanted::Optional } else { Wanted::Required };
    let ready = match session.load(wanted) {
        Ok(ready) => ready,
        Err(exit) => return Ok(exit),
    };
    let source = Source::open(&asked, &ready).await?;
    let replay = Replay {
        sides: Vec::new(),
        extent: Extent::Identity,
        threads: asked.threads.unwrap_or_else(all_cores),
        max_text: ready.config.fetch.max_text,
        window: ready.config.stories.window,
    };
    tokio::task::block_in_place(|| identify(session, &replay, source))
}

fn identify(session: &Session, replay: &Replay<'_>, source: Source) -> anyhow::Result<Exit> {
    let Source { mut feed, about } = source;
    let mut results = session.json.then(Results::new);
    let mut copies = Copies::default();
    let mut told = Told::new(session, &about);
    replay.run(&mut feed, |step| {
        let Some(replayed) = told.item(&step) else { return Ok(()) };
        match &mut results {
            Some(results) => results.say(&Identity::of(replayed)),
            None => copies.count(replayed),
        }
        Ok(())
    })?;
    told.progress.clear();
    match results {
        Some(results) => results.end(),
        None => say(&text::backtest::copies(&copies, session.terminal)),
    }
    Ok(told.end())
}

/// What is told on the way: how far it is, and lines that are no items.
struct Told<'a> {
    about: &'a About,
    progress: Progress,
    items: u64,
    bad: u64,
}

impl<'a> Told<'a> {
    fn new(session: &Session, about: &'a About) -> Self {
        Told { about, progress: Progress::new(session.watched, about.whole), items: 0, bad: 0 }
    }

    /// Returns the item of a step; of a line that is none, tells what is wrong with it.
    fn item<'s>(&mut self, step: &Step<'s>) -> Option<&'s Replayed> {
        match step {
            Step::Item(replayed) => {
                self.items += 1;
                let of_archive = self.about.asked.is_some();
                self.progress.step(if of_archive { self.items } else { replayed.read_bytes });
                Some(replayed)
            }
            Step::Bad(line) => {
                self.bad += 1;
                if self.bad <= COMPLAINTS {
                    self.progress.clear();
                    complain(&self.complaint(line));
                }
                None
            }
        }
    }

    fn complaint(&self, bad: &BadLine) -> String {
        let column = bad.column.map(|column| format!(":{column}")).unwrap_or_default();
        format!("{}:{}{column}: {}", self.about.name, bad.line, bad.message)
    }

    /// Says how many lines were left out; then the replay was not of all that was given.
    fn end(&self) -> Exit {
        if self.bad == 0 {
            return Exit::Done;
        }
        let lines = text::words::counted(self.bad, "line", "lines");
        complain(&format!("error: {lines} of {} left out, as no item could be read there", self.about.name));
        Exit::Failed
    }
}
