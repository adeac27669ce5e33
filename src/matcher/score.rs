//! What occurs in an item to points, and points to a score.

use super::evidence::{Shown, lines, veto_line};
use super::index::Occurrence;
use super::tree::{Fields, Member, Near, Node, PhraseId, Rule, Tree};
use crate::model::words::Words;
use crate::model::{Evidence, Field, Item, Score, ScoreOutcome};

/// Occurrences of one term count up to this.
const MOST: f64 = 6.0;

/// An item, ready to be scored.
pub(super) struct Reading<'a> {
    pub(super) item: &'a Item,
    pub(super) words: &'a Words,
    /// All that occurs, in the order of the phrases.
    pub(super) occurrences: &'a [Occurrence],
    pub(super) source_tags: &'a [String],
}

/// A stretch of words that makes a node occur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mention {
    pub(super) place: u32,
    pub(super) end: u32,
    pub(super) field: Field,
    /// The term that was found, and where.
    pub(super) mark: Mark,
    /// The same of the other side of a NEAR.
    pub(super) near: Option<Mark>,
}

/// A term that was found: its number among the topic's labels, its first and its last word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) label: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// The points of a member, and what gave them.
pub(super) struct Counted<'a> {
    pub(super) member: &'a Member,
    pub(super) mentions: Vec<Mention>,
    pub(super) points: f64,
}

/// Scores an item against one topic.
pub(super) fn score(tree: &Tree, reading: &Reading) -> Score {
    if let Some(reason) = excluded(tree, reading) {
        return Score { failed: vec![reason], ..blank(tree, ScoreOutcome::Excluded) };
    }
    let matching = Matching::new(tree, reading);
    let shown = Shown { tree, item: reading.item, words: reading.words };
    let mut evidence = Vec::new();
    let mut failed = Vec::new();
    let mut count = |rule: &Rule| {
        let (points, counted) = matching.rule(rule, &mut failed);
        for counted in &counted {
            lines(counted, &shown, &mut evidence);
        }
        points
    };
    let weakest = tree.groups.iter().map(&mut count).reduce(f64::min);
    let added: f64 = tree.evidence.iter().map(&mut count).sum();
    if tree.groups.is_empty() && evidence.is_empty() {
        failed.push("no term of the topic occurs".to_owned());
    }
    let taken: f64 = tree.less.iter().map(|member| matching.less(member, &shown, &mut evidence)).sum();
    let points = match weakest {
        Some(weakest) if weakest <= 0.0 => 0.0,
        weakest => (weakest.unwrap_or(0.0) + added - taken).max(0.0),
    };
    let n_reasons = evidence.len();
    evidence.extend(tree.none.iter().filter_map(|node| veto_line(&matching.mentions(node), &shown)));
    let vetoed = evidence.len() > n_reasons;
    evidence.sort_by(|a, b| b.points.total_cmp(&a.points));
    let (points, outcome) = match graded(points) {
        _ if vetoed => (0.0, ScoreOutcome::Vetoed),
        score if score >= tree.threshold => (points, ScoreOutcome::Hit),
        _ => (points, ScoreOutcome::Below),
    };
    Score { score: graded(points), points, evidence, failed, ..blank(tree, outcome) }
}

/// Returns the score that points give, rounded so that it can be compared with a threshold.
pub(super) fn graded(points: f64) -> f64 {
    ((1.0 - (-points).exp2()) * 1e6).round() / 1e6
}

/// Returns the points behind a score.
pub(super) fn points_of(score: f64) -> f64 {
    -(1.0 - score).log2()
}

fn blank(tree: &Tree, outcome: ScoreOutcome) -> Score {
    Score {
        topic: tree.id.clone(),
        score: 0.0,
        points: 0.0,
        threshold: tree.threshold,
        outcome,
        evidence: Vec::new(),
        failed: Vec::new(),
    }
}

/// Returns why the topic does not take the item, if it does not.
fn excluded(tree: &Tree, reading: &Reading) -> Option<String> {
    let id = reading.item.source.as_ref().map(crate::model::SourceId::as_str);
    let of_source = |wanted: &String| match wanted.strip_prefix("tag:") {
        Some(tag) => reading.source_tags.iter().any(|own| own == tag),
        None => id == Some(wanted.as_str()),
    };
    if !tree.sources.is_empty() && !tree.sources.iter().any(of_source) {
        let wanted = tree.sources.join("`, `");
        return Some(match id {
            Some(id) => format!("the source `{id}` is not among `{wanted}`"),
            None => format!("the source is not known, and the topic takes only `{wanted}`"),
        });
    }
    let declared = reading.item.lang.as_deref().unwrap_or_default();
    let of_language = |wanted: &String| {
        wanted.eq_ignore_ascii_case(declared) || wanted.eq_ignore_ascii_case(&reading.words.lang)
    };
    if !tree.languages.is_empty() && !tree.languages.iter().any(of_language) {
        let (lang, wanted) = (&reading.words.lang, tree.languages.join("`, `"));
        return Some(format!("the language `{lang}` is not among `{wanted}`"));
    }
    None
}

