//! Every key: what it takes, and what is said of everything else, at the very place.

use super::super::*;
use super::{lines, loaded};

const FETCH: &str = "[fetch]\n";
const PER_HOST: &str = "[fetch.per_host]\n";
const SERVER: &str = "[server]\n";
const STORE: &str = "[store]\n";
const SOURCE: &str = "[[source]]\nid = 's'\nurl = 'https://a.example/'\n";
const BARE_SOURCE: &str = "[[source]]\nid = 's'\n";
const TOPIC: &str = "[[topic]]\nid = 't'\n";
const NEAR: &str = "[[topic]]\nid = 't'\n[[topic.near]]\na = 'x'\nb = 'y'\n";
const EXAMPLE: &str = "[[topic]]\nid = 't'\n[[topic.example]]\ntext = 'x'\n";
const WEBHOOK: &str = "[[channel]]\nname = 'c'\nkind = 'webhook'\nurl = 'https://h.example/'\n";
const BARE_WEBHOOK: &str = "[[channel]]\nname = 'c'\nkind = 'webhook'\n";
const EMAIL: &str =
    "[smtp]\nurl = 'smtps://m.example'\nfrom = 'a@b.example'\n[[channel]]\nname = 'c'\nkind = 'email'\n";
const SMTP: &str = "[smtp]\nfrom = 'a@b.example'\n";
const PLAIN_SMTP: &str = "[smtp]\nfrom = 'a@b.example'\nurl = 'smtp://localhost'\n";
const FROM: &str = "[smtp]\nurl = 'smtps://m.example'\n";
const ROUTE: &str = "[[channel]]\nname = 'c'\nkind = 'console'\n[[route]]\nname = 'r'\nchannels = 'c'\n";
const WHEN: &str =
    "[[channel]]\nname = 'c'\nkind = 'console'\n[[route]]\nname = 'r'\nchannels = 'c'\n[route.when]\n";

/// Checks one key at the end of a text: values it takes without a word, and values that are
/// told, each with the beginning of the one problem at the value.
#[track_caller]
fn check(head: &str, key: &str, takes: &[&str], refuses: &[(&str, &str)]) {
    let place = format!("n.toml:{}:{}: ", head.matches('\n').count() + 1, key.len() + 4);
    let found = |value: &str| {
        let mut found = lines(&loaded(&format!("{head}{key} = {value}\n")).problems);
        found.retain(|line| !line.contains("`fetch.contact` is missing"));
        found
    };
    for value in takes {
        assert_eq!(found(value), [""; 0], "{key} = {value}");
    }
    for (value, begins) in refuses {
        let found = found(value);
        assert_eq!(found.len(), 1, "{key} = {value}: {found:#?}");
        let told = found[0].strip_prefix(&place).unwrap_or_else(|| panic!("not at {place}{}", found[0]));
        assert!(told.starts_with(begins), "{key} = {value}: {told}");
    }
}

#[test]
fn limits_of_time() {
    let takes = ["'100ms'", "'1h'", "'0s'", "0", "'1m30s'", "'60min'", "\"15s\""];
    for key in ["timeout", "connect_timeout", "first_byte_timeout", "min_bytes_window", "parse_time"] {
        let bounds = format!("`{key}` is from 100ms to 1h");
        let form = |value: &str| format!("`{key}`: \"{value}\" is not a time such as \"90s\"");
        let wrong_type = format!("`{key}`: expected a time such as \"15m\", found ");
        check(
            FETCH,
            key,
            &takes,
            &[
                ("'99ms'", &bounds),
                ("'61m'", &bounds),
                ("'1h1ms'", &bounds),
                ("''", &form("")),
                ("'5'", &form("5")),
                ("'5 S'", &form("5 S")),
                ("'-5s'", &form("-5s")),
                ("'1.5s'", &form("1.5s")),
                ("'s5'", &form("s5")),
                ("'99999999999999999999s'", &form("99999999999999999999s")),
                ("5", &format!("`{key}`: a time has a unit, such as \"5s\" or \"5m\"")),
                ("-1", &format!("`{key}`: a time has a unit")),
                ("5.5", &wrong_type),
                ("true", &wrong_type),
                ("['5s']", &wrong_type),
                ("{ s = 5 }", &wrong_type),
                ("07:32:00", &wrong_type),
            ],
        );
    }
}

