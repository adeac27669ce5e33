//! What a reload of the present files would change against the configuration that last ran: its
//! parts, and the alerts of the last days.

mod listed;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::backtest::changes::Changes;
use super::backtest::compare::{Half, compare};
use super::backtest::{Feed, all_cores};
use super::reload::{Reading, read};
use super::running;
use crate::config::{Config, Definition, Environment, Problem, changed_keys, topic_versions};
use crate::model::{DefinitionKind, SourceId, Timestamp, TopicId};
use crate::store::{LastReload, Store};

/// What a reload would change.
#[derive(Debug)]
pub struct Plan {
    /// What would come of it, in a word.
    pub result: LastReload,
    /// What the files are compared with.
    pub ran: Ran,
    /// Everything that is wrong with the files.
    pub problems: Vec<Problem>,
    /// Topics that have an error and would stay as they are.
    pub kept: Vec<TopicId>,
    /// The parts that come, go or change, by kind and id; none where nothing would be taken.
    pub parts: Vec<PartChange>,
    /// What would take effect at the next start only.
    pub waits: Vec<&'static str>,
    /// The alerts that come and go.
    pub alerts: Changes,
}

/// The configuration that the files are compared with.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ran {
    /// Whether a daemon runs with it now.
    pub daemon: bool,
    /// When it was read; `None` where none ever ran on the store.
    pub loaded: Option<Timestamp>,
}

/// A part of the configuration that is not as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct PartChange {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its id or name.
    pub id: String,
    /// What happens to it.
    pub change: Change,
}

/// What happens to a part.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// These keys of it are not as they were.
    Changed(Vec<String>),
}

/// What is known of the configuration that last ran.
struct Before {
    ran: Ran,
    definitions: Vec<Definition>,
    config: Option<Config>,
    store: Option<Store>,
}

/// Compares the files with what last ran, and replays what changed over the items seen since.
pub async fn plan(path: Option<&Path>, environment: &Environment, since: Timestamp) -> anyhow::Result<Plan> {
    // Read once to find the store, and again beside what ran there.
    let found = read(path, environment, &[]);
    let settings = found.ready.as_ref().map(|ready| &ready.config).or(found.ruins.as_ref());
    let before = match settings {
        Some(config) => before(config).await?,
        None => Before::nothing(),
    };
    let topics = before.config.as_ref().map_or(&[][..], |config| &config.topics);
    let mut reading = if topics.is_empty() { found } else { read(path, environment, topics) };
    let planned = match reading.ready.take() {
        None => Ok(refused(reading, &before)),
        Some(ready) => compared(reading, &ready.config, &before, since).await,
    };
    if let Some(store) = before.store {
        store.close().await;
    }
    planned
}

async fn compared(reading: Reading, now: &Config, before: &Before, since: Timestamp) -> anyhow::Result<Plan> {
    let apart = listed::apart(before.store.as_ref(), now).await.context("comparing the sources")?;
    let parts = parts(&before.definitions, now, &reading.kept);
    let parts = listed::with_lists((parts, &before.definitions), &apart, now);
    let alerts = alerts_of(before, now, &parts, since).await?;
    let result = if reading.error().is_some() { LastReload::Partial } else { LastReload::Ok };
    let waits = waits(&parts);
    let Reading { problems, kept, .. } = reading;
    Ok(Plan { result, ran: before.ran, problems, kept, parts, waits, alerts })
}

fn refused(reading: Reading, before: &Before) -> Plan {
    Plan {
        result: LastReload::Rejected,
        ran: before.ran,
        problems: reading.problems,
        kept: Vec::new(),
        parts: Vec::new(),
        waits: Vec::new(),
        alerts: Changes::default(),
    }
}

impl Before {
    fn nothing() -> Self {
        let ran = Ran { daemon: false, loaded: None };
        Before { ran, definitions: Vec::new(), config: None, store: None }
    }
}

