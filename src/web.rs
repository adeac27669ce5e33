//! The status page.

pub mod page;
