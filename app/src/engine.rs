//! What use cases work with, each part made once at start-up. Nothing here knows a use case.

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
