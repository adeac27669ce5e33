//! What of an item is compared with other items, to find its copies and the story it belongs to.
//! Made once for an item, of its words.

/// What of an item is compared with others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// Hashes of runs of words, in ascending order, each once.
    pub shingles: Vec<Shingle>,
    /// How many words summary and text have; two signs of a script without spaces are about one.
    pub n_words: u32,
    /// The hash of the title's words, without the name of the site; `None` where there are too few
    /// of them to say anything.
    pub title: Option<Shingle>,
    /// The numbers in the title, each as a bit at the place that its hash says.
    pub numbers: u64,
    /// The numbers in the title and the opening words of the text, in the same way.
    pub figures: u64,
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
