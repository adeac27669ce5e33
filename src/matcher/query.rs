//! The professional form of a topic: one text with operators, to the same tree as the simple form.

mod ast;
mod build;
mod fault;
mod lexer;
mod operator;
mod parser;
mod wildcard;

use super::phrases::Phrases;
use super::tree::Expr;
use crate::config::{Problem, Query, Severity};
use build::Builder;
use fault::Fault;

/// Bytes of one query.
const MAX_BYTES: usize = 64 << 10;

/// What a query comes to.
#[derive(Default)]
pub(super) struct Parts {
    /// Groups that must all have points, or hold.
    pub(super) groups: Vec<Expr>,
    /// What vetoes the item where it holds.
    pub(super) vetoes: Vec<Expr>,
}

/// Compiles a query; what is wrong goes to `problems`, and without an error there are parts.
pub(super) fn compile(
    query: &Query,
    phrases: &mut Phrases,
    labels: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Option<Parts> {
    let mut faults = Vec::new();
    let expr = expr(query, phrases, labels, &mut faults);
    let is_wrong = faults.iter().any(|fault| fault.severity == Severity::Error);
    problems.extend(faults.into_iter().map(|fault| fault.problem(query)));
    let mut parts = Parts::default();
    parts.add(expr.filter(|_| !is_wrong)?);
    Some(parts)
}

fn expr(
    query: &Query,
    phrases: &mut Phrases,
    labels: &mut Vec<String>,
    faults: &mut Vec<Fault>,
) -> Option<Expr> {
    let n_bytes = query.text.len();
    if n_bytes > MAX_BYTES {
        let message = format!("a query of {n_bytes} bytes; at most {MAX_BYTES} are allowed");
        faults.push(Fault::error(0..0, message).suggest("make several topics of it"));
        return None;
    }
    let ast = parser::parse(&query.text, faults).map_err(|fault| faults.push(fault)).ok()?;
    let mut builder = Builder { phrases, labels, faults: Vec::new(), ignored: Vec::new() };
    let expr = builder.query(&ast);
    let Builder { faults: found, ignored, .. } = builder;
    faults.extend(found);
    if let Some(first) = ignored.first() {
        let more = match ignored.len() {
            1 => String::new(),
            n => format!(", nor have {} more", n - 1),
        };
        let message = format!("the weight `{}` has no effect here{more}", &query.text[first.clone()]);
        let fault = Fault::warning(first.clone(), message);
        faults.push(fault.suggest("within NEAR, BUTNOT and WITH put it behind the `)` around all of it"));
    }
    expr
}

impl Parts {
    /// Takes a chain of ANDs apart.
    fn add(&mut self, expr: Expr) {
        match expr {
            Expr::All(parts) => parts.into_iter().for_each(|part| self.add(part)),
            Expr::Not(inner) if inner.is_of_words() => self.vetoes.push(*inner),
            Expr::Not(_) | Expr::Term(_) | Expr::Sum { .. } | Expr::Condition(_) => self.groups.push(expr),
        }
    }
}

/// Returns the words and phrases of a query, each as a query of its own; conditions have none. A
/// query that cannot be read has none either.
pub(super) fn leaves(query: &Query) -> Vec<String> {
    let mut leaves = Vec::new();
    if let Ok(ast) = parser::parse(&query.text, &mut Vec::new()) {
        ast.for_terms(&mut |term| {
            let mark = if term.exact { "=" } else { "" };
            let quote = if term.quoted { "\"" } else { "" };
            leaves.push(format!("{mark}{quote}{}{quote}", term.text));
        });
    }
    leaves
}

/// Says whether a word is an operator, or looks like one in other letters.
pub(super) fn is_operator(word: &str) -> bool {
    operator::Operator::of(word).is_some() || operator::meant(word).is_some()
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
