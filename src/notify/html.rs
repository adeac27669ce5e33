//! The HTML part of a mail: one column, nothing remote, readable where styles are taken away. All
//! text goes through maud, which escapes it.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::letter::{Letter, News, Outlets, Reason};

/// Only adds the dark colours; everything else stands in the elements, where every reader of
/// mail finds it.
const DARK: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.paper{background-color:#14161a!important}
.ink,.head{color:#e7e6e2!important}.ink2{color:#b9bcc1!important}.ink3{color:#959aa3!important}
.link{color:#9cc1f3!important}.rule{border-color:#2b2f35!important}
.mark{background-color:#5c4b06!important;color:#fff3c4!important}
}";

const BODY: &str = "margin:0;padding:0;background-color:#fcfcfb";
const HIDDEN: &str = "display:none;max-height:0;overflow:hidden;mso-hide:all";
const COLUMN: &str = "max-width:600px;text-align:left";
const HEADLINE: &str =
    "margin:0;font:bold 22px/1.25 Georgia,'Times New Roman',serif;color:#181a1d;overflow-wrap:anywhere";
const HEADLINE_LINK: &str = "color:#181a1d;text-decoration:none";
const MARK: &str = "background-color:#ffe58a;color:#181a1d";
const LINK: &str = "color:#1b4b8a";

/// Writes the HTML part.
pub(super) fn written(letter: &Letter) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (letter.headline) }
                style { (PreEscaped(DARK)) }
            }
            body class="paper" style=(BODY) {
                div style=(HIDDEN) {
                    @if let Some(news) = &letter.news { (news.text) ". " }
                    (letter.topic) " " (letter.score) ", " (letter.outlets.total) ", " (letter.source)
                }
                (table("100%", "paper", "background-color:#fcfcfb", &html! {
                    tr { td align="center" style="padding:16px 16px 32px" { (column(letter)) } }
                }))
            }
        }
    };
    page.into_string()
}

