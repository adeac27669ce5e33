//! What the values become.

use std::time::Duration;

use super::super::*;
use super::loaded;

#[track_caller]
fn config(text: &str) -> Config {
    let loaded = loaded(text);
    let problems: Vec<String> = loaded.problems.iter().map(Problem::render).collect();
    loaded.config.unwrap_or_else(|| panic!("{}", problems.join("\n")))
}

#[test]
fn limits_are_taken_and_zero_is_the_default() {
    let fetch = config(
        "[fetch]\ntimeout='100ms'\nconnect_timeout='1s'\nfirst_byte_timeout='0s'\nmax_body='20MiB'\nmax_items=0\n\
         max_redirects=3\nmax_depth=0\nmin_bytes=0\nmax_text='1KiB'\nper_host={concurrency=2, gap='0s'}\nparse_time=0\n\
         contact='ops@example.org'\nbackfill='2h'\nproxy='socks5://127.0.0.1:1080'\ninterval='15m'\nconcurrency=7",
    )
    .fetch;
    let default = FetchConfig::default();
    assert_eq!(fetch.timeout, Duration::from_millis(100));
    assert_eq!(fetch.connect_timeout, Duration::from_secs(1));
    assert_eq!(fetch.first_byte_timeout, default.first_byte_timeout);
    assert_eq!((fetch.max_body, fetch.max_items), (20 << 20, default.max_items));
    assert_eq!((fetch.max_redirects, fetch.max_depth, fetch.max_text), (3, default.max_depth, 1024));
    assert_eq!((fetch.min_bytes, fetch.parse_time), (default.min_bytes, default.parse_time));
    assert_eq!(fetch.per_host, PerHost { concurrency: 2, gap: Duration::ZERO });
    assert_eq!(fetch.contact.as_deref(), Some("ops@example.org"));
    assert_eq!(fetch.backfill, Duration::from_hours(2));
    assert_eq!(fetch.proxy.unwrap().expose(), "socks5://127.0.0.1:1080");
    assert_eq!((fetch.interval, fetch.concurrency), (Some(Duration::from_mins(15)), 7));
}

#[test]
fn a_store_that_is_not_absolute_lies_in_the_state_directory() {
    for (url, expect) in [
        ("sqlite:news.db", "sqlite:/here/state/news.db"),
        ("sqlite:./news.db", "sqlite:/here/state/news.db"),
        ("sqlite://news.db", "sqlite:/here/state/news.db"),
        ("sqlite:/var/news.db", "sqlite:/var/news.db"),
        ("sqlite:///var/news.db", "sqlite:/var/news.db"),
    ] {
        assert_eq!(config(&format!("[store]\nurl = '{url}'")).store.url, expect);
    }
}

#[test]
fn servers_listen_or_do_not() {
    assert_eq!(config("[server]\nlisten = ''").server.listen, None);
    assert_eq!(config("[server]\nlisten = 'localhost:0'").server.listen.unwrap().to_string(), "127.0.0.1:0");
    let server =
        config("[server]\nlisten='[::1]:80'\npublic_url='https://a.example/news/'\ntoken={env='SET'}").server;
    assert_eq!(server.public_url.unwrap().as_str(), "https://a.example/news");
    assert_eq!(server.token.unwrap().expose(), "value");
}

#[test]
fn the_bounds_of_the_adaptive_interval_make_way_for_each_other() {
    let hours = |text: &str| {
        let fetch = config(&format!("[fetch]\n{text}")).fetch;
        (fetch.min_interval.as_secs() / 3600, fetch.max_interval.as_secs() / 3600)
    };
    assert_eq!(hours("min_interval='2h'\nmax_interval='6h'"), (2, 6));
    assert_eq!(hours("min_interval='2h'\nmax_interval='2h'"), (2, 2));
    assert_eq!(hours("min_interval='48h'"), (48, 48));
    assert_eq!(hours("max_interval='1s'"), (0, 0));
    assert_eq!(hours("min_interval='0s'\nmax_interval='0s'"), (0, 24));
}

#[test]
fn a_source_can_be_adaptive_where_others_are_not() {
    let config = config("[fetch]\ninterval='15m'\n[[source]]\nurl='https://a.example/'\ninterval='adaptive'");
    assert_eq!(config.sources.tables()[0].interval, Some(Interval::Adaptive));
}

