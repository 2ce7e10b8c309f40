//! The factors that people sign in with.

mod password;
mod strength;
