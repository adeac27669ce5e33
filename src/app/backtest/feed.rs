//! Where the items of a replay come from: the archive, or lines of JSON in a file or on standard
//! input, packed or not. Read in batches, so that memory is bounded whatever the length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;
use tokio::runtime::Handle;

use crate::config::why_unreadable;
use crate::dedupe;
use crate::extract::{self, GivenItem, ItemError};
use crate::model::{Item, ItemId, ItemKeys, RawItem, SourceId, Timestamp};
use crate::store::Store;

/// Lines or items of one batch.
const BATCH_LINES: u64 = 256;
/// Bytes of one batch, from which on no further line is taken.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes of one line: a longer one is no single item.
const MOST_LINE: u64 = 64 << 20;
/// Bytes that are read ahead.
const AHEAD: usize = 64 << 10;

/// An item on its way into a replay.
pub struct Given {
    /// Its id as the input has it, else the computed one.
    pub id: String,
    /// The item.
    pub item: Item,
    /// When it counts as seen; `None` for the time of the item before it.
    pub at: Option<Timestamp>,
}

/// A line that is no item.
#[derive(Debug)]
pub struct BadLine {
    /// The line, counted from 1.
    pub line: u64,
    /// The column, counted from 1, where that is known.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// Items to replay.
pub struct Feed(Kind);

enum Kind {
    Lines(Lines),
    Archive(Box<Archive>),
}

/// Lines of a text.
struct Lines {
    name: String,
    reader: Box<dyn BufRead + Send>,
    line: u64,
    read_bytes: u64,
}

/// The stored items from some time on.
struct Archive {
    store: Store,
    runtime: Handle,
    since: Timestamp,
    last: Option<Item>,
}

/// Items or lines to be read to items.
pub(super) struct Batch {
    content: Content,
    /// Bytes of the input up to the end of this batch.
    pub(super) read_bytes: u64,
}

enum Content {
    /// Whole lines, the first of them with its number; lines that were too long are empty.
    Lines {
        first: u64,
        bytes: Vec<u8>,
        too_long: Vec<u64>,
    },
    Items(Vec<Item>),
}

impl Feed {
    /// Reads a file of JSON lines, or standard input for `-`.
    pub fn open(path: &Path) -> anyhow::Result<Feed> {
        if path == Path::new("-") {
            return Feed::lines("standard input", io::stdin());
        }
        let unreadable = |error: &io::Error| anyhow::anyhow!("{}: {}", path.display(), why_unreadable(error));
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        if file.metadata().is_ok_and(|meta| meta.is_dir()) {
            anyhow::bail!("{}: it is a directory", path.display());
        }
        Feed::lines(&path.display().to_string(), file)
    }

    /// Reads JSON lines, packed with gzip or not.
    pub fn lines(name: &str, reader: impl Read + Send + 'static) -> anyhow::Result<Feed> {
        const GZIP: &[u8] = &[0x1f, 0x8b];
        let mut reader = BufReader::with_capacity(AHEAD, reader);
        let is_packed = reader.fill_buf().with_context(|| format!("reading {name}"))?.starts_with(GZIP);
        let reader: Box<dyn BufRead + Send> = if is_packed {
            Box::new(BufReader::with_capacity(AHEAD, MultiGzDecoder::new(reader)))
        } else {
            Box::new(reader)
        };
        Ok(Feed(Kind::Lines(Lines { name: name.to_owned(), reader, line: 0, read_bytes: 0 })))
    }

    /// Reads what the store has seen at this time or later. To be called within the runtime, whose
    /// threads then read; the replay itself runs on others.
    pub fn archive(store: Store, since: Timestamp) -> Feed {
        Feed(Kind::Archive(Box::new(Archive { store, runtime: Handle::current(), since, last: None })))
    }

