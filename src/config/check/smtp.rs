//! `[smtp]`: the mail relay.

use std::net::IpAddr;

use lettre::message::Mailbox;
use url::Url;

use super::super::place::{Place, Problem};
use super::super::raw::Table;
use super::super::reader::{Reader, Scope, Written};
use super::super::secret::Secret;
use super::super::settings::{MailTls, SmtpConfig};
use super::secret::{self, Plain};

pub(crate) fn smtp(scope: &Scope<'_>, table: Table) -> Option<SmtpConfig> {
    let mut reader = Reader::new(scope, "smtp", table);
    reader.owned_by("[smtp]".to_owned());
    let relay = reader.required("url", "\"smtps://mail.example.org:465\"").and_then(|url| relay(scope, &url));
    let tls = reader.text("tls");
    let username = reader.text("username");
    let no_password = reader.place_of("password").is_none();
    let password = secret::secret(&mut reader, "password", Plain::Warned);
    let from = reader.required("from", "\"newshound <alerts@example.org>\"");
    let from = from.and_then(|from| mailbox(scope, "from", &from));
    reader.finish();
    let Relay { host, port, mut tls_mode } = relay?;
    if let Some(tls) = tls {
        tls_mode = without_tls(scope, &tls, &host, tls_mode);
    }
    if let (Some(username), true) = (&username, no_password && tls_mode != MailTls::None) {
        let problem = Problem::error(&username.place, "`username` without `password`");
        scope.report(problem.suggest("add `password = { credential = \"smtp\" }`"));
    }
    let (username, password) = sign_in(scope, username, password, tls_mode);
    Some(SmtpConfig { host, port, tls: tls_mode, username, password, from: from? })
}

struct Relay {
    host: String,
    port: u16,
    tls_mode: MailTls,
}

fn relay(scope: &Scope<'_>, written: &Written<String>) -> Option<Relay> {
    let wrong = |message: &str| {
        let problem = Problem::error(&written.place, message);
        scope.report(problem.suggest("for example \"smtps://mail.example.org:465\""));
        None
    };
    let Ok(url) = Url::parse(written.value.trim()) else {
        return wrong("`url` of the relay is not an address");
    };
    let (tls_mode, default_port) = match url.scheme() {
        "smtps" => (MailTls::Implicit, 465),
        "smtp" => (MailTls::StartTls, 587),
        _ => return wrong("a mail relay is `smtps://` or `smtp://`"),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("`url` of the relay holds a name: give `username` and `password`");
    }
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return wrong("`url` of the relay names no host");
    };
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return wrong("`url` of the relay is a host and a port, nothing after them");
    }
    // Of schemes that it does not know, `Url` leaves the host as it was written.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let Some(host) = ascii_host(host) else {
        return wrong("`url` of the relay names no host");
    };
    Some(Relay { host, port: url.port().unwrap_or(default_port), tls_mode })
}

fn ascii_host(host: &str) -> Option<String> {
    if host.parse::<IpAddr>().is_ok() {
        return Some(host.to_owned());
    }
    Some(Url::parse(&format!("http://{host}/")).ok()?.host_str()?.to_owned())
}

fn without_tls(scope: &Scope<'_>, tls: &Written<String>, host: &str, mode: MailTls) -> MailTls {
    let loopback = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let problem = match (tls.value.as_str(), mode) {
        ("none", MailTls::StartTls) if loopback => return MailTls::None,
        ("none", MailTls::StartTls) => "`tls = \"none\"` is for a relay on loopback only",
        ("none", _) => "`tls = \"none\"` contradicts `smtps://`: write `smtp://`",
        _ => "`tls` is \"none\" or left out: `smtps://` has TLS from the start, `smtp://` STARTTLS",
    };
    scope.report(Problem::error(&tls.place, problem));
    mode
}

fn sign_in(
    scope: &Scope<'_>,
    username: Option<Written<String>>,
    password: Option<Written<Secret>>,
    tls: MailTls,
) -> (Option<String>, Option<Secret>) {
    let wrong = |place: &Place, message: &str| scope.report(Problem::error(place, message));
    match (&username, &password) {
        (None, Some(password)) => wrong(&password.place, "`password` without `username`"),
        (Some(username), _) if tls == MailTls::None => {
            wrong(&username.place, "no name and password are sent without TLS");
        }
        _ => {}
    }
    (username.map(|username| username.value), password.map(|password| password.value))
}

/// Reads `name <address>`, or an address alone.
pub(crate) fn mailbox(scope: &Scope<'_>, key: &str, written: &Written<String>) -> Option<String> {
    match written.value.parse::<Mailbox>() {
        Ok(mailbox) => Some(mailbox.to_string()),
        Err(error) => {
            let message = format!("`{key}`: not a mail address ({error})");
            let problem = Problem::error(&written.place, message.to_lowercase());
            scope.report(problem.suggest("for example \"newshound <alerts@example.org>\""));
            None
        }
    }
}
