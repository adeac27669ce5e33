//! What the state commands say, before the first run, after it, and beside a daemon.

use newshound::clock::Clock;
use newshound::model::Timestamp;
use newshound::store::{DaemonLock, Store};

use super::*;
use crate::store::opening::set_start;

/// A home in which everything was polled once.
async fn polled(more: &str) -> (Home, Server) {
    let server = newsroom().await;
    let missing = format!("[[source]]\nid = \"amiss\"\nurl = \"{}\"\n{more}", server.url("/nothing"));
    let home = Home::with(&watching(&server, &missing));
    let ended = home.run(&["run", "--once", "--json"]).await.expect(0);
    let last = ended.out.lines().last().unwrap();
    let counts: Value = serde_json::from_str(last).unwrap();
    assert_keys(&counts, "polled classes items_new hits alerts deliveries");
    assert_eq!(counts["polled"], 2);
    assert_eq!(counts["classes"], serde_json::json!({"ok": 1, "http_client_error": 1}));
    assert_eq!((&counts["items_new"], &counts["hits"], &counts["alerts"]), (&2.into(), &1.into(), &1.into()));
    (home, server)
}

#[tokio::test]
async fn before_the_first_run_there_is_nothing_and_no_error() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    for list in ["alerts", "deliveries"] {
        let ended = home.run(&[list, "list", "--json"]).await.expect(0);
        assert_eq!(ended.out, "");
        assert!(ended.err.contains("there is no store"), "{}", ended.err);
    }
    let sources = home.run(&["sources", "list", "--json"]).await.expect(0).rows();
    assert_eq!(sources[0]["class"], Value::Null);
    assert_eq!(sources[0]["state"], "active");
    assert_eq!(sources[0]["last_poll"], Value::Null);
    let status = home.run(&["status", "--json"]).await.expect(0).json();
    assert_eq!(status["health"], "ok");
    assert_eq!(status["store"]["class"], Value::Null);
    assert_eq!(status["sources"]["active"], 1);
    assert!(!home.path("state").exists(), "looking makes no store");
    home.run(&["alerts", "show", "al_x"]).await.expect(1);
    home.run(&["deliveries", "retry"]).await.expect(1);
}

#[tokio::test]
async fn sources_are_switched_off_and_on_and_asked_now() {
    let (home, _server) = polled("").await;
    let state = async || {
        home.run(&["sources", "--source", "local", "--json"]).await.expect(0).rows()[0]["state"].clone()
    };
    let said = home.run(&["sources", "disable", "local"]).await.expect(0).out;
    assert!(said.starts_with("local is switched off"), "{said}");
    assert_eq!(state().await, "disabled");
    let refused = home.run(&["sources", "refresh", "local"]).await.expect(1);
    assert!(refused.err.contains("sources enable"), "{}", refused.err);
    let rows = home.run(&["sources", "enable", "local", "--json"]).await.expect(0).rows();
    assert_eq!(rows, [serde_json::json!({"source": "local"})]);
    assert_eq!(state().await, "active");
    home.run(&["sources", "refresh", "local", "amiss"]).await.expect(0);
    let unknown = home.run(&["sources", "enable", "stranger"]).await.expect(1);
    assert!(unknown.err.contains("no source `stranger`"), "{}", unknown.err);
    home.run(&["sources", "--state", "active", "enable", "local"]).await.expect(2);
}

#[tokio::test]
async fn sources_have_the_fields_of_the_contract() {
    let (home, server) = polled("").await;
    let sources = home.run(&["sources", "list", "--json"]).await.expect(0).rows();
    let fields = "id name url kind tags state class message failures last_poll last_success next_poll \
                  interval items items_per_day moved_to same_as";
    for source in &sources {
        assert_keys(source, fields);
    }
    assert_eq!((&sources[0]["id"], &sources[1]["id"]), (&"amiss".into(), &"local".into()));
    assert_eq!(
        (&sources[0]["state"], &sources[0]["class"]),
        (&"backing_off".into(), &"http_client_error".into())
    );
    assert_eq!((&sources[0]["failures"], &sources[0]["last_success"]), (&1.into(), &Value::Null));
    let local = &sources[1];
    assert_eq!((&local["name"], &local["tags"]), (&"Local".into(), &serde_json::json!(["world"])));
    assert_eq!(
        (&local["class"], &local["message"], &local["items"]),
        (&"ok".into(), &Value::Null, &2.into())
    );
    assert_eq!(
        (&local["kind"], &local["interval"]),
        (&"auto".into(), &7200.0.into()),
        "it has no validators"
    );
    for time in ["last_poll", "last_success", "next_poll"] {
        assert_time(&local[time]);
    }
    assert_eq!(local["url"], server.url("/feed.xml").as_str());
}

