//! What occurs in an item to points, and points to a score.

use super::Grade;
use super::evidence::{Shown, lines, veto_line};
use super::occur::{Mention, Occurring, Reading};
use super::spoken;
use super::tree::{Expr, Member, Tree};
use crate::model::{Evidence, Score, ScoreOutcome, SourceId};

/// Occurrences of one term count up to this.
const MOST: f64 = 6.0;

/// The points of a member, and what gave them.
pub(super) struct Counted<'a> {
    pub(super) member: &'a Member,
    pub(super) mentions: Vec<Mention>,
    pub(super) points: f64,
}

/// What an item is to a topic, before it is put into words.
pub(super) struct Assessed<'a> {
    tree: &'a Tree,
    pub(super) outcome: ScoreOutcome,
    pub(super) points: f64,
    /// Its points if nothing vetoed them.
    earned: f64,
    counted: Vec<Counted<'a>>,
    vetoes: Vec<Counted<'a>>,
    /// What has no points or does not hold.
    failed: Vec<&'a Expr>,
    /// Why the topic does not take the item at all.
    excluded: Option<String>,
}

/// What an expression comes to.
struct Value {
    holds: bool,
    /// `None` for a condition.
    points: Option<f64>,
}

impl Value {
    fn is_met(&self) -> bool {
        self.holds && self.points.is_none_or(|points| points > 0.0)
    }
}

/// Assesses an item for one topic.
pub(super) fn assess<'a>(tree: &'a Tree, reading: &Reading) -> Assessed<'a> {
    let mut assessed = Assessed {
        tree,
        outcome: ScoreOutcome::Below,
        points: 0.0,
        earned: 0.0,
        counted: Vec::new(),
        vetoes: Vec::new(),
        failed: Vec::new(),
        excluded: excluded(tree, reading),
    };
    if assessed.excluded.is_some() {
        assessed.outcome = ScoreOutcome::Excluded;
        return assessed;
    }
    let counting = Counting { occurring: Occurring::new(tree, reading), tree };
    let weakest = assessed.groups(&counting);
    let added = assessed.evidence(&counting);
    let taken: f64 = tree.less.iter().map(|member| assessed.less(member, &counting)).sum();
    let points = match weakest {
        Some(weakest) if weakest <= 0.0 => 0.0,
        weakest => (weakest.unwrap_or(0.0) + added - taken).max(0.0),
    };
    for expr in tree.none.iter().filter(|expr| counting.occurring.holds(expr)) {
        counting.occurring_members(expr, &mut assessed.vetoes);
    }
    assessed.earned = points;
    (assessed.points, assessed.outcome) = match graded(points) {
        _ if !assessed.vetoes.is_empty() => (0.0, ScoreOutcome::Vetoed),
        score if score >= tree.threshold => (points, ScoreOutcome::Hit),
        _ => (points, ScoreOutcome::Below),
    };
    assessed
}

impl<'a> Assessed<'a> {
    /// Says whether the item has points for the topic, or would have but for a veto.
    pub(super) fn concerns(&self) -> bool {
        self.earned > 0.0
    }

    /// Returns it without the reasons.
    pub(super) fn grade(&self) -> Grade<'a> {
        let Assessed { tree, outcome, points, .. } = self;
        Grade { topic: &tree.id, score: graded(*points), points: *points, outcome: *outcome }
    }

    /// Returns the points of the weakest group, if there is a group that gives points.
    fn groups(&mut self, counting: &Counting) -> Option<f64> {
        let mut weakest: Option<f64> = None;
        for group in &self.tree.groups {
            let value = counting.value(group, &mut self.counted);
            let points = if value.is_met() { value.points } else { Some(0.0) };
            if !value.is_met() {
                self.failed.push(group);
            }
            weakest = points.map(|points| weakest.map_or(points, |least| least.min(points))).or(weakest);
        }
        weakest
    }

    fn evidence(&mut self, counting: &Counting) -> f64 {
        let mut added = 0.0;
        for expr in &self.tree.evidence {
            let value = counting.value(expr, &mut self.counted);
            added += value.points.unwrap_or(0.0);
            if !value.holds && matches!(expr, Expr::Sum { .. }) {
                self.failed.push(expr);
            }
        }
        added
    }

    /// Returns the points a member takes away.
    fn less(&mut self, member: &'a Member, counting: &Counting) -> f64 {
        let mut counted = counting.member(member);
        let points = counted.points;
        counted.points = -points;
        if !counted.mentions.is_empty() {
            self.counted.push(counted);
        }
        points
    }

    /// Puts it into words.
    pub(super) fn told(self, reading: &Reading) -> Score {
        let Assessed { tree, outcome, points, .. } = self;
        let shown = Shown { tree, item: reading.item, words: reading.words };
        let mut evidence: Vec<Evidence> = Vec::new();
        self.counted.iter().for_each(|counted| lines(counted, &shown, &mut evidence));
        let mut failed: Vec<String> = self.failed.iter().map(|expr| spoken::failure(expr, tree)).collect();
        failed.extend(self.excluded);
        if tree.groups.is_empty() && evidence.is_empty() && outcome != ScoreOutcome::Excluded {
            failed.push("no term of the topic occurs".to_owned());
        }
        evidence.extend(self.vetoes.iter().filter_map(|veto| veto_line(veto, &shown)));
        evidence.sort_by(|a, b| b.points.total_cmp(&a.points));
        Score {
            topic: tree.id.clone(),
            score: graded(points),
            points,
            threshold: tree.threshold,
            outcome,
            evidence,
            failed,
        }
    }
}

