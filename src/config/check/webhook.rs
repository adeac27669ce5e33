//! What a `[[channel]]` of kind `webhook` needs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::Url;

use super::super::channel::WebhookConfig;
use super::super::place::Problem;
use super::super::raw::What;
use super::super::reader::{Reader, Written};
use super::super::secret::{Secret, SigningKey};
use super::fetch::networks;
use super::headers::headers;
use super::secret::{self, Plain};

/// Headers that make a webhook what it is.
const OURS: &[&str] = &["content-type", "webhook-id", "webhook-signature", "webhook-timestamp"];

/// Bytes of a body.
const MAX_BODY: u64 = 64 << 10;

/// Reads what the channel needs; `None` when it cannot be sent to.
pub(crate) fn webhook(reader: &mut Reader<'_>) -> Option<WebhookConfig> {
    if reader.place_of("url").is_none() {
        reader.missing("url", "{ env = \"OPS_HOOK_URL\" }");
    }
    let url = endpoint(reader);
    let secrets = signing_keys(reader);
    let scope = reader.scope;
    let headers = headers(scope, reader.table("headers"), OURS);
    let allow_networks = networks(reader);
    let max_body = reader.limit_size("max_body", MAX_BODY, 16 << 20);
    Some(WebhookConfig {
        url: url?,
        secrets,
        headers,
        allow_networks,
        max_body: usize::try_from(max_body).expect("16 MiB fit everywhere"),
    })
}

/// Reads where a webhook posts to. The address may be a secret, so no message repeats it.
fn endpoint(reader: &mut Reader<'_>) -> Option<Secret> {
    let plain = reader.peek_text("url");
    let Written { value: secret, place } = secret::secret(reader, "url", Plain::Fine)?;
    let wrong = |message: &str| {
        let problem = Problem::error(&place, message);
        reader.scope.report(problem.suggest("for example \"https://hooks.example.org/news\""));
    };
    let Ok(url) = Url::parse(secret.expose().trim()) else {
        wrong("`url` is not an address");
        return None;
    };
    if !matches!(url.scheme(), "http" | "https") {
        let mut problem = Problem::error(&place, "`url` is http or https");
        problem.class = Some("scheme_refused");
        reader.scope.report(problem);
        return None;
    }
    if plain.is_some() && (url.password().is_some() || url.query().is_some()) {
        secret::warn_of_plain(reader.scope, "url", &place);
    }
    Some(Secret::new(secret.expose().trim()))
}

/// Reads the keys that sign.
fn signing_keys(reader: &mut Reader<'_>) -> Vec<SigningKey> {
    let scope = reader.scope;
    let mut keys = Vec::new();
    for value in reader.list("secrets") {
        if matches!(value.what, What::Text(_)) {
            secret::warn_of_plain(scope, "secrets", &value.place);
        }
        let Some(Written { value: secret, place }) = secret::resolve(scope, "secrets", value) else {
            continue;
        };
        let Some(key) = signing_key(secret.expose()) else {
            let problem = Problem::error(&place, "a signing secret is `whsec_` and base64 of 24 to 64 bytes");
            scope.report(problem.suggest("make one: echo whsec_$(openssl rand -base64 32)"));
            continue;
        };
        keys.push(SigningKey::new(key));
    }
    keys
}

fn signing_key(text: &str) -> Option<Vec<u8>> {
    let base64 = text.trim().strip_prefix("whsec_")?;
    let key = STANDARD_NO_PAD.decode(base64.trim_end_matches('=')).ok()?;
    (24..=64).contains(&key.len()).then_some(key)
}
