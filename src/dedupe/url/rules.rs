//! The tables behind one address for a page. A parameter stands here only if many sites use it for
//! nothing else; what some site may choose its pages by is left alone, since two articles taken for
//! one would be news lost, and one taken for two is caught by its words.

/// Beginnings of host names that lead to the same site.
pub(super) const HOST_PREFIXES: &[&str] = &["www.", "www2.", "m.", "mobile.", "amp.", "wap.", "touch."];

/// Ends of paths that lead to the same page.
#[rustfmt::skip]
pub(super) const PATH_SUFFIXES: &[&str] = &[
    "/amp", ".amp", "/amp.html", ".amp.html",
    "/index.html", "/index.htm", "/index.shtml", "/index.php", "/index.asp", "/index.aspx",
    "/default.asp", "/default.aspx",
];

/// From here on a part of a path names a visit.
pub(super) const SESSION_PATHS: &[&str] = &[";jsessionid=", ";phpsessid=", ";sessionid="];

/// How `&` is written where markup was taken for an address.
pub(super) const AMPERSANDS: &[&str] = &["&amp;", "&#038;", "&#38;", "&#x26;"];

/// Parameters that say where a reader came from, who is reading, and how the page is to be shown.
#[rustfmt::skip]
pub(super) const TRACKING: &[&str] = &[
    // Clicks, as advertisers and networks number them.
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid",
    "ttclid", "li_fat_id", "igshid", "igsh", "mibextid", "srsltid", "rb_clickid", "clickid", "click_id",
    "wickedid", "_openstat", "_ga", "_gl", "gs_l", "os_ehash", "echobox",
    // Letters to readers.
    "mc_cid", "mc_eid", "mc_tc", "mkt_tok", "_hsenc", "_hsmi", "__hstc", "__hssc", "__hsfp",
    "hsctatracking", "oly_enc_id", "oly_anon_id", "ml_subscriber", "ml_subscriber_hash",
    // Campaigns.
    "s_cid", "s_campaign", "icid", "ncid", "cmpid", "cmp", "intcmp", "intcid", "ocid", "ito", "mbid", "wtrid",
    "tracking_source", "soc_src", "soc_trk", "smid", "smtyp", "spm", "wprov",
    // Where the reader came from.
    "ref", "ref_", "ref_src", "ref_url", "referrer", "referer", "sref", "iref", "feature", "fb_ref", "fb_source",
    "action_object_map", "action_type_map", "action_ref_map", "sr_share", "rss", "rssfeed", "from_rss",
    "fromrss", "aff_id",
    // How it is to be shown.
    "amp", "outputtype", "usqp",
    // Visits, and what keeps a page out of caches.
    "phpsessid", "jsessionid", "sessionid", "session_id", "_", "nocache", "cachebuster", "rnd",
];

/// Beginnings of such parameters.
#[rustfmt::skip]
pub(super) const TRACKING_BEGINNINGS: &[&str] = &[
    "utm_", "utm-", "at_", "ns_", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "ga_", "itm_", "otm_", "hmb_",
    "wt_", "wt.", "vero_", "fb_action_", "guce", "xtor", "amp_", "__twitter_", "aspsessionid",
];

/// Ends of such parameters.
pub(super) const TRACKING_ENDINGS: &[&str] = &["affiliate"];

/// Parameters that many sites choose a page by, and as many say by which channel it is read …
pub(super) const CHANNEL_NAMES: &[&str] =
    &["source", "src", "from", "origin", "via", "ch", "mod", "share", "channel", "medium", "campaign"];

/// … which they do if these are words of their value.
#[rustfmt::skip]
pub(super) const CHANNEL_WORDS: &[&str] = &[
    "rss", "rss2", "atom", "feed", "feeds", "twitter", "facebook", "fb", "whatsapp", "telegram", "linkedin",
    "reddit", "pinterest", "email", "mail", "newsletter", "social", "sharing",
];

/// A page that only leads to or shares another one, which a parameter of it names.
pub(super) struct Carrier {
    /// The site, whatever stands before it.
    pub(super) host: &'static str,
    /// Whether the site is at `google` in any country, and `host` is what stands before that.
    pub(super) any_country: bool,
    pub(super) paths: &'static [&'static str],
    /// The first of them that is there counts.
    pub(super) parameters: &'static [&'static str],
}

const fn carrier(
    host: &'static str,
    paths: &'static [&'static str],
    parameters: &'static [&'static str],
) -> Carrier {
    Carrier { host, any_country: false, paths, parameters }
}

/// Such pages of search engines, networks and their like.
pub(super) const CARRIERS: &[Carrier] = &[
    Carrier { any_country: true, ..carrier("www", &["/url"], &["url", "q"]) },
    carrier("bing.com", &["/news/apiclick.aspx"], &["url"]),
    carrier("duckduckgo.com", &["/l/"], &["uddg"]),
    carrier("facebook.com", &["/l.php", "/sharer.php", "/sharer/sharer.php"], &["u"]),
    carrier("l.instagram.com", &["/"], &["u"]),
    carrier("twitter.com", &["/share", "/intent/tweet"], &["url"]),
    carrier("x.com", &["/share", "/intent/tweet", "/intent/post"], &["url"]),
    carrier("linkedin.com", &["/shareArticle", "/sharing/share-offsite/"], &["url"]),
    carrier("out.reddit.com", &["/"], &["url"]),
    carrier("reddit.com", &["/submit"], &["url"]),
    carrier("t.umblr.com", &["/redirect"], &["z"]),
    carrier("vk.com", &["/away.php", "/share.php"], &["to", "url"]),
    carrier("t.me", &["/share/url"], &["url"]),
    carrier("youtube.com", &["/redirect"], &["q"]),
    carrier("slack-redir.net", &["/link"], &["url"]),
];

/// A store of copies of pages: what follows the path is the page.
pub(super) struct AmpCache {
    pub(super) host: &'static str,
    /// Whether host names end so; else they begin so.
    pub(super) at_end: bool,
    pub(super) path: &'static str,
}

pub(super) const AMP_CACHES: &[AmpCache] = &[
    AmpCache { host: ".cdn.ampproject.org", at_end: true, path: "/c/" },
    AmpCache { host: ".cdn.ampproject.org", at_end: true, path: "/v/" },
    AmpCache { host: ".bing-amp.com", at_end: true, path: "/c/" },
    AmpCache { host: "www.google.", at_end: false, path: "/amp/" },
];
