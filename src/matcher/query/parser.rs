//! A query to what stands in what: recursive descent over its tokens, which reads each once.

use std::ops::Range;

use super::ast::{Ast, Field, Term, What};
use super::fault::Fault;
use super::lexer::{Kind, Token, tokens};
use super::operator::{self, Operator, Prox};
use crate::config::{WEIGHTS, WITHIN};

/// Parentheses and `ATLEAST` within each other.
const MAX_NESTED: usize = 64;
/// Parts within parts, all kinds together.
const MAX_DEPTH: usize = 256;
/// What may begin an operand.
const OPERAND: &str = "a word, a phrase or `(`";

/// Reads a query; what is no reason to stop reading goes to `faults`.
pub(super) fn parse(query: &str, faults: &mut Vec<Fault>) -> Result<Ast, Fault> {
    let tokens = tokens(query)?;
    if tokens.is_empty() {
        let empty = Fault::error(0..query.len(), "the query is empty");
        return Err(empty.suggest("say what to find, or leave `query` out"));
    }
    let mut parser = Parser { query, tokens, at: 0, nested: 0, faults };
    let ast = parser.or()?;
    match parser.peek() {
        None => Ok(ast),
        Some(token) => {
            let fault = Fault::error(token.span.clone(), "found `)`, which closes nothing");
            Err(fault.suggest("leave it out, or add the `(`"))
        }
    }
}

