//! The signals that end the daemon: the first asks, the second insists.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Returns a token that the first SIGTERM or SIGINT cancels. A second one ends the process at
/// once: what was in flight is taken up again at the next start.
pub fn on_signal() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = stop.clone();
    tokio::spawn(async move {
        let mut next = async || tokio::select! { _ = term.recv() => (), _ = int.recv() => () };
        next().await;
        tracing::info!("stopping; a second signal stops at once");
        token.cancel();
        next().await;
        std::process::exit(INTERRUPTED);
    });
    Ok(stop)
}

/// The exit code of what was interrupted.
pub const INTERRUPTED: i32 = 130;
