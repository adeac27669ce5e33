//! Tests of the whole from outside, in one binary.
#![cfg(test)]

mod corpora_feeds;
mod crash;
mod daemon;
mod fetch;
mod http;
mod matching;
mod notify;
mod smtp;
mod store;
mod wire;
