//! Lists, newest first, and what they are narrowed to.

use newshound::model::{AlertId, DeliveryState};
use newshound::store::Page;

use super::*;

/// Opens a store with three alerts: two of source `a`, then one of `b` for another topic too.
async fn shelf() -> Shelf {
    let shelf = Shelf::with(&["a@one", "b@two"]).await;
    shelf.poll("a", vec![seen("a", ["1", "", "war 1"]), seen("a", ["2", "", "war 2"])], NOW).await;
    let mut item = seen("b", ["3", "", "war 3"]);
    item.scores[0].topic = TopicId::new("storm");
    item.routed = vec![routed("storm")];
    shelf.poll("b", vec![item], NOW + MINUTE * 2).await;
    shelf
}

async fn check(page: Page, expect: usize) {
    let shelf = shelf().await;
    assert_eq!(shelf.store.alerts(&page).await.unwrap().len(), expect, "alerts of {page:?}");
    assert_eq!(shelf.store.deliveries(&page).await.unwrap().len(), expect, "deliveries of {page:?}");
}

#[tokio::test]
async fn lists_are_whole_unless_narrowed() {
    check(Page::default(), 3).await;
    check(Page { limit: Some(2), ..Page::default() }, 2).await;
    check(Page { limit: Some(0), ..Page::default() }, 0).await;
}

#[tokio::test]
async fn lists_can_be_narrowed() {
    check(Page { topic: Some(TopicId::new("storm")), ..Page::default() }, 1).await;
    check(Page { source: Some(SourceId::new("a")), ..Page::default() }, 2).await;
    let both =
        Page { topic: Some(TopicId::new("storm")), source: Some(SourceId::new("a")), ..Page::default() };
    check(both, 0).await;
}

#[tokio::test]
async fn deliveries_can_be_narrowed_to_channel_and_state() {
    let shelf = shelf().await;
    let out = shelf.deliveries(1, NOW).await.remove(0);
    shelf.settle(&out, &Settled::Delivered, NOW).await.unwrap();
    let count = async |page: Page| shelf.store.deliveries(&page).await.unwrap().len();
    assert_eq!(count(Page { state: Some(DeliveryState::Delivered), ..Page::default() }).await, 1);
    assert_eq!(count(Page { state: Some(DeliveryState::Pending), ..Page::default() }).await, 2);
    assert_eq!(count(Page { channel: Some(desk()), ..Page::default() }).await, 3);
    assert_eq!(count(Page { channel: Some(ChannelName::new("x")), ..Page::default() }).await, 0);
}

#[tokio::test]
async fn the_newest_come_first_with_their_deliveries() {
    let shelf = shelf().await;
    let alerts = shelf.store.alerts(&Page::default()).await.unwrap();
    assert_eq!(alerts[0].item.title, "war 3");
    assert!(alerts.iter().all(|sheet| sheet.deliveries.len() == 1));
    let one = shelf.store.alert(&alerts[1].alert.id).await.unwrap().unwrap();
    assert_eq!((one.alert, one.deliveries), (alerts[1].alert.clone(), alerts[1].deliveries.clone()));
    assert!(shelf.store.alert(&AlertId::new("al_none")).await.unwrap().is_none());
}

#[tokio::test]
async fn sources_are_counted_by_how_they_stand() {
    let shelf = Shelf::with(&["ok@1", "bad@2", "part@3", "gone@4", "new@5"]).await;
    for state in shelf.claim(&us(), NOW).await {
        if state.id.as_str() == "new" {
            continue;
        }
        let record = changed(&state, NOW, |state| match state.id.as_str() {
            "bad" => state.failures = 3,
            "part" => state.class = Some(PollClass::Degraded),
            "gone" => state.marker = newshound::model::Marker::Gone,
            _ => {}
        });
        shelf.store.record_poll(&us(), &record).await.unwrap();
    }
    let figures = shelf.store.overview(NOW).await.unwrap().sources;
    assert_eq!((figures.known, figures.active, figures.backing_off), (5, 2, 1));
    assert_eq!((figures.degraded, figures.marked_off), (1, 1));
}

#[tokio::test]
async fn items_of_a_source_are_counted_by_the_day() {
    let shelf = shelf().await;
    let rows = shelf.store.source_rows(NOW + DAY).await.unwrap();
    let a = &rows[&SourceId::new("a")];
    assert_eq!(a.items, 2);
    assert!((a.items_per_day - 2.0).abs() < 0.01, "{}", a.items_per_day);
}
