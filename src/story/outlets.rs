//! Who carries a story, and who of them has it from another: what "3 independent, 17 copies" counts.
//!
//! What is told in the same words, or by the same agency, comes from one origin. The outlet that
//! published it first is independent; one that is first nowhere carries only copies.

use super::Story;
use crate::model::{SourceId, Timestamp};

/// Where articles of a story come from that are copies of one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The numbers of its articles that were no copy of one before.
    pub articles: Vec<i64>,
    /// The agency that is credited.
    pub agency: Option<String>,
    /// The place of the outlet that had it first, among those of the story.
    pub outlet: usize,
    /// When that one published it.
    pub since: Timestamp,
}

/// A source that carries an article.
#[derive(Clone, Copy, Debug)]
pub struct Carrier<'a> {
    /// The source.
    pub source: &'a SourceId,
    /// When it published the article, as it says.
    pub published: Option<Timestamp>,
    /// When that was seen.
    pub seen: Timestamp,
}

impl Carrier<'_> {
    fn since(&self) -> Timestamp {
        self.published.map_or(self.seen, |published| published.min(self.seen))
    }
}

impl Story {
    /// Returns how many sources have something of it first.
    pub fn independent(&self) -> u32 {
        count(self.outlets.iter().filter(|(_, copies_only)| !copies_only).count())
    }

    /// Returns how many sources carry it.
    pub fn n_outlets(&self) -> u32 {
        count(self.outlets.len())
    }

    /// Returns how many sources have nothing but copies of what others had first.
    pub fn n_copies(&self) -> u32 {
        self.n_outlets() - self.independent()
    }

    /// Notes that a source carries an article. `article` is its number or, of a copy, that of the
    /// article it is a copy of.
    pub(super) fn carried(&mut self, carrier: Carrier<'_>, article: i64, agency: Option<&str>) {
        let outlet = self.outlet(carrier.source);
        let since = carrier.since();
        let agency = agency.map(str::to_owned);
        self.came_from(Origin { articles: vec![article], agency, outlet, since });
        self.tell_copies();
    }

    /// Takes over who carries another story, which is merged into this one.
    pub(super) fn carried_like(&mut self, other: &Story) {
        let outlets: Vec<usize> = other.outlets.iter().map(|(source, _)| self.outlet(source)).collect();
        for origin in &other.origins {
            let Some(&outlet) = outlets.get(origin.outlet) else { continue };
            self.came_from(Origin { outlet, ..origin.clone() });
        }
        self.tell_copies();
    }

    fn outlet(&mut self, source: &SourceId) -> usize {
        self.outlets.iter().position(|(known, _)| known == source).unwrap_or_else(|| {
            self.outlets.push((source.clone(), true));
            self.outlets.len() - 1
        })
    }

    /// Adds an origin. What has an article or the agency in common with it is the same one.
    fn came_from(&mut self, mut origin: Origin) {
        let (same, others): (Vec<Origin>, Vec<Origin>) =
            std::mem::take(&mut self.origins).into_iter().partition(|known| known.is_of(&origin));
        for known in same.into_iter().rev() {
            origin = known.with(origin);
        }
        self.origins = others;
        self.origins.push(origin);
    }

    fn tell_copies(&mut self) {
        self.outlets.iter_mut().for_each(|(_, copies_only)| *copies_only = true);
        for origin in &self.origins {
            if let Some((_, copies_only)) = self.outlets.get_mut(origin.outlet) {
                *copies_only = false;
            }
        }
    }
}

impl Origin {
    fn is_of(&self, other: &Origin) -> bool {
        let same_agency = self.agency.is_some() && self.agency == other.agency;
        same_agency || other.articles.iter().any(|article| self.articles.contains(article))
    }

