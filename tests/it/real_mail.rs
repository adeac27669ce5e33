//! The program, a feed, and a mail server that is not ours: what a recipient gets, judged from the
//! bytes that the server kept.

mod relay;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde_json::{Value, json};

use self::relay::{Certificates, Ear, Kept, Relay};
use crate::program::{Program, stopped, text};
use crate::wire::{Reply, Server};

/// Two items that match and one that does not. The first tries what a stranger may try: a line end
/// in a headline, the end of a message in a text, markup in both.
const FEED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Wire &lt;b&gt;One&lt;/b&gt;</title>
<item><guid>1</guid><link>https://news.example/train?a=1&amp;b=2</link>
<title>Поезд &lt;Ким Чен Ына&gt; прибыл — Kim Jong-un’s train reaches Vladivostok x&#13;&#10;Bcc: evil@example.org</title>
<description><![CDATA[<p>First line &amp; more.</p><p>.</p><p>MAIL FROM:&lt;evil@example.org&gt;</p><pre>
.
QUIT
</pre><script>alert(1)</script>]]></description>
<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item>
<item><guid>2</guid><link>https://news.example/forum</link><title>Vladivostok prepares its forum</title>
<pubDate>Mon, 02 Nov 2026 11:00:00 GMT</pubDate></item>
<item><guid>3</guid><link>https://news.example/cats</link><title>Cats sleep</title>
<pubDate>Mon, 02 Nov 2026 11:00:00 GMT</pubDate></item>
</channel></rss>"#;

async fn feed() -> Server {
    Server::start("127.0.0.1", |_| Reply::ok(FEED.as_bytes())).await
}

/// Returns the program with this relay; the recipients are the lines of `channel`.
fn program(feed: &Server, relay: SocketAddr, channel: &str, smtp: &str) -> Program {
    Program::new(&format!(
        r#"
        timezone = "Europe/Berlin"
        [server]
        listen = ""
        public_url = "https://hound.example"
        [fetch]
        contact = "ops@example.org"
        allow_networks = ["127.0.0.0/8"]
        backfill = "36500d"
        [[source]]
        id = "wire"
        name = "Wire One"
        url = "{}"
        interval = "1h"
        [[topic]]
        id = "vladivostok"
        name = "Владивосток & more"
        any = ["Vladivostok"]
        [[topic]]
        id = "kim"
        any = ["Ким Чен Ын"]
        [[channel]]
        name = "desk"
        kind = "email"
        {channel}
        [smtp]
        url = "smtp://{relay}"
        from = "newshound <alerts@example.org>"
        {smtp}
        "#,
        feed.url("/feed.xml")
    ))
}

const ONE: &str = r#"to = ["desk@example.org"]"#;
const ONE_SOON_AGAIN: &str = r#"to = ["desk@example.org"]
    retry = ["1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s"]"#;
const TWO: &str = r#"to = ["Ночной стол <night@example.org>", "day@example.org"]"#;
const SIGNED_IN: &str = "username = \"alerts\"\npassword = { env = \"MAIL_WORD\" }";
const WORD: &str = "pass-wörd-4711";

fn user(mut arguments: Vec<String>) -> Vec<String> {
    arguments.extend(["--user", "alerts", "--password", WORD].map(str::to_owned));
    arguments
}

