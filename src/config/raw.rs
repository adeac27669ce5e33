//! What was written: a file's tables and values, each with its place, before anything is made
//! of them. Syntax errors end here; what the keys mean is left to `check`.

mod hide;
mod merge;

use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use hide::{addresses as hide_addresses, is_secret};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::{Place, Problem, SourceFile};

/// A table as written.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its header, or the whole of an inline table.
    pub(crate) place: Place,
    /// Its keys, in the order of the file.
    pub(crate) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// A value as written.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) place: Place,
    pub(crate) what: What,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
    Time,
    List(Vec<Value>),
    Table(Table),
}

impl What {
    /// Returns what it is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            What::Text(_) => "text",
            What::Integer(_) => "an integer",
            What::Number(_) => "a number",
            What::Flag(_) => "true or false",
            What::Time => "a date",
            What::List(_) => "a list",
            What::Table(_) => "a table",
        }
    }
}

/// A file that was read.
pub(crate) struct Parsed {
    /// The file, its secrets hidden.
    pub(crate) file: Arc<SourceFile>,
    /// All that could be read of it.
    pub(crate) root: Table,
    /// Its syntax errors; with any, `root` is not whole.
    pub(crate) errors: Vec<Problem>,
}

/// Reads a file as TOML.
pub(crate) fn parse(path: PathBuf, text: &str) -> Parsed {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut shown = hide::secrets(text, root.get_ref());
    if !errors.is_empty() {
        // Around a syntax error there are no values to hide, only lines that look like some.
        shown = hide::secret_lines(&shown);
    }
    let file = Arc::new(SourceFile { path, text: shown });
    let errors = syntax_problems(&file, &errors);
    let root = table(&file, 0..0, root.into_inner());
    Parsed { file, root, errors }
}

/// Returns the first syntax error of each line: the rest are mostly its echo.
fn syntax_problems(file: &Arc<SourceFile>, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut lines = std::collections::HashSet::new();
    let problem = |error: &toml::de::Error| {
        let place = Place { file: Arc::clone(file), span: error.span().unwrap_or(0..0) };
        let first = lines.insert(place.line_column().0);
        first.then(|| {
            let message = error.message().trim().replace('\n', ", ");
            let problem = Problem::error(&place, message.clone());
            match way_out(&message) {
                Some(way_out) => problem.suggest(way_out),
                None => problem,
            }
        })
    };
    errors.iter().filter_map(problem).collect()
}

/// Returns what helps against the mistakes that queries, with their quotes and line breaks, invite.
fn way_out(message: &str) -> Option<&'static str> {
    let unclosed = ["invalid basic string", "invalid literal string"];
    if unclosed.iter().any(|start| message.starts_with(start)) {
        return Some("close it on its line, or put it between three single quotes: '''over several lines'''");
    }
    let broken = message.starts_with("unexpected key or value");
    broken.then_some(
        "a text with quotes in it stands between three single quotes, as '''\"oil price\" OR gas'''",
    )
}

fn table(file: &Arc<SourceFile>, span: std::ops::Range<usize>, table: DeTable<'_>) -> Table {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, written)| Entry {
            place: Place { file: Arc::clone(file), span: key.span() },
            key: key.into_inner().into_owned(),
            value: value(file, written),
        })
        .collect();
    entries.sort_by_key(|entry| entry.place.span.start);
    Table { place: Place { file: Arc::clone(file), span }, entries }
}

fn value(file: &Arc<SourceFile>, written: Spanned<DeValue<'_>>) -> Value {
    let span = written.span();
    let what = match written.into_inner() {
        DeValue::String(text) => What::Text(text.into_owned()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => What::Integer(integer),
            Err(_) => What::Number(f64::INFINITY),
        },
        DeValue::Float(float) => What::Number(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => What::Flag(flag),
        DeValue::Datetime(_) => What::Time,
        DeValue::Array(list) => What::List(list.into_iter().map(|each| value(file, each)).collect()),
        DeValue::Table(inner) => What::Table(table(file, span.clone(), inner)),
    };
    Value { place: Place { file: Arc::clone(file), span }, what }
}

impl Table {
    /// Returns a table without keys.
    pub(crate) fn empty(place: Place) -> Self {
        Table { place, entries: Vec::new() }
    }

    /// Takes a key out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at))
    }
}
