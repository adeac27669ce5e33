//! Whether items came and went between two polls: where a feed shows nothing of what it held
//! before, its window has passed by, and there may be more that nobody saw.

use crate::model::{Found, Note, SourceState};

/// What was read of a feed's older pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Older {
    /// Pages read.
    pub pages: usize,
    /// Items on them.
    pub items: usize,
    /// Whether an item was found that was known.
    pub met: bool,
}

/// Says whether a poll missed something, as far as can be said before it is known what was new:
/// the source held items, and so the answer has to hold some of them or more than there is room
/// for came in between.
pub fn may_have_passed(before: &SourceState, status: u16) -> bool {
    status == 200 && before.baseline_done && before.landing.held > 0
}

/// Takes note of how much a feed holds, and says what there is to tell of a window that passed by.
/// `None` is an answer that is no whole feed.
pub fn keep(
    state: &mut SourceState,
    before: &SourceState,
    (status, found): (Option<u16>, Found),
    older: Older,
) -> Option<Note> {
    let status = status.filter(|status| *status == 200)?;
    let n_items = found.new + found.known;
    let n_first = n_items.saturating_sub(older.items as u64);
    state.landing.held = n_first;
    let is_missed = may_have_passed(before, status) && found.new > 0 && (found.known == 0 || older.pages > 0);
    is_missed.then(|| Note { class: "missed_window", message: told(before.landing.held, n_first, older) })
}

fn told(held: u64, n_items: u64, older: Older) -> String {
    let seen = format!("none of the {held} items of the poll before is among the {n_items} of this one");
    match older {
        Older { pages: 0, .. } => format!("{seen}: what came in between may be missed"),
        Older { pages, items, met: true } => {
            format!("{seen}; {pages} older pages with {items} items were read, and nothing is missed")
        }
        Older { pages, items, met: false } => {
            format!("{seen}; {pages} older pages with {items} items were read, and more may be missed")
        }
    }
}

#[cfg(test)]
mod tests;
