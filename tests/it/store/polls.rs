//! What one poll changes, all of it or nothing.

use newshound::model::{Decision, Unchanged, Validators};
use newshound::store::Page;

use super::*;

/// Records one poll after another, an hour apart, and returns what each of them added: new,
/// changed, alerts.
async fn history(polls: Vec<(&str, Vec<SeenItem>)>) -> Vec<(u64, u64, usize)> {
    let shelf = Shelf::with(&["a@one", "b@two"]).await;
    let mut added = Vec::new();
    for (n, (source, items)) in polls.into_iter().enumerate() {
        let now = NOW + HOUR * 2 * u32::try_from(n).unwrap();
        let recorded = shelf.poll(source, items, now).await;
        assert_eq!(recorded.alerts() as u64, recorded.deliveries, "one channel, one delivery an alert");
        added.push((recorded.new, recorded.updated, recorded.alerts()));
    }
    added
}

#[tokio::test]
async fn the_same_id_in_a_source_alerts_once() {
    let item = || vec![seen("a", ["1", "", "war"])];
    assert_eq!(history(vec![("a", item()), ("a", item())]).await, [(1, 0, 1), (0, 0, 0)]);
}

#[tokio::test]
async fn the_same_id_in_another_source_is_another_item() {
    let polls = vec![("a", vec![seen("a", ["1", "", "war"])]), ("b", vec![seen("b", ["1", "", "war, too"])])];
    assert_eq!(history(polls).await, [(1, 0, 1), (1, 0, 1)]);
}

#[tokio::test]
async fn the_same_address_or_the_same_text_alerts_once_across_sources() {
    let first = || ("a", vec![seen("a", ["1", "http://x/1", "war"])]);
    let same_url = ("b", vec![seen("b", ["9", "http://x/1", "war, they say"])]);
    assert_eq!(history(vec![first(), same_url]).await, [(1, 0, 1), (0, 0, 0)]);
    let same_text = ("b", vec![seen("b", ["9", "http://y/1", "war"])]);
    assert_eq!(history(vec![first(), same_text]).await, [(1, 0, 1), (0, 0, 0)]);
}

#[tokio::test]
async fn two_copies_in_one_body_alert_once() {
    let items = vec![seen("a", ["1", "http://x/1", "war"]), seen("a", ["2", "http://x/1", "war"])];
    assert_eq!(history(vec![("a", items)]).await, [(1, 0, 1)]);
}

#[tokio::test]
async fn new_ids_every_poll_are_no_new_items() {
    let poll = |guid| ("a", vec![seen("a", [guid, "http://x/1", "war"])]);
    assert_eq!(history(vec![poll("1"), poll("2"), poll("3")]).await, [(1, 0, 1), (0, 0, 0), (0, 0, 0)]);
}

#[tokio::test]
async fn an_edit_alerts_when_it_hits_now_and_did_not_before() {
    let poll = |text| ("a", vec![seen("a", ["1", "http://x/1", text])]);
    assert_eq!(history(vec![poll("peace"), poll("war")]).await, [(1, 0, 0), (0, 1, 1)]);
    assert_eq!(
        history(vec![poll("war"), poll("war!"), poll("peace"), poll("war")]).await,
        [(1, 0, 1), (0, 1, 0), (0, 1, 0), (0, 1, 0)]
    );
}

#[tokio::test]
async fn the_first_sight_alerts_nobody_also_after_an_edit() {
    let old = baseline(seen("a", ["1", "", "war"]));
    let edited = seen("a", ["1", "", "war, updated"]);
    assert_eq!(history(vec![("a", vec![old]), ("a", vec![edited])]).await, [(1, 0, 0), (0, 1, 0)]);
}

#[tokio::test]
async fn an_item_with_nothing_to_know_it_by_is_stored_once() {
    let bare = || {
        let mut bare = seen("a", ["1", "", "war"]);
        bare.item.keys = ItemKeys::default();
        vec![bare]
    };
    assert_eq!(history(vec![("a", bare()), ("a", bare())]).await, [(1, 0, 1), (0, 0, 0)]);
}

#[tokio::test]
async fn a_topic_that_takes_only_the_second_source_is_told_when_that_brings_it() {
    let shelf = Shelf::with(&["wire@one", "desk@two"]).await;
    let mut elsewhere = seen("wire", ["1", "http://x/1", "war"]);
    elsewhere.scores.clear();
    assert_eq!(shelf.poll("wire", vec![elsewhere], NOW).await.alerts(), 0);
    let copy = || vec![seen("desk", ["7", "http://x/1", "war"])];
    let recorded = shelf.poll("desk", copy(), NOW + MINUTE * 2).await;
    assert_eq!((recorded.new, recorded.same_url, recorded.alerts()), (0, 1, 1));
    let again = shelf.poll("desk", copy(), NOW + HOUR * 2).await;
    assert_eq!((again.alerts(), again.deliveries), (0, 0));
    assert_eq!(shelf.deliveries(9, NOW + HOUR * 2).await.len(), 1);
}

