//! Tables of what the server works with.

pub mod keys;
