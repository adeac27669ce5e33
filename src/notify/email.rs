//! One mail to one recipient: its headers, and both parts in an encoding that nothing on the way
//! can misread.

use std::time::{Duration, UNIX_EPOCH};
use std::{fmt::Write as _, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, SinglePart};

use super::error::SendError;
use super::letter::{Letter, headline};
use super::message::Message;
use super::{html, plain, relay::Relay, text};
use crate::model::Timestamp;

/// Of a headline in a subject; readers of mail show less.
const MAX_SUBJECT: usize = 240;

/// The longest line that mail allows.
const MAX_LINE: usize = 998;

/// Mail over the relay that all e-mail channels share.
pub struct Email {
    relay: Arc<Relay>,
}

impl Email {
    pub(super) fn new(relay: Arc<Relay>) -> Self {
        Email { relay }
    }

    /// Says whether the relay lets us in.
    pub(super) async fn reach(&self) -> Result<(), SendError> {
        self.relay.reach().await
    }

    /// Makes one attempt.
    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let to: Mailbox = message.to.parse().map_err(|error| SendError::Recipient(Box::new(error)))?;
        let mail = write(message, self.relay.from(), to, now)?;
        let bytes = mail.formatted();
        if !is_plain_mail(&bytes) {
            return Err(SendError::Render("it holds bytes that mail does not allow".to_owned()));
        }
        self.relay.send(mail.envelope(), &bytes).await
    }
}

/// Writes a mail. All that identifies it comes from the delivery, so that an attempt that is
/// repeated can be told from another message.
fn write(
    message: &Message,
    from: &Mailbox,
    to: Mailbox,
    now: Timestamp,
) -> Result<lettre::Message, SendError> {
    let letter = Letter::new(message, now);
    let parts = MultiPart::alternative()
        .boundary(format!("=_{}", message.delivery))
        .singlepart(part(ContentType::TEXT_PLAIN, &plain::written(&letter)))
        .singlepart(part(ContentType::TEXT_HTML, &html::written(&letter)));
    let domain = domain(from);
    let id = |id: &str| format!("<{id}@{domain}>");
    // The story stands for the root of its thread, which no mail has: so the alerts of several topics
    // on one story stand together, and those of one topic answer each other.
    let before = message.thread.iter().map(|delivery| id(delivery.as_str()));
    let thread: Vec<String> = std::iter::once(id(message.alert.story.id.as_str())).chain(before).collect();
    let sent = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0));
    let builder = lettre::Message::builder()
        .from(from.clone())
        .to(to)
        .date(sent)
        .message_id(Some(id(message.delivery.as_str())))
        .in_reply_to(thread.last().cloned().unwrap_or_default())
        .references(thread.join(" "));
    let builder =
        headers(message, from).into_iter().fold(builder, |builder, (name, value)| raw(builder, name, value));
    builder.multipart(parts).map_err(|error| SendError::Render(error.to_string()))
}

/// Returns the headers that the mail library has no types for, their values as they stand on the wire.
fn headers(message: &Message, from: &Mailbox) -> Vec<(&'static str, String)> {
    let alert = &message.alert;
    let domain = domain(from);
    let topic = text::line(alert.topic.as_str());
    let unsubscribe = match &message.links.hold {
        Some(url) => format!("<{url}>"),
        None => format!("<mailto:{}?subject=hold%20{topic}>", from.email),
    };
    let mut headers = vec![
        ("Subject", encoded(&subject(message))),
        ("List-Id", format!("{}\r\n <{topic}.newshound.{domain}>", encoded(&quoted(&alert.topic_name)))),
        ("List-Unsubscribe", unsubscribe),
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
        ("X-Newshound-Topic", topic),
        ("X-Newshound-Score", format!("{:.3}", alert.score)),
        ("X-Newshound-Story", alert.story.id.to_string()),
        ("X-Newshound-Alert", alert.id.to_string()),
        ("X-Newshound-Type", alert.kind.to_string()),
    ];
    if message.links.hold.as_ref().is_some_and(|url| url.scheme() == "https") {
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    headers
}

/// Returns the domain that ids stand under, as ASCII: only addresses themselves may be more.
fn domain(from: &Mailbox) -> String {
    match url::Host::parse(from.email.domain()) {
        Ok(url::Host::Domain(ascii)) => ascii,
        _ => from.email.domain().to_owned(),
    }
}

fn raw(builder: MessageBuilder, name: &'static str, value: String) -> MessageBuilder {
    let name = HeaderName::new_from_ascii_str(name);
    builder.raw_header(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value))
}

fn subject(message: &Message) -> String {
    let mut subject = format!(
        "[{}] {}",
        text::shorten(&text::line(&message.alert.topic_name), 60),
        text::shorten(&headline(message), MAX_SUBJECT)
    );
    let others = message.alert.story.outlets.saturating_sub(1);
    if others > 0 {
        let _ = write!(subject, " (+{others})");
    }
    subject
}

/// A phrase in which only letters, digits and spaces stand for themselves.
fn quoted(phrase: &str) -> String {
    let phrase = text::shorten(&text::line(phrase), 60);
    if phrase.chars().all(|c| c.is_alphanumeric() || c == ' ') {
        return phrase;
    }
    if phrase.is_ascii() { format!("\"{}\"", phrase.replace(['"', '\\'], "'")) } else { phrase }
}

