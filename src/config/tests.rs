//! The whole of the loader: a text in, valid settings or every problem out.

mod files;
mod keys;
mod lists;
mod places;
mod values;

use proptest::prelude::*;

use super::*;

/// Loads a text where `SET` is the only variable.
fn loaded(text: &str) -> Loaded {
    parse_str("n.toml", text, &Environment::of("/here", &[("SET", "value")]))
}

/// One line a problem: place, severity, class, message, suggestion.
fn lines(problems: &[Problem]) -> Vec<String> {
    let line = |problem: &Problem| {
        let place = problem.place.as_ref().map(|place| format!("{place:?}: ")).unwrap_or_default();
        let warning = if problem.severity == Severity::Warning { "warning: " } else { "" };
        let class = problem.class.map(|class| format!(" [{class}]")).unwrap_or_default();
        let help = problem.suggestion.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{place}{warning}{}{class}{help}", problem.message)
    };
    problems.iter().map(line).collect()
}

/// Checks what is wrong with a text, the missing contact aside.
#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let found = lines(&loaded(text).problems);
    let found: Vec<&String> =
        found.iter().filter(|line| !line.contains("`fetch.contact` is missing")).collect();
    assert_eq!(found, expect, "\n{found:#?}");
}

#[test]
fn an_empty_file_is_all_defaults() {
    check("", &[]);
    let config = loaded("").config.unwrap();
    assert_eq!(config.store.url, "sqlite:/here/state/newshound.db");
    assert_eq!(config.channels[0].name.as_str(), "console");
    assert_eq!((config.routes[0].name.as_str(), config.routes[0].channels.len()), ("default", 1));
    assert_eq!(config.server.listen.unwrap().to_string(), "127.0.0.1:8642");
}

#[test]
fn every_key_of_the_contract_is_known() {
    let loaded = loaded(include_str!("tests/contract.toml"));
    let unknown: Vec<_> = loaded.problems.iter().filter(|p| p.message.contains("unknown key")).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let wrong: Vec<String> = lines(&loaded.problems).into_iter().filter(|l| !l.contains("warning")).collect();
    for error in wrong {
        // The example's files and variables are not here; nothing else is wrong with it.
        let at_hand = ["no such file", "is not set", "postgres", "no file matches"];
        assert!(at_hand.iter().any(|part| error.contains(part)), "{error}");
    }
}

#[test]
fn unknown_keys_are_told_with_what_was_meant() {
    check("tmezone = 'UTC'", &["n.toml:1:1: unknown key `tmezone` | did you mean `timezone`?"]);
    check("[fetch]\ntimeuot = '5s'", &["n.toml:2:1: unknown key `timeuot` | did you mean `timeout`?"]);
    check("[[sources]]\nurl = 'x'", &["n.toml:1:3: unknown key `sources` | did you mean `source`?"]);
    check(
        "[[topic]]\nid = 'a'\nany = ['x']\ntreshold = 0.6",
        &["n.toml:4:1: unknown key `treshold` in topic a | did you mean `threshold`?"],
    );
    check(
        "[[topic]]\nid = 'a'\n[[topic.near]]\na = ['x']\nb = ['y']\nwithn = 4",
        &["n.toml:6:1: unknown key `withn` in topic a | did you mean `within`?"],
    );
    check("[[topic]]\nid = 'a'\nany = ['x']\nfoo = 1", &["n.toml:4:1: unknown key `foo` in topic a"]);
    check(
        "[fetch]\nper_host = { concurency = 1 }",
        &["n.toml:2:14: unknown key `concurency` | did you mean `concurrency`?"],
    );
}

