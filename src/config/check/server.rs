//! `[server]`: the status page and what hangs on it.

use std::net::{Ipv4Addr, SocketAddr};

use url::Url;

use super::super::place::Problem;
use super::super::raw::Table;
use super::super::reader::{Reader, Scope, Written};
use super::super::settings::ServerConfig;
use super::secret::{self, Plain};

/// Where the page listens unless told otherwise.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8642);

pub(crate) fn server(scope: &Scope<'_>, table: Option<Table>) -> ServerConfig {
    let Some(table) = table else {
        return ServerConfig { listen: Some(LISTEN), public_url: None, token: None };
    };
    let mut reader = Reader::new(scope, "server", table);
    let listen = reader.parsed("listen", listen);
    let public_url = public_url(&mut reader);
    let no_token = reader.place_of("token").is_none();
    let no_token = no_token || reader.peek_text("token").is_some_and(|token| token.value.is_empty());
    let token = secret::secret(&mut reader, "token", Plain::Warned).map(|token| token.value);
    reader.finish();
    if let Some(Written { value: Some(address), place }) = &listen
        && !address.ip().is_loopback()
        && no_token
    {
        let message = "`listen` is not on loopback and there is no `token`: nothing but health is shown";
        scope.report(Problem::warning(place, message).suggest("add `token = { env = \"NEWSHOUND_TOKEN\" }`"));
    }
    let token = token.filter(|token| !token.expose().is_empty());
    ServerConfig { listen: listen.map_or(Some(LISTEN), |listen| listen.value), public_url, token }
}

fn listen(text: &str) -> Result<Option<SocketAddr>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let local = text.replacen("localhost:", "127.0.0.1:", 1);
    local.parse().map(Some).map_err(|_| {
        "expected an address with a port, such as \"127.0.0.1:8642\", or \"\" for none".to_owned()
    })
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn public_url(reader: &mut Reader<'_>) -> Option<Url> {
    let Written { value: mut url, place } = reader.parsed("public_url", |text| {
        let url = Url::parse(text.trim()).map_err(|error| error.to_string())?;
        match url.scheme() {
            "http" | "https" if !has_user(&url) && url.query().is_none() => Ok(url),
            _ => Err("expected an address such as \"https://news.example.org\"".to_owned()),
        }
    })?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    url.set_fragment(None);
    let message = "`public_url` makes links, but turns WebSub on only in a later version";
    reader.scope.report(Problem::warning(&place, message));
    Some(url)
}
