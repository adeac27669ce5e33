//! Which items are news.

use super::naming::neighbour;
use super::*;

/// H-19
#[tokio::test]
async fn items_without_id_and_link_are_stored_and_alerted_once() {
    let old = "<item><title>old words here</title></item>";
    let new = ["one", "two", "three"]
        .map(|n| format!("<item><title>war number {n}</title><description>More of it.</description></item>"));
    let server = serve("127.0.0.1", vec![Reply::ok(&rss(old)), Reply::ok(&rss(&new.concat()))]).await;
    let neighbour = neighbour("127.0.0.2").await;
    let desk = Desk::watching(&[&server, &neighbour]).await;
    let counts = desk.rounds(11).await;
    assert_eq!((counts.items_new, counts.alerts, counts.delivered), (4 + 11, 3 + 10, 3 + 10));
    assert_eq!(desk.alerts_on(&["war number one", "war number two", "war number three"]).await, [1, 1, 1]);
}

/// H-25
#[tokio::test]
async fn new_ids_in_every_poll_are_no_news() {
    let server = Server::start("127.0.0.1", |seen| {
        let item = |n: usize| {
            let (poll, text) = (seen.number, if n == 0 { "old" } else { "war" });
            format!("<item><guid>{poll}-{n}</guid><link>http://x.example/{n}</link><title>{text} {n}</title></item>")
        };
        let count = if seen.number == 1 { 1 } else { 5 };
        Reply::ok(&rss(&(0..count).map(item).collect::<String>()))
    })
    .await;
    let desk = Desk::watching(&[&server]).await;
    let counts = desk.rounds(10).await;
    assert_eq!((counts.items_new, counts.alerts), (5, 4));
}

/// H-26
#[tokio::test]
async fn two_contents_that_alternate_alert_once_each() {
    let server = Server::start("127.0.0.1", |seen| match seen.number {
        1 => ok(&["old"]),
        n if n % 2 == 0 => ok(&["war even"]),
        _ => ok(&["war odd"]),
    })
    .await;
    let neighbour = neighbour("127.0.0.2").await;
    let desk = Desk::watching(&[&server, &neighbour]).await;
    let counts = desk.rounds(20).await;
    assert_eq!((counts.items_new, counts.alerts, counts.delivered), (3 + 20, 2 + 19, 2 + 19));
    assert_eq!(desk.alerts_on(&["war even", "war odd"]).await, [1, 1]);
}

#[tokio::test]
async fn an_item_whose_text_alternates_alerts_once() {
    let item = |title: &str| rss(&format!("<item><guid>1</guid><title>{title}</title></item>"));
    let replies: Vec<_> = ["peace", "war begins", "peace", "war begins", "war ends"]
        .iter()
        .map(|title| Reply::ok(&item(title)))
        .collect();
    let server = serve("127.0.0.1", replies).await;
    let desk = Desk::watching(&[&server]).await;
    let counts = desk.rounds(6).await;
    assert_eq!((counts.items_new, counts.alerts), (1, 1));
}

/// H-28
#[tokio::test]
async fn a_backlog_is_no_news() {
    let titles: Vec<String> = (0..500).map(|n| format!("war {n}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let server = serve("127.0.0.1", vec![ok(&titles)]).await;
    let desk = Desk::watching(&[&server]).await;
    let counts = desk.rounds(2).await;
    assert_eq!((counts.items_new, counts.hits, counts.alerts), (500, 500, 0));
    assert!(desk.printed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_backfill_tells_what_is_young_by_its_date_and_nothing_else() {
    let item = |title: &str, date: &str| format!("<item><title>{title}</title>{date}</item>");
    let dated = |title: &str, date: &str| item(title, &format!("<pubDate>{date}</pubDate>"));
    let items = [
        dated("war of this morning", "Fri, 15 Jan 2027 07:00:00 GMT"),
        dated("war of last week", "Fri, 08 Jan 2027 07:00:00 GMT"),
        item("war without a date", ""),
        dated("war of next year", "Sat, 15 Jan 2028 07:00:00 GMT"),
    ];
    let server = serve("127.0.0.1", vec![Reply::ok(&rss(&items.concat()))]).await;
    let desk =
        Desk::open(&format!("{}backfill = '24h'\n", sources_at(&[server.url("/feed").to_string()]))).await;
    let counts = desk.rounds(2).await;
    assert_eq!((counts.items_new, counts.alerts), (4, 1));
    assert_eq!(desk.alerts_on(&["war of this morning"]).await, [1]);
}

#[tokio::test]
async fn a_topic_of_one_source_hears_of_what_another_had_first() {
    let all = serve("127.0.0.1", vec![ok(&["old"]), ok(&["storm ahead"])]).await;
    let world = serve("127.0.0.2", vec![ok(&["older"]), ok(&["older"]), ok(&["storm ahead"])]).await;
    let urls = [all.url("/feed").to_string(), world.url("/feed").to_string()];
    let desk = Desk::open(&format!(
        "{}[[topic]]\nname = 'Storm'\nany = ['storm^2']\nsources = ['s1']\n",
        sources_at(&urls)
    ))
    .await;
    assert_eq!(desk.rounds(2).await.alerts, 0);
    assert_eq!(desk.rounds(3).await.alerts, 1);
}
