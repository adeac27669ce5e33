//! Sources whose ids or addresses change from poll to poll, or come back with another article.

use newshound::model::{SourceMode, Use};
use newshound::store::Order;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::*;

/// Starts a healthy source of which each poll brings one more article about a war.
pub(super) async fn neighbour(host: &str) -> Server {
    Server::start(host, |seen| {
        let titles: Vec<String> = (0..seen.number).map(|n| format!("war next door {n}")).collect();
        ok(&titles.iter().map(String::as_str).collect::<Vec<_>>())
    })
    .await
}

impl Desk {
    /// Returns how many things of this kind the first source's items are recognised by.
    async fn n_identities(&self, kind: &str) -> i64 {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("n.db")).read_only(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let count = "select count(*) from identity left join item on item.id = identity.item
             where kind = $1 and (scope = 's0' or scope = '' and item.source = 's0')";
        let n_identities = sqlx::query_scalar(count).bind(kind).fetch_one(&pool).await.unwrap();
        pool.close().await;
        n_identities
    }

    /// Returns how often the operator was told that ids or addresses are unstable.
    async fn n_told(&self) -> u64 {
        let events = self.overview().await.events;
        events.iter().filter(|event| event.class == "unstable_ids").map(|event| event.count).sum()
    }
}

/// An article of twenty, of which each fifth is about a war; the first alone was there before.
fn article(n: usize, known_by: &str) -> String {
    let word = if n % 5 == 1 { "war" } else { "harvest" };
    format!("<item>{known_by}<title>{word} in district {n}</title></item>")
}

fn twenty(poll: usize, known_by: impl Fn(usize) -> String) -> Reply {
    let count = if poll == 1 { 1 } else { 20 };
    Reply::ok(&rss(&(0..count).map(|n| article(n, &known_by(n))).collect::<String>()))
}

/// H-25
#[tokio::test]
async fn new_ids_in_every_poll_alert_once_and_are_not_kept() {
    let server = Server::start("127.0.0.1", |seen| {
        let poll = seen.number;
        twenty(poll, |n| format!("<guid>{poll}-{n}</guid><link>http://x.example/{n}</link>"))
    })
    .await;
    let neighbour = neighbour("127.0.0.2").await;
    let desk = Desk::watching(&[&server, &neighbour]).await;
    let counts = desk.rounds(10).await;
    assert_eq!((counts.items_new, counts.alerts, counts.delivered), (20 + 10, 4 + 9, 4 + 9));
    let source = desk.source(0).await;
    assert_eq!(source.mode(), SourceMode::UnstableIds);
    assert!(source.message.unwrap().starts_with("ids change"));
    assert_eq!(desk.overview().await.sources.unstable_ids, 1);
    assert_eq!(desk.n_told().await, 1);
    assert_eq!((desk.n_identities("guid").await, desk.n_identities("url").await), (0, 20));
    assert_eq!(desk.source(1).await.mode(), SourceMode::Active);
}

/// Addresses that no rule can know to be the same; and for longer than a short text identifies
/// where there is something better.
#[tokio::test]
async fn new_ids_and_new_addresses_in_every_poll_alert_once_however_long() {
    let server = Server::start("127.0.0.1", |seen| {
        let poll = seen.number;
        twenty(poll, |n| {
            format!("<guid>{poll}-{n}</guid><link>http://x.example/{n}?visit={poll}&amp;utm_id={poll}</link>")
        })
    })
    .await;
    let neighbour = neighbour("127.0.0.2").await;
    let desk = Desk::watching(&[&server, &neighbour]).await;
    let counts = desk.rounds(10).await;
    assert_eq!((counts.items_new, counts.alerts), (20 + 10, 4 + 9));
    let n_urls = desk.n_identities("url").await;
    for _ in 0..10 {
        desk.pass(DAY);
        desk.rounds(1).await;
    }
    let counts = desk.rounds(0).await;
    assert_eq!((counts.items_new, counts.alerts, counts.delivered), (20 + 20, 4 + 19, 4 + 19));
    assert_eq!(desk.source(0).await.mode(), SourceMode::UnstableIds);
    // Each look at what changes costs two polls' worth of addresses at most, and ids are dropped.
    let n_looks = 3;
    assert!(n_urls <= 41, "{n_urls}");
    assert!(desk.n_identities("url").await <= 41 + n_looks * 40);
    assert!(desk.n_identities("guid").await <= 40);
    assert_eq!(desk.n_identities("text").await, 20);
}

