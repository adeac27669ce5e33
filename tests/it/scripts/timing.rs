//! Refusals, failures, restarts and hosts with many feeds: E-19 to E-25.

use std::time::Duration;

use super::feeds::{answer, ok};
use super::scripts;
use super::stage::{DAY, HOUR, MINUTE, SECOND, World, check_wait, hourly, told};

scripts! {
    e19, "E-19", "429 with `Retry-After: 7200`: no request to the host for 7200 s, then its feeds one at a time";
    e20, "E-20", "503 with a date in 3 h: not before";
    e21, "E-21", "429 without a time, three times: at least 1 h, 2 h, 4 h";
    e22, "E-22", "500 ten times, then 200: gaps from *I* to 24 h, growing; then *I* again";
    e23, "E-23", "410: disabled, told once, no request in 60 days";
    e24a, "E-24, short", "stopped at 30 min, started at 31 min: no request before *I*";
    e24b, "E-24, long", "stopped for 5 h, 300 feeds on 30 hosts: each polled once within 15 min, one at a time a host";
    e25, "E-25", "500 feeds on one host, 50 on others: these within 5 s of due, the host 2 s apart";
}

async fn e19() -> String {
    let world = World::new();
    let busy = world
        .serve("busy", |visit| match visit.seen.number {
            1 => answer(429, &[("Retry-After", "7200")], b""),
            _ => ok(&[("ETag", "\"a\"")], &["old"]),
        })
        .await;
    let other = world.serve("other", |_| ok(&[("ETag", "\"a\"")], &["old"])).await;
    let urls: Vec<String> = (0..5).map(|n| busy.url(&format!("/{n}")).to_string()).collect();
    let mut sources: Vec<(&str, &str)> =
        ["s0", "s1", "s2", "s3", "s4"].into_iter().zip(urls.iter().map(String::as_str)).collect();
    let elsewhere = other.url("/feed").to_string();
    sources.push(("other", &elsewhere));
    let mut stage = world.watch(&sources).await;
    stage.go(MINUTE * 30).await;
    assert_eq!(stage.visits_to("busy").len(), 1);
    // A restart does not forget it.
    stage.stand_still(MINUTE).await;
    stage.start().await;
    stage.go(HOUR * 4).await;
    let gaps = stage.gaps("busy");
    assert!(gaps[0] >= SECOND * 7200, "{gaps:?}");
    assert!(gaps[1..].iter().all(|gap| *gap >= SECOND * 2), "{gaps:?}");
    assert_eq!(busy.most_at_once(), 1);
    let paths: std::collections::BTreeSet<_> =
        stage.visits_to("busy").iter().map(|visit| visit.seen.path().to_owned()).collect();
    assert_eq!(paths.len(), 5, "all of them");
    assert!(stage.visits_to("other").len() >= 4, "the neighbour is polled as ever");
    format!("the second request after {}, then all five", told(gaps[0]))
}

async fn e20() -> String {
    let world = World::new();
    let refusal = answer(503, &[("Retry-After", "Fri, 15 Jan 2027 11:00:00 GMT")], b"");
    let server = world.replay("feed", vec![refusal]).await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.until_visits(2).await;
    let gap = stage.gaps("feed")[0];
    check_wait(gap, HOUR * 3);
    format!("after {}", told(gap))
}

async fn e21() -> String {
    let world = World::new();
    let server = world.replay("feed", vec![answer(429, &[], b"")]).await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.until_visits(4).await;
    let gaps = stage.gaps("feed");
    for (gap, hours) in gaps.iter().zip([1, 2, 4]) {
        assert!((HOUR * hours..DAY).contains(gap), "{gaps:?}");
    }
    gaps.iter().map(|gap| told(*gap)).collect::<Vec<_>>().join(", ")
}

async fn e22() -> String {
    let world = World::new();
    let mut replies = vec![answer(500, &[], b""); 10];
    replies.push(ok(&[("ETag", "\"a\"")], &["old"]));
    let server = world.replay("feed", replies).await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.until_visits(12).await;
    let gaps = stage.gaps("feed");
    for (n, gap) in (1..).zip(&gaps[..10]) {
        let most = (HOUR * 2_u32.pow(n)).min(DAY);
        assert!(*gap >= HOUR && *gap <= most + SECOND * 2, "{gap:?} after {n} failures");
    }
    assert!(gaps[5..10].iter().sum::<Duration>() > gaps[..5].iter().sum::<Duration>(), "{gaps:?}");
    check_wait(gaps[10], HOUR);
    format!("the first {}, the tenth {}, then {}", told(gaps[0]), told(gaps[9]), told(gaps[10]))
}

