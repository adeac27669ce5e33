//! The hash of an item's words: the same for the same words, however they are set.

use std::fmt::Write;

use caseless::default_case_fold_str;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// The beginning of the key of an item whose text has few words: another article may well have the
/// same, so that it identifies for a short time only.
pub(super) const SHORT: &str = "short:";

/// A text of fewer words is short.
const FEW_WORDS: usize = 25;

/// Returns the hash of title and text with nothing but their letters and digits counted; `None`
/// where there are none. It begins with `short:` where the text has fewer than 25 words.
///
/// Addresses in the text do not count: they carry marks of where the reader came from.
pub fn text_key(title: &str, text: &str) -> Option<String> {
    let mut hasher = Sha256::new();
    let n_title = feed_words(title, &mut hasher);
    hasher.update([0]);
    let n_text = feed_words(text, &mut hasher);
    if n_title + n_text == 0 {
        return None;
    }
    let digest = hasher.finalize();
    let mut key = if n_text < FEW_WORDS { SHORT.to_owned() } else { String::with_capacity(32) };
    for byte in &digest[..16] {
        write!(key, "{byte:02x}").expect("a string takes every text");
    }
    Some(key)
}

/// Hashes the letters of a text and returns how many words they are.
fn feed_words(text: &str, hasher: &mut Sha256) -> usize {
    let mut n_words = 0;
    let mut all = Vec::with_capacity(text.len());
    for word in text.split_whitespace().filter(|word| !is_address(word)) {
        let before = all.len();
        if word.is_ascii() {
            // The same as below, of which ASCII needs nothing but the small letters.
            all.extend(
                word.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()),
            );
            n_words += usize::from(all.len() > before);
            continue;
        }
        let folded = default_case_fold_str(&word.nfkc().collect::<String>());
        let letters: String = folded.nfkc().filter(|c| c.is_alphanumeric()).collect();
        all.extend_from_slice(letters.as_bytes());
        // Where words are written without spaces between them, two signs are about one.
        let n_unspaced = letters.chars().filter(|&c| is_unspaced(c)).count();
        n_words += n_unspaced.div_ceil(2) + usize::from(letters.chars().any(|c| !is_unspaced(c)));
    }
    hasher.update(&all);
    n_words
}

fn is_address(word: &str) -> bool {
    word.bytes().any(|byte| byte == b':') && word.contains("://")
}

/// Says whether a letter belongs to a script that puts no spaces between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_and_signs_do_not_count() {
        let key = text_key("Kim arrives in Vladivostok", "The train, he said.");
        assert_eq!(key, text_key("KIM arrives  in “Vladivostok”", "the train\nhe said"));
        assert_eq!(
            key,
            text_key("Ｋｉｍ arrives in Vladivostok", "The train he said https://a.example/?utm_source=x")
        );
        assert_eq!(key.map(|key| key.len()), Some(SHORT.len() + 32));
    }

    #[test]
    fn stored_keys_stay_what_they_were() {
        // Computed by the first version: another key would make every stored article new.
        for (title, text, key) in [
            ("Kim arrives in Vladivostok", "The train, he said: https://a.example/x", ASCII_KEY),
            ("Ｋｉｍ — Straße", "Café n’est 日本 2nd", OTHER_KEY),
        ] {
            assert_eq!(text_key(title, text).as_deref(), Some(key), "{title}");
        }
    }

    const ASCII_KEY: &str = "short:83c21b6e4e29d7a34859f875580442e0";
    const OTHER_KEY: &str = "short:8307a873920b8df8b4eb899b4b1ba301";

    #[track_caller]
    fn check_short(text: &str, expect: bool) {
        let key =
            text_key("A title of any length does not make a text of what has none at all", text).unwrap();
        assert_eq!(key.strip_prefix(SHORT).is_some(), expect, "of {text}");
        assert_eq!(key.trim_start_matches(SHORT).len(), 32);
    }

    #[test]
    fn texts_of_few_words_are_told_apart() {
        check_short("", true);
        check_short(&"word ".repeat(24), true);
        check_short(&"word ".repeat(25), false);
        check_short(&"word https://a.example/ — ".repeat(24), true);
        check_short(&"日本".repeat(24), true);
        check_short(&"日本".repeat(25), false);
        check_short(&"ข่าว ".repeat(5), true);
    }

    #[test]
    fn words_and_numbers_count_and_so_does_the_place_of_the_title() {
        assert_ne!(text_key("Profit up 3 percent", ""), text_key("Profit up 4 percent", ""));
        assert_ne!(text_key("a", "b"), text_key("ab", ""));
        assert_eq!(text_key("!?", " — "), None);
        assert_eq!(text_key("Straße", ""), text_key("STRASSE", ""));
    }
}
