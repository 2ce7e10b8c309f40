//! The rules of signing in, in the order in which they are asked: what is proved ([`proofs`]), does
//! the account let its owner in ([`admission`]), how unusual is it ([`risk`]), and what comes of it
//! ([`decide`](decide::decide)).

pub mod admission;
pub mod challenge;
pub mod decide;
pub mod proofs;
pub mod risk;

pub use self::{
    admission::{Admission, WayIn, admit},
    challenge::ChallengeKind,
    decide::{Challenge, Decision, decide},
    proofs::{Proof, Proofs},
    risk::Risk,
};
