//! Lists of addresses: which ids they get, and what is told of what is wrong with them.

use proptest::prelude::*;

use super::super::*;
use super::lines;
use crate::model::SourceId;

/// Loads a configuration with these files beside it.
fn load_with(main: &str, lists: &[(&str, &str)]) -> Loaded {
    let directory = tempfile::tempdir().unwrap();
    let main = format!("include = ['*.txt']\n[fetch]\ncontact = 'a@b.example'\n{main}");
    for (name, text) in [("newshound.toml", main.as_str())].iter().chain(lists) {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    load(None, Wanted::Required, &Environment::of(directory.path(), &[]))
}

/// The ids of a list's sources, with their addresses.
fn named(list: &str) -> Vec<(String, String)> {
    let loaded = load_with("", &[("a.txt", list)]);
    let config = loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems));
    config.sources.iter().map(|source| (source.id.to_string(), source.url.to_string())).collect()
}

fn ids(list: &str) -> Vec<String> {
    named(list).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn an_address_alone_goes_by_host_and_path_whatever_else_it_has() {
    assert_eq!(
        ids("https://a.example:8443/x?q=1\nhttps://b.example/News.xml\n"),
        ["a-example-x", "b-example-news-xml"]
    );
}

#[test]
fn addresses_of_one_host_and_path_are_told_apart() {
    // The one with neither port nor query is what the plain id says.
    assert_eq!(
        ids("https://a.example/x?q=kim\nhttps://a.example/x\nhttps://a.example:444/x\n"),
        ["a-example-444-x", "a-example-x", "a-example-x-q-kim"]
    );
    assert_eq!(
        ids("https://a.example/x?q=1\nhttps://a.example/x?q=2\n"),
        ["a-example-x-q-1", "a-example-x-q-2"]
    );
    // Where port and query do not tell, the hash of the address does, and no secret is shown.
    let hashed = ids("http://a.example/x\nhttps://a.example/x\nhttps://a.example/x?key=s3cret\n");
    assert!(hashed.iter().all(|id| id.starts_with("a-example-x-")), "{hashed:?}");
    assert!(hashed.iter().all(|id| !id.contains("s3cret")), "{hashed:?}");
    assert_eq!(hashed.len(), 3);
}

#[test]
fn an_id_does_not_depend_on_the_order_of_the_lines() {
    let lines = [
        "https://a.example/x?q=1",
        "https://a.example/x?q=2",
        "http://a.example/x?q=2",
        "https://b.example/",
    ];
    let mut turned = lines;
    turned.reverse();
    assert_eq!(named(&lines.join("\n")), named(&turned.join("\r\n")));
    // One more or less of them changes nothing for the others.
    let all = named(&lines.join("\n"));
    let fewer = named(&lines[1..].join("\n"));
    assert!(fewer.iter().all(|one| all.contains(one)), "{fewer:?} {all:?}");
}

#[test]
fn a_table_goes_before_a_line() {
    let table = "[[source]]\nurl = 'https://a.example/x'\ntags = ['mine']\n[[source]]\nid = 'b-example'\nurl = 'https://c.example/'\n";
    let loaded =
        load_with(table, &[("a.txt", "https://a.example/x\nhttps://a.example/x?q=1\nhttps://b.example/\n")]);
    let told = lines(&loaded.problems);
    assert_eq!(
        told,
        [
            "a.txt:1:1: warning: this address is given twice and polled once | it stands at newshound.toml:5:7 already"
        ]
    );
    let sources = loaded.config.unwrap().sources;
    let all: Vec<String> =
        sources.iter().map(|source| format!("{} {}", source.id, source.tags.len())).collect();
    assert_eq!(all.len(), 4);
    assert_eq!(
        (all[0].as_str(), all[1].as_str(), all[2].as_str()),
        ("a-example-x 1", "a-example-x-q-1 0", "b-example 0")
    );
    assert!(all[3].starts_with("b-example-") && all[3].len() > 20, "{all:?}");
    assert_eq!(sources.get(&SourceId::new("a-example-x")).unwrap().tags, ["mine"]);
    assert_eq!((sources.len(), sources.n_enabled(), sources.tables().len()), (4, 4, 2));
}

#[test]
fn repeated_addresses_are_told_once_with_their_number() {
    let list =
        "https://a.example/1\nhttps://a.example/1\n".to_owned() + &"https://A.example:443/1\n".repeat(40);
    let loaded =
        load_with("", &[("a.txt", &list), ("b.txt", "# more\nhttps://a.example/1\nhttps://a.example/2\n")]);
    assert_eq!(
        lines(&loaded.problems),
        [
            "a.txt:2:1: warning: 42 lines, this one first, repeat addresses, which are polled once each | it stands at a.txt:1:1 already"
        ]
    );
    assert_eq!(loaded.config.unwrap().sources.len(), 2);
}

#[test]
fn of_many_bad_lines_some_are_told_and_the_rest_are_counted() {
    let list = "https://a.example/1\n".to_owned()
        + &"news.example/feed\n".repeat(5_000)
        + "https://u:hunter2@a.example/2\n"
        + &format!("https://a.example/{}\n", "x".repeat(5_000));
    let loaded = load_with("", &[("a.txt", &list)]);
    assert!(loaded.config.is_none());
    let told = lines(&loaded.problems);
    assert_eq!(told.len(), 22, "{told:#?}");
    assert_eq!(told[0], "a.txt:2:1: `url` has no scheme | begin with `https://`");
    assert!(told.contains(&"a.txt:22:1: 4981 more lines of a.txt are no addresses that can be polled | a list holds one http or https address a line".to_owned()), "{told:#?}");
    assert!(
        told.contains(&"a.txt:22:1: warning: there are 1 more such lines in a.txt".to_owned()),
        "{told:#?}"
    );
    assert!(!format!("{told:?}").contains("hunter2"));
}

#[test]
fn what_a_line_keeps_secret_is_polled_and_not_shown() {
    let loaded =
        load_with("", &[("a.txt", "\u{feff}https://u:hunter2@a.example/x?key=hunter2\r\n\r\n # no\r\n")]);
    assert!(
        lines(&loaded.problems)[0].starts_with("a.txt:1:1: warning: the secret `url` stands in the file")
    );
    assert!(!loaded.problems[0].render().contains("hunter2"));
    let config = loaded.config.unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let source = config.sources.iter().next().unwrap();
    assert_eq!(source.url.as_str(), "https://u:hunter2@a.example/x?key=hunter2");
    assert_eq!(source.shown_url(), "https://a.example/x");
    assert_eq!(config.source_name(Some(&source.id)).unwrap(), "a-example-x");
}

#[test]
fn refused_addresses_of_a_list_are_told_up_to_a_number() {
    let list = (0..300).map(|n| format!("http://127.0.0.1/{n}\n")).collect::<Vec<_>>().concat();
    let loaded = load_with("[[source]]\nurl = 'http://127.0.0.2/'\n", &[("a.txt", &list)]);
    let told = lines(&guard_problems(&loaded.config.unwrap()));
    assert_eq!(told.len(), 22);
    assert!(told[21].contains("280 more sources of lists have an address that is refused"), "{}", told[21]);
}

#[test]
fn a_topic_may_name_a_source_of_a_list() {
    let topic = |source: &str| format!("[[topic]]\nid = 't'\nany = ['x']\nsources = ['{source}']\n");
    let list = [("a.txt", "https://a.example/x\nhttps://b.example/y\n")];
    assert!(load_with(&topic("a-example-x"), &list).config.is_some());
    let told = lines(&load_with(&topic("a-example-z"), &list).problems);
    assert_eq!(
        told,
        ["newshound.toml:7:12: no source has the id \"a-example-z\" | did you mean \"a-example-x\"?"]
    );
}

#[test]
fn sources_are_found_by_id_and_by_address() {
    let list =
        (0..2_000).map(|n| format!("https://h{}.example/feed/{n}\n", n % 70)).collect::<Vec<_>>().concat();
    let table = "[[source]]\nid = 'h1'\nurl = 'https://h1.example/own'\nenabled = false\n";
    let sources = load_with(table, &[("a.txt", &list)]).config.unwrap().sources;
    let all: Vec<_> = sources.iter().collect();
    assert_eq!((all.len(), sources.len(), sources.n_enabled()), (2_001, 2_001, 2_000));
    assert!(all.windows(2).all(|two| two[0].id < two[1].id), "they come by id");
    for source in &all {
        assert_eq!(sources.get(&source.id).unwrap().url, source.url);
        assert_eq!(sources.at_address(&source.url).unwrap().id, source.id);
        assert!(sources.contains(&source.id));
        assert_eq!(sources.is_polled(&source.id), source.id.as_str() != "h1");
    }
    for unknown in ["", "h", "h1-example-feed", "zzz"] {
        assert!(sources.get(&SourceId::new(unknown)).is_none());
    }
    assert!(sources.at_address(&"https://h1.example/feed/2?x".parse().unwrap()).is_none());
}

#[test]
fn the_version_changes_with_ids_addresses_and_switches_and_with_nothing_else() {
    let version =
        |main: &str, list: &str| load_with(main, &[("a.txt", list)]).config.unwrap().sources.version();
    let table = "[[source]]\nid = 's'\nurl = 'https://s.example/'\n";
    let one = version(table, "https://a.example/1\nhttps://a.example/2\n");
    assert_eq!(one, version(table, "# why\nhttps://a.example/2\n\nhttps://a.example/1\n"));
    assert_eq!(one, version(&format!("{table}tags = ['x']\n"), "https://a.example/1\nhttps://a.example/2\n"));
    for (main, list) in [
        (table, "https://a.example/1\n"),
        (table, "https://a.example/1\nhttp://a.example/2\n"),
        (&format!("{table}enabled = false\n"), "https://a.example/1\nhttps://a.example/2\n"),
        (&table.replace("s.example", "t.example"), "https://a.example/1\nhttps://a.example/2\n"),
    ] {
        assert_ne!(one, version(main, list), "{main} {list}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever the addresses: each that differs is one source, ids differ and can be found, and the
    /// order of the lines means nothing.
    #[test]
    fn every_address_is_one_source(
        mut addresses in proptest::collection::vec(
            "https?://[ab]\\.example(:8[01])?/[AaBb./-]{0,3}(\\?(k|key)=[ab]{0,2})?", 1..40),
    ) {
        let one = named(&addresses.join("\n"));
        addresses.reverse();
        let other = named(&addresses.join("\n"));
        prop_assert_eq!(&one, &other);
        let distinct: std::collections::BTreeSet<String> =
            addresses.iter().map(|address| address.parse::<url::Url>().unwrap().to_string()).collect();
        let urls: std::collections::BTreeSet<String> = one.iter().map(|(_, url)| url.clone()).collect();
        prop_assert_eq!(urls, distinct);
        prop_assert!(one.windows(2).all(|two| two[0].0 < two[1].0));
        prop_assert!(one.iter().all(|(id, _)| id.len() <= 120));
    }
}
