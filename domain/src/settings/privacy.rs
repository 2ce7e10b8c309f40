//! `[privacy]`

use serde::{Deserialize, Serialize};

use super::section;
use crate::account::User;

section! {
    /// What strangers can find out.
    pub struct Privacy {
        /// What a registration of a known address answers: `standard` says so, `strict` answers
        /// 202 for known and unknown ones alike and mails the owner. With `strict`, an account whose
        /// address is not proved answers to sign-ins as if it did not exist, and keeps no username.
        pub enumeration: Enumeration = Enumeration::Standard,
    }
}

impl Privacy {
    /// Whether nobody may find out that there is this account: whoever registered it could tell from
    /// it that the address had none before.
    pub fn hides(&self, user: &User) -> bool {
        self.is_strict() && user.email_verified_at.is_none()
    }

    pub fn is_strict(&self) -> bool {
        self.enumeration == Enumeration::Strict
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enumeration {
    Standard,
    Strict,
}
