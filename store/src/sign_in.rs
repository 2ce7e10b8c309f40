//! Tables of signing in.

pub mod lockouts;
