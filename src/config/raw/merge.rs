//! Makes one table of those of several files: lists grow, nothing is said twice.

use super::{Table, What};
use crate::config::place::{Place, Problem};

impl Table {
    /// Adds what another file says.
    pub(crate) fn merge(&mut self, other: Table, problems: &mut Vec<Problem>) {
        for entry in other.entries {
            let Some(mine) = self.entries.iter_mut().find(|mine| mine.key == entry.key) else {
                self.entries.push(entry);
                continue;
            };
            match (&mut mine.value.what, entry.value.what) {
                (What::List(list), What::List(more)) => list.extend(more),
                (What::Table(table), What::Table(more)) => table.merge(more, problems),
                _ => problems.push(given_twice(&entry.key, &entry.place, &mine.place)),
            }
        }
    }
}

fn given_twice(key: &str, here: &Place, first: &Place) -> Problem {
    Problem::error(here, format!("`{key}` is given twice")).suggest(format!("it stands at {first:?} already"))
}
