//! From the phrases that occur to the topics that have to do with them.
//!
//! Most topics only add up what their phrases give: of these all is known from the postings. The
//! others are posted at their anchors, and looked at where the rest they need occurs as well.

use std::collections::HashMap;

use super::anchors;
use super::index::{Occurrence, Occurrences};
use super::phrases::Variants;
use super::score::term_points;
use super::tokens::narrow;
use super::tree::{Expr, FieldWeights, Fields, Member, Node, PhraseId, Tree};
use crate::model::Field;
use crate::model::words::Words;

/// What the phrases lead to.
pub(super) struct Postings {
    sums: Lists<Addend>,
    /// The weights of the addends; there are few different ones.
    weights: Vec<f64>,
    /// The topics that are anchored at each phrase.
    anchored: Lists<Anchored>,
    /// For each topic its threshold, apart from its tree: most hits ask for no more of that.
    thresholds: Vec<f64>,
    /// For each topic the phrases it needs besides its anchor: groups, each behind its length.
    needs: Lists<u32>,
}

/// What a phrase adds to the points of a topic.
#[derive(Clone, Copy, Default)]
struct Addend {
    topic: u32,
    weight: u16,
    fields: Fields,
    /// Whether any mention counts.
    mention: bool,
}

/// A topic at one of its anchors.
#[derive(Clone, Copy, Default)]
struct Anchored {
    topic: u32,
    /// Where the phrases of another group stand in `Present`, of which one must be there: this
    /// spares a look at the topic itself, which is far away in memory.
    hints: [u16; HINTS],
}

/// Phrases of a group that hints are kept for.
const HINTS: usize = 4;

/// The phrases that occur by some bits of their ids.
struct Present(Vec<u64>);

impl Present {
    /// Takes no more room than so many phrases need.
    fn of(occurrences: &Occurrences, n_phrases: usize) -> Self {
        let mut present = Present(vec![0; n_phrases.div_ceil(64).next_power_of_two().min(1 << 10)]);
        for (phrase, _) in occurrences.by_phrase() {
            let (at, bit) = present.place(Self::hint(phrase));
            present.0[at] |= bit;
        }
        present
    }

    fn hint(phrase: PhraseId) -> u16 {
        u16::try_from(phrase.0 & u32::from(u16::MAX)).expect("16 bits are left")
    }

    fn place(&self, hint: u16) -> (usize, u64) {
        (usize::from(hint >> 6) & (self.0.len() - 1), 1 << (hint & 63))
    }

    /// Says whether one of the phrases may occur.
    fn may_have(&self, hints: [u16; HINTS]) -> bool {
        hints.iter().map(|hint| self.place(*hint)).any(|(at, bit)| self.0[at] & bit != 0)
    }
}

/// A list for each of many numbers, laid out flat.
struct Lists<T> {
    ends: Vec<u32>,
    list: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// Sorts pairs into the lists of so many numbers.
    fn new(n_lists: usize, pairs: &[(u32, T)]) -> Self {
        let mut ends = vec![0_u32; n_lists + 1];
        for (number, _) in pairs {
            ends[*number as usize + 1] += 1;
        }
        for number in 1..ends.len() {
            ends[number] += ends[number - 1];
        }
        let mut list = vec![T::default(); pairs.len()];
        for (number, value) in pairs {
            // The start of each list moves to its end, which is the start of the next.
            let at = &mut ends[*number as usize];
            list[*at as usize] = *value;
            *at += 1;
        }
        Lists { ends, list }
    }

    fn of(&self, number: u32) -> &[T] {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.list[start as usize..self.ends[number] as usize]
    }
}

impl Postings {
    pub(super) fn new(trees: &[Tree], variants: &Variants) -> Self {
        let (mut sums, mut anchored, mut needs) = (Vec::new(), Vec::new(), Vec::new());
        let mut weights = Weights::default();
        for (number, tree) in trees.iter().enumerate() {
            let number = narrow(number);
            if let Some(terms) = plain_terms(tree).filter(|terms| weights.hold(terms)) {
                sums.extend(terms.iter().map(|term| {
                    let weight = weights.number(term.weight).unwrap_or_default();
                    let mention = tree.weights.is_mention();
                    (term.phrase.0, Addend { topic: number, weight, fields: term.fields, mention })
                }));
                continue;
            }
            let groups = anchors::groups(tree, variants);
            let Some((anchor, rest)) = groups.split_first() else { continue };
            // Without a small enough group the anchors say themselves that they are there.
            let asked = rest.iter().find(|group| (1..=HINTS).contains(&group.len()));
            anchored.extend(anchor.iter().map(|phrase| {
                let group = asked.map_or(std::slice::from_ref(phrase), Vec::as_slice);
                let hints = std::array::from_fn(|n| Present::hint(group[n.min(group.len() - 1)]));
                (phrase.0, Anchored { topic: number, hints })
            }));
            for group in rest {
                needs.push((number, narrow(group.len())));
                needs.extend(group.iter().map(|phrase| (number, phrase.0)));
            }
        }
        let n_phrases = variants.n_phrases();
        Postings {
            sums: Lists::new(n_phrases, &sums),
            weights: weights.list,
            anchored: Lists::new(n_phrases, &anchored),
            thresholds: trees.iter().map(|tree| tree.threshold).collect(),
            needs: Lists::new(trees.len(), &needs),
        }
    }

