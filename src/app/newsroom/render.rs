//! Writes the newsroom's pieces as RSS 2.0, Atom, RSS 1.0, JSON Feed and as pages, and the broken
//! feed as what broken feeds are.

use std::{hash::Hasher, time::Duration};

use maud::{DOCTYPE, Markup, PreEscaped, html};
use siphasher::sip::SipHasher13;

use super::edition::Showing;
use super::{Feed, FeedName, Newsroom};
use crate::model::Timestamp;

const XML: PreEscaped<&str> = PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");

/// An answer of the newsroom, not yet on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// The validator that changes with every byte.
    pub etag: Option<String>,
    /// When the newest piece came out.
    pub last_modified: Option<Timestamp>,
}

/// Returns a feed with these pieces, newest first.
pub(super) fn feed(newsroom: &Newsroom, feed: &Feed, pieces: &[Showing]) -> Rendered {
    let (content_type, body) = match feed.feed {
        FeedName::HarbourWire | FeedName::PrimorskyVestnik => {
            ("application/rss+xml; charset=utf-8", rss_2(newsroom, feed, pieces).into_string())
        }
        FeedName::EastSeaDaily | FeedName::HaianGuancha => {
            ("application/atom+xml; charset=utf-8", atom(newsroom, feed, pieces).into_string())
        }
        FeedName::DonghaeIlbo => {
            ("application/rdf+xml; charset=utf-8", rss_1(newsroom, feed, pieces).into_string())
        }
        FeedName::ShiokazeShimbun => ("application/feed+json", json_feed(newsroom, feed, pieces)),
        FeedName::Broken => return broken(Duration::ZERO),
    };
    let mut hasher = SipHasher13::new();
    hasher.write(body.as_bytes());
    let etag = Some(format!("\"{:016x}\"", hasher.finish()));
    Rendered { content_type, body, etag, last_modified: newest(newsroom, pieces) }
}

fn newest(newsroom: &Newsroom, pieces: &[Showing]) -> Option<Timestamp> {
    pieces.iter().map(|piece| newsroom.updated(piece)).max()
}

fn rss_2(newsroom: &Newsroom, feed: &Feed, pieces: &[Showing]) -> Markup {
    html! {
        (XML)
        rss version="2.0" {
            channel {
                title { (feed.name) }
                link { (newsroom.url("/")) }
                description { (feed.name) }
                language { (feed.lang) }
                @for piece in pieces {
                    item {
                        title { (piece.title) }
                        link { (link(newsroom, piece)) }
                        guid isPermaLink="false" { (id(feed, piece)) }
                        pubDate { (http_date(newsroom.published(piece))) }
                        description { (piece.text) }
                    }
                }
            }
        }
    }
}

fn atom(newsroom: &Newsroom, feed: &Feed, pieces: &[Showing]) -> Markup {
    html! {
        (XML)
        feed xmlns="http://www.w3.org/2005/Atom" xml:lang=(feed.lang) {
            title { (feed.name) }
            id { (newsroom.url(feed.path)) }
            link rel="self" href=(newsroom.url(feed.path)) {}
            @if let Some(newest) = newest(newsroom, pieces) { updated { (newest) } }
            author { name { (feed.name) } }
            @for piece in pieces {
                entry {
                    title { (piece.title) }
                    id { "urn:newsroom:" (id(feed, piece)) }
                    link href=(link(newsroom, piece)) {}
                    published { (newsroom.published(piece)) }
                    updated { (newsroom.updated(piece)) }
                    summary { (piece.text) }
                }
            }
        }
    }
}

fn rss_1(newsroom: &Newsroom, feed: &Feed, pieces: &[Showing]) -> Markup {
    html! {
        (XML)
        rdf:RDF
            xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
            xmlns="http://purl.org/rss/1.0/"
            xmlns:dc="http://purl.org/dc/elements/1.1/" {
            channel rdf:about=(newsroom.url(feed.path)) {
                title { (feed.name) }
                link { (newsroom.url("/")) }
                description { (feed.name) }
                dc:language { (feed.lang) }
                items {
                    rdf:Seq {
                        @for piece in pieces { rdf:li rdf:resource=(link(newsroom, piece)) {} }
                    }
                }
            }
            @for piece in pieces {
                item rdf:about=(link(newsroom, piece)) {
                    title { (piece.title) }
                    link { (link(newsroom, piece)) }
                    description { (piece.text) }
                    dc:date { (newsroom.published(piece)) }
                }
            }
        }
    }
}

fn json_feed(newsroom: &Newsroom, feed: &Feed, pieces: &[Showing]) -> String {
    let item = |piece: &Showing| {
        serde_json::json!({
            "id": id(feed, piece),
            "url": link(newsroom, piece),
            "title": piece.title,
            "content_text": piece.text,
            "date_published": newsroom.published(piece),
            "date_modified": newsroom.updated(piece),
        })
    };
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.name,
        "language": feed.lang,
        "home_page_url": newsroom.url("/"),
        "feed_url": newsroom.url(feed.path),
        "items": pieces.iter().map(item).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Returns what the broken feed answers: for a while a page with a headline that would be news in
/// a feed, then a feed cut short within its first item, then nothing at all, and over again.
pub(super) fn broken(script: Duration) -> Rendered {
    let (content_type, body) = match script.as_secs() / 20 % 3 {
        0 => ("text/html; charset=utf-8", maintenance().into_string()),
        1 => ("application/rss+xml; charset=utf-8", CUT_SHORT.to_owned()),
        _ => ("application/rss+xml; charset=utf-8", String::new()),
    };
    Rendered { content_type, body, etag: None, last_modified: None }
}

const CUT_SHORT: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <rss version=\"2.0\"><channel><title>Broken feed</title><item><title>Allotment gardeners";

fn maintenance() -> Markup {
    page(
        "en",
        "Under repair",
        &html! {
            p { "This feed is being repaired. Read elsewhere: Kim Jong-un visits Vladivostok." }
        },
    )
}

/// Returns the page of one article.
pub(super) fn article(newsroom: &Newsroom, piece: &Showing) -> Rendered {
    let feed = piece.feed.feed();
    let published = newsroom.published(piece);
    html_page(&page(
        feed.lang,
        &piece.title,
        &html! {
            p { (feed.name) ", " time datetime=(published) { (http_date(published)) } }
            @if piece.updated != piece.published { p { "Updated " (http_date(newsroom.updated(piece))) } }
            p { (piece.text) }
        },
    ))
}

/// Returns the page that lists the feeds.
pub(super) fn index() -> Rendered {
    html_page(&page(
        "en",
        "The demo’s newsroom",
        &html! {
            p { "Invented outlets with invented news, for " code { "newshound demo" } "." }
            ul {
                @for feed in Newsroom::feeds() {
                    li lang=(feed.lang) { a href=(feed.path) { (feed.name) } }
                }
            }
        },
    ))
}

fn html_page(markup: &Markup) -> Rendered {
    Rendered {
        content_type: "text/html; charset=utf-8",
        body: markup.0.clone(),
        etag: None,
        last_modified: None,
    }
}

fn page(lang: &str, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    }
}

fn id(feed: &Feed, piece: &Showing) -> String {
    format!("{}:{}", feed.id, piece.slug)
}

fn link(newsroom: &Newsroom, piece: &Showing) -> String {
    let tracking = if piece.tracked { "?utm_source=rss&utm_medium=feed" } else { "" };
    newsroom.url(&format!("/articles/{}{tracking}", piece.link))
}

/// Returns a time as HTTP and RSS write it.
pub(super) fn http_date(time: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time.to_jiff())
        .unwrap_or_default()
}
