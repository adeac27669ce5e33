//! Where the nodes of a topic occur in an item, and what holds for it.

use std::str::Chars;

use super::index::Occurrences;
use super::tree::{Condition, Expr, Fields, Near, Node, PhraseId, Property, Tree};
use crate::model::words::Words;
use crate::model::{Field, Item, SourceId};

/// Pairs that one NEAR finds in an item: far more than count for anything.
const MAX_PAIRS: usize = 4096;

/// An item, ready to be scored.
pub(super) struct Reading<'a> {
    pub(super) item: &'a Item,
    pub(super) words: &'a Words,
    /// All that occurs.
    pub(super) occurrences: &'a Occurrences,
    pub(super) source_tags: &'a [String],
}

impl Reading<'_> {
    /// Returns the language the item declares, and that in which it is read.
    pub(super) fn languages(&self) -> impl Iterator<Item = &str> {
        self.item.lang.as_deref().into_iter().chain([self.words.lang.as_str()])
    }

    /// Says whether a condition holds for the item.
    fn meets(&self, condition: &Condition) -> bool {
        let item = self.item;
        let part = |own: &str| matches_part(&condition.value, &own.to_lowercase());
        let whole = |own: &str| matches_whole(&condition.value, &own.to_lowercase());
        match condition.property {
            Property::Source => item.source.as_ref().map(SourceId::as_str).is_some_and(whole),
            Property::Lang => self.languages().any(whole),
            Property::Url => item.url.as_deref().is_some_and(part),
            Property::Author => item.author.as_deref().is_some_and(part),
            Property::Tag => item.tags.iter().chain(self.source_tags).any(|tag| part(tag)),
        }
    }
}

/// A stretch of words that makes a node occur.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mention {
    pub(super) place: u32,
    pub(super) end: u32,
    pub(super) field: Field,
    /// The term that was found, and where.
    pub(super) mark: Mark,
    /// The same of the other sides of a NEAR.
    pub(super) near: Vec<Mark>,
}

impl Mention {
    /// Returns all terms that were found for it.
    pub(super) fn marks(&self) -> impl Iterator<Item = Mark> {
        std::iter::once(self.mark).chain(self.near.iter().copied())
    }
}

/// A term that was found: its number among the topic's labels, its first and its last word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) label: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// One topic on one item, with the words that do not count.
pub(super) struct Occurring<'a> {
    reading: &'a Reading<'a>,
    /// Places within ignored phrases: stretches in order, none of them touching another.
    masked: Vec<(u32, u32)>,
}

/// Stretches of which nothing inside counts, and those of the BUTNOT around it.
struct Hidden<'h> {
    /// Starts in order, each with the farthest end of those up to it.
    reach: Vec<(u32, u32)>,
    outer: Option<&'h Hidden<'h>>,
}

impl Hidden<'_> {
    /// Says whether a stretch lies within one of these, or begins in one that began before it.
    fn hides(&self, place: u32, end: u32) -> bool {
        let farthest = |n_starts: usize| self.reach[..n_starts].last().map_or(0, |(_, end)| *end);
        let inside = farthest(self.reach.partition_point(|(start, _)| *start <= place)) >= end;
        let begins = farthest(self.reach.partition_point(|(start, _)| *start < place)) > place;
        inside || begins || self.outer.is_some_and(|outer| outer.hides(place, end))
    }
}

impl<'a> Occurring<'a> {
    pub(super) fn new(tree: &Tree, reading: &'a Reading<'a>) -> Self {
        let mut occurring = Occurring { reading, masked: Vec::new() };
        let ignored = tree.ignore.iter().flat_map(|node| occurring.mentions(node));
        occurring.masked = merged(ignored.map(|mention| (mention.place, mention.end)).collect());
        occurring
    }