    /// Returns the topics that may have points and are more than a sum, in their order.
    pub(super) fn anchored(&self, occurrences: &Occurrences) -> Vec<u32> {
        if self.anchored.list.is_empty() {
            return Vec::new();
        }
        let present = Present::of(occurrences, self.anchored.ends.len());
        let mut topics = Vec::new();
        for (phrase, _) in occurrences.by_phrase() {
            let here = self.anchored.of(phrase.0).iter().filter(|here| present.may_have(here.hints));
            topics.extend(here.map(|here| here.topic).filter(|topic| self.has_rest(*topic, occurrences)));
        }
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// Says whether what a topic needs besides its anchor occurs.
    fn has_rest(&self, topic: u32, occurrences: &Occurrences) -> bool {
        let mut rest = self.needs.of(topic);
        while let Some((length, behind)) = rest.split_first() {
            let (group, next) = behind.split_at(*length as usize);
            if !group.iter().any(|phrase| occurrences.has(PhraseId(*phrase))) {
                return false;
            }
            rest = next;
        }
        true
    }

    /// Returns the threshold of a topic.
    pub(super) fn threshold(&self, topic: u32) -> f64 {
        self.thresholds[topic as usize]
    }

    /// Returns the topics that are sums and have points, in their order, with these.
    pub(super) fn sums(&self, occurrences: &Occurrences, words: &Words) -> Vec<(u32, f64)> {
        if self.sums.list.is_empty() {
            return Vec::new();
        }
        let n_addends: usize = occurrences.by_phrase().map(|(phrase, _)| self.sums.of(phrase.0).len()).sum();
        let mut sums = Sums::with_room_for(n_addends);
        for (phrase, own) in occurrences.by_phrase() {
            let counts = Counts::of(own, words);
            let usual = counts.x(Fields::ALL, FieldWeights::new(false));
            for addend in self.sums.of(phrase.0) {
                let x = match (addend.fields, addend.mention) {
                    (Fields::ALL, false) => usual,
                    (fields, mention) => counts.x(fields, FieldWeights::new(mention)),
                };
                if x > 0.0 {
                    sums.add(addend.topic, term_points(x, self.weights[usize::from(addend.weight)]));
                }
            }
        }
        sums.in_order()
    }
}

/// How often a phrase occurs in each field.
struct Counts([f64; 4]);

const FIELDS: [Field; 4] = [Field::Title, Field::Lead, Field::Body, Field::Tail];

impl Counts {
    fn of(occurrences: &[Occurrence], words: &Words) -> Self {
        let mut counts = [0.0; 4];
        for found in occurrences {
            let field = words.list[found.first as usize].field;
            counts[FIELDS.iter().position(|known| *known == field).unwrap_or_default()] += 1.0;
        }
        Counts(counts)
    }

    fn x(&self, fields: Fields, weights: FieldWeights) -> f64 {
        let counted = FIELDS.iter().zip(self.0).filter(|(field, _)| fields.hold(**field));
        counted.map(|(field, count)| count * weights.of(*field)).sum()
    }
}

/// The sums of the topics that were met, in a table as large as these need.
struct Sums {
    slots: Vec<(u32, f64)>,
}

impl Sums {
    const FREE: (u32, f64) = (u32::MAX, 0.0);

    fn with_room_for(n: usize) -> Self {
        Sums { slots: vec![Self::FREE; (2 * n).next_power_of_two()] }
    }

