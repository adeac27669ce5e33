//! Reads the head of an answer: what its status means, how large it is, and what the server
//! asks about coming again. Pure, so that every answer can be tested without a server.

use http::header::{self, HeaderMap, HeaderName};

use super::error::Failure;
use crate::model::{PollClass, RetryAfter, Validators};

/// What the status of an answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A body comes that is the whole news, or the new part of it.
    Body,
    /// Nothing new.
    Unchanged,
    /// Ask elsewhere; from now on, if permanent.
    Elsewhere {
        /// 301 and 308.
        permanent: bool,
    },
    /// No news.
    Failed(Failure),
}

/// Says what a status means; `asked` is whether validators were sent.
pub(super) fn judge(status: u16, asked: bool) -> Verdict {
    let class = match status {
        200 | 226 => return Verdict::Body,
        304 if asked => return Verdict::Unchanged,
        301 | 308 => return Verdict::Elsewhere { permanent: true },
        302 | 303 | 307 => return Verdict::Elsewhere { permanent: false },
        204 | 205 => PollClass::Empty,
        206 => PollClass::Truncated,
        // An unasked 304 has nothing it could be unchanged from.
        304 => PollClass::Protocol,
        300..400 => PollClass::RedirectInvalid,
        401 | 407 => PollClass::AuthRequired,
        408 => PollClass::Timeout,
        410 => PollClass::Gone,
        429 => PollClass::RateLimited,
        400..500 => PollClass::HttpClientError,
        503 => PollClass::Unavailable,
        500..600 => PollClass::HttpServerError,
        _ => PollClass::Protocol,
    };
    Verdict::Failed(Failure::new(class, format!("answered {status}")))
}

