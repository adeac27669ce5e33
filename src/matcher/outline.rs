//! A topic as it was understood, in words: what it asks for, how its terms are compared, where
//! it is looked at.

use serde::Serialize;

use super::stemming::Stemming;
use super::tree::{Expr, Node, Tree};
use super::words::term_words;
use super::{Anchors, Matcher, spoken};
use crate::model::TopicId;
use crate::model::words::Case;

/// A topic in words. Parts of it are written in the professional form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outline {
    /// The topic.
    pub topic: TopicId,
    /// A score at or over it is a hit.
    pub threshold: f64,
    /// Whether any mention counts, however deep in the text.
    pub mention: bool,
    /// What must all have points, or hold.
    pub all: Vec<String>,
    /// What adds points.
    pub any: Vec<String>,
    /// How many different parts of `any` must occur.
    pub min_terms: usize,
    /// What stands near what, and adds points.
    pub near: Vec<String>,
    /// What takes points away.
    pub less: Vec<String>,
    /// What vetoes.
    pub none: Vec<String>,
    /// What is masked.
    pub ignore: Vec<String>,
    /// The sources it is bound to; empty for all.
    pub sources: Vec<String>,
    /// The languages it is bound to; empty for all.
    pub languages: Vec<String>,
    /// How its terms are compared.
    pub terms: Vec<Compared>,
    /// Where it is looked at.
    pub anchors: Anchors,
}

/// How one term is compared with a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The term as written.
    pub term: String,
    /// Its words: `kim` only so, `arriv…` in every word with this stem or beginning.
    pub words: Vec<String>,
}

impl Matcher {
    /// Returns the topics as they were understood, in their order.
    pub fn outlines(&self) -> Vec<Outline> {
        let of = |tree: &Tree| self.anchors(&tree.id).map(|anchors| outline(tree, anchors));
        self.trees.iter().filter_map(of).collect()
    }
}

fn outline(tree: &Tree, anchors: Anchors) -> Outline {
    let text = |expr: &Expr| spoken::text(expr, tree);
    let (any, near): (Vec<&Expr>, Vec<&Expr>) =
        tree.evidence.iter().partition(|expr| matches!(expr, Expr::Sum { .. }));
    let parts = any.iter().flat_map(|expr| match expr {
        Expr::Sum { parts, .. } => parts.as_slice(),
        Expr::Term(_) | Expr::All(_) | Expr::Not(_) | Expr::Condition(_) => &[],
    });
    Outline {
        topic: tree.id.clone(),
        threshold: tree.threshold,
        mention: tree.weights.is_mention(),
        all: tree.groups.iter().map(text).collect(),
        any: parts.map(text).collect(),
        min_terms: any.iter().map(|expr| least(expr)).max().unwrap_or(1),
        near: near.into_iter().map(text).collect(),
        less: tree.less.iter().map(|member| text(&Expr::Term(member.clone()))).collect(),
        none: tree.none.iter().map(text).collect(),
        ignore: tree.ignore.iter().map(|node: &Node| text(&Expr::of(node.clone()))).collect(),
        sources: tree.sources.clone(),
        languages: tree.languages.clone(),
        terms: terms(tree),
        anchors,
    }
}

fn least(expr: &Expr) -> usize {
    match expr {
        Expr::Sum { least, .. } => (*least).max(1),
        Expr::Term(_) | Expr::All(_) | Expr::Not(_) | Expr::Condition(_) => 1,
    }
}

/// Returns how each term is compared in items of the topic's language, which is English where it
/// names none or several.
fn terms(tree: &Tree) -> Vec<Compared> {
    let stemming = match tree.languages.as_slice() {
        [one] => Stemming::of(&super::language::primary(one).unwrap_or_default()),
        _ => Stemming::of("en"),
    };
    let mut compared: Vec<Compared> = Vec::new();
    for term in &tree.labels {
        if !compared.iter().any(|other| other.term == *term) {
            compared.push(Compared { term: term.clone(), words: words(term, stemming) });
        }
    }
    compared
}

fn words(term: &str, stemming: Stemming) -> Vec<String> {
    let (exact, text) = term.strip_prefix('=').map_or((false, term), |text| (true, text));
    if text.contains(['*', '?']) {
        return text.split_whitespace().map(str::to_lowercase).collect();
    }
    let words = term_words(text);
    let compared = words.plain().map(|word| {
        let form = words.form(word);
        let stem = stemming.stem(form);
        let name = word.case != Case::Lower && stemming.is_english(form);
        match () {
            () if exact => form.to_owned(),
            () if super::fold::starts_hangul(form) => format!("{form}…"),
            () if name
                || super::fold::starts_single(form)
                || form.bytes().any(|byte| byte.is_ascii_digit()) =>
            {
                form.to_owned()
            }
            () => format!("{stem}…"),
        }
    });
    compared.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Query, Topic};
    use crate::matcher::fixture::{place, terms as written, topic};

    fn outline_of(topic: Topic) -> Outline {
        let (matcher, problems) = Matcher::compile(&[topic]);
        assert!(problems.is_empty(), "{problems:?}");
        matcher.outlines().remove(0)
    }

    #[test]
    fn nothing_of_a_topic_is_left_out() {
        let query = "title:(oil OR gas)^2 AND lang:ru AND NOT \"palm oil\"";
        let outline = outline_of(Topic {
            query: Some(Query { text: query.into(), place: place(query) }),
            all: vec![written(&["price^0.5", "cost"])],
            less: written(&["hockey^1.5"]),
            none: written(&["advert"]),
            ignore: written(&["oil painting"]),
            min_terms: 2,
            mention: true,
            languages: vec!["ru".into()],
            sources: vec!["tag:world".into()],
            ..topic(&["OPEC", "barrels"])
        });
        assert_eq!(outline.all, ["price^0.5 OR cost", "title:oil^2 OR title:gas^2", "lang:ru"]);
        assert_eq!(
            (outline.any.as_slice(), outline.min_terms),
            (&["OPEC".to_owned(), "barrels".into()][..], 2)
        );
        assert_eq!(outline.none, ["advert", "\"palm oil\""]);
        assert_eq!(
            (outline.less, outline.ignore),
            (vec!["hockey^1.5".to_owned()], vec!["\"oil painting\"".to_owned()])
        );
        assert_eq!(
            (outline.mention, outline.sources, outline.languages),
            (true, vec!["tag:world".to_owned()], vec!["ru".to_owned()])
        );
        assert!(!outline.anchors.phrases.is_empty());
    }

    #[test]
    fn terms_say_how_they_are_compared() {
        let outline = outline_of(topic(&[
            "arms deals",
            "=arms deals",
            "Kim arrives",
            "Поставки",
            "김정은",
            "金正恩",
            "F-16",
        ]));
        let shown: Vec<String> = outline
            .terms
            .iter()
            .map(|compared| format!("{}: {}", compared.term, compared.words.join(" ")))
            .collect();
        assert_eq!(
            shown,
            [
                "arms deals: arms… deal…",
                "=arms deals: arms deals",
                "Kim arrives: kim arriv…",
                "Поставки: поставк…",
                "김정은: 김정은…",
                "金正恩: 金 正 恩",
                "F-16: f 16",
            ]
        );
    }
}
