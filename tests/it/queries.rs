//! What queries are worth, worked out by hand from the formulas.

use newshound::matcher::Matcher;
use newshound::model::{Item, Score, ScoreOutcome, SourceId};

use super::matching::{compile, item, toml_topics};

/// What one mention in a title gives.
const TITLE: f64 = 0.6464;

fn score_of(query: &str, more: &str, item: &Item) -> Score {
    let topic = format!("[[topic]]\nid = 't'\nquery = '''{query}'''\n{more}\n");
    compile(&toml_topics(&topic)).score_all(item, &["world".into(), "Asia-Pacific".into()]).remove(0)
}

/// The score of an item of a source, with tags, an author and an address.
#[track_caller]
fn check(query: &str, [title, text]: [&str; 2], expect: f64) {
    check_with(query, "", [title, text], expect);
}

#[track_caller]
fn check_with(query: &str, more: &str, [title, text]: [&str; 2], expect: f64) {
    let item = Item {
        source: Some(SourceId::new("bbc-world")),
        url: Some("https://news.example/Sport/kim-1.html".into()),
        author: Some("Ann Lee".into()),
        tags: vec!["Football".into()],
        ..item(title, text, Some("en"))
    };
    let score = score_of(query, more, &item);
    assert!(
        (score.score - expect).abs() < 0.0001,
        "{query} in {title} / {text}: {expect} expected\n{score:#?}"
    );
}

#[test]
fn or_adds_up_and_the_weakest_of_and_decides() {
    check("oil OR gas", ["Oil and gas", ""], 0.875);
    check("oil AND gas", ["Oil and gas", ""], TITLE);
    check("oil gas", ["Oil", "gas"], 0.5305);
    check("oil gas", ["Oil", ""], 0.0);
    check("(oil OR gas) AND price", ["Oil and gas", "price"], 0.5305);
    check("(oil price) OR gas", ["Oil", "gas price"], 0.7796);
    check("(oil price) OR gas", ["Oil", "gas"], 0.5305);
    check("(oil price)^0.5 OR gas^2", ["Oil price", ""], 0.4054);
    check("oil gas price", ["Oil gas price", ""], TITLE);
}

#[test]
fn not_vetoes_in_the_chain_and_fails_within_a_part() {
    check("oil NOT palm", ["Oil", ""], TITLE);
    check("oil NOT palm", ["Oil", "palm"], 0.0);
    check("oil -\"palm oil\"", ["Oil", "palm oil"], 0.0);
    check("(oil NOT palm) OR gas", ["Oil and gas", "palm"], TITLE);
    check("oil NOT (palm AND soy)", ["Oil", "palm"], TITLE);
    check("oil NOT (palm AND soy)", ["Oil", "palm soy"], 0.0);
    check("oil NOT (palm NOT soy)", ["Oil", "palm soy"], TITLE);
    check("oil NOT (palm NOT soy)", ["Oil", "palm"], 0.0);
    let vetoed = score_of("oil NOT (palm OR soy)", "", &item("Oil", "soy and palm", Some("en")));
    assert_eq!(vetoed.outcome, ScoreOutcome::Vetoed);
    let lines: Vec<(&str, f64)> =
        vetoed.evidence.iter().map(|line| (line.term.as_str(), line.points)).collect();
    assert_eq!(lines, [("oil", 1.5), ("palm", 0.0), ("soy", 0.0)]);
}

#[test]
fn conditions_hold_or_fail_and_give_no_points() {
    for (condition, holds) in [
        ("source:bbc-world", true),
        ("source:BBC-World", true),
        ("source:bbc", false),
        ("source:bbc*", true),
        ("lang:en", true),
        ("lang:e", false),
        ("lang:(de OR en)", true),
        ("url:/sport/", true),
        ("url:kim-?.html", true),
        ("url:politics", false),
        ("author:lee", true),
        ("author:\"ann lee\"", true),
        ("author:bob", false),
        ("tag:foot", true),
        ("tag:world", true),
        ("tag:asia", true),
        ("tag:africa", false),
        ("(lang:de OR tag:world)", true),
        ("(lang:de OR NOT tag:world)", false),
    ] {
        check(&format!("oil AND {condition}"), ["Oil", ""], if holds { TITLE } else { 0.0 });
        check(&format!("oil AND NOT {condition}"), ["Oil", ""], if holds { 0.0 } else { TITLE });
        check(&format!("oil WITH {condition}"), ["Oil", ""], if holds { TITLE } else { 0.0 });
        check(&format!("(oil AND {condition}) OR gas"), ["Oil gas", ""], if holds { 0.875 } else { TITLE });
    }
    let missed = score_of("oil lang:de", "", &item("Oil", "", Some("en")));
    assert_eq!(
        (missed.outcome, missed.failed),
        (ScoreOutcome::Below, vec!["`lang:de` does not hold".to_owned()])
    );
}

