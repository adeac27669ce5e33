//! Hostile and plain news, all the way from a feed to the page.

use std::io::Write;
use std::sync::Mutex;

use newshound::app::setup::{self, Outside};
use newshound::app::{App, Send};
use newshound::notify::console::{Console, Look};
use tokio_util::sync::CancellationToken;

use super::figures::{check_names, parse};
use super::*;
use crate::http::Recorder;
use crate::wire::{Reply, Server};

/// Polls a feed with these items once, sends what it alerts, and serves what came of it.
async fn read_and_serve(items: &str) -> (SocketAddr, tempfile::TempDir) {
    let feed = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title><language>en</language>{items}</channel></rss>"
    );
    let server = Server::start("127.0.0.21", move |_| Reply::ok(feed.as_bytes())).await;
    let receiver = Recorder::start(&["HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n"]).await;
    let closed = TcpListener::bind("127.0.0.22:0").await.unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "timezone = \"UTC\"\n[fetch]\nallow_networks = [\"127.0.0.0/24\"]\nbackfill = \"1d\"\n\
         [store]\nurl = \"sqlite:{}\"\n\
         [[source]]\nid = \"harbour-wire\"\nname = \"<script>Harbour</script>\"\nurl = \"{}\"\n\
         [[source]]\nid = \"gone\"\nname = \"Gone\"\nurl = \"http://{closed}/\"\n\
         [[topic]]\nid = \"kim\"\nname = \"Kim\"\nany = [\"kim jong un\", \"kim\"]\nfollow_ups = \"all\"\n\
         [[topic]]\nid = \"train\"\nname = \"Train\"\nany = [\"train\"]\nfollow_ups = \"all\"\n\
         [[channel]]\nname = \"desk\"\nkind = \"console\"\n\
         [[channel]]\nname = \"ops-hook\"\nkind = \"webhook\"\nurl = \"http://{}/hunter2\"\n",
        folder.path().join("newshound.db").display(),
        server.url("/feed.xml"),
        receiver.address,
    );
    let checked = setup::load_text("newshound.toml", &text, &Environment::of("/", &[]));
    let ready = checked.ready.unwrap_or_else(|| panic!("{:?}", checked.problems));
    let config = Arc::new(ready.config.clone());
    let output = Arc::new(Mutex::new(Vec::new())) as Arc<Mutex<dyn Write + std::marker::Send>>;
    let outside = Outside { clock: Clock::by_hand(now()), console: Console::new(output, Look::Line) };
    let app = App::open(ready, outside).await.unwrap();
    app.run_once(Send::Yes, &CancellationToken::new()).await.unwrap();
    let store = Store::open(&config.store.url).await.unwrap();
    let metrics = Arc::clone(&app.ctx().metrics);
    (start(&Arc::new(site(config, store, metrics, Limits::default()))).await, folder)
}

fn item(n: usize, title: &str, link: &str) -> String {
    format!(
        "<item><guid>g{n}</guid><title>{title}</title><link>{link}</link><author>&lt;script&gt;a@b.c</author>\
         <description>the train, it says</description><pubDate>Tue, 03 Mar 2026 08:10:00 GMT</pubDate></item>"
    )
}

#[tokio::test]
async fn nothing_that_a_publisher_writes_becomes_markup() {
    let titles = [
        "Kim &lt;script&gt;alert(1)&lt;/script&gt; speaks",
        "Kim &lt;img src=x onerror=alert(2)&gt; speaks",
        "Kim &amp;lt;script&amp;gt;alert(3)&amp;lt;/script&amp;gt; speaks",
        "Kim \" onmouseover=\"alert(4)\" x=\"",
        "Kim «&lt;script&gt;» alert(5)",
        "<![CDATA[Kim <svg onload=alert(6)> speaks]]>",
    ];
    let items: String = titles
        .iter()
        .enumerate()
        .map(|(n, title)| item(n, title, &format!("http://a.example/{n}")))
        .collect();
    let (address, _folder) = read_and_serve(&items).await;
    let page = get(address, "/").await.body;
    assert!(page.matches("<article>").count() >= 5, "{page}");
    for forbidden in
        ["<script", "<img", "<svg onload", "onerror=alert(2)>", "\" onmouseover", "style=\"", "<iframe"]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for shown in ["alert(4)", "&lt;script&gt;Harbour&lt;/script&gt;"] {
        assert!(page.contains(shown), "no {shown} in {page}");
    }
}

