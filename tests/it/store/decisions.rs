//! A replay decides as the store does, with the same reasons: both are told the same random news of
//! two events, with copies, edits and new facts, for topics of every policy.

use std::fmt::Write as _;
use std::io::Cursor;
use std::num::NonZero;

use newshound::app::backtest::{Extent, Feed, Replay, Side, Step};
use newshound::config::{Config, Environment, Topic, parse_str};
use newshound::dedupe;
use newshound::matcher::Matcher;
use newshound::model::RawItem;
use newshound::story;
use proptest::prelude::*;

use super::*;

/// What is written of two events, each time in other words or with something added.
const TEXTS: &[(&str, &str)] = &[
    (
        "War in Ruritania: army crosses the Zenda river",
        "The army of Ruritania crossed the Zenda river on Sunday, the ministry said. Soldiers took the bridge at \
         Streslau after a night of shelling. Residents fled towards the capital.",
    ),
    (
        "War in Ruritania: army crosses the Zenda river",
        "The army of Ruritania crossed the Zenda river on Sunday, the ministry said. Soldiers took the bridge at \
         Streslau after a night of shelling. Residents fled towards the capital. Our reporter has more.",
    ),
    (
        "Army of Ruritania crosses Zenda river in war",
        "Soldiers of Ruritania took a bridge at Streslau on Sunday. A ministry said that their army crossed the \
         river Zenda. Shelling lasted all night, residents fled: the capital is their shelter.",
    ),
    (
        "War in Ruritania: army crosses Zenda river, Rassendyll leads",
        "The ministry said Colonel Rassendyll led 4,172 soldiers of Ruritania over the river on Sunday. Residents \
         who fled Streslau after the shelling told of 37 hussars missing. The army took the bridge of Zenda.",
    ),
    (
        "Choir sings of war",
        "The choir of Hentzau sang an old song of war for an hour, and won a prize of 500 crowns.",
    ),
    (
        "Choir sings of peace",
        "The choir of Hentzau sang an old song of peace for an hour, and won a prize of 500 crowns.",
    ),
    ("War", ""),
];

/// What one source brings at a time: source, id, text, and the hours since the one before.
type News = (&'static str, u8, usize, u32);

fn news() -> impl Strategy<Value = Vec<News>> {
    let source = prop_oneof![Just("a"), Just("b")];
    proptest::collection::vec((source, 0..5_u8, 0..TEXTS.len(), 1_u32..20), 1..16)
}

const TOPICS: &str = "[[topic]]\nid = 'new'\nany = ['war^2']\n\
     [[topic]]\nid = 'none'\nany = ['war^2']\nfollow_ups = 'none'\ncorrections = true\n\
     [[topic]]\nid = 'all'\nany = ['war', 'hussars^2']\nfollow_ups = 'all'\n\
     [[topic]]\nid = 'one'\nany = ['war^2', 'bridge']\nsources = ['b']\ncorrections = true\n\
     [[source]]\nid = 'a'\nurl = 'https://a.example/f'\n[[source]]\nid = 'b'\nurl = 'https://b.example/f'\n";

fn config() -> Config {
    let loaded = parse_str("n.toml", TOPICS, &Environment::of("/", &[]));
    loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems))
}

/// What became of an item for each topic that it reached the threshold of.
type Fates = Vec<(String, String, String)>;

fn seen_by(matcher: &Matcher, topics: &[Topic], (source, id, text, _): &News, now: Timestamp) -> SeenItem {
    let (title, text) = TEXTS[*text];
    let raw =
        RawItem { guid: Some(id.to_string()), title: title.into(), text: text.into(), ..RawItem::default() };
    let item = dedupe::single(&SourceId::new(*source), raw, now);
    let scores = matcher.score(&item, &[]);
    let wanted = |topic: &Topic| Routed {
        follow_ups: topic.follow_ups,
        corrections: topic.corrections,
        ..routed(topic.id.as_str())
    };
    let sketch = story::sketch(&item, &matcher.words(&item));
    SeenItem { item, baseline: false, scores, routed: topics.iter().map(wanted).collect(), sketch }
}

/// Records the news one by one; returns what each meant to the topics it alerted.
async fn recorded(config: &Config, news: &[News]) -> Vec<Fates> {
    let (matcher, _) = Matcher::compile(&config.topics);
    let shelf = Shelf::with(&["a@a.example", "b@b.example"]).await;
    let (mut now, mut fates) = (NOW, Vec::new());
    for one in news {
        now = now + HOUR * one.3;
        let seen = seen_by(&matcher, &config.topics, one, now);
        let recorded = shelf.poll(one.0, vec![seen], now).await;
        let told = recorded
            .new_alerts
            .iter()
            .map(|alert| (alert.topic.to_string(), alert.decision.to_string(), alert.reason.clone()));
        fates.push(told.collect());
    }
    fates
}

