//! The tests that need real sockets, in one binary.

mod fetch;
mod wire;