fn column(letter: &Letter) -> Markup {
    html! {
        (PreEscaped(r#"<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->"#))
        (table("100%", "", COLUMN, &html! {
            (masthead(letter))
            (headline(letter))
            @if let Some(news) = &letter.news { (told(news, letter.lang.as_ref())) }
            @if let Some(lede) = &letter.lede {
                (row("ink", 15, "12px 0 0", &html! { span lang=[&letter.lang] dir="auto" style="overflow-wrap:anywhere" { (lede) } }))
            }
            (reasons(letter))
            (outlets(letter))
            (links(letter))
            (row("ink3", 13, "10px 0 0", &html! { (letter.footer) }))
        }))
        (PreEscaped("<!--[if mso]></td></tr></table><![endif]-->"))
    }
}

fn masthead(letter: &Letter) -> Markup {
    let cells = html! {
        tr {
            td class="ink" style=(font("ink", 13, "0;font-weight:600")) { (letter.topic) }
            td class="ink3" align="right" style=(font("ink3", 13, "0")) { (letter.kind) " · score " (letter.score) }
        }
    };
    html! {
        tr { td class="rule" style="padding:0 0 6px;border-bottom:1px solid #dcdee0" { (table("100%", "", "", &cells)) } }
    }
}

fn headline(letter: &Letter) -> Markup {
    html! {
        tr { td style="padding:14px 0 0" {
            h1 class="head" lang=[&letter.lang] dir="auto" style=(HEADLINE) {
                @match &letter.article {
                    Some(url) => a class="head" href=(url) style=(HEADLINE_LINK) { (letter.headline) },
                    None => (letter.headline),
                }
            }
        } }
        @if let Some(address) = &letter.dead_link {
            (row("ink3", 13, "5px 0 0", &html! { (address) }))
        }
        (row("ink3", 13, "5px 0 0", &html! { span dir="auto" { (letter.source) } " · " (letter.times) }))
    }
}

/// What is new, and of an article that has changed, how it was and how it is.
fn told(news: &News, lang: Option<&String>) -> Markup {
    let style = format!("{};vertical-align:top", font("ink3", 14, "2px 8px 2px 0"));
    let text = format!("{};overflow-wrap:anywhere", font("ink2", 14, "2px 0"));
    let lines = html! { @for (what, sentence) in &news.changes {
        tr {
            td class="ink3" width="60" style=(style) { (what) }
            td class="ink2" lang=[lang] dir="auto" style=(text) { (sentence) }
        }
    } };
    html! {
        (row("ink", 15, "12px 0 0", &html! { b { (news.lead) } " " (news.text) }))
        @if !news.changes.is_empty() { tr { td style="padding:4px 0 0" { (table("100%", "", "", &lines)) } } }
    }
}

fn reasons(letter: &Letter) -> Markup {
    let Letter { score, threshold, sum, .. } = letter;
    let lines = html! { @for reason in &letter.reasons { (reason_row(reason, letter.lang.as_ref())) } };
    html! {
        (section("Why you get this"))
        tr { td { (table("100%", "", "", &lines)) } }
        (row("ink2", 15, "6px 0 0", &html! {
            @match &sum.counted {
                None => { (sum.points) " points make a score of " b { (score) } },
                Some(counted) => {
                    (sum.points) " points in all; the weakest group decides, and its " (counted)
                    " points make a score of " b { (score) }
                }
            }
            "; the threshold is " (threshold) "."
        }))
    }
}

fn reason_row(reason: &Reason, lang: Option<&String>) -> Markup {
    let cell = |ink, padding| {
        format!("{};border-bottom:1px solid #dcdee0;vertical-align:top", font(ink, 14, padding))
    };
    html! {
        tr {
            td class="ink rule" width="44" style=(cell("ink", "4px 8px 4px 0")) { (reason.points) }
            td class="ink3 rule" width="42" style=(cell("ink3", "4px 8px 4px 0")) { (reason.field) }
            td class="ink2 rule" lang=[lang] dir="auto" style=(cell("ink2", "4px 0;overflow-wrap:anywhere")) {
                @for (marked, part) in &reason.parts {
                    @if *marked { span class="mark" style=(MARK) { (part) } } @else { (part) }
                }
            }
        }
    }
}

fn outlets(letter: &Letter) -> Markup {
    let Outlets { total, split, independent, copies } = &letter.outlets;
    let groups: Vec<String> = [("independent", independent), ("copies", copies)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", names.join(", ")))
        .collect();
    html! {
        (section("Who has it"))
        (row("ink2", 15, "6px 0 0", &html! {
            (total) @if let Some(split) = split { " (" (split) ")" } "."
        }))
        @for group in &groups { (row("ink2", 15, "2px 0 0", &html! { (group) })) }
    }
}

fn links(letter: &Letter) -> Markup {
    let links = html! {
        @for (at, link) in letter.links.iter().enumerate() {
            @if at > 0 { "\u{a0} · \u{a0}" }
            a class="link" href=(link.url) style=(LINK) { (link.label) }
        }
    };
    html! { @if !letter.links.is_empty() { (row("ink3", 13, "20px 0 0", &links)) } }
}

fn section(title: &str) -> Markup {
    let style = format!("{};font-weight:600;border-bottom:1px solid #dcdee0", font("ink", 14, "20px 0 3px"));
    html! { tr { td class="ink rule" style=(style) { (title) } } }
}

fn row(ink: &str, pixels: u8, padding: &str, content: &Markup) -> Markup {
    html! { tr { td class=(ink) style=(font(ink, pixels, padding)) { (content) } } }
}

fn table(width: &str, class: &str, style: &str, rows: &Markup) -> Markup {
    let class = Some(class).filter(|class| !class.is_empty());
    let style = Some(style).filter(|style| !style.is_empty());
    html! {
        table role="presentation" width=(width) cellpadding="0" cellspacing="0" border="0" class=[class] style=[style] {
            (rows)
        }
    }
}

/// Returns the style of a cell's text, the colour being the light one of its class.
fn font(ink: &str, pixels: u8, padding: &str) -> String {
    let colour = match ink {
        "ink" => "#181a1d",
        "ink2" => "#4a4f57",
        _ => "#666b74",
    };
    format!(
        "font:{pixels}px/1.45 -apple-system,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,sans-serif;\
         color:{colour};padding:{padding}"
    )
}
