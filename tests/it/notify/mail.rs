//! The way of a mail over a relay, and what the relay's answers mean.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use newshound::config::{ChannelConfig, ChannelKind, EmailConfig, MailTls, Secret, SmtpConfig};
use newshound::model::{ChannelName, DeliveryId, Retry};
use newshound::notify::message::Message;
use newshound::notify::{Channel, Parts, error::SendError, relay, relay::Relay};

use super::{NOW, message, parts};
use crate::smtp::{self, DROP, SILENCE, Tls};

pub(super) fn config(address: SocketAddr, tls: MailTls) -> SmtpConfig {
    SmtpConfig {
        host: address.ip().to_string(),
        port: address.port(),
        tls,
        username: None,
        password: None,
        from: "newshound <alerts@example.org>".to_owned(),
    }
}

/// Returns an e-mail channel; a root that is handed in is trusted.
pub(super) fn email(config: &SmtpConfig, timeout: Duration, root: Option<&str>) -> Channel {
    let relay = Relay::new(config, timeout, root.map(str::as_bytes)).unwrap();
    let channel = ChannelConfig {
        name: ChannelName::new("mail"),
        kind: ChannelKind::Email(EmailConfig { to: vec!["desk@example.org".to_owned()] }),
        retry: None,
        rate_per_minute: 30,
        in_flight: 1,
        place: None,
    };
    Channel::build(&channel, Parts { relay: Some(Arc::new(relay)), ..parts() }).unwrap()
}

fn signed_in(mut config: SmtpConfig) -> SmtpConfig {
    config.username = Some("alerts".to_owned());
    config.password = Some(Secret::new("hunter2"));
    config
}

/// Returns a message to this recipient, a delivery of its own.
fn to(recipient: &str) -> Message {
    Message {
        to: recipient.to_owned(),
        delivery: DeliveryId::new(format!("dl_{}", recipient.len())),
        ..message()
    }
}

/// Makes one attempt in the clear at a relay with this script.
async fn attempt(script: &[(&'static str, &'static str)]) -> (smtp::Relay, Result<(), SendError>) {
    let relay = smtp::Relay::start(Tls::None, script).await;
    let channel = email(&config(relay.address, MailTls::None), relay::TIMEOUT, None);
    let sent = channel.send(&message(), NOW).await;
    (relay, sent)
}

#[tokio::test]
async fn credentials_and_mail_go_out_encrypted() {
    for (tls, configured) in [(Tls::Start, MailTls::StartTls), (Tls::Implicit, MailTls::Implicit)] {
        let relay = smtp::Relay::start(tls, &[]).await;
        let channel = email(&signed_in(config(relay.address, configured)), relay::TIMEOUT, Some(&relay.root));
        channel.send(&message(), NOW).await.unwrap();
        let mails = relay.mails();
        assert_eq!((mails.len(), mails[0].encrypted), (1, true));
        assert_eq!(mails[0].recipients, ["<desk@example.org>"]);
        let commands = relay.commands();
        let at = |verb: &str| commands.iter().position(|command| command.starts_with(verb));
        assert!(at("AUTH") > at("STARTTLS"), "{commands:?}");
        assert_eq!(commands.last().map(String::as_str), Some("QUIT"));
    }
}

#[tokio::test]
async fn a_relay_without_starttls_gets_nothing() {
    let relay = smtp::Relay::start(Tls::None, &[]).await;
    let channel = email(&signed_in(config(relay.address, MailTls::StartTls)), relay::TIMEOUT, None);
    let error = channel.send(&message(), NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.retry()), ("tls", Retry::Later), "{}", error.told());
    assert!(relay.commands().iter().all(|command| command.starts_with("EHLO") || command == "QUIT"));
}

/// H-12 for the relay.
#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_trusted() {
    let other = smtp::Relay::start(Tls::None, &[]).await;
    for (tls, configured) in [(Tls::Start, MailTls::StartTls), (Tls::Implicit, MailTls::Implicit)] {
        let relay = smtp::Relay::start(tls, &[]).await;
        let channel = email(&signed_in(config(relay.address, configured)), relay::TIMEOUT, Some(&other.root));
        let error = channel.send(&message(), NOW).await.unwrap_err();
        assert_eq!(error.class().as_str(), "tls", "{}", error.told());
        assert!(!relay.commands().iter().any(|command| command.starts_with("AUTH")));
        assert!(relay.mails().is_empty());
    }
}

/// H-39.
#[tokio::test]
async fn a_greylisted_mail_is_taken_at_the_third_attempt() {
    let relay =
        smtp::Relay::start(Tls::None, &[("RCPT", "451 4.7.1 later"), ("RCPT", "451 4.7.1 later")]).await;
    let channel = email(&config(relay.address, MailTls::None), relay::TIMEOUT, None);
    for _ in 0..2 {
        let error = channel.send(&message(), NOW).await.unwrap_err();
        assert_eq!((error.class().as_str(), error.retry()), ("transient", Retry::Later));
        assert_eq!(error.told(), "the mail relay answered 451: 4.7.1 later");
    }
    channel.send(&message(), NOW).await.unwrap();
    assert_eq!(relay.mails().len(), 1);
}