fn replayed(config: &Config, news: &[News]) -> Vec<Fates> {
    let (matcher, _) = Matcher::compile(&config.topics);
    let replay = Replay {
        sides: vec![Side::new(&matcher, &config.topics, config)],
        extent: Extent::Touched,
        threads: NonZero::<usize>::MIN,
        max_text: 10_000,
        window: HOUR * 72,
    };
    let mut now = NOW;
    let mut lines = String::new();
    for (source, id, text, hours) in news {
        now = now + HOUR * *hours;
        let (title, text) = TEXTS[*text];
        let line = serde_json::json!({"id": id.to_string(), "source": source, "title": title, "text": text,
            "first_seen": now.to_string()});
        let _ = writeln!(lines, "{line}");
    }
    let mut fates = Vec::new();
    let mut feed = Feed::lines("input", Cursor::new(lines)).unwrap();
    let step = |step: Step<'_>| {
        let Step::Item(replayed) = step else { panic!("every line is an item") };
        let told = replayed.sides[0].iter().filter(|decided| decided.is_alert()).map(|decided| {
            let (topic, reason) = (decided.score.topic.to_string(), decided.reason.clone().unwrap());
            (topic, decided.decision.to_string(), reason)
        });
        fates.push(told.collect());
        Ok(())
    };
    replay.run(&mut feed, step).unwrap();
    fates
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn store_and_replay_tell_the_same_topics_the_same(news in news()) {
        let config = config();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stored = runtime.block_on(recorded(&config, &news));
        prop_assert_eq!(stored, replayed(&config, &news));
    }
}

/// Says the same with other names, its words in another order each time, so that none is a copy.
fn shuffled(number: usize) -> String {
    const WORDS: &str = "army ruritania crossed zenda river sunday ministry soldiers bridge streslau night shelling \
                         residents fled capital government help hentzau castle guns smoke riders";
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    // Steps that share no factor with the number of words lead to each of them once.
    let step = [1, 3, 5, 7, 9, 13, 15, 17, 19, 21][number % 10];
    let order = (0..words.len()).map(|n| words[(n * step + number / 10) % words.len()]);
    let names = (0..4).map(|n| name(number * 4 + n));
    order.map(str::to_owned).chain(names).collect::<Vec<_>>().join(" ")
}

/// Returns a name that nobody else has.
fn name(number: usize) -> String {
    let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).unwrap());
    format!("Zor{}{}{}in", letter(number / 676), letter(number / 26), letter(number))
}

#[tokio::test]
async fn a_storm_on_one_story_makes_few_alerts() {
    let config = config();
    let (matcher, _) = Matcher::compile(&config.topics);
    let shelf = Shelf::with(&["a@a.example"]).await;
    let item = |number: usize, title: &str, text: String| {
        let raw = RawItem { guid: Some(number.to_string()), title: title.into(), text, ..RawItem::default() };
        let item = dedupe::single(&SourceId::new("a"), raw, NOW);
        let (scores, sketch) = (matcher.score(&item, &[]), story::sketch(&item, &matcher.words(&item)));
        SeenItem { item, scores, sketch, ..seen_by(&matcher, &config.topics, &("a", 0, 0, 0), NOW) }
    };
    // What else is in the news makes the words of the one event rare.
    let quiet = |number: usize| {
        item(number, "Quiet", (0..20).map(|n| name(1_000 + number * 20 + n)).collect::<Vec<_>>().join(" "))
    };
    shelf.poll("a", (0..300).map(quiet).collect(), NOW).await;
    let storm = |number: usize| item(1_000 + number, "War in Ruritania", shuffled(number));
    let recorded = shelf.poll("a", (0..40).map(storm).collect(), NOW + HOUR).await;
    let of = |topic: &str| recorded.new_alerts.iter().filter(|alert| alert.topic.as_str() == topic).count();
    assert!((2..=11).contains(&of("new")), "the first, and as many follow-ups as an hour may have");
    assert_eq!(of("none"), 1);
    let n_hits = recorded.hits.iter().filter(|(topic, _)| topic.as_str() == "new").count();
    assert_eq!(n_hits, 40, "none is lost, each is decided on");
}
