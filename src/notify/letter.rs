//! What a mail says, in words and before any markup: the text and the HTML part say the same.

use jiff::{ZonedDateTime, tz::TimeZone};
use url::Url;

use super::{message::Message, text};
use crate::model::{AlertKind, Change, Evidence, Field, Timestamp};

/// More lines of evidence are summed up in one.
const MAX_REASONS: usize = 12;

/// The words of a mail.
pub(super) struct Letter {
    pub(super) topic: String,
    pub(super) kind: String,
    pub(super) score: String,
    pub(super) threshold: String,
    pub(super) headline: String,
    /// The article's address where it is one that may be followed.
    pub(super) article: Option<Url>,
    /// An address that may not be followed, to be shown as text.
    pub(super) dead_link: Option<String>,
    pub(super) lang: Option<String>,
    pub(super) source: String,
    pub(super) times: String,
    /// Of a follow-up, what is new.
    pub(super) news: Option<News>,
    pub(super) lede: Option<String>,
    pub(super) reasons: Vec<Reason>,
    pub(super) sum: Sum,
    pub(super) outlets: Outlets,
    pub(super) links: Vec<Link>,
    pub(super) footer: String,
}

/// What a follow-up adds.
pub(super) struct News {
    /// What kind of news it is, with a colon where something follows.
    pub(super) lead: String,
    pub(super) text: String,
    /// Of an article that has changed, one word each and what it is about.
    pub(super) changes: Vec<(&'static str, String)>,
}

/// One line of the reasons.
pub(super) struct Reason {
    /// With sign and two digits.
    pub(super) points: String,
    pub(super) field: &'static str,
    /// The snippet, with whether each part matched.
    pub(super) parts: Vec<(bool, String)>,
}

/// What the lines of the reasons make.
pub(super) struct Sum {
    /// What the lines add up to.
    pub(super) points: String,
    /// The points that count, where a group that must match holds the score down.
    pub(super) counted: Option<String>,
}

/// Who has the story.
pub(super) struct Outlets {
    /// How many, in words.
    pub(super) total: String,
    /// How many have articles of their own and how many only copies, where there are such.
    pub(super) split: Option<String>,
    pub(super) independent: Vec<String>,
    pub(super) copies: Vec<String>,
}

/// A link at the end.
pub(super) struct Link {
    /// One word.
    pub(super) word: &'static str,
    /// What it does.
    pub(super) label: &'static str,
    /// What `word` leaves open.
    pub(super) note: &'static str,
    pub(super) url: Url,
}

impl Letter {
    /// Finds the words for a message that is sent now.
    pub(super) fn new(message: &Message, now: Timestamp) -> Self {
        let alert = &message.alert;
        let article = article(message);
        let shown = message.item.url.as_deref().map(text::line).filter(|address| !address.is_empty());
        Letter {
            topic: text::line(&alert.topic_name),
            kind: kind(message),
            score: format!("{:.2}", alert.score),
            threshold: format!("{:.2}", alert.threshold),
            headline: headline(message),
            dead_link: shown.filter(|_| article.is_none()),
            article,
            lang: message.item.lang.clone().filter(|lang| is_language_tag(lang)),
            source: text::line(&message.source_name),
            times: times(message, now),
            news: news(message),
            lede: lede(message),
            reasons: reasons(&alert.evidence),
            sum: sum(&alert.evidence, alert.score),
            outlets: outlets(message),
            links: links(message),
            footer: format!("newshound: {}. Alert {}.", text::line(&alert.reason), alert.id),
        }
    }
}

/// Returns the headline as one line; the first words of the article where it has none.
pub(super) fn headline(message: &Message) -> String {
    let item = &message.item;
    [&item.title, &item.summary, &item.text]
        .into_iter()
        .map(|text| text::line(text))
        .find(|line| !line.is_empty())
        .map_or_else(|| "(no headline)".to_owned(), |line| text::shorten(&line, 1024))
}

/// Returns the article's address, where it is one that may be followed.
pub(super) fn article(message: &Message) -> Option<Url> {
    let url: Url = message.item.url.as_ref()?.parse().ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Returns a number with its noun.
pub(super) fn counted(n: u32, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn kind(message: &Message) -> String {
    match message.alert.kind {
        AlertKind::Created => "new story".to_owned(),
        AlertKind::FollowUp => format!("follow-up {}", message.alert.revision.saturating_sub(1)),
        AlertKind::Test => "test".to_owned(),
        AlertKind::Digest | AlertKind::SourceFailing | AlertKind::SourceRecovered => {
            message.alert.kind.to_string()
        }
    }
}

/// Returns what a follow-up is sent for: new facts, a change, or else the reason as it stands.
fn news(message: &Message) -> Option<News> {
    let follow_up = message.alert.follow_up.as_ref()?;
    let facts: Vec<String> = follow_up.new_facts.iter().map(|fact| text::line(fact)).collect();
    let (lead, text) = match &follow_up.change {
        _ if !facts.is_empty() => ("New since the last alert:", facts.join(", ")),
        Some(_) => ("Changed since it was told:", text::line(&message.alert.reason)),
        None => ("Told again:", text::line(&message.alert.reason)),
    };
    let changes = follow_up.change.as_ref().map(changes).unwrap_or_default();
    Some(News { lead: lead.to_owned(), text, changes })
}

fn changes(change: &Change) -> Vec<(&'static str, String)> {
    let title = change.title.iter().flat_map(|(before, now)| [("before", before), ("now", now)]);
    let removed = change.removed.iter().map(|sentence| ("removed", sentence));
    let added = change.added.iter().map(|sentence| ("added", sentence));
    title.chain(removed).chain(added).map(|(what, sentence)| (what, text::line(sentence))).collect()
}

fn is_language_tag(lang: &str) -> bool {
    (2..=35).contains(&lang.len()) && lang.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn lede(message: &Message) -> Option<String> {
    let item = &message.item;
    let lede =
        [&item.summary, &item.text].into_iter().map(|text| text::line(text)).find(|line| !line.is_empty())?;
    (lede != headline(message)).then(|| text::shorten(&lede, 320))
}

/// Tells when the item was published, read and sent, each day once and the zone at the end.
fn times(message: &Message, now: Timestamp) -> String {
    let zoned = |time: Timestamp| zoned(time, &message.timezone);
    let moments =
        [("published", message.item.published), ("read", message.item.first_seen), ("sent", Some(now))];
    let now = zoned(now);
    let mut day = None;
    let mut told = Vec::new();
    for (what, time) in moments {
        let Some(time) = time.map(zoned) else { continue };
        let form = match day {
            Some(day) if day == time.date() => "%H:%M",
            _ if time.year() == now.year() => "%a %-d %b %H:%M",
            _ => "%-d %b %Y %H:%M",
        };
        told.push(format!("{what} {}", time.strftime(form)));
        day = Some(time.date());
    }
    format!("{} {}", told.join(", "), now.strftime("%Z"))
}

fn zoned(time: Timestamp, timezone: &TimeZone) -> ZonedDateTime {
    time.to_jiff().to_zoned_datetime(timezone.clone())
}

fn reasons(evidence: &[Evidence]) -> Vec<Reason> {
    let shown = if evidence.len() > MAX_REASONS { MAX_REASONS - 1 } else { evidence.len() };
    let mut reasons: Vec<Reason> = evidence[..shown].iter().map(reason).collect();
    let rest = &evidence[shown..];
    if !rest.is_empty() {
        let points = rest.iter().map(|line| cents(line.points)).sum();
        let text = format!("{} more lines of evidence", rest.len());
        reasons.push(Reason { points: signed(points), field: "", parts: vec![(false, text)] });
    }
    reasons
}

fn reason(line: &Evidence) -> Reason {
    let snippet = text::line(&line.snippet);
    let mut parts: Vec<(bool, String)> =
        text::marked(&snippet).into_iter().map(|(marked, part)| (marked, part.to_owned())).collect();
    if !parts.iter().any(|(marked, _)| *marked) {
        let colon = if parts.is_empty() { "" } else { ": " };
        parts.insert(0, (false, format!("{}{colon}", text::line(&line.term))));
    } else if line.term.starts_with("near ") {
        parts.push((false, format!(" ({})", text::line(&line.term))));
    }
    if line.count > 1 {
        parts.push((false, format!(" ({} times)", line.count)));
    }
    let field = match line.field {
        Field::Title | Field::Lead | Field::Body | Field::Tail => line.field.as_str(),
    };
    Reason { points: signed(cents(line.points)), field, parts }
}

/// The sum is that of the figures as they are shown, so that a reader who adds them up agrees.
fn sum(evidence: &[Evidence], score: f64) -> Sum {
    let exact: f64 = evidence.iter().map(|line| line.points).sum();
    let agrees = (1.0 - (-exact.max(0.0)).exp2() - score).abs() < 0.005;
    Sum {
        points: format!("{:.2}", in_points(evidence.iter().map(|line| cents(line.points)).sum())),
        counted: (!agrees).then(|| format!("{:.2}", -(1.0 - score.clamp(0.0, 0.999_999)).log2())),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "points are a few hundred at most")]
fn cents(points: f64) -> i32 {
    (points * 100.0).round() as i32
}

fn in_points(cents: i32) -> f64 {
    f64::from(cents) / 100.0
}

fn signed(cents: i32) -> String {
    format!("{:+.2}", in_points(cents))
}

fn outlets(message: &Message) -> Outlets {
    let story = &message.alert.story;
    let mut total = counted(story.outlets, "outlet");
    if story.articles > story.outlets {
        total = format!("{total}, {}", counted(story.articles, "article"));
    }
    let names = |copy| {
        let outlets = message.outlets.iter().filter(|outlet| outlet.copy == copy);
        named(outlets.map(|outlet| text::line(&outlet.name)).collect())
    };
    let (mut independent, copies) = (names(false), names(true));
    if message.outlets.is_empty() && story.outlets <= 1 {
        independent.push(text::line(&message.source_name));
    }
    Outlets { total, split: split(message), independent, copies }
}

/// Returns how many outlets have articles of their own and how many only copies, where there are such.
pub(super) fn split(message: &Message) -> Option<String> {
    let story = &message.alert.story;
    let n_copies = story.outlets.saturating_sub(story.independent);
    let copies = if n_copies == 1 { "copy" } else { "copies" };
    (n_copies > 0).then(|| format!("{} independent, {n_copies} {copies}", story.independent))
}

/// Names that are named; of more, only their number is told.
const MOST_NAMED: usize = 12;

fn named(mut names: Vec<String>) -> Vec<String> {
    let rest = names.len().saturating_sub(MOST_NAMED);
    if rest > 1 {
        names.truncate(MOST_NAMED);
        names.push(format!("{rest} more"));
    }
    names
}

fn links(message: &Message) -> Vec<Link> {
    let links = &message.links;
    let all = [
        ("Story", "Story, all outlets", "", &links.story),
        ("Useful", "Useful", "", &links.useful),
        ("Noise", "Noise", "", &links.noise),
        ("Hold", "Hold this topic for a day", "  (this topic, for a day)", &links.hold),
    ];
    all.into_iter()
        .filter_map(|(word, label, note, url)| Some(Link { word, label, note, url: url.clone()? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::message::{Outlet, tests::message};

    const NOW: Timestamp = Timestamp::from_millis(1_694_452_920_000);

    #[track_caller]
    fn check_times(published: Option<&str>, expect: &str) {
        let mut message = message();
        message.item.published = published.map(|text| Timestamp::parse_rfc3339(text).unwrap());
        assert_eq!(times(&message, NOW), expect);
    }

    #[test]
    fn a_day_is_told_once_and_a_year_only_when_it_is_another() {
        check_times(Some("2023-09-11T17:20:00Z"), "published Mon 11 Sep 19:20, read 19:21, sent 19:22 CEST");
        check_times(Some("2023-09-10T22:30:00Z"), "published Mon 11 Sep 00:30, read 19:21, sent 19:22 CEST");
        check_times(
            Some("2023-09-09T17:20:00Z"),
            "published Sat 9 Sep 19:20, read Mon 11 Sep 19:21, sent 19:22 CEST",
        );
        check_times(
            Some("2021-01-02T17:20:00Z"),
            "published 2 Jan 2021 18:20, read Mon 11 Sep 19:21, sent 19:22 CEST",
        );
        check_times(None, "read Mon 11 Sep 19:21, sent 19:22 CEST");
    }

    fn line(points: f64) -> Evidence {
        Evidence { points, ..message().alert.evidence[0].clone() }
    }

    #[test]
    fn the_figures_add_up_however_they_are_rounded() {
        for evidence in [
            vec![line(0.333), line(0.333), line(0.333)],
            vec![line(1.5), line(-0.25)],
            (0..30).map(|_| line(0.124)).collect(),
        ] {
            let score = 1.0 - (-evidence.iter().map(|line| line.points).sum::<f64>()).exp2();
            let shown: f64 =
                reasons(&evidence).iter().map(|reason| reason.points.parse::<f64>().unwrap()).sum();
            let sum = sum(&evidence, score);
            assert_eq!(format!("{shown:.2}"), sum.points);
            assert_eq!(sum.counted, None);
            assert!(reasons(&evidence).len() <= MAX_REASONS);
        }
    }

    #[test]
    fn a_group_that_holds_the_score_down_is_told() {
        let sum = sum(&[line(2.0), line(1.0)], 0.5);
        assert_eq!((sum.points.as_str(), sum.counted.as_deref()), ("3.00", Some("1.00")));
    }

    #[test]
    fn evidence_without_a_mark_names_its_term() {
        let mut line = line(1.0);
        line.snippet = "no mark here".to_owned();
        line.count = 2;
        let text: String = reason(&line).parts.into_iter().map(|(_, part)| part).collect();
        assert_eq!(text, "near 12: Kim Jong-un … leave: no mark here (2 times)");
    }

    #[test]
    fn only_web_addresses_may_be_followed() {
        let mut message = message();
        for (url, followed) in [
            ("https://news.example/a", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("not an address", false),
        ] {
            message.item.url = Some(url.to_owned());
            let letter = Letter::new(&message, NOW);
            assert_eq!(letter.article.is_some(), followed, "{url}");
            assert_eq!(letter.dead_link.as_deref(), (!followed).then_some(url));
        }
    }

    #[test]
    fn an_item_without_a_headline_is_told_by_its_first_words() {
        let mut message = message();
        message.item.title = "\u{200b}".to_owned();
        assert_eq!(headline(&message), "An armoured train left the capital on Sunday.");
        assert_eq!(Letter::new(&message, NOW).lede, None);
        message.item.summary = String::new();
        assert_eq!(headline(&message), "(no headline)");
    }

    #[test]
    fn outlets_are_counted_and_named() {
        let mut message = message();
        assert_eq!(outlets(&message).independent, ["BBC World"]);
        (message.alert.story.outlets, message.alert.story.articles) = (2, 5);
        assert!(outlets(&message).independent.is_empty());
        let outlet = |name: &str, copy| Outlet { name: name.to_owned(), copy };
        message.outlets = vec![outlet("AP", false), outlet("Straits Times", true)];
        let outlets = outlets(&message);
        assert_eq!(outlets.total, "2 outlets, 5 articles");
        assert_eq!(
            (outlets.independent, outlets.copies),
            (vec!["AP".to_owned()], vec!["Straits Times".to_owned()])
        );
    }
}
