//! Tables of the server's own keys.

pub mod keys;
