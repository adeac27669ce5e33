//! Rules of the etiquette (its part 3) that no numbered script plays.

use super::feeds::{answer, ok};
use super::scripts;
use super::stage::{DAY, HOUR, MINUTE, World, check_wait, hourly, told};

scripts! {
    plain, "3, no validators", "a server that gives none is asked every 2 h while nothing is known, at the operator's own pace where there is one";
    refused, "3, refusals", "nothing but 404 for 30 days: then once a week, and after an answer as before";
    paused, "3, one source", "403 with `Retry-After`: the source waits, its host does not";
    never_early, "3, eager refusals", "404 with `Retry-After: 1`: never sooner than *I*; with `max-age=18000`: than 5 h";
}

async fn plain() -> String {
    let world = World::new();
    let server = world.serve("feed", |_| ok(&[], &["old"])).await;
    let own = world.serve("own", |_| ok(&[], &["old"])).await;
    let tables = format!(
        "[[source]]\nid = 'feed'\nurl = '{}'\n{}",
        server.url("/feed"),
        hourly(&[("own", own.url("/feed").as_str())])
    );
    let stage = world.watch_with("", &tables).await;
    stage.go(HOUR * 3).await;
    let (learned, own) = (stage.gaps("feed")[0], stage.gaps("own")[0]);
    check_wait(learned, HOUR * 2);
    check_wait(own, HOUR);
    format!("after {}; with `interval = \"1h\"` after {}", told(learned), told(own))
}

async fn refused() -> String {
    let world = World::new();
    let server = world
        .serve("feed", |visit| {
            if visit.at < DAY * 60 { answer(404, &[], b"") } else { ok(&[("ETag", "\"a\"")], &["old"]) }
        })
        .await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.go(DAY * 70).await;
    let visits = stage.visits();
    let gaps: Vec<_> = stage.gaps("feed");
    let from = |day: u32| visits.iter().position(|visit| visit.at >= DAY * day).unwrap();
    let early = &gaps[..from(29)];
    assert!(early.iter().all(|gap| *gap <= DAY + MINUTE), "{early:?}");
    let late = &gaps[from(32)..from(60) - 1];
    assert!(!late.is_empty() && late.iter().all(|gap| (DAY * 7..DAY * 8).contains(gap)), "{late:?}");
    check_wait(*gaps.last().unwrap(), HOUR);
    format!("{} requests in the first 29 days, then every {}", early.len(), told(late[0]))
}

async fn paused() -> String {
    let world = World::new();
    let server = world
        .serve("host", |visit| match visit.seen.path() {
            "/closed" => answer(403, &[("Retry-After", "36000")], b""),
            _ => ok(&[("ETag", "\"a\"")], &["old"]),
        })
        .await;
    let (closed, open) = (server.url("/closed").to_string(), server.url("/open").to_string());
    let stage = world.watch(&[("closed", &closed), ("open", &open)]).await;
    stage.go(HOUR * 9).await;
    let asked = |path| stage.visits().iter().filter(|visit| visit.seen.path() == path).count();
    assert_eq!(asked("/closed"), 1);
    assert!(asked("/open") >= 8, "{}", asked("/open"));
    format!("in 9 h 1 request to it and {} to its neighbour on the host", asked("/open"))
}

async fn never_early() -> String {
    let world = World::new();
    let fresh = world.serve("fresh", |_| answer(404, &[("Cache-Control", "max-age=18000")], b"")).await;
    let bare = world.serve("bare", |_| answer(404, &[("Retry-After", "1")], b"")).await;
    let (fresh, bare) = (fresh.url("/feed").to_string(), bare.url("/feed").to_string());
    let stage = world.watch(&[("fresh", &fresh), ("bare", &bare)]).await;
    stage.go(DAY * 3).await;
    let least = |server| stage.gaps(server).into_iter().min().unwrap();
    let (with, without) = (least("fresh"), least("bare"));
    assert!(with >= HOUR * 5 && without >= HOUR, "{with:?} and {without:?}");
    format!("the shortest waits in three days: {} and {}", told(with), told(without))
}
