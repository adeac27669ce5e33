//! Which addresses and ports may be reached at all: the pure decision behind the guard that
//! every outgoing connection passes. Asking names for their addresses is left to who connects.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The special networks that may be reached; all others of that kind are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    allowed: Vec<IpNet>,
}

/// Why an address is not connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The address as it was met.
    pub address: IpAddr,
    /// The special network it lies in, by itself or with the IPv4 address inside it.
    pub network: IpNet,
    /// What that network is for.
    pub purpose: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { address, network, purpose } = self;
        write!(f, "{address} is refused: {purpose} ({network}), not in `fetch.allow_networks`")
    }
}

impl std::error::Error for Refused {}

/// A name without an address.
#[derive(Debug, thiserror::Error)]
#[error("the name does not resolve: {0}")]
pub struct Unresolved(pub std::io::Error);

impl Networks {
    /// Takes the networks that the operator allows.
    pub fn new(allowed: impl IntoIterator<Item = IpNet>) -> Self {
        Networks { allowed: allowed.into_iter().collect() }
    }

    /// Returns a judge that refuses nothing: for what leads to the operator's own machines.
    pub fn everywhere() -> Self {
        Networks::new([IpNet::V4(net4(0, 0, 0, 0, 0)), IpNet::V6(ALL_V6)])
    }

    /// Returns these and more: what `fetch` allows, and what a channel adds.
    #[must_use]
    pub fn and(&self, more: &[IpNet]) -> Self {
        Networks::new(self.allowed.iter().chain(more).copied())
    }

    /// Returns why this address may not be reached; `None` when it may.
    ///
    /// An IPv6 address that carries an IPv4 address goes where that one goes, so both are judged.
    pub fn refuses(&self, address: IpAddr) -> Option<Refused> {
        let refused = |(network, purpose)| Refused { address, network, purpose };
        match address {
            IpAddr::V4(v4) => self.special_v4(v4).map(refused),
            IpAddr::V6(_) if self.allows(address) => None,
            IpAddr::V6(v6) => match carried(v6) {
                Carried::Nothing => special_v6(v6).map(refused),
                Carried::One(v4) => self.special_v4(v4).map(refused),
                Carried::Two(v4) => v4.into_iter().find_map(|v4| self.special_v4(v4)).map(refused),
            },
        }
    }

    fn special_v4(&self, address: Ipv4Addr) -> Option<(IpNet, &'static str)> {
        let (network, purpose) = SPECIAL_V4.iter().find(|(network, _)| network.contains(&address))?;
        (!self.allows(address.into())).then_some((IpNet::V4(*network), *purpose))
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&address))
    }
}

/// The IPv4 addresses inside an IPv6 address.
enum Carried {
    Nothing,
    One(Ipv4Addr),
    Two([Ipv4Addr; 2]),
}

