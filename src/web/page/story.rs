//! The page of one story: its headline, and for each topic why it was told and to whom.

use maud::{Markup, html};

use super::news;
use super::words::Words;
use super::{AlertView, StoryView};
use crate::model::Evidence;

pub(super) fn section(view: &StoryView, words: &Words<'_>) -> Markup {
    html! {
        (news::section("Story", &view.alerts, words))
        @for alert in &view.alerts { (reasons(alert)) }
    }
}

/// Draws the points that make an alert's score.
fn reasons(alert: &AlertView) -> Markup {
    html! {
        section {
            h2.head { (alert.topic) ": " (format!("{:.2}", alert.score)) ", threshold " (format!("{:.2}", alert.threshold)) }
            table {
                thead { tr { th.n scope="col" { "points" } th scope="col" { "field" } th scope="col" { "term" } th scope="col" { "where" } } }
                tbody { @for line in &alert.evidence { (reason(line, alert)) } }
            }
            ul.meta { @for delivery in &alert.deliveries { li { (news::name(delivery)) " " (delivery.state.as_str()) } } }
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
