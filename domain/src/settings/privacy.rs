//! `[privacy]`

use serde::{Deserialize, Serialize};

use super::section;

section! {
    /// What strangers can find out.
    pub struct Privacy {
        /// What a registration of a known address answers: `standard` says so, `strict` answers
        /// 202 for known and unknown ones alike and mails the owner. With `strict`, an account whose
        /// address is not proved answers to sign-ins as if it did not exist, and its username is not
        /// reserved.
        pub enumeration: Enumeration = Enumeration::Standard,
    }
}

impl Privacy {
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
