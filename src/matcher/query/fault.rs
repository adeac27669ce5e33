//! What is wrong in a query, and where.

use std::ops::Range;

use crate::config::{Problem, Query, Severity};

/// Something wrong in a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    /// The bytes of the query that are wrong.
    pub(super) span: Range<usize>,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

impl Fault {
    /// Returns an error at some bytes of the query.
    pub(super) fn error(span: Range<usize>, message: impl Into<String>) -> Self {
        Fault { span, severity: Severity::Error, message: message.into(), suggestion: None }
    }

    /// Returns a warning at some bytes of the query.
    pub(super) fn warning(span: Range<usize>, message: impl Into<String>) -> Self {
        Fault { severity: Severity::Warning, ..Fault::error(span, message) }
    }

    /// Adds a way out.
    pub(super) fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Returns the fault as a problem of the file that the query stands in.
    pub(super) fn problem(self, query: &Query) -> Problem {
        let place = query.place.within(&query.text, self.span.clone());
        let message = format!("query, byte {}: {}", self.span.start, self.message);
        Problem { severity: self.severity, suggestion: self.suggestion, ..Problem::error(&place, message) }
    }
}
