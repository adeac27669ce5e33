//! What has changed in an article that was told before, as far as it is worth telling: another
//! headline, other sentences; not another comma.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::model::Change;

/// An article at one time.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The headline.
    pub title: &'a str,
    /// The summary.
    pub summary: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Sentences of an article that are compared.
const MOST_SENTENCES: usize = 400;
/// Sentences that a change names, of those added and of those removed.
const MOST_NAMED: usize = 5;
/// Characters of a sentence that are shown.
const LONGEST: usize = 300;
/// So many changed words of a sentence are news, whatever they are.
const MANY_WORDS: usize = 8;
/// A word of so many letters or more may be mistyped.
const LONG_WORD: usize = 6;

/// Returns what has changed between two versions; `None` where it is nothing to tell.
pub(super) fn between(before: Version<'_>, now: Version<'_>) -> Option<Change> {
    let title =
        (!same_headline(before.title, now.title)).then(|| (before.title.to_owned(), now.title.to_owned()));
    let (was, is) = (sentences(before), sentences(now));
    let (removed, added) = changed(&was, &is);
    let is_empty = title.is_none() && removed.is_empty() && added.is_empty();
    (!is_empty).then_some(Change { title, added, removed })
}

/// Returns what a change is, in words.
pub(super) fn in_words(change: &Change) -> String {
    let counted = |sentences: &[String], what| match sentences.len() {
        0 => None,
        1 => Some(format!("1 sentence {what}")),
        MOST_NAMED => Some(format!("{MOST_NAMED} sentences or more {what}")),
        n => Some(format!("{n} sentences {what}")),
    };
    let title = change.title.as_ref().map(|_| "the headline changed".to_owned());
    let text = [counted(&change.added, "added"), counted(&change.removed, "removed")];
    let parts: Vec<String> = title.into_iter().chain(text.into_iter().flatten()).collect();
    if change.title.is_some() { parts.join(", ") } else { format!("the text changed: {}", parts.join(", ")) }
}

/// Says whether two headlines have the same words, but for case and signs, a mistyped one, the
/// site's name at the end and the agency's mark of a further dispatch at the beginning.
fn same_headline(before: &str, now: &str) -> bool {
    let forms = |title| {
        let title = without_mark(title);
        [Some(words(title)), without_site(title)].into_iter().flatten().collect::<Vec<_>>()
    };
    let (before, now) = (forms(before), forms(now));
    before.iter().any(|before| now.iter().any(|now| before == now || only_mistyped(before, now)))
}

/// Returns the words of a headline without the name of a site at its end, where there may be one.
fn without_site(title: &str) -> Option<Vec<String>> {
    let at = [" | ", " - ", " – ", " — "].iter().filter_map(|sign| title.rfind(sign)).max()?;
    let (headline, name) = (words(&title[..at]), words(&title[at..]));
    let may_be_one = headline.len() >= 3 && name.len() <= 4 && !name.iter().any(|word| is_number(word));
    may_be_one.then_some(headline)
}

/// What agencies and sites put before a headline that is told again.
const MARKS: &[&str] =
    &["update", "refile", "rpt", "corrected", "urgent", "breaking", "live", "wrapup", "updated"];

/// Returns a headline without `UPDATE 2-` and its like.
fn without_mark(title: &str) -> &str {
    let head: usize = title.char_indices().nth(20).map_or(title.len(), |(at, _)| at);
    let end = title[..head].find(['-', ':', ')', ']', '–', '—']);
    let Some(end) = end else { return title };
    let mark = words(&title[..end]);
    let is_mark = |word: &String| MARKS.contains(&word.as_str()) || is_number(word);
    let is_all_mark =
        mark.first().is_some_and(|first| MARKS.contains(&first.as_str())) && mark.iter().all(is_mark);
    if is_all_mark { title[end..].trim_start_matches(|c: char| !c.is_alphanumeric()) } else { title }
}

/// Says whether the words differ by one letter here and there.
fn only_mistyped(before: &[String], now: &[String]) -> bool {
    before.len() == now.len()
        && before.iter().zip(now).all(|(before, now)| before == now || mistyped(before, now))
}

