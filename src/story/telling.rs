//! Whom to tell of a hit: topic by topic, what its story has been told for before decides.

use std::time::Duration;

use super::changing::{self, Version};
use crate::model::words::{Part, Words};
use crate::model::{AlertId, Change, Decision, FollowUps, Item, ItemId, SourceId, Timestamp};

/// So many points more than any alert before are news …
const MORE_POINTS: f64 = 1.0;
/// … and so are so many new facts.
const NEW_FACTS: usize = 3;
/// New facts that are named.
const MOST_NAMED: usize = 8;
/// So many follow-ups of a topic on a story within an hour are enough, however much is new.
const MOST_AN_HOUR: usize = 10;
/// The hour that follow-ups are counted in.
const AN_HOUR: Duration = Duration::from_hours(1);

/// What a topic was told about a story so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// The latest alert.
    pub latest: AlertId,
    /// The highest revision.
    pub revision: u32,
    /// The highest score that an alert had.
    pub score: f64,
    /// When the latest alerts were made, newest last.
    pub times: Vec<Timestamp>,
}

impl Past {
    /// Returns what a topic was told, with one more alert.
    pub fn with(past: Option<Self>, latest: AlertId, revision: u32, score: f64, at: Timestamp) -> Self {
        let mut times = past.as_ref().map_or_else(Vec::new, |past| past.times.clone());
        times.push(at);
        times.drain(..times.len().saturating_sub(MOST_AN_HOUR + 1));
        let highest = past.as_ref().map_or(score, |past| past.score.max(score));
        let revision = past.map_or(revision, |past| past.revision.max(revision));
        Past { latest, revision, score: highest, times }
    }

    /// Returns what a topic was told about two stories that turned out to be one.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let order = |past: &Past| (past.times.last().copied(), past.revision);
        let (earlier, later) = if order(&self) > order(&other) { (other, self) } else { (self, other) };
        let mut times = [earlier.times, later.times].concat();
        times.sort_unstable();
        Past {
            latest: later.latest,
            revision: earlier.revision.max(later.revision),
            score: earlier.score.max(later.score),
            times,
        }
    }

    /// Returns the revision of the next alert.
    pub fn next_revision(&self) -> u32 {
        self.revision.saturating_add(1)
    }

    /// Windows count the difference either way, as those of copies do.
    fn has_enough(&self, at: Timestamp) -> bool {
        let lately = |time: &&Timestamp| at.since(**time).max(time.since(at)) < AN_HOUR;
        self.times.iter().filter(lately).count() > MOST_AN_HOUR
    }
}

/// How a hit stands to its story.
#[derive(Clone, Debug)]
pub struct Telling<'a> {
    /// The article that it is a copy of, with the source of that.
    pub copy_of: Option<(&'a ItemId, &'a SourceId)>,
    /// Whether its topic has hit that article too.
    pub original_hit: bool,
    /// Whether no article of the story came before it.
    pub is_first: bool,
    /// Rare words and numbers that no earlier article of the story had, in words.
    pub new_facts: &'a [String],
    /// How many there are, of which not all may be named.
    pub n_new_facts: usize,
    /// What its topic wants to be told of.
    pub follow_ups: FollowUps,
    /// When it came.
    pub at: Timestamp,
}

/// What is decided about a hit, and why.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It came at the first sight of its source.
    Baseline,
    /// It begins its story.
    First,
    /// The story has gone on for a while, and the topic was told of nothing.
    FirstTold,
    /// It is the same article as this one, by that source.
    Copy(ItemId, SourceId),
    /// It says nothing that was not told with this alert, or before.
    NothingNew(AlertId),
    /// The topic, which was told with this alert, wants to hear of a story once.
    Unwanted(AlertId),
    /// So much was told within the hour that this has to wait for the next.
    Enough(AlertId),
    /// It brings so many facts, of which these are named.
    NewFacts(usize, Vec<String>),
    /// It has so many points more than this alert and all before it.
    MorePoints(f64, AlertId),
    /// The topic wants to be told of every article.
    Further,
    /// It was told, and says something else now.
    Changed(Change),
}

impl Verdict {
    /// Returns the decision.
    pub fn decision(&self) -> Decision {
        match self {
            Verdict::Baseline => Decision::Baseline,
            Verdict::First | Verdict::FirstTold => Decision::Alert,
            Verdict::Copy(..) => Decision::Duplicate,
            Verdict::NothingNew(_) | Verdict::Unwanted(_) | Verdict::Enough(_) => Decision::SameStory,
            Verdict::NewFacts(..) | Verdict::MorePoints(..) | Verdict::Further | Verdict::Changed(_) => {
                Decision::FollowUp
            }
        }
    }

