//! The search over the archive: what it finds, and that the sieve in front loses nothing.

use std::sync::Arc;
use std::time::Duration;

use newshound::app::search::{Found, Narrowed, Next, Search, search};
use newshound::config::{Config, Environment, PerHost, parse_str};
use newshound::matcher::keys::Sieve;
use newshound::model::{Item, ItemId, ItemKeys, Memory, PollRecord, SeenItem, Sketch, SourceId, Timestamp};
use newshound::store::{Lease, Sought, Store, Watched};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Words of many scripts in the forms they take, with what joins, folds and splits them.
const WORDS: &[&str] = &[
    "Kim",
    "kim",
    "Jong-un",
    "Jongun",
    "#KimJongUn",
    "deal",
    "deals",
    "arms",
    "Arms-deal",
    "travel",
    "travelling",
    "Travellers",
    "happy",
    "happier",
    "U.S.",
    "US",
    "us",
    "co-operation",
    "cooperation",
    "F-16",
    "F16",
    "O'Neill",
    "l'Ukraine",
    "Ukraine’s",
    "élection",
    "elections",
    "Straße",
    "STRASSEN",
    "Waffe",
    "Waffen",
    "Владивосток",
    "Владивостоке",
    "Киев",
    "Киеве",
    "поставки",
    "поставками",
    "김정은",
    "김정은이",
    "방문했다",
    "북·러",
    "金正恩",
    "金正",
    "訪露",
    "北",
    "ｶﾞｽ",
    "ガス",
    "ไทย",
    "ประเทศไทย",
    "الأسلحة",
    "أسلحة",
    "Αθήνα",
    "ΑΘΗΝΑΣ",
    "1,000",
    "1000",
    "the",
    "of",
];

fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(WORDS), 0..8).prop_map(|words| words.join(" "))
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let lang =
        select(vec![None, None, Some("en"), Some("de"), Some("ru"), Some("fr"), Some("tr"), Some("ar")]);
    let row = (texts(), texts(), texts(), lang, select(vec!["bbc", "tass", "kbs"]));
    proptest::collection::vec(row, 1..24).prop_map(|rows| {
        rows.into_iter()
            .enumerate()
            .map(|(n, (title, summary, text, lang, source))| Item {
                url: Some(format!("https://{source}.example/{n}")),
                author: (n % 3 == 0).then(|| "Ann Lee".to_owned()),
                lang: lang.map(str::to_owned),
                summary,
                text,
                ..item(source, &n.to_string(), &title)
            })
            .collect()
    })
}

fn item(source: &str, guid: &str, title: &str) -> Item {
    let source = SourceId::new(source);
    let id = ItemId::of(&source, guid);
    Item {
        source: Some(source),
        title: title.into(),
        tags: vec!["news".into()],
        keys: ItemKeys { guid: Some(guid.into()), ..ItemKeys::default() },
        ..Item::bare(id)
    }
}

/// A word as a query may have it: whole, exact, or with a wildcard for its end, middle or start.
fn terms() -> impl Strategy<Value = String> {
    let cut = |word: &str, n: usize| word.chars().take(n).collect::<String>();
    prop_oneof![
        4 => select(WORDS).prop_map(str::to_owned),
        1 => select(WORDS).prop_map(|word| format!("={word}")),
        2 => (select(WORDS), 3..6_usize).prop_map(move |(word, n)| format!("{}*", cut(word, n))),
        1 => (select(WORDS), 3..5_usize).prop_map(move |(word, n)| {
            let rest: String = word.chars().skip(n + 1).collect();
            format!("{}?{rest}", cut(word, n))
        }),
        1 => (select(WORDS), 1..3_usize).prop_map(|(word, n)| {
            format!("*{}", word.chars().skip(n).collect::<String>())
        }),
        3 => proptest::collection::vec(select(WORDS), 1..4).prop_map(|words| format!("\"{}\"", words.join(" "))),
        1 => (select(WORDS), select(WORDS)).prop_map(|(one, other)| format!("\"{one} {other}*\"")),
        1 => select(vec![
            "source:bbc", "source:t*", "lang:en", "lang:ru", "url:kbs", "author:lee", "tag:news", "tag:none",
        ]).prop_map(str::to_owned),
    ]
}