/// H-39.
#[tokio::test]
async fn one_refused_recipient_takes_nothing_from_the_other() {
    let relay = smtp::Relay::start(Tls::None, &[("RCPT TO:<gone@", "550 5.1.1 no such user")]).await;
    let channel = email(&config(relay.address, MailTls::None), relay::TIMEOUT, None);
    let refused = channel.send(&to("gone@example.org"), NOW).await.unwrap_err();
    assert_eq!((refused.class().as_str(), refused.retry()), ("refused", Retry::Never));
    channel.send(&to("desk@example.org"), NOW).await.unwrap();
    let mails = relay.mails();
    assert_eq!((mails.len(), &mails[0].recipients[..]), (1, &["<desk@example.org>".to_owned()][..]));
}

/// H-39.
#[tokio::test]
async fn after_a_lost_answer_the_same_mail_goes_out_again() {
    let relay = smtp::Relay::start(Tls::None, &[(".", DROP)]).await;
    let channel = email(&config(relay.address, MailTls::None), relay::TIMEOUT, None);
    let lost = channel.send(&message(), NOW).await.unwrap_err();
    assert_eq!((lost.class().as_str(), lost.retry()), ("connect", Retry::Later), "{}", lost.told());
    channel.send(&message(), NOW).await.unwrap();
    let mails = relay.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].wire, mails[1].wire, "even the boundary is the same");
}

#[tokio::test]
async fn answers_have_their_classes() {
    for (script, class, retry) in [
        (("DATA", "554 5.7.1 spam"), "refused", Retry::Never),
        ((".", "552 5.3.4 too big"), "refused", Retry::Never),
        ((".", "452 4.3.1 full"), "transient", Retry::Later),
        (("MAIL", "530 5.7.0 sign in"), "auth", Retry::Later),
        (("", "554 not you"), "connect", Retry::Later),
        (("", "421 busy"), "transient", Retry::Later),
        (("", "SSH-2.0-OpenSSH_9.2"), "transient", Retry::Later),
        (("EHLO", DROP), "connect", Retry::Later),
    ] {
        let (_, sent) = attempt(&[script]).await;
        let error = sent.unwrap_err();
        assert_eq!((error.class().as_str(), error.retry()), (class, retry), "{script:?}: {}", error.told());
    }
}

#[tokio::test]
async fn a_bad_password_is_no_verdict_on_the_mail() {
    let relay = smtp::Relay::start(Tls::Implicit, &[("AUTH", "535 5.7.8 wrong password")]).await;
    let config = signed_in(config(relay.address, MailTls::Implicit));
    let error = email(&config, relay::TIMEOUT, Some(&relay.root)).send(&message(), NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.retry()), ("auth", Retry::Later));
    assert!(!error.told().contains("hunter2"), "{}", error.told());
}

#[tokio::test]
async fn a_silent_relay_times_out_at_every_step() {
    for step in ["", "EHLO", "RCPT", "."] {
        let relay = smtp::Relay::start(Tls::None, &[(step, SILENCE)]).await;
        let channel = email(&config(relay.address, MailTls::None), Duration::from_millis(100), None);
        let error = channel.send(&message(), NOW).await.unwrap_err();
        assert_eq!((error.class().as_str(), error.retry()), ("timeout", Retry::Later), "{step}");
    }
}

#[tokio::test]
async fn a_mail_that_was_taken_is_taken_whatever_follows() {
    let (relay, sent) = attempt(&[("QUIT", DROP)]).await;
    sent.unwrap();
    assert_eq!(relay.mails().len(), 1);
}

#[tokio::test]
async fn nobody_there_and_no_such_name() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut config = config(closed, MailTls::None);
    let error = email(&config, relay::TIMEOUT, None).send(&message(), NOW).await.unwrap_err();
    assert_eq!(error.class().as_str(), "connect", "{}", error.told());
    config.host = "relay.invalid".to_owned();
    let error = email(&config, relay::TIMEOUT, None).send(&message(), NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.retry()), ("dns", Retry::Later), "{}", error.told());
}

#[tokio::test]
async fn a_recipient_that_is_no_address_is_refused_without_asking() {
    let relay = smtp::Relay::start(Tls::None, &[]).await;
    let channel = email(&config(relay.address, MailTls::None), relay::TIMEOUT, None);
    for recipient in ["desk", "a@example.org>\r\nRCPT TO:<b@example.org", ""] {
        let error = channel.send(&to(recipient), NOW).await.unwrap_err();
        assert_eq!((error.class().as_str(), error.retry()), ("refused", Retry::Never));
    }
    assert!(relay.commands().is_empty());
}

#[tokio::test]
async fn one_connection_at_a_time_goes_to_a_relay() {
    let relay = smtp::Relay::start(Tls::None, &[]).await;
    let channel = Arc::new(email(&config(relay.address, MailTls::None), relay::TIMEOUT, None));
    let sending: Vec<_> = (0..8)
        .map(|_| Arc::clone(&channel))
        .map(|channel| tokio::spawn(async move { channel.send(&message(), NOW).await }))
        .collect();
    for sent in sending {
        sent.await.unwrap().unwrap();
    }
    assert_eq!((relay.mails().len(), relay.most_open()), (8, 1));
}
