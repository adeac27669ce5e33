//! Where a topic stands in its file, with all that belongs to it: so it is known which topic a
//! problem is one of.

use std::sync::Arc;

use super::check::made_id;
use super::place::{Place, Problem};
use super::raw::{Table, Value, What};
use crate::model::TopicId;

/// A topic as it stands in its file.
#[derive(Clone, Debug)]
pub struct TopicTable {
    /// Its id as written or made of its name; `None` where neither can be read.
    pub id: Option<TopicId>,
    /// From its header to its last value.
    pub place: Place,
}

impl TopicTable {
    /// Finds where a topic's table begins and ends.
    pub(super) fn of(table: &Table) -> Self {
        let mut place = table.place.clone();
        widen_to_table(&mut place, table);
        let text = |key: &str| {
            let entry = table.entries.iter().find(|entry| entry.key == key)?;
            let What::Text(text) = &entry.value.what else { return None };
            Some(text.as_str())
        };
        let asked = table.entries.iter().any(|entry| entry.key == "id");
        let made = || text("name").filter(|name| !name.trim().is_empty() && !asked).map(made_id);
        let id = text("id").map(str::to_owned).or_else(made);
        TopicTable { id: id.map(TopicId::new), place }
    }

    /// Says whether a place lies within the topic.
    pub fn holds(&self, place: &Place) -> bool {
        let ours = &self.place;
        Arc::ptr_eq(&ours.file, &place.file) && (ours.span.start..=ours.span.end).contains(&place.span.start)
    }
}

/// All topics as they stand in their files.
#[derive(Clone, Debug, Default)]
pub struct TopicTables(Vec<TopicTable>);

impl TopicTables {
    /// Takes the topics' tables.
    pub(super) fn new(mut tables: Vec<TopicTable>) -> Self {
        tables.sort_by_key(|table| order(&table.place));
        TopicTables(tables)
    }

    /// Returns the topic that a place lies within.
    pub fn at(&self, place: &Place) -> Option<&TopicTable> {
        let behind = self.0.partition_point(|table| order(&table.place) <= order(place));
        self.0[..behind].last().filter(|table| table.holds(place))
    }

    /// Returns the topic that a problem is one of.
    pub fn of(&self, problem: &Problem) -> Option<&TopicTable> {
        self.at(problem.place.as_ref()?)
    }
}

/// Places of one file stand together, in its order.
fn order(place: &Place) -> (usize, usize) {
    (Arc::as_ptr(&place.file).addr(), place.span.start)
}

fn widen(place: &mut Place, to: &Place) {
    if Arc::ptr_eq(&place.file, &to.file) {
        place.span = place.span.start.min(to.span.start)..place.span.end.max(to.span.end);
    }
}

fn widen_to_table(place: &mut Place, table: &Table) {
    widen(place, &table.place);
    for entry in &table.entries {
        widen(place, &entry.place);
        widen_to_value(place, &entry.value);
    }
}

fn widen_to_value(place: &mut Place, value: &Value) {
    widen(place, &value.place);
    match &value.what {
        What::List(list) => list.iter().for_each(|each| widen_to_value(place, each)),
        What::Table(table) => widen_to_table(place, table),
        What::Text(_) | What::Integer(_) | What::Number(_) | What::Flag(_) | What::Time => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Environment, parse_str};

    #[test]
    fn a_problem_is_one_of_the_topic_it_stands_in() {
        let text = "[[topic]]\nid = 'a'\nany = ['x']\n[[topic]]\nid = 'b'\nany = ['y']\nsauces = 1\n\
                    [[topic.near]]\na = ['1']\nb = 7\n[[topic]]\nname = 'C d'\nany = ['z']\nroute = 'no'\n\
                    [fetch]\ncontact = 'a@b.example'\nfoo = 1\n";
        let loaded = parse_str("t.toml", text, &Environment::of("/", &[]));
        let of: Vec<_> = loaded
            .problems
            .iter()
            .map(|problem| {
                let table = loaded.topic_tables.of(problem);
                (problem.message.clone(), table.and_then(|table| table.id.as_ref()).map(ToString::to_string))
            })
            .collect();
        let of: Vec<_> = of.iter().map(|(message, id)| (message.as_str(), id.as_deref())).collect();
        assert_eq!(
            of.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
            [Some("b"), Some("b"), Some("c-d"), None],
            "{of:?}"
        );
    }
}
