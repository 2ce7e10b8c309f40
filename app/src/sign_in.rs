//! The ways to sign in.

pub mod exchange;
pub(crate) mod lockout;
pub mod password;