/// One topic on one item, with the words that do not count.
struct Matching<'a> {
    tree: &'a Tree,
    reading: &'a Reading<'a>,
    /// Places within ignored phrases: stretches in order, none of them touching another.
    masked: Vec<(u32, u32)>,
}

impl<'a> Matching<'a> {
    fn new(tree: &'a Tree, reading: &'a Reading<'a>) -> Self {
        let mut place = Matching { tree, reading, masked: Vec::new() };
        let ignored = tree.ignore.iter().flat_map(|node| place.mentions(node));
        place.masked = merged(ignored.map(|mention| (mention.place, mention.end)).collect());
        place
    }

    /// Returns the points of a rule and of its members; tells what has none.
    fn rule<'r>(&self, rule: &'r Rule, failed: &mut Vec<String>) -> (f64, Vec<Counted<'r>>) {
        let counted = rule.members().iter().map(|member| self.count(member));
        let mut counted: Vec<Counted> = counted.filter(|counted| !counted.mentions.is_empty()).collect();
        if let Rule::Sum { least, name, .. } = rule
            && counted.len() < *least
        {
            failed.push(name.clone());
            for counted in &mut counted {
                counted.points = 0.0;
            }
        }
        (counted.iter().map(|counted| counted.points).sum(), counted)
    }

    fn count<'r>(&self, member: &'r Member) -> Counted<'r> {
        let mentions = self.mentions(&member.node);
        let x: f64 = mentions.iter().map(|mention| self.tree.weights.of(mention.field)).sum();
        let x = x.min(MOST);
        Counted { member, mentions, points: member.weight * 2.0 * x / (x + 1.0) }
    }

    /// Returns the points a member takes away.
    fn less(&self, member: &Member, shown: &Shown, evidence: &mut Vec<Evidence>) -> f64 {
        let mut counted = self.count(member);
        let points = counted.points;
        counted.points = -points;
        lines(&counted, shown, evidence);
        points
    }

    /// Returns the mentions of a node, in the order of their places.
    fn mentions(&self, node: &Node) -> Vec<Mention> {
        match node {
            Node::Phrase { id, fields, label } => self.phrase(*id, *fields, *label),
            Node::Or(nodes) => {
                let mut all: Vec<Mention> = nodes.iter().flat_map(|node| self.mentions(node)).collect();
                all.sort_by_key(|mention| (mention.place, mention.end));
                all.dedup_by_key(|mention| (mention.place, mention.end));
                all
            }
            Node::Near(near) => self.near(near),
            Node::With { node, other } => {
                let mentions = self.mentions(node);
                if mentions.is_empty() || self.mentions(other).is_empty() { Vec::new() } else { mentions }
            }
        }
    }

    fn phrase(&self, id: PhraseId, fields: Fields, label: u32) -> Vec<Mention> {
        let all = self.reading.occurrences;
        let from = all.partition_point(|found| found.phrase < id);
        let own = all[from..].iter().take_while(|found| found.phrase == id);
        let words = &self.reading.words.list;
        let mentions = own.map(|found| {
            let (first, last) = (&words[found.first as usize], &words[found.last as usize]);
            let mark = Mark { label, first: found.first, last: found.last };
            Mention { place: first.place, end: last.end, field: first.field, mark, near: None }
        });
        mentions.filter(|mention| fields.hold(mention.field) && !self.is_masked(mention)).collect()
    }

    fn is_masked(&self, mention: &Mention) -> bool {
        let from = self.masked.partition_point(|(_, end)| *end <= mention.place);
        self.masked.get(from).is_some_and(|(place, _)| *place < mention.end)
    }

    fn near(&self, near: &Near) -> Vec<Mention> {
        let a = self.mentions(&near.a);
        let b = if a.is_empty() { Vec::new() } else { self.mentions(&near.b) };
        let longest = b.iter().map(|other| other.end - other.place).max().unwrap_or(0);
        let mut pairs = Vec::new();
        for one in &a {
            let from = b.partition_point(|other| other.place + longest + near.within <= one.place);
            let reach = b[from..].iter().take_while(|other| other.place < one.end + near.within);
            let near_by = reach.filter_map(|other| Some((distance(one, other, near)?, pair(one, other))));
            // The best field decides, so that one more mention never moves another to a lesser one.
            pairs
                .extend(near_by.min_by_key(|(distance, pair)| (pair.field, *distance)).map(|(_, pair)| pair));
        }
        pairs
    }
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

/// Returns how far apart two mentions are, if that is near enough and in order.
fn distance(a: &Mention, b: &Mention, near: &Near) -> Option<u32> {
    let distance = if a.end <= b.place {
        b.place + 1 - a.end
    } else if b.end <= a.place && !near.ordered {
        a.place + 1 - b.end
    } else {
        return None;
    };
    (distance <= near.within).then_some(distance)
}

fn pair(a: &Mention, b: &Mention) -> Mention {
    let first = if a.place <= b.place { a } else { b };
    Mention {
        place: a.place.min(b.place),
        end: a.end.max(b.end),
        field: first.field,
        mark: a.mark,
        near: Some(b.mark),
    }
}
