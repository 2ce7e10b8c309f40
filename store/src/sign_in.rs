//! Tables of sign-ins.

pub mod challenges;
