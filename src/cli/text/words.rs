//! Times, durations and outside text as people read them on a terminal.

use std::time::Duration;

use jiff::tz::TimeZone;
use newshound::model::Timestamp;
use newshound::model::text::{is_hidden, is_joiner};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the text without anything that could move a cursor: controls, and marks that turn
/// the direction of writing.
pub(super) fn plain(text: &str) -> String {
    let hidden = |c: char| is_hidden(c) || is_joiner(c);
    text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).filter(|c| !hidden(*c)).collect()
}

/// Returns the columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Returns the text cut to so many columns, with an ellipsis where something went.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let text = plain(text);
    if width(&text) <= columns {
        return text;
    }
    let mut kept = String::new();
    let mut left = columns.saturating_sub(1);
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// Returns the text filled up with spaces to so many columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Returns the text in lines of at most so many columns, cut at spaces, each after the indent; a
/// word that is longer than that stays whole.
pub(super) fn wrap(text: &str, columns: usize, indent: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines
}

/// Returns a time as people here say it: the hour today, the day this week, the date before.
pub(super) fn time(time: Timestamp, now: Timestamp) -> String {
    let zone = TimeZone::system();
    let (then, today) = (zone_of(time, &zone), zone_of(now, &zone));
    let away = now.since(time).max(time.since(now));
    let form = match () {
        () if then.date() == today.date() => "%H:%M:%S",
        () if away < Duration::from_hours(6 * 24) => "%a %H:%M",
        () => "%-d %b %Y",
    };
    then.strftime(form).to_string()
}

fn zone_of(time: Timestamp, zone: &TimeZone) -> jiff::ZonedDateTime {
    time.to_jiff().to_zoned_datetime(zone.clone())
}

/// Returns the hour of a time.
pub(super) fn hour(time: Timestamp) -> String {
    zone_of(time, &TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// Returns a time, or a dash for none.
pub(super) fn time_or_dash(given: Option<Timestamp>, now: Timestamp) -> String {
    given.map_or_else(|| "–".to_owned(), |given| time(given, now))
}

/// Returns a duration in its largest unit that says enough.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// Returns the name of a language, or its tag where that is rarer.
pub(super) fn language(tag: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("ar", "Arabic"),
        ("bg", "Bulgarian"),
        ("cs", "Czech"),
        ("da", "Danish"),
        ("de", "German"),
        ("el", "Greek"),
        ("en", "English"),
        ("es", "Spanish"),
        ("fa", "Persian"),
        ("fi", "Finnish"),
        ("fr", "French"),
        ("he", "Hebrew"),
        ("hi", "Hindi"),
        ("hu", "Hungarian"),
        ("id", "Indonesian"),
        ("it", "Italian"),
        ("ja", "Japanese"),
        ("ko", "Korean"),
        ("nl", "Dutch"),
        ("no", "Norwegian"),
        ("pl", "Polish"),
        ("pt", "Portuguese"),
        ("ro", "Romanian"),
        ("ru", "Russian"),
        ("sv", "Swedish"),
        ("th", "Thai"),
        ("tr", "Turkish"),
        ("uk", "Ukrainian"),
        ("vi", "Vietnamese"),
        ("zh", "Chinese"),
        ("und", "language unknown"),
    ];
    let known = NAMES.iter().find(|(known, _)| *known == tag);
    known.map_or_else(|| format!("language {}", plain(tag)), |(_, name)| (*name).to_owned())
}

/// Returns a number with its thousands apart.
pub(in crate::cli) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut apart = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// Returns bytes in the unit that fits.
pub(super) fn bytes(n: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size for people to read")]
    let n = n as f64;
    match n {
        n if n < 1e6 => format!("{:.0} kB", n / 1e3),
        n if n < 1e9 => format!("{:.0} MB", n / 1e6),
        n => format!("{:.1} GB", n / 1e9),
    }
}

/// Returns how many items that is in a second.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a figure to look at"
)]
pub(in crate::cli) fn rate(items: u64, took: Duration) -> u64 {
    (items as f64 / took.as_secs_f64().max(0.001)) as u64
}

/// Returns a count with its noun.
pub(in crate::cli) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_is_left() {
        assert_eq!(plain("a\u{1b}[31mb\u{202e}c\nd\u{0}"), "a[31mbc d");
        assert_eq!(plain("a\u{61c}b\u{2060}c\u{2064}d\u{e0041}e\u{200d}f\u{ad}"), "abcdef");
    }

    #[test]
    fn wide_characters_are_cut_by_the_columns_they_take() {
        assert_eq!(cut("김정은, 러시아 방문", 10), "김정은,…");
        assert_eq!(cut("short", 10), "short");
        assert_eq!(width(&pad("金", 4)), 4);
    }

    #[test]
    fn texts_wrap_at_spaces_and_addresses_stay_whole() {
        assert_eq!(wrap("one two three", 9, "  "), ["  one two", "  three"]);
        assert_eq!(wrap("see https://news.example/path", 9, ""), ["see", "https://news.example/path"]);
        assert_eq!(wrap("", 9, "  "), Vec::<String>::new());
    }

    #[test]
    fn numbers_and_durations_read_easily() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(12), "12");
        assert_eq!(duration(0.038), "38 ms");
        assert_eq!(duration(360.0), "6 min");
        assert_eq!(bytes(84_000_000), "84 MB");
        assert_eq!(counted(1, "alert", "alerts"), "1 alert");
    }
}
