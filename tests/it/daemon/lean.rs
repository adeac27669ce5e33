//! Of a feed that comes again only what is new is read, and nothing comes out otherwise for it.

use super::*;

impl Desk {
    /// Returns how many items of the first source's last body are remembered.
    async fn n_remembered(&self) -> Option<usize> {
        let imprints = self.app.ctx().store.imprints(&SourceId::new("s0")).await.unwrap();
        imprints.map(|imprints| imprints.items.len())
    }
}

#[tokio::test]
async fn new_items_are_found_among_known_ones() {
    let bodies = [
        vec!["old", "peace"],
        vec!["war one", "old", "peace"],
        vec!["war three", "war two", "war one", "old"],
        vec!["war four"],
    ];
    let server = serve("127.0.0.1", bodies.iter().map(|titles| ok(titles)).collect()).await;
    let desk = Desk::watching(&[&server]).await;
    for (body, n_new) in bodies.iter().zip([2, 3, 5, 6]) {
        let counts = desk.rounds(1).await;
        assert_eq!(counts.items_new, n_new, "after {body:?}");
        assert_eq!(desk.n_remembered().await, Some(body.len()), "after {body:?}");
    }
    assert_eq!(desk.alerts_on(&["war one", "war two", "war three", "war four"]).await, [1; 4]);
    assert_eq!(desk.class().await, "ok");
}

/// Two items with one id are known by something else, which only both of them together show.
#[tokio::test]
async fn a_new_item_with_the_id_of_a_known_one_is_news() {
    let item = |n: usize, title: &str| {
        format!("<item><guid>same</guid><link>http://news.example/{n}</link><title>{title}</title></item>")
    };
    let first = rss(&item(1, "old words"));
    let second = rss(&[item(2, "war begins"), item(1, "old words")].concat());
    let server = serve("127.0.0.1", vec![Reply::ok(&first), Reply::ok(&second)]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(1).await;
    assert_eq!(desk.n_remembered().await, Some(1));
    let counts = desk.rounds(1).await;
    assert_eq!((counts.items_new, counts.alerts), (2, 1));
    assert_eq!(desk.n_remembered().await, None);
    assert_eq!(desk.alerts_on(&["war begins", "old words"]).await, [1, 0]);
}

#[tokio::test]
async fn what_cannot_be_read_without_a_doubt_is_read_whole_each_time() {
    let broken = |titles: &[&str]| Reply::ok(&[feed(titles), b"&mistake;".to_vec()].concat());
    let replies = vec![ok(&["old"]), broken(&["war one", "old"]), ok(&["war two", "war one", "old"])];
    let server = serve("127.0.0.1", replies).await;
    let desk = Desk::watching(&[&server]).await;
    for expect in [Some(1), None, Some(3)] {
        desk.rounds(1).await;
        assert_eq!(desk.n_remembered().await, expect);
    }
    assert_eq!(desk.alerts_on(&["war one", "war two", "old"]).await, [1, 1, 0]);
}

#[tokio::test]
async fn once_a_day_a_body_is_read_whole_though_it_is_known() {
    let server = serve("127.0.0.1", vec![ok(&["old"])]).await;
    let desk = Desk::watching(&[&server]).await;
    let mut read_whole = Vec::new();
    for _ in 0..30 {
        desk.rounds(1).await;
        read_whole.extend(desk.source(0).await.read_whole);
    }
    read_whole.dedup();
    assert_eq!(read_whole.len(), 2, "{read_whole:?}");
    assert!((DAY..DAY + ROUND * 2).contains(&read_whole[1].since(read_whole[0])));
}
