//! Servers that say "not modified" for ever, whatever has changed: a source that heard nothing
//! else for a week is asked once without validators. If what comes then gives the lie to its
//! server, it is asked so each time, at the pace of one that gives no validators, and believed
//! again after three months.

use std::time::Duration;

use super::jitter;
use super::rhythm::Rhythm;
use crate::model::{Found, Note, SourceState, Timestamp, Unchanged};

/// How long nothing but that word is taken for good …
const BELIEVED: Duration = Duration::from_hours(7 * 24);
/// … and how many times at least.
const ANSWERS: u32 = 10;
/// Where posts were to be expected, so long is enough …
const DOUBTED: Duration = Duration::from_hours(24);
/// … if so many were: that none came has then a chance of 1 in 3,000.
const OVERDUE: f64 = 8.0;
/// How long a server that was found out is not believed.
const DISTRUSTED: Duration = Duration::from_hours(90 * 24);

/// Says whether a source is to be asked without validators now.
pub fn asks_plainly(state: &SourceState, now: Timestamp) -> bool {
    is_due(state, || Rhythm::decode(&state.rhythm).missing(), now)
}

/// `expected` is how many posts were to be expected since the last one.
fn is_due(state: &SourceState, expected: impl Fn() -> f64, now: Timestamp) -> bool {
    let Unchanged { answers, since, asked_plainly, lies } = state.unchanged;
    if state.validators.is_none() || lies {
        return lies;
    }
    let Some(since) = since.filter(|_| answers >= ANSWERS) else { return false };
    let silent = now.since(since.max(asked_plainly.unwrap_or(since)));
    // Sources that fell silent together are not asked together.
    let spread = 1.0 + jitter(state.id.as_str(), since.as_millis().unsigned_abs()) / 7.0;
    silent >= BELIEVED.mul_f64(spread) || silent >= DOUBTED.mul_f64(spread) && expected() >= OVERDUE
}

/// What a server answered.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Whether it was asked without validators though it had given some.
    pub plainly: bool,
    /// Whether it said that nothing has changed.
    pub unchanged: bool,
    /// Whether it gives the same validators as before.
    pub same_validators: bool,
    /// When it says that the feed last changed.
    pub modified: Option<Timestamp>,
}

/// Takes note of what a server answered; says whether it is found out. `None` is no answer.
pub fn learn(
    state: &mut SourceState,
    before: &SourceState,
    (answer, found): (Option<Answer>, Found),
    now: Timestamp,
) -> Option<Note> {
    let answer = answer?;
    let known = before.unchanged;
    if known.lies {
        if known.asked_plainly.is_none_or(|since| now.since(since) >= DISTRUSTED) {
            state.unchanged = Unchanged::default();
        } else {
            state.validators = None;
        }
        return None;
    }
    if answer.unchanged {
        state.unchanged.answers = known.answers.saturating_add(1);
        state.unchanged.since = known.since.or(Some(now));
        return None;
    }
    let asked_plainly = if answer.plainly { Some(now) } else { known.asked_plainly };
    let lies = answer.plainly && gives_the_lie(before, answer, found);
    state.unchanged = Unchanged { answers: 0, since: None, asked_plainly, lies };
    if !lies {
        return None;
    }
    state.validators = None;
    Some(Note { class: "lying_304", message: told(known, found, now) })
}

/// Something that may have come since the last poll proves nothing. What came under the same
/// validators does, and what by its own word is older than the last "not modified", and a feed
/// that has nothing left of what it held.
fn gives_the_lie(before: &SourceState, answer: Answer, found: Found) -> bool {
    let has_news = found.new > 0 || found.updated > 0;
    let is_older = || answer.modified.zip(before.last_poll).is_some_and(|(at, polled)| at < polled);
    let is_all_new = found.new > 1 && found.known == 0 && before.landing.held > 1;
    has_news && (answer.same_validators || is_older() || is_all_new)
}

fn told(known: Unchanged, found: Found, now: Timestamp) -> String {
    let days = known.since.map_or(0, |since| now.since(since).as_secs() / 86_400);
    let (answers, new, updated) = (known.answers, found.new, found.updated);
    format!(
        "its server said {answers} times in {days} days that nothing had changed, while {new} items were new and \
         {updated} others had changed: it is asked for the whole feed from now on"
    )
}

#[cfg(test)]
mod tests;
