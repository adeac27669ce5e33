//! The daemon's sign of life in the store, so that others see when its loops stand still.

use std::time::Duration;

use crate::metrics::Pulse;
use crate::worker::Ctx;

/// How often the sign is renewed.
const BEAT: Duration = Duration::from_secs(10);

/// Renews the sign for as long as the loops are not quiet; never ends.
pub(super) async fn beat(ctx: &Ctx, quiet: impl Fn(&Pulse, Duration) -> Duration) {
    loop {
        if quiet(&ctx.pulse, ctx.clock.elapsed()) < BEAT {
            // A store that cannot be written is told by the loops, which need it more.
            if let Err(error) = ctx.store.leave_sign(ctx.clock.now()).await {
                tracing::debug!("the sign of life could not be left: {error}");
            }
        }
        ctx.clock.sleep(ctx.clock.now(), BEAT).await;
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::app::{App, setup};
    use crate::clock::Clock;
    use crate::config::Environment;
    use crate::metrics::Loop;
    use crate::model::Timestamp;
    use crate::notify::console::{Console, Look};

    /// Lets the heart beat once, and returns the sign it left.
    async fn sign(ctx: &Ctx) -> Option<Timestamp> {
        let once = async {
            ctx.store.answers().await.unwrap();
            ctx.store.takes_writes().await.unwrap();
        };
        tokio::select! {
            biased;
            () = beat(ctx, Pulse::quiet) => panic!("it never ends"),
            () = once => (),
        }
        ctx.store.last_sign().await.unwrap()
    }

    #[tokio::test]
    async fn a_loop_that_stands_still_ends_the_signs() {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "store.url = 'sqlite:{}'\n[fetch]\ncontact = 'a@b.example'",
            folder.path().join("n.db").display()
        );
        let ready = setup::load_text("n.toml", &config, &Environment::of("/", &[])).ready.unwrap();
        let start = Timestamp::from_millis(1_000_000);
        let clock = Clock::by_hand(start);
        let console = Console::new(Arc::new(Mutex::new(Vec::<u8>::new())) as _, Look::Line);
        let app = App::open(ready, setup::Outside { clock: clock.clone(), console }).await.unwrap();
        let lock = File::options().write(true).open(folder.path().join("n.db.lock")).unwrap();
        lock.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        let pulse = &app.ctx().pulse;
        pulse.beat(Loop::Poll, clock.elapsed());
        assert_eq!(sign(app.ctx()).await, Some(Timestamp::from_millis(0)), "one loop is not enough");
        pulse.beat(Loop::Dispatch, clock.elapsed());
        assert_eq!(sign(app.ctx()).await, Some(start));
        clock.set(start + BEAT);
        assert_eq!(sign(app.ctx()).await, Some(start), "both stand still now");
    }
}
