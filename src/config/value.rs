//! Reads the small forms that values come in: times, sizes, rates, networks, ids.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use unicode_normalization::UnicodeNormalization;

/// Reads the length of a time: `"90s"`, `"1h30m"`.
pub fn duration(text: &str) -> Result<Duration, String> {
    const HELP: &str = "is not a time such as \"90s\", \"15m\", \"1h30m\" or \"7d\"";
    let wrong = || format!("\"{}\" {HELP}", shorten(text));
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let (number, unit, after) = number_and_unit(rest).ok_or_else(wrong)?;
        let millis: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(millis).map(Duration::from_millis).ok_or_else(wrong)?;
        total = total.checked_add(part).filter(|total| *total <= MOST_TIME).ok_or_else(wrong)?;
        rest = after;
    }
    Ok(total)
}

/// A hundred years: longer is a slip of the pen.
const MOST_TIME: Duration = Duration::from_hours(24 * 365 * 100);

/// Reads a size: `"10MiB"`, `"64 KiB"`, `"512"`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("\"{}\" is not a size such as \"64KiB\" or \"10MiB\"", shorten(text));
    let (number, unit, rest) = number_and_unit(text.trim()).ok_or_else(wrong)?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "kib" => 1 << 10,
        "mb" => 1_000_000,
        "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).filter(|_| rest.is_empty()).ok_or_else(wrong)
}

/// Splits `12min3s` into `12`, `min` and `3s`.
fn number_and_unit(text: &str) -> Option<(u64, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..digits].parse().ok()?;
    let rest = text[digits..].trim_start();
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    Some((number, &rest[..letters], rest[letters..].trim_start()))
}

/// Returns a time in the largest unit that holds it whole.
pub(crate) fn show_duration(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    match units.into_iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}

/// Returns a size in the largest unit that holds it whole.
pub(crate) fn show_size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}

/// Reads messages in a minute: `"30/min"`.
pub(crate) fn rate(text: &str) -> Result<u32, String> {
    let wrong = || format!("\"{}\" is not a rate such as \"30/min\"", shorten(text));
    let (number, unit) = text.split_once('/').unwrap_or((text, "min"));
    if !matches!(unit.trim(), "m" | "min" | "minute") {
        return Err(wrong());
    }
    number.trim().parse().ok().filter(|rate| *rate <= 10_000).ok_or_else(wrong)
}

/// Reads a network: `"10.1.0.0/16"`, or one address.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    network
        .map(|network| network.trunc())
        .ok_or_else(|| format!("\"{}\" is not a network such as \"10.1.0.0/16\"", shorten(text)))
}

/// Returns a text as an id: `[a-z0-9-]`, accents dropped; empty where nothing is left.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            '\'' | '’' => {}
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(MOST_ID);
    slug.trim_end_matches('-').to_owned()
}

/// Characters of an id.
pub(crate) const MOST_ID: usize = 120;

/// Returns the head of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_have_units() {
        for (text, millis) in [
            ("90s", 90_000),
            ("15m", 900_000),
            ("15min", 900_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("7d", 604_800_000),
            ("2w", 1_209_600_000),
            ("100ms", 100),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "15", "m", "1.5h", "-1s", "15 parsecs", "99999999999999999999s", "999999d", "١s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("10MiB", 10 << 20), ("64 KiB", 64 << 10), ("512", 512), ("1kB", 1000), ("1GiB", 1 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "1.5MiB", "10MiB5", "10XiB", "18446744073709551615GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_by_the_minute() {
        assert_eq!((rate("30/min"), rate(" 5 / m"), rate("7")), (Ok(30), Ok(5), Ok(7)));
        for text in ["30/h", "many/min", "-1/min", "99999999/min", ""] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_may_be_one_address() {
        for (text, shown) in
            [("10.1.2.3/16", "10.1.0.0/16"), ("127.0.0.1", "127.0.0.1/32"), ("::1", "::1/128")]
        {
            assert_eq!(network(text).unwrap().to_string(), shown);
        }
        assert!(network("localhost").is_err());
        assert!(network("10.0.0.0/33").is_err());
    }

    #[test]
    fn names_become_ids() {
        for (text, id) in [
            ("Kim travel", "kim-travel"),
            ("  Ärger & Öl!", "arger-ol"),
            ("feeds.example/world.xml", "feeds-example-world-xml"),
            ("Kim’s train", "kims-train"),
            ("北朝鮮", ""),
        ] {
            assert_eq!(slug(text), id, "{text}");
        }
    }

    proptest! {
        #[test]
        fn shown_times_read_back(millis in 0u64..10_000_000_000) {
            let time = Duration::from_millis(millis);
            prop_assert_eq!(duration(&show_duration(time)), Ok(time));
        }

        #[test]
        fn an_id_is_its_own_id(text: String) {
            let id = slug(&text);
            prop_assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert_eq!(slug(&id), id.clone());
        }
    }
}
