//! What a mail says, read from the bytes that the relay got.

use std::time::Duration;

use mail_parser::{HeaderValue, MessageParser, MimeHeaders};
use newshound::config::MailTls;
use newshound::model::{
    AlertId, AlertKind, Change, ChannelName, DeliveryId, Destination, FollowUp, StoryId, TopicId,
};
use newshound::notify::message::{Message, Outlet};
use newshound::notify::relay;
use newshound::schedule::route::delivery;

use super::{NOW, mail, message, with_links};
use crate::smtp::{self, Mail, Tls};

/// Sends a message and returns what the relay got.
async fn sent(message: &Message) -> Mail {
    let relay = smtp::Relay::start(Tls::None, &[]).await;
    let channel = mail::email(&mail::config(relay.address, MailTls::None), relay::TIMEOUT, None);
    channel.send(message, NOW).await.unwrap();
    let mails = relay.mails();
    assert_eq!(mails.len(), 1, "exactly one mail");
    check_wire(&mails[0].wire);
    mails[0].clone()
}

/// Checks what every mail must hold to: whole line ends only, short lines, ASCII, both parts encoded.
fn check_wire(wire: &[u8]) {
    let text = std::str::from_utf8(wire).unwrap();
    assert!(text.is_ascii());
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "no CR or LF stands alone");
    assert!(text.lines().all(|line| line.len() <= 998));
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.lines().all(|line| line.len() <= 300), "{head}");
    assert_eq!(text.matches("Content-Transfer-Encoding: ").count(), 2);
    let encoded = |name| text.matches(&format!("Content-Transfer-Encoding: {name}\r\n")).count();
    assert_eq!(encoded("quoted-printable") + encoded("base64"), 2);
}

struct Read {
    /// The headers as they stand on the wire.
    head: String,
    subject: String,
    text: String,
    html: String,
}

fn read(mail: &Mail) -> Read {
    let bytes = mail.message();
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(parsed.content_type().unwrap().subtype(), Some("alternative"));
    let kinds: Vec<_> =
        parsed.parts.iter().filter_map(|part| part.content_type()?.subtype().map(str::to_owned)).collect();
    assert_eq!(kinds, ["alternative", "plain", "html"], "text first");
    let text = String::from_utf8(bytes.clone()).unwrap();
    Read {
        head: text.split_once("\r\n\r\n").unwrap().0.to_owned(),
        subject: parsed.subject().unwrap().to_owned(),
        text: parsed.body_text(0).unwrap().replace("\r\n", "\n"),
        html: parsed.body_html(0).unwrap().replace("\r\n", "\n"),
    }
}

impl Read {
    /// Returns a header's value, unfolded; fails where it stands twice.
    fn header(&self, name: &str) -> Option<String> {
        let head = self.head.replace("\r\n ", " ");
        let mut values = head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let value = values.next().map(str::to_owned);
        assert_eq!(values.next(), None, "`{name}` stands twice");
        value
    }
}

#[tokio::test]
async fn the_headers_are_those_of_an_automatic_list_mail() {
    let message = with_links(message(), "https://news.example.org");
    let mail = read(&sent(&message).await);
    let id = &message.delivery;
    for (name, value) in [
        ("From", "newshound <alerts@example.org>"),
        ("To", "\"Night Desk\" <desk@example.org>"),
        ("Date", "Mon, 11 Sep 2023 17:22:03 +0000"),
        ("Message-ID", &format!("<{id}@example.org>")),
        ("References", "<st_4t1x@example.org>"),
        ("In-Reply-To", "<st_4t1x@example.org>"),
        ("List-Id", "Arms deal <arms-deal.newshound.example.org>"),
        ("List-Unsubscribe", &format!("<{}>", message.links.hold.as_ref().unwrap())),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-Newshound-Topic", "arms-deal"),
        ("X-Newshound-Score", "0.908"),
        ("X-Newshound-Story", "st_4t1x"),
        ("MIME-Version", "1.0"),
    ] {
        let got = mail.header(name).unwrap_or_else(|| panic!("no {name} in\n{}", mail.head));
        assert_eq!(
            got.replace("\"Night Desk\"", "Night Desk"),
            value.replace("\"Night Desk\"", "Night Desk"),
            "{name}"
        );
    }
    assert_eq!(mail.subject, "[Arms deal] US warns North Korea over arms deals with Russia (+2)");
}

