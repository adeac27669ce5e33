//! `plan`: the files beside what runs.

use super::*;

#[tokio::test]
async fn the_files_are_compared_with_what_runs_and_the_past_is_replayed() {
    let feed = Feed::with(&["first"]).await;
    let running = format!("{}{}{}", feed.source("s"), topic("t", "war"), topic("u", "flood"));
    let program = Program::new(&config(&running));
    let mut daemon = Daemon::start(&program, 1).await;
    feed.publish("a war begins");
    feed.publish("peace at last");
    daemon.prints("a war begins").await;
    feed.read().await;
    let plan = program.json(&["plan"]).await.remove(0);
    assert_eq!((&plan["result"], &plan["running"]["daemon"]), (&"ok".into(), &true.into()));
    assert_eq!(plan["topics"]["changed"], serde_json::json!([]));
    let said = String::from_utf8(program.run(&["plan"]).await.stdout).unwrap();
    assert!(said.starts_with("A reload would change nothing."), "{said}");

    let files = format!(
        "{}[[source]]\nid = 'other'\nurl = 'https://other.example/feed'\n{}{}",
        feed.source("s").replace("id = 's'", "id = 's'\ntags = ['x']"),
        topic("t", "peace"),
        topic("v", "storm")
    );
    std::fs::write(program.path("newshound.toml"), config(&files)).unwrap();
    let plan = program.json(&["plan"]).await.remove(0);
    assert_eq!(plan["sources"]["added"], serde_json::json!(["other"]));
    assert_eq!(plan["sources"]["changed"], serde_json::json!([{"id": "s", "keys": ["tags"]}]));
    assert_eq!(plan["topics"]["changed"], serde_json::json!([{"id": "t", "keys": ["any"]}]));
    assert_eq!((&plan["topics"]["added"][0], &plan["topics"]["removed"][0]), (&"v".into(), &"u".into()));
    assert_eq!((&plan["alerts"]["added"], &plan["alerts"]["removed"]), (&1.into(), &1.into()), "{plan}");
    let t = plan["alerts"]["topics"].as_array().unwrap().iter().find(|topic| topic["topic"] == "t").unwrap();
    assert_eq!((&t["before"], &t["after"]), (&1.into(), &1.into()));
    let titles: Vec<_> = t["examples"].as_array().unwrap().iter().map(|each| &each["title"]).collect();
    assert!(titles.contains(&&"peace at last".into()) && titles.contains(&&"a war begins".into()), "{t}");
    let said = String::from_utf8(program.run(&["plan"]).await.stdout).unwrap();
    for line in ["+ other", "~ s: tags", "~ t: any", "+ v", "- u", "1 added, 1 removed", "+ peace at last"] {
        assert!(said.contains(line), "{line} is missing in\n{said}");
    }
    assert_eq!(alerted(&program).await, ["t: a war begins"], "a plan changes nothing");
    daemon.stop().await;
    let plan = program.json(&["plan"]).await.remove(0);
    assert_eq!(plan["running"]["daemon"], false);
    assert!(plan["running"]["loaded"].is_string());
    assert_eq!(plan["alerts"]["added"], 1);
}

#[tokio::test]
async fn errors_are_told_with_what_would_become_of_the_rest() {
    let feed = Feed::with(&["first"]).await;
    let running = format!("{}{}", feed.source("s"), topic("t", "war"));
    let program = Program::new(&config(&running));
    let new = program.json(&["plan"]).await.remove(0);
    assert_eq!((&new["running"]["loaded"], &new["topics"]["added"][0]), (&Value::Null, &"t".into()));
    let daemon = Daemon::start(&program, 1).await;
    let bad_topic = format!("{}[[topic]]\nid = 't'\nwords = 1\n{}", feed.source("s"), topic("u", "flood"));
    for (files, result, kept) in [
        (bad_topic, "partial", serde_json::json!(["t"])),
        (format!("{running}[x]\n"), "rejected", serde_json::json!([])),
    ] {
        std::fs::write(program.path("newshound.toml"), config(&files)).unwrap();
        let ended = program.run(&["plan", "--json"]).await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        let plan: Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!((&plan["result"], &plan["topics"]["kept"]), (&result.into(), &kept));
        let errors =
            plan["problems"].as_array().unwrap().iter().filter(|it| it["severity"] == "error").count();
        assert!(errors > 0);
        assert_eq!(plan["topics"]["removed"], serde_json::json!([]), "{plan}");
    }
    daemon.stop().await;
}
