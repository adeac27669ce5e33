//! `fetch`, `explain`, `test channel`, `test source`, `init`.

use super::*;

#[tokio::test]
async fn fetch_prints_items_as_lines_of_json_and_nothing_else() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    home.write("my feeds/feed.xml", FEED);
    let url = server.url("/feed.xml").to_string();
    let mut ids = Vec::new();
    for what in [url.as_str(), "local"] {
        let ended = home.run(&["fetch", what]).await.expect(0);
        assert_eq!(ended.err, "");
        let items = ended.rows();
        let fields = "id source url title summary text author published updated lang tags first_seen";
        for item in &items {
            assert_keys(item, fields);
        }
        assert_eq!(items[0]["title"], "Kim arrives in Vladivostok");
        assert_eq!(items[0]["published"], "2023-09-12T09:09:00Z");
        assert_eq!((&items[1]["author"], &items[1]["published"]), (&Value::Null, &Value::Null));
        assert_eq!((&items[1]["summary"], &items[1]["text"]), (&Value::Null, &Value::Null));
        assert_eq!(items[0]["first_seen"], Value::Null);
        ids.push(items[0]["id"].clone());
    }
    assert_eq!(ids[0], ids[1], "an address of the configuration is that source");
    for what in ["my feeds/feed.xml", "-"] {
        let ended = home.run_with_input(&["fetch", what], FEED.as_bytes()).await.expect(0);
        assert_eq!(ended.rows().len(), 2, "{what}");
    }
    assert!(!home.path("state").exists(), "nothing is stored");
}

#[tokio::test]
async fn fetch_says_the_class_of_what_went_wrong() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    home.write("empty.xml", "");
    home.write("cut.xml", &FEED[..FEED.len() - 30]);
    let (page, missing) = (server.url("/page").to_string(), server.url("/x").to_string());
    for (what, class) in [
        (page.as_str(), "not_a_feed"),
        (&missing, "http_client_error"),
        ("http://10.0.0.1/feed", "address_refused"),
        ("http://127.0.0.1:22/", "port_refused"),
        ("ftp://news.example/feed", "scheme_refused"),
        ("http://", "connect"),
        ("no-such-file.xml", "connect"),
        (".", "connect"),
        ("empty.xml", "empty"),
        ("/dev/null", "empty"),
    ] {
        let ended = home.run(&["fetch", what]).await.expect(1);
        assert_eq!(ended.out, "", "{what}");
        let begin = format!("error: {class}: ");
        assert!(ended.err.starts_with(&begin) && ended.err.lines().count() == 1, "{what}: {}", ended.err);
        assert!(!ended.err.contains("os error"), "{}", ended.err);
    }
    let empty = home.run(&["fetch", server.url("/empty.xml").as_str()]).await.expect(0);
    assert_eq!((empty.out.as_str(), empty.err.as_str()), ("", ""));
    let cut = home.run(&["fetch", "cut.xml"]).await.expect(0);
    assert!(!cut.rows().is_empty());
    assert!(cut.err.lines().all(|line| line.starts_with("warning: ")) && !cut.err.is_empty(), "{}", cut.err);
}

#[tokio::test]
async fn a_file_is_held_to_the_same_bound_as_an_answer() {
    let home = Home::with("[fetch]\ncontact = \"a@example.org\"\nmax_body = \"1KiB\"\n");
    home.write("long.xml", &FEED.replace("Grain", &"Grain ".repeat(300)));
    let ended = home.run(&["fetch", "long.xml"]).await.expect(1);
    assert!(ended.err.starts_with("error: too_large: long.xml: "), "{}", ended.err);
}

#[tokio::test]
async fn relative_links_of_a_file_start_from_the_base() {
    let home = Home::new();
    home.write("f.xml", &FEED.replace("http://news.example/a2", "/a2"));
    let ended = home.run(&["fetch", "--base", "https://b.example/feeds/", "f.xml"]).await.expect(0);
    assert_eq!(ended.rows()[1]["url"], "https://b.example/a2");
}

#[tokio::test]
async fn commands_that_can_go_on_without_a_configuration_do() {
    let home = Home::new();
    home.write("f.xml", FEED);
    assert_eq!(home.run(&["fetch", "f.xml"]).await.expect(0).rows().len(), 2);
    let explained = home.run(&["explain", "--title", "Kim"]).await.expect(0);
    assert!(explained.out.contains("newshound init"), "{}", explained.out);
    home.run(&["explain", "--title", "Kim", "--expect", "hit"]).await.expect(3);
    let unknown = home.run(&["explain", "--topic", "kim", "--title", "Kim"]).await.expect(2);
    assert!(unknown.err.contains("newshound init"), "{}", unknown.err);
    for arguments in [
        &["run"][..],
        &["run", "--once"],
        &["status"],
        &["check"],
        &["alerts", "list"],
        &["deliveries", "retry"],
        &["sources"],
        &["test", "channel", "console"],
    ] {
        let ended = home.run(arguments).await.expect(2);
        let said = ended.out + &ended.err;
        assert!(said.contains("there is no configuration file") && said.contains("newshound init"), "{said}");
    }
}

