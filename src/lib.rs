//! newshound watches the news: a scheduler polls feeds, a matcher scores each new item
//! against the topics and can say why, a store removes duplicates, and alerts go out at
//! least once. See `ARCHITECTURE.md` for the picture.

pub mod app;
pub mod clock;
pub mod config;
pub mod dedupe;
pub mod extract;
pub mod fetch;
pub mod matcher;
pub mod metrics;
pub mod model;
pub mod notify;
pub mod schedule;
pub mod store;
pub mod story;
pub mod web;
pub mod worker;
