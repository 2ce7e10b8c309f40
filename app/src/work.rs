//! What goes on beside requests. It calls the use cases, and none of them knows it.

pub(crate) mod background;
pub(crate) mod cleanup;
pub mod health;
pub(crate) mod hearing;
pub mod jobs;
pub mod keys;
pub(crate) mod open;
pub(crate) mod rewind;
pub mod schedule;
pub(crate) mod survey;
pub mod worker;
