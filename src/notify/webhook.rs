//! One POST by Standard Webhooks: signed with every secret, not redirected, and bounded in time
//! and size.

use std::io::{self, ErrorKind::UnexpectedEof};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use sha2::Sha256;
use url::Url;

use super::error::SendError;
use super::{BuildError, message::Message, payload};
use crate::config::network::{Networks, Refused, Unresolved, literal_address, refused_port};
use crate::config::{SigningKey, WebhookConfig};
use crate::model::cause::{find, io_kinds};
use crate::model::{DeliveryId, RetryAfter, Timestamp};

/// An answer must begin within this long.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// More of an answer is not read; reading it at all only lets the connection be used again.
const MAX_REPLY: usize = 16 << 10;

/// The answer's status is known by then, so its body gets little time.
const REPLY_TIMEOUT: Duration = Duration::from_secs(1);

const NAME: &str = concat!("newshound/", env!("CARGO_PKG_VERSION"));

/// A receiver of webhooks.
pub struct Webhook {
    client: reqwest::Client,
    networks: Networks,
    timeout: Duration,
    url: Url,
    headers: HeaderMap,
    secrets: Vec<SigningKey>,
    max_body: usize,
}

impl Webhook {
    /// Takes what the channel needs: a client that connects only where `networks` allow it, and
    /// follows no redirect.
    pub(super) fn new(
        config: &WebhookConfig,
        client: reqwest::Client,
        networks: Networks,
        timeout: Duration,
    ) -> Result<Self, BuildError> {
        let url: Url = config.url.expose().parse().map_err(|_| BuildError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(BuildError::Url);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let bad = || BuildError::Header(name.clone());
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
        }
        let (secrets, max_body) = (config.secrets.clone(), config.max_body);
        Ok(Webhook { client, networks, timeout, url, headers, secrets, max_body })
    }

    /// Makes one attempt.
    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        self.guard()?;
        let body = payload::envelope(message, now)
            .fitted(self.max_body)
            .ok_or_else(|| SendError::Render(format!("it does not fit into {} bytes", self.max_body)))?;
        let mut headers = self.headers.clone();
        headers.extend(our_headers(&message.delivery, now, &self.secrets, &body)?);
        let sending = self.client.post(self.url.clone()).headers(headers).body(body).send();
        let answer = tokio::time::timeout(self.timeout, sending)
            .await
            .map_err(|_| SendError::Timeout(self.timeout))?
            .map_err(|error| self.refusal(error))?;
        let status = answer.status();
        let retry_after = retry_after(status, answer.headers(), now);
        let _ = tokio::time::timeout(REPLY_TIMEOUT, read_reply(answer)).await;
        if status.is_success() {
            return Ok(());
        }
        Err(SendError::Status { status: status.as_u16(), retry_after })
    }

    /// Opens a connection to an address that is not refused, and closes it.
    pub(super) async fn reach(&self) -> Result<(), SendError> {
        self.guard()?;
        let (host, port) =
            (self.url.host_str().unwrap_or_default(), self.url.port_or_known_default().unwrap_or(0));
        let connecting = async {
            let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
            let mut refused = None;
            let mut permitted = Vec::new();
            for address in found.map_err(|error| SendError::Dns(error.into()))? {
                match self.networks.refuses(address.ip()) {
                    Some(reason) => refused = Some(reason),
                    None => permitted.push(address),
                }
            }
            if let Some(refused) = refused.filter(|_| permitted.is_empty()) {
                return Err(SendError::Address(refused));
            }
            tokio::net::TcpStream::connect(&permitted[..])
                .await
                .map_err(|error| SendError::Connect(error.into()))
        };
        let reached = tokio::time::timeout(self.timeout, connecting).await;
        reached.unwrap_or(Err(SendError::Timeout(self.timeout))).map(drop)
    }

    /// Refuses what the client's resolver is never asked about: hosts that are addresses already,
    /// and ports.
    fn guard(&self) -> Result<(), SendError> {
        if let Some(port) = self.url.port().filter(|port| refused_port(*port)) {
            return Err(SendError::Port(port));
        }
        let refused = literal_address(&self.url).and_then(|address| self.networks.refuses(address));
        refused.map_or(Ok(()), |refused| Err(SendError::Address(refused)))
    }

    fn refusal(&self, error: reqwest::Error) -> SendError {
        let error = error.without_url();
        if let Some(refused) = find::<Refused>(&error) {
            return SendError::Address(refused.clone());
        }
        if error.is_timeout() {
            return SendError::Timeout(self.timeout);
        }
        // A handshake that is hung up on is one that failed.
        let hung_up = io_kinds(&error).any(|kind| kind == UnexpectedEof);
        if find::<rustls::Error>(&error).is_some() || (error.is_connect() && hung_up) {
            return SendError::Tls(error.into());
        }
        if find::<Unresolved>(&error).is_some() {
            return SendError::Dns(error.into());
        }
        if error.is_connect() || find::<io::Error>(&error).is_some() {
            return SendError::Connect(error.into());
        }
        SendError::Protocol(error.into())
    }
}