async fn before(settings: &Config) -> anyhow::Result<Before> {
    let store = Store::open_if_there(&settings.store.url).await.context("opening the store")?;
    // Before the first run there is nothing, and everything is new.
    let Some(store) = store else { return Ok(Before::nothing()) };
    let definitions = store.running().await.context("reading what last ran")?;
    let note = store.read_note().await.context("reading what last ran")?;
    let ran = Ran { daemon: store.is_locked()?, loaded: note.map(|note| note.config_loaded) };
    let config = running::config_of(&definitions);
    Ok(Before { ran, definitions, config, store: Some(store) })
}

/// Returns the parts that are not as they were; a topic that stays as it was is none of them.
fn parts(before: &[Definition], now: &Config, kept: &[TopicId]) -> Vec<PartChange> {
    let key = |each: &Definition| (each.kind, each.id.clone());
    let mut gone: BTreeMap<_, &Definition> = before.iter().map(|each| (key(each), each)).collect();
    for topic in kept {
        gone.remove(&(DefinitionKind::Topic, topic.to_string()));
    }
    let mut parts = Vec::new();
    for definition in &now.definitions {
        let change = match gone.remove(&key(definition)) {
            None => whole(definition, Change::Added),
            Some(was) if was == definition => continue,
            Some(was) => Change::Changed(keys_between(was, definition)),
        };
        parts.push(PartChange { kind: definition.kind, id: definition.id.clone(), change });
    }
    parts.extend(gone.into_values().map(|was| {
        let change = whole(was, Change::Removed);
        PartChange { kind: was.kind, id: was.id.clone(), change }
    }));
    parts.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    parts
}

/// A section that comes or goes changes what its keys say, and nothing else of its kind.
fn whole(section: &Definition, change: Change) -> Change {
    match changed_keys("{}", &section.text) {
        keys if section.kind == DefinitionKind::Setting && !keys.is_empty() => Change::Changed(keys),
        _ => change,
    }
}

/// A source's address may change in what is not kept of it.
fn keys_between(was: &Definition, now: &Definition) -> Vec<String> {
    let mut keys = changed_keys(&was.text, &now.text);
    let moved = now.kind == DefinitionKind::Source && was.version != now.version;
    if moved && !keys.iter().any(|key| key == "url") {
        keys.push("url".to_owned());
    }
    keys
}

fn waits(parts: &[PartChange]) -> Vec<&'static str> {
    let touches = |section: &str, key: &str| {
        let setting = parts.iter().find(|part| part.kind == DefinitionKind::Setting && part.id == section);
        setting.is_some_and(|part| match &part.change {
            Change::Changed(keys) => keys.iter().any(|changed| changed == key),
            Change::Added | Change::Removed => false,
        })
    };
    let all = [("store", "url", "[store] url"), ("server", "listen", "[server] listen")];
    all.into_iter().filter(|(section, key, _)| touches(section, key)).map(|(.., told)| told).collect()
}

/// Replays the topics that changed; all of them where it changed what the sources are.
async fn alerts_of(
    before: &Before,
    now: &Config,
    parts: &[PartChange],
    since: Timestamp,
) -> anyhow::Result<Changes> {
    let Some(store) = before.store.clone() else { return Ok(Changes::default()) };
    let changed = changed_topics(&before.definitions, now, parts);
    let wanted = |id: &TopicId| changed.as_ref().is_none_or(|ids| ids.contains(id));
    let reading = "reading the verdicts";
    let is = Half::picked(now, wanted).corrected(&store).await.context(reading)?;
    let was = before.config.as_ref().map(|was| {
        // Those of lists were the same, but for what comes and goes.
        Config { sources: was.sources.with_lists_of(&now.sources), ..was.clone() }
    });
    let did = match &was {
        Some(config) => {
            let half = Half::picked(config, wanted).hearing(gone(parts));
            Some(half.corrected(&store).await.context(reading)?)
        }
        None => None,
    };
    let feed = Feed::archive(store, since);
    tokio::task::block_in_place(|| compare(feed, (&is, did.as_ref()), all_cores(), || true))
}

/// Returns the sources that go.
fn gone(parts: &[PartChange]) -> HashSet<SourceId> {
    let goes = |part: &&PartChange| part.kind == DefinitionKind::Source && part.change == Change::Removed;
    parts.iter().filter(goes).map(|part| SourceId::new(&part.id)).collect()
}

