//! The strict and the lenient reader find the same in the same feed: an item must not become
//! another one because its feed broke once.

use std::collections::BTreeMap;
use std::fmt::Debug;

use newshound::dedupe;
use newshound::extract::Extracted;
use newshound::model::{RawItem, SourceId, Timestamp};
use proptest::prelude::*;

use crate::corpora_feeds::{all_feeds, feeds_folder, normal_link, read, share};

/// A mistake behind the end of the feed, which costs nothing but the strict reader's trust.
const MISTAKE: &[u8] = b"&mistake;";

#[test]
fn real_feeds_are_the_same_to_both_readers() {
    let Some(feeds) = feeds_folder() else { return };
    let mut fields: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let (mut doubts, mut n_strict, mut n_feeds) = (BTreeMap::new(), 0, 0);
    for (path, body) in all_feeds(&feeds) {
        let strict = read(&body);
        if strict.items.is_empty() {
            continue;
        }
        n_feeds += 1;
        if let Some(doubt) = strict.doubt {
            *doubts.entry(doubt).or_insert(0) += 1;
            println!("{path}: left to the lenient reader: {doubt}");
            continue;
        }
        n_strict += 1;
        let lenient = read(&[&body, MISTAKE].concat());
        assert!(lenient.doubt.is_some());
        let mut judge = Judge { path: &path, fields: &mut fields };
        judge.same("number of items", &strict.items.len(), &lenient.items.len());
        judge.same("feed title", &strict.title, &lenient.title);
        judge.same("feed language", &strict.lang, &lenient.lang);
        for (strict, lenient) in strict.items.iter().zip(&lenient.items) {
            judge.items(strict, lenient);
        }
        judge.ids(strict, lenient);
    }
    println!(
        "corpora/feeds: the strict reader reads {n_strict} of {n_feeds} feeds with items; doubts: {doubts:?}"
    );
    for (field, [n_same, n]) in &fields {
        println!("{field}: {n_same} of {n} the same");
    }
    for field in ["id", "guid", "link", "title", "number of items"] {
        assert!(share(fields[field][0], fields[field][1]) >= 0.995, "{field}");
    }
}

struct Judge<'a> {
    path: &'a str,
    fields: &'a mut BTreeMap<&'static str, [usize; 2]>,
}

impl Judge<'_> {
    fn same<T: PartialEq + Debug>(&mut self, field: &'static str, strict: &T, lenient: &T) {
        let counts = self.fields.entry(field).or_default();
        counts[1] += 1;
        if strict == lenient {
            counts[0] += 1;
        } else {
            let cut = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
            println!("{}: {field}: {} against {}", self.path, cut(strict), cut(lenient));
        }
    }

    fn items(&mut self, strict: &RawItem, lenient: &RawItem) {
        self.same("guid", &strict.guid, &lenient.guid);
        let link = |item: &RawItem| item.url.as_deref().map(normal_link);
        self.same("link", &link(strict), &link(lenient));
        self.same("link as written", &strict.url, &lenient.url);
        self.same("title", &strict.title, &lenient.title);
        self.same("summary", &strict.summary, &lenient.summary);
        self.same("text", &strict.text, &lenient.text);
        self.same("author", &strict.author, &lenient.author);
        self.same("published", &strict.published, &lenient.published);
        self.same("updated", &strict.updated, &lenient.updated);
        self.same("lang", &strict.lang, &lenient.lang);
        self.same("tags", &strict.tags, &lenient.tags);
        self.same("image", &strict.image, &lenient.image);
    }

    fn ids(&mut self, strict: Extracted, lenient: Extracted) {
        let identify = |extracted: Extracted| {
            let now = Timestamp::from_millis(1_795_428_000_000);
            dedupe::identify(&SourceId::new("s"), extracted.items, now)
        };
        let (strict, lenient) = (identify(strict), identify(lenient));
        self.same("number of ids", &strict.len(), &lenient.len());
        for (strict, lenient) in strict.iter().zip(&lenient) {
            self.same("id", &strict.id, &lenient.id);
            self.same("text key", &strict.keys.text, &lenient.keys.text);
        }
    }
}

