//! Builds the whole from a configuration and runs it until it is told to stop.

pub mod newsroom;