/// Returns the topics that may find other things than before; `None` for all of them.
fn changed_topics(before: &[Definition], now: &Config, parts: &[PartChange]) -> Option<HashSet<TopicId>> {
    const OF_MATTER: &[&str] = &["tags", "lang", "enabled"];
    let of_sources = parts.iter().filter(|part| part.kind == DefinitionKind::Source);
    let mut of_sources = of_sources.map(|part| match &part.change {
        Change::Added => false,
        Change::Removed => true,
        Change::Changed(keys) => keys.iter().any(|key| OF_MATTER.contains(&key.as_str())),
    });
    if of_sources.any(|matters| matters) {
        return None;
    }
    let (was, is) = (topic_versions(before), topic_versions(&now.definitions));
    let of_topics = parts.iter().filter(|part| part.kind == DefinitionKind::Topic);
    Some(of_topics.map(|part| TopicId::new(&part.id)).filter(|id| was.get(id) != is.get(id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_str;

    fn config(text: &str) -> Config {
        let text = format!("[fetch]\ncontact = 'a@example.org'\n{text}");
        let loaded = parse_str("n.toml", &text, &Environment::of("/", &[]));
        loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems))
    }

    const BEFORE: &str = "[[source]]\nid = 's'\nurl = 'https://a.example/feed?key=1'\n\
        [[source]]\nid = 'gone'\nurl = 'https://b.example/feed'\n\
        [[topic]]\nid = 't'\nname = 'T'\nany = ['x']\n[[topic]]\nid = 'u'\nany = ['y']\n";

    fn changes(now: &str, kept: &[TopicId]) -> (Vec<String>, Option<Vec<String>>) {
        let (before, now) = (config(BEFORE), config(now));
        let parts = parts(&before.definitions, &now, kept);
        let shown = |part: &PartChange| match &part.change {
            Change::Added => format!("+ {} {}", part.kind, part.id),
            Change::Removed => format!("- {} {}", part.kind, part.id),
            Change::Changed(keys) => format!("{} {}: {}", part.kind, part.id, keys.join(" ")),
        };
        let replayed = changed_topics(&before.definitions, &now, &parts).map(|topics| {
            let mut ids: Vec<String> = topics.into_iter().map(|id| id.to_string()).collect();
            ids.sort();
            ids
        });
        (parts.iter().map(shown).collect(), replayed)
    }

    #[test]
    fn what_comes_goes_and_changes_is_named_with_its_keys() {
        let (parts, replayed) = changes(
            "[[source]]\nid = 's'\nurl = 'https://a.example/feed?key=2'\n\
             [[topic]]\nid = 't'\nname = 'Other'\nany = ['x']\nthreshold = 0.6\n[[topic]]\nid = 'v'\nany = ['z']\n",
            &[],
        );
        assert_eq!(
            parts,
            ["- source gone", "source s: url", "topic t: name threshold", "- topic u", "+ topic v"]
        );
        assert_eq!(replayed, None, "without a source all topics find less");
    }

    #[test]
    fn only_topics_that_find_other_things_are_replayed() {
        let renamed = BEFORE.replace("'T'", "'Name'").replace("['y']", "['why']");
        assert_eq!(changes(&renamed, &[]).1, Some(vec!["u".to_owned()]));
        assert_eq!(changes(BEFORE, &[]), (vec![], Some(vec![])));
        let without = BEFORE.replace("[[topic]]\nid = 'u'\nany = ['y']\n", "");
        assert_eq!(changes(&without, &[TopicId::new("u")]), (vec![], Some(vec![])));
    }

    #[test]
    fn what_waits_for_the_next_start_is_named() {
        let (one, two) = (config(BEFORE), config(&format!("{BEFORE}[server]\nlisten = ''\n")));
        assert_eq!(waits(&parts(&one.definitions, &two, &[])), ["[server] listen"]);
        assert!(waits(&parts(&one.definitions, &one, &[])).is_empty());
    }
}