/// Pieces of items as publishers write them, well and badly.
const RSS_PIECES: [&str; 44] = [
    "<title>Plain title</title>",
    "<title>Fish &amp; chips &lt;b&gt;bold&lt;/b&gt; &#8217; &#x27;</title>",
    "<title><![CDATA[<i>Cut</i> & &nbsp; done]]></title>",
    "<title>&amp;eacute;t&amp;#233; &amp;amp;lt;</title>",
    "<title> two\n  lines </title>",
    "<title/>",
    "<title>a<b>c</b>d</title>",
    "<title>x&nbsp;y</title>",
    "<title>Korea&#146;s</title>",
    "<link>https://a.example/1?x=1&amp;y=2</link>",
    "<link>/relative</link>",
    "<link>HTTP://A.example:80/../é x</link>",
    "<link> \n</link>",
    "<link/>",
    "<link href='https://a.example/2'/>",
    "<link xml:base='http://b.example/x/'>3</link>",
    "<guid>g-1</guid>",
    "<guid isPermaLink='false'>https://a.example/g</guid>",
    "<guid isPermaLink='true'> https://a.example/p </guid>",
    "<guid/>",
    "<description>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;T&amp;amp;wo&lt;/p&gt;</description>",
    "<description><![CDATA[<p>A &lt; b</p><script>x</script>]]><!-- c -->tail</description>",
    "<description><p>inline</p></description>",
    "<description/>",
    "<content:encoded><![CDATA[<div>Body<br/>text</div>]]></content:encoded>",
    "<content:encoded/>",
    "<dc:creator>Ann</dc:creator>",
    "<author>ann@a.example (Ann Author)</author>",
    "<author>Bo &lt;bo@a.example&gt;</author>",
    "<author>\u{2014}eve@a.example</author>",
    "<pubDate>Mon, 23 Nov 2026 10:00:00 CEST</pubDate>",
    "<pubDate>yesterday</pubDate>",
    "<dc:date>2026-11-23T10:00:00+01:00</dc:date>",
    "<category>One</category>",
    "<category domain='x'> Two &amp; </category>",
    "<enclosure url='https://a.example/a.png' type='image/png' length='1'/>",
    "<enclosure url='b.png' type='image/png'/>",
    "<media:content url='https://a.example/c.jpg' type='image/jpeg'><media:thumbnail url='https://a.example/t.jpg'/></media:content>",
    "<media:group><media:content url='https://a.example/v.mp4' type='video/mp4'/><media:description>M</media:description></media:group>",
    "<media:thumbnail url='https://a.example/t2.jpg'/>",
    "<itunes:summary>S</itunes:summary><itunes:duration>99999999999999999999:00:00</itunes:duration>",
    "<comments>https://a.example/c</comments><source url='x'>S</source><x:y xmlns:x='z'><title>n</title></x:y>",
    "<dc:subject>tag</dc:subject><dcterms:modified>2026-11-24</dcterms:modified>",
    "text<!-- <item> --><?php <item> ?>",
];

const ATOM_PIECES: [&str; 28] = [
    "<title>Plain &lt;b&gt; title</title>",
    "<title type='html'>&lt;b&gt;T&lt;/b&gt; &amp;amp; more</title>",
    "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>X <b>y</b> &lt; z</div></title>",
    "<title type='text'>Literal &amp;amp; &lt;i&gt;</title>",
    "<title>a<b>c</b></title>",
    "<link href='https://a.example/1'/>",
    "<link rel='self' href='https://a.example/self'/>",
    "<link rel='alternate' type='application/json' href='https://a.example/j'/>",
    "<link rel='enclosure' type='image/png' href='https://a.example/e.png'/>",
    "<link href='rel/2' xml:base='http://b.example/'/>",
    "<link>https://a.example/text</link>",
    "<id> urn:1 </id>",
    "<id>https://a.example/id</id>",
    "<summary>S &lt;b&gt;x&lt;/b&gt;</summary>",
    "<summary type='text'>1 &lt; 2 &lt;b&gt; &amp;amp;</summary>",
    "<summary type='html'/>",
    "<content type='html'>&lt;p&gt;One&lt;/p&gt;Two</content>",
    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p title='&lt;'>One</p>&amp;lt;</div></content>",
    "<content type='image/png'>aGFsbG8=</content>",
    "<content src='https://a.example/c'/>",
    "<author><name>Ann</name><email>a@a.example</email></author>",
    "<author><email>b@a.example</email></author>",
    "<author/>",
    "<updated>2026-11-23T10:00:00Z</updated>",
    "<published>23.11.2026</published>",
    "<category term='x' label='X'/>",
    "<category>text</category>",
    "<source><title>other</title><id>o</id></source>",
];

fn rss(items: &[Vec<&str>]) -> String {
    let items =
        items.iter().map(|item| format!("<item>{}</item>", item.concat())).collect::<Vec<_>>().concat();
    format!(
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' \
         xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:media='http://search.yahoo.com/mrss/' \
         xmlns:dcterms='http://purl.org/dc/terms/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>\
         <channel><title>News</title><language>en-US</language>{items}</channel></rss>"
    )
}

fn atom(items: &[Vec<&str>]) -> String {
    let items =
        items.iter().map(|item| format!("<entry>{}</entry>", item.concat())).collect::<Vec<_>>().concat();
    format!("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='de'><title>News</title>{items}</feed>")
}

fn items(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    prop::collection::vec(prop::collection::vec(prop::sample::select(pieces), 0..6), 1..3)
}

#[track_caller]
fn check_alike(feed: &str) -> Option<newshound::extract::Doubt> {
    let strict = read(feed.as_bytes());
    if strict.doubt.is_none() {
        let lenient = read(&[feed.as_bytes(), MISTAKE].concat());
        assert_eq!(strict.items, lenient.items, "of {feed}");
        let head = |read: &Extracted| (read.title.clone(), read.lang.clone(), read.class());
        assert_eq!(head(&strict), head(&lenient), "of {feed}");
    }
    strict.doubt
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn items_of_rss_are_the_same_to_both_readers(items in items(&RSS_PIECES)) {
        check_alike(&rss(&items));
    }

    #[test]
    fn entries_of_atom_are_the_same_to_both_readers(items in items(&ATOM_PIECES)) {
        check_alike(&atom(&items));
    }
}

/// So that the properties above are not about nothing.
#[test]
fn most_pieces_are_read_by_the_strict_reader() {
    let n_strict = |pieces: &[&'static str], feed: fn(&[Vec<&str>]) -> String| {
        pieces.iter().filter(|piece| check_alike(&feed(&[vec![**piece]])).is_none()).count()
    };
    assert_eq!((n_strict(&RSS_PIECES, rss), n_strict(&ATOM_PIECES, atom)), (32, 23));
}
