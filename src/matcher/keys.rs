//! The keys an archive is searched by: a first sieve that never loses what the matcher finds.
//!
//! An item is kept under the forms of its words and under their stems. A phrase asks for the
//! forms and stems its words can have in any language, so that each item in which the matcher
//! finds the phrase has what the phrase asks for. What else comes through is for the matcher to
//! refuse.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::fold::{starts_hangul, starts_single};
use super::stemming::{Stemming, hash_stem};
use super::tree::{Expr, Node, Tree};
use super::words::term_words;
use crate::model::words::Words;

/// Grows whenever an item gets other keys than before, so that stored ones are made again.
pub const VERSION: i64 = 1;

/// Levels of a sieve: the reader of the full-text index takes about thirty.
pub(super) const MOST_LEVELS: usize = 12;

/// No key is longer, in characters: what is beyond tells nothing.
const MAX_CHARS: usize = 40;

/// What an item must have to be worth a closer look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sieve {
    /// Nothing: every item is worth it.
    All,
    /// This key.
    Key(String),
    /// A key that begins so.
    Start(String),
    /// Each of these.
    Each(Vec<Sieve>),
    /// One of these.
    One(Vec<Sieve>),
}

impl Sieve {
    /// Returns what an item must have to get points for a topic.
    pub(super) fn of_tree(tree: &Tree) -> Sieve {
        let labels = &tree.labels;
        // Without a group that gives points, the evidence does.
        if tree.groups.iter().all(Expr::is_condition) {
            return Sieve::one(tree.evidence.iter().map(|expr| Sieve::of_expr(expr, labels)));
        }
        Sieve::each(tree.groups.iter().map(|expr| Sieve::of_expr(expr, labels)))
    }

    fn of_expr(expr: &Expr, labels: &[String]) -> Sieve {
        match expr {
            Expr::Term(member) => Sieve::of_node(&member.node, labels),
            Expr::Sum { parts, .. } => Sieve::one(parts.iter().map(|part| Sieve::of_expr(part, labels))),
            Expr::All(parts) => Sieve::each(parts.iter().map(|part| Sieve::of_expr(part, labels))),
            // What an item lacks or comes from is in no key.
            Expr::Not(_) | Expr::Condition(_) => Sieve::All,
        }
    }

    fn of_node(node: &Node, labels: &[String]) -> Sieve {
        match node {
            Node::Phrase { label, .. } => Sieve::of_phrase(&labels[*label as usize]),
            Node::Or(nodes) => Sieve::one(nodes.iter().map(|node| Sieve::of_node(node, labels))),
            Node::And(nodes) => Sieve::each(nodes.iter().map(|node| Sieve::of_node(node, labels))),
            Node::Near(near) => Sieve::each([&near.a, &near.b].map(|node| Sieve::of_node(node, labels))),
            Node::With { node, other } => {
                Sieve::each([Sieve::of_node(node, labels), Sieve::of_expr(other, labels)])
            }
            Node::ButNot { node, .. } | Node::AtLeast { node, .. } => Sieve::of_node(node, labels),
        }
    }

    /// Returns the sieve with no more levels than that; what lies deeper is not asked for.
    pub(super) fn shallow(self, levels: usize) -> Sieve {
        match self {
            Sieve::Each(_) | Sieve::One(_) if levels == 0 => Sieve::All,
            Sieve::Each(parts) => Sieve::each(parts.into_iter().map(|part| part.shallow(levels - 1))),
            Sieve::One(parts) => Sieve::one(parts.into_iter().map(|part| part.shallow(levels - 1))),
            one @ (Sieve::All | Sieve::Key(_) | Sieve::Start(_)) => one,
        }
    }

    /// Returns what asks for each of these.
    pub(super) fn each(sieves: impl IntoIterator<Item = Sieve>) -> Sieve {
        let mut kept = Vec::new();
        for sieve in sieves {
            match sieve {
                Sieve::All => {}
                Sieve::One(none) if none.is_empty() => return Sieve::One(none),
                Sieve::Each(inner) => kept.extend(inner),
                one @ (Sieve::Key(_) | Sieve::Start(_) | Sieve::One(_)) => kept.push(one),
            }
        }
        match kept.len() {
            0 => Sieve::All,
            1 => kept.swap_remove(0),
            _ => Sieve::Each(kept),
        }
    }

