//! Who is calling and what they may do: the guards that come before a use case.
//!
//! [`caller`] finds out who calls, [`guard`] makes an [`Acting`] of them, which use cases ask for,
//! [`permission`] is what one may do to what is not one's own, [`limits`] how often, [`lockout`] how
//! many wrong guesses, [`fresh`] and [`proof`] whether it is still the same person, and
//! [`idempotency`] whether it has been done already.
//!
//! Handlers call the guard, then the use case. `Acting<Own>` and `Acting<Admin>` are two types, so that
//! an operator cannot call what is for owners; a command has `guard::operator()`.

pub mod caller;
pub(crate) mod fresh;
pub mod guard;
pub(crate) mod idempotency;
pub(crate) mod limits;
pub(crate) mod lockout;
pub mod permission;
pub(crate) mod proof;

pub use self::guard::{Acting, Admin, Own};
