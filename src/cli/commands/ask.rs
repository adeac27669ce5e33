//! The commands that try one thing: `fetch`, `explain`, `test channel`, `test source`.

use std::path::Path;

use newshound::app::explain::{self, Question};
use newshound::app::feedback;
use newshound::app::network;
use newshound::app::reading::{self, Given, Hints};
use newshound::app::setup::{self, Outside};
use newshound::app::trial;
use newshound::app::unknown;
use newshound::clock::Clock;
use newshound::config::Expect;
use newshound::model::{ItemId, PollClass, SourceId, TopicId};
use url::Url;

use super::daemon::look;
use super::{Wanted, load, usage};
use crate::cli::{Exit, Session, complain, say, say_json, text};

pub(super) async fn fetch(
    session: &Session,
    (base, content_type): (Option<Url>, Option<String>),
    what: &str,
) -> anyhow::Result<Exit> {
    let ready = load!(session, Optional);
    let given = match Given::of(what, &ready.config) {
        Ok(given) => given,
        // What cannot be an address cannot be connected to.
        Err(error) => {
            complain(&format!("error: {}: {error:#}", PollClass::Connect));
            return Ok(Exit::Failed);
        }
    };
    let hints = Hints { base, content_type };
    let polled = reading::poll_once(&given, &hints, &ready.config, &Clock::system()).await?;
    polled.items.iter().for_each(say_json);
    for (class, message) in &polled.warnings {
        complain(&format!("warning: {class}: {message}"));
    }
    if polled.class.is_feed() {
        return Ok(Exit::Done);
    }
    complain(&format!("error: {}: {}", polled.class, polled.message.unwrap_or_default()));
    Ok(Exit::Failed)
}

/// What `explain` was asked.
pub(super) struct Asked {
    pub(super) topic: Option<String>,
    pub(super) title: Option<String>,
    pub(super) lang: Option<String>,
    pub(super) expect: Option<Expect>,
}

pub(super) async fn explain(session: &Session, asked: Asked, what: Option<&str>) -> anyhow::Result<Exit> {
    let mut ready = load!(session, Optional);
    let url = ready.config.store.url.clone();
    feedback::consider(&mut ready, &url).await?;
    let stored = what.filter(|id| id.starts_with("it_") && !Path::new(id).exists()).map(ItemId::new);
    let topic = asked.topic.map(TopicId::new);
    // Of a stored item something may be kept for a topic that is not configured any more.
    if stored.is_none()
        && let Some(message) = topic.as_ref().and_then(|topic| unknown::topic(&ready.config, topic))
    {
        return Ok(usage(&message));
    }
    let question = Question { topic, title: asked.title, lang: asked.lang };
    let explained = match (stored, what) {
        (Some(id), _) => explain::stored(&ready, &question, &id).await?,
        (None, None) => explain::text(&ready, &question, "")?,
        (None, Some(what)) => match Given::of(what, &ready.config)? {
            Given::Url(_) | Given::Source(_) => anyhow::bail!(
                "an address cannot be explained in this version yet: save the page, and name the file"
            ),
            given @ (Given::File(_) | Given::Input) => explain::given(&ready, &question, &given)?,
        },
    };
    if explained.lines.is_empty()
        && let Some(message) = question.topic.as_ref().and_then(|topic| unknown::topic(&ready.config, topic))
    {
        return Ok(usage(&message));
    }
    if session.json {
        explained.lines.iter().for_each(say_json);
    } else {
        say(&text::explain::explained(&explained, session.terminal, Clock::system().now()));
    }
    let met = asked.expect.is_none_or(|expect| {
        let expected = expect == Expect::Hit;
        let mut now = explained.lines.iter().filter(|line| line.configured).peekable();
        // Where there is no topic, nothing was hit.
        let is_empty = now.peek().is_none();
        now.all(|line| line.is_hit_now() == expected) && !(expected && is_empty)
    });
    Ok(if met { Exit::Done } else { Exit::Expectation })
}

pub(super) async fn test_channel(session: &Session, name: &str) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let outside = Outside::real(look(session));
    let Some(outlet) = setup::outlets(&ready.config, &outside)?
        .into_iter()
        .find(|outlet| outlet.config.name.as_str() == name)
    else {
        return Ok(usage(&unknown::channel(&ready.config, name)));
    };
    let tested = network::test_channel(&ready.config, &outlet, &outside.clock).await;
    if session.json {
        say_json(&tested);
    } else {
        say(&format!("{}: {}, {}", tested.channel, tested.class, tested.message));
    }
    Ok(if tested.is_ok() { Exit::Done } else { Exit::Failed })
}

pub(super) async fn test_source(session: &Session, id: &str) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let Some(source) = ready.config.source(&SourceId::new(id)) else {
        return Ok(usage(&unknown::source(&ready.config, id)));
    };
    let trial = trial::poll_source(&ready.config, &source, &Clock::system()).await?;
    if session.json {
        say_json(&trial);
    } else {
        say(&text::trial::told(&trial));
    }
    Ok(if trial.is_ok() { Exit::Done } else { Exit::Failed })
}
