//! The latest alerts: headlines with their evidence marked, and their scores beside them.

use maud::{Markup, html};

use super::words::Words;
use super::{AlertView, DeliveryView};
use crate::model::{DeliveryState, Evidence, Field, Timestamp};

/// How many lines of evidence stand under a headline.
const SNIPPETS: usize = 2;

pub(super) fn section(heading: &str, alerts: &[AlertView], words: &Words<'_>) -> Markup {
    let pieces = by_item(alerts);
    html! {
        section #news {
            h2.head { (heading) }
            @if pieces.is_empty() {
                p.quiet { "No alert yet. What a source holds when it is read for the first time is not alerted." }
            }
            @for (at, piece) in pieces.iter().enumerate() {
                @let day = words.day(piece[0].created);
                @if at == 0 || words.day(pieces[at - 1][0].created) != day { p.day { (day) } }
                (article(piece, words))
            }
        }
    }
}

/// Puts the alerts of one item together, where the newest of them stands, the highest score first.
fn by_item(alerts: &[AlertView]) -> Vec<Vec<&AlertView>> {
    let mut pieces: Vec<Vec<&AlertView>> = Vec::new();
    for alert in alerts {
        match pieces.iter_mut().find(|piece| piece[0].item == alert.item) {
            Some(piece) => piece.push(alert),
            None => pieces.push(vec![alert]),
        }
    }
    for piece in &mut pieces {
        piece.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    pieces
}

/// Draws an item with all the alerts it made.
fn article(alerts: &[&AlertView], words: &Words<'_>) -> Markup {
    let alert = &alerts[0];
    let reasons = || alerts.iter().flat_map(|alert| &alert.evidence).filter(|reason| reason.points > 0.0);
    let title = mark_title(&alert.title, reasons());
    let mut snippets: Vec<&str> = Vec::new();
    for reason in reasons().filter(|reason| reason.field != Field::Title || !title.marked) {
        if !snippets.contains(&reason.snippet.as_str()) {
            snippets.push(&reason.snippet);
        }
    }
    snippets.truncate(SNIPPETS);
    html! {
        article {
            time datetime=(alert.created) { (words.clock(alert.created)) }
            div {
                h3 lang=[&alert.lang] dir="auto" {
                    @match web_address(alert.url.as_deref()) {
                        Some(url) => a href=(url) rel="noreferrer noopener" { (title.markup) },
                        None => (title.markup),
                    }
                }
                @for snippet in snippets {
                    p.snippet lang=[&alert.lang] dir="auto" { (marked(&parts(snippet))) }
                }
                p.meta {
                    b lang=[&alert.lang] dir="auto" { (alert.source_name) }
                    span { (deliveries(alerts, words)) }
                    a href=(format!("/stories/{}", alert.story)) { "why" }
                }
            }
            ul.scores aria-label="Scores" {
                @for alert in alerts { li { span { (alert.topic) } (score(alert.score, alert.threshold)) } }
            }
        }
    }
}

/// Returns an address that a link may carry: only what the web has.
pub(super) fn web_address(url: Option<&str>) -> Option<&str> {
    let scheme = |url: &&str| {
        let start = url.get(..8).unwrap_or(url).to_ascii_lowercase();
        start.starts_with("http://") || start.starts_with("https://")
    };
    url.filter(scheme)
}

pub(super) fn score(score: f64, threshold: f64) -> Markup {
    let label = format!("score {score:.2}, threshold {threshold:.2}");
    let at = |value: f64| format!("{:.1}", value.clamp(0.0, 1.0) * 64.0);
    html! {
        span.value { (format!("{score:.2}")) }
        svg width="64" height="12" role="img" aria-label=(label) {
            line.scale x1="0" x2="64" y1="6.5" y2="6.5" {}
            line.tick x1=(at(threshold)) x2=(at(threshold)) y1="2" y2="11" {}
            circle.dot cx=(at(score)) cy="6.5" r="3.2" {}
        }
    }
}

/// Says in words where the alerts of one item went.
fn deliveries(alerts: &[&AlertView], words: &Words<'_>) -> String {
    let all = || alerts.iter().flat_map(|alert| &alert.deliveries);
    let named = |states: &[DeliveryState]| {
        let mut names: Vec<String> =
            all().filter(|delivery| states.contains(&delivery.state)).map(name).collect();
        names.dedup();
        names.join(", ")
    };
    let sent: Option<Timestamp> = all().filter_map(|delivery| delivery.delivered_at).max();
    let groups = [
        ("waits for ", named(&[DeliveryState::Pending, DeliveryState::Sending])),
        ("given up: ", named(&[DeliveryState::Failed])),
        ("cancelled: ", named(&[DeliveryState::Cancelled])),
    ];
    let mut said: Vec<String> = sent.map(|time| format!("sent {}", words.time(time))).into_iter().collect();
    let told = groups.iter().filter(|(_, names)| !names.is_empty());
    said.extend(told.map(|(head, names)| format!("{head}{names}")));
    if said.is_empty() { "no route takes it".to_owned() } else { said.join("; ") }
}

pub(super) fn name(delivery: &DeliveryView) -> String {
    match delivery.class {
        Some(class) => format!("{} ({class})", delivery.channel),
        None => delivery.channel.clone(),
    }
}

/// A stretch of text, and whether it is evidence.
type Part<'a> = (&'a str, bool);

