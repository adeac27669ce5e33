//! A page, or a text, that somebody hands over to be looked at.

use scraper::{Html, Selector};

use super::lexer::{Lexer, Token};
use super::text;
use crate::model::RawItem;

/// Nesting beyond which no tree is built: its cost grows with the square of the depth.
const MAX_DEPTH: usize = 256;
/// Bytes beyond which no tree is built.
const MAX_PAGE: usize = 2 << 20;

/// Reads a text as it is, or a page by its title and its text.
pub fn text_or_page(given: &str, max_text: usize) -> RawItem {
    if !is_page(given) {
        return RawItem { text: text::plain(given, max_text), ..RawItem::default() };
    }
    let mut text = text::plain(body(given), given.len());
    text.truncate(text::cut(&text, max_text).len());
    let mut item = RawItem { text, ..RawItem::default() };
    if given.len() <= MAX_PAGE && depth(given) <= MAX_DEPTH {
        let page = Html::parse_document(given);
        item.title = title(&page).unwrap_or_default();
        item.lang = attribute(&page, "html[lang]", "lang");
    }
    item
}

fn is_page(given: &str) -> bool {
    let head: String = given.chars().take(1024).collect::<String>().to_ascii_lowercase();
    head.contains("<!doctype html") || head.contains("<html")
}

/// Returns what stands behind the head of a page.
fn body(page: &str) -> &str {
    let mut lexer = Lexer::new(page);
    let is_body = |token| matches!(token, Token::Start { name, .. } if name.eq_ignore_ascii_case("body"));
    if lexer.any(is_body) { lexer.rest() } else { page }
}

/// Returns the deepest nesting of elements that are not closed, as a tree builder would meet it.
fn depth(page: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in Lexer::new(page) {
        match token {
            Token::Start { closed: false, .. } => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Token::End { .. } => depth = depth.saturating_sub(1),
            Token::Start { .. } | Token::Text(_) | Token::CData(_) => {}
        }
    }
    deepest
}

/// The headline that a page is shared under, else its title.
fn title(page: &Html) -> Option<String> {
    let shared = attribute(page, "meta[property='og:title']", "content");
    let own = || Some(page.select(&selector("title")).next()?.text().collect::<String>());
    let title = text::headline(&shared.or_else(own)?, 1024);
    Some(title).filter(|title| !title.is_empty())
}

fn attribute(page: &Html, css: &str, name: &str) -> Option<String> {
    let value = page.select(&selector(css)).next()?.value().attr(name)?;
    Some(value.to_owned()).filter(|value| !value.trim().is_empty())
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("the selectors here are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_title_and_a_text() {
        let item = text_or_page(
            "<!DOCTYPE html><html lang=en><head><title>Kim&#8217;s train</title><script>x</script></head>\
             <body><p>It left.<p>It arrived.</body></html>",
            1000,
        );
        assert_eq!(item.title, "Kim\u{2019}s train");
        assert_eq!(item.text, "It left.\nIt arrived.");
        assert_eq!(item.lang.as_deref(), Some("en"));
    }

    #[test]
    fn a_text_is_taken_as_it_is() {
        let item = text_or_page("Ships left\nVladivostok late.", 1000);
        assert_eq!((item.title.as_str(), item.text.as_str()), ("", "Ships left\nVladivostok late."));
    }

    #[test]
    fn a_page_nested_beyond_reason_loses_its_title_and_no_time() {
        let page = format!("<html><title>x</title><body>{}text", "<div>".repeat(100_000));
        let item = text_or_page(&page, 1000);
        assert_eq!((item.title.as_str(), item.text.as_str()), ("", "text"));
    }
}