    /// Returns why, in words.
    pub fn reason(&self) -> String {
        match self {
            Verdict::Baseline => "seen at the first sight of its source, which alerts nobody".to_owned(),
            Verdict::First => "first article of the story".to_owned(),
            Verdict::FirstTold => "first article of the story that this topic is told of".to_owned(),
            Verdict::Copy(item, source) if source.as_str().is_empty() => format!("a copy of {item}"),
            Verdict::Copy(item, source) => format!("a copy of {item} ({source})"),
            Verdict::NothingNew(alert) => format!("same story as {alert}, nothing new"),
            Verdict::Unwanted(alert) => format!("same story as {alert}, follow_ups = none"),
            Verdict::Enough(alert) => {
                format!("same story as {alert}, {MOST_AN_HOUR} follow-ups within the hour are enough")
            }
            Verdict::NewFacts(n, named) if named.is_empty() => format!("{n} new facts"),
            Verdict::NewFacts(n, named) => format!("{n} new facts: {}", named.join(", ")),
            Verdict::MorePoints(points, alert) => format!("{points:.1} points more than {alert}"),
            Verdict::Further => "a further article of the story, follow_ups = all".to_owned(),
            Verdict::Changed(change) => changing::in_words(change),
        }
    }

    /// Returns the new facts that it is told for, in words.
    pub fn new_facts(&self) -> Vec<String> {
        if let Verdict::NewFacts(_, named) = self { named.clone() } else { Vec::new() }
    }

    /// Returns what has changed in an article that was told before.
    pub fn change(&self) -> Option<Change> {
        if let Verdict::Changed(change) = self { Some(change.clone()) } else { None }
    }
}

/// Decides about a hit of a topic that was told of the story as `past` says, and that did not hit
/// this article before.
///
/// A copy is nothing to whom was told of the story, or saw the original; but a topic that takes
/// only the other source, or whose threshold only the longer text reaches, is told as of any article.
pub fn told(past: Option<&Past>, telling: &Telling<'_>, score: f64) -> Verdict {
    if let Some((item, source)) = telling.copy_of
        && (past.is_some() || telling.original_hit)
    {
        return Verdict::Copy(item.clone(), source.clone());
    }
    let Some(past) = past else {
        return if telling.is_first { Verdict::First } else { Verdict::FirstTold };
    };
    let latest = past.latest.clone();
    let more = points(score) - points(past.score);
    match telling.follow_ups {
        FollowUps::None => Verdict::Unwanted(latest),
        FollowUps::All => Verdict::Further,
        FollowUps::NewFacts if telling.n_new_facts < NEW_FACTS && more < MORE_POINTS - 1e-6 => {
            Verdict::NothingNew(latest)
        }
        FollowUps::NewFacts if past.has_enough(telling.at) => Verdict::Enough(latest),
        FollowUps::NewFacts if telling.n_new_facts >= NEW_FACTS => {
            Verdict::NewFacts(telling.n_new_facts, telling.new_facts.to_vec())
        }
        FollowUps::NewFacts => Verdict::MorePoints(more, latest),
    }
}

/// What was told of an article, where its topic wants to hear what changes in it.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// As it was.
    pub before: Version<'a>,
    /// As it is.
    pub now: Version<'a>,
    /// Whether this very version was told, or there, before.
    pub is_known: bool,
    /// How many corrections of it were told within a day.
    pub n_lately: usize,
}

/// So many corrections of an article within a day are enough.
const MOST_CORRECTIONS: usize = 3;
/// The time that corrections are counted in.
pub const CORRECTIONS_WINDOW: Duration = Duration::from_hours(24);

/// Decides about an article that was told of and has changed; `None` where nobody is told.
///
/// What goes back to what it was is no news: each version is told once.
pub fn corrected(told: &Told<'_>) -> Option<Verdict> {
    if told.is_known || told.n_lately >= MOST_CORRECTIONS {
        return None;
    }
    changing::between(told.before, told.now).map(Verdict::Changed)
}

/// Returns the points behind a score.
fn points(score: f64) -> f64 {
    -(1.0 - score).max(f64::EPSILON).log2()
}

