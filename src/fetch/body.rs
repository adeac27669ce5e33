//! Reads the body of an answer, whole or not at all: decompressed, within its size, no slower
//! than the least rate. Memory stays within the largest body and a few buffers.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder};
use bytes::Bytes;
use futures_util::Stream;
use http::header::{self, HeaderMap};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::io::StreamReader;

use super::answer;
use super::error::Failure;
use super::room::{self, LARGE, Place, Room, SMALL, Waited};
use crate::model::PollClass;

/// A body may decompress to so many times its size …
const MAX_RATIO: u64 = 100;
/// … once it is larger than this.
const RATIO_FROM: u64 = 1 << 20;
/// Bytes decompressed at a time.
const PIECE: usize = 16 << 10;
/// Parts of the window for the least rate; the window slides by one of them.
const SLICES: usize = 10;

/// The bounds of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_body: u64,
    pub(super) min_bytes: u64,
    pub(super) min_bytes_window: Duration,
}

/// Reads a body to its end.
pub(super) async fn read(
    response: reqwest::Response,
    limits: Limits,
    (room, waited): (&Room, &Waited),
) -> Result<(Vec<u8>, Place), Failure> {
    let encoding = Encoding::of(response.headers())?;
    let length = response.content_length();
    if encoding == Encoding::Plain && length.is_some_and(|length| length > limits.max_body) {
        return Err(over(limits.max_body));
    }
    let mut wire = StreamReader::new(Wire::new(response, limits));
    let Some(first) = first_byte(&mut wire).await? else { return Ok(Default::default()) };
    let mut body = Body::open(encoding, first, wire);
    let mut place = Place::default();
    // What is stated saves growing, but nobody is given room for a mere statement.
    let stated = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(stated.min(SMALL));
    let mut piece = vec![0; PIECE];
    loop {
        let count = match body.reader().read(&mut piece).await {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => return Err(fault(error, body.wire())),
        };
        let grown = bytes.len() + count;
        if grown as u64 > limits.max_body {
            return Err(over(limits.max_body));
        }
        if room::outgrows(bytes.len(), grown) {
            place = room.place(place, grown, waited).await?;
        }
        if grown > bytes.capacity() {
            // A large body grows by less than half of itself, so that it takes up less that is empty.
            bytes.reserve_exact((bytes.len() / 4).clamp(PIECE, LARGE).max(count));
        }
        bytes.extend_from_slice(&piece[..count]);
        // Without a stated length what has come is no measure yet: the rest may be denser.
        if let Some(length) = length {
            check_ratio(bytes.len() as u64, length.max(body.wire().get_ref().received))?;
        }
    }
    body.expect_end().await?;
    check_ratio(bytes.len() as u64, body.wire().get_ref().received)?;
    Ok((bytes, place))
}

async fn first_byte(wire: &mut StreamReader<Wire, Bytes>) -> Result<Option<u8>, Failure> {
    let first = wire.fill_buf().await.map(|bytes| bytes.first().copied());
    first.map_err(|error| fault(error, wire))
}

fn check_ratio(decoded: u64, received: u64) -> Result<(), Failure> {
    if decoded > RATIO_FROM && decoded > received.saturating_mul(MAX_RATIO) {
        let text = format!("the body decompresses to more than {MAX_RATIO} times its size");
        return Err(Failure::new(PollClass::TooLarge, text));
    }
    Ok(())
}

fn over(max_body: u64) -> Failure {
    Failure::new(PollClass::TooLarge, format!("the body is larger than {max_body} bytes"))
}

