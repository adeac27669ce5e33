//! What publishers, and those who mean harm, put into feeds: no item is lost for another's fault,
//! nothing invisible or endless is kept, and the work grows with the length of the body only.

use std::cell::Cell;

use newshound::dedupe;
use newshound::extract::{self, Extracted, Limits, Outcome, Warning};
use newshound::model::{Item, PollClass, SourceId, Timestamp};
use url::Url;

fn feed(body: &[u8], content_type: Option<&str>, expired: &dyn Fn() -> bool) -> Extracted {
    let limits = Limits { max_depth: 256, max_items: 5000, max_text: 256 * 1024, expired };
    let base = Url::parse("https://news.example/feed.xml").expect("it is whole");
    extract::feed(body, content_type, &base, &limits)
}

fn read(body: impl AsRef<[u8]>) -> Extracted {
    feed(body.as_ref(), None, &|| false)
}

/// Reads a feed as both readers do: as it is, and with a mistake behind its end.
fn read_both(body: &str) -> [Extracted; 2] {
    let both = [read(body), read(format!("{body}&mistake;"))];
    assert!(both[0].doubt.is_none() && both[1].doubt.is_some(), "{:?}", both[0].doubt);
    both
}

fn identify(extracted: Extracted) -> Vec<Item> {
    let now = Timestamp::parse_rfc3339("2026-11-24T00:00:00Z").expect("it is whole");
    dedupe::identify(&SourceId::new("s"), extracted.items, now)
}

fn rss(items: &str) -> String {
    format!("<rss version='2.0'><channel><title>News</title>{items}</channel></rss>")
}

fn titles(extracted: &Extracted) -> Vec<&str> {
    extracted.items.iter().map(|item| item.title.as_str()).collect()
}

#[test]
fn entities_are_neither_expanded_nor_fetched() {
    let bomb: Vec<String> =
        (1..10).map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10))).collect();
    let bomb = bomb.concat();
    let body = format!(
        "<!DOCTYPE rss [<!ENTITY e0 'ha'>{bomb}<!ENTITY f SYSTEM 'file:///etc/hostname'>\
         <!ENTITY h SYSTEM 'http://127.0.99.1/'>]>{}",
        rss("<item><title>a &e9; &f; &h; b</title></item><item><title>other</title></item>")
    );
    assert_eq!(titles(&read(&body)), ["a &e9; &f; &h; b", "other"]);
    let outside = "<!DOCTYPE rss PUBLIC '-//x' 'http://127.0.99.1/rss.dtd'>";
    let body = format!("{outside}{}", rss("<item><title>a</title></item>"));
    assert_eq!(titles(&read(&body)), ["a"]);
}

#[test]
fn deep_nesting_is_a_limit_and_no_overflow() {
    for tag in ["a", "media:group", "media:content", "div", "item", "category"] {
        let deep = format!("<item><title>t</title>{}", format!("<{tag}><x>").repeat(100_000));
        let body = rss(&deep).replace("'2.0'", "'2.0' xmlns:media='http://search.yahoo.com/mrss/'");
        let class = read(&body).class();
        // The next item, or field, ends one that was not ended.
        let is_ended = matches!(tag, "item" | "category");
        assert_eq!(class == PollClass::ParseLimit, !is_ended, "of {tag}: {class:?}");
    }
    let page = format!("<!DOCTYPE html><html><body>{}", "<div>".repeat(100_000));
    assert_eq!(read(&page).class(), PollClass::ParseLimit);
}

#[test]
fn deep_markup_in_a_text_leaves_the_text() {
    let divs = |open: &str| format!("{}deep", open.repeat(100_000));
    for description in [format!("<![CDATA[{}]]>", divs("<div>")), divs("&lt;div&gt;")] {
        let body = rss(&format!(
            "<item><description>{description}</description></item><item><title>other</title></item>"
        ));
        for extracted in read_both(&body) {
            assert_eq!(extracted.items[0].summary, "deep");
            assert_eq!(titles(&extracted), ["", "other"]);
        }
    }
}

#[test]
fn of_a_huge_feed_the_first_items_are_taken() {
    let items: Vec<String> = (0..100_000)
        .map(|n| {
            format!(
                "<item><title>Headline {n}</title><link>https://a.example/{n}</link><guid>{n}</guid>\
            <description>A sentence of the text.</description></item>"
            )
        })
        .collect();
    let extracted = read(rss(&items.concat()));
    assert_eq!(extracted.warnings, [Warning::TooManyItems { taken: 5000, left: 95_000 }]);
    assert_eq!(extracted.items[4999].title, "Headline 4999");
}

#[test]
fn a_huge_title_is_cut_between_characters() {
    for letter in ["é", "a ", "&#x1F600;"] {
        let extracted =
            read(rss(&format!("<item><title>{}</title></item>", letter.repeat((10 << 20) / letter.len()))));
        let n_chars = extracted.items[0].title.chars().count();
        assert!((1000..=1024).contains(&n_chars), "{n_chars} of {letter}");
    }
}

#[test]
fn items_without_id_and_link_are_the_same_in_every_poll() {
    let body = rss(
        "<item><title>One</title></item><item><title>Two</title></item><item><description>Three</description></item>",
    );
    let ids = |extracted| identify(extracted).into_iter().map(|item| item.id).collect::<Vec<_>>();
    let first = ids(read(&body));
    assert_eq!(first.len(), 3);
    for extracted in read_both(&body) {
        assert_eq!(ids(extracted), first);
    }
}

