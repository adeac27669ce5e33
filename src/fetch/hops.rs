//! The way from a source's URL to the one that answers: where each redirect leads, what may be
//! sent there, and whether the source has moved for good. Pure.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::Request;
use super::answer::Freshness;
use super::error::Failure;
use crate::model::{PollClass, RetryAfter, Validators};

const A_IM: HeaderName = HeaderName::from_static("a-im");

/// The hops of one fetch so far.
#[derive(Debug)]
pub(super) struct Trail<'a> {
    /// Where the next request goes; without user info and fragment.
    pub(super) url: Url,
    /// Where the permanent redirects led that came before any other.
    pub(super) moved_to: Option<Url>,
    /// What the latest answer that had a wish asked for.
    pub(super) retry_after: Option<RetryAfter>,
    /// How long the refusal that ended it stays fresh.
    pub(super) refusal: Freshness,
    left: Vec<Url>,
    only_permanent: bool,
    never_abroad: bool,
    /// The source's own URL, which the credentials are for.
    home: Url,
    credentials: HeaderMap,
    validators: Option<&'a Validators>,
}

impl<'a> Trail<'a> {
    /// Starts at the source's own URL, or at the one it is asked at instead.
    pub(super) fn new(request: &Request<'a>, at: Option<&Url>) -> Self {
        let url = bare(at.unwrap_or(request.url).clone());
        Trail {
            moved_to: None,
            retry_after: None,
            refusal: Freshness::default(),
            left: Vec::new(),
            only_permanent: true,
            never_abroad: url.origin() == request.url.origin(),
            url,
            home: bare(request.url.clone()),
            credentials: credentials(request),
            validators: request.validators,
        }
    }

    /// Returns the validators that the next URL gave, to ask it with.
    pub(super) fn validators(&self) -> Option<&'a Validators> {
        self.validators.filter(|validators| validators.url == self.url.as_str())
    }

    /// Says whether the next request allows the answer that nothing has changed.
    pub(super) fn asks_for_changes(&self) -> bool {
        self.validators().is_some_and(|known| known.etag.is_some() || known.last_modified.is_some())
    }

    /// Adds to the headers of every request those of the next one.
    ///
    /// Validators go to the URL they came from. Credentials stop for good at the first other
    /// origin: who comes back from there was sent by somebody else.
    pub(super) fn headers(&self, every: &HeaderMap) -> HeaderMap {
        let mut headers = every.clone();
        let sendable = |bytes: Option<&Vec<u8>>| HeaderValue::from_bytes(bytes?).ok();
        let validators = self.validators();
        if let Some(etag) = sendable(validators.and_then(|validators| validators.etag.as_ref())) {
            headers.insert(header::IF_NONE_MATCH, etag);
            headers.insert(A_IM, HeaderValue::from_static("feed"));
        }
        if let Some(date) = sendable(validators.and_then(|validators| validators.last_modified.as_ref())) {
            headers.insert(header::IF_MODIFIED_SINCE, date);
        }
        if self.never_abroad {
            headers.extend(self.credentials.clone());
        }
        headers
    }

    /// Goes where a redirect points.
    pub(super) fn follow(
        &mut self,
        location: Option<&HeaderValue>,
        permanent: bool,
        max_redirects: usize,
    ) -> Result<(), Failure> {
        let next = self.target(location)?;
        if self.left.len() >= max_redirects {
            let text = format!("more than {max_redirects} redirects");
            return Err(Failure::new(PollClass::RedirectLoop, text));
        }
        self.left.push(self.url.clone());
        if self.left.contains(&next) {
            return Err(Failure::new(PollClass::RedirectLoop, "redirects lead back to where they began"));
        }
        self.only_permanent &= permanent && !self.is_sent_home(&next);
        if self.only_permanent {
            self.moved_to = Some(next.clone());
        }
        self.never_abroad &= next.origin() == self.url.origin();
        self.url = next;
        Ok(())
    }

    /// Says whether somebody else sends us to a place at home that is not the source's own. To move
    /// there would show our credentials where the other one wants them seen.
    fn is_sent_home(&self, next: &Url) -> bool {
        let is_back = !self.never_abroad && next.origin() == self.home.origin();
        is_back && *next != self.home && !self.credentials.is_empty()
    }

    fn target(&self, location: Option<&HeaderValue>) -> Result<Url, Failure> {
        let invalid = |text: &str| Failure::new(PollClass::RedirectInvalid, text);
        let location = location.ok_or_else(|| invalid("a redirect without `Location`"))?;
        let location = ascii(location.as_bytes());
        if location.trim().is_empty() {
            return Err(invalid("a redirect with an empty `Location`"));
        }
        let next =
            self.url.join(&location).map_err(|error| invalid(&format!("a redirect to nowhere: {error}")))?;
        Ok(bare(next))
    }
}

