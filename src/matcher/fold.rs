//! Characters: what is part of a word, and what it is normalised to.
//!
//! NFKC with full case folding; diacritics fold on Latin and Greek, Cyrillic keeps its own
//! but for ё and ґ.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, is_combining_mark};

/// What a character is to the tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A letter, digit or mark of a spaced script.
    Word,
    /// A letter or digit of Korean, which takes its endings without a space.
    Hangul,
    /// A character of a script without spaces: a place of its own.
    Single,
    /// Dropped wherever it stands.
    Ignorable,
    /// `'` in all its shapes.
    Apostrophe,
    /// A hyphen, dot, ampersand or middle dot: joins what stands around it.
    Joiner,
    /// Groups digits, and nothing else.
    Comma,
    /// All else: ends a word.
    Break,
}

/// Returns what a character is to the tokenizer.
pub(super) fn class(c: char) -> Class {
    if c.is_ascii() {
        return match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Word,
            '\'' | '`' => Class::Apostrophe,
            '-' | '.' | '&' => Class::Joiner,
            ',' => Class::Comma,
            _ => Class::Break,
        };
    }
    match c {
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e01ef}' => Class::Ignorable,
        '\u{2018}'
        | '\u{2019}'
        | '\u{201b}'
        | '\u{2b9}'
        | '\u{2bb}'..='\u{2bf}'
        | '\u{2c8}'
        | '\u{2032}'
        | '\u{2035}'
        | '\u{b4}'
        | '\u{55a}'
        | '\u{5f3}'
        | '\u{a78c}'
        | '\u{ff07}'
        | '\u{ff40}' => Class::Apostrophe,
        _ if is_dash(c) || is_middle_dot(c) || matches!(c, '\u{ff0e}' | '\u{ff06}' | '\u{fe60}') => {
            Class::Joiner
        }
        _ if !(c.is_alphanumeric() || is_combining_mark(c)) => Class::Break,
        _ if is_single(c) => Class::Single,
        _ if is_hangul(c) => Class::Hangul,
        _ => Class::Word,
    }
}

/// Hyphens and dashes of all scripts; the tilde-like ones, which mean "to", are none.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2d7}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207b}'
                | '\u{208b}'
                | '\u{2212}'
                | '\u{2e17}'
                | '\u{2e1a}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{30a0}'
                | '\u{fe31}'
                | '\u{fe32}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
    )
}

/// Middle dots; Korean writes its own, which is a letter to Unicode.
fn is_middle_dot(c: char) -> bool {
    matches!(
        c,
        '\u{b7}'
            | '\u{387}'
            | '\u{119e}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22c5}'
            | '\u{30fb}'
            | '\u{318d}'
            | '\u{ff65}'
    )
}

/// Chinese, Japanese, Thai, Lao, Burmese, Khmer.
fn is_single(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3035}' | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aa7f}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}')
}

fn is_hangul(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{ffa0}'..='\u{ffdc}')
}

/// Says whether a normalised word is Korean.
pub(super) fn starts_hangul(form: &str) -> bool {
    form.chars().next().is_some_and(is_hangul)
}

/// Says whether a normalised word is a character of a script without spaces.
pub(super) fn starts_single(form: &str) -> bool {
    form.chars().next().is_some_and(is_single)
}

/// Appends a character's normalised form.
pub(super) fn push_folded(c: char, out: &mut String) {
    match c {
        'a'..='z' | '0'..='9' | 'а'..='я' | '가'..='힣' | '\u{4e00}'..='\u{9fff}' => out.push(c),
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        'А'..='Я' => out.extend(c.to_lowercase()),
        _ => {
            let folded = std::iter::once(c).nfkd().default_case_fold().nfkd();
            folded.for_each(|d| push_decomposed(d, out));
        }
    }
}

/// Appends one character of a decomposition, composing it with what stands before it.
fn push_decomposed(c: char, out: &mut String) {
    if let Some(plain) = without_diacritic(c) {
        out.push_str(plain);
        return;
    }
    let before = out.chars().next_back();
    if is_combining_mark(c) && before.is_some_and(folds_marks) {
        return;
    }
    let composed = before.and_then(|before| compose(before, c));
    match composed {
        Some(composed) => {
            out.pop();
            match composed {
                'ё' => out.push('е'),
                _ => out.push(composed),
            }
        }
        None if c.is_alphanumeric() || is_combining_mark(c) => out.push(c),
        None => {}
    }
}

/// Latin and Greek.
fn folds_marks(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='z' | '\u{df}'..='\u{24f}' | '\u{250}'..='\u{2af}' | '\u{370}'..='\u{3ff}'
        | '\u{1e00}'..='\u{1fff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}')
}

/// Letters whose stroke or ligature is no mark to Unicode.
fn without_diacritic(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' | 'ɖ' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ŋ' => "n",
        'ƀ' => "b",
        'þ' => "th",
        'æ' => "ae",
        'œ' => "oe",
        'ґ' => "г",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Class::{Apostrophe, Break, Comma, Hangul, Ignorable, Joiner, Single, Word};
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let mut out = String::new();
        text.chars().for_each(|c| push_folded(c, &mut out));
        assert_eq!(out, expect, "{text}");
    }

    #[test]
    fn latin_and_greek_lose_their_diacritics() {
        check("CaféŁódźSørenÆsirİıŒuvre", "cafelodzsorenaesiriioeuvre");
        check("Cafe\u{301}", "cafe");
        check("Straße", "strasse");
        check("Ἀθῆναί", "αθηναι");
    }

    #[test]
    fn cyrillic_keeps_its_letters_but_yo_and_ghe() {
        check("ЙодЁлкаҐанок", "йоделкаганок");
        check("и\u{306}е\u{308}", "йе");
        check("Київ", "київ");
    }

    #[test]
    fn compatible_characters_are_one() {
        check("ＡＢＣ１２", "abc12");
        check("ﬁ", "fi");
        check("각", "각");
    }

    #[test]
    fn classes_follow_script_and_punctuation() {
        let classes: Vec<Class> = "aЖ김金ก'’-—·,\u{200b}_#".chars().map(class).collect();
        assert_eq!(
            classes,
            [
                Word, Word, Hangul, Single, Single, Apostrophe, Apostrophe, Joiner, Joiner, Joiner, Comma,
                Ignorable, Break, Break
            ]
        );
    }
}