#[test]
fn of_twenty_items_with_mistakes_only_the_last_is_lost() {
    let item = |n: usize| {
        let mistake = ["AT&T", "a&nbsp;b", "&#0;"].get(n).copied().unwrap_or("none");
        format!("<item><title>Item {n} {mistake}</title><guid>{n}</guid></item>")
    };
    let whole = rss(&(0..20).map(item).collect::<Vec<_>>().concat());
    let cut = &whole[..whole.rfind("Item 19").expect("it is the last") + 4];
    let extracted = read(cut);
    assert_eq!(extracted.items.len(), 19);
    assert!(extracted.end_missing);
    assert_eq!(extracted.class(), PollClass::Degraded);
    assert!(extracted.warnings.contains(&Warning::ItemsLost { lost: 1, kept: 19 }));
    assert_eq!(titles(&extracted)[..3], ["Item 0 AT&T", "Item 1 a b", "Item 2"]);
    let ids = |extracted| identify(extracted).into_iter().map(|item| item.id).collect::<Vec<_>>();
    assert_eq!(ids(extracted), ids(read(&whole))[..19]);
}

#[test]
fn texts_are_right_whatever_they_are_encoded_in() {
    let document = |declared: &str| {
        format!("<?xml version='1.0'{declared}?>{}", rss("<item><title>Café “Zoë”</title></item>"))
    };
    let utf_16: Vec<u8> = format!("\u{feff}{}", document(" encoding='UTF-16'"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let cases = [
        (latin(&document(" encoding='ISO-8859-1'")), None),
        (latin(&document(" encoding='windows-1252'")), Some("text/xml; charset=utf-8")),
        (utf_16, None),
        (document(" encoding='iso-8859-1'").into_bytes(), Some("text/xml; charset=utf-8")),
    ];
    for (body, content_type) in cases {
        let extracted = feed(&body, content_type, &|| false);
        assert_eq!(titles(&extracted), ["Café “Zoë”"], "with {content_type:?}");
        assert_eq!(extracted.doubt, None);
    }
    let stray = [
        b"<rss version='2.0'><channel><item><title>caf\xe9 society</title></item>".as_slice(),
        b"<item><title>b</title></item></channel></rss>",
    ]
    .concat();
    let extracted = feed(&stray, Some("text/xml; charset=utf-8"), &|| false);
    assert_eq!(titles(&extracted), ["caf\u{fffd} society", "b"]);
}

#[test]
fn nothing_invisible_is_kept_and_the_word_is_whole() {
    let body = rss("<item><title>\u{202e}Vladi\u{200b}vostok \u{1b}[31m\u{0}news\u{9b}</title>\
        <description>a\u{200e}b\u{feff}c \u{7}</description><category>\u{2066}x\u{2069}</category><author>A\u{ad}nn\u{1}</author></item>");
    for extracted in read_both(&body) {
        let item = &extracted.items[0];
        assert_eq!(item.title, "Vladivostok news");
        assert_eq!((item.summary.as_str(), item.tags[0].as_str()), ("abc", "x"));
        let author = item.author.as_deref().unwrap_or_default();
        assert!(!author.contains(char::is_control), "{author:?}");
    }
}

#[test]
fn dates_beyond_belief_cost_no_item() {
    for date in [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "99999-01-01T00:00:00Z",
        "30 Feb 2026 10:00:00 GMT",
        "",
        "yesterday",
        "Tue, 24 Nov 2028 10:00:00 GMT",
        "-1",
        "292278994-08-17T07:12:55Z",
    ] {
        for extracted in read_both(&rss(&format!("<item><title>t</title><pubDate>{date}</pubDate></item>"))) {
            let items = identify(extracted);
            assert_eq!((items.len(), items[0].published), (1, None), "of {date:?}");
        }
    }
}

#[test]
fn what_is_no_feed_has_no_items_and_says_so() {
    let login = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>";
    for (body, class) in [
        (login.as_bytes(), PollClass::NotAFeed),
        (b"", PollClass::Empty),
        (b"{\"error\":\"gone\"}", PollClass::NotAFeed),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", PollClass::NotAFeed),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", PollClass::NotAFeed),
        (b"<?xml version='1.0'?>", PollClass::NotAFeed),
    ] {
        let extracted = read(body);
        assert_eq!((extracted.class(), extracted.items.len()), (class, 0));
        assert_ne!(extracted.outcome, Outcome::Feed);
    }
}

/// Counts how often the clock is asked while a feed is read, which is once for so much work.
fn looks(body: &str) -> usize {
    let n_looks = Cell::new(0);
    feed(body.as_bytes(), None, &|| {
        n_looks.set(n_looks.get() + 1);
        false
    });
    n_looks.get()
}

#[test]
fn twice_the_body_is_twice_the_work() {
    for piece in [
        "<item><title>t</title><category>c</category></item>",
        "<a b='c'/>",
        "</a>",
        "<item>",
        "<br>",
        "&amp;",
        "<!-- -->",
        "<media:group><media:content url='x:y'/></media:group>",
        "<x xml:base='http://a.example/'>y</x>",
        "<title>",
    ] {
        let work = |n: usize| looks(&rss(&piece.repeat(n)));
        let (once, twice) = (work(5_000), work(10_000));
        assert!(twice <= 2 * once + 10, "{piece}: {once} looks, then {twice}");
    }
}

#[test]
fn a_reading_that_runs_out_of_time_is_a_limit_wherever_it_is() {
    let body = rss(&"<item><title>t</title></item>".repeat(4000));
    let n_looks = looks(&body);
    assert!(n_looks > 20);
    for last in [0, 1, n_looks / 2, n_looks - 1] {
        let n = Cell::new(0);
        let extracted = feed(body.as_bytes(), None, &|| n.replace(n.get() + 1) >= last);
        assert_eq!((extracted.class(), extracted.items.len()), (PollClass::ParseLimit, 0), "after {last}");
    }
}
