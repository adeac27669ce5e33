//! Small changes of a topic, made to the topic as it was read and to the file it stands in: there
//! everything else stays as it was written, comments and layout too.

mod list;

use std::sync::Arc;

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::check::made_id;
use super::place::Place;
use super::topic::{Term, Topic};
use crate::model::TopicId;

/// A change of a topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The weight of a term of `any`, by its place in the list.
    Weight {
        /// Where the term stands among those of `any`.
        at: usize,
        /// The weight.
        to: f64,
    },
    /// One more term of `less`.
    Less(String),
    /// One more phrase of `ignore`.
    Ignore(String),
    /// The threshold.
    Threshold(f64),
}

/// Why a file cannot be changed.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    /// The file does not hold the topic in a form that can be changed.
    #[error("topic {0} does not stand in this file as a `[[topic]]`")]
    NoTopic(TopicId),
    /// The file is no TOML any more.
    #[error("the file cannot be read as TOML: {0}")]
    Unreadable(String),
}

impl Edit {
    /// Returns a topic with this change.
    #[must_use]
    pub fn applied(&self, topic: &Topic) -> Topic {
        let mut topic = topic.clone();
        match self {
            Edit::Weight { at, to } => {
                if let Some(term) = topic.any.get_mut(*at) {
                    if term.weight.is_some() {
                        term.weight = Some(*to);
                    } else {
                        term.text = weighed(&term.text, *to);
                    }
                }
            }
            Edit::Less(text) => topic.less.push(term(text, &topic.place)),
            Edit::Ignore(text) => topic.ignore.push(term(text, &topic.place)),
            Edit::Threshold(to) => topic.threshold = *to,
        }
        topic
    }
}

fn term(text: &str, place: &Place) -> Term {
    let place = Place { file: Arc::clone(&place.file), span: place.span.clone() };
    Term { text: text.to_owned(), weight: None, field: None, with: Vec::new(), place }
}

/// Returns a term as written with another weight.
fn weighed(text: &str, weight: f64) -> String {
    let plain = text.rsplit_once('^').map_or(text, |(plain, _)| plain).trim_end();
    if (weight - 1.0).abs() < 1e-9 { plain.to_owned() } else { format!("{plain}^{weight}") }
}

/// Returns the text of a file with changes of one of its topics.
pub fn edited(text: &str, topic: &TopicId, edits: &[Edit]) -> Result<String, EditError> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Unreadable(error.message().to_owned()))?;
    let missing = || EditError::NoTopic(topic.clone());
    let tables = document.get_mut("topic").and_then(Item::as_array_of_tables_mut).ok_or_else(missing)?;
    let table = tables.iter_mut().find(|table| is_of(*table, topic)).ok_or_else(missing)?;
    for edit in edits {
        change(table, edit).ok_or_else(missing)?;
    }
    // The library writes plain line ends.
    let edited = document.to_string();
    Ok(if text.contains("\r\n") { edited.replace("\r\n", "\n").replace('\n', "\r\n") } else { edited })
}

fn is_of(table: &dyn TableLike, topic: &TopicId) -> bool {
    let text = |key: &str| table.get(key).and_then(Item::as_str);
    match text("id") {
        Some(id) => id == topic.as_str(),
        None => text("name").is_some_and(|name| made_id(name) == topic.as_str()),
    }
}

/// Makes one change; `None` where the table is not of the form that was read.
fn change(table: &mut dyn TableLike, edit: &Edit) -> Option<()> {
    match edit {
        Edit::Threshold(to) => set(table, "threshold", Value::from(*to)),
        Edit::Less(text) => push(table, "less", text),
        Edit::Ignore(text) => push(table, "ignore", text),
        Edit::Weight { at, to } => {
            let any = table.get_mut("any")?.as_value_mut()?;
            let term = if any.is_array() { any.as_array_mut()?.get_mut(*at)? } else { any };
            weigh(term, *to)
        }
    }
}

/// Gives a term another weight, where it has one already or behind its text.
fn weigh(term: &mut Value, weight: f64) -> Option<()> {
    let Some(table) = term.as_inline_table_mut() else {
        let text = weighed(term.as_str()?, weight);
        replace(term, Value::from(text));
        return Some(());
    };
    if table.contains_key("weight") {
        return set(table, "weight", Value::from(weight));
    }
    let text = weighed(table.get("term")?.as_str()?, weight);
    set(table, "term", Value::from(text))
}

/// Sets a key; what stands around its value stays.
fn set(table: &mut dyn TableLike, key: &str, new: Value) -> Option<()> {
    match table.get_mut(key) {
        Some(item) => replace(item.as_value_mut()?, new),
        None => drop(table.insert(key, Item::Value(new))),
    }
    Some(())
}

fn replace(value: &mut Value, new: Value) {
    let decor = value.decor().clone();
    *value = new;
    *value.decor_mut() = decor;
}

