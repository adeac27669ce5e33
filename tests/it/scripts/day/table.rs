//! The page on the day, `docs/day.md`.

use std::fmt::Write as _;

use super::seen::Outcome;
use super::{OUTLETS_BESIDE, other};

/// Returns an outlet's name.
pub(super) fn name(outlet: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    outlet.split('-').map(word).collect::<Vec<_>>().join(" ")
}

/// Returns the page.
pub(super) fn page(daemon: &[Outcome], replay: &[Outcome]) -> String {
    let mut page = head(daemon);
    page.push_str(
        "\n| time | outlet | what it did | decision | why | replayed |\n|---|---|---|---|---|---|\n",
    );
    for (outcome, replayed) in daemon.iter().zip(replay) {
        let Outcome { post, why, .. } = outcome;
        let minutes = post.at.as_secs() / 60;
        let _ = writeln!(
            page,
            "| {:02}:{:02} | {} | {} | {} | {} | {} |",
            minutes / 60,
            minutes % 60,
            name(&post.outlet),
            post.does,
            decision(outcome),
            why.replace('|', "\\|"),
            decision(replayed),
        );
    }
    page
}

/// Returns the decision, strong where somebody was told.
fn decision(outcome: &Outcome) -> String {
    if outcome.is_told() { format!("**{}**", outcome.decision) } else { outcome.decision.clone() }
}

fn head(outcomes: &[Outcome]) -> String {
    let of_event = || outcomes.iter().filter(|outcome| outcome.post.kind.is_of_the_event());
    let decided = |decision: &str| of_event().filter(|outcome| outcome.decision == decision).count();
    let outlets: std::collections::BTreeSet<&str> =
        of_event().map(|outcome| outcome.post.outlet.as_str()).collect();
    let n_all =
        outcomes.iter().map(|outcome| &outcome.post.outlet).collect::<std::collections::BTreeSet<_>>();
    let n_sources = n_all.len() as u64 + OUTLETS_BESIDE;
    format!(
        "# A day on which one event is everywhere

{n_sources} feeds are read from four in the morning on, those of three outlets that are often first every quarter of an hour, the others every hour or two. In between {} items of other news, a ferry burns: {} outlets tell of it in {} posts within twelve hours, most of them as copies of an agency. Two other events look like it: a freighter burns elsewhere, and a ferry hits a pier in another port. One topic watches for ships in distress.

What came of the posts on the ferry: **{} alert, {} follow-ups**; {} were known or copies, {} brought nothing new. The two other events made an alert each.

The whole of newshound runs between scripted servers on loopback, its clock set by hand. In the last column the same day was replayed as a file of items by `backtest --input`. Every text is invented. `cargo test --test it scripts::day` plays the day and fails where it goes otherwise; this page is written by that test:

```console
$ NEWSHOUND_WRITE_REPORT=1 cargo test --test it scripts::day
```
",
        n_sources * other::EACH,
        outlets.len(),
        of_event().count(),
        decided("alert"),
        decided("follow_up"),
        decided("duplicate"),
        decided("same_story"),
    )
}
