//! Makes the keys that stored items are searched by, behind the loops: a few at a time, so that no
//! poll and no delivery waits long for the store.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Ctx, LONGEST_SLEEP, STORE_RETRY};

/// How long the store is left to the others after each time.
const PAUSE: Duration = Duration::from_millis(20);

/// Who polls once and ends leaves so many items without keys at most: a search looks at each of
/// them, which takes it a second or two.
const MOST_LEFT: u32 = 20_000;

/// Makes keys until told to stop.
pub async fn run(ctx: &Ctx, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() {
        let now = ctx.clock.now();
        let wait = match ctx.store.make_keys().await {
            Ok(0) => LONGEST_SLEEP,
            Ok(_) => PAUSE,
            Err(error) => {
                // A search looks at the items all the same. What is wrong with the store the loops
                // find out and tell.
                tracing::debug!("no search keys were made: {}", error.told());
                STORE_RETRY
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = ctx.clock.sleep(now, wait) => (),
        }
    }
}

/// Makes the keys that are too many to be left to the next who runs.
pub async fn leave_few(ctx: &Ctx) {
    if let Err(error) = ctx.store.make_keys_but_for(MOST_LEFT).await {
        tracing::debug!("no search keys were made: {}", error.told());
    }
}