const DELIVERY: &str = "id alert topic channel to type state class held attempts created due last_attempt \
                        delivered_at error";

#[tokio::test]
async fn alerts_and_deliveries_have_the_fields_of_the_contract() {
    let (home, server) = polled("").await;
    let alerts = home.run(&["alerts", "list", "--json"]).await.expect(0).rows();
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0];
    assert_keys(alert, "id topic decision revision score threshold reason created story item deliveries");
    assert_keys(&alert["story"], "id title");
    assert_keys(&alert["item"], "id source title url");
    assert_keys(&alert["deliveries"][0], "id channel state");
    assert!(is_id(&alert["id"], "al_") && is_id(&alert["item"]["id"], "it_"), "{alert}");
    assert!(is_id(&alert["story"]["id"], "st_") && is_id(&alert["deliveries"][0]["id"], "dl_"), "{alert}");
    assert_eq!(
        (&alert["topic"], &alert["decision"], &alert["revision"]),
        (&"vladivostok".into(), &"alert".into(), &1.into())
    );
    assert!((alert["score"].as_f64().unwrap() - 0.646).abs() < 0.005);
    assert_eq!(alert["deliveries"][0]["state"], "delivered");
    assert_time(&alert["created"]);

    let deliveries = home.run(&["deliveries", "list", "--json"]).await.expect(0).rows();
    let delivery = &deliveries[0];
    assert_keys(delivery, DELIVERY);
    assert_eq!((&delivery["alert"], &delivery["id"]), (&alert["id"], &alert["deliveries"][0]["id"]));
    assert_eq!((&delivery["type"], &delivery["class"]), (&"alert.created".into(), &"ok".into()));
    assert_eq!(
        (&delivery["held"], &delivery["error"], &delivery["attempts"]),
        (&Value::Null, &Value::Null, &1.into())
    );
    for time in ["created", "due", "last_attempt", "delivered_at"] {
        assert_time(&delivery[time]);
    }

    let id = alert["id"].as_str().unwrap();
    let shown = home.run(&["alerts", "show", id, "--json"]).await.expect(0).json();
    assert_keys(
        &shown,
        "alert topic score threshold revision reason evidence story item delays_ms deliveries",
    );
    assert_keys(&shown["item"], "id source source_name url title summary author published lang image");
    assert_keys(&shown["evidence"][0], "term field count weight points snippet");
    assert_keys(&shown["deliveries"][0], DELIVERY);
    assert_eq!(shown["item"]["source_name"], "Local");
    let text = home.run(&["alerts", "show", id]).await.expect(0).out;
    assert!(text.contains("«Vladivostok»") && text.contains("delivered"), "{text}");

    assert_eq!(shown["story"]["url"], Value::Null);
    let public =
        watching(&server, "").replacen("[server]", "[server]\npublic_url = \"https://n.example\"", 1);
    home.write("newshound.toml", &public);
    let shown = home.run(&["alerts", "show", id, "--json"]).await.expect(0).json();
    let story = shown["story"]["id"].as_str().unwrap();
    assert_eq!(shown["story"]["url"], format!("https://n.example/stories/{story}"));
}

#[tokio::test]
async fn no_line_for_people_is_wider_than_the_terminal_however_wide_its_letters() {
    let feed = FEED.replace("Kim arrives in Vladivostok", &"金正恩乘专列抵达海参崴 Vladivostok ".repeat(6));
    let server = Server::start("127.0.0.1", move |seen| match seen.path() {
        "/feed.xml" => Reply::ok(feed.as_bytes()),
        _ => Reply::whole(404, &[], b"no"),
    })
    .await;
    let long = format!(
        "[[source]]\nid = \"{}\"\nname = \"{}\"\nurl = \"{}\"\n",
        "long-".repeat(9),
        "中新网国际".repeat(12),
        server.url("/x")
    );
    let home = Home::with(&watching(&server, &long));
    home.run(&["run", "--once"]).await.expect(0);
    let alert = home.run(&["alerts", "list", "--json"]).await.rows().remove(0);
    let (alert, item) = (alert["id"].as_str().unwrap(), alert["item"]["id"].as_str().unwrap());
    for arguments in [
        &["status"][..],
        &["sources"],
        &["alerts"],
        &["alerts", "show", alert],
        &["deliveries"],
        &["explain", item],
        &["check", "--network"],
        &["check", "--show"],
    ] {
        let text = home.run(arguments).await.out;
        let whole =
            |line: &str| line.contains("://") || line.contains("sqlite:") || line.contains("/newshound.toml");
        for line in text.lines().filter(|line| !whole(line)) {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{arguments:?}: {line}");
        }
    }
}