struct Parser<'a> {
    query: &'a str,
    tokens: Vec<Token>,
    at: usize,
    nested: usize,
    faults: &'a mut Vec<Fault>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn kind(&self) -> Option<Kind> {
        self.peek().map(|token| token.kind)
    }

    /// Returns the operator here.
    fn operator(&self) -> Option<Operator> {
        let token = self.peek()?;
        match token.kind {
            Kind::Bar => Some(Operator::Or),
            Kind::Ampersand => Some(Operator::And),
            Kind::Dash => Some(Operator::Not),
            Kind::Word { exact: false } => {
                let text = token.text(self.query);
                let is_word = operator::may_be_word(text) && !self.is_operand(self.at + 1);
                Operator::of(text).filter(|_| !is_word)
            }
            Kind::Word { exact: true }
            | Kind::Phrase { .. }
            | Kind::Open
            | Kind::Close
            | Kind::Caret
            | Kind::Field => None,
        }
    }

    /// Says whether an operand begins with this token.
    fn is_operand(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| match token.kind {
            Kind::Open | Kind::Field | Kind::Phrase { .. } | Kind::Word { exact: true } => true,
            Kind::Word { exact: false } => {
                let text = token.text(self.query);
                let operator = Operator::of(text);
                operator.is_none_or(|operator| matches!(operator, Operator::AtLeast(_)))
                    || operator::may_be_word(text)
            }
            Kind::Close | Kind::Bar | Kind::Caret | Kind::Dash | Kind::Ampersand => false,
        })
    }

    /// Says whether the token here is this operator.
    fn is_at(&self, wanted: Operator) -> bool {
        self.operator() == Some(wanted)
    }

    fn or(&mut self) -> Result<Ast, Fault> {
        let mut parts = vec![self.and()?];
        while self.is_at(Operator::Or) {
            self.at += 1;
            parts.push(self.and()?);
        }
        Self::list(parts, What::Or)
    }

    fn and(&mut self) -> Result<Ast, Fault> {
        let mut parts = vec![self.not()?];
        loop {
            let before = self.at;
            self.at += usize::from(self.is_at(Operator::And));
            let ends = matches!(self.kind(), None | Some(Kind::Close)) || self.is_at(Operator::Or);
            if ends && before == self.at {
                break;
            }
            self.check_lower(before, parts.len());
            parts.push(self.not()?);
        }
        Self::list(parts, What::And)
    }

    /// Makes one of several parts; one alone stands for itself.
    fn list(mut parts: Vec<Ast>, what: fn(Vec<Ast>) -> What) -> Result<Ast, Fault> {
        if parts.len() > 1 {
            let span = parts[0].span.start..parts[parts.len() - 1].span.end;
            return made(span, what(parts));
        }
        Ok(parts.remove(0))
    }

    fn not(&mut self) -> Result<Ast, Fault> {
        if !self.is_at(Operator::Not) {
            return self.prox();
        }
        let sign = self.tokens[self.at].clone();
        self.at += 1;
        if sign.kind == Kind::Dash && self.peek().is_some_and(|next| next.span.start > sign.span.end) {
            let fault = Fault::warning(sign.span.clone(), "this `-` excludes what follows it");
            self.faults.push(fault.suggest("write `NOT`, or leave it out if it is a dash"));
        }
        let inner = self.prox()?;
        made(sign.span.start..inner.span.end, What::Not(Box::new(inner)))
    }

    fn prox(&mut self) -> Result<Ast, Fault> {
        let mut left = self.prim()?;
        while let Some(Operator::Prox(prox)) = self.operator() {
            self.at += 1;
            let within = match prox {
                Prox::Near { within, .. } => self.distance(within)?,
                Prox::ButNot | Prox::With => 0,
            };
            let right = self.prim()?;
            let span = left.span.start..right.span.end;
            let sides = Box::new([left, right]);
            let what = match prox {
                Prox::Near { ordered, .. } => What::Near { sides, within, ordered },
                Prox::ButNot => What::ButNot(sides),
                Prox::With => What::With(sides),
            };
            left = made(span, what)?;
        }
        Ok(left)
    }

    /// Reads how near is near: `/5` within the operator's token, or behind it.
    fn distance(&mut self, written: operator::Number) -> Result<u32, Fault> {
        let operator = self.tokens[self.at - 1].span.clone();
        let name = &self.query[operator.clone()];
        let (number, span) = match written {
            operator::Number::Is(number) => (number, operator),
            operator::Number::Bad => {
                let fault =
                    Fault::error(operator, format!("found `{name}`, expected a number behind the `/`"));
                return Err(fault.suggest("write it like `NEAR/5`"));
            }
            operator::Number::None => match self.number_behind() {
                Some((n_tokens, number)) => {
                    let span = operator.start..self.tokens[self.at + n_tokens - 1].span.end;
                    self.at += n_tokens;
                    (number, span)
                }
                None => return Ok(operator::NEAR_DEFAULT),
            },
        };
        if !WITHIN.contains(&number) {
            let message = format!("{} words apart: it goes from 1 to 100", operator::told(number));
            self.faults.push(Fault::error(span, message).suggest("neighbours are 1 apart"));
            return Ok(operator::NEAR_DEFAULT);
        }
        Ok(number)
    }

    /// Returns how many tokens give a number here, and the number. A number that would leave the
    /// operator without its right side is that side.
    fn number_behind(&self) -> Option<(usize, u32)> {
        let word = |ahead: usize| {
            let token = self.tokens.get(self.at + ahead)?;
            (token.kind == Kind::Word { exact: false }).then(|| token.text(self.query))
        };
        let first = word(0)?;
        let (n_tokens, digits) = match first.strip_prefix('/') {
            Some("") => (2, word(1)?),
            Some(digits) => return Some((1, operator::number(digits)?)),
            None => (1, first),
        };
        let number = operator::number(digits)?;
        (n_tokens == 2 || self.is_operand(self.at + n_tokens)).then_some((n_tokens, number))
    }

    fn prim(&mut self) -> Result<Ast, Fault> {
        let start = self.peek().map_or(self.query.len(), |token| token.span.start);
        let field = self.field();
        let core = self.core()?;
        let end = core.span.end;
        let mut ast = match field {
            Some(field) => made(start..end, What::Field { field, inner: Box::new(core) })?,
            None => core,
        };
        if self.kind() == Some(Kind::Caret) {
            let weight = self.weight()?;
            let end = self.tokens[self.at - 1].span.end;
            ast = made(start..end, What::Weighted { weight, inner: Box::new(ast) })?;
        }
        Ok(ast)
    }

    fn field(&mut self) -> Option<Field> {
        let token = self.peek().filter(|token| token.kind == Kind::Field)?;
        let name = token.text(self.query);
        let known = Field::ALL.iter().find(|(known, _)| *known == name);
        let Some((_, field)) = known else {
            let lower = name.to_ascii_lowercase();
            let distance = |known: &str| strsim::damerau_levenshtein(known, &lower);
            let near = Field::ALL.iter().map(|(known, _)| (distance(known), *known)).min();
            let fault = Fault::error(token.span.clone(), format!("unknown field `{name}`"));
            self.faults.push(match near {
                Some((distance, known)) if distance <= 2 && distance * 2 < known.len() => fault.suggest(
                    format!("did you mean `{known}:`? If it is part of the words, put them in quotes"),
                ),
                _ => fault.suggest("put the words in quotes if the colon is part of them"),
            });
            self.at += 1;
            return None;
        };
        self.at += 1;
        Some(*field)
    }

    fn core(&mut self) -> Result<Ast, Fault> {
        let Some(token) = self.peek().cloned() else { return Err(self.unexpected(OPERAND)) };
        match token.kind {
            Kind::Open => self.group(&token),
            Kind::Word { exact } => match self.operator() {
                Some(Operator::AtLeast(number)) => self.at_least(&token, number),
                Some(_) if !operator::may_be_word(token.text(self.query)) => Err(self.unexpected(OPERAND)),
                _ => self.term(&token, exact, false),
            },
            Kind::Phrase { exact } => self.term(&token, exact, true),
            Kind::Close | Kind::Bar | Kind::Caret | Kind::Dash | Kind::Ampersand | Kind::Field => {
                Err(self.unexpected(OPERAND))
            }
        }
    }

    fn term(&mut self, token: &Token, exact: bool, quoted: bool) -> Result<Ast, Fault> {
        self.at += 1;
        let text = token.text(self.query).to_owned();
        made(token.span.clone(), What::Term(Term { text, exact, quoted }))
    }

    fn group(&mut self, open: &Token) -> Result<Ast, Fault> {
        self.enter(open)?;
        self.at += 1;
        let mut inner = self.or()?;
        if self.kind() != Some(Kind::Close) {
            let fault = Fault::error(open.span.clone(), "this `(` is never closed");
            return Err(fault.suggest("add the `)`"));
        }
        inner.span = open.span.start..self.tokens[self.at].span.end;
        self.at += 1;
        self.nested -= 1;
        Ok(inner)
    }

    fn enter(&mut self, token: &Token) -> Result<(), Fault> {
        self.nested += 1;
        if self.nested > MAX_NESTED {
            let fault =
                Fault::error(token.span.clone(), format!("more than {MAX_NESTED} groups within each other"));
            return Err(fault.suggest("make several topics of it"));
        }
        Ok(())
    }

    fn at_least(&mut self, token: &Token, number: operator::Number) -> Result<Ast, Fault> {
        self.enter(token)?;
        let name = &self.query[token.span.clone()];
        let least = match number {
            operator::Number::Is(least) if operator::AT_LEAST.contains(&least) => least,
            operator::Number::Is(least) => {
                let message = format!(
                    "{} occurrences: it goes from 1 to {}",
                    operator::told(least),
                    operator::AT_LEAST.end()
                );
                self.faults.push(Fault::error(token.span.clone(), message));
                1
            }
            operator::Number::Bad | operator::Number::None => {
                let message = format!("found `{name}`, expected how often, as in `ATLEAST/3`");
                return Err(Fault::error(token.span.clone(), message));
            }
        };
        self.at += 1;
        let inner = self.prim()?;
        self.nested -= 1;
        let span = token.span.start..inner.span.end;
        made(span, What::AtLeast { least, inner: Box::new(inner) })
    }

    /// Reads `^1.4`.
    fn weight(&mut self) -> Result<f64, Fault> {
        let caret = self.tokens[self.at].span.clone();
        self.at += 1;
        let number = self.peek().filter(|token| token.kind == Kind::Word { exact: false });
        let Some(token) = number.filter(|_| self.operator().is_none()).cloned() else {
            return Err(self.unexpected("a weight from 0.05 to 10, as in `word^1.4`"));
        };
        self.at += 1;
        let written = token.text(self.query);
        let weight = written.parse().unwrap_or(f64::NAN);
        if WEIGHTS.contains(&weight) {
            return Ok(weight);
        }
        let message = format!("bad weight `{written}`: expected a number from 0.05 to 10");
        let fault = Fault::error(caret.start..token.span.end, message);
        self.faults.push(if weight.is_nan() {
            fault.suggest("write it like `word^1.4`")
        } else {
            fault.suggest(format!("the nearest is {}", weight.clamp(*WEIGHTS.start(), *WEIGHTS.end())))
        });
        Ok(1.0)
    }

    /// Returns that the token here is not what may stand here.
    fn unexpected(&self, expected: &str) -> Fault {
        let Some(token) = self.peek() else {
            let end = self.tokens.last().map_or(0, |token| token.span.end);
            let last = self.tokens.last().map_or_else(|| 0..end, |token| token.span.clone());
            let found = &self.query[last.clone()];
            return Fault::error(last, format!("the query ends behind `{found}`, expected {expected}"));
        };
        let found = &self.query[token.span.clone()];
        Fault::error(token.span.clone(), format!("found `{found}`, expected {expected}"))
    }

    /// Warns where a word between two others looks like an operator.
    fn check_lower(&mut self, before: usize, n_parts: usize) {
        let Some(token) = self.peek().filter(|token| token.kind == Kind::Word { exact: false }) else {
            return;
        };
        let text = token.text(self.query);
        let between = before == self.at
            && n_parts > 0
            && self.tokens.get(self.at + 1).is_some_and(|next| {
                !matches!(next.kind, Kind::Close | Kind::Bar | Kind::Ampersand | Kind::Caret)
            });
        let Some(meant) = operator::meant(text).filter(|_| between) else { return };
        let fault =
            Fault::warning(token.span.clone(), format!("`{text}` is a word here, as it is not in capitals"));
        self.faults.push(fault.suggest(format!("did you mean `{meant}`? A phrase is written in quotes")));
    }
}

/// Bounds how deep the parts stand within each other, as all that follows walks them so.
fn made(span: Range<usize>, what: What) -> Result<Ast, Fault> {
    let ast = Ast::new(span, what);
    if ast.depth > MAX_DEPTH {
        let fault = Fault::error(ast.span, format!("more than {MAX_DEPTH} operators within each other"));
        return Err(fault.suggest("make several topics of it"));
    }
    Ok(ast)
}