#[tokio::test]
async fn every_topic_and_every_destination_has_its_own_delivery() {
    let shelf = Shelf::with(&["a@h"]).await;
    let mut item = seen("a", ["1", "", "war"]);
    item.scores.push(score("storm", ScoreOutcome::Hit));
    let mut both = routed("storm");
    both.destinations.push(Destination { channel: desk(), to: "night@example.org".into() });
    item.routed.push(both);
    let recorded = shelf.poll("a", vec![item], NOW).await;
    assert_eq!((recorded.alerts(), recorded.deliveries), (2, 3));
    let mut ids: Vec<_> =
        shelf.deliveries(9, NOW).await.into_iter().map(|outgoing| outgoing.delivery.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn an_alert_without_a_route_is_stored_and_shown() {
    let shelf = Shelf::with(&["a@h"]).await;
    let mut item = seen("a", ["1", "", "war"]);
    item.routed[0].destinations.clear();
    let recorded = shelf.poll("a", vec![item], NOW).await;
    assert_eq!((recorded.alerts(), recorded.deliveries), (1, 0));
    let alerts = shelf.store.alerts(&Page::default()).await.unwrap();
    assert_eq!((alerts.len(), alerts[0].deliveries.len()), (1, 0));
}

#[tokio::test]
async fn validators_come_back_byte_for_byte() {
    let shelf = Shelf::with(&["a@h"]).await;
    let state = shelf.claim(&us(), NOW).await.remove(0);
    let record = changed(&state, NOW, |state| {
        state.validators = Some(Validators {
            url: "http://h/a".into(),
            etag: Some(b"W/\"\xff\x00-gzip".to_vec()),
            last_modified: Some(b"2026-03-03 10:00 CET".to_vec()),
        });
        state.body_hash = Some("hash".into());
    });
    let recorded = shelf.store.record_poll(&us(), &record).await.unwrap();
    let shelf = shelf.reopened().await;
    assert_eq!(shelf.claim(&us(), NOW + HOUR).await, [recorded.state]);
}

#[tokio::test]
async fn what_polling_learns_of_a_source_is_kept() {
    let shelf = Shelf::with(&["a@h"]).await;
    let state = shelf.claim(&us(), NOW).await.remove(0);
    let record = changed(&state, NOW, |state| {
        state.interval = Some(HOUR);
        state.reason = Some("the feed asks for it".into());
        state.failing_since = Some(NOW - HOUR);
        state.hints = Hints {
            least: Some(HOUR * 3),
            from: Some(NOW - HOUR),
            skip_hours: 0b11_1111,
            skip_days: 0b110_0000,
        };
        state.rhythm = vec![1, 2, 3];
        state.moved =
            Some(Moved { url: "http://h/new".into(), since: NOW, failing_since: Some(NOW + SECOND) });
        state.read_whole = Some(NOW - DAY);
        state.unchanged =
            Unchanged { answers: 7, since: Some(NOW - DAY), asked_plainly: Some(NOW - HOUR), lies: true };
    });
    let recorded = shelf.store.record_poll(&us(), &record).await.unwrap();
    let shelf = shelf.reopened().await;
    assert_eq!(shelf.claim(&us(), NOW + HOUR).await, [recorded.state]);
    shelf.sync(&["a@elsewhere"], NOW + HOUR).await;
    let anew = shelf.claim(&us(), NOW + HOUR).await.remove(0);
    let nothing = SourceState::unseen(anew.id.clone(), anew.next_due);
    assert_eq!((anew.hints, anew.moved, anew.unchanged), (nothing.hints, None, nothing.unchanged));
    assert_eq!((anew.rhythm, anew.interval, anew.failing_since, anew.read_whole), (vec![], None, None, None));
}

#[tokio::test]
async fn equal_troubles_of_a_source_are_one_event_with_a_count() {
    let shelf = Shelf::with(&["a@h"]).await;
    for n in 0..3 {
        let now = NOW + HOUR * n;
        let state = shelf.claim(&us(), now).await.remove(0);
        let record = changed(&state, now, |state| {
            state.class = Some(PollClass::Timeout);
            state.message = Some(format!("try {n}"));
        });
        shelf.store.record_poll(&us(), &record).await.unwrap();
    }
    let events = shelf.store.overview(NOW).await.unwrap().events;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].class.as_str(), events[0].count), ("timeout", 3));
    assert_eq!((events[0].message.as_str(), events[0].time), ("try 2", NOW + HOUR * 2));
}

