//! Turns the body of an answer into raw items, whatever it is: bytes in, items and warnings out.
//!
//! A bad feed is news, not an error: what can be read is read, and the rest is counted. Reading is
//! bounded in depth, items, text and time; who calls decides how much time there is.

mod charset;
mod date;
mod draft;
mod entities;
mod item;
mod json;
mod lenient;
mod lexer;
mod names;
pub mod text;

use std::fmt;

pub use item::{GivenItem, ItemError, item_json};
use url::Url;

use self::draft::{Draft, Setting};
use self::lenient::{Bounds, Root, Stop};
use crate::model::{PollClass, RawItem};

/// How far one body is read.
pub struct Limits<'a> {
    /// The deepest nesting that is followed.
    pub max_depth: usize,
    /// The most items that are taken, in document order.
    pub max_items: usize,
    /// The most characters of a text that are kept.
    pub max_text: usize,
    /// Says whether the time for this body is used up.
    pub expired: &'a dyn Fn() -> bool,
}

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A feed, with or without items.
    Feed,
    /// Nothing but white space.
    Empty,
    /// Something else; the text says what.
    NotAFeed(String),
    /// A feed of which nothing could be read.
    ParseError(String),
    /// Beyond the limits of depth or time.
    ParseLimit(String),
}

impl Outcome {
    /// Returns the class of a poll with this outcome.
    pub fn class(&self) -> PollClass {
        match self {
            Outcome::Feed => PollClass::Ok,
            Outcome::Empty => PollClass::Empty,
            Outcome::NotAFeed(_) => PollClass::NotAFeed,
            Outcome::ParseError(_) => PollClass::ParseError,
            Outcome::ParseLimit(_) => PollClass::ParseLimit,
        }
    }

    /// Returns what is to say about it, where it is no feed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Outcome::Feed => None,
            Outcome::Empty => Some("the body is empty"),
            Outcome::NotAFeed(reason) | Outcome::ParseError(reason) | Outcome::ParseLimit(reason) => Some(reason),
        }
    }
}

/// What was lost on the way from a feed to its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Items that could not be read.
    ItemsLost {
        /// How many.
        lost: usize,
        /// How many were read.
        kept: usize,
    },
    /// The document stops before its end.
    EndMissing,
    /// More items than are taken.
    TooManyItems {
        /// How many were taken.
        taken: usize,
        /// How many were left.
        left: usize,
    },
}

impl Warning {
    /// Returns the class under which it is counted.
    pub fn class(&self) -> PollClass {
        match self {
            Warning::ItemsLost { .. } | Warning::EndMissing | Warning::TooManyItems { .. } => PollClass::Degraded,
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::ItemsLost { lost, kept } => {
                write!(f, "{lost} of {} items could not be read", lost + kept)
            }
            Warning::EndMissing => f.write_str("the end of the document is missing"),
            Warning::TooManyItems { taken, left } => {
                write!(f, "took the first {taken} items and left {left} (`fetch.max_items`)")
            }
        }
    }
}

/// What was read from a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Extracted {
    /// What the body is.
    pub outcome: Outcome,
    /// Its items in document order.
    pub items: Vec<RawItem>,
    /// What was lost.
    pub warnings: Vec<Warning>,
    /// Whether the document stops before its end, so that its validators must not be kept.
    pub end_missing: bool,
    /// The feed's own title.
    pub title: Option<String>,
    /// The feed's language.
    pub lang: Option<String>,
}

impl Extracted {
    /// Returns the class of the poll: that of the outcome, or `degraded` where something was lost.
    pub fn class(&self) -> PollClass {
        match self.warnings.first() {
            Some(warning) if self.outcome == Outcome::Feed => warning.class(),
            Some(_) | None => self.outcome.class(),
        }
    }

    fn nothing(outcome: Outcome) -> Self {
        Extracted { outcome, items: Vec::new(), warnings: Vec::new(), end_missing: false, title: None, lang: None }
    }
}

/// What a reader made of a feed, in the terms that all formats share.
#[derive(Default)]
struct Reading {
    drafts: Vec<Draft>,
    n_lost: usize,
    n_over: usize,
    end_missing: bool,
    title: Option<String>,
    lang: Option<String>,
}

