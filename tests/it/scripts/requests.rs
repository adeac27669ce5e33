//! Requests and validators: E-01 to E-09 and E-11.

use super::feeds::{DATE, answer, feed, ok};
use super::scripts;
use super::stage::{HOUR, SECOND, Stage, Visit, World, check_wait, told};
use crate::wire::Reply;

scripts! {
    e01, "E-01", "both validators come back byte for byte, an interval later";
    e02, "E-02", "a weak `ETag` comes back as it is";
    e03, "E-03", "an `ETag` without quotes comes back as it is";
    e04, "E-04", "an odd date comes back as it is, and none of ours";
    e05, "E-05", "the same body brings its new validator and no news";
    e06, "E-06", "a validator that is absent is forgotten";
    e07, "E-07", "a 304 updates what it carries, freshness too";
    e08, "E-08", "nothing is learned from a body cut short";
    e09, "E-09", "twenty polls over all kinds of answers: no cookie, referrer, query, changed header or other request";
    e11, "E-11", "a 226 adds its items, and the others stay known";
}

/// Plays these answers to one source, one poll each and one more.
async fn polls(replies: Vec<Reply>) -> (Stage, Vec<Visit>) {
    let world = World::new();
    let n_polls = replies.len() + 1;
    let server = world.replay("feed", replies).await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.until_visits(n_polls).await;
    let visits = stage.visits();
    (stage, visits)
}

async fn e01() -> String {
    let (stage, visits) = polls(vec![ok(&[("ETag", "\"a1\""), ("Last-Modified", DATE)], &["old"])]).await;
    check_wait(stage.gaps("feed")[0], HOUR);
    assert_eq!(visits[1].validators(), [Some("\"a1\"".to_owned()), Some(DATE.to_owned())]);
    format!("after {} with `\"a1\"` and `{DATE}`", told(visits[1].at))
}

/// Answers with this header once, and returns what the second request has of both validators.
async fn echoed(name: &str, value: &str) -> [Option<String>; 2] {
    let (_, visits) = polls(vec![ok(&[(name, value)], &["old"])]).await;
    visits[1].validators()
}

async fn e02() -> String {
    assert_eq!(echoed("ETag", "W/\"x-gzip\"").await, [Some("W/\"x-gzip\"".to_owned()), None]);
    "`W/\"x-gzip\"`".to_owned()
}

async fn e03() -> String {
    assert_eq!(echoed("ETag", "noquotes").await, [Some("noquotes".to_owned()), None]);
    "`noquotes`".to_owned()
}

async fn e04() -> String {
    let date = "2026-03-03 10:00 CET";
    assert_eq!(echoed("Last-Modified", date).await, [None, Some(date.to_owned())]);
    format!("`{date}` and no `If-None-Match`")
}

async fn e05() -> String {
    let replies = vec![ok(&[("ETag", "\"a1\"")], &["war"]), ok(&[("ETag", "\"a2\"")], &["war"])];
    let (stage, visits) = polls(replies).await;
    assert_eq!(visits[1].validators()[0].as_deref(), Some("\"a1\""));
    assert_eq!(visits[2].validators()[0].as_deref(), Some("\"a2\""));
    assert_eq!((stage.alerted(), stage.items().await), (Vec::new(), 1));
    "the third asks with `\"a2\"`; 1 item, 0 alerts".to_owned()
}

async fn e06() -> String {
    let both = ok(&[("ETag", "\"a1\""), ("Last-Modified", DATE)], &["old"]);
    let (_, visits) = polls(vec![both, ok(&[("ETag", "\"a2\"")], &["old", "new"])]).await;
    assert_eq!(visits[1].validators(), [Some("\"a1\"".to_owned()), Some(DATE.to_owned())]);
    assert_eq!(visits[2].validators(), [Some("\"a2\"".to_owned()), None]);
    "the third asks with `\"a2\"` and no date".to_owned()
}

async fn e07() -> String {
    let unchanged = answer(304, &[("ETag", "\"a2\""), ("Cache-Control", "max-age=7200")], b"");
    let (stage, visits) = polls(vec![ok(&[("ETag", "\"a1\"")], &["old"]), unchanged]).await;
    let gaps = stage.gaps("feed");
    check_wait(gaps[0], HOUR);
    check_wait(gaps[1], HOUR * 2);
    assert_eq!(visits[2].validators(), [Some("\"a2\"".to_owned()), None]);
    format!("the third after {} more, with `\"a2\"`", told(gaps[1]))
}

