//! The configured sources and what the store knows of them, in any number.

use std::collections::BTreeMap;

use newshound::config::Definition;
use newshound::store::{Apart, DaemonNote, Transition};
use proptest::prelude::*;

use super::*;

/// More than are written in one transaction.
const MANY: usize = 45_000;

fn many(n: usize, path: &str) -> Vec<Watched> {
    let one = |n: usize| Watched {
        id: SourceId::new(format!("s{n:06}")),
        host: format!("h{}", n % 1_500),
        address: format!("{path}/{n}"),
        enabled: true,
    };
    (0..n).map(one).collect()
}

fn note() -> DaemonNote {
    DaemonNote { pid: 1, started: NOW, config_file: None, config_loaded: NOW, listen: None, reload: None }
}

impl Shelf {
    /// Takes these sources, in the order of their ids; returns those that have moved.
    async fn take_sources(&self, watched: &[Watched], version: &str, now: Timestamp) -> Vec<String> {
        let definitions: &[Definition] = &[];
        let transition = Transition {
            watched: Box::new(watched.iter().cloned()),
            sources_version: version,
            definitions,
            kept: &[],
            note: &note(),
        };
        let moved = self.store.take_configuration(transition, now).await.unwrap();
        moved.into_iter().map(|id| id.to_string()).collect()
    }

    async fn figures(&self, now: Timestamp) -> (u64, u64, u64, u64) {
        let sources = self.store.overview(now).await.unwrap().sources;
        (sources.known, sources.active, sources.backing_off, sources.marked_off)
    }
}

#[tokio::test]
async fn more_sources_than_one_transaction_takes_come_move_and_go() {
    let shelf = Shelf::empty().await;
    let all = many(MANY, "a");
    assert!(shelf.take_sources(&all, "1", NOW).await.is_empty());
    assert_eq!(shelf.figures(NOW).await, (MANY as u64, MANY as u64, 0, 0));
    let claimed = shelf.store.claim_sources(&us(), PACE, MANY, NOW).await.unwrap();
    assert_eq!(claimed.len(), 1_500, "each host gives one");
    shelf.store.release_claims().await.unwrap();
    // What stays is not written; what moves begins anew; what goes is not polled any more.
    let mut fewer = all[..40_000].to_vec();
    fewer[39_999].address = "elsewhere".to_owned();
    fewer[7].enabled = false;
    let apart = shelf.store.compare_sources(Box::new(fewer.iter().cloned())).await.unwrap();
    let removed = apart.iter().filter(|apart| matches!(apart, Apart::Removed(_))).count();
    assert_eq!((apart.len(), removed), (5_001, 5_000));
    assert!(apart.contains(&Apart::Moved(fewer[39_999].id.clone())));
    assert_eq!(shelf.take_sources(&fewer, "2", NOW + HOUR).await, ["s039999"]);
    assert_eq!(shelf.figures(NOW).await, (39_999, 39_999, 0, 0));
    assert!(shelf.store.compare_sources(Box::new(fewer.into_iter())).await.unwrap().is_empty());
}

#[tokio::test]
async fn sources_of_a_known_version_are_not_looked_at() {
    let shelf = Shelf::empty().await;
    let all = many(10, "a");
    shelf.take_sources(&all, "1", NOW).await;
    assert_eq!(shelf.store.sources_version().await.unwrap().as_deref(), Some("1"));
    // Would it look, it would find them gone.
    shelf.take_sources(&[], "1", NOW).await;
    assert_eq!(shelf.figures(NOW).await.0, 10);
    shelf.take_sources(&[], "2", NOW).await;
    assert_eq!(shelf.figures(NOW).await.0, 0);
    shelf.sync(&["a@one"], NOW).await;
    assert_eq!(shelf.store.sources_version().await.unwrap(), None, "nobody said what these are");
    shelf.take_sources(&all, "2", NOW).await;
    assert_eq!(shelf.figures(NOW).await.0, 10);
}

