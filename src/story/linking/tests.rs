//! Tests of linking, through the shelf.

use std::time::Duration;

use proptest::prelude::*;

use crate::model::{ItemId, Sketch, SourceId, Term, Timestamp};
use crate::story::{Arrival, Counts, Event, EventKind, Placed, Settings, Shelf, Story};

const NOON: Timestamp = Timestamp::from_millis(43_200_000);
const HOUR: Duration = Duration::from_hours(1);

/// Returns what is compared of an item with these words.
fn words(words: impl IntoIterator<Item = u32>) -> Sketch {
    let mut hashes: Vec<u32> = words.into_iter().map(|word| word.wrapping_mul(2_654_435_761)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let terms: Vec<Term> =
        hashes.into_iter().map(|hash| Term { hash, count: 1.0, is_number: false }).collect();
    Sketch { n_terms: u32::try_from(terms.len()).unwrap(), n_words: 100, terms, ..Sketch::default() }
}

fn take(shelf: &mut Shelf, counts: &mut Counts, (id, sketch, at): (usize, &Sketch, Timestamp)) -> Placed {
    let (item, source) = (ItemId::new(format!("it_{id}")), SourceId::new("a"));
    let title = "A title of some words";
    shelf.take(counts, Arrival { item: &item, source: &source, title, published: None, sketch, at })
}

/// Puts items on a shelf, each with its hour, and returns their stories and what happened.
fn placed(items: &[(u64, Sketch)]) -> (Vec<i64>, Vec<Event>) {
    let (mut shelf, mut counts) = (Shelf::new(Settings::default(), 0, 0), Counts::empty());
    (1000..1500).for_each(|word| counts.note([word]));
    let mut stories = Vec::new();
    for (id, (hour, sketch)) in items.iter().enumerate() {
        let at = NOON + HOUR * u32::try_from(*hour).unwrap();
        stories.push(take(&mut shelf, &mut counts, (id, sketch, at)).story);
    }
    (stories, shelf.into_changes().events)
}

#[track_caller]
fn check(items: &[(u64, Sketch)], stories: &[i64], events: &[(EventKind, i64, i64)]) {
    let (found, happened) = placed(items);
    let happened: Vec<_> = happened.iter().map(|event| (event.kind, event.story, event.other)).collect();
    assert_eq!((found.as_slice(), happened.as_slice()), (stories, events));
}

#[test]
fn what_has_words_in_common_is_one_story() {
    check(&[(0, words(0..20)), (1, words(10..30)), (2, words(40..60))], &[0, 0, 1], &[]);
}

#[test]
fn one_word_in_common_is_none() {
    check(&[(0, words(0..8)), (1, words([0, 20, 21]))], &[0, 1], &[]);
    check(&[(0, words(0..8)), (1, words([0, 1, 20, 21]))], &[0, 0], &[]);
}

#[test]
fn a_story_takes_nothing_after_its_window() {
    check(&[(0, words(0..20)), (72, words(0..20)), (145, words(0..20))], &[0, 0, 1], &[]);
}

#[test]
fn a_story_of_ten_days_goes_on_as_another_that_takes_what_follows() {
    let days = |n: u64| (0..n).map(|day| (day * 24, words(0..20)));
    let stories: Vec<i64> = (0..16).map(|day| i64::from(day > 10)).collect();
    check(&days(16).collect::<Vec<_>>(), &stories, &[(EventKind::Split, 1, 0)]);
}

#[test]
fn a_full_story_goes_on_as_another() {
    let items: Vec<_> = (0..520).map(|_| (0, words(0..20))).collect();
    let stories: Vec<i64> = (0..520).map(|at| i64::from(at >= 500)).collect();
    check(&items, &stories, &[(EventKind::Split, 1, 0)]);
}

#[test]
fn stories_that_turn_out_to_be_one_go_on_as_the_older() {
    let (left, right, both) = (words(0..20), words(20..40), words((5..20).chain(20..35)));
    // Both know half of what is told now, and become more alike with each article that joins one.
    let items = [(0, left), (1, right.clone()), (2, both.clone()), (3, both.clone()), (4, both), (5, right)];
    let (stories, events) = placed(&items);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((events[0].kind, events[0].story, events[0].other), (EventKind::Merged, 0, 1));
    assert_eq!((stories[1], stories[4], stories[5]), (1, 0, 0));
}

#[test]
fn what_is_over_is_forgotten_and_keeps_its_place() {
    let (mut shelf, mut counts) = (Shelf::new(Settings::default(), 0, 0), Counts::empty());
    (1000..1500).for_each(|word| counts.note([word]));
    let sketch = words(0..20);
    let first = take(&mut shelf, &mut counts, (0, &sketch, NOON));
    shelf.forget(NOON + HOUR * 72);
    assert!(!shelf.story(first.story).unwrap().centroid.is_empty());
    shelf.forget(NOON + HOUR * 73);
    assert!(shelf.story(first.story).unwrap().centroid.is_empty());
    let next = take(&mut shelf, &mut counts, (1, &sketch, NOON + HOUR * 73));
    assert_ne!(next.story, first.story);
}

/// Returns a shelf with what the store would look up for an item.
fn looked_up(full: &[Story], by_word: &[(u32, i64)], (last, counts): (&Sketch, &Counts)) -> Shelf {
    let sought = Shelf::sought(last, counts);
    let next = full.iter().map(|story| story.number + 1).max().unwrap_or(0);
    let mut shelf = Shelf::new(Settings::default(), 10_000, next);
    // In any order: here the other way round.
    let found = by_word.iter().rev().filter(|(word, _)| sought.contains(word));
    found.for_each(|(word, story)| shelf.put_word(*word, *story));
    let mut wanted = shelf.compared(last, counts);
    while let Some(number) = wanted.pop() {
        let story = full.iter().find(|story| story.number == number).unwrap();
        wanted.extend(story.merged_into);
        shelf.put_story(story.clone());
    }
    shelf
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_the_store_looks_up_gives_the_same_story(
        items in prop::collection::vec((0_u64..200, prop::collection::vec(0_u32..90, 3..30)), 2..60),
    ) {
        let (mut shelf, mut counts) = (Shelf::new(Settings::default(), 0, 0), Counts::empty());
        let mut items: Vec<(u64, Sketch)> =
            items.into_iter().map(|(hour, of)| (hour, words(of))).collect();
        items.sort_by_key(|(hour, _)| *hour);
        let (_, last) = items.pop().unwrap();
        let at = |hour: u64| NOON + HOUR * u32::try_from(hour).unwrap();
        for (id, (hour, sketch)) in items.iter().enumerate() {
            take(&mut shelf, &mut counts, (id, sketch, at(*hour)));
        }
        let mut again = counts.clone();
        let placed = take(&mut shelf, &mut counts, (10_000, &last, at(200)));
        // What is known before the last item, from a second run of the same.
        let (mut before, mut old) = (Shelf::new(Settings::default(), 0, 0), Counts::empty());
        for (id, (hour, sketch)) in items.iter().enumerate() {
            take(&mut before, &mut old, (id, sketch, at(*hour)));
        }
        let known = before.into_changes();
        let mut fresh = looked_up(&known.stories, &known.words, (&last, &again));
        let other = take(&mut fresh, &mut again, (10_000, &last, at(200)));
        prop_assert_eq!(placed.story, other.story);
        prop_assert_eq!(placed.is_first, other.is_first);
        prop_assert_eq!(&placed.new_facts, &other.new_facts);
        let story = |shelf: &Shelf| shelf.story(other.story).cloned().map(|story| (story.centroid, story.merged_into));
        prop_assert_eq!(story(&shelf), story(&fresh));
    }
}
