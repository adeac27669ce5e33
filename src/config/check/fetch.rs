//! `[fetch]`: defaults and bounds of every poll.

use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::super::place::{Problem, Severity};
use super::super::raw::{Entry, Table, What};
use super::super::reader::{Reader, Scope, Written, duration_of};
use super::super::secret::Secret;
use super::super::settings::{FetchConfig, PerHost};
use super::super::source::Interval;
use super::super::value;
use super::secret;

/// Limits of time can be as short as tests with real sockets need them.
const TIMES: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_hours(1);

/// A pace: a year between two polls is as good as never.
pub(crate) const INTERVALS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_hours(24 * 366);

pub(crate) fn fetch(scope: &Scope<'_>, table: Option<Table>, told: bool) -> FetchConfig {
    let mut fetch = FetchConfig::default();
    let place = table.as_ref().map(|table| table.place.clone());
    if let Some(table) = table {
        let mut reader = Reader::new(scope, "fetch", table);
        pace(&mut reader, &mut fetch);
        times(&mut reader, &mut fetch);
        sizes(&mut reader, &mut fetch);
        fetch.contact = contact(&mut reader);
        fetch.proxy = proxy(&mut reader);
        fetch.allow_networks = networks(&mut reader);
        fetch.backfill = reader.duration("backfill").map_or(fetch.backfill, |backfill| backfill.value);
        reader.finish();
    }
    if told && fetch.contact.is_none() && !scope.partial {
        scope.report(Problem {
            severity: Severity::Warning,
            class: None,
            place,
            message: "`fetch.contact` is missing: servers' owners cannot tell whom to write to".to_owned(),
            suggestion: Some("for example `contact = \"ops@example.org\"`".to_owned()),
        });
    }
    fetch
}

fn pace(reader: &mut Reader<'_>, fetch: &mut FetchConfig) {
    fetch.interval = match reader.entry("interval").and_then(|entry| interval(reader.scope, entry)) {
        Some(Interval::Every(interval)) => Some(interval),
        Some(Interval::Adaptive) | None => None,
    };
    bounds(reader, fetch);
    fetch.concurrency = reader.limit_count("concurrency", fetch.concurrency, 10_000);
    if let Some(table) = reader.table("per_host") {
        let mut reader = Reader::new(reader.scope, "fetch.per_host", table);
        let PerHost { concurrency, gap } = fetch.per_host;
        fetch.per_host = PerHost {
            concurrency: reader.limit_count("concurrency", concurrency, 64),
            gap: least_gap(&mut reader).unwrap_or(gap),
        };
        reader.finish();
    }
}

/// Reads the gap between two starts at a host. Unlike a limit, none is a gap that can be meant.
fn least_gap(reader: &mut Reader<'_>) -> Option<Duration> {
    let Written { value, place } = reader.duration("gap")?;
    if value > *TIMES.end() {
        let most = value::show_duration(*TIMES.end());
        reader.scope.report(Problem::error(&place, format!("`gap` is from 0s to {most}")));
    }
    Some(value)
}

/// Reads the bounds of the adaptive interval; of one that is given alone, the other makes way.
fn bounds(reader: &mut Reader<'_>, fetch: &mut FetchConfig) {
    let places = ["min_interval", "max_interval"].map(|key| reader.place_of(key).cloned());
    let least = reader.limit_time("min_interval", fetch.min_interval, INTERVALS);
    let most = reader.limit_time("max_interval", fetch.max_interval, INTERVALS);
    (fetch.min_interval, fetch.max_interval) = match places {
        [Some(_), Some(place)] if least > most => {
            let [least, most] = [least, most].map(value::show_duration);
            let message = format!("`max_interval` ({most}) is less than `min_interval` ({least})");
            reader.scope.report(Problem::error(&place, message));
            return;
        }
        [Some(_), _] => (least, most.max(least)),
        [None, _] => (least.min(most), most),
    };
}

/// Reads an `interval`.
pub(crate) fn interval(scope: &Scope<'_>, entry: Entry) -> Option<Interval> {
    if matches!(&entry.value.what, What::Text(text) if text == "adaptive") {
        return Some(Interval::Adaptive);
    }
    let Written { value, place } = duration_of(scope, "interval", entry.value)?;
    if INTERVALS.contains(&value) {
        return Some(Interval::Every(value));
    }
    let message = "`interval` is \"adaptive\", or from 1s to a year";
    scope.report(Problem::error(&place, message));
    None
}

fn times(reader: &mut Reader<'_>, fetch: &mut FetchConfig) {
    for (key, time) in [
        ("timeout", &mut fetch.timeout),
        ("connect_timeout", &mut fetch.connect_timeout),
        ("first_byte_timeout", &mut fetch.first_byte_timeout),
        ("min_bytes_window", &mut fetch.min_bytes_window),
        ("parse_time", &mut fetch.parse_time),
    ] {
        *time = reader.limit_time(key, *time, TIMES);
    }
}

fn sizes(reader: &mut Reader<'_>, fetch: &mut FetchConfig) {
    for (key, size, most) in [
        ("max_body", &mut fetch.max_body, 1 << 30),
        ("max_header_bytes", &mut fetch.max_header_bytes, 1 << 20),
        ("min_bytes", &mut fetch.min_bytes, 1 << 20),
    ] {
        *size = reader.limit_size(key, *size, most);
    }
    for (key, count, most) in [
        ("max_headers", &mut fetch.max_headers, 4096),
        ("max_redirects", &mut fetch.max_redirects, 20),
        ("max_depth", &mut fetch.max_depth, 1024),
        ("max_items", &mut fetch.max_items, 1_000_000),
    ] {
        *count = reader.limit_count(key, *count, most);
    }
    let max_text = reader.limit_size("max_text", fetch.max_text as u64, 16 << 20);
    fetch.max_text = usize::try_from(max_text).expect("16 MiB fit everywhere");
}

fn contact(reader: &mut Reader<'_>) -> Option<String> {
    let contact = reader.parsed("contact", |text| {
        let text = text.trim();
        // It stands in brackets within a header.
        if text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '\\')) && text.len() <= 200 {
            Ok(text.to_owned())
        } else {
            Err("expected a mail address or the address of a page".to_owned())
        }
    })?;
    Some(contact.value).filter(|contact| !contact.is_empty())
}

fn proxy(reader: &mut Reader<'_>) -> Option<Secret> {
    let entry = reader.entry("proxy")?;
    if matches!(&entry.value.what, What::Text(text) if text.contains('@')) {
        secret::warn_of_plain(reader.scope, "proxy", &entry.place);
    }
    let proxy = secret::resolve(reader.scope, "proxy", entry.value)?;
    let text = proxy.value.expose();
    if text.is_empty() {
        return None;
    }
    let url = Url::parse(text).ok().filter(Url::has_host);
    if url.is_some_and(|url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")) {
        return Some(proxy.value);
    }
    let problem = Problem::error(&proxy.place, "`proxy` is an address with http, https or socks5");
    reader.scope.report(problem.suggest("for example \"http://proxy.example.org:3128\""));
    None
}

/// Reads `allow_networks`.
pub(crate) fn networks(reader: &mut Reader<'_>) -> Vec<IpNet> {
    reader.parsed_list("allow_networks", value::network).into_iter().map(|network| network.value).collect()
}
