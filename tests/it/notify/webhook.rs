//! Webhooks: what the receiver gets, and what its answers mean.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use newshound::config::network::{Networks, Refused, Unresolved};
use newshound::config::{ChannelConfig, ChannelKind, Secret, SigningKey, WebhookConfig};
use newshound::model::{ChannelName, Retry};
use newshound::notify::{Channel, Parts, error::SendError};
use reqwest::dns::{Name, Resolve, Resolving};
use serde_json::Value;

use super::{NOW, message, parts, with_links};
use crate::http::{Recorder, Request, SILENCE};

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const SECRETS: [&[u8]; 2] = [b"twenty-four bytes secret", b"another one of twenty-six."];

fn config(url: String) -> WebhookConfig {
    WebhookConfig {
        url: Secret::new(url),
        secrets: Vec::new(),
        headers: Vec::new(),
        allow_networks: Vec::new(),
        max_body: 64 << 10,
    }
}

fn build(webhook: WebhookConfig, parts: Parts) -> Channel {
    let config = ChannelConfig {
        name: ChannelName::new("hook"),
        kind: ChannelKind::Webhook(Box::new(webhook)),
        retry: None,
        rate_per_minute: 30,
        in_flight: 4,
        place: None,
    };
    Channel::build(&config, parts).unwrap()
}

fn hook(address: SocketAddr) -> Channel {
    build(config(format!("http://{address}/hook?token=SECRET")), parts())
}

/// Checks a request's signature by another implementation.
fn verify(request: &Request, secret: &[u8]) {
    let webhook = standardwebhooks::Webhook::new(&format!("whsec_{}", STANDARD.encode(secret))).unwrap();
    let header = |name| request.header(name).unwrap();
    let timestamp = header("webhook-timestamp").parse().unwrap();
    let signature = webhook.sign(header("webhook-id"), timestamp, request.body.as_bytes()).unwrap();
    assert!(header("webhook-signature").split(' ').any(|ours| ours == signature), "{}", request.head);
}

#[tokio::test]
async fn every_secret_signs_and_another_implementation_agrees() {
    let recorder = Recorder::start(&[OK]).await;
    let mut config = config(format!("http://{}/hook?k=v", recorder.address));
    config.secrets = SECRETS.map(SigningKey::new).to_vec();
    config.headers = vec![
        ("X-Team".to_owned(), Secret::new("desk")),
        ("webhook-id".to_owned(), Secret::new("forged")),
        ("content-type".to_owned(), Secret::new("text/plain")),
    ];
    build(config, parts()).send(&message(), NOW).await.unwrap();
    let request = &recorder.requests()[0];
    assert!(request.head.starts_with("POST /hook?k=v HTTP/1.1\r\n"));
    assert_eq!(request.header("webhook-signature").unwrap().split(' ').count(), 2);
    for secret in SECRETS {
        verify(request, secret);
    }
    assert_eq!(request.header("webhook-id"), Some(message().delivery.as_str()));
    assert_eq!(request.header("webhook-timestamp"), Some("1694452923"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("user-agent"), Some(concat!("newshound/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.header("x-team"), Some("desk"));
}

#[tokio::test]
async fn without_a_secret_there_is_no_signature() {
    let recorder = Recorder::start(&[OK]).await;
    hook(recorder.address).send(&message(), NOW).await.unwrap();
    assert_eq!(recorder.requests()[0].header("webhook-signature"), None);
}

#[tokio::test]
async fn the_body_is_the_one_that_is_documented() {
    let recorder = Recorder::start(&[OK]).await;
    hook(recorder.address).send(&with_links(message(), "https://news.example.org"), NOW).await.unwrap();
    let body: Value = serde_json::from_str(&recorder.requests()[0].body).unwrap();
    insta::assert_json_snapshot!(body);
}

/// H-35.
#[tokio::test]
async fn an_attempt_is_repeated_with_the_same_id_and_a_new_signed_time() {
    let error = "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n";
    let recorder = Recorder::start(Box::leak(Box::new([error, error, error, OK]))).await;
    let mut config = config(format!("http://{}/", recorder.address));
    config.secrets = vec![SigningKey::new(SECRETS[0])];
    let hook = build(config, parts());
    for attempt in 0..4 {
        let sent = hook.send(&message(), NOW + Duration::from_secs(attempt)).await;
        assert_eq!(sent.is_ok(), attempt == 3);
        assert!(sent.err().is_none_or(|error| error.retry() == Retry::Later));
    }
    let requests = recorder.requests();
    let values = |name| {
        let mut values: Vec<_> = requests.iter().map(|request| request.header(name).unwrap()).collect();
        values.dedup();
        values.len()
    };
    assert_eq!((values("webhook-id"), values("webhook-timestamp"), values("webhook-signature")), (1, 4, 4));
    for request in &requests {
        verify(request, SECRETS[0]);
    }
}

async fn answered(answer: &'static str) -> SendError {
    let recorder = Recorder::start(Box::leak(Box::new([answer]))).await;
    let error = hook(recorder.address).send(&message(), NOW).await.unwrap_err();
    assert_eq!(recorder.requests().len(), 1, "one attempt is one request");
    assert!(!error.told().contains("SECRET"), "{}", error.told());
    error
}

/// H-37, H-38.
#[tokio::test]
async fn answers_have_their_classes() {
    let second = Recorder::start(&[OK]).await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", second.address);
    for (answer, class, retry) in [
        (redirect.leak() as &str, "redirect_refused", Retry::Later),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", "endpoint_gone", Retry::Never),
        ("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", "refused", Retry::Never),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n",
            "rate_limited",
            Retry::After(Duration::from_mins(2)),
        ),
        (
            "HTTP/1.1 503 Off\r\nretry-after: Mon, 11 Sep 2023 17:32:03 GMT\r\ncontent-length: 0\r\n\r\n",
            "transient",
            Retry::After(Duration::from_mins(10)),
        ),
        ("220 relay.example ESMTP\r\n\r\n", "transient", Retry::Later),
    ] {
        let error = answered(answer).await;
        assert_eq!((error.class().as_str(), error.retry()), (class, retry), "{answer}: {}", error.told());
    }
    assert!(second.requests().is_empty(), "a redirect is not followed");
}

/// H-36, with a shorter time.
#[tokio::test]
async fn a_receiver_that_does_not_answer_times_out() {
    let recorder = Recorder::start(&[SILENCE]).await;
    let parts = Parts { webhook_timeout: Duration::from_millis(100), ..parts() };
    let hook = build(config(format!("http://{}/", recorder.address)), parts);
    let error = hook.send(&message(), NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.told().as_str()), ("timeout", "no answer within 0.1 s"));
}

#[tokio::test]
async fn an_accepted_message_is_accepted_however_the_answer_goes_on() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\nendless",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense",
    ] {
        let recorder = Recorder::start(Box::leak(Box::new([answer]))).await;
        hook(recorder.address).send(&message(), NOW).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_there_is_connect_and_a_server_without_tls_is_no_connection_in_the_clear() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(hook(closed).send(&message(), NOW).await.unwrap_err().class().as_str(), "connect");
    let recorder = Recorder::start(&["HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n"]).await;
    let parts = Parts { webhook_timeout: Duration::from_millis(100), ..parts() };
    let hook = build(config(format!("https://{}/", recorder.address)), parts);
    assert_ne!(hook.send(&message(), NOW).await.unwrap_err().class().as_str(), "refused");
    assert!(recorder.requests().is_empty());
}

/// H-12 for receivers.
#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_trusted() {
    let relay = crate::smtp::Relay::start(crate::smtp::Tls::Implicit, &[]).await;
    let hook = build(config(format!("https://{}/", relay.address)), parts());
    let error = hook.send(&message(), NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.retry()), ("tls", Retry::Later), "{}", error.told());
}

