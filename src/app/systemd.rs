//! What systemd is told: ready, stopping, and that the loops get on.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::metrics::Pulse;

/// Says that the daemon works.
pub(super) fn ready() {
    tell(NotifyState::Ready);
}

/// Says that the configuration is read again, until it is said that the daemon works.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(time) => tell_all(&[NotifyState::Reloading, time]),
        Err(error) => tracing::debug!("systemd could not be told: {error}"),
    }
}

/// Says that the daemon works, and in a line how it stands.
pub(super) fn ready_with(status: &str) {
    tell_all(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Says that the daemon stops.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

/// Feeds the watchdog for as long as both loops turn; not by a timer of its own, so that a loop
/// that stands still is noticed.
pub(super) async fn watch(clock: &Clock, pulse: &Pulse, stop: &CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return stop.cancelled().await;
    };
    let beat = (limit / 3).max(Duration::from_millis(100));
    loop {
        if pulse.is_alive(clock.elapsed()) {
            tell(NotifyState::Watchdog);
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(clock.now(), beat) => (),
        }
    }
}

fn tell(state: NotifyState<'_>) {
    tell_all(&[state]);
}

/// Without systemd there is nobody to tell, which is no fault.
fn tell_all(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd could not be told: {error}");
    }
}
