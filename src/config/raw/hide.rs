//! Hides secrets in the text that is kept of a file, so that no quoted line can show one.
//! Every byte keeps its place: what is hidden turns into asterisks and blanks.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Words in the names of keys whose values nobody may see.
const SECRET_WORDS: &[&str] = &["pass", "secret", "token", "auth", "key", "cookie", "proxy"];

/// Keys of the tables that say where a secret is kept.
const WHEREABOUTS: &[&str] = &["file", "env", "credential"];

/// Returns the text with the secrets of this document hidden.
pub(super) fn secrets(text: &str, root: &DeTable<'_>) -> String {
    let mut spans = Vec::new();
    collect(text, root, Depth::Open, &mut spans);
    blank(text, &spans)
}

/// Whether all text from here on is secret.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Open,
    Channel,
    Secret,
}

fn collect(text: &str, table: &DeTable<'_>, depth: Depth, spans: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        let inner = match depth {
            Depth::Secret if WHEREABOUTS.contains(&key) => continue,
            Depth::Secret => Depth::Secret,
            Depth::Open | Depth::Channel if is_secret(key) => Depth::Secret,
            Depth::Channel if key == "url" => Depth::Secret,
            Depth::Open if key == "channel" => Depth::Channel,
            Depth::Open | Depth::Channel => depth,
        };
        collect_value(text, value, inner, spans);
    }
}

fn collect_value(
    text: &str,
    value: &toml::Spanned<DeValue<'_>>,
    depth: Depth,
    spans: &mut Vec<Range<usize>>,
) {
    match value.get_ref() {
        DeValue::String(_) | DeValue::Integer(_) if depth == Depth::Secret => spans.push(value.span()),
        DeValue::String(_) => spans.extend(of_url(text, value.span())),
        DeValue::Array(list) => list.iter().for_each(|each| collect_value(text, each, depth, spans)),
        DeValue::Table(table) => collect(text, table, depth, spans),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

/// Says whether a name is one under which secrets are kept.
pub(crate) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key == "headers" || SECRET_WORDS.iter().any(|word| key.contains(word))
}

/// Returns the user info and the query of an address.
fn of_url(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    let Some(written) = text.get(span.clone()) else { return Vec::new() };
    let Some(scheme_end) = written.find("://").map(|at| at + 3) else { return Vec::new() };
    let rest = &written[scheme_end..];
    let authority = &rest[..rest.find(['/', '?', '#', '"', '\'']).unwrap_or(rest.len())];
    let offset = span.start + scheme_end;
    let user = authority.rfind('@').map(|at| offset..offset + at);
    let query = rest.find('?').map(|at| {
        let end = rest.trim_end_matches(['"', '\'']).len();
        offset + at + 1..(offset + end).max(offset + at + 1)
    });
    user.into_iter().chain(query).collect()
}

/// Returns the text with these stretches hidden.
fn blank(text: &str, spans: &[Range<usize>]) -> String {
    let mut shown = text.as_bytes().to_vec();
    for span in spans {
        let Some(hidden) = shown.get_mut(span.clone()) else { continue };
        let quote = hidden.first().copied().filter(|byte| matches!(byte, b'"' | b'\''));
        let mut mark: &[u8] = match (quote, hidden.len()) {
            (Some(_), 0..=2) => continue,
            (Some(quote), 3..=4) => &[quote, b'*', quote],
            (Some(quote), _) => &[quote, b'*', b'*', b'*', quote],
            (None, _) => b"***",
        };
        for byte in hidden.iter_mut().filter(|byte| **byte != b'\n') {
            // Blanks after the mark: not even the length is told.
            *byte = mark.split_off_first().copied().unwrap_or(b' ');
        }
    }
    String::from_utf8(shown).expect("whole characters are replaced by ASCII")
}

/// Returns a list of addresses without their user info and queries.
pub(crate) fn addresses(text: &str) -> String {
    let mut spans = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        spans.extend(of_url(text, at..at + line.trim_end().len()));
        at += line.len();
    }
    blank(text, &spans)
}

