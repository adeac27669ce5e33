//! The closed sets of names for outcomes: the same word in logs, JSON and metrics.

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every name of the set.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// Returns the name as it stands in logs, JSON and metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::model::class::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($text => Ok($name::$variant),)* _ => Err($crate::model::class::UnknownName(text.to_owned())) }
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use names;

/// A name that is none of its set.
#[derive(Debug, thiserror::Error)]
#[error("unknown name `{0}`")]
pub struct UnknownName(pub String);

names! {
    /// What came of a poll: how the fetch went and what its body was.
    PollClass {
        /// 200 or 226, read whole.
        Ok = "ok",
        /// 304, or a file that did not change.
        NotModified = "not_modified",
        /// The name did not resolve.
        Dns = "dns",
        /// No connection, or an unreadable file.
        Connect = "connect",
        /// The handshake or the certificate failed.
        Tls = "tls",
        /// No answer in time.
        Timeout = "timeout",
        /// The body came more slowly than the least rate.
        TooSlow = "too_slow",
        /// The body passed its limit.
        TooLarge = "too_large",
        /// The answer's headers passed their limit.
        HeaderLimit = "header_limit",
        /// The answer was no HTTP.
        Protocol = "protocol",
        /// The body ended before its end.
        Truncated = "truncated",
        /// The body did not decompress.
        BadEncoding = "bad_encoding",
        /// More redirects than are followed.
        RedirectLoop = "redirect_loop",
        /// A redirect without a usable target.
        RedirectInvalid = "redirect_invalid",
        /// An address that is neither http nor https.
        SchemeRefused = "scheme_refused",
        /// An address on a network that may not be reached.
        AddressRefused = "address_refused",
        /// A port that browsers refuse too.
        PortRefused = "port_refused",
        /// Any other 4xx.
        HttpClientError = "http_client_error",
        /// 401 or 407.
        AuthRequired = "auth_required",
        /// 410.
        Gone = "gone",
        /// 429.
        RateLimited = "rate_limited",
        /// 503.
        Unavailable = "unavailable",
        /// Any other 5xx.
        HttpServerError = "http_server_error",
        /// robots.txt keeps us away.
        RobotsDenied = "robots_denied",
        /// Our own fault: a caught panic.
        Internal = "internal",
        /// A body without content.
        Empty = "empty",
        /// A body that is no feed.
        NotAFeed = "not_a_feed",
        /// A feed that could not be read.
        ParseError = "parse_error",
        /// A body beyond the limits of depth or work.
        ParseLimit = "parse_limit",
        /// Some items were saved, some were not.
        Degraded = "degraded",
    }
}

impl PollClass {
    /// Says whether a body of this class was a feed, however little of it could be read.
    pub const fn is_feed(self) -> bool {
        matches!(self, PollClass::Ok | PollClass::Degraded)
    }
}

names! {
    /// What came of an attempt to deliver.
    DeliveryClass {
        /// The receiver took it.
        Ok = "ok",
        /// An answer worth another attempt.
        Transient = "transient",
        /// The receiver asked for a pause.
        RateLimited = "rate_limited",
        /// No answer in time.
        Timeout = "timeout",
        /// No connection.
        Connect = "connect",
        /// The name did not resolve.
        Dns = "dns",
        /// The handshake or the certificate failed.
        Tls = "tls",
        /// The receiver refused our credentials.
        Auth = "auth",
        /// The receiver redirects, which is not followed.
        RedirectRefused = "redirect_refused",
        /// An address on a network that may not be reached.
        AddressRefused = "address_refused",
        /// A permanent no.
        Refused = "refused",
        /// 410: the endpoint says it is no more.
        EndpointGone = "endpoint_gone",
        /// Too long in the queue.
        Expired = "expired",
        /// The message could not be written.
        RenderError = "render_error",
    }
}

names! {
    /// What is wrong with the store.
    StoreClass {
        /// Locked by another writer for too long.
        Busy = "busy",
        /// No room left.
        DiskFull = "disk_full",
        /// The disk failed.
        IoError = "io_error",
        /// The file is damaged.
        Corrupt = "corrupt",
        /// The file cannot be written.
        ReadOnly = "read_only",
        /// Written by a later version.
        NewerSchema = "newer_schema",
        /// Another daemon holds it.
        LockedByOther = "locked_by_other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_degraded_feed_is_still_a_feed() {
        let feeds: Vec<&str> =
            PollClass::ALL.iter().filter(|class| class.is_feed()).map(|class| class.as_str()).collect();
        assert_eq!(feeds, ["ok", "degraded"]);
    }
}