fn carried(address: Ipv6Addr) -> Carried {
    let segments = address.segments();
    let v4 = |at: usize| v4(segments[at], segments[at + 1]);
    match segments {
        // `::` and `::1` are addresses of their own, not IPv4-compatible ones.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Carried::Nothing,
        // Compatible, mapped, translated (RFC 2765), NAT64.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            Carried::One(v4(6))
        }
        [0x2002, ..] => Carried::One(v4(1)),
        // Teredo holds the server, and the client with every bit turned.
        [0x2001, 0, ..] => Carried::Two([v4(2), Ipv4Addr::from(!u32::from(v4(6)))]),
        _ => Carried::Nothing,
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

fn special_v6(address: Ipv6Addr) -> Option<(IpNet, &'static str)> {
    let special = SPECIAL_V6.iter().find(|(network, _)| network.contains(&address));
    let outside = (!GLOBAL_UNICAST.contains(&address)).then_some(&(ALL_V6, "reserved"));
    special.or(outside).map(|(network, purpose)| (IpNet::V6(*network), *purpose))
}

const fn net4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn net6(a: u16, b: u16, c: u16, d: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// Special-purpose IPv4 networks (IANA's registry); a smaller one stands before what holds it.
const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (net4(0, 0, 0, 0, 8), "unspecified"),
    (net4(10, 0, 0, 0, 8), "private"),
    (net4(100, 64, 0, 0, 10), "shared"),
    (net4(127, 0, 0, 0, 8), "loopback"),
    (net4(169, 254, 0, 0, 16), "link-local"),
    (net4(172, 16, 0, 0, 12), "private"),
    (net4(192, 0, 0, 0, 24), "reserved for protocols"),
    (net4(192, 0, 2, 0, 24), "documentation"),
    (net4(192, 88, 99, 0, 24), "reserved for relays"),
    (net4(192, 168, 0, 0, 16), "private"),
    (net4(198, 18, 0, 0, 15), "reserved for benchmarks"),
    (net4(198, 51, 100, 0, 24), "documentation"),
    (net4(203, 0, 113, 0, 24), "documentation"),
    (net4(224, 0, 0, 0, 4), "multicast"),
    (net4(255, 255, 255, 255, 32), "broadcast"),
    (net4(240, 0, 0, 0, 4), "reserved"),
];

/// Special-purpose IPv6 networks. Local-use NAT64 (RFC 8215) does not say where in it the IPv4
/// address stands, so it is refused as a whole.
const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), "unspecified"),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), "loopback"),
    (net6(0x64, 0xff9b, 1, 0, 48), "local-use translation"),
    (net6(0x100, 0, 0, 0, 64), "discard"),
    (net6(0x2001, 2, 0, 0, 48), "reserved for benchmarks"),
    (net6(0x2001, 0x10, 0, 0, 28), "reserved for identifiers"),
    (net6(0x2001, 0xdb8, 0, 0, 32), "documentation"),
    (net6(0x3fff, 0, 0, 0, 20), "documentation"),
    (net6(0xfc00, 0, 0, 0, 7), "private"),
    (net6(0xfe80, 0, 0, 0, 10), "link-local"),
    (net6(0xfec0, 0, 0, 0, 10), "site-local"),
    (net6(0xff00, 0, 0, 0, 8), "multicast"),
];

/// All that is handed out to the public network so far.
const GLOBAL_UNICAST: Ipv6Net = net6(0x2000, 0, 0, 0, 3);

const ALL_V6: Ipv6Net = net6(0, 0, 0, 0, 0);

/// Says whether browsers refuse this port (the "bad ports" of the Fetch standard).
pub fn refused_port(port: u16) -> bool {
    BAD_PORTS.binary_search(&port).is_ok()
}

