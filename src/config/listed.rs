//! The sources of `.txt` lists, a million of them in little room: the text of the lists as it was
//! read, where in it each address stands, and the ids one behind the other. A `Source` is made of
//! that when somebody asks for one.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::place::{Place, SourceFile};
use super::source::{Source, SourceKind, USUAL_WEIGHT};
use crate::model::SourceId;

/// A list of addresses as it was read.
pub(crate) struct ListFile {
    /// What may be shown of it.
    pub(crate) file: Arc<SourceFile>,
    /// The text itself, where there is something in it that may not.
    pub(crate) raw: Option<Box<str>>,
}

impl ListFile {
    /// Returns the text with all that stands in it.
    pub(crate) fn text(&self) -> &str {
        self.raw.as_deref().unwrap_or(&self.file.text)
    }
}

/// Where an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// Which of the lists.
    pub(crate) list: u16,
    /// Its first byte there.
    pub(crate) start: u32,
    /// Its bytes.
    pub(crate) len: u16,
}

impl Line {
    fn span(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + usize::from(self.len)
    }
}

/// The sources of all lists, by id.
#[derive(Default)]
pub(crate) struct Listed {
    lists: Vec<ListFile>,
    lines: Vec<Line>,
    /// All ids, one behind the other.
    ids: String,
    /// Where each of them ends.
    ends: Vec<u32>,
    backfill: Duration,
}

impl Listed {
    /// Takes lists; the sources follow by `push`, in the order of their ids.
    pub(crate) fn new(lists: Vec<ListFile>, backfill: Duration) -> Self {
        Listed { lists, backfill, ..Listed::default() }
    }

    /// Adds the source whose id comes next.
    pub(crate) fn push(&mut self, id: &str, line: Line) {
        self.ids.push_str(id);
        self.ends.push(u32::try_from(self.ids.len()).expect("the lists themselves are shorter than that"));
        self.lines.push(line);
    }

    /// Gives back the room that was taken for more.
    pub(crate) fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.lines.shrink_to_fit();
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns the id of one.
    pub(crate) fn id(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.ids[start..self.ends[at] as usize]
    }

    /// Finds the one of this id.
    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        let at = self.first_from(id);
        (at < self.len() && self.id(at) == id).then_some(at)
    }

    /// Returns the first whose id is not before this one.
    pub(crate) fn first_from(&self, id: &str) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.id(middle) < id {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Returns the address of one as it is written.
    pub(crate) fn address(&self, at: usize) -> &str {
        text_of(&self.lists, self.lines[at])
    }

    /// Makes the source.
    pub(crate) fn source(&self, at: usize) -> Source {
        let id = self.id(at);
        Source {
            id: SourceId::new(id),
            name: id.to_owned(),
            url: self.address(at).parse().expect("it was an address when the list was checked"),
            kind: SourceKind::Auto,
            interval: None,
            tags: Vec::new(),
            lang: None,
            weight: USUAL_WEIGHT,
            enabled: true,
            headers: Vec::new(),
            backfill: self.backfill,
            place: Some(place_of(&self.lists, self.lines[at])),
        }
    }
}

/// Returns what is written in a line.
pub(crate) fn text_of(lists: &[ListFile], line: Line) -> &str {
    &lists[usize::from(line.list)].text()[line.span()]
}

/// Returns where a line stands.
pub(crate) fn place_of(lists: &[ListFile], line: Line) -> Place {
    Place { file: Arc::clone(&lists[usize::from(line.list)].file), span: line.span() }
}
