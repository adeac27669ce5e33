//! What a server does not say, or says wrongly: partial lists, a "not modified" that is none, and
//! items that came and went between two polls.

use super::*;

fn tagged(status: u16, etag: &str, body: &[u8]) -> Reply {
    Reply::whole(status, &[("ETag", etag.as_bytes())], body)
}

impl Desk {
    async fn events(&self) -> Vec<String> {
        let mut events: Vec<_> = self.overview().await.events.into_iter().map(|event| event.class).collect();
        events.sort();
        events
    }

    async fn said(&self, class: &str) -> String {
        let events = self.overview().await.events;
        events.into_iter().find(|event| event.class == class).map(|event| event.message).unwrap_or_default()
    }
}

const TITLES: [&str; 6] = ["war one", "war two", "war three", "war four", "war five", "war six"];

/// E-11
#[tokio::test]
async fn a_partial_list_takes_nothing_away() {
    let server = serve(
        "127.0.0.1",
        vec![
            tagged(200, "\"1\"", &feed(&TITLES[1..])),
            Reply::whole(226, &[("ETag", b"\"2\""), ("IM", b"feed")], &feed(&TITLES[..1])),
            tagged(200, "\"3\"", &feed(&TITLES)),
        ],
    )
    .await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(3).await;
    assert_eq!(header(&server, 1, "a-im").as_deref(), Some("feed"));
    assert_eq!(header(&server, 2, "if-none-match").as_deref(), Some("\"2\""));
    assert_eq!(desk.overview().await.items, 6);
    assert_eq!(desk.alerts_on(&TITLES).await, [1, 0, 0, 0, 0, 0]);
    assert_eq!(desk.source(0).await.landing.held, 6);
    assert_eq!(desk.events().await, [""; 0], "a list without the known ones is no window that passed");
}

/// H-26, with partial lists in between.
#[tokio::test]
async fn bodies_that_take_turns_confuse_nothing() {
    let (a, b) = (feed(&TITLES[..4]), feed(&TITLES[2..]));
    let server = Server::start("127.0.0.1", move |seen| match seen.number % 3 {
        1 => tagged(200, "\"a\"", &a),
        2 => tagged(200, "\"b\"", &b),
        _ => tagged(226, "\"c\"", &feed(&TITLES[..1])),
    })
    .await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(20).await;
    assert_eq!(desk.alerts_on(&TITLES).await, [0, 0, 0, 0, 1, 1]);
    assert_eq!(desk.overview().await.items, 6);
    assert_eq!(desk.events().await, [""; 0]);
}

/// A server that says "not modified" to whoever asks, whatever it holds.
#[tokio::test]
async fn a_server_that_always_says_unchanged_is_found_out_once() {
    let server = Server::start("127.0.0.1", |seen| match (seen.header("if-none-match"), seen.number) {
        (Some(_), _) => Reply::whole(304, &[], b""),
        (None, 1) => tagged(200, "\"x\"", &feed(&TITLES[1..])),
        (None, _) => tagged(200, "\"x\"", &feed(&TITLES)),
    })
    .await;
    let desk = Desk::watching(&[&server]).await;
    let mut polls = 0;
    while !desk.source(0).await.unchanged.lies {
        desk.poll().await;
        desk.pass(ROUND * 2);
        polls += 1;
        assert!(polls < 24 * 12, "it is believed for ever");
    }
    assert!(desk.clock.now() >= NOW + DAY * 7);
    let plain = server.seen().iter().filter(|seen| seen.header("if-none-match").is_none()).count();
    assert_eq!(plain, 2, "the first poll and the one that doubted");
    assert!(desk.said("lying_304").await.contains("1 items were new"), "{}", desk.said("lying_304").await);
    desk.rounds(3).await;
    let asked: Vec<_> =
        server.seen().iter().rev().take(3).map(|seen| seen.header("if-none-match").is_some()).collect();
    assert_eq!(asked, [false; 3], "its word is not asked for any more");
    assert_eq!(desk.events().await, ["lying_304"]);
    desk.send().await;
    assert_eq!(desk.alerts_on(&TITLES[..1]).await, [1]);
}

