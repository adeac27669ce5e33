//! `[[channel]]`.

use std::time::Duration;

use super::super::channel::{ChannelConfig, ChannelKind, EmailConfig};
use super::super::later::no_effect;
use super::super::nearest;
use super::super::place::Problem;
use super::super::raw::{Table, Value, What};
use super::super::reader::{Reader, Scope, Written, duration_of};
use super::super::value::{self, shorten};
use super::names::{Names, Noun};
use super::smtp::mailbox;
use super::webhook::webhook;
use crate::model::ChannelName;

/// Kinds that a later version sends to.
const LATER_KINDS: &[&str] =
    &["slack", "discord", "teams", "telegram", "ntfy", "matrix", "apprise", "alertmanager", "exec"];
const KINDS: &[&str] = &["email", "webhook", "console"];

/// Messages in a minute.
const RATE: u32 = 30;
/// Deliveries in flight; of mail there is one, and on the console one after another.
const IN_FLIGHT: usize = 4;
/// Waits of a `retry`.
const MOST_WAITS: usize = 50;

/// Checks a channel; `None` when nothing can be sent to it.
pub(crate) fn channel(scope: &Scope<'_>, names: &mut Names, table: Table) -> Option<ChannelConfig> {
    let mut reader = Reader::new(scope, "channel", table);
    let name = reader.required("name", "\"desk-mail\"").and_then(|name| valid_name(scope, name));
    let given = name.as_ref().is_some_and(|name| names.give(scope, Noun::Channel, &name.value, &name.place));
    if let Some(name) = &name {
        reader.owned_by(format!("channel {}", name.value));
    }
    // The fallback has no effect yet, but a wrong name is wrong now.
    if let Some(fallback) = reader.peek_text("fallback") {
        names.mention(Noun::Channel, &fallback);
    }
    let endpoint = reader.peek("url").map(|value| value.place.clone());
    let kind = match reader.required("kind", "\"email\"") {
        None => None,
        Some(written) if is_known(scope, &written) => kind(&mut reader, &written.value),
        // What else stands there is for a kind that is not known here.
        Some(_) => return None,
    };
    let in_flight = if matches!(kind, Some(ChannelKind::Webhook(_))) { IN_FLIGHT } else { 1 };
    let retry = retry(&mut reader);
    let rate = reader.parsed("rate", value::rate).map_or(0, |rate| rate.value);
    let in_flight = reader.limit_count("in_flight", in_flight, 64);
    reader.finish();
    let (name, kind) = (name.filter(|_| given)?, kind?);
    let place = endpoint.filter(|_| matches!(kind, ChannelKind::Webhook(_))).unwrap_or(name.place);
    Some(ChannelConfig {
        name: ChannelName::new(name.value),
        kind,
        retry,
        rate_per_minute: if rate == 0 { RATE } else { rate },
        in_flight,
        place: Some(place),
    })
}

/// Says whether channels of this kind are sent to, and reports one that is not.
fn is_known(scope: &Scope<'_>, kind: &Written<String>) -> bool {
    let Written { value, place } = kind;
    if KINDS.contains(&value.as_str()) {
        return true;
    }
    scope.report(if LATER_KINDS.contains(&value.as_str()) {
        no_effect(place, &format!("`kind = \"{value}\"`, which leaves the channel out,"))
    } else {
        let known = KINDS.iter().chain(LATER_KINDS).copied();
        let problem = Problem::error(place, format!("no channel is of the kind \"{}\"", shorten(value)));
        Problem { suggestion: nearest::suggest(value, known), ..problem }
    });
    false
}

/// Reads what a kind of channel needs.
fn kind(reader: &mut Reader<'_>, kind: &str) -> Option<ChannelKind> {
    match kind {
        "email" => email(reader).map(ChannelKind::Email),
        "webhook" => webhook(reader).map(Box::new).map(ChannelKind::Webhook),
        _ => Some(ChannelKind::Console),
    }
}

/// Returns the channel that stands in where none is configured.
pub(crate) fn console() -> ChannelConfig {
    ChannelConfig {
        name: ChannelName::new("console"),
        kind: ChannelKind::Console,
        retry: None,
        rate_per_minute: RATE,
        in_flight: 1,
        place: None,
    }
}

/// Checks the name of a channel or a route: it becomes a label, a word in a log and an argument.
pub(crate) fn valid_name(scope: &Scope<'_>, name: Written<String>) -> Option<Written<String>> {
    let fine = |c: char| !c.is_control() && !c.is_whitespace();
    if !name.value.is_empty() && name.value.len() <= value::MOST_ID && name.value.chars().all(fine) {
        return Some(name);
    }
    let mut problem = Problem::error(&name.place, format!("\"{}\" is not a name", shorten(&name.value)));
    let slug = value::slug(&name.value);
    problem.suggestion = (!slug.is_empty()).then(|| format!("for example \"{slug}\""));
    scope.report(problem);
    None
}

fn email(reader: &mut Reader<'_>) -> Option<EmailConfig> {
    if reader.place_of("to").is_none() {
        reader.missing("to", "[\"desk@example.org\"]");
    }
    if let Some(Value { place, what: What::List(list) }) = reader.peek("to")
        && list.is_empty()
    {
        reader.scope.report(Problem::error(place, "a channel without recipients tells nobody"));
    }
    let written = reader.texts("to");
    let to: Vec<String> = written.iter().filter_map(|to| mailbox(reader.scope, "to", to)).collect();
    (!to.is_empty()).then_some(EmailConfig { to })
}

/// Reads the waits between attempts.
fn retry(reader: &mut Reader<'_>) -> Option<Vec<Duration>> {
    let place = reader.place_of("retry").cloned()?;
    let scope = reader.scope;
    let list = reader.list("retry");
    if list.len() > MOST_WAITS {
        scope.report(Problem::error(&place, format!("`retry` has at most {MOST_WAITS} waits")));
        return None;
    }
    let wait = |value: Value| {
        let wait = duration_of(scope, "retry", value)?;
        if wait.value <= Duration::from_hours(24 * 7) {
            return Some(wait.value);
        }
        scope.report(Problem::error(&wait.place, "a wait of `retry` is at most 7d"));
        None
    };
    Some(list.into_iter().filter_map(wait).collect())
}
