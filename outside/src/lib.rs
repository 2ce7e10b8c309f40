//! Everything beyond the process except the database: the cache, mail, calls over HTTP.
//!
//! Nothing here decides anything about accounts, and nothing here reads a clock: `now` is an
//! argument. Every wait is bounded, and what fails says so without telling a secret.

pub mod cache;
pub mod http;
pub mod mail;
mod tls;
