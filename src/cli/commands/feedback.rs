//! `feedback`: verdicts on alerts, and what they suggest.

use newshound::app::feedback::suggest::{Proposal, Proposed, proposals};
use newshound::app::{feedback, unknown};
use newshound::clock::Clock;
use newshound::matcher::suggest::Told;
use newshound::model::{TopicId, Verdict};
use serde_json::{Value, json};

use super::{Wanted, load, looking, usage};
use crate::cli::args::Suggest;
use crate::cli::{Exit, Session, say, say_json, text};

pub(super) async fn judge(
    session: &Session,
    ids: &[String],
    topic: Option<String>,
    verdict: Verdict,
) -> anyhow::Result<Exit> {
    let looking = looking!(session);
    let topic = topic.map(TopicId::new);
    let now = Clock::system().now();
    let taken = feedback::judge(&looking.config, ids, topic.as_ref(), verdict, now).await?;
    for taken in &taken {
        if session.json {
            say_json(taken);
        } else {
            say(&text::feedback::taken(taken));
        }
    }
    Ok(Exit::Done)
}

pub(super) async fn suggest(session: &Session, asked: Suggest) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let only = asked.topic.map(TopicId::new);
    if let Some(message) = only.as_ref().and_then(|topic| unknown::topic(&ready.config, topic)) {
        return Ok(usage(&message));
    }
    let times = (asked.since, Clock::system().now());
    let found = proposals(&ready, &session.environment, only.as_ref(), times).await?;
    if session.json {
        found.topics.iter().map(|proposal| line(proposal, found.days)).for_each(|line| say_json(&line));
    } else {
        say(&text::feedback::proposals(&found));
    }
    Ok(Exit::Done)
}

fn line(proposal: &Proposal, days: f64) -> Value {
    let proposed = proposal.outcome.as_ref().ok();
    let alerts = proposed.and_then(|proposed| proposed.alerts).unzip();
    let side = |told: Told, alerts: Option<f64>| json!({"useful": told.useful, "noise": told.noise, "alerts_per_day": alerts});
    json!({
        "topic": proposal.topic,
        "verdicts": {"useful": proposal.useful, "noise": proposal.noise},
        "reason": proposal.outcome.as_ref().err(),
        "changes": proposed.map(changes).unwrap_or_default(),
        "before": proposed.map(|proposed| side(proposed.told().0, alerts.0)),
        "after": proposed.map(|proposed| side(proposed.told().1, alerts.1)),
        "days": proposed.and_then(|proposed| proposed.alerts).map(|_| days),
        "file": proposed.map(|proposed| proposed.file.display().to_string()),
        "diff": proposed.map(|proposed| &proposed.diff),
    })
}

fn changes(proposed: &Proposed) -> Vec<Value> {
    let change = |step: &newshound::matcher::suggest::Step| {
        let (key, term, to) = text::feedback::parts(&step.edit, &proposed.was);
        json!({"key": key, "term": term, "to": to, "noise_dropped": step.dropped, "useful_gained": step.gained})
    };
    proposed.suggestion.steps.iter().map(change).collect()
}
