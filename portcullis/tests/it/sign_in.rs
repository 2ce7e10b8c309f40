//! The ways to sign in.

mod exchange;
mod lockout;
mod login;
