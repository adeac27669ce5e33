//! Deliveries from made to settled.

use newshound::model::{DeliveryClass, DeliveryState, Held};
use newshound::store::{Overview, Page};

use super::*;

/// Opens a store with so many deliveries due.
async fn outbox(n: usize) -> Shelf {
    let shelf = Shelf::with(&["a@h"]).await;
    let items = (0..n).map(|n| seen("a", [&n.to_string(), "", &format!("war {n}")])).collect();
    assert_eq!(shelf.poll("a", items, NOW).await.deliveries, n as u64);
    shelf
}

fn again(due: Timestamp) -> Settled {
    Settled::Again { class: DeliveryClass::Transient, error: "500".into(), due, pause_until: None }
}

fn failed() -> Settled {
    Settled::Failed { class: DeliveryClass::Refused, error: "404".into(), pause_until: None }
}

#[tokio::test]
async fn a_delivery_is_claimed_once_and_comes_with_all_its_message_needs() {
    let shelf = outbox(1).await;
    let outgoing = shelf.deliveries(9, NOW).await.remove(0);
    assert_eq!((outgoing.delivery.state, outgoing.delivery.attempts), (DeliveryState::Sending, 1));
    assert_eq!((outgoing.item.title.as_str(), outgoing.alert.topic.as_str()), ("war 0", "war"));
    assert_eq!(outgoing.alert.evidence[0].snippet, "«war»");
    assert!(shelf.deliveries(9, NOW).await.is_empty());
}

#[tokio::test]
async fn no_more_are_in_flight_than_there_is_room_for() {
    let shelf = outbox(5).await;
    assert_eq!(shelf.deliveries(3, NOW).await.len(), 3);
    assert_eq!(shelf.deliveries(3, NOW).await.len(), 2);
}

#[tokio::test]
async fn no_more_attempts_begin_in_any_minute_than_the_rate_allows() {
    let shelf = outbox(5).await;
    let claim = async |now| {
        let taken = shelf.store.claim_deliveries(&us(), &desk(), room(9, 2), now).await.unwrap();
        taken.outgoing.len()
    };
    assert_eq!(claim(NOW).await, 2);
    assert_eq!(claim(NOW + SECOND * 59).await, 0);
    assert_eq!(claim(NOW + SECOND * 60).await, 2);
    assert_eq!(claim(NOW + SECOND * 120).await, 2, "one is left, and one of the first whose claim ran out");
}

#[tokio::test]
async fn each_outcome_has_its_state() {
    let shelf = outbox(3).await;
    let out = shelf.deliveries(9, NOW).await;
    shelf.settle(&out[0], &Settled::Delivered, NOW + SECOND).await.unwrap();
    shelf.settle(&out[1], &again(NOW + HOUR), NOW + SECOND).await.unwrap();
    shelf.settle(&out[2], &failed(), NOW + SECOND).await.unwrap();
    let sheet = async |n: usize| {
        let all = shelf.store.deliveries(&Page::default()).await.unwrap();
        all.into_iter().find(|delivery| delivery.id == out[n].delivery.id).unwrap()
    };
    let delivered = sheet(0).await;
    assert_eq!((delivered.state, delivered.class), (DeliveryState::Delivered, Some(DeliveryClass::Ok)));
    assert_eq!(delivered.delivered_at, Some(NOW + SECOND));
    let waiting = sheet(1).await;
    assert_eq!(
        (waiting.state, waiting.held, waiting.due),
        (DeliveryState::Pending, Some(Held::Retry), NOW + HOUR)
    );
    assert_eq!(waiting.error.as_deref(), Some("500"));
    let given_up = sheet(2).await;
    assert_eq!((given_up.state, given_up.class), (DeliveryState::Failed, Some(DeliveryClass::Refused)));
    assert!(shelf.deliveries(9, NOW + HOUR - SECOND).await.is_empty());
    let second = shelf.deliveries(9, NOW + HOUR).await.remove(0).delivery;
    assert_eq!((second.id, second.attempts), (out[1].delivery.id.clone(), 2));
}

