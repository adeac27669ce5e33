//! Sources whose ids or addresses change from poll to poll: found out by their own items, which
//! are known by something else; not relied on from then on; and looked at again later, since a
//! publisher may mend it.

use std::time::Duration;

use crate::model::naming::{Calls, Named, Naming, Trust};
use crate::model::{Found, Note, SourceState, Timestamp};

/// The class of what is told of a source whose ids or addresses change.
pub const UNSTABLE: &str = "unstable_ids";

/// So many items of a poll have to be called otherwise than before …
const CHANGED: u64 = 3;
/// … and so many ids to have come back with another article, each within this time of the last.
const REUSES: u32 = 3;
const REUSED_WITHIN: Duration = Duration::from_hours(7 * 24);

/// So long nothing is looked at once it was found to change: as long as it has done so by then, …
const LEAST_REST: Duration = Duration::from_hours(24);
/// … but not for ever.
const LONGEST_REST: Duration = Duration::from_hours(30 * 24);
/// So long it has to stay the same, once it is looked at, to be relied on again.
const PROBATION: Duration = Duration::from_hours(7 * 24);

/// Takes note of what the known items of a poll were called; says whether the source is found out.
pub fn learn(state: &mut SourceState, before: &SourceState, found: Found, now: Timestamp) -> Option<Note> {
    let Naming { guids, addresses, .. } = before.naming;
    let Named { guid, url, reused } = found.named;
    let (reuses, reused_at) = reuses(before.naming, reused, now);
    let takes_turns = guids == Trust::Relied && reuses >= REUSES;
    state.naming = Naming {
        guids: if takes_turns { distrusted(now) } else { judged(guids, guid, found.unread, now) },
        addresses: judged(addresses, url, found.unread, now),
        reuses: if takes_turns { 0 } else { reuses },
        reused_at,
    };
    let message = told(state.naming)?;
    state.message = state.message.take().or(Some(message.clone()));
    let is_news = |then: Trust, now: Trust| then == Trust::Relied && now != Trust::Relied;
    let is_found_out = is_news(guids, state.naming.guids) || is_news(addresses, state.naming.addresses);
    is_found_out.then_some(Note { class: UNSTABLE, message })
}

fn reuses(before: Naming, reused: u64, now: Timestamp) -> (u32, Option<Timestamp>) {
    if reused == 0 {
        return (before.reuses, before.reused_at);
    }
    let is_soon = before.reused_at.is_some_and(|last| now.since(last) <= REUSED_WITHIN);
    let earlier = if is_soon { before.reuses } else { 0 };
    (earlier.saturating_add(u32::try_from(reused).unwrap_or(u32::MAX)), Some(now))
}

/// Items that were left out unread came byte for byte as before, their names too.
fn judged(trust: Trust, calls: Calls, n_unread: u64, now: Timestamp) -> Trust {
    let kept = calls.kept + n_unread;
    let changes = calls.changed >= CHANGED && calls.changed >= kept;
    match trust {
        Trust::Relied if changes => distrusted(now),
        Trust::Relied => Trust::Relied,
        // A clock that was ahead said so.
        Trust::Unstable { watched_from, .. } if watched_from.since(now) > LONGEST_REST => distrusted(now),
        Trust::Unstable { watched_from, .. } if watched_from > now => trust,
        // What was not kept is another one for us when it is first seen, and proves nothing.
        Trust::Unstable { since, watched_from, begun: false } if changes => {
            Trust::Unstable { since, watched_from, begun: true }
        }
        Trust::Unstable { since, .. } if changes => {
            let rest = now.since(since).clamp(LEAST_REST, LONGEST_REST);
            Trust::Unstable { since, watched_from: now + rest, begun: false }
        }
        Trust::Unstable { watched_from, .. } if kept > 0 && now.since(watched_from) >= PROBATION => {
            Trust::Relied
        }
        Trust::Unstable { since, watched_from, begun } => {
            Trust::Unstable { since, watched_from, begun: begun || calls != Calls::default() }
        }
    }
}

fn distrusted(now: Timestamp) -> Trust {
    Trust::Unstable { since: now, watched_from: now + LEAST_REST, begun: false }
}

fn told(naming: Naming) -> Option<String> {
    let told = match (naming.guids, naming.addresses) {
        (Trust::Relied, Trust::Relied) => return None,
        (Trust::Unstable { .. }, Trust::Relied) => {
            "ids change from poll to poll: items are known by their addresses, else by their words"
        }
        (Trust::Relied, Trust::Unstable { .. }) => {
            "addresses change from poll to poll: items are known by their ids, else by their words"
        }
        (Trust::Unstable { .. }, Trust::Unstable { .. }) => {
            "ids and addresses change from poll to poll: items are known by their words"
        }
    };
    Some(told.to_owned())
}

#[cfg(test)]
mod tests;