#[test]
fn limits_of_size() {
    for (head, key, most, beyond) in [
        (FETCH, "max_body", "1GiB", "1073741825"),
        (FETCH, "max_header_bytes", "1MiB", "1048577"),
        (FETCH, "min_bytes", "1MiB", "'1025KiB'"),
        (FETCH, "max_text", "16MiB", "'17MiB'"),
        (WEBHOOK, "max_body", "16MiB", "'1GB'"),
    ] {
        let bounds = format!("`{key}` is at most {most}");
        let form = |value: &str| format!("`{key}`: \"{value}\" is not a size such as \"64KiB\"");
        let wrong_type = format!("`{key}`: expected a size such as \"10MiB\", found ");
        let highest = format!("'{most}'");
        check(
            head,
            key,
            &[&highest, "0", "'0'", "'0MiB'", "512", "1_024", "0x400", "'64 KiB'", "'64kb'"],
            &[
                (beyond, &bounds),
                ("-1", &format!("`{key}`: a size is never negative")),
                ("''", &form("")),
                ("'many'", &form("many")),
                ("'1.5KiB'", &form("1.5KiB")),
                ("'1KiB2'", &form("1KiB2")),
                ("'99999999999GiB'", &form("99999999999GiB")),
                ("1.5", &wrong_type),
                ("false", &wrong_type),
                ("[1]", &wrong_type),
            ],
        );
    }
}

#[test]
fn limits_of_count() {
    for (head, key, most) in [
        (FETCH, "concurrency", 10_000),
        (FETCH, "max_headers", 4096),
        (FETCH, "max_redirects", 20),
        (FETCH, "max_depth", 1024),
        (FETCH, "max_items", 1_000_000),
        (PER_HOST, "concurrency", 64),
        (WEBHOOK, "in_flight", 64),
    ] {
        let bounds = format!("`{key}` is from 0 to {most}");
        let wrong_type = format!("`{key}`: expected an integer, found ");
        let (highest, beyond) = (most.to_string(), (most + 1).to_string());
        check(
            head,
            key,
            &["0", "1", &highest, "0b11"],
            &[
                (&beyond, &bounds),
                ("-1", &bounds),
                ("4294967296", &bounds),
                ("-9223372036854775808", &bounds),
                ("2.0", &wrong_type),
                ("'2'", &wrong_type),
                ("true", &wrong_type),
                ("[2]", &wrong_type),
                ("1979-05-27", &wrong_type),
            ],
        );
    }
    check(
        TOPIC,
        "min_terms",
        &["1", "1000"],
        &[("0", "`min_terms` is from 1 to 1000"), ("1001", "`min_terms` is from 1 to 1000")],
    );
    check(
        NEAR,
        "within",
        &["1", "100"],
        &[("0", "`within` is from 1 to 100"), ("101", "`within` is from 1")],
    );
}

#[test]
fn other_keys_of_fetch() {
    check(PER_HOST, "gap", &["'1ms'", "'1h'", "'0s'", "0"], &[("'2h'", "`gap` is from 0s to 1h")]);
    check(FETCH, "backfill", &["'0s'", "0", "'30d'"], &[("7", "`backfill`: a time has a unit")]);
    for head in [FETCH, SOURCE] {
        check(
            head,
            "interval",
            &["'adaptive'", "'1s'", "'15m'", "'366d'"],
            &[
                ("'999ms'", "`interval` is \"adaptive\", or from 1s to a year"),
                ("'0s'", "`interval` is \"adaptive\""),
                ("'367d'", "`interval` is \"adaptive\""),
                ("'Adaptive'", "`interval`: \"Adaptive\" is not a time"),
                ("['15m']", "`interval`: expected a time"),
            ],
        );
    }
    check(
        FETCH,
        "contact",
        &["'ops@example.org'", "'https://example.org/bot'"],
        &[
            ("'ops (at) example'", "`contact`: expected a mail address"),
            ("'ops@münchen.example'", "`contact`: expected a mail address"),
            ("3", "`contact`: expected text, found an integer | write it between quotes"),
        ],
    );
    check(
        FETCH,
        "proxy",
        &["''", "'http://p.example:3128'", "'https://p.example'", "'socks5://[::1]:1080'"],
        &[
            ("'p.example:3128'", "`proxy` is an address with http, https or socks5 | for example"),
            ("'ftp://p.example'", "`proxy` is an address"),
            ("'socks5:///'", "`proxy` is an address"),
            ("{ env = 'SET' }", "`proxy` is an address"),
            ("1080", "`proxy`: expected a secret"),
        ],
    );
}