    /// Returns what comes next; `None` at the end.
    pub(super) fn next_batch(&mut self) -> anyhow::Result<Option<Batch>> {
        match &mut self.0 {
            Kind::Lines(lines) => lines.next_batch().with_context(|| format!("reading {}", lines.name)),
            Kind::Archive(archive) => archive.next_batch(),
        }
    }
}

impl Lines {
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let first = self.line + 1;
        let (mut bytes, mut too_long) = (Vec::with_capacity(BATCH_BYTES * 5 / 4), Vec::new());
        while bytes.len() < BATCH_BYTES && self.line + 1 - first < BATCH_LINES {
            let before = bytes.len();
            let n_read = (&mut self.reader).take(MOST_LINE).read_until(b'\n', &mut bytes)? as u64;
            if n_read == 0 {
                break;
            }
            self.line += 1;
            self.read_bytes += n_read;
            if n_read == MOST_LINE && bytes.last() != Some(&b'\n') {
                bytes.truncate(before);
                bytes.push(b'\n');
                too_long.push(self.line);
                self.read_bytes += self.reader.skip_until(b'\n')? as u64;
            }
        }
        let content = Content::Lines { first, bytes, too_long };
        Ok((self.line >= first).then_some(Batch { content, read_bytes: self.read_bytes }))
    }
}

impl Archive {
    fn next_batch(&mut self) -> anyhow::Result<Option<Batch>> {
        let limit = u32::try_from(BATCH_LINES).expect("it is a few hundred");
        let page = self.store.archive_page(self.since, self.last.as_ref(), limit);
        let items = self.runtime.block_on(page).context("reading the archive")?;
        let Some(last) = items.last() else { return Ok(None) };
        self.last = Some(last.clone());
        Ok(Some(Batch { content: Content::Items(items), read_bytes: 0 }))
    }
}

impl Batch {
    /// Returns the items, and the lines that are none.
    pub(super) fn read(self, max_text: usize) -> impl Iterator<Item = Result<Given, BadLine>> {
        let (mut lines, mut items) = (Vec::new(), Vec::new());
        match self.content {
            Content::Lines { first, bytes, too_long } => {
                lines.extend(read_lines(first, &bytes, &too_long, max_text));
            }
            Content::Items(stored) => items = stored,
        }
        lines.into_iter().chain(items.into_iter().map(|item| Ok(of_archive(item))))
    }
}

fn read_lines(
    first: u64,
    bytes: &[u8],
    too_long: &[u64],
    max_text: usize,
) -> impl Iterator<Item = Result<Given, BadLine>> {
    (first..).zip(bytes.split_inclusive(|byte| *byte == b'\n')).filter_map(move |(line, bytes)| {
        let bad = |column, message| BadLine { line, column, message };
        if too_long.contains(&line) {
            let message = format!("more than {} MiB, which is no single item", MOST_LINE >> 20);
            return Some(Err(bad(None, message)));
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Some(Err(bad(Some(error.valid_up_to() + 1), "not UTF-8".to_owned()))),
        };
        let text = text.strip_prefix('\u{feff}').filter(|_| line == 1).unwrap_or(text);
        if text.trim().is_empty() {
            return None;
        }
        Some(extract::item_json(text, max_text).map(of_line).map_err(|error| told(line, text, &error)))
    })
}

/// Says what is wrong with a line; the place that the JSON reader names is that in the line.
fn told(line: u64, text: &str, error: &ItemError) -> BadLine {
    let ItemError::Json(cause) = error else {
        return BadLine { line, column: None, message: error.to_string() };
    };
    let message = cause.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let hint = if cause.is_eof() { "; an item is one object on one line" } else { "" };
    // Whoever wrote its end on the next line has it counted there.
    let column = if cause.line() > 1 { text.trim_end().len() } else { cause.column() };
    BadLine { line, column: Some(column), message: format!("not JSON: {message}{hint}") }
}

fn of_line(given: GivenItem) -> Given {
    let GivenItem { id, source, first_seen, raw } = given;
    let at = first_seen.or(raw.published);
    let source = source.unwrap_or_else(|| SourceId::new(""));
    // What it was called by whoever wrote the line is its publisher's id as far as we can know.
    let raw = RawItem { guid: id.clone(), ..raw };
    let mut item = dedupe::single(&source, raw, at.unwrap_or_default());
    if let Some(known) = id.as_deref().filter(|id| id.starts_with("it_")) {
        item.id = ItemId::new(known);
    }
    item.source = Some(source).filter(|source| !source.as_str().is_empty());
    item.first_seen = at;
    Given { id: id.unwrap_or_else(|| item.id.to_string()), item, at }
}

