//! What `run --once` says at its end.

use std::collections::BTreeMap;

use newshound::worker::Counts;
use serde::Serialize;

use super::words::counted;

/// The counts of one round.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Counted {
    polled: u64,
    classes: BTreeMap<&'static str, u64>,
    items_new: u64,
    hits: u64,
    alerts: u64,
    deliveries: Deliveries,
}

#[derive(Debug, Serialize)]
struct Deliveries {
    created: u64,
    delivered: u64,
    retried: u64,
    failed: u64,
}

impl Counted {
    pub(in crate::cli) fn of(counts: &Counts) -> Self {
        Counted {
            polled: counts.polled,
            classes: counts.classes.iter().map(|(class, n)| (class.as_str(), *n)).collect(),
            items_new: counts.items_new,
            hits: counts.hits,
            alerts: counts.alerts,
            deliveries: Deliveries {
                created: counts.created,
                delivered: counts.delivered,
                retried: counts.retried,
                failed: counts.failed,
            },
        }
    }

    /// Returns the counts as sentences.
    pub(in crate::cli) fn in_words(&self) -> String {
        let classes: Vec<String> = self.classes.iter().map(|(class, n)| format!("{n} {class}")).collect();
        let classes = if classes.is_empty() { "nothing was due".to_owned() } else { classes.join(", ") };
        let Deliveries { created, delivered, retried, failed } = self.deliveries;
        format!(
            "polled {}: {classes}\n{}, {}, {}\ndeliveries: {created} made, {delivered} delivered, {retried} to be tried again, {failed} given up",
            counted(self.polled, "source", "sources"),
            counted(self.items_new, "new item", "new items"),
            counted(self.hits, "hit", "hits"),
            counted(self.alerts, "alert", "alerts"),
        )
    }
}
