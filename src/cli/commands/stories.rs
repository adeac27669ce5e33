//! The command that looks at stories: `stories`.

use newshound::clock::Clock;
use newshound::model::{SourceId, StoryId, TopicId};
use newshound::store::StoryPage;

use super::look::{open, open_if_any};
use super::looking;
use crate::cli::args::lists::StoryFilter;
use crate::cli::{Exit, Session, say, say_json, text};

/// Lists stories.
pub(super) async fn stories(session: &Session, filter: StoryFilter) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let is_set = filter.is_set();
    let page = StoryPage {
        limit: filter.limit,
        topic: filter.topic.map(TopicId::new),
        source: filter.source.map(SourceId::new),
        after: None,
    };
    let mut found = Vec::new();
    if let Some(store) = open_if_any(&ready.config).await? {
        found = store.stories(&page).await?;
        store.close().await;
    }
    if session.json {
        found.iter().map(text::story_rows::StoryLine::of).for_each(|line| say_json(&line));
    } else if !found.is_empty() {
        say(&text::stories::list(&found, session.terminal, Clock::system().now()));
    } else if page.limit != Some(0) {
        say(if is_set { "no story is like that" } else { "no story yet" });
    }
    Ok(Exit::Done)
}

/// Shows one story with its timeline.
pub(super) async fn story(session: &Session, id: &str) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let store = open(&ready.config).await?;
    let found = store.story(&StoryId::new(id)).await?;
    store.close().await;
    let Some(sheet) = found else { anyhow::bail!("no story {id} is stored: `newshound stories list`") };
    if session.json {
        say_json(&text::story_rows::StoryInFull::of(&sheet));
    } else {
        let name = |source: &SourceId| ready.config.source_name(Some(source)).unwrap_or_default();
        let now = Clock::system().now();
        say(&text::stories::Timeline { sheet: &sheet, name: &name, terminal: session.terminal, now }.shown());
    }
    Ok(Exit::Done)
}