    /// Returns what asks for one of these.
    pub(super) fn one(sieves: impl IntoIterator<Item = Sieve>) -> Sieve {
        let mut kept = Vec::new();
        for sieve in sieves {
            match sieve {
                Sieve::All => return Sieve::All,
                Sieve::One(inner) => kept.extend(inner),
                one @ (Sieve::Key(_) | Sieve::Start(_) | Sieve::Each(_)) => kept.push(one),
            }
        }
        if kept.len() == 1 { kept.swap_remove(0) } else { Sieve::One(kept) }
    }

    /// Returns what a phrase asks for, in which `*` and `?` stand for letters.
    pub(super) fn of_phrase(text: &str) -> Sieve {
        let pieces = pieces(text);
        Sieve::each((0..pieces.len()).map(|at| {
            let (before, next) = (at.checked_sub(1).map(|before| &pieces[before]), pieces.get(at + 1));
            let piece = &pieces[at];
            let joined = before.and_then(|before| before.joined(piece));
            let joined = joined.into_iter().chain(next.and_then(|next| piece.joined(next)));
            let alone = std::iter::once(piece.sieve(before, next));
            Sieve::one(alone.chain(joined.map(|joined| joined.sieve(None, None))))
        }))
    }
}

/// A word of a phrase, as far as it is known.
enum Piece {
    Word(String),
    /// It begins so.
    Start(String),
    Any,
}

/// Returns the words of a phrase; what follows a wildcard in its word is left to the matcher.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    // Whether the last word may go on here.
    let mut open = false;
    for stretch in text.split_inclusive(['*', '?']) {
        let plain = stretch.trim_end_matches(['*', '?']);
        let words = term_words(plain);
        let mut end = 0;
        for word in words.plain() {
            end = word.span.end as usize;
            if !(open && word.span.start == 0) {
                pieces.push(Piece::Word(words.form(word).to_owned()));
            }
        }
        open = end == plain.len() && (open || end > 0);
        if plain.len() < stretch.len() {
            let last = if open { pieces.pop() } else { None };
            pieces.push(last.map_or(Piece::Any, Piece::opened));
            open = true;
        }
    }
    pieces
}

impl Piece {
    /// Returns the piece where it may go on.
    fn opened(self) -> Piece {
        match self {
            Piece::Word(start) | Piece::Start(start) => Piece::Start(start),
            Piece::Any => Piece::Any,
        }
    }

    /// Returns the piece that both are when they are written as one word.
    fn joined(&self, next: &Piece) -> Option<Piece> {
        match (self, next) {
            (Piece::Word(one), Piece::Word(other)) => {
                let apart = starts_single(one) || starts_single(other);
                (!apart).then(|| Piece::Word(format!("{one}{other}")))
            }
            (Piece::Word(one), Piece::Start(other)) => Some(Piece::Start(format!("{one}{other}"))),
            (Piece::Word(start), Piece::Any) | (Piece::Start(start), _) => Some(Piece::Start(start.clone())),
            (Piece::Any, _) => Some(Piece::Any),
        }
    }

    /// Says whether it is a character of a script without spaces.
    fn is_single(&self) -> bool {
        matches!(self, Piece::Word(form) if starts_single(form))
    }

    /// Returns what the piece asks for where it is a word by itself between these.
    fn sieve(&self, before: Option<&Piece>, next: Option<&Piece>) -> Sieve {
        let forms = |form: &str| stems(form).into_iter().map(Sieve::Key);
        match self {
            Piece::Any => Sieve::All,
            // The letters may be a whole word too, where a hyphen stands before the sign.
            Piece::Start(start) => Sieve::one(forms(start).chain([of_start(start)])),
            Piece::Word(form) if self.is_single() => match next {
                Some(Piece::Word(next)) if starts_single(next) => {
                    Sieve::Key(cut(&format!("{form}{next}")).to_owned())
                }
                // It is in the key of the pair before.
                Some(_) | None if before.is_some_and(Piece::is_single) => Sieve::All,
                Some(_) | None => of_start(form),
            },
            Piece::Word(form) if starts_hangul(form) => of_start(form),
            Piece::Word(form) => Sieve::one(forms(form)),
        }
    }
}

fn of_start(form: &str) -> Sieve {
    Sieve::Start(cut(form).to_owned())
}

