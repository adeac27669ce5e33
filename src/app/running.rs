//! The configuration that last ran, as the store has it: without its secrets, and so not to run,
//! but to look with and to compare with.

use serde_json::{Map, Value, json};

use crate::config::{Config, Definition, Environment, parse_str};
use crate::model::DefinitionKind;
use crate::store::Store;

/// Returns the configuration that last ran on the store that these settings name; `None` where
/// there is none.
pub async fn last(settings: &Config) -> Option<Config> {
    let store = Store::open_existing(&settings.store.url).await.ok()?;
    let definitions = store.running().await;
    store.close().await;
    let definitions = definitions.ok().filter(|definitions| !definitions.is_empty())?;
    let config = config_of(&definitions)?;
    // Of lists the store keeps no text: their addresses are those of the files.
    let sources = config.sources.with_lists_of(&settings.sources);
    Some(Config { store: settings.store.clone(), files: settings.files.clone(), sources, ..config })
}

/// Makes a configuration of definitions; its channels lead nowhere.
pub fn config_of(definitions: &[Definition]) -> Option<Config> {
    let mut root = Map::new();
    for definition in definitions {
        let Ok(written) = serde_json::from_str(&definition.text) else { continue };
        let (list, table) = match (definition.kind, written) {
            (DefinitionKind::Source, Value::Object(keys)) => ("source", without(keys, &["headers"])),
            (DefinitionKind::Topic, Value::Object(keys)) => ("topic", without(keys, &["route", "example"])),
            (DefinitionKind::Channel, Value::Object(keys)) => ("channel", harmless(&keys)),
            (DefinitionKind::Setting, Value::Object(keys)) if definition.id == "fetch" => {
                root.insert("fetch".to_owned(), without(keys, &["proxy"]));
                continue;
            }
            (DefinitionKind::Setting, Value::String(zone)) if definition.id == "timezone" => {
                root.insert("timezone".to_owned(), Value::String(zone));
                continue;
            }
            (_, _) => continue,
        };
        let Value::Array(all) = root.entry(list).or_insert_with(|| Value::Array(Vec::new())) else {
            continue;
        };
        all.push(table);
    }
    root.insert("smtp".to_owned(), json!({"url": "smtp://relay.invalid", "from": "nobody@relay.invalid"}));
    let text = toml::to_string(&Value::Object(root)).ok()?;
    let nowhere = Environment::of("/", &[("STATE_DIRECTORY", "/")]);
    let loaded = parse_str("what last ran", &text, &nowhere);
    loaded.config.or(loaded.ruins)
}

fn without(mut keys: Map<String, Value>, left_out: &[&str]) -> Value {
    keys.retain(|key, value| !left_out.contains(&key.as_str()) && !value.is_null());
    Value::Object(keys)
}

/// A channel by name and kind; where it sends to is a secret, or nobody's business.
fn harmless(keys: &Map<String, Value>) -> Value {
    let mut channel = Map::new();
    for key in ["name", "kind", "to", "rate"] {
        channel.extend(keys.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    if keys.get("kind").is_some_and(|kind| kind == "webhook") {
        channel.insert("url".to_owned(), Value::from("https://receiver.invalid/"));
    }
    Value::Object(channel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::changed_keys;

    const TEXT: &str = r#"
timezone = "UTC"
[fetch]
contact = "ops@example.org"
proxy = "http://user:hunter2@proxy.example:3128"
interval = "7m"
[[source]]
url = "https://user:hunter2@news.example/feed.xml?key=hunter2"
tags = ["world"]
lang = "de"
headers = { Authorization = "hunter2" }
[[topic]]
name = "Kim travel"
threshold = 0.625
min_terms = 2
any = ["Kim^1.5", { term = "train", weight = 2, with = ["Pyongyang"] }]
sources = ["tag:world"]
route = "desk"
[[topic.near]]
a = ["Kim"]
b = ["visit"]
within = 7
[[topic.example]]
text = "Kim visits"
expect = "miss"
[[channel]]
name = "hook"
kind = "webhook"
url = "https://hooks.example/hunter2"
secrets = ["whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg=="]
[[channel]]
name = "mail"
kind = "email"
to = ["desk@example.org"]
[[route]]
name = "desk"
channels = ["hook"]
[smtp]
url = "smtp://mail.example.org"
from = "n@example.org"
username = "u"
password = "hunter2"
"#;

    fn read(text: &str) -> Config {
        let loaded = parse_str("n.toml", text, &Environment::of("/", &[]));
        loaded.config.unwrap_or_else(|| panic!("{:#?}", loaded.problems))
    }

    #[test]
    fn what_is_kept_holds_no_secret_and_is_read_again_as_it_was() {
        let config = read(TEXT);
        for definition in &config.definitions {
            let text = &definition.text;
            assert!(!text.contains("hunter2") && !text.contains("aHVudGVy"), "{text}");
        }
        let again = config_of(&config.definitions).unwrap();
        let (one, two) = (&config.topics[0], &again.topics[0]);
        assert_eq!((&one.id, &one.name, one.threshold, one.min_terms), (&two.id, &two.name, 0.625, 2));
        let terms = |topic: &crate::config::Topic| {
            let all = topic.any.iter().chain(&topic.near[0].a).chain(&topic.near[0].b);
            all.map(|term| (term.text.clone(), term.weight, term.with.len())).collect::<Vec<_>>()
        };
        assert_eq!(terms(one), terms(two));
        assert_eq!((two.near[0].within, &two.sources), (7, &one.sources));
        let (one, two) = (&config.sources.tables()[0], &again.sources.tables()[0]);
        assert_eq!((&one.id, &one.tags, &one.lang), (&two.id, &two.tags, &two.lang));
        assert_eq!(again.fetch.interval, config.fetch.interval);
        let names =
            |config: &Config| config.channels.iter().map(|it| it.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(&again), names(&config));
        // What is made of what was kept has the same versions again.
        let version = |config: &Config| {
            let topic = config.definitions.iter().find(|each| each.kind == DefinitionKind::Topic).unwrap();
            topic.version.clone()
        };
        assert_eq!(version(&again), version(&config));
    }

    #[test]
    fn a_version_changes_with_what_the_topic_finds_and_with_nothing_else() {
        let version = |text: &str| {
            let config = read(text);
            let topic =
                config.definitions.into_iter().find(|each| each.kind == DefinitionKind::Topic).unwrap();
            (topic.version, topic.text)
        };
        let (same, text) = version(TEXT);
        let named = TEXT.replace("name = \"Kim travel\"", "id = 'kim-travel'\nname = \"Journeys\"");
        assert_eq!(version(&named).0, same);
        let moved =
            TEXT.replace("threshold = 0.625\nmin_terms = 2", "min_terms = 2\n\n# why\nthreshold = 0.625");
        assert_eq!(version(&moved), (same.clone(), text.clone()));
        let (other, changed) = version(&TEXT.replace("within = 7", "within = 8"));
        assert_ne!(other, same);
        assert_eq!(changed_keys(&text, &changed), ["near"]);
        assert_eq!(changed_keys(&text, &version(&named).1), ["name"]);
    }
}