const HEADLINES: [&str; 8] = [
    "peace at last",
    "war reaches northern harbour",
    "grain prices follow war",
    "parliament debates war budget",
    "refugees flee from war",
    "museum opens war exhibition",
    "doctors describe war hospital",
    "trains avoid war region",
];

/// Typical: the number of the place in the feed.
#[tokio::test]
async fn an_id_that_comes_back_with_another_article_hides_nothing() {
    let server = Server::start("127.0.0.1", |seen| {
        let shown = HEADLINES.iter().enumerate().take(seen.number).rev().enumerate();
        let items = shown.map(|(place, (n, title))| {
            format!(
                "<item><guid>{place}</guid><link>http://x.example/{n}</link><title>{title}</title></item>"
            )
        });
        Reply::ok(&rss(&items.collect::<String>()))
    })
    .await;
    let neighbour = neighbour("127.0.0.2").await;
    let desk = Desk::watching(&[&server, &neighbour]).await;
    let counts = desk.rounds(10).await;
    assert_eq!((counts.items_new, counts.alerts), (8 + 10, 7 + 9));
    assert_eq!(desk.alerts_on(&HEADLINES[1..]).await, [1; 7]);
    assert_eq!(desk.source(0).await.mode(), SourceMode::UnstableIds);
    assert_eq!((desk.n_identities("guid").await, desk.n_told().await), (0, 1));
}

/// Typical: the feed's own address, in a feed that shows one article at a time.
#[tokio::test]
async fn an_id_that_all_articles_have_in_turn_hides_nothing() {
    let server = Server::start("127.0.0.1", |seen| {
        let n = (seen.number - 1).min(7);
        let known_by = format!("<guid>http://x.example/feed</guid><link>http://x.example/{n}</link>");
        Reply::ok(&rss(&format!("<item>{known_by}<title>{}</title></item>", HEADLINES[n])))
    })
    .await;
    let desk = Desk::watching(&[&server]).await;
    let counts = desk.rounds(10).await;
    assert_eq!((counts.items_new, counts.alerts), (8, 7));
    assert_eq!(desk.source(0).await.mode(), SourceMode::UnstableIds);
}

/// Changes its ids in so many polls, and then no more; the bytes of its items change for ever.
async fn mended(after: usize) -> Server {
    Server::start("127.0.0.1", move |seen| {
        let poll = seen.number.min(after);
        twenty(seen.number, |n| {
            let mark = seen.number;
            format!("<guid>{poll}-{n}</guid><link>http://x.example/{n}?utm_id={mark}</link>")
        })
    })
    .await
}

#[tokio::test]
async fn ids_that_stay_the_same_for_a_week_are_relied_on_again() {
    let server = mended(4).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(4).await;
    assert_eq!(desk.source(0).await.mode(), SourceMode::UnstableIds);
    for day in 0..11 {
        desk.pass(DAY);
        let counts = desk.rounds(1).await;
        assert_eq!((counts.items_new, counts.alerts), (20, 4), "on day {day}");
    }
    let source = desk.source(0).await;
    assert_eq!((source.mode(), source.message), (SourceMode::Active, None));
    assert_eq!((desk.n_identities("guid").await, desk.n_told().await), (20, 1));
}

#[tokio::test]
async fn the_operator_has_ids_relied_on_again() {
    let server = mended(3).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(4).await;
    let now = desk.clock.now();
    assert_eq!(desk.source(0).await.naming.uses(now).guid, Use::Ignored);
    desk.app.ctx().store.order_sources(&[SourceId::new("s0")], Order::Enable, now).await.unwrap();
    let counts = desk.rounds(2).await;
    assert_eq!((counts.items_new, counts.alerts), (20, 4));
    assert_eq!(desk.source(0).await.mode(), SourceMode::Active);
    assert_eq!(desk.n_identities("guid").await, 20);
}
