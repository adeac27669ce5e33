//! Decodes references in text: the numbered ones and the names that HTML knows, whatever the
//! document declares. What is unknown stays as it came; nothing a document defines is expanded.

use std::borrow::Cow;

/// The longest name that HTML knows is 31 letters.
const LONGEST_NAME: usize = 32;

/// Names that are taken without their semicolon too, where a word ends after them.
const BARE_NAMES: [&str; 5] = ["amp", "lt", "gt", "quot", "nbsp"];

/// Decodes the references of a text once.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = reference(rest, &mut decoded).unwrap_or_else(|| {
            decoded.push('&');
            1
        });
        rest = &rest[length..];
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Says whether a text holds something that looks like a reference.
pub(super) fn has_reference(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| reference(&text[at..], &mut String::new()).is_some())
}

/// Decodes the reference at the start of `rest` into `decoded` and returns its length.
fn reference(rest: &str, decoded: &mut String) -> Option<usize> {
    let body = &rest[1..];
    if let Some(number) = body.strip_prefix('#') {
        return numbered(number, decoded).map(|length| 2 + length);
    }
    let end = body.bytes().take(LONGEST_NAME).position(|b| !b.is_ascii_alphanumeric());
    let end = end.unwrap_or(body.len().min(LONGEST_NAME));
    let name = body.get(..end)?;
    let closed = body.as_bytes().get(end) == Some(&b';');
    if !closed && !BARE_NAMES.contains(&name) {
        return None;
    }
    let known = if name == "apos" { "'" } else { quick_xml::escape::resolve_html5_entity(name)? };
    decoded.push_str(known);
    Some(1 + end + usize::from(closed))
}

fn numbered(number: &str, decoded: &mut String) -> Option<usize> {
    let (digits, radix, prefix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 1),
        None => (number, 10, 0),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let code = u32::from_str_radix(&digits[..end], radix).unwrap_or(u32::MAX);
    // A number of no character, NUL among them, decodes to nothing.
    if let Some(decoded_char) = windows_1252(code).or_else(|| char::from_u32(code)).filter(|&c| c != '\0') {
        decoded.push(decoded_char);
    }
    Some(prefix + end + usize::from(digits.as_bytes().get(end) == Some(&b';')))
}

/// Returns what an author of Windows text meant by a number between 128 and 159.
fn windows_1252(code: u32) -> Option<char> {
    let byte = u8::try_from(code).ok().filter(|byte| (0x80..0xa0).contains(byte))?;
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(decode(text), expect);
    }

    #[test]
    fn references_of_xml_and_html_are_decoded_once() {
        check("North Korea&#8217;s", "North Korea’s");
        check("a&nbsp;b &eacute; &amp;#8217; &lt;b&gt; &apos;", "a\u{a0}b é &#8217; <b> '");
        check("&#x2019;&#146;&#x1F600;", "’’😀");
    }

    #[test]
    fn what_is_no_reference_stays() {
        check("AT&T & R&D; &unknown; &; &#; &#x; &#xZ;", "AT&T & R&D; &unknown; &; &#; &#x; &#xZ;");
        check("?a=1&copy=2 &", "?a=1&copy=2 &");
        check("fish &amp chips &ampere", "fish & chips &ampere");
    }

    #[test]
    fn numbers_of_no_character_vanish() {
        check("a&#0;b&#xD800;c&#99999999999;d", "abcd");
    }
}