#[test]
fn near_binds_from_left_to_right() {
    check("Kim NEAR/2 train", ["Kim in train", ""], TITLE);
    check("Kim NEAR/1 train", ["Kim in train", ""], 0.0);
    check("Kim NEAR train", ["Kim a b c d train", ""], TITLE);
    check("Kim NEAR train", ["Kim a b c d e train", ""], 0.0);
    check("Kim W/2 train", ["train of Kim", ""], 0.0);
    // What lies between the two is near both of them, and both must be near what follows.
    check("Kim NEAR/3 train NEAR/1 slow", ["Kim slow a train", ""], TITLE);
    check("Kim NEAR/4 train NEAR/1 slow", ["Kim a slow b train", ""], 0.0);
    check("Kim W/2 a W/2 train", ["Kim a b train", ""], TITLE);
    check("Kim NEAR/9 (train NEAR/1 slow)", ["Kim a b slow train", ""], TITLE);
    check("Kim NEAR/9 (train AND slow)", ["Kim train", "slow"], TITLE);
    check("Kim NEAR/9 (train AND slow)", ["Kim train", ""], 0.0);
    // A stretch lies where its first word lies.
    let text = format!("{}Kim train", "word ".repeat(39));
    check("Kim NEAR/2 train", ["", &text], 0.5305);
}

#[test]
fn butnot_leaves_out_what_is_inside() {
    check("arms BUTNOT \"coat of arms\"", ["Coat of arms", ""], 0.0);
    check("arms BUTNOT \"coat of arms\"", ["Coat of arms: arms", ""], TITLE);
    check("\"arms deal\" BUTNOT \"coat of arms\"", ["Coat of arms deal", ""], 0.0);
    check("\"Kim Jong-un visit\" BUTNOT \"Kim Jong-un\"", ["Kim Jong-un visit", ""], TITLE);
    check("(arms NEAR/5 deal) BUTNOT \"open arms\"", ["Deal with open arms", ""], 0.0);
    check("(arms NEAR/9 deal) BUTNOT \"open arms\"", ["Arms deal with open arms", ""], TITLE);
    check("arms BUTNOT \"coat of arms\" BUTNOT \"open arms\"", ["Coat of arms, open arms", ""], 0.0);
    check("(arms^2 OR oil) BUTNOT x", ["Arms", ""], TITLE);
    check("arms^2 BUTNOT x", ["Arms", ""], 0.875);
    check("(arms OR oil) BUTNOT x", ["Arms and oil", ""], 0.6952);
}

#[test]
fn with_and_atleast_ask_for_more() {
    check("Kim WITH Pyongyang", ["Kim", ""], 0.0);
    check("Kim WITH (Pyongyang OR Putin)", ["Kim", "Putin"], TITLE);
    check("Kim^0.5 WITH Putin", ["Kim", "Putin"], 0.4054);
    check("Kim WITH (Pyongyang AND Putin)", ["Kim", "Putin"], 0.0);
    check("ATLEAST/3 bank", ["Bank", "bank"], 0.0);
    check("ATLEAST/3 bank", ["Bank", "bank bank"], 0.6895);
    check("ATLEAST/2 (bank OR rate)", ["Bank rate", ""], 0.6952);
    check("(ATLEAST/2 bank)^0.5 OR rate", ["Rate", "bank"], TITLE);
}

#[test]
fn fields_bind_whole_groups() {
    check("title:(oil OR gas)", ["", "oil"], 0.0);
    check("text:oil", ["Oil", ""], 0.0);
    check("title:(Kim NEAR/2 train) OR body:oil", ["Kim train", "oil"], TITLE);
    check("lead:oil", ["Oil", "oil"], 0.5305);
}

