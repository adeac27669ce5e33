//! A day of mixed feeds in which one event is told by thirty outlets in twelve hours: by wire copies,
//! edits, new ids, tracking parameters, teasers and other headlines. One alert must come of it, and
//! a follow-up for each thing that was really new.
//!
//! The day is played twice: by servers that the daemon polls, and as a file of items that is
//! replayed. `docs/day.md` tells post by post what came of it. After a change write it again:
//! `NEWSHOUND_WRITE_REPORT=1 cargo test --test it scripts::day`

mod event;
mod expected;
mod other;
mod seen;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use newshound::model::Timestamp;

use self::event::{Post, posts};
use self::seen::{Outcome, daemon, replay};
use super::feeds::answer;
use super::stage::{Stage, World};
use crate::wire::Server;

/// The day.
const MIDNIGHT: &str = "2027-03-09T00:00:00Z";
/// When the feeds are read for the first time, and how long they are read, from midnight.
const OPENS: Duration = Duration::from_hours(4);
const CLOSES: Duration = Duration::from_mins(19 * 60 + 20);
/// How many outlets have no part in the events.
const OUTLETS_BESIDE: u64 = 12;
/// How many items a feed shows.
const LENGTH: usize = 20;

/// The one topic: any ship in distress.
const TOPIC: &str = "
[[topic]]
id = 'ships'
name = 'Ships in distress'
[[topic.near]]
within = 12
a = ['ferry', 'freighter', 'ship', 'trawler']
b = ['fire', 'burning', 'burnt', 'collision', 'aground', 'missing', 'captain', 'distress']
";

/// What a feed has from some time on.
#[derive(Clone, Debug)]
struct Entry {
    at: Duration,
    published: Duration,
    title: String,
    text: String,
    url: String,
    guid: String,
    /// What it takes the place of, where the outlet had it before.
    place: String,
}

impl Entry {
    fn of(post: &Post) -> Self {
        Entry {
            at: post.at,
            published: post.published,
            title: post.title.clone(),
            text: post.text.clone(),
            url: post.url.clone(),
            guid: post.guid.clone(),
            place: post.slug.clone(),
        }
    }
}

/// Returns each outlet with all that its feed has in the course of the day, by time.
fn outlets() -> BTreeMap<String, Vec<Entry>> {
    let mut outlets: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for post in posts() {
        outlets.entry(post.outlet.clone()).or_default().push(Entry::of(&post));
    }
    outlets.extend(other::outlets_beside().map(|outlet| (outlet, Vec::new())));
    for (number, (outlet, entries)) in (1..).zip(&mut outlets) {
        entries.extend(other::of(outlet, number));
        entries.sort_by_key(|entry| entry.at);
    }
    outlets
}

/// Returns a feed as it is at this time, newest first.
fn feed_at(entries: &[Entry], now: Duration) -> Vec<u8> {
    let mut shown: Vec<&Entry> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.at <= now) {
        match shown.iter_mut().find(|earlier| earlier.place == entry.place) {
            Some(earlier) => *earlier = entry,
            None => shown.push(entry),
        }
    }
    let mut items = String::new();
    for entry in shown.iter().rev().take(LENGTH) {
        let Entry { title, text, url, guid, .. } = entry;
        let (url, date) = (url.replace('&', "&amp;"), http_date(time(entry.published)));
        let _ = write!(
            items,
            "<item><guid isPermaLink='false'>{guid}</guid><link>{url}</link><title>{title}</title>\
             <pubDate>{date}</pubDate><description>{text}</description></item>"
        );
    }
    format!(
        "<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title>\
         <language>en</language>{items}</channel></rss>"
    )
    .into()
}

fn time(of_day: Duration) -> Timestamp {
    Timestamp::parse_rfc3339(MIDNIGHT).unwrap() + of_day
}

fn http_date(time: Timestamp) -> String {
    time.to_jiff().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Has the daemon read the day.
async fn read_by_the_daemon() -> (Stage, Vec<Server>) {
    let world = World::at(&time(OPENS).to_string());
    let (mut servers, mut tables) = (Vec::new(), TOPIC.to_owned());
    for (outlet, entries) in outlets() {
        let name: &'static str = outlet.clone().leak();
        let server =
            world.serve(name, move |visit| answer(200, &[], &feed_at(&entries, OPENS + visit.at))).await;
        let url = server.url("/feed");
        let _ = write!(
            tables,
            "[[source]]\nid = '{outlet}'\nname = '{}'\nurl = '{url}'\nkind = 'feed'\ninterval = '{}'\nlang = 'en'\n",
            table::name(&outlet),
            interval(&outlet),
        );
        servers.push(server);
    }
    let stage = world.watch_with("", &tables).await;
    stage.go(CLOSES.saturating_sub(OPENS)).await;
    (stage, servers)
}

/// Those that are first are read more often, as their readers would have it, and so before their
/// copies.
fn interval(outlet: &str) -> &'static str {
    match outlet {
        "northline" | "coastwatch" | "fjord-tribune" => "15m",
        outlet if outlet.starts_with("beside") => "2h",
        _ => "1h",
    }
}

/// Returns what came of each post, in the daemon and in a replay. It is played once in the life of
/// this process.
fn played() -> &'static (Vec<Outcome>, Vec<Outcome>) {
    static PLAYED: OnceLock<(Vec<Outcome>, Vec<Outcome>)> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (stage, _servers) = read_by_the_daemon().await;
            (daemon(&stage).await, replay(&stage).await)
        })
    })
}

#[test]
fn the_daemon_alerts_the_event_once_and_follows_up_what_is_new() {
    expected::check(&played().0);
}

#[test]
fn a_replay_of_the_day_decides_alike() {
    expected::check(&played().1);
}

#[test]
fn the_day_is_as_large_as_it_is_said_to_be() {
    let all = outlets();
    assert!(all.len() >= 40, "{} outlets", all.len());
    let of_the_event: std::collections::BTreeSet<String> =
        posts().into_iter().filter(|post| post.kind.is_of_the_event()).map(|post| post.outlet).collect();
    assert_eq!(of_the_event.len(), 30, "{of_the_event:?}");
    let after_opening = |entry: &&Entry| entry.at > OPENS && entry.url.contains("/n/");
    let others: usize = all.values().map(|entries| entries.iter().filter(after_opening).count()).sum();
    assert!(others >= 1_000, "{others} other items");
}

#[test]
fn the_page_tells_what_came_of_every_post() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/day.md");
    let (daemon, replay) = played();
    let page = table::page(daemon, replay);
    #[expect(clippy::disallowed_methods, reason = "tests may read the environment")]
    if std::env::var_os("NEWSHOUND_WRITE_REPORT").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = (1..).zip(written.lines().zip(page.lines())).find(|(_, (written, now))| written != now);
    assert!(
        written == page,
        "docs/day.md is not what comes of the day now, from {differs:?}; write it again:\n\
         NEWSHOUND_WRITE_REPORT=1 cargo test --test it scripts::day"
    );
}
