//! The topic doctor: looks at topics by what they made of the news of the past, and finds terms
//! that never occur, terms that are the same, the term behind most near misses, and the thresholds
//! at which alerts would halve or double.
//!
//! It is fed with scores: those of the topics themselves, and those of its probes, which are topics
//! of a single term each. So it sees every term occur, wherever the topic uses it.

use std::collections::{BTreeMap, HashMap};

use super::{Matcher, query, term};
use crate::config::{Query, Term, Topic};
use crate::model::{Item, ItemId, Score, ScoreOutcome, TopicId};

/// Terms that are looked at, in all topics together: more would slow a replay down by more than
/// anybody reads.
const MOST_PROBES: usize = 20_000;
/// Steps of a score that are told apart.
const STEPS: f64 = 1000.0;
/// A threshold no score of a probe reaches: what it finds is counted, and never told.
const NEVER: f64 = 0.999_999;
/// Different terms behind near misses that are counted for a topic.
const MOST_CAUSES: usize = 1000;

/// Looks at topics.
pub struct Doctor {
    patients: Vec<Patient>,
    numbers: HashMap<TopicId, usize>,
    probes: Vec<Topic>,
    fired: Vec<bool>,
    items: u64,
}

/// What is known of one topic.
struct Patient {
    id: TopicId,
    threshold: f64,
    near_miss: f64,
    /// Its terms, each with the number of its probe.
    terms: Vec<Held>,
    /// How many items scored so much, by thousandths.
    scores: BTreeMap<u16, u64>,
    near_misses: u64,
    causes: BTreeMap<String, u64>,
}

/// A term of a topic.
struct Held {
    label: String,
    /// Its list within the topic: only in one list can terms be twins.
    list: usize,
    /// `None` where it also asks for a field or for company, so that it has no twin.
    plain: Option<(String, bool)>,
    probe: usize,
}

/// A threshold, and the hits there would be with it.
pub type Turn = (f64, u64);

/// What the doctor found in one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The topic.
    pub topic: TopicId,
    /// Items that were looked at.
    pub items: u64,
    /// Items at or over the threshold, copies aside.
    pub hits: u64,
    /// Terms that occur in none of them.
    pub never: Vec<String>,
    /// Terms of one list that are found in the same words, so that each counts.
    pub twins: Vec<(String, String)>,
    /// How many items were near misses.
    pub near_misses: u64,
    /// The term that gave most points to most of them, and to how many.
    pub cause: Option<(String, u64)>,
    /// The least threshold with half the hits or fewer, and those hits.
    pub halved_at: Option<Turn>,
    /// The greatest threshold with twice the hits or more, and those hits.
    pub doubled_at: Option<Turn>,
}

impl Doctor {
    /// Takes topics to look at.
    pub fn new(topics: &[Topic]) -> Self {
        let mut doctor = Doctor {
            patients: Vec::with_capacity(topics.len()),
            numbers: topics.iter().zip(0..).map(|(topic, number)| (topic.id.clone(), number)).collect(),
            probes: Vec::new(),
            fired: Vec::new(),
            items: 0,
        };
        for topic in topics {
            let terms = if doctor.probes.len() < MOST_PROBES { doctor.terms(topic) } else { Vec::new() };
            doctor.patients.push(Patient {
                id: topic.id.clone(),
                threshold: topic.threshold,
                near_miss: topic.near_miss,
                terms,
                scores: BTreeMap::new(),
                near_misses: 0,
                causes: BTreeMap::new(),
            });
        }
        doctor.fired = vec![false; doctor.probes.len()];
        doctor
    }

