//! Whether items came and went between two polls: where a feed shows nothing of what it held
//! before, its window has passed by, and there may be more that nobody saw.

use crate::model::{Found, Note, SourceState};

/// The class of what is told of a window that passed by.
pub const MISSED: &str = "missed_window";

/// How much of a feed came with an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Showing {
    /// Nothing that was read: it is as it was.
    #[default]
    Nothing,
    /// Its new part only (226).
    Part,
    /// All it shows: so many items.
    Whole(u64),
    /// All it shows, of which it is known that nothing was known; and what its older pages hold.
    Passed {
        /// Its items.
        held: u64,
        /// What was read besides.
        older: Older,
    },
}

/// What was read of a feed's older pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Older {
    /// Pages read.
    pub pages: u64,
    /// Items on them.
    pub items: u64,
    /// Whether an item was found that was known.
    pub met: bool,
}

/// Says whether nothing is left of what a source held at the poll before.
pub fn has_passed(before: &SourceState, showing: Showing, found: Found) -> bool {
    match showing {
        Showing::Nothing | Showing::Part => false,
        Showing::Whole(held) => can_pass(before, held) && found.known == 0 && found.new > 0,
        Showing::Passed { held, .. } => can_pass(before, held),
    }
}

/// Says whether a source held something before and does so now, so that something has to be left.
pub fn can_pass(before: &SourceState, held: u64) -> bool {
    before.baseline_done && before.landing.held > 0 && held > 0
}

/// Takes note of how much a feed holds, and says what there is to tell of a window that passed by.
pub fn keep(state: &mut SourceState, before: &SourceState, showing: Showing, found: Found) -> Option<Note> {
    let (held, older) = match showing {
        Showing::Nothing | Showing::Part => return None,
        Showing::Whole(held) => (held, Older::default()),
        Showing::Passed { held, older } => (held, older),
    };
    state.landing.held = held;
    let message = || told(before.landing.held, held, older);
    has_passed(before, showing, found).then(|| Note { class: MISSED, message: message() })
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
