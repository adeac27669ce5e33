//! Says that a name is none of those that are configured, and which are.

use crate::config::Config;
use crate::model::TopicId;

/// Returns what is wrong with a topic's id, if no topic has it.
pub fn topic(config: &Config, id: &TopicId) -> Option<String> {
    let is_known = config.topics.iter().any(|topic| topic.id == *id);
    let known = config.topics.iter().map(|topic| topic.id.as_str());
    (!is_known).then(|| told("topic", id.as_str(), known))
}

/// Returns what is wrong with the name of a channel that there is not.
pub fn channel(config: &Config, name: &str) -> String {
    told("channel", name, config.channels.iter().map(|channel| channel.name.as_str()))
}

/// Returns what is wrong with the id of a source that there is not; of many not all are named.
pub fn source(config: &Config, id: &str) -> String {
    let known: Vec<_> = config.sources.iter().take(20).collect();
    told("source", id, known.iter().map(|source| source.id.as_str()))
}

fn told<'a>(noun: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match known.as_slice() {
        [] => format!("no {noun} `{name}` is configured, and no other: `newshound init` writes a start"),
        known => format!("no {noun} `{name}` is configured; known: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, parse_str};

    #[test]
    fn what_is_known_is_named() {
        let text = "[[topic]]\nid = 'oil'\nany = ['oil']\n[[channel]]\nname = 'desk'\nkind = 'console'\n";
        let config = parse_str("n.toml", text, &Environment::of("/", &[])).config.unwrap();
        assert_eq!(topic(&config, &TopicId::new("oil")), None);
        let said = topic(&config, &TopicId::new("gas")).unwrap();
        assert_eq!(said, "no topic `gas` is configured; known: oil");
        assert_eq!(channel(&config, "mail"), "no channel `mail` is configured; known: desk");
        assert_eq!(
            source(&config, "bbc"),
            "no source `bbc` is configured, and no other: `newshound init` writes a start"
        );
        let empty = parse_str("n.toml", "", &Environment::of("/", &[])).config.unwrap();
        let said = topic(&empty, &TopicId::new("gas")).unwrap();
        assert!(said.ends_with("and no other: `newshound init` writes a start"), "{said}");
    }
}