/// Finds what is behind an error of the chain of readers.
///
/// What the wire reports is a `Failure` already. Anything else comes from the decoder: where the
/// wire had ended it missed the rest, otherwise it met nonsense.
fn fault(error: io::Error, wire: &StreamReader<Wire, Bytes>) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(_) if wire.get_ref().ended => {
            Failure::new(PollClass::Truncated, "the compressed body ended before its end")
        }
        Err(error) => Failure::new(PollClass::BadEncoding, format!("the body does not decompress: {error}")),
    }
}

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
    Deflate,
    Brotli,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let text = answer::text(headers, header::CONTENT_ENCODING).unwrap_or_default().to_ascii_lowercase();
        let mut named = text.split(',').map(str::trim).filter(|name| !matches!(*name, "" | "identity"));
        match (named.next(), named.next()) {
            (None, _) => Ok(Encoding::Plain),
            (Some("gzip" | "x-gzip"), None) => Ok(Encoding::Gzip),
            (Some("deflate"), None) => Ok(Encoding::Deflate),
            (Some("br"), None) => Ok(Encoding::Brotli),
            (Some(_), _) => {
                let text = format!("an encoding that was not offered: {}", text.escape_debug());
                Err(Failure::new(PollClass::BadEncoding, text))
            }
        }
    }
}

/// A body being decompressed.
enum Body {
    Plain(StreamReader<Wire, Bytes>),
    Gzip(GzipDecoder<StreamReader<Wire, Bytes>>),
    Zlib(ZlibDecoder<StreamReader<Wire, Bytes>>),
    Deflate(DeflateDecoder<StreamReader<Wire, Bytes>>),
    Brotli(BrotliDecoder<StreamReader<Wire, Bytes>>),
}

impl Body {
    fn open(encoding: Encoding, first: u8, wire: StreamReader<Wire, Bytes>) -> Self {
        match encoding {
            Encoding::Plain => Body::Plain(wire),
            Encoding::Gzip => {
                let mut decoder = GzipDecoder::new(wire);
                decoder.multiple_members(true);
                Body::Gzip(decoder)
            }
            // By the standard it is zlib; some servers send deflate alone, which begins otherwise.
            Encoding::Deflate if first & 0x0f == 8 => Body::Zlib(ZlibDecoder::new(wire)),
            Encoding::Deflate => Body::Deflate(DeflateDecoder::new(wire)),
            Encoding::Brotli => Body::Brotli(BrotliDecoder::new(wire)),
        }
    }

    fn reader(&mut self) -> &mut (dyn AsyncRead + Unpin + Send) {
        match self {
            Body::Plain(reader) => reader,
            Body::Gzip(reader) => reader,
            Body::Zlib(reader) => reader,
            Body::Deflate(reader) => reader,
            Body::Brotli(reader) => reader,
        }
    }

    fn wire(&self) -> &StreamReader<Wire, Bytes> {
        match self {
            Body::Plain(wire) => wire,
            Body::Gzip(decoder) => decoder.get_ref(),
            Body::Zlib(decoder) => decoder.get_ref(),
            Body::Deflate(decoder) => decoder.get_ref(),
            Body::Brotli(decoder) => decoder.get_ref(),
        }
    }

    /// Makes sure that the wire ends where the compressed body did.
    async fn expect_end(&mut self) -> Result<(), Failure> {
        let wire = match self {
            Body::Plain(wire) => wire,
            Body::Gzip(decoder) => decoder.get_mut(),
            Body::Zlib(decoder) => decoder.get_mut(),
            Body::Deflate(decoder) => decoder.get_mut(),
            Body::Brotli(decoder) => decoder.get_mut(),
        };
        match first_byte(wire).await? {
            None => Ok(()),
            Some(_) => Err(Failure::new(PollClass::BadEncoding, "more bytes after the compressed body")),
        }
    }
}

/// The bytes as they come from the connection, counted and timed.
struct Wire {
    chunks: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    ticks: Interval,
    pace: Pace,
    limits: Limits,
    received: u64,
    ended: bool,
}

impl Wire {
    fn new(response: reqwest::Response, limits: Limits) -> Self {
        let slice = limits.min_bytes_window / u32::try_from(SLICES).expect("ten fits");
        let mut ticks = interval(slice.max(Duration::from_millis(1)));
        // After a stall of our own, bytes that wait are read before the next tick.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let chunks = Box::pin(response.bytes_stream());
        Wire { chunks, ticks, pace: Pace::default(), limits, received: 0, ended: false }
    }

    fn take(&mut self, chunk: Bytes) -> Result<Bytes, Failure> {
        self.received += chunk.len() as u64;
        self.pace.count(chunk.len() as u64);
        // A decoder may swallow for ever without a byte of output.
        if self.received > self.limits.max_body {
            return Err(over(self.limits.max_body));
        }
        Ok(chunk)
    }

