//! Messages on their way out, judged by the bytes that receivers get.

mod console;
mod mail;
mod mail_text;
mod webhook;

use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use newshound::config::network::Networks;
use newshound::model::{AlertKind, ChannelName, Evidence, Field, StoryId, Timestamp, TopicId};
use newshound::notify::console::{Console, Look};
use newshound::notify::links::Links;
use newshound::notify::message::Message;
use newshound::notify::{Parts, webhook::TIMEOUT};

/// When the messages of these tests are sent.
const NOW: Timestamp = Timestamp::from_millis(1_694_452_923_000);

/// Returns an alert as it is sent on an ordinary day.
fn message() -> Message {
    let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    let mut message = Message::sample(
        TopicId::new("arms-deal"),
        "Arms deal",
        &ChannelName::new("desk"),
        "Night Desk <desk@example.org>",
        at("2023-09-11T17:21:10Z"),
    );
    let title = "US warns North Korea over arms deals with Russia";
    let (alert, item) = (&mut message.alert, &mut message.item);
    alert.kind = AlertKind::Created;
    alert.reason = "first article of the story".into();
    alert.story.id = StoryId::new("st_4t1x");
    (alert.story.articles, alert.story.outlets, alert.story.independent) = (3, 3, 2);
    alert.story.title = title.into();
    alert.evidence = vec![
        evidence("=arms deals", Field::Title, 2.1, "US warns North Korea over «arms deals» with Russia"),
        evidence("near 6: =arms … deal", Field::Title, 1.35, "over «arms deals» with Russia"),
    ];
    alert.score = 1.0 - (-3.45_f64).exp2();
    item.title = title.into();
    item.summary = "Washington said on Monday that arms talks between the two countries were “actively \
                    advancing” and that Pyongyang would face consequences."
        .into();
    item.url = Some("https://news.example/world/us-warns-north-korea".to_owned());
    item.published = Some(at("2023-09-11T17:20:00Z"));
    message.source_name = "AP".into();
    message.timezone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    message
}

fn evidence(term: &str, field: Field, points: f64, snippet: &str) -> Evidence {
    Evidence { term: term.to_owned(), field, count: 1, weight: 1.0, points, snippet: snippet.to_owned() }
}

/// Gives the message the links of a server under this address.
fn with_links(mut message: Message, public_url: &str) -> Message {
    message.links = Links::new(&public_url.parse().unwrap(), &message.alert, Some(b"key"));
    message
}

/// Returns what a channel needs, loopback allowed.
fn parts() -> Parts {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    Parts {
        client: client.build().unwrap(),
        networks: Networks::new(["127.0.0.0/24".parse().unwrap()]),
        webhook_timeout: TIMEOUT,
        relay: None,
        console: Console::new(Arc::new(Mutex::new(std::io::sink())), Look::Line),
    }
}