#[tokio::test]
async fn a_stored_item_tells_what_became_of_it() {
    let shelf = Shelf::with(&["a@h"]).await;
    let mut item = seen("a", ["1", "http://h/1", "war"]);
    item.scores.push(score("storm", ScoreOutcome::Below));
    let id = item.item.id.clone();
    shelf.poll("a", vec![item], NOW).await;
    let stored = shelf.store.item(&id).await.unwrap().unwrap();
    assert_eq!((stored.item.title.as_str(), stored.item.first_seen), ("war", Some(NOW)));
    let told: Vec<_> = stored
        .decisions
        .iter()
        .map(|told| (told.topic.as_str(), told.decision, told.alert.is_some()))
        .collect();
    assert_eq!(told, [("storm", Decision::Below, false), ("war", Decision::Alert, true)]);
    assert!(shelf.store.item(&ItemId::new("it_none")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_short_text_identifies_for_three_days_a_better_identity_longer() {
    let shelf = Shelf::with(&["a@one", "b@two"]).await;
    let column = |id: &str| vec![seen("a", [id, &format!("http://x/{id}"), "short:war"])];
    let bare = || vec![seen("b", ["", "", "short:war"])];
    let mut alerts = Vec::new();
    for (hour, source, items) in [
        (0, "a", column("1")),
        (2, "a", column("2")),
        (4, "b", bare()),
        (74, "a", column("3")),
        (75, "a", column("4")),
        (76, "a", column("2")),
        (160, "b", bare()),
        (161, "a", column("1")),
    ] {
        alerts.push((hour, shelf.poll(source, items, NOW + HOUR * hour).await.alerts()));
    }
    let expect = [(0, 1), (2, 0), (4, 0), (74, 1), (75, 0), (76, 0), (160, 0), (161, 0)];
    assert_eq!(alerts, expect);
}

#[tokio::test]
async fn an_item_that_outlived_what_it_was_recognised_by_is_still_the_same() {
    let shelf = Shelf::with(&["a@one"]).await;
    let item = |guid| vec![seen("a", [guid, "", "short:war"])];
    assert_eq!(shelf.poll("a", item("1"), NOW).await.new, 1);
    assert_eq!(shelf.poll("a", item("2"), NOW + DAY * 4).await.new, 1, "it has the words from now on");
    shelf.damage("delete from identity where kind = 'guid' and value = '1'").await;
    let again = shelf.poll("a", item("1"), NOW + DAY * 8).await;
    assert_eq!((again.new, again.alerts()), (0, 0));
}

/// What an item is recognised by outlives it: its feed may carry it for longer than it is kept.
#[tokio::test]
async fn an_item_that_was_deleted_does_not_come_back() {
    let shelf = Shelf::with(&["a@one", "b@two"]).await;
    let item = |source, url, text| vec![seen(source, ["1", url, text])];
    assert_eq!(shelf.poll("a", item("a", "http://x/1", "war begins"), NOW).await.alerts(), 1);
    shelf.damage("delete from item").await;
    for (hour, source, url, text) in [
        (1, "a", "http://x/1", "war begins"),
        (2, "a", "http://x/1", "war goes on"),
        (3, "a", "http://x/2", "war begins"),
        (4, "b", "http://x/1", "war ends"),
    ] {
        let recorded = shelf.poll(source, item(source, url, text), NOW + HOUR * hour).await;
        assert_eq!((recorded.new, recorded.alerts()), (0, 0), "in hour {hour}");
    }
}

#[tokio::test]
async fn an_edit_brings_what_it_gives_and_keeps_what_it_leaves_out() {
    let shelf = Shelf::with(&["a@one"]).await;
    let edited = |text, published, author: Option<&str>| {
        let mut seen = seen("a", ["1", "http://x/1", text]);
        seen.item.author = author.map(str::to_owned);
        seen.item.published = published;
        vec![seen]
    };
    let id = edited("peace", None, None)[0].item.id.clone();
    let mut told = Vec::new();
    for (hour, item) in [
        edited("peace", None, None),
        edited("peace holds", Some(NOW), Some("Ann")),
        edited("peace ends", Some(NOW + HOUR), None),
        edited("war", None, Some("Bob")),
    ]
    .into_iter()
    .enumerate()
    {
        shelf.poll("a", item, NOW + HOUR * u32::try_from(hour).unwrap()).await;
        let item = shelf.store.item(&id).await.unwrap().unwrap().item;
        told.push((item.published, item.author));
    }
    let ann = || Some("Ann".to_owned());
    let expect = [
        (None, None),
        (Some(NOW), ann()),
        (Some(NOW + HOUR), ann()),
        (Some(NOW + HOUR), Some("Bob".to_owned())),
    ];
    assert_eq!(told, expect);
}
