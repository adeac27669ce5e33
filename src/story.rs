//! Finds out which items are copies of one another and which tell of one event.
//!
//! A copy is the same article again: elsewhere, edited, cut. A story is all articles on one event.
//! Both are found by looking at the items before, as far as somebody has put them on the [`Shelf`]:
//! the store puts there what it has looked up for the items of some polls, a replay keeps all of it.
//! So both decide alike.

mod agency;
mod changing;
mod copies;
mod counts;
mod numbers;
mod outlets;
mod shelf;
mod sketch;
mod telling;
mod title;

pub use self::changing::Version;
pub use self::copies::Article;
pub use self::counts::Counts;
pub use self::outlets::{Carrier, Origin};
pub use self::shelf::{Arrival, Changes, Event, EventKind, Placed, Settings, Shelf, Story};
pub use self::sketch::sketch;
pub use self::telling::{CORRECTIONS_WINDOW, Past, Telling, Told, Verdict, corrected, fact_words, told};