#[test]
fn wrong_types_and_forms_are_told_at_the_value() {
    check(
        "[fetch]\ntimeout = true",
        &["n.toml:2:11: `timeout`: expected a time such as \"15m\", found true or false"],
    );
    check(
        "[fetch]\ninterval = 15",
        &["n.toml:2:12: `interval`: a time has a unit, such as \"15s\" or \"15m\""],
    );
    check("[fetch]\ninterval = '10ms'", &["n.toml:2:12: `interval` is \"adaptive\", or from 1s to a year"]);
    check("[fetch]\nmax_body = '2GiB'", &["n.toml:2:12: `max_body` is at most 1GiB"]);
    check(
        "[fetch]\nmax_body = 'much'",
        &["n.toml:2:12: `max_body`: \"much\" is not a size such as \"64KiB\" or \"10MiB\""],
    );
    check("[fetch]\nmax_items = -1", &["n.toml:2:13: `max_items` is from 0 to 1000000"]);
    check("[fetch]\ntimeout = '10ms'", &["n.toml:2:11: `timeout` is from 100ms to 1h"]);
    check(
        "[fetch]\nallow_networks = ['lan']",
        &["n.toml:2:19: `allow_networks`: \"lan\" is not a network such as \"10.1.0.0/16\""],
    );
    check(
        "[fetch]\ncontact = \"a@b\\r\\nX: y\"",
        &["n.toml:2:11: `contact`: expected a mail address or the address of a page"],
    );
    check(
        "timezone = 1",
        &["n.toml:1:12: `timezone`: expected text, found an integer | write it between quotes"],
    );
    check("[[fetch]]\n", &["n.toml:1:3: `fetch` stands once | write `[fetch]`"]);
    check("[topic]\nid = 'a'", &["n.toml:1:2: `topic` is a list of tables | write `[[topic]]`"]);
    check(
        "[[topic]]\nid = 'a'\n[topic.example]",
        &["n.toml:3:8: `example` is a list of tables | write `[[topic.example]]`"],
    );
    check("source = [1]", &["n.toml:1:11: `source`: expected a table, found an integer"]);
}

#[test]
fn time_zones_are_looked_up() {
    check("timezone = 'Europe/Berlin'", &[]);
    check(
        "timezone = 'Europe/Berlni'",
        &["n.toml:1:12: no time zone is named \"Europe/Berlni\" | did you mean \"Europe/Berlin\"?"],
    );
}

#[test]
fn syntax_errors_have_a_place() {
    check("a = \n", &["n.toml:1:5: string values must be quoted, expected literal string"]);
    check("[topic\n", &["n.toml:1:7: unclosed table, expected `]`"]);
    check("a = 1\na = 2", &["n.toml:2:1: duplicate key"]);
    // What else stands in such a file is not judged: half of it may be missing.
    check(
        "[[topic]]\nid = 'a'\nroute = 'nowhere\n",
        &[
            "n.toml:3:17: invalid literal string, expected `'` | close it on its line, or put it between three single quotes: '''over several lines'''",
        ],
    );
}

#[test]
fn inline_tables_may_span_lines() {
    check("[[topic]]\nid = 'a'\nnear = [{\n a = ['x'],\n b = ['y'],\n}]", &[]);
}

#[test]
fn stores_are_sqlite() {
    let example = "for example \"sqlite:newshound.db\"";
    check(
        "[store]\nurl = 'postgres://a:b@c/d'",
        &["n.toml:2:7: postgres needs a later version | use \"sqlite:newshound.db\""],
    );
    check(
        "[store]\nurl = 'sqlite::memory:'",
        &["n.toml:2:7: a store in memory would forget its alerts | name a file"],
    );
    check(
        "[store]\nurl = 'mysql:x'",
        &[&format!("n.toml:2:7: the store is `sqlite:` and a path | {example}")],
    );
    check(
        "[store]\nurl = 'x.db'",
        &[&format!("n.toml:2:7: `url` of the store is `sqlite:` and a path | {example}")],
    );
    check("[store]\nurl = 'sqlite:'", &[&format!("n.toml:2:7: the store's path is missing | {example}")]);
    check(
        "[store]\nurl = 'sqlite:a?mode=ro'",
        &["n.toml:2:7: the store takes no options | write the path alone"],
    );
}

