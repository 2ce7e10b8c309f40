//! What Portcullis does: one function for each thing a person, an operator or the clock can ask.
//!
//! A use case is `verb(app, ctx, input) -> Result<Output>`. It reads from top to bottom: who may,
//! what are the facts, what do the rules of the domain say, carry it out in one transaction,
//! answer.

pub mod access;
pub mod assurance;
pub mod audit;
pub mod caller;
pub mod deletion;
pub mod dev_inbox;
pub mod device;
pub mod email;
pub mod email_change;
pub mod exchange;
pub mod health;
pub mod idempotency;
pub mod invitations;
pub mod job;
pub mod keys;
pub mod limits;
pub mod link;
pub mod locale;
pub mod metadata;
pub mod password;
pub mod profile;
pub mod registration;
pub mod sessions;
pub mod sign_in;
pub mod templates;
pub mod tokens;
pub mod users;

mod activity;
mod app;
mod background;
mod clock;
mod ctx;
mod error;
mod hasher;
mod lockout;
mod lookaside;
mod random;
mod render;
mod revocations;
mod rewind;
mod turns;
mod usernames;

pub use self::{
    app::{App, OpenError, claim, connect, database_file, migrate},
    audit::By,
    background::{Background, settle, survey_hashes},
    clock::Clock,
    ctx::Ctx,
    error::{Cause, Error, Result},
    random::request_id,
};
