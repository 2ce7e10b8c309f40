//! What a proof leads to, once the person is admitted: a session, or another question first.

use super::{Proofs, risk::Risk};

/// What has to be answered before there is a session. There is nothing yet: a second factor that is
/// due, an enrolment that policy demands and a forced change of password will be variants here, and
/// whoever matches on it will have to say what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {}

/// What a proof leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Session,
    Challenge(Challenge),
}

/// The one place that decides it, for every way in.
pub fn decide(_proofs: Proofs, risk: Risk) -> Decision {
    match risk.demands() {
        Some(challenge) => Decision::Challenge(challenge),
        None => Decision::Session,
    }
}
