//! Feeds for the scripts' servers.

use std::fmt::Write as _;

use crate::wire::Reply;

/// A date in the form of HTTP.
pub(super) const DATE: &str = "Tue, 03 Mar 2026 10:00:00 GMT";

/// Returns a feed of these headlines, each with an id and a link of its own.
pub(super) fn feed(titles: &[&str]) -> Vec<u8> {
    feed_with("", titles)
}

/// Returns such a feed with more in its head.
pub(super) fn feed_with(head: &str, titles: &[&str]) -> Vec<u8> {
    let mut items = String::new();
    for title in titles {
        let slug = title.replace(' ', "-");
        let known_by = format!("<guid>{slug}</guid><link>http://news.example/{slug}</link>");
        let _ = write!(items, "<item>{known_by}<title>{title}</title></item>");
    }
    format!(
        "<?xml version='1.0'?><rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>\
         <channel><title>Feed</title>{head}{items}</channel></rss>"
    )
    .into()
}

/// Answers 200 with these headers and a feed of these headlines.
pub(super) fn ok(headers: &[(&str, &str)], titles: &[&str]) -> Reply {
    answer(200, headers, &feed(titles))
}

/// Answers with a status, headers and a body.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    Reply::whole(status, &headers, body)
}