#[tokio::test]
async fn explain_takes_text_pages_and_items() {
    let home = Home::with(TOPIC);
    home.write(
        "page.html",
        "<html><head><title>Kim</title></head><body><p>Kim arrives in Vladivostok</p></body></html>",
    );
    home.write("item.json", r#"{"id":"x-1","title":"Во Владивостоке открылся форум","extra":1}"#);
    for (arguments, input, item) in [
        (&["--title", "Kim in Vladivostok"][..], "", Value::Null),
        (&["-"], "Kim in Vladivostok", Value::Null),
        (&["page.html"], "", Value::Null),
        (&["item.json"], "", "x-1".into()),
        (&["--title", "Vladivostok", "-"], "more", Value::Null),
    ] {
        let arguments = [&["explain", "--json", "--expect", "hit"], arguments].concat();
        let line = home.run_with_input(&arguments, input.as_bytes()).await.expect(0).json();
        assert_keys(&line, "item topic score threshold decision story reason evidence distance failed");
        assert_eq!((&line["item"], &line["decision"]), (&item, &"alert".into()), "{arguments:?}");
        assert_eq!(line["story"], Value::Null, "{arguments:?}");
        let (score, distance) = (line["score"].as_f64().unwrap(), line["distance"].as_f64().unwrap());
        assert!((0.5 - score - distance).abs() < 1e-6);
        for value in [&line["score"], &line["distance"], &line["points"], &line["evidence"][0]["points"]] {
            let digits = value.to_string().split('.').nth(1).map_or(0, str::len);
            assert!(value.is_number() && digits <= 6, "{value} of {line}");
        }
    }
    let miss = home.run(&["explain", "--title", "Grain", "--json", "--expect", "hit"]).await.expect(3).json();
    assert_eq!((&miss["decision"], &miss["score"]), (&"below".into(), &0.0.into()));
    assert_eq!(miss["failed"][0], "no term of the topic occurs");
    home.run(&["explain", "--title", "Grain", "--expect", "miss"]).await.expect(0);
    home.run(&["explain", "--title", "Grain", "--expect", "perhaps"]).await.expect(2);
    home.run(&["explain", "--title", "Grain", "--lang", "no language"]).await.expect(2);
    home.run(&["explain"]).await.expect(2);
    for (what, said) in [
        (".", "it is a directory"),
        ("nothing.txt", "there is no such file"),
        ("it_nothing", "there is no store"),
        ("https://news.example/a", "save the page"),
    ] {
        let ended = home.run(&["explain", what]).await.expect(1);
        assert!(ended.err.starts_with("error: ") && ended.err.contains(said), "{}", ended.err);
    }
    let broken = home.run_with_input(&["explain", "-"], br#"{"title": "#).await.expect(1);
    assert!(broken.err.contains("not JSON"), "{}", broken.err);
}

#[tokio::test]
async fn a_stored_item_tells_what_became_of_it() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    home.run(&["run", "--once"]).await.expect(0);
    let alerts = home.run(&["alerts", "list", "--json"]).await.expect(0).rows();
    let item = alerts[0]["item"]["id"].as_str().unwrap();
    let line = home.run(&["explain", item, "--json"]).await.expect(0).json();
    assert_eq!((&line["item"], &line["alert"]), (&item.into(), &alerts[0]["id"]));
    assert_eq!((&line["deliveries"], &line["story"]), (&alerts[0]["deliveries"], &alerts[0]["story"]["id"]));
    let text = home.run(&["explain", item]).await.expect(0).out;
    assert!(text.contains("Local, 12 Sep 2023, English") && text.contains("sent "), "{text}");
    let unknown = home.run(&["explain", "it_00000000000000000000"]).await.expect(1);
    assert!(unknown.err.contains("no item it_00000000000000000000"), "{}", unknown.err);

    // The same feed read for the first time without backfill: known, matched, not told.
    let home = Home::with(&watching(&server, "").replace("backfill = \"36500d\"\n", ""));
    home.run(&["run", "--once"]).await.expect(0);
    let line = home.run(&["explain", item, "--json"]).await.expect(0).json();
    assert_eq!((&line["decision"], &line["alert"]), (&"baseline".into(), &Value::Null));
    assert_eq!(line["deliveries"], serde_json::json!([]));
    let text = home.run(&["explain", item]).await.expect(0).out;
    assert!(text.contains("not alerted: "), "{text}");
}

#[tokio::test]
async fn nothing_from_outside_moves_the_cursor() {
    let home = Home::with(TOPIC);
    let title = "\u{1b}[2J\u{9b}31m Vladivostok \u{202e}\u{7} \r\n";
    let ended = home.run_with_input(&["explain", "--title", title, "-"], title.as_bytes()).await.expect(0);
    let moves = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
    assert!(!ended.out.chars().any(moves), "{:?}", ended.out);
    assert!(ended.out.lines().all(|line| line.chars().count() <= 80), "{}", ended.out);
}

#[tokio::test]
async fn the_scale_is_ascii_where_the_locale_is() {
    let home = Home::with(TOPIC);
    let mut command = home.command(&["explain", "--title", "Vladivostok"]);
    command.env("LC_ALL", "C");
    let ended = ended(command, b"").await.expect(0);
    assert!(ended.out.contains("0 ----------|-*------- 1"), "{}", ended.out);
}

#[tokio::test]
async fn a_test_of_a_source_tells_what_a_poll_of_it_decides() {
    let server = Server::start("127.0.0.1", |seen| match (seen.path(), seen.header("if-none-match")) {
        ("/feed.xml", None) => {
            Reply::whole(200, &[("ETag", b"\"a\""), ("Cache-Control", b"max-age=10800")], FEED.as_bytes())
        }
        ("/feed.xml", Some(_)) => Reply::whole(304, &[("Cache-Control", b"max-age=31536000")], b""),
        _ => Reply::whole(404, &[], b""),
    })
    .await;
    let missing = format!("[[source]]\nid = \"amiss\"\nurl = \"{}\"\n", server.url("/nothing"));
    let home = Home::with(&watching(&server, &missing));
    let first = home.run(&["test", "source", "local", "--json"]).await.expect(0).json();
    assert_keys(
        &first,
        "source url if_none_match if_modified_since class message took items new next_poll interval reason notes",
    );
    assert_eq!((&first["class"], &first["items"], &first["new"]), (&"ok".into(), &2.into(), &2.into()));
    assert!((first["interval"].as_f64().unwrap() - 10_800.0).abs() < 1e-9);
    assert_eq!(first["reason"], "the server asked for max-age=10800");
    assert!(!home.path("state").exists(), "nothing is stored");

    home.run(&["run", "--once", "--no-send"]).await.expect(0);
    let listed = |row: &Value| (row["interval"].as_f64(), row["reason"].clone(), row["next_poll"].clone());
    let before = listed(&home.run(&["sources", "--json"]).await.expect(0).rows()[1]);
    assert_eq!((before.0, &before.1), (Some(10_800.0), &first["reason"]));
    let second = home.run(&["test", "source", "local"]).await.expect(0).out;
    for line in ["asked     with If-None-Match: \"a\"", "items     0, of which 0", "next      poll in 24 h: "]
    {
        assert!(second.contains(line), "{second}");
    }
    assert!(second.contains("note      the server asks for 8760h between polls, 24h at most are kept"));
    let after = listed(&home.run(&["sources", "--json"]).await.expect(0).rows()[1]);
    assert_eq!(before, after, "and nothing of it is kept");

    let amiss = home.run(&["test", "source", "amiss"]).await.expect(1);
    assert!(amiss.out.contains("http_client_error"), "{}", amiss.out);
    let unknown = home.run(&["test", "source", "ugly"]).await.expect(2);
    assert!(unknown.err.contains("amiss, local"), "{}", unknown.err);
}

#[tokio::test]
async fn a_test_alert_takes_the_real_path() {
    let server = Server::start("127.0.0.1", |seen| match seen.path() {
        "/good" => Reply::whole(204, &[], b""),
        _ => Reply::whole(500, &[], b""),
    })
    .await;
    let hook = |name: &str| {
        format!(
            "[[channel]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"{}\"\n",
            server.url(&format!("/{name}"))
        )
    };
    let home = Home::with(&(watching(&server, "") + &hook("good") + &hook("bad")));
    let good = home.run(&["test", "channel", "good", "--json"]).await.expect(0).json();
    assert_keys(&good, "channel class message");
    assert_eq!((&good["channel"], &good["class"]), (&"good".into(), &"ok".into()));
    let bad = home.run(&["test", "channel", "bad", "--json"]).await.expect(1).json();
    assert_eq!(bad["class"], "transient");
    let unknown = home.run(&["test", "channel", "ugly"]).await.expect(2);
    assert!(unknown.err.contains("good, bad") || unknown.err.contains("bad, good"), "{}", unknown.err);
    assert_eq!(server.seen().len(), 2);
    assert!(!home.path("state").exists());
}

#[tokio::test]
async fn the_starter_is_written_once_and_is_right() {
    let home = Home::new();
    let first = home.run(&["init", "my news"]).await.expect(0);
    assert!(first.out.contains("newshound check --config 'my news/newshound.toml'"), "{}", first.out);
    let check = home.run(&["check", "--config", "my news/newshound.toml", "--json"]).await.expect(0).json();
    assert_eq!(check["ok"], true);
    let again = home.run(&["init", "my news"]).await.expect(1);
    assert!(again.err.contains("is there already") && again.out.is_empty(), "{again:?}");
    home.run(&["init"]).await.expect(0);
    home.run(&["check"]).await.expect(0);
    home.write("file", "");
    let ended = home.run(&["init", "file/below"]).await.expect(1);
    assert!(ended.err.contains("file/below") && !ended.err.contains("os error"), "{}", ended.err);
}