#[tokio::test]
async fn the_page_that_messages_link_to_shows_every_topic_of_the_story() {
    let (address, folder) = read_and_serve(&item(1, "Kim &lt;b&gt; speaks", "http://a.example/1")).await;
    let store =
        Store::open(&format!("sqlite:{}", folder.path().join("newshound.db").display())).await.unwrap();
    let alerts = store.alerts(&newshound::store::Page::default()).await.unwrap();
    assert_eq!(alerts.len(), 2);
    let id = &alerts[0].alert.story.id;
    assert_eq!(id, &alerts[1].alert.story.id);
    let page = get(address, &format!("/stories/{id}")).await;
    assert_eq!(page.status, 200);
    for shown in ["Kim: 0.", "Train: 0.", "threshold 0.50", "<mark>Kim</mark>", "desk", "delivered"] {
        assert!(page.body.contains(shown), "no {shown} in {}", page.body);
    }
    assert_eq!(get(address, "/stories/st_unknown").await.status, 404);
}

#[tokio::test]
async fn links_lead_to_the_web_only() {
    let links = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java&#9;script:alert(1)",
        "data:text/html,&lt;script&gt;alert(1)&lt;/script&gt;",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a.example/",
        "http://a.example/&quot;&gt;&lt;script&gt;",
    ];
    let items: String =
        links.iter().enumerate().map(|(n, link)| item(n, &format!("Kim speaks {n}"), link)).collect();
    let (address, _folder) = read_and_serve(&items).await;
    let page = get(address, "/").await.body;
    assert!(page.contains("Kim</mark> speaks"), "{page}");
    let targets: Vec<_> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for target in &targets {
        let own = target.starts_with('/') || target.starts_with('#');
        assert!(own || target.starts_with("http://") || target.starts_with("https://"), "{target}");
        assert!(!target.starts_with("//"), "{target}");
    }
    assert!(!page.contains("<script"));
}

#[tokio::test]
async fn what_cannot_be_seen_is_not_on_the_page() {
    let titles = [
        "K\u{200B}im Jo\u{200B}ng Un speaks",
        "Kim \u{202E}skaeps\u{202C}",
        "Kim \u{2066}speaks\u{2069} \u{FEFF}now",
        "Kim &#27;[31mspeaks",
        "Kim &#0;speaks &#x9b;31m",
        "Kim \u{7F}speaks \u{85}here",
    ];
    let items: String =
        titles.iter().enumerate().map(|(n, title)| item(n, title, "http://a.example/")).collect();
    let (address, _folder) = read_and_serve(&items).await;
    let page = get(address, "/").await.body;
    assert!(page.contains("<mark>Kim Jong Un</mark> speaks"), "{page}");
    let unseen = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    assert_eq!(page.find(unseen), None, "{:?}", page.chars().find(|c| unseen(*c)));
}

#[tokio::test]
async fn alerts_are_grouped_and_the_figures_agree_with_the_page() {
    let items =
        item(1, "Kim takes the train", "http://a.example/1") + &item(2, "Weather", "http://a.example/2");
    let (address, _folder) = read_and_serve(&items).await;
    let page = get(address, "/").await.body;
    assert_eq!(page.matches("<article>").count(), 2, "{page}");
    assert!(page.contains("<mark>Kim</mark> takes the <mark>train</mark>"), "{page}");
    assert!(page.contains("<h3 lang=\"en\" dir=\"auto\">"), "{page}");
    assert!(page.contains("1 source fails (<bdi>Gone</bdi>: <code>connect</code>"), "{page}");
    assert!(page.contains("waits for ops-hook (transient)"), "{page}");
    assert!(!page.contains("hunter2"));
    let figures = parse(&get(address, "/metrics").await.body);
    check_names(&figures, true);
    let created = figures.value("deliveries_created_total", &[]).unwrap();
    assert!(created > 0.0);
    assert!((figures.sum("deliveries") - created).abs() < 0.5);
    assert_eq!(figures.value("outbox_pending", &[("channel", "desk")]), Some(0.0));
    assert_eq!(figures.value("outbox_pending", &[("channel", "ops-hook")]), Some(created / 2.0));
    assert_eq!(figures.value("deliveries", &[("state", "delivered")]), Some(created / 2.0));
    assert_eq!(figures.value("fetches_total", &[("class", "connect")]), Some(1.0));
    assert_eq!(figures.value("sources", &[("state", "backing_off")]), Some(1.0));
    assert_eq!(figures.value("hits_total", &[("topic", "kim")]), Some(1.0));
}
