//! What servers ask for, in headers and in the feed's head: E-12 to E-18.

use super::feeds::{answer, feed_with, ok};
use super::scripts;
use super::stage::{DAY, HOUR, MINUTE, Stage, World, check_wait, told};
use crate::wire::Reply;

scripts! {
    e12, "E-12", "`max-age=43200`: the next request after 12 h to 13.2 h";
    e13, "E-13", "`Expires` 3 h after `Date`, both five years off our clock: 3 h";
    e14, "E-14", "`max-age=31536000`: 24 h, and one event tells of the cap";
    e15, "E-15", "`<ttl>180</ttl>`: 3 h";
    e16, "E-16", "`sy:updatePeriod` daily, `updateFrequency` 2: 12 h";
    e17, "E-17", "`skipHours` 0 to 5, due at 02:10 GMT: not before 06:00 GMT";
    e18, "E-18", "all 24 hours skipped: that is ignored";
}

/// Plays one answer for ever, from this time on; returns after the second request.
async fn second_poll(began: &str, reply: Reply) -> Stage {
    let world = World::at(began);
    let server = world.replay("feed", vec![reply]).await;
    let stage = world.watch(&[("feed", server.url("/feed").as_str())]).await;
    stage.until_visits(2).await;
    stage
}

const MORNING: &str = "2027-01-15T08:00:00Z";

/// Checks that a feed with these headers and this head is asked for again after so long.
async fn check(headers: &[(&str, &str)], head: &str, wait: std::time::Duration) -> String {
    let headers = [headers, &[("ETag", "\"a1\"")]].concat();
    let stage = second_poll(MORNING, answer(200, &headers, &feed_with(head, &["old"]))).await;
    check_wait(stage.gaps("feed")[0], wait);
    format!("after {}", told(stage.gaps("feed")[0]))
}

async fn e12() -> String {
    let plain = check(&[("Cache-Control", "max-age=43200")], "", HOUR * 12).await;
    let aged = check(&[("Cache-Control", "public, MAX-AGE=\"43200\""), ("Age", "21600")], "", HOUR * 6).await;
    for nothing in ["no-cache", "no-store", "max-age=0", "max-age=43200, no-cache", "max-age=soon"] {
        check(&[("Cache-Control", nothing)], "", HOUR).await;
    }
    format!("{plain}; at an `Age` of 6 h {aged}")
}

async fn e13() -> String {
    let dates = [("Date", "Thu, 15 Jan 2032 08:00:00 GMT"), ("Expires", "Thu, 15 Jan 2032 11:00:00 GMT")];
    let seen = check(&dates, "", HOUR * 3).await;
    check(&[("Date", dates[0].1), ("Expires", "0")], "", HOUR).await;
    // `max-age` goes before it.
    check(&[dates[0], dates[1], ("Cache-Control", "max-age=7200")], "", HOUR * 2).await;
    seen
}

async fn e14() -> String {
    let stage =
        second_poll(MORNING, ok(&[("ETag", "\"a1\""), ("Cache-Control", "max-age=31536000")], &["old"]))
            .await;
    check_wait(stage.gaps("feed")[0], DAY);
    let events = stage.events("feed").await;
    let caps: Vec<_> = events.iter().filter(|(_, _, message)| message.contains("24")).collect();
    assert_eq!(caps.len(), 1, "{events:?}");
    format!("after {}; told once: \"{}\"", told(stage.gaps("feed")[0]), caps[0].2)
}

async fn e15() -> String {
    let seen = check(&[], "<ttl>180</ttl>", HOUR * 3).await;
    check(&[], "<ttl>soon</ttl>", HOUR).await;
    check(&[], "<ttl>99999999999</ttl>", DAY).await;
    seen
}

async fn e16() -> String {
    let daily = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>";
    check(&[], daily, HOUR * 12).await
}

fn skipped(hours: impl Iterator<Item = u32>) -> String {
    let hours: Vec<String> = hours.map(|hour| format!("<hour>{hour}</hour>")).collect();
    format!("<skipHours>{}</skipHours>", hours.concat())
}

async fn e17() -> String {
    let reply = answer(200, &[("ETag", "\"a1\"")], &feed_with(&skipped(0..=5), &["old"]));
    // An hour and up to a tenth later is 02:10 or so; the first poll came in a skipped hour, unknown yet.
    let stage = second_poll("2027-01-15T01:08:00Z", reply).await;
    let second = stage.visits()[1].at + HOUR + MINUTE * 8;
    assert!(second >= HOUR * 6, "{}", told(second));
    assert!(second < HOUR * 8, "{}", told(second));
    format!("at {:02}:{:02} GMT", second.as_secs() / 3600, second.as_secs() / 60 % 60)
}

async fn e18() -> String {
    let all = check(&[], &skipped(0..24), HOUR).await;
    let days = ["Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"]
        .map(|day| format!("<day>{day}day</day>"))
        .concat();
    check(&[], &format!("<skipDays>{days}</skipDays>"), HOUR).await;
    all
}
