//! `[privacy]`

use serde::{Deserialize, Serialize};

use super::section;

section! {
    /// What strangers can find out.
    pub struct Privacy {
        /// What a registration of a known address answers: `standard` says so, `strict` answers
        /// 202 for known and unknown ones alike and mails the owner.
        pub enumeration: Enumeration = Enumeration::Standard,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enumeration {
    Standard,
    Strict,
}
