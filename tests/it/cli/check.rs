//! `check`, and where a configuration is looked for.

use serde_json::json;

use super::*;

const WRONG: &str = "[fetch]\ncontact = \"a@example.org\"\ntimeout = 5\n[[topic]]\nid = \"t\"\nany = [\"a\"]\ntreshold = 0.6\n";

#[tokio::test]
async fn every_problem_is_told_at_once_with_its_place() {
    let home = Home::with(WRONG);
    let ended = home.run(&["check"]).await.expect(2);
    assert!(ended.out.contains("newshound.toml:3:11: "), "{}", ended.out);
    assert!(ended.out.contains("newshound.toml:7:1: ") && ended.out.contains("did you mean `threshold`?"));
    assert!(ended.out.ends_with("2 errors in 1 file.\n"), "{}", ended.out);
    assert_eq!(ended.err, "");
    // Every other command says the same, aside.
    for arguments in [&["run"][..], &["status"], &["fetch", "x"], &["explain", "--title", "x"]] {
        let other = home.run(arguments).await.expect(2);
        assert_eq!(other.out, "");
        assert!(other.err.contains(":3:11: ") && other.err.contains(":7:1: "), "{}", other.err);
    }
    let found = home.run(&["check", "--json"]).await.expect(2).json();
    assert_keys(&found, "ok problems examples network");
    assert_eq!(found["ok"], false);
    let problem = &found["problems"][1];
    assert_keys(problem, "severity class file line column message suggestion");
    assert_eq!(
        (&problem["severity"], &problem["line"], &problem["column"]),
        (&"error".into(), &7.into(), &1.into())
    );
    assert_eq!(problem["class"], Value::Null);
}

#[tokio::test]
async fn a_failed_example_is_quoted_and_exits_with_3() {
    let example = "[[topic.example]]\ntext = \"Grain prices rose\"\nexpect = \"hit\"\n\
                   [[topic.example]]\ntext = \"Vladivostok\"\nexpect = \"hit\"\n";
    let home = Home::with(&format!("[fetch]\ncontact = \"a@example.org\"\n{TOPIC}{example}"));
    let ended = home.run(&["check"]).await.expect(3);
    assert!(
        ended.out.contains("newshound.toml:9:8: example of topic vladivostok: expected hit, got miss 0.00")
    );
    assert!(ended.out.contains("    9 | text = \"Grain prices rose\""), "{}", ended.out);
    assert!(ended.out.ends_with("no error, 1 of 2 examples pass.\n"), "{}", ended.out);
    let found = home.run(&["check", "--json"]).await.expect(3).json();
    assert_eq!(found["ok"], false);
    assert_keys(&found["examples"][0], "topic text expect got score ok");
    assert_eq!((&found["examples"][0]["got"], &found["examples"][1]["ok"]), (&"miss".into(), &true.into()));
}

#[tokio::test]
async fn a_failed_example_says_why() {
    let example =
        |text: &str, expect: &str| format!("[[topic.example]]\ntext = \"{text}\"\nexpect = \"{expect}\"\n");
    let topic = "[[topic]]\nid = \"ports\"\nany = [\"Vladivostok\", \"Busan^0.3\"]\nnone = [\"hockey\"]\n";
    let both = "[[topic]]\nid = \"both\"\nall = [\"Kim\", \"train\"]\n";
    let home = Home::with(&format!(
        "[fetch]\ncontact = \"a@example.org\"\n{topic}{}{}{}{both}{}",
        example("Busan", "hit"),
        example("Vladivostok hockey", "hit"),
        example("Vladivostok and Busan", "miss"),
        example("Kim walks", "hit"),
    ));
    let told = home.run(&["check"]).await.expect(3).out;
    for why in [
        "expected hit, got miss 0.20",
        "0.30 short; counted: +0.33 lead Busan; ",
        "0.50 short; vetoed; counted: +1.09 lead Vladivostok, +0.00 lead hockey; ",
        "0.13 over the threshold; counted: +1.09 lead Vladivostok, +0.33 lead Busan; ",
        "0.50 short; `train` does not occur; counted: +1.09 lead Kim; ",
    ] {
        assert!(told.contains(why), "{why} in {told}");
    }
}

