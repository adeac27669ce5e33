//! The integration tests, in one binary.

mod corpora_feeds;
mod feeds;
