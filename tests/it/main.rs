//! Tests of the whole from outside, in one binary.
#![cfg(test)]

mod cli;
mod corpora_feeds;
mod feeds;
mod fetch;
mod http;
mod matching;
mod notify;
mod smtp;
mod wire;