/// Takes off what is not sent: the fragment, and user info, which goes as a header if at all.
fn bare(mut url: Url) -> Url {
    url.set_fragment(None);
    // These fail for URLs without a host, which have no user info either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Escapes what is not ASCII, so that a `Location` in whatever encoding leads where browsers go.
fn ascii(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            0..0x80 => text.push(char::from(*byte)),
            _ => write!(text, "%{byte:02X}").expect("a String takes all that is written"),
        }
    }
    text
}

/// Returns the headers that only the source's own origin may see.
fn credentials(request: &Request<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut insert = |name: HeaderName, value: &str| {
        // The configuration has checked them; what cannot be sent is left out.
        if let Ok(mut value) = HeaderValue::from_bytes(value.as_bytes()) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    };
    if let Some(basic) = basic(request.url) {
        insert(header::AUTHORIZATION, &basic);
    }
    for (name, value) in request.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            insert(name, value.expose());
        }
    }
    headers
}

fn basic(url: &Url) -> Option<String> {
    let password = url.password().unwrap_or("");
    if url.username().is_empty() && password.is_empty() {
        return None;
    }
    let mut pair = unescaped(url.username());
    pair.push(b':');
    pair.extend(unescaped(password));
    Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

/// Undoes the escapes of user info; a stray `%` stays one.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = escaped.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use proptest::prelude::*;

    const A: &str = "http://a.example/feed";

    struct Asked {
        url: Url,
        validators: Validators,
        headers: Vec<(String, Secret)>,
    }

    fn asked(url: &str) -> Asked {
        Asked {
            url: Url::parse(url).unwrap(),
            validators: Validators {
                url: A.to_owned(),
                etag: Some(b"W/\"1\"".to_vec()),
                last_modified: Some(b"2026-03-03 10:00 CET".to_vec()),
            },
            headers: vec![("X-Key".to_owned(), Secret::new("k"))],
        }
    }

    fn asked_without_user(asked: &Asked) -> String {
        bare(asked.url.clone()).into()
    }

    impl Asked {
        fn trail(&self) -> Trail<'_> {
            self.trail_at(None)
        }

        fn trail_at(&self, at: Option<&Url>) -> Trail<'_> {
            let request =
                Request { url: &self.url, validators: Some(&self.validators), headers: &self.headers };
            Trail::new(&request, at)
        }
    }

    /// Follows `(status is permanent, location)` pairs and says where that led.
    #[track_caller]
    fn check(url: &str, hops: &[(bool, &str)], expect: Result<&str, PollClass>) {
        let asked = asked(url);
        let mut trail = asked.trail();
        let got = hops.iter().try_for_each(|(permanent, location)| {
            trail.follow(Some(&HeaderValue::from_bytes(location.as_bytes()).unwrap()), *permanent, 5)
        });
        let got = got.map(|()| trail.url.as_str()).map_err(|failure| failure.class);
        assert_eq!(got, expect);
    }

    #[test]
    fn redirects_are_resolved() {
        check(A, &[], Ok(A));
        check("http://u:p@a.example/feed?q=1#top", &[], Ok("http://a.example/feed?q=1"));
        check(A, &[(true, "/other#part")], Ok("http://a.example/other"));
        check(A, &[(true, "//b.example/x"), (false, "y?z=1")], Ok("http://b.example/y?z=1"));
        check(A, &[(true, "https://evil:pw@b.example/")], Ok("https://b.example/"));
        check(A, &[(false, "/caf\u{e9}")], Ok("http://a.example/caf%C3%A9"));
        check(A, &[(false, "http://b\u{fc}cher.example/")], Ok("http://xn--bcher-kva.example/"));
        check(A, &[(false, "file:///etc/passwd")], Ok("file:///etc/passwd"));
        check(A, &[(false, "")], Err(PollClass::RedirectInvalid));
        check(A, &[(false, "http://")], Err(PollClass::RedirectInvalid));
        check(A, &[(false, "http://[::1/")], Err(PollClass::RedirectInvalid));
    }

    #[test]
    fn loops_and_long_chains_end() {
        check(A, &[(false, "#again")], Err(PollClass::RedirectLoop));
        check(A, &[(true, "/b"), (true, "/feed")], Err(PollClass::RedirectLoop));
        check(
            A,
            &[(false, "/1"), (false, "/2"), (false, "/3"), (false, "/4"), (false, "/5")],
            Ok("http://a.example/5"),
        );
        let six = [(false, "/1"), (false, "/2"), (false, "/3"), (false, "/4"), (false, "/5"), (false, "/6")];
        check(A, &six, Err(PollClass::RedirectLoop));
        let asked = asked(A);
        assert_eq!(asked.trail().follow(None, true, 5).unwrap_err().class, PollClass::RedirectInvalid);
    }

    #[track_caller]
    fn check_moved(hops: &[(bool, &str)], expect: Option<&str>) {
        let asked = asked(A);
        let mut trail = asked.trail();
        for (permanent, location) in hops {
            trail.follow(Some(&HeaderValue::from_str(location).unwrap()), *permanent, 5).unwrap();
        }
        assert_eq!(trail.moved_to.as_ref().map(Url::as_str), expect);
        assert_eq!(trail.left.len(), hops.len());
    }

    #[test]
    fn only_leading_permanent_hops_move_a_source() {
        check_moved(&[], None);
        check_moved(&[(false, "/b"), (true, "/c")], None);
        check_moved(&[(true, "/b"), (true, "/c"), (false, "/d"), (true, "/e")], Some("http://a.example/c"));
    }

    /// Says which of our headers the request after these hops carries.
    #[track_caller]
    fn check_sent(url: &str, hops: &[&str], expect: &[(&str, &str)]) {
        let asked = asked(url);
        let mut trail = asked.trail();
        for location in hops {
            trail.follow(Some(&HeaderValue::from_str(location).unwrap()), false, 5).unwrap();
        }
        let headers = trail.headers(&HeaderMap::new());
        let mut sent: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        sent.sort_unstable();
        assert_eq!(sent, expect);
    }

    #[test]
    fn validators_go_to_the_url_they_came_from() {
        let validators =
            [("a-im", "feed"), ("if-modified-since", "2026-03-03 10:00 CET"), ("if-none-match", "W/\"1\"")];
        check_sent(A, &[], &[&validators[..], &[("x-key", "k")]].concat());
        check_sent("http://a.example/old", &[], &[("x-key", "k")]);
        check_sent("http://a.example/old", &["/feed"], &[&validators[..], &[("x-key", "k")]].concat());
        check_sent("http://b.example/", &[A], &validators);
    }

    #[test]
    fn credentials_stay_at_their_origin() {
        let own = [("authorization", "Basic bTplOnMlOg=="), ("x-key", "k")];
        let url = "http://m%3ae:s%25%3a@a.example/x";
        check_sent(url, &[], &[("authorization", "Basic bTplOnMlOg=="), ("x-key", "k")]);
        check_sent(url, &["/y"], &own);
        check_sent(url, &["http://b.example/"], &[]);
        check_sent(url, &["https://a.example/"], &[]);
        check_sent(url, &["http://a.example:81/"], &[]);
        check_sent(url, &["http://b.example/", "http://a.example/z"], &[]);
    }

    /// Says what a source at its new address is sent there, and behind these redirects.
    #[track_caller]
    fn check_moved_sent(at: &str, hops: &[&str], expect: &[&str]) {
        let asked = asked("http://u:p@a.example/x");
        let mut trail = asked.trail_at(Some(&at.parse().unwrap()));
        for location in hops {
            trail.follow(Some(&HeaderValue::from_str(location).unwrap()), true, 5).unwrap();
        }
        let headers = trail.headers(&HeaderMap::new());
        let mut sent: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        sent.sort_unstable();
        assert_eq!(sent, expect, "at {at} behind {hops:?}");
    }

    #[test]
    fn a_source_that_moved_is_shown_no_secret_of_its_old_origin() {
        let known = ["a-im", "if-modified-since", "if-none-match"];
        check_moved_sent("http://a.example/y", &[], &["authorization", "x-key"]);
        check_moved_sent(A, &[], &[&known[..1], &["authorization"], &known[1..], &["x-key"]].concat());
        check_moved_sent("http://b.example/x", &[], &[]);
        check_moved_sent("https://a.example/x", &[], &[]);
        check_moved_sent("http://b.example/x", &["http://a.example/y"], &[]);
        check_moved_sent("http://b.example/x", &[A], &known);
    }

    #[test]
    fn a_source_with_secrets_does_not_move_where_another_origin_sends_it_at_home() {
        let moved = |at: Option<&str>, hops: &[&str]| {
            let asked = asked("http://u:p@a.example/x");
            let mut trail = asked.trail_at(at.map(|at| at.parse().unwrap()).as_ref());
            for location in hops {
                trail.follow(Some(&HeaderValue::from_str(location).unwrap()), true, 5).unwrap();
            }
            trail.moved_to.map(String::from)
        };
        let abroad = "http://b.example/x";
        assert_eq!(moved(None, &[abroad, "http://a.example/y", "/z"]).as_deref(), Some(abroad));
        assert_eq!(moved(Some(abroad), &["http://a.example/y"]), None);
        assert_eq!(moved(Some(abroad), &["http://a.example/x"]).as_deref(), Some("http://a.example/x"));
        assert_eq!(moved(Some(abroad), &["http://c.example/"]).as_deref(), Some("http://c.example/"));
    }

    #[test]
    fn a_configured_header_replaces_ours() {
        let mut asked = asked("http://u:p@a.example/");
        asked.headers = vec![
            ("Authorization".to_owned(), Secret::new("Bearer t")),
            ("Accept".to_owned(), Secret::new("text/plain")),
            ("no header".to_owned(), Secret::new("x")),
        ];
        let every = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("*/*"))]);
        let headers = asked.trail().headers(&every);
        assert_eq!(headers[header::AUTHORIZATION], "Bearer t");
        assert_eq!(headers[header::ACCEPT], "text/plain");
        assert_eq!(headers.len(), 2);
        assert!(format!("{headers:?}").contains("Sensitive"));
    }

    proptest! {
        #[test]
        fn any_location_leads_somewhere_or_is_invalid(bytes in proptest::collection::vec(0x20_u8..=0xfe, 0..60)) {
            let Ok(location) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
            let asked = asked("http://u:p@a.example/old");
            let mut trail = asked.trail();
            if trail.follow(Some(&location), true, 5).is_ok() {
                prop_assert!(trail.url.fragment().is_none() && trail.url.username().is_empty());
                let stays = trail.url.origin() == asked.url.origin();
                prop_assert_eq!(trail.headers(&HeaderMap::new()).contains_key("authorization"), stays);
            }
        }

        #[test]
        fn any_chain_of_redirects_keeps_secrets_at_home_and_finds_its_end(
            hops in proptest::collection::vec((0..4_usize, 0..6_u8, any::<bool>()), 0..8),
        ) {
            let origins = ["http://a.example", "https://a.example", "http://a.example:8080", "http://b.example"];
            let asked = asked("http://u:p@a.example/start");
            let mut trail = asked.trail();
            let (mut been, mut moved, mut leading, mut home) = (vec![asked_without_user(&asked)], None, true, true);
            for (origin, path, permanent) in hops {
                let next = format!("{}/{path}", origins[origin]);
                let location = HeaderValue::from_str(&next).unwrap();
                let followed = trail.follow(Some(&location), permanent, 5);
                if been.len() > 5 || been.contains(&next) {
                    prop_assert_eq!(followed.unwrap_err().class, PollClass::RedirectLoop);
                    return Ok(());
                }
                prop_assert!(followed.is_ok());
                been.push(next.clone());
                // Nobody else moves it to another place at home.
                leading &= permanent && (home || origin != 0);
                home &= origin == 0;
                if leading {
                    moved = Some(next.clone());
                }
                let headers = trail.headers(&HeaderMap::new());
                prop_assert_eq!(trail.url.as_str(), next);
                prop_assert_eq!(headers.contains_key("authorization") && headers.contains_key("x-key"), home);
                prop_assert_eq!(headers.len(), if home { 2 } else { 0 });
            }
            prop_assert_eq!(trail.moved_to.as_ref().map(Url::as_str), moved.as_deref());
        }

        #[test]
        fn user_info_survives_its_escapes(user in "[a-zA-Z0-9 %:@/é]{1,12}", password in "[ -~é]{0,12}") {
            let mut url = Url::parse(A).unwrap();
            url.set_username(&user).unwrap();
            url.set_password(Some(&password)).unwrap();
            let sent = basic(&url).unwrap();
            let pair = BASE64_STANDARD.decode(&sent["Basic ".len()..]).unwrap();
            // A `%` before two hexadecimal digits is an escape already when it is set.
            prop_assume!(!user.contains('%') && !password.contains('%'));
            prop_assert_eq!(pair, format!("{user}:{password}").into_bytes());
        }
    }
}