#[test]
fn wildcards_stand_for_letters_of_one_word() {
    check("travel*", ["Travel, traveller, travel-related", ""], 0.6952);
    check("travel*", ["Travel-related", ""], TITLE);
    check("organi?ation", ["Organisation, organization", ""], 0.6952);
    check("organi?ation", ["Organiation", ""], 0.0);
    check("\"weapon* deal\"", ["Weapons deal", ""], TITLE);
    check("*город", ["Белгород", ""], TITLE);
    check("김정은*", ["김정은이", ""], TITLE);
    check("co-op*", ["Co-operation", ""], TITLE);
    check("arriv* Kim", ["Arrival of Kim", ""], TITLE);
    check("Ukrain*", ["L'Ukraine", ""], TITLE);
    check("café*", ["CAFES", ""], TITLE);
}

#[test]
fn a_query_is_one_group_beside_the_other_keys() {
    check_with("oil", "any = ['price']", ["Oil price", ""], 0.875);
    check_with("oil", "any = ['price']", ["Price", ""], 0.0);
    check_with("oil", "all = [['price', 'cost']]", ["Oil", "price"], 0.5305);
    check_with("oil", "all = [['price', 'cost']]", ["Oil", ""], 0.0);
    check_with("oil", "less = ['palm']", ["Oil", "palm"], 0.2470);
    check_with("oil", "none = ['palm']", ["Oil", "palm"], 0.0);
    check_with("oil", "ignore = ['palm oil']", ["Palm oil", ""], 0.0);
    check_with("oil", "mention = true", ["", &format!("{} oil", "word ".repeat(300))], 0.5);
    check_with("lang:en", "any = ['oil']", ["Oil", ""], TITLE);
    check_with("lang:de", "any = ['oil']", ["Oil", ""], 0.0);
    check_with("NOT palm", "any = ['oil']", ["Oil palm", ""], 0.0);
}

#[test]
fn a_miss_says_what_is_missing() {
    let failed = |query: &str| score_of(query, "", &item("Oil", "", Some("en"))).failed;
    assert_eq!(failed("oil AND (gas OR coal^2)"), ["none of `gas`, `coal^2` occurs"]);
    assert_eq!(failed("oil gas"), ["`gas` does not occur"]);
    assert_eq!(failed("oil AND Kim NEAR/3 train"), ["`Kim NEAR/3 train` does not occur"]);
    assert!(failed("oil").is_empty());
}

#[test]
fn evidence_names_the_terms_that_were_found() {
    let item = item("Arms and oil", "arms by train of Kim", Some("en"));
    let lines = |query: &str| -> Vec<String> {
        let score = score_of(query, "", &item);
        let lines = score.evidence.iter();
        lines.map(|line| format!("{} {} {} {:.3}", line.term, line.field, line.count, line.points)).collect()
    };
    assert_eq!(
        lines("(arms OR oil) BUTNOT x"),
        ["arms title 1 0.714", "oil title 1 0.714", "arms lead 1 0.286"]
    );
    assert_eq!(lines("Kim NEAR train NEAR arms"), ["near 5: Kim … train … arms lead 1 1.091"]);
    assert_eq!(
        lines("(oil gas) OR arms^0.5"),
        ["arms title 1 0.577", "arms lead 1 0.231", "oil title 1 0.000"]
    );
}

#[test]
fn the_queries_of_the_documentation_are_read_without_a_word() {
    let text = include_str!("../../docs/queries.md");
    let blocks = text.split("```query\n").skip(1).filter_map(|block| block.split("```").next());
    let queries: Vec<&str> = blocks.flat_map(str::lines).collect();
    assert!(queries.len() >= 7, "{queries:?}");
    for query in queries {
        let topics = toml_topics(&format!("[[topic]]\nid = 't'\nquery = '''{query}'''"));
        let (_, problems) = Matcher::compile(&topics);
        assert!(problems.is_empty(), "{query}: {problems:?}");
    }
    check(
        "(Vladivostok OR \"Eastern Economic Forum\"^0.8) AND NOT title:(hockey OR KHL)",
        ["Kim Jongun arrives in Vladivostok", "He will speak at the Eastern Economic Forum."],
        0.8070,
    );
}
