//! An item to its words: the texts one after the other, their places, fields and stems.

use super::language::language;
use super::stemming::{Stemming, hash_form};
use super::stems::Stems;
use super::tokens;
use crate::model::words::{Part, Word, Words};
use crate::model::{Field, Item};

/// So many words of summary and text are the lead.
const LEAD_WORDS: usize = 40;
/// What stands after so many words of summary and text is the tail.
const BODY_WORDS: usize = 200;
/// Places between one text and the next: more than any NEAR reaches.
const GAP: u32 = 1000;

/// Returns the words of an item. Their stems are taken from those that were met before, if given.
pub(super) fn words(item: &Item, stems: Option<&Stems>) -> Words {
    let n_bytes = item.title.len() + item.summary.len() + item.text.len();
    let mut words = Words { forms: String::with_capacity(n_bytes), ..Words::default() };
    words.list.reserve(n_bytes / 5);
    tokens::push(&mut words, Part::Title, &item.title, 0);
    let title_end = words.list.len();
    push_text(&mut words, Part::Summary, &item.summary);
    let summary_end = words.list.len();
    push_text(&mut words, Part::Text, &item.text);
    words.lang = language(item.lang.as_deref(), [&item.title, &item.summary, &item.text], &words);
    hash_all(&mut words, stems);
    let (title, rest) = words.list.split_at(title_end);
    let (summary, text) = rest.split_at(summary_end - title_end);
    let n_title = title.iter().filter(|word| !word.joined).count();
    words.summary_in_text = holds_run(text, summary);
    if words.summary_in_text {
        words.list.drain(title_end..summary_end);
    }
    let n_text = set_fields(&mut words.list[title_end..], item);
    words.count = n_title + n_text;
    words
}

/// Returns the hashes of the forms of an item's words, joined ones and all.
pub(super) fn item_forms(item: &Item) -> Vec<u64> {
    let mut words = Words::default();
    for text in [&item.title, &item.summary, &item.text] {
        tokens::push(&mut words, Part::Text, text, 0);
    }
    words.list.iter().map(|word| hash_form(words.form(word))).collect()
}

/// Returns the words of a topic's term, without hashes: those depend on the item's language.
pub(super) fn term_words(text: &str) -> Words {
    let mut words = Words::default();
    tokens::push(&mut words, Part::Title, text, 0);
    words
}

fn push_text(words: &mut Words, part: Part, text: &str) {
    let place = words.list.iter().next_back().map_or(0, |word| word.end) + GAP;
    tokens::push(words, part, text, place);
}

fn hash_all(words: &mut Words, stems: Option<&Stems>) {
    let stemming = Stemming::of(&words.lang);
    for word in &mut words.list {
        let form = &words.forms[word.form.start as usize..word.form.end as usize];
        word.hash = hash_form(form);
        word.stem = match stems {
            Some(stems) => stems.of(stemming, form, word.hash),
            None => stemming.stem_hash(form),
        };
    }
}

/// Says in which field each word of summary and text stands; returns how many there are.
fn set_fields(list: &mut [Word], item: &Item) -> usize {
    let (mut count, mut parted) = (0, 0);
    for word in list {
        // A joined form stands behind its first part, and belongs where that is.
        let nth = parted + if word.joined { count.max(1) - 1 } else { count };
        word.field = match nth {
            ..LEAD_WORDS => Field::Lead,
            LEAD_WORDS..BODY_WORDS => Field::Body,
            BODY_WORDS.. => Field::Tail,
        };
        count += usize::from(!word.joined);
        parted += if word.joined { 0 } else { n_parted(word, item) };
    }
    count
}

/// Returns how many words more a printer's apostrophe makes of a word where the words of a text are
/// counted: `Kim’s` and `can’t` count as two, as they do in the reference matcher.
fn n_parted(word: &Word, item: &Item) -> usize {
    const APOSTROPHE: &str = "’";
    let text = match word.part {
        Part::Title => &item.title,
        Part::Summary => &item.summary,
        Part::Text => &item.text,
    };
    let (start, end) = (word.span.start as usize, word.span.end as usize);
    // What is not part of the form was dropped from it.
    let whole = end - start == word.form.len();
    let inside = if whole { 0 } else { text[start..end].matches(APOSTROPHE).count() };
    let behind = text.as_bytes().get(end..).unwrap_or_default();
    let rest = behind.strip_prefix(APOSTROPHE.as_bytes()).and_then(|rest| rest.strip_prefix(b"s"));
    let possessive = rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric));
    inside + usize::from(possessive)
}

/// Says whether the words of one text stand in another as one run.
fn holds_run(text: &[Word], run: &[Word]) -> bool {
    let run: Vec<u64> = run.iter().filter(|word| !word.joined).map(|word| word.hash).collect();
    if run.is_empty() {
        return false;
    }
    let back = fall_back(&run);
    let mut matched = 0;
    for word in text.iter().filter(|word| !word.joined) {
        while matched > 0 && run[matched] != word.hash {
            matched = back[matched - 1];
        }
        matched += usize::from(run[matched] == word.hash);
        if matched == run.len() {
            return true;
        }
    }
    false
}

/// For each beginning of the run, the length of its longest end that is a beginning too
/// (Knuth, Morris and Pratt): the search never looks at a word twice.
fn fall_back(run: &[u64]) -> Vec<usize> {
    let mut back = vec![0; run.len()];
    let mut length = 0;
    for at in 1..run.len() {
        while length > 0 && run[length] != run[at] {
            length = back[length - 1];
        }
        length += usize::from(run[length] == run[at]);
        back[at] = length;
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fixture::item;

    #[test]
    fn fields_count_words_of_summary_and_text_together() {
        let long = |n: usize| vec!["word"; n].join(" ");
        let item = Item { summary: "one two".into(), ..item("A title", &format!("three {}", long(300))) };
        let words = words(&item, None);
        let n = |field| words.plain().filter(|word| word.field == field).count();
        assert_eq!((n(Field::Title), n(Field::Lead), n(Field::Body), n(Field::Tail)), (2, 40, 160, 103));
        assert_eq!(words.count, 305);
    }

    #[test]
    fn a_summary_that_stands_in_the_text_is_left_out() {
        let with = |summary: &str| {
            let item = Item { summary: summary.into(), ..item("T", "One two one two three. Four five.") };
            words(&item, None)
        };
        assert!(with("One two three …").summary_in_text);
        assert!(with("").count == 8);
        assert_eq!(with("one, two one two").count, 8);
        assert!(!with("two four").summary_in_text);
        assert_eq!(with("two four").count, 10);
    }

    #[test]
    fn texts_are_far_from_each_other() {
        let words = words(&item("one", "two"), None);
        assert!(words.list[1].place - words.list[0].place > 100);
    }
}
