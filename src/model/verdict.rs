//! What somebody thought of an alert, once they had read it.

use super::class::names;
use super::id::{AlertId, ItemId, Timestamp, TopicId};
use super::item::Item;

names! {
    /// What somebody thought of an alert.
    Verdict {
        /// It was worth telling.
        Useful = "useful",
        /// It was not.
        Noise = "noise",
    }
}

/// An item with the verdict on what a topic made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedItem {
    /// The topic.
    pub topic: TopicId,
    /// The alert that was judged; `None` for an item that made none.
    pub alert: Option<AlertId>,
    /// The item as it was when it was judged, cut where it is very long.
    pub item: Item,
    /// The verdict.
    pub verdict: Verdict,
    /// When it was given.
    pub told: Timestamp,
}

/// A verdict as it was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenVerdict {
    /// The alert; `None` for an item that made none.
    pub alert: Option<AlertId>,
    /// The topic.
    pub topic: TopicId,
    /// The item.
    pub item: ItemId,
    /// The verdict.
    pub verdict: Verdict,
    /// The one it replaces.
    pub was: Option<Verdict>,
}
