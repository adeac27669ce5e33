//! A query that was read to the topic's tree, and what in it has no meaning.

use std::ops::Range;

use super::super::phrases::Phrases;
use super::super::term::MAX_WORDS;
use super::super::tree::{Condition, Expr, Fields, Member, Near, Node, Property};
use super::ast::{Ast, Field, Term, What};
use super::fault::Fault;
use super::wildcard;

/// Makes a tree of a query.
pub(super) struct Builder<'a> {
    pub(super) phrases: &'a mut Phrases,
    pub(super) labels: &'a mut Vec<String>,
    pub(super) faults: Vec<Fault>,
    /// The weights that count for nothing.
    pub(super) ignored: Vec<Range<usize>>,
}

/// What is known where a part stands.
#[derive(Clone, Copy)]
struct Around {
    /// The field it is bound to.
    field: Option<Field>,
    /// Whether a weight counts for the whole operand.
    weighs: bool,
}

impl Builder<'_> {
    /// Makes an expression of the whole; `None` where something is wrong.
    pub(super) fn query(&mut self, ast: &Ast) -> Option<Expr> {
        self.expr(ast, None, 1.0)
    }

    fn expr(&mut self, ast: &Ast, field: Option<Field>, weight: f64) -> Option<Expr> {
        match &ast.what {
            What::Or(parts) => {
                self.check_mixed(ast, parts);
                let exprs = self.exprs(parts, field, weight)?;
                self.check_twice(parts, &exprs);
                Some(Expr::Sum { parts: exprs, least: 1 })
            }
            What::And(parts) => Some(Expr::All(self.exprs(parts, field, weight)?)),
            What::Not(inner) => Some(Expr::Not(Box::new(self.expr(inner, field, 1.0)?))),
            What::Weighted { weight: own, inner } => {
                if ast.is_condition {
                    self.ignored.push(inner.span.end..ast.span.end);
                }
                self.expr(inner, field, weight * own)
            }
            What::Field { field: own, inner } => {
                let field = self.bound(ast, field, *own)?;
                self.expr(inner, Some(field), weight)
            }
            What::Term(term) => match field {
                Some(Field::Property(property)) => self.condition(ast, term, property),
                Some(Field::Text(_)) | None => self.term(ast, field, weight),
            },
            What::Near { .. } | What::ButNot(_) | What::With(_) | What::AtLeast { .. } => {
                self.term(ast, field, weight)
            }
        }
    }

    fn exprs(&mut self, parts: &[Ast], field: Option<Field>, weight: f64) -> Option<Vec<Expr>> {
        // All parts are looked at, so that all faults are told.
        let exprs: Vec<Option<Expr>> = parts.iter().map(|part| self.expr(part, field, weight)).collect();
        exprs.into_iter().collect()
    }

    fn term(&mut self, ast: &Ast, field: Option<Field>, weight: f64) -> Option<Expr> {
        let (node, own) = self.node(ast, Around { field, weighs: true })?;
        Some(Expr::Term(Member { node, weight: weight * own }))
    }

    /// Returns the field that a part is bound to.
    fn bound(&mut self, ast: &Ast, outer: Option<Field>, own: Field) -> Option<Field> {
        if outer.is_none() {
            return Some(own);
        }
        let fault = Fault::error(ast.span.clone(), "a field within a field");
        self.faults.push(fault.suggest("bind each part to one field"));
        None
    }

    /// Returns a node, and the weight that counts for the whole of it.
    fn node(&mut self, ast: &Ast, around: Around) -> Option<(Node, f64)> {
        let inner = Around { weighs: false, ..around };
        match &ast.what {
            What::Or(parts) => {
                let nodes: Vec<Option<Node>> = parts.iter().map(|part| self.operand(part, inner)).collect();
                Some((Node::Or(nodes.into_iter().collect::<Option<_>>()?), 1.0))
            }
            What::And(parts) => Some((self.all(ast, parts, inner)?, 1.0)),
            What::Not(_) => self.nowhere(ast, "`NOT`"),
            What::Field { field, inner } => {
                let field = Some(self.bound(ast, around.field, *field)?);
                self.node(inner, Around { field, ..around })
            }
            What::Weighted { weight, inner } => {
                let (node, own) = self.node(inner, around)?;
                if around.weighs && inner.is_single() {
                    return Some((node, own * weight));
                }
                self.ignored.push(inner.span.end..ast.span.end);
                Some((node, own))
            }
            What::Term(term) => match around.field {
                Some(Field::Property(property)) => self.nowhere(ast, &format!("`{}:`", property.name())),
                Some(Field::Text(fields)) => Some((self.phrase(ast, term, fields)?, 1.0)),
                None => Some((self.phrase(ast, term, Fields::ALL)?, 1.0)),
            },
            What::Near { .. } | What::ButNot(_) | What::With(_) | What::AtLeast { .. } => {
                self.operator(ast, around)
            }
        }
    }

    /// Returns a node whose weights count for nothing.
    fn operand(&mut self, ast: &Ast, around: Around) -> Option<Node> {
        Some(self.node(ast, Around { weighs: false, ..around })?.0)
    }

    fn operator(&mut self, ast: &Ast, around: Around) -> Option<(Node, f64)> {
        match &ast.what {
            What::Near { sides, within, ordered } => {
                let [a, b] = &**sides;
                let (a, b) = (self.operand(a, around), self.operand(b, around));
                let near = Near { a: a?, b: b?, within: *within, ordered: *ordered };
                Some((Node::Near(Box::new(near)), 1.0))
            }
            What::ButNot(sides) => {
                let [node, other] = &**sides;
                let (node, other) = (self.node(node, around), self.operand(other, around));
                let ((node, weight), other) = (node?, other?);
                Some((Node::ButNot { node: Box::new(node), other: Box::new(other) }, weight))
            }
            What::With(sides) => {
                let [node, other] = &**sides;
                let (node, other) = (self.node(node, around), self.company(other, around));
                let ((node, weight), other) = (node?, other?);
                Some((Node::With { node: Box::new(node), other: Box::new(other) }, weight))
            }
            What::AtLeast { least, inner } => {
                // The weight behind `ATLEAST/3 (a OR b)` can mean nothing but the whole.
                let (inner, whole) =
                    if let (What::Weighted { weight, inner }, true) = (&inner.what, around.weighs) {
                        (inner, *weight)
                    } else {
                        (inner, 1.0)
                    };
                let (node, weight) = self.node(inner, around)?;
                Some((Node::AtLeast { node: Box::new(node), least: *least as usize }, weight * whole))
            }
            What::Or(_)
            | What::And(_)
            | What::Not(_)
            | What::Field { .. }
            | What::Weighted { .. }
            | What::Term(_) => self.node(ast, around),
        }
    }

    /// Returns what must hold beside a node.
    fn company(&mut self, ast: &Ast, around: Around) -> Option<Expr> {
        if ast.is_condition {
            return self.expr(ast, around.field, 1.0);
        }
        Some(Expr::of(self.operand(ast, around)?))
    }

    /// Returns the occurrences of all parts of an AND, if its conditions hold.
    fn all(&mut self, ast: &Ast, parts: &[Ast], around: Around) -> Option<Node> {
        let (conditions, places): (Vec<&Ast>, Vec<&Ast>) = parts.iter().partition(|part| part.is_condition);
        if places.is_empty() {
            return self.nowhere(ast, "what only excludes");
        }
        let nodes: Vec<Option<Node>> = places.into_iter().map(|part| self.operand(part, around)).collect();
        let held: Vec<Option<Expr>> =
            conditions.into_iter().map(|part| self.expr(part, around.field, 1.0)).collect();
        let node = one_or(nodes.into_iter().collect::<Option<_>>()?, Node::And)?;
        let held: Vec<Expr> = held.into_iter().collect::<Option<_>>()?;
        let Some(other) = one_or(held, Expr::All) else { return Some(node) };
        Some(Node::With { node: Box::new(node), other: Box::new(other) })
    }

    /// Says that something occurs nowhere, and so cannot be an operand.
    fn nowhere<T>(&mut self, ast: &Ast, what: &str) -> Option<T> {
        let message = format!("{what} has no place in the text, so nothing can be near it or inside it");
        self.faults.push(Fault::error(ast.span.clone(), message).suggest("put it outside, behind `AND`"));
        None
    }

    fn phrase(&mut self, ast: &Ast, term: &Term, fields: Fields) -> Option<Node> {
        let n_words = super::super::words::term_words(&term.text).plain().count();
        if n_words == 0 || n_words > MAX_WORDS {
            let message = match n_words {
                0 => format!("no word in `{}`", term.text),
                _ => format!("a phrase of {n_words} words; at most {MAX_WORDS} are allowed"),
            };
            self.faults.push(Fault::error(ast.span.clone(), message));
            return None;
        }
        let (text, is_pattern) = wildcard::read(ast, term, &mut self.faults)?;
        let id = if is_pattern {
            self.phrases.intern_pattern(&text, term.exact)
        } else {
            self.phrases.intern(&text, term.exact)
        };
        let label = super::super::tokens::narrow(self.labels.len());
        self.labels.push(if term.exact { format!("={text}") } else { text });
        Some(Node::Phrase { id, fields, label })
    }

    fn condition(&mut self, ast: &Ast, term: &Term, property: Property) -> Option<Expr> {
        let value = term.text.trim().to_lowercase();
        if value.is_empty() {
            let message = format!("`{}:` without a value", property.name());
            self.faults.push(Fault::error(ast.span.clone(), message));
            return None;
        }
        Some(Expr::Condition(Condition { property, value }))
    }

    /// Warns of conditions that are alternatives to terms.
    fn check_mixed(&mut self, ast: &Ast, parts: &[Ast]) {
        if ast.is_condition {
            return;
        }
        if let Some(part) = parts.iter().find(|part| part.is_condition) {
            let message = "this gives no points, so it changes nothing beside terms that `OR` adds up";
            let fault = Fault::warning(part.span.clone(), message);
            self.faults.push(fault.suggest("put it behind `AND`, or into a topic of its own"));
        }
    }

    /// Warns of terms that are given twice.
    fn check_twice(&mut self, parts: &[Ast], exprs: &[Expr]) {
        for at in Expr::twice(exprs) {
            let span = parts[at].span.clone();
            let fault = Fault::warning(span, "this term is listed twice, and gives points twice");
            self.faults.push(fault.suggest("leave one out, or raise the weight of the other"));
        }
    }
}

/// Returns the only one, else what all of several make; `None` of none.
fn one_or<T>(mut parts: Vec<T>, all: fn(Vec<T>) -> T) -> Option<T> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(all(parts)),
    }
}
