//! What the attributes of a tag mean to the survey.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::{Doubt, Field, Place};

/// feed-rs copies the address for every element within it.
pub(super) const MAX_BASE: usize = 2048;
/// The strict reader does without the base that the document came from.
pub(super) fn check_base(tag: &BytesStart<'_>) -> Result<(), Doubt> {
    match attribute(tag, "xml:base") {
        Some(base) if base.len() > MAX_BASE || !base.contains("://") => Err(Doubt::Field),
        Some(_) | None => Ok(()),
    }
}

/// A text of Atom, by its type.
pub(super) fn rich(tag: &BytesStart<'_>, field: Field) -> Result<Place, Doubt> {
    match attribute(tag, "type").as_deref() {
        None | Some("text" | "html" | "text/html") => Ok(Place::Text(field)),
        Some("xhtml") => Ok(Place::Any),
        Some(_) => Err(Doubt::Text),
    }
}

/// An address of an image has to be whole, and its type has to say that it is one.
pub(super) fn picture(tag: &BytesStart<'_>) -> Result<(), Doubt> {
    let url = attribute(tag, "url").or_else(|| attribute(tag, "href"));
    let by_medium = attribute(tag, "medium").is_some_and(|medium| medium.starts_with("image"));
    let by_type = attribute(tag, "type").is_some_and(|kind| kind.starts_with("image/"));
    let is_whole = url.is_none_or(|url| url.contains("://"));
    if is_whole && (!by_medium || by_type) { Ok(()) } else { Err(Doubt::Field) }
}

pub(super) fn attribute<'a>(tag: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    tag.attributes().flatten().find(|attribute| attribute.key.0 == name).map(|attribute| attribute.value)
}
