//! The whole page, on news that is well, wrong, new and hostile.

use super::*;
use crate::model::Field;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn evidence(field: Field, snippet: &str) -> Evidence {
    Evidence { term: "x".into(), field, count: 1, weight: 1.0, points: 1.5, snippet: snippet.into() }
}

fn alert(title: &str, lang: &str, topic: &str, reasons: Vec<Evidence>) -> AlertView {
    AlertView {
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
            "<b>All well.</b> 3 of 4 sources answer, and every alert is delivered or on its way.",
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
            "Mon 09:00",
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
fn what_is_wrong_is_counted_and_listed() {
    let mut view = sample();
    view.problems =
        vec!["channel desk-mail: timeout, 2 deliveries wait".to_owned(), "the store: busy".to_owned()];
    view.pending = 2;
    assert_in_order(
        &overview(&view).0,
        &[
            "<title>newshound: 2 problems</title>",
            "<div class=\"health wrong\">",
            "<b>Two things are wrong.</b> 3 of 4 sources answer, and 2 deliveries wait.",
            "<li>Channel desk-mail: timeout, 2 deliveries wait.</li>",
            "<li>The store: busy.</li>",
        ],
    );
    view.problems.truncate(1);
    assert!(overview(&view).0.contains("One thing is wrong."));
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
    assert_in_order(
        &overview(&view).0,
        &["All well.", "No source is configured, so", "No source is configured."],
    );
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
    view.problems = vec![EVIL.to_owned()];
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
    view.sources = (0..50).map(|n| source(&format!("s{n:02}"), SourceMode::Active, PollClass::Ok)).collect();
    view.topics = (0..15).map(|n| TopicView { name: format!("t{n}"), hits: n, alerts: 0 }).collect();
    let page = overview(&view).0;
    assert!(page.contains("And 10 more"));
    assert_in_order(&page, &["t14", "t13", "t3", "those with most hits; and 3 more"]);
    assert!(!page.contains(">t2<"));
}

#[test]
fn the_stylesheet_has_a_rule_for_every_class_of_the_page() {
    let page = overview(&sample()).0;
    let classes = page.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for class in classes.flat_map(str::split_whitespace) {
        assert!(STYLE.contains(&format!(".{class}")), "no rule for {class}");
    }
}