    /// Makes a probe of each term of a topic.
    fn terms(&mut self, topic: &Topic) -> Vec<Held> {
        let single = [&topic.any, &topic.none, &topic.ignore, &topic.less];
        let near = topic.near.iter().flat_map(|near| [&near.a, &near.b]);
        let lists = single.into_iter().chain(&topic.all).chain(near).enumerate();
        let written: Vec<(usize, &Term)> =
            lists.flat_map(|(list, terms)| terms.iter().map(move |term| (list, term))).collect();
        let company = written.iter().flat_map(|(_, term)| &term.with).map(|term| (usize::MAX, term));
        let mut held = Vec::new();
        for (list, written) in written.iter().copied().chain(company) {
            // A term that cannot be read is told elsewhere.
            let Some(parsed) = term::parse(written, &mut Vec::new()) else { continue };
            let alone =
                written.with.is_empty() && parsed.fields == super::tree::Fields::ALL && list != usize::MAX;
            held.push(Held {
                label: label(&parsed, written),
                list,
                plain: alone.then(|| (parsed.text.clone(), parsed.exact)),
                probe: self.probes.len(),
            });
            let any = vec![written.clone()];
            self.probes.push(Topic { any, ..probe(topic, self.probes.len()) });
        }
        for leaf in topic.query.iter().flat_map(query::leaves) {
            let query = Query { text: leaf.clone(), place: topic.place.clone() };
            held.push(Held { label: leaf, list: usize::MAX, plain: None, probe: self.probes.len() });
            self.probes.push(Topic { query: Some(query), ..probe(topic, self.probes.len()) });
        }
        held
    }

    /// Returns the probes: topics to be scored beside those that are looked at.
    pub fn probes(&self) -> &[Topic] {
        &self.probes
    }

    /// Looks at an item that is no copy: its scores for the topics and for the probes.
    pub fn see<'s>(
        &mut self,
        scores: impl Iterator<Item = &'s Score>,
        probes: impl Iterator<Item = &'s Score>,
    ) {
        self.items += 1;
        for score in scores {
            let Some(number) = self.numbers.get(&score.topic) else { continue };
            self.patients[*number].see(score);
        }
        for score in probes.filter(|score| score.points > 0.0) {
            let fired = score.topic.as_str().parse().ok().and_then(|probe: usize| self.fired.get_mut(probe));
            if let Some(fired) = fired {
                *fired = true;
            }
        }
    }

    /// Returns what there is to say of each topic, in their order; nothing where nothing was seen.
    /// The matcher is that of the probes.
    pub fn findings(&self, probes: &Matcher) -> Vec<Finding> {
        if self.items == 0 {
            return Vec::new();
        }
        self.patients.iter().map(|patient| self.finding(patient, probes)).collect()
    }

    fn finding(&self, patient: &Patient, matcher: &Matcher) -> Finding {
        let hits = patient.at_least(patient.threshold);
        let never = patient.terms.iter().filter(|term| !self.fired[term.probe]);
        let (halved_at, doubled_at) = patient.turning_points(hits);
        Finding {
            topic: patient.id.clone(),
            items: self.items,
            hits,
            never: never.map(|term| term.label.clone()).collect(),
            twins: twins(&patient.terms, matcher),
            near_misses: patient.near_misses,
            cause: patient.cause(),
            halved_at,
            doubled_at,
        }
    }
}

impl Finding {
    /// Says whether there is anything that its author should know.
    pub fn says_something(&self) -> bool {
        !self.never.is_empty() || !self.twins.is_empty() || self.near_misses > 0 || self.hits > 0
    }
}

impl Patient {
    fn see(&mut self, score: &Score) {
        if !matches!(score.outcome, ScoreOutcome::Hit | ScoreOutcome::Below) || score.score <= 0.0 {
            return;
        }
        *self.scores.entry(step(score.score)).or_default() += 1;
        if score.outcome == ScoreOutcome::Below && score.score >= self.near_miss {
            self.near_misses += 1;
            let cause = score.evidence.first().filter(|line| line.points > 0.0);
            if let Some(line) = cause.filter(|_| self.causes.len() < MOST_CAUSES) {
                *self.causes.entry(line.term.clone()).or_default() += 1;
            }
        }
    }

    fn at_least(&self, threshold: f64) -> u64 {
        self.scores.range(step(threshold)..).map(|(_, items)| items).sum()
    }

