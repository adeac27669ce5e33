//! Where a source is asked after its server said that it has moved, and the way back.

use newshound::model::SourceMode;
use newshound::store::Order;

use super::*;

/// Answers each path by its own script: the reply for the n-th request of that path.
async fn site(host: &str, script: fn(&str, usize) -> Reply) -> Server {
    let counts = Mutex::new(std::collections::HashMap::new());
    Server::start(host, move |seen| {
        let path = seen.path().to_owned();
        let mut counts = counts.lock().unwrap();
        let n = counts.entry(path.clone()).or_insert(0);
        *n += 1;
        script(&path, *n)
    })
    .await
}

fn tagged(etag: &str, titles: &[&str]) -> Reply {
    Reply::whole(200, &[("ETag", etag.as_bytes())], &feed(titles))
}

impl Desk {
    /// Polls when the first source is due the next time.
    async fn next(&self) {
        let due = self.source(0).await.next_due;
        self.clock.set(due.max(self.clock.now()));
        self.poll().await;
    }

    async fn moved_to(&self) -> Option<String> {
        self.source(0).await.moved.map(|moved| moved.url)
    }

    /// Returns the classes and counts of what was told of sources.
    async fn told(&self) -> Vec<(String, u64)> {
        let mut told: Vec<_> =
            self.overview().await.events.into_iter().map(|event| (event.class, event.count)).collect();
        told.sort();
        told
    }

    async fn message(&self, class: &str) -> String {
        let events = self.overview().await.events;
        events.into_iter().find(|event| event.class == class).map(|event| event.message).unwrap_or_default()
    }
}

fn paths(server: &Server) -> Vec<String> {
    server.seen().iter().map(|seen| seen.path().to_owned()).collect()
}

fn told(events: &[(&str, u64)]) -> Vec<(String, u64)> {
    events.iter().map(|(class, count)| ((*class).to_owned(), *count)).collect()
}

/// A source at `/old` of one server that redirects to `/new` of another.
async fn moving(status: u16, new: fn(&str, usize) -> Reply) -> (Desk, Server, Server) {
    let new = site("127.0.0.2", new).await;
    let there = new.url("/new").to_string();
    let old = Server::start("127.0.0.1", move |_| Reply::redirect(status, &there)).await;
    let desk = Desk::open(&sources_at(&[old.url("/old").to_string()])).await;
    (desk, old, new)
}

/// E-28
#[tokio::test]
async fn a_source_that_moved_is_asked_at_its_new_address_with_its_validators() {
    for status in [301, 308] {
        let (desk, old, new) = moving(status, |_, n| tagged(&format!("\"b{n}\""), &["war"])).await;
        desk.poll().await;
        assert_eq!(desk.moved_to().await, Some(new.url("/new").to_string()));
        desk.next().await;
        let desk = desk.restarted().await;
        desk.next().await;
        assert_eq!((old.seen().len(), new.seen().len()), (1, 3), "after {status}");
        assert_eq!(header(&new, 1, "if-none-match").as_deref(), Some("\"b1\""));
        assert_eq!(header(&new, 2, "if-none-match").as_deref(), Some("\"b2\""));
        assert_eq!(desk.told().await, told(&[("moved", 1)]));
        assert_eq!(desk.overview().await.items, 1);
    }
}

/// E-29
#[tokio::test]
async fn a_redirect_for_now_moves_nothing() {
    for status in [302, 303, 307] {
        let (desk, old, new) = moving(status, |_, _| tagged("\"b\"", &["war"])).await;
        desk.poll().await;
        desk.next().await;
        assert_eq!((old.seen().len(), new.seen().len(), desk.moved_to().await), (2, 2, None));
        assert_eq!(header(&old, 1, "if-none-match"), None, "these are the new address's");
        assert_eq!(header(&new, 1, "if-none-match").as_deref(), Some("\"b\""));
        assert_eq!(desk.told().await, []);
    }
}

