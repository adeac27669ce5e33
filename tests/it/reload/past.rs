//! What is told of an item after its topic has changed, and of a topic that changes.

use super::*;

/// Runs with one topic until a war is alerted, then has it look for something else.
async fn changed_after_an_alert() -> (Program, Daemon, Feed, String) {
    let feed = Feed::with(&["first"]).await;
    let program = Program::new(&config(&format!("{}{}", feed.source("s"), topic("t", "war"))));
    let mut daemon = Daemon::start(&program, 1).await;
    feed.publish("a war begins");
    daemon.prints("a war begins").await;
    let now = format!("{}{}{}", feed.source("s"), topic("t", "peace"), topic("new", "war"));
    daemon.reload(&program, &config(&now)).await;
    let item = program.json(&["alerts", "list"]).await[0]["item"]["id"].as_str().unwrap().to_owned();
    (program, daemon, feed, item)
}

#[tokio::test]
async fn an_alert_is_explained_by_the_topic_of_its_time() {
    let (program, daemon, _feed, item) = changed_after_an_alert().await;
    let lines = program.json(&["explain", &item]).await;
    let [old, new] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&old["topic"], &old["decision"]), (&"t".into(), &"alert".into()));
    assert!(old["alert"].is_string() && old["deliveries"][0]["state"].is_string(), "{old}");
    assert_eq!(old["evidence"][0]["term"], "war");
    assert_eq!((&old["then"]["changed"], &old["then"]["decision"]), (&true.into(), &"alert".into()));
    assert!(old["score"].as_f64().unwrap() > 0.8 && old["now"]["score"] == 0.0, "{old}");
    assert_ne!(old["then"]["version"], old["now"]["version"]);
    assert_eq!(old["then"]["definition"]["any"], serde_json::json!(["war^2"]));
    assert_eq!(old["then"]["changed_keys"], serde_json::json!(["any"]));
    assert_eq!((&new["alert"], &new["then"]["decision"]), (&Value::Null, &Value::Null));
    assert!(
        new["reason"].as_str().unwrap().starts_with("this topic did not exist when the item came"),
        "{new}"
    );
    let text = program.run(&["explain", &item]).await;
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("with an earlier version of this topic; changed since: any"), "{text}");
    assert!(text.contains("now: 0.00"), "{text}");
    assert!(text.contains("not alerted: this topic did not exist"), "{text}");
    for (expect, code) in [("hit", 3), ("miss", 0)] {
        let ended = program.run(&["explain", &item, "--topic", "t", "--expect", expect]).await;
        assert_eq!(ended.status.code(), Some(code), "what counts is what the topic says now");
    }
    daemon.stop().await;
}

#[tokio::test]
async fn an_alert_of_a_topic_that_is_gone_is_explained_as_well() {
    let (program, mut daemon, feed, item) = changed_after_an_alert().await;
    daemon.reload(&program, &config(&format!("{}{}", feed.source("s"), topic("peace", "peace")))).await;
    for asked in [&["explain", item.as_str()][..], &["explain", "--topic", "t", &item]] {
        let lines = program.json(asked).await;
        let gone = lines.last().unwrap();
        assert_eq!((&gone["topic"], &gone["decision"]), (&"t".into(), &"alert".into()), "{gone}");
        assert_eq!((&gone["configured"], &gone["now"]), (&false.into(), &Value::Null), "{gone}");
        assert!(gone["alert"].is_string() && gone["then"]["definition"].is_object(), "{gone}");
        assert_eq!(gone["evidence"][0]["term"], "war");
    }
    let ended = program.run(&["explain", &item, "--expect", "miss"]).await;
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(text.contains("with a topic that is not configured any more"), "{text}");
    assert_eq!(ended.status.code(), Some(0), "only what is configured is held to it");
    let ended = program.run(&["explain", &item, "--topic", "other"]).await;
    assert_eq!(ended.status.code(), Some(2));
    daemon.stop().await;
}

#[tokio::test]
async fn a_topic_that_changes_is_replayed_and_alerts_nothing_of_the_past() {
    let (program, mut daemon, feed, _) = changed_after_an_alert().await;
    let line = daemon.logs("replayed topic `new`").await;
    assert!(line.contains("as it is now 1, as it was 0; new 1, gone 0"), "{line}");
    let line = daemon.logs("replayed topic `t`").await;
    assert!(line.contains("as it is now 0, as it was 1; new 0, gone 1"), "{line}");
    feed.read().await;
    assert_eq!(alerted(&program).await, ["t: a war begins"]);
    let replayed = status(&program).await["config"]["replayed"].clone();
    let of = |topic: &str| {
        replayed.as_array().unwrap().iter().find(|each| each["topic"] == topic).cloned().unwrap()
    };
    assert_eq!((&of("new")["added"], &of("t")["removed"]), (&1.into(), &1.into()));
    daemon.stop().await;
}
