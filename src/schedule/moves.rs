//! Where a source is asked after its server said that it has moved for good, and the way back.
//!
//! A move counts when the new address answered with a feed, so that no login page and no loop can
//! take a source away. From then on the new address is asked first. When it has failed for a week
//! it takes turns with the old one, until either answers.

use std::time::Duration;

use url::Url;

use super::jitter;
use crate::config::shown_url;
use crate::model::{Marker, Moved, Note, PollClass, SourceId, SourceState, Timestamp};

/// How long a new address may fail before the old one is tried again.
const PATIENCE: Duration = Duration::from_hours(7 * 24);
/// How often a source is looked at whose address another one is polled at.
const SHADOWED: Duration = Duration::from_hours(24);

/// Which of its addresses a source is asked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The one that is configured.
    Configured,
    /// The one it has moved to.
    Moved,
}

/// Says where a source is asked when it is due.
pub fn ask(state: &SourceState) -> Asked {
    let Some(moved) = &state.moved else { return Asked::Configured };
    let given_up = moved.failing_since.is_some_and(|since| state.next_due.since(since) >= PATIENCE);
    // They take turns, since either may be the first to answer again.
    if given_up && state.failures.is_multiple_of(2) { Asked::Configured } else { Asked::Moved }
}

/// Returns the address a source has moved to and is asked at; `None` where that is the configured
/// one.
pub fn moved(state: &SourceState) -> Option<Url> {
    let moved = state.moved.as_ref().filter(|_| ask(state) == Asked::Moved)?;
    moved.url.parse().ok()
}

/// How a poll went, as far as the place of a source is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Where it was asked.
    pub asked: Asked,
    /// The configured address, without user info and fragment.
    pub configured: &'a Url,
    /// What answered in the end, with a feed or the word that it has not changed; `None` where
    /// nothing of the kind came.
    pub ended: Option<&'a Url>,
    /// Where the leading permanent redirects led.
    pub moved_to: Option<&'a Url>,
    /// Whether something is sent with its polls that only its own origin may see.
    pub has_secrets: bool,
}

/// Has a source's state follow to where it was found; says what there is to tell.
pub fn follow(
    state: &mut SourceState,
    before: &SourceState,
    arrival: &Arrival<'_>,
    now: Timestamp,
) -> Option<Note> {
    let Some(ended) = arrival.ended else {
        fail(state, before, arrival.asked, now);
        return None;
    };
    state.landing.ends_at = (ended != arrival.configured).then(|| ended.as_str().to_owned());
    let was_at = before.moved.as_ref().map(|moved| moved.url.as_str());
    let is_at = match (arrival.moved_to, arrival.asked) {
        (Some(there), _) => Some(there.as_str()).filter(|_| there != arrival.configured),
        (None, Asked::Moved) => was_at,
        (None, Asked::Configured) => None,
    };
    if is_at == was_at {
        if let Some(moved) = &mut state.moved {
            moved.failing_since = None;
        }
        return None;
    }
    state.moved = is_at.map(|url| Moved { url: url.to_owned(), since: now, failing_since: None });
    Some(match arrival.moved_to.filter(|_| is_at.is_some()) {
        Some(there) => Note { class: "moved", message: told(there, arrival) },
        None => Note { class: "moved_back", message: moved_back(arrival.configured) },
    })
}

fn fail(state: &mut SourceState, before: &SourceState, asked: Asked, now: Timestamp) {
    let Some(moved) = &mut state.moved else { return };
    match asked {
        Asked::Moved => moved.failing_since = moved.failing_since.or(Some(now)),
        // What the old address says does not count for the new one.
        Asked::Configured if state.class == Some(PollClass::Gone) => state.marker = before.marker,
        Asked::Configured => {}
    }
}

fn told(there: &Url, arrival: &Arrival<'_>) -> String {
    let shown = shown_url(there);
    if arrival.has_secrets && there.origin() != arrival.configured.origin() {
        format!(
            "moved for good to {shown}, where its headers and credentials are not sent: it is another origin"
        )
    } else {
        format!("moved for good to {shown}")
    }
}

fn moved_back(configured: &Url) -> String {
    format!("is found at its own address {} again: the move is forgotten", shown_url(configured))
}

/// Leaves a source that ends at another one's address to that one; says so once.
pub fn shadow(
    state: &mut SourceState,
    before: &SourceState,
    same_as: Option<&SourceId>,
    now: Timestamp,
) -> Option<Note> {
    state.landing.same_as = same_as.cloned();
    let same_as = same_as.filter(|_| state.marker == Marker::None)?;
    let message = format!("ends at the same address as `{same_as}`, and is looked at once a day meanwhile");
    let spread = SHADOWED.mul_f64(1.0 + 0.1 * jitter(state.id.as_str(), now.as_millis().unsigned_abs()));
    state.next_due = state.next_due.max(now + spread);
    state.reason = Some(message.clone());
    state.message = state.message.take().or(Some(message.clone()));
    let is_news = before.landing.same_as.as_ref() != Some(same_as);
    is_news.then_some(Note { class: "same_address", message })
}

/// Returns the name and port that polls of an address are paced by.
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests;
