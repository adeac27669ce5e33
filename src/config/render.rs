//! Shows problems: as text with the line quoted and a caret under it, and as JSON.

use serde_json::json;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::place::{Place, Problem, Severity};
use crate::model::text::{is_hidden, is_joiner};

/// Columns of a quoted line before it is cut around what is marked.
const WIDTH: usize = 100;

impl Problem {
    /// Returns the problem as text: place and message, the line, a caret with the way out.
    pub fn render(&self) -> String {
        let message = clean(&self.message.replace('\n', " "));
        let severity = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        let Some(place) = &self.place else {
            let severity = if severity.is_empty() { "error: " } else { severity };
            let help = self.suggestion.as_ref().map_or_else(String::new, |help| format!("\n       {help}"));
            return format!("{severity}{message}{help}");
        };
        let (line, _) = place.line_column();
        let (quoted, indent, width) = quote(place);
        let caret = " ".repeat(indent) + &"^".repeat(width.max(1));
        let help = self.suggestion.as_ref().map_or_else(String::new, |help| format!(" {help}"));
        format!("{place:?}: {severity}{message}\n{line:>5} | {quoted}\n      | {caret}{help}")
    }

    /// Returns the problem as an element of `check --json`.
    pub fn to_json(&self) -> serde_json::Value {
        let position = self.place.as_ref().map(Place::line_column);
        json!({
            "severity": self.severity,
            "class": self.class,
            "file": self.place.as_ref().map(|place| place.file.path.display().to_string()),
            "line": position.map(|(line, _)| line),
            "column": position.map(|(_, column)| column),
            "message": self.message,
            "suggestion": self.suggestion,
        })
    }
}

/// Returns the line for display, the columns before what is marked, and its width.
fn quote(place: &Place) -> (String, usize, usize) {
    let line = place.line_text();
    let (_, column) = place.line_column();
    let before: String = line.chars().take(column - 1).collect();
    let (before, marked, line) = (clean(&before), clean(place.marked()), clean(line));
    let (indent, width) = (before.width(), marked.width());
    if line.width() <= WIDTH {
        return (line.trim_end().to_owned(), indent, width);
    }
    // Of a long line, show what is marked and a little before it.
    let skipped = if indent + width.min(WIDTH / 2) <= WIDTH { 0 } else { indent - WIDTH / 4 };
    let mut shown = String::new();
    let (mut at, mut left_out) = (0, 0);
    for c in line.chars() {
        let next = at + c.width().unwrap_or(0);
        if at < skipped {
            left_out = next;
        } else if next <= skipped + WIDTH {
            shown.push(c);
        }
        at = next;
    }
    let head = if left_out > 0 { "…" } else { "" };
    let tail = if at > skipped + WIDTH { "…" } else { "" };
    let indent = indent.saturating_sub(left_out) + head.width();
    let width = width.min((skipped + WIDTH).saturating_sub(indent).max(1));
    (format!("{head}{}{tail}", shown.trim_end()), indent, width)
}

/// Returns a text without what would move the cursor; a tab is one blank.
fn clean(text: &str) -> String {
    let shown = |c: char| if c == '\t' { ' ' } else { c };
    text.chars().map(shown).filter(|c| !is_hidden(*c) && !is_joiner(*c)).collect()
}