/// Returns a form and all stems that it has in some language.
fn stems(form: &str) -> Vec<String> {
    let mut forms = vec![cut(form).to_owned()];
    for stemming in Stemming::all() {
        let stem = cut(&stemming.stem(form)).to_owned();
        if !forms.contains(&stem) {
            forms.push(stem);
        }
    }
    forms
}

/// Returns the keys of an item's words, each once, with spaces between them.
pub(super) fn keys(words: &Words) -> String {
    let stemming = Stemming::of(&words.lang);
    let mut seen = HashSet::new();
    let mut keys = String::with_capacity(words.forms.len());
    let mut add = |key: &str| {
        if seen.insert(key.to_owned()) {
            let _ = write!(keys, "{key} ");
        }
    };
    let mut read = HashSet::new();
    let mut plain = words.plain().peekable();
    while let Some(word) = plain.next() {
        let form = words.form(word);
        if starts_single(form) {
            let next = plain.peek().filter(|next| next.place == word.end).map(|next| words.form(next));
            match next.filter(|next| starts_single(next)) {
                Some(next) => add(cut(&format!("{form}{next}"))),
                None => add(cut(form)),
            }
        }
    }
    for word in &words.list {
        let form = words.form(word);
        if starts_single(form) || !read.insert(word.hash) {
            continue;
        }
        add(cut(form));
        if word.stem != hash_stem(form) {
            add(cut(&stemming.stem(form)));
        }
    }
    keys
}

