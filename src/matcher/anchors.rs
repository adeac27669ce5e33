//! What must occur for a topic to have points: the topic is looked at only where it does.
//!
//! Of the groups of phrases of which one each must occur, the one that is expected in the fewest
//! items is the topic's anchor. The others are asked for before anything is counted.

use super::phrases::Variants;
use super::tree::{Expr, Node, PhraseId, Tree};

/// Phrases of which one must occur.
pub(super) type Group = Vec<PhraseId>;

/// Returns the groups of phrases of which one each must occur, the rarest first.
pub(super) fn groups(tree: &Tree, variants: &Variants) -> Vec<Group> {
    let asking = Asking { variants };
    let of = |exprs: &[Expr]| -> Vec<Vec<Group>> {
        let giving = exprs.iter().filter(|expr| !expr.is_condition());
        giving.map(|expr| asking.points(expr)).collect()
    };
    let mut groups = of(&tree.groups).concat();
    if groups.is_empty() {
        groups = asking.one_of(of(&tree.evidence), 0);
    }
    for group in &mut groups {
        group.sort_unstable();
        group.dedup();
    }
    groups.sort_by(|a, b| asking.share(a).total_cmp(&asking.share(b)));
    groups.dedup();
    groups
}

/// Says what must occur, at the price of what is expected to.
struct Asking<'a> {
    variants: &'a Variants,
}

impl Asking<'_> {
    /// Returns the share of items that are expected to hold one of these.
    fn share(&self, group: &Group) -> f64 {
        group.iter().map(|phrase| self.variants.share(*phrase)).sum()
    }

    fn rarest(&self, groups: Vec<Group>) -> Group {
        let rarest = groups.into_iter().min_by(|a, b| self.share(a).total_cmp(&self.share(b)));
        rarest.unwrap_or_default()
    }

    /// Returns what must occur where one of the parts does, whichever. `spared` of them may be
    /// left aside, since that many others occur as well.
    fn one_of(&self, mut parts: Vec<Vec<Group>>, spared: usize) -> Vec<Group> {
        // What needs one of nothing never occurs.
        parts.retain(|groups| !groups.iter().any(Group::is_empty));
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let mut parts: Vec<Group> = parts.into_iter().map(|groups| self.rarest(groups)).collect();
        if spared > 0 {
            parts.sort_by(|a, b| self.share(a).total_cmp(&self.share(b)));
            parts.truncate(parts.len().saturating_sub(spared));
        }
        vec![parts.concat()]
    }

    /// Returns what must occur where a node does.
    fn node(&self, node: &Node) -> Vec<Group> {
        match node {
            Node::Phrase { id, .. } => vec![vec![*id]],
            Node::Or(nodes) => self.one_of(nodes.iter().map(|node| self.node(node)).collect(), 0),
            Node::And(nodes) => nodes.iter().flat_map(|node| self.node(node)).collect(),
            Node::Near(near) => [self.node(&near.a), self.node(&near.b)].concat(),
            Node::With { node, other } => [self.node(node), self.holds(other)].concat(),
            Node::ButNot { node, .. } | Node::AtLeast { node, .. } => self.node(node),
        }
    }

    /// Returns what must occur where an expression gives points.
    fn points(&self, expr: &Expr) -> Vec<Group> {
        match expr {
            Expr::Term(member) => self.node(&member.node),
            Expr::Sum { parts, least } => {
                let giving: Vec<&Expr> = parts.iter().filter(|part| !part.is_condition()).collect();
                let n_conditions = parts.len() - giving.len();
                let spared = least.saturating_sub(1 + n_conditions);
                self.one_of(giving.into_iter().map(|part| self.points(part)).collect(), spared)
            }
            Expr::All(parts) => {
                let giving = parts.iter().filter(|part| !part.is_condition());
                giving.flat_map(|part| self.points(part)).collect()
            }
            Expr::Not(_) | Expr::Condition(_) => Vec::new(),
        }
    }

    /// Returns what must occur where an expression holds: nothing, where it may hold anyway.
    fn holds(&self, expr: &Expr) -> Vec<Group> {
        match expr {
            Expr::Term(member) => self.node(&member.node),
            Expr::Sum { parts, least } => {
                let parts: Vec<Vec<Group>> = parts.iter().map(|part| self.holds(part)).collect();
                let free = *least == 0 || parts.iter().any(Vec::is_empty);
                if free { Vec::new() } else { self.one_of(parts, 0) }
            }
            Expr::All(parts) => parts.iter().flat_map(|part| self.holds(part)).collect(),
            Expr::Not(_) | Expr::Condition(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Query, Topic};
    use crate::matcher::compile;
    use crate::matcher::fixture::{place, terms, topic};
    use crate::matcher::frequencies::Frequencies;
    use crate::matcher::phrases::Phrases;

    /// The groups of a topic, as `one|other & one`.
    #[track_caller]
    fn check(topic: &Topic, expect: &str) {
        let mut phrases = Phrases::default();
        let tree = compile::topic(topic, &mut phrases, &mut Vec::new()).unwrap();
        let variants = phrases.into_variants(&Frequencies::default());
        let shown = |group: &Group| {
            let texts: Vec<String> = group.iter().map(|phrase| variants.text(*phrase)).collect();
            texts.join("|")
        };
        let groups: Vec<String> = groups(&tree, &variants).iter().map(shown).collect();
        assert_eq!(groups.join(" & "), expect);
    }

    fn asked(text: &str) -> Topic {
        Topic { query: Some(Query { text: text.into(), place: place(text) }), ..topic(&[]) }
    }

    #[test]
    fn the_rarest_group_comes_first() {
        check(&topic(&["oil", "price"]), "oil|price");
        check(
            &Topic { all: vec![terms(&["the"]), terms(&["Vladivostok"])], ..topic(&["oil"]) },
            "vladivostok & the",
        );
        check(&asked("(the OR oil) NEAR/5 Vladivostok"), "vladivostok & the|oil");
        check(
            &asked("oil AND (Vladivostok OR gas NEAR/3 pipeline) AND NOT hockey"),
            "vladivostok|pipeline & oil",
        );
    }

    #[test]
    fn what_may_hold_anyway_is_not_asked_for() {
        check(&asked("oil WITH (gas AND NOT coal)"), "oil & gas");
        check(&asked("oil WITH (NOT gas)"), "oil");
        check(&asked("oil BUTNOT \"oil of olives\""), "oil");
    }

    #[test]
    fn the_most_frequent_terms_are_spared_where_several_must_occur() {
        check(
            &Topic { min_terms: 2, ..topic(&["the", "Vladivostok", "Pyongyang"]) },
            "vladivostok|pyongyang",
        );
    }
}
