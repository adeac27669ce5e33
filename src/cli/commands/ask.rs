//! The commands that try one thing: `fetch`, `explain`, `test channel`.

use newshound::app::explain::{self, Question};
use newshound::app::feedback;
use newshound::app::network;
use newshound::app::reading::{self, Given, Hints};
use newshound::app::setup::{self, Outside};
use newshound::app::unknown;
use newshound::clock::Clock;
use newshound::config::Expect;
use newshound::model::{ItemId, PollClass, TopicId};
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
    let topic = asked.topic.map(TopicId::new);
    if let Some(message) = topic.as_ref().and_then(|topic| unknown::topic(&ready.config, topic)) {
        return Ok(usage(&message));
    }
    let question = Question { topic, title: asked.title, lang: asked.lang };
    let explained = match what {
        None => explain::text(&ready, &question, "")?,
        Some(id) if id.starts_with("it_") && !std::path::Path::new(id).exists() => {
            explain::stored(&ready, &question, &ItemId::new(id)).await?
        }
        Some(what) => match Given::of(what, &ready.config)? {
            Given::Url(_) | Given::Source(_) => anyhow::bail!(
                "an address cannot be explained in this version yet: save the page, and name the file"
            ),
            given @ (Given::File(_) | Given::Input) => explain::given(&ready, &question, &given)?,
        },
    };
    if session.json {
        explained.lines.iter().for_each(say_json);
    } else {
        say(&text::explain::explained(&explained, session.terminal, Clock::system().now()));
    }
    let met = asked.expect.is_none_or(|expect| {
        let expected = expect == Expect::Hit;
        // Where there is no topic, nothing was hit.
        let is_met = explained.lines.iter().all(|line| line.is_hit_now() == expected);
        is_met && !(expected && explained.lines.is_empty())
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
