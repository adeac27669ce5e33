//! Reads one table key by key into plain values, and reports what has the wrong type, is out
//! of bounds, or was never asked for.

mod limits;

use std::cell::RefCell;
use std::ops::RangeInclusive;

pub(crate) use limits::duration_of;

use super::environment::Environment;
use super::later::{LATER, no_effect};
use super::nearest::did_you_mean;
use super::place::{Place, Problem};
use super::raw::{Entry, Table, Value, What};

/// What all of a check shares: the outside world, and the list of what is wrong.
pub(crate) struct Scope<'a> {
    /// Where secrets and directories are looked up.
    pub(crate) environment: &'a Environment,
    /// Whether part of the files could not be read, so that a name not found proves nothing.
    pub(crate) partial: bool,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(environment: &'a Environment, partial: bool) -> Self {
        Scope { environment, partial, problems: RefCell::default() }
    }

    /// Adds to the list.
    pub(crate) fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Returns the list.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// A value of the right type, with its place.
#[derive(Clone, Debug)]
pub(crate) struct Written<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// A table being read.
pub(crate) struct Reader<'a> {
    pub(crate) scope: &'a Scope<'a>,
    /// Where the table stands.
    pub(crate) place: Place,
    section: &'static str,
    owner: Option<String>,
    table: Table,
    asked: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// Begins to read a table of this section.
    pub(crate) fn new(scope: &'a Scope<'a>, section: &'static str, table: Table) -> Self {
        Reader { scope, place: table.place.clone(), section, owner: None, table, asked: Vec::new() }
    }

    /// Names what the table describes, for messages: `topic kim-travel`.
    pub(crate) fn owned_by(&mut self, owner: String) {
        self.owner = Some(owner);
    }

    /// Takes out whatever stands under a key.
    pub(crate) fn entry(&mut self, key: &'static str) -> Option<Entry> {
        self.asked.push(key);
        self.table.take(key)
    }

    /// Says whether a key is there, and leaves it.
    pub(crate) fn place_of(&self, key: &str) -> Option<&Place> {
        self.table.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.place)
    }

    /// Returns what stands under a key, and leaves it.
    pub(crate) fn peek(&self, key: &str) -> Option<&Value> {
        self.table.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Returns the text under a key, and leaves it.
    pub(crate) fn peek_text(&self, key: &str) -> Option<Written<String>> {
        let Value { place, what: What::Text(text) } = self.peek(key)? else { return None };
        Some(Written { value: text.clone(), place: place.clone() })
    }

    /// Takes out all keys: pairs that users name themselves.
    pub(crate) fn all(self) -> Vec<Entry> {
        self.table.entries
    }

    /// Reads a text.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Written<String>> {
        let entry = self.entry(key)?;
        self.text_of(key, entry.value)
    }

    /// Reads a text that must be there.
    pub(crate) fn required(&mut self, key: &'static str, example: &str) -> Option<Written<String>> {
        if self.place_of(key).is_none() {
            self.asked.push(key);
            self.missing(key, example);
            return None;
        }
        self.text(key)
    }

    /// Reports a key that must be there.
    pub(crate) fn missing(&self, key: &str, example: &str) {
        let problem = Problem::error(&self.place, format!("`{key}` is missing{}", self.within()));
        self.scope.report(problem.suggest(format!("for example `{key} = {example}`")));
    }

    /// Reads a text of some form.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Written<T>> {
        let Written { value, place } = self.text(key)?;
        match parse(&value) {
            Ok(value) => Some(Written { value, place }),
            Err(message) => {
                self.scope.report(Problem::error(&place, format!("`{key}`: {message}")));
                None
            }
        }
    }

    /// Reads `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str) -> Option<Written<bool>> {
        let Value { place, what } = self.entry(key)?.value;
        if let What::Flag(value) = what {
            return Some(Written { value, place });
        }
        self.wrong_type(key, &place, "true or false", &what)
    }

    /// Reads any number.
    pub(crate) fn any_number(&mut self, key: &'static str) -> Option<Written<f64>> {
        let Value { place, what } = self.entry(key)?.value;
        if let What::Number(value) = what {
            return Some(Written { value, place });
        }
        if let What::Integer(integer) = what {
            #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
            return Some(Written { value: integer as f64, place });
        }
        self.wrong_type(key, &place, "a number", &what)
    }

    /// Reads a number within bounds.
    pub(crate) fn number(&mut self, key: &'static str, bounds: RangeInclusive<f64>) -> Option<Written<f64>> {
        let number = self.any_number(key)?;
        if bounds.contains(&number.value) {
            return Some(number);
        }
        let message = format!("`{key}` is from {} to {}", bounds.start(), bounds.end());
        self.scope.report(Problem::error(&number.place, message));
        None
    }

    /// Reads an integer within bounds.
    pub(crate) fn integer(&mut self, key: &'static str, bounds: RangeInclusive<u32>) -> Option<Written<u32>> {
        let Value { place, what } = self.entry(key)?.value;
        let What::Integer(integer) = what else {
            return self.wrong_type(key, &place, "an integer", &what);
        };
        let value = u32::try_from(integer).ok().filter(|value| bounds.contains(value));
        if value.is_none() {
            let message = format!("`{key}` is from {} to {}", bounds.start(), bounds.end());
            self.scope.report(Problem::error(&place, message));
        }
        Some(Written { value: value?, place })
    }

    /// Reads a list of texts; a text alone is a list of one.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Written<String>> {
        self.list(key).into_iter().filter_map(|value| self.text_of(key, value)).collect()
    }

    /// Reads a list of texts of some form.
    pub(crate) fn parsed_list<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<Written<T>> {
        let parse_one = |Written { value, place }: Written<String>| match parse(&value) {
            Ok(value) => Some(Written { value, place }),
            Err(message) => {
                self.scope.report(Problem::error(&place, format!("`{key}`: {message}")));
                None
            }
        };
        self.list(key)
            .into_iter()
            .filter_map(|value| text_of(self.scope, key, value))
            .filter_map(parse_one)
            .collect()
    }

    /// Reads a list of anything; one value alone is a list of one.
    pub(crate) fn list(&mut self, key: &'static str) -> Vec<Value> {
        match self.entry(key).map(|entry| entry.value) {
            None => Vec::new(),
            Some(Value { what: What::List(list), .. }) => list,
            Some(alone) => vec![alone],
        }
    }

    /// Reads a table.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Table> {
        let Entry { place, value, .. } = self.entry(key)?;
        if let What::Table(table) = value.what {
            return Some(table);
        }
        if !matches!(value.what, What::List(_)) {
            return self.wrong_type(key, &value.place, "a table", &value.what);
        }
        let problem = Problem::error(&place, format!("`{key}` stands once"));
        self.scope.report(problem.suggest(format!("write `[{key}]`")));
        None
    }

    /// Reads tables, `[[key]]`.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Table> {
        let Some(Entry { place, value, .. }) = self.entry(key) else { return Vec::new() };
        let What::List(list) = value.what else {
            let header = if self.section.is_empty() { key.into() } else { format!("{}.{key}", self.section) };
            let problem = Problem::error(&place, format!("`{key}` is a list of tables"));
            self.scope.report(problem.suggest(format!("write `[[{header}]]`")));
            return Vec::new();
        };
        let table = |Value { place, what }: Value| {
            if let What::Table(table) = what {
                return Some(table);
            }
            self.wrong_type(key, &place, "a table", &what)
        };
        list.into_iter().filter_map(table).collect()
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        let later = LATER.iter().filter(|(section, ..)| *section == self.section);
        let known: Vec<&str> = self.asked.iter().copied().chain(later.map(|(_, key, _)| *key)).collect();
        for entry in &self.table.entries {
            let later = LATER.iter().find(|(section, key, _)| *section == self.section && *key == entry.key);
            match later {
                Some((_, _, same)) if is_one_of(&entry.value, same) => {}
                Some((_, key, _)) => self.scope.report(no_effect(&entry.place, &format!("`{key}`"))),
                None => self.unknown(entry, &known),
            }
        }
    }

    fn unknown(&self, entry: &Entry, known: &[&str]) {
        let message = format!("unknown key `{}`{}", entry.key, self.within());
        let mut problem = Problem::error(&entry.place, message);
        problem.suggestion =
            did_you_mean(&entry.key, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.scope.report(problem);
    }

    /// Returns ` in topic kim-travel`, or nothing.
    fn within(&self) -> String {
        match (&self.owner, self.section) {
            (Some(owner), _) => format!(" in {owner}"),
            (None, _) => String::new(),
        }
    }

    fn text_of(&self, key: &str, value: Value) -> Option<Written<String>> {
        text_of(self.scope, key, value)
    }

    /// Reports a value of the wrong type.
    pub(crate) fn wrong_type<T>(&self, key: &str, place: &Place, wanted: &str, found: &What) -> Option<T> {
        wrong_type(self.scope, key, place, (wanted, found));
        None
    }
}

fn text_of(scope: &Scope<'_>, key: &str, value: Value) -> Option<Written<String>> {
    if let What::Text(text) = value.what {
        return Some(Written { value: text, place: value.place });
    }
    wrong_type(scope, key, &value.place, ("text", &value.what));
    None
}

fn wrong_type(scope: &Scope<'_>, key: &str, place: &Place, (wanted, found): (&str, &What)) {
    let message = format!("`{key}`: expected {wanted}, found {}", found.kind());
    let mut problem = Problem::error(place, message);
    if let (true, What::Integer(_) | What::Number(_) | What::Flag(_)) = (wanted == "text", found) {
        problem = problem.suggest("write it between quotes");
    }
    scope.report(problem);
}

fn is_one_of(value: &Value, same: &[&str]) -> bool {
    match &value.what {
        What::Text(text) => same.contains(&text.as_str()),
        What::Flag(flag) => same.contains(&if *flag { "true" } else { "false" }),
        What::Integer(_) | What::Number(_) | What::Time | What::List(_) | What::Table(_) => false,
    }
}