/// Returns what is kept of a form or a stem; some words have a stem without letters.
fn cut(key: &str) -> &str {
    if key.is_empty() {
        return "∅";
    }
    key.char_indices().nth(MAX_CHARS).map_or(key, |(at, _)| &key[..at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matcher::fixture::{item, topic};
    use crate::matcher::{Matcher, search_keys};
    use crate::model::Item;

    fn passes(sieve: &Sieve, keys: &[&str]) -> bool {
        match sieve {
            Sieve::All => true,
            Sieve::Key(key) => keys.contains(&key.as_str()),
            Sieve::Start(start) => keys.iter().any(|key| key.starts_with(start.as_str())),
            Sieve::Each(parts) => parts.iter().all(|part| passes(part, keys)),
            Sieve::One(parts) => parts.iter().any(|part| passes(part, keys)),
        }
    }

    fn found(item: &Item, phrase: &str) -> bool {
        let keys = search_keys(item);
        passes(&Sieve::of_phrase(phrase), &keys.split(' ').collect::<Vec<_>>())
    }

    #[track_caller]
    fn check(title: &str, expect: &str) {
        assert_eq!(search_keys(&item(title, "")).trim(), expect, "{title}");
    }

    #[test]
    fn an_item_is_kept_under_forms_and_stems() {
        check("Arms deals, arms deals", "arms deals deal");
        check("Kim Jong-un’s F-16", "kim jong jongun un f f16 16");
        check("金正恩氏が AI技", "金正 正恩 恩氏 氏が が 技 ai");
        check("김정은이 방문", "김정은이 방문");
        check(&"x".repeat(99), &"x".repeat(40));
        check("?!", "");
    }

    /// Stored keys are those of the version they were made by. Where this test fails because words
    /// are read in another way now, count `VERSION` up and write the keys down anew.
    #[test]
    fn other_keys_need_another_version() {
        let texts = [
            (
                "en",
                "The U.S.-led talks’ Kim’s co-operation, they’re happier than O'Neill: 1,000 F-16s #KimJongUn",
            ),
            ("de", "Waffenlieferungen für die Häuser der Straße"),
            ("fr", "L’Ukraine qu’il élections générales"),
            ("ru", "Во Владивостоке поставки снарядов Горбачёву, Киева"),
            ("uk", "Зброя у Києві п’ять Ґданськ"),
            ("tr", "Diyarbakır’da seçimlerin"),
            ("ar", "الأسلحة والذخيرة"),
            ("ko", "김정은이 무기를 거래·공급했다"),
            ("ja", "金正恩氏がｶﾞｽ、キム・ジョンウン"),
            ("th", "ประเทศไทย"),
        ];
        let keys: Vec<String> = texts
            .iter()
            .map(|(lang, text)| search_keys(&Item { lang: Some((*lang).into()), ..item("", text) }))
            .collect();
        insta::assert_snapshot!(format!("keys_of_version_{VERSION}"), keys.join("\n"));
    }

    #[test]
    fn a_phrase_asks_for_what_it_may_be_in_any_language() {
        let key = |key: &str| Sieve::Key(key.into());
        assert_eq!(Sieve::of_phrase("16"), key("16"));
        assert_eq!(Sieve::of_phrase("北"), Sieve::Start("北".into()));
        assert_eq!(Sieve::of_phrase("金正恩"), Sieve::Each(vec![key("金正"), key("正恩")]));
        assert_eq!(Sieve::of_phrase("김정은"), Sieve::Start("김정은".into()));
        assert!(matches!(Sieve::of_phrase("deals"), Sieve::One(keys) if keys.contains(&key("deal"))));
        let joined = |word: &str| Sieve::One(vec![key(word), key("f16")]);
        assert_eq!(Sieve::of_phrase("F-16"), Sieve::Each(vec![joined("f"), joined("16")]));
        assert_eq!(Sieve::of_phrase("*ational"), Sieve::All);
        assert!(
            matches!(Sieve::of_phrase("=16?8*"), Sieve::One(keys) if keys.contains(&Sieve::Start("16".into())))
        );
    }

    #[test]
    fn what_asks_for_nothing_takes_no_part() {
        let key = |key: &str| Sieve::Key(key.into());
        assert_eq!(Sieve::each([Sieve::All, key("a"), Sieve::All]), key("a"));
        assert_eq!(Sieve::each([]), Sieve::All);
        assert_eq!(Sieve::one([key("a"), Sieve::All]), Sieve::All);
        assert_eq!(Sieve::each([key("a"), Sieve::one([])]), Sieve::One(Vec::new()));
    }

    #[test]
    fn a_phrase_is_read_as_a_whole_like_a_text() {
        // A vowel sign behind a letter of another script is no word.
        assert!(found(&item("", "A \u{e31}"), "A \u{e31}"));
    }

    /// Texts in many scripts, with compounds, capitals, apostrophes and what is folded.
    fn texts() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            "[a-zA-Z]{1,9}",
            "[a-zàéïöøßœşı]{2,9}(ing|ed|s|ation|ungen|mente|ität)?",
            "[а-яёґіїА-Я]{2,8}(ами|ов|ев|ого|ская)?",
            "[ء-يَُِّ]{2,7}",
            "[α-ωάήΑ-Ω]{2,8}",
            "[가-힣]{1,4}",
            "[一-丏金正恩北京東ァ-ンｦ-ﾟ]{1,4}",
            "[ก-ฮะ-ู]{1,4}",
            "[அ-ஹா-ௌ]{2,6}",
            "[A-Z]\\.[A-Z]\\.",
            "[a-zA-Z가-힣0-9]{1,4}[-&.'’·][a-zA-Z가-힣0-9]{1,4}",
            "#[A-Z][a-z]{1,4}[A-Z][a-z]{1,4}",
            "\\PC{1,5}",
        ];
        proptest::collection::vec(word, 1..8).prop_map(|words| words.join(" "))
    }

    fn languages() -> impl Strategy<Value = Option<&'static str>> {
        prop_oneof![
            Just(None),
            prop::sample::select(vec![
                "en", "de", "fr", "ru", "uk", "tr", "hu", "ko", "ja", "ar", "fa", "pl"
            ])
            .prop_map(Some),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_phrase_that_the_matcher_finds_is_lost(
            text in texts(),
            lang in languages(),
            (from, length) in (0..8_usize, 1..4_usize),
            exact in any::<bool>(),
        ) {
            let words: Vec<&str> = text.split(' ').collect();
            let words: Vec<&str> = words.iter().copied().skip(from % words.len()).take(length).collect();
            let phrase = words.join(" ").replace(['^', '=', ':', '*', '?'], "");
            let written = if exact { format!("={phrase}") } else { phrase.clone() };
            let (matcher, problems) = Matcher::compile(&[topic(&[&written])]);
            if !problems.is_empty() {
                return Ok(());
            }
            let read = Item { lang: lang.map(str::to_owned), ..item("", &text) };
            if matcher.score_all(&read, &[])[0].points > 0.0 {
                prop_assert!(found(&read, &phrase), "{phrase:?} in {:?}", search_keys(&read));
            }
        }
    }
}
