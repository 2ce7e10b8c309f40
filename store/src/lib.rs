//! SQL, and the only crate that names a database driver: the seam in [`db`], then a folder a
//! subject with one file a table, and [`rewind`] for the times of all tables.

pub mod db;

mod access;
mod account;
mod audit;
mod engine;
mod factor;
mod notify;
mod queue;
mod session;
mod sign_in;

pub mod rewind;

pub use access::{idempotency, lockouts};
pub use account::{consents, invitations, users};
pub use audit::events;
pub use db::{Claim, Db, Error, Result, Store};
pub use engine::keys;
pub use factor::{hash_kinds, passwords};
pub use notify::links;
pub use queue::{jobs, schedules};
pub use session::{revocations, sessions};
pub use sign_in::challenges;
