//! The configuration in force, and the versions of topics.

use newshound::config::Definition;
use newshound::model::{DefinitionKind, TopicVersion};
use newshound::store::{DaemonNote, TopicPast, Transition};

use super::*;

fn topic(id: &str, version: &str) -> Definition {
    let text = format!("{{\"id\":\"{id}\",\"any\":[\"{version}\"]}}");
    Definition { kind: DefinitionKind::Topic, id: id.into(), text, version: version.into() }
}

fn note(now: Timestamp) -> DaemonNote {
    DaemonNote { pid: 1, started: now, config_file: None, config_loaded: now, listen: None, reload: None }
}

impl Shelf {
    async fn take(&self, definitions: &[Definition], kept: &[&str], now: Timestamp) {
        let kept: Vec<TopicId> = kept.iter().map(|id| TopicId::new(*id)).collect();
        let note = note(now);
        let transition = Transition {
            watched: Box::new([watched("a@h")].into_iter()),
            sources_version: "a@h",
            definitions,
            kept: &kept,
            note: &note,
        };
        assert!(self.store.take_configuration(transition, now).await.unwrap().is_empty());
        assert_eq!(self.store.read_note().await.unwrap(), Some(note));
    }

    async fn past(&self, topic: &str) -> TopicPast {
        self.store.topic_pasts().await.unwrap().remove(&TopicId::new(topic)).unwrap()
    }

    /// The versions that are kept, and what rows were written since the store was made.
    async fn versions(&self) -> Vec<String> {
        let path = self.folder.path().join("newshound.db");
        let pool = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path));
        let pool = pool.await.unwrap();
        let found: Vec<(String, String)> =
            sqlx::query_as("select topic, version from topic_version order by topic, version")
                .fetch_all(&pool)
                .await
                .unwrap();
        pool.close().await;
        found.into_iter().map(|(topic, version)| format!("{topic}:{version}")).collect()
    }

    /// Records an item that says "war" as decided with this version of the topic `war`.
    async fn hit(&self, guid: &str, version: &str, now: Timestamp) {
        let state = self.claim(&us(), now).await.remove(0);
        let versions = [(TopicId::new("war"), TopicVersion::new(version))].into_iter().collect();
        let items = vec![seen("a", [guid, "", "war"])];
        let record = PollRecord { versions: std::sync::Arc::new(versions), ..record(&state, items, now) };
        assert_eq!(self.store.record_poll(&us(), &record).await.unwrap().new, 1);
    }
}

#[tokio::test]
async fn what_runs_is_read_by_others() {
    let shelf = Shelf::empty().await;
    let route = Definition {
        kind: DefinitionKind::Route,
        id: "desk".into(),
        text: "{\"name\":\"desk\"}".into(),
        version: "r1".into(),
    };
    shelf.take(&[topic("war", "v1"), route.clone()], &[], NOW).await;
    assert_eq!(shelf.store.running().await.unwrap(), [route, topic("war", "v1")]);
    shelf.take(&[topic("peace", "p1")], &["war"], NOW + HOUR).await;
    assert_eq!(shelf.store.running().await.unwrap(), [topic("peace", "p1"), topic("war", "v1")]);
    shelf.take(&[topic("peace", "p1")], &[], NOW + DAY).await;
    assert_eq!(shelf.store.running().await.unwrap(), [topic("peace", "p1")]);
}

#[tokio::test]
async fn since_when_a_topic_is_as_it_is_is_known_but_for_the_first() {
    let shelf = Shelf::empty().await;
    shelf.take(&[topic("war", "v1")], &[], NOW).await;
    assert_eq!((shelf.past("war").await.since, shelf.past("war").await.version_since), (None, None));
    let both = [topic("war", "v2"), topic("peace", "p1")];
    shelf.take(&both, &[], NOW + HOUR).await;
    shelf.take(&both, &[], NOW + DAY).await;
    let (war, peace) = (shelf.past("war").await, shelf.past("peace").await);
    assert_eq!((war.since, war.version_since), (None, Some(NOW + HOUR)));
    assert_eq!((peace.since, peace.version_since), (Some(NOW + HOUR), Some(NOW + HOUR)));
    assert_eq!(war.version, TopicVersion::new("v2"));
    // Another name is another text, and the same version.
    let named = Definition { text: "{\"name\":\"Peace\"}".into(), ..topic("peace", "p1") };
    shelf.take(&[topic("war", "v1"), named.clone()], &[], NOW + DAY * 2).await;
    assert_eq!(shelf.past("peace").await, peace);
    assert_eq!(shelf.past("war").await.version_since, Some(NOW + DAY * 2));
    assert_eq!(shelf.store.running().await.unwrap()[0], named);
}

#[tokio::test]
async fn versions_are_kept_for_as_long_as_something_was_decided_with_them() {
    let shelf = Shelf::empty().await;
    shelf.take(&[topic("war", "v1")], &[], NOW).await;
    shelf.hit("1", "v1", NOW).await;
    shelf.take(&[topic("war", "v2")], &[], NOW + HOUR).await;
    shelf.take(&[topic("war", "v3")], &[], NOW + HOUR * 2).await;
    assert_eq!(shelf.versions().await, ["war:v1", "war:v3"], "nothing was decided with v2");
    shelf.take(&[], &[], NOW + HOUR * 3).await;
    assert_eq!(shelf.versions().await, ["war:v1"]);
    let item = seen("a", ["1", "", "war"]).item.id;
    let stored = shelf.store.item(&item).await.unwrap().unwrap();
    assert_eq!(stored.decisions[0].version, Some(TopicVersion::new("v1")));
    assert!((stored.decisions[0].threshold - 0.5).abs() < 1e-9);
    shelf.damage("delete from hit").await;
    shelf.take(&[topic("war", "v4")], &[], NOW + HOUR * 4).await;
    assert_eq!(shelf.versions().await, ["war:v4"]);
}

#[tokio::test]
async fn another_address_is_another_baseline_and_a_poll_under_way_at_the_old_one_does_not_count() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![], NOW).await;
    let under_way = shelf.claim(&us(), NOW + HOUR).await.remove(0);
    assert!(under_way.baseline_done);
    shelf.sync(&["a@elsewhere"], NOW + HOUR).await;
    let late = shelf.store.record_poll(&us(), &record(&under_way, vec![], NOW + HOUR)).await;
    assert!(matches!(late, Err(StoreError::ClaimLost(_))), "{late:?}");
    let anew = shelf.claim(&us(), NOW + HOUR).await.remove(0);
    assert!(!anew.baseline_done && anew.validators.is_none() && anew.body_hash.is_none(), "{anew:?}");
    assert_eq!(anew.last_poll, Some(NOW), "its past stays known");
    let events = shelf.store.overview(NOW + HOUR).await.unwrap().events;
    assert_eq!((events[0].class.as_str(), events[0].count), ("new_address", 1));
    shelf.sync(&["a@elsewhere"], NOW + HOUR).await;
    assert_eq!(shelf.store.overview(NOW + HOUR).await.unwrap().events[0].count, 1);
}
