//! `feedback`: verdicts on alerts, and what they suggest.

use newshound::app::feedback;
use newshound::clock::Clock;
use newshound::model::{TopicId, Verdict};

use super::{Wanted, load};
use crate::cli::{Exit, Session, say, say_json, text};

pub(super) async fn judge(
    session: &Session,
    ids: &[String],
    topic: Option<String>,
    verdict: Verdict,
) -> anyhow::Result<Exit> {
    let ready = load!(session, Required);
    let topic = topic.map(TopicId::new);
    let now = Clock::system().now();
    let taken = feedback::judge(&ready.config, ids, topic.as_ref(), verdict, now).await?;
    for taken in &taken {
        if session.json {
            say_json(taken);
        } else {
            say(&text::feedback::taken(taken));
        }
    }
    Ok(Exit::Done)
}
