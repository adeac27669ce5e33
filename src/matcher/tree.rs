//! What a topic is compiled to: expressions that give points, over nodes that occur.
//!
//! A node occurs at places of an item; an expression makes points of that. Both forms of a topic
//! come to this same tree.

use std::collections::HashSet;

use crate::model::{Field, TopicId};

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Fields(u8);

impl Fields {
    pub(super) const TITLE: Fields = Fields(0b0001);
    pub(super) const LEAD: Fields = Fields(0b0010);
    /// What follows the lead.
    pub(super) const BODY: Fields = Fields(0b1100);
    /// All but the title.
    pub(super) const TEXT: Fields = Fields(0b1110);
    pub(super) const ALL: Fields = Fields(0b1111);

    /// Returns the name of the set, unless it is all of them.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Fields::TITLE => Some("title"),
            Fields::LEAD => Some("lead"),
            Fields::BODY => Some("body"),
            Fields::TEXT => Some("text"),
            _ => None,
        }
    }

    pub(super) fn hold(self, field: Field) -> bool {
        let bit = match field {
            Field::Title => 0b0001,
            Field::Lead => 0b0010,
            Field::Body => 0b0100,
            Field::Tail => 0b1000,
        };
        self.0 & bit != 0
    }
}

/// Names a phrase of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PhraseId(pub(super) u32);

/// What occurs in an item.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A word or phrase, within some fields.
    Phrase { id: PhraseId, fields: Fields, label: u32 },
    /// Any of these.
    Or(Vec<Node>),
    /// All of these, if each of them occurs.
    And(Vec<Node>),
    /// One near the other.
    Near(Box<Near>),
    /// The one, if the other holds for the item.
    With { node: Box<Node>, other: Box<Expr> },
    /// The one, where it is not inside the other.
    ButNot { node: Box<Node>, other: Box<Node> },
    /// A node that occurs so often at least.
    AtLeast { node: Box<Node>, least: usize },
}

/// Two nodes near each other.
#[derive(Clone, Debug)]
pub(super) struct Near {
    pub(super) a: Node,
    pub(super) b: Node,
    /// How far apart at most; neighbours are 1 apart.
    pub(super) within: u32,
    /// Whether `a` must come first.
    pub(super) ordered: bool,
}

/// A node whose occurrences give points: what evidence has a line for.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) node: Node,
    pub(super) weight: f64,
}

/// What holds for an item or not, and gives points or is a mere condition.
///
/// A condition is a `Condition`, a `Not`, and a `Sum` or `All` of nothing but conditions.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// The points of one member; holds where it occurs.
    Term(Member),
    /// The sum of the points, if so many of the parts hold.
    Sum { parts: Vec<Expr>, least: usize },
    /// The points of the weakest part, if all hold. Conditions among them only have to hold.
    All(Vec<Expr>),
    /// A condition: that this does not hold.
    Not(Box<Expr>),
    /// A condition on what the item is, whatever its words.
    Condition(Condition),
}

/// A value that a property of the item must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) property: Property,
    /// In lower case; `*` and `?` stand for any characters and for one.
    pub(super) value: String,
}

/// What a condition asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    /// The id of the source, whole.
    Source,
    /// The language, whole.
    Lang,
    /// A part of the address.
    Url,
    /// A part of the author's name.
    Author,
    /// A part of a tag of the item or of its source.
    Tag,
}

impl Property {
    /// Returns the name as it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Property::Source => "source",
            Property::Lang => "lang",
            Property::Url => "url",
            Property::Author => "author",
            Property::Tag => "tag",
        }
    }
}

/// A compiled topic.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) id: TopicId,
    pub(super) threshold: f64,
    pub(super) weights: FieldWeights,
    /// All must have points, or hold where they are conditions; the weakest decides.
    pub(super) groups: Vec<Expr>,
    /// Their points are added.
    pub(super) evidence: Vec<Expr>,
    /// Their points are taken away.
    pub(super) less: Vec<Member>,
    /// One that holds vetoes.
    pub(super) none: Vec<Expr>,
    /// Words inside these do not count.
    pub(super) ignore: Vec<Node>,
    /// Ids and `tag:…` of sources, of which one must fit.
    pub(super) sources: Vec<String>,
    /// Languages, of which one must fit.
    pub(super) languages: Vec<String>,
    /// The terms as written; phrases name theirs by its number.
    pub(super) labels: Vec<String>,
}

/// What an occurrence counts, by its field.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldWeights {
    title: f64,
    lead: f64,
    body: f64,
    tail: f64,
}

impl FieldWeights {
    /// The usual weights, or those of a topic for which any mention counts.
    pub(super) fn new(mention: bool) -> Self {
        let (body, tail) = if mention { (1.0, 1.0) } else { (0.5, 0.25) };
        FieldWeights { title: 3.0, lead: 1.2, body, tail }
    }

    /// Says whether they are those of a topic for which any mention counts.
    pub(super) fn is_mention(self) -> bool {
        self.body >= 1.0
    }

    pub(super) fn of(&self, field: Field) -> f64 {
        match field {
            Field::Title => self.title,
            Field::Lead => self.lead,
            Field::Body => self.body,
            Field::Tail => self.tail,
        }
    }
}

impl Expr {
    /// Returns what holds where a node occurs.
    pub(super) fn of(node: Node) -> Expr {
        Expr::Term(Member { node, weight: 1.0 })
    }

    /// Says whether this only holds or not, and never gives points.
    pub(super) fn is_condition(&self) -> bool {
        match self {
            Expr::Term(_) => false,
            Expr::Sum { parts, .. } | Expr::All(parts) => {
                !parts.is_empty() && parts.iter().all(Expr::is_condition)
            }
            Expr::Not(_) | Expr::Condition(_) => true,
        }
    }

    /// Returns the parts that are the same phrase as one before them: each gives points.
    pub(super) fn twice(parts: &[Expr]) -> Vec<usize> {
        let mut seen = HashSet::new();
        let phrase = |part: &Expr| match part {
            Expr::Term(Member { node: Node::Phrase { id, fields, .. }, .. }) => Some((*id, *fields)),
            Expr::Term(_) | Expr::Sum { .. } | Expr::All(_) | Expr::Not(_) | Expr::Condition(_) => None,
        };
        let repeated = |part: &Expr| phrase(part).is_some_and(|phrase| !seen.insert(phrase));
        let repeated: Vec<bool> = parts.iter().map(repeated).collect();
        (0..parts.len()).filter(|at| repeated[*at]).collect()
    }

    /// Says whether words alone decide, and the lack of them nowhere.
    pub(super) fn is_of_words(&self) -> bool {
        match self {
            Expr::Term(_) => true,
            Expr::Sum { parts, .. } | Expr::All(parts) => parts.iter().all(Expr::is_of_words),
            Expr::Not(_) | Expr::Condition(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_hold_what_their_names_say() {
        let fields = [Field::Title, Field::Lead, Field::Body, Field::Tail];
        let held = |set: Fields| fields.map(|field| set.hold(field));
        assert_eq!(held(Fields::TITLE), [true, false, false, false]);
        assert_eq!(held(Fields::BODY), [false, false, true, true]);
        assert_eq!(held(Fields::TEXT), [false, true, true, true]);
        assert_eq!(held(Fields::ALL), [true; 4]);
    }
}
