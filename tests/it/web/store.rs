//! A store that fails: the page says so in time, `/readyz` too, and `/healthz` does not care.

use newshound::model::StoreClass;
use sqlx::{Connection, Executor, SqliteConnection};

use super::*;

/// A store in trouble may cost a request a second, and the machine of a test something on top.
const SOON: Duration = Duration::from_secs(4);

async fn soon(address: SocketAddr, path: &str) -> Answer {
    tokio::time::timeout(SOON, get(address, path))
        .await
        .unwrap_or_else(|_| panic!("{path} waits for the store"))
}

async fn open(path: &std::path::Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", path.display())).await.unwrap()
}

#[tokio::test]
async fn a_writer_that_holds_the_store_does_not_hold_up_the_page() {
    let served = serve("", Limits::default()).await;
    let mut other = open(&served.folder.path().join("newshound.db")).await;
    other.execute("begin exclusive").await.unwrap();
    for path in ["/", "/metrics", "/readyz", "/healthz"] {
        assert_eq!(soon(served.address, path).await.status, 200, "{path}");
    }
    assert!(soon(served.address, "/").await.body.contains("harbour-wire"));
}

/// Takes the store's file away, before anything was read from it.
async fn moved() -> (Served, std::path::PathBuf) {
    let served = serve("", Limits::default()).await;
    let path = served.folder.path().join("newshound.db");
    std::fs::rename(&path, served.folder.path().join("moved.db")).unwrap();
    for log in ["newshound.db-wal", "newshound.db-shm"] {
        let _ = std::fs::remove_file(served.folder.path().join(log));
    }
    (served, path)
}

async fn assert_told(served: &Served, class: &str) {
    let page = soon(served.address, "/").await;
    assert_eq!(page.status, 200);
    for told in ["<title>newshound: 1 problem</title>", "Alerts are held", &format!("<code>{class}</code>")] {
        assert!(page.body.contains(told), "no {told} in {}", page.body);
    }
    assert!(!page.body.contains("All well") && !page.body.contains("No alert yet"));
    assert_eq!(soon(served.address, "/readyz").await.status, 503);
    assert_eq!(soon(served.address, "/healthz").await.status, 200);
    let figures = soon(served.address, "/metrics").await;
    assert_eq!(figures.status, 200);
    assert!(figures.body.contains("newshound_build_info{"));
    assert!(!figures.body.contains("newshound_deliveries{"), "a figure nobody could read is told");
}

#[tokio::test]
async fn a_store_that_others_lock_against_reading_is_told_within_a_second() {
    let (served, path) = moved().await;
    let mut other = open(&path).await;
    for step in ["create table daemon (name text)", "pragma locking_mode = exclusive", "begin exclusive"] {
        other.execute(step).await.unwrap();
    }
    assert_told(&served, "busy").await;
    // More questions than there are connections to ask them with are answered in time as well.
    let asked: Vec<_> = (0..12).map(|_| tokio::spawn(soon(served.address, "/"))).collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_damaged_store_is_told() {
    let (served, path) = moved().await;
    std::fs::write(path, "no database ".repeat(1000)).unwrap();
    assert_told(&served, "corrupt").await;
}

#[tokio::test]
async fn a_store_that_went_away_is_told_and_not_replaced() {
    let served = serve("", Limits::default()).await;
    let (path, elsewhere) =
        (served.folder.path().join("newshound.db"), served.folder.path().join("moved.db"));
    std::fs::rename(&path, &elsewhere).unwrap();
    assert_told(&served, "io_error").await;
    let refused = served.store.sync_sources(&[], now()).await.unwrap_err();
    assert_eq!(refused.class(), Some(StoreClass::ReadOnly));
    assert!(!path.exists(), "an empty store was put in its place");
    std::fs::rename(&elsewhere, &path).unwrap();
    served.store.sync_sources(&[], now()).await.unwrap();
    assert_eq!(soon(served.address, "/readyz").await.status, 200);
}

#[tokio::test]
async fn a_store_that_the_loops_cannot_write_is_told_with_its_news() {
    let served = serve("", Limits::default()).await;
    served.site.pulse.failed(StoreClass::ReadOnly, "attempt to write a readonly database".to_owned(), now());
    let page = soon(served.address, "/").await;
    let told = ["since <time datetime=\"2026-03-03T08:14:00Z\">08:14</time>", "The store cannot be written"];
    for told in told.into_iter().chain(["<code>read_only</code>", "Attempt to write a readonly database."]) {
        assert!(page.body.contains(told), "no {told} in {}", page.body);
    }
    assert!(page.body.contains("harbour-wire"), "what can be read is still shown");
    assert_eq!(soon(served.address, "/readyz").await.status, 503);
    assert_eq!(soon(served.address, "/healthz").await.status, 200);
    served.site.pulse.recovered();
    assert_eq!(soon(served.address, "/readyz").await.status, 200);
    assert!(soon(served.address, "/").await.body.contains("Listening."));
}

#[tokio::test]
async fn a_loop_that_stands_still_fails_the_health_alone() {
    let served = serve("", Limits::default()).await;
    served.site.clock.set(now() + Duration::from_secs(59));
    assert_eq!(soon(served.address, "/healthz").await.status, 200);
    served.site.clock.set(now() + Duration::from_secs(61));
    assert_eq!(soon(served.address, "/healthz").await.status, 503);
    assert_eq!(soon(served.address, "/readyz").await.status, 200);
    assert!(soon(served.address, "/").await.body.contains("A part of the daemon stands still"));
}