#[test]
fn networks_of_fetch_and_channels() {
    for head in [FETCH, WEBHOOK] {
        check(
            head,
            "allow_networks",
            &["[]", "['10.1.0.0/16', '127.0.0.0/8']", "'10.1.0.1'", "['::1', 'fd00::/8']", "['0.0.0.0/0']"],
            &[("7", "`allow_networks`: expected text, found an integer")],
        );
        for wrong in ["lan", "10.0.0.0/33", "10.0.0", "", "10.0.0.0/8,127.0.0.0/8", "http://10.0.0.1"] {
            let message = format!("`allow_networks`: \"{wrong}\" is not a network");
            check(head, "allow_networks", &[], &[(&format!("'{wrong}'"), &message)]);
        }
    }
}

#[test]
fn keys_of_server_and_store() {
    check(
        SERVER,
        "listen",
        &["''", "'127.0.0.1:0'", "'[::1]:8642'", "'localhost:80'"],
        &[
            ("'0.0.0.0:80'", "warning: `listen` is not on loopback and there is no `token`"),
            ("'[::]:80'", "warning: `listen` is not on loopback"),
            ("'127.0.0.1'", "`listen`: expected an address with a port"),
            ("':8642'", "`listen`: expected an address with a port"),
            ("'127.0.0.1:65536'", "`listen`: expected an address with a port"),
            ("'host.example:80'", "`listen`: expected an address with a port"),
            ("8642", "`listen`: expected text, found an integer"),
        ],
    );
    // An empty token is none.
    check(
        "[server]\ntoken = ''\n",
        "listen",
        &["'127.0.0.1:1'"],
        &[("'0.0.0.0:80'", "warning: `listen` is")],
    );
    check("[server]\ntoken = { env = 'SET' }\n", "listen", &["'0.0.0.0:80'"], &[]);
    check(
        SERVER,
        "public_url",
        &[],
        &[
            (
                "'https://n.example/x/'",
                "warning: `public_url` makes links, but turns WebSub on only in a later",
            ),
            ("'ftp://n.example'", "`public_url`: expected an address such as"),
            ("'https://u@n.example'", "`public_url`: expected an address such as"),
            ("'https://:p@n.example'", "`public_url`: expected an address such as"),
            ("'https://n.example/?a=b'", "`public_url`: expected an address such as"),
            ("'n.example'", "`public_url`: relative URL without a base"),
        ],
    );
    check(
        STORE,
        "url",
        &["'sqlite:a.db'", "'sqlite:/a/b.db'", "'sqlite:///a/b.db'"],
        &[
            ("'sqlite:a/'", "the store is a file | add the file's name"),
            ("''", "`url` of the store is `sqlite:` and a path"),
            ("'SQLITE:a'", "the store is `sqlite:` and a path"),
            ("'postgresql://d/n'", "postgres needs a later version"),
            ("{ env = 'SET' }", "`url`: expected text, found a table"),
        ],
    );
}

#[test]
fn addresses_of_sources() {
    check(
        BARE_SOURCE,
        "url",
        &[
            "'https://a.example/feed?x=y#z'",
            "'HTTP://A.EXAMPLE'",
            "'http://[2606:4700::1]:8080/'",
            "'https://münchen.example/ä'",
            "'https://новости.example/'",
            "'https://user@a.example/'",
            "' https://a.example/ '",
            "'https://127.0.0.1/'",
        ],
        &[
            ("'https://user:pass@a.example/'", "warning: the secret `url` stands in the file"),
            ("''", "`url` has no scheme | begin with `https://`"),
            ("'//a.example/'", "`url` has no scheme"),
            ("'/feed.xml'", "`url` has no scheme"),
            ("'https://a b/'", "`url` is not an address: invalid international domain name"),
            ("'https://[::1'", "`url` is not an address: invalid IPv6 address"),
            ("'https://a.example:99999/'", "`url` is not an address: invalid port number"),
            ("'http://300.1.1.1/'", "`url` is not an address: invalid IPv4 address"),
            ("'gopher://a.example/'", "`url` is http or https, not gopher [scheme_refused]"),
            ("'data:text/xml,x'", "`url` is http or https, not data [scheme_refused]"),
            ("'javascript:x'", "`url` is http or https, not javascript [scheme_refused]"),
            ("'file:x.xml'", "warning: a `file:` source has no effect in this version yet"),
            ("{ env = 'SET' }", "`url`: expected text, found a table"),
            ("['https://a.example/']", "`url`: expected text, found a list"),
        ],
    );
}