#[tokio::test]
async fn lists_are_narrowed_and_cut() {
    let (home, _server) = polled("").await;
    for (arguments, n_rows) in [
        (&["alerts", "list", "--topic", "vladivostok"][..], 1),
        (&["alerts", "list", "--topic", "other"], 0),
        (&["alerts", "list", "--source", "local", "--channel", "console"], 1),
        (&["alerts", "list", "--source", "amiss"], 0),
        (&["alerts", "list", "--channel", "hook"], 0),
        (&["alerts", "list", "--state", "delivered"], 1),
        (&["alerts", "list", "--state", "failed"], 0),
        (&["alerts", "list", "--limit", "0"], 0),
        (&["alerts"], 1),
        (&["deliveries", "list", "--state", "delivered", "--source", "local"], 1),
        (&["deliveries", "list", "--state", "pending"], 0),
        (&["deliveries", "list", "--channel", "console", "--limit", "1"], 1),
        (&["sources", "list", "--state", "backing_off"], 1),
        (&["sources", "list", "--source", "local"], 1),
        (&["sources", "list", "--limit", "1"], 1),
        (&["sources"], 2),
    ] {
        let arguments = [arguments, &["--json"]].concat();
        assert_eq!(home.run(&arguments).await.expect(0).rows().len(), n_rows, "{arguments:?}");
    }
    for arguments in [
        &["deliveries", "list", "--state", "sent"][..],
        &["sources", "list", "--state", "well"],
        &["sources", "list", "--channel", "console"],
        &["alerts", "list", "--limit", "-1"],
        &["alerts", "list", "--limit", "many"],
    ] {
        let ended = home.run(arguments).await.expect(2);
        assert_eq!(ended.out, "");
        assert!(ended.err.starts_with("error: "), "{}", ended.err);
    }
    let wrong = home.run(&["deliveries", "list", "--state", "sent"]).await.expect(2);
    assert!(wrong.err.contains("pending, sending, delivered, failed, cancelled"), "{}", wrong.err);
}

#[tokio::test]
async fn status_is_one_object() {
    let (home, _server) = polled("").await;
    let status = home.run(&["status", "--json"]).await.expect(0).json();
    assert_keys(
        &status,
        "version health problems daemon config store sources items alerts deliveries channels latency_seconds events",
    );
    assert_keys(&status["daemon"], "running pid started");
    assert_eq!(status["daemon"], serde_json::json!({"running": false, "pid": null, "started": null}));
    assert_keys(&status["config"], "file loaded last_reload error");
    assert_eq!(status["config"]["file"], home.path("newshound.toml").to_str().unwrap());
    assert_keys(&status["store"], "url class bytes");
    assert!(status["store"]["bytes"].as_u64().unwrap() > 0);
    assert_eq!(
        status["sources"],
        serde_json::json!({"total": 2, "active": 1, "backing_off": 1, "degraded": 0, "unstable_ids": 0, "disabled": 0})
    );
    assert_eq!((&status["items"]["total"], &status["alerts"]["last_24h"]), (&2.into(), &1.into()));
    assert_keys(&status["deliveries"], "created pending sending delivered failed cancelled oldest_pending");
    assert_eq!(
        (&status["deliveries"]["created"], &status["deliveries"]["delivered"]),
        (&1.into(), &1.into())
    );
    assert_keys(&status["channels"][0], "name kind state pending class last_success");
    assert_eq!(status["channels"][0]["state"], "active");
    assert_keys(&status["latency_seconds"]["fetched_to_sent"], "p50 p99");
    assert!(status["latency_seconds"]["fetched_to_sent"]["p50"].is_number());
    assert_keys(&status["events"][0], "time source channel class count message");
    assert_eq!(status["events"][0]["source"], "amiss");
    let text = home.run(&["status"]).await.expect(0).out;
    assert!(text.starts_with("All well. 1 of 2 sources answer; no alert waits.\n"), "{text}");
    assert!(text.lines().all(|line| line.contains("sqlite:") || line.chars().count() <= 80), "{text}");
}