    /// Returns the term behind most near misses; of several the first by name.
    fn cause(&self) -> Option<(String, u64)> {
        let most = self.causes.iter().rev().max_by_key(|(_, items)| **items)?;
        Some((most.0.clone(), *most.1))
    }

    /// Returns the thresholds at which the hits would halve and double.
    fn turning_points(&self, hits: u64) -> (Option<Turn>, Option<Turn>) {
        if hits == 0 {
            return (None, None);
        }
        let (mut halved, mut doubled, mut above) = (None, None, 0);
        for (score, items) in self.scores.iter().rev() {
            // Just above this score, so that it is no hit any more.
            let over = f64::from(*score + 1) / STEPS;
            if above * 2 <= hits && over < 1.0 && over > self.threshold {
                halved = Some((over, above));
            }
            above += items;
            let at = f64::from(*score) / STEPS;
            if doubled.is_none() && above >= hits * 2 && at > 0.0 && at < self.threshold {
                doubled = Some((at, above));
            }
        }
        (halved, doubled)
    }
}

/// Names a term with the company it asks for: alone it may well occur.
fn label(parsed: &term::Parsed, written: &Term) -> String {
    let with: Vec<&str> = written.with.iter().map(|term| term.text.as_str()).collect();
    if with.is_empty() { parsed.label() } else { format!("{} with {}", parsed.label(), with.join(" or ")) }
}

/// Returns the step of a score.
fn step(score: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 1000")]
    let step = (score.clamp(0.0, 1.0) * STEPS + 1e-9) as u16;
    step
}

/// Returns a topic that looks for nothing yet and hits nothing, named by its number.
fn probe(topic: &Topic, number: usize) -> Topic {
    let blank = Topic::blank(TopicId::new(number.to_string()), topic.place.clone());
    Topic { threshold: NEVER, near_miss: NEVER, ..blank }
}

/// Returns the pairs of terms each of which is found in the other's words.
fn twins(terms: &[Held], matcher: &Matcher) -> Vec<(String, String)> {
    let mut twins = Vec::new();
    for list in terms.chunk_by(|one, next| one.list == next.list).filter(|list| list.len() > 1) {
        let found: Vec<Vec<usize>> = list.iter().map(|term| probes_in(term, matcher)).collect();
        for (at, one) in list.iter().enumerate() {
            for (later, other) in list.iter().enumerate().skip(at + 1) {
                let same_form = one.plain.as_ref().zip(other.plain.as_ref()).is_some_and(|(a, b)| a.1 == b.1);
                if same_form && found[at].contains(&other.probe) && found[later].contains(&one.probe) {
                    twins.push((one.label.clone(), other.label.clone()));
                }
            }
        }
    }
    twins
}

/// Returns the probes that the words of a term make occur.
fn probes_in(term: &Held, matcher: &Matcher) -> Vec<usize> {
    let Some((text, _)) = &term.plain else { return Vec::new() };
    let scores = matcher.score(&titled(text), &[]);
    scores.iter().filter_map(|score| score.topic.as_str().parse().ok()).collect()
}

