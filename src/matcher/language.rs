//! Which language an item is in: as it declares, or as its script and its words tell.

use super::fold::starts_hangul;
use crate::model::words::Words;

/// Detection looks at no more bytes of an item than this.
const SAMPLE_BYTES: usize = 600;
/// Under so many letters a guess between languages of one script is no better than chance.
const MIN_LETTERS: usize = 80;

/// Returns an item's language: the one it declares, else the one its script or its words tell.
pub(super) fn language(declared: Option<&str>, texts: [&str; 3], words: &Words) -> String {
    if let Some(primary) = declared.and_then(primary) {
        return primary;
    }
    let mut sample = String::with_capacity(SAMPLE_BYTES + 4);
    for text in texts {
        let left = SAMPLE_BYTES.saturating_sub(sample.len());
        // A character that begins within the sample is part of it.
        let end = (left..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        sample.push_str(&text[..end]);
        if sample.len() < SAMPLE_BYTES {
            sample.push(' ');
        }
    }
    detect(&sample, words).to_owned()
}

/// Codes of three letters that the detector does not use, or uses no more.
const LONG: [(&str, &str); 14] = [
    ("ger", "de"),
    ("fre", "fr"),
    ("dut", "nl"),
    ("rum", "ro"),
    ("nor", "no"),
    ("gre", "el"),
    ("ell", "el"),
    ("zho", "zh"),
    ("chi", "zh"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("tha", "th"),
    ("per", "fa"),
    ("iw", "he"),
];

/// Returns the language subtag of a BCP 47 tag, in lower case and in its short form.
pub(super) fn primary(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let known = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
    if !known || primary == "und" || primary == "mul" {
        return None;
    }
    let long = GUESSED.iter().chain(&LONG).find(|(long, _)| *long == primary);
    Some(long.map_or(primary, |(_, short)| (*short).to_owned()))
}

/// Letters of a text by what their script says about its language.
#[derive(Default)]
struct Letters {
    latin: usize,
    cyrillic: usize,
    hangul: usize,
    kana: usize,
    han: usize,
    other: [usize; OTHER.len()],
}

/// Scripts that one language uses more than all others.
const OTHER: [(char, char, &str); 14] = [
    ('\u{370}', '\u{3ff}', "el"),
    ('\u{530}', '\u{58f}', "hy"),
    ('\u{590}', '\u{5ff}', "he"),
    ('\u{600}', '\u{6ff}', "ar"),
    ('\u{900}', '\u{97f}', "hi"),
    ('\u{980}', '\u{9ff}', "bn"),
    ('\u{b80}', '\u{bff}', "ta"),
    ('\u{c00}', '\u{c7f}', "te"),
    ('\u{e00}', '\u{e7f}', "th"),
    ('\u{e80}', '\u{eff}', "lo"),
    ('\u{1000}', '\u{109f}', "my"),
    ('\u{10a0}', '\u{10ff}', "ka"),
    ('\u{1200}', '\u{137f}', "am"),
    ('\u{1780}', '\u{17ff}', "km"),
];

fn detect(sample: &str, words: &Words) -> &'static str {
    let letters = count_letters(sample);
    // A character of these says as much as three letters.
    let east = letters.han * 3 + letters.kana * 3 + letters.hangul * 3;
    let (n_other, other) = letters
        .other
        .iter()
        .zip(OTHER)
        .map(|(n, (_, _, lang))| (*n, lang))
        .max_by_key(|(n, _)| *n)
        .expect("a table");
    let most = [letters.latin, letters.cyrillic, east, n_other].into_iter().max().unwrap_or(0);
    if most == 0 {
        "und"
    } else if most == east {
        match letters {
            Letters { hangul, han, kana, .. } if hangul >= han + kana => "ko",
            Letters { kana, han, .. } if kana * 10 > han => "ja",
            _ => "zh",
        }
    } else if most == n_other {
        guess(sample, n_other).unwrap_or(other)
    } else if most == letters.cyrillic {
        told_by_letters(sample, letters.cyrillic)
            .or_else(|| guess(sample, letters.cyrillic))
            .filter(|lang| *lang != "en")
            .unwrap_or("ru")
    } else {
        told_by_words(words, letters.latin).or_else(|| guess(sample, letters.latin)).unwrap_or("en")
    }
}

fn count_letters(sample: &str) -> Letters {
    let latin = sample.bytes().filter(u8::is_ascii_alphabetic).count();
    let mut letters = Letters { latin, ..Letters::default() };
    for c in sample.chars().filter(|c| !c.is_ascii()) {
        match c {
            '\u{c0}'..='\u{24f}' => letters.latin += 1,
            '\u{400}'..='\u{52f}' => letters.cyrillic += 1,
            '\u{3041}'..='\u{30ff}' => letters.kana += 1,
            _ if starts_hangul(c.encode_utf8(&mut [0; 4])) => letters.hangul += 1,
            '\u{4e00}'..='\u{9fff}' => letters.han += 1,
            _ => {
                if let Some(n) = OTHER.iter().position(|(from, to, _)| (*from..=*to).contains(&c)) {
                    letters.other[n] += 1;
                }
            }
        }
    }
    letters
}

/// English words that hardly any other language has. They are a tenth of almost every English
/// text, and less than that of any other: of 3,000 news texts in 16 other languages none had more than 8 in 100.
const ENGLISH: [&str; 35] = [
    "after", "also", "and", "are", "been", "but", "by", "from", "has", "have", "his", "it", "its", "not",
    "of", "said", "that", "the", "their", "there", "they", "this", "to", "were", "what", "when", "which",
    "while", "who", "will", "with", "would", "year", "you", "your",
];
/// So many words are looked at.
const MOST_ASKED: usize = 100;
/// Among so many words, one of these has to be English to be sure.
const ENGLISH_SHARE: usize = 10;
/// So many have to be in any case.
const LEAST_ENGLISH: usize = 3;

/// Returns English if enough of the words are of the commonest of it. This spares most items the
/// detector, which costs more than all else that is done with an item.
fn told_by_words(words: &Words, n_letters: usize) -> Option<&'static str> {
    if n_letters < MIN_LETTERS {
        return None;
    }
    let asked = words.plain().take(MOST_ASKED);
    let (mut n_words, mut n_english) = (0, 0);
    for word in asked {
        let form = words.form(word);
        n_words += 1;
        n_english += usize::from(form.len() <= 5 && ENGLISH.binary_search(&form).is_ok());
    }
    (n_english >= LEAST_ENGLISH && n_english * ENGLISH_SHARE >= n_words).then_some("en")
}

