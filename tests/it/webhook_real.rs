//! The program, a feed, and a receiver of webhooks that checks with an implementation of Standard
//! Webhooks that is not ours.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::http::{Recorder, Request};
use crate::program::{Program, stopped};
use crate::wire::{Reply, Seen, Server};

const FEED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Wire One</title><language>en</language>
<item><guid>1</guid><link>https://news.example/train</link><title>Kim Jong-un’s train reaches Vladivostok</title>
<dc:creator>A. Reporter</dc:creator><description>An armoured train came to Vladivostok &lt;b&gt;today&lt;/b&gt;.</description>
<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item>
<item><guid>2</guid><title>Vladivostok</title></item>
</channel></rss>"#;

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const OFF: &str = "HTTP/1.1 500 Off\r\ncontent-length: 3\r\n\r\noff";
const OLD: &str = "whsec_b2xkZXIgc2VjcmV0IG9mIHRoaXMgaG9vaw==";
const NEW: &str = "whsec_bmV3ZXIgc2VjcmV0IG9mIHRoaXMgaG9vayE=";

/// What the source holds when it is first seen, which is no news.
const BEFORE: &str = "<rss version=\"2.0\"><channel><title>Wire One</title>\
    <item><guid>0</guid><title>Vladivostok as it was</title></item></channel></rss>";

async fn feed() -> Server {
    let script = |seen: &Seen| Reply::ok(if seen.number == 1 { BEFORE } else { FEED }.as_bytes());
    Server::start("127.0.0.1", script).await
}

/// Returns the program with a channel that posts to this recorder.
fn program(feed: &Server, recorder: &Recorder, more: &str) -> Program {
    let mut program = Program::new(&format!(
        r#"
        [server]
        listen = ""
        [fetch]
        contact = "ops@example.org"
        allow_networks = ["127.0.0.1/32"]
        per_host = {{ concurrency = 1, gap = "1s" }}
        [[source]]
        id = "wire"
        name = "Wire One"
        url = "{}"
        interval = "1s"
        [[topic]]
        id = "vladivostok"
        name = "Vladivostok"
        any = ["Vladivostok"]
        [[channel]]
        name = "hook"
        kind = "webhook"
        url = {{ env = "HOOK" }}
        secrets = [{{ env = "OLD" }}, {{ env = "NEW" }}]
        {more}
        "#,
        feed.url("/feed.xml")
    ));
    program.set("HOOK", format!("http://{}/in/path-token?key=query-token", recorder.address));
    program.set("OLD", OLD);
    program.set("NEW", NEW);
    program
}

/// Has the other implementation judge a request by one secret.
fn judged(request: &Request, secret: &str, body: &str, signature: &str) -> bool {
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp"] {
        let name = http::HeaderName::from_static(name);
        headers.insert(name.clone(), request.header(name.as_str()).unwrap().parse().unwrap());
    }
    headers.insert("webhook-signature", signature.parse().unwrap());
    Webhook::new(secret).unwrap().verify(body.as_bytes(), &headers).is_ok()
}