/// Returns a line of text as a header's value: as it is where it is plain and short of words, else
/// in encoded words, which hold nothing that could end the header or be read as part of another.
fn encoded(line: &str) -> String {
    let plain = line.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !line.contains("=?");
    if plain && line.split(' ').all(|word| (1..=60).contains(&word.len())) {
        return folded(line);
    }
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(floor_char(rest, 36));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words.join("\r\n ")
}

/// Breaks between words, with room for the header's name in the first line.
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut taken = 18;
    for word in line.split(' ') {
        if !folded.is_empty() {
            let fold = taken + 1 + word.len() > 76;
            folded.push_str(if fold { "\r\n " } else { " " });
            taken = if fold { 1 } else { taken + 1 };
        }
        folded.push_str(word);
        taken += word.len();
    }
    folded
}

fn floor_char(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Encodes a part. The lines of the text end in line feeds alone, which the encoding makes whole;
/// what is mostly not ASCII is shorter in base64.
fn part(kind: ContentType, text: &str) -> SinglePart {
    let text = text.replace('\n', "\r\n");
    let n_ascii = text.bytes().filter(u8::is_ascii).count();
    let encoding = if n_ascii * 6 >= text.len() * 5 {
        ContentTransferEncoding::QuotedPrintable
    } else {
        ContentTransferEncoding::Base64
    };
    let body = Body::new_with_encoding(text, encoding).expect("both encodings take any text");
    SinglePart::builder().header(kind).body(body)
}

/// Says whether a written message is what the wire allows: lines that end in CR and LF, neither of
/// which stands alone, and none too long.
fn is_plain_mail(bytes: &[u8]) -> bool {
    let mut line = 0;
    let mut before = 0;
    for &byte in bytes {
        if (byte == b'\n') != (before == b'\r') || byte == 0 || line > MAX_LINE {
            return false;
        }
        line = if byte == b'\n' { 0 } else { line + 1 };
        before = byte;
    }
    before != b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::message::tests::message;
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    fn written(message: &Message, from: &str) -> Vec<u8> {
        let mail =
            write(message, &from.parse().unwrap(), "desk@example.org".parse().unwrap(), Timestamp::default());
        mail.unwrap().formatted()
    }

    #[test]
    fn a_header_is_plain_where_it_can_be() {
        for (text, expect) in [
            ("[Kim travel] Kim leaves", "[Kim travel] Kim leaves"),
            ("Ким", "=?utf-8?B?0JrQuNC8?="),
            ("=?utf-8?Q?x?=", "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?="),
            ("", ""),
        ] {
            assert_eq!(encoded(text), expect);
        }
        let long = encoded(&"word ".repeat(40).trim_end().replace("word", "several"));
        assert!(long.split("\r\n").all(|line| line.len() <= 76), "{long}");
        assert_eq!(long.replace("\r\n", ""), ["several"; 40].join(" "));
    }

    #[test]
    fn a_phrase_is_quoted_where_a_character_would_act() {
        assert_eq!(quoted("Kim travel"), "Kim travel");
        assert_eq!(quoted("a, <b@c>"), "\"a, <b@c>\"");
        assert_eq!(quoted("say \"no\" \\"), "\"say 'no' '\"");
        assert_eq!(quoted("Рыба & мясо"), "Рыба & мясо");
    }

    #[test]
    fn a_line_end_that_stands_alone_is_no_mail() {
        for (bytes, plain) in [
            (&b"a\r\n.\r\n"[..], true),
            (b"a\n", false),
            (b"a\rb", false),
            (b"a\r", false),
            (b"a\r\r\n", false),
            (b"a\0\r\n", false),
        ] {
            assert_eq!(is_plain_mail(bytes), plain, "{bytes:?}");
        }
        assert!(is_plain_mail(&[b'a'; 998]) && !is_plain_mail(&[b'a'; 1000]));
    }

    #[test]
    fn a_domain_of_any_script_makes_ascii_ids() {
        let mail = written(&message(), "newshound <alerts@bücher.example>");
        let text = String::from_utf8(mail).unwrap();
        assert!(text.contains("@xn--bcher-kva.example>\r\n"), "{text}");
        assert!(text.contains("<kim-travel.newshound.xn--bcher-kva.example>"));
    }

    proptest! {
        #[test]
        fn any_text_makes_a_mail_that_reads_as_it_was_written(title in any::<String>(), topic in any::<String>(), summary in "(\\PC|[\r\n.\0]){0,300}") {
            let mut message = message();
            message.item.title = title.clone();
            message.item.summary = summary.clone();
            message.alert.topic_name = topic;
            message.alert.evidence[0].snippet = summary;
            let mail = written(&message, "newshound <alerts@example.org>");
            prop_assert!(is_plain_mail(&mail) && mail.is_ascii());
            let parsed = MessageParser::default().parse(&mail).unwrap();
            let subject = subject(&message);
            prop_assert_eq!(parsed.subject(), Some(subject.trim()));
            let letter = Letter::new(&message, Timestamp::default());
            let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
            let expect = plain::written(&letter);
            prop_assert_eq!(text.trim_end(), expect.trim_end());
        }
    }
}