#[tokio::test]
async fn an_address_on_a_forbidden_network_is_not_connected_to() {
    let recorder = Recorder::start(&[OK]).await;
    let parts = Parts { networks: Networks::default(), ..parts() };
    let hook = build(config(format!("http://{}/", recorder.address)), parts);
    let error = hook.send(&message(), NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.retry()), ("address_refused", Retry::Later));
    assert!(error.told().contains("fetch.allow_networks"), "{}", error.told());
    assert!(recorder.requests().is_empty());
}

struct Resolver(Option<Refused>);

impl Resolve for Resolver {
    fn resolve(&self, _: Name) -> Resolving {
        let refused = self.0.clone();
        Box::pin(async move {
            Err(match refused {
                Some(refused) => refused.into(),
                None => Unresolved(std::io::Error::other("no such host")).into(),
            })
        })
    }
}

#[tokio::test]
async fn a_name_is_judged_by_the_clients_resolver() {
    let refused = Networks::default().refuses([127, 0, 99, 1].into());
    for (resolver, class) in [(Resolver(refused), "address_refused"), (Resolver(None), "dns")] {
        let client = reqwest::Client::builder().dns_resolver(Arc::new(resolver)).no_proxy();
        let parts = Parts { client: client.build().unwrap(), ..parts() };
        let hook = build(config("http://inside.example/SECRET".to_owned()), parts);
        let error = hook.send(&message(), NOW).await.unwrap_err();
        assert_eq!(error.class().as_str(), class, "{}", error.told());
        assert!(!error.told().contains("SECRET"), "{}", error.told());
    }
}

#[tokio::test]
async fn a_body_keeps_to_the_channels_limit() {
    let recorder = Recorder::start(&[OK]).await;
    let mut config = config(format!("http://{}/", recorder.address));
    config.max_body = 3000;
    let mut message = message();
    message.item.summary = "слово ".repeat(10_000);
    build(config.clone(), parts()).send(&message, NOW).await.unwrap();
    let body = &recorder.requests()[0].body;
    assert!(body.len() <= 3000);
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()["data"]["truncated"], true);
    config.max_body = 10;
    let error = build(config, parts()).send(&message, NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.retry()), ("render_error", Retry::Never));
}
