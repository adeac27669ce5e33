//! When most hosts fail at once the fault is ours; and what is overdue after a pause is spread.

use newshound::web::problem::Problem;
use newshound::web::status::{Seen, Status};

use super::*;

/// Servers that each answer only from their n-th request on.
async fn silent_until(n: usize, count: usize) -> Vec<Server> {
    let mut servers = Vec::new();
    for _ in 0..count {
        let script = move |seen: &crate::wire::Seen| match seen.number {
            number if number < n => Reply::raw("").wait(),
            _ => Reply::whole(200, &[("ETag", b"\"a\"")], &feed(&["peace"])),
        };
        servers.push(Server::start("127.0.0.1", script).await);
    }
    servers
}

async fn problems(desk: &Desk) -> Vec<Problem> {
    let overview = desk.overview().await;
    let live = desk.app.ctx().live();
    let now = desk.clock.now();
    let (config, overview) = (&live.config, Some(&overview));
    Status::of(&Seen { config, overview, fault: None, running: true, alive: true, note: None, now }).problems
}

#[tokio::test]
async fn an_outage_of_all_hosts_is_held_against_none_and_told_once() {
    let servers = silent_until(3, 8).await;
    let desk = Desk::watching(&servers.iter().collect::<Vec<_>>()).await;
    desk.poll().await;
    let began = desk.overview().await.outage;
    assert_eq!(began, Some(NOW));
    assert!(problems(&desk).await.contains(&Problem::Unreachable { since: NOW }));
    let mut penalised = 0;
    for n in 0..8 {
        let state = desk.source(n).await;
        assert_eq!(state.class.unwrap().as_str(), "timeout");
        penalised += state.failures;
        if state.failures == 0 {
            let wait = state.next_due.since(NOW);
            assert!((MINUTE * 15..=MINUTE * 31).contains(&wait), "{wait:?}");
        }
    }
    assert_eq!(penalised, 4, "those that failed before it was clear");

    desk.pass(HOUR * 3);
    desk.poll().await;
    let again: u32 = {
        let mut all = 0;
        for n in 0..8 {
            all += desk.source(n).await.failures;
        }
        all
    };
    assert_eq!(again, 4, "it goes on, and nobody pays for it");

    desk.pass(HOUR * 3);
    desk.poll().await;
    assert_eq!(desk.overview().await.outage, None);
    for n in 0..8 {
        assert_eq!(desk.source(n).await.failures, 0);
    }
    let events = desk.overview().await.events;
    let told = |class: &str| {
        events.iter().filter(|event| event.class == class).map(|event| event.count).sum::<u64>()
    };
    assert_eq!((told("network_down"), told("network_up")), (1, 1));
}

/// E-24: five hours without a daemon.
#[tokio::test]
async fn after_a_pause_polls_are_spread() {
    let mut servers = Vec::new();
    for _ in 0..12 {
        servers.push(serve("127.0.0.1", vec![ok(&["peace"])]).await);
    }
    let desk = Desk::watching(&servers.iter().collect::<Vec<_>>()).await;
    desk.poll().await;
    desk.pass(HOUR * 5);
    let desk = desk.restarted().await;
    let begun = desk.clock.now();
    let stop = CancellationToken::new();
    let (app, clock) = (&desk.app, &desk.clock);
    let quarter = async {
        // The clock goes on only as the loop does.
        while servers.iter().any(|server| server.seen().len() < 2) {
            clock.set(clock.now() + SECOND * 2);
            app.ctx().store.overview(clock.now()).await.unwrap();
        }
        stop.cancel();
        clock.now()
    };
    let both = Box::pin(async { tokio::join!(app.run(None, Send::No, None, &stop), quarter) });
    let ((), ended) = tokio::time::timeout(SECOND * 60, both).await.expect("all are polled");
    let took = ended.since(begun);
    assert!(took > MINUTE * 5, "{took:?}");
    assert!(servers.iter().all(|server| server.seen().len() == 2), "and each once");
}
