//! Where a feed offers the items before those it shows: the archive or the next page that its head
//! links to (RFC 5005, JSON Feed), or the second page of a feed made by `WordPress`, which always has
//! one. Only what is offered is ever asked for.

use url::Url;

use super::lexer::{Lexer, Token, attribute};
use super::{charset, draft, entities};

/// Returns the address of the items before those of this feed, where one is offered.
pub fn older(body: &[u8], content_type: Option<&str>, base: &Url) -> Option<Url> {
    let doc = charset::decode(body, content_type);
    let doc = doc.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
    let offered = if doc.starts_with('{') { of_json(doc, base) } else { of_xml(doc, base) };
    offered.filter(|older| older != base)
}

fn of_json(doc: &str, base: &Url) -> Option<Url> {
    #[derive(serde::Deserialize)]
    struct Head {
        next_url: Option<String>,
    }
    let head: Head = serde_json::from_str(doc).ok()?;
    draft::resolve(&head.next_url?, base)?.parse().ok()
}

/// What the head of a feed says.
#[derive(Default)]
struct Head {
    archive: Option<String>,
    next: Option<String>,
    base: Option<String>,
    generator: String,
}

fn of_xml(doc: &str, base: &Url) -> Option<Url> {
    let head = read_head(doc);
    if let Some(href) = head.archive.or(head.next) {
        let own = head.base.and_then(|own| base.join(entities::decode(&own).trim()).ok());
        return draft::resolve(&entities::decode(&href), own.as_ref().unwrap_or(base))?.parse().ok();
    }
    head.generator.to_ascii_lowercase().contains("wordpress").then(|| next_of_wordpress(base))
}

fn read_head(doc: &str) -> Head {
    let mut head = Head::default();
    let (mut in_item, mut in_generator, mut is_first) = (false, false, true);
    for token in Lexer::new(doc) {
        match token {
            Token::Start { name, attributes, closed } => {
                let local = local_name(name);
                if is_first {
                    head.base = attribute(attributes, "xml:base").map(str::to_owned);
                    is_first = false;
                }
                in_item |= is_item(local) && !closed;
                in_generator = !in_item && !closed && local.eq_ignore_ascii_case("generator");
                if in_generator {
                    head.generator.push_str(attribute(attributes, "uri").unwrap_or_default());
                }
                if !in_item && local.eq_ignore_ascii_case("link") {
                    head.link(attributes);
                }
            }
            Token::End { name } => {
                in_item &= !is_item(local_name(name));
                in_generator = false;
            }
            Token::Text(text) | Token::CData(text) if in_generator => head.generator.push_str(text),
            Token::Text(_) | Token::CData(_) => {}
        }
    }
    head
}

impl Head {
    fn link(&mut self, attributes: &str) {
        let (Some(rel), Some(href)) = (attribute(attributes, "rel"), attribute(attributes, "href")) else {
            return;
        };
        match rel.trim().to_ascii_lowercase().as_str() {
            "prev-archive" => self.archive.get_or_insert_with(|| href.to_owned()),
            "next" => self.next.get_or_insert_with(|| href.to_owned()),
            _ => return,
        };
    }
}

fn local_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn is_item(local: &str) -> bool {
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

/// The page behind this one, in the words of `WordPress`.
fn next_of_wordpress(base: &Url) -> Url {
    let is_page = |name: &str| name == "paged";
    let page = base.query_pairs().find(|(name, _)| is_page(name)).and_then(|(_, page)| page.parse().ok());
    let page: u32 = page.unwrap_or(1);
    let others: Vec<(String, String)> = base
        .query_pairs()
        .filter(|(name, _)| !is_page(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut next = base.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("paged", &page.saturating_add(1).to_string());
    next
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(doc: &str, expect: Option<&str>) {
        check_at("https://a.example/feed?x=1", doc, expect);
    }

    #[track_caller]
    fn check_at(base: &str, doc: &str, expect: Option<&str>) {
        let older = older(doc.as_bytes(), None, &base.parse().unwrap());
        assert_eq!(older.as_ref().map(Url::as_str), expect, "of {doc}");
    }

    const ITEM: &str = "<item><atom:link rel='next' href='/no'/><title>a</title></item>";

    #[test]
    fn links_of_the_head_are_offers() {
        check(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/b/'><link rel='next' href='2?a=1&amp;b=2'/></feed>",
            Some("https://a.example/b/2?a=1&b=2"),
        );
        check(
            &format!("<rss><channel>{ITEM}<atom:link rel='next' href='/2'/></channel></rss>"),
            Some("https://a.example/2"),
        );
        check(
            "<feed><link rel='next' href='/2'/><link rel='prev-archive' href='/2026/10'/></feed>",
            Some("https://a.example/2026/10"),
        );
        check(
            r#"{"version":"https://jsonfeed.org/version/1.1","next_url":"/p2","items":[]}"#,
            Some("https://a.example/p2"),
        );
    }

    #[test]
    fn what_is_not_offered_is_not_made_up() {
        check(&format!("<rss><channel>{ITEM}</channel></rss>"), None);
        check("<feed><link rel='self' href='/2'/><link rel='alternate' href='/3'/></feed>", None);
        check("<feed><link rel='next' href='javascript:x'/></feed>", None);
        check("<feed><link rel='next' href='/feed?x=1'/></feed>", None);
        check(r#"{"items":[{"next_url":"/2"}]}"#, None);
        check("no feed", None);
        check("<rss><channel><generator>Blogger</generator></channel></rss>", None);
        check("<rss><channel><item><generator>WordPress</generator></item></channel></rss>", None);
    }

    #[test]
    fn wordpress_has_a_second_page_and_a_third() {
        let doc = "<rss><channel><generator>https://wordpress.org/?v=6.4</generator></channel></rss>";
        check(doc, Some("https://a.example/feed?x=1&paged=2"));
        check_at("https://a.example/feed/", doc, Some("https://a.example/feed/?paged=2"));
        check_at("https://a.example/feed/?paged=2", doc, Some("https://a.example/feed/?paged=3"));
        check(
            "<feed><generator uri='https://wordpress.org/' version='6'>W</generator></feed>",
            Some("https://a.example/feed?x=1&paged=2"),
        );
    }

    proptest! {
        #[test]
        fn any_document_offers_a_web_address_or_none(doc in "[<>/='a-z :{}\"]{0,120}", head in "(<feed><link rel='next' href=')?") {
            if let Some(older) = older(format!("{head}{doc}").as_bytes(), None, &"https://a.example/".parse().unwrap()) {
                prop_assert!(matches!(older.scheme(), "http" | "https"));
            }
        }
    }
}
