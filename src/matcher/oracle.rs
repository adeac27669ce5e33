//! The matcher without its index, as plain as can be: every phrase at every word, every topic.
//! What the index finds must be the same.

use proptest::prelude::*;
use proptest::sample::select;

use super::fixture::{item, place, term, terms, topic};
use super::index::{Occurrence, Occurrences};
use super::occur::Reading;
use super::phrases::{Shape, TermWord, Variants};
use super::score::{Assessed, assess};
use super::stemming::Stemming;
use super::tokens::narrow;
use super::tree::PhraseId;
use super::{Frequencies, Matcher, words};
use crate::config::{Near, Query, Term, Topic};
use crate::model::words::{Case, Word, Words};
use crate::model::{Item, Score};

/// Words of terms and texts: of all scripts, inflected, joined, in capitals.
const WORDS: &[&str] = &[
    "arms",
    "arm",
    "deal",
    "deals",
    "dealing",
    "Kim",
    "Jong-un",
    "Jongun",
    "Jong",
    "Un",
    "US",
    "us",
    "U.S.",
    "WHO",
    "who",
    "the",
    "of",
    "travels",
    "traveller",
    "Travelling",
    "Salzburg",
    "Hamburger",
    "F-16",
    "F16",
    "co-operation",
    "cooperation",
    "they’re",
    "AT&T",
    "#KimJongUn",
    "Киев",
    "Киева",
    "Владивостоке",
    "Владивосток",
    "оружия",
    "김정은",
    "김정은이",
    "방문",
    "방문했다",
    "북·러",
    "무기",
    "거래",
    "金正恩氏",
    "金正恩",
    "訪露",
    "북",
    "북러",
    "1,000",
    "Ärger",
    "naïve",
    "O'Neill",
    "coat",
    "open",
    "vladivostok",
    "transports",
];
const PATTERNS: &[&str] = &[
    "trav*",
    "arm?",
    "*burg*",
    "*burg",
    "deal*",
    "coop*tion",
    "tra*el*",
    "Влад*",
    "*востоке",
    "hamb*er",
    "jon?un",
];

fn oracle<'m>(matcher: &'m Matcher, item: &Item) -> Vec<(Assessed<'m>, Score)> {
    let words = words(item);
    let variants = matcher.index.variants();
    let occurrences = occurrences(variants, &words);
    let reading = Reading { item, words: &words, occurrences: &occurrences, source_tags: &[] };
    let assessed =
        matcher.trees.iter().map(|tree| (assess(tree, &reading), assess(tree, &reading).told(&reading)));
    assessed.filter(|(assessed, _)| assessed.concerns()).collect()
}

fn occurrences(variants: &Variants, words: &Words) -> Occurrences {
    let plain = Plain { variants, words, stemming: Stemming::of(&words.lang) };
    let mut all: Vec<Occurrence> = Vec::new();
    for id in 0..narrow(variants.n_phrases()) {
        let phrase = PhraseId(id);
        let mut stretches: Vec<(usize, usize)> = Vec::new();
        for number in variants.numbers().filter(|number| variants.phrase(*number) == phrase) {
            for first in 0..words.list.len() {
                let last = plain.last(variants.words(number), variants.is_exact(number), first);
                stretches.extend(last.map(|last| (first, last)));
            }
        }
        stretches.sort_unstable();
        stretches.dedup_by_key(|(first, last)| (words.list[*first].place, words.list[*last].end));
        let found = stretches.into_iter();
        all.extend(found.map(|(first, last)| Occurrence {
            phrase,
            first: narrow(first),
            last: narrow(last),
        }));
    }
    Occurrences::new(all)
}

struct Plain<'a> {
    variants: &'a Variants,
    words: &'a Words,
    stemming: Stemming,
}

impl Plain<'_> {
    fn last(&self, phrase: &[u32], exact: bool, first: usize) -> Option<usize> {
        let (id, rest) = phrase.split_first()?;
        if !self.equal(self.variants.vocabulary.word(*id), exact, first) {
            return None;
        }
        if rest.is_empty() {
            return Some(first);
        }
        let end = self.words.list[first].end;
        let next = (first + 1..self.words.list.len()).filter(|next| self.words.list[*next].place == end);
        next.into_iter().find_map(|next| self.last(rest, exact, next))
    }

    fn equal(&self, own: &TermWord, exact: bool, at: usize) -> bool {
        let form = self.variants.vocabulary.form(own);
        let word = &self.words.list[at];
        let read = self.words.form(word);
        let stem = |form: &str| self.stemming.stem(form).into_owned();
        if own.capitals && word.case != Case::Capitals {
            false
        } else if own.shape == Shape::Pattern {
            let parts = self.words.list.iter().filter(|part| !part.joined);
            let mut parts = parts.filter(|part| part.place >= word.place && part.end <= word.end);
            let fits = |word: &Word| fits(form, self.words.form(word));
            fits(word) && !(word.joined && parts.any(fits))
        } else if own.shape == Shape::Hangul && !exact {
            let told = word.joined && self.words.form(&self.words.list[at - 1]).starts_with(form);
            !told && read.starts_with(form)
        } else if exact || (own.name && self.stemming.is_english(form)) {
            read == form
        } else if own.name && self.stemming.mistakes_ending(form) {
            read == form || stem(read) == form
        } else {
            stem(read) == stem(form)
        }
    }
}

