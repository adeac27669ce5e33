//! The guard at the door: where a connection may go. The decision about an address is the
//! configuration's; this asks it for the URL of each hop, for what a name resolves to, and for
//! the address that was really connected to.

use std::{io, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use super::error::Failure;
use crate::config::network::{Networks, Refused, Unresolved, literal_address, refused_port};
use crate::model::PollClass;

/// Judges where a connection goes.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) networks: Arc<Networks>,
    /// With a proxy, names are resolved and addresses connected to by it.
    pub(super) proxied: bool,
}

impl Guard {
    /// Judges a URL before anything is done with it.
    pub(super) fn check_url(&self, url: &Url) -> Result<(), Failure> {
        if !matches!(url.scheme(), "http" | "https") {
            let text =
                format!("addresses with `{}:` are refused, only http and https are fetched", url.scheme());
            return Err(Failure::new(PollClass::SchemeRefused, text));
        }
        if let Some(port) = url.port_or_known_default().filter(|port| refused_port(*port)) {
            let text = format!("port {port} is refused, as browsers do");
            return Err(Failure::new(PollClass::PortRefused, text));
        }
        match literal_address(url).and_then(|address| self.networks.refuses(address)) {
            Some(refused) => Err(Failure::new(PollClass::AddressRefused, refused.to_string())),
            None => Ok(()),
        }
    }

    /// Judges the address that answered.
    pub(super) fn check_peer(&self, peer: Option<SocketAddr>) -> Result<(), Failure> {
        let refused = peer.filter(|_| !self.proxied).and_then(|peer| self.networks.refuses(peer.ip()));
        match refused {
            Some(refused) => Err(Failure::new(PollClass::AddressRefused, refused.to_string())),
            None => Ok(()),
        }
    }
}

/// Asks the system for a name's addresses and hands on those that may be reached.
#[derive(Clone, Debug)]
pub(super) struct GuardedResolver(pub(super) Arc<Networks>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = Arc::clone(&self.0);
        Box::pin(async move {
            // On the way to a SOCKS proxy it is asked for addresses too, in the brackets of a URL.
            let host = name.as_str().trim_start_matches('[').trim_end_matches(']');
            let found = tokio::net::lookup_host((host, 0)).await.map_err(Unresolved)?;
            let permitted = permitted(found, &networks)?;
            if permitted.is_empty() {
                return Err(Unresolved(io::Error::other("it has no address")).into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// Returns the addresses that may be reached; an error where there were some and none may.
fn permitted(
    found: impl Iterator<Item = SocketAddr>,
    networks: &Networks,
) -> Result<Vec<SocketAddr>, Refused> {
    let mut refusal = None;
    let mut permitted = Vec::new();
    for address in found {
        match networks.refuses(address.ip()) {
            Some(refused) => refusal = Some(refused),
            None => permitted.push(address),
        }
    }
    match refusal {
        Some(refused) if permitted.is_empty() => Err(refused),
        Some(_) | None => Ok(permitted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(allowed: &[&str]) -> Arc<Networks> {
        Arc::new(Networks::new(allowed.iter().map(|network| network.parse().unwrap())))
    }

    #[track_caller]
    fn check_url(url: &str, expect: Result<(), PollClass>) {
        let guard = Guard { networks: networks(&["127.0.0.0/24"]), proxied: false };
        let got = guard.check_url(&Url::parse(url).unwrap()).map_err(|failure| failure.class);
        assert_eq!(got, expect, "{url}");
    }

    #[test]
    fn urls_are_judged_by_scheme_port_and_address() {
        check_url("https://feeds.example/", Ok(()));
        check_url("http://127.0.0.7:8080/", Ok(()));
        for other in
            ["file:///etc/passwd", "gopher://feeds.example/", "data:text/xml,<rss/>", "ftp://feeds.example/"]
        {
            check_url(other, Err(PollClass::SchemeRefused));
        }
        for port in [0, 22, 25, 6667] {
            check_url(&format!("http://feeds.example:{port}/"), Err(PollClass::PortRefused));
        }
        check_url("http://127.0.99.1/", Err(PollClass::AddressRefused));
        check_url("http://0x7f.0.99.1/", Err(PollClass::AddressRefused));
        check_url("http://[::ffff:127.0.99.1]/", Err(PollClass::AddressRefused));
        check_url("http://192.168.1.1/", Err(PollClass::AddressRefused));
    }

    #[track_caller]
    fn check_permitted(found: &[&str], expect: Result<&[&str], &str>) {
        let parse = |text: &&str| SocketAddr::new(text.parse().unwrap(), 0);
        let got = permitted(found.iter().map(parse), &networks(&["127.0.0.0/24"]));
        let expect: Result<Vec<SocketAddr>, String> =
            expect.map(|addresses| addresses.iter().map(parse).collect()).map_err(str::to_owned);
        assert_eq!(got.map_err(|refused| refused.address.to_string()), expect);
    }

    #[test]
    fn of_mixed_addresses_only_the_permitted_are_used() {
        check_permitted(&["127.0.0.1", "127.0.99.1"], Ok(&["127.0.0.1"]));
        check_permitted(&["127.0.99.1", "8.8.8.8", "::1"], Ok(&["8.8.8.8"]));
        check_permitted(&["127.0.99.1"], Err("127.0.99.1"));
        check_permitted(&[], Ok(&[]));
    }

    #[test]
    fn the_peer_is_judged_unless_it_is_the_proxy() {
        let peer = Some("127.0.99.1:80".parse().unwrap());
        let guard = |proxied| Guard { networks: networks(&[]), proxied };
        assert_eq!(guard(false).check_peer(peer).unwrap_err().class, PollClass::AddressRefused);
        assert_eq!(guard(true).check_peer(peer), Ok(()));
        assert_eq!(guard(false).check_peer(None), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_resolves_inside_is_refused() {
        let resolver = GuardedResolver(networks(&[]));
        let error = resolver.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(error.is::<Refused>(), "{error}");
        let resolver = GuardedResolver(networks(&["127.0.0.0/8"]));
        let addresses: Vec<_> = resolver.resolve("localhost".parse().unwrap()).await.unwrap().collect();
        assert_eq!(addresses, ["127.0.0.1:0".parse().unwrap()]);
    }
}