/// Returns the text with all values hidden in lines that look as if they held a secret.
pub(super) fn secret_lines(text: &str) -> String {
    let mut spans = Vec::new();
    let mut header = "";
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            header = line;
        }
        let end = at + line.trim_end().len();
        if looks_secret(header, line) {
            // Somebody may have forgotten the quotes.
            let value = line.find(['"', '\'']).or_else(|| Some(line.find('=')? + 1));
            spans.extend(value.map(|value| at + value..end.max(at + value)));
        } else {
            spans.extend(of_url(text, at..end));
        }
        at += line.len();
    }
    blank(text, &spans)
}

/// Says whether a line under this header names a key under which secrets are kept.
fn looks_secret(header: &str, line: &str) -> bool {
    let keys = || line.rmatch_indices('=').map(|(at, _)| line[..at].rsplit(['{', ',']).next().unwrap_or(""));
    let of_channel = header.contains("channel") || line.trim_start().starts_with("channel");
    is_secret(header)
        || header.contains("headers")
        || line.contains("whsec_")
        || keys()
            .any(|key| is_secret(key.trim()) || (of_channel && key.trim().trim_matches(['"', '\'']) == "url"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        let (root, _) = DeTable::parse_recoverable(text);
        let hidden = secrets(text, root.get_ref());
        assert_eq!(hidden.len(), text.len());
        assert_eq!(hidden.split_whitespace().collect::<Vec<_>>().join(" "), shown);
    }

    #[test]
    fn values_of_secret_keys_are_hidden() {
        check("password = \"hunter2\" # x", "password = \"***\" # x");
        check("passwort = 'hunter2'", "passwort = '***'");
        check("token = { env = \"NAME\" }", "token = { env = \"NAME\" }");
        check("token = { emv = \"NAME\" }", "token = { emv = \"***\" }");
        check("secrets = [\"whsec_a\", { file = \"f\" }]", "secrets = [\"***\" , { file = \"f\" }]");
        check("headers = { X-Any = \"abc\" }", "headers = { X-Any = \"***\" }");
        check("[[topic]]\nname = \"Kim\"", "[[topic]] name = \"Kim\"");
    }

    #[test]
    fn addresses_lose_user_info_and_query() {
        check("url = \"https://a:b@host/p?k=v\"", "url = \"https://***@host/p?***\"");
        check("url = \"https://host/p\"", "url = \"https://host/p\"");
        check("[[channel]]\nurl = \"https://hooks.example/T0/xyz\"", "[[channel]] url = \"***\"");
    }

    #[test]
    fn lines_and_characters_keep_their_places() {
        let text = "password = \"\"\"é\nab\"\"\"\nx = 1\n";
        let (root, _) = DeTable::parse_recoverable(text);
        let hidden = secrets(text, root.get_ref());
        assert_eq!(hidden.find("x = 1"), text.find("x = 1"));
        assert_eq!(hidden.lines().count(), 3);
        assert!(!hidden.contains("ab"));
    }

    #[test]
    fn a_line_with_a_syntax_error_shows_no_secret() {
        assert_eq!(secret_lines("password = \"abcd\nx = \"1\n"), "password = \"***\"\nx = \"1\n");
        assert!(!secret_lines("[channel.headers]\nX-Y = \"abcdef\n").contains("abcdef"));
        assert!(!secret_lines("secrets = [\n  'whsec_abc\n").contains("abc"));
        for text in [
            "password = hunter2\n",
            "smtp = { url = \"smtps://m\", password = \"hunter2 }\n",
            "[[channel]]\nname = \"a\"\nurl = 'https://hooks.example/hunter2\n",
            "channel = [{ url = 'https://hooks.example/hunter2' }\n",
            "[[source]]\nurl = 'https://u:hunter2@a.example/?key=hunter2\n",
        ] {
            let shown = secret_lines(text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown.len(), text.len());
        }
        assert_eq!(
            secret_lines("[[source]]\nurl = 'https://a.example/x\n"),
            "[[source]]\nurl = 'https://a.example/x\n"
        );
    }
}
