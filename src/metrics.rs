//! Counts what happens, and writes the counts as text (Prometheus exposition format 0.0.4).
//!
//! Counters and histograms belong to the process. Gauges are set from the store just before
//! they are read, so that they agree with page and command line.

mod pulse;

use std::{
    sync::{Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge<f64, AtomicU64>>;

pub use pulse::{Fault, Loop, Pulse, SILENT_AFTER};

/// Defines a set of figures: the enum's names, the exposed name, its labels, its help.
macro_rules! figures {
    ($(#[$doc:meta])* $set:ident { $($name:ident = $text:literal [$($label:literal),*] $help:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $set { $(#[doc = $help] $name,)* }

        impl $set {
            const TABLE: &'static [(&'static str, &'static [&'static str], &'static str)] =
                &[$(($text, &[$($label),*], $help),)*];

            const fn labels(self) -> &'static [&'static str] {
                Self::TABLE[self as usize].1
            }
        }
    };
}

figures! {
    /// What only grows.
    Count {
        Fetches = "fetches" ["class"] "Polls by what came of them",
        FetchBytes = "fetch_bytes" [] "Decoded bytes of bodies",
        ItemsNew = "items_new" [] "Items never seen before",
        MissedWindows = "missed_windows" [] "Polls that shared no item with the poll before",
        ItemsDuplicate = "items_duplicate" ["kind"] "Items that another source had brought already",
        Hits = "hits" ["topic"] "Items that reached a topic's threshold",
        Alerts = "alerts" ["topic", "decision"] "Hits by what became of them",
        Deliveries = "deliveries" ["channel", "class"] "Attempts to deliver by what came of them",
        DeliveriesCreated = "deliveries_created" [] "Deliveries made",
    }
}

figures! {
    /// How long things take.
    Span {
        Fetch = "fetch_duration_seconds" [] "From the request to the last byte",
        Delivery = "delivery_duration_seconds" ["channel"] "One attempt to deliver",
        PublishedToSent = "published_to_sent_seconds" ["topic"] "From the publisher's date to the receiver's yes",
        FetchedToSent = "fetched_to_sent_seconds" [] "From the record of an alert to the receiver's yes",
        PollLag = "poll_lag_seconds" [] "From due to begun",
        StoreCommit = "store_commit_seconds" [] "The record of one poll",
    }
}

figures! {
    /// How things stand.
    Level {
        Sources = "sources" ["state"] "Configured sources by how they stand",
        SourceLastSuccess = "source_last_success_timestamp_seconds" ["source"] "When a source was last read",
        DeliveriesIn = "deliveries" ["state"] "Deliveries in store by state",
        OutboxPending = "outbox_pending" ["channel"] "Deliveries that wait",
        OutboxOldest = "outbox_oldest_seconds" ["channel"] "Age of the oldest delivery that waits",
        StoreBytes = "store_bytes" [] "Size of the store on disk",
        ReloadSuccessful = "config_last_reload_successful" [] "1 if the configuration was last read without an error",
        ReloadTime = "config_last_reload_timestamp_seconds" [] "When the configuration was last read",
        Build = "build_info" ["version"] "Always 1",
    }
}

/// Bounds of the histograms' classes, in seconds: three to a factor of ten, from 1 ms to a day.
const BOUNDS: [f64; 17] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 1_800.0, 14_400.0,
    86_400.0,
];

/// All figures of the process.
#[derive(Debug)]
pub struct Metrics {
    counters: Registry,
    others: Registry,
    counts: Vec<Family<Labels, Counter>>,
    spans: Vec<Family<Labels, Histogram>>,
    levels: Vec<Gauges>,
    scrape: Mutex<()>,
}

impl Metrics {
    /// Returns figures that all stand at zero.
    pub fn new() -> Self {
        let (mut counters, mut others) = (Registry::with_prefix(PREFIX), Registry::with_prefix(PREFIX));
        let mut counts = Vec::new();
        for (name, labels, help) in Count::TABLE {
            let family = Family::<Labels, Counter>::default();
            counters.register(*name, *help, family.clone());
            if labels.is_empty() {
                let _ = family.get_or_create(&Vec::new());
            }
            counts.push(family);
        }
        let mut spans = Vec::new();
        for (name, _, help) in Span::TABLE {
            let family = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
            others.register(*name, *help, family.clone());
            spans.push(family);
        }
        let mut levels = Vec::new();
        for (name, _, help) in Level::TABLE {
            let family = Gauges::default();
            others.register(*name, *help, family.clone());
            levels.push(family);
        }
        Metrics { counters, others, counts, spans, levels, scrape: Mutex::new(()) }
    }