fn push(table: &mut dyn TableLike, key: &str, text: &str) -> Option<()> {
    match table.get_mut(key).map(Item::as_value_mut) {
        None => drop(table.insert(key, toml_edit::value(toml_edit::Array::from_iter([text])))),
        Some(Some(Value::Array(list))) => list::push(list, text),
        Some(Some(alone)) => {
            let mut list = toml_edit::Array::new();
            let mut first = alone.clone();
            first.decor_mut().clear();
            list.push_formatted(first);
            list.push(text);
            replace(alone, Value::Array(list));
        }
        Some(None) => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, parse_str};

    const FILE: &str = "# Watches.\n[[topic]]\nid = 'a' # one\nany = ['oil^0.6', \"gas\", { term = 'coal', weight = 2 }]   # fuels\n\
                        less = [ 'olive' ]\nthreshold = 0.5 # half\n\n# The second.\n[[topic]]\nname = 'B b'\nany = 'tea'\n\
                        ignore = [\n    'tea party', # no tea\n    'high tea', # a meal\n]\n[[topic.near]]\na = ['x']\nb = ['y']\n";

    #[track_caller]
    fn check(topic: &str, edits: &[Edit], from: &str, to: &str) {
        assert!(FILE.contains(from), "{from}");
        let edited = edited(FILE, &TopicId::new(topic), edits).unwrap();
        assert_eq!(edited, FILE.replace(from, to));
        // What was written is what was tried.
        let read = |text: &str| {
            let loaded = parse_str("n.toml", text, &Environment::of("/", &[]));
            let topics = loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems)).topics;
            topics.into_iter().find(|each| each.id.as_str() == topic).unwrap()
        };
        let applied = edits.iter().fold(read(FILE), |topic, edit| edit.applied(&topic));
        let written = read(&edited);
        let terms = |terms: &[Term]| terms.iter().map(|it| (it.text.clone(), it.weight)).collect::<Vec<_>>();
        let lists: [fn(&Topic) -> &Vec<Term>; 3] = [|it| &it.any, |it| &it.less, |it| &it.ignore];
        for list in lists {
            assert_eq!(terms(list(&applied)), terms(list(&written)));
        }
        assert!((applied.threshold - written.threshold).abs() < 1e-9);
    }

    #[test]
    fn weights_change_where_they_stand() {
        check("a", &[Edit::Weight { at: 0, to: 0.3 }], "'oil^0.6'", "\"oil^0.3\"");
        check("a", &[Edit::Weight { at: 0, to: 1.0 }], "'oil^0.6'", "\"oil\"");
        check("a", &[Edit::Weight { at: 1, to: 1.5 }], "\"gas\"", "\"gas^1.5\"");
        check("a", &[Edit::Weight { at: 2, to: 1.25 }], "weight = 2", "weight = 1.25");
        check("b-b", &[Edit::Weight { at: 0, to: 0.5 }], "any = 'tea'", "any = \"tea^0.5\"");
    }

    #[test]
    fn terms_are_added_in_the_layout_of_their_list() {
        check("a", &[Edit::Less("palm".into())], "[ 'olive' ]", "[ 'olive', \"palm\" ]");
        check("a", &[Edit::Threshold(0.65)], "0.5 # half", "0.65 # half");
        check(
            "a",
            &[Edit::Ignore("oil paint".into()), Edit::Ignore("oil spill".into())],
            "threshold = 0.5 # half\n",
            "threshold = 0.5 # half\nignore = [\"oil paint\", \"oil spill\"]\n",
        );
        check(
            "b-b",
            &[Edit::Ignore("tea bag".into())],
            "    'high tea', # a meal\n]",
            "    'high tea', # a meal\n    \"tea bag\",\n]",
        );
        check(
            "b-b",
            &[Edit::Less("bag^1.5".into())],
            "]\n[[topic.near]]",
            "]\nless = [\"bag^1.5\"]\n[[topic.near]]",
        );
        check("b-b", &[Edit::Threshold(0.6)], "]\n[[topic.near]]", "]\nthreshold = 0.6\n[[topic.near]]");
    }

    #[test]
    fn what_cannot_be_changed_is_told() {
        let id = TopicId::new("c");
        assert_eq!(edited(FILE, &id, &[]), Err(EditError::NoTopic(id.clone())));
        assert_eq!(edited("topic = 1", &id, &[]), Err(EditError::NoTopic(id.clone())));
        assert!(matches!(edited("topic = ", &id, &[]), Err(EditError::Unreadable(_))));
    }

    #[test]
    fn line_ends_stay_as_they_were() {
        let file = FILE.replace('\n', "\r\n");
        let edited = edited(&file, &TopicId::new("a"), &[Edit::Less("palm".into())]).unwrap();
        assert_eq!(edited, file.replace("'olive' ]", "'olive', \"palm\" ]"));
    }
}