#[tokio::test]
async fn both_parts_say_the_same() {
    let message = with_links(message(), "https://news.example.org");
    let mail = read(&sent(&message).await);
    insta::assert_snapshot!("mail_text", mail.text);
    insta::assert_snapshot!("mail_html", mail.html.replace("<tr>", "\n<tr>"));
    assert!(mail.text.lines().all(|line| line.chars().count() <= 72 || line.contains("https://")));
}

#[tokio::test]
async fn a_follow_up_says_what_is_new_and_who_has_it() {
    let mut message = message();
    message.alert.kind = AlertKind::FollowUp;
    message.alert.revision = 3;
    let previous = AlertId::new("al_before");
    let new_facts = ["20 carriages", "bulletproof"].map(str::to_owned).to_vec();
    message.alert.follow_up = Some(FollowUp { previous, new_facts, change: None });
    let outlet = |name: &str, copy| Outlet { name: name.to_owned(), copy };
    message.outlets = vec![outlet("AP", false), outlet("NK News", false), outlet("Straits Times", true)];
    message.alert.score = 0.5;
    let mail = read(&sent(&message).await);
    insta::assert_snapshot!("follow_up_text", mail.text);
    assert!(mail.html.contains("3 outlets (2 independent, 1 copy)."), "{}", mail.html);
    assert!(mail.html.contains("independent: AP, NK News") && mail.html.contains("copies: Straits Times"));
    assert!(mail.html.contains("<b>New since the last alert:</b> 20 carriages, bulletproof"));
}

#[tokio::test]
async fn a_test_says_that_it_is_one() {
    let sample =
        Message::sample(TopicId::new("t"), "Kim travel", &ChannelName::new("desk"), "desk@example.org", NOW);
    let mail = read(&sent(&sample).await);
    assert_eq!(mail.subject, "[Kim travel] Test alert: newshound reaches the channel desk");
    assert!(mail.text.contains("Nothing happened."));
    assert_eq!(mail.header("X-Newshound-Type").as_deref(), Some("test"));
}

#[tokio::test]
async fn without_a_public_address_there_are_no_links_of_ours_and_no_one_click() {
    let mail = read(&sent(&message()).await);
    assert_eq!(mail.header("List-Unsubscribe-Post"), None);
    assert_eq!(
        mail.header("List-Unsubscribe").as_deref(),
        Some("<mailto:alerts@example.org?subject=hold%20arms-deal>")
    );
    assert_eq!(mail.text.matches("http").count(), 1, "the article only");
    let mail = read(&sent(&with_links(message(), "http://news.example.org")).await);
    assert_eq!(mail.header("List-Unsubscribe-Post"), None, "only with https");
    assert!(mail.header("List-Unsubscribe").unwrap().starts_with("<http://news.example.org/s/arms-deal?"));
}

/// E-36.
#[tokio::test]
async fn mails_of_one_story_share_a_thread() {
    let mail = async |delivery: &str, story: &str| {
        let mut message = message();
        message.delivery = DeliveryId::new(delivery);
        message.alert.story.id = StoryId::new(story);
        read(&sent(&message).await)
    };
    let first = mail("dl_1", "st_a").await;
    let second = mail("dl_2", "st_a").await;
    let third = mail("dl_3", "st_b").await;
    let again = mail("dl_1", "st_a").await;
    assert_eq!(first.header("References"), second.header("References"));
    assert_ne!(first.header("References"), third.header("References"));
    assert_ne!(first.header("Message-ID"), second.header("Message-ID"));
    assert_eq!(first.header("Message-ID"), again.header("Message-ID"));
}

