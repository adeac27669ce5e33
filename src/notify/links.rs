//! The addresses that a message offers: the story's page, and what its reader can do by one click.
//! Those are signed, so that only who got the message can use them; the web server asks `is_signed`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::Url;

use crate::model::Alert;

/// The addresses that a message offers; without `server.public_url` none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The story's page.
    pub story: Option<Url>,
    /// Marks the alert as useful.
    pub useful: Option<Url>,
    /// Marks the alert as noise.
    pub noise: Option<Url>,
    /// Holds the topic back for a day.
    pub hold: Option<Url>,
}

/// What a reader can do by a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Mark an alert as useful.
    Useful,
    /// Mark an alert as noise.
    Noise,
    /// Hold a topic back for a day.
    Hold,
}

impl Act {
    /// Returns the name that is signed and, for a verdict, stands in the address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Act::Useful => "useful",
            Act::Noise => "noise",
            Act::Hold => "hold",
        }
    }
}

impl Links {
    /// Makes the links of an alert under this public address; those that act only with a key.
    pub fn new(public_url: &Url, alert: &Alert, key: Option<&[u8]>) -> Self {
        let signed = |act: Act, segments: [&str; 2]| {
            let mut url = under(public_url, segments)?;
            if act != Act::Hold {
                url.query_pairs_mut().append_pair("v", act.as_str());
            }
            url.query_pairs_mut().append_pair("s", &sign(key?, act, segments[1]));
            Some(url)
        };
        Links {
            story: under(public_url, ["stories", alert.story.id.as_str()]),
            useful: signed(Act::Useful, ["f", alert.id.as_str()]),
            noise: signed(Act::Noise, ["f", alert.id.as_str()]),
            hold: signed(Act::Hold, ["s", alert.topic.as_str()]),
        }
    }
}

fn under(public_url: &Url, segments: [&str; 2]) -> Option<Url> {
    let mut url = public_url.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(segments);
    Some(url)
}

/// Signs what a link does, `id` being the alert's or the topic's.
pub fn sign(key: &[u8], act: Act, id: &str) -> String {
    let tag = keyed(key, act, id).finalize().into_bytes();
    URL_SAFE_NO_PAD.encode(&tag[..16])
}

/// Says whether we signed this, in a time that tells nothing about the right signature.
pub fn is_signed(key: &[u8], act: Act, id: &str, signature: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(signature)
        .is_ok_and(|tag| tag.len() == 16 && keyed(key, act, id).verify_truncated_left(&tag).is_ok())
}

fn keyed(key: &[u8], act: Act, id: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(act.as_str().as_bytes());
    mac.update(b" ");
    mac.update(id.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::message::tests::message;

    const KEY: &[u8] = b"a key of the operator";

    #[test]
    fn links_stand_under_the_public_address() {
        let alert = message().alert;
        for public_url in ["https://news.example.org", "https://news.example.org/"] {
            let links = Links::new(&public_url.parse().unwrap(), &alert, Some(KEY));
            assert_eq!(
                links.story.unwrap().as_str(),
                format!("https://news.example.org/stories/{}", alert.story.id)
            );
            let useful = format!("https://news.example.org/f/{}?v=useful&s=", alert.id);
            assert!(links.useful.unwrap().as_str().starts_with(&useful));
            assert!(links.hold.unwrap().as_str().starts_with("https://news.example.org/s/kim-travel?s="));
        }
        let links = Links::new(&"https://example.org/news".parse().unwrap(), &alert, None);
        assert!(links.story.unwrap().path().starts_with("/news/stories/st_"));
        assert_eq!((links.useful, links.noise, links.hold), (None, None, None));
    }

    #[test]
    fn a_signature_holds_for_one_act_on_one_thing() {
        let signature = sign(KEY, Act::Hold, "kim-travel");
        assert!(is_signed(KEY, Act::Hold, "kim-travel", &signature));
        assert!(!is_signed(KEY, Act::Noise, "kim-travel", &signature));
        assert!(!is_signed(KEY, Act::Hold, "arms-deal", &signature));
        assert!(!is_signed(b"another", Act::Hold, "kim-travel", &signature));
        for forged in ["", "AA", "not base64!", &signature[..20]] {
            assert!(!is_signed(KEY, Act::Hold, "kim-travel", forged), "{forged:?}");
        }
    }
}