#[test]
fn sources_need_an_address_that_can_be_polled() {
    check(
        "[[source]]\nid = 'a'",
        &["n.toml:1:1: `url` is missing | for example `url = \"https://news.example/feed.xml\"`"],
    );
    check("[[source]]\nurl = 'news.example/x'", &["n.toml:2:7: `url` has no scheme | begin with `https://`"]);
    check("[[source]]\nurl = 'https://'", &["n.toml:2:7: `url` is not an address: empty host"]);
    check(
        "[[source]]\nurl = 'ftp://a.example/'",
        &["n.toml:2:7: `url` is http or https, not ftp [scheme_refused]"],
    );
    check(
        "[[source]]\nurl = 'file:feed.xml'",
        &["n.toml:2:7: warning: a `file:` source has no effect in this version yet"],
    );
    check(
        "[[source]]\nurl = 'https://a.example/'\nlang = 'english'",
        &["n.toml:3:8: `lang`: \"english\" is not a language such as \"en\""],
    );
    check(
        "[[source]]\nurl = 'https://a.example/'\nkind = 'rss'",
        &[
            "n.toml:3:8: no source is of the kind \"rss\" | there is \"auto\", \"feed\", \"page\", \"json\", \"sitemap\"",
        ],
    );
    check(
        "[[source]]\nurl = 'https://a.example/'\nheaders = { Host = 'b', 'a b' = 'c', X = \"\\n\" }",
        &[
            "n.toml:3:13: the header Host is newshound's own",
            "n.toml:3:25: \"a b\" is not a header's name",
            "n.toml:3:42: the header X holds characters that no header may",
        ],
    );
    check(
        "[[source]]\nurl = 'https://a.example/'\nheaders = { User-Agent = 'b', If-None-Match = 'c', From = 'd' }",
        &["n.toml:3:31: the header If-None-Match is newshound's own"],
    );
}

#[test]
fn equal_ids_are_told_with_both_places() {
    check(
        "[[source]]\nid = 'a'\nurl = 'https://a.example/x'\n[[source]]\nid = 'a'\nurl = 'https://a.example/y'",
        &["n.toml:5:6: source \"a\" is given twice | it stands at n.toml:2:6 already"],
    );
    check(
        "[[source]]\nurl = 'https://a.example/x'\n[[source]]\nurl = 'https://a.example:443/x'",
        &["n.toml:4:7: this address is given twice | it stands at n.toml:2:7 already"],
    );
    check(
        "[[source]]\nurl='https://a.example/x'\n[[source]]\nurl='https://a.example/x?y=z'\n\
         [[source]]\nurl='https://a.example/x?y-z'",
        &["n.toml:6:5: source \"a-example-x-y-z\" is given twice | it stands at n.toml:4:5 already"],
    );
    check(
        "[[topic]]\nname = 'Kim'\n[[topic]]\nid = 'kim'",
        &["n.toml:4:6: topic \"kim\" is given twice | it stands at n.toml:2:8 already"],
    );
    check(
        "[[channel]]\nname = 'c'\nkind = 'console'\n[[channel]]\nname = 'c'\nkind = 'console'",
        &["n.toml:5:8: channel \"c\" is given twice | it stands at n.toml:2:8 already"],
    );
}