#[tokio::test]
async fn a_correction_says_what_was_and_what_is() {
    let mut message = message();
    message.alert.kind = AlertKind::FollowUp;
    message.alert.revision = 2;
    message.alert.reason = "the headline changed, 1 sentence added".to_owned();
    let change = Change {
        title: Some(("US praises Russia\r\nBcc: x".to_owned(), "US <b>warns</b> North Korea".to_owned())),
        added: vec![
            "Washington said on Monday that arms talks were advancing and that it had seen 14 trains."
                .to_owned(),
        ],
        removed: vec![],
    };
    let previous = AlertId::new("al_before");
    message.alert.follow_up = Some(FollowUp { previous, new_facts: vec![], change: Some(change) });
    let mail = read(&sent(&message).await);
    insta::assert_snapshot!("correction_text", mail.text);
    insta::assert_snapshot!("correction_html", mail.html.replace("<tr>", "\n<tr>"));
    assert!(mail.html.contains("US &lt;b&gt;warns&lt;/b&gt; North Korea"), "{}", mail.html);
}

/// A follow-up answers the mail before it, in the thread of the first and of the story.
#[tokio::test]
async fn a_follow_up_answers_the_mails_before_it() {
    let config = newshound::config::parse_str("n.toml", "", &newshound::config::Environment::of("/", &[]));
    let config = config.config.unwrap();
    let mail = async |to: &str, revision: u32| {
        let Message { mut alert, item, timezone, .. } = message();
        let id = |revision| AlertId::of(&alert.topic, &alert.story.id, revision);
        let previous = (revision > 1).then(|| id(revision - 1));
        (alert.id, alert.revision) = (id(revision), revision);
        alert.follow_up = previous.map(|previous| FollowUp { previous, new_facts: vec![], change: None });
        let delivery =
            delivery(&alert, &Destination { channel: ChannelName::new("desk"), to: to.to_owned() }, NOW);
        read(&sent(&Message::of(&config, timezone, (&alert, &item), Some(&delivery))).await)
    };
    let mut before: Vec<String> = vec!["<st_4t1x@example.org>".to_owned()];
    for revision in 1..=3 {
        let mail = mail("desk@example.org", revision).await;
        assert_eq!(mail.header("References"), Some(before.join(" ")));
        assert_eq!(mail.header("In-Reply-To").as_ref(), before.last());
        before.push(mail.header("Message-ID").unwrap());
    }
    let other = mail("night@example.org", 2).await;
    let first = mail("night@example.org", 1).await;
    assert_eq!(other.header("In-Reply-To"), first.header("Message-ID"), "each recipient has a thread");
}

/// H-30.
#[tokio::test]
async fn no_title_makes_a_header() {
    for title in [
        "x\r\nBcc: evil@example.org",
        "x\nBcc: evil@example.org",
        "x\r\n\r\n<p>body",
        "x\0\u{85}\u{2028}Bcc: evil@example.org",
        "=?utf-8?B?WA0KQmNjOiBldmlsQGV4YW1wbGUub3Jn?=",
    ] {
        let mut message = message();
        message.item.title = title.to_owned();
        message.alert.topic_name = format!("Topic{title}");
        message.source_name = title.to_owned();
        message.alert.reason = title.to_owned();
        let mail = sent(&message).await;
        assert_eq!(mail.recipients, ["<desk@example.org>"]);
        let read = read(&mail);
        assert!(!read.head.to_ascii_lowercase().contains("\nbcc"), "{}", read.head);
        assert!(!read.subject.chars().any(char::is_control), "{:?}", read.subject);
        if title.starts_with("=?") {
            assert!(read.subject.contains(title), "an encoded word of a title stays text: {}", read.subject);
        }
    }
}

/// H-31.
#[tokio::test]
async fn no_text_ends_the_mail() {
    for end in ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\n.\r"] {
        let text = format!("before{end}MAIL FROM:<evil@example.org>{end}after");
        let mut message = message();
        (message.item.summary, message.item.title) = (text.clone(), text.clone());
        message.alert.evidence[0].snippet = text.clone();
        message.alert.evidence[0].term = text.clone();
        message.source_name = text;
        let mail = read(&sent(&message).await);
        assert!(mail.text.contains("before . MAIL FROM:<evil@example.org> . after"), "{}", mail.text);
    }
}

