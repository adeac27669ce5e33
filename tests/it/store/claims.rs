//! Who polls what, now.

use newshound::model::Marker;

use super::*;

#[tokio::test]
async fn new_sources_are_due_at_once_and_one_of_a_host_at_a_time() {
    let shelf = Shelf::with(&["a@one", "b@one", "c@two"]).await;
    assert_eq!(shelf.claimed_ids(&us(), NOW).await, ["a", "c"]);
    assert!(shelf.claimed_ids(&us(), NOW + SECOND * 3).await.is_empty(), "`b` was polled beside `a`");
}

#[tokio::test]
async fn the_gap_counts_from_start_to_start() {
    let shelf = Shelf::with(&["a@one", "b@one"]).await;
    let state = shelf.claim(&us(), NOW).await.remove(0);
    shelf.store.record_poll(&us(), &record(&state, vec![], NOW)).await.unwrap();
    assert!(shelf.claimed_ids(&us(), NOW + SECOND).await.is_empty());
    assert_eq!(shelf.claimed_ids(&us(), NOW + PACE.gap).await, ["b"]);
}

#[tokio::test]
async fn as_many_of_a_host_as_its_concurrency_allows() {
    let shelf = Shelf::with(&["a@one", "b@one", "c@one"]).await;
    let pace = PerHost { concurrency: 2, gap: Duration::ZERO };
    let mut claimed = Vec::new();
    for _ in 0..4 {
        let more = shelf.store.claim_sources(&us(), pace, 100, NOW).await.unwrap();
        claimed.extend(more.into_iter().map(|claimed| claimed.state.id.to_string()));
    }
    assert_eq!(claimed, ["a", "b"]);
}

#[tokio::test]
async fn those_that_wait_longest_come_first() {
    let shelf = Shelf::with(&["late@one"]).await;
    shelf.sync(&["late@one", "early@two", "earlier@three"], NOW - HOUR).await;
    shelf.damage("update source set next_due = next_due - 1 where id = 'earlier'").await;
    let claimed = shelf.store.claim_sources(&us(), PACE, 2, NOW).await.unwrap();
    let ids: Vec<_> = claimed.iter().map(|claimed| claimed.state.id.as_str()).collect();
    assert_eq!(ids, ["earlier", "early"]);
}

#[tokio::test]
async fn a_claim_that_ran_out_can_be_taken_over_and_the_late_one_writes_nothing() {
    let shelf = Shelf::with(&["a@h"]).await;
    let (slow, other) = (lease("slow"), lease("other"));
    let late = shelf.claim(&slow, NOW).await.remove(0);
    assert!(shelf.claim(&other, NOW + MINUTE - SECOND).await.is_empty());
    let taken = shelf.claim(&other, NOW + MINUTE).await.remove(0);
    let items = || vec![seen("a", ["1", "", "war"])];
    let lost = shelf.store.record_poll(&slow, &record(&late, items(), NOW + MINUTE)).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost(_))), "{lost:?}");
    let overview = shelf.store.overview(NOW).await.unwrap();
    assert_eq!((overview.items, overview.alerts, overview.deliveries.created), (0, 0, 0));
    let recorded = shelf.store.record_poll(&other, &record(&taken, items(), NOW + MINUTE)).await.unwrap();
    assert_eq!((recorded.new, recorded.deliveries), (1, 1));
}

#[tokio::test]
async fn sources_switched_off_gone_or_removed_are_never_claimed() {
    let shelf = Shelf::with(&["off@one", "gone@two", "removed@three"]).await;
    for state in shelf.claim(&us(), NOW).await {
        let marker = if state.id.as_str() == "gone" { Marker::Gone } else { Marker::None };
        let record = changed(&state, NOW, |state| state.marker = marker);
        shelf.store.record_poll(&us(), &record).await.unwrap();
    }
    let off = Watched { enabled: false, ..watched("off@one") };
    shelf.store.sync_sources(&[off, watched("gone@two")], NOW).await.unwrap();
    assert!(shelf.claim(&us(), NOW + DAY * 60).await.is_empty());
    assert_eq!(shelf.store.next_source_due().await.unwrap(), None);
}

#[tokio::test]
async fn a_source_that_is_gone_is_asked_again_once_its_address_is_another() {
    let shelf = Shelf::with(&["a@h"]).await;
    let state = shelf.claim(&us(), NOW).await.remove(0);
    let record = changed(&state, NOW, |state| state.marker = Marker::Gone);
    shelf.store.record_poll(&us(), &record).await.unwrap();
    shelf.sync(&["a@h"], NOW).await;
    assert!(shelf.claim(&us(), NOW + DAY).await.is_empty());
    shelf.sync(&["a@elsewhere"], NOW + DAY).await;
    assert_eq!(shelf.claimed_ids(&us(), NOW + DAY).await, ["a"]);
}

#[tokio::test]
async fn a_start_polls_nothing_before_its_time() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![], NOW).await;
    let shelf = shelf.reopened().await;
    shelf.store.release_claims().await.unwrap();
    shelf.sync(&["a@h"], NOW + MINUTE).await;
    assert!(shelf.claim(&us(), NOW + HOUR - SECOND).await.is_empty());
    assert_eq!(shelf.claimed_ids(&us(), NOW + HOUR).await, ["a"]);
}