#[tokio::test]
async fn examples_and_refused_addresses_are_told_beside_other_errors() {
    let example = "[[topic.example]]\ntext = \"Grain prices rose\"\nexpect = \"hit\"\n";
    let inside = "[[source]]\nid = \"in\"\nurl = \"http://127.0.0.1/feed\"\n";
    let wrong = "[[topic]]\nid = \"other\"\nany = [\"a^99\"]\nmood = 1\n[[topic.example]]\ntext = \"a\"\nexpect = \"hit\"\n";
    let home = Home::with(&format!("[fetch]\ncontact = \"a@example.org\"\n{inside}{TOPIC}{example}{wrong}"));
    let found = home.run(&["check", "--json"]).await.expect(2).json();
    let messages: Vec<&str> =
        found["problems"].as_array().unwrap().iter().map(|p| p["message"].as_str().unwrap()).collect();
    for part in ["`mood`", "`99`", "source in: "] {
        assert!(messages.iter().any(|message| message.contains(part)), "{part} in {messages:#?}");
    }
    let examples = found["examples"].as_array().unwrap();
    assert_eq!(
        (examples.len(), &examples[0]["topic"], &examples[0]["ok"]),
        (1, &"vladivostok".into(), &false.into())
    );
    let told = home.run(&["check"]).await.expect(2).out;
    assert!(told.ends_with("3 errors in 1 file, 0 of 1 examples pass.\n"), "{told}");
    // What may be reached is not known where that is what is wrong.
    home.write("newshound.toml", &format!("[fetch]\nalow_networks = [\"127.0.0.0/8\"]\n{inside}"));
    assert!(!home.run(&["check"]).await.expect(2).out.contains("source in: "));
}

#[tokio::test]
async fn an_example_is_of_a_source_that_its_topic_takes() {
    let example = "[[topic.example]]\ntext = \"Vladivostok\"\nexpect = \"hit\"\n";
    for source in ["local", "tag:world"] {
        let source_table = "[[source]]\nid = \"local\"\nurl = \"https://a.example/f\"\ntags = [\"world\"]\n";
        let home = Home::with(&format!(
            "[fetch]\ncontact = \"a@example.org\"\n{source_table}{TOPIC}sources = [\"{source}\"]\n{example}"
        ));
        home.run(&["check"]).await.expect(0);
    }
}

#[tokio::test]
async fn the_network_is_tried_on_request_only() {
    let server = newsroom().await;
    let more = format!("[[source]]\nid = \"amiss\"\nurl = \"{}\"\n", server.url("/page"));
    let home = Home::with(&watching(&server, &more));
    home.run(&["check"]).await.expect(0);
    assert_eq!(server.seen().len(), 0);
    let found = home.run(&["check", "--network", "--json"]).await.expect(1).json();
    assert_eq!(found["ok"], false);
    let network = found["network"].as_array().unwrap();
    for each in network {
        assert_keys(each, "kind id class message");
    }
    let of = |id: &str| network.iter().find(|each| each["id"] == id).unwrap()["class"].clone();
    assert_eq!((of("local"), of("amiss"), of("console")), ("ok".into(), "not_a_feed".into(), "ok".into()));
    let text = home.run(&["check", "--network"]).await.expect(1).out;
    assert!(text.starts_with("network: 1 of 2 sources answer, 1 of 1 channel accept\n"), "{text}");
    assert!(text.contains("amiss  not_a_feed"), "{text}");
}

#[tokio::test]
async fn an_address_that_is_refused_is_an_error_of_check_only() {
    let home = Home::with(
        "[server]\nlisten=\"\"\n[fetch]\ncontact=\"a@example.org\"\n[[source]]\nid=\"in\"\nurl=\"http://127.0.0.1/feed\"\n",
    );
    let found = home.run(&["check", "--json"]).await.expect(2).json();
    assert_eq!(found["problems"][0]["class"], "address_refused");
    home.run(&["run", "--once"]).await.expect(0);
    let sources = home.run(&["sources", "list", "--json"]).await.expect(0).rows();
    assert_eq!(sources[0]["class"], "address_refused");
}

