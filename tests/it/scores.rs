//! Scores worked out by hand from the formulas.

use newshound::model::{Item, ScoreOutcome};

use super::matching::{compile, item, toml_topics};

/// A topic, the title, summary and text of an item, and the score that the formulas give.
type Scored<'a> = (&'a str, [&'a str; 3], f64);

#[track_caller]
fn check_score((topic, [title, summary, text], expect): Scored) {
    let matcher = compile(&toml_topics(&format!("[[topic]]\nid = \"t\"\n{topic}\n")));
    let item = Item { summary: summary.into(), lang: Some("en".into()), ..item(title, text, None) };
    let score = matcher.score_all(&item, &[]).remove(0);
    assert!(
        (score.score - expect).abs() < 0.0001,
        "{expect} expected of {topic}\n{title}|{summary}|{text}\n{score:#?}"
    );
    assert_eq!(score.outcome == ScoreOutcome::Hit, score.score >= score.threshold, "{score:#?}");
    assert!(score.evidence.windows(2).all(|lines| lines[0].points >= lines[1].points), "{score:#?}");
    assert!(score.evidence.iter().all(|line| line.snippet.contains('«')), "{score:#?}");
}

#[test]
fn fields_begin_and_end_where_the_contract_says() {
    let w = |n: usize| "word ".repeat(n);
    let (title, lead, body, tail) = (0.6464, 0.5305, 0.3700, 0.2421);
    let texts = [
        ("", format!("{}oil", w(39)), lead),
        ("", format!("{}oil", w(40)), body),
        ("", format!("{}oil", w(199)), body),
        ("", format!("{}oil", w(200)), tail),
        ("", format!("{}co-oil", w(38)), lead),
        ("", format!("{}co-oil", w(39)), body),
        ("", format!("{}oil", "油 ".repeat(39)), lead),
        ("", format!("{}oil", "油".repeat(40)), body),
        ("", format!("{}’s oil", w(38).trim_end()), lead),
        ("", format!("{}’s oil", w(39).trim_end()), body),
        ("", format!("{}can’t oil", w(37)), lead),
        ("", format!("{}can’t oil", w(38)), body),
        ("", format!("{}can't oil", w(38)), lead),
    ];
    for (summary, text, expect) in &texts {
        check_score(("any = ['oil']", ["", summary, text], *expect));
    }
    // Summary and text are counted together; a summary that stands in the text is not.
    check_score(("any = ['oil']", ["", &w(39), "oil"], lead));
    check_score(("any = ['oil']", ["", &w(40), "oil"], body));
    check_score(("any = ['oil']", ["", "oil", ""], lead));
    check_score(("any = ['oil']", ["", "Oil is up …", "Oil is up again."], lead));
    check_score(("any = ['oil']", ["", "Oil is up", "Oil went up."], 0.6241));
    check_score(("any = ['oil']", ["Oil", "", ""], title));
    for (term, fields) in [("title:", [title, 0.0, 0.0, 0.0]), ("lead:", [0.0, lead, 0.0, 0.0])] {
        let any = format!("any = ['{term}oil']");
        for (text, expect) in [w(0), w(40), w(200)].iter().zip(&fields[1..]) {
            check_score((&any, ["", "", &format!("{text}oil")], *expect));
        }
        check_score((&any, ["Oil", "", ""], fields[0]));
    }
}

#[test]
fn scores_are_those_of_the_formulas() {
    let w = |n: usize| "word ".repeat(n);
    let deep = format!("{}oil {}", w(40), w(9));
    let far = format!("{}oil", w(200));
    let table: &[Scored] = &[
        ("any = ['oil']", ["Oil oil", "", ""], 0.6952),
        ("any = ['oil']", ["Oil oil oil", "", "oil oil"], 0.6952),
        ("any = ['oil']", ["Oil", "", "oil"], 0.6736),
        ("any = ['oil']", ["", "", &format!("{deep}oil")], 0.5),
        ("any = ['oil^2']", ["Oil", "", ""], 0.875),
        ("any = ['oil^0.5']", ["", "", "oil"], 0.3148),
        ("any = [{ term = 'oil', weight = 2 }]", ["Oil", "", ""], 0.875),
        ("any = [{ term = 'oil', field = 'lead' }]", ["Oil", "", "oil"], 0.5305),
        ("any = ['oil', 'price']", ["Oil price", "", ""], 0.875),
        ("any = ['oil', 'price']\nmin_terms = 2", ["Oil oil", "", "oil"], 0.0),
        ("any = ['oil', 'price']\nmin_terms = 2", ["Oil price", "", ""], 0.875),
        ("any = ['oil']\nmention = true", ["", "", &far], 0.5),
        ("any = ['oil']\nmention = true", ["", "", &deep], 0.5),
        ("any = ['oil']\nmention = true", ["", "", "oil"], 0.5305),
        ("any = ['oil']\nless = ['gas']", ["Oil", "", "gas"], 0.2469),
        ("any = ['oil']\nless = ['gas^2']", ["Oil", "", "gas"], 0.0),
        ("any = ['oil']\nnone = ['gas']", ["Oil", "", &format!("{}gas", w(300))], 0.0),
        ("any = ['oil']\nnone = ['gas']\nignore = ['gas lamp']", ["Oil gas lamps", "", ""], 0.6464),
        ("any = ['oil']\nignore = ['olive oil']", ["Olive oil, oil", "", ""], 0.6464),
        ("any = ['oil']\nignore = ['olive oil']", ["Olive-oil", "", ""], 0.0),
        ("all = ['oil', 'price']", ["Oil", "", &format!("{}price", w(40))], 0.3700),
        ("all = ['oil', ['price', 'cost']]", ["Oil price cost", "", ""], 0.6464),
        ("all = ['oil', 'price']\nany = ['gas']", ["Oil", "", &format!("gas {}price", w(40))], 0.7043),
        ("all = ['oil', 'price']\nany = ['gas']", ["Oil gas", "", ""], 0.0),
        (
            "any = [{ term = 'oil', with = ['gas', 'price'] }]",
            ["Oil", "", &format!("{}price", w(300))],
            0.6464,
        ),
        ("any = [{ term = 'oil', with = ['gas'] }]\nignore = ['gas lamp']", ["Oil", "", "gas lamp"], 0.0),
    ];
    for row in table {
        check_score(*row);
    }
}

#[test]
fn near_counts_words_between() {
    let near = |within: u32, more: &str| {
        format!("[[topic.near]]\nwithin = {within}\na = ['kim jong-un', '金']\nb = ['train', '車']\n{more}")
    };
    let table: &[(u32, &str, &str, f64)] = &[
        (1, "", "Kim Jong-un train", 0.6464),
        (1, "", "train Kim Jongun", 0.6464),
        (1, "", "Kim Jong-un’s train", 0.6464),
        (1, "", "Kim Jong-un took train", 0.0),
        (2, "", "Kim Jong-un took train", 0.6464),
        (2, "", "Train for Kim Jong-un", 0.6464),
        (2, "ordered = true", "Train for Kim Jong-un", 0.0),
        (2, "ordered = true", "Kim Jong-un in train", 0.6464),
        (2, "", "Kim Jong-un took the train", 0.0),
        (2, "", "Kim Jong-un F-16 train", 0.0),
        (3, "", "Kim Jong-un F-16 train", 0.6464),
        (3, "", "金がが車", 0.6464),
        (2, "", "金がが車", 0.0),
        (2, "weight = 0.9", "Kim Jong-un in train", 0.6077),
        // Each stretch from one to the other is an occurrence: x is 6.
        (5, "", "Kim Jong-un train train", 0.6952),
    ];
    for (within, more, title, expect) in table {
        check_score((&near(*within, more), [title, "", ""], *expect));
    }
    check_score((&near(100, ""), ["Kim Jong-un", "", "train"], 0.0));
    let filler = "word ".repeat(99);
    check_score((&near(100, ""), ["", "", &format!("Kim Jong-un {filler}train")], 0.5305));
    check_score((&near(99, ""), ["", "", &format!("Kim Jong-un {filler}train")], 0.0));
    check_score((&near(9, ""), ["", "", &format!("{filler}Train of Kim Jong-un")], 0.3700));
}

#[test]
fn a_phrase_stays_within_its_text() {
    let any = "any = ['arms deal']";
    check_score((any, ["Arms", "", "deal"], 0.0));
    check_score((any, ["", "arms", "deal"], 0.0));
    check_score((any, ["Arms deal", "", ""], 0.6464));
    check_score((any, ["Arms\u{2003}deal", "", ""], 0.6464));
    // Lead and body are one text: what stands across counts where it begins.
    check_score((any, ["", "", &format!("{}arms deal", "word ".repeat(39))], 0.5305));
}

#[test]
fn what_is_ignored_counts_for_nothing_in_the_topic() {
    let ignore = "ignore = ['coat of arms']\n";
    let title = "Coat of arms deal";
    let near = "[[topic.near]]\nwithin = 3\na = ['arms']\nb = ['deal']";
    for (topic, expect) in [
        ("any = ['arms']", 0.0),
        ("any = ['arms deal']", 0.0),
        ("any = ['coats of arms']", 0.0),
        ("any = ['deal']", 0.6464),
        ("any = ['deal']\nless = ['arms']", 0.6464),
        ("any = ['deal']\nnone = ['arms']", 0.6464),
        ("any = [{ term = 'deal', with = ['arms'] }]", 0.0),
        ("all = ['deal', 'arms']", 0.0),
        ("any = ['deal', 'arms']\nmin_terms = 2", 0.0),
        (near, 0.0),
    ] {
        check_score((&format!("{ignore}{topic}"), [title, "", ""], expect));
    }
    check_score((&format!("{ignore}{near}"), ["Arms deal: coat of arms", "", ""], 0.6464));
    check_score((
        &format!("{ignore}any = ['arms']"),
        ["Coat-of-arms, coats of arms, COAT OF ARMS", "", ""],
        0.0,
    ));
}

/// The lines of a topic's evidence, as `term field count points snippet`.
#[track_caller]
fn check_lines(topic: &str, [title, summary, text]: [&str; 3], expect: &[&str]) {
    let matcher = compile(&toml_topics(&format!("[[topic]]\nid = \"t\"\n{topic}\n")));
    let item = Item { summary: summary.into(), lang: Some("en".into()), ..item(title, text, None) };
    let score = matcher.score_all(&item, &[]).remove(0);
    let lines: Vec<String> = score
        .evidence
        .iter()
        .map(|line| {
            format!("{} {} {} {:.3} {}", line.term, line.field, line.count, line.points, line.snippet)
        })
        .collect();
    assert_eq!(lines, expect, "{topic}");
}

#[test]
fn lines_tell_what_counted_where_and_for_how_much() {
    // x = 3 + 1.2: 1.615 points, of which 3 / 4.2 for the title.
    check_lines(
        "any = ['oil']",
        ["O\u{ad}il’s rise", "", "The  OIL\nis up"],
        &["oil title 1 1.154 «O\u{ad}il»’s rise", "oil lead 1 0.462 The «OIL» is up"],
    );
    // x = 12 + 2.4, cut to 6: 1.714 points in the same proportion.
    check_lines(
        "any = ['oil']",
        ["Oil oil oil oil", "", "oil oil"],
        &["oil title 4 1.429 «Oil» oil oil oil", "oil lead 2 0.286 «oil» oil"],
    );
    check_lines(
        "any = ['oil^0.5', '=U.S. plan']\nless = ['gas^2', 'coal']",
        ["Gas", "Oil: a U.S. plan", "coal"],
        &[
            "=U.S. plan lead 1 1.091 Oil: a «U.S. plan»",
            "oil lead 1 0.545 «Oil»: a U.S. plan",
            "coal lead 1 -1.091 «coal»",
            "gas title 1 -3.000 «Gas»",
        ],
    );
    // A summary that stands in the text is shown from there.
    check_lines(
        "any = ['김정은', '金正恩']",
        ["", "金正恩 …", "前 金正恩氏; 김정은이"],
        &["김정은 lead 1 1.091 前 金正恩氏; «김정은이»", "金正恩 lead 1 1.091 前 «金正恩»氏; 김정은이"],
    );
    check_lines(
        "[[topic.near]]\nwithin = 2\nweight = 0.5\na = ['train']\nb = ['Kim Jong-un']",
        ["#KimJongUn’s train, train", "", "Kim Jongun by train"],
        &[
            "near 2: train … Kim Jong-un title 2 0.714 #«KimJongUn»’s «train», train",
            "near 2: train … Kim Jong-un lead 1 0.143 «Kim Jongun» by «train»",
        ],
    );
    check_lines(
        "any = ['oil']\nnone = ['title:advert']",
        ["An advert", "", "advert oil"],
        &["oil lead 1 1.091 advert «oil»", "advert title 1 0.000 An «advert»"],
    );
}

#[test]
fn languages_and_sources_are_conditions() {
    for (languages, lang, title, outcome) in [
        ("['en']", Some("en-GB"), "Oil", ScoreOutcome::Hit),
        ("['en']", Some("eng"), "Oil", ScoreOutcome::Hit),
        ("['EN']", Some("en"), "Oil", ScoreOutcome::Hit),
        ("['en']", None, "Oil", ScoreOutcome::Hit),
        ("['en']", Some("de"), "Oil", ScoreOutcome::Excluded),
        ("['ru', 'ko']", None, "Oil: цены на нефть сегодня растут", ScoreOutcome::Hit),
        ("['ru', 'ko']", Some("en"), "Oil", ScoreOutcome::Excluded),
        ("['en-GB']", Some("en-gb"), "Oil", ScoreOutcome::Hit),
        ("['en-GB']", Some("en-us"), "Oil", ScoreOutcome::Excluded),
    ] {
        let mut topics = toml_topics("[[topic]]\nid = 't'\nany = ['oil']");
        let row: toml::Table = format!("l = {languages}").parse().unwrap();
        topics[0].languages = row["l"].clone().try_into().unwrap();
        let score = compile(&topics).score_all(&item(title, "", lang), &[]).remove(0);
        assert_eq!(score.outcome, outcome, "{languages} {lang:?}");
    }
}

#[test]
fn thresholds_are_reached_by_equal_scores() {
    let two = format!("{}oil and oil", "word ".repeat(40));
    for (threshold, title, text, hit) in [
        ("0.5", "", two.as_str(), true),
        ("0.500001", "", &two, false),
        ("0.646447", "Oil", "", true),
        ("0.646448", "Oil", "", false),
        ("0.370039", "", &two[..two.len() - 4], true),
    ] {
        let matcher =
            compile(&toml_topics(&format!("[[topic]]\nid = 't'\nany = ['oil']\nthreshold = {threshold}")));
        let score = matcher.score_all(&item(title, text, Some("en")), &[]).remove(0);
        assert_eq!(score.outcome == ScoreOutcome::Hit, hit, "{score:#?}");
    }
}
