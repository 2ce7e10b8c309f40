//! How unusual a sign-in is.

use super::Challenge;

/// What is known of a sign-in that speaks against it. Nothing is measured yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Risk {
    demands: Option<Challenge>,
}

impl Risk {
    /// What the policy demands at this risk.
    pub fn demands(self) -> Option<Challenge> {
        self.demands
    }
}
