//! When a server is asked again.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::wire::Seen;

use super::*;

async fn wait_after(reply: Reply) -> Duration {
    let server = serve("127.0.0.1", vec![reply]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.poll().await;
    desk.source(0).await.next_due.since(NOW)
}

/// E-01
#[tokio::test]
async fn the_interval_is_kept_with_a_tenth_of_jitter_at_most() {
    let wait = wait_after(ok(&["war"])).await;
    assert!((HOUR..=HOUR.mul_f64(1.1)).contains(&wait), "{wait:?}");
}

/// E-20, and `Retry-After` on any other refusal.
#[tokio::test]
async fn a_server_is_asked_no_sooner_than_it_wants() {
    let refusal = |status, value: &[u8]| Reply::whole(status, &[("Retry-After", value)], b"");
    let date = b"Fri, 15 Jan 2027 11:00:00 GMT".as_slice();
    for status in [503, 429, 404, 500, 304] {
        // An unasked 304 is a refusal too.
        let wait = wait_after(refusal(status, date)).await;
        assert!(wait >= HOUR * 3, "{wait:?} after {status}");
    }
    let dated = Reply::whole(
        503,
        &[("Date", b"Mon, 01 Jan 2001 00:00:00 GMT"), ("Retry-After", b"Mon, 01 Jan 2001 03:00:00 GMT")],
        b"",
    );
    let wait = wait_after(dated).await;
    assert!((HOUR * 3..HOUR * 4).contains(&wait), "{wait:?} by the server's clock");
    let for_ever = wait_after(refusal(429, b"99999999999999999999")).await;
    assert_eq!(for_ever, DAY * 7);
}

#[tokio::test]
async fn the_word_that_nothing_changed_may_ask_for_a_pause() {
    let first = Reply::whole(200, &[("ETag", b"\"a\"")], &feed(&["war"]));
    let server = serve("127.0.0.1", vec![first, Reply::whole(304, &[("Retry-After", b"36000")], b"")]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(1).await;
    desk.poll().await;
    assert!(desk.source(0).await.next_due >= desk.clock.now() + HOUR * 10);
}

/// E-19
#[tokio::test]
async fn a_pause_binds_the_whole_host_and_no_other() {
    let busy = Server::start("127.0.0.1", |seen| match seen.number {
        1 => Reply::whole(429, &[("Retry-After", b"7200")], b""),
        _ => ok(&["war"]),
    })
    .await;
    let other = serve("127.0.0.2", vec![ok(&["peace"])]).await;
    let mut urls: Vec<_> = (0..5).map(|n| busy.url(&format!("/{n}")).to_string()).collect();
    urls.push(other.url("/feed").to_string());
    let desk = Desk::open(&sources_at(&urls)).await;
    desk.poll().await;
    assert_eq!((busy.seen().len(), other.seen().len()), (1, 1), "and the run did not wait for two hours");
    let desk = desk.restarted().await;
    desk.pass(SECOND * 7199);
    desk.poll().await;
    assert_eq!((busy.seen().len(), other.seen().len()), (1, 2));
    desk.pass(SECOND * 2);
    desk.poll().await;
    assert!(busy.seen().len() >= 5, "then all of them, one at a time");
}

#[tokio::test]
async fn a_pause_binds_the_host_that_asked_and_not_the_one_that_led_there() {
    let busy = serve("127.0.0.2", vec![Reply::whole(429, &[("Retry-After", b"7200")], b"")]).await;
    let there = busy.url("/feed").to_string();
    let leads = Server::start("127.0.0.1", move |seen| {
        if seen.line.contains("/moved") {
            Reply::whole(302, &[("Location", there.as_bytes())], b"")
        } else {
            ok(&["war"])
        }
    })
    .await;
    let urls = [leads.url("/moved"), leads.url("/here"), busy.url("/own")].map(|url| url.to_string());
    let desk = Desk::open(&sources_at(&urls[..2])).await;
    desk.poll().await;
    assert_eq!((leads.seen().len(), busy.seen().len()), (2, 1), "the neighbour at home is read");
    // Another source of the busy host.
    let Desk { app, clock, config, printed, folder } = desk;
    let config = format!("{config}[[source]]\nid = 'own'\nurl = '{}'\n", urls[2]);
    let desk = Desk { app, clock, config, printed, folder }.restarted().await;
    desk.poll().await;
    assert_eq!(busy.seen().len(), 1, "it wants to be left alone");
    desk.pass(HOUR * 2);
    desk.poll().await;
    assert!(busy.seen().len() > 1);
}

#[tokio::test]
async fn a_pause_without_end_does_not_last_for_ever() {
    let refusal = Reply::whole(503, &[("Retry-After", b"99999999999999999")], b"");
    let server = Server::start("127.0.0.1", move |seen| match seen.number {
        1 => refusal.clone(),
        _ => ok(&["war"]),
    })
    .await;
    let urls = [server.url("/a").to_string(), server.url("/b").to_string()];
    let desk = Desk::open(&sources_at(&urls)).await;
    desk.poll().await;
    desk.pass(DAY * 6);
    desk.poll().await;
    assert_eq!(server.seen().len(), 1);
    desk.pass(DAY * 2);
    desk.poll().await;
    assert_eq!(server.seen().len(), 3);
}

/// E-21
#[tokio::test]
async fn too_many_requests_without_a_time_are_an_hour_then_two_then_four() {
    let server = serve("127.0.0.1", vec![Reply::whole(429, &[], b"")]).await;
    let desk = Desk::watching(&[&server]).await;
    for hours in [1, 2, 4] {
        desk.poll().await;
        let due = desk.source(0).await.next_due;
        assert!(due >= desk.clock.now() + HOUR * hours, "{hours}");
        desk.clock.set(due);
    }
}

/// E-22
#[tokio::test]
async fn failures_back_off_within_bounds_and_one_success_ends_that() {
    let mut replies = vec![Reply::whole(500, &[], b""); 10];
    replies.push(ok(&["war"]));
    let server = serve("127.0.0.1", replies).await;
    let desk = Desk::watching(&[&server]).await;
    let mut gaps = Vec::new();
    for n in 1..=10_u32 {
        desk.poll().await;
        let gap = desk.source(0).await.next_due.since(desk.clock.now());
        assert!(gap >= HOUR && gap <= (HOUR * 2_u32.pow(n)).min(DAY), "{gap:?} after {n} failures");
        gaps.push(gap);
        desk.clock.set(desk.clock.now() + gap - SECOND);
        desk.poll().await;
        assert_eq!(server.seen().len(), n as usize, "never before its time");
        desk.pass(SECOND);
    }
    assert!(gaps[5..].iter().sum::<Duration>() > gaps[..5].iter().sum::<Duration>(), "{gaps:?}");
    desk.poll().await;
    let gap = desk.source(0).await.next_due.since(desk.clock.now());
    assert!((HOUR..=HOUR.mul_f64(1.1)).contains(&gap), "{gap:?}");
}

/// E-23
#[tokio::test]
async fn a_feed_that_is_gone_is_never_asked_again() {
    let server = serve("127.0.0.1", vec![Reply::whole(410, &[], b""), ok(&["war"])]).await;
    let mut desk = Desk::watching(&[&server]).await;
    for _ in 0..60 {
        desk.poll().await;
        desk.pass(DAY);
    }
    desk = desk.restarted().await;
    desk.poll().await;
    assert_eq!(server.seen().len(), 1);
    assert_eq!(desk.source(0).await.mode().to_string(), "disabled");
    let events = desk.overview().await.events;
    assert_eq!((events[0].class.as_str(), events[0].count), ("gone", 1));
}

/// E-24
#[tokio::test]
async fn a_restart_polls_nothing_before_its_time() {
    let server = serve("127.0.0.1", vec![ok(&["war"])]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.poll().await;
    desk.pass(MINUTE * 30);
    let desk = desk.restarted().await;
    desk.poll().await;
    desk.pass(MINUTE * 29);
    desk.poll().await;
    assert_eq!(server.seen().len(), 1);
    desk.pass(HOUR * 5);
    let desk = desk.restarted().await;
    desk.poll().await;
    desk.poll().await;
    assert_eq!(server.seen().len(), 2, "what was missed is asked for once");
}

/// E-25
#[tokio::test]
async fn a_host_with_many_feeds_delays_itself_and_nobody_else() {
    let clock = Clock::system();
    let starts = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&starts);
    let crowd = Server::start("127.0.0.1", move |_| {
        noted.lock().unwrap().push(clock.elapsed());
        ok(&["war"])
    })
    .await;
    let mut others = Vec::new();
    for n in 2..12 {
        others.push(serve(&format!("127.0.0.{n}"), vec![ok(&["war"])]).await);
    }
    let mut urls: Vec<_> = (0..8).map(|n| crowd.url(&format!("/{n}")).to_string()).collect();
    urls.extend(others.iter().map(|other| other.url("/feed").to_string()));
    let mut desk = Desk::open(&sources_at(&urls)).await;
    desk.clock = Clock::system();
    let desk = desk.restarted().await;
    let began = Clock::system();
    let run = desk.poll();
    tokio::pin!(run);
    for other in &others {
        tokio::select! { _ = &mut run => (), () = other.asked(1) => () }
    }
    assert!(crowd.seen().len() < 8, "the others waited for the crowd: {:?}", began.elapsed());
    run.await;
    let starts = starts.lock().unwrap();
    assert_eq!(starts.len(), 8);
    // The server notes a start a little later or sooner than it was made.
    let gaps: Vec<_> = starts.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    assert!(starts[7].saturating_sub(starts[0]) >= Duration::from_millis(650), "{gaps:?}");
}

/// Every poll takes so long that all polled before are due again.
#[tokio::test]
async fn one_run_polls_each_source_once_however_long_it_takes() {
    let clock = Clock::by_hand(NOW);
    let mut servers = Vec::new();
    for host in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        let clock = clock.clone();
        let slow = move |_: &Seen| {
            clock.set(clock.now() + SECOND * 2);
            ok(&["war"])
        };
        servers.push(Server::start(host, slow).await);
    }
    let mut sources = String::new();
    for n in 0..18 {
        let url = servers[n % 3].url(&format!("/{n}"));
        let _ = writeln!(sources, "[[source]]\nid = 's{n}'\nurl = '{url}'\ninterval = '1s'");
    }
    let mut desk = Desk::open(&sources).await;
    desk.clock = clock;
    let desk = desk.restarted().await;
    let counts = desk.poll().await;
    let seen: usize = servers.iter().map(|server| server.seen().len()).sum();
    assert_eq!((counts.polled, seen), (18, 18));
    assert!(desk.clock.now() >= NOW + SECOND * 36);
}

/// H-04
#[tokio::test]
async fn servers_that_are_silent_delay_no_neighbour() {
    let silent = Server::start("127.0.0.1", |_| Reply::raw("").wait()).await;
    let neighbour = serve("127.0.0.2", vec![ok(&["war"])]).await;
    let mut urls: Vec<_> =
        (0..40).map(|n| format!("http://127.0.0.{}:{}/feed", 20 + n, silent.port())).collect();
    urls.push(neighbour.url("/feed").to_string());
    urls[0] = silent.url("/feed").to_string();
    let desk = Desk::open(&sources_at(&urls)).await;
    let run = desk.poll();
    tokio::pin!(run);
    tokio::select! { _ = &mut run => panic!("the silent ones were not waited for"), () = neighbour.asked(1) => () }
}

#[tokio::test]
async fn the_end_of_the_pause_counts_from_the_answer() {
    let clock = Clock::by_hand(NOW);
    let hands = Arc::new(Mutex::new(None::<Clock>));
    let turn = Arc::clone(&hands);
    // The server takes 40 s over its answer.
    let server = Server::start("127.0.0.1", move |_| {
        if let Some(clock) = &*turn.lock().unwrap() {
            clock.set(NOW + SECOND * 40);
        }
        Reply::whole(429, &[("Retry-After", b"7200")], b"")
    })
    .await;
    let mut desk = Desk::watching(&[&server]).await;
    *hands.lock().unwrap() = Some(clock.clone());
    desk.clock = clock;
    let desk = desk.restarted().await;
    desk.poll().await;
    assert!(desk.source(0).await.next_due >= NOW + SECOND * 7240);
}

/// Rule 10 of the hostile inputs.
#[tokio::test]
async fn a_clock_set_back_by_a_day_stalls_nothing() {
    let server = Server::start("127.0.0.1", |seen| match seen.number {
        1 => ok(&["old"]),
        _ => ok(&["war after all"]),
    })
    .await;
    let desk = Desk::watching(&[&server]).await;
    let (clock, stop) = (desk.clock.clone(), CancellationToken::new());
    let day = async {
        server.asked(1).await;
        while desk.source(0).await.last_poll.is_none() {}
        clock.set(NOW - DAY);
        // By itself the daemon finds that its times lie in the future.
        while desk.source(0).await.next_due >= NOW {
            clock.set(clock.now() + SECOND);
        }
        clock.set(clock.now() + ROUND);
        // What is overdue after such a leap is put off a little.
        while server.seen().len() < 2 {
            clock.set(clock.now() + SECOND);
            desk.source(0).await;
        }
        while desk.overview().await.deliveries.delivered == 0 {}
    };
    let day = async {
        let day = tokio::time::timeout(SECOND * 30, day).await;
        stop.cancel();
        day
    };
    let ((), day) = tokio::join!(desk.app.run(None, Send::Yes, None, &stop), day);
    day.expect("the second poll comes within the hour, not after a day");
}

#[tokio::test]
async fn a_daemon_gives_a_sign_of_life_while_its_loops_turn() {
    let desk = Desk::watching(&[]).await;
    crate::store::opening::set_start(&desk.folder.path().join("n.db.lock"), Timestamp::from_millis(0));
    let store = &desk.app.ctx().store;
    let stop = CancellationToken::new();
    let later = NOW + MINUTE;
    let seen = async {
        // The clock goes on only as the loops do: each turn of time lets them turn.
        while store.last_sign().await.unwrap().is_none_or(|sign| sign < later) {
            desk.pass(SECOND);
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = desk.app.run(None, Send::Yes, None, &stop) => panic!("it ended"),
        seen = tokio::time::timeout(SECOND * 30, seen) => seen.expect("a sign comes"),
    }
}

/// A host that was ready for long when its slow answer ended is behind none that came meanwhile.
#[tokio::test]
async fn a_slow_answer_does_not_shut_out_what_else_waits_at_its_host() {
    let slow = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let quick = serve("127.0.0.2", vec![ok(&["peace"])]).await;
    let at_slow = |n| format!("http://{}/{n}", slow.local_addr().unwrap());
    let at_quick = |n: usize| quick.url(&format!("/{n}")).to_string();
    let sources = [at_slow(1), at_slow(2), at_quick(1), at_quick(2), at_quick(3)];
    let desk = Desk::open(&sources_at(&sources)).await;
    let stop = CancellationToken::new();
    let watching = async {
        let (first, _) = slow.accept().await.unwrap();
        for n in 1..=3 {
            tokio::select! {
                () = quick.asked(n) => (),
                () = desk.keep_pace() => (),
            }
            desk.pass(SECOND * 10);
        }
        let mut first = BufReader::new(first);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert_ne!(first.read_line(&mut line).await.unwrap(), 0);
        }
        let body = feed(&["war"]);
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        first.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        let second = async {
            tokio::select! {
                second = slow.accept() => drop(second),
                () = desk.keep_pace() => (),
            }
        };
        tokio::time::timeout(SECOND * 20, second).await.expect("the other source there is polled too");
        stop.cancel();
    };
    tokio::join!(poll::run(desk.app.ctx(), &stop), watching);
}
