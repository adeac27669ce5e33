//! A replay recognises items as the store does: both see the same random news.

use std::collections::HashSet;

use newshound::dedupe::{Past, Sight};
use proptest::prelude::*;

use super::*;

/// What one source brings at a time: source, id, address, text, and the hours since the one before.
type News = (&'static str, &'static str, &'static str, &'static str, u32);

fn news() -> impl Strategy<Value = Vec<News>> {
    let source = prop_oneof![Just("a"), Just("b")];
    let guid = prop_oneof![Just(""), Just("1"), Just("2")];
    let url = prop_oneof![3 => Just(""), 1 => Just("https://n.example/1"), 1 => Just("https://n.example/2")];
    let text = prop_oneof![
        Just("short:war"),
        Just("short:peace"),
        Just("long war"),
        Just("long peace"),
        Just("war 2")
    ];
    proptest::collection::vec((source, guid, url, text, 1_u32..60), 1..25)
}

/// Returns the item, called by the first thing that it is recognised by.
fn brought((source, guid, url, text, _): &News) -> SeenItem {
    let identity = [guid, url, text].into_iter().find(|mark| !mark.is_empty()).unwrap();
    let mut seen = seen(source, [guid, url, text]);
    seen.item.id = ItemId::of(&SourceId::new(*source), identity);
    seen
}

/// Records the news one by one; returns for each what it was and whether it alerted.
async fn recorded(news: &[News]) -> Vec<(Sight, bool)> {
    let shelf = Shelf::with(&["a@a.example", "b@b.example"]).await;
    let mut now = NOW;
    let mut told = Vec::new();
    for one in news {
        let (source, .., hours) = one;
        now = now + HOUR * *hours;
        let recorded = shelf.poll(source, vec![brought(one)], now).await;
        let sight = match (recorded.new, recorded.updated) {
            (1, _) => Sight::New,
            (_, 1) => Sight::Edited,
            _ => Sight::Again,
        };
        told.push((sight, recorded.alerts() > 0));
    }
    told
}

fn replayed(news: &[News]) -> Vec<(Sight, bool)> {
    let (mut past, mut alerts, mut now) = (Past::default(), HashSet::new(), NOW);
    let mut told = Vec::new();
    for one in news {
        now = now + HOUR * one.4;
        let SeenItem { item, scores, .. } = brought(one);
        let recognised = past.take(&item, now);
        let may_alert = recognised.sight != Sight::Again && scores[0].outcome == ScoreOutcome::Hit;
        let alert = may_alert && alerts.insert(recognised.number);
        // What another source brings too is no news to the store.
        let sight = if recognised.sight == Sight::Copied { Sight::Again } else { recognised.sight };
        told.push((sight, alert));
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn store_and_replay_agree(news in news()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stored = runtime.block_on(recorded(&news));
        prop_assert_eq!(stored, replayed(&news));
    }
}

#[tokio::test]
async fn the_archive_is_read_in_pages_in_the_order_of_first_sight() {
    let shelf = Shelf::with(&["a@a.example"]).await;
    for hour in 0..4 {
        let items =
            (0..3).map(|n| seen("a", [&format!("{hour}-{n}"), "", &format!("text {hour} {n}")])).collect();
        shelf.poll("a", items, NOW + HOUR * hour).await;
    }
    let span = shelf.store.archive_span(NOW + HOUR, 100).await.unwrap().unwrap();
    assert_eq!((span.from, span.items), (NOW + HOUR, 9));
    let newest = shelf.store.archive_span(NOW, 4).await.unwrap().unwrap();
    assert_eq!((newest.from, newest.items), (NOW + HOUR * 2, 4));
    assert_eq!(shelf.store.archive_span(NOW + DAY, 100).await.unwrap(), None);
    let (mut read, mut last) = (Vec::new(), None);
    loop {
        let page = shelf.store.archive_page(NOW + HOUR, last.as_ref(), 2).await.unwrap();
        let Some(end) = page.last().cloned() else { break };
        read.extend(page);
        last = Some(end);
    }
    let order: Vec<_> = read.iter().map(|item| (item.first_seen, item.id.clone())).collect();
    assert!(order.len() == 9 && order.is_sorted(), "{order:?}");
}