    /// Adds to a counter; `values` are those of its labels, in order.
    pub fn add(&self, count: Count, values: &[&str], n: u64) {
        self.counts[count as usize].get_or_create(&labels(count.labels(), values)).inc_by(n);
    }

    /// Notes how long something took.
    pub fn note(&self, span: Span, values: &[&str], took: Duration) {
        self.spans[span as usize].get_or_create(&labels(span.labels(), values)).observe(took.as_secs_f64());
    }

    /// Sets a gauge.
    pub fn set(&self, level: Level, values: &[&str], value: f64) {
        self.levels[level as usize].get_or_create(&labels(level.labels(), values)).set(value);
    }

    /// Forgets the labels a gauge had, so that what is gone does not stay on.
    pub fn clear(&self, level: Level) {
        self.levels[level as usize].clear();
    }

    /// Sets gauges and writes all figures, one caller at a time: nobody reads what another has
    /// half set.
    pub fn scrape(&self, set: impl FnOnce()) -> String {
        let _turn = self.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        set();
        self.render()
    }

    /// Writes all figures.
    pub fn render(&self) -> String {
        let (mut counters, mut others) = (String::new(), String::new());
        // Writing into a String cannot fail.
        let _ = encode(&mut counters, &self.counters);
        let _ = encode(&mut others, &self.others);
        let counters = counters.lines().map(|line| line_of_old(line, "_total"));
        let others = others.lines().map(|line| line_of_old(line, ""));
        counters.chain(others).flatten().collect()
    }
}

/// The format for content negotiation.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
const PREFIX: &str = "newshound";

/// Turns a line of `OpenMetrics` into one of the older format, which names a counter's family
/// like its samples, has no mark at the end, and writes no empty braces.
fn line_of_old(line: &str, suffix: &str) -> Option<String> {
    if line == "# EOF" {
        return None;
    }
    let mut words = line.splitn(4, ' ');
    if let (Some("#"), Some(kind), Some(name)) = (words.next(), words.next(), words.next()) {
        return Some(format!("# {kind} {name}{suffix} {}\n", words.next().unwrap_or_default()));
    }
    Some(match line.split_once("{} ") {
        Some((name, value)) if !name.contains('{') => format!("{name} {value}\n"),
        _ => format!("{line}\n"),
    })
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::new()
    }
}

fn labels(names: &'static [&'static str], values: &[&str]) -> Labels {
    debug_assert_eq!(names.len(), values.len());
    names.iter().zip(values).map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_under_the_names_of_the_contract() {
        let metrics = Metrics::new();
        metrics.add(Count::Fetches, &["ok"], 2);
        metrics.add(Count::Alerts, &["kim-travel", "alert"], 1);
        metrics.note(Span::FetchedToSent, &[], Duration::from_millis(38));
        metrics.set(Level::DeliveriesIn, &["pending"], 3.0);
        let text = metrics.render();
        for line in [
            "newshound_fetches_total{class=\"ok\"} 2",
            "newshound_alerts_total{topic=\"kim-travel\",decision=\"alert\"} 1",
            "newshound_fetched_to_sent_seconds_count 1",
            "newshound_deliveries{state=\"pending\"} 3.0",
            "newshound_items_new_total 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert!(text.contains("# TYPE newshound_deliveries gauge\n"));
        assert!(text.contains("# TYPE newshound_alerts_total counter\n"));
        assert!(!text.contains("# EOF"));
    }

    #[test]
    fn labels_from_outside_are_escaped() {
        let metrics = Metrics::new();
        metrics.add(Count::Hits, &["a\"b\nc"], 1);
        assert!(metrics.render().contains(r#"{topic="a\"b\nc"} 1"#));
    }
}