#[tokio::test]
async fn what_a_dead_daemon_had_in_hand_is_due_at_the_next_start() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![seen("a", ["1", "", "war"])], NOW).await;
    assert_eq!(shelf.claim(&us(), NOW + HOUR).await.len(), 1);
    assert_eq!(shelf.deliveries(9, NOW).await.len(), 1);
    let shelf = shelf.reopened().await;
    assert_eq!(shelf.store.release_claims().await.unwrap(), 1);
    assert_eq!(shelf.claimed_ids(&us(), NOW + HOUR + PACE.gap).await, ["a"]);
    assert_eq!(shelf.deliveries(9, NOW).await[0].delivery.attempts, 2);
}

#[tokio::test]
async fn a_host_that_wants_to_be_left_alone_is_with_all_its_sources() {
    let shelf = Shelf::with(&["a@one", "b@one", "c@two"]).await;
    let state = shelf.claim(&us(), NOW).await.remove(0);
    let asked =
        PollRecord { host_pause: Some(("one".into(), NOW + HOUR * 2)), ..record(&state, vec![], NOW) };
    shelf.store.record_poll(&us(), &asked).await.unwrap();
    assert!(shelf.claimed_ids(&us(), NOW + MINUTE / 2).await.is_empty());
    let held_up = shelf.store.held_up_since(NOW, PACE, NOW + MINUTE / 2).await.unwrap();
    assert_eq!(held_up, None, "`b` need not be waited for, and `c` is in hand");
    let shelf = shelf.reopened().await;
    assert_eq!(shelf.claimed_ids(&us(), NOW + HOUR * 2 - SECOND).await, ["c"]);
    assert_eq!(shelf.claimed_ids(&us(), NOW + HOUR * 2).await, ["b"]);
}

#[tokio::test]
async fn the_next_due_time_is_one_at_which_something_can_be_claimed() {
    let shelf = Shelf::with(&["a@one", "b@one"]).await;
    let next = async || shelf.store.next_source_due().await.unwrap();
    assert_eq!(next().await, Some(NOW));
    let state = shelf.claim(&us(), NOW).await.remove(0);
    assert_eq!(next().await, Some(NOW + MINUTE), "`b` waits for the poll of `a`, or its claim's end");
    shelf.store.record_poll(&us(), &record(&state, vec![], NOW)).await.unwrap();
    assert_eq!(next().await, Some(NOW + PACE.gap));
    let state = shelf.claim(&us(), NOW + PACE.gap).await.remove(0);
    shelf.store.record_poll(&us(), &record(&state, vec![], NOW + PACE.gap)).await.unwrap();
    assert_eq!(next().await, Some(NOW + HOUR));
}

#[tokio::test]
async fn the_gap_counts_from_the_start_of_a_poll_that_was_late() {
    let shelf = Shelf::with(&["a@one", "b@one"]).await;
    let state = shelf.claim(&us(), NOW).await.remove(0);
    shelf.store.record_poll(&us(), &record(&state, vec![], NOW + SECOND)).await.unwrap();
    assert!(shelf.claimed_ids(&us(), NOW + PACE.gap).await.is_empty());
    assert_eq!(shelf.claimed_ids(&us(), NOW + SECOND + PACE.gap).await, ["b"]);
}

#[tokio::test]
async fn a_host_that_asked_for_a_pause_gets_one_poll_at_a_time_until_it_answers() {
    let shelf = Shelf::with(&["a@one", "b@one", "c@one", "d@one"]).await;
    let pace = PerHost { concurrency: 4, gap: Duration::ZERO };
    let claim = async |limit, now| shelf.store.claim_sources(&us(), pace, limit, now).await.unwrap();
    let state = claim(1, NOW).await.remove(0).state;
    let refuse = |state: &mut SourceState| state.class = Some(PollClass::RateLimited);
    let busy = PollRecord { host_pause: Some(("one".into(), NOW + HOUR)), ..changed(&state, NOW, refuse) };
    shelf.store.record_poll(&us(), &busy).await.unwrap();
    assert!(claim(9, NOW + HOUR - SECOND).await.is_empty());
    let careful = claim(9, NOW + HOUR).await.remove(0).state;
    assert!(claim(9, NOW + HOUR).await.is_empty(), "one at a time");
    shelf.store.record_poll(&us(), &record(&careful, vec![], NOW + HOUR)).await.unwrap();
    assert_eq!(claim(9, NOW + HOUR).await.len(), 3, "it answers again");
}

#[tokio::test]
async fn hosts_with_room_give_one_each_in_turn() {
    let shelf = Shelf::with(&["a@one", "b@one", "c@one", "d@two", "e@two"]).await;
    let pace = PerHost { concurrency: 2, gap: Duration::ZERO };
    let claimed = shelf.store.claim_sources(&us(), pace, 3, NOW).await.unwrap();
    let ids: Vec<_> = claimed.iter().map(|claimed| claimed.state.id.as_str()).collect();
    assert_eq!(ids, ["a", "d", "b"]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_no_other() {
    let shelf = Shelf::with(&["a@one", "b@one", "c@two"]).await;
    shelf.damage("update source set class = 'of a later version' where id = 'a'").await;
    assert_eq!(shelf.claimed_ids(&us(), NOW).await, ["c"]);
    assert_eq!(shelf.claimed_ids(&us(), NOW).await, ["b"]);
    let events = shelf.store.overview(NOW).await.unwrap().events;
    assert_eq!(
        (events[0].source.as_ref().map(SourceId::as_str), events[0].class.as_str()),
        (Some("a"), "internal")
    );
}
