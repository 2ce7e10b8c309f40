//! `[secrets]`

use super::section;
use crate::Secret;

section! {
    /// The root of every key.
    pub struct Secrets {
        /// At least 32 characters of randomness, from which refresh tokens, cookies and the seal
        /// of the signing keys are derived. Several nodes need the same.
        /// Empty: made once and kept in `server.data_dir`.
        pub master: Secret = Secret::default(),
        /// Older master secrets: what was made under them still counts. Nothing new is.
        pub previous: Vec<Secret> = Vec::new(),
    }
}