#[test]
fn other_keys_of_sources() {
    check(
        "[[source]]\nurl = 'https://a.example/'\n",
        "id",
        &["'a'", "'A_b.c-9'"],
        &[
            ("''", "`id`: \"\" is not an id"),
            ("'a b'", "`id`: \"a b\" is not an id"),
            ("7", "`id`: expected text"),
        ],
    );
    check(
        SOURCE,
        "name",
        &["'BBC World'", "''", "'北'"],
        &[("true", "`name`: expected text, found true or false")],
    );
    check(
        SOURCE,
        "kind",
        &["'auto'", "'feed'"],
        &[
            ("'page'", "warning: `kind = \"page\"`, which leaves the source out, has no effect"),
            ("'sitemap'", "warning: `kind = \"sitemap\"`"),
            ("'json'", "warning: `kind = \"json\"`"),
            ("'fed'", "no source is of the kind \"fed\" | did you mean \"feed\"?"),
            ("''", "no source is of the kind \"\""),
        ],
    );
    check(
        SOURCE,
        "tags",
        &["[]", "'world'", "['world', 'en']"],
        &[("''", "`tags`: a tag is not empty"), ("'tag:en'", "`tags`: a tag is written without `tag:` here")],
    );
}

#[test]
fn keys_of_sources_that_rank_and_send() {
    check(
        SOURCE,
        "lang",
        &["'en'", "'pt-BR'", "'zh_Hant'", "'kok'"],
        &[
            ("''", "`lang`: \"\" is not a language"),
            ("'e'", "`lang`: \"e\" is not a language"),
            ("'en-'", "`lang`: \"en-\" is not a language"),
            ("'рус'", "`lang`: \"рус\" is not a language"),
        ],
    );
    check(
        SOURCE,
        "weight",
        &["1", "1.0"],
        &[
            ("-0.1", "`weight` is from 0 to 1000"),
            ("1001", "`weight` is from 0 to 1000"),
            ("nan", "`weight` is from 0 to 1000"),
            ("'1'", "`weight`: expected a number, found text"),
        ],
    );
    check(
        SOURCE,
        "enabled",
        &["true", "false"],
        &[
            ("1", "`enabled`: expected true or false, found an integer"),
            ("'yes'", "`enabled`: expected true or false, found text"),
        ],
    );
    check(
        SOURCE,
        "headers",
        &["{}", "{ X-A = 'b', Accept = 'x' }", "{ X-A = { env = 'SET' } }"],
        &[("'X: y'", "`headers`: expected a table, found text")],
    );
}

#[test]
fn keys_of_topics() {
    check(
        TOPIC,
        "threshold",
        &["0.5", "0.0001", "0.9999"],
        &[
            ("0", "`threshold` is above 0 and under 1"),
            ("1.0", "`threshold` is above 0 and under 1"),
            ("'0.5'", "`threshold`: expected a number, found text"),
        ],
    );
    check(TOPIC, "near_miss", &["0", "0.25", "1"], &[("-0.1", "`near_miss` is from 0 to 1")]);
    check(TOPIC, "mention", &["true"], &[("1", "`mention`: expected true or false")]);
    check(
        TOPIC,
        "languages",
        &["[]", "'en'", "['en', 'pt-br']"],
        &[("'english'", "`languages`: \"english\" is")],
    );
    check(
        TOPIC,
        "route",
        &["[]", "'default'"],
        &[("'desk'", "no route is named \"desk\""), ("1", "`route`: ex")],
    );
    for key in ["any", "none", "ignore", "less", "all"] {
        let takes = ["'x'", "['x', 'y']", "[{ term = 'x', weight = 2, field = 'title', with = 'y' }]", "[]"];
        check(
            TOPIC,
            key,
            &takes,
            &[("7", &format!("`{key}`: expected a word, a phrase or a table, found an in"))],
        );
    }
    check(NEAR, "weight", &["0.05", "10"], &[("0.04", "`weight` is from 0.05 to 10"), ("11", "`weight` is")]);
    check(NEAR, "ordered", &["true"], &[("'yes'", "`ordered`: expected true or false")]);
    check(
        EXAMPLE,
        "expect",
        &["'hit'", "'miss'"],
        &[
            ("'Hit'", "`expect`: \"Hit\" is neither \"hit\" nor \"miss\""),
            ("true", "`expect`: expected text"),
        ],
    );
    let choices = "`learn`: \"yes\" is none of \"suggest\", \"apply\", \"off\"";
    check(TOPIC, "learn", &["'suggest'", "'apply'", "'off'"], &[("'yes'", choices)]);
    check(
        TOPIC,
        "follow_ups",
        &[],
        &[("'some'", "`follow_ups`: \"some\" is none of \"none\", \"new-facts\", \"all\"")],
    );
}