#[tokio::test]
async fn a_real_relay_takes_mail_that_a_mail_client_shows() {
    let Some(python) = relay::python() else { return };
    let (feed, certificates) = (feed().await, Certificates::make());
    let mut relay = Relay::start(&python, &user(certificates.arguments())).await;
    let mut program = program(&feed, relay.address, TWO, SIGNED_IN);
    program.set("SSL_CERT_FILE", certificates.authority());
    program.set("MAIL_WORD", WORD);
    let counts = program.json(&["run", "--once"]).await;
    assert_eq!((&counts[0]["alerts"], &counts[0]["deliveries"]["delivered"]), (&json!(3), &json!(6)));

    let mut mails = Vec::new();
    for _ in 0..6 {
        mails.push(relay.next().await);
    }
    for mail in &mails {
        is_well_formed(mail);
    }
    let deliveries = program.json(&["deliveries", "list"]).await;
    let mut expected: Vec<_> = deliveries.iter().map(|delivery| (id_of(delivery), to_of(delivery))).collect();
    let to = |mail: &Kept| mail.envelope["to"][0].as_str().unwrap().to_owned();
    let mut found: Vec<_> =
        mails.iter().map(|mail| (mail.header("message-id").to_owned(), to(mail))).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "one message a delivery, under its id");
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "delivered"), "{deliveries:?}");

    // E-36: alerts of one story are one thread, one of another story is another.
    let mut threads = BTreeMap::<&str, BTreeSet<&str>>::new();
    for mail in &mails {
        threads.entry(mail.header("references")).or_default().insert(mail.header("x-newshound-topic"));
    }
    let mut threads: Vec<_> = threads.into_values().map(Vec::from_iter).collect();
    threads.sort();
    assert_eq!(threads, [vec!["kim", "vladivostok"], vec!["vladivostok"]]);

    let of_train = |mail: &&Kept| {
        mail.header("subject").contains("Kim Jong-un") && mail.header("x-newshound-topic") == "vladivostok"
    };
    let told: Vec<_> = mails.iter().filter(of_train).collect();
    assert_eq!(told.len(), 2);
    told.into_iter().for_each(reads_as_the_alert);
}

fn id_of(delivery: &Value) -> String {
    format!("<{}@example.org>", delivery["id"].as_str().unwrap())
}

fn to_of(delivery: &Value) -> String {
    let to = delivery["to"].as_str().unwrap();
    to.rsplit('<').next().unwrap().trim_end_matches('>').to_owned()
}

/// What holds for every message, whatever is in it.
#[track_caller]
fn is_well_formed(mail: &Kept) {
    assert_eq!(mail.envelope["encrypted"], true);
    assert_eq!(
        (&mail.envelope["user"], &mail.envelope["from"]),
        (&json!("alerts"), &json!("alerts@example.org"))
    );
    assert_eq!(mail.envelope["to"].as_array().unwrap().len(), 1, "one recipient a message");
    assert_eq!(mail.read["defects"], json!([]));
    let lines: Vec<&[u8]> = mail.wire.split(|byte| *byte == b'\n').collect();
    let (last, lines) = lines.split_last().unwrap();
    assert!(last.is_empty(), "it ends with a line's end");
    for line in lines {
        let line = line.strip_suffix(b"\r").expect("no line feed stands alone");
        assert!(!line.contains(&b'\r') && line.is_ascii() && line.len() <= 998, "{}", line.escape_ascii());
    }
    assert_eq!(mail.read["addresses"]["from"], json!([["newshound", "alerts@example.org"]]));
    assert_eq!(mail.header("mime-version"), "1.0");
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    assert_eq!(mail.header("x-auto-response-suppress"), "All");
    assert_eq!(mail.header("in-reply-to"), mail.header("references"));
    let story = format!("<{}@example.org>", mail.header("x-newshound-story"));
    assert_eq!(mail.header("references"), story);
    assert!(!mail.names().iter().any(|name| ["bcc", "cc"].contains(&name.to_lowercase().as_str())));
}

