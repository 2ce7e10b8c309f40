//! Bodies of requests that more than one folder reads, or that are shown too.

pub mod profile;
pub mod register;
