//! `backtest` and the topic doctor over the archive.

use super::*;

/// The decisions, as `topic decision`.
fn decisions(ended: &Ended) -> Vec<String> {
    let word = |row: &Value| format!("{} {}", row["topic"], row["decision"]).replace('"', "");
    // What one poll brought was seen at one time.
    let mut words: Vec<String> = ended.rows().iter().map(word).collect();
    words.sort_unstable();
    words
}

#[tokio::test]
async fn the_archive_is_replayed_beside_a_running_daemon() {
    let server = newsroom().await;
    let grain = "[[topic]]\nid = \"grain\"\nany = [\"Grain\"]\nsources = [\"tag:world\"]\n";
    let home = Home::with(&watching(&server, ""));
    let mut daemon = home.start(&["run"], "newshound 0").await;
    daemon.line("vladivostok").await;
    let seen = home.run(&["backtest", "--json"]).await.expect(0);
    assert_eq!(decisions(&seen), ["vladivostok alert"]);
    let alert = &home.run(&["alerts", "list", "--json"]).await.expect(0).rows()[0];
    let row = &seen.rows()[0];
    assert_eq!((&row["item"], &row["story"]), (&alert["item"]["id"], &alert["story"]["id"]));
    // What another configuration would have made of the same news.
    home.write("other.toml", &watching(&server, grain));
    let more = home.run(&["backtest", "--json", "--config", "other.toml"]).await.expect(0);
    assert_eq!(decisions(&more), ["grain alert", "vladivostok alert"]);
    let changed = home.run(&["backtest", "--json", "--against", "other.toml"]).await.expect(0).rows();
    assert_eq!(
        (changed.len(), &changed[0]["topic"], &changed[0]["was"]),
        (1, &"grain".into(), &"alert".into())
    );
    let identity = home.run(&["backtest", "--identity", "--json"]).await.expect(0).rows();
    assert!(identity.len() == 2 && identity.iter().all(|row| row["duplicate_of"].is_null()), "{identity:?}");
    let daily = home.run(&["backtest", "--since", "1h", "--fail-on", "alerts>0.9/d"]).await.expect(3);
    assert!(daily.err.contains("topic vladivostok: 1.0 alerts a day"), "{}", daily.err);
    let few = home.run(&["backtest", "--since", "1h", "--fail-on", "alerts>1/d"]).await.expect(0);
    assert!(few.out.starts_with("2 items, of "), "{}", few.out);
    assert_eq!(daemon.stop("-TERM").await.0, Some(0));
    assert_eq!(home.run(&["alerts", "list", "--json"]).await.expect(0).rows().len(), 1, "nothing was stored");
}

#[tokio::test]
async fn without_a_store_there_is_no_archive() {
    let home = Home::with(TOPIC);
    let ended = home.run(&["backtest"]).await.expect(1);
    assert!(ended.err.contains("there is no store at "), "{}", ended.err);
    assert!(!home.path("state").exists());
    let checked = home.run(&["check", "--json"]).await.expect(0).json();
    assert_eq!(checked["doctor"], serde_json::json!([]));
    home.write(".local/state/newshound/newshound.db", "no database, whatever its name says");
    assert_eq!(home.run(&["check", "--json"]).await.expect(0).json()["doctor"], serde_json::json!([]));
}

#[tokio::test]
async fn check_has_the_doctor_look_at_the_archive() {
    let server = newsroom().await;
    let topic = "[[topic]]\nid = \"grain\"\nany = [\"grain\", \"grains\", \"train^0.3\", \"border^0.4\"]\n\
                 less = [\"hockey\"]\n";
    let home = Home::with(&watching(&server, topic));
    home.run(&["run", "--once"]).await.expect(0);
    let checked = home.run(&["check", "--json"]).await.expect(0).json();
    let finding = &checked["doctor"][1];
    assert_keys(finding, "topic items hits never twins near_misses halved_at doubled_at");
    assert_eq!(
        (&finding["topic"], &finding["items"], &finding["hits"]),
        (&"grain".into(), &2.into(), &1.into())
    );
    assert_eq!(finding["never"], serde_json::json!(["hockey"]));
    assert_eq!(finding["twins"], serde_json::json!([["grain", "grains"]]));
    assert_eq!(finding["near_misses"]["items"], 1);
    assert_eq!(finding["near_misses"]["term"], "border");
    let told = home.run(&["check"]).await.expect(0).out;
    for line in
        ["topic doctor, over 2 items", "  never there: hockey", "  1 near miss, 1 of them mostly by border"]
    {
        assert!(told.contains(line), "{line} in {told}");
    }
}

#[tokio::test]
async fn a_replay_ends_by_an_interrupt_with_130() {
    let home = Home::with(TOPIC);
    let pipe = home.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().await.unwrap().success());
    let child = home.command(&["backtest", "--input", "pipe"]).spawn().unwrap();
    // Opening waits until somebody reads: then the command waits for what is never written.
    let opening = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe));
    let writer = tokio::time::timeout(DEADLINE, opening).await.unwrap().unwrap().unwrap();
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(130));
    drop(writer);
}
