//! What is taken, what stays, and that nothing is missed on the way.

use super::*;

#[tokio::test]
async fn a_topic_added_by_sighup_alerts_and_the_past_does_not() {
    let feed = Feed::with(&["old peace"]).await;
    let base = format!("{}{}", feed.source("s"), topic("war", "war"));
    let program = Program::new(&config(&base));
    let mut daemon = Daemon::start(&program, 1).await;
    daemon.reload(&program, &config(&format!("{base}{}", topic("peace", "peace")))).await;
    feed.publish("new peace");
    daemon.prints("new peace").await;
    assert_eq!(alerted(&program).await, ["peace: new peace"]);
    let status = status(&program).await;
    assert_eq!((&status["config"]["last_reload"], &status["config"]["error"]), (&"ok".into(), &Value::Null));
    assert_eq!(status["health"], "ok");
    daemon.stop().await;
}

#[tokio::test]
async fn a_broken_topic_stays_as_it_was_while_others_are_taken() {
    let feed = Feed::with(&["first"]).await;
    let program = Program::new(&config(&format!("{}{}", feed.source("s"), topic("war", "war"))));
    let mut daemon = Daemon::start(&program, 1).await;
    let broken = format!(
        "{}[[topic]]\nid = 'war'\nany = ['battle']\nwords = 1\n{}",
        feed.source("s"),
        topic("peace", "peace")
    );
    daemon.reload(&program, &config(&broken)).await;
    feed.publish("a war and a peace");
    let printed = daemon.prints("peace").await;
    assert!(printed.len() <= 2);
    feed.read().await;
    assert_eq!(alerted(&program).await, ["peace: a war and a peace", "war: a war and a peace"]);
    let status = status(&program).await;
    assert_eq!(
        (&status["config"]["last_reload"], &status["health"]),
        (&"partial".into(), &"degraded".into())
    );
    let error = status["config"]["error"].as_str().unwrap();
    assert!(error.starts_with("newshound.toml:") && error.contains("`words` in topic war"), "{error}");
    assert!(status["problems"][0].as_str().unwrap().contains(error));
    daemon.reload(&program, &config(&format!("{}{}", feed.source("s"), topic("war", "battle")))).await;
    assert_eq!(super::status(&program).await["health"], "ok");
    daemon.stop().await;
}

#[tokio::test]
async fn a_broken_file_leaves_everything_as_it_was() {
    let feed = Feed::with(&["first"]).await;
    let good = config(&format!("{}{}", feed.source("s"), topic("war", "war")));
    let program = Program::new(&good);
    let mut daemon = Daemon::start(&program, 1).await;
    for broken in [
        format!("{good}[[channel]]\nname = 'x'\n"),
        good.replace("[[source]]", "[[source"),
        String::from("[fetch"),
    ] {
        let line = daemon.reload(&program, &broken).await;
        assert!(line.contains("rejected") && line.contains("newshound.toml:"), "{line}");
        let status = status(&program).await;
        assert_eq!(
            (&status["config"]["last_reload"], &status["health"]),
            (&"rejected".into(), &"degraded".into()),
            "{broken}: {status}"
        );
        let error = status["config"]["error"].as_str().unwrap();
        assert!(error.starts_with("newshound.toml:"), "{error}");
        assert_eq!(status["sources"]["total"], 1, "{status}");
        let text = program.run(&["status"]).await;
        assert!(String::from_utf8(text.stdout).unwrap().contains("rejected"));
    }
    feed.publish("war goes on");
    daemon.prints("war goes on").await;
    std::fs::remove_file(program.path("newshound.toml")).unwrap();
    daemon.hang_up().await;
    daemon.logs("rejected").await;
    daemon.reload(&program, &good).await;
    assert_eq!(status(&program).await["config"]["last_reload"], "ok");
    daemon.stop().await;
}

#[tokio::test]
async fn nothing_is_missed_and_nothing_told_twice_while_reloading_again_and_again() {
    let feed = Feed::with(&["first"]).await;
    let base = format!("{}{}", feed.source("s"), topic("war", "war"));
    let program = Program::new(&config(&base));
    let mut daemon = Daemon::start(&program, 1).await;
    let mut expected = Vec::new();
    for n in 100..130 {
        let title = format!("war day {n}");
        feed.publish(&title);
        daemon.reload(&program, &config(&format!("{base}{}", topic(&format!("t{n}"), "nothing")))).await;
        expected.push(format!("war: {title}"));
    }
    feed.read().await;
    daemon.prints("war day 129").await;
    assert_eq!(alerted(&program).await, expected);
    let deliveries = program.json(&["deliveries", "list"]).await;
    assert_eq!(deliveries.len(), expected.len());
    daemon.stop().await;
}

#[tokio::test]
async fn every_request_is_met_however_close_they_come() {
    let feed = Feed::with(&["first"]).await;
    let base = format!("{}{}", feed.source("s"), topic("war", "war"));
    let program = Program::new(&config(&base));
    let mut daemon = Daemon::start(&program, 0).await;
    // The program has barely begun, and hears of it twice at once.
    daemon.logs("newshound 0").await;
    std::fs::write(program.path("newshound.toml"), config(&format!("{base}{}", topic("peace", "peace"))))
        .unwrap();
    daemon.hang_up().await;
    daemon.hang_up().await;
    daemon.logs("topics: 2").await;
    daemon.reload(&program, &config(&base)).await;
    assert_eq!(daemon.child.try_wait().unwrap(), None);
    daemon.stop().await;
}