#[tokio::test]
async fn no_login_page_and_no_failure_takes_a_source_away() {
    let login = |_: &str, n: usize| match n {
        1 => Reply::ok(b"<html><title>Sign in</title><form><input type=password></form></html>"),
        2 => Reply::whole(500, &[], b""),
        _ => ok(&["war"]),
    };
    let (desk, old, new) = moving(301, login).await;
    desk.poll().await;
    assert_eq!((desk.class().await.as_str(), desk.moved_to().await), ("not_a_feed", None));
    let message = desk.source(0).await.message.unwrap();
    assert_eq!(message, "a login page came instead of the feed");
    desk.next().await;
    assert_eq!(desk.moved_to().await, None);
    desk.next().await;
    assert_eq!(desk.moved_to().await, Some(new.url("/new").to_string()));
    assert_eq!(old.seen().len(), 3);
}

/// Two addresses, each of which may lead to the other.
#[tokio::test]
async fn addresses_that_lead_to_each_other_end_at_the_one_that_answers() {
    let server = site("127.0.0.1", |path, n| match (path, n) {
        ("/a", 1) => Reply::redirect(301, "/b"),
        ("/b", 1) => ok(&["war"]),
        ("/b", _) => Reply::redirect(301, "/a"),
        _ => ok(&["war"]),
    })
    .await;
    let desk = Desk::open(&sources_at(&[server.url("/a").to_string()])).await;
    desk.poll().await;
    assert_eq!(desk.moved_to().await, Some(server.url("/b").to_string()));
    desk.next().await;
    assert_eq!((desk.moved_to().await, desk.class().await.as_str()), (None, "ok"));
    desk.next().await;
    assert_eq!(paths(&server), ["/a", "/b", "/b", "/a", "/a"]);
    assert_eq!(desk.told().await, told(&[("moved", 1), ("moved_back", 1)]));
}

#[tokio::test]
async fn a_loop_leaves_the_address_as_it_was() {
    let server = site("127.0.0.1", |path, n| match (path, n) {
        ("/b", 1) => ok(&["war"]),
        ("/b", _) => Reply::redirect(301, "/a"),
        _ => Reply::redirect(301, "/b"),
    })
    .await;
    let desk = Desk::open(&sources_at(&[server.url("/a").to_string()])).await;
    desk.poll().await;
    desk.next().await;
    assert_eq!(desk.class().await, "redirect_loop");
    assert_eq!(desk.moved_to().await, Some(server.url("/b").to_string()));
}

#[tokio::test]
async fn a_new_address_that_fails_for_a_week_gives_way_to_the_old_one() {
    let new = site("127.0.0.2", |_, n| if n == 1 { ok(&["war"]) } else { Reply::whole(500, &[], b"") }).await;
    let there = new.url("/new").to_string();
    let old = Server::start("127.0.0.1", move |seen| match seen.number {
        1 => Reply::redirect(301, &there),
        _ => ok(&["war", "peace"]),
    })
    .await;
    let desk = Desk::open(&sources_at(&[old.url("/old").to_string()])).await;
    desk.poll().await;
    let moved = desk.clock.now();
    while desk.moved_to().await.is_some() {
        desk.next().await;
        assert!(desk.clock.now() < moved + DAY * 12, "the old address is not asked");
    }
    assert!(desk.clock.now() >= moved + DAY * 7, "the new address had a week");
    assert_eq!((old.seen().len(), desk.class().await.as_str()), (2, "ok"));
    desk.next().await;
    assert_eq!(old.seen().len(), 3);
    assert!(desk.told().await.contains(&("moved_back".to_owned(), 1)));
}

/// H-13, also after a stored move.
#[tokio::test]
async fn credentials_are_not_sent_to_another_origin_and_that_is_told() {
    let new = serve("127.0.0.2", vec![ok(&["war"])]).await;
    let there = new.url("/new").to_string();
    let old = Server::start("127.0.0.1", move |_| Reply::redirect(301, &there)).await;
    let url = old.url("/old").to_string().replace("http://", "http://user:secret@");
    let source = format!("[[source]]\nid = 's0'\nurl = '{url}'\nheaders = {{ X-Key = 'k' }}\n");
    let desk = Desk::open(&source).await;
    desk.poll().await;
    desk.next().await;
    assert!(header(&old, 0, "authorization").is_some() && header(&old, 0, "x-key").is_some());
    assert_eq!(new.seen().len(), 2);
    for n in 0..2 {
        assert_eq!((header(&new, n, "authorization"), header(&new, n, "x-key")), (None, None));
    }
    let message = desk.message("moved").await;
    assert!(message.contains("are not sent") && !message.contains("secret"), "{message}");
}