async fn e23() -> String {
    let world = World::new();
    let server = world.replay("feed", vec![answer(410, &[], b""), ok(&[], &["old"])]).await;
    let mut stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.go(DAY * 30).await;
    stage.stand_still(HOUR).await;
    stage.start().await;
    stage.go(DAY * 30).await;
    assert_eq!(stage.visits().len(), 1);
    assert_eq!(stage.source("feed").await["state"], "disabled");
    let events = stage.events("feed").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((events[0].0.as_str(), events[0].1), ("gone", 1));
    "1 request, `disabled`, one event `gone`".to_owned()
}

async fn e24a() -> String {
    let world = World::new();
    let server = world.serve("feed", |_| ok(&[("ETag", "\"a\"")], &["old"])).await;
    let mut stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.go(MINUTE * 30).await;
    stage.stand_still(MINUTE).await;
    stage.start().await;
    stage.until_visits(2).await;
    let gap = stage.gaps("feed")[0];
    check_wait(gap, HOUR);
    format!("after {}", told(gap))
}

/// Names of servers, which are hosts of their own.
const HOSTS: [&str; 50] = [
    "h00", "h01", "h02", "h03", "h04", "h05", "h06", "h07", "h08", "h09", "h10", "h11", "h12", "h13", "h14",
    "h15", "h16", "h17", "h18", "h19", "h20", "h21", "h22", "h23", "h24", "h25", "h26", "h27", "h28", "h29",
    "h30", "h31", "h32", "h33", "h34", "h35", "h36", "h37", "h38", "h39", "h40", "h41", "h42", "h43", "h44",
    "h45", "h46", "h47", "h48", "h49",
];

async fn e24b() -> String {
    let world = World::new();
    let (mut servers, mut sources) = (Vec::new(), Vec::new());
    for host in &HOSTS[..30] {
        let server = world.serve(host, |_| ok(&[("ETag", "\"a\"")], &["old"])).await;
        sources.extend((0..10).map(|n| (format!("{host}-{n}"), server.url(&format!("/{n}")).to_string())));
        servers.push(server);
    }
    let sources: Vec<(&str, &str)> = sources.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    let mut stage = world.watch(&sources).await;
    stage.go(MINUTE * 59).await;
    assert_eq!(stage.visits().len(), 300, "all were polled once");
    stage.stand_still(HOUR * 5).await;
    stage.start().await;
    stage.go(MINUTE * 15).await;
    let late = stage.visits().split_off(300);
    assert_eq!(late.len(), 300, "each of them once more");
    for (host, server) in HOSTS.iter().zip(&servers) {
        let visits = stage.visits_to(host);
        let paths: std::collections::BTreeSet<_> =
            visits[10..].iter().map(|visit| visit.seen.path().to_owned()).collect();
        assert_eq!((visits.len(), paths.len(), server.most_at_once()), (20, 10, 1), "{host}");
        let gaps = &stage.gaps(host)[10..];
        assert!(gaps.iter().all(|gap| *gap >= SECOND * 2), "{host}: {gaps:?}");
    }
    let last = late.last().unwrap().at.saturating_sub(MINUTE * 59 + HOUR * 5);
    format!("300 requests, the last {} s after the start", last.as_secs())
}

async fn e25() -> String {
    let world = World::new();
    let crowd = world.serve("crowd", |_| ok(&[("ETag", "\"a\"")], &["old"])).await;
    let mut sources: Vec<(String, String)> =
        (0..500).map(|n| (format!("crowd-{n:03}"), crowd.url(&format!("/{n}")).to_string())).collect();
    let mut others = Vec::new();
    for host in HOSTS {
        let server = world.serve(host, |_| ok(&[("ETag", "\"a\"")], &["old"])).await;
        sources.push((host.to_owned(), server.url("/feed").to_string()));
        others.push(server);
    }
    let sources: Vec<(&str, &str)> = sources.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    let stage = world.watch_with("", &hourly(&sources)).await;
    stage.go(MINUTE * 45).await;
    assert_eq!(stage.visits().len(), 550, "all were polled once");
    let listed = stage.sources().await;
    stage.go(HOUR).await;
    let mut latest = Duration::ZERO;
    for host in HOSTS {
        let visits = stage.visits_to(host);
        let due = listed.iter().find(|source| source["id"] == host).unwrap()["next_poll"].as_str().unwrap();
        let due = stage.since_the_beginning(due);
        let late = visits[1].at.saturating_sub(due);
        assert!(late <= SECOND * 5, "{host} came {late:?} late");
        latest = latest.max(late);
    }
    let gaps = stage.gaps("crowd");
    let least = gaps.iter().min().unwrap();
    assert!(*least >= SECOND * 2 && crowd.most_at_once() == 1, "{least:?}");
    format!("these {} ms late at most; the host at least {} ms apart", latest.as_millis(), least.as_millis())
}