    fn slow(&self) -> Failure {
        let Limits { min_bytes, min_bytes_window, .. } = self.limits;
        Failure::new(PollClass::TooSlow, format!("less than {min_bytes} bytes within {min_bytes_window:?}"))
    }
}

impl Stream for Wire {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.chunks.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                return Poll::Ready(Some(self.take(chunk).map_err(io::Error::other)));
            }
            Poll::Ready(Some(Err(error))) => {
                return Poll::Ready(Some(Err(io::Error::other(Failure::within_body(&error)))));
            }
            Poll::Ready(None) => {
                self.ended = true;
                return Poll::Ready(None);
            }
            Poll::Pending => {}
        }
        while self.ticks.poll_tick(cx).is_ready() {
            if self.pace.turn().is_some_and(|bytes| bytes < self.limits.min_bytes) {
                return Poll::Ready(Some(Err(io::Error::other(self.slow()))));
            }
        }
        Poll::Pending
    }
}

/// The bytes of a window that slides by a tenth of itself.
#[derive(Debug, Default)]
struct Pace {
    slices: [u64; SLICES],
    /// The slice being filled; `None` until the first tick, which comes at once.
    turns: Option<usize>,
}

impl Pace {
    fn count(&mut self, bytes: u64) {
        self.slices[self.turns.unwrap_or(0) % SLICES] += bytes;
    }

    /// Ends a slice; returns the bytes of the window that ends with it, once there is a whole one.
    fn turn(&mut self) -> Option<u64> {
        let turns = self.turns.map_or(0, |turns| turns + 1);
        self.turns = Some(turns);
        let whole = (turns >= SLICES).then(|| self.slices.iter().sum());
        if turns > 0 {
            self.slices[turns % SLICES] = 0;
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives each slice its bytes and returns the sums of the windows.
    fn windows(slices: &[u64]) -> Vec<u64> {
        let mut pace = Pace::default();
        assert_eq!(pace.turn(), None);
        slices
            .iter()
            .filter_map(|bytes| {
                pace.count(*bytes);
                pace.turn()
            })
            .collect()
    }

    #[test]
    fn the_window_slides() {
        assert!(windows(&[7; 9]).is_empty());
        assert_eq!(windows(&[1; 12]), [10, 10, 10]);
        assert_eq!(windows(&[9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0]), [9, 5, 5]);
    }

    #[test]
    fn what_comes_before_the_first_tick_counts() {
        let mut pace = Pace::default();
        pace.count(3);
        pace.turn();
        assert_eq!((1..=10).filter_map(|_| pace.turn()).collect::<Vec<_>>(), [3]);
    }

    #[track_caller]
    fn check_encoding(value: &str, expect: Result<Encoding, PollClass>) {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, value.parse().unwrap())]);
        assert_eq!(Encoding::of(&headers).map_err(|failure| failure.class), expect);
    }

    #[test]
    fn encodings_are_those_offered() {
        assert_eq!(Encoding::of(&HeaderMap::new()), Ok(Encoding::Plain));
        check_encoding("", Ok(Encoding::Plain));
        check_encoding("identity", Ok(Encoding::Plain));
        check_encoding("GZIP", Ok(Encoding::Gzip));
        check_encoding("x-gzip", Ok(Encoding::Gzip));
        check_encoding("identity, br", Ok(Encoding::Brotli));
        check_encoding("deflate", Ok(Encoding::Deflate));
        check_encoding("zstd", Err(PollClass::BadEncoding));
        check_encoding("gzip, gzip", Err(PollClass::BadEncoding));
    }

    #[test]
    fn the_ratio_counts_from_a_mebibyte() {
        assert!(check_ratio(RATIO_FROM, 1).is_ok());
        assert!(check_ratio(RATIO_FROM + 1, 1).is_err());
        assert!(check_ratio(10 << 20, (10 << 20) / 100 + 1).is_ok());
        assert!(check_ratio(u64::MAX, u64::MAX).is_ok());
    }
}
