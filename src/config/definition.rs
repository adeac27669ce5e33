//! What was written of each source, topic, channel, route and setting, as text that can be kept
//! outside the files and compared: its keys in one order, and no secret among them.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

use super::raw::{Table, Value, What, hide_addresses, is_secret};
use crate::model::{DefinitionKind, TopicId, TopicVersion, fingerprint};

/// Keys of a topic that change nothing about what it finds.
const BESIDE_THE_MATTER: &[&str] = &["id", "name", "route", "example"];
/// Keys of the tables that say where a secret is kept.
const WHEREABOUTS: &[&str] = &["file", "env", "credential"];
/// What stands for a secret.
const HIDDEN: &str = "***";

/// One table of the files, or one of their keys outside any table.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// What it defines.
    pub kind: DefinitionKind,
    /// Its id or name.
    pub id: String,
    /// Its keys and values as JSON.
    pub text: String,
    /// For a topic the fingerprint of all that decides what it finds; for a source that of its
    /// whole address; else that of the text.
    pub version: String,
}

impl Definition {
    /// Returns the definition of a table, under the id that it turned out to have.
    pub(super) fn of_table(kind: DefinitionKind, id: &str, mut keys: Map<String, Json>) -> Self {
        let named = match kind {
            DefinitionKind::Source | DefinitionKind::Topic => "id",
            DefinitionKind::Channel | DefinitionKind::Route | DefinitionKind::Setting => "name",
        };
        keys.insert(named.to_owned(), Json::from(id));
        let text = written(&keys);
        let version = match kind {
            DefinitionKind::Topic => topic_version(&keys),
            DefinitionKind::Source
            | DefinitionKind::Channel
            | DefinitionKind::Route
            | DefinitionKind::Setting => fingerprint(text.as_bytes()),
        };
        Definition { kind, id: id.to_owned(), text, version }
    }

    /// Returns the definitions of what stands in no list of tables: `[fetch]`, `timezone`.
    pub(super) fn of_settings(root: &Table) -> Vec<Definition> {
        const LISTS: &[&str] = &["source", "topic", "channel", "route", "include"];
        let settings = root.entries.iter().filter(|entry| !LISTS.contains(&entry.key.as_str()));
        let setting = |entry: &super::raw::Entry| {
            let value = json(&entry.value, if is_secret(&entry.key) { Depth::Secret } else { Depth::Open });
            let text = value.to_string();
            let version = fingerprint(text.as_bytes());
            Definition { kind: DefinitionKind::Setting, id: entry.key.clone(), text, version }
        };
        settings.map(setting).collect()
    }

    /// Returns the version of a topic's definition.
    pub fn topic_version(&self) -> TopicVersion {
        TopicVersion::new(&self.version)
    }
}

/// Returns the versions of the topics among some definitions.
pub fn topic_versions(definitions: &[Definition]) -> HashMap<TopicId, TopicVersion> {
    let topics = definitions.iter().filter(|each| each.kind == DefinitionKind::Topic);
    topics.map(|topic| (TopicId::new(&topic.id), topic.topic_version())).collect()
}

/// Returns the keys that two definitions do not share, or that have another value.
pub fn changed_keys(before: &str, now: &str) -> Vec<String> {
    let read = |text: &str| match serde_json::from_str(text) {
        Ok(Json::Object(keys)) => keys,
        Ok(_) | Err(_) => Map::new(),
    };
    let (before, now) = (read(before), read(now));
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    keys.into_iter().filter(|key| before.get(*key) != now.get(*key)).cloned().collect()
}

/// The same of a topic, for the keys that decide what it finds.
pub fn changed_topic_keys(before: &str, now: &str) -> Vec<String> {
    let mut keys = changed_keys(before, now);
    keys.retain(|key| !BESIDE_THE_MATTER.contains(&key.as_str()));
    keys
}

fn topic_version(keys: &Map<String, Json>) -> String {
    let mut matter = keys.clone();
    for key in BESIDE_THE_MATTER {
        matter.remove(*key);
    }
    TopicVersion::new(&fingerprint(written(&matter).as_bytes())).to_string()
}

fn written(keys: &Map<String, Json>) -> String {
    serde_json::to_string(keys).unwrap_or_default()
}

/// What is hidden from here on.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Depth {
    /// Nothing: a topic holds no secret, and it must be read again as it was.
    Nothing,
    /// The user info and the query of an address.
    Open,
    /// The address too.
    Channel,
    /// Everything but where it is kept.
    Secret,
}

/// Returns the keys of a table in alphabetical order.
pub(super) fn keys(table: &Table, depth: Depth) -> Map<String, Json> {
    let mut entries: Vec<_> = table.entries.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let value = |entry: &&super::raw::Entry| {
        let inner = match depth {
            Depth::Nothing => Depth::Nothing,
            Depth::Secret if WHEREABOUTS.contains(&entry.key.as_str()) => Depth::Nothing,
            Depth::Secret => Depth::Secret,
            Depth::Open | Depth::Channel if is_secret(&entry.key) => Depth::Secret,
            Depth::Channel if entry.key == "url" => Depth::Secret,
            Depth::Open | Depth::Channel => depth,
        };
        (entry.key.clone(), json(&entry.value, inner))
    };
    entries.iter().map(value).collect()
}

fn json(value: &Value, depth: Depth) -> Json {
    match &value.what {
        What::Text(_) | What::Integer(_) | What::Number(_) if depth == Depth::Secret => Json::from(HIDDEN),
        What::Text(text) if depth == Depth::Nothing => Json::from(text.as_str()),
        What::Text(text) => Json::from(hide_addresses(text)),
        What::Integer(integer) => Json::from(*integer),
        What::Number(number) => Json::from(*number),
        What::Flag(flag) => Json::from(*flag),
        What::Time => Json::Null,
        What::List(list) => list.iter().map(|each| json(each, depth)).collect(),
        What::Table(table) => Json::Object(keys(table, depth)),
    }
}
