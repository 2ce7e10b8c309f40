//! `[passwords]`

use serde::{Deserialize, Serialize};

use super::section;

section! {
    /// Rules for new passwords, and what their hashes cost (Argon2id, RFC 9106).
    pub struct Passwords {
        /// `standard` (length, character classes, common, similar), or `nist` (length only, as
        /// NIST SP 800-63B advises against the others).
        pub policy: PasswordPolicy = PasswordPolicy::Standard,
        /// Fewest characters. Join controls (U+200C, U+200D), which nobody sees, do not count.
        pub min_length: usize = 8,
        /// Most characters.
        pub max_length: usize = 128,
        /// Above which similarity to the name or address a password is refused, from 0 to 1.
        pub max_similarity: f64 = 0.7,
        /// How many of somebody's last passwords a new one must not be.
        pub history: u32 = 5,
        /// Argon2 memory in KiB.
        pub memory_kib: u32 = 19_456,
        /// Argon2 passes.
        pub iterations: u32 = 2,
        /// Argon2 lanes.
        pub parallelism: u32 = 1,
        /// How many hashes are computed at once. 0: one for each core.
        pub workers: usize = 0,
        /// How many more may wait; beyond that the answer is 503 with `Retry-After`.
        pub queue: usize = 64,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordPolicy {
    Standard,
    Nist,
}