#[tokio::test]
async fn a_move_within_an_origin_keeps_the_credentials() {
    let server = site("127.0.0.1", |path, _| match path {
        "/old" => Reply::redirect(301, "/new"),
        _ => ok(&["war"]),
    })
    .await;
    let url = server.url("/old").to_string().replace("http://", "http://user:secret@");
    let desk = Desk::open(&sources_at(&[url])).await;
    desk.poll().await;
    desk.next().await;
    assert_eq!(paths(&server), ["/old", "/new", "/new"]);
    assert!((0..3).all(|n| header(&server, n, "authorization").is_some()));
    assert_eq!(desk.moved_to().await, Some(server.url("/new").to_string()));
}

#[tokio::test]
async fn another_configured_address_forgets_the_move() {
    let (desk, old, new) = moving(301, |_, _| tagged("\"b\"", &["war"])).await;
    desk.poll().await;
    assert!(desk.moved_to().await.is_some());
    let Desk { app, clock, config, printed, folder } = desk;
    let config = config.replace("/old", "/other");
    let desk = Desk { app, clock, config, printed, folder }.restarted().await;
    assert_eq!(desk.moved_to().await, None);
    desk.poll().await;
    assert_eq!((old.seen().len(), new.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_source_that_moved_keeps_the_pace_of_the_host_it_moved_to() {
    let new = site("127.0.0.2", |path, _| match path {
        "/busy" => Reply::whole(429, &[("Retry-After", b"86400")], b""),
        _ => ok(&["war"]),
    })
    .await;
    let there = new.url("/new").to_string();
    let old = Server::start("127.0.0.1", move |_| Reply::redirect(301, &there)).await;
    let desk = Desk::open(&sources_at(&[old.url("/old").to_string()])).await;
    desk.poll().await;
    let Desk { app, clock, config, printed, folder } = desk;
    let config = format!("{config}[[source]]\nid = 'busy'\nurl = '{}'\n", new.url("/busy"));
    let desk = Desk { app, clock, config, printed, folder }.restarted().await;
    desk.poll().await;
    assert_eq!(paths(&new), ["/new", "/busy"]);
    desk.pass(HOUR * 5);
    desk.poll().await;
    assert_eq!((new.seen().len(), old.seen().len()), (2, 1), "the whole host is left alone");
    desk.pass(HOUR * 20);
    desk.poll().await;
    assert!(paths(&new)[2..].contains(&"/new".to_owned()));
    assert_eq!(old.seen().len(), 1);
}

#[tokio::test]
async fn of_two_sources_at_one_address_one_is_polled_and_the_other_told() {
    let (server, urls) = {
        let server = site("127.0.0.1", |path, _| match path {
            "/a" => Reply::redirect(301, "/feed"),
            "/b" => Reply::redirect(302, "/feed"),
            _ => ok(&["war"]),
        })
        .await;
        let urls = ["/feed", "/a", "/b"].map(|path| server.url(path).to_string());
        (server, urls)
    };
    let desk = Desk::open(&sources_at(&urls)).await;
    for _ in 0..10 {
        desk.poll().await;
        desk.pass(ROUND);
    }
    assert_eq!(desk.source(1).await.landing.same_as, Some(SourceId::new("s0")));
    assert_eq!(desk.source(2).await.landing.same_as, Some(SourceId::new("s0")));
    assert_eq!(desk.told().await, told(&[("moved", 1), ("same_address", 1), ("same_address", 1)]));
    assert!(desk.message("same_address").await.contains("`s0`"));
    let asked = paths(&server);
    assert_eq!(asked.iter().filter(|path| *path == "/b").count(), 1, "{asked:?}");
    assert_eq!(asked.iter().filter(|path| *path == "/feed").count(), 10 + 2, "{asked:?}");
}

#[tokio::test]
async fn a_source_is_polled_again_when_the_other_at_its_address_is_gone() {
    let server = site("127.0.0.1", |path, _| match path {
        "/a" => Reply::redirect(301, "/feed"),
        _ => ok(&["war"]),
    })
    .await;
    let urls = ["/a", "/feed"].map(|path| server.url(path).to_string());
    let desk = Desk::open(&sources_at(&urls)).await;
    desk.poll().await;
    assert_eq!(desk.source(0).await.landing.same_as, Some(SourceId::new("s1")));
    let Desk { app, clock, config, printed, folder } = desk;
    let config = config.replace("id = 's1'", "id = 's1'\nenabled = false");
    let desk = Desk { app, clock, config, printed, folder }.restarted().await;
    desk.next().await;
    assert_eq!(desk.source(0).await.landing.same_as, None);
    assert!(desk.source(0).await.next_due < desk.clock.now() + HOUR * 2);
}

/// Of sources that are led to one address, the first by its id is polled.
#[tokio::test]
async fn of_sources_led_to_one_address_the_first_is_polled() {
    let server = site("127.0.0.1", |path, _| match path {
        "/feed" => ok(&["war"]),
        _ => Reply::redirect(302, "/feed"),
    })
    .await;
    let urls = ["/a", "/b", "/c"].map(|path| server.url(path).to_string());
    let desk = Desk::open(&sources_at(&urls)).await;
    for _ in 0..3 {
        desk.poll().await;
        desk.pass(ROUND);
    }
    assert_eq!(desk.source(0).await.landing.same_as, None);
    assert_eq!(desk.source(1).await.landing.same_as, Some(SourceId::new("s0")));
    assert_eq!(desk.source(2).await.landing.same_as, Some(SourceId::new("s0")));
}

/// E-23
#[tokio::test]
async fn a_source_that_is_gone_is_told_once_and_never_asked_again() {
    let server = serve("127.0.0.1", vec![Reply::whole(410, &[], b"")]).await;
    let desk = Desk::watching(&[&server]).await;
    for _ in 0..60 {
        desk.poll().await;
        desk.pass(DAY);
    }
    assert_eq!(server.seen().len(), 1);
    assert_eq!(desk.told().await, told(&[("gone", 1)]));
}

/// The way back behind a 410, and behind an operator's own word.
#[tokio::test]
async fn a_source_that_was_switched_off_is_asked_again_when_it_is_switched_on() {
    let server = serve("127.0.0.1", vec![Reply::whole(410, &[], b""), ok(&["war"])]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.poll().await;
    let order = async |order| {
        let sources = [SourceId::new("s0"), SourceId::new("stranger")];
        desk.app.ctx().store.order_sources(&sources, order, desk.clock.now()).await.unwrap()
    };
    desk.pass(DAY);
    assert_eq!(order(Order::Refresh).await, [], "it is switched off");
    desk.poll().await;
    assert_eq!(server.seen().len(), 1);
    assert_eq!(order(Order::Enable).await, [SourceId::new("s0")]);
    desk.poll().await;
    assert_eq!((server.seen().len(), desk.class().await.as_str()), (2, "ok"));
    assert_eq!(order(Order::Enable).await, [SourceId::new("s0")], "which changes nothing");
    desk.poll().await;
    assert_eq!(server.seen().len(), 2);
    desk.pass(SECOND);
    assert_eq!(order(Order::Refresh).await, [SourceId::new("s0")]);
    desk.poll().await;
    assert_eq!(server.seen().len(), 3);
    assert_eq!(order(Order::Disable).await, [SourceId::new("s0")]);
    desk.pass(DAY);
    desk.poll().await;
    assert_eq!((server.seen().len(), desk.source(0).await.mode()), (3, SourceMode::Disabled));
    let desk = desk.restarted().await;
    desk.poll().await;
    assert_eq!(server.seen().len(), 3, "also after a restart");
}
