//! Queries to trees and to faults.

use proptest::prelude::*;

use super::super::fixture::{place, topic};
use super::super::phrases::Phrases;
use super::super::{compile, spoken};
use crate::config::{Problem, Query, Severity, Topic};

fn with_query(text: &str) -> Topic {
    Topic { query: Some(Query { text: text.into(), place: place(text) }), ..topic(&[]) }
}

/// A query as its tree says it, and what is wrong with it.
fn read(text: &str) -> (Option<String>, Vec<Problem>) {
    let mut problems = Vec::new();
    let tree = compile::topic(&with_query(text), &mut Phrases::default(), &mut problems);
    (tree.map(|tree| spoken::query(&tree)), problems)
}

/// A query that is read without a word.
#[track_caller]
fn check(text: &str, expect: &str) {
    let (read, problems) = read(text);
    assert!(problems.is_empty(), "{text}: {problems:?}");
    assert_eq!(read.as_deref(), Some(expect), "{text}");
}

/// The first fault of a query: its message, and what it marks.
#[track_caller]
fn check_fault(text: &str, severity: Severity, message: &str, marked: &str) {
    let (_, problems) = read(text);
    let Some(problem) = problems.first() else { panic!("{text}: no fault") };
    let told = problem.message.split_once(": ").map_or("", |(_, message)| message);
    let place = problem.place.as_ref().unwrap();
    assert_eq!((told, place.marked(), problem.severity), (message, marked, severity), "{text}");
}

#[track_caller]
fn check_error(text: &str, message: &str, marked: &str) {
    check_fault(text, Severity::Error, message, marked);
    assert_eq!(read(text).0, None, "{text}");
}

#[track_caller]
fn check_warning(text: &str, message: &str, marked: &str) {
    check_fault(text, Severity::Warning, message, marked);
    assert!(read(text).0.is_some(), "{text}");
}

#[test]
fn operators_bind_as_the_grammar_says() {
    check("a b | c & d", "(a AND b) OR (c AND d)".replace(['(', ')'], "").as_str());
    check("(a OR b) c", "(a OR b) AND c");
    check("a NEAR b W/3 c", "a NEAR/5 b W/3 c");
    check("a NEAR (b W/3 c)", "a NEAR/5 (b W/3 c)");
    check("a ADJ/2 b ONEAR 7 c NEAR9 d", "a W/2 b W/7 c NEAR/9 d");
    check("a NEAR 2024 OR b", "a NEAR/5 2024 OR b");
    check("a NEAR /3 b", "a NEAR/3 b");
    check("x WITH (y OR z) BUTNOT w", "x WITH (y OR z) BUTNOT w");
    check("ATLEAST/3 bank rate", "ATLEAST/3 bank AND rate");
    check("ATLEAST/2(bank OR rate)", "ATLEAST/2 (bank OR rate)");
    check("bank -river NOT (a OR b)", "bank AND NOT river AND NOT (a OR b)");
    check("((bank))", "bank");
    check("George W Bush", "George W/5 Bush");
    check("W OR Bush", "\"W\" OR Bush");
}

#[test]
fn marks_belong_to_what_they_touch() {
    check("=arms=x \"arms deal\"^1.4 =\"a b\"^.5", "=\"arms=x\" AND \"arms deal\"^1.4 AND =\"a b\"^0.5");
    check("title:(oil OR gas)^2 lead:opec", "(title:oil^2 OR title:gas^2) AND lead:opec");
    check("(a OR b^2)^0.5", "a^0.5 OR b");
    check("(a NEAR b)^0.9 OR c", "(a NEAR/5 b)^0.9 OR c");
    check("a^2 BUTNOT b BUTNOT c", "(a BUTNOT b BUTNOT c)^2");
    check("ATLEAST/2 (a OR b)^3", "(ATLEAST/2 (a OR b))^3");
    check("“Kim Jong-un” AND \"AND\"", "\"Kim Jong-un\" AND \"AND\"");
    check("text:ATLEAST/2 bank", "ATLEAST/2 text:bank");
}

