//! Suggestions from outside.
