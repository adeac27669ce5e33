//! Verdicts and suggestions in words.

use newshound::app::feedback::Taken;
use newshound::app::feedback::suggest::{Proposal, Proposals, Proposed};
use newshound::config::Topic;
use newshound::config::edit::Edit;

use super::words::counted;

/// Returns a line for a verdict that was taken.
pub(in crate::cli) fn taken(taken: &Taken) -> String {
    let Taken { alert, topic, item, verdict, was } = taken;
    let subject = alert.as_ref().map_or_else(|| item.to_string(), ToString::to_string);
    let was = match was {
        Some(was) if was == verdict => ", as before".to_owned(),
        Some(was) => format!(", no longer {was}"),
        None => String::new(),
    };
    format!("{subject} is {verdict} for topic {topic}{was}")
}

/// Returns the key that a change is of, the term, and the new number.
pub(in crate::cli) fn parts(edit: &Edit, was: &Topic) -> (&'static str, Option<String>, Option<f64>) {
    match edit {
        Edit::Less(term) => ("less", Some(term.clone()), None),
        Edit::Ignore(term) => ("ignore", Some(term.clone()), None),
        Edit::Threshold(to) => ("threshold", None, Some(*to)),
        Edit::Weight { at, to } => ("any", was.any.get(*at).map(|term| term.text.clone()), Some(*to)),
    }
}

/// Returns the suggestions with the diffs behind them. What is no diff begins with `#`, so that the
/// whole can be handed to `patch`.
pub(in crate::cli) fn proposals(found: &Proposals) -> String {
    let mut lines: Vec<String> =
        found.topics.iter().flat_map(|proposal| about(proposal, found.days)).collect();
    if found.topics.is_empty() {
        lines.push(
            "no verdict on a configured topic yet: `newshound feedback ALERT useful|noise` takes one"
                .to_owned(),
        );
    }
    if !found.diffs.is_empty() {
        let way = if found.applies_here {
            "newshound feedback suggest | patch -p0"
        } else {
            "patch FILE, with this as its input; or `--json`, with a diff a topic"
        };
        lines.push(format!("apply: {way}"));
    }
    let mut text = String::new();
    for line in &lines {
        text.extend(["# ", line, "\n"]);
    }
    text.extend(found.diffs.iter().map(String::as_str));
    text.truncate(text.trim_end_matches('\n').len());
    text
}

fn about(proposal: &Proposal, days: f64) -> Vec<String> {
    let Proposal { topic, useful, noise, outcome, .. } = proposal;
    let n = counted((useful + noise) as u64, "verdict", "verdicts");
    let head = format!("{topic}: {n}, {useful} useful, {noise} noise");
    let proposed = match outcome {
        Ok(proposed) => proposed,
        Err(why) => return vec![head, format!("  nothing to suggest: {why}")],
    };
    let mut lines = vec![head];
    lines.extend(proposed.suggestion.steps.iter().map(|step| {
        let mut does = Vec::new();
        if step.dropped > 0 {
            does.push(format!("drops {} of the noise", step.dropped));
        }
        if step.gained > 0 {
            does.push(format!("gains {} useful", step.gained));
        }
        format!("  {}: {}", change(&step.edit, &proposed.was), does.join(", "))
    }));
    lines.extend(effect(proposed, days));
    lines
}

fn change(edit: &Edit, was: &Topic) -> String {
    match parts(edit, was) {
        (key, Some(term), None) => format!("{key} \"{term}\""),
        (_, Some(term), Some(to)) => format!("weight of \"{term}\" to {to}"),
        (_, _, to) => format!("threshold from {} to {}", was.threshold, to.unwrap_or_default()),
    }
}

fn effect(proposed: &Proposed, days: f64) -> Vec<String> {
    let (before, after) = proposed.told();
    let judged = format!(
        "  of the judged: useful {} -> {}, noise {} -> {}",
        before.useful, after.useful, before.noise, after.noise
    );
    let stored = proposed.alerts.map(|(before, after)| {
        format!("  of the stored news of {days:.0} days: {before:.1} -> {after:.1} alerts a day")
    });
    std::iter::once(judged).chain(stored).collect()
}