fn queries() -> impl Strategy<Value = String> {
    terms().prop_recursive(4, 24, 3, |inner| {
        let many = || proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            many().prop_map(|parts| format!("({})", parts.join(" OR "))),
            many().prop_map(|parts| format!("({})", parts.join(" AND "))),
            many().prop_map(|parts| parts.join(" ")),
            inner.clone().prop_map(|part| format!("NOT {part}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} AND NOT {b})")),
            (inner.clone(), 1..9_u32, inner.clone()).prop_map(|(a, n, b)| format!("({a} NEAR/{n} {b})")),
            (inner.clone(), 1..9_u32, inner.clone()).prop_map(|(a, n, b)| format!("({a} W/{n} {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} BUTNOT {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} WITH {b})")),
            (1..3_u32, inner.clone()).prop_map(|(n, part)| format!("ATLEAST/{n} ({part})")),
            (select(vec!["title", "lead", "text"]), inner)
                .prop_map(|(field, part)| format!("{field}:({part})")),
        ]
    })
}

/// A store with a configuration that knows its sources.
struct Archive {
    store: Store,
    config: Config,
    _folder: tempfile::TempDir,
}

impl Archive {
    async fn with(items: Vec<Item>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("n.db").display())).await.unwrap();
        let text = "[[source]]\nid = 'tass'\nurl = 'https://tass.example/'\ntags = ['none']\n";
        let config = parse_str("n.toml", text, &Environment::of("/nowhere", &[])).config.unwrap();
        let archive = Archive { store, config, _folder: folder };
        let half = items.len() / 2;
        for (at, part) in [&items[..half], &items[half..]].into_iter().enumerate() {
            archive.record(part, NOW + Duration::from_hours(24) * u32::try_from(at).unwrap()).await;
        }
        archive
    }

    /// Stores items as a poll would that brought them.
    async fn record(&self, items: &[Item], now: Timestamp) {
        let source =
            Watched { id: SourceId::new("bbc"), host: "h".into(), address: "h/bbc".into(), enabled: true };
        self.store.sync_sources(&[source], now).await.unwrap();
        let lease = Lease { holder: "us".into(), length: Duration::from_mins(1) };
        let pace = PerHost { concurrency: 1, gap: Duration::ZERO };
        let mut state = self.store.claim_sources(&lease, pace, 1, now).await.unwrap().remove(0).state;
        state.next_due = now;
        let seen = |item: &Item| SeenItem {
            item: item.clone(),
            baseline: true,
            scores: vec![],
            routed: vec![],
            sketch: Sketch::default(),
        };
        let record = PollRecord {
            source: state.id.clone(),
            decide: Box::new(move |_| newshound::model::Next {
                state: state.clone(),
                notes: vec![],
                host: None,
            }),
            n_skipped: 0,
            memory: Memory::Kept,
            polled_at: now,
            took: Duration::ZERO,
            body_bytes: 0,
            host_pause: None,
            story_window: std::time::Duration::from_hours(72),
            versions: Arc::default(),
            items: items.iter().map(seen).collect(),
        };
        self.store.record_poll(&lease, &record).await.unwrap();
    }

    /// Returns what a search finds.
    async fn search(&self, query: &str, narrowed: Narrowed) -> Vec<(String, f64)> {
        let compiled = Search::compile(query).0.unwrap();
        let mut all = Vec::new();
        search(&self.store, &self.config, (compiled, narrowed), |Found { item, score }| {
            all.push((item.id.to_string(), score.score));
            Next::More
        })
        .await
        .unwrap();
        all
    }

    /// Returns what scoring every item finds.
    async fn scored(&self, query: &Search) -> Vec<(String, f64)> {
        let sought = Sought { sieve: Sieve::All, since: None, source: None };
        let all = self.store.candidates(&sought).await.unwrap();
        let all = self.store.items_numbered(&all).await.unwrap();
        let tags = |item: &Item| {
            self.config
                .source(item.source.as_ref().unwrap())
                .map(|source| source.tags.clone())
                .unwrap_or_default()
        };
        let scored = all.iter().map(|item| (item, query.score(item, &tags(item))));
        scored.filter_map(|(item, score)| Some((item.id.to_string(), score?.score))).collect()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_sieve_loses_nothing_that_the_matcher_finds(
        items in items(),
        queries in proptest::collection::vec(queries(), 12),
    ) {
        runtime().block_on(async {
            let archive = Archive::with(items).await;
            for query in queries {
                let Some(compiled) = Search::compile(&query).0 else { continue };
                let expect = archive.scored(&compiled).await;
                prop_assert_eq!(archive.search(&query, Narrowed::default()).await, expect, "{}", query);
            }
            Ok(())
        })?;
    }
}

