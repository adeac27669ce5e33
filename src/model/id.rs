//! Points in time and the names of things: newtypes, so that one cannot be
//! passed for another, and the rule by which ids are computed.

use std::{fmt, ops, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A point in time, as milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the point in time so many milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis)
    }

    /// Returns the milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the time that passed since `earlier`; zero where there is none.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads RFC 3339.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(Timestamp::from)
    }

    /// Returns the same point in time as the date library's type, held within the years it knows.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Timestamp(time.as_millisecond())
    }
}

impl ops::Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, wait: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl ops::Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, wait: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 in UTC; with milliseconds only where there are any.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse_rfc3339(&text)
            .ok_or_else(|| serde::de::Error::custom("expected a time in RFC 3339, like 2026-03-03T10:00:00Z"))
    }
}

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text that is already such an id.
            pub fn new(text: impl Into<String>) -> Self {
                $name(text.into())
            }

            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok($name(text.to_owned()))
            }
        }
    )*};
}

text_id! {
    /// A source's id: chosen in the configuration or made from host and path.
    SourceId;
    /// A topic's id: chosen in the configuration or made from its name.
    TopicId;
    /// A channel's name, as the configuration gives it.
    ChannelName;
    /// An item's id, `it_…`.
    ItemId;
    /// A story's id, `st_…`.
    StoryId;
    /// An alert's id, `al_…`.
    AlertId;
    /// A delivery's id, `dl_…`.
    DeliveryId;
}

impl ItemId {
    /// Computes the id of the item that has this identity in this source.
    pub fn of(source: &SourceId, identity: &str) -> Self {
        ItemId(computed("it_", &[source.as_str(), identity]))
    }
}

impl StoryId {
    /// Computes the id of the story that this item began.
    pub fn of(first: &ItemId) -> Self {
        StoryId(computed("st_", &[first.as_str()]))
    }
}

impl AlertId {
    /// Computes the id of what somebody must be told once: topic × story × revision.
    pub fn of(topic: &TopicId, story: &StoryId, revision: u32) -> Self {
        AlertId(computed("al_", &[topic.as_str(), story.as_str(), &revision.to_string()]))
    }
}

impl DeliveryId {
    /// Computes the id of one alert on one channel, for mail to one recipient.
    pub fn of(alert: &AlertId, channel: &ChannelName, recipient: &str) -> Self {
        DeliveryId(computed("dl_", &[alert.as_str(), channel.as_str(), recipient]))
    }
}

/// Returns the prefix and 100 bits of SHA-256 over the parts, in Crockford's base 32.
///
/// Each part goes in behind its length, so that `["ab", "c"]` and `["a", "bc"]` differ.
fn computed(prefix: &str, parts: &[&str]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    let mut id = String::from(prefix);
    for at in 0..20 {
        let bit = at * 5;
        let pair = u16::from(digest[bit / 8]) << 8 | u16::from(digest[bit / 8 + 1]);
        id.push(char::from(ALPHABET[usize::from(pair >> (11 - bit % 8)) & 31]));
    }
    id
}

/// Returns 128 bits of SHA-256 over the bytes, as 32 hexadecimal digits.
pub fn fingerprint(bytes: &[u8]) -> String {
    fingerprint_of([bytes])
}

/// The same over several stretches of bytes, as if they were one.
pub fn fingerprint_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    parts.into_iter().for_each(|part| hasher.update(part));
    hasher.finalize().iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        text.extend([byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)])));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_every_part_and_on_where_it_ends() {
        let id = |source: &str, identity: &str| ItemId::of(&SourceId::new(source), identity);
        assert_eq!(id("a", "bc"), id("a", "bc"));
        assert_ne!(id("a", "bc"), id("ab", "c"));
        assert!(id("a", "bc").as_str().starts_with("it_"));
        assert_eq!(id("a", "bc").as_str().len(), 23);
    }

    #[test]
    fn fingerprints_are_the_published_hash() {
        assert_eq!(fingerprint(b"abc"), "ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn times_show_as_rfc3339_and_survive_the_ends_of_the_calendar() {
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(
            Timestamp::parse_rfc3339("2026-03-03T10:00:00+01:00").map(|t| t.to_string()).as_deref(),
            Some("2026-03-03T09:00:00Z")
        );
        assert!(Timestamp::from_millis(i64::MAX).to_string().starts_with("9999"));
    }
}