#[test]
fn sources_have_defaults_by_fetch() {
    let config = config(
        "[fetch]\nbackfill='1h'\n[[source]]\nid='z'\nname='Z'\nurl='https://u:p@z.example:8080/f?x=1'\nkind='feed'\n\
         interval='5m'\ntags=['world','en']\nlang='pt_BR'\nweight=2\nenabled=false\nbackfill='0s'\n\
         headers={X-Key={env='SET'}}\n[[source]]\nurl='https://a.example/f.xml'",
    );
    let [a, z] = config.sources.tables() else { panic!("two sources, by id") };
    assert_eq!(
        (a.id.as_str(), a.name.as_str(), a.kind),
        ("a-example-f-xml", "a-example-f-xml", SourceKind::Auto)
    );
    assert_eq!((a.backfill, a.interval, a.enabled, a.weight), (Duration::from_hours(1), None, true, 1.0));
    assert_eq!((z.id.as_str(), z.name.as_str(), z.kind), ("z", "Z", SourceKind::Feed));
    assert_eq!((z.backfill, z.interval), (Duration::ZERO, Some(Interval::Every(Duration::from_mins(5)))));
    assert_eq!((z.enabled, z.weight, z.lang.as_deref()), (false, 2.0, Some("pt-br")));
    assert_eq!(z.tags, ["world", "en"]);
    assert_eq!(z.headers, [("X-Key".to_owned(), Secret::new("value"))]);
    assert_eq!(z.url.as_str(), "https://u:p@z.example:8080/f?x=1");
}

#[test]
fn topics_keep_their_terms_with_their_places() {
    let config = config(
        "[[channel]]\nname='c'\nkind='console'\n[[route]]\nname='desk'\nchannels='c'\n[[topic]]\nname='Kim travel'\n\
         threshold=0.4\nmin_terms=2\nmention=true\nlanguages=['en']\nroute='desk'\nany='Kim^2'\n\
         all=['Putin', ['visit', {term='trip', weight=0.5, field='title', with=['Kim']}]]\nless=['hockey']\n\
         none=['advert']\nignore=['Kim Kardashian']\n[[topic.near]]\nwithin=12\nordered=true\nweight=0.9\na=['x']\nb='y'\n\
         [[topic.example]]\ntext='Kim visits'\nexpect='miss'",
    );
    let topic = &config.topics[0];
    assert_eq!((topic.id.as_str(), topic.name.as_str(), topic.threshold), ("kim-travel", "Kim travel", 0.4));
    assert_eq!((topic.min_terms, topic.mention, topic.near_miss), (2, true, 0.25));
    assert_eq!((&topic.languages[..], &topic.routes[..]), (&["en".to_owned()][..], &["desk".to_owned()][..]));
    assert_eq!(topic.any[0].text, "Kim^2");
    assert_eq!(format!("{:?}", topic.any[0].place), "n.toml:14:5");
    assert_eq!(topic.all.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    let trip = &topic.all[1][1];
    assert_eq!(
        (trip.weight, trip.field.as_deref(), trip.with[0].text.as_str()),
        (Some(0.5), Some("title"), "Kim")
    );
    let near = &topic.near[0];
    assert_eq!((near.within, near.ordered, near.weight, near.b[0].text.as_str()), (12, true, 0.9, "y"));
    assert_eq!((topic.less.len(), topic.none.len(), topic.ignore.len()), (1, 1, 1));
    assert_eq!(
        (topic.examples[0].expect, topic.follow_ups),
        (Expect::Miss, crate::model::FollowUps::NewFacts)
    );
}

#[test]
fn channels_and_routes_become_what_they_say() {
    let config = config(
        "[smtp]\nurl='smtp://[::1]:2525'\ntls='none'\nfrom='newshound <a@b.example>'\n[[channel]]\nname='mail'\n\
         kind='email'\nto=['x@y.example', 'Desk <d@y.example>']\n[[channel]]\nname='hook'\nkind='webhook'\n\
         url='https://h.example/in'\nsecrets=['whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz']\nallow_networks='127.0.0.1'\n\
         retry=['5s','0s']\nrate='5/min'\nin_flight=2\nmax_body='20KiB'\nheaders={X-A='b'}\n[[route]]\nname='desk'\n\
         channels=['hook']\nwhen={min_score=0.6}",
    );
    let smtp = config.smtp.as_ref().unwrap();
    assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("::1", 2525, MailTls::None));
    let [mail, hook] = &config.channels[..] else { panic!("two channels") };
    let ChannelKind::Email(email) = &mail.kind else { panic!("mail") };
    assert_eq!(
        (email.to.len(), mail.in_flight, mail.rate_per_minute, mail.retry.is_none()),
        (2, 1, 30, true)
    );
    let ChannelKind::Webhook(webhook) = &hook.kind else { panic!("a webhook") };
    assert_eq!(webhook.url.expose(), "https://h.example/in");
    assert_eq!(
        webhook.secrets.iter().map(SigningKey::expose).collect::<Vec<_>>(),
        [b"012345678901234567890123"]
    );
    assert!(!format!("{webhook:?}").contains("48, 49, 50"), "{webhook:?}");
    assert_eq!(webhook.allow_networks[0].to_string(), "127.0.0.1/32");
    assert_eq!((webhook.max_body, hook.in_flight, hook.rate_per_minute), (20 << 10, 2, 5));
    assert_eq!(hook.retry.as_deref(), Some(&[Duration::from_secs(5), Duration::ZERO][..]));
    assert_eq!((config.routes[0].name.as_str(), config.routes[0].min_score), ("desk", 0.6));
    assert_eq!((config.routes[1].name.as_str(), config.routes[1].channels.len()), ("default", 2));
}

