//! Tables of sign-ins.

pub mod lockouts;