fn our_headers(
    delivery: &DeliveryId,
    now: Timestamp,
    secrets: &[SigningKey],
    body: &str,
) -> Result<HeaderMap, SendError> {
    let timestamp = now.as_secs().to_string();
    let mut pairs = vec![
        (CONTENT_TYPE, "application/json".to_owned()),
        (USER_AGENT, NAME.to_owned()),
        (HeaderName::from_static("webhook-id"), delivery.to_string()),
        (HeaderName::from_static("webhook-timestamp"), timestamp.clone()),
    ];
    if !secrets.is_empty() {
        let signatures = signatures(secrets, delivery.as_str(), &timestamp, body);
        pairs.push((HeaderName::from_static("webhook-signature"), signatures));
    }
    let value = |(name, value): (HeaderName, String)| {
        let bad = |_| SendError::Render(format!("{value:?} is no value for the header `{name}`"));
        HeaderValue::from_str(&value).map_err(bad).map(|value| (name, value))
    };
    pairs.into_iter().map(value).collect()
}

/// Signs with every secret, so that one can be replaced while receivers still know the other.
fn signatures(secrets: &[SigningKey], id: &str, timestamp: &str, body: &str) -> String {
    let signature = |secret: &SigningKey| {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose()).expect("HMAC takes a key of any length");
        for part in [id, ".", timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    secrets.iter().map(signature).collect::<Vec<_>>().join(" ")
}

/// Returns how long an answer that may change asks us to wait, as seconds or as a date.
fn retry_after(status: reqwest::StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    if status.as_u16() != 429 && !status.is_server_error() {
        return None;
    }
    let asked = RetryAfter::of(headers.get(RETRY_AFTER)?.to_str().ok()?, None)?;
    Some(asked.wait(now))
}

async fn read_reply(mut answer: reqwest::Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > MAX_REPLY {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signatures(
            &[SigningKey::new(secret), SigningKey::new(*b"another")],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        );
        let (first, second) = signed.split_once(' ').unwrap();
        assert_eq!(first, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(second.starts_with("v1,") && second != first);
    }

    #[track_caller]
    fn check_retry_after(status: u16, value: &str, expect: Option<u64>) {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
        let now = Timestamp::parse_rfc3339("2026-11-24T07:00:00Z").unwrap();
        let status = reqwest::StatusCode::from_u16(status).unwrap();
        assert_eq!(retry_after(status, &headers, now), expect.map(Duration::from_secs), "{value}");
    }

    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_date() {
        check_retry_after(429, "120", Some(120));
        check_retry_after(503, " 7 ", Some(7));
        check_retry_after(503, "Tue, 24 Nov 2026 07:02:00 GMT", Some(120));
        check_retry_after(503, "Tuesday, 24-Nov-26 07:02:00 GMT", Some(120));
        check_retry_after(503, "Tue, 24 Nov 2026 06:00:00 GMT", Some(0));
        check_retry_after(429, "99999999999999999999999", Some(u64::MAX));
        check_retry_after(429, "soon", None);
        check_retry_after(429, "-5", None);
        check_retry_after(429, "", None);
        check_retry_after(404, "120", None);
    }

    fn webhook(url: &str, allowed: &[&str]) -> Result<Webhook, BuildError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = WebhookConfig {
            url: Secret::new(url),
            secrets: Vec::new(),
            headers: Vec::new(),
            allow_networks: Vec::new(),
            max_body: 64 << 10,
        };
        let networks = Networks::new(allowed.iter().map(|network| network.parse().unwrap()));
        Webhook::new(&config, reqwest::Client::new(), networks, TIMEOUT)
    }

    #[test]
    fn an_address_in_any_disguise_and_a_bad_port_are_refused() {
        for url in [
            "http://127.0.99.1/",
            "http://2130706433/x",
            "http://[::ffff:127.0.99.1]/",
            "http://a.example:25/",
        ] {
            let refused = webhook(url, &["127.0.0.1/32"]).unwrap().guard();
            let expected = url.contains("2130706433");
            assert_eq!(refused.is_ok(), expected, "{url}");
            if let Err(error) = refused {
                assert_eq!(error.class().as_str(), "address_refused");
            }
        }
    }

    #[test]
    fn only_http_is_spoken_and_an_error_does_not_tell_the_address() {
        for url in ["ftp://token@example.org/secret", "not a url with secret", "file:///secret"] {
            let error = webhook(url, &[]).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
        webhook("https://example.org/hook", &[]).unwrap();
    }
}
