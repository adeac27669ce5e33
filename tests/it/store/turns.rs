//! Turns of the poll loop: several polls written and the next claimed at once.

use newshound::model::{Found, PollRecord, Validators};
use newshound::store::{Claimed, Turn, Turned, Wanted};

use super::*;

impl Shelf {
    async fn turn(&self, records: &[PollRecord], wanted: Wanted, now: Timestamp) -> Turned {
        let records: Vec<&PollRecord> = records.iter().collect();
        let turn = Turn { lease: &us(), per_host: PACE, records: &records, back: &[], wanted };
        self.store.turn(turn, now).await.unwrap()
    }
}

fn ids(turned: &Turned) -> Vec<&str> {
    turned.claimed.iter().map(|claimed| claimed.state.id.as_str()).collect()
}

/// Says of each record how many new items were written, or why none.
fn told(turned: &Turned) -> Vec<String> {
    let told = |result: &Result<Recorded, StoreError>| match result {
        Ok(recorded) => format!("{} new", recorded.new),
        Err(error) => error.told(),
    };
    turned.recorded.iter().map(told).collect()
}

#[tokio::test]
async fn what_came_is_written_and_what_is_due_is_claimed() {
    let shelf = Shelf::with(&["a@one", "b@two", "c@three"]).await;
    let turned = shelf.turn(&[], Wanted::due(2, NOW), NOW).await;
    assert_eq!((ids(&turned), turned.next_due), (vec!["a", "c"], Some(NOW)));
    let [a, c] = [&turned.claimed[0].state, &turned.claimed[1].state];
    let records = [record(a, vec![seen("a", ["1", "", "war"])], NOW), record(c, vec![], NOW)];
    let turned = shelf.turn(&records, Wanted::due(9, NOW), NOW).await;
    assert_eq!((told(&turned), ids(&turned)), (vec!["1 new".to_owned(), "0 new".to_owned()], vec!["b"]));
    // The claim on `b` ends in a minute, before `a` and `c` are due.
    assert_eq!(turned.next_due, Some(NOW + MINUTE));
    assert_eq!(shelf.deliveries(9, NOW).await.len(), 1);
}

#[tokio::test]
async fn a_lost_claim_costs_the_others_nothing() {
    let shelf = Shelf::with(&["a@one", "b@two"]).await;
    let states = shelf.claim(&us(), NOW).await;
    shelf.sync(&["a@elsewhere", "b@two"], NOW).await;
    let items = |source: &str| vec![seen(source, [source, "", &format!("war of {source}")])];
    let records: Vec<_> = states.iter().map(|state| record(state, items(state.id.as_str()), NOW)).collect();
    let turned = shelf.turn(&records, Wanted::due(0, NOW), NOW).await;
    assert_eq!(told(&turned), ["the claim on `a` was lost to another worker", "1 new"]);
    assert_eq!(shelf.store.overview(NOW).await.unwrap().items, 1);
}

#[tokio::test]
async fn a_record_that_the_database_refuses_costs_the_others_nothing() {
    let shelf = Shelf::with(&["a@one", "b@two", "c@three"]).await;
    shelf
        .damage(
            "create trigger refusal before insert on item when new.title = 'poison'
             begin select raise(abort, 'poison'); end",
        )
        .await;
    let states = shelf.claim(&us(), NOW).await;
    let item = |state: &SourceState| match state.id.as_str() {
        "c" => seen("c", ["c", "", "poison"]),
        id => seen(id, [id, "", &format!("war of {id}")]),
    };
    let records: Vec<_> = states.iter().map(|state| record(state, vec![item(state)], NOW)).collect();
    let turned = shelf.turn(&records, Wanted::due(9, NOW), NOW).await;
    let mut outcomes = told(&turned);
    outcomes.sort();
    assert_eq!(outcomes[..2], ["1 new", "1 new"]);
    assert!(outcomes[2].contains("poison"), "{outcomes:?}");
    assert_eq!(shelf.store.overview(NOW).await.unwrap().items, 2);
    assert_eq!(shelf.deliveries(9, NOW).await.len(), 2);
}

#[tokio::test]
async fn a_source_that_is_given_back_can_be_claimed_after_the_gap() {
    let shelf = Shelf::with(&["a@one"]).await;
    let state = shelf.claim(&us(), NOW).await.remove(0);
    let turn = Turn {
        lease: &us(),
        per_host: PACE,
        records: &[],
        back: std::slice::from_ref(&state.id),
        wanted: Wanted::due(9, NOW),
    };
    let turned = shelf.store.turn(turn, NOW).await.unwrap();
    assert_eq!((turned.claimed.len(), turned.next_due), (0, Some(NOW + PACE.gap)));
    assert_eq!(shelf.claimed_ids(&us(), NOW + PACE.gap).await, ["a"]);
}

#[tokio::test]
async fn what_is_due_again_since_a_time_is_passed_over_and_not_looked_at_again() {
    let shelf = Shelf::with(&["a@one", "b@two", "c@three"]).await;
    shelf.poll("a", vec![], NOW).await;
    shelf.store.release_claims().await.unwrap();
    let later = NOW + HOUR * 2;
    let wanted = Wanted { due_by: NOW, ..Wanted::due(1, later) };
    let turned = shelf.turn(&[], wanted, later).await;
    assert_eq!((ids(&turned), turned.passed), (vec!["c"], Some(NOW + PACE.gap)), "`a` is due only since");
    let turned = shelf.turn(&[], Wanted { due_by: NOW, ..Wanted::due(9, later) }, later).await;
    assert_eq!((ids(&turned), turned.passed), (vec!["b"], Some(NOW + HOUR)));
    let from = turned.passed.unwrap();
    let turned = shelf.turn(&[], Wanted { due_by: NOW, from, limit: 9 }, later).await;
    assert_eq!((ids(&turned), turned.passed), (vec![], Some(NOW + HOUR)));
    assert_eq!(shelf.claimed_ids(&us(), later).await, ["a"]);
}

#[tokio::test]
async fn of_many_polls_each_source_gets_its_own_state() {
    let names: Vec<String> = (0..150).map(|n| format!("s{n:03}@h{n:03}")).collect();
    let shelf = Shelf::with(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let claimed = shelf.turn(&[], Wanted::due(names.len(), NOW), NOW).await.claimed;
    assert_eq!(claimed.len(), names.len());
    let mut expected = Vec::new();
    let mut records = Vec::new();
    for (n, Claimed { state, .. }) in (0..).zip(&claimed) {
        let change = |state: &mut SourceState| {
            state.next_due = NOW + HOUR + SECOND * n;
            state.failures = n;
            state.reason = Some(format!("reason {n}"));
            state.rhythm = n.to_be_bytes().to_vec();
            state.unchanged.answers = 1000 + n;
            state.refused_since = Some(NOW - SECOND * n);
            state.hints.from = Some(NOW - MINUTE * n);
            state.max_age = Some(SECOND * n);
            state.validators = Some(Validators {
                url: format!("http://{n}/"),
                etag: Some(vec![0xff, 0]),
                last_modified: None,
            });
        };
        let record = changed(state, NOW, change);
        expected.push((record.decide)(Found::default()).state);
        records.push(record);
    }
    let turned = shelf.turn(&records, Wanted::due(9, NOW), NOW).await;
    assert!(turned.recorded.iter().all(Result::is_ok));
    let rows = shelf.store.source_rows(NOW).await.unwrap();
    for state in expected {
        assert_eq!(rows[&state.id].state, state);
    }
}
