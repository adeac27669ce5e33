//! Suggestions from outside: what they say, and that their diff can be applied.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::*;
use crate::program::finished;

const WATCHLIST: &str = "# What the harbour desk wants.\n[[topic]]\nid = 'port'   # sea ports\nany = [\n    'port', # and its ships\n]\n\
                         ignore = []\nfollow_ups = 'all'\n\n# Kept as it is.\n[[topic]]\nid = 'tea'\nany = ['tea']\nsources = ['tag:none']\n";

/// A program whose topics stand in a file of their own, with so many judged alerts.
async fn watching(server: &Server, watchlist: &str) -> Program {
    let text = config(server, "");
    let without_topic = &text[..text.find("[[topic]]").unwrap()];
    let sources = without_topic.replace("id = 's'", "id = 's'\ntags = ['none']");
    let program = Program::new(&format!("include = ['watchlists/*.toml']\n{sources}"));
    std::fs::create_dir(program.path("watchlists")).unwrap();
    std::fs::write(program.path("watchlists/desk.toml"), watchlist).unwrap();
    assert!(program.run(&["run", "--once", "--no-send"]).await.status.success());
    judge_all(&program).await;
    program
}

/// Hands a diff to a tool that applies it in the program's folder.
async fn apply(program: &Program, tool: &str, arguments: &[&str], diff: &[u8]) {
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(program.path("")).env("GIT_CEILING_DIRECTORIES", "/");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(diff).await.unwrap();
    let output = finished(child).await;
    assert!(output.status.success(), "{output:?}");
}

fn watchlist(program: &Program) -> String {
    std::fs::read_to_string(program.path("watchlists/desk.toml")).unwrap()
}

#[tokio::test]
async fn the_diff_can_be_applied_and_loses_nothing_useful() {
    let server = newsroom(40).await;
    let program = watching(&server, WATCHLIST).await;
    let line = program.json(&["feedback", "suggest"]).await.remove(0);
    assert_eq!((&line["topic"], &line["reason"]), (&"port".into(), &Value::Null));
    assert_eq!((&line["verdicts"]["useful"], &line["verdicts"]["noise"]), (&20.into(), &20.into()));
    assert_eq!((&line["before"]["useful"], &line["before"]["noise"]), (&20.into(), &20.into()));
    assert_eq!((&line["after"]["useful"], &line["after"]["noise"]), (&20.into(), &0.into()), "{line:#}");
    // One may look like a copy of another; the noise is gone whole.
    let alerts_per_day = |side: &str| line[side]["alerts_per_day"].as_f64().unwrap();
    assert!(alerts_per_day("before") >= 39.0, "{line:#}");
    assert!((alerts_per_day("before") - alerts_per_day("after") - 20.0).abs() < 0.01, "{line:#}");
    assert_eq!(line["file"], "watchlists/desk.toml");
    assert!(!line["changes"].as_array().unwrap().is_empty());

    let told = program.run(&["feedback", "suggest"]).await;
    let said = text(&told.stdout);
    assert!(said.contains("# port: 40 verdicts, 20 useful, 20 noise\n"), "{said}");
    assert!(
        said.contains("useful 20 -> 20, noise 20 -> 0") && said.contains("40.0 -> 20.0 alerts a day"),
        "{said}"
    );
    assert!(said.contains("--- watchlists/desk.toml\n+++ watchlists/desk.toml\n"), "{said}");
    apply(&program, "git", &["apply", "-p0"], line["diff"].as_str().unwrap().as_bytes()).await;
    let by_git = watchlist(&program);
    std::fs::write(program.path("watchlists/desk.toml"), WATCHLIST).unwrap();
    apply(&program, "patch", &["-p0"], &told.stdout).await;
    let changed = watchlist(&program);
    assert_eq!(changed, by_git);
    assert_ne!(changed, WATCHLIST);
    for kept in
        ["# What the harbour desk wants.\n", "   # sea ports\n", "# Kept as it is.\n[[topic]]\nid = 'tea'\n"]
    {
        assert!(changed.contains(kept), "{changed}");
    }
    let check = program.run(&["check"]).await;
    assert!(check.status.success(), "{check:?}");
    let again = program.json(&["feedback", "suggest", "--topic", "port"]).await.remove(0);
    assert!(again["reason"].as_str().unwrap().contains("hits no noise any more"), "{again:#}");
    assert_eq!((&again["diff"], &again["after"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn without_enough_verdicts_it_says_why() {
    let server = newsroom(8).await;
    let program = Program::new(&config(&server, ""));
    let none = program.run(&["feedback", "suggest"]).await;
    assert_eq!(
        text(&none.stdout),
        "# no verdict on a configured topic yet: `newshound feedback ALERT useful|noise` takes one\n"
    );
    assert!(program.json(&["feedback", "suggest", "--topic", "port"]).await[0]["reason"].is_string());
    program.run(&["run", "--once", "--no-send"]).await;
    judge_all(&program).await;
    let few = program.json(&["feedback", "suggest"]).await.remove(0);
    assert_eq!(few["reason"], "8 of the 10 verdicts it takes at least");
    let off = config(&server, "learn = 'off'");
    std::fs::write(program.path("newshound.toml"), off).unwrap();
    let off = program.run(&["feedback", "suggest"]).await;
    assert!(text(&off.stdout).contains("nothing to suggest: its `learn` is \"off\""), "{off:?}");
    let unknown = program.run(&["feedback", "suggest", "--topic", "prot"]).await;
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("known: port"), "{unknown:?}");
}

#[tokio::test]
async fn one_kind_of_verdict_suggests_nothing() {
    let server = newsroom(12).await;
    let program = Program::new(&config(&server, ""));
    program.run(&["run", "--once", "--no-send"]).await;
    let alerts = alerts(&program).await;
    let ids = alerts.iter().map(|(id, _)| id.as_str());
    let arguments: Vec<&str> = std::iter::once("feedback").chain(ids).chain(["noise"]).collect();
    program.json(&arguments).await;
    let told = program.run(&["feedback", "suggest"]).await;
    let said = text(&told.stdout);
    assert_eq!(
        said,
        "# port: 12 verdicts, 0 useful, 12 noise\n#   nothing to suggest: every verdict is `noise`: it takes both kinds\n"
    );
}
