//! The ways to sign in, each a file, and [`finish`], in which all of them end:
//!
//! ```text
//! proof (password, exchange token, registration)
//!   └─ admission: does the account let its owner in     domain::sign_in::admission
//!        └─ risk: how unusual is it                      risk
//!             └─ decision: a session or a challenge      domain::sign_in::decide
//!                  └─ session                            finish
//! ```

pub mod exchange;
pub(crate) mod finish;
pub mod password;
mod risk;

pub use self::finish::Finished;
