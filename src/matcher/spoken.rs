//! Parts of a topic in words.

use super::tree::{Condition, Expr, Member, Node, Tree};

/// Alternatives that are named before the rest are only counted.
const MOST_NAMED: usize = 12;

/// Says what is missing where an expression has no points or does not hold.
pub(super) fn failure(expr: &Expr, tree: &Tree) -> String {
    match expr {
        Expr::Sum { least, .. } if *least > 1 => {
            format!("fewer than {least} different terms of `any` occur")
        }
        Expr::Sum { parts, .. } if parts.len() > 1 => {
            let mut named: Vec<String> =
                parts.iter().take(MOST_NAMED).map(|part| format!("`{}`", text(part, tree))).collect();
            if parts.len() > MOST_NAMED {
                named.push(format!("{} more", parts.len() - MOST_NAMED));
            }
            format!("none of {} occurs", named.join(", "))
        }
        Expr::Not(_) | Expr::Condition(_) => format!("`{}` does not hold", text(expr, tree)),
        Expr::Term(_) | Expr::Sum { .. } | Expr::All(_) => {
            format!("`{}` does not occur", text(expr, tree))
        }
    }
}

/// Returns an expression in the professional form.
pub(super) fn text(expr: &Expr, tree: &Tree) -> String {
    let mut speaker = Speaker { tree, out: String::new() };
    speaker.expr(expr, Rank::Or);
    speaker.out
}

/// Returns what a topic requires and excludes as one query.
#[cfg(test)]
pub(super) fn query(tree: &Tree) -> String {
    let mut speaker = Speaker { tree, out: String::new() };
    let vetoes = tree.none.iter().map(|expr| (expr, true));
    let parts: Vec<(&Expr, bool)> = tree.groups.iter().map(|expr| (expr, false)).chain(vetoes).collect();
    let within = if parts.len() == 1 { Rank::Or } else { Rank::Not };
    for (n, (expr, excluded)) in parts.into_iter().enumerate() {
        speaker.say(if n > 0 { " AND " } else { "" });
        speaker.say(if excluded { "NOT " } else { "" });
        speaker.expr(expr, if excluded { Rank::Prox } else { within });
    }
    speaker.out
}

/// How strongly a form binds: within a stronger one it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Or,
    And,
    Not,
    Prox,
    Prim,
    /// A single word or phrase, or something in parentheses.
    Closed,
}

impl Rank {
    /// Returns the rank of what needs no parentheses among its like.
    fn above(self) -> Rank {
        match self {
            Rank::Or => Rank::And,
            Rank::And => Rank::Not,
            Rank::Not => Rank::Prox,
            Rank::Prox => Rank::Prim,
            Rank::Prim | Rank::Closed => Rank::Closed,
        }
    }
}

struct Speaker<'a> {
    tree: &'a Tree,
    out: String,
}

impl Speaker<'_> {
    fn expr(&mut self, expr: &Expr, within: Rank) {
        match expr {
            Expr::Term(Member { node, weight }) if is_one(*weight) => self.node(node, within),
            Expr::Term(Member { node, weight }) => {
                self.node(node, Rank::Closed);
                self.say(&format!("^{weight}"));
            }
            Expr::Sum { parts, .. } => self.list(parts, Rank::Or, within, Self::expr),
            Expr::All(parts) => self.list(parts, Rank::And, within, Self::expr),
            Expr::Not(inner) => self.closed(Rank::Not, within, |speaker| {
                speaker.say("NOT ");
                speaker.expr(inner, Rank::Prox);
            }),
            Expr::Condition(Condition { property, value }) => {
                self.say(property.name());
                self.say(":");
                self.say(&quoted(value));
            }
        }
    }

    fn node(&mut self, node: &Node, within: Rank) {
        match node {
            Node::Phrase { fields, label, .. } => {
                if let Some(name) = fields.name() {
                    self.say(name);
                    self.say(":");
                }
                self.say(&quoted(&self.tree.labels[*label as usize]));
            }
            Node::Or(nodes) => self.list(nodes, Rank::Or, within, Self::node),
            Node::And(nodes) => self.list(nodes, Rank::And, within, Self::node),
            Node::Near(near) => self.closed(Rank::Prox, within, |speaker| {
                speaker.node(&near.a, Rank::Prox);
                let name = if near.ordered { "W" } else { "NEAR" };
                speaker.say(&format!(" {name}/{} ", near.within));
                speaker.node(&near.b, Rank::Prim);
            }),
            Node::With { node, other } => self.closed(Rank::Prox, within, |speaker| {
                speaker.node(node, Rank::Prox);
                speaker.say(" WITH ");
                speaker.expr(other, Rank::Prim);
            }),
            Node::ButNot { node, other } => self.closed(Rank::Prox, within, |speaker| {
                speaker.node(node, Rank::Prox);
                speaker.say(" BUTNOT ");
                speaker.node(other, Rank::Prim);
            }),
            Node::AtLeast { node, least } => self.closed(Rank::Prim, within, |speaker| {
                speaker.say(&format!("ATLEAST/{least} "));
                speaker.node(node, Rank::Prim);
            }),
        }
    }

    fn say(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes the parts of an OR or AND.
    fn list<T>(&mut self, parts: &[T], own: Rank, within: Rank, each: fn(&mut Self, &T, Rank)) {
        if let [part] = parts {
            return each(self, part, within);
        }
        let sign = if own == Rank::Or { " OR " } else { " AND " };
        self.closed(own, within, |speaker| {
            for (n, part) in parts.iter().enumerate() {
                speaker.say(if n > 0 { sign } else { "" });
                each(speaker, part, own.above());
            }
        });
    }

    /// Writes something, in parentheses where what is around it binds more strongly.
    fn closed(&mut self, own: Rank, within: Rank, write: impl FnOnce(&mut Self)) {
        let open = own < within;
        self.say(if open { "(" } else { "" });
        write(self);
        self.say(if open { ")" } else { "" });
    }
}

fn is_one(weight: f64) -> bool {
    (weight - 1.0).abs() < f64::EPSILON
}

/// Returns a term as it is written in a query: in quotes, unless it is one plain word.
pub(super) fn quoted(term: &str) -> String {
    let (mark, text) = term.strip_prefix('=').map_or(("", term), |text| ("=", text));
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'' | '’' | '.' | '&' | '*' | '?' | '_' | '/');
    let bare = text.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '*')
        && text.chars().all(plain)
        && !super::query::is_operator(text);
    if bare { term.to_owned() } else { format!("{mark}\"{}\"", text.replace('"', " ")) }
}
