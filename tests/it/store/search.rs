//! The keys of stored items: kept with the items, whoever changes them, and made where they
//! are missing.

use newshound::matcher::keys::Sieve;
use newshound::store::Sought;

use super::*;

fn key(key: &str) -> Sieve {
    Sieve::Key(key.into())
}

fn titled(source: &str, guid: &str, title: &str) -> SeenItem {
    let seen = seen(source, [guid, "", title]);
    SeenItem { item: Item { title: title.into(), ..seen.item }, ..seen }
}

impl Shelf {
    async fn found_by(&self, sought: &Sought) -> Vec<String> {
        let found = self.store.candidates(sought).await.unwrap();
        let items = self.store.items_numbered(&found).await.unwrap();
        assert_eq!(items.len(), found.len());
        items.into_iter().map(|item| item.title).collect()
    }

    async fn make_keys(&self) {
        self.store.make_keys_but_for(0).await.unwrap();
        assert_eq!(self.store.make_keys().await.unwrap(), 0);
    }

    #[track_caller]
    fn check_found(&self, sieve: Sieve, expect: &[&str]) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let found = self.found_by(&Sought { sieve, since: None, source: None }).await;
            assert_eq!(found, expect, "{place}");
        }
    }
}

#[tokio::test]
async fn items_are_found_by_their_keys_newest_first() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![titled("a", "1", "Arms deal"), titled("a", "2", "金正恩")], NOW).await;
    shelf.poll("a", vec![titled("a", "3", "Deals of the day")], NOW + HOUR).await;
    shelf.make_keys().await;
    shelf.check_found(key("deal"), &["Deals of the day", "Arms deal"]).await;
    shelf.check_found(Sieve::Each(vec![key("deal"), key("arms")]), &["Arms deal"]).await;
    shelf.check_found(Sieve::One(vec![key("金正"), key("arms")]), &["Arms deal", "金正恩"]).await;
    shelf.check_found(Sieve::Start("dea".into()), &["Deals of the day", "Arms deal"]).await;
    shelf.check_found(Sieve::All, &["Deals of the day", "Arms deal", "金正恩"]).await;
    shelf.check_found(key("nothing"), &[]).await;
    shelf.check_found(Sieve::One(vec![]), &[]).await;
}

#[tokio::test]
async fn a_search_can_be_narrowed_to_a_time_and_a_source() {
    let shelf = Shelf::with(&["a@one", "b@two"]).await;
    shelf.poll("a", vec![titled("a", "1", "oil 1")], NOW).await;
    shelf.poll("b", vec![titled("b", "2", "oil 2")], NOW + MINUTE * 2).await;
    let sought = Sought { sieve: key("oil"), since: None, source: None };
    for sieve in [key("oil"), Sieve::All] {
        let since = Sought { sieve: sieve.clone(), since: Some(NOW + MINUTE), ..sought.clone() };
        assert_eq!(shelf.found_by(&since).await, ["oil 2"]);
        let of_source = Sought { sieve, source: Some(SourceId::new("a")), ..sought.clone() };
        assert_eq!(shelf.found_by(&of_source).await, ["oil 1"]);
    }
}

#[tokio::test]
async fn an_edited_item_is_found_by_its_new_words_only() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![titled("a", "1", "oil"), titled("a", "2", "gas")], NOW).await;
    shelf.make_keys().await;
    shelf.poll("a", vec![titled("a", "1", "coal")], NOW + HOUR).await;
    // Until its keys are made it is worth a look whatever is sought.
    shelf.check_found(key("oil"), &["coal"]).await;
    shelf.make_keys().await;
    shelf.check_found(key("oil"), &[]).await;
    shelf.check_found(key("coal"), &["coal"]).await;
    shelf.check_found(Sieve::All, &["coal", "gas"]).await;
}

#[tokio::test]
async fn what_changes_an_item_past_the_polls_loses_nothing() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.poll("a", vec![titled("a", "1", "oil"), titled("a", "2", "gas")], NOW).await;
    shelf.make_keys().await;
    shelf.damage("update item set title = 'coal' where title = 'oil'").await;
    shelf.check_found(key("coal"), &["coal"]).await;
    shelf.damage("delete from item where title = 'gas'").await;
    shelf.check_found(Sieve::One(vec![key("gas"), key("x")]), &["coal"]).await;
    let shelf = shelf.reopened().await;
    shelf.make_keys().await;
    shelf.check_found(key("oil"), &[]).await;
    shelf.check_found(key("coal"), &["coal"]).await;
    shelf.damage("delete from item").await;
    shelf.check_found(key("coal"), &[]).await;
    shelf.check_found(Sieve::All, &[]).await;
}

#[tokio::test]
async fn items_from_before_the_search_are_found_before_and_after_their_keys_are_made() {
    let shelf = Shelf::with(&["a@h"]).await;
    let items = (0..200).map(|n| titled("a", &n.to_string(), &format!("oil {n}"))).collect();
    shelf.poll("a", items, NOW).await;
    for statement in [
        "drop trigger item_numbered",
        "drop trigger item_rewritten",
        "drop trigger item_removed",
        "drop table item_words",
        "drop table item_number",
        "delete from _sqlx_migrations where version = 5",
    ] {
        shelf.damage(statement).await;
    }
    let shelf = shelf.reopened().await;
    let sought = Sought { sieve: key("7"), since: None, source: None };
    assert_eq!(shelf.found_by(&sought).await.len(), 200);
    shelf.store.make_keys_but_for(50).await.unwrap();
    assert!((1..=50).contains(&shelf.found_by(&sought).await.len()));
    shelf.make_keys().await;
    shelf.check_found(key("7"), &["oil 7"]).await;
    let found = shelf.found_by(&Sought { sieve: key("oil"), since: None, source: None }).await;
    assert_eq!(found.len(), 200);
}
