//! Why a document is read by our own reader rather than by feed-rs.

use std::fmt;

/// Why a document is not for the strict reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// It is JSON.
    Json,
    /// It is not well-formed, or uses names that XML does not know.
    Unsound,
    /// It is larger or deeper than the strict reader is trusted with.
    Size,
    /// It is in a format that the strict reader reads partly or not at all.
    Format,
    /// An item holds a field that the strict reader would lose.
    Field,
    /// An item says a thing twice, and the readers would choose differently.
    Twice,
    /// A text is written in a way that the strict reader would change.
    Text,
    /// The strict reader failed, or found another number of items.
    Failed,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Doubt::Json => "it is JSON",
            Doubt::Unsound => "it is not well-formed",
            Doubt::Size => "it is very large or deep",
            Doubt::Format => "its format is a rare one",
            Doubt::Field => "its items have rare fields",
            Doubt::Twice => "its items have fields twice",
            Doubt::Text => "its texts are written in a rare way",
            Doubt::Failed => "the strict reader failed on it",
        })
    }
}
