//! A topic as written to its tree, or to what is wrong with it.

use super::phrases::Phrases;
use super::query;
use super::term::{self, Parsed};
use super::tree::{Expr, FieldWeights, Member, Near, Node, Tree};
use crate::config::{self, Problem, Severity, Term, Topic, WEIGHTS, WITHIN};

/// Bytes of all terms of one topic.
const MAX_SOURCE: usize = 64 << 10;

/// Compiles a topic; what is wrong goes to `problems`, and without an error there is a tree.
pub(super) fn topic(topic: &Topic, phrases: &mut Phrases, problems: &mut Vec<Problem>) -> Option<Tree> {
    let before = problems.len();
    check_shape(topic, problems);
    let mut compiler = Compiler { phrases, problems, labels: Vec::new() };
    let mut groups: Vec<Expr> = topic.all.iter().map(|group| compiler.group(topic, group)).collect();
    let mut evidence = vec![compiler.any(topic)];
    evidence.extend(topic.near.iter().map(|near| compiler.near(near)));
    let less = topic.less.iter().filter_map(|term| compiler.member(term)).collect();
    let mut none: Vec<Expr> = compiler.nodes(&topic.none, "none").into_iter().map(Expr::of).collect();
    let ignore = compiler.nodes(&topic.ignore, "ignore");
    if let Some(query::Parts { groups: more, vetoes }) = compiler.query(topic) {
        groups.extend(more);
        none.extend(vetoes);
    }
    let labels = compiler.labels;
    let faulty = problems[before..].iter().any(|problem| problem.severity == Severity::Error);
    (!faulty).then(|| Tree {
        id: topic.id.clone(),
        threshold: topic.threshold,
        weights: FieldWeights::new(topic.mention),
        groups,
        evidence,
        less,
        none,
        ignore,
        sources: topic.sources.clone(),
        languages: topic.languages.clone(),
        labels,
    })
}

/// Finds what is wrong with the topic as a whole.
fn check_shape(topic: &Topic, problems: &mut Vec<Problem>) {
    let id = &topic.id;
    let mut error = |message: String, suggestion: &str| {
        problems.push(Problem::error(&topic.place, message).suggest(suggestion));
    };
    if topic.query.is_none() && is_without_terms(topic) {
        let negative = !topic.none.is_empty() || !topic.less.is_empty() || !topic.ignore.is_empty();
        let message = if negative {
            format!("topic `{id}` only excludes and can never hit")
        } else {
            format!("topic `{id}` is empty")
        };
        error(message, "say what to find: `any`, `all`, `near` or `query`");
    }
    let n_any = topic.any.len();
    if topic.min_terms == 0 {
        error(format!("topic `{id}`: `min_terms` is 0"), "the least is 1");
    } else if topic.min_terms > 1 && topic.min_terms as usize > n_any {
        let message =
            format!("topic `{id}`: `min_terms` is {}, but `any` has {n_any} terms", topic.min_terms);
        error(message, "lower `min_terms`, or add terms to `any`");
    }
    let n_bytes: usize = all_terms(topic).map(|term| term.text.len()).sum();
    if n_bytes > MAX_SOURCE {
        let message = format!("topic `{id}` has {n_bytes} bytes of terms; at most {MAX_SOURCE} are allowed");
        error(message, "make several topics of it");
    }
}

/// Says whether no key of the simple form finds anything.
fn is_without_terms(topic: &Topic) -> bool {
    topic.any.is_empty() && topic.all.is_empty() && topic.near.is_empty()
}

fn all_terms(topic: &Topic) -> impl Iterator<Item = &Term> {
    let near = topic.near.iter().flat_map(|near| near.a.iter().chain(&near.b));
    let plain = [&topic.any, &topic.none, &topic.ignore, &topic.less].into_iter().flatten();
    let top = plain.chain(topic.all.iter().flatten()).chain(near);
    top.flat_map(|term| std::iter::once(term).chain(&term.with))
}

