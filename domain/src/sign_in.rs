//! The rules of signing in.

pub mod lockout;
