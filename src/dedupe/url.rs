//! One address for all the addresses of a page: the scheme, the host's variants, tracking marks
//! and the like aside.

use std::fmt::Write;

use url::Url;

/// Beginnings of host names that lead to the same site.
const HOST_PREFIXES: [&str; 7] = ["www.", "www2.", "m.", "mobile.", "amp.", "wap.", "touch."];

/// Ends of paths that lead to the same page.
const PATH_SUFFIXES: [&str; 4] = ["/amp", ".amp", "/amp.html", ".amp.html"];

/// Parameters that say where a reader came from, and how the page is to be shown.
const TRACKING: [&str; 51] = [
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "vero_id",
    "_hsenc",
    "_hsmi",
    "__hstc",
    "__hssc",
    "__hsfp",
    "hsctatracking",
    "oly_enc_id",
    "oly_anon_id",
    "rb_clickid",
    "s_cid",
    "icid",
    "ncid",
    "cmpid",
    "cmp",
    "ocid",
    "ito",
    "ref",
    "ref_src",
    "ref_url",
    "referrer",
    "referer",
    "feature",
    "fb_ref",
    "fb_source",
    "action_object_map",
    "action_type_map",
    "action_ref_map",
    "spm",
    "smid",
    "smtyp",
    "sr_share",
    "amp",
    "outputtype",
];

/// Beginnings of such parameters.
const TRACKING_PREFIXES: [&str; 10] =
    ["utm_", "at_", "ns_", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "xtor", "__twitter_"];

/// Returns the address by which a page is recognised, itself an address; `None` for what is no
/// address on the web. Applied twice it is the same as once.
pub fn canonical_url(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    if let Some(original) = cached_page(&url) {
        url = original;
    }
    let host = site(url.host_str()?)?;
    let port = url.port().filter(|port| !matches!(port, 80 | 443)).map(|port| format!(":{port}"));
    let path = path(url.path());
    let fragment =
        url.fragment().filter(|fragment| fragment.starts_with("!/")).map(|fragment| format!("#{fragment}"));
    let canonical = format!(
        "https://{host}{}{path}{}{}",
        port.unwrap_or_default(),
        query(&url),
        fragment.unwrap_or_default()
    );
    // The parser has the last word, so that what it writes differently is written so at once.
    Url::parse(&canonical).ok().map(String::from)
}

/// Says whether a canonical address is that of a whole site, which stands for no article.
pub(super) fn is_front_page(canonical: &str) -> bool {
    Url::parse(canonical)
        .is_ok_and(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
}

/// Returns the page behind an address in an AMP cache.
fn cached_page(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let path = if host.ends_with(".cdn.ampproject.org") {
        url.path().strip_prefix("/c/").or_else(|| url.path().strip_prefix("/v/"))?
    } else if host.starts_with("www.google.") {
        url.path().strip_prefix("/amp/")?
    } else {
        return None;
    };
    let path = path.strip_prefix("s/").unwrap_or(path);
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Url::parse(&format!("https://{path}{query}"))
        .ok()
        .filter(|page| page.host_str().is_some_and(|h| h.contains('.')))
}

/// Takes the variants off a host name, as long as a name remains.
fn site(host: &str) -> Option<&str> {
    let mut host = host.trim_end_matches('.');
    while let Some(rest) = HOST_PREFIXES.iter().find_map(|prefix| host.strip_prefix(prefix)) {
        if !rest.contains('.')
            || rest.starts_with('.')
            || rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        {
            break;
        }
        host = rest;
    }
    (!host.is_empty()).then_some(host)
}

fn path(path: &str) -> String {
    let mut joined = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        joined.push('/');
        joined.push_str(&unescape_plain(part));
    }
    // What a dot is left of would be read as the folder itself.
    let ends_in_dot = |rest: &str| rest.ends_with('.') || rest.ends_with("%2E");
    while let Some(rest) = PATH_SUFFIXES.iter().find_map(|suffix| joined.strip_suffix(suffix)) {
        if ends_in_dot(rest) {
            break;
        }
        joined.truncate(rest.len());
        joined.truncate(joined.trim_end_matches('/').len());
    }
    if joined.is_empty() { "/".to_owned() } else { joined }
}

/// Returns the parameters that choose the page, in alphabetical order.
fn query(url: &Url) -> String {
    let Some(query) = url.query() else { return String::new() };
    let mut kept: Vec<String> = query
        .split(['&', ';'])
        .filter(|pair| !pair.is_empty() && !is_tracking(pair.split('=').next().unwrap_or(pair)))
        .map(unescape_plain)
        .collect();
    kept.sort();
    kept.dedup();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

fn is_tracking(name: &str) -> bool {
    let name = name.trim_start_matches("amp;").to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Undoes the escapes that need not be, and writes the others in capitals.
fn unescape_plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') => {
                plain.push(char::from(byte));
            }
            Some(byte) => write!(plain, "%{byte:02X}").expect("a string takes every text"),
            None => plain.push('%'),
        }
        rest = &rest[if code.is_some() { at + 3 } else { at + 1 }..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(address: &str, expect: &str) {
        assert_eq!(canonical_url(address).as_deref().unwrap_or("none"), expect, "of {address}");
    }

    #[test]
    fn the_variants_of_a_page_have_one_address() {
        for variant in [
            "https://a.example/2026/story",
            "http://www.a.example/2026/story/",
            "https://m.a.example:443/2026/story#comments",
            "http://amp.a.example:80//2026/story?utm_source=x&UTM_Medium=y&fbclid=z",
            "https://a.example/2026/story/amp/?ref=home",
            "https://A.EXAMPLE./2026/st%6Fry?",
            "https://www.google.com/amp/s/a.example/2026/story",
            "https://a-example.cdn.ampproject.org/c/s/a.example/2026/story",
        ] {
            check(variant, "https://a.example/2026/story");
        }
    }

    #[test]
    fn what_chooses_the_page_stays() {
        check("http://a.example/?p=100&utm_id=3", "https://a.example/?p=100");
        check("http://a.example/x?b=2&a=1", "https://a.example/x?a=1&b=2");
        check("http://a.example:8080/X", "https://a.example:8080/X");
        check("http://a.example/#!/story/1", "https://a.example/#!/story/1");
        check("http://m.fr/x", "https://m.fr/x");
        check("http://a.example/amp/..amp", "https://a.example/amp/..amp");
        check("http://a.example/amp/%2e.amp", "https://a.example/amp/%2E.amp");
    }

    #[test]
    fn only_web_addresses_have_one() {
        for address in ["", "story", "mailto:a@a.example", "urn:uuid:1", "ftp://a.example/x", "http://"] {
            check(address, "none");
        }
    }

    #[test]
    fn a_front_page_stands_for_no_article() {
        let is_front = |address| is_front_page(&canonical_url(address).unwrap());
        assert!(is_front("http://www.a.example") && is_front("https://a.example/?utm_source=x#top"));
        assert!(!is_front("https://a.example/?p=1") && !is_front("https://a.example/x"));
    }

    proptest! {
        #[test]
        fn twice_is_once(
            host in "(www\\.|m\\.|amp\\.){0,2}[a-z]{1,3}\\.(example|1\\.2)", path in "(/|/amp|\\.amp|[a-z%0-9A-F;é\\.]{1,4}){0,6}",
            rest in "(\\?[a-z=&;%0-9+]{0,12})?(#!?/?[a-z/%]{0,4})?",
        ) {
            if let Some(once) = canonical_url(&format!("http://{host}/{path}{rest}")) {
                prop_assert_eq!(canonical_url(&once), Some(once));
            }
        }
    }
}