/// H-32.
#[tokio::test]
async fn no_markup_comes_from_outside() {
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'";
    let mut message = message();
    message.item.title = script.to_owned();
    message.item.summary = format!("summary {script}");
    message.item.url = Some("javascript:alert(3)".to_owned());
    message.item.lang = Some("\" onclick=alert(4)".to_owned());
    message.source_name = script.to_owned();
    message.alert.topic_name = script.to_owned();
    message.alert.evidence[0].snippet = format!("«{script}»");
    let mail = read(&sent(&message).await);
    let html = mail.html.to_ascii_lowercase();
    for tag in ["<script", "<img", "onclick=alert(4)", "href=\"javascript", "src="] {
        let hits = html
            .match_indices(tag)
            .filter(|(at, _)| tag != "src=" || !html[..*at].ends_with("&lt;img "))
            .count();
        assert_eq!(hits, 0, "{tag} in {html}");
    }
    assert!(html.contains("&lt;script&gt;") && html.contains("javascript:alert(3)"), "visible as text");
    assert!(mail.text.contains("javascript:alert(3)"));
}

/// H-18, H-22, and titles of every script.
#[tokio::test]
async fn a_subject_is_legal_whatever_the_title() {
    for title in [
        "a".repeat(1024),
        "word ".repeat(200),
        "金正恩乘专列抵达俄罗斯远东".repeat(60),
        "Во Владивостоке открылся форум".to_owned(),
        "김정은, 러시아 방문".to_owned(),
        "\u{1b}[31mKim\u{202e}\u{200b} Jong-un".to_owned(),
        "😀".repeat(300),
        "  ".to_owned(),
    ] {
        let mut message = message();
        message.item.title = title.clone();
        let mail = read(&sent(&message).await);
        assert!(
            mail.subject.starts_with("[Arms deal] ") && mail.subject.ends_with(" (+2)"),
            "{}",
            mail.subject
        );
        assert!(mail.subject.chars().count() <= 270);
        assert!(
            mail.head.lines().all(|line| line.len() <= 78 || line.starts_with("List-Unsubscribe:")),
            "{}",
            mail.head
        );
        for hidden in ['\u{1b}', '\u{202e}', '\u{200b}', '\u{fffd}'] {
            assert!(!format!("{}{}{}", mail.subject, mail.text, mail.html).contains(hidden), "{title}");
        }
        if title.chars().count() < 60 && title.contains(['В', '김']) {
            assert_eq!(mail.subject, format!("[Arms deal] {title} (+2)"));
            assert!(mail.text.contains(&title) && mail.html.contains(&title));
        }
    }
}

/// Topics have names in every script, and lists too.
#[tokio::test]
async fn a_topic_of_any_script_names_its_list() {
    for name in ["김정은 동향", "Rüstung & Handel", "a, b <c@d>", "Kim"] {
        let mut message = message();
        message.alert.topic_name = name.to_owned();
        let bytes = sent(&message).await.message();
        let parsed = MessageParser::default().parse(&bytes).unwrap();
        assert!(parsed.subject().unwrap().starts_with(&format!("[{name}] ")), "{:?}", parsed.subject());
        let HeaderValue::Address(list) = parsed.header("List-Id").unwrap() else { panic!("no address") };
        assert_eq!(list.first().unwrap().address(), Some("arms-deal.newshound.example.org"));
    }
}

#[tokio::test]
async fn times_and_dates_are_those_of_the_attempt() {
    let relay = smtp::Relay::start(Tls::None, &[]).await;
    let channel = mail::email(&mail::config(relay.address, MailTls::None), relay::TIMEOUT, None);
    for wait in [0, 3600] {
        channel.send(&message(), NOW + Duration::from_secs(wait)).await.unwrap();
    }
    let mails = relay.mails();
    let (first, second) = (read(&mails[0]), read(&mails[1]));
    assert_eq!(first.header("Message-ID"), second.header("Message-ID"));
    assert!(first.text.contains("sent 19:22 CEST") && second.text.contains("sent 20:22 CEST"));
    assert_eq!(second.header("Date").as_deref(), Some("Mon, 11 Sep 2023 18:22:03 +0000"));
}
