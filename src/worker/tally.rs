//! What happened since the start, for the closing words of `run --once`.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::model::PollClass;

/// Counts of this process.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

/// The counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Polls.
    pub polled: u64,
    /// Polls by class.
    pub classes: BTreeMap<PollClass, u64>,
    /// Items never seen before.
    pub items_new: u64,
    /// Hits.
    pub hits: u64,
    /// Alerts made.
    pub alerts: u64,
    /// Deliveries made.
    pub created: u64,
    /// Deliveries that arrived.
    pub delivered: u64,
    /// Attempts that are followed by another.
    pub retried: u64,
    /// Deliveries given up.
    pub failed: u64,
}

impl Tally {
    /// Changes the counts.
    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns the counts.
    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
