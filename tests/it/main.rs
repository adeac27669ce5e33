//! Tests of the whole from outside, in one binary.
#![cfg(test)]

mod backtest;
mod blocks;
mod cli;
mod corpora_feeds;
mod crash;
mod daemon;
mod evaluation;
mod feedback;
mod feeds;
mod fetch;
mod hostile_feeds;
mod http;
mod lean;
mod learning;
mod matching;
mod notify;
mod program;
mod proxy;
mod queries;
mod real_mail;
mod reload;
mod rungs;
mod schedule;
mod scores;
mod scripts;
mod sd_notify;
mod search;
mod secrets;
mod smtp;
mod spellings;
mod store;
mod web;
mod webhook_real;
mod wire;
