//! Clocks that were set: no stall, no storm, no second alert.

use newshound::model::DeliveryClass;

use super::*;

#[tokio::test]
async fn a_clock_set_back_by_a_day_delays_no_poll_by_a_day() {
    let shelf = Shelf::with(&["a@one", "b@one"]).await;
    shelf.poll("a", vec![], NOW).await;
    shelf.sync(&["a@one", "b@one", "new@two"], NOW).await;
    let yesterday = NOW - DAY;
    shelf.store.mend_poll_times(&us(), yesterday).await.unwrap();
    let then = yesterday + PACE.gap;
    let claimed = shelf.claim(&us(), then).await;
    assert_eq!(claimed.iter().map(|state| state.id.as_str()).collect::<Vec<_>>(), ["new", "b"]);
    for state in &claimed {
        shelf.store.record_poll(&us(), &record(state, vec![], then)).await.unwrap();
    }
    assert!(shelf.claim(&us(), yesterday + HOUR - SECOND).await.is_empty(), "nor is it early");
    assert_eq!(shelf.claimed_ids(&us(), yesterday + HOUR).await, ["a"]);
}

#[tokio::test]
async fn right_times_are_left_as_they_are() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![seen("a", ["1", "", "war"])], NOW).await;
    for _ in 0..2 {
        shelf.store.mend_poll_times(&us(), NOW + MINUTE).await.unwrap();
        shelf.store.mend_delivery_times(&us(), NOW + MINUTE).await.unwrap();
    }
    assert_eq!(shelf.store.next_source_due().await.unwrap(), Some(NOW + HOUR));
    assert_eq!(shelf.store.next_delivery_due(&[desk()]).await.unwrap(), Some(NOW));
}

#[tokio::test]
async fn a_clock_set_back_delays_no_delivery_and_no_retry() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![seen("a", ["1", "", "war 1"]), seen("a", ["2", "", "war 2"])], NOW).await;
    let out = shelf.deliveries(1, NOW).await.remove(0);
    let again = Settled::Again {
        class: DeliveryClass::Transient,
        error: "500".into(),
        due: NOW + HOUR,
        pause_until: Some(NOW + MINUTE),
    };
    shelf.settle(&out, &again, NOW).await.unwrap();
    let yesterday = NOW - DAY;
    shelf.store.mend_delivery_times(&us(), yesterday).await.unwrap();
    let next = shelf.deliveries(9, yesterday + MINUTE).await.remove(0);
    assert_ne!(next.delivery.id, out.delivery.id);
    shelf.settle(&next, &Settled::Delivered, yesterday + MINUTE).await.unwrap();
    assert!(shelf.deliveries(9, yesterday + HOUR - SECOND).await.is_empty());
    assert_eq!(shelf.deliveries(9, yesterday + HOUR).await[0].delivery.id, out.delivery.id);
}

#[tokio::test]
async fn a_clock_set_ahead_takes_nothing_out_of_the_hands_that_have_it() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![seen("a", ["1", "", "war"])], NOW).await;
    assert_eq!(shelf.deliveries(9, NOW).await.len(), 1);
    let state = shelf.claim(&us(), NOW + HOUR).await.remove(0);
    let tomorrow = NOW + DAY;
    shelf.store.mend_poll_times(&us(), tomorrow).await.unwrap();
    shelf.store.mend_delivery_times(&us(), tomorrow).await.unwrap();
    assert!(shelf.claim(&us(), tomorrow + PACE.gap).await.is_empty());
    assert!(shelf.deliveries(9, tomorrow).await.is_empty());
    shelf.store.record_poll(&us(), &record(&state, vec![], tomorrow)).await.unwrap();
}

#[tokio::test]
async fn a_year_that_was_never_is_forgotten() {
    let shelf = Shelf::with(&["a@h"]).await;
    let never = NOW + DAY * 36_500;
    shelf.poll("a", vec![seen("a", ["1", "", "war"])], never).await;
    shelf.store.mend_poll_times(&us(), NOW).await.unwrap();
    shelf.store.mend_delivery_times(&us(), NOW).await.unwrap();
    assert_eq!(shelf.claimed_ids(&us(), NOW + HOUR).await, ["a"]);
    assert_eq!(shelf.deliveries(9, NOW).await.len(), 1);
}

/// A leap ahead has all that is overdue put off to then; the step back finds most of it unpolled.
#[tokio::test]
async fn what_was_put_off_to_a_time_that_never_came_is_polled_when_it_is_due() {
    for (now, least, most) in
        [(NOW + HOUR * 2, NOW + HOUR * 2, MINUTE * 15), (NOW + MINUTE, NOW + HOUR, MINUTE * 15)]
    {
        let shelf = Shelf::with(&["a@h"]).await;
        let state = shelf.claim(&us(), NOW).await.remove(0);
        let record = changed(&state, NOW, |state| {
            state.next_due = NOW + HOUR;
            state.interval = Some(HOUR);
        });
        shelf.store.record_poll(&us(), &record).await.unwrap();
        assert_eq!(shelf.store.spread_overdue(NOW + DAY * 365).await.unwrap(), 1);
        shelf.store.mend_poll_times(&us(), now).await.unwrap();
        let due = shelf.store.next_source_due().await.unwrap().unwrap();
        assert!((least..=least + most).contains(&due), "{due}");
    }
}

#[tokio::test]
async fn a_source_that_begins_anew_is_not_left_to_a_time_that_never_came() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![], NOW).await;
    shelf.sync(&["a@elsewhere"], NOW + DAY * 365).await;
    shelf.store.mend_poll_times(&us(), NOW + MINUTE).await.unwrap();
    assert_eq!(shelf.claimed_ids(&us(), NOW + MINUTE).await, ["a"]);
}