fn mistyped(before: &str, now: &str) -> bool {
    let is_long = |word: &str| word.chars().count() >= LONG_WORD && !word.chars().any(char::is_numeric);
    is_long(before) && is_long(now) && strsim::osa_distance(before, now) <= 1
}

/// A sentence, and what of it is compared.
struct Sentence<'a> {
    written: &'a str,
    words: Vec<String>,
}

/// Returns the sentences of summary and text, each once.
fn sentences(version: Version<'_>) -> Vec<Sentence<'_>> {
    let mut known = std::collections::HashSet::new();
    split(version.summary)
        .into_iter()
        .chain(split(version.text))
        .map(|written| Sentence { written, words: words(written) })
        .filter(|sentence| !sentence.words.is_empty() && !is_counter(&sentence.words))
        .filter(|sentence| known.insert(sentence.words.clone()))
        .take(MOST_SENTENCES)
        .collect()
}

/// Cuts a text after each sentence. Where it is wrong, it is wrong in both versions.
fn split(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = at + c.len_utf8();
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' | '。' | '！' | '？' => true,
            '.' => next.is_some_and(char::is_whitespace) && !abbreviates(&text[start..at]),
            '!' | '?' | '…' => next.is_some_and(char::is_whitespace),
            _ => false,
        };
        if ends {
            sentences.push(text[start..after].trim());
            start = after;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// Says whether the dot behind this stands for letters left out: `Mr`, `U.S`, `J`.
fn abbreviates(before: &str) -> bool {
    let last = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let n_letters = last.chars().count();
    let is_title =
        last.starts_with(char::is_uppercase) && n_letters <= 3 && last.chars().all(char::is_alphabetic);
    is_title || n_letters == 1 || last.contains('.')
}

/// Words of a line that tells when it was written, how long it takes to read, who has seen it.
const OF_COUNTERS: &[&str] = &[
    "updated",
    "update",
    "published",
    "posted",
    "modified",
    "last",
    "ago",
    "at",
    "on",
    "read",
    "reading",
    "time",
    "min",
    "mins",
    "minute",
    "minutes",
    "hour",
    "hours",
    "h",
    "hr",
    "hrs",
    "second",
    "seconds",
    "sec",
    "day",
    "days",
    "just",
    "now",
    "today",
    "yesterday",
    "a",
    "an",
    "views",
    "view",
    "comments",
    "comment",
    "shares",
    "share",
    "likes",
    "gmt",
    "utc",
    "bst",
    "est",
    "edt",
    "cet",
    "cest",
    "msk",
    "am",
    "pm",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "vor",
    "minuten",
    "stunden",
    "aktualisiert",
    "stand",
    "uhr",
    "lesezeit",
    "mis",
    "à",
    "jour",
    "le",
    "il",
    "y",
    "heures",
    "lecture",
    "hace",
    "minutos",
    "horas",
    "actualizado",
    "обновлено",
    "назад",
    "мин",
    "минут",
    "минуты",
    "час",
    "часа",
    "часов",
    "в",
];

fn is_counter(words: &[String]) -> bool {
    words.iter().all(|word| is_number(word) || OF_COUNTERS.contains(&word.as_str()))
}

/// Returns the sentences that were removed and those that were added, as far as they are news.
fn changed(was: &[Sentence<'_>], is: &[Sentence<'_>]) -> (Vec<String>, Vec<String>) {
    let keys =
        |sentences: &[Sentence<'_>]| sentences.iter().map(|one| one.words.join(" ")).collect::<Vec<_>>();
    let (old_keys, new_keys) = (keys(was), keys(is));
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys) {
        if let DiffOp::Equal { .. } = op {
            continue;
        }
        // What only stands elsewhere now is no change.
        let gone: Vec<&Sentence<'_>> =
            op.old_range().filter(|at| !new_keys.contains(&old_keys[*at])).map(|at| &was[at]).collect();
        let come: Vec<&Sentence<'_>> =
            op.new_range().filter(|at| !old_keys.contains(&new_keys[*at])).map(|at| &is[at]).collect();
        if is_news(&gone, &come) {
            removed.extend(gone.iter().map(|sentence| shown(sentence.written)));
            added.extend(come.iter().map(|sentence| shown(sentence.written)));
        }
    }
    // A feed that carries the beginning from now on corrects nothing.
    if added.is_empty() && removed.len() * 2 > was.len() {
        removed.clear();
    }
    removed.truncate(MOST_NAMED);
    added.truncate(MOST_NAMED);
    (removed, added)
}

/// Says whether sentences that took the place of others say something else: with another number or
/// name, or in many other words.
fn is_news(gone: &[&Sentence<'_>], come: &[&Sentence<'_>]) -> bool {
    let flat = |sentences: &[&Sentence<'_>]| -> Vec<String> {
        sentences.iter().flat_map(|sentence| sentence.words.iter().cloned()).collect()
    };
    let (old, new) = (flat(gone), flat(come));
    let mut changed: Vec<&String> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        if !matches!(op, DiffOp::Equal { .. }) && !only_mistyped(old, new) {
            changed.extend(old.iter().chain(new));
        }
    }
    let names = names(gone).chain(names(come)).collect::<Vec<_>>();
    changed.len() >= MANY_WORDS || changed.iter().any(|word| is_number(word) || names.contains(word))
}

/// Returns the words that are written with a capital though they do not begin their sentence.
fn names<'a>(sentences: &'a [&Sentence<'_>]) -> impl Iterator<Item = String> + use<'a> {
    sentences.iter().flat_map(|sentence| {
        let later = sentence.written.split_whitespace().skip(1);
        let names = later.filter(|word| {
            word.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_uppercase)
        });
        names.flat_map(words).collect::<Vec<_>>()
    })
}

fn is_number(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

/// Returns the words of a text in small letters, without signs. Where words are written without
/// spaces, each sign is one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut joins = false;
    for c in text.chars() {
        let is_alone =
            matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{0e00}'..='\u{0eff}');
        match words.last_mut() {
            _ if matches!(c, '\'' | '’' | '\u{ad}' | '\u{200b}') => continue,
            _ if !c.is_alphanumeric() => {}
            Some(word) if joins && !is_alone => word.extend(c.to_lowercase()),
            _ => words.push(c.to_lowercase().collect()),
        }
        joins = c.is_alphanumeric() && !is_alone;
    }
    words
}

fn shown(sentence: &str) -> String {
    match sentence.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", sentence[..cut].trim_end()),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version<'a>(title: &'a str, text: &'a str) -> Version<'a> {
        Version { title, summary: "", text }
    }

    #[track_caller]
    fn check_title(before: &str, now: &str, is_same: bool) {
        assert_eq!(same_headline(before, now), is_same, "{before} | {now}");
        assert_eq!(same_headline(now, before), is_same, "{now} | {before}");
    }

    #[test]
    fn a_headline_is_another_one_by_its_words() {
        check_title("Kim’s train leaves", "KIM'S TRAIN LEAVES!", true);
        check_title("Kim leaves Pyongyang", "Kim leaves Pyongyang | BBC News", true);
        check_title("Kim leaves Pyongyang - Reuters", "Kim leaves Pyongyang | BBC News", true);
        check_title("Kim leaves Pyongyang", "UPDATE 2-Kim leaves Pyongyang", true);
        check_title("(URGENT) Kim leaves Pyongyang", "Kim leaves Pyongyang", true);
        check_title("Kim leaves Pyongayng", "Kim leaves Pyongyang", true);
        check_title("Kim leaves Pyongyang", "Kim arrives in Pyongyang", false);
        check_title("Quake kills 12", "Quake kills 14", false);
        check_title("Strike on Iran", "Strike on Iraq", false);
        check_title("金正恩抵达俄罗斯", "金正恩离开俄罗斯", false);
        check_title("Quake in Ecuador on Monday - 12 dead", "Quake in Ecuador on Monday - 14 dead", false);
        check_title("Kim - Putin summit opens", "Kim - Putin summit ends", false);
    }

    #[track_caller]
    fn check_text(before: &str, now: &str, removed: &[&str], added: &[&str]) {
        let change = between(version("t", before), version("t", now));
        let (was, is) = change.map(|change| (change.removed, change.added)).unwrap_or_default();
        assert_eq!(
            (was.as_slice(), is.as_slice()),
            (&removed.map_owned()[..], &added.map_owned()[..]),
            "{before}"
        );
    }

    trait MapOwned {
        fn map_owned(&self) -> Vec<String>;
    }

    impl MapOwned for [&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(|text| (*text).to_owned()).collect()
        }
    }

    #[test]
    fn a_text_is_another_one_where_it_says_something_else() {
        let before = "A train left the capital. At least 12 people died. Officials gave no reason.";
        check_text(before, before, &[], &[]);
        check_text(
            before,
            "A train left the capitol. At least 12 people died.  Officials gave no reason",
            &[],
            &[],
        );
        check_text(
            before,
            "A train left the capital. At least 14 people died. Officials gave no reason.",
            &["At least 12 people died."],
            &["At least 14 people died."],
        );
        check_text(
            before,
            "Officials gave no reason. A train left the capital. At least 12 people died.",
            &[],
            &[],
        );
        check_text(
            before,
            "A train left the capital. At least 12 people died. Officials gave no reason. Aid came from Moscow.",
            &[],
            &["Aid came from Moscow."],
        );
        check_text(
            before,
            "A train has left the capital. At least 12 people died. Officials gave no reason.",
            &[],
            &[],
        );
        check_text(
            before,
            "A train left the capital.\nAt least 12 people died. Officials said that it was the fog which the driver had not seen.",
            &["Officials gave no reason."],
            &["Officials said that it was the fog which the driver had not seen."],
        );
    }

    #[test]
    fn a_counter_is_no_news() {
        let text = |counter: &str| format!("{counter}\nA train left the capital. Nobody knows why.");
        for (before, now) in [
            ("Updated 3 min ago", "Updated 27 min ago"),
            ("4 min read", "5 min read"),
            ("Published 12 Sep 2023 09:10 GMT", "Last updated 12 Sep 2023 at 11:45 GMT"),
            ("Обновлено 5 минут назад", "Обновлено 2 часа назад"),
            ("31 comments", "112 comments"),
        ] {
            check_text(&text(before), &text(now), &[], &[]);
        }
    }

    #[test]
    fn a_text_that_is_cut_corrects_nothing() {
        check_text(
            "One left in 2019. Two came in 2020. Three stayed in 2021.",
            "One left in 2019.",
            &[],
            &[],
        );
    }

    #[test]
    fn sentences_end_where_readers_end_them() {
        for (text, expect) in [
            ("Mr. Kim met U.S. envoys. They spoke.", &["Mr. Kim met U.S. envoys.", "They spoke."][..]),
            ("Up 3.5 percent! Why? Nobody knows", &["Up 3.5 percent!", "Why?", "Nobody knows"]),
            ("金正恩抵达。访问开始。", &["金正恩抵达。", "访问开始。"]),
            ("", &[]),
        ] {
            assert_eq!(split(text), expect);
        }
    }

    #[test]
    fn a_change_is_told_in_words() {
        let change = |title: bool, n_added: usize, n_removed: usize| Change {
            title: title.then(|| ("a".to_owned(), "b".to_owned())),
            added: vec![String::new(); n_added],
            removed: vec![String::new(); n_removed],
        };
        for (change, expect) in [
            (change(true, 0, 0), "the headline changed"),
            (change(true, 1, 0), "the headline changed, 1 sentence added"),
            (change(false, 2, 1), "the text changed: 2 sentences added, 1 sentence removed"),
            (change(false, 5, 0), "the text changed: 5 sentences or more added"),
        ] {
            assert_eq!(in_words(&change), expect);
        }
    }
}