#[tokio::test]
async fn a_claim_that_ran_out_is_taken_again_and_the_late_one_writes_nothing() {
    let shelf = outbox(1).await;
    let late = shelf.deliveries(9, NOW).await.remove(0);
    let taken = shelf.deliveries(9, NOW + MINUTE).await.remove(0);
    assert_eq!((&taken.delivery.id, taken.delivery.attempts), (&late.delivery.id, 2));
    // The same process, and yet not the same claim.
    let lost = shelf.settle(&late, &failed(), NOW + MINUTE).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost(_))), "{lost:?}");
    let lost = shelf.store.settle_delivery(&lease("other"), &taken, &failed(), NOW).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost(_))), "{lost:?}");
    shelf.settle(&taken, &Settled::Delivered, NOW + MINUTE).await.unwrap();
    let twice = shelf.settle(&taken, &failed(), NOW + MINUTE).await;
    assert!(matches!(twice, Err(StoreError::ClaimLost(_))), "{twice:?}");
    assert_eq!(shelf.store.overview(NOW).await.unwrap().deliveries.delivered, 1);
}

#[tokio::test]
async fn what_this_process_still_has_in_hand_is_not_sent_again() {
    let shelf = outbox(2).await;
    let hangs = shelf.deliveries(1, NOW).await.remove(0);
    let in_hand = [hangs.delivery.id.clone()];
    let room = Room { in_hand: &in_hand, ..room(9, 9) };
    let later = NOW + us().length * 2;
    let taken = shelf.store.claim_deliveries(&us(), &desk(), room, later).await.unwrap().outgoing;
    assert_eq!(taken.len(), 1);
    assert_ne!(taken[0].delivery.id, hangs.delivery.id);
    shelf.settle(&hangs, &Settled::Delivered, later).await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_pause_gets_none_and_then_one_at_a_time() {
    let shelf = outbox(5).await;
    let asked = Settled::Again {
        class: DeliveryClass::RateLimited,
        error: "429".into(),
        due: NOW + MINUTE * 2,
        pause_until: Some(NOW + MINUTE * 2),
    };
    let first = shelf.deliveries(1, NOW).await.remove(0);
    shelf.settle(&first, &asked, NOW).await.unwrap();
    assert!(shelf.deliveries(9, NOW + MINUTE).await.is_empty());
    let next = shelf.store.next_delivery_due(&[desk()]).await.unwrap();
    assert_eq!(next, Some(NOW + MINUTE * 2), "nobody looks before");
    let shelf = shelf.reopened().await;
    let probe = shelf.deliveries(9, NOW + MINUTE * 2).await;
    assert_eq!(probe.len(), 1);
    assert!(shelf.deliveries(9, NOW + MINUTE * 2).await.is_empty(), "one at a time");
    shelf.settle(&probe[0], &again(NOW + HOUR), NOW + MINUTE * 2).await.unwrap();
    let probe = shelf.deliveries(9, NOW + MINUTE * 2).await;
    assert_eq!(probe.len(), 1);
    shelf.settle(&probe[0], &Settled::Delivered, NOW + MINUTE * 2).await.unwrap();
    assert_eq!(shelf.deliveries(9, NOW + MINUTE * 2).await.len(), 3, "it takes messages again");
}

#[tokio::test]
async fn what_was_under_way_before_a_pause_does_not_end_it() {
    let shelf = outbox(4).await;
    let out = shelf.deliveries(3, NOW).await;
    // The last attempt that a delivery gets asks for a pause like any other.
    let asked = Settled::Failed {
        class: DeliveryClass::RateLimited,
        error: "429".into(),
        pause_until: Some(NOW + HOUR),
    };
    shelf.settle(&out[0], &asked, NOW).await.unwrap();
    shelf.settle(&out[1], &Settled::Delivered, NOW + SECOND).await.unwrap();
    assert!(shelf.deliveries(9, NOW + MINUTE / 2).await.is_empty());
    shelf.settle(&out[2], &Settled::Delivered, NOW + HOUR).await.unwrap();
    assert_eq!(shelf.deliveries(9, NOW + HOUR).await.len(), 1);
}

#[tokio::test]
async fn another_channel_does_not_wait_for_one_that_pauses() {
    let shelf = Shelf::with(&["a@h"]).await;
    let mut item = seen("a", ["1", "", "war"]);
    let other = ChannelName::new("other");
    item.routed[0].destinations.push(Destination { channel: other.clone(), to: "x".into() });
    shelf.poll("a", vec![item], NOW).await;
    let first = shelf.deliveries(1, NOW).await.remove(0);
    let pause = Settled::Again {
        class: DeliveryClass::RateLimited,
        error: "429".into(),
        due: NOW + HOUR,
        pause_until: Some(NOW + HOUR),
    };
    shelf.settle(&first, &pause, NOW).await.unwrap();
    assert_eq!(shelf.store.next_delivery_due(&[desk(), other.clone()]).await.unwrap(), Some(NOW));
    let taken = shelf.store.claim_deliveries(&us(), &other, room(9, 9), NOW).await.unwrap();
    assert_eq!(taken.outgoing.len(), 1);
}

#[tokio::test]
async fn one_bad_row_does_not_hold_up_the_others() {
    let shelf = outbox(3).await;
    shelf.damage("update alert set evidence = 'nonsense' where item in (select id from item where title = 'war 0')").await;
    shelf.damage("delete from item where title = 'war 1'").await;
    let taken = shelf.store.claim_deliveries(&us(), &desk(), room(9, 9), NOW).await.unwrap();
    assert_eq!((taken.outgoing.len(), taken.spoiled.len()), (1, 2));
    assert_eq!(taken.outgoing[0].item.title, "war 2");
    let Overview { deliveries: figures, events, .. } = shelf.store.overview(NOW).await.unwrap();
    assert_eq!((events[0].class.as_str(), events[0].count), ("render_error", 2), "nor is it lost in silence");
    assert_eq!(events[0].channel, Some(desk()));
    assert_eq!((figures.created, figures.failed, figures.sending), (3, 2, 1));
}

#[tokio::test]
async fn the_operator_makes_what_failed_due_again_under_its_id() {
    let shelf = outbox(4).await;
    let out = shelf.deliveries(9, NOW).await;
    shelf.settle(&out[0], &failed(), NOW).await.unwrap();
    shelf.settle(&out[1], &again(NOW + DAY), NOW).await.unwrap();
    shelf.settle(&out[2], &Settled::Delivered, NOW).await.unwrap();
    let retry = async |ids: &[_], channel: Option<&ChannelName>| {
        shelf.store.retry_deliveries(ids, channel, NOW + HOUR).await.unwrap()
    };
    assert!(retry(&[], Some(&ChannelName::new("none"))).await.is_empty());
    assert!(retry(&[out[2].delivery.id.clone()], None).await.is_empty(), "delivered stays delivered");
    assert_eq!(retry(&[out[0].delivery.id.clone()], None).await, [out[0].delivery.id.clone()]);
    assert_eq!(retry(&[], Some(&desk())).await, [out[1].delivery.id.clone()]);
    let due = shelf.deliveries(9, NOW + HOUR).await;
    let attempts =
        |n: usize| due.iter().find(|due| due.delivery.id == out[n].delivery.id).unwrap().delivery.attempts;
    assert_eq!((attempts(0), attempts(1)), (1, 2));
    for Outgoing { delivery, .. } in &due {
        assert_eq!(delivery.created, NOW, "that it was made then stays true");
        let begun = if delivery.id == out[0].delivery.id { NOW + HOUR } else { NOW };
        assert_eq!(delivery.begun, begun);
    }
}
