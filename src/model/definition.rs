//! The parts of a configuration by kind, and the version of a topic.

use std::fmt;

use super::class::names;

names! {
    /// What a part of the configuration defines.
    DefinitionKind {
        /// A source.
        Source = "source",
        /// A topic.
        Topic = "topic",
        /// A route.
        Route = "route",
        /// A channel.
        Channel = "channel",
        /// Anything else.
        Setting = "setting",
    }
}

/// Hexadecimal digits that tell two versions of a topic apart.
const DIGITS: usize = 16;

/// The version of a topic: the fingerprint of all that decides what it finds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicVersion(Box<str>);

impl TopicVersion {
    /// Takes the version from a fingerprint.
    pub fn new(fingerprint: &str) -> Self {
        TopicVersion(fingerprint.chars().take(DIGITS).collect())
    }

    /// Returns the version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for TopicVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