#[tokio::test]
async fn a_sync_that_was_cut_off_is_made_up_for() {
    let shelf = Shelf::empty().await;
    let all = many(30, "a");
    shelf.take_sources(&all[..10], "1", NOW).await;
    // As a crash leaves it between two transactions: rows are there, their hosts are not set.
    shelf.damage("delete from daemon where name = 'sources'").await;
    shelf.damage("insert into source (id, host, address, configured, next_due) values ('s000020', 'h20', 'a/20', 1, 0)").await;
    assert_eq!(shelf.claimed_ids(&us(), NOW).await.len(), 10, "nobody knows of the new host");
    shelf.store.release_claims().await.unwrap();
    shelf.take_sources(&all, "2", NOW).await;
    let mut claimed = shelf.claimed_ids(&us(), NOW + MINUTE).await;
    claimed.sort();
    assert_eq!(claimed, all.iter().map(|source| source.id.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn items_are_counted_as_they_come_and_go() {
    let shelf = Shelf::with(&["a@one"]).await;
    let figures = async |now| {
        let overview = shelf.store.overview(now).await.unwrap();
        (overview.items, overview.items_last_day, overview.last_poll)
    };
    assert_eq!(figures(NOW).await, (0, 0, None));
    shelf.poll("a", vec![seen("a", ["1", "", "one"]), seen("a", ["2", "", "two"])], NOW).await;
    let later = NOW + HOUR * 3;
    shelf.poll("a", vec![seen("a", ["1", "", "one"]), seen("a", ["3", "", "three"])], later).await;
    assert_eq!(figures(later).await, (3, 3, Some(later)));
    assert_eq!(figures(NOW + DAY).await, (3, 1, Some(later)), "to the millisecond");
    assert_eq!(figures(later + DAY).await.1, 0);
    shelf.damage("delete from item where title = 'one'").await;
    assert_eq!(figures(later).await, (2, 2, Some(later)));
}

#[tokio::test]
async fn what_ails_comes_first_and_what_is_due_next_follows() {
    let shelf = Shelf::with(&["a@one", "b@one", "c@two", "d@two", "e@three", "off@four"]).await;
    shelf.damage("update source set failures = 2, class = 'timeout' where id in ('b', 'd')").await;
    shelf.damage("update source set class = 'degraded' where id = 'c'").await;
    shelf.damage("update source set marker = 'gone', class = 'gone' where id = 'off'").await;
    let ids = |rows: Vec<newshound::store::SourceRow>| {
        rows.into_iter().map(|row| row.state.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    let look = async |limit| ids(shelf.store.sources_to_look_at(limit, NOW).await.unwrap());
    assert_eq!(look(10).await, "b d c a e off");
    assert_eq!(look(4).await, "b d c a");
    assert_eq!(look(1).await, "b");
    assert_eq!(ids(shelf.store.sources_that_ail(9, NOW).await.unwrap()), "b d c off");
    assert_eq!(ids(shelf.store.ailing_after("", 9, NOW).await.unwrap()), "b c d off");
    assert_eq!(ids(shelf.store.ailing_after("b", 2, NOW).await.unwrap()), "c d");
    // One in hand is not lost sight of.
    shelf.claim(&us(), NOW).await;
    assert_eq!(look(10).await, "b d c a e off");
    assert_eq!(shelf.figures(NOW).await, (6, 2, 2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever was there before: afterwards the configured ones are known as they are, and the
    /// others are not polled.
    #[test]
    fn a_sync_leaves_what_is_configured(
        before in proptest::collection::btree_map(0usize..60, (0u8..3, 0u8..3, any::<bool>()), 0..50),
        after in proptest::collection::btree_map(0usize..60, (0u8..3, 0u8..3, any::<bool>()), 0..50),
    ) {
        let watched = |all: &BTreeMap<usize, (u8, u8, bool)>| -> Vec<Watched> {
            let one = |(n, (host, address, enabled)): (&usize, &(u8, u8, bool))| Watched {
                id: SourceId::new(format!("s{n:02}")),
                host: format!("h{host}"),
                address: format!("a{address}"),
                enabled: *enabled,
            };
            all.iter().map(one).collect()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let shelf = Shelf::empty().await;
            let (before, after) = (watched(&before), watched(&after));
            shelf.take_sources(&before, "1", NOW).await;
            let apart = shelf.store.compare_sources(Box::new(after.clone().into_iter())).await.unwrap();
            let moved = shelf.take_sources(&after, "2", NOW).await;
            let was: BTreeMap<_, _> = before.iter().map(|source| (&source.id, source)).collect();
            let expect: Vec<String> = after
                .iter()
                .filter(|now| was.get(&now.id).is_some_and(|was| was.address != now.address))
                .map(|now| now.id.to_string())
                .collect();
            assert_eq!(moved, expect);
            let gone = before.iter().filter(|was| was.enabled && after.iter().all(|now| now.id != was.id));
            let told = apart.iter().filter(|apart| matches!(apart, Apart::Removed(_)));
            assert_eq!(told.count(), gone.count());
            let enabled = after.iter().filter(|source| source.enabled);
            let mut claimed: Vec<String> = Vec::new();
            for turn in 0..60 {
                claimed.extend(shelf.claimed_ids(&lease("x"), NOW + SECOND * 2 * turn).await);
                let hand = shelf.store.release_claims().await;
                hand.unwrap();
                let done = format!("'{}'", claimed.join("','"));
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(shelf.folder.path().join("newshound.db"));
                let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
                let put_off = format!("update source set next_due = 9000000000000000 where id in ({done})");
                sqlx::query(sqlx::AssertSqlSafe(put_off)).execute(&pool).await.unwrap();
                pool.close().await;
                if claimed.len() >= enabled.clone().count() {
                    break;
                }
            }
            claimed.sort();
            assert_eq!(claimed, enabled.map(|source| source.id.to_string()).collect::<Vec<_>>());
        });
    }
}
