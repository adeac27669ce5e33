//! A feed with a daily rhythm, and one that has fallen silent: E-26 and E-27.

use std::time::Duration;

use super::feeds::{answer, feed};
use super::scripts;
use super::stage::{DAY, HOUR, MINUTE, Visit, World, told};
use crate::wire::Reply;

scripts! {
    e26, "E-26", "posts every 12 min by day, never by night, 14 days: from day 3 found within 10 min on average, a quarter of the polls by night at most";
    e27, "E-27", "silent for 30 days: at most 2 polls a day; then under 1 h again within 3 posts";
}

/// Serves the latest twenty of these posts, with an `ETag`.
fn posted(visit: &Visit, posts: &[Duration]) -> Reply {
    let n_out = posts.partition_point(|post| *post <= visit.at);
    let titles: Vec<String> = (n_out.saturating_sub(20)..n_out).rev().map(|n| format!("post {n}")).collect();
    let etag = format!("\"{n_out}\"");
    if visit.header("if-none-match").as_deref() == Some(&etag) {
        return answer(304, &[("ETag", &etag)], b"");
    }
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    answer(200, &[("ETag", &etag)], &feed(&titles))
}

/// Returns the tables of one source at the pace that is learned.
fn adaptive(url: &str) -> String {
    format!("[[source]]\nid = 'feed'\nurl = '{url}'\n")
}

/// Returns the mean of the waits from each post on to the next request.
fn mean_delay(posts: &[Duration], visits: &[Visit]) -> Duration {
    let found = |post: &Duration| visits.iter().map(|visit| visit.at).find(|at| at >= post);
    let delays: Vec<Duration> = posts.iter().filter_map(|post| found(post)?.checked_sub(*post)).collect();
    delays.iter().sum::<Duration>() / u32::try_from(delays.len().max(1)).unwrap()
}

/// By day: from 8 to 22 o'clock, counted from the beginning of the world at 8.
fn is_day(at: Duration) -> bool {
    at.as_secs() % DAY.as_secs() < 14 * 3600
}

async fn e26() -> String {
    let world = World::new();
    let posts: Vec<Duration> = (1..14 * 120).map(|n| MINUTE * 12 * n).filter(|at| is_day(*at)).collect();
    let shown = posts.clone();
    let server = world.serve("feed", move |visit| posted(visit, &shown)).await;
    let stage = world.watch_with("", &adaptive(server.url("/feed").as_str())).await;
    stage.go(DAY * 14).await;
    let visits = stage.visits();
    let learned: Vec<Duration> =
        posts.into_iter().filter(|post| (DAY * 3..DAY * 13).contains(post)).collect();
    let delay = mean_delay(&learned, &visits);
    assert!(delay < MINUTE * 10, "found after {delay:?}");
    let late: Vec<&Visit> = visits.iter().filter(|visit| (DAY * 3..DAY * 13).contains(&visit.at)).collect();
    let (by_day, by_night): (Vec<&Visit>, Vec<&Visit>) = late.iter().partition(|visit| is_day(visit.at));
    assert!(by_night.len() * 4 <= by_day.len(), "{} by night, {} by day", by_night.len(), by_day.len());
    let seconds = delay.as_secs();
    format!(
        "found after {} min {:02} s on average; {} polls a day by day, {} by night",
        seconds / 60,
        seconds % 60,
        by_day.len() / 10,
        by_night.len() / 10
    )
}

async fn e27() -> String {
    let world = World::new();
    let resumes = DAY * 30;
    let posts: Vec<Duration> =
        std::iter::once(Duration::ZERO).chain((0..20).map(|n| resumes + HOUR * 2 * n)).collect();
    let shown = posts.clone();
    let server = world.serve("feed", move |visit| posted(visit, &shown)).await;
    let stage = world.watch_with("", &adaptive(server.url("/feed").as_str())).await;
    stage.go(resumes.saturating_sub(MINUTE)).await;
    let silent = stage.visits();
    let last_days = silent.iter().filter(|visit| visit.at >= DAY * 20).count();
    assert!(last_days <= 2 * 10, "{last_days} polls in the last ten of the silent days");
    stage.go(DAY * 4).await;
    let visits = stage.visits();
    let n_out = |visit: &Visit| posts.partition_point(|post| *post <= visit.at);
    let finds = visits.windows(3).filter(|three| n_out(&three[1]) > n_out(&three[0]));
    // How long it then waits for the next poll.
    let waits: Vec<Duration> = finds.map(|three| three[2].at.saturating_sub(three[1].at)).take(3).collect();
    assert!(waits.iter().any(|wait| *wait < HOUR), "{waits:?} after the first three finds");
    let waits: Vec<String> = waits.into_iter().map(told).collect();
    format!("{last_days} polls in the last ten silent days; after finds it waits {}", waits.join(", "))
}
