//! newshound watches the news: a scheduler polls feeds, a matcher scores each new item
//! against the topics and can say why, a store removes duplicates, and alerts go out at
//! least once. See `ARCHITECTURE.md` for the picture.

pub mod app;
pub mod config;
pub mod model;
pub mod web;