/// The titles that a search finds, newest first.
#[track_caller]
fn check(query: &str, expect: &[&str]) {
    const TITLES: [&str; 6] = [
        "Kim Jong-un travels to Vladivostok",
        "김정은이 러시아를 방문했다",
        "金正恩氏が訪露",
        "Во Владивостоке открылся форум",
        "Waffenlieferungen: Waffen für Kiew",
        "Hockey in Vladivostok",
    ];
    runtime().block_on(async {
        let items: Vec<Item> = TITLES.iter().map(|title| item("bbc", title, title)).collect();
        let archive = Archive::with(items).await;
        let found = archive.search(query, Narrowed::default()).await;
        let title =
            |id: &String| *TITLES.iter().find(|title| item("bbc", title, title).id.as_str() == id).unwrap();
        assert_eq!(found.iter().map(|(id, _)| title(id)).collect::<Vec<_>>(), expect, "{query}");
    });
}

#[test]
fn plain_words_and_queries_find_what_they_mean() {
    check("vladivostok", &["Hockey in Vladivostok", "Kim Jong-un travels to Vladivostok"]);
    check("kim vladivostok", &["Kim Jong-un travels to Vladivostok"]);
    check("vladivostok NOT hockey", &["Kim Jong-un travels to Vladivostok"]);
    check("NOT hockey Vladivostok", &["Kim Jong-un travels to Vladivostok"]);
    check("Владивосток OR 김정은", &["Во Владивостоке открылся форум", "김정은이 러시아를 방문했다"]);
    check("金正恩 OR 訪", &["金正恩氏が訪露"]);
    check("waffen", &["Waffenlieferungen: Waffen für Kiew"]);
    check("waff*", &["Waffenlieferungen: Waffen für Kiew"]);
    check("*lieferungen", &["Waffenlieferungen: Waffen für Kiew"]);
    check("kim NEAR/3 travel", &["Kim Jong-un travels to Vladivostok"]);
    check("Vladivostok source:bbc hockey", &["Hockey in Vladivostok"]);
    check("Vladivostok source:tass", &[]);
    check("=travel", &[]);
}

#[test]
fn a_search_stops_where_enough_was_seen_and_goes_through_many_pages() {
    runtime().block_on(async {
        let items: Vec<Item> = (0..300).map(|n| item("bbc", &n.to_string(), &format!("oil {n}"))).collect();
        let archive = Archive::with(items).await;
        let all = archive.search("oil", Narrowed::default()).await;
        assert_eq!(all.len(), 300);
        let one = archive.search("oil 7", Narrowed::default()).await;
        assert_eq!(one.len(), 1);
        let since = Narrowed { since: Some(NOW + Duration::from_hours(1)), ..Narrowed::default() };
        assert_eq!(archive.search("oil", since).await, all[..150]);
        let compiled = Search::compile("oil").0.unwrap();
        let mut n_seen = 0;
        let stop = |_: Found| {
            n_seen += 1;
            if n_seen == 100 { Next::Enough } else { Next::More }
        };
        search(&archive.store, &archive.config, (compiled, Narrowed::default()), stop).await.unwrap();
        assert_eq!(n_seen, 100);
    });
}

#[test]
fn a_long_query_is_no_trouble() {
    let words: Vec<String> = (0..2500).map(|n| format!("\"word{n} other{n}\"")).collect();
    let deep = format!("{}oil{}", "(x OR (y AND ".repeat(25), "))".repeat(25));
    runtime().block_on(async {
        let archive =
            Archive::with(vec![item("bbc", "1", "word77 other77"), item("bbc", "2", "x oil y")]).await;
        assert_eq!(archive.search(&words.join(" OR "), Narrowed::default()).await.len(), 1);
        assert_eq!(archive.search(&deep, Narrowed::default()).await.len(), 1);
    });
}

#[test]
fn faults_of_a_query_are_told_with_their_place() {
    for (query, said) in [
        ("(kim OR", "expected"),
        ("NOT kim", "names nothing to find"),
        ("", "is empty"),
        ("ki*", "3 letters"),
    ] {
        let (search, problems) = Search::compile(query);
        assert!(search.is_none(), "{query}");
        let told = problems[0].render();
        assert!(told.starts_with("query:1:") && told.contains(said), "{query}: {told}");
    }
}
