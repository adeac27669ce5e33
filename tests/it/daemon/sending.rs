//! What becomes of alerts on their way out.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use newshound::model::DeliveryState;

use super::*;
use crate::http::{Recorder, Request, SILENCE};

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
const KEY: &[u8] = b"twenty-four bytes secret";

fn hook(name: &str, recorder: &Recorder, more: &str) -> String {
    format!(
        "[[channel]]\nname = '{name}'\nkind = 'webhook'\nurl = 'http://{}/hook'\nsecrets = ['whsec_{}']\n{more}\n",
        recorder.address,
        STANDARD.encode(KEY)
    )
}

/// Starts a daemon with these channels that has just seen so many alerts.
async fn alerted(channels: &str, alerts: usize) -> (Desk, Server) {
    let titles: Vec<String> = (0..alerts).map(|n| format!("war {n}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let server = serve("127.0.0.1", vec![ok(&["old"]), ok(&titles)]).await;
    let desk = Desk::open(&format!("{}{channels}", sources_at(&[server.url("/feed").to_string()]))).await;
    desk.poll().await;
    desk.pass(ROUND);
    assert_eq!(desk.poll().await.alerts, alerts as u64);
    (desk, server)
}

fn ids(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.header("webhook-id").unwrap()).collect()
}

async fn count(desk: &Desk, state: DeliveryState) -> usize {
    desk.deliveries().await.iter().filter(|delivery| delivery.state == state).count()
}

/// H-35
#[tokio::test]
async fn a_failing_receiver_is_tried_by_the_channels_list_under_one_id() {
    let recorder = Recorder::start(&[BROKEN, BROKEN, BROKEN, OK]).await;
    let (desk, _feed) = alerted(&hook("ops", &recorder, "retry = ['10s', '100s', '1000s']"), 1).await;
    let mut desk = desk;
    for seconds in [10, 100, 1000] {
        desk.send().await;
        let delivery = desk.deliveries().await.remove(0);
        assert_eq!((delivery.state, delivery.class.unwrap().as_str()), (DeliveryState::Pending, "transient"));
        let wait = delivery.due.since(desk.clock.now()).as_secs_f64();
        let nominal = f64::from(seconds);
        assert!((nominal * 0.8..=nominal * 1.2).contains(&wait), "{wait} for {seconds}");
        desk.clock.set(delivery.due - SECOND);
        desk = desk.restarted().await;
        desk.send().await;
        desk.pass(SECOND);
    }
    desk.send().await;
    assert_eq!(count(&desk, DeliveryState::Delivered).await, 1);
    let requests = recorder.requests();
    assert_eq!(requests.len(), 4);
    assert!(ids(&requests).windows(2).all(|pair| pair[0] == pair[1]));
    let webhook = standardwebhooks::Webhook::new(&format!("whsec_{}", STANDARD.encode(KEY))).unwrap();
    let mut times = Vec::new();
    for request in &requests {
        let time: i64 = request.header("webhook-timestamp").unwrap().parse().unwrap();
        let signature = webhook.sign(ids(&requests)[0], time, request.body.as_bytes()).unwrap();
        assert_eq!(request.header("webhook-signature"), Some(signature.as_str()));
        times.push(time);
    }
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
}

#[tokio::test]
async fn a_list_that_ends_ends_the_tries_and_the_operator_can_begin_anew() {
    let recorder = Recorder::start(&[BROKEN, BROKEN, OK]).await;
    let (desk, _feed) = alerted(&hook("ops", &recorder, "retry = ['10s']"), 1).await;
    desk.send().await;
    desk.pass(MINUTE);
    desk.send().await;
    assert_eq!(count(&desk, DeliveryState::Failed).await, 1);
    desk.pass(DAY * 9);
    desk.send().await;
    assert_eq!(recorder.requests().len(), 2);
    desk.app.ctx().store.retry_deliveries(&[], None, desk.clock.now()).await.unwrap();
    desk.send().await;
    assert_eq!(count(&desk, DeliveryState::Delivered).await, 1);
    let requests = recorder.requests();
    assert_eq!(ids(&requests)[0], ids(&requests)[2]);
}

/// H-38
#[tokio::test]
async fn a_receiver_that_asks_to_wait_gets_nothing_before_and_then_one() {
    let asks = [
        ("HTTP/1.1 429 Slow\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n", HOUR * 2),
        // Of the hour and seven minutes until the alerts, two hours and more are left.
        (
            "HTTP/1.1 503 Later\r\nRetry-After: Fri, 15 Jan 2027 11:07:00 GMT\r\nContent-Length: 0\r\n\r\n",
            HOUR * 2,
        ),
    ];
    for (answer, pause) in asks {
        let answers: &'static [&'static str] = vec![answer, BROKEN, OK].leak();
        let recorder = Recorder::start(answers).await;
        let (desk, _feed) = alerted(&hook("ops", &recorder, "in_flight = 1"), 5).await;
        desk.send().await;
        assert_eq!(recorder.requests().len(), 1, "the other four wait too");
        let desk = desk.restarted().await;
        desk.clock.set(desk.clock.now() + pause - SECOND);
        desk.send().await;
        assert_eq!(recorder.requests().len(), 1);
        assert_eq!(count(&desk, DeliveryState::Pending).await, 5);
        desk.pass(SECOND);
        desk.send().await;
        assert_eq!(count(&desk, DeliveryState::Delivered).await, 4, "one failed once more");
        desk.pass(HOUR * 8);
        desk.send().await;
        assert_eq!(count(&desk, DeliveryState::Delivered).await, 5);
        assert_eq!(recorder.requests().len(), 7);
    }
}