#[test]
fn keys_of_channels() {
    check(
        BARE_WEBHOOK,
        "url",
        &["'https://h.example/T0/x'", "'http://[::1]:80/'", "'https://müller.example/'"],
        &[
            ("'https://h.example/?k=v'", "warning: the secret `url` stands in the file"),
            ("'h.example/x'", "`url` is not an address | for example"),
            ("''", "`url` is not an address"),
            ("'ws://h.example/'", "`url` is http or https [scheme_refused]"),
            ("{ env = 'SET' }", "`url` is not an address"),
            ("{ env = 'UNSET' }", "the variable UNSET is not set"),
            ("5", "`url`: expected a secret"),
        ],
    );
    check(WEBHOOK, "retry", &["[]", "'5s'", "['5s', '7d', 0]"], &[]);
    check(
        WEBHOOK,
        "rate",
        &["'30/min'", "'0/min'", "'5'", "'10000/m'"],
        &[
            ("'10001/min'", "`rate`: \"10001/min\" is not a rate"),
            ("'20/h'", "`rate`: \"20/h\" is not a rate such as \"30/min\""),
            ("30", "`rate`: expected text, found an integer | write it between quotes"),
        ],
    );
    check(
        EMAIL,
        "to",
        &["'a@b.example'", "['a@b.example', 'Desk <d@b.example>']"],
        &[
            ("[]", "a channel without recipients tells nobody"),
            ("''", "`to`: not a mail address"),
            ("'a@b.example, c@d.example'", "`to`: not a mail address"),
            ("3", "`to`: expected text"),
        ],
    );
    check(
        WHEN,
        "min_score",
        &["0", "0.5", "1"],
        &[("1.1", "`min_score` is from 0 to 1"), ("'x'", "`min_score`: expected a number, found text")],
    );
    check(WHEN, "topics", &["[]"], &[("'x'", "no topic has the id \"x\"")]);
    check(WHEN, "tags", &["[]"], &[("'tag:x'", "warning: no source has the tag \"x\"")]);
}

#[test]
fn keys_of_mail() {
    check(
        SMTP,
        "url",
        &["'smtp://m.example'", "'smtps://m.example:465/'", "'smtp://[::1]:25'", "'smtp://müller.example'"],
        &[
            ("'m.example:465'", "a mail relay is `smtps://` or `smtp://`"),
            ("'m.example'", "`url` of the relay is not an address"),
            ("'smtp:m.example'", "`url` of the relay names no host"),
            ("'smtps://u:p@m.example'", "`url` of the relay holds a name: give `username` and `password`"),
            ("'smtps://m.example?tls=no'", "`url` of the relay is a host and a port, nothing after them"),
            ("'smtps://m.example/x'", "`url` of the relay is a host and a port"),
            ("'smtps://m.example:x'", "`url` of the relay is not an address"),
            ("'https://m.example'", "a mail relay is"),
        ],
    );
    check(
        PLAIN_SMTP,
        "tls",
        &["'none'"],
        &[("''", "`tls` is \"none\" or left out"), ("false", "`tls`: expected text")],
    );
    check(FROM, "from", &["'a@b.example'", "'Ä <a@b.example>'"], &[("'a'", "`from`: not a mail address")]);
    check(
        "[smtp]\nurl = 'smtps://m.example'\nfrom = 'a@b.example'\n",
        "username",
        &[],
        &[("'u'", "`username` without `password` | add")],
    );
    check(
        "[smtp]\nurl = 'smtps://m.example'\nfrom = 'a@b.example'\n",
        "password",
        &[],
        &[("{ env = 'SET' }", "`password` without `username`")],
    );
    for (url, expect) in [
        ("smtp://m.example", ("m.example", 587, MailTls::StartTls)),
        ("smtps://m.example", ("m.example", 465, MailTls::Implicit)),
        ("smtps://M.Example:2465", ("m.example", 2465, MailTls::Implicit)),
        ("smtp://[::1]", ("::1", 587, MailTls::StartTls)),
        ("smtp://müller.example", ("xn--mller-kva.example", 587, MailTls::StartTls)),
    ] {
        let smtp = loaded(&format!("{SMTP}url = '{url}'")).config.unwrap().smtp.unwrap();
        assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), expect, "{url}");
    }
}

