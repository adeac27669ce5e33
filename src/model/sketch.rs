//! What of an item is compared with other items, to find its copies and the story it belongs to.
//! Made once for an item, of its words.

/// What of an item is compared with others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// Hashes of runs of words, in ascending order, each once.
    pub shingles: Vec<Shingle>,
    /// How many words summary and text have.
    pub n_words: u32,
    /// The hash of the title's words, without the name of the site; `None` where there are too few
    /// of them to say anything.
    pub title: Option<Shingle>,
    /// The hash of the numbers in the title; 0 where there are none.
    pub numbers: u64,
    /// The stems of title and text, in ascending order of their hashes, each once.
    pub terms: Vec<Term>,
    /// How many words the terms were taken from.
    pub n_terms: u32,
    /// The agency it credits, as a lower-case name.
    pub agency: Option<String>,
}

/// The hash of a run of words. 48 bits, so that it is small in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shingle(pub u64);

/// A stem or a number of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// The hash of the stem.
    pub hash: u32,
    /// How often it occurs, the title counted twice.
    pub count: f32,
    /// Whether it is a number.
    pub is_number: bool,
}