async fn e08() -> String {
    let body = feed(&["war one", "war two"]);
    let mut short = b"HTTP/1.1 200 OK\r\nETag: \"bad\"\r\nContent-Length: 10000\r\n\r\n".to_vec();
    short.extend(&body);
    let (_, first) = polls(vec![Reply::raw(short.clone()).close()]).await;
    assert_eq!(first[1].validators(), [None, None]);
    let (stage, visits) = polls(vec![ok(&[("ETag", "\"a1\"")], &["old"]), Reply::raw(short).close()]).await;
    assert_eq!(visits[2].validators(), [Some("\"a1\"".to_owned()), None]);
    assert_eq!(stage.items().await, 1);
    "at first sight none is sent, later the ones before it".to_owned()
}

/// Answers of every kind, some of which try to leave something behind.
fn answers() -> Vec<Reply> {
    let cookie = ("Set-Cookie", "id=1; Path=/; Max-Age=999999");
    let refresh = ("Refresh", "1; url=/favicon.ico");
    let tagged = |etag: &'static str, titles: &[&str]| ok(&[("ETag", etag), cookie, refresh], titles);
    let unchanged = || answer(304, &[cookie], b"");
    vec![
        tagged("\"a1\"", &["old"]),
        unchanged(),
        tagged("\"a2\"", &["old", "war one"]),
        unchanged(),
        answer(500, &[cookie], b"oops"),
        answer(403, &[cookie], b"<html>no</html>"),
        tagged("\"a3\"", &["war two"]),
        answer(302, &[("Location", "/elsewhere"), cookie], b""),
        ok(&[("ETag", "\"elsewhere\""), cookie], &["war two"]),
        unchanged(),
        answer(429, &[cookie], b""),
        answer(200, &[cookie], b"<html><title>Log in</title></html>"),
        ok(&[("Last-Modified", DATE), cookie], &["war three"]),
        unchanged(),
        answer(503, &[("Retry-After", "7200")], b""),
        Reply::raw("nonsense\r\n\r\n").close(),
        answer(404, &[], b""),
        tagged("\"a4\"", &["war four"]),
        unchanged(),
        unchanged(),
    ]
}

async fn e09() -> String {
    let world = World::new();
    let replies = answers();
    let n_polls = replies.len();
    let server = world.replay("feed", replies).await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.until_visits(n_polls).await;
    let visits = stage.visits();
    let plain = |visit: &Visit| -> Vec<_> {
        let conditions = ["if-none-match", "if-modified-since", "a-im"];
        visit.seen.headers.iter().filter(|(name, _)| !conditions.contains(&name.as_str())).cloned().collect()
    };
    for visit in &visits {
        let path = if visit.seen.number == 9 { "/elsewhere" } else { "/feed" };
        assert_eq!(visit.seen.line, format!("GET {path} HTTP/1.1"));
        assert_eq!(plain(visit), plain(&visits[0]), "the headers of {}", visit.seen.number);
    }
    let names: Vec<_> = plain(&visits[0]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["user-agent", "accept", "accept-encoding", "host"]);
    let agent = visits[0].header("user-agent").unwrap();
    assert!(agent.starts_with("newshound/") && agent.ends_with(" (+ops@example.org)"), "{agent}");
    let asked: Vec<_> =
        visits.iter().map(|visit| visit.validators()[0].clone().unwrap_or_default()).collect();
    let dated: Vec<_> = (1..).zip(&visits).filter(|(_, visit)| visit.validators()[1].is_some()).collect();
    let (a1, a2, a3, none) = ("\"a1\"", "\"a2\"", "\"a3\"", "");
    let expect = [none, a1, a1, a2, a2, a2, a2, a3, none];
    assert_eq!(asked[..9], expect, "validators of what answered last, and none elsewhere");
    assert!(dated.iter().all(|(_, visit)| visit.validators()[1].as_deref() == Some(DATE)), "{dated:?}");
    format!("{} requests with the same {} headers: {}", visits.len(), names.len(), names.join(", "))
}

async fn e11() -> String {
    let titles: Vec<String> = (1..=20).map(|n| format!("war {n}")).collect();
    let mut all: Vec<&str> = titles.iter().map(String::as_str).collect();
    let first = ok(&[("ETag", "\"a1\"")], &all);
    let part = answer(226, &[("ETag", "\"a2\""), ("IM", "feed")], &feed(&["war 21"]));
    all.insert(0, "war 21");
    let whole = ok(&[("ETag", "\"a3\"")], &all);
    let other = answer(226, &[("ETag", "\"a2\""), ("IM", "feed")], &feed(&["war 21"]));
    let (stage, visits) = polls(vec![first, part, whole, other]).await;
    stage.go(SECOND).await;
    assert_eq!(visits[0].header("a-im"), None);
    assert_eq!(visits[1].header("a-im").as_deref(), Some("feed"));
    assert_eq!(visits[2].validators()[0].as_deref(), Some("\"a2\""));
    assert_eq!((stage.items().await, stage.alerted()), (21, vec!["war 21".to_owned()]));
    assert!(stage.status().await["sources"]["active"] == 1);
    "`A-IM: feed`; 21 items, 1 alert over five polls".to_owned()
}