    /// Returns what both are together. Of two that had it at the same time, this one was first.
    fn with(mut self, other: Origin) -> Origin {
        for article in other.articles {
            if !self.articles.contains(&article) {
                self.articles.push(article);
            }
        }
        let (outlet, since) =
            if other.since < self.since { (other.outlet, other.since) } else { (self.outlet, self.since) };
        Origin { outlet, since, agency: self.agency.or(other.agency), ..self }
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoryId;

    const NOON: i64 = 43_200_000;

    fn story() -> Story {
        Story {
            number: 1,
            id: StoryId::new("st_1"),
            title: "A title".to_owned(),
            first_seen: Timestamp::from_millis(NOON),
            last_seen: Timestamp::from_millis(NOON),
            articles: 0,
            outlets: Vec::new(),
            origins: Vec::new(),
            centroid: Vec::new(),
            merged_into: None,
        }
    }

    /// Articles as source, minute of publication after noon, number (of a copy, the original's) and
    /// agency. All are seen in this order, an hour later.
    type Carried = (&'static str, i64, i64, Option<&'static str>);

    fn carry(story: &mut Story, all: &[Carried]) {
        for (nth, (source, minute, article, agency)) in (0..).zip(all) {
            let carrier = Carrier {
                source: &SourceId::new(*source),
                published: Some(Timestamp::from_millis(NOON + minute * 60_000)),
                seen: Timestamp::from_millis(NOON + 3_600_000 + nth),
            };
            story.carried(carrier, *article, *agency);
        }
    }

    fn independent(story: &Story) -> Vec<&str> {
        story.outlets.iter().filter(|(_, copies_only)| !copies_only).map(|(id, _)| id.as_str()).collect()
    }

    #[track_caller]
    fn check(all: &[Carried], expect: &[&str]) {
        let mut story = story();
        carry(&mut story, all);
        assert_eq!(independent(&story), expect, "{all:?}");
        let n_independent = u32::try_from(expect.len()).unwrap();
        assert_eq!(
            (story.independent(), story.n_copies()),
            (n_independent, story.n_outlets() - n_independent)
        );
    }

    #[test]
    fn an_outlet_of_copies_is_not_independent() {
        check(&[("a", 1, 1, None), ("b", 2, 2, None)], &["a", "b"]);
        check(&[("a", 1, 1, None), ("b", 2, 1, None), ("c", 3, 1, None)], &["a"]);
        check(&[("a", 1, 1, None), ("b", 2, 1, None), ("b", 3, 2, None)], &["a", "b"]);
        check(&[("a", 1, 1, None), ("a", 2, 2, None), ("a", 3, 1, None)], &["a"]);
    }

    #[test]
    fn what_was_published_first_is_the_original_whenever_it_was_seen() {
        check(&[("a", 9, 1, None), ("b", 2, 1, None)], &["b"]);
        check(&[("a", 9, 1, None), ("b", 5, 1, None), ("c", 2, 1, None)], &["c"]);
        check(&[("a", 2, 1, None), ("b", 2, 1, None)], &["a"]);
        // It stays independent by another article.
        check(&[("a", 9, 1, None), ("a", 9, 2, None), ("b", 2, 1, None)], &["a", "b"]);
        // Nobody has published what was not seen yet.
        check(&[("a", 80, 1, None), ("b", 90, 1, None)], &["a"]);
    }

    #[test]
    fn an_agency_is_one_origin_whatever_the_words() {
        let (reuters, dpa) = (Some("reuters"), Some("dpa"));
        check(&[("a", 1, 1, reuters), ("b", 2, 2, reuters), ("c", 3, 3, dpa)], &["a", "c"]);
        check(&[("a", 5, 1, reuters), ("b", 2, 2, reuters)], &["b"]);
        check(&[("a", 1, 1, None), ("b", 2, 2, None)], &["a", "b"]);
        // A copy with the credit makes all that are without it the agency's.
        check(&[("a", 1, 1, None), ("b", 2, 2, reuters), ("c", 3, 1, reuters)], &["a"]);
        check(&[("a", 1, 1, None), ("c", 3, 1, reuters), ("d", 4, 1, None), ("e", 5, 4, reuters)], &["a"]);
    }

    #[test]
    fn stories_that_are_merged_have_their_outlets_counted_once() {
        let (mut one, mut other) = (story(), story());
        carry(&mut one, &[("a", 2, 1, Some("dpa")), ("b", 3, 2, None)]);
        carry(&mut other, &[("c", 1, 3, Some("dpa")), ("b", 4, 3, None), ("d", 4, 4, None)]);
        one.carried_like(&other);
        assert_eq!(independent(&one), ["b", "c", "d"]);
        assert_eq!(one.n_outlets(), 4);
    }
}