#[test]
fn topics_are_checked_but_for_their_terms() {
    check("[[topic]]\nany = ['x']", &["n.toml:1:1: `id` is missing | for example `id = \"kim-travel\"`"]);
    check(
        "[[topic]]\nid = 'Kim travel'\nbogus = 1",
        &[
            "n.toml:2:6: \"Kim travel\" is not an id: a-z, 0-9 and `-` make one | for example \"kim-travel\"",
            "n.toml:3:1: unknown key `bogus` in topic ?",
        ],
    );
    let named = loaded("[[topic]]\nname = '北朝鮮'\nany = ['x']").topics;
    assert!(named[0].id.as_str().starts_with("topic-"), "{:?}", named[0].id);
    for threshold in ["0", "1", "1.5", "-0.1", "nan", "inf"] {
        let expect = "n.toml:3:13: `threshold` is above 0 and under 1";
        check(&format!("[[topic]]\nid = 'a'\nthreshold = {threshold}"), &[expect]);
    }
    check(
        "[[topic]]\nid = 'a'\nnear = { a = ['x'], b = ['y'], within = 101 }",
        &["n.toml:3:41: `within` is from 1 to 100"],
    );
    check(
        "[[topic]]\nid = 'a'\nnear = ['x']",
        &["n.toml:3:9: `near`: expected a table, found text | write `[[topic.near]]` with `a` and `b`"],
    );
    check(
        "[[topic]]\nid = 'a'\nall = ['x', []]",
        &["n.toml:3:13: an empty group of `all` can never have points"],
    );
    check(
        "[[topic]]\nid = 'a'\nany = [{ term = 'x', wiht = ['y'] }, 3]",
        &[
            "n.toml:3:22: unknown key `wiht` | did you mean `with`?",
            "n.toml:3:38: `any`: expected a word, a phrase or a table, found an integer",
        ],
    );
    check(
        "[[topic]]\nid = 'a'\n[[topic.example]]\ntext = 'x'\nexpect = 'hti'",
        &["n.toml:5:10: `expect`: \"hti\" is neither \"hit\" nor \"miss\""],
    );
    let long = format!("[[topic]]\nid = 'a'\nany = ['{}']", "x".repeat(70 << 10));
    check(
        &long,
        &["n.toml:2:6: the terms of topic a have 70 KiB, at most 64 are taken | make several topics of it"],
    );
}

#[test]
fn names_that_nobody_has_are_told() {
    let known = "[[source]]\nurl='https://a.example/'\ntags=['world']\n[[channel]]\nname='desk-mail'\nkind='console'\n";
    let with = |text: &str| format!("{known}{text}");
    check(
        &with("[[topic]]\nid='a'\nany=['x']\nsources=['tag:wrold', 'a-exmaple', 'tag:world', 'a-example']"),
        &[
            "n.toml:10:10: no source has the tag \"wrold\" | did you mean \"world\"?",
            "n.toml:10:23: no source has the id \"a-exmaple\" | did you mean \"a-example\"?",
        ],
    );
    check(
        &with("[[topic]]\nid='a'\nany=['x']\nroute=['default', 'desk']"),
        &["n.toml:10:19: no route is named \"desk\""],
    );
    check(
        &with("[[route]]\nname='r'\nchannels=['desk-mial']\nwhen={topics=['b'],tags=['word']}"),
        &[
            "n.toml:9:11: no channel is named \"desk-mial\" | did you mean \"desk-mail\"?",
            "n.toml:10:15: no topic has the id \"b\"",
            "n.toml:10:26: no source has the tag \"word\" | did you mean \"world\"?",
        ],
    );
    // Items of an archive have sources that no file names.
    check(
        "[[topic]]\nid='a'\nany=['x']\nsources=['bbc']",
        &["n.toml:4:10: warning: no source has the id \"bbc\""],
    );
}

#[test]
fn channels_have_what_their_kind_needs() {
    check(
        "[[channel]]\nname = 'a'",
        &["n.toml:1:1: `kind` is missing in channel a | for example `kind = \"email\"`"],
    );
    check(
        "[[channel]]\nname = 'a b'\nkind = 'console'",
        &["n.toml:2:8: \"a b\" is not a name | for example \"a-b\""],
    );
    check(
        "[[channel]]\nname = 'a'\nkind = 'emial'",
        &["n.toml:3:8: no channel is of the kind \"emial\" | did you mean \"email\"?"],
    );
    check(
        "[[channel]]\nname = 'a'\nkind = 'email'\nto = ['desk@example.org']",
        &["n.toml:2:8: channel a needs `[smtp]` | add `[smtp]` with `url` and `from`"],
    );
    check(
        "[smtp]\nurl='smtps://m.example'\nfrom='a@b.example'\n[[channel]]\nname='a'\nkind='email'\nto='nobody'",
        &[
            "n.toml:7:4: `to`: not a mail address (invalid input) | for example \"newshound <alerts@example.org>\"",
        ],
    );
    check(
        "[[channel]]\nname = 'a'\nkind = 'console'\nto = ['b@c.example']",
        &["n.toml:4:1: unknown key `to` in channel a"],
    );
    check(
        "[[channel]]\nname='a'\nkind='webhook'\nurl='https://h.example/'\nretry=['1h','30d']\nrate='5/h'",
        &[
            "n.toml:5:13: a wait of `retry` is at most 7d",
            "n.toml:6:6: `rate`: \"5/h\" is not a rate such as \"30/min\"",
        ],
    );
    check(
        "[[channel]]\nname='a'\nkind='webhook'\nurl='gopher://h.example/'",
        &["n.toml:4:5: `url` is http or https [scheme_refused]"],
    );
    check("[[route]]\nname = 'r'\nchannels = []", &["n.toml:3:1: a route without channels leads nowhere"]);
}

