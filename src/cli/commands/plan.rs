//! `plan`: what a reload of the present files would change.

use newshound::app::backtest::changes::{Example, TopicChanges};
use newshound::app::backtest::compare::LOOK_BACK;
use newshound::app::plan::{self, Change, Plan};
use newshound::clock::Clock;
use newshound::config::Problem;
use newshound::model::{DefinitionKind, Timestamp, TopicId};
use newshound::store::LastReload;
use serde_json::{Map, Value, json};

use crate::cli::{Exit, Session, complain, say, say_json, text};

pub(super) async fn plan(session: &Session) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    let since = now - LOOK_BACK;
    let plan = plan::plan(session.config.as_deref(), &session.environment, since).await?;
    if session.json {
        say_json(&to_json(&plan, since));
    } else {
        for problem in &plan.problems {
            complain(&text::check::problem(problem, session.aside));
        }
        say(&text::plan::plan(&plan, session.terminal, now));
    }
    Ok(match plan.result {
        LastReload::Ok => Exit::Done,
        LastReload::Partial | LastReload::Rejected => Exit::Usage,
    })
}

fn to_json(plan: &Plan, since: Timestamp) -> Value {
    let mut whole = Map::new();
    whole.insert("result".to_owned(), json!(plan.result));
    whole.insert("running".to_owned(), json!(plan.ran));
    whole.insert("problems".to_owned(), plan.problems.iter().map(Problem::to_json).collect());
    for (kind, name) in text::plan::KINDS {
        whole.insert(name.to_owned(), parts(plan, kind));
    }
    whole.insert("waits".to_owned(), json!(plan.waits));
    let (added, removed) = plan.alerts.sums();
    let topics: Vec<Value> = plan.alerts.topics().map(|(id, topic)| alerts(id, topic)).collect();
    whole.insert(
        "alerts".to_owned(),
        json!({
            "since": since,
            "items": plan.alerts.items,
            "added": added,
            "removed": removed,
            "topics": topics,
        }),
    );
    Value::Object(whole)
}

fn parts(plan: &Plan, kind: DefinitionKind) -> Value {
    let (mut added, mut removed, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for part in plan.parts.iter().filter(|part| part.kind == kind) {
        match &part.change {
            Change::Added => added.push(&part.id),
            Change::Removed => removed.push(&part.id),
            Change::Changed(keys) => changed.push(json!({"id": part.id, "keys": keys})),
        }
    }
    let mut parts = json!({"added": added, "removed": removed, "changed": changed});
    if kind == DefinitionKind::Topic {
        parts["kept"] = json!(plan.kept);
    }
    parts
}

fn alerts(id: &TopicId, topic: &TopicChanges) -> Value {
    let example = |example: &Example| {
        let change = if example.is_added() { "added" } else { "removed" };
        json!({"item": example.item, "title": example.title, "at": example.at, "change": change})
    };
    json!({
        "topic": id,
        "before": topic.before,
        "after": topic.after,
        "added": topic.added,
        "removed": topic.removed,
        "examples": topic.examples.iter().map(example).collect::<Vec<_>>(),
    })
}
