//! Compiles many topics for the words that the stored news is written in.

use crate::config::Topic;
use crate::matcher::{Frequencies, Matcher};
use crate::model::{Item, Timestamp};
use crate::store::{Store, StoreError};

/// With fewer topics it hardly matters which of their words are rare.
const MANY_TOPICS: usize = 1000;
/// So many of the newest items tell how often words occur.
const SAMPLE: u32 = 2000;

/// Returns a matcher of the same topics that looks for phrases where they are rarest in the stored
/// items. Few topics, no items, or a store that cannot be read leave it as it is: what matches is
/// the same in any case.
pub(super) async fn fitted(matcher: Matcher, topics: &[Topic], store: &Store) -> Matcher {
    if topics.len() < MANY_TOPICS {
        return matcher;
    }
    let items = match newest(store).await {
        Ok(items) if items.is_empty() => return matcher,
        Ok(items) => items,
        Err(error) => {
            tracing::debug!("which words are rare is guessed, since the store was not read: {error}");
            return matcher;
        }
    };
    let topics = topics.to_vec();
    let compiling =
        tokio::task::spawn_blocking(move || Matcher::compile_with(&topics, &Frequencies::of(&items)).0);
    compiling.await.unwrap_or(matcher)
}

async fn newest(store: &Store) -> Result<Vec<Item>, StoreError> {
    let start = Timestamp::from_millis(0);
    let Some(span) = store.archive_span(start, SAMPLE).await? else { return Ok(Vec::new()) };
    store.archive_page(span.from, None, SAMPLE).await
}
