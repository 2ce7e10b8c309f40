//! `[cache]`

use super::section;
use crate::Secret;

section! {
    /// What may vanish: rate-limit counters and wake-ups. `REDIS_URL` works too.
    pub struct Cache {
        /// `redis://host:6379/0` or `rediss://…`. Empty: the memory of the process.
        pub url: Secret = Secret::default(),
        /// What every key begins with.
        pub prefix: String = "portcullis:".into(),
        /// How many keys the memory of the process holds; the least used go first.
        pub memory_entries: u64 = 100_000,
    }
}
