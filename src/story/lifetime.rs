//! A story's life: how it begins, what each article adds to it, and when it takes no more.

use std::time::Duration;

use super::shelf::{Arrival, Settings, Story};
use crate::model::text::is_unspaced;
use crate::model::{StoryId, Timestamp};

/// The longest life of a story.
const LONGEST: Duration = Duration::from_hours(10 * 24);
/// The most articles of a story that are no copies of what it has.
const MOST_ARTICLES: u32 = 500;
/// A title of fewer words is a mere teaser.
const LEAST_TITLE: usize = 3;

impl Story {
    /// Begins a story with its first article, which is still to be added.
    pub(super) fn begun(number: i64, arrival: &Arrival<'_>) -> Self {
        Story {
            number,
            id: StoryId::of(arrival.item),
            title: arrival.title.to_owned(),
            first_seen: arrival.at,
            last_seen: arrival.at,
            articles: 0,
            outlets: Vec::new(),
            origins: Vec::new(),
            centroid: Vec::new(),
            merged_into: None,
        }
    }

    /// Adds an article; of a copy, `origin` is the number of what it is a copy of.
    pub(super) fn received(&mut self, arrival: &Arrival<'_>, origin: i64, settings: Settings) {
        self.articles += 1;
        if is_teaser(&self.title) && !is_teaser(arrival.title) {
            arrival.title.clone_into(&mut self.title);
        }
        self.carried(arrival.carrier(), origin, arrival.sketch.agency.as_deref());
        self.renewed(arrival.at, settings);
    }

    /// Notes that something of it was seen. What comes late does not open it again.
    pub(super) fn renewed(&mut self, at: Timestamp, settings: Settings) {
        if self.is_within(settings, at) && !self.is_over(at) {
            self.last_seen = self.last_seen.max(at);
        }
    }

    /// Tells whether something seen at this time may still be a part of it, or follow it.
    pub(super) fn is_within(&self, settings: Settings, at: Timestamp) -> bool {
        apart(self.last_seen, at) <= settings.window
    }

    /// Tells whether it takes no more articles: it is too old, or full.
    pub(super) fn is_over(&self, at: Timestamp) -> bool {
        apart(self.first_seen, at) > LONGEST || !self.has_room_for(1)
    }

    /// Tells whether it may have so many more articles.
    pub(super) fn has_room_for(&self, articles: u32) -> bool {
        self.articles.saturating_add(articles) <= MOST_ARTICLES
    }

    /// Takes over all that another story has, but for its words.
    pub(super) fn take_over(&mut self, other: &Story) {
        self.articles += other.articles;
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.carried_like(other);
    }
}

/// Returns how long two times are apart, whichever is the first.
pub(super) fn apart(a: Timestamp, b: Timestamp) -> Duration {
    a.since(b).max(b.since(a))
}

fn is_teaser(title: &str) -> bool {
    title.split_whitespace().count() < LEAST_TITLE && !title.contains(is_unspaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(title: &str, expect: bool) {
        assert_eq!(is_teaser(title), expect, "{title}");
    }

    #[test]
    fn a_teaser_is_no_headline() {
        check("", true);
        check("Breaking news", true);
        check("Kim visits Russia", false);
        check("金正恩访俄", false);
    }
}
