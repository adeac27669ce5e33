//! Tests of the whole from outside, in one binary.

mod corpora_feeds;
mod fetch;
mod matching;
mod wire;