    fn add(&mut self, topic: u32, points: f64) {
        let mask = self.slots.len() - 1;
        let mut slot = topic.wrapping_mul(0x9e37_79b1) as usize & mask;
        while self.slots[slot].0 != topic && self.slots[slot].0 != u32::MAX {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = (topic, self.slots[slot].1 + points);
    }

    fn in_order(self) -> Vec<(u32, f64)> {
        let mut sums = self.slots;
        sums.retain(|(topic, _)| *topic != u32::MAX);
        sums.sort_unstable_by_key(|(topic, _)| *topic);
        sums
    }
}

/// A phrase that gives points by itself.
struct PlainTerm {
    phrase: PhraseId,
    fields: Fields,
    weight: f64,
}

/// Returns the terms of a topic that does nothing but add up what its phrases give.
fn plain_terms(tree: &Tree) -> Option<Vec<PlainTerm>> {
    let Tree { groups, evidence, less, none, ignore, sources, languages, .. } = tree;
    let other = less.len() + none.len() + ignore.len() + sources.len() + languages.len();
    if other > 0 {
        return None;
    }
    let mut terms = Vec::new();
    let plain = evidence.iter().all(|expr| add_plain(expr, &mut terms));
    // One group that nothing is added to is the sum itself.
    let plain = match groups.as_slice() {
        [] => plain,
        [one] => plain && terms.is_empty() && add_plain(one, &mut terms),
        _ => false,
    };
    plain.then_some(terms)
}

fn add_plain(expr: &Expr, terms: &mut Vec<PlainTerm>) -> bool {
    match expr {
        Expr::Term(Member { node: Node::Phrase { id, fields, .. }, weight }) => {
            terms.push(PlainTerm { phrase: *id, fields: *fields, weight: *weight });
            true
        }
        Expr::Sum { parts, least } => *least <= 1 && parts.iter().all(|part| add_plain(part, terms)),
        Expr::Term(_) | Expr::All(_) | Expr::Not(_) | Expr::Condition(_) => false,
    }
}

/// Different weights, numbered.
#[derive(Default)]
struct Weights {
    numbers: HashMap<u64, u16>,
    list: Vec<f64>,
}

impl Weights {
    /// Says whether there is a number for the weights of all these.
    fn hold(&mut self, terms: &[PlainTerm]) -> bool {
        terms.iter().all(|term| self.number(term.weight).is_some())
    }

    fn number(&mut self, weight: f64) -> Option<u16> {
        if let Some(number) = self.numbers.get(&weight.to_bits()) {
            return Some(*number);
        }
        let number = u16::try_from(self.list.len()).ok()?;
        self.list.push(weight);
        self.numbers.insert(weight.to_bits(), number);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Topic;
    use crate::matcher::fixture::{item, terms, topic};
    use crate::matcher::frequencies::Frequencies;
    use crate::matcher::phrases::Phrases;
    use crate::matcher::{compile, words};

    /// The topics that a title leads to: the sums, and those that are looked at.
    #[track_caller]
    fn check(topics: &[Topic], title: &str, sums: &[u32], anchored: &[u32]) {
        let mut phrases = Phrases::default();
        let trees: Vec<Tree> =
            topics.iter().filter_map(|topic| compile::topic(topic, &mut phrases, &mut Vec::new())).collect();
        let index = phrases.into_variants(&Frequencies::default()).into_index();
        let postings = Postings::new(&trees, index.variants());
        let words = words(&item(title, ""));
        let occurrences = index.find(&words);
        let found: Vec<u32> = postings.sums(&occurrences, &words).iter().map(|(topic, _)| *topic).collect();
        assert_eq!(
            (found.as_slice(), postings.anchored(&occurrences).as_slice()),
            (sums, anchored),
            "{title}"
        );
    }

    #[test]
    fn sums_need_no_look_at_the_topic() {
        let topics = [topic(&["oil", "gas^2"]), topic(&["title:oil"]), topic(&["body:oil"])];
        check(&topics, "Oil", &[0, 1], &[]);
        check(&topics, "Gas", &[0], &[]);
        check(&topics, "Coal", &[], &[]);
    }

    #[test]
    fn other_topics_are_looked_at_only_where_all_they_need_occurs() {
        let both = Topic { all: vec![terms(&["oil"]), terms(&["price", "cost"])], ..topic(&[]) };
        let vetoed = Topic { none: terms(&["hockey"]), ..topic(&["oil"]) };
        let topics = [both, vetoed];
        check(&topics, "Oil", &[], &[1]);
        check(&topics, "Oil cost", &[], &[0, 1]);
        check(&topics, "Cost", &[], &[]);
        check(&topics, "Hockey", &[], &[]);
    }

    #[test]
    fn lists_keep_what_was_put_into_them() {
        let lists = Lists::new(4, &[(2, 7_u32), (0, 5), (2, 8)]);
        let all: Vec<&[u32]> = (0..4).map(|number| lists.of(number)).collect();
        assert_eq!(all, [&[5][..], &[], &[7, 8], &[]]);
    }

    #[test]
    fn weights_that_are_too_many_for_their_numbers_are_refused() {
        let mut weights = Weights::default();
        let term = |n: u32| [PlainTerm { phrase: PhraseId(0), fields: Fields::ALL, weight: f64::from(n) }];
        assert!((0..1 << 16).all(|n| weights.hold(&term(n))));
        assert!(weights.hold(&term(5)) && !weights.hold(&term(1 << 16)));
    }
}