/// Returns Russian if the text has letters that only Russian and few others have, and none that
/// Russian has not.
fn told_by_letters(sample: &str, n_letters: usize) -> Option<&'static str> {
    let russian = |c: char| matches!(c, 'ы' | 'э' | 'Э');
    let foreign =
        |c: char| matches!(c, '\u{400}' | '\u{402}'..='\u{40f}' | '\u{450}' | '\u{452}'..='\u{52f}');
    let n_russian = sample.chars().filter(|c| russian(*c)).count();
    (n_letters >= MIN_LETTERS && n_russian * 100 >= n_letters && !sample.contains(foreign)).then_some("ru")
}

/// Returns the language the detector tells, if there are enough of them to tell it reliably.
fn guess(sample: &str, n_letters: usize) -> Option<&'static str> {
    if n_letters < MIN_LETTERS {
        return None;
    }
    let told = whatlang::detect(sample).filter(whatlang::Info::is_reliable)?;
    GUESSED.iter().find(|(long, _)| *long == told.lang().code()).map(|(_, short)| *short)
}

/// The language codes of the detector and those of BCP 47.
const GUESSED: [(&str, &str); 36] = [
    ("eng", "en"),
    ("deu", "de"),
    ("fra", "fr"),
    ("spa", "es"),
    ("ita", "it"),
    ("por", "pt"),
    ("nld", "nl"),
    ("swe", "sv"),
    ("nob", "no"),
    ("dan", "da"),
    ("fin", "fi"),
    ("hun", "hu"),
    ("ron", "ro"),
    ("tur", "tr"),
    ("cat", "ca"),
    ("pol", "pl"),
    ("ces", "cs"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("hrv", "hr"),
    ("srp", "sr"),
    ("bul", "bg"),
    ("mkd", "mk"),
    ("ukr", "uk"),
    ("bel", "be"),
    ("rus", "ru"),
    ("lit", "lt"),
    ("lav", "lv"),
    ("est", "et"),
    ("vie", "vi"),
    ("ind", "id"),
    ("ara", "ar"),
    ("pes", "fa"),
    ("urd", "ur"),
    ("heb", "he"),
    ("hin", "hi"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::words::term_words;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(told(None, text), expect, "{text}");
    }

    fn told(declared: Option<&str>, text: &str) -> String {
        language(declared, [text, "", ""], &term_words(text))
    }

    #[test]
    fn short_texts_are_told_by_their_script() {
        check("Putin in VLADIVOSTOK", "en");
        check("Во Владивостоке открылся форум", "ru");
        check("김정은, 러시아 방문", "ko");
        check("金正恩氏が訪露", "ja");
        check("朝鲜领导人访问俄罗斯", "zh");
        check("12 345", "und");
    }

    #[test]
    fn longer_texts_are_told_by_their_words() {
        check(
            "Der Bundeskanzler hat am Montag erklärt, dass die Regierung keine weiteren Waffen liefern werde. \
             Die Opposition kritisierte die Entscheidung scharf.",
            "de",
        );
    }

    #[test]
    fn common_words_and_letters_spare_the_detector_and_agree_with_it() {
        let english = "The minister said on Monday that the government would not deliver any more of its weapons, \
                       and that it had no plans to do so after the vote.";
        let russian = "Министр сказал, что правительство больше не будет поставлять оружие, и что эти планы были \
                       изменены после голосования в парламенте.";
        let ukrainian = "Міністр сказав, що уряд більше не буде постачати зброю, і що ці плани були змінені \
                         після голосування в парламенті.";
        assert_eq!(told_by_words(&term_words(english), 100), Some("en"));
        assert_eq!(guess(english, 100), Some("en"));
        assert_eq!(told_by_letters(russian, 100), Some("ru"));
        assert_eq!(guess(russian, 100), Some("ru"));
        assert_eq!(told_by_letters(ukrainian, 100), None);
        check(ukrainian, "uk");
        assert_eq!(told_by_words(&term_words(english), MIN_LETTERS - 1), None);
        assert_eq!(
            told_by_words(
                &term_words("De minister zei dat hij geen wapens meer zal leveren en dat het zo is"),
                100
            ),
            None
        );
    }

    #[test]
    fn what_is_declared_is_believed() {
        for tag in ["de-AT", "DE_at", " de ", "deu", "ger"] {
            assert_eq!(told(Some(tag), "The cat"), "de", "{tag}");
        }
        for tag in ["eng", "en-GB", "english", "", "und", "mul"] {
            assert_eq!(told(Some(tag), "The cat"), "en", "{tag}");
        }
        assert_eq!(told(Some("kor"), "The cat"), "ko");
        assert_eq!(told(Some("und"), "The cat"), "en");
        assert_eq!(told(Some("x"), "The cat"), "en");
    }

    #[test]
    fn the_table_of_words_is_in_order() {
        assert!(ENGLISH.is_sorted());
    }
}