/// In order, for the search.
const BAD_PORTS: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// Returns the address of a URL whose host is one already, in whichever disguise it was written.
pub fn literal_address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(v4) => Some(v4.into()),
        Host::Ipv6(v6) => Some(v6.into()),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(allowed: &[&str], address: &str, expect: Option<&str>) {
        let networks = Networks::new(allowed.iter().map(|network| network.parse().unwrap()));
        let refused = networks.refuses(address.parse().unwrap());
        assert_eq!(refused.as_ref().map(|refused| refused.purpose), expect, "{address}");
    }

    #[test]
    fn special_networks_are_refused() {
        for (address, purpose) in [
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("10.255.0.1", "private"),
            ("100.64.0.1", "shared"),
            ("127.0.99.1", "loopback"),
            ("169.254.169.254", "link-local"),
            ("172.31.255.255", "private"),
            ("192.0.0.8", "reserved for protocols"),
            ("192.168.1.1", "private"),
            ("198.19.0.1", "reserved for benchmarks"),
            ("192.0.2.1", "documentation"),
            ("198.51.100.7", "documentation"),
            ("203.0.113.7", "documentation"),
            ("239.1.1.1", "multicast"),
            ("250.0.0.1", "reserved"),
            ("255.255.255.255", "broadcast"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("fd00::1", "private"),
            ("fe80::1", "link-local"),
            ("fec0::1", "site-local"),
            ("ff02::1", "multicast"),
            ("100::1", "discard"),
            ("2001:db8::1", "documentation"),
            ("3fff:fff::1", "documentation"),
            ("2001:2::1", "reserved for benchmarks"),
            ("4000::1", "reserved"),
        ] {
            check(&[], address, Some(purpose));
        }
    }

    #[test]
    fn public_addresses_are_not() {
        for address in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1",
            "2001:4860::1",
        ] {
            check(&[], address, None);
        }
    }

    #[test]
    fn an_address_inside_an_address_is_judged() {
        for address in [
            "::127.0.99.1",
            "::ffff:127.0.99.1",
            "::ffff:0:127.0.99.1",
            "64:ff9b::127.0.99.1",
            "2002:7f00:6301::1",
            "2001:0:7f00:6301:0:0:f7f7:f7f7",
            "2001:0:808:808:0:0:80ff:9cfe",
        ] {
            check(&[], address, Some("loopback"));
            check(&["127.0.0.0/8"], address, None);
            check(&["127.0.0.0/24"], address, Some("loopback"));
        }
        check(&[], "64:ff9b:1::808:808", Some("local-use translation"));
        check(&["64:ff9b:1::/48"], "64:ff9b:1::808:808", None);
        for address in ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"] {
            check(&[], address, None);
        }
    }

    #[test]
    fn allowing_one_network_allows_no_other() {
        check(&["10.1.0.0/16"], "10.1.2.3", None);
        check(&["10.1.0.0/16"], "10.2.2.3", Some("private"));
        check(&["::1/128"], "::1", None);
        check(&["::1/128"], "127.0.0.1", Some("loopback"));
        check(&["0.0.0.0/0"], "127.0.0.1", None);
        let more = Networks::default().and(&["127.0.0.1/32".parse().unwrap()]);
        assert_eq!(more.refuses([127, 0, 0, 1].into()), None);
    }

    #[test]
    fn everywhere_is_everywhere() {
        for address in ["127.0.0.1", "10.1.1.1", "8.8.8.8", "::1", "fe80::1", "::ffff:10.1.1.1", "ff02::1"] {
            assert_eq!(Networks::everywhere().refuses(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn the_refusal_names_the_network_and_the_key() {
        let refused = Networks::default().refuses("::ffff:127.0.99.1".parse().unwrap()).unwrap();
        assert_eq!(
            refused.to_string(),
            "::ffff:127.0.99.1 is refused: loopback (127.0.0.0/8), not in `fetch.allow_networks`"
        );
    }

    #[test]
    fn ports_are_searched_in_order() {
        assert!(BAD_PORTS.is_sorted());
        for (port, refused) in
            [(0, true), (22, true), (25, true), (80, false), (443, false), (6667, true), (8642, false)]
        {
            assert_eq!(refused_port(port), refused, "{port}");
        }
    }

    #[test]
    fn disguised_addresses_are_found() {
        for (url, address) in [
            ("http://2130706433/", Some("127.0.0.1")),
            ("http://0x7f.1/", Some("127.0.0.1")),
            ("http://0177.0.0.1/", Some("127.0.0.1")),
            ("http://[::ffff:127.0.99.1]/", Some("::ffff:127.0.99.1")),
            ("http://１２７.0.0.1/", Some("127.0.0.1")),
            ("http://localhost/", None),
            ("https://news.example/", None),
        ] {
            let address = address.map(|address| address.parse().unwrap());
            assert_eq!(literal_address(&url.parse().unwrap()), address, "{url}");
        }
    }

    proptest! {
        #[test]
        fn every_disguise_is_judged_as_what_it_hides(bits: u32, allowed in proptest::option::of((any::<u32>(), 1u8..=32))) {
            let plain = Ipv4Addr::from(bits);
            let allowed = allowed.map(|(bits, prefix)| IpNet::new(Ipv4Addr::from(bits).into(), prefix).unwrap().trunc());
            let networks = Networks::new(allowed);
            let verdict = networks.refuses(plain.into()).map(|refused| refused.network);
            let (high, low) = ((bits >> 16) as u16, (bits & 0xffff) as u16);
            for disguise in [
                plain.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, high, low, 0, 0, !0x808, !0x808),
                Ipv6Addr::new(0x2001, 0, 0x808, 0x808, 0, 0, !high, !low),
            ] {
                // 8.8.8.8 is the other half of Teredo and never refused.
                prop_assert_eq!(networks.refuses(disguise.into()).map(|refused| refused.network), verdict);
            }
        }

        #[test]
        fn what_is_allowed_is_never_refused(bits: u128, prefix in 0u8..=128) {
            let network = IpNet::new(Ipv6Addr::from(bits).into(), prefix).unwrap();
            prop_assert_eq!(Networks::new([network]).refuses(Ipv6Addr::from(bits).into()), None);
        }

        #[test]
        fn what_is_refused_lies_in_the_network_it_names(bits: u32) {
            if let Some(refused) = Networks::default().refuses(Ipv4Addr::from(bits).into()) {
                prop_assert!(refused.network.contains(&refused.address));
            }
        }
    }
}