/// E-34.
#[track_caller]
fn is_signed_by_both(request: &Request) {
    let signatures = request.header("webhook-signature").unwrap();
    let (first, second) = signatures.split_once(' ').expect("two secrets make two signatures");
    for (secret, own, other) in [(OLD, first, second), (NEW, second, first)] {
        assert!(judged(request, secret, &request.body, signatures));
        assert!(judged(request, secret, &request.body, own));
        assert!(!judged(request, secret, &request.body, other));
        assert!(!judged(request, secret, &request.body.replace("alert", "Alert"), signatures));
    }
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

#[tokio::test]
async fn an_alert_arrives_signed_and_says_all_that_is_promised() {
    let (feed, recorder) = (feed().await, Recorder::start(&[OK]).await);
    let program = program(&feed, &recorder, "");
    let daemon = program.start(&["run"]);
    let requests = recorder.arrived(2).await;
    let output = stopped(daemon).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(recorder.requests().len(), 2, "the backlog is no news, and what was told is not told again");
    for request in &requests {
        assert!(request.head.starts_with("POST /in/path-token?key=query-token HTTP/1.1"), "{}", request.head);
        assert_eq!(request.header("content-type"), Some("application/json"));
        is_signed_by_both(request);
    }

    let about = |title: &str| {
        requests.iter().find(|request| body(request)["data"]["item"]["title"] == title).expect(title)
    };
    let train = about("Kim Jong-un’s train reaches Vladivostok");
    let found = shape(&body(train));
    let alerts = program.json(&["alerts", "list"]).await;
    let listed = alerts.iter().find(|alert| alert["id"] == body(train)["data"]["alert"]).unwrap();
    let delivery = &listed["deliveries"][0];
    assert_eq!((&delivery["channel"], &delivery["state"]), (&json!("hook"), &json!("delivered")));
    assert_eq!(delivery["id"], train.header("webhook-id").unwrap());
    assert_eq!(
        found,
        json!({
            "type": "alert.created",
            "timestamp": listed["created"],
            "data": {
                "alert": listed["id"],
                "topic": { "id": "vladivostok", "name": "Vladivostok" },
                "score": listed["score"],
                "threshold": 0.5,
                "revision": 1,
                "reason": listed["reason"],
                "evidence": [
                    { "term": "Vladivostok", "field": "title", "count": 1, "weight": 1.0, "points": "number",
                      "snippet": "Kim Jong-un’s train reaches «Vladivostok»" },
                    { "term": "Vladivostok", "field": "lead", "count": 1, "weight": 1.0, "points": "number",
                      "snippet": "An armoured train came to «Vladivostok» today." },
                ],
                "story": {
                    "id": listed["story"]["id"], "title": "Kim Jong-un’s train reaches Vladivostok",
                    "articles": 1, "independent": 1, "copies": 0, "outlets": 1, "first_seen": body(train)["data"]["story"]["first_seen"], "url": null,
                },
                "item": {
                    "id": listed["item"]["id"], "source": "wire", "source_name": "Wire One",
                    "url": "https://news.example/train", "title": "Kim Jong-un’s train reaches Vladivostok",
                    "summary": "An armoured train came to Vladivostok today.", "author": "A. Reporter",
                    "published": "2026-11-02T10:00:00Z", "lang": "en", "image": null,
                },
                "delays_ms": { "published_to_fetched": "integer", "fetched_to_sent": "integer" },
            },
        })
    );
    let score = body(train)["data"]["score"].as_f64().unwrap();
    let points = body(train)["data"]["evidence"].as_array().unwrap().clone();
    let points: f64 = points.iter().map(|line| line["points"].as_f64().unwrap()).sum();
    assert!((1.0 - (-points).exp2() - score).abs() < 0.001, "{points} points are no {score}");

    says_null_for_what_is_unknown(&body(about("Vladivostok")));
}

#[track_caller]
fn says_null_for_what_is_unknown(bare: &Value) {
    let item = &bare["data"]["item"];
    for key in ["url", "summary", "author", "published", "image"] {
        assert!(item.as_object().unwrap().contains_key(key) && item[key].is_null(), "{key}: {item}");
    }
    assert_eq!(bare["data"]["delays_ms"]["published_to_fetched"], Value::Null);
    assert!(bare["data"]["delays_ms"]["fetched_to_sent"].is_u64());
}

/// Returns the body with what the clock or rounding makes replaced by the kind of value it is.
fn shape(body: &Value) -> Value {
    let mut body = body.clone();
    let data = &mut body["data"];
    for line in data["evidence"].as_array_mut().unwrap() {
        assert!(line["points"].as_f64().unwrap() > 0.0);
        line["points"] = json!("number");
    }
    for delay in data["delays_ms"].as_object_mut().unwrap().values_mut() {
        assert!(delay.is_u64());
        *delay = json!("integer");
    }
    body
}

/// H-35: the same id at every attempt, each signed anew.
#[tokio::test]
async fn a_receiver_that_fails_gets_the_same_delivery_again() {
    let (feed, recorder) = (feed().await, Recorder::start(&[OFF, OFF, OFF, OFF, OFF, OFF, OK]).await);
    let program = program(&feed, &recorder, r#"retry = ["1s", "1s", "1s", "1s", "1s", "1s"]"#);
    let daemon = program.start(&["run"]);
    let requests = recorder.arrived(8).await;
    let output = stopped(daemon).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(recorder.requests().len(), 8, "once accepted is enough");
    let ids: BTreeSet<_> = requests.iter().map(|request| request.header("webhook-id").unwrap()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    for id in ids {
        let attempts = requests.iter().filter(|request| request.header("webhook-id") == Some(id));
        let attempts: Vec<_> = attempts.collect();
        let times: BTreeSet<_> =
            attempts.iter().map(|request| request.header("webhook-timestamp").unwrap()).collect();
        assert!(times.len() >= 2, "each attempt has its own time: {times:?}");
        for request in &attempts {
            is_signed_by_both(request);
        }
        let alerts: BTreeSet<_> =
            attempts.iter().map(|request| body(request)["data"]["alert"].to_string()).collect();
        assert_eq!(alerts.len(), 1, "{alerts:?}");
    }
    let deliveries = program.json(&["deliveries", "list"]).await;
    for delivery in &deliveries {
        assert_eq!((&delivery["state"], &delivery["type"]), (&json!("delivered"), &json!("alert.created")));
        assert_eq!(delivery["to"], "127.0.0.1", "neither path nor query is shown");
    }
    let attempts: u64 = deliveries.iter().map(|delivery| delivery["attempts"].as_u64().unwrap()).sum();
    assert_eq!(attempts, 8, "{deliveries:?}");
}