/// Returns the points of a term of this weight, from what its occurrences count together.
pub(super) fn term_points(x: f64, weight: f64) -> f64 {
    let x = x.min(MOST);
    weight * 2.0 * x / (x + 1.0)
}

/// Returns the score that points give, rounded so that it can be compared with a threshold.
pub(super) fn graded(points: f64) -> f64 {
    ((1.0 - (-points).exp2()) * 1e6).round() / 1e6
}

/// Returns the points behind a score.
pub(super) fn points_of(score: f64) -> f64 {
    -(1.0 - score).log2()
}

/// Returns why the topic does not take the item, if it does not.
fn excluded(tree: &Tree, reading: &Reading) -> Option<String> {
    let id = reading.item.source.as_ref().map(SourceId::as_str);
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
    let of_language = |wanted: &String| reading.languages().any(|own| wanted.eq_ignore_ascii_case(own));
    if !tree.languages.is_empty() && !tree.languages.iter().any(of_language) {
        let (lang, wanted) = (&reading.words.lang, tree.languages.join("`, `"));
        return Some(format!("the language `{lang}` is not among `{wanted}`"));
    }
    None
}

/// Counts what occurs.
struct Counting<'a> {
    occurring: Occurring<'a>,
    tree: &'a Tree,
}

impl Counting<'_> {
    /// Returns what an expression comes to; its members that occur are added to `counted`, and
    /// those of a part that fails without points.
    fn value<'e>(&self, expr: &'e Expr, counted: &mut Vec<Counted<'e>>) -> Value {
        let before = counted.len();
        let value = match expr {
            Expr::Term(member) => {
                let one = self.member(member);
                let value = Value { holds: !one.mentions.is_empty(), points: Some(one.points) };
                if value.holds {
                    counted.push(one);
                }
                return value;
            }
            Expr::Not(_) | Expr::Condition(_) => {
                return Value { holds: self.occurring.holds(expr), points: None };
            }
            Expr::Sum { parts, least } => {
                let values: Vec<Value> = parts.iter().map(|part| self.value(part, counted)).collect();
                let n_holding = values.iter().filter(|value| value.holds).count();
                let points = values.iter().filter_map(|value| value.points).reduce(|sum, more| sum + more);
                let points = if expr.is_condition() { None } else { Some(points.unwrap_or(0.0)) };
                Value { holds: n_holding >= *least, points }
            }
            Expr::All(parts) => {
                let values: Vec<Value> = parts.iter().map(|part| self.value(part, counted)).collect();
                let points = values.iter().filter_map(|value| value.points).reduce(f64::min);
                Value { holds: values.iter().all(|value| value.holds), points }
            }
        };
        if value.is_met() {
            return value;
        }
        counted[before..].iter_mut().for_each(|counted| counted.points = 0.0);
        Value { points: value.points.map(|_| 0.0), ..value }
    }

    fn member<'e>(&self, member: &'e Member) -> Counted<'e> {
        let mentions = self.occurring.mentions(&member.node);
        let x: f64 = mentions.iter().map(|mention| self.tree.weights.of(mention.field)).sum();
        Counted { member, mentions, points: term_points(x, member.weight) }
    }

    /// Adds the members of a veto that occur.
    fn occurring_members<'e>(&self, expr: &'e Expr, found: &mut Vec<Counted<'e>>) {
        match expr {
            Expr::Term(member) => {
                let counted = Counted { points: 0.0, ..self.member(member) };
                found.extend(Some(counted).filter(|counted| !counted.mentions.is_empty()));
            }
            Expr::Sum { parts, .. } | Expr::All(parts) => {
                for part in parts {
                    self.occurring_members(part, found);
                }
            }
            Expr::Not(_) | Expr::Condition(_) => {}
        }
    }
}
