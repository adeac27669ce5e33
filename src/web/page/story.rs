//! The page of one story: its headline, who reported when, what was new and who was told, and for
//! each alert why.

use std::collections::HashSet;

use maud::{Markup, html};

use super::news;
use super::words::{self, Words};
use super::{AlertView, ArticleView, DeliveryView, StoryView, ToldView};
use crate::model::{DeliveryClass, Evidence, ItemId, Timestamp};
use crate::store::StoryEvent;
use crate::story::EventKind;

/// Outlets that have a line of their own in the plot.
const LINES: usize = 12;

pub(super) fn section(view: &StoryView, words: &Words<'_>) -> Markup {
    html! {
        (heading(view, words))
        div.columns {
            div { (reporters(view, words)) (timeline(view, words)) }
            div { (scores(&view.told)) (deliveries(&view.told, words)) (events(&view.events, words)) }
        }
        @for told in view.told.iter().rev() { (reasons(&told.alert)) }
    }
}

fn heading(view: &StoryView, words: &Words<'_>) -> Markup {
    let story = &view.story;
    let lang = view.articles.first().and_then(|article| article.lang.as_deref());
    let copies = story.outlets.saturating_sub(story.independent);
    html! {
        div.title {
            p.quiet {
                "Story " code { (story.id) } ", seen from " time datetime=(story.first_seen) { (words.time(story.first_seen)) }
                " to " time datetime=(view.last_seen) { (words.time(view.last_seen)) }
            }
            h1 lang=[lang] dir="auto" { (story.title) }
            p.lede {
                b {
                    (words::plural(story.articles.into(), "article")) " by " (words::plural(story.outlets.into(), "outlet"))
                    " in " (words::span(view.last_seen.since(story.first_seen))) ": "
                }
                (story.independent) " independent, " (copies) (if copies == 1 { " copy" } else { " copies" }) ". "
                (said(&view.told))
            }
            @if let Some(next) = &view.goes_on_as {
                p.lede { "It turned out to be the same as another one, and " a href=(format!("/stories/{next}")) { "goes on there" } "." }
            }
        }
    }
}

/// Says how many alerts went out.
fn said(told: &[ToldView]) -> String {
    match told.len() {
        0 => "No alert went out.".to_owned(),
        1 => "One alert went out.".to_owned(),
        n => format!("{} alerts went out.", words::number(n)),
    }
}

/// Draws who reported when: a line an outlet, in the order of their first articles.
fn reporters(view: &StoryView, words: &Words<'_>) -> Markup {
    let mut outlets: Vec<&str> = Vec::new();
    for article in &view.articles {
        if !outlets.contains(&article.source_name.as_str()) {
            outlets.push(&article.source_name);
        }
    }
    let more = outlets.len().saturating_sub(LINES);
    html! {
        @if outlets.len() > 1 {
            section {
                h2.head { "Who reported when" }
                figure.plot {
                    @for outlet in outlets.iter().take(LINES) {
                        div.line { span.label dir="auto" { (outlet) } (strokes(view, outlet)) }
                    }
                    div.line { span {} span.cap { span { (words.time(view.story.first_seen)) } span { (words.time(view.last_seen)) } } }
                    figcaption {
                        "A row is an outlet, in order of its first article; filled: own article, open: copy."
                        @if more > 0 { " And " (words::plural(more as u64, "more outlet")) "." }
                    }
                }
            }
        }
    }
}

fn strokes(view: &StoryView, outlet: &str) -> Markup {
    let of_outlet = || view.articles.iter().filter(|article| article.source_name == outlet);
    let label = words::plural(of_outlet().count() as u64, "article");
    html! {
        svg.wide height="20" role="img" aria-label=(label) {
            line.faint x1="0" x2="100%" y1="10" y2="10" {}
            @for article in of_outlet() {
                circle.dot.open[article.copy_of.is_some()] cx=(place(view, article.seen)) cy="10" r="3.5" {}
            }
        }
    }
}

/// Returns how far from the left a time lies: between the story's first article and its latest.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn place(view: &StoryView, time: Timestamp) -> String {
    let whole = view.last_seen.since(view.story.first_seen).as_millis().max(1) as f64;
    let passed = time.since(view.story.first_seen).as_millis() as f64;
    format!("{:.1}%", 1.0 + 98.0 * (passed / whole).clamp(0.0, 1.0))
}

