//! What other tools do with the same terms: any of them, as whole words or as mere letters.

use newshound::config::Topic;

/// A plain way to match the terms of a topic.
#[derive(Clone, Copy, Debug)]
pub(super) enum Baseline {
    /// A term is found where its words stand one after the other.
    WholeWords,
    /// A term is found wherever its letters stand.
    Substring,
}

impl Baseline {
    pub(super) const ALL: [Baseline; 2] = [Baseline::WholeWords, Baseline::Substring];

    pub(super) fn name(self) -> &'static str {
        match self {
            Baseline::WholeWords => "whole words, any of the terms",
            Baseline::Substring => "substring, any of the terms",
        }
    }

    /// Returns the terms of a topic that give points, as they are looked for.
    pub(super) fn terms(self, topic: &Topic) -> Vec<String> {
        let written = topic.any.iter().map(|term| term.text.split('^').next().unwrap());
        written.map(|term| self.text(term)).collect()
    }

    /// Returns a text as terms are looked for in it.
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Baseline::WholeWords => words(&text.to_lowercase()),
            Baseline::Substring => text.to_lowercase(),
        }
    }
}

/// Returns the words with a space around each.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |text, word| text + word + " ")
}