#[test]
fn mail_relays_are_checked() {
    let from = "from = 'a@b.example'";
    check(
        &format!("[smtp]\n{from}"),
        &["n.toml:1:1: `url` is missing in [smtp] | for example `url = \"smtps://mail.example.org:465\"`"],
    );
    check(
        &format!("[smtp]\n{from}\nurl = 'imap://m.example'"),
        &[
            "n.toml:3:7: a mail relay is `smtps://` or `smtp://` | for example \"smtps://mail.example.org:465\"",
        ],
    );
    check(
        &format!("[smtp]\n{from}\nurl = 'smtp://m.example'\ntls = 'none'"),
        &["n.toml:4:7: `tls = \"none\"` is for a relay on loopback only"],
    );
    check(
        &format!("[smtp]\n{from}\nurl = 'smtp://127.0.0.1'\ntls = 'none'\nusername = 'a'"),
        &["n.toml:5:12: no name and password are sent without TLS"],
    );
}

#[test]
fn bounds_that_cross_are_told_where_the_second_stands() {
    check(
        "[fetch]\nmin_interval = '90m'\nmax_interval = '1h'",
        &["n.toml:3:1: `max_interval` (1h) is less than `min_interval` (90m)"],
    );
}

#[test]
fn the_window_of_stories_has_bounds() {
    let wrong = "n.toml:2:10: `window` is from 1h to 10d";
    for (window, expect) in
        [("1h", Vec::new()), ("10d", Vec::new()), ("59m", vec![wrong]), ("11d", vec![wrong])]
    {
        check(&format!("[stories]\nwindow = '{window}'"), &expect);
    }
    let config = loaded("[stories]\nwindow = '36h'").config.unwrap();
    assert_eq!(config.stories.window, std::time::Duration::from_hours(36));
    assert_eq!(loaded("").config.unwrap().stories.window, std::time::Duration::from_hours(72));
}

#[test]
fn what_works_later_is_a_warning_and_nothing_else() {
    let later = |key: &str| format!("warning: `{key}` has no effect in this version yet");
    check("watch = true", &[]);
    check("watch = false\n[fetch]\nmin_interval = '10m'\nfull_text = false\ninterval = 'adaptive'", &[]);
    check("[[source]]\nurl = 'https://a.example/'\ninterval = 'adaptive'\nweight = 1", &[]);
    check("[fetch]\nfull_text = true", &[&format!("n.toml:2:1: {}", later("full_text"))]);
    check("[store]\nretention = '90d'", &[&format!("n.toml:2:1: {}", later("retention"))]);
    check(
        "[[channel]]\nname = 'a'\nkind = 'slack'\nwebhook = 'x'\n[[route]]\nname='r'\nchannels=['a']",
        &[
            "n.toml:3:8: warning: `kind = \"slack\"`, which leaves the channel out, has no effect in this version yet",
        ],
    );
    check(
        "[[source]]\nid='p'\nurl='https://a.example/'\nkind='page'\n[[topic]]\nid='a'\nsources=['p']",
        &[
            "n.toml:4:6: warning: `kind = \"page\"`, which leaves the source out, has no effect in this version yet",
        ],
    );
}

