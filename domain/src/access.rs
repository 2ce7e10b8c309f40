//! How often something may be done.

pub mod limit;
