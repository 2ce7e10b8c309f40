//! Stand-ins for external servers that ours talks to: real servers, on loopback.

pub mod smtp;