/// Draws the articles in the order of time, each with its copies and with what was told of it.
fn timeline(view: &StoryView, words: &Words<'_>) -> Markup {
    let originals: HashSet<&ItemId> = view.articles.iter().filter(|a| is_own(a)).map(|a| &a.item).collect();
    let has_place =
        |article: &ArticleView| article.copy_of.as_ref().is_some_and(|(of, _)| originals.contains(of));
    let lines: Vec<&ArticleView> = view.articles.iter().filter(|article| !has_place(article)).collect();
    html! {
        section {
            h2.head { "What was new, and when" }
            @if lines.is_empty() { p.quiet { "Its articles are gone." } }
            @for (at, article) in lines.iter().enumerate() {
                @let day = words.day(article.seen);
                @if at == 0 || words.day(lines[at - 1].seen) != day { p.day { (day) } }
                (line(view, article, words))
            }
            @if view.more_articles > 0 {
                p.quiet { "And " (words::plural(view.more_articles as u64, "later article")) ": " code { "newshound stories show " (view.story.id) } }
            }
        }
    }
}

fn is_own(article: &ArticleView) -> bool {
    article.copy_of.is_none()
}

fn line(view: &StoryView, article: &ArticleView, words: &Words<'_>) -> Markup {
    let told = || view.told.iter().filter(|told| told.alert.item == article.item);
    let facts = told().map(|told| &told.new_facts).find(|facts| !facts.is_empty());
    let of_this = |other: &&ArticleView| other.copy_of.as_ref().is_some_and(|(of, _)| *of == article.item);
    let copies: Vec<&ArticleView> =
        if is_own(article) { view.articles.iter().filter(of_this).collect() } else { Vec::new() };
    html! {
        article.tl {
            time datetime=(article.seen) { (words.clock(article.seen)) }
            div {
                h3 lang=[&article.lang] dir="auto" { (link(article)) }
                p.meta {
                    b dir="auto" { (article.source_name) }
                    @if let Some(agency) = &article.agency { span { "after " (agency) } }
                    @if let Some((_, source)) = &article.copy_of { span { "copy of " (source) } }
                }
                @if let Some(facts) = facts {
                    p.new lang=[&article.lang] dir="auto" { "New: " @for (at, fact) in facts.iter().enumerate() { @if at > 0 { ", " } ins { (fact) } } }
                }
                @for told in told() { (sent(told, words)) }
                @if !copies.is_empty() { (copied(&copies, words)) }
            }
        }
    }
}

fn link(article: &ArticleView) -> Markup {
    html! {
        @match news::web_address(article.url.as_deref()) {
            Some(url) => a href=(url) rel="noreferrer noopener" { (article.title) },
            None => (article.title),
        }
    }
}

fn copied(copies: &[&ArticleView], words: &Words<'_>) -> Markup {
    html! {
        details {
            summary { (copies.len()) (if copies.len() == 1 { " copy" } else { " copies" }) }
            ul {
                @for copy in copies {
                    li dir="auto" { (copy.source_name) ", " (words.clock(copy.seen)) ": " span lang=[&copy.lang] { (link(copy)) } }
                }
            }
        }
    }
}

/// Says that an alert went out, and why.
fn sent(told: &ToldView, words: &Words<'_>) -> Markup {
    let ToldView { alert, revision, reason, .. } = told;
    let kind = if *revision > 1 { ", follow-up" } else { "" };
    html! {
        p.told {
            b { "alert " (revision) (kind) } " · " (alert.topic) " " (format!("{:.2}", alert.score)) " · "
            (reason) ", " time datetime=(alert.created) { (words.clock(alert.created)) }
        }
    }
}

/// Draws the best score of each topic.
fn scores(told: &[ToldView]) -> Markup {
    let mut best: Vec<&AlertView> = Vec::new();
    for ToldView { alert, .. } in told {
        match best.iter_mut().find(|known| known.topic == alert.topic) {
            Some(known) if known.score < alert.score => *known = alert,
            Some(_) => {}
            None => best.push(alert),
        }
    }
    html! {
        @if !best.is_empty() {
            section {
                h2.head { "Scores" }
                ul.scores aria-label="Scores" {
                    @for alert in best { li { span { (alert.topic) } (news::score(alert.score, alert.threshold)) } }
                }
                p.quiet { "Best article for each topic; the tick is the threshold." }
            }
        }
    }
}

