//! The hash of an item's words: the same for the same words, however they are set.

use std::fmt::Write;

use caseless::default_case_fold_str;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Returns the hash of title and text with nothing but their letters and digits counted; `None`
/// where there are none.
///
/// Addresses in the text do not count: they carry marks of where the reader came from.
pub fn text_key(title: &str, text: &str) -> Option<String> {
    let mut hasher = Sha256::new();
    let has_title = feed_words(title, &mut hasher);
    hasher.update([0]);
    let has_text = feed_words(text, &mut hasher);
    if !has_title && !has_text {
        return None;
    }
    let digest = hasher.finalize();
    let mut key = String::with_capacity(32);
    for byte in &digest[..16] {
        write!(key, "{byte:02x}").expect("a string takes every text");
    }
    Some(key)
}

fn feed_words(text: &str, hasher: &mut Sha256) -> bool {
    let mut has_words = false;
    for word in text.split_whitespace().filter(|word| !word.contains("://")) {
        let folded = default_case_fold_str(&word.nfkc().collect::<String>());
        let letters: String = folded.nfkc().filter(|c| c.is_alphanumeric()).collect();
        has_words |= !letters.is_empty();
        hasher.update(letters.as_bytes());
    }
    has_words
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
        assert_eq!(key.map(|key| key.len()), Some(32));
    }

    #[test]
    fn words_and_numbers_count_and_so_does_the_place_of_the_title() {
        assert_ne!(text_key("Profit up 3 percent", ""), text_key("Profit up 4 percent", ""));
        assert_ne!(text_key("a", "b"), text_key("ab", ""));
        assert_eq!(text_key("!?", " — "), None);
        assert_eq!(text_key("Straße", ""), text_key("STRASSE", ""));
    }
}
