//! Servers of others, as far as ours speaks to them: real ones, on loopback.

pub mod smtp;