#[tokio::test]
async fn a_silent_feed_is_doubted_rarely_and_not_accused() {
    let server = Server::start("127.0.0.1", |seen| match seen.header("if-none-match") {
        Some(_) => Reply::whole(304, &[], b""),
        None => tagged(200, "\"x\"", &feed(&TITLES)),
    })
    .await;
    let desk = Desk::watching(&[&server]).await;
    while desk.clock.now() < NOW + DAY * 31 {
        desk.poll().await;
        desk.pass(HOUR * 6);
    }
    let plain = server.seen().iter().filter(|seen| seen.header("if-none-match").is_none()).count();
    assert!((3..=5).contains(&plain), "{plain}");
    assert_eq!(desk.events().await, [""; 0]);
}

#[tokio::test]
async fn a_window_that_passed_by_is_told() {
    let replies = vec![ok(&TITLES[4..]), ok(&TITLES[2..4]), ok(&TITLES[1..3]), ok(&TITLES[..1])];
    let server = serve("127.0.0.1", replies).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(3).await;
    let missed = |overview: Overview| {
        overview.events.iter().find(|event| event.class == "missed_window").map(|event| event.count)
    };
    assert_eq!(missed(desk.overview().await), Some(1), "the third poll shares an item with the second");
    desk.rounds(1).await;
    assert_eq!(missed(desk.overview().await), Some(2));
    assert!(desk.said("missed_window").await.contains("none of the 2 items"));
    assert_eq!(server.seen().len(), 4, "no page is asked for that is not offered");
}

#[tokio::test]
async fn a_feed_that_was_empty_misses_nothing() {
    let server = serve("127.0.0.1", vec![ok(&TITLES[4..]), ok(&[]), ok(&TITLES[2..4])]).await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(3).await;
    assert_eq!(desk.events().await, [""; 0]);
}

/// The pause between two requests to a host: shorter than anything else that is waited for.
const GAP: Duration = Duration::from_millis(1);

/// A source at this address, of a host that needs next to no pause.
async fn hurried(url: &str) -> Desk {
    let desk = Desk::open(&sources_at(&[url.to_owned()])).await;
    let Desk { app, clock, config, printed, folder } = desk;
    let config = config.replace("gap = '100ms'", "gap = '1ms'");
    Desk { app, clock, config, printed, folder }.restarted().await
}

impl Desk {
    /// Polls so many times, and lets the time pass that is between two pages.
    async fn rounds_with_pages(&self, count: usize) {
        let turn_pages = async {
            loop {
                tokio::task::yield_now().await;
                let now = self.clock.now();
                let wake = self.clock.first_wake().filter(|wake| (now..=now + GAP).contains(wake));
                if let Some(wake) = wake {
                    self.clock.set(wake);
                }
            }
        };
        tokio::select! {
            _ = self.rounds(count) => (),
            () = turn_pages => (),
        }
    }
}

fn page(titles: &[&str], older: &str) -> Reply {
    let body = String::from_utf8(feed(titles)).unwrap();
    Reply::ok(body.replace("<channel>", &format!("<channel>{older}")).as_bytes())
}

#[tokio::test]
async fn older_pages_that_are_offered_are_read_until_something_is_known() {
    let server = Server::start("127.0.0.1", |seen| match (seen.path(), seen.number) {
        (_, 1) => page(&TITLES[5..], ""),
        ("/feed", _) => page(&TITLES[..2], "<atom:link rel='next' href='/feed?p=2'/>"),
        ("/feed?p=2", _) => page(&TITLES[1..4], "<atom:link rel='next' href='/feed?p=3'/>"),
        ("/feed?p=3", _) => page(&TITLES[4..], "<atom:link rel='next' href='/feed?p=4'/>"),
        _ => Reply::whole(404, &[], b""),
    })
    .await;
    let desk = hurried(server.url("/feed").as_str()).await;
    desk.rounds_with_pages(2).await;
    let asked: Vec<_> = server.seen().iter().map(|seen| seen.path().to_owned()).collect();
    assert_eq!(asked, ["/feed", "/feed", "/feed?p=2", "/feed?p=3"]);
    assert_eq!(desk.overview().await.items, 6);
    assert_eq!(desk.alerts_on(&TITLES).await, [1, 1, 1, 1, 1, 0]);
    let message = desk.said("missed_window").await;
    assert!(message.ends_with("2 older pages with 5 items were read, and nothing is missed"), "{message}");
    assert_eq!(desk.source(0).await.landing.held, 2, "the pages are none of the feed");
    assert_eq!(desk.class().await, "ok");
}