#[tokio::test]
async fn a_changed_file_is_noticed_and_so_is_a_new_one() {
    let feed = Feed::with(&["first"]).await;
    let main = config(&feed.source("s")).replace("watch = false", "include = ['lists/*.toml']");
    let program = Program::new(&main);
    std::fs::create_dir(program.path("lists")).unwrap();
    std::fs::write(program.path("lists/a.toml"), topic("war", "war")).unwrap();
    let mut daemon = Daemon::start(&program, 1).await;
    std::fs::write(program.path("lists/b.toml"), topic("peace", "peace")).unwrap();
    assert!(daemon.logs("in force").await.contains("topics: 2"));
    // As editors do: a new file in the place of the old.
    std::fs::write(program.path("lists/.a.toml.tmp"), "[[topic]]\nid = 'war'\nany = [\n").unwrap();
    std::fs::rename(program.path("lists/.a.toml.tmp"), program.path("lists/a.toml")).unwrap();
    let line = daemon.logs("in force").await;
    assert!(line.contains("rejected") && line.contains("lists/a.toml:"), "{line}");
    std::fs::remove_file(program.path("lists/a.toml")).unwrap();
    assert!(daemon.logs("in force").await.contains("topics: 1"));
    daemon.stop().await;
}

#[tokio::test]
async fn what_a_removed_channel_was_to_send_stays_visible_and_a_new_one_sends() {
    let feed = Feed::with(&["first"]).await;
    let closed =
        "[[channel]]\nname = 'hook'\nkind = 'webhook'\nurl = 'http://127.0.0.1:9/'\nretry = ['1h']\n";
    let base = format!("{}{}", feed.source("s"), topic("war", "war"));
    let program = Program::new(&config(&format!("{base}{closed}")));
    let mut daemon = Daemon::start(&program, 1).await;
    feed.publish("war one");
    daemon.logs("did not arrive").await;
    daemon.reload(&program, &config(&base)).await;
    feed.publish("war two");
    let printed = daemon.prints("war two").await;
    assert_eq!(printed.len(), 1, "the first went to the channel of its time: {printed:?}");
    let status = status(&program).await;
    assert!(status["problems"][0].as_str().unwrap().starts_with("channel hook: not in the configuration"));
    assert_eq!(status["deliveries"]["pending"], 1);
    daemon.stop().await;
}

#[tokio::test]
async fn sources_come_and_go_and_a_new_address_is_a_new_baseline() {
    let (one, two) = (Feed::with(&["first war"]).await, Feed::with(&["second war"]).await);
    let war = topic("war", "war");
    let program = Program::new(&config(&format!("{}{war}", one.source("a"))));
    let mut daemon = Daemon::start(&program, 1).await;
    std::fs::write(
        program.path("newshound.toml"),
        config(&format!("{}{}{war}", one.source("a"), two.source("b"))),
    )
    .unwrap();
    daemon.hang_up().await;
    assert!(daemon.logs("as the baseline").await.contains("`b`"));
    // The same id at the other feed's address, which holds what was never seen.
    let three = Feed::with(&["third war"]).await;
    let moved = three.source("a");
    std::fs::write(program.path("newshound.toml"), config(&format!("{moved}{war}"))).unwrap();
    daemon.hang_up().await;
    daemon.logs("has another address").await;
    assert!(daemon.logs("as the baseline").await.contains("`a`"));
    let asked = two.server.seen().len();
    three.publish("fourth war");
    daemon.prints("fourth war").await;
    assert_eq!(alerted(&program).await, ["war: fourth war"]);
    three.read().await;
    assert!(two.server.seen().len() <= asked + 1, "a removed source is polled no more");
    let events = status(&program).await["events"].clone();
    assert!(events.as_array().unwrap().iter().any(|event| event["class"] == "new_address"), "{events}");
    daemon.stop().await;
}

#[tokio::test]
async fn what_cannot_change_while_it_runs_is_told_and_the_rest_is_taken() {
    let feed = Feed::with(&["first"]).await;
    let base = format!("{}{}", feed.source("s"), topic("war", "war"));
    let program = Program::new(&config(&base));
    let mut daemon = Daemon::start(&program, 1).await;
    let other = config(&format!("{base}{}", topic("peace", "peace")))
        .replace("server.listen = ''", "server.listen = '127.0.0.1:1'\nstore.retention = '9d'");
    let plan = {
        std::fs::write(program.path("newshound.toml"), &other).unwrap();
        program.json(&["plan"]).await.remove(0)
    };
    assert_eq!(plan["waits"], serde_json::json!(["[server] listen"]));
    daemon.reload(&program, &other).await;
    let status = status(&program).await;
    assert_eq!(status["config"]["waits"], serde_json::json!(["[server] listen"]));
    assert_eq!(status["config"]["last_reload"], "ok");
    daemon.logs("replayed topic `peace`").await;
    let text = String::from_utf8(program.run(&["status"]).await.stdout).unwrap();
    assert!(text.contains("[server] listen takes effect at the next start"), "{text}");
    let replayed = "peace: 0 alerts in the last 7 days as it is now, 0 as it was";
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(replayed), "{text}");
    feed.publish("a peace");
    daemon.prints("a peace").await;
    daemon.stop().await;
}
