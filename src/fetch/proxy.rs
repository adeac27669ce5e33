//! Whose fault it is that no answer came through a proxy: told as the proxy's where it is, so that
//! nobody looks for it at a source.

use url::Url;

use super::error::Failure;
use crate::config::Secret;
use crate::model::{PollClass, cause::causes};

/// How the libraries' errors about a proxy begin; their types have no name to be found by.
const ABOUT_PROXIES: [&str; 2] = ["tunnel error: ", "SOCKS error: "];

/// How those end that are about who may use it.
const ABOUT_CREDENTIALS: [&str; 4] = [
    "proxy authorization required",
    "credentials not accepted",
    "server does not support user/pass authentication",
    "server implements authentication incorrectly",
];

/// How those end that only say that there is no connection to it.
const ABOUT_REACHING_IT: &str = "failed to create underlying connection";

/// The proxy that requests go through.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    /// Its host, and its port where that is not the usual one; without credentials.
    shown: String,
    /// Whether it reads http requests, rather than only tunnels them.
    reads_http: bool,
}

impl Proxy {
    /// Reads the address of a proxy.
    pub(super) fn of(address: &Secret) -> Option<Self> {
        let url = Url::parse(address.expose()).ok()?;
        let host = url.host_str()?;
        let shown = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Proxy { shown, reads_http: matches!(url.scheme(), "http" | "https") })
    }

    /// Says why no answer came from this URL through the proxy.
    pub(super) fn failure(&self, error: &reqwest::Error, url: &Url) -> Failure {
        let failure = Failure::without_answer(error);
        let about_it = causes(error).find_map(|cause| {
            let text = cause.to_string();
            ABOUT_PROXIES.iter().find_map(|beginning| Some(text.strip_prefix(beginning)?.to_owned()))
        });
        match about_it {
            Some(what) if ABOUT_CREDENTIALS.contains(&what.as_str()) => self.wants_credentials(),
            Some(what) if what == ABOUT_REACHING_IT && failure.text.contains(&what) => {
                self.told(failure.class, "cannot be reached")
            }
            Some(what) if what == ABOUT_REACHING_IT => self.told(failure.class, &failure.text),
            Some(what) => self.told(failure.class, &format!("did not connect: {what}")),
            None if error.is_connect() && self.reads(url) => self.told(failure.class, &failure.text),
            None => failure,
        }
    }

    /// Says that time ran out on the way through it, where nobody knows on which side of it.
    pub(super) fn late(&self, failure: &Failure) -> Failure {
        Failure::new(failure.class, format!("{} through the proxy {}", failure.text, self.shown))
    }

    /// Says what a refusal that came from this URL means: 407 is the word of a proxy, unless it
    /// came from behind it.
    pub(super) fn refusal(&self, failure: Failure, status: u16, url: &Url) -> Failure {
        if status == 407 && self.reads(url) { self.wants_credentials() } else { failure }
    }

    fn reads(&self, url: &Url) -> bool {
        self.reads_http && url.scheme() == "http"
    }

    fn wants_credentials(&self) -> Failure {
        self.told(PollClass::AuthRequired, "wants other credentials than those in `fetch.proxy`")
    }

    fn told(&self, class: PollClass, what: &str) -> Failure {
        Failure::new(class, format!("the proxy {}: {what}", self.shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, shown: &str, reads_http: bool) {
        let proxy = Proxy::of(&Secret::new(address)).unwrap();
        assert_eq!((proxy.shown.as_str(), proxy.reads_http), (shown, reads_http));
    }

    #[test]
    fn a_proxy_is_shown_without_its_credentials() {
        check("http://me:secret@proxy.example:3128/", "proxy.example:3128", true);
        check("https://proxy.example", "proxy.example", true);
        check("socks5h://me:secret@[2001:db8::1]:1080", "[2001:db8::1]:1080", false);
        assert!(Proxy::of(&Secret::new("proxy")).is_none());
    }

    #[test]
    fn only_what_the_proxy_reads_can_be_its_refusal() {
        let proxy = Proxy::of(&Secret::new("http://proxy.example:3128")).unwrap();
        let refusal = |status, url: &str| {
            let failure = Failure::new(PollClass::AuthRequired, "answered");
            proxy.refusal(failure, status, &Url::parse(url).unwrap()).text
        };
        let by_the_proxy =
            "the proxy proxy.example:3128: wants other credentials than those in `fetch.proxy`";
        assert_eq!(refusal(407, "http://feeds.example/"), by_the_proxy);
        assert_eq!(refusal(407, "https://feeds.example/"), "answered");
        assert_eq!(refusal(401, "http://feeds.example/"), "answered");
    }
}
