//! Both forms of a topic come to the same, and both ways to score an item.

use proptest::prelude::*;

use super::super::fixture::{item, place, term, terms, topic};
use super::super::phrases::Phrases;
use super::super::{Matcher, compile, spoken};
use crate::config::{Near, Query, Severity, Term, Topic};
use crate::model::{Item, Score};

fn with_query(text: &str) -> Topic {
    Topic { query: Some(Query { text: text.into(), place: place(text) }), ..topic(&[]) }
}

/// Texts that meet the topics below.
fn text() -> impl Strategy<Value = String> {
    const WORDS: [&str; 12] =
        ["Kim", "Jong-un", "train", "trains", "oil", "coat", "of", "arms", "deal", "the", "김정은이", "x"];
    proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..50).prop_map(|words| words.join(" "))
}

fn words() -> impl Strategy<Value = Vec<Term>> {
    const WORDS: [&str; 9] =
        ["Kim", "Kim Jong-un", "=train^2", "train", "oil^0.5", "title:oil", "arms deal", "arms", "김정은"];
    proptest::sample::subsequence(&WORDS[..], 1..4).prop_map(|words| {
        let with = |word: &str| Term { with: terms(&["oil", "deal"]), ..term(word) };
        words.into_iter().map(|word| if word == "arms" { with(word) } else { term(word) }).collect()
    })
}

/// Topics of the simple form that a query can say: groups, and terms near each other.
fn simple() -> impl Strategy<Value = Topic> {
    let plain = |terms: Vec<Term>| -> Vec<Term> {
        let bare = |term: Term| Term { text: term.text.split('^').next().unwrap_or_default().into(), ..term };
        terms.into_iter().map(bare).collect()
    };
    let near = (words(), words(), 1..9_u32, any::<bool>()).prop_map(move |(a, b, within, ordered)| Near {
        a: plain(a),
        b: plain(b),
        within,
        ordered,
        weight: 0.9,
        place: place("near"),
    });
    let groups = proptest::collection::vec(words(), 0..3);
    (words(), groups, proptest::collection::vec(near, 0..2), proptest::collection::vec(words(), 0..2))
        .prop_map(move |(any, all, near, none)| {
            // With groups, `any` and `near` add to the weakest, which no query can say.
            let (any, near) = if all.is_empty() { (any, near) } else { (Vec::new(), Vec::new()) };
            Topic { any, all, near, none: plain(none.concat()), ..topic(&[]) }
        })
}

/// Writes a topic as a query.
fn written(simple: &Topic) -> String {
    let tree = compile::topic(simple, &mut Phrases::default(), &mut Vec::new()).unwrap();
    let evidence: Vec<String> = tree.evidence.iter().map(|expr| spoken::text(expr, &tree)).collect();
    let evidence: Vec<String> = evidence.into_iter().filter(|text| !text.is_empty()).collect();
    let required = spoken::query(&tree);
    match (evidence.is_empty(), tree.groups.is_empty()) {
        (true, _) => required,
        (false, true) if required.is_empty() => evidence.join(" OR "),
        (false, _) => format!("({}) AND {required}", evidence.join(" OR ")),
    }
}

fn score(topic: &Topic, item: &Item) -> Score {
    let (matcher, problems) = Matcher::compile(std::slice::from_ref(topic));
    let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let all = matcher.score_all(item, &[]).remove(0);
    let met = matcher.score(item, &[]);
    // Only what has points, or would have but for a veto, is told of what is met.
    assert!(met.first().is_none_or(|met| *met == all), "{met:#?} {all:#?}");
    assert!(!met.is_empty() || all.points <= 0.0, "{all:#?}");
    all
}

/// Queries without anything that takes points away.
fn positive() -> impl Strategy<Value = String> {
    let word = "(Kim|\"Kim Jong-un\"|train|tra[i]n[*]|oil|text:arms|\"arms deal\"|김정은)(\\^2)?";
    word.prop_recursive(4, 24, 3, |inner| {
        let operator = proptest::sample::select(&[" OR ", " AND ", " NEAR/4 ", " W/3 ", " WITH "][..]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, sign, b)| format!("({a}){sign}({b})")),
            inner.prop_map(|inner| format!("ATLEAST/2 ({inner})")),
        ]
    })
}

proptest! {
    #[test]
    fn a_topic_and_its_query_score_alike(simple in simple(), title in text(), body in text()) {
        let query = written(&simple);
        let item = Item { lang: Some("en".into()), ..item(&title, &body) };
        let (by_keys, by_query) = (score(&simple, &item), score(&with_query(&query), &item));
        prop_assert!((by_keys.points - by_query.points).abs() < 1e-9, "{query}\n{by_keys:#?}\n{by_query:#?}");
        prop_assert_eq!(by_keys.outcome, by_query.outcome, "{}", query);
    }

    #[test]
    fn more_of_what_is_sought_never_lowers_a_score(query in positive(), title in text(), body in text(), more in text()) {
        let topic = with_query(&query);
        let read = |body: String| Item { lang: Some("en".into()), ..item(&title, &body) };
        let (before, after) = (score(&topic, &read(body.clone())), score(&topic, &read(format!("{body} {more}"))));
        prop_assert!((0.0..=1.0).contains(&after.score));
        prop_assert!(after.points >= before.points - 1e-9, "{query}\n{before:#?}\n{after:#?}");
    }

    #[test]
    fn both_ways_to_score_agree(query in super::tests::written(), title in text(), body in text()) {
        let (_, problems) = Matcher::compile(&[with_query(&query)]);
        if problems.iter().all(|problem| problem.severity == Severity::Warning) {
            let score = score(&with_query(&query), &item(&title, &body));
            prop_assert!((0.0..=1.0).contains(&score.score));
        }
    }
}
