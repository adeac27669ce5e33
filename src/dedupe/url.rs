//! One address for all the addresses of a page: the scheme, the host's variants, tracking marks
//! and the like aside. Which marks these are stands in `rules`.

mod rules;

use std::borrow::Cow;
use std::fmt::Write;

use url::Url;

use self::rules::{
    AMP_CACHES, AMPERSANDS, CARRIERS, CHANNEL_NAMES, CHANNEL_WORDS, HOST_PREFIXES, PATH_SUFFIXES,
    SESSION_PATHS, TRACKING, TRACKING_BEGINNINGS, TRACKING_ENDINGS,
};

/// Returns the address by which a page is recognised, itself an address; `None` for what is no
/// address on the web. Applied twice it is the same as once.
pub fn canonical_url(address: &str) -> Option<String> {
    let mut url = on_the_web(&mended(address))?;
    while let Some(carried) = carried_page(&url).or_else(|| cached_page(&url)) {
        url = carried;
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

fn on_the_web(address: &str) -> Option<Url> {
    let is_space = |c: char| c.is_whitespace() || c.is_control();
    let url = Url::parse(address.trim_matches(is_space)).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Takes off an address what never belongs to one: markup around it, a scheme written twice, an
/// address that another one was glued to.
fn mended(address: &str) -> Cow<'_, str> {
    let mut text = address.trim();
    if let Some(inner) = text.strip_prefix("<![CDATA[") {
        text = inner.split("]]>").next().unwrap_or(inner).trim();
    }
    text = text.split('<').next().unwrap_or(text);
    text = text.trim_end_matches(|c: char| matches!(c, '"' | '>') || c.is_whitespace());
    while let Some(rest) = after_scheme(text).filter(|rest| after_scheme(rest).is_some()) {
        text = rest;
    }
    text = unglued(text);
    let mut text = Cow::Borrowed(text);
    while let Some(escaped) = AMPERSANDS.iter().find(|escaped| text.contains(**escaped)) {
        text = Cow::Owned(text.replace(escaped, "&"));
    }
    text
}

/// Returns what follows the scheme of an address.
fn after_scheme(address: &str) -> Option<&str> {
    ["http://", "https://"].iter().find_map(|scheme| {
        let head = address.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &address[scheme.len()..])
    })
}

/// Of two addresses without anything between them returns the one that names a page: a link that
/// was whole already and had its site put before it, else the first. What stands behind a sign is a
/// part of the address, as in those of archives.
fn unglued(address: &str) -> &str {
    let Some(rest) = after_scheme(address) else { return address };
    let before_query = rest.split(['?', '#']).next().unwrap_or(rest);
    let glued = ["http://", "https://"].iter().filter_map(|scheme| {
        let at = before_query.find(scheme)?;
        before_query[..at].ends_with(|c: char| c.is_ascii_alphanumeric()).then_some(at)
    });
    match glued.min() {
        Some(at) if before_query[..at].contains('/') => &address[..address.len() - rest.len() + at],
        Some(at) if before_query[..at].contains('.') => unglued(&rest[at..]),
        Some(_) | None => address,
    }
}

/// Returns the page that an address only leads to or shares.
fn carried_page(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let carrier = CARRIERS.iter().find(|carrier| {
        let host = if carrier.any_country { host.split(".google.").next() } else { Some(host) };
        host.is_some_and(|host| is_at(host, carrier.host)) && carrier.paths.contains(&url.path())
    })?;
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
    let address = carrier.parameters.iter().find_map(|name| value(name))?;
    page_at(&address)
}

fn is_at(host: &str, site: &str) -> bool {
    host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn page_at(address: &str) -> Option<Url> {
    on_the_web(&mended(address)).filter(|page| page.host_str().is_some_and(|host| host.contains('.')))
}

/// Returns the page behind an address in an AMP cache.
fn cached_page(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let path = AMP_CACHES.iter().find_map(|cache| {
        let is_there = if cache.at_end { host.ends_with(cache.host) } else { host.starts_with(cache.host) };
        url.path().strip_prefix(cache.path).filter(|_| is_there)
    })?;
    let path = path.strip_prefix("s/").unwrap_or(path);
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    page_at(&format!("https://{path}{query}"))
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
    for part in path.split('/').map(without_session).filter(|part| !part.is_empty()) {
        joined.push('/');
        joined.push_str(&plain(part, PLAIN_IN_PATH));
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
    while let Some(rest) = joined.strip_prefix("/amp/").filter(|rest| !rest.starts_with('.')) {
        joined = format!("/{rest}");
    }
    if joined.is_empty() { "/".to_owned() } else { joined }
}

/// Takes off a part of a path what names a visit.
fn without_session(part: &str) -> &str {
    let at = |mark: &&str| {
        let at = part.len().checked_sub(mark.len())?;
        (0..=at).find(|&at| part.as_bytes()[at..at + mark.len()].eq_ignore_ascii_case(mark.as_bytes()))
    };
    SESSION_PATHS.iter().filter_map(at).min().map_or(part, |at| &part[..at])
}

/// Returns the parameters that choose the page, in alphabetical order.
fn query(url: &Url) -> String {
    let Some(query) = url.query() else { return String::new() };
    let mut kept: Vec<String> = query
        .split(['&', ';', '?'])
        .filter(|pair| !pair.is_empty() && !is_tracking(pair))
        .map(|pair| plain(pair, PLAIN_IN_QUERY))
        .collect();
    kept.sort();
    kept.dedup();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

/// Says whether a parameter tells only where a reader came from, or how the page is to be shown.
fn is_tracking(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = plain(name, PLAIN_IN_QUERY).to_ascii_lowercase();
    let names_a_channel = || {
        let value = value.to_ascii_lowercase();
        let mut words = value.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| CHANNEL_WORDS.contains(&word))
    };
    TRACKING.contains(&name.as_str())
        || TRACKING_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || TRACKING_ENDINGS.iter().any(|ending| name.ends_with(ending))
        || CHANNEL_NAMES.contains(&name.as_str()) && names_a_channel()
}

/// Signs that mean the same whether they are escaped or not.
const PLAIN_IN_PATH: &[u8] = b"-_~!'()*,:@";
const PLAIN_IN_QUERY: &[u8] = b"-_~!'()*,:@/";

/// Undoes the escapes that need not be, and writes the others in capitals.
fn plain(text: &str, signs: &[u8]) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || signs.contains(&byte) => {
                plain.push(char::from(byte));
            }
            Some(byte) => write!(plain, "%{byte:02X}").expect("a string takes every text"),
            // Else it could become one with what follows.
            None => plain.push_str("%25"),
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

    /// Of these an address may be made that was written by nobody in his senses.
    const PARTS: &[&str] = &[
        "http://",
        "https://",
        "a.example",
        "www.",
        "/",
        "/x",
        "//",
        "?",
        "&amp;",
        "&#038;",
        "#",
        "amp;",
        "a=1",
        "utm_source=b",
        "<",
        ">",
        "\"",
        "%",
        "%3A",
        "%2F",
        "%2e",
        "%22",
        "%3C",
        "/amp",
        ".amp",
        "/index.html",
        ":80",
        ";jsessionid=1",
        "https://www.google.com/url?url=",
        "https://www.google.com/amp/s/",
        "u=",
        "é",
        " ",
        "'",
    ];

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
            "https://a.example/amp/2026/story",
            "https://a.example/2026/story/index.html",
            "https://a.example/2026/story;jsessionid=1F.node2",
            "https://a.example/2026/story?PHPSESSID=1&_=1769&wt_zmc=x&at_medium=RSS",
            "https://a.example/2026/story?from=rss&source=twitter-share&this_affiliate=1",
            "https://a.example/2026/story?ref=a?utm_source=b",
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
        check("http://a.example/x/%2e.amp", "https://a.example/x/%2E.amp");
        check("http://a.example/x?from=2026-03-03&src=7", "https://a.example/x?from=2026-03-03&src=7");
        check("http://a.example/x?id={1-2}", "https://a.example/x?id={1-2}");
        check("http://a.example/Story", "https://a.example/Story");
        check(
            "http://a.example/share?url=http://b.example/x",
            "https://a.example/share?url=http://b.example/x",
        );
    }

    #[test]
    fn escapes_that_need_not_be_are_undone() {
        for variant in ["a:b,c(d)'e/?x=1+2", "a%3Ab%2cc%28d%29%27e?x=1+2"] {
            check(&format!("http://a.example/{variant}"), "https://a.example/a:b,c(d)'e?x=1+2");
        }
        check("http://a.example/?u=http%3A%2F%2Fb%3F", "https://a.example/?u=http://b%3F");
        check("http://a.example/a%2Fb", "https://a.example/a%2Fb");
    }

    #[test]
    fn what_is_no_part_of_an_address_is_taken_off() {
        for damaged in [
            " http://a.example/x\n",
            "<![CDATA[ http://a.example/x ]]>",
            "http://http://a.example/x",
            "http://a.example/x\"",
            "http://a.example/x</link>",
            "http://a.example/xhttps://a.example/",
            "http://www.a.examplehttps://a.example/x",
        ] {
            check(damaged, "https://a.example/x");
        }
        check("http://a.example/x?a=1&amp;b=2&#038;utm_source=3", "https://a.example/x?a=1&b=2");
        check("http://w.example/web/1/http://a.example/x", "https://w.example/web/1/http:/a.example/x");
    }

    #[test]
    fn a_page_that_only_leads_to_another_is_that() {
        for leading in [
            "https://www.google.co.jp/url?sa=t&url=http://a.example/x&usg=1",
            "https://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fa.example%2fx&c=1",
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fx%3Ffbclid%3D1&h=2",
            "https://twitter.com/intent/tweet?text=t&url=https://vk.com/away.php?to=http://a.example/x",
        ] {
            check(leading, "https://a.example/x");
        }
        check("https://twitter.com/share?url=story", "https://twitter.com/share?url=story");
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

        #[test]
        fn whatever_is_glued_together_twice_is_once(
            parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..9),
        ) {
            if let Some(once) = canonical_url(&parts.concat()) {
                prop_assert_eq!(canonical_url(&once), Some(once));
            }
        }

        #[test]
        fn a_mark_of_where_the_reader_came_from_changes_nothing(
            path in "[a-z0-9-]{1,6}(/[a-z0-9-]{1,6}){0,2}", query in "(\\?id=[0-9]{1,4})?",
            mark in proptest::sample::select(rules::TRACKING), value in "[a-zA-Z0-9]{0,6}",
        ) {
            let bare = format!("https://a.example/{path}{query}");
            let marked = format!("{bare}{}{mark}={value}", if query.is_empty() { '?' } else { '&' });
            prop_assert_eq!(canonical_url(&marked), canonical_url(&bare));
        }
    }
}