/// Draws a snippet with its evidence marked.
pub(super) fn snippet(snippet: &str) -> Markup {
    marked(&parts(snippet))
}

fn marked(parts: &[Part<'_>]) -> Markup {
    html! {
        @for (text, evidence) in parts { @if *evidence { mark { (text) } } @else { (text) } }
    }
}

/// Splits a snippet at its marks, `«` and `»`.
fn parts(snippet: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = snippet;
    while let Some((before, after)) = rest.split_once('«') {
        let Some((inside, behind)) = after.split_once('»') else { break };
        parts.extend([(before, false), (inside, true)]);
        rest = behind;
    }
    parts.push((rest, false));
    parts.retain(|(text, _)| !text.is_empty());
    parts
}

/// A headline, and whether any of it is marked.
struct Title {
    markup: Markup,
    marked: bool,
}

/// Marks in a headline what its evidence marks in its snippets.
fn mark_title<'a>(title: &str, reasons: impl Iterator<Item = &'a Evidence>) -> Title {
    let mut ranges = Vec::new();
    for reason in reasons.filter(|reason| reason.field == Field::Title) {
        let parts = parts(&reason.snippet);
        let plain: String = parts.iter().map(|(text, _)| *text).collect();
        let cut = plain.trim_start_matches('…');
        let Some(found) = place(title, cut.trim_end_matches('…'), plain.starts_with('…')) else {
            continue;
        };
        let mut at = found;
        let mut skip = plain.len() - cut.len();
        for (text, evidence) in parts {
            let length = text.len() - skip.min(text.len());
            skip -= skip.min(text.len());
            let end = (at + length).min(title.len());
            if evidence {
                ranges.push(at..end);
            }
            at = end;
        }
    }
    ranges.sort_by_key(|range| range.start);
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut at = 0;
    for range in ranges {
        let start = range.start.max(at);
        if let (Some(before), Some(inside)) = (title.get(at..start), title.get(start..range.end)) {
            parts.extend([(before, false), (inside, true)]);
            at = range.end;
        }
    }
    parts.push((title.get(at..).unwrap_or_default(), false));
    Title {
        marked: parts.iter().any(|(text, evidence)| *evidence && !text.is_empty()),
        markup: marked(&parts),
    }
}

/// Finds a snippet in its headline. One whose head was cut off may be a single word that occurs
/// earlier too, so the end is where it is looked for first.
fn place(title: &str, snippet: &str, cut_off: bool) -> Option<usize> {
    if cut_off { title.rfind(snippet) } else { title.find(snippet) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(field: Field, snippet: &str) -> Evidence {
        let snippet = snippet.to_owned();
        Evidence { term: "x".to_owned(), field, count: 1, weight: 1.0, points: 1.5, snippet }
    }

    #[track_caller]
    fn check(title: &str, snippets: &[&str], expect: &str) {
        let reasons: Vec<_> = snippets.iter().map(|snippet| reason(Field::Title, snippet)).collect();
        let title = mark_title(title, reasons.iter());
        assert_eq!(title.markup.0, expect);
        assert_eq!(title.marked, expect.contains("<mark>"));
    }

    #[test]
    fn evidence_is_marked_in_the_headline() {
        check("Kim visits", &["«Kim» visits"], "<mark>Kim</mark> visits");
        check("Kim visits", &["«Kim visits»"], "<mark>Kim visits</mark>");
        check("Kim visits", &["«Kim» visits", "Kim «visits»"], "<mark>Kim</mark> <mark>visits</mark>");
        check("Во Владивостоке форум", &["…«Владивостоке» форум"], "Во <mark>Владивостоке</mark> форум");
        check(
            "김정은, 러시아 방문",
            &["«김정은», 러시아 «방문»…"],
            "<mark>김정은</mark>, 러시아 <mark>방문</mark>",
        );
    }

    #[test]
    fn marks_that_overlap_or_fit_nowhere_do_no_harm() {
        check("a b c", &["«a b» c", "a «b c»"], "<mark>a b</mark><mark> c</mark>");
        check("a b c", &["«a b» c", "«a» b c"], "<mark>a b</mark> c");
        check("a & <b>", &["nothing «like» it"], "a &amp; &lt;b&gt;");
        check("é…", &["…«é…"], "é…");
        check("", &[""], "");
        check("trains and a train", &["…«train»"], "trains and a <mark>train</mark>");
    }

    #[test]
    fn only_the_webs_schemes_become_links() {
        for url in ["http://a/", "HTTPS://a/é"] {
            assert_eq!(web_address(Some(url)), Some(url));
        }
        for url in ["javascript:alert(1)", "data:text/html,x", "ftp://a/", "//a/", "éééééé", ""] {
            assert_eq!(web_address(Some(url)), None);
        }
    }
}
