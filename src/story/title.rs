//! The headline within a title: without the name of the site behind it and the marks of an agency's
//! desk before it.

use std::ops::Range;

use crate::model::Item;

/// What an agency's desk puts before the headline of what it sends again. A number may follow.
const DESK_MARKS: [&str; 9] =
    ["update", "wrapup", "refile", "corrected", "correction", "rpt", "lead", "breaking", "urgent"];
/// What stands between a headline and the name of a site.
const SEPARATORS: [&str; 6] = [" | ", " - ", " – ", " — ", " · ", " :: "];
/// Behind this one hardly anything else stands than the name of a site.
const BAR: &str = " | ";
/// The name of a site has not more words.
const MOST_NAME_WORDS: usize = 5;
/// A headline has not fewer.
const LEAST_WORDS: usize = 3;
/// What the addresses of sites begin with that put the name of another site behind each headline.
const AGGREGATORS: [&str; 2] = ["news.google.", "news.yahoo."];
/// Letters that a name and an address must share to be the same.
const LEAST_LETTERS: usize = 3;

/// Returns the bytes of an item's title that are its headline.
pub(super) fn headline(item: &Item) -> Range<usize> {
    let title = item.title.as_str();
    let start = desk_mark(title);
    let mut end = title.len();
    // A section may stand before the name of the site: `Headline | World | Site`.
    for _ in 0..2 {
        let Some(cut) = site_name(&title[start..end], item) else { break };
        end = start + cut;
    }
    start..end
}

/// Returns how many bytes at the start are marks of a desk, as in `UPDATE 2-Headline`.
fn desk_mark(title: &str) -> usize {
    let Some(end) = title.find(['-', ':', '–', '—']) else { return 0 };
    let mut words = title[..end].split_whitespace();
    let is_mark =
        words.next().is_some_and(|word| DESK_MARKS.iter().any(|mark| word.eq_ignore_ascii_case(mark)));
    let only_number = words.next().is_none_or(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let length = title[end..].chars().next().map_or(0, char::len_utf8);
    if is_mark && only_number && words.next().is_none() { end + length } else { 0 }
}

/// Returns where the name of the site begins, with what keeps it apart from the headline.
fn site_name(title: &str, item: &Item) -> Option<usize> {
    let found = SEPARATORS.iter().filter_map(|separator| Some((title.rfind(separator)?, *separator)));
    let (at, separator) = found.max_by_key(|(at, _)| *at)?;
    let (headline, name) = (&title[..at], &title[at + separator.len()..]);
    let n_words = name.split_whitespace().count();
    let may_be = headline.split_whitespace().count() >= LEAST_WORDS
        && (1..=MOST_NAME_WORDS).contains(&n_words)
        && !name.contains(char::is_numeric);
    let is_name = separator == BAR || is_called(name, item);
    (may_be && is_name).then_some(at)
}

/// Says whether an item's site may be called so.
fn is_called(name: &str, item: &Item) -> bool {
    let host = item.url.as_deref().and_then(host).unwrap_or_default();
    if AGGREGATORS.iter().any(|aggregator| host.starts_with(aggregator)) {
        return true;
    }
    let name = letters(name);
    let source = item.source.as_ref().map_or("", |source| source.as_str());
    // The last label says in which country, or of what kind.
    let labels = host.rsplit('.').skip(1).chain(source.split(['-', '/', '.', '_']));
    labels.map(letters).chain([letters(source)]).any(|label| are_alike(&name, &label))
}

/// Says whether one begins with the other: `BBC News` with `bbc`, `theguardian` with `The Guardian`.
fn are_alike(name: &str, label: &str) -> bool {
    let shorter = name.len().min(label.len());
    shorter >= LEAST_LETTERS && (name.starts_with(label) || label.starts_with(name))
        || name.strip_prefix("the").is_some_and(|rest| rest.len() >= LEAST_LETTERS && rest == label)
}

/// Returns the host of an address, without `www.`.
pub(super) fn host(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1.split(['/', '?', '#', ':']).next()?;
    Some(host.strip_prefix("www.").unwrap_or(host))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ItemId, SourceId};

    #[track_caller]
    fn check(url: &str, title: &str, expect: &str) {
        let item = Item {
            title: title.to_owned(),
            url: Some(url.to_owned()),
            source: Some(SourceId::new("a-source")),
            ..Item::bare(ItemId::new("it_1"))
        };
        assert_eq!(&title[headline(&item)], expect);
    }

    #[test]
    fn the_name_of_the_site_is_left_out() {
        let bbc = "https://www.bbc.co.uk/news/1";
        check(bbc, "Kim arrives in Vladivostok - BBC News", "Kim arrives in Vladivostok");
        check(bbc, "Kim arrives in Vladivostok | World | BBC News", "Kim arrives in Vladivostok");
        check("https://n.example/1", "Kim arrives in Vladivostok | The Daily", "Kim arrives in Vladivostok");
        check("https://www.theguardian.com/1", "Kim arrives by train – The Guardian", "Kim arrives by train");
        check("https://guardian.example/1", "Kim arrives by train – The Guardian", "Kim arrives by train");
        check("https://news.google.com/1", "Kim arrives by train - The Korea Times", "Kim arrives by train");
    }

    #[test]
    fn what_belongs_to_the_headline_stays() {
        for title in [
            "Kim - Putin summit",
            "The long road to the Kim - Putin summit",
            "War live | Day 500",
            "Opinion | Why Kim travels by train",
            "Storm hits the coast - thousands flee",
            "Premier League results | Matchday 12",
            "",
        ] {
            check("https://www.bbc.co.uk/news/1", title, title);
        }
    }

    #[test]
    fn marks_of_a_desk_are_left_out() {
        let site = "https://n.example/1";
        check(site, "UPDATE 2-Kim arrives", "Kim arrives");
        check(site, "WRAPUP 1-Kim arrives", "Kim arrives");
        check(site, "CORRECTED-Kim arrives", "Kim arrives");
        check(site, "Breaking: Kim arrives", " Kim arrives");
        check(site, "Update on Kim - he arrives", "Update on Kim - he arrives");
        check(site, "Lead poisoning in 3-year-olds", "Lead poisoning in 3-year-olds");
    }
}