/// `*` takes nothing, or one more.
fn fits(pattern: &str, text: &str) -> bool {
    let (mut signs, mut chars) = (pattern.chars(), text.chars());
    match (signs.next(), chars.next()) {
        (None, c) => c.is_none(),
        (Some('*'), None) => fits(signs.as_str(), text),
        (Some('*'), Some(_)) => fits(signs.as_str(), text) || fits(pattern, chars.as_str()),
        (Some(_), None) => false,
        (Some(sign), Some(c)) => (sign == '?' || sign == c) && fits(signs.as_str(), chars.as_str()),
    }
}

fn texts(most: usize) -> impl Strategy<Value = String> {
    let word = prop_oneof![12 => select(WORDS), 1 => select(&[".", ",", "-", "(", "\n"][..])];
    proptest::collection::vec(word, 0..most).prop_map(|words| words.join(" "))
}

fn phrase() -> impl Strategy<Value = String> {
    let words = proptest::collection::vec(select(WORDS), 1..4).prop_map(|words| words.join(" "));
    let mark = select(&["", "", "", "", "=", "title:", "lead:"][..]);
    let weight = select(&["", "", "", "^0.5", "^2"][..]);
    (mark, words, weight).prop_map(|(mark, words, weight)| format!("{mark}{words}{weight}"))
}

fn some_terms(most: usize) -> impl Strategy<Value = Vec<Term>> {
    let with = prop_oneof![5 => Just(None), 1 => select(WORDS).prop_map(Some)];
    let of = (phrase(), with).prop_map(|(phrase, with)| {
        let with = with.map(|word| terms(&[word])).unwrap_or_default();
        Term { with, ..term(&phrase) }
    });
    proptest::collection::vec(of, 0..=most)
}

/// Parts of a query, put together by operators.
fn queries() -> impl Strategy<Value = String> {
    let quoted =
        proptest::collection::vec(select(WORDS), 1..4).prop_map(|words| format!("\"{}\"", words.join(" ")));
    let leaf = prop_oneof![
        4 => select(WORDS).prop_map(|word| format!("\"{word}\"")),
        2 => select(PATTERNS).prop_map(str::to_owned),
        2 => quoted,
        1 => select(WORDS).prop_map(|word| format!("=\"{word}\"")),
        1 => select(WORDS).prop_map(|word| format!("ATLEAST/2 \"{word}\"")),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let operator = select(&["OR", "OR", "AND", "AND", "NEAR/4", "W/3", "BUTNOT", "WITH", "AND NOT"][..]);
        (inner.clone(), operator, inner).prop_map(|(a, operator, b)| format!("({a} {operator} {b})"))
    })
}

fn topics() -> impl Strategy<Value = Topic> {
    let near = (some_terms(2), some_terms(2), 1..8_u32, any::<bool>());
    let near = near.prop_filter("both sides", |(a, b, ..)| !a.is_empty() && !b.is_empty());
    let near = near.prop_map(|(a, b, within, ordered)| Near {
        a,
        b,
        within,
        ordered,
        weight: 1.0,
        place: place("near"),
    });
    let lists = (
        some_terms(4),
        proptest::collection::vec(some_terms(2), 0..3),
        proptest::collection::vec(near, 0..2),
    );
    let rare = |most: usize| prop_oneof![3 => Just(Vec::new()), 1 => some_terms(most)];
    let negative = (rare(2), rare(2), rare(2));
    let asked = prop_oneof![1 => Just(None), 1 => queries().prop_map(Some)];
    (lists, negative, asked, 1..3_u32, any::<bool>()).prop_map(
        |(lists, negative, asked, min_terms, mention)| {
            let (any, all, near) = lists;
            let (none, ignore, less) = negative;
            let all = all.into_iter().filter(|group| !group.is_empty()).collect();
            let min_terms = min_terms.min(narrow(any.len())).max(1);
            let query = asked.map(|text| Query { place: place(&text), text });
            Topic { any, all, none, ignore, less, near, query, min_terms, mention, ..topic(&[]) }
        },
    )
}

fn items() -> impl Strategy<Value = Item> {
    let lang = select(&["en", "ru", "de", "ko", "pl"][..]);
    (texts(8), texts(40), lang)
        .prop_map(|(title, text, lang)| Item { lang: Some(lang.to_owned()), ..item(&title, &text) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    /// 250 times 8 topics and 5 items are 10,000 pairs.
    #[test]
    fn the_index_finds_what_a_plain_search_finds(
        topics in proptest::collection::vec(topics(), 8),
        items in proptest::collection::vec(items(), 5),
    ) {
        let counted = Frequencies::of(&items);
        let (matcher, _) = Matcher::compile(&topics);
        let (other, _) = Matcher::compile_with(&topics, &counted);
        for item in &items {
            let expected = oracle(&matcher, item);
            let told: Vec<Score> = expected.iter().map(|(_, score)| score.clone()).collect();
            prop_assert_eq!(&matcher.score(item, &[]), &told);
            prop_assert_eq!(&other.score(item, &[]), &told, "frequencies change nothing");
            let grades = matcher.grade(item, &[]);
            prop_assert_eq!(grades.len(), expected.len());
            for (grade, (assessed, score)) in grades.iter().zip(&expected) {
                prop_assert_eq!((grade.topic, grade.outcome), (&score.topic, score.outcome));
                prop_assert!((grade.points - assessed.points).abs() < 1e-9 && (grade.score - score.score).abs() < 2e-6);
            }
        }
    }
}