#[test]
fn signing_secrets_have_24_to_64_bytes() {
    use base64::Engine;
    let encoded = |n| base64::engine::general_purpose::STANDARD.encode(vec![7u8; n]);
    for (written, fine) in [
        (format!("whsec_{}", encoded(23)), false),
        (format!("whsec_{}", encoded(24)), true),
        (format!("whsec_{}", encoded(25)), true),
        (format!("whsec_{}", encoded(25).trim_end_matches('=')), true),
        (format!("whsec_{}", encoded(64)), true),
        (format!("whsec_{}", encoded(65)), false),
        (encoded(32), false),
        (format!("WHSEC_{}", encoded(32)), false),
        ("whsec_".to_owned(), false),
        ("whsec_not base64 at all, but long enough".to_owned(), false),
        (format!("whsec_{}\n", encoded(32)), true),
    ] {
        let environment = Environment::of("/here", &[("KEY", &written)]);
        let loaded = parse_str("n.toml", &format!("{WEBHOOK}secrets = [{{ env = 'KEY' }}]"), &environment);
        let told = lines(&loaded.problems).iter().any(|line| {
            line.starts_with("n.toml:5:12: a signing secret is `whsec_` and base64 of 24 to 64 bytes")
        });
        assert_eq!((loaded.config.is_some(), told), (fine, !fine), "{written}");
    }
}

#[test]
fn every_key_of_a_later_version_is_a_warning_at_its_place_and_no_error() {
    let cases = [
        (STORE, "retention = '90d'"),
        (STORE, "retention = 5"),
        (STORE, "identities = '90d'"),
        (FETCH, "full_text = true"),
        (SOURCE, "full_text = true"),
        (SOURCE, "select = { item = 'li' }"),
        (SOURCE, "watch = 'main'"),
        (SOURCE, "weight = 0"),
        (SOURCE, "weight = 1e2"),
        (SOURCE, "weight = 1000"),
        (WEBHOOK, "probe = '15m'"),
        (WEBHOOK, "template = 'x.j2'"),
        (WEBHOOK, "fallback = 'c'"),
        (ROUTE, "mode = 'digest'"),
        (ROUTE, "digest = { every = '1h' }"),
        (ROUTE, "quiet = { from = '22:00', to = '07:00' }"),
        (ROUTE, "limit = '20/h'"),
    ];
    for (head, line) in cases {
        let loaded = loaded(&format!("{head}{line}\n"));
        let mut found = lines(&loaded.problems);
        found.retain(|line| !line.contains("`fetch.contact` is missing"));
        let key = line.split(' ').next().unwrap();
        let at = head.matches('\n').count() + 1;
        assert_eq!(
            found,
            [format!("n.toml:{at}:1: warning: `{key}` has no effect in this version yet")],
            "{line}"
        );
        assert!(loaded.config.is_some());
    }
    for kind in ["slack", "discord", "teams", "telegram", "ntfy", "matrix", "apprise", "alertmanager", "exec"]
    {
        let warning = format!("warning: `kind = \"{kind}\"`, which leaves the channel out, has no effect in");
        check("[[channel]]\nname = 'c'\n", "kind", &[], &[(&format!("'{kind}'"), &warning)]);
    }
}