#[test]
fn conditions_stand_beside_terms() {
    check("lang:ru Kim", "lang:ru AND Kim");
    check("Kim source:(bbc-world OR CNN)", "Kim AND (source:bbc-world OR source:cnn)");
    check(
        "Kim -tag:sport NOT (lang:ru OR url:/opinion/)",
        "Kim AND NOT tag:sport AND NOT (lang:ru OR url:\"/opinion/\")",
    );
    check("Kim WITH lang:ko", "Kim WITH lang:ko");
    check("(Kim NOT lang:ko) NEAR/3 b", "Kim WITH (NOT lang:ko) NEAR/3 b");
    check("author:\"Ann Lee\" Kim", "author:\"ann lee\" AND Kim");
}

#[test]
fn wildcards_need_letters() {
    check("travel* OR organi?ation OR *город OR co-op*", "travel* OR organi?ation OR *город OR co-op*");
    check("\"weapon* deal\" OR \"who is Kim?\"", "\"weapon* deal\" OR \"who is Kim\"");
    for (text, why) in [
        ("ab*", "a wildcard needs 3 letters before it"),
        ("a?c", "a wildcard needs 3 letters before it"),
        ("?abc", "a wildcard needs 3 letters before it"),
        ("*abc", "a word that begins with `*` needs 4 letters behind it"),
        ("*सरकार", "only Korean, Cyrillic and Latin words may begin with `*`"),
    ] {
        check_error(text, &format!("`{text}`: {why}"), text);
    }
    check_error(
        "\"arms * deal\"",
        "`*`: a word that begins with `*` needs 4 letters behind it",
        "\"arms * deal\"",
    );
    check_warning(
        "金正恩*",
        "`金正恩*`: a script without spaces needs no wildcard, and takes none",
        "金正恩*",
    );
}

#[test]
fn errors_say_what_was_found_and_what_was_expected() {
    let operand = "expected a word, a phrase or `(`";
    check_error("a OR OR b", &format!("found `OR`, {operand}"), "OR");
    check_error("(a OR )", &format!("found `)`, {operand}"), ")");
    check_error("()", &format!("found `)`, {operand}"), ")");
    check_error("a NEAR/5", &format!("the query ends behind `NEAR/5`, {operand}"), "NEAR/5");
    check_error("NOT NOT a", &format!("found `NOT`, {operand}"), "NOT");
    check_error("(a OR (b)", "this `(` is never closed", "(");
    check_error("a) OR b", "found `)`, which closes nothing", ")");
    check_error("a OR ='", "no word in `'`", "='");
    check_error("=(a)", "found `=`, expected a word or phrase right behind it", "=");
    check_error("a NEAR/0 b", "0 words apart: it goes from 1 to 100", "NEAR/0");
    check_error("a W/101 b", "101 words apart: it goes from 1 to 100", "W/101");
    check_error("a W/99999999999 b", "so many words apart: it goes from 1 to 100", "W/99999999999");
    check_error("a NEAR/x b", "found `NEAR/x`, expected a number behind the `/`", "NEAR/x");
    check_error("ATLEAST/0 a", "0 occurrences: it goes from 1 to 1000", "ATLEAST/0");
    check_error("ATLEAST a", "found `ATLEAST`, expected how often, as in `ATLEAST/3`", "ATLEAST");
    check_error("a^11", "bad weight `11`: expected a number from 0.05 to 10", "^11");
    check_error("a^x b", "bad weight `x`: expected a number from 0.05 to 10", "^x");
    check_error("a ^ OR b", "found `OR`, expected a weight from 0.05 to 10, as in `word^1.4`", "OR");
    check_error("titel:a", "unknown field `titel`", "titel:");
    check_error("oil:a", "unknown field `oil`", "oil:");
    check_error("title:(lead:a)", "a field within a field", "(lead:a)");
    check_error("a OR ,", "no word in `,`", ",");
    check_error("source:\" \" a", "`source:` without a value", "\" \"");
    check_error(
        "lang:ru NEAR a",
        "`lang:` has no place in the text, so nothing can be near it or inside it",
        "ru",
    );
    check_error(
        "(NOT a) BUTNOT b",
        "`NOT` has no place in the text, so nothing can be near it or inside it",
        "(NOT a)",
    );
    assert_eq!(read("").1[0].message, "query, byte 0: the query is empty");
    assert_eq!(read("a OR \"Kim").1[0].message, "query, byte 5: this quote is never closed");
    assert_eq!(read("a^0 b^11").1.len(), 2, "all weights are told at once");
    for negative in ["NOT a", "lang:ru", "lang:ru -a", "NOT (a OR b) AND source:x"] {
        let (tree, problems) = read(negative);
        assert!(tree.is_none() && problems[0].message == "the query names nothing to find and can never hit");
    }
}

