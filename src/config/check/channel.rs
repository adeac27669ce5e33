//! `[[channel]]`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::Url;

use super::super::channel::{ChannelConfig, ChannelKind, EmailConfig, WebhookConfig};
use super::super::nearest;
use super::super::place::Problem;
use super::super::raw::{Table, Value, What};
use super::super::reader::{Reader, Scope, Written, duration_of, no_effect};
use super::super::secret::Secret;
use super::super::value::{self, shorten};
use super::fetch::networks;
use super::headers::headers;
use super::names::{Names, Noun};
use super::secret::{self, Plain};
use super::smtp::mailbox;
use crate::model::ChannelName;

/// Kinds that a later version sends to.
const LATER_KINDS: &[&str] =
    &["slack", "discord", "teams", "telegram", "ntfy", "matrix", "apprise", "alertmanager", "exec"];
const KINDS: &[&str] = &["email", "webhook", "console"];

/// Headers that make a webhook what it is.
const OURS: &[&str] = &["content-type", "webhook-id", "webhook-signature", "webhook-timestamp"];

const RATE: u32 = 30;
const MAX_BODY: u64 = 64 << 10;
const MOST_WAITS: usize = 50;

/// Checks a channel; `None` when nothing can be sent to it.
pub(crate) fn channel(scope: &Scope<'_>, names: &mut Names, table: Table) -> Option<ChannelConfig> {
    let mut reader = Reader::new(scope, "channel", table);
    let name = reader.required("name", "\"desk-mail\"").and_then(|name| valid_name(scope, name));
    let given = name.as_ref().is_some_and(|name| names.give(scope, Noun::Channel, &name.value, &name.place));
    if let Some(name) = &name {
        reader.owned_by(format!("channel {}", name.value));
    }
    let kind_name = reader.required("kind", "\"email\"");
    if let Some(fallback) = fallback(&reader) {
        names.mention(Noun::Channel, &fallback);
    }
    let mut kind = None;
    let mut in_flight = 4;
    if let Some(Written { value, place }) = kind_name {
        match value.as_str() {
            "email" => {
                in_flight = 1;
                kind = email(&mut reader).map(ChannelKind::Email);
            }
            "webhook" => kind = webhook(&mut reader).map(Box::new).map(ChannelKind::Webhook),
            "console" => kind = Some(ChannelKind::Console),
            later if LATER_KINDS.contains(&later) => {
                scope.report(no_effect(
                    &place,
                    &format!("`kind = \"{later}\"`, which leaves the channel out,"),
                ));
                return None;
            }
            other => {
                let mut problem =
                    Problem::error(&place, format!("no channel is of the kind \"{}\"", shorten(other)));
                problem.suggestion = nearest::suggest(other, KINDS.iter().chain(LATER_KINDS).copied());
                scope.report(problem);
                return None;
            }
        }
    }
    let retry = retry(&mut reader);
    let rate = reader.parsed("rate", value::rate).map_or(RATE, |rate| rate.value);
    let in_flight = reader.limit_count("in_flight", in_flight, 64);
    reader.finish();
    let name = name.filter(|_| given)?;
    Some(ChannelConfig {
        name: ChannelName::new(name.value),
        kind: kind?,
        retry,
        rate_per_minute: if rate == 0 { RATE } else { rate },
        in_flight,
        place: Some(name.place),
    })
}

/// Returns the channel that stands in where none is configured.
pub(crate) fn console() -> ChannelConfig {
    ChannelConfig {
        name: ChannelName::new("console"),
        kind: ChannelKind::Console,
        retry: None,
        rate_per_minute: RATE,
        in_flight: 4,
        place: None,
    }
}

/// Checks the name of a channel or a route: it becomes a label, a word in a log and an argument.
pub(crate) fn valid_name(scope: &Scope<'_>, name: Written<String>) -> Option<Written<String>> {
    let fine = |c: char| !c.is_control() && !c.is_whitespace();
    if !name.value.is_empty() && name.value.len() <= value::MOST_ID && name.value.chars().all(fine) {
        return Some(name);
    }
    let mut problem = Problem::error(&name.place, format!("\"{}\" is not a name", shorten(&name.value)));
    let slug = value::slug(&name.value);
    problem.suggestion = (!slug.is_empty()).then(|| format!("for example \"{slug}\""));
    scope.report(problem);
    None
}

/// Returns the channel told when this one gives up: no effect yet, but a wrong name is wrong now.
fn fallback(reader: &Reader<'_>) -> Option<Written<String>> {
    reader.peek_text("fallback")
}

fn email(reader: &mut Reader<'_>) -> Option<EmailConfig> {
    if reader.place_of("to").is_none() {
        reader.missing("to", "[\"desk@example.org\"]");
    }
    let written = reader.texts("to");
    let to: Vec<String> = written.iter().filter_map(|to| mailbox(reader.scope, "to", to)).collect();
    (!to.is_empty()).then_some(EmailConfig { to })
}

fn webhook(reader: &mut Reader<'_>) -> Option<WebhookConfig> {
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
fn signing_keys(reader: &mut Reader<'_>) -> Vec<Vec<u8>> {
    let scope = reader.scope;
    let mut keys = Vec::new();
    for value in reader.list("secrets") {
        if matches!(value.what, What::Text(_)) {
            secret::warn_of_plain(scope, "secrets", &value.place);
        }
        let Some(Written { value: secret, place }) = secret::resolve(scope, "secrets", value) else {
            continue;
        };
        match signing_key(secret.expose()) {
            Some(key) => keys.push(key),
            None => {
                let problem =
                    Problem::error(&place, "a signing secret is `whsec_` and base64 of 24 to 64 bytes");
                scope.report(problem.suggest("make one: echo whsec_$(openssl rand -base64 32)"));
            }
        }
    }
    keys
}

fn signing_key(text: &str) -> Option<Vec<u8>> {
    let base64 = text.trim().strip_prefix("whsec_")?;
    let key = STANDARD_NO_PAD.decode(base64.trim_end_matches('=')).ok()?;
    (24..=64).contains(&key.len()).then_some(key)
}

/// Reads the waits between attempts.
fn retry(reader: &mut Reader<'_>) -> Option<Vec<Duration>> {
    let place = reader.place_of("retry").cloned()?;
    let scope = reader.scope;
    let list = reader.list("retry");
    if list.len() > MOST_WAITS {
        scope.report(Problem::error(&place, format!("`retry` has at most {MOST_WAITS} waits")));
        return None;
    }
    let wait = |value: Value| {
        let wait = duration_of(scope, "retry", value)?;
        if wait.value <= Duration::from_hours(24 * 7) {
            return Some(wait.value);
        }
        scope.report(Problem::error(&wait.place, "a wait of `retry` is at most 7d"));
        None
    };
    Some(list.into_iter().filter_map(wait).collect())
}
