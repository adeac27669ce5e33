//! What commands print, as text for people and as rows for machines. Nothing here prints.

pub(super) mod alert;
pub(super) mod backtest;
pub(super) mod check;
pub(super) mod counts;
pub(super) mod demo;
pub(super) mod doctor;
pub(super) mod explain;
pub(super) mod failure;
pub(super) mod feedback;
mod grid;
pub(super) mod ink;
pub(super) mod outline;
pub(super) mod plan;
pub(super) mod rows;
pub(super) mod search;
pub(super) mod status;
pub(super) mod stories;
pub(super) mod story_rows;
pub(super) mod tables;
pub(super) mod trial;
pub(super) mod words;
