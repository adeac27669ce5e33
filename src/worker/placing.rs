//! Before the first poll: has the items of the last days that an older version stored stand in
//! stories, so that a copy of one of them alerts nobody a second time.

use tokio_util::sync::CancellationToken;

use super::Ctx;

/// Places them; ends early where it is told to.
pub async fn place(ctx: &Ctx, shutdown: &CancellationToken) {
    let window = ctx.live().config.stories.window;
    let placed = async {
        match ctx.store.place_older(ctx.clock.now(), window).await {
            Ok(0) => {}
            Ok(n_placed) => tracing::info!("{n_placed} stored items stand in stories now"),
            // What is wrong with the store the loops find out and tell.
            Err(error) => tracing::debug!("stored items stand in no stories: {}", error.told()),
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => (),
        () = placed => (),
    }
}
