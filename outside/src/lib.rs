//! External systems except the database: the cache, mail, HTTP calls.
//!
//! Nothing here decides about accounts, and nothing reads a clock: `now` is an argument. Every wait
//! is bounded, and errors contain no secrets.

pub mod cache;
pub mod http;
pub mod mail;
mod tls;
