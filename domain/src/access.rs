//! How often something may be done, and how often something may be guessed.

pub mod limit;
pub mod lockout;
