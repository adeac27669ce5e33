//! Headers that an operator adds to requests.

use super::super::place::Problem;
use super::super::raw::{Table, What};
use super::super::reader::{Reader, Scope, Written};
use super::super::secret::Secret;
use super::secret;

/// Headers that belong to the connection and to nobody else.
const CONNECTION: &[&str] = &[
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Words in the names of headers whose values are secrets.
const SECRET_WORDS: &[&str] = &["auth", "cookie", "key", "password", "secret", "token"];

/// Reads headers; those in `ours` are not for the operator to set.
pub(crate) fn headers(scope: &Scope<'_>, table: Option<Table>, ours: &[&str]) -> Vec<(String, Secret)> {
    let Some(table) = table else { return Vec::new() };
    let mut headers = Vec::new();
    for entry in Reader::new(scope, "headers", table).all() {
        let name = entry.key.to_ascii_lowercase();
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            scope.report(Problem::error(&entry.place, format!("\"{}\" is not a header's name", entry.key)));
            continue;
        }
        if CONNECTION.contains(&name.as_str()) || ours.contains(&name.as_str()) {
            let message = format!("the header {} is newshound's own", entry.key);
            scope.report(Problem::error(&entry.place, message));
            continue;
        }
        if matches!(entry.value.what, What::Text(_)) && SECRET_WORDS.iter().any(|word| name.contains(word)) {
            secret::warn_of_plain(scope, &entry.key, &entry.place);
        }
        let Some(Written { value, place }) = secret::resolve(scope, &entry.key, entry.value) else {
            continue;
        };
        if http::HeaderValue::from_str(value.expose()).is_err() {
            let message = format!("the header {} holds characters that no header may", entry.key);
            scope.report(Problem::error(&place, message));
            continue;
        }
        headers.push((entry.key, value));
    }
    headers
}