    /// Says whether an expression holds, whatever it gives.
    pub(super) fn holds(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Term(member) => !self.mentions(&member.node).is_empty(),
            Expr::Sum { parts, least } => {
                let holding = parts.iter().filter(|part| self.holds(part));
                holding.take(*least).count() >= *least
            }
            Expr::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expr::Not(inner) => !self.holds(inner),
            Expr::Condition(condition) => self.reading.meets(condition),
        }
    }

    /// Returns the mentions of a node, in the order of their places.
    pub(super) fn mentions(&self, node: &Node) -> Vec<Mention> {
        self.seen(node, None)
    }

    /// The same without what is hidden.
    fn seen(&self, node: &Node, hidden: Option<&Hidden>) -> Vec<Mention> {
        match node {
            Node::Phrase { id, fields, label } => self.phrase(*id, *fields, *label, hidden),
            Node::Or(nodes) => in_order(nodes.iter().flat_map(|node| self.seen(node, hidden)).collect()),
            Node::And(nodes) => {
                let all: Vec<Vec<Mention>> = nodes.iter().map(|node| self.mentions(node)).collect();
                let each = all.iter().all(|mentions| !mentions.is_empty());
                self.visible(if each { in_order(all.concat()) } else { Vec::new() }, hidden)
            }
            Node::Near(near) => self.near(near, hidden),
            Node::With { node, other } => {
                let mentions = self.seen(node, hidden);
                if mentions.is_empty() || !self.holds(other) { Vec::new() } else { mentions }
            }
            Node::ButNot { node, other } => {
                let mut reach: Vec<(u32, u32)> =
                    self.mentions(other).iter().map(|mention| (mention.place, mention.end)).collect();
                let mut farthest = 0;
                for (_, end) in &mut reach {
                    farthest = farthest.max(*end);
                    *end = farthest;
                }
                self.seen(node, Some(&Hidden { reach, outer: hidden }))
            }
            Node::AtLeast { node, least } => {
                let mentions = self.mentions(node);
                self.visible(if mentions.len() < *least { Vec::new() } else { mentions }, hidden)
            }
        }
    }

    /// Leaves out the mentions of which a term is hidden.
    fn visible(&self, mut mentions: Vec<Mention>, hidden: Option<&Hidden>) -> Vec<Mention> {
        if let Some(hidden) = hidden {
            mentions.retain(|mention| {
                !mention.marks().map(|mark| self.stretch(mark)).any(|(place, end)| hidden.hides(place, end))
            });
        }
        mentions
    }

    /// Returns the places of a mark.
    fn stretch(&self, mark: Mark) -> (u32, u32) {
        let words = &self.reading.words.list;
        (words[mark.first as usize].place, words[mark.last as usize].end)
    }

    fn phrase(&self, id: PhraseId, fields: Fields, label: u32, hidden: Option<&Hidden>) -> Vec<Mention> {
        let own = self.reading.occurrences.of(id);
        let words = &self.reading.words.list;
        let mentions = own.iter().map(|found| {
            let (first, last) = (&words[found.first as usize], &words[found.last as usize]);
            let mark = Mark { label, first: found.first, last: found.last };
            Mention { place: first.place, end: last.end, field: first.field, mark, near: Vec::new() }
        });
        let counts = |mention: &Mention| {
            fields.hold(mention.field)
                && !self.is_masked(mention)
                && !hidden.is_some_and(|hidden| hidden.hides(mention.place, mention.end))
        };
        mentions.filter(counts).collect()
    }

    fn is_masked(&self, mention: &Mention) -> bool {
        let from = self.masked.partition_point(|(_, end)| *end <= mention.place);
        self.masked.get(from).is_some_and(|(place, _)| *place < mention.end)
    }

    fn near(&self, near: &Near, hidden: Option<&Hidden>) -> Vec<Mention> {
        let a = self.seen(&near.a, hidden);
        let b = if a.is_empty() { Vec::new() } else { self.seen(&near.b, hidden) };
        let longest = b.iter().map(|other| other.end - other.place).max().unwrap_or(0);
        let mut pairs = Vec::new();
        for one in &a {
            let from = b.partition_point(|other| other.place + longest + near.within <= one.place);
            let reach = b[from..].iter().take_while(|other| other.place < one.end + near.within);
            let near_by = reach.filter(|other| self.distance(one, other, near).is_some());
            let left = MAX_PAIRS.saturating_sub(pairs.len());
            pairs.extend(near_by.take(left).map(|other| pair(one, other)));
        }
        in_order(pairs)
    }

    /// Returns how far apart two mentions are, if that is near enough and in order.
    fn distance(&self, a: &Mention, b: &Mention, near: &Near) -> Option<u32> {
        let distance = if a.end <= b.place {
            b.place + 1 - a.end
        } else if near.ordered {
            return None;
        } else if b.end <= a.place {
            a.place + 1 - b.end
        } else {
            self.distance_within(a, b)?
        };
        (distance <= near.within).then_some(distance)
    }

    /// Returns how far apart two mentions are of which one lies between the terms of the other;
    /// `None` where they share a word.
    fn distance_within(&self, a: &Mention, b: &Mention) -> Option<u32> {
        let mut least = u32::MAX;
        for (a_place, a_end) in a.marks().map(|mark| self.stretch(mark)) {
            for (b_place, b_end) in b.marks().map(|mark| self.stretch(mark)) {
                if a_place < b_end && b_place < a_end {
                    return None;
                }
                least = least.min(if a_end <= b_place { b_place + 1 - a_end } else { a_place + 1 - b_end });
            }
        }
        Some(least)
    }
}

/// Returns the mentions in the order of their places, one of those of as many terms at the same.
fn in_order(mut mentions: Vec<Mention>) -> Vec<Mention> {
    let stretch = |mention: &Mention| (mention.place, mention.end, mention.near.len());
    mentions.sort_by_key(stretch);
    mentions.dedup_by_key(|mention| stretch(mention));
    mentions
}

/// Returns the same places as stretches in order that do not touch.
fn merged(mut stretches: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    stretches.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (place, end) in stretches {
        match merged.last_mut() {
            Some((_, last)) if place <= *last => *last = end.max(*last),
            _ => merged.push((place, end)),
        }
    }
    merged
}

/// Returns the one that comes first.
fn first<'m>(a: &'m Mention, b: &'m Mention) -> &'m Mention {
    if a.place <= b.place { a } else { b }
}

fn pair(a: &Mention, b: &Mention) -> Mention {
    Mention {
        place: a.place.min(b.place),
        end: a.end.max(b.end),
        field: first(a, b).field,
        mark: a.mark,
        near: a.near.iter().copied().chain(b.marks()).collect(),
    }
}

/// Says whether a pattern of `*` and `?` fits a text whole.
pub(super) fn matches_whole(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What is behind the last `*`, and the text from where that was tried: when it fails, the `*`
    // takes one more.
    let mut star: Option<(Chars, Chars)> = None;
    loop {
        let mut behind = pattern.clone();
        match (behind.next(), text.clone().next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                star = Some((behind.clone(), text.clone()));
                pattern = behind;
            }
            (Some(own), Some(c)) if own == '?' || own == c => {
                pattern = behind;
                text.next();
            }
            _ => {
                let Some((from, tried)) = &mut star else { return false };
                if tried.next().is_none() {
                    return false;
                }
                (pattern, text) = (from.clone(), tried.clone());
            }
        }
    }
}

/// Says whether a pattern fits a part of a text.
fn matches_part(pattern: &str, text: &str) -> bool {
    if pattern.contains(['*', '?']) {
        matches_whole(&format!("*{pattern}*"), text)
    } else {
        text.contains(pattern)
    }
}
