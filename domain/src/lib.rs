//! The rules of Portcullis, and the types they are about.
//!
//! Nothing here has effects: no I/O, no async, no clock and no randomness of its own. What a rule
//! needs is an argument (`now`, random bytes); what it decides is its result.

pub mod access;
pub mod account;
pub mod factor;
pub mod notify;
pub mod session;
pub mod sign_in;

pub mod client;
pub mod event;
pub mod id;
mod invisible;
pub mod mac;
pub mod problem;
pub mod queue;
pub mod reach;
pub mod secret;
pub mod sentence;
pub mod settings;
pub mod text;
pub mod time;

pub use id::{
    ChallengeId, ConsentId, EventId, InvitationId, JobId, LinkId, PasswordId, SessionId, UserId,
};
pub use problem::{Code, Problem};
pub use secret::Secret;
pub use sentence::Sentence;
pub use time::{Span, Time};