#[tokio::test]
async fn a_delivery_that_was_given_up_is_listed_and_tried_again() {
    let server = Server::start("127.0.0.1", |seen| match (seen.path(), seen.number) {
        ("/feed.xml", _) => Reply::ok(FEED.as_bytes()),
        (_, 2) => Reply::whole(400, &[], b"no"),
        _ => Reply::whole(204, &[], b""),
    })
    .await;
    let hook =
        format!("[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"{}\"\n", server.url("/hook"));
    let home = Home::with(&watching(&server, &hook));
    home.run(&["run", "--once"]).await.expect(0);
    let failed = home.run(&["deliveries", "list", "--state", "failed", "--json"]).await.expect(0).rows();
    assert_eq!((&failed[0]["class"], &failed[0]["to"]), (&"refused".into(), &"127.0.0.1".into()));
    assert!(failed[0]["error"].as_str().unwrap().contains("400"));
    assert_eq!(failed[0]["delivered_at"], Value::Null);
    let status = home.run(&["status"]).await.expect(0).out;
    assert!(status.starts_with("One thing is wrong.\n") && status.contains("deliveries retry"), "{status}");

    let id = failed[0]["id"].as_str().unwrap();
    let wrong = home.run(&["deliveries", "retry", "dl_none"]).await.expect(1);
    assert!(wrong.err.contains("dl_none"), "{}", wrong.err);
    assert_eq!(home.run(&["deliveries", "retry", id, "--json"]).await.expect(0).json()["delivery"], id);
    home.run(&["run", "--once"]).await.expect(0);
    let sent = home.run(&["deliveries", "list", "--json"]).await.expect(0).rows();
    assert_eq!(
        (&sent[0]["id"], &sent[0]["state"], &sent[0]["class"]),
        (&id.into(), &"delivered".into(), &"ok".into())
    );
    let alerts = home.run(&["alerts", "list", "--state", "delivered", "--channel", "hook", "--json"]).await;
    assert_eq!(alerts.rows().len(), 1);
}

#[tokio::test]
async fn without_sending_deliveries_wait() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    let ended = home.run(&["run", "--once", "--no-send"]).await.expect(0);
    assert!(ended.out.contains("1 made, 0 delivered"), "{}", ended.out);
    let waiting = home.run(&["deliveries", "list", "--json"]).await.expect(0).rows();
    assert_eq!((&waiting[0]["state"], &waiting[0]["class"]), (&"pending".into(), &Value::Null));
    assert_eq!((&waiting[0]["last_attempt"], &waiting[0]["attempts"]), (&Value::Null, &0.into()));
}

#[tokio::test]
async fn a_daemon_without_a_sign_of_life_is_told_to_have_failed() {
    let (home, _server) = polled("").await;
    let path = home.path("state/newshound.db");
    let url = format!("sqlite:{}", path.display());
    // What a daemon that hangs leaves for others to see: its lock, and a sign of long ago.
    let _lock = DaemonLock::take(&url).unwrap();
    let now = Clock::system().now();
    let store = Store::open_existing(&url).await.unwrap();
    let ago = |minutes: i64| Timestamp::from_millis(now.as_millis() - minutes * 60_000);
    set_start(&home.path("state/newshound.db.lock"), ago(60));
    store.leave_sign(ago(10)).await.unwrap();
    let status = home.run(&["status", "--json"]).await.expect(1).json();
    assert_eq!((&status["health"], &status["daemon"]["running"]), (&"failing".into(), &true.into()));
    assert!(status["problems"][0].as_str().unwrap().contains("stands still"), "{}", status["problems"]);
    assert!(home.run(&["status"]).await.expect(1).out.contains("stands still"));
    store.leave_sign(ago(0)).await.unwrap();
    let status = home.run(&["status", "--json"]).await.expect(0).json();
    assert_eq!((&status["health"], &status["daemon"]["running"]), (&"ok".into(), &true.into()));
}

#[tokio::test]
async fn what_narrows_a_list_may_stand_without_the_word() {
    let (home, _server) = polled("").await;
    for list in ["alerts", "deliveries"] {
        for (arguments, expect) in [
            (&["--limit", "1"][..], 1),
            (&["--limit", "0"], 0),
            (&["--topic", "vladivostok"], 1),
            (&["--topic", "nothing", "list"], 0),
            (&["--limit", "0", "list", "--limit", "1"], 1),
            (&["--state", "failed"], 0),
        ] {
            let ended = home.run(&[&[list, "--json"], arguments].concat()).await.expect(0);
            assert_eq!(ended.rows().len(), expect, "{list} {arguments:?}");
        }
        let text = home.run(&[list, "--limit", "0"]).await.expect(0).out;
        assert!(!text.contains("yet"), "{text}");
        assert!(home.run(&[list, "--topic", "x"]).await.expect(0).out.contains("is like that"));
    }
    let failing = home.run(&["sources", "--state", "backing_off", "--json"]).await.expect(0).rows();
    assert_eq!(failing.len(), 1);
    assert_eq!(failing[0]["id"], "amiss");
}

#[tokio::test]
async fn warnings_of_the_configuration_are_told_but_to_those_who_want_errors_only() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, "[[channel]]\nname = \"later\"\nkind = \"slack\"\n"));
    for (flags, told) in [(&[][..], true), (&["-q"], true), (&["-qq"], false)] {
        let ended = home.run(&[&["status"], flags].concat()).await.expect(0);
        assert_eq!(ended.err.contains("has no effect in this version"), told, "{flags:?}: {}", ended.err);
    }
}
