//! The news agency that an article credits: by where it comes from, by who wrote it, at the head of
//! its text or at its end.

use super::title::host;
use crate::model::Item;

/// An agency: the name it is kept under, how it is written where it is credited, and its sites.
struct Agency {
    name: &'static str,
    written: &'static [&'static str],
    sites: &'static [&'static str],
}

#[rustfmt::skip]
const AGENCIES: &[Agency] = &[
    Agency { name: "reuters", written: &["Reuters", "REUTERS", "Thomson Reuters", "Рейтер", "ロイター", "로이터", "路透社", "路透", "رويترز"], sites: &["reuters.com", "jp.reuters.com"] },
    Agency { name: "ap", written: &["AP", "Associated Press", "The Associated Press", "AP News"], sites: &["apnews.com", "ap.org"] },
    Agency { name: "afp", written: &["AFP", "Agence France-Presse", "АФП", "法新社", "AFP=時事"], sites: &["afp.com"] },
    Agency { name: "dpa", written: &["dpa", "DPA", "dpa-AFX", "dpa-infocom"], sites: &["dpa.com", "dpa-international.com"] },
    Agency { name: "apa", written: &["APA"], sites: &["apa.at"] },
    Agency { name: "sda", written: &["sda", "SDA", "Keystone-SDA", "ATS"], sites: &["keystone-sda.ch"] },
    Agency { name: "ansa", written: &["ANSA"], sites: &["ansa.it"] },
    Agency { name: "efe", written: &["EFE"], sites: &["efe.com"] },
    Agency { name: "upi", written: &["UPI"], sites: &["upi.com"] },
    Agency { name: "yonhap", written: &["Yonhap", "연합뉴스", "聯合ニュース", "韩联社"], sites: &["yna.co.kr", "en.yna.co.kr"] },
    Agency { name: "kyodo", written: &["Kyodo", "KYODO", "Kyodo News", "共同", "共同通信", "共同社", "교도"], sites: &["kyodonews.net", "english.kyodonews.net"] },
    Agency { name: "jiji", written: &["Jiji", "Jiji Press", "時事", "時事通信"], sites: &["jiji.com"] },
    Agency { name: "xinhua", written: &["Xinhua", "XINHUA", "新华社", "新華社", "Синьхуа"], sites: &["xinhuanet.com", "news.cn", "english.news.cn"] },
    Agency { name: "tass", written: &["TASS", "ITAR-TASS", "ТАСС", "ИТАР-ТАСС", "タス通信", "塔斯社"], sites: &["tass.com", "tass.ru"] },
    Agency { name: "interfax", written: &["Interfax", "INTERFAX", "Интерфакс", "ИНТЕРФАКС"], sites: &["interfax.com", "interfax.ru"] },
    Agency { name: "ria", written: &["RIA Novosti", "РИА Новости"], sites: &["ria.ru"] },
    Agency { name: "kcna", written: &["KCNA", "조선중앙통신"], sites: &["kcna.kp"] },
    Agency { name: "pti", written: &["PTI"], sites: &["ptinews.com"] },
    Agency { name: "anadolu", written: &["Anadolu", "Anadolu Agency"], sites: &["aa.com.tr"] },
];

/// A credit stands within so many characters of the head of a text …
const HEAD: usize = 120;
/// … or of its end.
const END: usize = 40;

/// Behind the name of an agency in brackets.
const CLOSERS: [char; 6] = [')', ']', '/', '】', '］', '）'];
/// Before it.
const OPENERS: [char; 8] = ['(', '[', '/', '【', '［', '（', '＝', '='];
/// Between a dateline and what it heads.
const DASHES: [char; 5] = ['-', '—', '–', '.', ':'];
/// A place and a date in brackets before the name have not more letters.
const MOST_PLACE: usize = 20;
/// A dateline before the name has not more words.
const MOST_DATELINE: usize = 6;

/// Returns the agency that an item credits.
pub(super) fn agency(item: &Item) -> Option<&'static str> {
    let host = item.url.as_deref().and_then(host).unwrap_or_default();
    let text = if item.text.is_empty() { &item.summary } else { &item.text };
    let text = text.trim();
    let by_site = || AGENCIES.iter().find(|agency| agency.sites.contains(&host));
    let found = by_site()
        .or_else(|| item.author.as_deref().and_then(wrote))
        .or_else(|| opens(head(text)))
        .or_else(|| closes(end(text)))?;
    Some(found.name)
}

/// Finds an agency among those who wrote: `Reuters`, `By Jane Roe, Reuters`, `dpa/AFP`.
fn wrote(author: &str) -> Option<&'static Agency> {
    let in_name = |c: char| c.is_alphanumeric() || c == '-';
    let stands = |name: &&&str| {
        author.match_indices(**name).any(|(at, _)| {
            !author[..at].ends_with(in_name) && !author[at + name.len()..].starts_with(in_name)
        })
    };
    AGENCIES.iter().find(|agency| agency.written.iter().any(|name| stands(&name)))
}