#[tokio::test]
async fn older_pages_are_bounded_and_stay_with_their_origin() {
    let elsewhere = serve("127.0.0.2", vec![ok(&["war elsewhere"])]).await;
    let there = elsewhere.url("/feed").to_string();
    let server = Server::start("127.0.0.1", move |seen| {
        let n = seen.number;
        let older = if n < 3 {
            format!("<atom:link rel='next' href='{there}'/>")
        } else {
            format!("<atom:link rel='next' href='/{n}'/>")
        };
        page(&[&format!("war number {n}")], &older)
    })
    .await;
    let desk = hurried(server.url("/feed").as_str()).await;
    desk.rounds_with_pages(2).await;
    assert_eq!((server.seen().len(), elsewhere.seen().len()), (2, 0));
    desk.rounds_with_pages(1).await;
    assert_eq!((server.seen().len(), elsewhere.seen().len()), (3 + 5, 0));
    assert!(desk.said("missed_window").await.contains("5 older pages"));
    assert!(desk.said("missed_window").await.ends_with("more may be missed"));
}

#[tokio::test]
async fn a_feed_of_wordpress_has_a_second_page() {
    let server = Server::start("127.0.0.1", |seen| {
        let generator = "<generator>https://wordpress.org/?v=6.4</generator>";
        match (seen.path(), seen.number) {
            (_, 1) => page(&TITLES[4..], generator),
            ("/feed", _) => page(&TITLES[..2], generator),
            ("/feed?paged=2", _) => page(&TITLES[2..5], generator),
            _ => Reply::whole(404, &[], b""),
        }
    })
    .await;
    let desk = hurried(server.url("/feed").as_str()).await;
    desk.rounds_with_pages(2).await;
    assert_eq!(server.seen().len(), 3);
    assert_eq!(desk.overview().await.items, 6);
}

/// A page that cannot be read, or asks to be left alone, costs the feed nothing.
#[tokio::test]
async fn a_page_that_fails_leaves_the_feed_as_read() {
    let server = Server::start("127.0.0.1", |seen| match (seen.path(), seen.number) {
        (_, 1) => page(&TITLES[5..], ""),
        ("/feed", _) => page(&TITLES[..2], "<atom:link rel='next' href='/2'/>"),
        _ => Reply::whole(429, &[("Retry-After", b"86400")], b""),
    })
    .await;
    let desk = hurried(server.url("/feed").as_str()).await;
    desk.rounds_with_pages(2).await;
    assert_eq!((desk.class().await.as_str(), desk.overview().await.items), ("ok", 3));
    assert!(desk.said("missed_window").await.contains("may be missed"));
    desk.pass(HOUR * 5);
    desk.poll().await;
    assert_eq!(server.seen().len(), 3, "the host asked for a day");
}

/// H-24
#[tokio::test]
async fn a_wall_is_named_and_the_feed_behind_it_comes_back_as_it_was() {
    let challenge = b"<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>";
    let server = serve(
        "127.0.0.1",
        vec![tagged(200, "\"a\"", &feed(&TITLES)), tagged(200, "\"z\"", challenge), ok(&TITLES)],
    )
    .await;
    let desk = Desk::watching(&[&server]).await;
    desk.rounds(1).await;
    desk.poll().await;
    let state = desk.source(0).await;
    assert_eq!(state.message.as_deref(), Some("a bot challenge (Cloudflare) came instead of the feed"));
    assert_eq!((state.failures, desk.class().await.as_str()), (1, "not_a_feed"));
    desk.pass(DAY);
    desk.rounds(1).await;
    assert_eq!(header(&server, 2, "if-none-match").as_deref(), Some("\"a\""));
    assert_eq!((desk.overview().await.alerts, desk.class().await.as_str()), (0, "ok"));
}