struct Compiler<'a> {
    phrases: &'a mut Phrases,
    problems: &'a mut Vec<Problem>,
    labels: Vec<String>,
}

impl Compiler<'_> {
    fn any(&mut self, topic: &Topic) -> Expr {
        let least = if topic.min_terms > 1 { topic.min_terms as usize } else { 0 };
        Expr::Sum { parts: self.terms(&topic.any), least }
    }

    fn group(&mut self, topic: &Topic, group: &[Term]) -> Expr {
        if group.is_empty() {
            let problem =
                Problem::error(&topic.place, format!("topic `{}`: a group of `all` is empty", topic.id));
            self.problems.push(problem.suggest("give it a term, or leave it out"));
        }
        Expr::Sum { parts: self.terms(group), least: 1 }
    }

    fn near(&mut self, near: &config::Near) -> Expr {
        for (name, side) in [("a", &near.a), ("b", &near.b)] {
            if side.is_empty() {
                let problem = Problem::error(&near.place, format!("`near` without `{name}`"));
                self.problems.push(problem.suggest("it needs terms in both `a` and `b`"));
            }
        }
        if !WITHIN.contains(&near.within) {
            let problem = Problem::error(&near.place, format!("`within` is {}", near.within));
            self.problems.push(problem.suggest("it goes from 1 to 100; neighbours are 1 apart"));
        }
        if !WEIGHTS.contains(&near.weight) {
            let message = format!("bad weight `{}`: expected a number from 0.05 to 10", near.weight);
            self.problems.push(Problem::error(&near.place, message).suggest("the default is 1"));
        }
        let a = Node::Or(self.nodes(&near.a, "near"));
        let b = Node::Or(self.nodes(&near.b, "near"));
        let node = Node::Near(Box::new(Near { a, b, within: near.within, ordered: near.ordered }));
        Expr::Term(Member { node, weight: near.weight })
    }

    fn query(&mut self, topic: &Topic) -> Option<query::Parts> {
        let query = topic.query.as_ref()?;
        let parts = query::compile(query, self.phrases, &mut self.labels, self.problems)?;
        if is_without_terms(topic) && parts.groups.iter().all(Expr::is_condition) {
            let problem = Problem::error(&query.place, "the query names nothing to find and can never hit");
            self.problems.push(problem.suggest("NOT and `lang:` give no points: add a word that does"));
        }
        Some(parts)
    }

    fn terms(&mut self, terms: &[Term]) -> Vec<Expr> {
        let parsed = |term| Some((self.member(term)?, term));
        let (members, of): (Vec<Member>, Vec<&Term>) = terms.iter().filter_map(parsed).unzip();
        let exprs: Vec<Expr> = members.into_iter().map(Expr::Term).collect();
        for at in Expr::twice(&exprs) {
            let message = format!("`{}` is listed twice, and gives points twice", of[at].text);
            let problem = Problem::warning(&of[at].place, message);
            self.problems.push(problem.suggest("leave one out, or raise the weight of the other"));
        }
        exprs
    }

    fn member(&mut self, term: &Term) -> Option<Member> {
        let parsed = term::parse(term, self.problems)?;
        Some(Member { node: self.node(term, &parsed), weight: parsed.weight.unwrap_or(1.0) })
    }

    /// Terms whose weights mean nothing where they stand.
    fn nodes(&mut self, terms: &[Term], key: &str) -> Vec<Node> {
        let mut nodes = Vec::new();
        for term in terms {
            let Some(parsed) = term::parse(term, self.problems) else { continue };
            if parsed.weight.is_some() {
                let message = format!("the weight of `{}` has no effect within `{key}`", parsed.text);
                self.problems.push(Problem::warning(&term.place, message));
            }
            nodes.push(self.node(term, &parsed));
        }
        nodes
    }

    fn node(&mut self, term: &Term, parsed: &Parsed) -> Node {
        let label = super::tokens::narrow(self.labels.len());
        self.labels.push(parsed.label());
        let id = self.phrases.intern(&parsed.text, parsed.exact);
        let node = Node::Phrase { id, fields: parsed.fields, label };
        if term.with.is_empty() {
            return node;
        }
        if let Some(inner) = term.with.iter().find(|inner| !inner.with.is_empty()) {
            self.problems.push(Problem::error(&inner.place, "a term of `with` cannot have its own `with`"));
        }
        let other = Expr::of(Node::Or(self.nodes(&term.with, "with")));
        Node::With { node: Box::new(node), other: Box::new(other) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fixture::{place, term, terms, topic as written};

    /// What is wrong with a topic, as `message | suggestion`.
    fn faults(topic: &Topic) -> Vec<String> {
        let mut problems = Vec::new();
        let tree = super::topic(topic, &mut Phrases::default(), &mut problems);
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        assert_eq!(tree.is_none(), errors > 0);
        problems
            .iter()
            .map(|problem| format!("{} | {}", problem.message, problem.suggestion.as_deref().unwrap_or("-")))
            .collect()
    }

    fn near(a: &[&str], b: &[&str], within: u32) -> config::Near {
        config::Near { a: terms(a), b: terms(b), within, ordered: false, weight: 1.0, place: place("near") }
    }

    #[track_caller]
    fn check(topic: &Topic, expect: &[&str]) {
        assert_eq!(faults(topic), expect);
    }

    #[test]
    fn a_good_topic_has_no_faults() {
        check(&Topic { near: vec![near(&["a"], &["b"], 100)], ..written(&["Kim^2", "=arms deal"]) }, &[]);
    }

    #[test]
    fn a_topic_must_find_something() {
        let way_out = "say what to find: `any`, `all`, `near` or `query`";
        check(&written(&[]), &[&format!("topic `test` is empty | {way_out}")]);
        let negative = Topic { none: terms(&["x"]), ..written(&[]) };
        check(&negative, &[&format!("topic `test` only excludes and can never hit | {way_out}")]);
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        let out = Topic { near: vec![near(&["a"], &["b"], 101)], min_terms: 3, ..written(&["a", "b"]) };
        check(
            &out,
            &[
                "topic `test`: `min_terms` is 3, but `any` has 2 terms | lower `min_terms`, or add terms to `any`",
                "`within` is 101 | it goes from 1 to 100; neighbours are 1 apart",
            ],
        );
        let long = "x".repeat(MAX_SOURCE + 1);
        assert_eq!(faults(&written(&[&long])).len(), 1);
        let half = Topic { near: vec![near(&["a"], &[], 5)], ..written(&["a"]) };
        check(&half, &["`near` without `b` | it needs terms in both `a` and `b`"]);
        check(
            &Topic { all: vec![Vec::new()], ..written(&[]) },
            &["topic `test`: a group of `all` is empty | give it a term, or leave it out"],
        );
    }

    #[test]
    fn weights_without_effect_are_told() {
        let topic = Topic { near: vec![near(&["a^2"], &["b"], 5)], ..written(&[]) };
        check(&topic, &["the weight of `a` has no effect within `near` | -"]);
    }

    #[test]
    fn equal_terms_of_a_list_are_told() {
        let more = "leave one out, or raise the weight of the other";
        check(
            &written(&["Kim Jong-un", "=Kim Jong-un", "Kim Jong un^2"]),
            &[&format!("`Kim Jong un^2` is listed twice, and gives points twice | {more}")],
        );
        check(&written(&["title:Kim", "Kim", "lead:Kim"]), &[]);
    }

    #[test]
    fn with_does_not_nest() {
        let inner = Term { with: terms(&["c"]), ..term("b") };
        let outer = Term { with: vec![inner], ..term("a") };
        check(
            &Topic { any: vec![outer], ..written(&[]) },
            &["a term of `with` cannot have its own `with` | -"],
        );
    }
}
