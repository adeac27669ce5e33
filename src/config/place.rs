//! Where something stands in a file, and what is wrong there.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use serde::Serialize;

/// A configuration file as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path as given.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A stretch of a configuration file.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes within it.
    pub span: Range<usize>,
}

impl Place {
    /// Returns line and column of the start, both from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        let start = floor_char(&self.file.text, self.span.start);
        let before = &self.file.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Returns the whole first line of the stretch.
    pub fn line_text(&self) -> &str {
        let text = &self.file.text;
        let start = floor_char(text, self.span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        text[line_start..line_end].trim_end_matches('\r')
    }

    /// Returns the marked text within the first line.
    pub fn marked(&self) -> &str {
        let text = &self.file.text;
        let start = floor_char(text, self.span.start);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor_char(text, self.span.end.clamp(start, line_end));
        &text[start..end]
    }
}

/// Returns the start of the character that holds this byte.
fn floor_char(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.file.path.display())
    }
}

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration is not used.
    Error,
    /// The configuration works, but not as somebody may think.
    Warning,
}

/// Something wrong in the configuration, with its place and a way out.
#[derive(Clone, Debug)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// The class of a refused address, else `None`.
    pub class: Option<&'static str>,
    /// Where it stands; `None` for what is missing altogether.
    pub place: Option<Place>,
    /// What is wrong: lower case, without a full stop.
    pub message: String,
    /// What to write instead, in words: "did you mean `interval`?".
    pub suggestion: Option<String>,
}

impl Problem {
    /// Returns an error at a place.
    pub fn error(place: &Place, message: impl Into<String>) -> Self {
        Problem {
            severity: Severity::Error,
            class: None,
            place: Some(place.clone()),
            message: message.into(),
            suggestion: None,
        }
    }

    /// Returns a warning at a place.
    pub fn warning(place: &Place, message: impl Into<String>) -> Self {
        Problem { severity: Severity::Warning, ..Problem::error(place, message) }
    }

    /// Adds a way out.
    #[must_use]
    pub fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let file =
            Arc::new(SourceFile { path: "a.toml".into(), text: "één = 1\nzwei = \"ü\" # x\r\n".into() });
        let place = Place { file: Arc::clone(&file), span: 17..21 };
        assert_eq!(place.line_column(), (2, 8));
        assert_eq!(place.line_text(), "zwei = \"ü\" # x");
        assert_eq!(place.marked(), "\"ü\"");
        assert_eq!(Place { file, span: 900..901 }.line_column().0, 3);
    }
}