/// What is stored was told apart when it came: its id is all that it is recognised by.
fn of_archive(mut item: Item) -> Given {
    item.keys = ItemKeys { guid: Some(item.id.to_string()), ..ItemKeys::default() };
    Given { id: item.id.to_string(), at: item.first_seen, item }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// All lines of an input, read to ids or to what is wrong.
    fn read(reader: impl Read + Send + 'static) -> anyhow::Result<Vec<String>> {
        let mut feed = Feed::lines("input", reader)?;
        let mut lines = Vec::new();
        while let Some(batch) = feed.next_batch()? {
            for result in batch.read(1000) {
                lines.push(match result {
                    Ok(given) => format!("{} {}", given.id, given.at.map_or(0, Timestamp::as_secs)),
                    Err(bad) => format!("{}:{} {}", bad.line, bad.column.unwrap_or(0), bad.message),
                });
            }
        }
        Ok(lines)
    }

    #[track_caller]
    fn check(input: &str, expect: &[&str]) {
        assert_eq!(read(Cursor::new(input.to_owned())).unwrap(), expect);
    }

    #[test]
    fn an_item_counts_as_seen_when_it_says_so() {
        check(
            r#"{"id":"a","title":"x","first_seen":"1970-01-01T00:00:07Z","published":"1970-01-01T00:00:05Z"}
               {"id":"b","title":"x","published":"1970-01-01T00:00:05Z"}
               {"id":"c","title":"x","first_seen":"yesterday"}"#,
            &["a 7", "b 5", "c 0"],
        );
    }

    #[test]
    fn what_is_wrong_with_a_line_has_its_place() {
        check("\n\n{\"title\":}\n", &["3:10 not JSON: expected value"]);
        check("{\"id\":\"a\",\"title\":\"x\"} {}", &["1:24 not JSON: trailing characters"]);
        check("\u{feff}{\"id\":\"a\",\"title\":\"x\"}\n\u{feff}{}", &["a 0", "2:1 not JSON: expected value"]);
        check("null", &["1:0 expected an object like {\"title\": \"…\", \"text\": \"…\"}"]);
    }

    #[test]
    fn a_line_without_end_is_left_out_and_the_rest_is_read() {
        let endless = io::repeat(b'x').take(MOST_LINE + 100);
        let then = Cursor::new("\n{\"id\":\"a\",\"title\":\"x\"}");
        assert_eq!(
            read(endless.chain(then)).unwrap(),
            ["1:0 more than 64 MiB, which is no single item", "a 0"]
        );
    }

    #[test]
    fn batches_are_bounded_by_lines_and_bytes() {
        let long = format!("{{\"title\":\"{}\"}}\n", "x".repeat(BATCH_BYTES / 4));
        for (line, n_lines, n_batches) in [(long.as_str(), 9, 3), ("{}\n", BATCH_LINES * 2 + 1, 3)] {
            let mut feed =
                Feed::lines("input", Cursor::new(line.repeat(usize::try_from(n_lines).unwrap()))).unwrap();
            let mut sizes = Vec::new();
            while let Some(batch) = feed.next_batch().unwrap() {
                sizes.push(batch.read_bytes);
            }
            assert_eq!((sizes.len(), sizes[2]), (n_batches, line.len() as u64 * n_lines));
        }
    }

    #[test]
    fn a_packed_file_that_is_cut_short_fails() {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"{\"id\":\"a\",\"title\":\"x\"}\n").unwrap();
        let whole = packed.finish().unwrap();
        assert_eq!(read(Cursor::new(whole.clone())).unwrap(), ["a 0"]);
        let cut = whole[..whole.len() - 9].to_vec();
        assert!(read(Cursor::new(cut)).unwrap_err().to_string().contains("reading input"));
    }

    #[test]
    fn a_known_id_stays_and_others_are_the_publishers() {
        let given = |line: &str| of_line(extract::item_json(line, 100).unwrap());
        let known = given(r#"{"id":"it_abc","title":"x"}"#);
        assert_eq!((known.item.id.as_str(), known.item.source), ("it_abc", None));
        let (one, other) =
            (given(r#"{"id":"7","title":"x"}"#), given(r#"{"id":"7","source":"s","title":"x"}"#));
        assert!(one.id == other.id && one.item.id != other.item.id);
        assert_eq!(one.item.keys.guid.as_deref(), Some("7"));
        let nameless = given(r#"{"title":"x"}"#);
        assert_eq!(nameless.id, nameless.item.id.as_str());
    }
}
