//! Decodes a body to text: by its byte order mark, the HTTP charset, its own declaration, and
//! where these are missing or evidently wrong, by what the bytes look like.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Names in use that the encoding standard does not list.
const ALIASES: [(&str, &str); 12] = [
    ("cp949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("ms949", "euc-kr"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("ms936", "gbk"),
    ("cp950", "big5"),
    ("cp874", "windows-874"),
    ("eucjp", "euc-jp"),
    ("euckr", "euc-kr"),
    ("utf", "utf-8"),
    ("utf8mb4", "utf-8"),
];

/// From so many undecodable bytes on, and without one good sequence, text was not written in UTF-8.
const STRAY_BYTES: usize = 4;

/// Decodes a body; what cannot be decoded becomes U+FFFD.
pub(super) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf_32(body) {
        return Cow::Owned(text);
    }
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[length..]).0;
    }
    if let Some(encoding) = utf_16_without_mark(body) {
        return encoding.decode_without_bom_handling(body).0;
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let is_seven_bit = text.is_ascii();
        // ISO-2022-JP is written in ASCII bytes: there the label decides.
        match labels(body, content_type).find(|label| is_seven_bit && !label.is_ascii_compatible()) {
            Some(encoding) => return encoding.decode_without_bom_handling(body).0,
            None => return Cow::Borrowed(text),
        }
    }
    choose(body, content_type).decode_without_bom_handling(body).0
}

/// Chooses the encoding of bytes that are no valid UTF-8.
fn choose(body: &[u8], content_type: Option<&str>) -> &'static Encoding {
    let (n_good, n_stray) = count_utf_8(body);
    if n_good > n_stray {
        return UTF_8;
    }
    let mut declared_utf_8 = false;
    for encoding in labels(body, content_type) {
        if encoding != UTF_8 {
            return encoding;
        }
        declared_utf_8 = true;
    }
    if declared_utf_8 && n_stray < STRAY_BYTES {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// Returns the usable encodings that HTTP and the document itself name, in this order.
fn labels(body: &[u8], content_type: Option<&str>) -> impl Iterator<Item = &'static Encoding> {
    let http = content_type.and_then(http_charset);
    let own = declared(body);
    [http, own].into_iter().flatten().filter_map(|label| {
        let label = label.trim().to_ascii_lowercase();
        let known =
            ALIASES.iter().find(|(alias, _)| *alias == label).map_or(label.as_str(), |(_, known)| known);
        // UTF-16 that shows in neither a mark nor its zero bytes is a wrong label.
        Encoding::for_label_no_replacement(known.as_bytes())
            .filter(|&encoding| encoding != UTF_16LE && encoding != UTF_16BE)
    })
}

fn http_charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    })
}

/// Reads `encoding="…"` from the XML declaration.
fn declared(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(1024)]).into_owned();
    let declaration = head.split_once("<?xml")?.1;
    let declaration = declaration.split_once('>').map_or(declaration, |(declaration, _)| declaration);
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(label, _)| label.to_owned())
}

/// Counts the sequences of several bytes that are UTF-8, and the bytes that are not.
fn count_utf_8(body: &[u8]) -> (usize, usize) {
    let mut counts = (0, 0);
    for chunk in body.utf8_chunks() {
        counts.0 += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        counts.1 += usize::from(!chunk.invalid().is_empty());
    }
    counts
}

fn utf_16_without_mark(body: &[u8]) -> Option<&'static Encoding> {
    match body.get(..4)? {
        [b'<' | b'{', 0, second, 0] if *second != 0 => Some(UTF_16LE),
        [0, b'<' | b'{', 0, second] if *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Decodes UTF-32, which the encoding standard left out, by its mark or its first character.
fn utf_32(body: &[u8]) -> Option<String> {
    let (little, skip) = match body.get(..4)? {
        [0xff, 0xfe, 0, 0] => (true, 4),
        [0, 0, 0xfe, 0xff] => (false, 4),
        [b'<', 0, 0, 0] => (true, 0),
        [0, 0, 0, b'<'] => (false, 0),
        _ => return None,
    };
    let units = body[skip..].chunks_exact(4).map(|unit| {
        let unit = [unit[0], unit[1], unit[2], unit[3]];
        let code = if little { u32::from_le_bytes(unit) } else { u32::from_be_bytes(unit) };
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    Some(units.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], content_type: Option<&str>, expect: &str) {
        let text = decode(body, content_type);
        assert!(text.contains(expect), "{expect:?} is not in {text:?}");
    }

    #[test]
    fn a_mark_decides_before_any_label() {
        let utf_16: Vec<u8> = "\u{feff}<a>Ж</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&utf_16, Some("text/xml; charset=iso-8859-1"), "<a>Ж</a>");
        check(&utf_16[2..], None, "<a>Ж</a>");
        check("\u{feff}<a>é</a>".as_bytes(), Some("text/xml; charset=iso-8859-1"), "<a>é</a>");
        let utf_32: Vec<u8> = "\u{feff}<a>Ж</a>".chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        check(&utf_32, None, "<a>Ж</a>");
    }

    #[test]
    fn the_documents_own_label_serves_where_http_has_none() {
        check(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>", None, "café");
        check(b"<?xml version='1.0' encoding='windows-1251'?><a>\xcc\xe8\xf0</a>", Some("text/xml"), "Мир");
    }

    #[test]
    fn bytes_that_are_utf_8_are_read_as_such_whatever_the_labels_say() {
        let body = "<?xml version='1.0' encoding='windows-1252'?><a>café</a>";
        check(body.as_bytes(), Some("application/rss+xml; charset=\"utf-8\""), "café");
        check(body.as_bytes(), None, "café");
    }

    #[test]
    fn a_stray_byte_costs_one_character() {
        let body = b"<?xml version='1.0' encoding='utf-8'?><a>caf\xe9 society</a>";
        check(body, Some("text/xml; charset=utf-8"), "caf\u{fffd} society");
        check(b"<a>Stra\xc3\x9fe \xc3\xa9 caf\xe9 society</a>", None, "Straße é caf\u{fffd} society");
    }

    #[test]
    fn undeclared_bytes_are_guessed() {
        let text =
            encoding_rs::WINDOWS_1251.encode("<a>Президент России прибыл во Владивосток на форум</a>").0;
        check(&text, None, "прибыл во Владивосток");
        check(
            b"<a>caf\xe9 \xe0 la carte, no\xebl, \xeatre, gar\xe7on</a>",
            Some("text/xml; charset=utf-8"),
            "garçon",
        );
    }

    #[test]
    fn seven_bit_japanese_follows_its_label() {
        let body = b"<?xml version='1.0' encoding='iso-2022-jp'?><a>\x1b$B%K%e!<%9\x1b(B</a>";
        check(body, None, "ニュース");
    }
}
