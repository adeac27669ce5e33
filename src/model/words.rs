//! An item's words: what the matcher and the story finder both read.
//!
//! Made once for an item: each word in its normalised form, with its stem, its place in the
//! item and the bytes it came from, so that a reason can show the original text.

use std::ops::Range;

use super::item::Field;

/// All the words of one item, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The language they are read in: a primary BCP 47 subtag, like `en`.
    pub lang: String,
    /// The normalised forms, one after the other; words refer into it.
    pub forms: String,
    /// The words. A joined form stands behind the first of its parts.
    pub list: Vec<Word>,
    /// How many words the item has; joined forms do not count.
    pub count: usize,
    /// Whether the summary stands in the text as well, so that its words are not here.
    pub summary_in_text: bool,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The hash of the normalised form.
    pub hash: u64,
    /// The hash of the stem, which is the form itself where nothing is stemmed.
    pub stem: u64,
    /// The normalised form, as bytes of `Words::forms`.
    pub form: Range<u32>,
    /// Its place: neighbours are 1 apart, and the title is far from the text.
    pub place: u32,
    /// The place after it; a joined form covers the places of its parts.
    pub end: u32,
    /// Where it counts as standing.
    pub field: Field,
    /// The text of the item it came from.
    pub part: Part,
    /// Its bytes within that text.
    pub span: Range<u32>,
    /// How it was written.
    pub case: Case,
    /// Whether it is the joined form of the parts at the same places.
    pub joined: bool,
}

/// The text of an item a word came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The title.
    Title,
    /// The summary.
    Summary,
    /// The text.
    Text,
}

/// How a word was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Without a capital at its start.
    Lower,
    /// With a capital at its start.
    Capital,
    /// With two letters or more, all of them capitals.
    Capitals,
}

impl Words {
    /// Returns the normalised form of a word of this list.
    pub fn form(&self, word: &Word) -> &str {
        &self.forms[word.form.start as usize..word.form.end as usize]
    }

    /// Returns the words as they stand in the item, without the joined forms.
    pub fn plain(&self) -> impl Iterator<Item = &Word> {
        self.list.iter().filter(|word| !word.joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(form: Range<u32>, joined: bool) -> Word {
        Word {
            hash: 0,
            stem: 0,
            form,
            place: 0,
            end: 1,
            field: Field::Title,
            part: Part::Title,
            span: 0..0,
            case: Case::Lower,
            joined,
        }
    }

    #[test]
    fn plain_words_leave_joined_forms_out() {
        let words = Words {
            forms: "f16".into(),
            list: vec![word(0..1, false), word(0..3, true), word(1..3, false)],
            ..Words::default()
        };
        let forms: Vec<&str> = words.plain().map(|word| words.form(word)).collect();
        assert_eq!(forms, ["f", "16"]);
    }
}