#[test]
fn a_plain_secret_is_a_warning_and_never_shown() {
    let text = "[server]\ntoken = 'hunter2secret'\n[smtp]\nurl='smtps://m.example'\nfrom='a@b.example'\nusername='u'\n\
        password = 'hunter2secret'\n[[source]]\nurl='https://u:hunter2secret@a.example/'\n\
        headers={Authorization='hunter2secret'}\n[[channel]]\nname='h'\nkind='webhook'\n\
        url='https://a.example/?k=hunter2secret'\nsecrets=['whsec_hunter2secret']\nbogus='hunter2secret'\n\
        api_key='hunter2secret'\n";
    let loaded = loaded(text);
    let shown: String = loaded.problems.iter().map(|p| p.render() + &p.to_json().to_string()).collect();
    assert_eq!(shown.matches("stands in the file").count(), 2 * 6, "{shown}");
    // A value under an unknown name that does not sound like a secret is quoted like any other.
    assert_eq!(shown.matches("hunter2secret").count(), 1, "{shown}");
    assert!(loaded.problems.iter().all(|p| !format!("{p:?}").contains("hunter2secret")));
}

#[test]
fn secrets_are_kept_in_one_place() {
    check("[server]\ntoken = { env = 'SET' }", &[]);
    check(
        "[server]\ntoken = { env = 'UNSET' }",
        &[
            "n.toml:2:9: the variable UNSET is not set | set UNSET, for example in the service's EnvironmentFile",
        ],
    );
    check(
        "[server]\ntoken = { env = 'SET', file = 'x' }",
        &["n.toml:2:9: `token`: a secret is kept in one place | give one of `file`, `env` and `credential`"],
    );
    check("[server]\ntoken = { environment = 'SET' }", &["n.toml:2:11: unknown key `environment`"]);
    check(
        "[server]\ntoken = 5",
        &[
            "n.toml:2:9: `token`: expected a secret | use { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }",
        ],
    );
}

#[test]
fn refused_addresses_are_an_error_of_check_alone() {
    let text = "[fetch]\nallow_networks = ['127.0.0.0/24']\n[[source]]\nid='a'\nurl = 'http://127.0.99.1/'\n\
        [[source]]\nid='b'\nurl = 'http://127.0.0.1/'\n[[source]]\nid='c'\nurl = 'http://2130731777/'\n\
        [[source]]\nid='d'\nurl='http://a.example:25/'\n[[channel]]\nname='h'\nkind='webhook'\n\
        url='http://127.0.98.1/'\nallow_networks=['127.0.98.1']\n[[channel]]\nname='i'\nkind='webhook'\n\
        url='http://[::ffff:127.0.98.1]/'\n";
    let config = loaded(text).config.expect("the daemon starts with it");
    let help = "to reach it, add it to";
    assert_eq!(
        lines(&guard_problems(&config)),
        [
            format!(
                "n.toml:5:7: source a: 127.0.99.1 is refused: loopback (127.0.0.0/8), not in `fetch.allow_networks` [address_refused] | {help} `fetch.allow_networks`: \"127.0.99.1/32\""
            ),
            format!(
                "n.toml:11:7: source c: 127.0.99.1 is refused: loopback (127.0.0.0/8), not in `fetch.allow_networks` [address_refused] | {help} `fetch.allow_networks`: \"127.0.99.1/32\""
            ),
            "n.toml:14:5: source d: port 25 is not for the web [port_refused]".to_owned(),
            format!(
                "n.toml:23:5: channel i: ::ffff:127.0.98.1 is refused: loopback (127.0.0.0/8), not in `fetch.allow_networks` [address_refused] | {help} `allow_networks`: \"::ffff:127.0.98.1/128\""
            ),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_is_too_broken(cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, ".{0,3}"), 1..6)) {
        let mut text: Vec<char> = include_str!("tests/contract.toml").chars().collect();
        for (at, length, put) in cuts {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, put.chars());
        }
        let loaded = loaded(&text.into_iter().collect::<String>());
        prop_assert!(loaded.config.is_none() || loaded.problems.iter().all(|p| p.severity == Severity::Warning));
        for problem in &loaded.problems {
            let shown = problem.render();
            prop_assert!(shown.lines().count() <= 3, "{}", shown);
            problem.to_json();
        }
    }
}