/// H-36
#[tokio::test]
async fn a_channel_that_hangs_has_few_in_flight_and_delays_no_other() {
    let (hangs, works) = (Recorder::start(&[SILENCE]).await, Recorder::start(&[OK]).await);
    let channels = format!("{}{}", hook("a-hangs", &hangs, ""), hook("b-works", &works, "rate = '100/min'"));
    let (desk, _feed) = alerted(&channels, 20).await;
    let stop = CancellationToken::new();
    let run = dispatch::run_once(desk.app.ctx(), &stop);
    tokio::pin!(run);
    tokio::select! { () = &mut run => panic!("the hanging one was not waited for"), _ = works.arrived(20) => () }
    assert!(hangs.requests().len() <= 4);
    stop.cancel();
}

#[tokio::test]
async fn without_sending_all_waits_in_the_store() {
    let recorder = Recorder::start(&[OK]).await;
    let (desk, _feed) = alerted(&hook("ops", &recorder, ""), 3).await;
    let stop = CancellationToken::new();
    let counts = desk.app.run_once(Send::No, &stop).await.unwrap();
    assert_eq!((counts.created, counts.delivered), (3, 0));
    let desk = desk.restarted().await;
    assert_eq!(count(&desk, DeliveryState::Pending).await, 3);
    assert!(recorder.requests().is_empty());
    let counts = desk.app.run_once(Send::Yes, &stop).await.unwrap();
    assert_eq!((counts.polled, counts.delivered), (0, 3));
    assert_eq!(recorder.requests().len(), 3);
}

#[tokio::test]
async fn one_run_counts_what_it_did() {
    let good = serve("127.0.0.1", vec![ok(&["old"]), ok(&["war one", "peace"])]).await;
    let bad = serve("127.0.0.2", vec![Reply::whole(500, &[], b"")]).await;
    let desk = Desk::watching(&[&good, &bad]).await;
    let stop = CancellationToken::new();
    let first = desk.app.run_once(Send::Yes, &stop).await.unwrap();
    assert_eq!((first.polled, first.items_new, first.hits, first.alerts), (2, 1, 0, 0));
    desk.pass(DAY);
    let desk = desk.restarted().await;
    let second = desk.app.run_once(Send::Yes, &stop).await.unwrap();
    assert_eq!((second.polled, second.items_new, second.hits, second.alerts), (2, 2, 1, 1));
    assert_eq!((second.created, second.delivered, second.failed), (1, 1, 0));
    let classes: Vec<_> = second.classes.iter().map(|(class, n)| (class.as_str(), *n)).collect();
    assert_eq!(classes, [("ok", 1), ("http_server_error", 1)]);
    let printed = String::from_utf8(desk.printed.lock().unwrap().clone()).unwrap();
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(printed.contains("war one"), "{printed}");
}

#[tokio::test]
async fn one_run_on_a_store_that_fails_ends_and_says_so() {
    let good = serve("127.0.0.1", vec![ok(&["old"])]).await;
    let desk = Desk::watching(&[&good]).await;
    let path = desk.folder.path().join("n.db");
    let other = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path));
    let other = other.await.unwrap();
    // A fault that the probe for a store that takes writes does not meet.
    sqlx::query("create trigger broken before insert on item begin select raise(abort, 'broken'); end")
        .execute(&other)
        .await
        .unwrap();
    other.close().await;
    let stop = CancellationToken::new();
    let run = tokio::time::timeout(SECOND * 30, desk.app.run_once(Send::Yes, &stop)).await;
    let error = run.expect("it ends").unwrap_err();
    assert!(error.to_string().contains("broken"), "{error}");
}

#[tokio::test]
async fn a_second_daemon_is_refused() {
    let server = serve("127.0.0.1", vec![ok(&["war"])]).await;
    let desk = Desk::watching(&[&server]).await;
    // A clock that stands still would wait for ever for another try.
    let refused = open(&desk.config, &Clock::system(), &desk.printed).await.err().unwrap();
    assert!(format!("{refused:#}").contains(&std::process::id().to_string()), "{refused:#}");
}

#[tokio::test]
async fn alerts_reach_a_running_daemons_channel_at_once() {
    let recorder = Recorder::start(&[OK]).await;
    let server = serve("127.0.0.1", vec![ok(&["old"]), ok(&["war one"])]).await;
    let config = format!("{}{}", sources_at(&[server.url("/feed").to_string()]), hook("ops", &recorder, ""));
    let desk = Desk::open(&config).await;
    let (clock, stop) = (desk.clock.clone(), CancellationToken::new());
    let story = async {
        server.asked(1).await;
        while desk.source(0).await.last_poll.is_none() {}
        clock.set(NOW + ROUND);
        // What is overdue after such a leap is put off a little.
        while server.seen().len() < 2 {
            clock.set(clock.now() + SECOND);
            desk.source(0).await;
        }
        // The clock stands still: only the word of the poll can wake the sender.
        recorder.arrived(1).await;
        stop.cancel();
    };
    tokio::join!(desk.app.run(None, Send::Yes, None, &stop), story);
}
