//! What Portcullis does: one function for each thing a person, an operator or the clock can ask.
//!
//! A use case is `verb(app, ctx, input) -> Result<Output>`. It reads from top to bottom: who may,
//! what are the facts, what do the rules of the domain say, carry it out in one transaction,
//! answer.

pub mod access;
pub mod account;
pub mod audit;
pub mod engine;
pub mod factor;
pub mod notify;
pub(crate) mod queue;
pub mod session;
pub mod sign_in;
pub mod work;

mod app;
mod clock;
mod ctx;
mod error;
mod random;
mod tx;

pub use self::{
    app::App,
    clock::Clock,
    ctx::Ctx,
    error::{Cause, Error, OpenError, Result},
    random::request_id,
    work::{
        background::{Background, settle, survey_hashes},
        open::{claim, connect, database_file, migrate},
    },
};