/// Returns the words of an item behind these hashes of stems, as they are written there.
pub fn fact_words(item: &Item, words: &Words, hashes: &[u32]) -> Vec<String> {
    let mut named: Vec<(u32, &str)> = Vec::new();
    for word in words.plain() {
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is one")]
        let hash = word.stem as u32;
        let is_wanted = hashes.contains(&hash) && named.iter().all(|(known, _)| *known != hash);
        let text = match word.part {
            Part::Title => &item.title,
            Part::Summary => &item.summary,
            Part::Text => &item.text,
        };
        match text.get(word.span.start as usize..word.span.end as usize) {
            Some(written) if is_wanted && named.len() < MOST_NAMED => named.push((hash, written)),
            _ => {}
        }
    }
    named.into_iter().map(|(_, written)| written.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn past(score: f64, times: &[u64]) -> Past {
        let at = |minutes: &u64| NOW - Duration::from_mins(*minutes);
        let times: Vec<Timestamp> = times.iter().map(at).collect();
        Past { latest: AlertId::new("al_1"), revision: 1, score, times }
    }

    /// Decides about a hit with so many new facts that came now.
    fn decided(past: Option<&Past>, follow_ups: FollowUps, n_new_facts: usize, score: f64) -> String {
        let named = ["20", "Ussuriysk", "bulletproof"].map(str::to_owned);
        let telling = Telling {
            copy_of: None,
            original_hit: false,
            is_first: past.is_none(),
            new_facts: &named[..n_new_facts.min(3)],
            n_new_facts,
            follow_ups,
            at: NOW,
        };
        let verdict = told(past, &telling, score);
        format!("{}: {}", verdict.decision(), verdict.reason())
    }

    #[track_caller]
    fn check(past: Option<&Past>, follow_ups: FollowUps, n_new_facts: usize, score: f64, expect: &str) {
        assert_eq!(decided(past, follow_ups, n_new_facts, score), expect);
    }

    #[test]
    fn a_story_is_told_once_and_again_only_with_news() {
        use FollowUps::{All, NewFacts, None as Never};
        let told = past(0.5, &[30]);
        for policy in [Never, NewFacts, All] {
            check(None, policy, 0, 0.5, "alert: first article of the story");
        }
        check(Some(&told), NewFacts, 0, 0.5, "same_story: same story as al_1, nothing new");
        check(Some(&told), NewFacts, 2, 0.7, "same_story: same story as al_1, nothing new");
        check(Some(&told), NewFacts, 3, 0.5, "follow_up: 3 new facts: 20, Ussuriysk, bulletproof");
        check(Some(&told), NewFacts, 0, 0.75, "follow_up: 1.0 points more than al_1");
        check(Some(&told), NewFacts, 0, 0.749, "same_story: same story as al_1, nothing new");
        check(Some(&told), Never, 9, 0.99, "same_story: same story as al_1, follow_ups = none");
        check(Some(&told), All, 0, 0.5, "follow_up: a further article of the story, follow_ups = all");
    }

    #[test]
    fn what_is_certain_already_gets_no_surer() {
        check(
            Some(&past(1.0, &[30])),
            FollowUps::NewFacts,
            0,
            1.0,
            "same_story: same story as al_1, nothing new",
        );
    }

    #[test]
    fn a_storm_is_told_in_a_few_alerts() {
        let (few, many) = (past(0.5, &[59; MOST_AN_HOUR]), past(0.5, &[59; MOST_AN_HOUR + 1]));
        check(Some(&few), FollowUps::NewFacts, 3, 0.5, "follow_up: 3 new facts: 20, Ussuriysk, bulletproof");
        let enough = "same_story: same story as al_1, 10 follow-ups within the hour are enough";
        check(Some(&many), FollowUps::NewFacts, 3, 0.5, enough);
        let long_ago = past(0.5, &[60; MOST_AN_HOUR + 1]);
        check(Some(&long_ago), FollowUps::NewFacts, 0, 0.9, "follow_up: 2.3 points more than al_1");
    }

    #[track_caller]
    fn check_copy(past: Option<&Past>, original_hit: bool, expect: &str) {
        let (item, source) = (ItemId::new("it_1"), SourceId::new("bbc"));
        let telling = Telling {
            copy_of: Some((&item, &source)),
            original_hit,
            is_first: false,
            new_facts: &[],
            n_new_facts: 0,
            follow_ups: FollowUps::All,
            at: NOW,
        };
        let verdict = told(past, &telling, 0.9);
        assert_eq!(format!("{}: {}", verdict.decision(), verdict.reason()), expect);
    }

    #[test]
    fn a_copy_is_told_to_whom_nothing_of_it_was() {
        check_copy(Some(&past(0.5, &[30])), true, "duplicate: a copy of it_1 (bbc)");
        check_copy(Some(&past(0.5, &[30])), false, "duplicate: a copy of it_1 (bbc)");
        check_copy(None, true, "duplicate: a copy of it_1 (bbc)");
        check_copy(None, false, "alert: first article of the story that this topic is told of");
    }

    #[test]
    fn what_was_told_of_two_stories_counts_for_the_one_they_are() {
        let earlier = Past { latest: AlertId::new("al_a"), revision: 3, ..past(0.9, &[50, 40]) };
        let later = Past { latest: AlertId::new("al_b"), revision: 1, ..past(0.5, &[45]) };
        for joined in [earlier.clone().joined(later.clone()), later.joined(earlier)] {
            assert_eq!((joined.latest.as_str(), joined.next_revision()), ("al_a", 4));
            assert!((joined.score - 0.9).abs() < 1e-9);
            assert!(joined.times.len() == 3 && joined.times.is_sorted());
        }
    }

    #[test]
    fn a_version_is_told_once_and_few_in_a_day() {
        let version = |title| Version { title, summary: "", text: "" };
        for (now, is_known, n_lately, is_told) in [
            ("Kim arrives", false, 0, true),
            ("Kim leaves", false, 0, false),
            ("Kim arrives", true, 0, false),
            ("Kim arrives", false, 2, true),
            ("Kim arrives", false, 3, false),
        ] {
            let told = Told { before: version("Kim leaves"), now: version(now), is_known, n_lately };
            let verdict = corrected(&told);
            assert_eq!(verdict.is_some(), is_told, "{now} {is_known} {n_lately}");
            if let Some(verdict) = verdict {
                assert_eq!(
                    (verdict.decision(), verdict.reason().as_str()),
                    (Decision::FollowUp, "the headline changed")
                );
            }
        }
    }
}
