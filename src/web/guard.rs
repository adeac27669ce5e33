//! Who is let in: known host names only, and with a token where the server is not on loopback.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest, Sha256};

use super::Site;
use crate::config::ServerConfig;

/// Paths that say nothing worth a token.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// Refuses requests to names that are not ours, and those without the token where one is needed.
pub(super) async fn check(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let shown = site.shown();
    let server = &shown.config.server;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_ours(server, host) {
        return (StatusCode::MISDIRECTED_REQUEST, "this server answers to its own names only\n")
            .into_response();
    }
    let exposed = server.listen.is_some_and(|listen| !listen.ip().is_loopback());
    if exposed && !OPEN.contains(&request.uri().path()) && !has_token(server, &request) {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer, Basic realm=\"newshound\", charset=\"UTF-8\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "a token is needed: [server] token\n").into_response();
    }
    next.run(request).await
}

/// An address, `localhost`, or the host of `public_url`.
fn is_ours(server: &ServerConfig, host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => match v6.split_once(']') {
            Some((name, port)) if port.is_empty() || port.starts_with(':') => name,
            _ => return false,
        },
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || server
            .public_url
            .as_ref()
            .and_then(|url| url.host_str())
            .is_some_and(|own| name.eq_ignore_ascii_case(own))
}

/// Compares hashes, so that the time taken tells nothing of the token.
fn has_token(server: &ServerConfig, request: &Request) -> bool {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match (&server.token, given.and_then(given_token)) {
        (Some(token), Some(given)) => Sha256::digest(token.expose()) == Sha256::digest(given),
        _ => false,
    }
}

/// Returns the token of a program (`Bearer`), or the password of a browser's own sign-in (`Basic`).
fn given_token(authorization: &str) -> Option<String> {
    let (scheme, given) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(given.trim().to_owned());
    }
    let basic = scheme.eq_ignore_ascii_case("basic").then(|| BASE64_STANDARD.decode(given.trim()).ok())??;
    let text = String::from_utf8(basic).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(public_url: Option<&str>, host: &str) -> bool {
        let public_url = public_url.map(|url| url.parse().unwrap());
        is_ours(&ServerConfig { listen: None, public_url, token: None }, host)
    }

    #[test]
    fn only_addresses_and_own_names_are_answered() {
        assert!(check(None, "127.0.0.1:8642"));
        assert!(check(None, "[::1]:8642"));
        assert!(check(None, "LOCALHOST"));
        assert!(!check(None, "evil.example"));
        assert!(!check(None, "localhost.evil.example:8642"));
        assert!(!check(None, ""));
        assert!(check(Some("https://news.example.org"), "news.example.org"));
        assert!(!check(Some("https://news.example.org"), "other.example.org"));
    }
}
