//! What use cases work with, each part made once at start-up. Nothing here knows a use case.
//!
//! Two memories keep an authenticated request away from the database and from a signature:
//! [`lookaside`] knows sessions and their users, and `keys/remembered.rs` knows tokens whose signature
//! was verified. [`activity`] writes behind the request that a session was used.

pub(crate) mod activity;
pub mod hasher;
pub(crate) mod health;
pub mod keys;
pub mod locale;
pub(crate) mod lookaside;
pub(crate) mod render;
pub(crate) mod steps;
pub mod templates;
pub(crate) mod turns;
