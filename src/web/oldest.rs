//! When the source was last read that has not been for longest, where there are too many to tell of
//! each. To find it out takes a look at every source, so it is not done for every scrape.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::model::Timestamp;
use crate::store::{Store, StoreError};

/// How long what was found is believed.
const BELIEVED: Duration = Duration::from_mins(5);

/// The oldest success, as it was when it was last looked for.
#[derive(Debug, Default)]
pub struct OldestSuccess(Mutex<Option<(Timestamp, Option<Timestamp>)>>);

impl OldestSuccess {
    /// Returns it; `None` where no source was ever read.
    pub(super) async fn read(&self, store: &Store, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut last = self.0.lock().await;
        if let Some((at, oldest)) = *last
            && at <= now
            && now.since(at) < BELIEVED
        {
            return Ok(oldest);
        }
        let oldest = store.oldest_success().await?;
        *last = Some((now, oldest));
        Ok(oldest)
    }
}