/// Says in a refusal that it is the challenge of a bot filter, where its headers tell.
pub(super) fn blocked(failure: Failure, headers: &HeaderMap) -> Failure {
    const MARKS: [(HeaderName, &str, &str); 2] = [
        (HeaderName::from_static("cf-mitigated"), "challenge", "Cloudflare"),
        (HeaderName::from_static("x-datadome"), "protected", "DataDome"),
    ];
    let is_marked = |(name, value, _): &&(HeaderName, &str, &str)| {
        headers.get(name).is_some_and(|found| found.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    match MARKS.iter().find(is_marked) {
        Some((.., product)) => {
            Failure { text: format!("{}: a bot challenge ({product})", failure.text), ..failure }
        }
        None => failure,
    }
}

/// Returns the bytes of the headers as they stood in HTTP/1, near enough.
pub(super) fn head_bytes(headers: &HeaderMap) -> u64 {
    let line =
        |(name, value): (&HeaderName, &http::HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    headers.iter().map(line).sum::<usize>() as u64
}

/// Returns the validators of an answer; what a 304 does not carry stays as it was.
pub(super) fn validators(headers: &HeaderMap, url: &str, kept: Option<&Validators>) -> Option<Validators> {
    let fresh =
        |name| headers.get(name).map(|value| value.as_bytes().to_vec()).filter(|value| !value.is_empty());
    let etag = fresh(header::ETAG).or_else(|| kept?.etag.clone());
    let last_modified = fresh(header::LAST_MODIFIED).or_else(|| kept?.last_modified.clone());
    (etag.is_some() || last_modified.is_some()).then(|| Validators {
        url: url.to_owned(),
        etag,
        last_modified,
    })
}

/// The headers about how long an answer stays fresh, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// `Cache-Control`, several joined by commas.
    pub cache_control: Option<String>,
    /// `Expires`
    pub expires: Option<String>,
    /// `Date`, to which `Expires` relates.
    pub date: Option<String>,
    /// `Age`
    pub age: Option<String>,
}

impl Freshness {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Freshness {
            cache_control: text(headers, header::CACHE_CONTROL),
            expires: text(headers, header::EXPIRES),
            date: text(headers, header::DATE),
            age: text(headers, header::AGE),
        }
    }
}

/// Returns a header's values as text, joined by commas.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Reads `Retry-After`.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<RetryAfter> {
    let text = |name| headers.get(name)?.to_str().ok();
    RetryAfter::of(text(header::RETRY_AFTER)?, text(header::DATE))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Timestamp;
    use proptest::prelude::*;

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let value = |value: &[u8]| http::HeaderValue::from_bytes(value).unwrap();
        pairs.iter().map(|(name, bytes)| (HeaderName::from_static(name), value(bytes))).collect()
    }

    #[test]
    fn every_status_has_a_meaning() {
        assert_eq!(judge(200, false), Verdict::Body);
        assert_eq!(judge(226, true), Verdict::Body);
        assert_eq!(judge(304, true), Verdict::Unchanged);
        for (status, permanent) in [(301, true), (302, false), (303, false), (307, false), (308, true)] {
            assert_eq!(judge(status, true), Verdict::Elsewhere { permanent });
        }
        for (status, class) in [
            (101, PollClass::Protocol),
            (201, PollClass::Protocol),
            (204, PollClass::Empty),
            (206, PollClass::Truncated),
            (300, PollClass::RedirectInvalid),
            (304, PollClass::Protocol),
            (401, PollClass::AuthRequired),
            (403, PollClass::HttpClientError),
            (404, PollClass::HttpClientError),
            (407, PollClass::AuthRequired),
            (408, PollClass::Timeout),
            (410, PollClass::Gone),
            (429, PollClass::RateLimited),
            (500, PollClass::HttpServerError),
            (503, PollClass::Unavailable),
            (599, PollClass::HttpServerError),
            (600, PollClass::Protocol),
        ] {
            assert_eq!(
                judge(status, false),
                Verdict::Failed(Failure::new(class, format!("answered {status}")))
            );
        }
    }

    #[track_caller]
    fn check_retry(pairs: &[(&'static str, &[u8])], expect: Option<RetryAfter>) {
        assert_eq!(retry_after(&headers(pairs)), expect);
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_dates() {
        let wait = |seconds| Some(RetryAfter::Wait(Duration::from_secs(seconds)));
        check_retry(&[], None);
        check_retry(&[("retry-after", b"120")], wait(120));
        check_retry(&[("retry-after", b" 0 ")], wait(0));
        check_retry(&[("retry-after", b"99999999999999999999999")], wait(u64::MAX));
        for nonsense in ["", "-5", "1.5", "soon", "12 34", "\u{e9}"] {
            check_retry(&[("retry-after", nonsense.as_bytes())], None);
        }
        let three_hours_on = b"Tue, 03 Mar 2026 13:00:00 GMT";
        let (date, rfc850) = (b"Tue, 03 Mar 2026 10:00:00 GMT", b"Tuesday, 03-Mar-26 10:00:00 GMT");
        check_retry(&[("retry-after", three_hours_on), ("date", date)], wait(10_800));
        check_retry(&[("retry-after", three_hours_on), ("date", rfc850)], wait(10_800));
        check_retry(&[("retry-after", date), ("date", three_hours_on)], wait(0));
        let until = Timestamp::parse_rfc3339("2026-03-03T13:00:00Z").unwrap();
        check_retry(&[("retry-after", three_hours_on)], Some(RetryAfter::Until(until)));
        check_retry(&[("retry-after", three_hours_on), ("date", b"now")], Some(RetryAfter::Until(until)));
    }

    #[test]
    fn validators_are_bytes_and_absent_ones_are_forgotten_except_by_a_304() {
        let kept = Validators {
            url: "http://a/".into(),
            etag: Some(b"old".into()),
            last_modified: Some(b"then".into()),
        };
        let answer = headers(&[("etag", b"W/\"\xff-gzip")]);
        let fresh = validators(&answer, "http://a/", None).unwrap();
        assert_eq!((fresh.etag.as_deref(), fresh.last_modified), (Some(&b"W/\"\xff-gzip"[..]), None));
        let merged = validators(&answer, "http://a/", Some(&kept)).unwrap();
        assert_eq!(merged.etag.as_deref(), Some(&b"W/\"\xff-gzip"[..]));
        assert_eq!(merged.last_modified, kept.last_modified);
        assert_eq!(validators(&headers(&[("etag", b"")]), "http://a/", None), None);
    }

    #[test]
    fn a_refusal_says_that_it_is_a_challenge() {
        let told = |value: &'static [u8]| {
            blocked(
                Failure::new(PollClass::HttpClientError, "answered 403"),
                &headers(&[("cf-mitigated", value)]),
            )
            .text
        };
        assert_eq!(told(b"challenge"), "answered 403: a bot challenge (Cloudflare)");
        assert_eq!(told(b"no"), "answered 403");
    }

    #[test]
    fn repeated_headers_are_joined() {
        let mut answer = headers(&[("cache-control", b"public"), ("age", b"7")]);
        answer.append(header::CACHE_CONTROL, http::HeaderValue::from_static("max-age=60"));
        let freshness = Freshness::of(&answer);
        assert_eq!(freshness.cache_control.as_deref(), Some("public, max-age=60"));
        assert_eq!((freshness.age.as_deref(), freshness.expires), (Some("7"), None));
    }

    proptest! {
        #[test]
        fn any_header_bytes_are_read_without_a_fault(
            asked in proptest::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff], 0..40),
            date in "[ -~]{0,40}",
        ) {
            let pairs: [(&str, &[u8]); 4] =
                [("retry-after", &asked), ("date", date.as_bytes()), ("etag", &asked), ("last-modified", &asked)];
            let answer = headers(&pairs);
            if let Some(asked) = retry_after(&answer) {
                asked.wait(Timestamp::from_millis(0));
            }
            let sent = validators(&answer, "http://a/", None);
            prop_assert_eq!(sent.and_then(|sent| sent.etag), Some(asked).filter(|asked| !asked.is_empty()));
        }

        #[test]
        fn seconds_are_taken_as_they_are(seconds: u64) {
            let text = seconds.to_string();
            let wait = retry_after(&headers(&[("retry-after", text.as_bytes())]));
            prop_assert_eq!(wait, Some(RetryAfter::Wait(Duration::from_secs(seconds))));
        }
    }
}