#[tokio::test]
async fn topics_are_shown_as_they_are_understood() {
    let near = "[[topic.near]]\nwithin = 12\na = [\"Kim\"]\nb = [{ term = \"train\", weight = 2.0 }]\n";
    let home = Home::with(&format!("{TOPIC}none = [\"KHL\"]\n{near}"));
    let shown = home.run(&["check", "--show"]).await.expect(0).out;
    for line in
        ["Vladivostok  vladivostok, threshold 0.50", "any       Vladivostok · Владивосток", "none      KHL"]
    {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(shown.contains("near      Kim NEAR/12 train"), "{shown}");
    let topics = home.run(&["check", "--show", "--json"]).await.expect(0).json()["topics"].clone();
    assert_eq!((&topics[0]["topic"], &topics[0]["none"]), (&json!("vladivostok"), &json!(["KHL"])));
    assert!(home.run(&["check", "--json"]).await.expect(0).json().get("topics").is_none());
}

#[tokio::test]
async fn problems_stand_in_the_order_the_files_are_read() {
    let topic = |id: &str| format!("[[topic]]\nid = \"{id}\"\nany = [\"x AND\"]\nmood = 1\n");
    let home = Home::with(&format!("include = \"a.toml\"\n{}", topic("first")));
    home.write("a.toml", &topic("second"));
    let found = home.run(&["check", "--json"]).await.expect(2).json();
    let problems = found["problems"].as_array().unwrap();
    let files: Vec<&str> = problems.iter().filter_map(|problem| problem["file"].as_str()).collect();
    let of_main = files.iter().take_while(|file| file.ends_with("newshound.toml")).count();
    assert!(of_main >= 1 && of_main < files.len(), "{files:?}");
    assert!(files[of_main..].iter().all(|file| file.ends_with("a.toml")), "{files:?}");
}

#[tokio::test]
async fn a_configuration_is_found_from_near_to_far() {
    let home = Home::new();
    let topic = |id: &str| format!("[[topic]]\nid = \"{id}\"\nany = [\"x\"]\n");
    let mut files = vec![
        (".config/newshound/newshound.toml", "home"),
        ("xdg/newshound/newshound.toml", "xdg"),
        ("config/newshound.toml", "folder"),
        ("newshound.toml", "here"),
        ("named.toml", "variable"),
        ("a folder/named.toml", "flag"),
    ];
    let n_files = files.len();
    for (at, (path, id)) in files.drain(..).enumerate() {
        home.write(path, &topic(id));
        let mut arguments = vec!["explain", "--title", "x", "--json"];
        if at == n_files - 1 {
            arguments.extend(["--config", "a folder/named.toml"]);
        }
        let mut command = home.command(&arguments);
        if at >= 1 {
            command.env("XDG_CONFIG_HOME", home.path("xdg"));
        }
        if at >= 4 {
            command.env("NEWSHOUND_CONFIG", "named.toml");
        }
        assert_eq!(ended(command, b"").await.expect(0).json()["topic"], id, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_configuration_is_told_in_words() {
    let home = Home::new();
    home.write("empty.toml", "");
    home.write("binary.toml", "a = \"\u{0}\"");
    std::fs::write(home.path("latin.toml"), b"# caf\xe9\n").unwrap();
    for (file, code, said) in [
        ("empty.toml", 0, "no error"),
        ("binary.toml", 2, "binary.toml:1:"),
        ("latin.toml", 2, "line 1 is not UTF-8"),
        ("nothing.toml", 2, "there is no such file"),
        (".", 2, "it is a directory"),
        ("", 2, "error"),
    ] {
        let ended = home.run(&["check", "--config", file]).await.expect(code);
        let all = ended.out + &ended.err;
        assert!(all.contains(said) && !all.contains("os error"), "{file}: {all}");
    }
}
