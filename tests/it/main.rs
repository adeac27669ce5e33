//! Tests against real servers on loopback.

mod http;
mod notify;
mod smtp;
