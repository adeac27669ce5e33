//! After a pause of ours: what is overdue is spread, and the network is judged anew.

use std::collections::HashMap;

use newshound::model::Note;

use super::*;

async fn overdue(sources: &[String], pause: Duration) -> Shelf {
    let names: Vec<&str> = sources.iter().map(String::as_str).collect();
    let shelf = Shelf::with(&names).await;
    let mut now = NOW;
    let mut n_polled = 0;
    while n_polled < sources.len() {
        for state in shelf.claim(&us(), now).await {
            let record = changed(&state, now, |state| state.next_due = NOW + HOUR);
            shelf.store.record_poll(&us(), &record).await.unwrap();
            n_polled += 1;
        }
        now = now + PACE.gap;
    }
    shelf.store.spread_overdue(NOW + HOUR + pause).await.unwrap();
    shelf
}

/// E-24: each once within a quarter of an hour, and never two at once on a host.
#[tokio::test]
async fn hours_of_polls_are_spread_over_a_quarter_of_an_hour() {
    let sources: Vec<String> = (0..300).map(|n| format!("s{n}@h{}", n % 30)).collect();
    let start = NOW + HOUR * 6;
    let shelf = overdue(&sources, HOUR * 5).await;
    let (mut polled, mut busiest, mut now) = (HashMap::new(), 0, start);
    while now < start + MINUTE * 15 {
        let claimed = shelf.claim(&us(), now).await;
        let mut hosts = HashMap::<_, u32>::new();
        for state in &claimed {
            let n: usize = state.id.as_str()[1..].parse().unwrap();
            *hosts.entry(n % 30).or_default() += 1;
            assert!(polled.insert(n, now).is_none(), "{n} is polled twice");
        }
        assert!(hosts.values().all(|n| *n == 1));
        busiest = busiest.max(claimed.len());
        for state in &claimed {
            shelf.store.record_poll(&us(), &record(state, vec![], now)).await.unwrap();
        }
        now = now + SECOND * 10;
    }
    assert_eq!(polled.len(), 300);
    assert!(busiest <= 15, "{busiest} in ten seconds");
    let in_first_half = polled.values().filter(|at| at.since(start) < MINUTE * 7).count();
    assert!((100..=200).contains(&in_first_half), "{in_first_half} in the first half");
}

#[tokio::test]
async fn what_is_hardly_late_is_hardly_put_off() {
    let sources: Vec<String> = (0..20).map(|n| format!("s{n}@h{n}")).collect();
    let shelf = overdue(&sources, SECOND * 20).await;
    assert_eq!(shelf.claimed_ids(&us(), NOW + HOUR + SECOND * 20).await.len(), 20);
    let shelf = overdue(&sources, MINUTE * 2).await;
    let soon = NOW + HOUR + MINUTE * 4;
    assert!(shelf.claimed_ids(&us(), NOW + HOUR + MINUTE * 2).await.len() < 10);
    assert!(shelf.store.next_source_due().await.unwrap().is_some_and(|due| due < soon));
    let rows = shelf.store.source_rows(soon).await.unwrap();
    assert!(rows.values().all(|row| row.state.next_due <= soon));
}

#[tokio::test]
async fn first_polls_and_those_to_come_are_left_alone() {
    let shelf = Shelf::with(&["new@one", "later@two"]).await;
    shelf.poll("later", vec![], NOW).await;
    shelf.sync(&["new@one", "later@two", "newer@three"], NOW).await;
    assert_eq!(shelf.store.spread_overdue(NOW + MINUTE * 30).await.unwrap(), 0);
    assert_eq!(shelf.store.next_source_due().await.unwrap(), Some(NOW));
}

#[tokio::test]
async fn an_outage_is_noted_while_it_lasts() {
    let shelf = Shelf::empty().await;
    let note = |class, message: &str| Note { class, message: message.to_owned() };
    assert_eq!(shelf.store.outage().await.unwrap(), None);
    let began = note("network_down", "most hosts cannot be reached");
    shelf.store.note_outage(Some(NOW), &began, NOW).await.unwrap();
    let shelf = shelf.reopened().await;
    let overview = shelf.store.overview(NOW).await.unwrap();
    assert_eq!((overview.outage, overview.events[0].class.as_str()), (Some(NOW), "network_down"));
    assert_eq!((&overview.events[0].source, &overview.events[0].channel), (&None, &None));
    shelf.store.note_outage(None, &note("network_up", "again"), NOW + HOUR).await.unwrap();
    assert_eq!(shelf.store.outage().await.unwrap(), None);
    shelf.store.note_outage(Some(NOW), &began, NOW).await.unwrap();
    shelf.store.forget_outage().await.unwrap();
    assert_eq!(shelf.store.outage().await.unwrap(), None);
}
