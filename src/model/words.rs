//! An item's words: what the matcher and the story finder both read.