/// The first item of the feed, as both parts tell it.
#[track_caller]
fn reads_as_the_alert(mail: &Kept) {
    let headline =
        "Поезд <Ким Чен Ына> прибыл — Kim Jong-un’s train reaches Vladivostok x Bcc: evil@example.org";
    assert_eq!(mail.header("subject"), format!("[Владивосток & more] {headline}"));
    assert_eq!(mail.header("list-id"), "Владивосток & more <vladivostok.newshound.example.org>");
    let to = &mail.read["addresses"]["to"];
    let (night, day) = (json!([["Ночной стол", "night@example.org"]]), json!([["", "day@example.org"]]));
    assert!(*to == night || *to == day, "{to}");
    assert!(mail.read["date"].as_f64().unwrap() > 1_700_000_000.0, "{}", mail.read["date"]);
    assert_eq!(mail.read["type"], "multipart/alternative");

    let parts = mail.read["parts"].as_array().unwrap();
    let types: Vec<_> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["text/plain", "text/html"]);
    for part in parts {
        assert_eq!(part["charset"], "utf-8");
        assert!(["quoted-printable", "base64"].contains(&part["encoding"].as_str().unwrap()), "{part}");
    }
    let plain = parts[0]["text"].as_str().unwrap();
    let html = parts[1]["text"].as_str().unwrap();
    let page = scraper::Html::parse_document(html);
    let shown: String = page.root_element().text().collect::<Vec<_>>().join(" ");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [words(plain), words(&shown)] {
        for told in [headline, "First line & more.", "MAIL FROM:<evil@example.org>", "Wire One", "CET"] {
            assert!(part.contains(told), "`{told}` is not in {part}");
        }
        assert!(!part.contains("alert(1)"), "{part}");
    }
    assert!(plain.contains("https://news.example/train?a=1&b=2"), "{plain}");
    // Why: the term, where it stood, its points, and what they come to.
    for told in ["Vladivostok", "title", "+1.50", "0.65", "0.50"] {
        assert!(plain.contains(told) && html.contains(told), "`{told}` is not in\n{plain}");
    }
    let hrefs = scraper::Selector::parse("a").unwrap();
    let hrefs: Vec<_> = page.select(&hrefs).filter_map(|link| link.attr("href")).collect();
    assert!(hrefs.contains(&"https://news.example/train?a=1&b=2"), "{hrefs:?}");
    assert!(hrefs.iter().all(|href| href.starts_with("https://")), "{hrefs:?}");
    assert!(!html.contains("<script"), "{html}");
}

/// H-39, with a server that lists unknown senders grey.
#[tokio::test]
async fn greylisted_mail_comes_again_under_the_same_id() {
    let Some(python) = relay::python() else { return };
    let (feed, certificates) = (feed().await, Certificates::make());
    let arguments = [certificates.arguments(), vec!["--greylist".to_owned(), "2".to_owned()]].concat();
    let mut relay = Relay::start(&python, &arguments).await;
    let mut program = program(&feed, relay.address, ONE_SOON_AGAIN, "");
    program.set("SSL_CERT_FILE", certificates.authority());
    let daemon = program.start(&["run"]);
    let mut answers = BTreeMap::<String, Vec<u16>>::new();
    while answers.values().filter(|answers| answers.last() == Some(&250)).count() < 3 {
        let mail = relay.next().await;
        answers.entry(mail.header("message-id").to_owned()).or_default().push(mail.status);
    }
    let output = stopped(daemon).await;
    assert!(output.status.success(), "{output:?}");
    let answers: Vec<_> = answers.into_values().flatten().collect();
    assert_eq!(answers.iter().filter(|status| **status == 451).count(), 2, "{answers:?}");
    assert_eq!(answers.len(), 5, "{answers:?}");
    let states = program.json(&["deliveries", "list", "--state", "delivered"]).await;
    assert_eq!(states.len(), 3);
}

/// H-12 for the relay: a certificate that nobody vouches for is not believed, and what could not be
/// sent is sent once it is.
#[tokio::test]
async fn a_relay_with_a_wrong_certificate_gets_nothing_and_the_mail_waits() {
    let Some(python) = relay::python() else { return };
    let (feed, certificates, others) = (feed().await, Certificates::make(), Certificates::make());
    let mut relay = Relay::start(&python, &user(certificates.arguments())).await;
    let ear = Ear::before(relay.address).await;
    let mut program = program(&feed, ear.address, ONE_SOON_AGAIN, SIGNED_IN);
    program.set("MAIL_WORD", WORD);
    program.set("SSL_CERT_FILE", others.authority());
    let counts = program.json(&["run", "--once"]).await;
    assert_eq!(counts[0]["deliveries"]["delivered"], 0);
    let waiting = program.json(&["deliveries", "list"]).await;
    assert_eq!(waiting.len(), 3);
    for delivery in &waiting {
        assert_eq!(
            (&delivery["state"], &delivery["class"]),
            (&json!("pending"), &json!("tls")),
            "{delivery}"
        );
        assert_eq!(delivery["held"], "retry");
    }
    is_silent(&ear, "STARTTLS");

    program.set("SSL_CERT_FILE", certificates.authority());
    let daemon = program.start(&["run"]);
    let mut arrived = [relay.next().await, relay.next().await, relay.next().await]
        .map(|mail| mail.header("message-id").to_owned());
    assert!(stopped(daemon).await.status.success());
    let mut waited: Vec<_> = waiting.iter().map(id_of).collect();
    arrived.sort();
    waited.sort();
    assert_eq!(arrived.as_slice(), waited.as_slice());
    is_silent(&ear, "STARTTLS");
}