/// Finds an agency that is credited before a text: `LONDON, Sept 11 (Reuters) - `, `AP — `.
fn opens(head: &str) -> Option<&'static Agency> {
    head.char_indices().filter(|(_, c)| CLOSERS.contains(c) || DASHES.contains(c)).find_map(|(at, c)| {
        let behind = &head[at + c.len_utf8()..];
        let (agency, before) = ends_with_name(head[..at].trim_end())?;
        let is_credit = CLOSERS.contains(&c) && is_open(before)
            || DASHES.contains(&c) && behind.starts_with(char::is_whitespace) && is_dateline(before);
        is_credit.then_some(agency)
    })
}

/// Finds an agency that is credited behind a text: `… he said. (Reuters)`, a last line `dpa`.
fn closes(end: &str) -> Option<&'static Agency> {
    let end = end.trim_end_matches(['.', ' ']);
    let (agency, before) = ends_with_name(end.trim_end_matches(CLOSERS))?;
    let is_credit = end.ends_with(CLOSERS) && is_open(before) || before.ends_with(['\n', '—', '–', '/']);
    is_credit.then_some(agency)
}

/// Returns the agency whose name stands at the end of a text, and what stands before it.
fn ends_with_name(text: &str) -> Option<(&'static Agency, &str)> {
    AGENCIES.iter().find_map(|agency| {
        let before = |name: &&str| text.strip_suffix(*name).filter(|rest| !is_inside(rest, name));
        agency.written.iter().find_map(before).map(|before| (agency, before))
    })
}

/// Says whether a name is only the end of a longer word. Where words have no spaces between them
/// nobody can tell: there a place may stand before it.
fn is_inside(before: &str, name: &str) -> bool {
    let spaced = name.starts_with(|c: char| c.is_ascii() || ('\u{400}'..'\u{530}').contains(&c));
    spaced && before.ends_with(|c: char| c.is_alphanumeric() || c == '-')
}

/// Says whether a bracket or slash is open, and nothing but a place and a date in it.
fn is_open(before: &str) -> bool {
    let Some(opened) = before.rfind(OPENERS) else { return false };
    let place = &before[opened..];
    place.chars().count() <= MOST_PLACE && !place.contains(['.', ')', ']'])
}

/// Says whether this is empty, or a place and a date as they stand before an agency's name.
fn is_dateline(before: &str) -> bool {
    let before = before.trim_end();
    let ends = before.ends_with([',', '-', '—', '–', '.']);
    before.is_empty() || ends && before.split(' ').count() <= MOST_DATELINE
}

fn head(text: &str) -> &str {
    text.char_indices().nth(HEAD).map_or(text, |(at, _)| &text[..at])
}

fn end(text: &str) -> &str {
    text.char_indices().nth_back(END).map_or(text, |(at, _)| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ItemId;

    #[track_caller]
    fn check(url: &str, author: &str, text: &str, expect: Option<&str>) {
        let item = Item {
            url: Some(url.to_owned()),
            author: Some(author.to_owned()),
            text: text.to_owned(),
            ..Item::bare(ItemId::new("it_1"))
        };
        assert_eq!(agency(&item), expect, "{url} {author} {text}");
    }

    #[test]
    fn a_credit_at_the_head_counts() {
        for (text, expect) in [
            ("LONDON, Sept 11 (Reuters) - Kim arrived.", "reuters"),
            ("VLADIVOSTOK, Russia (AP) — Kim arrived.", "ap"),
            ("AP — Kim arrived.", "ap"),
            ("MOSCOW, September 11. /TASS/. Kim arrived.", "tass"),
            ("BEIJING, Sept. 11 (Xinhua) -- Kim arrived.", "xinhua"),
            ("SEOUL, Sept. 11 (Yonhap) -- Kim arrived.", "yonhap"),
            ("(서울=연합뉴스) 김정은 국무위원장이 도착했다.", "yonhap"),
            ("Берлин (dpa) - Ким прибыл.", "dpa"),
            ("ВЛАДИВОСТОК, 11 сен - РИА Новости. Ким прибыл.", "ria"),
            ("Москва. 11 сентября. ИНТЕРФАКС - Ким прибыл.", "interfax"),
            ("【ソウル聯合ニュース】金正恩氏が到着した。", "yonhap"),
            ("［東京 １１日 ロイター］ 金正恩氏が到着した。", "reuters"),
        ] {
            check("https://n.example/1", "", text, Some(expect));
        }
    }

    #[test]
    fn an_author_a_site_and_an_end_count() {
        check("https://www.reuters.com/world/1", "", "Kim arrived.", Some("reuters"));
        check("https://n.example/1", "By Jane Roe, Reuters", "Kim arrived.", Some("reuters"));
        check("https://n.example/1", "dpa/lni", "Kim arrived.", Some("dpa"));
        check("https://n.example/1", "The Associated Press", "Kim arrived.", Some("ap"));
        check("https://n.example/1", "", "Kim arrived, he said. (Reuters)", Some("reuters"));
        check("https://n.example/1", "", "Kim arrived.\nAFP", Some("afp"));
    }

    #[test]
    fn naming_an_agency_is_no_credit() {
        for text in [
            "Kim arrived, an official told Reuters on Monday.",
            "Reuters reported that Kim arrived.",
            "Kim said AP reporters were welcome (all of them) at the border.",
            "The agency TASS said so. Kim arrived.",
            "Kim arrived, according to AFP",
        ] {
            check("https://n.example/1", "Jane Rapp", text, None);
        }
        check("https://notreuters.com.example/1", "APplebaum", "Kim arrived.", None);
    }
}
