//! The report on the scripts, `docs/etiquette-report.md`.

use std::fmt::Write as _;
use std::path::Path;

use super::{Script, any, moving, process, requests, rhythm, rules, storms, timing, transport, wishes};

/// The parts of the report: a heading and its scripts.
fn parts() -> Vec<(&'static str, &'static [Script])> {
    vec![
        ("Requests and validators", &requests::SCRIPTS),
        ("Any answers", &any::SCRIPTS),
        ("What servers ask for", &wishes::SCRIPTS),
        ("Refusals, failures, restarts and crowds", &timing::SCRIPTS),
        ("Rules that no numbered script plays", &rules::SCRIPTS),
        ("The rhythm of a feed", &rhythm::SCRIPTS),
        ("Redirects and moving", &moving::SCRIPTS),
        ("Bodies, heads and addresses", &transport::SCRIPTS),
        ("The process", &process::SCRIPTS),
        ("Storms and backlogs", &storms::SCRIPTS),
    ]
}

const HEAD: &str = "# How the scripts of the etiquette went

The whole of newshound runs between scripted servers on loopback, its clock set by hand, so that weeks pass in seconds. A script is judged by what the servers saw, what a webhook received, and what `status` and `sources list` say. E stands for etiquette, H for hostile inputs; *I* is the interval in force, an hour unless said otherwise.

`cargo test --test it scripts::` plays them; a script that fails, or that goes otherwise than is written here, fails the test. This page is written by that test:

```console
$ NEWSHOUND_WRITE_REPORT=1 cargo test --test it scripts::report
```
";

/// Returns the report and the scripts that failed without leave.
fn report() -> (String, Vec<String>) {
    let (mut text, mut failed) = (HEAD.to_owned(), Vec::new());
    for (heading, scripts) in parts() {
        let _ = write!(
            text,
            "\n## {heading}\n\n| script | what must come of it | result | what was seen |\n|---|---|---|---|\n"
        );
        for script in scripts {
            let Script { id, must, .. } = script;
            let (result, seen) = match (script.play(), script.waits()) {
                (Ok(seen), _) => ("pass", seen.as_str()),
                (Err(_), Some(waits)) => ("not yet", waits),
                (Err(panic), None) => {
                    failed.push(format!("{id}: {panic}"));
                    ("fail", "")
                }
            };
            let _ = writeln!(text, "| {id} | {must} | {result} | {seen} |");
        }
    }
    (text, failed)
}

#[test]
fn the_report_tells_how_every_script_went() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/etiquette-report.md");
    let (report, failed) = report();
    #[expect(clippy::disallowed_methods, reason = "tests may read the environment")]
    let rewrite = std::env::var_os("NEWSHOUND_WRITE_REPORT").is_some();
    if rewrite {
        std::fs::write(&file, &report).unwrap();
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = (1..).zip(written.lines().zip(report.lines())).find(|(_, (written, now))| written != now);
    assert!(
        written == report,
        "docs/etiquette-report.md is not what the scripts say now, from {differs:?}; write it again:\n\
         NEWSHOUND_WRITE_REPORT=1 cargo test --test it scripts::report"
    );
}