#[test]
fn sources_that_differ_only_in_port_or_query_get_ids_of_their_own() {
    let sources = config(
        "[[source]]\nurl='https://a.example/feed'\n[[source]]\nurl='https://a.example:8443/feed'\n\
         [[source]]\nurl='https://a.example/feed?lang=ru'\n[[source]]\nurl='https://b.example/feed?lang=ru'",
    )
    .sources;
    let ids: Vec<&str> = sources.tables().iter().map(|source| source.id.as_str()).collect();
    assert_eq!(ids, ["a-example-8443-feed", "a-example-feed", "a-example-feed-lang-ru", "b-example-feed"]);
    assert_eq!(sources.tables()[2].shown_url(), "https://a.example/feed");
}

#[test]
fn ids_are_made_of_names_and_addresses() {
    for (url, id) in [
        ("https://News.Example/World.XML?q=1#x", "news-example-world-xml"),
        ("https://news.example", "news-example"),
        ("https://news.example:8443//a//b/", "news-example-a-b"),
        ("http://[2606:4700::1]/f", "2606-4700-1-f"),
        ("https://u:p@127.0.0.1/", "127-0-0-1"),
        ("https://münchen.example/ä", "xn-mnchen-3ya-example-c3-a4"),
    ] {
        let sources = config(&format!("[[source]]\nurl='{url}'")).sources;
        assert_eq!((sources.tables()[0].id.as_str(), sources.tables()[0].name.as_str()), (id, id), "{url}");
    }
    for (name, id) in [("Kim travel", "kim-travel"), ("  Ärger & Öl! ", "arger-ol"), ("9/11", "9-11")] {
        let topics = config(&format!("[[topic]]\nname='{name}'\nany='x'")).topics;
        assert_eq!((topics[0].id.as_str(), topics[0].name.as_str()), (id, name));
        let topics = config(&format!("[[topic]]\nid='{id}'\nany='x'")).topics;
        assert_eq!((topics[0].id.as_str(), topics[0].name.as_str()), (id, id));
    }
}

#[test]
fn without_a_word_every_limit_is_that_of_the_contract() {
    let zero = "timeout=0\nconnect_timeout=0\nfirst_byte_timeout='0s'\nmin_bytes_window=0\nparse_time=0\nmax_body=0\n\
        max_header_bytes='0'\nmin_bytes=0\nmax_text=0\nmax_headers=0\nmax_redirects=0\nmax_depth=0\nmax_items=0\n\
        concurrency=0\nper_host={concurrency=0}";
    for fetch in [config("").fetch, config("[fetch]").fetch, config(&format!("[fetch]\n{zero}")).fetch] {
        let times = [fetch.timeout, fetch.connect_timeout, fetch.first_byte_timeout, fetch.min_bytes_window];
        assert_eq!(times.map(|time| time.as_secs()), [45, 10, 15, 10]);
        assert_eq!((fetch.parse_time.as_secs(), fetch.per_host.gap.as_secs()), (2, 2));
        assert_eq!([fetch.max_body, fetch.max_header_bytes, fetch.min_bytes], [10 << 20, 64 << 10, 1 << 10]);
        assert_eq!(fetch.max_text, 256 << 10);
        assert_eq!(
            [fetch.max_headers, fetch.max_redirects, fetch.max_depth, fetch.max_items],
            [256, 5, 256, 5000]
        );
        assert_eq!((fetch.concurrency, fetch.per_host.concurrency), (256, 1));
        assert_eq!((fetch.interval, fetch.backfill, fetch.contact), (None, Duration::ZERO, None));
        assert!(fetch.proxy.is_none() && fetch.allow_networks.is_empty());
    }
    let channels = config(
        "[[channel]]\nname='c'\nkind='webhook'\nurl='https://h.example/'\nrate='0/min'\nin_flight=0\nmax_body=0\n\
         [[channel]]\nname='d'\nkind='webhook'\nurl='https://h.example/'",
    )
    .channels;
    for channel in channels {
        let ChannelKind::Webhook(webhook) = channel.kind else { panic!("a webhook") };
        assert_eq!((channel.rate_per_minute, channel.in_flight, webhook.max_body), (30, 4, 64 << 10));
        assert!(channel.retry.is_none() && webhook.secrets.is_empty() && webhook.headers.is_empty());
    }
}

#[test]
fn a_channel_of_a_later_kind_leaves_the_rest_standing() {
    let config = config(
        "[[channel]]\nname='s'\nkind='slack'\n[[channel]]\nname='c'\nkind='console'\n[[route]]\nname='r'\n\
         channels=['s', 'c']",
    );
    assert_eq!(config.channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["c"]);
    // Nobody is told through the one that is left out, but its name is no mistake.
    assert_eq!(config.routes.iter().map(|r| r.channels.len()).collect::<Vec<_>>(), [2, 1]);
}
