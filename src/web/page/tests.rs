//! The whole page, on news that is well, wrong, new and hostile.

use super::*;
use crate::model::{ChannelName, Field, StoreClass};

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn evidence(field: Field, snippet: &str) -> Evidence {
    Evidence { term: "x".into(), field, count: 1, weight: 1.0, points: 1.5, snippet: snippet.into() }
}

fn alert(title: &str, lang: &str, topic: &str, reasons: Vec<Evidence>) -> AlertView {
    AlertView {
        story: StoryId::of(&ItemId::new(title)),
        item: ItemId::new(format!("it_{title}")),
        title: title.to_owned(),
        url: Some("https://example.org/a?b=1&c=2".to_owned()),
        lang: Some(lang.to_owned()),
        source_name: "Harbour Wire".to_owned(),
        created: at("2026-03-03T08:10:00Z"),
        topic: topic.to_owned(),
        score: 0.646,
        threshold: 0.5,
        evidence: reasons,
        deliveries: vec![DeliveryView {
            channel: "desk-mail".to_owned(),
            state: DeliveryState::Delivered,
            class: Some(DeliveryClass::Ok),
            delivered_at: Some(at("2026-03-03T08:10:02Z")),
        }],
    }
}

fn source(name: &str, state: SourceMode, class: PollClass) -> SourceView {
    SourceView {
        name: name.to_owned(),
        lang: Some("en".to_owned()),
        state,
        class: Some(class),
        message: (state == SourceMode::BackingOff).then(|| "no answer within 15 s".to_owned()),
        last_poll: Some(at("2026-03-03T08:13:00Z")),
        next_poll: Some(at("2026-03-03T08:23:00Z")),
        interval: Duration::from_mins(10),
        items_per_day: 64.2,
    }
}

fn topic(name: &str, hit: &[(usize, u64, u64)]) -> TopicView {
    let mut hours = vec![HourView::default(); 48];
    for (at, hits, alerts) in hit {
        hours[*at] = HourView { hits: *hits, alerts: *alerts };
    }
    TopicView { name: name.to_owned(), hours }
}