/// A relay that offers to sign in without offering STARTTLS gets neither a password nor a mail.
#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let Some(python) = relay::python() else { return };
    let feed = feed().await;
    let relay = Relay::start(&python, &user(Vec::new())).await;
    let ear = Ear::before(relay.address).await;
    let mut program = program(&feed, ear.address, ONE, SIGNED_IN);
    program.set("MAIL_WORD", WORD);
    program.run(&["run", "--once"]).await;
    for delivery in program.json(&["deliveries", "list"]).await {
        assert_eq!(
            (&delivery["state"], &delivery["class"]),
            (&json!("pending"), &json!("tls")),
            "{delivery}"
        );
        assert!(delivery["error"].as_str().unwrap().to_lowercase().contains("starttls"), "{delivery}");
    }
    is_silent(&ear, "EHLO");
    let output = program.run(&["test", "channel", "desk", "--json"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["class"], "tls");
    is_silent(&ear, "EHLO");
}

/// Says that all was said in the clear is a greeting, and the word that ended it.
#[track_caller]
fn is_silent(ear: &Ear, last: &str) {
    let heard = ear.heard();
    let clear = String::from_utf8_lossy(&heard).to_uppercase();
    let verbs: Vec<_> =
        clear.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic())).collect();
    assert!(clear.contains("EHLO") && clear.contains(last), "{verbs:?}");
    for word in ["AUTH", "MAIL FROM", "RCPT", "DATA", "SUBJECT", "YWXLCNRZ", "ALERTS@"] {
        assert!(!clear.contains(word), "`{word}` in the clear: {verbs:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_mail_waits() {
    let Some(python) = relay::python() else { return };
    let (feed, certificates) = (feed().await, Certificates::make());
    let relay = Relay::start(&python, &user(certificates.arguments())).await;
    let mut program = program(&feed, relay.address, ONE, SIGNED_IN);
    program.set("SSL_CERT_FILE", certificates.authority());
    program.set("MAIL_WORD", "not-the-word");
    let output = program.run(&["run", "--once"]).await;
    assert!(output.status.success() && !text(&output.stderr).contains("not-the-word"), "{output:?}");
    for delivery in program.json(&["deliveries", "list"]).await {
        assert_eq!(
            (&delivery["state"], &delivery["class"]),
            (&json!("pending"), &json!("auth")),
            "{delivery}"
        );
    }
}

#[tokio::test]
async fn a_test_alert_goes_the_whole_way() {
    let Some(python) = relay::python() else { return };
    let (feed, certificates) = (feed().await, Certificates::make());
    let mut relay = Relay::start(&python, &user(certificates.arguments())).await;
    let mut program = program(&feed, relay.address, ONE, SIGNED_IN);
    program.set("SSL_CERT_FILE", certificates.authority());
    program.set("MAIL_WORD", WORD);
    let told = program.json(&["test", "channel", "desk"]).await;
    assert_eq!((&told[0]["channel"], &told[0]["class"]), (&json!("desk"), &json!("ok")));
    let mail = relay.next().await;
    is_well_formed(&mail);
    assert_eq!(mail.header("x-newshound-type"), "test");
    assert!(mail.header("subject").to_lowercase().contains("test"), "{}", mail.header("subject"));
}
