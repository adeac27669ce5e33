//! A query as it was read: what stands in what, and where.

use std::ops::Range;

use super::super::tree::{Fields, Property};

/// A part of a query.
#[derive(Clone, Debug)]
pub(super) struct Ast {
    /// Its bytes within the query.
    pub(super) span: Range<usize>,
    pub(super) what: What,
    /// How deep it goes.
    pub(super) depth: usize,
    /// Whether it only holds or not, and occurs nowhere.
    pub(super) is_condition: bool,
}

/// What a part of a query is.
#[derive(Clone, Debug)]
pub(super) enum What {
    Or(Vec<Ast>),
    And(Vec<Ast>),
    Not(Box<Ast>),
    Near { sides: Box<[Ast; 2]>, within: u32, ordered: bool },
    ButNot(Box<[Ast; 2]>),
    With(Box<[Ast; 2]>),
    AtLeast { least: u32, inner: Box<Ast> },
    Field { field: Field, inner: Box<Ast> },
    Weighted { weight: f64, inner: Box<Ast> },
    Term(Term),
}

/// A word or phrase.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) text: String,
    pub(super) exact: bool,
    /// Whether it stands in quotes.
    pub(super) quoted: bool,
}

/// What a name and a colon bind to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// A part of the text.
    Text(Fields),
    /// A property of the item.
    Property(Property),
}

impl Field {
    /// All of them, by name.
    pub(super) const ALL: [(&'static str, Field); 9] = [
        ("title", Field::Text(Fields::TITLE)),
        ("lead", Field::Text(Fields::LEAD)),
        ("body", Field::Text(Fields::BODY)),
        ("text", Field::Text(Fields::TEXT)),
        ("source", Field::Property(Property::Source)),
        ("lang", Field::Property(Property::Lang)),
        ("url", Field::Property(Property::Url)),
        ("author", Field::Property(Property::Author)),
        ("tag", Field::Property(Property::Tag)),
    ];
}

impl Ast {
    /// Returns a part of what was read.
    pub(super) fn new(span: Range<usize>, what: What) -> Self {
        let parts = what.parts();
        let depth = 1 + parts.iter().map(|part| part.depth).max().unwrap_or(0);
        let is_condition = match &what {
            What::Or(parts) | What::And(parts) => parts.iter().all(|part| part.is_condition),
            What::Not(_) | What::Field { field: Field::Property(_), .. } => true,
            What::Field { inner, .. } | What::Weighted { inner, .. } => inner.is_condition,
            What::Near { .. } | What::ButNot(_) | What::With(_) | What::AtLeast { .. } | What::Term(_) => {
                false
            }
        };
        Ast { span, what, depth, is_condition }
    }

    /// Calls `each` for all words and phrases that are looked for in the text.
    pub(super) fn for_terms(&self, each: &mut impl FnMut(&Term)) {
        if matches!(self.what, What::Field { field: Field::Property(_), .. }) {
            return;
        }
        if let What::Term(term) = &self.what {
            each(term);
        }
        for part in self.what.parts() {
            part.for_terms(each);
        }
    }

    /// Says whether it counts as one term, whose weight is its own.
    pub(super) fn is_single(&self) -> bool {
        match &self.what {
            What::Or(_) | What::And(_) | What::Not(_) => false,
            What::Field { inner, .. } | What::Weighted { inner, .. } => inner.is_single(),
            What::Near { .. } | What::ButNot(_) | What::With(_) | What::AtLeast { .. } | What::Term(_) => {
                true
            }
        }
    }
}

impl What {
    /// Returns what it is made of.
    fn parts(&self) -> &[Ast] {
        match self {
            What::Or(parts) | What::And(parts) => parts,
            What::Near { sides, .. } | What::ButNot(sides) | What::With(sides) => sides.as_slice(),
            What::Not(inner)
            | What::AtLeast { inner, .. }
            | What::Field { inner, .. }
            | What::Weighted { inner, .. } => std::slice::from_ref(inner),
            What::Term(_) => &[],
        }
    }
}
