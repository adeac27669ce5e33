//! `check`: every problem at once, the topics' examples, and on request the network.

use newshound::app::backtest::checkup;
use newshound::app::setup::Outside;
use newshound::app::setup::{self, Checked, Ready};
use newshound::app::{examples, network};
use newshound::clock::Clock;
use newshound::config::{Config, Problem, Severity, Wanted, guard_problems};
use newshound::matcher::doctor::Finding;
use newshound::matcher::{Matcher, Outline};
use newshound::notify::console::Look;
use serde_json::json;

use crate::cli::text::ink::Terminal;
use crate::cli::{Exit, Session, say, say_json, text};

/// All that was found.
struct Found {
    problems: Vec<Problem>,
    examples: Vec<examples::Tried>,
    network: Vec<network::Reached>,
    doctor: Vec<Finding>,
    sums: text::check::Sums,
}

pub(super) async fn check(session: &Session, with_network: bool, show: bool) -> anyhow::Result<Exit> {
    let Checked { ready, ruins, mut problems, n_files } =
        setup::load(session.config.as_deref(), Wanted::Required, &session.environment);
    let examples = match (&ready, &ruins) {
        (Some(ready), _) => {
            problems.extend(guard_problems(&ready.config));
            examples::try_all(&ready.config, &ready.matcher)
        }
        // What is well is looked at too, so that not every mistake takes a round of its own.
        (None, Some(ruins)) => {
            problems.extend(guard_problems_of_ruins(ruins, &problems));
            examples::try_all(ruins, &Matcher::compile(&ruins.topics).0)
        }
        (None, None) => Vec::new(),
    };
    let sound = !problems.iter().any(|problem| problem.severity == Severity::Error);
    let network = match &ready {
        Some(ready) if with_network && sound => try_network(ready).await?,
        _ => Vec::new(),
    };
    let doctor = match &ready {
        Some(ready) if sound => checkup::of_archive(ready, Clock::system().now()).await,
        _ => Vec::new(),
    };
    let sums = sums(ready.as_ref(), &problems, &examples, n_files);
    let found = Found { problems, examples, network, doctor, sums };
    let exit = exit(&found);
    let outlines = ready.as_ref().filter(|_| show).map(|ready| ready.matcher.outlines());
    if session.json {
        tell_json(&found, outlines.as_deref(), exit);
        return Ok(exit);
    }
    if let (Some(ready), Some(outlines)) = (&ready, outlines) {
        say(&format!("{}\n", text::outline::topics(&ready.config, &outlines, session.terminal)));
    }
    tell(&found, session.terminal);
    Ok(exit)
}

/// Which networks may be reached is not known where that could not be read.
fn guard_problems_of_ruins(ruins: &Config, problems: &[Problem]) -> Vec<Problem> {
    let unknown = problems.iter().any(|problem| problem.message.contains("networks"));
    if unknown { Vec::new() } else { guard_problems(ruins) }
}

async fn try_network(ready: &Ready) -> anyhow::Result<Vec<network::Reached>> {
    let clock = Clock::system();
    let outlets = setup::outlets(&ready.config, &Outside::real(Look::Line))?;
    Ok(network::try_all(&ready.config, &outlets, &clock).await)
}

fn sums(
    ready: Option<&Ready>,
    problems: &[Problem],
    examples: &[examples::Tried],
    files: usize,
) -> text::check::Sums {
    let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    text::check::Sums {
        files,
        sources: ready.map_or(0, |ready| ready.config.sources.len()),
        topics: ready.map_or(0, |ready| ready.config.topics.len()),
        channels: ready.map_or(0, |ready| ready.config.channels.len()),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        examples: (examples.iter().filter(|tried| tried.is_ok()).count(), examples.len()),
    }
}

/// An error counts before a failed example, that before something unreachable.
fn exit(found: &Found) -> Exit {
    if found.sums.errors > 0 {
        Exit::Usage
    } else if found.examples.iter().any(|tried| !tried.is_ok()) {
        Exit::Expectation
    } else if found.network.iter().any(|reached| !reached.is_ok()) {
        Exit::Failed
    } else {
        Exit::Done
    }
}

fn tell(found: &Found, terminal: Terminal) {
    for problem in &found.problems {
        say(&format!("{}\n", text::check::problem(problem, terminal)));
    }
    for tried in found.examples.iter().filter(|tried| !tried.is_ok()) {
        say(&format!("{}\n", text::check::problem(&tried.problem(), terminal)));
    }
    if !found.network.is_empty() {
        say(&format!("{}\n", text::check::network(&found.network, terminal)));
    }
    let doctor = text::doctor::findings(&found.doctor, terminal);
    if !doctor.is_empty() {
        say(&format!("{doctor}\n"));
    }
    say(&text::check::closing(&found.sums));
}

fn tell_json(found: &Found, outlines: Option<&[Outline]>, exit: Exit) {
    let examples: Vec<_> = found.examples.iter().map(|tried| {
        let expect = match tried.expect {
            newshound::config::Expect::Hit => "hit",
            newshound::config::Expect::Miss => "miss",
        };
        json!({"topic": tried.topic, "text": tried.text, "expect": expect, "got": tried.got(), "score": tried.score.score, "ok": tried.is_ok()})
    }).collect();
    let mut object = json!({
        "ok": exit == Exit::Done,
        "problems": found.problems.iter().map(Problem::to_json).collect::<Vec<_>>(),
        "examples": examples,
        "network": found.network,
        "doctor": found.doctor.iter().map(checkup::to_json).collect::<Vec<_>>(),
    });
    if let Some(outlines) = outlines {
        object["topics"] = json!(outlines);
    }
    say_json(&object);
}
