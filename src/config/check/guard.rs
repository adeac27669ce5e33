//! What the guard will refuse, told before it does. Not part of loading: a daemon starts with
//! such a source or channel and shows its class.

use ipnet::IpNet;
use url::Url;

use super::super::channel::ChannelKind;
use super::super::network::{Networks, literal_address, refused_port};
use super::super::place::{Place, Problem, Severity};
use super::super::settings::Config;
use super::super::source::Source;

/// Sources of lists of which it is told one by one.
const MOST_TOLD: usize = 20;

/// Returns an error for each address and port in the configuration that will be refused.
pub fn guard_problems(config: &Config) -> Vec<Problem> {
    let networks = Networks::new(config.fetch.allow_networks.iter().copied());
    let mut problems = Vec::new();
    let of_source = |source: &Source| {
        let what = (&*format!("source {}", source.id), "fetch.allow_networks");
        refused(&networks, &source.url, what, source.place.as_ref())
    };
    problems.extend(config.sources.tables().iter().filter_map(|source| of_source(source)));
    problems.extend(of_lists(config.sources.listed().filter_map(|source| of_source(&source))));
    for channel in &config.channels {
        let ChannelKind::Webhook(webhook) = &channel.kind else { continue };
        let Ok(url) = Url::parse(webhook.url.expose()) else { continue };
        let networks = networks.and(&webhook.allow_networks);
        let what = format!("channel {}", channel.name);
        problems.extend(refused(&networks, &url, (&what, "allow_networks"), channel.place.as_ref()));
    }
    problems
}

/// Returns the first of the problems of lists, and how many more there are.
fn of_lists(mut all: impl Iterator<Item = Problem>) -> Vec<Problem> {
    let mut told: Vec<Problem> = all.by_ref().take(MOST_TOLD).collect();
    if let Some(next) = all.next() {
        let more = all.count() + 1;
        let message = format!("{more} more sources of lists have an address that is refused");
        told.push(Problem { message, suggestion: None, ..next });
    }
    told
}

fn refused(
    networks: &Networks,
    url: &Url,
    (what, key): (&str, &str),
    place: Option<&Place>,
) -> Option<Problem> {
    let problem = |class, message, suggestion| Problem {
        severity: Severity::Error,
        class: Some(class),
        place: place.cloned(),
        message,
        suggestion,
    };
    if let Some(port) = url.port().filter(|port| refused_port(*port)) {
        return Some(problem("port_refused", format!("{what}: port {port} is not for the web"), None));
    }
    let refused = networks.refuses(literal_address(url)?)?;
    let suggestion = format!("to reach it, add it to `{key}`: \"{}\"", IpNet::from(refused.address));
    Some(problem("address_refused", format!("{what}: {refused}"), Some(suggestion)))
}
