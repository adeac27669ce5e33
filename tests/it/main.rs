//! Tests of the whole from outside, in one binary.
#![cfg(test)]

mod corpora_feeds;
mod feeds;
mod fetch;
mod hostile_feeds;
mod http;
mod matching;
mod notify;
mod rungs;
mod smtp;
mod wire;