#[test]
fn what_looks_meant_otherwise_is_told() {
    check_warning("a near/5 b", "`near/5` is a word here, as it is not in capitals", "near/5");
    check_warning("a and not b", "`and` is a word here, as it is not in capitals", "and");
    check_warning("Kim - Putin", "this `-` excludes what follows it", "-");
    check_warning("(a^2 OR b) NEAR c", "the weight `^2` has no effect here", "^2");
    check_warning("(a OR b)^2 BUTNOT c^3", "the weight `^2` has no effect here, nor have 1 more", "^2");
    check_warning("lang:ru^2 a", "the weight `^2` has no effect here", "^2");
    check_warning(
        "Kim OR lang:ru",
        "this gives no points, so it changes nothing beside terms that `OR` adds up",
        "lang:ru",
    );
    check_warning("Kim OR x OR Kim^2", "this term is listed twice, and gives points twice", "Kim^2");
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
    check(&nested(64), "a");
    check_error(&nested(65), "more than 64 groups within each other", "(");
    let atleast = "ATLEAST/2 ".repeat(6_000);
    check_error(&atleast, "more than 64 groups within each other", "ATLEAST/2");
    let chain = format!("a{}", " NEAR b".repeat(9_000));
    assert!(read(&chain).1[0].message.ends_with("more than 256 operators within each other"));
    let long = vec!["word"; 13_000].join(" ");
    assert!(read(&long).0.is_some(), "{} bytes are fine", long.len());
    assert!(read(&"word ".repeat(60_000)).0.is_none());
}

/// Queries that are read.
pub(super) fn written() -> impl Strategy<Value = String> {
    let word = "(=?[a-zа-я]{3,6}[*]?|=?\"[a-z]{2,5} [A-Z]{2,4}\"|김정은|(title|text):[a-z]{3}|(lang|tag):en|-?[A-Z][a-z]{2})(\\^[1-9])?";
    word.prop_recursive(5, 40, 4, |inner| {
        let operator = "( OR | AND | | NEAR | W/3 | BUTNOT | WITH | \\| | & | NEAR 7 | AND NOT )";
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, sign, b)| format!("{a}{sign} {b}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("({inner})^0.5")),
            inner.prop_map(|inner| format!("ATLEAST/2 ({inner})")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in prop_oneof![any::<String>(), "[a-zA-Z\"()^|&=:/* 0-9-]{0,60}", written()]) {
        let (tree, problems) = read(&text);
        prop_assert!(tree.is_some() || problems.iter().any(|problem| problem.severity == Severity::Error));
        for problem in &problems {
            let place = problem.place.as_ref().unwrap();
            prop_assert!(place.span.start <= place.span.end && place.span.end <= place.file.text.len());
            prop_assert!(place.file.text.get(place.span.clone()).is_some());
        }
    }

    #[test]
    fn what_is_said_is_read_as_the_same(text in written()) {
        let mut phrases = Phrases::default();
        let Some(tree) = compile::topic(&with_query(&text), &mut phrases, &mut Vec::new()) else { return Ok(()) };
        let said = spoken::query(&tree);
        let again = compile::topic(&with_query(&said), &mut phrases, &mut Vec::new());
        prop_assert!(again.is_some(), "{text}: {said}");
        let again = again.unwrap();
        prop_assert_eq!(spoken::query(&again), said.clone());
        // Labels are numbered as they are read, and what is excluded is said last.
        let parts = |tree: &super::super::tree::Tree| {
            let said = format!("{:?} {:?}", tree.groups, tree.none);
            let parts = said.split("label: ").map(|part| part.trim_start_matches(char::is_numeric));
            parts.collect::<String>()
        };
        prop_assert_eq!(parts(&again), parts(&tree), "{}: {}", text, said);
    }
}