fn deliveries(told: &[ToldView], words: &Words<'_>) -> Markup {
    html! {
        @if !told.is_empty() {
            section {
                h2.head { "Deliveries" }
                table {
                    thead { tr { th scope="col" { "alert" } th scope="col" { "channel" } th scope="col" { "state" } th.n scope="col" { "at" } } }
                    tbody {
                        @for ToldView { alert, revision, .. } in told.iter().rev() {
                            @for delivery in &alert.deliveries {
                                tr {
                                    th scope="row" { (revision) " " span.quiet { (alert.topic) } }
                                    td.whole { (channel(delivery)) }
                                    td.whole { (delivery.state.as_str()) }
                                    td.n { (delivery.delivered_at.map_or_else(|| "–".to_owned(), |at| words.time(at))) }
                                }
                            }
                            @if alert.deliveries.is_empty() {
                                tr { th scope="row" { (revision) " " span.quiet { (alert.topic) } } td colspan="3" { "no route takes it" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn channel(delivery: &DeliveryView) -> String {
    match delivery.class {
        Some(DeliveryClass::Ok) => delivery.channel.clone(),
        Some(_) | None => news::name(delivery),
    }
}

fn events(events: &[StoryEvent], words: &Words<'_>) -> Markup {
    let link = |id: &crate::model::StoryId| html! { a href=(format!("/stories/{id}")) { (id) } };
    html! {
        @if !events.is_empty() {
            section {
                h2.head { "Merges and splits" }
                @for event in events {
                    p.quiet {
                        time datetime=(event.time) { (words.time(event.time)) } " "
                        @match event.kind {
                            EventKind::Merged => { (link(&event.other)) " was merged into " (link(&event.story)) },
                            EventKind::Split => { (link(&event.other)) " was full and goes on as " (link(&event.story)) },
                        }
                    }
                }
            }
        }
    }
}

/// Draws the points that make an alert's score.
fn reasons(alert: &AlertView) -> Markup {
    html! {
        section {
            h2.head { (alert.topic) ": " (format!("{:.2}", alert.score)) ", threshold " (format!("{:.2}", alert.threshold)) }
            table.fold {
                thead { tr { th.n scope="col" { "points" } th scope="col" { "field" } th scope="col" { "term" } th scope="col" { "where" } } }
                tbody { @for line in &alert.evidence { (reason(line, alert)) } }
            }
        }
    }
}

fn reason(line: &Evidence, alert: &AlertView) -> Markup {
    html! {
        tr {
            td.n data-l="points" { (format!("{:+.2}", line.points)) }
            td data-l="field" { (line.field.as_str()) }
            td data-l="term" { (line.term) @if line.count > 1 { " ×" (line.count) } }
            td data-l="where" lang=[&alert.lang] dir="auto" { (news::snippet(&line.snippet)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{StoryId, StoryRef};

    const HOSTILE: &str = "<script>alert(1)</script>";

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + minutes * 60_000)
    }

    fn article(id: &str, minutes: i64, copy_of: Option<(&str, &str)>) -> ArticleView {
        ArticleView {
            item: ItemId::new(id),
            title: format!("{id} {HOSTILE}"),
            url: Some("javascript:alert(1)".to_owned()),
            lang: Some("ko".to_owned()),
            source_name: format!("Outlet of {id}"),
            seen: at(minutes),
            copy_of: copy_of.map(|(item, source)| (ItemId::new(item), source.to_owned())),
            agency: Some(HOSTILE.to_owned()),
        }
    }

    fn page(articles: Vec<ArticleView>, more_articles: usize) -> String {
        let story = StoryRef {
            id: StoryId::new("st_1"),
            title: HOSTILE.to_owned(),
            articles: 2,
            outlets: 3,
            independent: 1,
            first_seen: at(0),
        };
        let view = StoryView {
            now: at(90),
            zone: jiff::tz::TimeZone::UTC,
            story,
            last_seen: at(60),
            goes_on_as: Some(StoryId::new("st_2")),
            articles,
            more_articles,
            events: Vec::new(),
            told: Vec::new(),
        };
        super::super::story(&view).into_string()
    }

    #[track_caller]
    fn check(page: &str, shown: &[&str]) {
        for text in shown {
            assert!(page.contains(text), "no {text} in {page}");
        }
        assert!(!page.contains("<script") && !page.contains("javascript:"), "{page}");
    }

    #[test]
    fn copies_stand_under_their_original_and_nothing_outside_is_believed() {
        let articles = vec![article("it_1", 0, None), article("it_2", 60, Some(("it_1", "A")))];
        let page = page(articles, 0);
        check(&page, &["2 articles by 3 outlets", "1 independent, 2 copies", "<summary>1 copy</summary>"]);
        check(&page, &["/stories/st_2", "&lt;script&gt;", "lang=\"ko\" dir=\"auto\"", "No alert went out."]);
    }

    #[test]
    fn a_copy_whose_original_is_not_shown_has_its_own_place() {
        let page = page(vec![article("it_2", 60, Some(("it_0", "Harbour Wire")))], 7);
        check(&page, &["copy of Harbour Wire", "7 later articles", "newshound stories show st_1"]);
    }
}