fn sample() -> PageView {
    PageView {
        version: "0.1.0",
        now: at("2026-03-03T08:14:00Z"),
        zone: jiff::tz::TimeZone::UTC,
        refresh: None,
        started: Some(at("2026-02-19T08:00:00Z")),
        problems: Vec::new(),
        store_answers: true,
        store_fails_since: None,
        last_poll: Some(at("2026-03-03T08:13:40Z")),
        counts: SourceCounts { total: 4, active: 2, backing_off: 1, degraded: 1, disabled: 0 },
        pending: 0,
        alerts: alerts(),
        topics: vec![topic("Kim travel", &[(0, 1_270, 5), (47, 6, 1)]), topic("Vladivostok", &[(30, 11, 0)])],
        more_topics: 0,
        midnights: vec![at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z")],
        channels: vec![ChannelView {
            name: "desk-mail".to_owned(),
            kind: "email",
            pending: 2,
            oldest_pending: Some(at("2026-03-03T08:13:19Z")),
            delivered_last_day: 61,
            failed_last_day: 0,
            last_success: Some(at("2026-03-03T08:10:02Z")),
            class: Some(DeliveryClass::RateLimited),
        }],
        latency: vec![LatencyView {
            name: "fetched to sent",
            p50: Duration::from_millis(38),
            p99: Duration::from_millis(210),
        }],
        sources: vec![
            source("Harbour Wire", SourceMode::Active, PollClass::NotModified),
            source("East Sea Daily", SourceMode::Active, PollClass::Ok),
            source("Primorsky", SourceMode::Degraded, PollClass::Degraded),
            source("Zebra", SourceMode::BackingOff, PollClass::Timeout),
        ],
    }
}

fn alerts() -> Vec<AlertView> {
    let kim = "Kim Jong-un’s armoured train crosses the border near Vladivostok";
    let snippet = "…the «armoured train» carrying «Kim Jong-un» crossed the river shortly after dawn, bound for the port…";
    vec![
        alert(
            kim,
            "en",
            "Kim travel",
            vec![
                evidence(Field::Title, "«Kim Jong-un’s armoured train» crosses the border near Vladivostok"),
                evidence(Field::Lead, snippet),
            ],
        ),
        alert(
            kim,
            "en",
            "Vladivostok",
            vec![evidence(Field::Title, "…crosses the border near «Vladivostok»")],
        ),
        alert(
            "북러 무기 거래 우려 커져",
            "ko",
            "Arms deal",
            vec![evidence(Field::Title, "북러 «무기 거래» 우려 커져")],
        ),
        alert(
            "Во Владивостоке открылся форум",
            "ru",
            "Vladivostok",
            vec![evidence(Field::Title, "Во «Владивостоке» открылся форум")],
        ),
        alert(
            "金正恩氏が訪露、列車で出発",
            "ja",
            "Kim travel",
            vec![evidence(Field::Title, "«金正恩»氏が«訪露»、列車で出発")],
        ),
    ]
}

#[track_caller]
fn assert_in_order(page: &str, expected: &[&str]) {
    let mut rest = page;
    for text in expected {
        let at = rest.find(text).unwrap_or_else(|| panic!("no {text:?} in what follows: {rest}"));
        rest = &rest[at + text.len()..];
    }
}

#[test]
fn the_answer_comes_first_and_the_rest_in_its_order() {
    assert_in_order(
        &overview(&sample()).0,
        &[
            "<title>newshound: all well</title>",
            "All well.</b> 3 of 4 sources answer, and every alert is delivered or on its way.",
            "Last poll 20 s ago. Last alert 4 min ago.",
            "Latest alerts",
            "<mark>Kim Jong-un’s armoured train</mark> crosses the border near <mark>Vladivostok</mark>",
            "the <mark>armoured train</mark> carrying",
            "sent 08:10",
            "<span>Kim travel</span><span class=\"value\">0.65</span>",
            "<span>Vladivostok</span><span class=\"value\">0.65</span>",
            "<h3 lang=\"ko\" dir=\"auto\">",
            "Hits per topic",
            "1,276 hits, 6 alerts",
            "aria-label=\"Kim travel: hits per hour in the last 48 hours, highest 1270\"",
            "Sun 09:00",
            ">Tue<",
            "now",
            "tallest bar 1,270",
            "desk-mail",
            "<code class=\"bad\">rate_limited</code>",
            "38 ms",
            "4: 2 active, 1 backing off, 1 degraded",
            "Zebra",
            "<code class=\"bad\">timeout</code>",
            "Primorsky",
            "East Sea Daily",
            "Harbour Wire",
            "up 12 days",
        ],
    );
}

#[test]
fn one_item_with_two_topics_is_one_piece() {
    let page = overview(&sample()).0;
    assert_eq!(page.matches("<article>").count(), 4);
    assert_eq!(page.matches("crosses the border").count(), 1);
}

#[test]
fn what_is_wrong_is_counted_and_listed_with_its_remedy() {
    let mut view = sample();
    let since = at("2026-03-03T07:51:00Z");
    let desk_mail = ChannelName::new("desk-mail");
    let (name, class) = (desk_mail.clone(), DeliveryClass::Timeout);
    view.problems = vec![
        Problem::ChannelFails { name, class, waiting: 2, since },
        Problem::GivenUp { name: desk_mail, n: 1 },
    ];
    view.pending = 2;
    assert_in_order(
        &overview(&view).0,
        &[
            "<title>newshound: 2 problems</title>",
            "<b class=\"bad\">Two things are wrong.</b> 3 of 4 sources answer, and 2 deliveries wait.",
            "since <time datetime=\"2026-03-03T07:51:00Z\">07:51</time>",
            "Channel desk-mail does not take its deliveries <code>timeout</code>",
            "2 deliveries wait, none is lost",
            "newshound test channel desk-mail",
            "Channel desk-mail gave up 1 delivery within 24 hours",
        ],
    );
    view.problems.truncate(1);
    assert!(overview(&view).0.contains("One thing is wrong."));
}

#[test]
fn every_problem_reads_as_sentences_without_marks_of_the_terminal() {
    let name = || ChannelName::new("ops-hook");
    let mut problems = vec![
        Problem::Standstill,
        Problem::ChannelGone { name: name(), waiting: 1 },
        Problem::GivenUp { name: name(), n: 3 },
        Problem::Unreachable { since: at("2026-03-03T07:51:00Z") },
        Problem::SourcesFail { failing: 3, polled: 4 },
    ];
    problems.extend(StoreClass::ALL.iter().map(|&class| Problem::Store {
        class,
        message: "so it is".into(),
        waiting: true,
    }));
    problems.extend(DeliveryClass::ALL.iter().map(|&class| Problem::ChannelFails {
        name: name(),
        class,
        waiting: 1,
        since: at("2026-03-03T07:51:00Z"),
    }));
    for problem in problems {
        let mut view = sample();
        view.problems = vec![problem];
        let page = overview(&view).0;
        let (_, rest) = page.split_once("<ol class=\"wrong\">").unwrap();
        let (cause, _) = rest.split_once("</ol>").unwrap();
        let text = cause.replace("datetime=\"2026-03-03T07:51:00Z\"", "");
        assert!(!text.contains('`') && !text.contains("07:51:00"), "{text}");
        assert!(text.contains("<b>To do:</b>") && text.ends_with(".</p></div></li>"), "{text}");
    }
}

#[test]
fn a_store_that_does_not_answer_leaves_only_what_is_wrong() {
    let mut view = sample();
    view.store_answers = false;
    view.store_fails_since = Some(at("2026-03-03T08:02:00Z"));
    view.problems =
        vec![Problem::Store { class: StoreClass::Busy, message: "it is held".to_owned(), waiting: true }];
    let page = overview(&view).0;
    assert_in_order(
        &page,
        &["Alerts are held", "since <time datetime=\"2026-03-03T08:02:00Z\">08:02</time>", "It is held."],
    );
    for absent in ["No alert yet", "Sources", "Hits per topic"] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn a_few_failing_sources_are_named_in_the_small_line() {
    let mut view = sample();
    let name = "1 source fails (<bdi lang=\"en\">Zebra</bdi>: <code>timeout</code>, next try 08:23).";
    assert_in_order(&overview(&view).0, &["All well.", name, "Last poll"]);
    view.counts.backing_off = 3;
    assert_in_order(&overview(&view).0, &["3 sources fail (<bdi", "next try 08:23; …)."]);
}

#[test]
fn alerts_of_one_item_stand_together_even_when_others_came_between() {
    let mut view = sample();
    view.alerts.swap(1, 2);
    let page = overview(&view).0;
    assert_eq!(page.matches("<article>").count(), 4);
    view.alerts[2].score = 0.9;
    assert_in_order(
        &overview(&view).0,
        &["<article>", "<span>Vladivostok</span>", "<span>Kim travel</span>"],
    );
}

#[test]
fn bars_share_one_scale_and_dots_tell_of_alerts() {
    let mut view = sample();
    view.topics = vec![topic("a", &[(0, 10, 0)]), topic("b", &[(24, 5, 1)]), topic("c", &[])];
    let page = overview(&view).0;
    assert_in_order(
        &page,
        &[
            "10 hits, 0 alerts",
            "<rect class=\"bar\" x=\"0.00%\" width=\"1.50%\" y=\"2.0\" height=\"36.0\">",
            "5 hits, 1 alert",
            "<rect class=\"bar\" x=\"50.00%\" width=\"1.50%\" y=\"20.0\" height=\"18.0\">",
            "<circle class=\"sent\" cx=\"50.75%\"",
            "0 hits, 0 alerts",
        ],
    );
    assert_eq!((page.matches("class=\"bar\"").count(), page.matches("class=\"sent\"").count()), (2, 1));
    // The first of the 48 hours began at nine, 15 hours before midnight.
    assert!(page.contains("<line class=\"faint\" x1=\"31.25%\""));
}

#[test]
fn the_first_minute_says_that_it_listens() {
    let mut view = sample();
    (view.last_poll, view.alerts, view.channels, view.latency) = (None, Vec::new(), Vec::new(), Vec::new());
    let page = overview(&view).0;
    assert_in_order(&page, &["listening", "Listening.", "No alert yet.", "No channel is configured."]);
    assert!(!page.contains("How fast"));
    view.counts = SourceCounts::default();
    view.sources.clear();
    assert_in_order(&overview(&view).0, &["All well.", "No source is polled.", "No source is configured."]);
}

#[test]
fn refreshing_is_the_readers_choice() {
    let mut view = sample();
    assert!(!overview(&view).0.contains("http-equiv"));
    view.refresh = Some(60);
    assert_in_order(&overview(&view).0, &["<meta http-equiv=\"refresh\" content=\"60\">", "Stop refreshing"]);
}

#[test]
fn nothing_from_outside_becomes_markup_or_script() {
    const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let mut view = sample();
    let name = ChannelName::new(EVIL);
    view.problems = vec![
        Problem::Store { class: StoreClass::IoError, message: EVIL.to_owned(), waiting: true },
        Problem::GivenUp { name: name.clone(), n: 1 },
        Problem::ChannelGone { name, waiting: 1 },
    ];
    view.topics[0].name = EVIL.to_owned();
    view.channels[0].name = EVIL.to_owned();
    view.channels[0].failed_last_day = 2;
    let mut evil = alert(EVIL, EVIL, EVIL, vec![evidence(Field::Lead, &format!("«{EVIL}»"))]);
    evil.url = Some("javascript:alert(1)".to_owned());
    evil.source_name = EVIL.to_owned();
    evil.deliveries[0].channel = EVIL.to_owned();
    evil.deliveries[0].state = DeliveryState::Failed;
    view.alerts = vec![evil];
    view.sources[3].message = Some(EVIL.to_owned());
    view.sources[3].name = EVIL.to_owned();
    let page = overview(&view).0;
    for forbidden in ["<script", "<img", "javascript:", "style="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn long_lists_say_how_much_more_there_is() {
    let mut view = sample();
    view.sources = (0..12).map(|n| source(&format!("s{n:02}"), SourceMode::Active, PollClass::Ok)).collect();
    (view.counts.total, view.more_topics) = (10_012, 3);
    let page = overview(&view).0;
    assert_in_order(&page, &["3 more have fewer.", "And 10,000 more"]);
}

#[test]
fn the_stylesheet_has_a_rule_for_every_class_of_the_page() {
    let mut view = sample();
    view.problems = vec![Problem::Standstill];
    let page = overview(&view).0;
    let classes = page.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for class in classes.flat_map(str::split_whitespace) {
        assert!(STYLE.contains(&format!(".{class}")), "no rule for {class}");
    }
}