/// Reads a feed of any format. `base` is the address the body came from.
pub fn feed(body: &[u8], content_type: Option<&str>, base: &Url, limits: &Limits<'_>) -> Extracted {
    let doc = charset::decode(body, content_type);
    let doc = doc.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
    if doc.trim_end().is_empty() {
        return Extracted::nothing(Outcome::Empty);
    }
    let reading = if doc.starts_with(['{', '[']) { read_json(doc, limits) } else { read_xml(doc, limits) };
    match reading {
        Ok(reading) => finish(reading, base, limits),
        Err(outcome) => Extracted::nothing(outcome),
    }
}

fn read_json(doc: &str, limits: &Limits<'_>) -> Result<Reading, Outcome> {
    let document = json::read(doc, &limits.bounds()).map_err(|stop| limits.stopped(stop))?;
    if !document.is_feed {
        return Err(Outcome::NotAFeed(match document.error {
            Some(error) => format!("the body is neither XML nor a JSON feed: {error}"),
            None => "the body is JSON, but no JSON feed".to_owned(),
        }));
    }
    if let Some(error) = document.error.filter(|_| document.drafts.is_empty()) {
        return Err(Outcome::ParseError(format!("no item of the JSON feed could be read: {error}")));
    }
    Ok(Reading {
        drafts: document.drafts,
        n_lost: document.n_lost,
        n_over: document.n_over,
        end_missing: document.end_missing,
        title: document.title,
        lang: document.lang,
    })
}

fn read_xml(doc: &str, limits: &Limits<'_>) -> Result<Reading, Outcome> {
    let document = lenient::read(doc, &limits.bounds()).map_err(|stop| limits.stopped(stop))?;
    match document.root {
        Some(Root::Rss | Root::Atom) => (),
        Some(Root::Html) => return Err(Outcome::NotAFeed("the body is an HTML page".to_owned())),
        Some(Root::Other) if !document.drafts.is_empty() => (),
        Some(Root::Other) => return Err(Outcome::NotAFeed("the body is XML, but no feed".to_owned())),
        None => return Err(Outcome::NotAFeed("the body is neither XML nor JSON".to_owned())),
    }
    if document.drafts.is_empty() && document.n_cut > 0 {
        return Err(Outcome::ParseError("the feed ends inside its first item".to_owned()));
    }
    Ok(Reading {
        drafts: document.drafts,
        n_lost: document.n_cut,
        n_over: document.n_over,
        end_missing: document.end_missing,
        title: document.title.map(|title| text::headline(&title.value, 256)),
        lang: document.lang,
    })
}

fn finish(reading: Reading, base: &Url, limits: &Limits<'_>) -> Extracted {
    let setting = Setting { base, lang: reading.lang.as_deref(), max_text: limits.max_text };
    let mut items = Vec::with_capacity(reading.drafts.len());
    for draft in reading.drafts {
        if (limits.expired)() {
            return Extracted::nothing(limits.stopped(Stop::Expired));
        }
        items.extend(draft.finish(&setting));
    }
    let mut warnings = Vec::new();
    if reading.n_lost > 0 {
        warnings.push(Warning::ItemsLost { lost: reading.n_lost, kept: items.len() });
    }
    if reading.end_missing {
        warnings.push(Warning::EndMissing);
    }
    if reading.n_over > 0 {
        warnings.push(Warning::TooManyItems { taken: items.len(), left: reading.n_over });
    }
    Extracted {
        outcome: Outcome::Feed,
        items,
        warnings,
        end_missing: reading.end_missing,
        title: reading.title.filter(|title| !title.is_empty()),
        lang: reading.lang,
    }
}

impl Limits<'_> {
    fn bounds(&self) -> Bounds<'_> {
        Bounds { max_depth: self.max_depth, max_items: self.max_items, expired: self.expired }
    }

    fn stopped(&self, stop: Stop) -> Outcome {
        Outcome::ParseLimit(match stop {
            Stop::TooDeep => format!("nested more than {} deep (`fetch.max_depth`)", self.max_depth),
            Stop::Expired => "reading took too long (`fetch.parse_time`)".to_owned(),
        })
    }
}