fn titled(title: &str) -> Item {
    Item { title: title.to_owned(), ..Item::bare(ItemId::new("")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fixture::{item, place, term, terms, topic};

    /// Lets the doctor see these titles, and returns what it finds in the one topic.
    fn found(topic: &Topic, titles: &[&str]) -> Finding {
        let mut doctor = Doctor::new(std::slice::from_ref(topic));
        let (matcher, _) = Matcher::compile(std::slice::from_ref(topic));
        let (probes, problems) = Matcher::compile(doctor.probes());
        assert!(problems.is_empty(), "{problems:?}");
        for title in titles {
            let (scores, fired) = (matcher.score(&item(title, ""), &[]), probes.score(&item(title, ""), &[]));
            doctor.see(scores.iter(), fired.iter());
        }
        doctor.findings(&probes).remove(0)
    }

    #[test]
    fn terms_that_never_occur_are_named_wherever_they_stand() {
        let near = crate::config::Near {
            a: terms(&["Kim", "Choe"]),
            b: terms(&["train"]),
            within: 3,
            ordered: false,
            weight: 1.0,
            place: place("near"),
        };
        let topic = Topic { near: vec![near], none: terms(&["advert"]), ..topic(&["oil^0.5", "=tanker"]) };
        let finding = found(&topic, &["Oil and trains", "Kim speaks of tankers"]);
        assert_eq!(finding.never, ["=tanker", "advert", "Choe"]);
        assert_eq!(found(&topic, &["Tanker: an advert by Choe, Kim, oil, train"]).never, [""; 0]);
    }

    #[test]
    fn a_term_is_looked_for_in_its_company_and_the_company_too() {
        let company = Term { with: terms(&["Putin", "Pyongyang"]), ..term("Kim") };
        let topic = Topic { any: vec![company], ..topic(&[]) };
        let finding = found(&topic, &["Kim travels", "Putin speaks"]);
        assert_eq!(finding.never, ["Kim with Putin or Pyongyang", "Pyongyang"]);
        assert_eq!(found(&topic, &["Kim and Putin"]).never, ["Pyongyang"]);
    }

    #[test]
    fn the_terms_of_a_query_are_looked_for_too() {
        let text =
            r#"(Kim OR ="arms deal"^2 OR title:Choe) NEAR/3 (visit* OR go) AND NOT hockey AND lang:en"#;
        let query = Query { text: text.into(), place: place("query") };
        let topic = Topic { query: Some(query), ..topic(&[]) };
        let finding = found(&topic, &["Kim speaks to visitors"]);
        assert_eq!(finding.never, [r#"="arms deal""#, "Choe", "go", "hockey"]);
        assert_eq!(found(&topic, &["An arms deal", "Choe: hockey is a go, visits, Kim"]).never, [""; 0]);
    }

    #[test]
    fn terms_found_in_the_same_words_are_twins() {
        let company = Term { with: terms(&["port"]), ..term("ship") };
        let topic = Topic {
            any: [
                terms(&["visit", "visits^2", "=visits", "arms deal", "title:visit"]),
                vec![company, term("ships")],
            ]
            .concat(),
            less: terms(&["visiting"]),
            ..topic(&[])
        };
        let finding = found(&topic, &["x"]);
        assert_eq!(finding.twins, [("visit".to_owned(), "visits".to_owned())]);
    }

    #[test]
    fn the_term_behind_most_near_misses_is_told() {
        let topic = topic(&["Kim", "ammunition^0.4", "oil^0.4"]);
        let finding = found(&topic, &["Ammunition", "ammunition and more", "Oil", "Kim", "nothing"]);
        assert_eq!((finding.near_misses, finding.cause), (3, Some(("ammunition".to_owned(), 2))));
        assert_eq!((finding.items, finding.hits), (5, 1));
    }

    #[test]
    fn thresholds_turn_where_hits_halve_and_double() {
        // Title mentions of weight 1, 1.5 and 0.5 score 0.646, 0.790 and 0.405.
        let topic = topic(&["oil", "gas^1.5", "coal^0.5"]);
        let finding = found(&topic, &["oil", "gas", "coal", "coal here"]);
        assert_eq!(finding.halved_at, Some((0.647, 1)));
        assert_eq!(finding.doubled_at, Some((0.405, 4)));
        let (halved, _) = finding.halved_at.unwrap();
        assert_eq!(found(&Topic { threshold: halved, ..topic.clone() }, &["oil", "gas"]).hits, 1);
        let none = found(&topic, &["nothing"]);
        assert_eq!((none.halved_at, none.doubled_at, none.hits), (None, None, 0));
    }

    #[test]
    fn nothing_seen_is_nothing_found() {
        let doctor = Doctor::new(&[topic(&["oil"])]);
        let (probes, _) = Matcher::compile(doctor.probes());
        assert!(doctor.findings(&probes).is_empty());
    }
}
